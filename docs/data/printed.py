"""What the book prints in sections 3.3 to 3.6, and what agrees with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).with_name("book-numbers.json")

# The book prints 4 decimals: half a unit there, and a hair for rounding.
TOLERANCE = 5e-5 + 1e-9


def printed() -> list[dict[str, Any]]:
    """Every output of the book's notebook: its `id`, `section`, `values`."""
    entries: list[dict[str, Any]]
    entries = json.loads(NUMBERS.read_text(encoding="utf-8"))["numbers"]
    return entries


def book_value(entry_id: str) -> Any:
    """The values of one entry, as nested lists of numbers and "-inf"."""
    (entry,) = [entry for entry in printed() if entry["id"] == entry_id]
    return entry["values"]


def paired(entry_id: str, actual: object) -> list[tuple[float, float]]:
    """Every number of an entry, the book's and ours.

    Raises:
        ValueError: If ours has another shape than the book's.
    """
    expected = list(_flatten(book_value(entry_id)))
    computed = list(_flatten(actual))
    if [place for place, _ in expected] != [place for place, _ in computed]:
        raise ValueError(f"{entry_id}: ours has another shape than the book's")
    return [
        (number, ours)
        for (_, number), (_, ours) in zip(expected, computed, strict=True)
    ]


def difference(number: float, ours: float) -> float:
    """How far two numbers are apart; two infinities, not at all."""
    return 0.0 if number == ours else abs(number - ours)


def _flatten(
    value: object, place: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every number in nested lists, tuples or arrays, with its indices."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _flatten(item, (*place, i))
    elif isinstance(value, float | int | str):
        yield place, float(value)
    else:
        raise ValueError(f"not a number: {value!r}")
