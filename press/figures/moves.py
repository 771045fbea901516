"""What moves: a mask that falls, a product cell by cell, a training run."""

from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from inpage.shade import reach, shade
from press.figures.film import Moment
from press.figures.matrices import heat_map
from press.figures.svg import (
    WIDTH,
    Drawing,
    Labels,
    Numbers,
    Rows,
    agree,
    brief,
    number,
    short,
)

GUTTER, HEAD, TALL, GAP = 58, 26, 30, 14


class Stage(NamedTuple):
    """How many rows hide what comes later, and how many are weights."""

    hidden: int
    shared: int


def mask_film(
    scores: Rows, weights: Rows, rows: Labels, digits: int = 2
) -> list[Moment]:
    """Later scores are hidden row by row; then each row is shared anew."""

    def moment(hidden: int, shared: int, said: str, is_still: bool) -> Moment:
        stage = Stage(hidden, shared)
        drawing = _triangle(scores, weights, rows, stage, digits)
        return Moment(drawing, said, is_still)

    n = len(rows)
    moments = [moment(0, 0, "All scores, those of later tokens too.", True)]
    moments += [
        moment(i, 0, _may_see(rows, i), i == n) for i in range(1, n + 1)
    ]
    for i, name in enumerate(rows, 1):
        shares = " + ".join(number(w, digits) for w in weights[i - 1][:i])
        said = f"{name} shares one whole: {shares}."
        moments.append(moment(n, i, said, i == n))
    return moments


def _may_see(rows: Labels, i: int) -> str:
    """What the mask says to the `i`-th token."""
    later = ", ".join(rows[i:])
    name = rows[i - 1]
    return f"{name} may not see {later}." if later else f"{name} sees all."


def _triangle(
    scores: Rows, weights: Rows, rows: Labels, stage: Stage, digits: int
) -> ET.Element:
    """Draw a square whose first rows hide what comes later.

    Scores have one scale, up to the largest; that of weights ends at 1.
    """
    most = reach(v for row in scores for v in row)
    svg, width = _square(rows), (WIDTH - GUTTER) / len(rows)
    for i in range(len(rows)):
        y, is_shared = HEAD + i * TALL, i < stage.shared
        row, top = (weights[i], 1.0) if is_shared else (scores[i], most)
        for j, value in enumerate(row):
            box = (GUTTER + j * width, y, width, TALL)
            out = i < stage.hidden and j > i
            text = "" if out else number(value, digits)
            tone = 0 if out else shade(value, top)
            whence = f"{'weights' if is_shared else 'scores'}[{i}][{j}]"
            svg.cell(box, tone, text, whence=whence)
            svg.hatch(box, out)
    return svg.root


class Part(NamedTuple):
    """An entry of a fence, and which places of it are there: all, or some."""

    name: str
    values: Rows | Numbers
    places: Sequence[tuple[int, int]] | None = None

    def entries(self) -> list[tuple[int, int, float]]:
        """Row, column and value of each entry."""
        return [
            (i, j, value)
            for i, row in enumerate(_upright(self.values))
            for j, value in enumerate(row)
        ]

    def whence(self, i: int, j: int) -> str:
        """What gives an entry; a vector has no columns."""
        is_matrix = hasattr(self.values[0], "__len__")
        return f"{self.name}[{i}]{f'[{j}]' * is_matrix}"


def _square(rows: Labels) -> Drawing:
    """A drawing that names its rows, and its columns by the same names."""
    svg, width = Drawing(HEAD + TALL * len(rows) + 2), WIDTH - GUTTER
    for j, name in enumerate(rows):
        x = GUTTER + (j + 0.5) * width / len(rows)
        svg.text(x, HEAD - 9, name, "label", "middle")
    svg.labels(rows, HEAD, TALL)
    return svg


