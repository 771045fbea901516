"""Attention as boxes and arrows: numbers go down, gradients come back up."""

from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree as ET

from inpage.shade import reach
from press.figures.film import Moment
from press.figures.svg import Drawing, Rows, number

BOX = (104, 40)
PLACES = {
    "queries": (58, 24),
    "keys": (180, 24),
    "values": (302, 24),
    "attn_scores": (119, 104),
    "attn_weights": (119, 184),
    "context_vecs": (210, 264),
}  # the middle of each box
ARROWS = [
    ("queries", "attn_scores"),
    ("keys", "attn_scores"),
    ("attn_scores", "attn_weights"),
    ("attn_weights", "context_vecs"),
    ("values", "context_vecs"),
]
FORWARD = [
    (("queries", "keys", "values"), "Each token asks, answers and gives."),
    (("attn_scores",), "Queries and keys make scores."),
    (("attn_weights",), "Softmax makes weights of them."),
    (("context_vecs",), "The weights mix the values."),
]
BACKWARD = [
    (("context_vecs",), "From above comes the gradient of the context."),
    (
        ("attn_weights", "values"),
        "It splits: one for weights, one for values.",
    ),
    (("attn_scores",), "Back through the softmax, to the scores."),
    (("queries", "keys"), "Each score blames its query and its key."),
]


class Stage(NamedTuple):
    """The boxes that have been reached, on the way down and back."""

    there: set[str]
    back: set[str]


def flow_film(
    values: Mapping[str, Rows], grads: Mapping[str, Rows]
) -> list[Moment]:
    """Attention forwards, then its gradients along the same arrows."""
    there, back = set[str](), set[str]()
    moments = []
    for names, said in FORWARD:
        there |= set(names)
        drawing = _drawing(values, grads, Stage({*there}, set()))
        moments.append(Moment(drawing, said, "context_vecs" in names))
    for names, said in BACKWARD:
        back |= set(names)
        drawing = _drawing(values, grads, Stage({*there}, {*back}))
        moments.append(Moment(drawing, said, "queries" in names))
    return moments


def _drawing(
    values: Mapping[str, Rows], grads: Mapping[str, Rows], stage: Stage
) -> ET.Element:
    """Draw all boxes and arrows, as far as they have been reached."""
    svg = Drawing(290)
    for start, end in ARROWS:
        is_back = {start, end} <= stage.back
        is_there = {start, end} <= stage.there
        name = "back" if is_back else "there" if is_there else "later"
        _arrow(svg, start, end, name)
    for node in PLACES:
        _box(svg, node, values[node], grads[node], stage)
    return svg.root


def _box(
    svg: Drawing, node: str, value: Rows, grad: Rows, stage: Stage
) -> None:
    """A name, the shape of its values, and on the way back its gradient."""
    (x, y), (width, height) = PLACES[node], BOX
    is_back, is_there = node in stage.back, node in stage.there
    name = "back" if is_back else "there" if is_there else "later"
    svg.rect(x - width / 2, y - height / 2, width, height, f"node {name}")
    svg.text(x, y - 3, node, f"label {name}", "middle")
    largest = number(reach(v for row in grad for v in row), 4)
    shape = f"({len(value)}, {len(value[0])})"
    told = f"gradient to {largest}" if is_back else shape
    whence = _largest(node) if is_back else _shape(node)
    svg.text(x, y + 13, told, f"tiny {name}", "middle", whence=whence)


def _largest(node: str) -> str:
    """What gives the largest of a gradient's entries, by size."""
    return f"max(abs(g) for row in grads[{node!r}] for g in row)"


def _shape(node: str) -> str:
    """What gives the shape of the values of a box."""
    return f"(len(values[{node!r}]), len(values[{node!r}][0]))"


def _arrow(svg: Drawing, start: str, end: str, name: str) -> None:
    """A line between two boxes, its head at the end that it leads to."""
    (x, y), (u, v) = PLACES[start], PLACES[end]
    foot, top = y + BOX[1] // 2, v - BOX[1] // 2
    (a, b), way = ((x, foot), -1) if name == "back" else ((u, top), 1)
    head = f"M{a - 5} {b - 8 * way}l5 {8 * way}l5 {-8 * way}"
    svg.path(f"M{x} {foot}L{u} {top}", f"flow {name}", 0, 1.6)
    svg.path(head, f"flow {name}", 0, 1.6)
