"""Matrices: every entry a shaded cell, the value in it."""

from collections.abc import Sequence
from math import isfinite
from typing import TypeAlias
from xml.etree import ElementTree as ET

from inpage.shade import LEVELS, shade
from press.figures.svg import (
    WIDTH,
    Drawing,
    Labels,
    Rows,
    number,
    part_shade,
)

Bools: TypeAlias = Sequence[Sequence[bool]]


def heat_map(
    values: Rows,
    rows: Labels,
    columns: Labels,
    digits: int = 4,
    corner: str = "query",
    most: float | None = None,
) -> ET.Element:
    """A matrix as shaded cells with the values in them.

    The shade runs from the smaller of 0 and the least value to the greatest,
    or to `most`, so that several matrices can share one scale.
    """
    finite = [v for row in values for v in row if isfinite(v)]
    low, high = min(0.0, *finite), max(finite)
    if most is not None:
        high = most
    shades = [[shade(v, low, high) for v in row] for row in values]
    return _table(values, shades, rows, columns, digits, corner)


def signed_map(
    values: Rows,
    rows: Labels,
    columns: Labels,
    digits: int = 4,
    corner: str = "query",
) -> ET.Element:
    """A matrix shaded by the size of its values, whatever their sign."""
    high = max(abs(v) for row in values for v in row)
    shades = [[shade(abs(v), 0.0, high) for v in row] for row in values]
    return _table(values, shades, rows, columns, digits, corner)


def _table(
    values: Rows,
    shades: Sequence[Sequence[int]],
    rows: Labels,
    columns: Labels,
    digits: int,
    corner: str,
) -> ET.Element:
    """Draw a matrix with a shade behind every value."""
    gutter, head, height = 58, 26, 34
    width = (WIDTH - gutter) / len(columns)
    svg = Drawing(head + height * len(rows) + 2)
    svg.text(2, head - 9, corner, "label muted")
    for j, column in enumerate(columns):
        x = gutter + (j + 0.5) * width
        svg.text(x, head - 9, column, "label", "middle")
    for i, (label, row) in enumerate(zip(rows, values, strict=True)):
        y = head + i * height
        svg.text(2, y + height / 2 + 4, label, "label")
        for j, value in enumerate(row):
            box = (gutter + j * width, y, width, height)
            svg.cell(box, shades[i][j], number(value, digits))
    return svg.root


def masks(
    left: Bools, right: Bools, rows: Labels, titles: Labels
) -> ET.Element:
    """Two masks of one shape side by side: 1 is True, 0 is False."""
    head, height, gutter, gap = 26, 28, 58, 20
    svg = Drawing(head + height * len(rows) + 2)
    for i, label in enumerate(rows):
        svg.text(2, head + (i + 0.5) * height + 4, label, "label")
    width = (WIDTH - gutter - gap) / 2 / len(left[0])
    for k, (mask, title) in enumerate(zip((left, right), titles, strict=True)):
        start = gutter + k * (gap + width * len(left[0]))
        svg.text(start + 1, head - 9, title, "label muted")
        for i, (row, _) in enumerate(zip(mask, rows, strict=True)):
            y = head + i * height
            for j, (entry, _) in enumerate(zip(row, left[0], strict=True)):
                box = (start + j * width, y, width, height)
                svg.cell(box, LEVELS - 2 if entry else 0, f"{entry:d}")
    return svg.root


def split(
    values: Rows, rows: Labels, num_heads: int, digits: int = 2
) -> ET.Element:
    """A wide matrix, and below it the same columns, one block a head.

    Each head has a shade of its own, and its name above its columns.
    """
    d_out = len(values[0])
    if d_out % num_heads:
        raise ValueError(f"{num_heads} heads cannot share {d_out} columns")
    gutter, head, height, gap = 58, 26, 30, 24
    gaps, head_dim = gap * (num_heads - 1), d_out // num_heads
    width = (WIDTH - gutter - gaps) / d_out
    apart = head + height * len(values) + 16  # where the heads part
    svg = Drawing(apart + head + height * len(values) + 2)
    for top, left, between in (0, gutter + gaps / 2, 0), (apart, gutter, gap):
        y = top + head
        for i, label in enumerate(rows):
            svg.text(2, y + (i + 0.5) * height + 4, label, "label")
        for j, column in enumerate(zip(*values, strict=True)):
            k = j // head_dim
            x = left + j * width + k * between
            for i, value in enumerate(column):
                box = (x, y + i * height, width, height)
                svg.cell(box, part_shade(k), number(value, digits))
            if j % head_dim == 0:
                middle = x + head_dim * width / 2
                svg.text(middle, y - 9, f"head {k + 1}", "label", "middle")
    return svg.root
