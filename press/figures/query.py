"""One query, step by step: a still, and what changes when it is played.

Who asks scores all tokens, turns the scores into weights and mixes. The still
shows the end for one query. All that differs for the others, and what is said
at each moment, is written into the page, so that its script computes nothing.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from inpage.shade import shade
from press.figures.svg import (
    WIDTH,
    Drawing,
    Numbers,
    Rows,
    number,
    part_shade,
)

ARCS, CELL, BAR, LEFT, RIGHT = 78, 26, 30, 14, 58
TERM = re.compile(r"\{(?P<step>[123]):(?P<text>.*?)\}")
LETTERS = 6.6  # the width of one in a part's name

Steps = tuple[str, str, str]


class Asked(NamedTuple):
    """What one query comes to."""

    scores: Numbers
    weights: Numbers
    mixed: Numbers
    shares: Rows  # one per token: its weight times its value


class Scene(NamedTuple):
    """What all queries share."""

    tokens: Sequence[str]
    queries: Rows
    keys: Rows
    values: Rows
    asked: Sequence[Asked]

    @property
    def width(self) -> float:
        """How wide the column of one token is."""
        return WIDTH / len(self.tokens)


def one_query(
    spec: dict[str, str], evaluate: Callable[..., Any]
) -> ET.Element:
    """The still of the query that `asks`, and what the others change in it.

    `score`, `weigh` and `mix` are the lines of code: they are run for every
    query, with its index as `i`, and shown.
    """
    tokens, queries, keys, values, asks = (
        evaluate(spec[key])
        for key in ("tokens", "queries", "keys", "values", "asks")
    )
    steps = (spec["score"], spec["weigh"], spec["mix"])
    asked = [
        _asked(i, query, values, steps, evaluate)
        for i, query in enumerate(queries)
    ]
    scene = Scene(tokens, queries, keys, values, asked)
    stills = [_still(scene, i) for i in range(len(queries))]
    root: ET.Element = stills[asks]
    root.set("data-asks", str(asks))
    root.set("data-frames", _dumps(_changes(stills)))
    root.set(
        "data-said", _dumps([_said(scene, i) for i in range(len(queries))])
    )
    if "plays" in spec:  # by itself, as soon as it is seen
        root.set("data-plays", "")
    _code(root, steps, spec["formula"])
    return root


def _asked(
    i: int,
    query: Numbers,
    values: Rows,
    steps: Steps,
    evaluate: Callable[..., Any],
) -> Asked:
    """Run the three lines of code for one query."""
    scores = evaluate(steps[0], i=i, query=query)
    weights = evaluate(steps[1], i=i, attn_scores=scores)
    mixed = evaluate(steps[2], i=i, attn_weights=weights)
    shares = [
        [weight * entry for entry in value]
        for weight, value in zip(weights, values, strict=True)
    ]
    return Asked(scores, weights, mixed, shares)


def _dumps(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _still(scene: Scene, i: int) -> ET.Element:
    """What is to be seen at the end, when token `i` has asked."""
    root = ET.Element("div", {"class": "one-query"})
    root.append(_arcs(scene, i))
    row = ET.SubElement(root, "div", {"class": "query-tokens"})
    for j, token in enumerate(scene.tokens):
        name = "query-token query-asks" if j == i else "query-token"
        ET.SubElement(row, "span", {"class": name}).text = token
    root.append(_cells(scene, i))
    said = _said(scene, i)[-1]
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
    asked, digits = scene.asked[i], 4
    entries = len(asked.mixed)
    tops = (16, 16 + CELL + 20, 16 + 2 * (CELL + 20))
    svg = Drawing(tops[2] + BAR * entries + 2)
    svg.root.set("class", "query-cells")
    last = len(scene.tokens) + 1  # the moment of all weights
    words = ("score", "weight", "mix")
    for top, word, at in zip(tops, words, (1, last, last + 1), strict=True):
        svg.text(2, top - 5, word, "label muted", at=at)
    most = max(max(each.weights) for each in scene.asked)
    for j, (score, weight) in enumerate(
        zip(asked.scores, asked.weights, strict=True)
    ):
        x, hidden = j * scene.width, score == -inf
        box = (x, tops[0], scene.width, CELL)
        svg.cell(box, 0, "" if hidden else number(score, digits), at=j + 1)
        svg.hatch(box, hidden, at=j + 1)
        box, shown = (x, tops[1], scene.width, CELL), number(weight, digits)
        svg.cell(box, shade(weight, 0, most), "" if hidden else shown, at=last)
        svg.hatch(box, hidden, at=last)
    for e in range(entries):
        _bar(svg, scene, asked, e, tops[2] + e * BAR)
    return svg.root


def _bar(svg: Drawing, scene: Scene, asked: Asked, e: int, y: float) -> None:
    """One entry of the mix: the shares above 0 to the right, others left."""
    below, above = _reach(scene)
    unit = (WIDTH - LEFT - RIGHT) / (above - below)
    ends = [LEFT - below * unit] * 2  # of what is below 0, of what is above
    middle, first = y + BAR / 2 + 4, len(scene.tokens) + 2
    svg.text(2, middle, str(e + 1), "tiny muted", at=first - 1)
    zero = ends[0]
    for j, share in enumerate(asked.shares):
        width, tone = abs(share[e]) * unit, part_shade(j)
        side = int(share[e] >= 0)
        x = ends[1] if side else ends[0] - width
        ends[side] += width if side else -width
        svg.rect(x, y + 5, width, BAR - 10, f"part heat-{tone}", at=first + j)
        token = scene.tokens[j]
        name = token if len(token) * LETTERS < width else ""
        ink, centre = f"tiny heat-ink-{tone}", x + width / 2
        svg.text(centre, middle, name, ink, "middle", at=first + j)
    end = first + len(scene.tokens)
    if below < 0:
        svg.line([(zero, y + 1), (zero, y + BAR - 1)], "axis")
    total = zero + asked.mixed[e] * unit
    svg.rect(total - 1, y + 2, 2, BAR - 4, "total", at=end)
    shown = number(asked.mixed[e], 4)
    svg.text(WIDTH - 2, middle, shown, "value strong", "end", at=end)


def _reach(scene: Scene) -> tuple[float, float]:
    """How far bars go below 0 and above it, for all queries and entries."""
    bars = [
        [share[e] for share in asked.shares]
        for asked in scene.asked
        for e in range(len(asked.mixed))
    ]
    below = min(sum(min(part, 0.0) for part in bar) for bar in bars)
    return below, max(sum(max(part, 0.0) for part in bar) for bar in bars)


def _said(scene: Scene, i: int) -> list[str]:
    """What is said at each moment."""
    asked, token = scene.asked[i], scene.tokens[i]
    said = [f"{token} asks."]
    for name, key, score in zip(
        scene.tokens, scene.keys, asked.scores, strict=True
    ):
        products = _products(scene.queries[i], key)
        shown = f"{products} = {number(score, 4)}"
        later = "it comes later, so it is hidden"
        said.append(f"{name}: {later if score == -inf else shown}")
    said.append("The scores become weights, which add up to 1.")
    for name, weight, value in zip(
        scene.tokens, asked.weights, scene.values, strict=True
    ):
        shown = f"{number(weight, 4)} × {_vector(value)}"
        said.append(f"{name} adds {shown if weight else 'nothing'}")
    return [*said, f"{token} takes home {_vector(asked.mixed)}."]


def _products(query: Numbers, key: Numbers) -> str:
    """A dot product, spelled out."""
    pairs = zip(query, key, strict=True)
    return " + ".join(f"{_short(q)} × {_short(k)}" for q, k in pairs)


def _vector(vector: Numbers) -> str:
    """A vector as prose writes it."""
    return f"({', '.join(map(_short, vector))})"


def _short(value: float) -> str:
    """A value with two digits if that is all it has, or else with four."""
    return number(value, 2 if round(value, 2) == value else 4)


def _changes(stills: Sequence[ET.Element]) -> list[Any]:
    """What differs between stills: element, attribute, a value for each."""
    changes = list[Any]()
    for k, parts in enumerate(zip(*(it.iter() for it in stills), strict=True)):
        texts = [part.text or "" for part in parts]
        for name in (
            "",
            *dict.fromkeys(key for it in parts for key in it.attrib),
        ):
            values = [part.get(name, "") for part in parts] if name else texts
            if any(one != other for one, other in pairwise(values)):
                changes.append([k, name, values])
    return changes


def _code(root: ET.Element, steps: Steps, formula: str) -> None:
    """The formula and the three lines of code, marked with their steps."""
    line = ET.SubElement(root, "p", {"class": "query-formula"})
    for step, text in _terms(formula):
        part = ET.SubElement(line, "span", {"data-step": step})
        before, *indices = re.split(r"_(\w)", text)
        part.text = before
        for index, after in zip(indices[::2], indices[1::2], strict=True):
            low = ET.SubElement(part, "sub")
            low.text, low.tail = index, after
    code = ET.SubElement(root, "ol", {"class": "query-code"})
    names = ("attn_scores", "attn_weights", "context_vec")
    for k, (name, text) in enumerate(zip(names, steps, strict=True), 1):
        item = ET.SubElement(code, "li", {"data-step": str(k)})
        ET.SubElement(item, "code").text = f"{name} = {text}"


def _terms(formula: str) -> Iterator[tuple[str, str]]:
    """The parts of a formula, each with the step to which it belongs."""
    after = 0
    for match in TERM.finditer(formula):
        if between := formula[after : match.start()]:
            yield "0", between
        yield match["step"], match["text"]
        after = match.end()
    if rest := formula[after:]:
        yield "0", rest
