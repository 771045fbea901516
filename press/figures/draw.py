"""Draws the picture that a fence describes, from the page's own values.

A `figure` fence is YAML: `kind` names the picture, `alt` and `caption` are
text, and every other entry is an expression, evaluated in the page's
namespace.
"""

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import yaml
from markdown import markdown

from press.figures.bars import bars, mix, signed_bars
from press.figures.curves import curves, log_curves
from press.figures.matrices import heat_map, masks, signed_map, split
from press.figures.playground import playground
from press.figures.query import one_query
from press.figures.shapes import shapes
from press.pages.page import COMMENT
from press.pages.session import evaluate

KINDS: dict[str, Callable[..., ET.Element]] = {
    "heat-map": heat_map,
    "signed-map": signed_map,
    "bars": bars,
    "signed-bars": signed_bars,
    "mix": mix,
    "shapes": shapes,
    "curves": curves,
    "log-curves": log_curves,
    "masks": masks,
    "split": split,
    "playground": playground,
}

# What evaluates its entries itself, some of them many times.
FILMS = {"one-query": one_query}


def figure_lines(lines: Sequence[str], namespace: dict[str, Any]) -> list[str]:
    """The HTML of a figure, on one line.

    Raises:
        ValueError: If the fence is not the description of a picture, or an
            expression in it fails.
    """
    spec = _spec(lines)
    kind, alt, caption = (spec.pop(key) for key in ("kind", "alt", "caption"))
    drawing = _drawing(kind, spec, namespace)
    drawing.set("role", "img" if drawing.tag == "svg" else "group")
    drawing.set("aria-label", alt)
    picture = ET.tostring(
        drawing, encoding="unicode", short_empty_elements=drawing.tag == "svg"
    )
    words = markdown(caption).removeprefix("<p>").removesuffix("</p>")
    return [
        f'<figure class="figure figure-{kind}">{picture}'
        f"<figcaption>{words}</figcaption></figure>"
    ]


def _spec(lines: Sequence[str]) -> dict[str, str]:
    """The entries of a figure fence, bindings taken out."""
    try:
        spec = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    if not isinstance(spec, dict) or spec.get("kind") not in KINDS | FILMS:
        kinds = ", ".join(KINDS | FILMS)
        raise ValueError(f"kind must be one of {kinds}")
    for key in ("alt", "caption"):
        if not str(spec.get(key, "")).strip():
            raise ValueError(f"a figure needs {key} text")
    return {
        key: " ".join(COMMENT.sub("", str(value)).split())
        for key, value in spec.items()
    }


def _drawing(
    kind: str, spec: dict[str, str], namespace: dict[str, Any]
) -> ET.Element:
    """The picture of a kind, from what its entries are in the page."""

    def value(text: str, **names: object) -> Any:  # noqa: ANN401
        found = evaluate(text, namespace | names)
        if isinstance(found, Exception):
            raise ValueError(f"{text} raises {found!r}")
        return found

    try:
        if kind in FILMS:
            return FILMS[kind](spec, value)
        return KINDS[kind](**{key: value(it) for key, it in spec.items()})
    except TypeError as error:
        raise ValueError(f"{kind} cannot be drawn: {error}") from error
