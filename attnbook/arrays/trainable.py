"""Self-attention with trainable weights, in NumPy (section 3.4).

The twin of `attnbook.trainable`, which says what each function means: where
it takes `(n, d)`, this also takes `(..., n, d)`. Weights have no such leading
dimensions: one set serves the whole batch.
"""

from functools import partial
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_batch, require_sizes
from attnbook.arrays._validate import (
    as_finite,
    as_mask,
    as_numbers,
    as_scores,
    as_weights,
)
from attnbook.arrays.simple import softmax
from attnbook.require import require_count, require_list


class Projections(NamedTuple):
    """The three trainable weight matrices of one head."""

    W_query: npt.ArrayLike
    """Turns inputs into queries: `(d_in, d_k)`."""
    W_key: npt.ArrayLike
    """Turns inputs into keys: `(d_in, d_k)`."""
    W_value: npt.ArrayLike
    """Turns inputs into values: `(d_in, d_v)`."""


class ScaledDotProductAttention(NamedTuple):
    """Every step of `scaled_dot_product_attention`, in order."""

    attn_scores: Array
    """Query with key, unscaled: `(..., n_q, n_k)`; -inf where hidden."""
    attn_weights: Array
    """The scaled scores after softmax: `(..., n_q, n_k)`, rows sum to 1."""
    context_vecs: Array
    """The values mixed by the weights: `(..., n_q, d_v)`."""


class SelfAttention(NamedTuple):
    """Every step of `self_attention`, in the order it is taken."""

    queries: Array
    """What each token asks: `(..., n, d_k)`."""
    keys: Array
    """What each token is found by: `(..., n, d_k)`."""
    values: Array
    """What each token has to give: `(..., n, d_v)`."""
    attn_scores: Array
    """Each query with each key, unscaled: `(..., n, n)`."""
    attn_weights: Array
    """The scaled scores after softmax: `(..., n, n)`, each row sums to 1."""
    context_vecs: Array
    """The values mixed by the weights: `(..., n, d_v)`."""


@guarded
def project(
    inputs: npt.ArrayLike, projections: Projections
) -> tuple[Array, Array, Array]:
    """Turn every input into a query, a key and a value.

    Examples:
        One token, looked at in three ways:

        >>> projections = Projections([[1], [0]], [[0], [1]], [[5], [5]])
        >>> queries, keys, values = project([[1, 2]], projections)
        >>> values
        array([[15.]])
    """
    require_list("projections", projections, "matrices", length=3)
    inputs = as_finite("inputs", inputs, ndim=2)
    d_in = inputs.shape[-1]
    W_query = as_weights("W_query", projections[0], d_in)
    W_key = as_weights("W_key", projections[1], d_in, W_query.shape[-1])
    W_value = as_weights("W_value", projections[2], d_in)
    return inputs @ W_query, inputs @ W_key, inputs @ W_value


@partial(guarded, finite=False)
def masked_scores(attn_scores: npt.ArrayLike, mask: npt.ArrayLike) -> Array:
    """Put minus infinity where the mask is True, whatever stood there.

    A mask with fewer or shorter dimensions is broadcast.

    Examples:
        The second key is hidden:

        >>> masked_scores([[1.0, 2.0, 3.0]], [[False, True, False]])
        array([[  1., -inf,   3.]])
    """
    attn_scores = as_numbers("attn_scores", attn_scores, ndim=2)
    return _hide(attn_scores.copy(), mask)


def _hide(attn_scores: Array, mask: npt.ArrayLike) -> Array:
    """Put minus infinity in place, or in a copy for each batch of masks."""
    mask = as_mask("mask", mask, *attn_scores.shape[-2:])
    batches = attn_scores.shape[:-2], mask.shape[:-2]
    require_batch(("attn_scores", batches[0]), ("mask", batches[1]))
    all_hidden = np.argwhere(mask.all(axis=-1))
    if all_hidden.size:
        row = ", ".join(map(str, all_hidden[0]))
        raise ValueError(f"row {row} of mask hides every key")
    shape = (*np.broadcast_shapes(*batches), *attn_scores.shape[-2:])
    if attn_scores.shape != shape:
        attn_scores = np.broadcast_to(attn_scores, shape).copy()
    np.copyto(attn_scores, -np.inf, where=mask)
    return attn_scores


@guarded
def scaled_softmax(attn_scores: npt.ArrayLike, d_k: int) -> Array:
    """Divide the scores by the square root of the keys' width, then softmax.

    Examples:
        A width of 4 halves the scores:

        >>> scaled_softmax([[6.0, 8.0]], d_k=4) == softmax([[3.0, 4.0]])
        array([[ True,  True]])
    """
    require_count("d_k", d_k)
    attn_scores = as_scores("attn_scores", attn_scores, ndim=2)
    return softmax(attn_scores / sqrt(d_k))


@guarded
def scaled_dot_product_attention(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
) -> ScaledDotProductAttention:
    """Let every query mix the values whose keys it matches.

    Examples:
        Both keys match the query equally well, so the values meet halfway:

        >>> keys, values = [[1.0, 0.0], [1.0, 5.0]], [[2.0], [4.0]]
        >>> queries = [[3.0, 0.0]]
        >>> scaled_dot_product_attention(queries, keys, values).context_vecs
        array([[3.]])
    """
    queries = as_finite("queries", queries, ndim=2)
    keys = as_finite("keys", keys, ndim=2)
    values = as_finite("values", values, ndim=2)
    require_sizes(queries, keys, values)
    attn_scores: Array = queries @ keys.swapaxes(-1, -2)  # (..., n_q, n_k)
    if not attn_scores.min() > -np.inf:  # an overflow is no hidden key
        attn_scores[np.isneginf(attn_scores)] = np.nan
    if mask is not None:
        attn_scores = _hide(attn_scores, mask)  # (..., n_q, n_k)
    attn_weights = scaled_softmax(attn_scores, d_k=keys.shape[-1])
    context_vecs = attn_weights @ values  # (..., n_q, n_k) @ (..., n_k, d_v)
    return ScaledDotProductAttention(attn_scores, attn_weights, context_vecs)


@guarded
def self_attention(
    inputs: npt.ArrayLike, projections: Projections
) -> SelfAttention:
    """Let every token attend to every token, through trainable weights.

    Examples:
        Queries that ask for nothing match every key equally, so every token
        gets the mean:

        >>> projections = Projections([[0.0]], [[1.0]], [[2.0]])
        >>> self_attention([[1.0], [3.0]], projections).context_vecs
        array([[4.],
               [4.]])
    """
    queries, keys, values = project(inputs, projections)
    attention = scaled_dot_product_attention(queries, keys, values)
    return SelfAttention(queries, keys, values, *attention)
