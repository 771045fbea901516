"""Matrices: every entry a shaded cell, the value in it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree as ET

from inpage.shade import LEVELS, reach, shade
from press.figures.svg import (
    WIDTH,
    Drawing,
    Labels,
    Numbers,
    Rows,
    number,
    part_shade,
)

Bools: TypeAlias = Sequence[Sequence[bool]]

DIGIT = 7.2  # the width of one, in a cell


class Grid(NamedTuple):
    """A matrix as it is drawn: a shade for every value, what is hidden."""

    values: Rows
    shades: Sequence[Sequence[int]]
    hidden: Bools
    digits: int
    whence: str = "values"


def heat_map(  # noqa: PLR0913, PLR0917 - each is an entry of a fence
    values: Rows,
    rows: Labels,
    columns: Labels,
    digits: int = 4,
    corner: str = "query",
    most: float | None = None,
    hidden: Bools | None = None,
    *,
    whence: str = "values",
) -> ET.Element:
    """A matrix as shaded cells with the values in them.

    Zero is paper. The shade grows to the greatest distance from it, or to
    `most`, so that several matrices can share one scale; above 0 in indigo,
    below it in vermilion. Where `hidden` is True, which minus infinity is
    unless told otherwise, there are lines, and no number.
    """
    if hidden is None:
        hidden = [[value == -inf for value in row] for row in values]
    end = reach(v for row in values for v in row) if most is None else most
    shades = [[shade(v, end) for v in row] for row in values]
    grid = Grid(values, shades, hidden, digits, whence)
    return _table(grid, rows, columns, corner)


def share_map(
    values: Rows,
    rows: Labels,
    columns: Labels,
    hidden: Bools | None = None,
    digits: int = 4,
    corner: str = "query",
) -> ET.Element:
    """Weights, shaded by how far they are from an even share of their row.

    An even share is paper, more of it indigo, less of it vermilion. The
    strongest shade is an even share of all columns away, or more: what is
    nearly even looks so. Where `hidden` is True there are lines, and no
    number.
    """
    if hidden is None:
        hidden = [[False for _ in row] for row in values]
    uneven = _uneven(values, hidden)
    end = max(reach(v for row in uneven for v in row), 1 / len(columns))
    shades = [[shade(v, end) for v in row] for row in uneven]
    grid = Grid(values, shades, hidden, digits)
    return _table(grid, rows, columns, corner)


def _uneven(values: Rows, hidden: Bools) -> Rows:
    """How far each value is from an even share of what its row shows."""
    return [
        [
            0.0 if out else value - 1 / list(outs).count(False)
            for value, out in zip(row, outs, strict=True)
        ]
        for row, outs in zip(values, hidden, strict=True)
    ]


def _table(
    grid: Grid, rows: Labels, columns: Labels, corner: str
) -> ET.Element:
    """Draw a matrix, with its labels at the left and above."""
    gutter, head, height = 58, 26, 34
    width = (WIDTH - gutter) / len(columns)
    svg = Drawing(head + height * len(rows) + 2)
    if _longest(grid) * DIGIT > width - 4:
        svg.root.set("class", "tight")
    svg.text(2, head - 9, corner, "label muted")
    for middle, column in _heads(columns):
        x = gutter + middle * width
        svg.text(x, head - 9, column, "label", "middle")
    for i, (label, row) in enumerate(zip(rows, grid.values, strict=True)):
        y = head + i * height
        svg.text(2, y + height / 2 + 4, label, "label")
        for j in range(len(row)):
            _cell(svg, grid, i, j, (gutter + j * width, y, width, height))
    return svg.root


def _heads(columns: Labels) -> Iterator[tuple[float, str]]:
    """Each label, in the middle of its column and of those without one."""
    starts = [j for j, column in enumerate(columns) if column]
    for start, end in pairwise([*starts, len(columns)]):
        yield (start + end) / 2, columns[start]


def _longest(grid: Grid) -> int:
    """How many characters the longest number has that is not hidden."""
    return max(
        len(number(value, grid.digits))
        for row, outs in zip(grid.values, grid.hidden, strict=True)
        for value, out in zip(row, outs, strict=True)
        if not out
    )


def _cell(svg: Drawing, grid: Grid, i: int, j: int, box: Numbers) -> None:
    """Draw one entry, or lines where it is hidden."""
    is_hidden = grid.hidden[i][j]
    shown = "" if is_hidden else number(grid.values[i][j], grid.digits)
    whence = f"{grid.whence}[{i}][{j}]"
    svg.cell(box, grid.shades[i][j], shown, whence=whence)
    if is_hidden:
        svg.hatch(box, is_hidden)


def masks(
    left: Bools, right: Bools, rows: Labels, titles: Labels
) -> ET.Element:
    """Two masks of one shape side by side: 1 is True, 0 is False."""
    head, height, gutter, gap = 26, 28, 58, 20
    svg = Drawing(head + height * len(rows) + 2)
    svg.labels(rows, head, height)
    width = (WIDTH - gutter - gap) / 2 / len(left[0])
    for k, (mask, title) in enumerate(zip((left, right), titles, strict=True)):
        start = gutter + k * (gap + width * len(left[0]))
        svg.text(start + 1, head - 9, title, "label muted")
        for i, (row, _) in enumerate(zip(mask, rows, strict=True)):
            y = head + i * height
            for j, (entry, _) in enumerate(zip(row, left[0], strict=True)):
                box = (start + j * width, y, width, height)
                whence = f"{('left', 'right')[k]}[{i}][{j}]"
                tone = LEVELS - 2 if entry else 0
                svg.cell(box, tone, f"{entry:d}", whence=whence)
    return svg.root


class Blocks(NamedTuple):
    """Columns in blocks, each a head: the first cell, the gap between them."""

    cell: tuple[float, float, float, float]
    gap: float
    head_dim: int


def split(
    values: Rows, rows: Labels, num_heads: int, digits: int = 2
) -> ET.Element:
    """A wide matrix, and below it the same columns, cut into heads.

    Each head has a shade of its own, and its name above its columns.
    """
    d_out = _shared_width(values, num_heads)
    gutter, head, height, gap = 58, 26, 30, 24
    gaps, tall = gap * (num_heads - 1), head + height * len(values)
    width = (WIDTH - gutter - gaps) / d_out
    svg = Drawing(2 * tall + 18)
    for top, left, between in (
        (0, gutter + gaps / 2, 0),
        (tall + 16, gutter, gap),  # where the heads part
    ):
        svg.labels(rows, top + head, height)
        cell = (left, top + head, width, height)
        blocks = Blocks(cell, between, d_out // num_heads)
        for j, column in enumerate(zip(*values, strict=True)):
            _column(svg, blocks, j, [number(v, digits) for v in column])
    return svg.root


def _shared_width(values: Rows, num_heads: int) -> int:
    """The width of a matrix, which all heads share equally."""
    d_out = len(values[0])
    if d_out % num_heads:
        raise ValueError(f"{num_heads} heads cannot share {d_out} columns")
    return d_out


def _column(
    svg: Drawing, blocks: Blocks, j: int, shown: Sequence[str]
) -> None:
    """Draw a column in its block; the first of a block bears its name."""
    (left, y, width, height), k = blocks.cell, j // blocks.head_dim
    x = left + j * width + k * blocks.gap
    for i, text in enumerate(shown):
        box = (x, y + i * height, width, height)
        svg.cell(box, part_shade(k), text, whence=f"values[{i}][{j}]")
    if j % blocks.head_dim == 0:
        middle = x + blocks.head_dim * width / 2
        svg.text(middle, y - 9, f"head {k + 1}", "label", "middle")
