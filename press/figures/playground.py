"""Draws the page *Play with it* as it stands before Python is started.

Tables of text, which the page's script turns into fields and buttons; what
they show is what the script would get from `inpage.play`, and shows as it is
where there is no script.
"""

import json
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from inpage import play
from inpage.play import State, Table

SEEDS = {"3.4": 789, "3.5": 789, "3.6": 123}  # the book's, by section


def playground(
    tokens: list[str], inputs: list[list[float]], cell: tuple[str, int, int]
) -> ET.Element:
    """The inputs, the arithmetic of one cell, and a table for each step.

    The numbers are the book's, which have two decimals.
    """
    state = {"section": "3.3", "tokens": tokens, "inputs": inputs}
    shown = play.view({**state, "cell": cell})
    texts = [[f"{entry:.2f}" for entry in row] for row in inputs]
    root = ET.Element("div", {"class": "play"})
    root.set("data-book", json.dumps(_book(state, texts, cell)))

    given = ET.SubElement(root, "div", {"class": "play-given"})
    columns = [str(j + 1) for j in range(len(inputs[0]))]
    plain = Table("inputs", "Tokens and their vectors", columns, texts, [])
    _table(given, plain, tokens)
    arithmetic = ET.SubElement(root, "div", {"class": "play-arithmetic"})
    for text in (shown.arithmetic.of, *shown.arithmetic.lines):
        ET.SubElement(arithmetic, "p").text = text
    steps = ET.SubElement(root, "div", {"class": "play-steps"})
    for table in shown.tables:
        _table(steps, table, tokens, shown.cell)
    return root


def _book(
    state: State, texts: list[list[str]], cell: tuple[str, int, int]
) -> State:
    """What the script starts from: the book's example, as text."""
    weights = {"seed": "", "parameters": {}, "width": 2}
    heads = {"heads": 2, "head": 0, "causal": True}
    rest = {"inputs": texts, "cell": cell, "seeds": SEEDS}
    return {**state, **weights, **heads, **rest}


def _table(
    parent: ET.Element,
    table: Table,
    tokens: Sequence[str],
    cell: tuple[str, int, int] | None = None,
) -> None:
    """A table with headers; the chosen cell is marked."""
    box = ET.SubElement(parent, "div", {"class": "play-scroll"})
    element = ET.SubElement(box, "table", {"class": "play-table"})
    element.set("data-name", table.name)
    ET.SubElement(element, "caption").text = table.title
    head = ET.SubElement(ET.SubElement(element, "thead"), "tr")
    for text in ("token", *table.columns):
        ET.SubElement(head, "th", scope="col").text = text
    body = ET.SubElement(element, "tbody")
    for i, (token, row) in enumerate(zip(tokens, table.cells, strict=True)):
        line = ET.SubElement(body, "tr")
        ET.SubElement(line, "th", scope="row").text = token
        for j, text in enumerate(row):
            entry = ET.SubElement(line, "td")
            entry.text = text
            if table.shades:
                name = f"heat-{table.shades[i][j]}"
                chosen = " play-chosen" if (table.name, i, j) == cell else ""
                entry.set("class", name + chosen)
