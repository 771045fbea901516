"""One query, step by step: a still, and what changes when it is played.

Who asks scores all tokens, turns the scores into weights and mixes. The still
shows the end for one query. All that differs for the others, and what is said
at each moment, is written into the page, so that its script computes nothing.
"""

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from inpage.shade import ink, shade, tint
from press.figures.asked import Asked, Scene, scene_of, steps_of
from press.figures.film import changes, dumps
from press.figures.svg import WIDTH, Drawing, Numbers, number, part_shade
from press.figures.told import said_of, write_code
from press.figures.whence import Whence, inlined

ARCS, CELL, BAR, LEFT, RIGHT = 78, 26, 30, 14, 58
SWATCH = 5
LETTERS = 6.6  # the width of one in a part's name


class Look(NamedTuple):
    """The shade of a cell, the moment when it comes, what gives its number."""

    tone: int
    at: int
    whence: str


def one_query(
    spec: dict[str, str], evaluate: Callable[..., Any], whence: Whence
) -> ET.Element:
    """The still of the query that `asks`, and what the others change in it.

    `score`, `weigh` and `mix` are the lines of code: they are run for every
    query, with its index as `i`, and shown. Of several `heads` each is told
    by itself, with its index as `h`; the still is that of the first.
    """
    heads = evaluate(spec["heads"]) if "heads" in spec else 1
    scenes = [scene_of(spec, evaluate, h) for h in range(heads)]
    told = [(scene, i) for scene in scenes for i in range(len(scene.tokens))]
    stills = [_marked(_still(*each), each, spec, whence) for each in told]
    asks = evaluate(spec["asks"])
    root: ET.Element = stills[asks]
    root.set("data-asks", str(asks))
    root.set("data-heads", str(heads))
    root.set("data-frames", dumps(changes(stills)))
    root.set("data-said", dumps([said_of(scene, i) for scene, i in told]))
    if "plays" in spec:  # by itself, as soon as it is seen
        root.set("data-plays", "")
    write_code(root, steps_of(spec), spec["formula"])
    return root


def _marked(
    still: ET.Element,
    shown: tuple[Scene, int],
    spec: dict[str, str],
    whence: Whence,
) -> ET.Element:
    """A still whose numbers say whence they come."""
    scene, i = shown
    values = scene.asked[i]._asdict()
    whence.mark(still, _entries(spec, i, scene.h), values)
    return still


def _entries(spec: dict[str, str], i: int, h: int) -> dict[str, str]:
    """What gives the scores, the weights and the mix of one query."""
    at = {"i": str(i), "h": str(h)}
    queries = inlined(spec["queries"], at)
    query = inlined("queries[i]", at | {"queries": queries})
    scores = inlined(spec["score"], at | {"query": query})
    weights = inlined(spec["weigh"], at | {"attn_scores": scores})
    mixed = inlined(spec["mix"], at | {"attn_weights": weights})
    return {"scores": scores, "weights": weights, "mixed": mixed}


def _still(scene: Scene, i: int) -> ET.Element:
    """What is to be seen at the end, when token `i` has asked."""
    root = ET.Element("div", {"class": "one-query"})
    root.append(_arcs(scene, i))
    row = ET.SubElement(root, "div", {"class": "query-tokens"})
    for j, token in enumerate(scene.tokens):
        name = "query-token query-asks" if j == i else "query-token"
        ET.SubElement(row, "span", {"class": name}).text = token
    root.append(_cells(scene, i))
    said = said_of(scene, i)[-1]
    ET.SubElement(root, "div", {"class": "query-bar"})
    ET.SubElement(root, "p", {"class": "query-said"}).text = said
    return root


def _arcs(scene: Scene, i: int) -> ET.Element:
    """An arc from the token that asks to each, as wide as its weight."""
    svg = Drawing(ARCS)
    svg.root.set("class", "query-arcs")
    for j, weight in enumerate(scene.asked[i].weights):
        start, end = ((k + 0.5) * scene.width for k in (i, j))
        top = ARCS - 22 - 11 * abs(i - j)
        if i == j:  # a loop above the token itself
            start, end = start - 11, end + 11
        path = f"M{start:.0f} {ARCS}C{start:.0f} {top} {end:.0f} {top} "
        path = f"{path}{end:.0f} {ARCS}" if weight else ""
        svg.path(path, "arc", j + 1, 28 * weight)
    return svg.root


