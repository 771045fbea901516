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
from press.figures.film import Moment, film
from press.figures.flow import flow_film
from press.figures.graph import graph
from press.figures.matrices import heat_map, masks, share_map, split
from press.figures.moves import mask_film, product_film, training_film
from press.figures.plane import arrows, hull
from press.figures.playground import playground
from press.figures.query import one_query
from press.figures.shapes import shapes
from press.figures.tiles import heads_film, view_film
from press.figures.whence import Whence
from press.pages.asked import mark
from press.pages.book import Drawn
from press.pages.page import COMMENT, bindings_in
from press.pages.session import evaluate, values_of

KINDS: dict[str, Callable[..., ET.Element | list[Moment]]] = {
    "heat-map": heat_map,
    "share-map": share_map,
    "bars": bars,
    "signed-bars": signed_bars,
    "mix": mix,
    "shapes": shapes,
    "curves": curves,
    "log-curves": log_curves,
    "masks": masks,
    "split": split,
    "mask-film": mask_film,
    "product-film": product_film,
    "training-film": training_film,
    "view-film": view_film,
    "heads-film": heads_film,
    "flow-film": flow_film,
    "graph": graph,
    "arrows": arrows,
    "hull": hull,
    "playground": playground,
}

# What evaluates its entries itself, some of them many times.
FILMS = {"one-query": one_query}


def figure_lines(lines: Sequence[str], namespace: dict[str, Any]) -> Drawn:
    """The HTML of a figure, on one line, and what in it can be asked.

    Raises:
        ValueError: If the fence is not the description of a picture, or an
            expression in it fails.
    """
    spec, caption = _spec(lines)
    kind, alt = spec.pop("kind"), spec.pop("alt")
    whence = Whence()
    drawing = _drawing(kind, spec, namespace, whence)
    drawing.set("role", "img" if drawing.tag == "svg" else "group")
    drawing.set("aria-label", alt)
    picture = ET.tostring(
        drawing, encoding="unicode", short_empty_elements=drawing.tag == "svg"
    )
    words = _words(caption, namespace)
    line = (
        f'<figure class="figure figure-{kind}">{picture}'
        f"<figcaption>{words}</figcaption></figure>"
    )
    return Drawn([line], [*whence.asked])


def _words(caption: str, namespace: dict[str, Any]) -> str:
    """A caption, its bound numbers marked."""
    bindings = bindings_in(caption)
    values = [values_of(each.expression, namespace) for each in bindings]
    words = COMMENT.sub("", mark(caption, bindings, values))
    return markdown(words).removeprefix("<p>").removesuffix("</p>")


def _spec(lines: Sequence[str]) -> tuple[dict[str, str], str]:
    """The entries of a figure fence, bindings taken out, and the caption."""
    try:
        spec = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    _require_picture(spec)
    caption = " ".join(str(spec.pop("caption")).split())
    entries = {
        name: " ".join(COMMENT.sub("", str(value)).split())
        for name, value in spec.items()
    }
    return entries, caption


def _require_picture(spec: object) -> None:
    """Refuse what has no kind that is known, no alt text or no caption."""
    if not isinstance(spec, dict) or spec.get("kind") not in KINDS | FILMS:
        kinds = ", ".join(KINDS | FILMS)
        raise ValueError(f"kind must be one of {kinds}")
    for name in ("alt", "caption"):
        if not str(spec.get(name, "")).strip():
            raise ValueError(f"a figure needs {name} text")


def _drawing(
    kind: str, spec: dict[str, str], namespace: dict[str, Any], whence: Whence
) -> ET.Element:
    """The picture of a kind, from what its entries are in the page."""

    def value(text: str, **names: object) -> Any:  # noqa: ANN401
        return _value(text, namespace | names)

    try:
        if kind in FILMS:
            return FILMS[kind](spec, value, whence)
        values = {name: value(it) for name, it in spec.items()}
        drawn = KINDS[kind](**values)
    except TypeError as error:
        raise ValueError(f"{kind} cannot be drawn: {error}") from error
    moments = drawn if isinstance(drawn, list) else [Moment(drawn, "")]
    for moment in moments:
        whence.mark(moment.drawing, spec, values)
    return film(moments) if isinstance(drawn, list) else drawn


def _value(text: str, names: dict[str, Any]) -> Any:  # noqa: ANN401
    """What an entry is."""
    found = evaluate(text, names)
    if isinstance(found, Exception):
        raise ValueError(f"{text} raises {found!r}")
    return found
