"""The plane: vectors of two numbers as arrows and points, to one scale."""

from collections.abc import Sequence
from math import hypot
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree as ET

from press.figures.svg import (
    WIDTH,
    Drawing,
    Labels,
    Numbers,
    Rows,
    agree,
    number,
)

Point: TypeAlias = tuple[float, float]

_LEFT, _TOP, _HIGH = 26.0, 32.0, 250.0
_NAMES, _APART = 214.0, 15.0
"""Where names begin, and how far apart they stand."""


class Sheet(NamedTuple):
    """Squared paper: what stands at its corner, and how large a unit is."""

    corner: Point
    unit: float

    def at(self, vector: Numbers) -> Point:
        """Where a vector's tip is drawn."""
        (x, y), (left, low) = vector, self.corner
        right = _LEFT + (x - left) * self.unit
        return right, _TOP + _HIGH - (y - low) * self.unit


def arrows(
    query: Numbers, keys: Rows, scores: Numbers, labels: Labels, title: str
) -> ET.Element:
    """A query and keys as arrows, and the lines of equal score.

    Each line is square to the query, goes through the tip of a key, and ends
    at its name and score.
    """
    _require_scores(query, keys, scores)
    svg = Drawing(_TOP + _HIGH + 14)
    svg.text(2, 14, title, "label muted")
    highest = max(query[1], *(score / query[1] for score in scores))
    sheet = Sheet((0.0, 0.0), _HIGH / highest)
    _frame(svg)
    ends = [_level(svg, sheet, query, score) for score in scores]
    for key in keys:
        _arrow(svg, sheet, key, 0)
    _arrow(svg, sheet, query, 1)
    x, y = sheet.at(query)
    svg.text(x + 10, y + 4, "query", "label")
    shown = [number(score, 4) for score in scores]
    _names(svg, ends, labels, shown)
    return svg.root


def _require_scores(query: Numbers, keys: Rows, scores: Numbers) -> None:
    """Refuse what points to the left or down, and scores of others."""
    _require_pairs([query, *keys], least=0.0)
    if not agree(scores, (_score(query, key) for key in keys)):
        raise ValueError("scores must be those of the query with the keys")


def _level(svg: Drawing, sheet: Sheet, query: Numbers, score: float) -> Point:
    """Draw the line of a score from the left; where it ends, at the names."""
    far = (_NAMES - _LEFT - 8) / sheet.unit
    end = sheet.at((far, (score - query[0] * far) / query[1]))
    svg.line([sheet.at((0.0, score / query[1])), end], "level")
    return end


def hull(
    points: Rows, labels: Labels, mean: Numbers, name: str, title: str
) -> ET.Element:
    """Points, the band around them, and a mean of them within."""
    _require_pairs([*points, mean])
    svg = Drawing(_TOP + _HIGH + 14)
    svg.text(2, 14, title, "label muted")
    sheet = _around(points)
    _frame(svg)
    band = [sheet.at(point) for point in around(points)]
    svg.line([*band, band[0]], "curve curve-0")
    places = [sheet.at(point) for point in (*points, mean)]
    for place in places[:-1]:
        svg.point(*place, 0)
    svg.point(*places[-1], 2)
    _names(svg, places, [*labels, name], [""] * len(places))
    return svg.root


def _around(points: Rows) -> Sheet:
    """A sheet that holds all points, with some room around them."""
    lows = [min(column) for column in zip(*points, strict=True)]
    highs = [max(column) for column in zip(*points, strict=True)]
    sizes = [high - low for low, high in zip(lows, highs, strict=True)]
    room = (_NAMES - _LEFT - 40, _HIGH - 24)
    unit = min(r / size for r, size in zip(room, sizes, strict=True))
    return Sheet((lows[0] - 10 / unit, lows[1] - 12 / unit), unit)


def around(points: Rows) -> list[Point]:
    """The corners of the band around points, one after the other.

    Examples:
        >>> around([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
        [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted({(x, y) for x, y in points})
    lower, upper = _half(ordered), _half(ordered[::-1])
    return [*lower[:-1], *upper[:-1]]


def _half(ordered: Sequence[Point]) -> list[Point]:
    """Half of the band: only turns to the left stay."""
    kept: list[Point] = []
    for point in ordered:
        while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
            kept.pop()
        kept.append(point)
    return kept


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive where the way from `a` over `b` to `c` turns to the left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _score(query: Numbers, key: Numbers) -> float:
    return query[0] * key[0] + query[1] * key[1]


def _arrow(svg: Drawing, sheet: Sheet, vector: Numbers, k: int) -> None:
    """An arrow of curve `k` from the origin."""
    start, tip = sheet.at((0.0, 0.0)), sheet.at(vector)
    along = [(b - a) for a, b in zip(start, tip, strict=True)]
    x, y = (9 * entry / hypot(*along) for entry in along)
    wings = [(tip[0] - x + s * y / 2, tip[1] - y - s * x / 2) for s in (1, -1)]
    svg.line([start, tip], f"curve curve-{k}")
    svg.line([wings[0], tip, wings[1]], f"curve curve-{k}")


def _frame(svg: Drawing) -> None:
    """The axes."""
    foot = _TOP + _HIGH
    svg.line([(_LEFT, _TOP - 6), (_LEFT, foot), (_NAMES - 8, foot)], "axis")


def _names(
    svg: Drawing, ends: Sequence[Point], labels: Labels, shown: Labels
) -> None:
    """Names at the right, from the top down, each with a line to its end."""
    rows = list(enumerate(zip(ends, labels, shown, strict=True)))
    above = -_APART
    for place, (i, row) in enumerate(sorted(rows, key=_height)):
        (x, y), label, text = row
        lowest = _TOP + _HIGH - _APART * (len(rows) - 1 - place)
        above = min(max(y, above + _APART), lowest)
        svg.line([(x, y), (_NAMES - 2, above)], "axis")
        svg.text(_NAMES + 2, above + 4, label, "label")
        at = WIDTH - 2, above + 4
        svg.text(*at, text, "value", "end", whence=f"scores[{i}]")


def _height(row: tuple[int, tuple[Point, str, str]]) -> float:
    return row[1][0][1]


def _require_pairs(vectors: Rows, least: float | None = None) -> None:
    """Refuse what is no point of the plane, or lies below or left of it."""
    for vector in vectors:
        if len(vector) != 2:
            raise ValueError(f"vectors must have 2 entries, got {len(vector)}")
        if least is not None and min(vector) <= least:
            raise ValueError("arrows must point to the right and up")
