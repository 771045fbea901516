"""A calculation as a graph: numbers in boxes, and on each arrow a rate."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias
from xml.etree import ElementTree as ET

from press.figures.svg import WIDTH, Drawing

Point: TypeAlias = tuple[float, float]

BOX, APART = (104, 54), 96  # a box, and how far below it the next one begins


class Remembered(Protocol):
    """A number that knows what it was made from, and its gradient."""

    value: float
    grad: float
    made_from: Sequence[tuple["Remembered", float]]


class _Rate(NamedTuple):
    """How a number grows with the `k`-th that it was made from."""

    name: str
    k: int
    value: float

    @property
    def whence(self) -> str:
        """What gives it."""
        return f"numbers[{self.name!r}].made_from[{self.k}][1]"


def graph(numbers: Mapping[str, Remembered]) -> ET.Element:
    """Numbers below what they were made from, and the rate of each source.

    `numbers` has a name for each, sources first. Those made from nothing
    stand in the first line, side by side.
    """
    places = _places(list(numbers.values()))
    lowest = max(y for _, y in places.values())
    svg = Drawing(lowest + BOX[1] + 2)
    leads = [
        (places[id(source)], places[id(each)], _Rate(name, k, rate))
        for name, each in numbers.items()
        for k, (source, rate) in enumerate(each.made_from)
    ]
    for start, end, rate in leads:
        others = [to for it, to, _ in leads if it == start and to != end]
        _arrow(svg, start, end, rate, is_left=any(end < to for to in others))
    for name, each in numbers.items():
        _box(svg, places[id(each)], name, each)
    return svg.root


def _places(numbers: Sequence[Remembered]) -> dict[int, Point]:
    """Where each number stands: the middle of its upper edge."""
    first = [each for each in numbers if not each.made_from]
    step = WIDTH / len(first)
    places = {id(it): (step * (k + 0.5), 2.0) for k, it in enumerate(first)}
    for each in numbers:
        above = [places[id(source)] for source, _ in each.made_from]
        if above:
            middle = sum(x for x, _ in above) / len(above)
            places[id(each)] = (middle, APART + max(y for _, y in above))
    return places


def _box(svg: Drawing, place: Point, name: str, number: Remembered) -> None:
    """A name, its value, and the gradient that has come back to it."""
    x, y = place
    svg.rect(x - BOX[0] / 2, y, *BOX, "node back")
    svg.text(x, y + 16, name, "label strong", "middle")
    for foot, word, value, field in (
        (32, "value", number.value, "value"),
        (47, "gradient", number.grad, "grad"),
    ):
        told, whence = f"{word} {_short(value)}", f"numbers[{name!r}].{field}"
        svg.text(x, y + foot, told, "tiny", "middle", whence=whence)


def _arrow(
    svg: Drawing, start: Point, end: Point, rate: _Rate, *, is_left: bool
) -> None:
    """A line from a source, and beside it, as high as letters, its rate."""
    (x, y), (u, v) = (start[0], start[1] + BOX[1]), end
    svg.path(f"M{x:.0f} {y}L{u:.0f} {v}", "flow there", 0, 1.6)
    line = [x + (u - x) * down / (v - y) for down in (3, 14)]
    place, anchor = (
        (min(line) - 8, "end") if is_left else (max(line) + 8, "start")
    )
    told = f"rate {_short(rate.value)}"
    svg.text(place, y + 14, told, "tiny muted", anchor, whence=rate.whence)


def _short(value: float) -> str:
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")
