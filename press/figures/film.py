"""Films: a drawing that changes from moment to moment, and its stills.

The build draws every moment and writes down what changes; the page's script
plays it and computes nothing. Where nothing may move, on paper, without a
script or for a reader who wants it so, chosen moments stand side by side.
"""

import json
from collections.abc import Sequence
from string import ascii_lowercase, digits
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

DIGITS = digits + ascii_lowercase


class Moment(NamedTuple):
    """A drawing, what is said of it, and whether it is one of the stills."""

    drawing: ET.Element
    said: str
    is_still: bool = False


def film(moments: Sequence[Moment]) -> ET.Element:
    """A film of moments whose drawings have the same elements.

    It begins with the last moment, as a picture that has come to its end.
    """
    drawings = [moment.drawing for moment in moments]
    root = ET.Element("div", {"class": "film"})
    root.set("data-frames", dumps(changes(drawings)))
    root.set("data-said", dumps([moment.said for moment in moments]))
    stills = ET.SubElement(root, "div", {"class": "film-stills"})
    for moment in moments:
        if moment.is_still:
            still = ET.SubElement(stills, "div")
            still.append(moment.drawing)
            ET.SubElement(still, "p").text = moment.said
    stage = ET.SubElement(root, "div", {"class": "film-stage"})
    stage.append(drawings[-1])
    ET.SubElement(stage, "p", {"class": "film-said"}).text = moments[-1].said
    ET.SubElement(stage, "div", {"class": "query-bar"})
    return root


def changes(drawings: Sequence[ET.Element]) -> list[Any]:
    """What differs: element, attribute (none: the text), values, their order.

    The order has a digit for each drawing, in base 36: the place of its value
    among the values.

    Raises:
        ValueError: If the drawings have not the same elements.
    """
    found = list[Any]()
    each = zip(*(it.iter() for it in drawings), strict=True)
    for k, parts in enumerate(each):
        names = dict.fromkeys(key for it in parts for key in it.attrib)
        rows = {"": [part.text or "" for part in parts]}
        rows |= {name: [it.get(name, "") for it in parts] for name in names}
        found += [
            [k, name, *_ordered(row)]
            for name, row in rows.items()
            if len(set(row)) > 1
        ]
    return found


def _ordered(row: Sequence[str]) -> tuple[list[str], str]:
    """The values of a row, each once, and where each is among them."""
    values = list(dict.fromkeys(row))
    return values, "".join(DIGITS[values.index(it)] for it in row)


def dumps(data: object) -> str:
    """Data for the script, as short as it can be."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
