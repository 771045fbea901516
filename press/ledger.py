"""What the book prints, beside a value of a page that agrees with it."""

import functools
from typing import Any

from docs.data.printed import TOLERANCE, printed


def in_the_book(value: object) -> tuple[str, Any] | None:
    """The section and the numbers of the output that a value agrees with.

    A matrix or a vector, since one number may agree by chance.

    Examples:
        >>> in_the_book([0.9544, 1.495, 1.4754, 0.8434, 0.70701, 1.0865])
        ('3.3.1', [0.9544, 1.495, 1.4754, 0.8434, 0.707, 1.0865])
        >>> in_the_book([0.9544, 1.495])
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple) or len(value) < 2:
        return None
    for section, numbers in _printed():
        if _agrees(numbers, value):
            return section, numbers
    return None


@functools.cache
def _printed() -> list[tuple[str, Any]]:
    """Every output of the book that is more than one number."""
    entries = [(each["section"], each["values"]) for each in printed()]
    return [each for each in entries if isinstance(each[1], list)]


def _agrees(number: Any, ours: Any) -> bool:  # noqa: ANN401
    """Whether ours has the shape of the book's, and its numbers."""
    if isinstance(number, list):
        return (
            isinstance(ours, list | tuple)
            and len(ours) == len(number)
            and all(map(_agrees, number, ours))
        )
    if not isinstance(ours, float | int) or isinstance(ours, bool):
        return False
    same = float(number) == ours  # as two infinities are
    return same or abs(float(number) - ours) <= TOLERANCE
