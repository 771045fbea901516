"""The pen: every mark that a picture is made of, as inline SVG.

Colours come from the style sheet, so that light and dark follow the reader;
the drawing is 360 units wide, so that a phone shows it whole.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import inf, isclose, nan
from typing import TypeAlias
from xml.etree import ElementTree as ET

from inpage.shade import ink, tint

WIDTH = 360

Numbers: TypeAlias = Sequence[float]
Rows: TypeAlias = Sequence[Numbers]
Labels: TypeAlias = Sequence[str]


class Drawing:
    """A drawing of the common width; classes decide on size and colour."""

    def __init__(self, height: float) -> None:
        """Begin an empty one."""
        self.root = ET.Element("svg", viewBox=f"0 0 {WIDTH} {height:g}")

    def text(  # noqa: PLR0913 - a place, a look, a moment, an origin
        self,
        x: float,
        y: float,
        text: str,
        name: str,
        anchor: str = "start",
        at: int = 0,
        *,
        whence: str = "",
    ) -> None:
        """Write a text; `at` is the moment when it comes, in a film.

        `whence` is what gives its number, in the words of the fence.
        """
        place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
        noted = {"data-whence": whence} if whence else {}
        self._add("text", {**place, "class": name, **noted}, at).text = text

    def power(
        self, x: float, y: float, exponent: int, name: str, anchor: str
    ) -> None:
        """Write a power of ten, as 1 and 10 where it is one of these."""
        self.text(x, y, "10" if exponent else "1", name, anchor)
        if exponent in {0, 1}:
            return
        raised = {"dy": "-5", "class": "tiny"}
        tspan = ET.SubElement(self.root[-1], "tspan", raised)
        tspan.text = str(exponent).replace("-", "−")

    def labels(self, rows: Labels, top: float, height: float) -> None:
        """Name rows at the left, each in its middle."""
        for i, label in enumerate(rows):
            self.text(2, top + (i + 0.5) * height + 4, label, "label")

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        name: str,
        at: int = 0,
    ) -> None:
        """Draw a box."""
        sides = {"x": x, "y": y, "width": width, "height": height}
        place = {key: f"{value:.1f}" for key, value in sides.items()}
        self._add("rect", {**place, "class": name}, at)

    def path(self, d: str, name: str, at: int, width: float) -> None:
        """Draw a curve of some width."""
        place = {"d": d, "stroke-width": f"{width:.1f}"}
        self._add("path", {**place, "class": name}, at)

    def hatch(self, box: Numbers, is_hidden: bool, at: int = 0) -> None:
        """Draw lines across a cell that is hidden, or none."""
        lines = _hatching(box) if is_hidden else ""
        self._add("path", {"d": lines, "class": "hatch"}, at)

    def _add(self, tag: str, place: dict[str, str], at: int) -> ET.Element:
        """Add a mark, with the moment when it comes if it has one."""
        moment = {"data-at": str(at)} if at else {}
        return ET.SubElement(self.root, tag, {**place, **moment})

    def line(self, points: Sequence[tuple[float, float]], name: str) -> None:
        """Draw a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        ET.SubElement(self.root, "polyline", {"points": path, "class": name})

    def point(self, x: float, y: float, k: int) -> None:
        """Mark a point of curve `k`: a disc, a box or a diamond."""
        radius, turn = (4 if k == 0 else 0), (45 if k == 2 else 0)
        sides = {"x": x - 3.5, "y": y - 3.5, "width": 7, "height": 7}
        place = {**sides, "rx": radius}
        box = {key: f"{value:.1f}" for key, value in place.items()}
        box["transform"] = f"rotate({turn} {x:.1f} {y:.1f})"
        name = f"point point-{k}"
        ET.SubElement(self.root, "rect", {**box, "class": name})

    def cell(
        self,
        box: Numbers,
        shade: int,
        shown: str,
        at: int = 0,
        *,
        whence: str = "",
    ) -> None:
        """Draw a shaded cell with a text in its middle."""
        x, y, width, height = box
        self.rect(x + 1, y + 1, width - 2, height - 2, tint(shade), at)
        name, middle = f"value {ink(shade)}", x + width / 2
        foot = y + height / 2 + 4
        self.text(middle, foot, shown, name, "middle", at, whence=whence)

    def tile(self, box: Numbers, shade: int, shown: str, whence: str) -> None:
        """Draw a cell that can move as a whole."""
        x, y, width, height = box
        place = {"transform": f"translate({x:.1f} {y:.1f})", "class": "tile"}
        root, self.root = self.root, self._add("g", place, 0)
        self.cell((0, 0, width, height), shade, shown, whence=whence)
        self.root = root


def _hatching(box: Numbers) -> str:
    """Slanted lines through a cell, as a path."""
    left, foot = box[0] + 2, box[1] + box[3] - 2
    width, height = int(box[2]) - 4, int(box[3]) - 4
    lines = ""
    for k in range(7 - height, width, 7):
        start, end = max(0, -k), min(height, width - k)
        lines += (
            f"M{left + k + start:.0f} {foot - start:.0f}"
            f"l{end - start} {start - end}"
        )
    return lines


def number(value: float, digits: int) -> str:
    """A value as a picture shows it.

    Examples:
        >>> number(-0.25, 1), number(-0.01, 1), number(-inf, 4)
        ('−0.2', '0.0', '−∞')
    """
    if value == -inf:
        return "−∞"
    return f"{value:z.{digits}f}".replace("-", "−")


def brief(value: float, digits: int) -> str:
    """A value with some digits, or a whole number with none.

    Examples:
        >>> brief(0.125, 2), brief(3, 2)
        ('0.12', '3')
    """
    return number(value, 0 if isinstance(value, int) else digits)


def short(value: float) -> str:
    """A value with two digits if that is all it has, or else with four.

    A whole number has none.

    Examples:
        >>> short(0.5), short(-0.125), short(3)
        ('0.50', '−0.1250', '3')
    """
    return brief(value, 2 if round(value, 2) == value else 4)


def agree(values: Iterable[float], others: Iterable[float]) -> bool:
    """Whether there are as many, and each the same but for rounding."""
    pairs = zip_longest(values, others, fillvalue=nan)
    return all(isclose(a, b, abs_tol=1e-12) for a, b in pairs)


def part_shade(i: int) -> int:
    """The shade of the `i`-th part: neighbours far apart on the scale."""
    return (2, 6, 4, 8, 3, 7)[i % 6]
