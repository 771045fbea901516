"""Draws the pictures of a page from the page's own values, as inline SVG.

A `figure` fence is YAML: `kind` names the picture, `alt` and `caption` are
text, and every other entry is an expression, evaluated in the page's
namespace. Colours come from the style sheet, so that light and dark follow
the reader; the drawing is 360 units wide, so that a phone shows it whole.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import ceil, floor, inf, isfinite, log10
from typing import Any
from xml.etree import ElementTree as ET

import yaml
from markdown import markdown

from press.figures.playground import playground
from press.pages.page import BINDING, Fence
from press.pages.session import evaluate

WIDTH = 360
LEVELS = 9  # of the heat scale, from 0

Numbers = Sequence[float]
Rows = Sequence[Numbers]
Labels = Sequence[str]
Bools = Sequence[Sequence[bool]]


def draw(fence: Fence, namespace: dict[str, Any]) -> str:
    """The HTML of a figure, on one line.

    Raises:
        ValueError: If the fence is not the description of a picture, or an
            expression in it fails.
    """
    spec = _spec(fence)
    kind, alt, caption = (spec.pop(key) for key in ("kind", "alt", "caption"))
    values = {key: evaluate(text, namespace) for key, text in spec.items()}
    for key, value in values.items():
        if isinstance(value, Exception):
            raise ValueError(f"{key}: {spec[key]} raises {value!r}")
    try:
        drawing = KINDS[kind](**values)
    except TypeError as error:
        raise ValueError(f"{kind} cannot be drawn: {error}") from error
    drawing.set("role", "img" if drawing.tag == "svg" else "group")
    drawing.set("aria-label", alt)
    picture = ET.tostring(
        drawing, encoding="unicode", short_empty_elements=drawing.tag == "svg"
    )
    words = markdown(caption).removeprefix("<p>").removesuffix("</p>")
    return (
        f'<figure class="figure figure-{kind}">{picture}'
        f"<figcaption>{words}</figcaption></figure>"
    )


def _spec(fence: Fence) -> dict[str, str]:
    """The entries of a figure fence, bindings taken out."""
    try:
        spec = yaml.safe_load("\n".join(fence.lines))
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    if not isinstance(spec, dict) or spec.get("kind") not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    for key in ("alt", "caption"):
        if not str(spec.get(key, "")).strip():
            raise ValueError(f"a figure needs {key} text")
    return {
        key: " ".join(BINDING.sub("", str(value)).split())
        for key, value in spec.items()
    }


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
    low, high = min(0.0, *finite), most or max(finite)
    shades = [[_level(v, low, high) for v in row] for row in values]
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
    shades = [[_level(abs(v), 0.0, high) for v in row] for row in values]
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
    svg = _svg(head + height * len(rows) + 2)
    _text(svg, 2, head - 9, corner, "label muted")
    for j, column in enumerate(columns):
        x = gutter + (j + 0.5) * width
        _text(svg, x, head - 9, column, "label", "middle")
    for i, (label, row) in enumerate(zip(rows, values, strict=True)):
        y = head + i * height
        _text(svg, 2, y + height / 2 + 4, label, "label")
        for j, value in enumerate(row):
            box = (gutter + j * width, y, width, height)
            _cell(svg, box, shades[i][j], _number(value, digits))
    return svg


def bars(
    labels: Labels,
    left: Numbers,
    right: Numbers | None = None,
    titles: Labels = ("score", "weight"),
    digits: int = 4,
) -> ET.Element:
    """One column of bars, or two side by side; one row per label.

    Each column has its own scale, from 0 to its greatest value.
    """
    head, height, gutter = 26, 30, 62
    columns = [left] if right is None else [left, right]
    width = (WIDTH - gutter) / len(columns)
    svg = _svg(head + height * len(labels) + 2)
    for k, (values, title) in enumerate(zip(columns, titles, strict=False)):
        if min(values) < 0:
            raise ValueError("bars cannot show a negative value")
        start = gutter + k * width
        _text(svg, start, head - 9, title, "label muted")
        for i, value in enumerate(values):
            y = head + i * height
            length = max((width - 60) * value / max(values), 1)
            name = "bar" if k else "bar soft"
            _rect(svg, start, y + 5, length, height - 10, name)
            shown, middle = _number(value, digits), y + height / 2 + 4
            _text(svg, start + length + 6, middle, shown, "value")
    for i, label in enumerate(labels):
        _text(svg, 2, head + (i + 0.5) * height + 4, label, "label")
    return svg


def signed_bars(
    labels: Labels, values: Numbers, title: str, digits: int = 4
) -> ET.Element:
    """Bars from a line in the middle: to the right above 0, left below."""
    head, height, gutter = 26, 30, 62
    zero, unit = (gutter + WIDTH) / 2, 90 / max(map(abs, values))
    svg = _svg(head + height * len(labels) + 2)
    _text(svg, zero, head - 9, title, "label muted", "middle")
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        y, length = head + i * height, max(abs(value) * unit, 1)
        middle, shown = y + height / 2 + 4, _number(value, digits)
        _text(svg, 2, middle, label, "label")
        if value < 0:
            start, end, name, anchor = -length, -length - 6, "bar soft", "end"
        else:
            start, end, name, anchor = 0, length + 6, "bar", "start"
        _rect(svg, zero + start, y + 5, length, height - 10, name)
        _text(svg, zero + end, middle, shown, "value", anchor)
    _line(svg, [(zero, head), (zero, head + height * len(labels))], "axis")
    return svg


def mix(
    weights: Numbers, inputs: Rows, labels: Labels, digits: int = 4
) -> ET.Element:
    """A context vector as stacked bars: one bar an entry, one part an input.

    The parts are numbered as the labels below are, and stand in that order.
    """
    contributions = [
        [weight * x[j] for weight, x in zip(weights, inputs, strict=True)]
        for j in range(len(inputs[0]))
    ]
    if min(min(parts) for parts in contributions) < 0:
        raise ValueError("mix cannot show a negative part")
    head, height, gutter = 8, 44, 56
    legend = head + height * len(contributions) + 18
    svg = _svg(legend + 20 * ((len(labels) + 1) // 2) + 4)
    unit = (WIDTH - gutter - 58) / max(map(sum, contributions))
    for j, parts in enumerate(contributions):
        y, x = head + j * height, float(gutter)
        _text(svg, 2, y + height / 2 + 4, f"entry {j + 1}", "label")
        for i, part in enumerate(parts):
            shade = _part_shade(i)
            _rect(
                svg, x, y + 6, part * unit, height - 12, f"heat-{shade} part"
            )
            if part * unit > 9:
                middle = x + part * unit / 2
                ink = f"tiny heat-ink-{shade}"
                _text(
                    svg, middle, y + height / 2 + 4, str(i + 1), ink, "middle"
                )
            x += part * unit
        shown = _number(sum(parts), digits)
        _text(svg, x + 6, y + height / 2 + 4, shown, "value strong")
    for i, (label, weight) in enumerate(zip(labels, weights, strict=True)):
        x = gutter + (i % 2) * (WIDTH - gutter) / 2
        y = legend + 20 * (i // 2)
        _rect(svg, x, y - 4, 16, 16, f"heat-{_part_shade(i)} part")
        ink = f"tiny heat-ink-{_part_shade(i)}"
        _text(svg, x + 8, y + 8, str(i + 1), ink, "middle")
        _text(svg, x + 22, y + 8, label, "label")
        _text(svg, x + 132, y + 8, _number(weight, digits), "value", "end")
    return svg


def shapes(
    products: Sequence[Sequence[tuple[str, Rows]]], mark: int | None = None
) -> ET.Element:
    """Matrix products as grids of cells, one product a line.

    Each matrix is a name and its values, of which the shape is shown. The row
    `mark` of the first matrix, and of the product, is the darker one.
    """
    step, tall = WIDTH / 3, 11
    heights = [
        56 + tall * max(len(matrix) for _, matrix in line) for line in products
    ]
    svg = _svg(sum(heights))
    for line, bottom, height in zip(
        products, accumulate(heights), heights, strict=True
    ):
        y = bottom - height / 2
        for k, (name, matrix) in enumerate(line):
            marked = None if k == 1 else mark
            _grid(svg, (k + 0.5) * step, y, name, matrix, marked)
        for x, sign in ((step, "@"), (2 * step, "=")):
            _text(svg, x, y + 4, sign, "label strong", "middle")
    return svg


def _grid(
    svg: ET.Element,
    x: float,
    y: float,
    name: str,
    matrix: Rows,
    mark: int | None,
) -> None:
    """Draw a matrix around a point, its name above, its shape below."""
    rows, columns, side, tall = len(matrix), len(matrix[0]), 14, 11
    left, top = x - columns * side / 2, y - rows * tall / 2
    _text(svg, x, top - 8, name, "label", "middle")
    for i in range(rows):
        shade = "heat-7" if i == mark else "heat-2"
        for j in range(columns):
            place = (left + j * side, top + i * tall, side, tall)
            _rect(svg, *place, shade)
    size = f"({rows}, {columns})"
    _text(svg, x, top + rows * tall + 16, size, "label muted", "middle")


def curves(
    x: Labels, curves: dict[str, Numbers], title: str, across: str
) -> ET.Element:
    """Up to three curves from 0 to 1 over equal steps, named at their ends.

    The points of each curve have another form, and so has its line.
    """
    svg, (left, right, top, bottom) = _svg(266), (26, 276, 32, 222)
    step = (right - left) / (len(x) - 1)
    _text(svg, 2, 14, title, "label muted")
    for value in (0, 0.5, 1):
        y = bottom + (top - bottom) * value
        _text(svg, 0, y + 4, f"{value:g}", "label muted")
        _line(svg, [(left, y), (right, y)], "axis")
    for i, label in enumerate(x):
        _text(svg, left + i * step, bottom + 20, label, "label", "middle")
    _text(svg, left, bottom + 40, across, "label muted")
    for k, (name, values) in enumerate(curves.items()):
        if min(values) < 0 or max(values) > 1:
            raise ValueError("curves must stay from 0 to 1")
        heights = [bottom + (top - bottom) * value for value in values]
        points = [(left + i * step, y) for i, y in enumerate(heights)]
        _line(svg, points, f"curve curve-{k}")
        for point in points:
            _point(svg, *point, k)
        shown = _number(values[-1], 2)
        _text(svg, right + 8, heights[-1], name, "label")
        _text(svg, right + 8, heights[-1] + 15, shown, "value")
    return svg


def masks(
    left: Bools, right: Bools, rows: Labels, titles: Labels
) -> ET.Element:
    """Two masks of one shape side by side: 1 is True, 0 is False."""
    head, height, gutter, gap = 26, 28, 58, 20
    svg = _svg(head + height * len(rows) + 2)
    for i, label in enumerate(rows):
        _text(svg, 2, head + (i + 0.5) * height + 4, label, "label")
    width = (WIDTH - gutter - gap) / 2 / len(left[0])
    for k, (mask, title) in enumerate(zip((left, right), titles, strict=True)):
        start = gutter + k * (gap + width * len(left[0]))
        _text(svg, start + 1, head - 9, title, "label muted")
        for i, (row, _) in enumerate(zip(mask, rows, strict=True)):
            y = head + i * height
            for j, (entry, _) in enumerate(zip(row, left[0], strict=True)):
                box = (start + j * width, y, width, height)
                _cell(svg, box, LEVELS - 2 if entry else 0, f"{entry:d}")
    return svg


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
    svg = _svg(apart + head + height * len(values) + 2)
    for top, left, between in (0, gutter + gaps / 2, 0), (apart, gutter, gap):
        y = top + head
        for i, label in enumerate(rows):
            _text(svg, 2, y + (i + 0.5) * height + 4, label, "label")
        for j, column in enumerate(zip(*values, strict=True)):
            k = j // head_dim
            x = left + j * width + k * between
            for i, value in enumerate(column):
                box = (x, y + i * height, width, height)
                _cell(svg, box, _part_shade(k), _number(value, digits))
            if j % head_dim == 0:
                middle = x + head_dim * width / 2
                _text(svg, middle, y - 9, f"head {k + 1}", "label", "middle")
    return svg


def log_curves(
    x: Numbers, curves: dict[str, Numbers], title: str, across: str
) -> ET.Element:
    """Up to three curves of positive values, by powers of ten on both axes.

    The points of each curve have another form, and so has its line.
    """
    if min(*x, *map(min, curves.values())) <= 0:
        raise ValueError("log_curves must hold positive values")
    ends = [_powers(x), _powers([y for ys in curves.values() for y in ys])]
    left, right, top, bottom = 46, 340, 32, 222
    (first, last), (low, high) = ends
    svg = _svg(bottom + 46 + 20 * len(curves))
    _text(svg, 2, 14, title, "label muted")
    for power in range(low, high + 1, _step(low, high)):
        y = bottom + (top - bottom) * (power - low) / (high - low)
        _text(svg, left - 6, y + 4, f"1e{power}", "label muted", "end")
        _line(svg, [(left, y), (right, y)], "axis")
    for power in range(first, last + 1, _step(first, last)):
        at = left + (right - left) * (power - first) / (last - first)
        _text(svg, at, bottom + 20, f"1e{power}", "label", "middle")
    _text(svg, right, bottom + 40, across, "label muted", "end")
    for k, (name, values) in enumerate(curves.items()):
        points = [
            (
                left + (right - left) * (log10(a) - first) / (last - first),
                bottom + (top - bottom) * (log10(b) - low) / (high - low),
            )
            for a, b in zip(x, values, strict=True)
        ]
        _line(svg, points, f"curve curve-{k}")
        for point in points:
            _point(svg, *point, k)
        y = bottom + 58 + 20 * k
        _line(svg, [(left, y - 4), (left + 36, y - 4)], f"curve curve-{k}")
        _point(svg, left + 18, y - 4, k)
        _text(svg, left + 46, y, name, "label")
    return svg


def _powers(values: Numbers) -> tuple[int, int]:
    """The powers of ten around values, one apart at least."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _step(low: int, high: int) -> int:
    """From one power of ten named on an axis to the next."""
    return ceil((high - low) / 5)


