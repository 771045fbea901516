"""Where the pictures stand, and what their marks say."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from press.figures.draw import figure_lines
from press.figures.svg import WIDTH

DOCS = Path("docs")
CHAPTERS = "before", "3.3", "3.4", "3.5", "3.6", "backward", "long"
FENCE = re.compile(r"^```(source|figure)$", re.MULTILINE)

# Pages whose first listing is not what a picture would explain.
LISTED_FIRST = {
    "3.3/arrays.md",  # the listing is a twin, whose first form was pictured
    "backward/learning.md",  # the listing is a loop around what was pictured
    "long/cost.md",  # the listing is the counter, the picture what it counted
}


def drawn(*lines: str, **names: Any) -> ET.Element:
    """The picture that a fence describes."""
    fence = [*lines, "alt: words", "caption: words"]
    (line,) = figure_lines(fence, names).lines
    return ET.fromstring(line)[0]  # noqa: S314 - drawn here


def words(drawing: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in drawing.iter("text")]


def test_the_picture_stands_before_the_listing_that_it_explains() -> None:
    listed_first, unpictured = set(), set()
    for path in (each for at in CHAPTERS for each in DOCS.glob(f"{at}/*.md")):
        kinds = FENCE.findall(path.read_text(encoding="utf-8"))
        page = path.relative_to(DOCS).as_posix()
        if "source" in kinds and "figure" not in kinds:
            unpictured.add(page)
        elif kinds and kinds[0] == "source":
            listed_first.add(page)
    assert unpictured == set()
    assert listed_first == LISTED_FIRST


def test_a_long_label_leaves_its_bar_free() -> None:
    labels = ["16384 tokens", "one"]
    for kind in ("bars", "signed-bars"):
        more = ["title: \"'t'\""] if kind == "signed-bars" else []
        what = "left" if kind == "bars" else "values"
        drawing = drawn(
            f"kind: {kind}",
            "labels: labels",
            f"{what}: [4.0, 1.0]",
            *more,
            labels=labels,
        )
        first = next(it for it in drawing.iter("rect"))
        # a digit of the labels is more than half as wide as it is high
        assert float(first.attrib["x"]) > 2 + len(labels[0]) * 12.5 * 0.5
        assert float(first.attrib["x"]) < WIDTH


def test_a_label_stands_over_its_column_and_those_that_have_none() -> None:
    drawing = drawn(
        "kind: heat-map",
        "values: [[1.0, 2.0, 3.0, 4.0]]",
        "rows: ['one']",
        "columns: ['a', '', '', 'b']",
    )
    places = {
        "".join(it.itertext()): float(it.attrib["x"])
        for it in drawing.iter("text")
    }
    second, third, fourth = (places[f"{v}.0000"] for v in (2, 3, 4))
    assert places["a"] == second
    assert third < places["b"] == fourth


def test_a_cell_that_is_hidden_is_hatched_and_says_nothing() -> None:
    drawing = drawn(
        "kind: heat-map",
        "values: grid",
        "rows: names[:2]",
        "columns: names[2:]",
        "hidden: mask",
        grid=[[0.0, 1.0], [0.5, 0.0]],
        mask=[[False, True], [False, False]],
        names=["a", "b", "c", "d"],
    )
    numbers = [it for it in words(drawing) if "." in it]
    assert numbers == ["0.0000", "0.5000", "0.0000"]
    assert len([it for it in drawing.iter("path") if it.get("d")]) == 1


def test_an_axis_names_powers_of_ten_as_one_writes_them() -> None:
    drawing = drawn(
        "kind: log-curves",
        "x: [0.01, 0.1, 1, 10, 100]",
        "curves: \"{'loss': [1, 1, 1, 1, 1]}\"",
        "title: \"'t'\"",
        "across: \"'x'\"",
    )
    found = words(drawing)
    assert {"10−2", "10−1", "1", "10", "102"} <= set(found)
    raised = [it.text for it in drawing.iter("tspan")]
    assert raised == ["−2", "−1", "2"]


class Remembered:
    """A number of a calculation, as a page's own class makes them."""

    def __init__(self, value: float, *made_from: Any) -> None:
        self.value, self.made_from, self.grad = value, made_from, 0.5


def test_a_graph_has_a_box_for_each_number_and_a_rate_for_each_source() -> (
    None
):
    a, b = Remembered(3), Remembered(4)
    product = Remembered(12, (a, 4), (b, 3))
    both = Remembered(15, (product, 1.0), (a, 1.25))
    drawing = drawn(
        "kind: graph",
        "numbers: numbers",
        numbers={"a": a, "b": b, "ab": product, "both": both},
    )
    found = words(drawing)
    assert [it for it in found if it.startswith("value")] == [
        "value 3", "value 4", "value 12", "value 15"
    ]  # fmt: skip
    rates = [it for it in found if it.startswith("rate")]
    assert rates == ["rate 4", "rate 3", "rate 1", "rate 1.25"]
    boxes = list(drawing.iter("rect"))
    tops = [float(it.attrib["y"]) for it in boxes]
    assert tops[0] == tops[1] < tops[2] < tops[3], "sources stand above"
    sides = [
        (float(it.attrib["x"]), float(it.attrib["width"])) for it in boxes
    ]
    assert all(x >= 0 and x + width <= WIDTH for x, width in sides)
