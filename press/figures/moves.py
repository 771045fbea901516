"""What moves: a mask that falls, a product cell by cell, a training run."""

from collections.abc import Mapping, Sequence
from operator import mul
from xml.etree import ElementTree as ET

from inpage.shade import reach, shade
from press.figures.film import Moment, film
from press.figures.matrices import heat_map
from press.figures.svg import (
    WIDTH,
    Drawing,
    Labels,
    Numbers,
    Rows,
    brief,
    number,
    short,
)

GUTTER, HEAD, TALL, GAP = 58, 26, 30, 14


def mask_film(
    scores: Rows, weights: Rows, rows: Labels, digits: int = 2
) -> ET.Element:
    """Later scores are hidden row by row; then each row is shared anew."""

    def moment(hidden: int, shared: int, said: str, is_still: bool) -> Moment:
        mixed = [*weights[:shared], *scores[shared:]]
        tops = [1.0] * shared + [most] * (n - shared)
        drawing = _triangle(mixed, tops, rows, hidden, digits)
        return Moment(drawing, said, is_still)

    n, most = len(rows), reach(v for row in scores for v in row)
    moments = [moment(0, 0, "All scores, those of later tokens too.", True)]
    moments += [
        moment(i, 0, _may_see(rows, i), i == n) for i in range(1, n + 1)
    ]
    for i, name in enumerate(rows, 1):
        shares = " + ".join(number(w, digits) for w in weights[i - 1][:i])
        said = f"{name} shares one whole: {shares}."
        moments.append(moment(n, i, said, i == n))
    return film(moments)


def _may_see(rows: Labels, i: int) -> str:
    """What the mask says to the `i`-th token."""
    later = ", ".join(rows[i:])
    name = rows[i - 1]
    return f"{name} may not see {later}." if later else f"{name} sees all."


def _triangle(
    values: Rows,
    tops: Sequence[float],
    rows: Labels,
    hidden: int,
    digits: int,
) -> ET.Element:
    """Draw a square whose first rows hide what comes later.

    Each row has a scale of its own, up to its top.
    """
    svg = Drawing(HEAD + TALL * len(rows) + 2)
    width = (WIDTH - GUTTER) / len(rows)
    for j, name in enumerate(rows):
        x = GUTTER + (j + 0.5) * width
        svg.text(x, HEAD - 9, name, "label", "middle")
    for i, (name, row) in enumerate(zip(rows, values, strict=True)):
        y = HEAD + i * TALL
        svg.text(2, y + TALL / 2 + 4, name, "label")
        for j, value in enumerate(row):
            box = (GUTTER + j * width, y, width, TALL)
            out = i < hidden and j > i
            text = "" if out else number(value, digits)
            svg.cell(box, 0 if out else shade(value, tops[i]), text)
            svg.hatch(box, out)
    return svg.root


def product_film(
    left: Rows,
    right: Rows,
    rows: Labels,
    names: Labels,
    columns: Labels | None = None,
) -> ET.Element:
    """A matrix product, one entry after the other: a row with a column.

    `names` are those of the two matrices and of their product. A column is
    told by its number where it has no name, and a lone one not at all.
    """
    upright = list(zip(*right, strict=True))
    columns = columns or [f"column {j + 1}" for j in range(len(upright))]
    places = [(i, j) for i in range(len(left)) for j in range(len(upright))]
    moments = []
    for k, (i, j) in enumerate(places):
        asks = rows[i] if len(upright) == 1 else f"{rows[i]}, {columns[j]}"
        said = f"{asks}: {_spelled_out(left[i], upright[j])}"
        drawing = _product((left, right), rows, names, places[: k + 1])
        is_still = k in {0, len(places) // 2, len(places) - 1}
        moments.append(Moment(drawing, said, is_still))
    return film(moments)


def _spelled_out(x: Numbers, y: Numbers) -> str:
    """A dot product with all its terms, and what they add up to."""
    pairs = zip(x, y, strict=True)
    terms = " + ".join(f"{short(a)} × {short(b)}" for a, b in pairs)
    return f"{terms} = {brief(_dot(x, y), 4)}"


def _product(
    factors: tuple[Rows, Rows],
    rows: Labels,
    names: Labels,
    places: Sequence[tuple[int, int]],
) -> ET.Element:
    """Draw two factors, and of their product the entries at some places."""
    left, right = factors
    inner, m = len(right), len(right[0])
    width = (WIDTH - GUTTER - GAP) / (inner + m)
    x, y = GUTTER + inner * width + GAP, HEAD + inner * TALL + HEAD
    svg = Drawing(y + len(left) * TALL + 4)
    _grid(svg, names[1], right, (x, HEAD, width))
    _grid(svg, names[0], left, (GUTTER, y, width))
    _grid(svg, names[2], _so_far(left, right, places), (x, y, width))
    svg.labels(rows, y, TALL)
    i, j = places[-1]
    svg.rect(GUTTER, y + i * TALL, inner * width, TALL, "frame")
    svg.rect(x + j * width, HEAD, width, inner * TALL, "frame")
    svg.rect(x + j * width, y + i * TALL, width, TALL, "frame")
    return svg.root


def _so_far(
    left: Rows, right: Rows, places: Sequence[tuple[int, int]]
) -> list[list[float | None]]:
    """A product at some places, and nothing at the others."""
    columns = list(zip(*right, strict=True))
    return [
        [
            _dot(row, column) if (i, j) in places else None
            for j, column in enumerate(columns)
        ]
        for i, row in enumerate(left)
    ]


def _dot(x: Numbers, y: Numbers) -> float:
    total: float = sum(map(mul, x, y))
    return total


def _grid(
    svg: Drawing,
    name: str,
    values: Sequence[Sequence[float | None]],
    place: tuple[float, float, float],
) -> None:
    """Draw a matrix at a place; an entry that is not there yet is empty."""
    x, y, width = place
    most = reach(v for row in values for v in row if v is not None)
    svg.text(x + 1, y - 9, name, "label muted")
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            box = (x + j * width, y + i * TALL, width, TALL)
            text = "" if value is None else brief(value, 2)
            svg.cell(box, shade(value or 0.0, most), text)


def training_film(
    looks: Mapping[int, Rows],
    losses: Numbers,
    rows: Labels,
    columns: Labels,
    corner: str = "query",
) -> ET.Element:
    """An attention map at some steps of a training run, by step."""
    steps = sorted(looks)
    stills = {steps[0], steps[len(steps) // 2], steps[-1]}
    return film(
        [
            Moment(
                heat_map(looks[step], rows, columns, 2, corner, most=1.0),
                f"Step {step}: the loss is {number(losses[step - 1], 4)}.",
                step in stills,
            )
            for step in steps
        ]
    )
