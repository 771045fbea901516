"""Attention with several heads in PyTorch (section 3.6)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from docs.data.in_torch.causal import causal_attention, causal_mask
from docs.data.in_torch.trainable import (
    Projections,
    project,
    scaled_dot_product_attention,
    self_attention,
)


def split_heads(vectors: Tensor, num_heads: int) -> Tensor:
    """Cut every vector into equal pieces, one for each head."""
    n, d_out = vectors.shape
    pieces = vectors.view(n, num_heads, d_out // num_heads)  # rows stay whole
    return pieces.transpose(0, 1)  # (h, n, head_dim)


def merge_heads(heads: Tensor) -> Tensor:
    """Put the heads' vectors side by side: what `split_heads` cut."""
    h, n, head_dim = heads.shape
    return heads.transpose(0, 1).reshape(n, h * head_dim)


def stacked_heads(
    inputs: Tensor, heads: Sequence[Projections], causal: bool = True
) -> tuple[list[tuple[Tensor, ...]], Tensor]:
    """Run every head by itself, then put the results side by side."""
    attend = causal_attention if causal else self_attention
    attentions = [attend(inputs, head) for head in heads]  # 1: every head
    context_vecs = [attention[-1] for attention in attentions]
    return attentions, torch.cat(context_vecs, dim=-1)  # 2: (n, h * d_v)


def output_projection(vectors: Tensor, W_out: Tensor, b_out: Tensor) -> Tensor:
    """Mix the entries of every vector, then add the bias."""
    return vectors @ W_out + b_out  # (n, d_in) @ (d_in, d_out) -> (n, d_out)


def multi_head_attention(
    inputs: Tensor,
    parameters: tuple[Tensor, Tensor, Tensor, Tensor, Tensor, int],
    causal: bool = True,
) -> tuple[Tensor, ...]:
    """Split wide projections among the heads, attend, merge, project."""
    W_query, W_key, W_value, W_out, b_out, num_heads = parameters
    projected = project(inputs, (W_query, W_key, W_value))  # 1: (n, d_out)
    split = [split_heads(vectors, num_heads) for vectors in projected]  # 2
    queries, keys, values = split  # each (h, n, head_dim)

    mask = causal_mask(len(inputs)) if causal else None
    steps = scaled_dot_product_attention(*split, mask)  # 3: all heads at once
    merged_context_vecs = merge_heads(steps[-1])  # 4: (n, d_out)
    context_vecs = output_projection(merged_context_vecs, W_out, b_out)  # 5
    return queries, keys, values, *steps, merged_context_vecs, context_vecs
