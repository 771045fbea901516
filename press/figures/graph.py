"""A calculation as a graph: numbers in boxes, and on each arrow a rate."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias
from xml.etree import ElementTree as ET

from press.figures.svg import WIDTH, Drawing

Point: TypeAlias = tuple[float, float]

BOX, APART = (104, 54), 96  # a box, and how far below it the next one begins


class Remembered(Protocol):
    """A number that knows what it was made from, and its gradient."""

    value: float
    grad: float
    made_from: Sequence[tuple["Remembered", float]]


def graph(numbers: Mapping[str, Remembered]) -> ET.Element:
    """Numbers below what they were made from, and the rate of each source.

    `numbers` has a name for each, sources first. Those made from nothing
    stand in the first line, side by side.
    """
    places = _places(list(numbers.values()))
    lowest = max(y for _, y in places.values())
    svg = Drawing(lowest + BOX[1] + 2)
    leads = [
        (places[id(source)], places[id(each)], _short(rate))
        for each in numbers.values()
        for source, rate in each.made_from
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
    svg.text(x, y + 32, f"value {_short(number.value)}", "tiny", "middle")
    svg.text(x, y + 47, f"gradient {_short(number.grad)}", "tiny", "middle")


def _arrow(
    svg: Drawing, start: Point, end: Point, rate: str, *, is_left: bool
) -> None:
    """A line from a source, and beside it, as high as letters, its rate."""
    (x, y), (u, v) = (start[0], start[1] + BOX[1]), end
    svg.path(f"M{x:.0f} {y}L{u:.0f} {v}", "flow there", 0, 1.6)
    line = [x + (u - x) * down / (v - y) for down in (3, 14)]
    place, anchor = (
        (min(line) - 8, "end") if is_left else (max(line) + 8, "start")
    )
    svg.text(place, y + 14, f"rate {rate}", "tiny muted", anchor)


def _short(value: float) -> str:
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")
