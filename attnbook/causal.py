"""Causal attention: no token sees a later one (section 3.5).

Legend: `n` tokens. A mask says True where a key is hidden from a query.
Dropout then strikes out some of the weights that are left, while training.
"""

from math import inf
from typing import NamedTuple

from attnbook.require import (
    require_count,
    require_dropout,
    require_entries,
    require_in_range,
    require_mask,
    require_matrix,
    require_projections,
)
from attnbook.trainable import (
    Projections,
    _filled,
    _project,
    _scaled_softmax,
    _visible_scores,
)
from attnbook.vectors import Mask, Matrix, _matmul


class CausalAttention(NamedTuple):
    """Every step of `causal_attention`, in the order it is taken."""

    queries: Matrix
    """What each token asks: `(n, d_k)`."""
    keys: Matrix
    """What each token is found by: `(n, d_k)`."""
    values: Matrix
    """What each token has to give: `(n, d_v)`."""
    attn_scores: Matrix
    """Each query with each key, unscaled: `(n, n)`; later keys are -inf."""
    attn_weights: Matrix
    """The scaled scores after softmax: `(n, n)`, each row sums to 1."""
    mixing_weights: Matrix
    """The weights after dropout: `(n, n)`, rows need not sum to 1."""
    context_vecs: Matrix
    """The values mixed by the mixing weights: `(n, d_v)`."""


def causal_mask(num_tokens: int) -> Mask:
    """Hide from every token the tokens after it.

    `num_tokens -> mask (n, n)`, True above the diagonal: hidden.

    Raises:
        ValueError: If `num_tokens` is not an integer of 1 or more, or the
            mask has more than ten million entries.

    Examples:
        The first of three tokens sees itself, the last sees all:

        >>> for row in causal_mask(3):
        ...     print(row)
        [False, True, True]
        [False, False, True]
        [False, False, False]

    Book: section 3.5.1.
    """
    require_count("num_tokens", num_tokens)
    require_entries("num_tokens * num_tokens", num_tokens, num_tokens)
    return _causal_mask(num_tokens)


def _causal_mask(num_tokens: int) -> Mask:
    tokens = range(num_tokens)
    return [[key > query for key in tokens] for query in tokens]


def _until_itself(num_tokens: int) -> Mask:
    """The causal mask, each row cut after the token itself."""
    return [[False] * seen for seen in range(1, num_tokens + 1)]


def dropout(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """Drop the weights that are not kept, scale up those that are.

    `attn_weights (n_q, n_k), keep (n_q, n_k) -> (n_q, n_k)`. Where weights
    are dropped with probability `p`, those kept are divided by `1 - p`, so
    that the mean stays. Where `p` is 1, everything is dropped: all zeros,
    whatever `keep` says.

    Raises:
        ValueError: If `p` is outside 0 to 1, `keep` has another shape than
            the weights or holds anything but True and False, or a weight is
            not a finite number.

    Examples:
        Half the weights go, the other half count twice:

        >>> dropout([[0.25, 0.75]], keep=[[False, True]], p=0.5)
        [[0.0, 1.5]]
        >>> dropout([[0.25, 0.75]], keep=[[False, True]], p=1)
        [[0.0, 0.0]]

    Book: section 3.5.2.
    """
    require_matrix("attn_weights", attn_weights)
    require_mask("keep", keep, len(attn_weights), len(attn_weights[0]))
    require_dropout(p, keep)
    dropped = _dropout(attn_weights, keep, p)
    return require_in_range("attn_weights", dropped, "result")


def _dropout(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    scale = 1 / (1 - p) if p < 1 else 0.0
    return [
        [w * scale if kept else 0.0 for w, kept in zip(*rows, strict=True)]
        for rows in zip(attn_weights, keep, strict=True)
    ]


def causal_attention(
    inputs: Matrix,
    projections: Projections,
    keep: Mask | None = None,
    p: float = 0.0,
) -> CausalAttention:
    """Let every token attend to itself and the tokens before it.

    `inputs (n, d_in) -> queries (n, d_k), keys (n, d_k), values (n, d_v),
    attn_scores (n, n), attn_weights (n, n), mixing_weights (n, n),
    context_vecs (n, d_v)`. With `keep (n, n)`, weights are dropped as
    `dropout` does; without it, none are.

    Raises:
        ValueError: As `project` and `dropout` do, and if `p` is not 0 but
            no `keep` says which weights to keep.

    Examples:
        Queries that ask for nothing match all they see equally: a running
        mean.

        >>> projections = Projections([[0.0]], [[1.0]], [[1.0]])
        >>> causal_attention([[2.0], [4.0], [9.0]], projections).context_vecs
        [[2.0], [3.0], [5.0]]

    Book: section 3.5.3.
    """
    require_dropout(p, keep)
    require_projections(inputs, projections)
    if keep is not None:
        require_mask("keep", keep, len(inputs), len(inputs))
    attention = _causal_attention(inputs, projections, keep, p)
    return require_in_range("inputs, projections", attention)


def _causal_attention(
    inputs: Matrix, projections: Projections, keep: Mask | None, p: float
) -> CausalAttention:
    queries, keys, values = _project(inputs, projections)  # 1: (n, d_k or d_v)
    n, d_k = len(keys), len(keys[0])
    scores = _visible_scores(queries, keys, _until_itself(n))  # 2: row i,
    weights = _scaled_softmax(scores, d_k)  # 3: has i + 1 entries
    attn_weights = _filled(weights, 0.0, n)  # (n, n)
    if keep is not None:
        weights = _dropout(attn_weights, keep, p)  # 4: (n, n)
    context_vecs = _matmul(weights, values)  # 5: (n, n) @ (n, d_v)
    return CausalAttention(
        queries,
        keys,
        values,
        _filled(scores, -inf, n),
        attn_weights,
        _filled(weights, 0.0, n),
        context_vecs,
    )
