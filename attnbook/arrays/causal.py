"""Causal attention, in NumPy (section 3.5).

The twin of `attnbook.causal`, which says what each function means: where it
takes `(n, d)`, this also takes `(..., n, d)`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_batch
from attnbook.arrays._validate import BoolArray, as_finite, as_mask
from attnbook.arrays.trainable import (
    Projections,
    project,
    scaled_dot_product_attention,
)
from attnbook.require import require_count, require_dropout


class CausalAttention(NamedTuple):
    """Every step of `causal_attention`, in the order it is taken."""

    queries: Array
    """What each token asks: `(..., n, d_k)`."""
    keys: Array
    """What each token is found by: `(..., n, d_k)`."""
    values: Array
    """What each token has to give: `(..., n, d_v)`."""
    attn_scores: Array
    """Each query with each key, unscaled: `(..., n, n)`; later keys -inf."""
    attn_weights: Array
    """The scaled scores after softmax: `(..., n, n)`, each row sums to 1."""
    mixing_weights: Array
    """The weights after dropout: `(..., n, n)`, rows need not sum to 1."""
    context_vecs: Array
    """The values mixed by the mixing weights: `(..., n, d_v)`."""


@guarded
def causal_mask(num_tokens: int) -> BoolArray:
    """Hide from every token the tokens after it.

    Examples:
        The first of three tokens sees itself, the last sees all:

        >>> causal_mask(3)
        array([[False,  True,  True],
               [False, False,  True],
               [False, False, False]])
    """
    require_count("num_tokens", num_tokens)
    return np.triu(np.ones((num_tokens, num_tokens), dtype=np.bool_), k=1)


@guarded
def dropout(
    attn_weights: npt.ArrayLike, keep: npt.ArrayLike, p: float
) -> Array:
    """Drop the weights that are not kept, scale up those that are.

    Examples:
        Half the weights go, the other half count twice:

        >>> dropout([[0.25, 0.75]], keep=[[False, True]], p=0.5)
        array([[0. , 1.5]])
    """
    attn_weights = as_finite("attn_weights", attn_weights, ndim=2)
    keep = as_mask("keep", keep, *attn_weights.shape[-2:])
    require_batch(
        ("attn_weights", attn_weights.shape[:-2]), ("keep", keep.shape[:-2])
    )
    require_dropout(p, keep)
    scale = 1 / (1 - p) if p < 1 else 0.0
    return np.where(keep, attn_weights * scale, 0.0)


@guarded
def causal_attention(
    inputs: npt.ArrayLike,
    projections: Projections,
    keep: npt.ArrayLike | None = None,
    p: float = 0.0,
) -> CausalAttention:
    """Let every token attend to itself and the tokens before it.

    Examples:
        Queries that ask for nothing match all they see equally: a running
        mean.

        >>> projections = Projections([[0.0]], [[1.0]], [[1.0]])
        >>> causal_attention([[2.0], [4.0], [9.0]], projections).context_vecs
        array([[2.],
               [3.],
               [5.]])
    """
    require_dropout(p, keep)
    queries, keys, values = project(inputs, projections)
    mask = causal_mask(queries.shape[-2])  # (n, n), True above the diagonal
    attention = scaled_dot_product_attention(queries, keys, values, mask)
    attn_scores, attn_weights, context_vecs = attention
    mixing_weights = attn_weights.copy()  # (..., n, n)
    if keep is not None:
        mixing_weights = dropout(attn_weights, keep, p)  # (..., n, n)
        context_vecs = mixing_weights @ values  # (..., n, n) @ (..., n, d_v)
    return CausalAttention(
        queries,
        keys,
        values,
        attn_scores,
        attn_weights,
        mixing_weights,
        context_vecs,
    )
