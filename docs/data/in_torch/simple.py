"""Self-attention without trainable weights in PyTorch (section 3.3)."""

import torch
from torch import Tensor


def attention_scores(query: Tensor, inputs: Tensor) -> Tensor:
    """Score every input by its dot product with the query."""
    return inputs @ query  # (n, d) @ (d,) -> (n,)


def softmax(scores: Tensor) -> Tensor:
    """Turn scores into weights that sum to 1."""
    return torch.softmax(scores, dim=-1)  # subtracts the largest itself


def context_vector(attn_weights: Tensor, inputs: Tensor) -> Tensor:
    """Mix the inputs, each in proportion to its weight."""
    return attn_weights @ inputs  # (n,) @ (n, d) -> (d,)


def self_attention(inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give every token a context vector; return every step."""
    attn_scores = inputs @ inputs.T  # (n, d) @ (d, n) -> (n, n)
    attn_weights = torch.softmax(attn_scores, dim=-1)  # (n, n), rows sum to 1
    context_vecs = attn_weights @ inputs  # (n, n) @ (n, d) -> (n, d)
    return attn_scores, attn_weights, context_vecs
