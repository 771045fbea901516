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


def assert_agrees(entry_id: str, actual: object) -> None:
    """Compare every number with the book's, shapes included."""
    expected = list(_flatten(book_value(entry_id)))
    computed = list(_flatten(actual))
    assert [path for path, _ in expected] == [path for path, _ in computed]
    for (path, printed), (_, number) in zip(expected, computed, strict=True):
        difference = 0.0 if printed == number else abs(printed - number)
        assert difference <= TOLERANCE, (entry_id, path, printed, number)


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