def _cells(scene: Scene, i: int) -> ET.Element:
    """Two rows of cells, scores and weights, and the bars of the mix."""
    asked, last = scene.asked[i], len(scene.tokens) + 1
    tops = (16, 16 + CELL + 20, 16 + 2 * (CELL + 20) + SWATCH)
    svg = Drawing(tops[2] + BAR * len(asked.mixed) + 2)
    svg.root.set("class", "query-cells")
    words = ("score", "weight", "mix")
    for top, word, at in zip(tops, words, (1, last, last + 1), strict=True):
        svg.text(2, top - 5, word, "label muted", at=at)
    for j in range(len(scene.tokens)):
        _column(svg, scene, asked, j, tops)
    for e in range(len(asked.mixed)):
        _bar(svg, scene, asked, e, tops[2] + e * BAR)
    return svg.root


def _column(
    svg: Drawing, scene: Scene, asked: Asked, j: int, tops: Numbers
) -> None:
    """The score and the weight of one token."""
    score, weight = asked.scores[j], asked.weights[j]
    x, hidden = j * scene.width, score == -inf
    box = (x, tops[0], scene.width, CELL)
    look = Look(0, j + 1, f"scores[{j}]")
    _cell(svg, box, score, look, hidden=hidden)
    most = max(max(each.weights) for each in scene.asked)
    box, tone = (x, tops[1], scene.width, CELL), shade(weight, most)
    at = len(scene.tokens) + 1  # the moment of all weights
    look = Look(tone, at, f"weights[{j}]")
    _cell(svg, box, weight, look, hidden=hidden)
    _swatch(svg, scene, asked, j, tops[1] + CELL)


def _swatch(
    svg: Drawing, scene: Scene, asked: Asked, j: int, top: float
) -> None:
    """Below a weight, the shade of the shares that it makes in the mix."""
    width = scene.width - 2 if asked.weights[j] else 0
    at = len(scene.tokens) + 2 + j
    name = f"swatch {tint(part_shade(j))}"
    svg.rect(j * scene.width + 1, top, width, SWATCH, name, at=at)


def _cell(
    svg: Drawing, box: Numbers, value: float, look: Look, *, hidden: bool
) -> None:
    """A number in its cell, or lines where it is hidden."""
    shown = "" if hidden else number(value, 4)
    svg.cell(box, look.tone, shown, look.at, whence=look.whence)
    svg.hatch(box, hidden, at=look.at)


def _bar(svg: Drawing, scene: Scene, asked: Asked, e: int, y: float) -> None:
    """One entry of the mix: its shares, and the line where they end."""
    middle, first = y + BAR / 2 + 4, len(scene.tokens) + 2
    svg.text(2, middle, str(e + 1), "tiny muted", at=first - 1)
    zero, unit = _scale(scene)
    _shares(svg, scene, [share[e] for share in asked.shares], y)
    svg.line([(zero, y + 1), (zero, y + BAR - 1)], "axis")
    end, total = first + len(scene.tokens), zero + asked.mixed[e] * unit
    svg.rect(total - 1, y + 2, 2, BAR - 4, "total", at=end)
    place, shown = (WIDTH - 2, middle), number(asked.mixed[e], 4)
    name, whence = "value strong", f"mixed[{e}]"
    svg.text(*place, shown, name, "end", at=end, whence=whence)


def _shares(svg: Drawing, scene: Scene, shares: Numbers, y: float) -> None:
    """The shares above 0 to the right, one after the other, others left."""
    zero, unit = _scale(scene)
    ends = [zero, zero]  # of what is below 0, of what is above
    first = len(scene.tokens) + 2
    for j, share in enumerate(shares):
        width, tone = abs(share) * unit, part_shade(j)
        side = int(share >= 0)
        x = ends[1] if side else ends[0] - width
        ends[side] += width if side else -width
        at, token = first + j, scene.tokens[j]
        svg.rect(x, y + 5, width, BAR - 10, f"part {tint(tone)}", at=at)
        name = token if len(token) * LETTERS < width else ""
        place = (x + width / 2, y + BAR / 2 + 4)
        svg.text(*place, name, f"tiny {ink(tone)}", "middle", at=at)


def _scale(scene: Scene) -> tuple[float, float]:
    """Where 0 stands, and how long a bar of 1 is."""
    below, above = _reach(scene)
    unit = (WIDTH - LEFT - RIGHT) / (above - below)
    return LEFT - below * unit, unit


def _reach(scene: Scene) -> tuple[float, float]:
    """How far bars go below 0 and above it, for all queries and entries."""
    bars = [
        [share[e] for share in asked.shares]
        for asked in scene.asked
        for e in range(len(asked.mixed))
    ]
    below = min(sum(min(part, 0.0) for part in bar) for bar in bars)
    return below, max(sum(max(part, 0.0) for part in bar) for bar in bars)
