"""What came out: refused where it has left the range of floats."""

from collections.abc import Iterator
from math import inf, isfinite
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Nested: TypeAlias = "float | list[Nested]"

SCORES = "attn_scores"
"""The one step that may hold minus infinity: a hidden key's score."""


def require_in_range(given: str, result: T, name: str = "result") -> T:
    """Hand a result on, unless it has left the range of floats.

    What was given is finite, so it was too large. A score may be minus
    infinity: it is hidden, or far below all others, and its weight is 0.

    Raises:
        ValueError: Naming what was given, and the first step that overflowed.

    Examples:
        >>> require_in_range("a, b", [[1e300]], "product")
        [[1e+300]]
        >>> require_in_range("a, b", [[1e300 * 1e300]], "product")
        Traceback (most recent call last):
            ...
        ValueError: a, b are too large: product[0][0] must be finite, got inf
    """
    steps: Any = result if hasattr(result, "_fields") else (result,)
    names = getattr(result, "_fields", (name,))
    named = list(zip(names, steps, strict=True))
    if not isfinite(sum([_total(x) for step, x in named if step != SCORES])):
        for step, value in named:
            _require_finite_step(given, step, value)
    return result


def _require_finite_step(given: str, step: str, value: Nested) -> None:
    """Refuse a step that overflowed, by the first entry that did."""
    for place, entry in _entries(step, value):
        if not (isfinite(entry) or (entry == -inf and step == SCORES)):
            raise ValueError(
                f"{given} are too large: {place} must be finite, got {entry}"
            )


def _total(nested: Any) -> float:  # noqa: ANN401 - a number, or lists
    """Add up all numbers, quickly: their sum is finite if they all are."""
    if not isinstance(nested, list):
        return float(nested)
    if not isinstance(nested[0], list):
        return sum(nested)
    is_matrix = not isinstance(nested[0][0], list)
    return sum(map(sum if is_matrix else _total, nested))


def _entries(name: str, nested: Nested) -> Iterator[tuple[str, float]]:
    """Every number, and where it stands."""
    if not isinstance(nested, list):
        yield name, nested
        return
    for i, part in enumerate(nested):
        yield from _entries(f"{name}[{i}]", part)
