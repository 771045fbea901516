"""Shapes: products of matrices, drawn as grids of cells."""

from collections.abc import Sequence
from itertools import accumulate
from xml.etree import ElementTree as ET

from inpage.shade import tint
from press.figures.svg import WIDTH, Drawing, Rows

STEP, TALL = WIDTH / 3, 11  # a matrix of a product, a row of cells


def shapes(
    products: Sequence[Sequence[tuple[str, Rows]]], mark: int | None = None
) -> ET.Element:
    """Matrix products as grids of cells, a line for each product.

    Each matrix is a name and its values, of which the shape is shown. The row
    `mark` of the first matrix, and of the product, is the darker one.
    """
    heights = [
        56 + TALL * max(len(matrix) for _, matrix in line) for line in products
    ]
    svg = Drawing(sum(heights))
    bottoms = accumulate(heights)
    lines = zip(products, bottoms, heights, strict=True)
    for i, (line, bottom, height) in enumerate(lines):
        y = bottom - height / 2
        for k, (name, matrix) in enumerate(line):
            x = (k + 0.5) * STEP
            _grid(svg, x, y, name, matrix, None if k == 1 else mark)
            _size(svg, x, y, matrix, f"products[{i}][{k}][1]")
        for x, sign in ((STEP, "@"), (2 * STEP, "=")):
            svg.text(x, y + 4, sign, "label strong", "middle")
    return svg.root


def _grid(
    svg: Drawing,
    x: float,
    y: float,
    name: str,
    matrix: Rows,
    mark: int | None,
) -> None:
    """Draw a matrix around a point, its name above."""
    rows, columns, side = len(matrix), len(matrix[0]), 14
    left, top = x - columns * side / 2, y - rows * TALL / 2
    svg.text(x, top - 8, name, "label", "middle")
    for i in range(rows):
        shade = tint(7 if i == mark else 2)
        for j in range(columns):
            place = (left + j * side, top + i * TALL, side, TALL)
            svg.rect(*place, shade)


def _size(svg: Drawing, x: float, y: float, matrix: Rows, whence: str) -> None:
    """Write the shape of a matrix below it."""
    size = f"({len(matrix)}, {len(matrix[0])})"
    both = f"(len({whence}), len({whence}[0]))"
    foot = y + len(matrix) * TALL / 2 + 16
    svg.text(x, foot, size, "label muted", "middle", whence=both)
