"""Self-attention without trainable weights (section 3.3).

Legend: `n` tokens of width `d`. A query asks, every input answers with a
score; softmax turns scores into weights; the weights mix the inputs.
"""

from math import exp, fsum
from typing import NamedTuple

from attnbook.require import (
    require_in_range,
    require_matrix,
    require_scores,
    require_vector,
)
from attnbook.vectors import Matrix, Vector, _dot, _matmul, _transpose


class SelfAttention(NamedTuple):
    """Every step of `self_attention`, in the order it is taken."""

    attn_scores: Matrix
    """How well each token's query matches each token: `(n, n)`."""
    attn_weights: Matrix
    """The scores after softmax: `(n, n)`, each row sums to 1."""
    context_vecs: Matrix
    """The inputs mixed by the weights: `(n, d)`."""


def softmax(scores: Vector) -> Vector:
    """Turn scores into shares of 0 or more that sum to 1, without overflow.

    `scores (n,) -> weights (n,)`. Only differences between scores matter, so
    the largest is subtracted first: no exponent is ever above 0. A score of
    minus infinity gets the weight 0.

    Raises:
        ValueError: If the scores are empty, not numbers, NaN or plus
            infinity, or all minus infinity.

    Examples:
        Equal scores share equally:

        >>> softmax([3.0, 3.0])
        [0.5, 0.5]

        Scores that `exp` alone could not take:

        >>> softmax([10_000.0, -10_000.0])
        [1.0, 0.0]

    Book: section 3.3.1.
    """
    require_scores("scores", scores)
    return _softmax(scores)


def _softmax(scores: Vector) -> Vector:
    largest = max(scores)
    exps = [exp(score - largest) for score in scores]  # each in 0 to 1
    total = fsum(exps)  # at least 1: the largest score gives exp(0)
    return [e / total for e in exps]


def attention_scores(query: Vector, inputs: Matrix) -> Vector:
    """Score every input by its dot product with the query.

    `query (d,), inputs (n, d) -> attn_scores (n,)`.

    Raises:
        ValueError: If an input and the query differ in length, or anything
            is empty, ragged or not a finite number.

    Examples:
        The first input reaches 3 along the query, the second not at all:

        >>> attention_scores([2.0, 0.0], [[3.0, 1.0], [0.0, 5.0]])
        [6.0, 0.0]

    Book: section 3.3.1.
    """
    require_vector("query", query)
    require_matrix("inputs", inputs, columns=len(query))
    attn_scores = [_dot(query, x) for x in inputs]  # (n,)
    return require_in_range("query, inputs", attn_scores, "scores")


def attention_weights(query: Vector, inputs: Matrix) -> Vector:
    """Share one unit of attention among the inputs, by dot product.

    `query (d,), inputs (n, d) -> attn_weights (n,)`, which sum to 1.

    Raises:
        ValueError: As `attention_scores` does.

    Examples:
        The query points along the first input, so the first input wins:

        >>> inputs = [[1.0, 0.0], [0.0, 1.0]]
        >>> weights = attention_weights([1.0, 0.0], inputs)
        >>> [round(weight, 4) for weight in weights]
        [0.7311, 0.2689]

    Book: section 3.3.1.
    """
    attn_scores = attention_scores(query, inputs)  # (n,)
    return _softmax(attn_scores)  # (n,), sums to 1


def context_vector(attn_weights: Vector, inputs: Matrix) -> Vector:
    """Mix the inputs, each in proportion to its weight.

    `attn_weights (n,), inputs (n, d) -> context_vec (d,)`. Weights that are
    positive and sum to 1 keep every entry within the range of its column.

    Raises:
        ValueError: If there is not one weight for each input, or anything
            is empty, ragged or not a finite number.

    Examples:
        A quarter of the way from the second input to the first:

        >>> context_vector([0.25, 0.75], [[4.0, 0.0], [0.0, 8.0]])
        [1.0, 6.0]

    Book: section 3.3.1.
    """
    require_vector("attn_weights", attn_weights)
    require_matrix("inputs", inputs, rows=len(attn_weights))
    columns = _transpose(inputs)  # (d, n)
    context_vec = [_dot(attn_weights, column) for column in columns]  # (d,)
    return require_in_range("attn_weights, inputs", context_vec, "context_vec")


def self_attention(inputs: Matrix) -> SelfAttention:
    """Let every token attend to every token, itself included.

    `inputs (n, d) -> attn_scores (n, n), attn_weights (n, n),
    context_vecs (n, d)`. The inputs are queries, keys and values at once.

    Raises:
        ValueError: If the inputs are empty, ragged or not finite numbers.

    Examples:
        Two tokens at a right angle score 1 with themselves, 0 with the other:

        >>> attention = self_attention([[1.0, 0.0], [0.0, 1.0]])
        >>> attention.attn_scores
        [[1.0, 0.0], [0.0, 1.0]]
        >>> [round(weight, 4) for weight in attention.attn_weights[0]]
        [0.7311, 0.2689]

        One token has only itself to attend to:

        >>> self_attention([[0.5, 0.25]]).context_vecs
        [[0.5, 0.25]]

    Book: section 3.3.2.
    """
    require_matrix("inputs", inputs)
    attn_scores = _matmul(inputs, _transpose(inputs))  # 1: (n, d) @ (d, n)
    attn_weights = [_softmax(row) for row in attn_scores]  # 2: (n, n)
    context_vecs = _matmul(attn_weights, inputs)  # 3: (n, n) @ (n, d)
    attention = SelfAttention(attn_scores, attn_weights, context_vecs)
    return require_in_range("inputs", attention)
