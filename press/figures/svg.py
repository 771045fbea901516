"""The pen: every mark that a picture is made of, as inline SVG.

Colours come from the style sheet, so that light and dark follow the reader;
the drawing is 360 units wide, so that a phone shows it whole.
"""

from collections.abc import Sequence
from math import inf
from typing import TypeAlias
from xml.etree import ElementTree as ET

WIDTH = 360

Numbers: TypeAlias = Sequence[float]
Rows: TypeAlias = Sequence[Numbers]
Labels: TypeAlias = Sequence[str]


class Drawing:
    """A drawing of the common width; classes decide on size and colour."""

    def __init__(self, height: float) -> None:
        """Begin an empty one."""
        self.root = ET.Element("svg", viewBox=f"0 0 {WIDTH} {height:g}")

    def text(
        self, x: float, y: float, text: str, name: str, anchor: str = "start"
    ) -> None:
        """Write a text."""
        place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
        ET.SubElement(self.root, "text", {**place, "class": name}).text = text

    def rect(
        self, x: float, y: float, width: float, height: float, name: str
    ) -> None:
        """Draw a box."""
        sides = {"x": x, "y": y, "width": width, "height": height}
        place = {key: f"{value:.1f}" for key, value in sides.items()}
        ET.SubElement(self.root, "rect", {**place, "class": name})

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

    def cell(self, box: Numbers, shade: int, shown: str) -> None:
        """Draw a shaded cell with a text in its middle."""
        x, y, width, height = box
        self.rect(x + 1, y + 1, width - 2, height - 2, f"heat-{shade}")
        ink, middle = f"value heat-ink-{shade}", x + width / 2
        self.text(middle, y + height / 2 + 4, shown, ink, "middle")


def number(value: float, digits: int) -> str:
    """A value as a picture shows it.

    Examples:
        >>> number(-0.25, 1), number(-0.01, 1), number(-inf, 4)
        ('−0.2', '0.0', '−∞')
    """
    if value == -inf:
        return "−∞"
    return f"{value:z.{digits}f}".replace("-", "−")


def part_shade(i: int) -> int:
    """The shade of the `i`-th part: neighbours far apart on the scale."""
    return (2, 6, 4, 8, 3, 7)[i % 6]
