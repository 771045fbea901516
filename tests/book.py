"""The book's printed numbers, and what it means to agree with them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BOOK = Path(__file__).parent / "data" / "book-numbers.json"

# The book prints 4 decimals: half a unit there, and a hair for rounding.
TOLERANCE = 5e-5 + 1e-9


def book_value(entry_id: str) -> Any:
    """The values of one entry, as nested lists of numbers and "-inf"."""
    entries = json.loads(BOOK.read_text(encoding="utf-8"))["numbers"]
    (entry,) = [entry for entry in entries if entry["id"] == entry_id]
    return entry["values"]


def paired(entry_id: str, actual: object) -> list[tuple[float, float]]:
    """Every number of an entry, the book's and ours, shapes compared."""
    expected = list(_flatten(book_value(entry_id)))
    computed = list(_flatten(actual))
    assert [path for path, _ in expected] == [path for path, _ in computed]
    return [
        (printed, number)
        for (_, printed), (_, number) in zip(expected, computed, strict=True)
    ]


def difference(printed: float, number: float) -> float:
    """How far two numbers are apart; two infinities, not at all."""
    return 0.0 if printed == number else abs(printed - number)


def assert_agrees(entry_id: str, actual: object) -> None:
    """Compare every number with the book's, shapes included."""
    for printed, number in paired(entry_id, actual):
        apart = difference(printed, number)
        assert apart <= TOLERANCE, (entry_id, printed, number)


def _flatten(
    value: object, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every number in nested lists, tuples or arrays, with its indices."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _flatten(item, (*path, i))
    else:
        assert isinstance(value, float | int | str), value
        yield path, float(value)
