"""Bars: lengths to compare, and lengths that add up."""

from xml.etree import ElementTree as ET

from inpage.shade import ink, tint
from press.figures.svg import (
    WIDTH,
    Drawing,
    Labels,
    Numbers,
    Rows,
    agree,
    number,
    part_shade,
)

HEAD, HEIGHT = 26, 30
MIX_HEAD, MIX_HEIGHT, MIX_GUTTER = 8, 44, 56


def bars(
    labels: Labels,
    left: Numbers,
    right: Numbers | None = None,
    titles: Labels = ("score", "weight"),
    digits: int = 4,
    most: float = 0.0,
) -> ET.Element:
    """One column of bars, or two side by side; one row per label.

    Each column has its own scale, from 0 to its greatest value, or to `most`,
    so that both can share one.
    """
    gutter = _gutter(labels)
    columns = [left] if right is None else [left, right]
    width = (WIDTH - gutter) / len(columns)
    svg = Drawing(HEAD + HEIGHT * len(labels) + 2)
    for k, (values, title) in enumerate(zip(columns, titles, strict=False)):
        _require_no_negative(values)
        start = gutter + k * width
        svg.text(start, HEAD - 9, title, "label muted")
        unit = (width - _room(values, digits)) / max(most, *values)
        name, whence = ("bar", "right") if k else ("bar soft", "left")
        for i, value in enumerate(values):
            box = (start, HEAD + i * HEIGHT + 5, max(unit * value, 1))
            _long(svg, box, name, number(value, digits), f"{whence}[{i}]")
    svg.labels(labels, HEAD, HEIGHT)
    return svg.root


def _long(
    svg: Drawing, box: Numbers, name: str, shown: str, whence: str
) -> None:
    """Draw a bar from a corner, of some length, its value behind it."""
    x, y, length = box
    svg.rect(x, y, length, HEIGHT - 10, name)
    place = x + length + 6, y + HEIGHT / 2 - 1
    svg.text(*place, shown, "value", whence=whence)


def _gutter(labels: Labels) -> float:
    """How wide the labels at the left stand, a long one included."""
    return max(62, 12 + 6.3 * max(map(len, labels)))


def _room(values: Numbers, digits: int) -> float:
    """How much the longest number takes behind the longest bar."""
    return max(60, 12 + 8 * max(len(number(x, digits)) for x in values))


def _require_no_negative(values: Numbers) -> None:
    if min(values) < 0:
        raise ValueError("bars cannot show a negative value")


def signed_bars(
    labels: Labels, values: Numbers, title: str, digits: int = 4
) -> ET.Element:
    """Bars from a line in the middle: to the right above 0, left below."""
    head, height, gutter = HEAD, HEIGHT, _gutter(labels)
    zero, unit = (gutter + WIDTH) / 2, 90 / max(map(abs, values))
    svg = Drawing(head + height * len(labels) + 2)
    svg.text(zero, head - 9, title, "label muted", "middle")
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        y, length = head + i * height, max(abs(value) * unit, 1)
        middle, shown = y + height / 2 + 4, number(value, digits)
        svg.text(2, middle, label, "label")
        start, end = (-length, -length - 6) if value < 0 else (0, length + 6)
        name, anchor = ("bar soft", "end") if value < 0 else ("bar", "start")
        svg.rect(zero + start, y + 5, length, height - 10, name)
        place = zero + end, middle
        svg.text(*place, shown, "value", anchor, whence=f"values[{i}]")
    svg.line([(zero, head), (zero, head + height * len(labels))], "axis")
    return svg.root


def mix(
    weights: Numbers,
    inputs: Rows,
    mixed: Numbers,
    labels: Labels,
    digits: int = 4,
) -> ET.Element:
    """A context vector as stacked bars: each entry a bar, each input a part.

    The parts are numbered as the labels below are, and stand in that order;
    `mixed` is what they add up to.
    """
    contributions = _contributions(weights, inputs)
    if not agree(mixed, map(sum, contributions)):
        raise ValueError("mixed must be what the parts add up to")
    legend = MIX_HEAD + MIX_HEIGHT * len(contributions) + 18
    svg = Drawing(legend + 20 * ((len(labels) + 1) // 2) + 4)
    unit = (WIDTH - MIX_GUTTER - 58) / max(map(sum, contributions))
    for j, parts in enumerate(contributions):
        x, y = _stack(svg, j, parts, unit)
        shown = number(mixed[j], digits)
        svg.text(x + 6, y, shown, "value strong", whence=f"mixed[{j}]")
    for i, (label, weight) in enumerate(zip(labels, weights, strict=True)):
        _legend(svg, legend, i, label, number(weight, digits))
    return svg.root


def _contributions(weights: Numbers, inputs: Rows) -> Rows:
    """What each input adds, to each entry."""
    contributions = [
        [weight * x[j] for weight, x in zip(weights, inputs, strict=True)]
        for j in range(len(inputs[0]))
    ]
    if min(min(parts) for parts in contributions) < 0:
        raise ValueError("mix cannot show a negative part")
    return contributions


def _stack(
    svg: Drawing, j: int, parts: Numbers, unit: float
) -> tuple[float, float]:
    """Draw the bar of entry `j`, its parts side by side; where it ends."""
    y, x = MIX_HEAD + j * MIX_HEIGHT, float(MIX_GUTTER)
    middle = y + MIX_HEIGHT / 2 + 4
    svg.text(2, middle, f"entry {j + 1}", "label")
    for i, part in enumerate(parts):
        shade, width = part_shade(i), part * unit
        svg.rect(x, y + 6, width, MIX_HEIGHT - 12, f"{tint(shade)} part")
        if width > 7:
            name = f"tiny {ink(shade)}"
            svg.text(x + width / 2, middle, str(i + 1), name, "middle")
        x += width
    return x, middle


def _legend(svg: Drawing, top: float, i: int, label: str, weight: str) -> None:
    """Name part `i` and its weight, below the bars, two in a row."""
    x = MIX_GUTTER + (i % 2) * (WIDTH - MIX_GUTTER) / 2
    y, shade = top + 20 * (i // 2), part_shade(i)
    svg.rect(x, y - 4, 16, 16, f"{tint(shade)} part")
    svg.text(x + 8, y + 8, str(i + 1), f"tiny {ink(shade)}", "middle")
    svg.text(x + 22, y + 8, label, "label")
    place = x + 132, y + 8
    svg.text(*place, weight, "value", "end", whence=f"weights[{i}]")
