"""Self-attention without trainable weights, in NumPy (section 3.3).

The twin of `attnbook.simple`, which says what each function means: where it
takes `(n, d)`, this also takes `(..., n, d)`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_batch, require_size
from attnbook.arrays._validate import as_finite, as_scores


class SelfAttention(NamedTuple):
    """Every step of `self_attention`, in the order it is taken."""

    attn_scores: Array
    """How well each token's query matches each token: `(..., n, n)`."""
    attn_weights: Array
    """The scores after softmax: `(..., n, n)`, each row sums to 1."""
    context_vecs: Array
    """The inputs mixed by the weights: `(..., n, d)`."""


@guarded
def softmax(scores: npt.ArrayLike) -> Array:
    """Turn scores into weights that sum to 1 along the last axis.

    Examples:
        Each row by itself:

        >>> softmax([[3.0, 3.0], [10_000.0, -10_000.0]])
        array([[0.5, 0.5],
               [1. , 0. ]])
    """
    scores = as_scores("scores", scores, ndim=1)
    exps: Array = scores - scores.max(axis=-1, keepdims=True)  # at most 0
    np.exp(exps, out=exps)  # each in 0 to 1
    exps /= exps.sum(axis=-1, keepdims=True)  # (..., n), rows sum to 1
    return exps


@guarded
def attention_scores(query: npt.ArrayLike, inputs: npt.ArrayLike) -> Array:
    """Score every input by its dot product with the query.

    Examples:
        >>> attention_scores([2.0, 0.0], [[3.0, 1.0], [0.0, 5.0]])
        array([6., 0.])
    """
    query = as_finite("query", query, ndim=1)
    inputs = as_finite("inputs", inputs, ndim=2)
    require_size("inputs", inputs, columns=query.shape[-1])
    require_batch(("query", query.shape[:-1]), ("inputs", inputs.shape[:-2]))
    return (inputs @ query[..., np.newaxis])[..., 0]  # (..., n)


@guarded
def attention_weights(query: npt.ArrayLike, inputs: npt.ArrayLike) -> Array:
    """Share one unit of attention among the inputs, by dot product.

    Examples:
        >>> attention_weights([1.0, 0.0], np.eye(2)).round(4)
        array([0.7311, 0.2689])
    """
    attn_scores = attention_scores(query, inputs)  # (..., n)
    return softmax(attn_scores)  # (..., n), sums to 1


@guarded
def context_vector(
    attn_weights: npt.ArrayLike, inputs: npt.ArrayLike
) -> Array:
    """Mix the inputs, each in proportion to its weight.

    Examples:
        >>> context_vector([0.25, 0.75], [[4.0, 0.0], [0.0, 8.0]])
        array([1., 6.])
    """
    attn_weights = as_finite("attn_weights", attn_weights, ndim=1)
    inputs = as_finite("inputs", inputs, ndim=2)
    require_size("inputs", inputs, rows=attn_weights.shape[-1])
    require_batch(
        ("attn_weights", attn_weights.shape[:-1]),
        ("inputs", inputs.shape[:-2]),
    )
    return (attn_weights[..., np.newaxis, :] @ inputs)[..., 0, :]  # (..., d)


@guarded
def self_attention(inputs: npt.ArrayLike) -> SelfAttention:
    """Let every token attend to every token, itself included.

    Examples:
        A batch of two sentences, each of one token:

        >>> self_attention([[[0.5, 0.25]], [[2.0, 4.0]]]).context_vecs
        array([[[0.5 , 0.25]],
        <BLANKLINE>
               [[2.  , 4.  ]]])
    """
    inputs = as_finite("inputs", inputs, ndim=2)
    attn_scores = inputs @ inputs.swapaxes(-1, -2)  # (..., n, n)
    attn_weights = softmax(attn_scores)  # (..., n, n)
    context_vecs = attn_weights @ inputs  # (..., n, n) @ (..., n, d)
    return SelfAttention(attn_scores, attn_weights, context_vecs)
