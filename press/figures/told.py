"""One query in words: what is said at each moment, its formula, its code."""

import re
from collections.abc import Iterator
from math import inf
from xml.etree import ElementTree as ET

from press.figures.asked import Scene, Steps
from press.figures.svg import Numbers, number, short

TERM = re.compile(r"\{(?P<step>[123]):(?P<text>.*?)\}")


def said_of(scene: Scene, i: int) -> list[str]:
    """What is said at each moment."""
    asked, token = scene.asked[i], scene.tokens[i]
    return [
        f"{token} asks.",
        *map(_scored, scene.tokens, _told(scene, i), asked.scores),
        "The scores become weights, which add up to 1.",
        *map(_added, scene.tokens, asked.weights, scene.values),
        f"{token} takes home {_vector(asked.mixed)}.",
    ]


def _told(scene: Scene, i: int) -> list[str]:
    """The products that make the scores of a query."""
    return [_products(scene.queries[i], key) for key in scene.keys]


def _scored(name: str, products: str, score: float) -> str:
    """How a score comes about."""
    if score == -inf:
        return f"{name}: it comes later, so it is hidden"
    return f"{name}: {products} = {number(score, 4)}"


def _added(name: str, weight: float, value: Numbers) -> str:
    """What a token adds to the mix."""
    shown = f"{number(weight, 4)} × {_vector(value)}"
    return f"{name} adds {shown if weight else 'nothing'}"


def _products(query: Numbers, key: Numbers) -> str:
    """A dot product, spelled out."""
    pairs = zip(query, key, strict=True)
    return " + ".join(f"{short(q)} × {short(k)}" for q, k in pairs)


def _vector(vector: Numbers) -> str:
    """A vector as prose writes it."""
    return f"({', '.join(map(short, vector))})"


def write_code(root: ET.Element, steps: Steps, formula: str) -> None:
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
