"""Self-attention with trainable weights (section 3.4).

Legend: `n` tokens of width `d_in`. Three weight matrices turn each input into
a query, a key and a value. Queries and keys are `d_k` wide and meet in the
scores; values, `d_v` wide, are what the weights mix.
"""

from math import inf, sqrt
from typing import NamedTuple

from attnbook.require import (
    require_count,
    require_in_range,
    require_mask,
    require_matrix,
    require_numbers,
    require_projections,
    require_score_rows,
    require_shown,
)
from attnbook.simple import _softmax
from attnbook.vectors import Mask, Matrix, _dots, _matmul


class Projections(NamedTuple):
    """The three trainable weight matrices of one head."""

    W_query: Matrix
    """Turns inputs into queries: `(d_in, d_k)`."""
    W_key: Matrix
    """Turns inputs into keys: `(d_in, d_k)`."""
    W_value: Matrix
    """Turns inputs into values: `(d_in, d_v)`."""


class ScaledDotProductAttention(NamedTuple):
    """Every step of `scaled_dot_product_attention`, in order."""

    attn_scores: Matrix
    """Each query with each key, unscaled: `(n_q, n_k)`; -inf if hidden."""
    attn_weights: Matrix
    """The scaled scores after softmax: `(n_q, n_k)`, rows sum to 1."""
    context_vecs: Matrix
    """The values mixed by the weights: `(n_q, d_v)`."""


class SelfAttention(NamedTuple):
    """Every step of `self_attention`, in the order it is taken."""

    queries: Matrix
    """What each token asks: `(n, d_k)`."""
    keys: Matrix
    """What each token is found by: `(n, d_k)`."""
    values: Matrix
    """What each token has to give: `(n, d_v)`."""
    attn_scores: Matrix
    """Each query with each key, unscaled: `(n, n)`."""
    attn_weights: Matrix
    """The scaled scores after softmax: `(n, n)`, each row sums to 1."""
    context_vecs: Matrix
    """The values mixed by the weights: `(n, d_v)`."""


def project(
    inputs: Matrix, projections: Projections
) -> tuple[Matrix, Matrix, Matrix]:
    """Turn every input into a query, a key and a value.

    `inputs (n, d_in) -> queries (n, d_k), keys (n, d_k), values (n, d_v)`.

    Raises:
        ValueError: If a weight matrix has not `d_in` rows, W_query and W_key
            differ in width, or anything is empty, ragged or not a finite
            number.

    Examples:
        One token, looked at in three ways:

        >>> project([[1, 2]], Projections([[1], [0]], [[0], [1]], [[5], [5]]))
        ([[1]], [[2]], [[15]])

    Book: section 3.4.1.
    """
    require_projections(inputs, projections)
    projected = _project(inputs, projections)
    for name, vectors in zip(SelfAttention._fields, projected, strict=False):
        require_in_range("inputs, projections", vectors, name)
    return projected


def _project(
    inputs: Matrix, projections: Projections
) -> tuple[Matrix, Matrix, Matrix]:
    W_query, W_key, W_value = projections
    queries = _matmul(inputs, W_query)  # (n, d_in) @ (d_in, d_k) -> (n, d_k)
    keys = _matmul(inputs, W_key)  # (n, d_in) @ (d_in, d_k) -> (n, d_k)
    values = _matmul(inputs, W_value)  # (n, d_in) @ (d_in, d_v) -> (n, d_v)
    return queries, keys, values


def masked_scores(attn_scores: Matrix, mask: Mask) -> Matrix:
    """Put minus infinity where the mask is True, whatever stood there.

    `attn_scores (n_q, n_k), mask (n_q, n_k) -> (n_q, n_k)`.

    Raises:
        ValueError: If the mask has another shape than the scores, holds
            anything but True and False, or hides a whole row, or a score is
            no number.

    Examples:
        The second key is hidden:

        >>> masked_scores([[1.0, 2.0, 3.0]], [[False, True, False]])
        [[1.0, -inf, 3.0]]

    Book: section 3.5.1.
    """
    require_numbers("attn_scores", attn_scores)
    require_mask("mask", mask, len(attn_scores), len(attn_scores[0]))
    require_shown("mask", mask)
    return _masked_scores(attn_scores, mask)


def _masked_scores(attn_scores: Matrix, mask: Mask) -> Matrix:
    return [
        [-inf if hide else score for score, hide in zip(*rows, strict=True)]
        for rows in zip(attn_scores, mask, strict=True)
    ]


