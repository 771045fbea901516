"""Numbered tiles: one line of numbers, cut in several ways, and put back."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

from press.figures.film import Moment
from press.figures.svg import WIDTH, Drawing, Rows, number, part_shade

TALL, GAP = 28, 16

Index = tuple[int, ...]  # of a block, a row, a column
Cut = Callable[[int, int], Index]  # where token t's column c stands


def view_film(values: Rows, num_heads: int) -> list[Moment]:
    """Two ways to cut a matrix into heads, of which one mixes the tokens."""
    n, d = len(values), len(values[0])
    width = WIDTH / (n * d)  # so that the line is as wide as the drawing
    return [
        Moment(_tiles(values, num_heads, cut, width), said, is_still)
        for cut, said, is_still in _views(n, d, num_heads)
    ]


def _views(n: int, d: int, num_heads: int) -> list[tuple[Cut, str, bool]]:
    """Every way to cut, what is said of it, and whether it is a still."""
    size, line = d // num_heads, _line(d)
    shape = f"({num_heads}, {n}, {size})"

    def at_once(t: int, c: int) -> Index:
        block, rest = divmod(t * d + c, n * size)
        return block, *divmod(rest, size)

    return [
        (_rows(), f"{n} tokens, {d} columns; a colour for each head.", True),
        (line, "In memory: one line, row after row.", False),
        (at_once, f"View as {shape} at once: the colours are mixed.", True),
        (line, "Back to the line: no number has moved.", False),
        (
            lambda t, c: (t, *divmod(c, size)),
            f"View as ({n}, {num_heads}, {size}): a block for each token.",
            True,
        ),
        (
            lambda t, c: (c // size, t, c % size),
            "Then transpose: a block for each head, all tokens in it.",
            True,
        ),
    ]


def heads_film(values: Rows, num_heads: int, digits: int = 2) -> list[Moment]:
    """Columns part into heads, and come together again."""
    size = len(values[0]) // num_heads
    width = (WIDTH - GAP * (num_heads - 1)) / len(values[0])

    def moment(cut: Cut, said: str, *, still: bool = True) -> Moment:
        drawing = _tiles(values, num_heads, cut, width, digits)
        return Moment(drawing, said, still)

    def apart(t: int, c: int) -> Index:
        return c // size, t, c % size

    return [
        moment(_rows(), "One wide matrix; a colour for each head."),
        moment(apart, "split_heads: each head sees all tokens."),
        moment(
            _rows(),
            "merge_heads: side by side again, each where it was.",
            still=False,
        ),
    ]


def _rows() -> Cut:
    """A matrix: one block."""
    return lambda t, c: (0, t, c)


def _line(width: int) -> Cut:
    """One row of all numbers."""
    return lambda t, c: (0, 0, t * width + c)


def _tiles(
    values: Rows, num_heads: int, cut: Cut, width: float, digits: int = 0
) -> ET.Element:
    """Draw every number as a tile, in the colour of its own head."""
    n, d = len(values), len(values[0])
    cuts = [[cut(t, c) for c in range(d)] for t in range(n)]
    places = [place for row in cuts for place in row]
    blocks = 1 + max(block for block, *_ in places)
    columns = 1 + max(column for *_, column in places)
    step = columns * width + GAP
    left = (WIDTH - blocks * step + GAP) / 2
    svg = Drawing(TALL * max(n, num_heads) + 4)
    for t, row in enumerate(cuts):
        for c, (block, i, j) in enumerate(row):
            box = (left + block * step + j * width, i * TALL, width, TALL)
            tone = part_shade(c * num_heads // d)
            shown = number(values[t][c], digits)
            svg.tile(box, tone, shown, f"values[{t}][{c}]")
    return svg.root
