"""What a result tells by its rows and digits, whatever the step."""

import struct
from collections.abc import Callable, Sequence
from itertools import product
from math import sqrt
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.steps.compare import compare, numbers, plain, shape
from attnbook.vectors import Matrix, Vector

Pairs = Sequence[tuple[Any, Any]]


def rows(pairs: Pairs) -> Cause | None:
    """A cause, if right rows stand in a wrong place or with few digits.

    Each pair is what is right and what came.

    Examples:
        >>> rows([([[1, 2], [3, 4]], [[3, 4], [3, 4]])]).name
        'same_row'
        >>> rows([([[1, 2], [3, 4]], [[1, 2], [4, 6]])]).name
        'accumulated'
    """
    if not all(plain(came) and shape(right) for right, came in pairs):
        return None
    for name, (made, sentence, advice) in _MADE.items():
        if _explains(made, pairs):
            return measured(name, sentence, advice)
    return _digits(pairs)


def _explains(made: Callable[[Matrix], Any], pairs: Pairs) -> bool:
    """Whether the same thing was done to every right matrix."""
    matrices = [
        (right, came) for right, came in pairs if len(shape(right) or ()) == 2
    ]
    return len(matrices) == len(pairs) and all(
        compare(made(right), came) is None for right, came in matrices
    )


def _accumulated(right: Matrix) -> Matrix:
    total = [0.0] * len(right[0])
    found = []
    for row in right:
        total = [a + b for a, b in zip(total, row, strict=True)]
        found.append(total)
    return found


def _standard(row: Vector, eps: float = 1e-5) -> Vector:
    mean = sum(row) / len(row)
    spread = sum((entry - mean) ** 2 for entry in row) / len(row)
    return [(entry - mean) / sqrt(spread + eps) for entry in row]


_MADE: dict[str, tuple[Callable[[Matrix], Any], str, str]] = {
    "same_row": (
        lambda right: [right[-1]] * len(right),
        "Every row of your result is the last one: all are one and the same "
        "list.",
        "`[[0.0] * d] * n` repeats one list n times: make a new one per row.",
    ),
    "accumulated": (
        _accumulated,
        "Each row still holds the sum of the rows before it.",
        "Start every row anew: inside the loop, not before it.",
    ),
    "rows_reversed": (
        lambda right: right[::-1],
        "Your rows are in reverse: the last token comes first.",
        "Row i of the result belongs to token i.",
    ),
    "first_row_only": (
        lambda right: right[:1],
        "You return after the first token.",
        "Move `return` out of the loop.",
    ),
    "first_row_alone": (
        lambda right: right[0],
        "You return the first token's row alone.",
        "Collect one row per token, and return them after the loop.",
    ),
    "normalised": (
        lambda right: [_standard(row) for row in right],
        "You give every row mean 0 and variance 1: that is a layer norm.",
        "Return the mix alone.",
    ),
}


def _digits(pairs: Pairs) -> Cause | None:
    """Right but for the digits that were cut off."""
    if any(shape(right) != shape(came) for right, came in pairs):
        return None
    both = [
        (a, b)
        for right, came in pairs
        for (_, a), (_, b) in zip(numbers(right), numbers(came), strict=True)
    ]
    for digits in range(5):
        if all(_rounded(a, b, digits) for a, b in both):
            return _of_digits(digits)
    return _HALF if all(_halved(a, b) for a, b in both) else None


_HALF = measured(
    "half_precision",
    "Your numbers are float16, which keeps about 3 digits.",
    "Compute in float64, or float32: `dtype=float`.",
)


def _of_digits(digits: int) -> Cause:
    what = f"rounded to {digits} digits" if digits else "whole numbers"
    return measured(
        "rounded" if digits else "integers",
        f"Your result is right but for its digits: it is {what}.",
        "Leave out `round`: round what you print, not what you return.",
    )


def _halved(right: float, came: float) -> bool:
    """Whether one is the other, as far as float16 can tell."""
    return _is_half(came) and abs(right - came) <= 4e-3 * max(1, abs(right))


def _rounded(right: float, came: float, digits: int) -> bool:
    """Whether one is the other, rounded or cut to so many digits."""
    unit = 10.0**-digits
    whole = abs(came / unit - round(came / unit)) < 1e-6
    return whole and abs(right - came) < unit * (0.5 + 1e-6 + (not digits) / 2)


def _is_half(number: float) -> bool:
    """Whether float16 holds a number."""
    if abs(number) > 65_000:
        return False
    found: float = struct.unpack("e", struct.pack("e", number))[0]
    return found == number


_INPUTS = ("inputs", "queries", "values")
_NORMED = (
    "inputs_added_and_normalised",
    ", and give every row mean 0 and variance 1: that is a residual "
    "connection and a layer norm",
)
_AFTER: Sequence[tuple[str, str, Callable[[Matrix], Matrix]]] = (
    ("inputs_added", ": that is a residual connection", lambda rows: rows),
    (*_NORMED, lambda rows: [_standard(row) for row in rows]),
    (*_NORMED, lambda rows: [_standard(row, 1e-6) for row in rows]),
)


def added(cases: Sequence[tuple[dict[str, Any], Any, Any]]) -> Cause | None:
    """Whether an argument was added to the right result, where it fits.

    Each case is the arguments, what is right, and what came.
    """
    for role, (name, what, after) in product(_INPUTS, _AFTER):
        fits = [
            (values[role], right, came)
            for values, right, came in cases
            if role in values
            and shape(values[role]) == shape(right) == shape(came)
        ]
        if fits and all(
            compare(after(_sum(given, right)), came) is None
            for given, right, came in fits
            if plain(came)
        ):
            said = f"You add the {role} to the result{what}."
            return measured(name, said, "Return the mix alone.")
    return None


def _sum(a: Matrix, b: Matrix) -> Matrix:
    return [
        [x + y for x, y in zip(*pair, strict=True)]
        for pair in zip(a, b, strict=True)
    ]
