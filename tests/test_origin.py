"""Where a bound number comes from, and how it is marked on its page."""

import re
from math import exp
from pathlib import Path
from typing import Any

import pytest

from press.book import BOOK
from press.pages.origin import Origin, key, origins
from press.pages.page import parse_page
from press.pages.render import render
from press.pages.session import run_page
from press.pages.sums import Sum, sum_of

SESSION = """```pycon
>>> from attnbook.simple import softmax
>>> scores = [1.0, 3.0]
>>> def twice(x):
...     scores = 2 * x
...     return scores
>>> weights = softmax(scores)
>>> double = twice(weights[0])
>>> scores = [5.0]
```
"""


PRINTS = "\n>>> round(weights[1], 4)\n0.8808\n```\n"


def origin_of(expression: str) -> Origin:
    text = f"{SESSION}\n0.5<!--= {expression} -->\n"
    page = parse_page(Path("page.md"), text, BOOK)
    return origins(page)[key(expression)]


VALUES: dict[str, Any] = {
    "weights": [0.25, 0.75],
    "rows": [[1.0, 2.0, 3.0], [5.0, 4.0, 3.0]],
    "mix": [4.0, 3.5, 3.0],
    "nearly": [4.0, 3.5, 3.1],
    "both": [[14, 22], [22, 50]],
    "scores": [4.0, 3.0],
    "count": 2,
}


def found_sum(base: str, made: str) -> Sum | None:
    return sum_of(base, [made], VALUES.get)


def test_a_vector_is_spelled_out_as_a_mix_of_rows() -> None:
    found = found_sum("mix", "mix = context_vector(weights, rows)")
    assert found
    assert found[:3] == ("weights", "rows", False)
    for column, expected in zip(found.columns, VALUES["mix"], strict=True):
        pairs = zip(found.rows[0], column, strict=True)
        assert sum(a * b for a, b in pairs) == expected


def test_a_matrix_is_spelled_out_by_rows_of_both() -> None:
    found = found_sum("both", "both = scores(rows, rows)")
    assert found
    assert found[:3] == ("rows", "rows", True)


@pytest.mark.parametrize(
    ("base", "made"),
    [
        ("nearly", "nearly = context_vector(weights, rows)"),
        ("mix", "mix = context_vector(weights)"),
        ("count", "count = f(weights, weights)"),
        ("weights", "weights = softmax(scores)"),
    ],
)
def test_what_is_no_product_of_what_led_to_it_is_not_spelled_out(
    base: str, made: str
) -> None:
    assert found_sum(base, made) is None


def test_each_entry_of_a_list_that_is_written_out_has_its_own_origin() -> None:
    text = "0.12 and 0.88<!--= [weights[0], weights[1]] -->"
    asked = re.findall(r'data-asked="(\w+)"', rendered(text))
    assert asked == [key("weights[0]"), key("weights[1]")]
    assert origin_of("[weights[0], double]").functions
    places = re.findall(
        r'data-place="(.*?)"', rendered("0.12 and 0.88<!--= weights -->")
    )
    assert places == ["[0]", "[1]"]


def test_an_output_is_asked_by_the_example_that_printed_it() -> None:
    text = f"{SESSION.removesuffix('```').rstrip()[:-3]}"
    page = parse_page(Path("page.md"), text.rstrip() + PRINTS, BOOK)
    found = origins(page)
    last = found[f"example {len(page.examples) - 1}"]
    assert last.expression == "round(weights[1], 4)"
    assert "weights = softmax(scores)" in last.made


def rendered(words: str) -> str:
    """What is built from words below the session, the session cut off."""
    page = parse_page(Path("page.md"), f"{SESSION}\n{words}\n", BOOK)
    markdown, problems = render(page, run_page(page))
    assert problems == []
    return markdown.rpartition("```\n")[2].strip()


def test_an_origin_is_what_was_made_and_by_whose_function() -> None:
    origin = origin_of("weights[1]")
    assert origin.made == ["scores = [1.0, 3.0]", "weights = softmax(scores)"]
    assert origin.functions == ["attnbook.simple.softmax"]


def test_an_origin_stands_before_what_it_led_to() -> None:
    """`scores` is made again below, and within a function."""
    assert "scores = [5.0]" not in origin_of("weights[0]").made
    assert origin_of("scores[0]").made == ["scores = [5.0]"]


def test_an_origin_passes_through_functions_of_the_page() -> None:
    origin = origin_of("double")
    assert origin.made[0].startswith("def twice(x):")
    assert origin.made[-1] == "double = twice(weights[0])"
    assert origin.functions == ["attnbook.simple.softmax"]


def test_a_name_of_a_comprehension_has_no_origin() -> None:
    assert origin_of("[scores for scores in [0.5]]").made == []


def test_a_number_is_marked_with_its_value_in_full() -> None:
    shown = rendered("It is 0.88<!--= weights[1] -->, so")
    pattern = r'It is <data value="(.*?)" data-asked="(.*?)">0.88</data>, so'
    match = re.fullmatch(pattern, shown)
    assert match
    assert match[2] == key("weights[1]")
    share = 1 / (1 + exp(-2))  # the last digit differs between versions
    assert float(match[1]) == pytest.approx(share, rel=1e-15)


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("`1.0, 3.0`<!--= [1, 3] -->", "`1.0, 3.0`"),
        ("$x = 1.0$<!--= 1 -->", "$x = 1.0$"),
        ("| 1.0<!--= 1 --> |", "1.0"),
        ("Two<!--= 2 --> rows", "Two"),
    ],
)
def test_a_span_is_marked_as_a_whole(words: str, marked: str) -> None:
    (found,) = re.findall(r"<data [^>]*>(.*?)</data>", rendered(words))
    assert found == marked


@pytest.mark.parametrize(
    "words",
    [
        "## Has 1.0<!--= 1 -->",
        '??? tip "It is 1.0<!--= 1 -->"',
        "$$\n1.0 = x\n$$<!--= 1 -->",
        "<td>1.0</td><!--= 1 -->",
        "`1.0` alone",
    ],
)
def test_what_cannot_be_marked_stays_as_it_is(words: str) -> None:
    assert rendered(words) == re.sub(r"<!--.*?-->", "", words)