def scaled_softmax(attn_scores: Matrix, d_k: int) -> Matrix:
    """Divide the scores by the square root of the keys' width, then softmax.

    `attn_scores (n_q, n_k) -> attn_weights (n_q, n_k)`, rows sum to 1. The
    dot product of two random vectors of width `d_k` spreads as `sqrt(d_k)`
    does; dividing by it keeps the softmax from saturating.

    Raises:
        ValueError: If `d_k` is not an integer of 1 or more, or a row of
            scores is one that `softmax` refuses.

    Examples:
        A width of 4 halves the scores:

        >>> from attnbook.simple import softmax
        >>> scaled_softmax([[6.0, 8.0]], d_k=4) == [softmax([3.0, 4.0])]
        True

    Book: section 3.4.1.
    """
    require_count("d_k", d_k)
    require_score_rows("attn_scores", attn_scores)
    return _scaled_softmax(attn_scores, d_k)


def _scaled_softmax(attn_scores: Matrix, d_k: int) -> Matrix:
    scale = sqrt(d_k)
    return [_softmax([score / scale for score in row]) for row in attn_scores]


def scaled_dot_product_attention(
    queries: Matrix, keys: Matrix, values: Matrix, mask: Mask | None = None
) -> ScaledDotProductAttention:
    """Let every query mix the values whose keys it matches.

    `queries (n_q, d_k), keys (n_k, d_k), values (n_k, d_v) ->
    attn_scores (n_q, n_k), attn_weights (n_q, n_k), context_vecs (n_q, d_v)`.
    A key where the `mask (n_q, n_k)` is True is hidden: its weight is 0.

    Raises:
        ValueError: If queries and keys differ in width, keys and values in
            number, the mask is one that `masked_scores` refuses, or anything
            is empty, ragged or not a finite number.

    Examples:
        Both keys match the query equally well, so the values meet halfway:

        >>> keys, values = [[1.0, 0.0], [1.0, 5.0]], [[2.0], [4.0]]
        >>> queries = [[3.0, 0.0]]
        >>> attention = scaled_dot_product_attention(queries, keys, values)
        >>> attention.attn_weights, attention.context_vecs
        ([[0.5, 0.5]], [[3.0]])

    Book: section 3.4.1.
    """
    require_matrix("queries", queries)
    require_matrix("keys", keys, columns=len(queries[0]))
    require_matrix("values", values, rows=len(keys))
    if mask is not None:
        require_mask("mask", mask, len(queries), len(keys))
        require_shown("mask", mask)
    attention = _scaled_dot_product_attention(
        queries, keys, values, _until_last_seen(mask)
    )
    return require_in_range("queries, keys, values", attention)


def _scaled_dot_product_attention(
    queries: Matrix, keys: Matrix, values: Matrix, mask: Mask | None
) -> ScaledDotProductAttention:
    n_k, d_k = len(keys), len(keys[0])
    scores = _visible_scores(queries, keys, mask)  # 1: (n_q, up to n_k)
    weights = _scaled_softmax(scores, d_k)  # 2: (n_q, up to n_k)
    context_vecs = _matmul(weights, values)  # 3: (n_q, d_v)
    return ScaledDotProductAttention(
        _filled(scores, -inf, n_k), _filled(weights, 0.0, n_k), context_vecs
    )


def _visible_scores(
    queries: Matrix, keys: Matrix, mask: Mask | None
) -> Matrix:
    """Score each key up to where a row of the mask ends."""
    if mask is None:
        return [_dots(query, keys) for query in queries]
    scores = [
        _dots(query, keys[: len(hidden)])
        for query, hidden in zip(queries, mask, strict=True)
    ]
    return _masked_scores(scores, mask) if any(map(any, mask)) else scores


def _until_last_seen(mask: Mask | None) -> Mask | None:
    """Cut each row of a mask after the last key that it does not hide."""
    if mask is None:
        return None
    return [row[: len(row) - row[::-1].index(False)] for row in mask]


def _filled(rows: Matrix, entry: float, width: int) -> Matrix:
    """Fill up each row with the score or the weight of a hidden key."""
    return [row + [entry] * (width - len(row)) for row in rows]


def self_attention(inputs: Matrix, projections: Projections) -> SelfAttention:
    """Let every token attend to every token, through trainable weights.

    `inputs (n, d_in) -> queries (n, d_k), keys (n, d_k), values (n, d_v),
    attn_scores (n, n), attn_weights (n, n), context_vecs (n, d_v)`.

    Raises:
        ValueError: As `project` does.

    Examples:
        Queries that ask for nothing match every key equally, so every token
        gets the mean:

        >>> projections = Projections([[0.0]], [[1.0]], [[2.0]])
        >>> attention = self_attention([[1.0], [3.0]], projections)
        >>> attention.values, attention.context_vecs
        ([[2.0], [6.0]], [[4.0], [4.0]])

    Book: section 3.4.2.
    """
    require_projections(inputs, projections)
    attention = _self_attention(inputs, projections)
    return require_in_range("inputs, projections", attention)


def _self_attention(inputs: Matrix, projections: Projections) -> SelfAttention:
    queries, keys, values = _project(inputs, projections)  # 1: (n, d_k or d_v)
    attention = _scaled_dot_product_attention(queries, keys, values, None)  # 2
    return SelfAttention(queries, keys, values, *attention)
