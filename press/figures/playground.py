"""Draws the page *Play with it* as it stands before its script runs.

Tables of text, which the script turns into fields and buttons; what they show
is what the script would compute, and shows as it is where there is no script.
"""

import json
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from inpage import play
from inpage.play import Table
from inpage.shade import tint
from inpage.steps import State
from inpage.words import Cell
from press.figures.presets import presets

SEEDS = {"3.4": 789, "3.5": 789, "3.6": 123}  # the book's, by section


def playground(
    tokens: list[str], inputs: list[list[float]], cell: Cell
) -> ET.Element:
    """The inputs, and beside them the arithmetic of one cell and the steps.

    The numbers are the book's, which have two decimals.
    """
    state = {"section": "3.3", "tokens": tokens, "inputs": inputs}
    texts = [[f"{entry:.2f}" for entry in row] for row in inputs]
    root = ET.Element("div", {"class": "play"})
    root.set("data-book", json.dumps(_book(state, texts, cell)))
    _ways(root, tokens, inputs)
    _box(root, "bar")
    left, right = _box(root, "left"), _box(root, "right")
    columns = [str(j + 1) for j in range(len(inputs[0]))]
    plain = Table("inputs", "Tokens and their vectors", columns, texts, [])
    _table(_box(left, "given"), plain, tokens)
    _box(left, "asks")
    _results(right, {**state, "cell": cell})
    return root


def _ways(
    root: ET.Element, tokens: list[str], inputs: list[list[float]]
) -> None:
    """Links to states that show one thing each."""
    ways = ET.SubElement(root, "p", {"class": "play-presets"})
    for name, address, note in presets(tokens, inputs):
        link = ET.SubElement(ways, "a", {"href": address, "data-note": note})
        link.text = name


def _results(right: ET.Element, state: State) -> None:
    """The arithmetic of the chosen cell, and a table for each step."""
    shown = play.view(state)
    desk = _box(right, "desk")
    _box(desk, "hand")
    arithmetic = _box(desk, "arithmetic")
    for text in (shown.arithmetic.of, *shown.arithmetic.lines):
        ET.SubElement(arithmetic, "p").text = text
    steps = _box(right, "steps")
    for table in shown.tables:
        _table(steps, table, state["tokens"], shown.cell)


def _box(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, "div", {"class": f"play-{name}"})


def _book(state: State, texts: list[list[str]], cell: Cell) -> State:
    """What the script starts from: the book's example, as text."""
    weights = {"seed": "", "parameters": {}, "width": 2}
    heads = {"heads": 2, "head": 0, "causal": True, "stacked": False}
    dropout = {"dropout": 0, "dice": "123", "temperature": 1, "even": False}
    rest = {"inputs": texts, "cell": cell, "seeds": SEEDS}
    return {**state, **weights, **heads, **dropout, **rest}


def _table(
    parent: ET.Element,
    table: Table,
    tokens: Sequence[str],
    cell: Cell | None = None,
) -> None:
    """A table with headers; the chosen cell is marked."""
    body = ET.SubElement(_headed(parent, table), "tbody")
    for i, (token, row) in enumerate(zip(tokens, table.cells, strict=True)):
        line = ET.SubElement(body, "tr")
        ET.SubElement(line, "th", scope="row").text = token
        for j, text in enumerate(row):
            entry = ET.SubElement(line, "td")
            entry.text = text
            if table.shades:
                is_chosen = (table.name, i, j) == cell
                _shade(entry, table.shades[i][j], is_chosen=is_chosen)


def _headed(parent: ET.Element, table: Table) -> ET.Element:
    """A table with its caption and its head."""
    element = ET.SubElement(_box(parent, "scroll"), "table")
    element.set("class", "play-table")
    element.set("data-name", table.name)
    ET.SubElement(element, "caption").text = table.title
    head = ET.SubElement(ET.SubElement(element, "thead"), "tr")
    for text in ("token", *table.columns):
        ET.SubElement(head, "th", scope="col").text = text
    return element


def _shade(entry: ET.Element, level: int, *, is_chosen: bool) -> None:
    entry.set("class", tint(level) + " play-chosen" * is_chosen)
