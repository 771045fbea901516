"""Attention with several heads in PyTorch (section 3.6)."""

from torch import Tensor


def split_heads(vectors: Tensor, num_heads: int) -> Tensor:
    """Cut every vector into equal pieces, one for each head."""
    n, d_out = vectors.shape
    pieces = vectors.view(n, num_heads, d_out // num_heads)  # rows stay whole
    return pieces.transpose(0, 1)  # (h, n, head_dim)


def merge_heads(heads: Tensor) -> Tensor:
    """Put the heads' vectors side by side: what `split_heads` cut."""
    h, n, head_dim = heads.shape
    return heads.transpose(0, 1).reshape(n, h * head_dim)


def output_projection(vectors: Tensor, W_out: Tensor, b_out: Tensor) -> Tensor:
    """Mix the entries of every vector, then add the bias."""
    return vectors @ W_out + b_out  # (n, d_in) @ (d_in, d_out) -> (n, d_out)