def product_film(
    left: Rows,
    right: Rows | Numbers,
    product: Rows | Numbers,
    rows: Labels,
    names: Labels,
    columns: Labels | None = None,
) -> list[Moment]:
    """A matrix product, one entry after the other: a row with a column.

    `names` are those of the two matrices and of their product; a vector is a
    matrix of one column. A column is told by its number where it has no
    name, and a lone one not at all.
    """
    upright = list(zip(*_upright(right), strict=True))
    _require_product(left, upright, _upright(product))
    columns = columns or [f"column {j + 1}" for j in range(len(upright))]
    places = [(i, j) for i in range(len(left)) for j in range(len(upright))]
    moments = []
    for k, (i, j) in enumerate(places):
        asks = rows[i] if len(upright) == 1 else f"{rows[i]}, {columns[j]}"
        said = f"{asks}: {_spelled_out(left[i], upright[j])}"
        parts = (left, right, product)
        drawing = _product(parts, rows, names, places[: k + 1])
        is_still = k in {0, len(places) // 2, len(places) - 1}
        moments.append(Moment(drawing, said, is_still))
    return moments


def _upright(values: Rows | Numbers) -> Rows:
    """A matrix, or a vector as one of one column."""
    rows: Any = values
    return [row if hasattr(row, "__len__") else [row] for row in rows]


def _require_product(left: Rows, columns: Rows, product: Rows) -> None:
    """Refuse what is not every row times every column."""
    right = [_dot(row, column) for row in left for column in columns]
    found = [entry for row in product for entry in row]
    if not agree(found, right):
        raise ValueError("product must be that of left and right")


def _spelled_out(x: Numbers, y: Numbers) -> str:
    """A dot product with all its terms, and what they add up to."""
    pairs = zip(x, y, strict=True)
    terms = " + ".join(f"{short(a)} × {short(b)}" for a, b in pairs)
    return f"{terms} = {brief(_dot(x, y), 4)}"


def _product(
    parts: tuple[Rows, Rows | Numbers, Rows | Numbers],
    rows: Labels,
    names: Labels,
    places: Sequence[tuple[int, int]],
) -> ET.Element:
    """Draw two factors, and of their product the entries at some places."""
    left, right, product = parts
    inner, m = len(right), len(_upright(right)[0])
    width = (WIDTH - GUTTER - GAP) / (inner + m)
    x, y = GUTTER + inner * width + GAP, HEAD + inner * TALL + HEAD
    svg = Drawing(y + len(left) * TALL + 4)
    _grid(svg, names[1], Part("right", right), (x, HEAD, width))
    _grid(svg, names[0], Part("left", left), (GUTTER, y, width))
    _grid(svg, names[2], Part("product", product, places), (x, y, width))
    svg.labels(rows, y, TALL)
    i, j = places[-1]
    svg.rect(GUTTER, y + i * TALL, inner * width, TALL, "frame")
    svg.rect(x + j * width, HEAD, width, inner * TALL, "frame")
    svg.rect(x + j * width, y + i * TALL, width, TALL, "frame")
    return svg.root


def _dot(x: Numbers, y: Numbers) -> float:
    total: float = sum(map(mul, x, y))
    return total


def _grid(
    svg: Drawing, name: str, part: Part, place: tuple[float, float, float]
) -> None:
    """Draw a matrix at a place; an entry that is not there yet is empty."""
    x, y, width = place
    most = reach(v for *_, v in part.entries())
    svg.text(x + 1, y - 9, name, "label muted")
    for i, j, value in part.entries():
        box = (x + j * width, y + i * TALL, width, TALL)
        is_there = part.places is None or (i, j) in part.places
        text = brief(value, 2) if is_there else ""
        tone = shade(value, most) if is_there else 0
        svg.cell(box, tone, text, whence=part.whence(i, j))


def training_film(
    looks: Mapping[int, Rows],
    losses: Numbers,
    rows: Labels,
    columns: Labels,
    corner: str = "query",
) -> list[Moment]:
    """An attention map at some steps of a training run, by step."""
    steps = sorted(looks)
    stills = {steps[0], steps[len(steps) // 2], steps[-1]}
    return [
        Moment(
            heat_map(
                looks[step],
                rows,
                columns,
                digits=2,
                corner=corner,
                most=1.0,
                whence=f"looks[{step}]",
            ),
            f"Step {step}: the loss is {number(losses[step - 1], 4)}.",
            step in stills,
        )
        for step in steps
    ]
