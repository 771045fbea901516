"""Likely causes that are the same for every step: what came, by its form."""

from collections.abc import Sequence
from math import isclose
from typing import Any

from attnbook.checker.steps.compare import compare, numbers, plain, shape
from attnbook.checker.words import number

Pairs = Sequence[tuple[Any, Any]]

_OTHER = {
    "NoneType": (
        "It returns nothing.",
        "Is `return` missing, or does it stand on another branch?",
    ),
    "generator": (
        "It returns a generator, which can be read only once.",
        "Make a list of it: `list(...)` or square brackets.",
    ),
    "zip": ("It returns a `zip`.", "Make a list of it: `list(...)`."),
    "map": ("It returns a `map`.", "Make a list of it: `list(...)`."),
    "str": ("It returns text.", "Return the numbers; leave out `str`."),
}


def habit(pairs: Pairs) -> tuple[str, str, str] | None:
    """A name, a sentence and an advice, if what came tells by its form.

    Each pair is what is right and what came.

    Examples:
        >>> habit([([[1, 2], [3, 4]], [[1, 3], [2, 4]])])[0]
        'transposed'
        >>> habit([([1.0, 2.0], [3.0, 6.0])])[1]
        'Every number is 3 times what is right.'
    """
    for probe in (_other, _transposed, _wrapped, _factor):
        found = probe(pairs)
        if found is not None:
            return found
    return None


def _other(pairs: Pairs) -> tuple[str, str, str] | None:
    """Something that is no list of numbers."""
    kinds = {
        came.get("other") if isinstance(came, dict) else None
        for _, came in pairs
    }
    kind = kinds.pop() if len(kinds) == 1 else None
    return (f"returns_{kind}", *_OTHER[kind]) if kind in _OTHER else None


def _transposed(pairs: Pairs) -> tuple[str, str, str] | None:
    """Rows where columns should be."""
    for right, came in pairs:
        if len(shape(right) or ()) != 2 or not plain(came):
            return None
        columns = [list(column) for column in zip(*right, strict=True)]
        if compare(columns, came) is not None:
            return None
    return (
        "transposed",
        "Your result is transposed: rows and columns are swapped.",
        "One row per token: transpose what you return.",
    )


def _wrapped(pairs: Pairs) -> tuple[str, str, str] | None:
    """The right thing in one list too many."""
    for right, came in pairs:
        inner = came[0] if isinstance(came, list) and len(came) == 1 else None
        if inner is None or compare(right, inner) is not None:
            return None
    return (
        "wrapped",
        "Your result is right, in one pair of brackets too many.",
        "Return its first item.",
    )


def _factor(pairs: Pairs) -> tuple[str, str, str] | None:
    """Everything too large by one factor."""
    factors = []
    for right, came in pairs:
        if not plain(came) or shape(right) is None:
            return None
        if shape(came) != shape(right):
            return None
        both = zip(numbers(right), numbers(came), strict=True)
        factors += [b / a for (_, a), (_, b) in both if abs(a) > 1e-3]
    first = factors[0] if factors else 0.0
    if not first or not all(isclose(f, first, rel_tol=1e-6) for f in factors):
        return None
    return (
        "constant_factor",
        f"Every number is {number(first)} times what is right.",
        "Look for a factor at the end, or a sign.",
    )
