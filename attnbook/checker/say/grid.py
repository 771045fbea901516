"""The dimension map: two sizes against each other, for text and for HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from attnbook.checker.finding import Cell
from attnbook.checker.judge.dimensions import said

MARKS = {
    ".": "agrees",
    "x": "fails",
    "o": "fails for some of the other sizes",
}


class Grid(NamedTuple):
    """Marks by row and column; without `down` there is one row."""

    across: str
    down: str
    columns: list[int]
    rows: list[int]
    marks: list[list[str]]


def grid(cells: Sequence[Cell], rule: str) -> Grid:
    """The map over the two sizes that the rule is about."""
    across, down = _axes(cells, rule)
    columns = sorted({cell.sizes[across] for cell in cells})
    rows = sorted({cell.sizes[down] for cell in cells}) if down else [0]
    marks = [
        [_mark(_cells_at(cells, {across: column, down: row}))
         for column in columns]
        for row in rows
    ]  # fmt: skip
    return Grid(across, down, columns, rows, marks)


def _cells_at(cells: Sequence[Cell], at: dict[str, int]) -> list[Cell]:
    """The cells of these sizes; an axis without a name is none."""
    return [
        cell
        for cell in cells
        if all(not axis or cell.sizes[axis] == at[axis] for axis in at)
    ]


def _axes(cells: Sequence[Cell], words: str) -> tuple[str, str]:
    """The two sizes that the rule compares, or names, or the first two."""
    names = list(cells[0].sizes)
    if len(names) == 1:
        return names[0], ""
    pairs = [(b, a) for i, a in enumerate(names) for b in names[i + 1 :]]
    return max(pairs, key=lambda pair: _relevance(pair, words))


def _relevance(pair: tuple[str, str], words: str) -> int:
    """How much a rule is about two sizes."""
    b, a = (said(name) for name in pair)
    compared = f"{a} differs from {b}" in words or f"{a} equals {b}" in words
    return 4 * compared + (a in words) + (b in words)


def _mark(cells: Sequence[Cell]) -> str:
    """One sign for all cells of two sizes; none where nothing was asked."""
    agree = {cell.agrees for cell in cells}
    if not agree:
        return " "
    return "o" if len(agree) > 1 else "." if True in agree else "x"
