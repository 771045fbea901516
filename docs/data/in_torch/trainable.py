"""Self-attention with trainable weights in PyTorch (section 3.4)."""

import torch
from torch import Tensor

Projections = tuple[Tensor, Tensor, Tensor]


def project(inputs: Tensor, projections: Projections) -> Projections:
    """Turn every input into a query, a key and a value."""
    W_query, W_key, W_value = projections
    return inputs @ W_query, inputs @ W_key, inputs @ W_value


def masked_scores(attn_scores: Tensor, mask: Tensor) -> Tensor:
    """Put minus infinity where the mask is True, whatever stood there."""
    return attn_scores.masked_fill(mask, -torch.inf)


def scaled_softmax(attn_scores: Tensor, d_k: int) -> Tensor:
    """Divide the scores by the square root of `d_k`, then softmax."""
    return torch.softmax(attn_scores / d_k**0.5, dim=-1)


def scaled_dot_product_attention(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Let every query mix the values whose keys it matches."""
    attn_scores = queries @ keys.mT  # (n_q, d_k) @ (d_k, n_k) -> (n_q, n_k)
    if mask is not None:
        attn_scores = masked_scores(attn_scores, mask)
    attn_weights = scaled_softmax(attn_scores, d_k=keys.shape[-1])
    return attn_scores, attn_weights, attn_weights @ values  # (n_q, d_v)


def self_attention(
    inputs: Tensor, projections: Projections
) -> tuple[Tensor, ...]:
    """Give every token a context vector, by queries, keys and values."""
    queries, keys, values = project(inputs, projections)  # 1: (n, d_k or d_v)
    attention = scaled_dot_product_attention(queries, keys, values)  # 2 to 4
    return queries, keys, values, *attention
