"""Curves: values over steps, plain or by powers of ten."""

from math import ceil, floor, log10
from xml.etree import ElementTree as ET

from press.figures.svg import Drawing, Labels, Numbers, number


def curves(
    x: Labels, curves: dict[str, Numbers], title: str, across: str
) -> ET.Element:
    """Up to three curves from 0 to 1 over equal steps, named at their ends.

    The points of each curve have another form, and so has its line.
    """
    svg, (left, right, top, bottom) = Drawing(266), (26, 276, 32, 222)
    step = (right - left) / (len(x) - 1)
    svg.text(2, 14, title, "label muted")
    for value in (0, 0.5, 1):
        y = bottom + (top - bottom) * value
        svg.text(0, y + 4, f"{value:g}", "label muted")
        svg.line([(left, y), (right, y)], "axis")
    for i, label in enumerate(x):
        svg.text(left + i * step, bottom + 20, label, "label", "middle")
    svg.text(left, bottom + 40, across, "label muted")
    for k, (name, values) in enumerate(curves.items()):
        if min(values) < 0 or max(values) > 1:
            raise ValueError("curves must stay from 0 to 1")
        heights = [bottom + (top - bottom) * value for value in values]
        points = [(left + i * step, y) for i, y in enumerate(heights)]
        svg.line(points, f"curve curve-{k}")
        for point in points:
            svg.point(*point, k)
        shown = number(values[-1], 2)
        svg.text(right + 8, heights[-1], name, "label")
        svg.text(right + 8, heights[-1] + 15, shown, "value")
    return svg.root


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
    svg = Drawing(bottom + 46 + 20 * len(curves))
    svg.text(2, 14, title, "label muted")
    for power in range(low, high + 1, _step(low, high)):
        y = bottom + (top - bottom) * (power - low) / (high - low)
        svg.text(left - 6, y + 4, f"1e{power}", "label muted", "end")
        svg.line([(left, y), (right, y)], "axis")
    for power in range(first, last + 1, _step(first, last)):
        at = left + (right - left) * (power - first) / (last - first)
        svg.text(at, bottom + 20, f"1e{power}", "label", "middle")
    svg.text(right, bottom + 40, across, "label muted", "end")
    for k, (name, values) in enumerate(curves.items()):
        points = [
            (
                left + (right - left) * (log10(a) - first) / (last - first),
                bottom + (top - bottom) * (log10(b) - low) / (high - low),
            )
            for a, b in zip(x, values, strict=True)
        ]
        svg.line(points, f"curve curve-{k}")
        for point in points:
            svg.point(*point, k)
        y = bottom + 58 + 20 * k
        svg.line([(left, y - 4), (left + 36, y - 4)], f"curve curve-{k}")
        svg.point(left + 18, y - 4, k)
        svg.text(left + 46, y, name, "label")
    return svg.root


def _powers(values: Numbers) -> tuple[int, int]:
    """The powers of ten around values, one apart at least."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _step(low: int, high: int) -> int:
    """From one power of ten named on an axis to the next."""
    return ceil((high - low) / 5)
