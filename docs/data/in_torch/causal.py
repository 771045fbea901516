"""Causal self-attention in PyTorch (section 3.5)."""

import torch
from torch import Tensor

from docs.data.in_torch.trainable import (
    Projections,
    masked_scores,
    project,
    scaled_softmax,
)


def causal_mask(num_tokens: int) -> Tensor:
    """Hide from every token the tokens after it."""
    ones = torch.ones(num_tokens, num_tokens, dtype=torch.bool)
    return torch.triu(ones, diagonal=1)  # (n, n), True above the diagonal


def dropout(attn_weights: Tensor, keep: Tensor, p: float) -> Tensor:
    """Drop the weights that are not kept, scale up those that are."""
    return torch.where(keep, attn_weights / (1 - p), 0.0)


def causal_attention(
    inputs: Tensor,
    projections: Projections,
    keep: Tensor | None = None,
    p: float = 0.0,
) -> tuple[Tensor, ...]:
    """Let every token attend to itself and the tokens before it."""
    queries, keys, values = project(inputs, projections)  # 1: (n, d_k or d_v)
    mask = causal_mask(len(inputs))  # (n, n), True above the diagonal
    attn_scores = masked_scores(queries @ keys.T, mask)  # 2: (n, n)
    attn_weights = scaled_softmax(attn_scores, d_k=keys.shape[-1])  # 3: (n, n)
    mixing_weights = attn_weights  # 4: (n, n)
    if keep is not None:
        mixing_weights = dropout(attn_weights, keep, p)
    context_vecs = mixing_weights @ values  # 5: (n, d_v)
    steps = attn_scores, attn_weights, mixing_weights, context_vecs
    return queries, keys, values, *steps
