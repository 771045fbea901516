"""Every number that a picture prints says whence it comes, and truly."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from press.book import BOOK, DOCS
from press.figures.draw import figure_lines
from press.figures.whence import inlined
from press.pages.kept import results
from press.pages.numbers import shown_as
from press.pages.origin import key
from press.pages.page import read_page
from press.site.stage import RUNS

DIGITS = re.compile(r"−?\d+(?:\.\d+)?(?:e[-+]?\d+)?")

# What a drawing prints and does not let ask, and why. What is said below a
# film is the arithmetic itself, and Play's tables, of the reader's own
# numbers, tell theirs.
UNASKED = {
    "label": "it names a row, a column, a curve, or a value of an axis",
    "tiny": "it numbers the parts of a bar, or the bars",
}


def test_what_is_written_out_is_taken_out_of_it() -> None:
    entries = {
        "both": "{'a': first, 'b': [x for x in last]}",
        "open": "{**others, 'a': first}",
        "lines": "[[('W', matrix[:3])], *more]",
        "i": "2",
    }
    for text, expected in {
        "both['a'][i]": "first[2]",
        "both['b'][0]": "[x for x in last][0]",
        "open['a']": "{**others, 'a': first}['a']",
        "lines[0][0][1]": "[[('W', matrix[:3])], *more][0][0][1]",
        "other[i]": "other[2]",
    }.items():
        assert inlined(text, entries) == expected


def test_an_entry_is_marked_with_its_value_in_full() -> None:
    lines = (
        *("kind: bars", "labels: list('ab')", "left: rows[1]"),
        *("digits: 2", "alt: Two.", "caption: Two."),
    )
    (line,), asked = figure_lines(lines, {"rows": [[], [0.123456, 2]]})
    root = ET.fromstring(line)  # noqa: S314 - our own drawing
    found = [it for it in root.iter("text") if it.get("data-asked")]
    assert asked == ["rows"]
    assert [
        (it.get("data-asked"), it.get("data-place"), it.get("data-value"))
        for it in found
    ] == [(key("rows"), "[1][0]", "0.123456"), (key("rows"), "[1][1]", "2")]
    assert [it.text for it in found] == ["0.12", "2.00"]


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        (
            "kind: product-film|left: [[1, 2]]|right: [3, 4]|product: [12]"
            "|rows: list('a')|names: list('xyz')",
            "product must be that of left and right",
        ),
        (
            "kind: mix|weights: [0.5, 0.5]|inputs: [[1], [2]]|mixed: [1]"
            "|labels: list('ab')",
            "mixed must be what the parts add up to",
        ),
        (
            "kind: arrows|query: [1, 1]|keys: [[1, 2]]|scores: [3, 3]"
            "|labels: list('a')|title: \"'t'\"",
            "scores must be those of the query with the keys",
        ),
    ],
)
def test_a_picture_refuses_results_that_are_not_those_of_its_parts(
    lines: str, refused: str
) -> None:
    fence = [*lines.split("|"), "alt: words", "caption: words"]
    with pytest.raises(ValueError, match=refused):
        figure_lines(fence, {})


@pytest.fixture(scope="module")
def pictures() -> list[tuple[Path, ET.Element, dict[str, str]]]:
    """Every picture of every page, and the expressions by their keys."""
    found = []
    for path, result in results(
        sorted(DOCS.rglob("*.md")), BOOK, RUNS
    ).items():
        page = read_page(path, BOOK)
        told = {name: it.expression for name, it in result.origins.items()}
        for fence, shown in zip(
            page.own_fences, result.run.shown, strict=True
        ):
            if fence.tag == "figure":
                (line,) = shown.lines
                root = ET.fromstring(line)  # noqa: S314 - our own drawing
                found.append((page.path, root, told))
    return found


def moments(root: ET.Element) -> Iterator[dict[str, str]]:
    """The text and attributes of each text of a picture, at every moment."""
    for svg in root.iter("svg"):
        for text in svg.iter("text"):
            yield {"": "".join(text.itertext()), **text.attrib}
    for film in root.iter("div"):
        if frames := json.loads(film.get("data-frames", "[]")):
            yield from _later(film, frames)


def _later(film: ET.Element, frames: Any) -> Iterator[dict[str, str]]:
    """Each text that changes, as it is in each of the drawings."""
    stage = film.find("div[@class='film-stage']/svg")
    parts = list((film if stage is None else stage).iter())
    changed: dict[int, list[Any]] = {}
    for k, *frame in frames:
        changed.setdefault(k, []).append(frame)
    for k, each in changed.items():
        if parts[k].tag == "text":
            for moment in range(len(each[0][2])):
                now = {"": parts[k].text or "", **parts[k].attrib}
                for name, values, order in each:
                    now[name] = values[int(order[moment], 36)]
                yield now


def test_every_number_of_a_picture_can_be_asked_or_there_is_a_reason(
    pictures: list[tuple[Path, ET.Element, dict[str, str]]],
) -> None:
    asked, left = 0, Counter[str]()
    for path, root, told in pictures:
        for text in moments(root):
            if not DIGITS.search(text[""]):
                continue
            if text.get("data-asked"):
                assert text["data-asked"] in told, path
                asked += 1
            else:
                left[text["class"].split()[0]] += 1
                assert left.keys() <= UNASKED.keys(), (path, text)
    assert left.keys() == UNASKED.keys()
    assert asked > 2500


def test_what_is_asked_is_what_is_shown(
    pictures: list[tuple[Path, ET.Element, dict[str, str]]],
) -> None:
    """To the digits shown, each value in full is the number of its text."""
    count = 0
    for path, root, _ in pictures:
        for text in moments(root):
            if not text.get("data-asked") or not text[""]:
                continue
            value = ast.literal_eval(text["data-value"])
            values = value if isinstance(value, tuple) else (value,)
            numbers = DIGITS.findall(text[""])
            for shown, each in zip(numbers, values, strict=True):
                plain = shown.replace("−", "-")
                right = shown_as(float(each), plain)
                assert float(plain) == pytest.approx(float(right)), (
                    path,
                    text,
                )
                count += 1
    assert count > 2500


def test_the_place_of_a_cell_is_where_its_value_stands(
    pictures: list[tuple[Path, ET.Element, dict[str, str]]],
) -> None:
    """One place of one expression has one value, wherever it is drawn."""
    found: dict[tuple[Path, str], str] = {}
    for path, root, _ in pictures:
        for text in moments(root):
            if name := text.get("data-asked"):
                place = path, name + text["data-place"]
                value = text["data-value"]
                assert found.setdefault(place, value) == value, place
    assert len(found) > 2000
