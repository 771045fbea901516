"""Attention to the last digit, for one query (after section 3.3).

Legend: a float has 53 bits, and every step rounds to them. A `Fraction` does
not round: every float is one, and so are their sums and products. What is
left are the exponential and the division, which no fraction can give.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import exp, fsum, inf

from attnbook.require import (
    require_in_range,
    require_matrix,
    require_scores,
    require_vector,
)
from attnbook.vectors import Matrix, Vector, _dot, _transpose


def careful_softmax(scores: Vector) -> Vector:
    """Share out one whole as `softmax` does, right to the last digits.

    `scores (n,) -> weights (n,)`, each within 4 units in the last place. The
    order of the scores does not change a bit of any weight.

    Raises:
        ValueError: As `softmax` does.

    Examples:
        The second score is 697.5 below the first, and a bit; `softmax` drops
        the bit with the subtraction, and its weight is off by 8 in `10**14`:

        >>> from attnbook.simple import softmax
        >>> scores = [693.3, -4.2]
        >>> quick, careful = softmax(scores)[1], careful_softmax(scores)[1]
        >>> 0 < abs(quick / careful - 1) < 1e-13
        True
        >>> careful_softmax([3.0, 3.0, float("-inf")])
        [0.5, 0.5, 0.0]
    """
    require_scores("scores", scores)
    return _careful_softmax(
        [score if score == -inf else Fraction(score) for score in scores]
    )


def _careful_softmax(scores: Sequence[Fraction | float]) -> Vector:
    largest = max(scores)
    exps = [_careful_exp(score - largest) for score in scores]
    total = fsum(exps)  # rounded once, in whatever order
    return [e / total for e in exps]


def _careful_exp(x: Fraction | float) -> float:
    """Take the power of the nearest float, and mend it by what is left."""
    if x < -800:  # below every float
        return 0.0
    near = float(x)
    e = exp(near)
    return e + e * float(x - Fraction(near))


def careful_context(query: Vector, inputs: Matrix) -> Vector:
    """Let one query attend to the inputs, right to the last digits.

    `query (d,), inputs (n, d) -> context_vec (d,)`: what `context_vector`
    makes of `attention_weights`. An entry is off by at most 4 units in the
    last place of what it would be if all its summands were positive. The
    order of the inputs does not change a bit of it.

    Raises:
        ValueError: As `attention_weights` does.

    Examples:
        >>> context_vec = careful_context([0.0], [[1.0], [5.0]])
        >>> context_vec
        [3.0]

        In floats, 1e16 + 1 is 1e16, so the second input seems to match as
        well as the first:

        >>> inputs = [[1e16, 1.0], [1e16, 0.0]]
        >>> [round(x, 4) for x in careful_context([1.0, 1.0], inputs)]
        [1e+16, 0.7311]
    """
    require_vector("query", query)
    require_matrix("inputs", inputs, columns=len(query))
    attn_scores = [_dot(query, x) for x in inputs]  # (n,)
    require_in_range("query, inputs", attn_scores, "scores")
    exact_scores = [_exact_dot(query, x) for x in inputs]  # (n,)
    attn_weights = _careful_softmax(exact_scores)  # (n,)
    columns = _transpose(inputs)  # (d, n)
    return [float(_exact_dot(attn_weights, column)) for column in columns]


def _exact_dot(x: Vector, y: Vector) -> Fraction:
    pairs = zip(x, y, strict=True)
    return sum((Fraction(a) * Fraction(b) for a, b in pairs), Fraction())