def _part_shade(i: int) -> int:
    """Neighbours far apart on the heat scale."""
    return (2, 6, 4, 8, 3, 7)[i % 6]


def _svg(height: float) -> ET.Element:
    """An empty drawing of the common width."""
    return ET.Element("svg", viewBox=f"0 0 {WIDTH} {height:g}")


def _text(
    svg: ET.Element,
    x: float,
    y: float,
    text: str,
    name: str,
    anchor: str = "start",
) -> None:
    """Write a text; its class decides on size and colour."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    ET.SubElement(svg, "text", {**place, "class": name}).text = text


def _rect(
    svg: ET.Element, x: float, y: float, width: float, height: float, name: str
) -> None:
    """Draw a box; its class decides on the colour."""
    sides = {"x": x, "y": y, "width": width, "height": height}
    place = {key: f"{value:.1f}" for key, value in sides.items()}
    ET.SubElement(svg, "rect", {**place, "class": name})


def _line(
    svg: ET.Element, points: Sequence[tuple[float, float]], name: str
) -> None:
    """Draw a line through points; its class decides on colour and dashes."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    ET.SubElement(svg, "polyline", {"points": path, "class": name})


def _point(svg: ET.Element, x: float, y: float, k: int) -> None:
    """Mark a point of curve `k`: a disc, a box or a diamond."""
    radius, turn = (4 if k == 0 else 0), (45 if k == 2 else 0)
    place = {"x": x - 3.5, "y": y - 3.5, "width": 7, "height": 7, "rx": radius}
    box = {key: f"{value:.1f}" for key, value in place.items()}
    box["transform"] = f"rotate({turn} {x:.1f} {y:.1f})"
    ET.SubElement(svg, "rect", {**box, "class": f"point point-{k}"})


def _cell(svg: ET.Element, box: Numbers, shade: int, shown: str) -> None:
    """Draw a shaded cell with a text in its middle."""
    x, y, width, height = box
    _rect(svg, x + 1, y + 1, width - 2, height - 2, f"heat-{shade}")
    ink, middle = f"value heat-ink-{shade}", x + width / 2
    _text(svg, middle, y + height / 2 + 4, shown, ink, "middle")


def _number(value: float, digits: int) -> str:
    """A value as a picture shows it."""
    if value == -inf:
        return "−∞"
    return f"{value:z.{digits}f}".replace("-", "−")


def _level(value: float, low: float, high: float) -> int:
    """Where a value stands on the heat scale, 0 to 9."""
    if value == -inf or high == low:
        return 0
    return round(LEVELS * (value - low) / (high - low))


KINDS: dict[str, Callable[..., ET.Element]] = {
    "heat-map": heat_map,
    "signed-map": signed_map,
    "bars": bars,
    "signed-bars": signed_bars,
    "mix": mix,
    "shapes": shapes,
    "curves": curves,
    "log-curves": log_curves,
    "masks": masks,
    "split": split,
    "playground": playground,
}
