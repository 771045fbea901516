"""Attention in one pass: parts of the keys, merged (after section 3.4).

Softmax seems to need all scores before it can give the first weight: the
largest of them is subtracted, and their sum divides. Yet two numbers and a
mix are enough to remember what a part of the keys had to say, and any two
parts can be merged into what both have to say.
"""

from math import exp, fsum, inf
from operator import mul
from typing import NamedTuple

from attnbook.require import (
    require_finite,
    require_in_range,
    require_list,
    require_matrix,
    require_score,
    require_vector,
)
from attnbook.vectors import Matrix, Vector


class Part(NamedTuple):
    """What one query takes from a part of the keys."""

    largest: float
    """The largest score; minus infinity if the query sees none of them."""
    total: float
    """The sum of all `exp(score - largest)`."""
    mix: Vector
    """The sum of all `exp(score - largest)` times the value: `(d,)`."""


def part_of(scores: Vector, values: Matrix) -> Part:
    """Remember what a query takes from some keys.

    `scores (n,), values (n, d) -> largest, total, mix (d,)`. A score is
    minus infinity where the key is hidden, which may be everywhere.

    Raises:
        ValueError: If there is not one value for each score, a score is NaN
            or plus infinity, or a value is not a finite number.

    Examples:
        Two equal scores: two exponentials of 1, so the values are added up.

        >>> part_of([5.0, 5.0], [[2.0], [4.0]])
        Part(largest=5.0, total=2.0, mix=[6.0])

    Source: Milakov and Gimelshein, Online normalizer calculation for
    softmax, 2018.
    """
    _require_scores(scores)
    require_matrix("values", values, rows=len(scores))
    largest = max(scores)
    exps = [_fade(score, largest) for score in scores]  # each in 0 to 1
    mix = [sum(map(mul, exps, column)) for column in zip(*values, strict=True)]
    require_in_range("values", mix, "mix")
    return Part(largest, fsum(exps), mix)


def merge(one: Part, other: Part) -> Part:
    """Make one part of two: what a query takes from the keys of both.

    `mix (d,), mix (d,) -> mix (d,)`. Each was measured against a largest
    score of its own; the smaller one is measured again. The order does not
    matter, but for rounding.

    Raises:
        ValueError: If one is no part, or their mixes differ in length.

    Examples:
        A lone score of 5 beside two of 5:

        >>> one = part_of([5.0, 5.0], [[2.0], [4.0]])
        >>> merge(one, part_of([5.0], [[9.0]]))
        Part(largest=5.0, total=3.0, mix=[15.0])

        A part that the query does not see changes nothing:

        >>> merge(one, part_of([float("-inf")], [[9.0]])) == one
        True
    """
    _require_part("one", one)
    _require_part("other", other, len(one[2]))
    largest = max(one[0], other[0])
    pairs = zip(one[2], other[2], strict=True)
    fade_one, fade_other = _fade(one[0], largest), _fade(other[0], largest)
    total = fade_one * one[1] + fade_other * other[1]
    mix = [fade_one * x + fade_other * y for x, y in pairs]
    require_in_range("one, other", [total, *mix], "total and mix")
    return Part(largest, total, mix)


def context_of(part: Part) -> Vector:
    """Divide the mix by the total: the context vector of all keys merged.

    `mix (d,) -> context_vec (d,)`.

    Raises:
        ValueError: If it is no part, the query sees none of its keys, or the
            quotient is beyond all floats.

    Examples:
        >>> context_of(part_of([5.0, 5.0], [[2.0], [4.0]]))
        [3.0]
    """
    _require_part("part", part)
    _, total, mix = part
    if total == 0:
        raise ValueError("part must hold a key that is seen, got none")
    context_vec = [entry / total for entry in mix]  # (d,)
    return require_in_range("part", context_vec, "context_vec")


def _fade(score: float, largest: float) -> float:
    """What the exponential of a score is beside that of the largest."""
    return 0.0 if score == -inf else exp(score - largest)


def _require_scores(scores: Vector) -> None:
    """Refuse scores that are no numbers, NaN or plus infinity."""
    require_list("scores", scores, "numbers")
    for j, score in enumerate(scores):
        require_score(f"scores[{j}]", score)


def _require_part(name: str, part: Part, length: int | None = None) -> None:
    """Refuse what no part of the keys can have left."""
    require_list(name, part, "numbers and a mix", length=3)
    largest, total, mix = part
    require_score(f"{name}.largest", largest)
    require_finite(f"{name}.total", total)
    if total < 0:
        raise ValueError(f"{name}.total must be 0 or more, got {total}")
    require_vector(f"{name}.mix", mix, length)
