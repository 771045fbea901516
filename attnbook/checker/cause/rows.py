"""What a result tells by its rows and digits, whatever the step."""

import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.late import positive
from attnbook.checker.mistakes.mixing import FINISHES, standard
from attnbook.checker.steps.compare import compare, numbers, plain, shape
from attnbook.vectors import Matrix, add

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
    for name, (sentence, advice, finish) in _MADE.items():
        if _explains(finish, pairs):
            return measured(name, sentence, advice)
    return _digits(pairs)


def _explains(finish: Callable[[Matrix, Matrix], Any], pairs: Pairs) -> bool:
    """Whether the same thing was done to every right matrix."""
    return all(_is_made(finish, right, came) for right, came in pairs)


def _is_made(
    finish: Callable[[Matrix, Matrix], Any],
    right: Any,  # noqa: ANN401
    came: Any,  # noqa: ANN401
) -> bool:
    """Whether that was done to a matrix, or to each of a batch."""
    axes = len(shape(right) or ())
    if axes == 3:
        made: Any = [finish(rows, []) for rows in right]
        return compare(made, came) is None
    return axes == 2 and compare(finish(right, []), came) is None


_MADE: Mapping[str, tuple[str, str, Callable[[Matrix, Matrix], Any]]] = {
    name: (sentence, advice, finish)
    for name, _, sentence, advice, finish in FINISHES
    if name not in {"inputs_added", "rounded"}  # which are told apart below
} | {
    "first_row_alone": (
        "You return the first token's row alone.",
        "Collect one row per token, and return them after the loop.",
        lambda right, _: right[0],
    ),
    "rectified": (
        "You set the negative entries of the result to 0: that is a ReLU.",
        "Return the mix alone.",
        lambda right, _: positive(right),
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
    (*_NORMED, lambda rows: list(map(standard, rows))),
    (*_NORMED, lambda rows: [standard(row, 1e-6) for row in rows]),
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
            compare(after(add(given, right)), came) is None
            for given, right, came in fits
            if plain(came)
        ):
            said = f"You add the {role} to the result{what}."
            return measured(name, said, "Return the mix alone.")
    return None
