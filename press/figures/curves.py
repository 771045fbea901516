"""Curves: values over steps, plain or by powers of ten."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree as ET

from press.figures.svg import Drawing, Labels, Numbers, number

Points: TypeAlias = Sequence[tuple[float, float]]


def curves(
    x: Labels, curves: dict[str, Numbers], title: str, across: str
) -> ET.Element:
    """Up to three curves from 0 to 1 over equal steps, named at their ends.

    The points of each curve have another form, and so has its line.
    """
    svg, (left, right, bottom) = Drawing(266), (26, 276, 222)
    step = (right - left) / (len(x) - 1)
    svg.text(2, 14, title, "label muted")
    for value in (0, 0.5, 1):
        y = _height(value)
        svg.text(0, y + 4, f"{value:g}", "label muted")
        svg.line([(left, y), (right, y)], "axis")
    for i, label in enumerate(x):
        svg.text(left + i * step, bottom + 20, label, "label", "middle")
    svg.text(left, bottom + 40, across, "label muted")
    for k, (name, values) in enumerate(curves.items()):
        _named_curve(svg, k, name, values)
    return svg.root


def _height(value: float) -> float:
    """Where a value from 0 to 1 stands."""
    return 222 - 190 * value


def _named_curve(svg: Drawing, k: int, name: str, values: Numbers) -> None:
    """Draw a curve from 0 to 1, its name and last value at its end."""
    if min(values) < 0 or max(values) > 1:
        raise ValueError("curves must stay from 0 to 1")
    heights, step = [*map(_height, values)], 250 / (len(values) - 1)
    points = [(26 + i * step, y) for i, y in enumerate(heights)]
    _curve(svg, points, k)
    y = min(heights[-1], 207)  # clear of what stands below
    svg.text(284, y, name, "label")
    last = f"curves[{name!r}][{len(values) - 1}]"
    svg.text(284, y + 15, number(values[-1], 2), "value", whence=last)


def log_curves(
    x: Numbers, curves: dict[str, Numbers], title: str, across: str
) -> ET.Element:
    """Up to three curves of positive values, by powers of ten on both axes.

    The points of each curve have another form, and so has its line.
    """
    if min(*x, *map(min, curves.values())) <= 0:
        raise ValueError("log_curves must hold positive values")
    svg = Drawing(222 + 46 + 20 * len(curves))
    svg.text(2, 14, title, "label muted")
    level = Axis(46, 340, *_powers(x))
    every = [y for values in curves.values() for y in values]
    upright = Axis(222, 32, *_powers(every))
    _log_axes(svg, level, upright, across)
    for k, (name, values) in enumerate(curves.items()):
        xs, ys = map(level.of, x), map(upright.of, values)
        _curve(svg, list(zip(xs, ys, strict=True)), k)
        _key(svg, k, name)
    return svg.root


def _key(svg: Drawing, k: int, name: str) -> None:
    """Name a curve below the picture, beside a piece of its line."""
    y = 222 + 58 + 20 * k
    _curve(svg, [(46, y - 4), (82, y - 4)], k, marks=[(64, y - 4)])
    svg.text(92, y, name, "label")


class Axis(NamedTuple):
    """Where powers of ten stand, from the least to the greatest."""

    start: float
    end: float
    low: int
    high: int

    def at(self, power: float) -> float:
        """Where a power of ten stands."""
        share = (power - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share

    def of(self, value: float) -> float:
        """Where a value stands."""
        return self.at(log10(value))

    def named(self) -> range:
        """The powers that the axis names."""
        step = ceil((self.high - self.low) / 5)
        return range(self.low, self.high + 1, step)


def _log_axes(svg: Drawing, level: Axis, upright: Axis, across: str) -> None:
    """Name the powers of ten at the left and below."""
    left, right, bottom = level.start, level.end, upright.start
    for power in upright.named():
        y = upright.at(power)
        svg.power(left - 9, y + 4, power, "label muted", "end")
        svg.line([(left, y), (right, y)], "axis")
    for power in level.named():
        x = level.at(power)
        svg.power(x, bottom + 24, power, "label", "middle")
    svg.text(right, bottom + 44, across, "label muted", "end")


def _curve(
    svg: Drawing, points: Points, k: int, marks: Points | None = None
) -> None:
    """Draw curve `k` through points, and mark these, or others."""
    svg.line(points, f"curve curve-{k}")
    for point in marks or points:
        svg.point(*point, k)


def _powers(values: Numbers) -> tuple[int, int]:
    """The powers of ten around values, one apart at least."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)
