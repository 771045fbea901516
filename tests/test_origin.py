"""Where a bound number comes from, and how it is marked on its page."""

import re
from math import exp
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from press.book import BOOK
from press.pages.origin import Origin, key, origins
from press.pages.page import parse_page
from press.pages.render import render
from press.pages.session import run_page
from press.pages.sums import Sum, base_of, is_read, sum_of

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
    "one": [1.0],
    "two": [2.0],
    "ragged": [[1.0, 2.0], [1.0, 2.0, 3.0]],
    "mixed": [1.0, [2.0, 3.0]],
    "wide": [0.5] * 400,
    "wider": [0.5] * 401,
    "thirds": [1 / 3, 2.0],
    "nine": 25 / 9 + 1.5,
    "signed": [1.0, -1.0],
    "ones": [1.0, 1.0],
    "nothing": None,
    "large": [1e6, 1e6],
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
        ("one", "one = f(one, rows)"),
        ("ragged", "ragged = f(rows, rows)"),
        ("mixed", "mixed = f(rows, rows)"),
        ("nothing", "nothing = f(rows, rows)"),
        ("mix", "mix = f(nothing, wider)"),
        ("mix", "mix = f(rows, ragged)"),
        ("0.0", "f(one, one)"),
    ],
)
def test_what_is_no_product_of_what_led_to_it_is_not_spelled_out(
    base: str, made: str
) -> None:
    assert found_sum(base, made) is None


@pytest.mark.parametrize(
    ("value", "left", "right", "is_sum"),
    [
        (1 / 9 + 4.0, "thirds", "thirds", True),
        (100.0, "wide", "wide", True),
        (100.25, "wider", "wider", False),
        (2e-12, "ones", "signed", True),
        (2.1e-12, "ones", "signed", False),
        (2e12 + 1.0, "large", "large", True),
        (2e12 + 3.0, "large", "large", False),
        (0.5e-12, "none", "none", True),
        (1.5e-12, "none", "none", False),
        (2.0, "ones", "ones", True),
        (2, "ones", "ones", False),
        (2.0, "one", "two", False),
    ],
)
def test_a_sum_is_right_to_rounding_and_its_rows_have_400_entries_at_most(
    value: float, left: str, right: str, is_sum: bool
) -> None:
    values = VALUES | {"sum": value, "none": [0.0, 0.0]}
    found = sum_of("sum", [f"sum = dot({left}, {right})"], values.get)
    assert (found is not None) == is_sum
    if found:
        assert found.is_turned
        assert found.rows == [[round(it, 4) for it in values[left]]]
        assert found.columns == [[round(it, 4) for it in values[right]]]


class Steps(NamedTuple):
    """The steps of a result."""

    queries: list[list[float]]
    attn_scores: list[list[float]]


def test_a_step_is_spelled_out_by_the_other_steps_of_its_result() -> None:
    rows = [[1.0, 2.0], [3.0, 5.0]]
    steps = Steps(rows, [[5.0, 13.0], [13.0, 34.0]])
    values = {"it": steps, "it.queries": rows, "it.attn_scores": steps[1]}
    found = sum_of("it.attn_scores", ["it = attention(x)"], values.get)
    assert found
    assert found[:3] == ("it.queries", "it.queries", True)


def test_what_an_expression_takes_an_entry_of() -> None:
    assert base_of("a[1][-2]") == ("a[1][-2]", [])
    assert base_of("a['b'][0]") == ("a['b']", [0])
    assert base_of("a b") == ("a b", [])


def test_what_calls_or_is_no_expression_is_not_read() -> None:
    assert is_read("a.b[0]")
    assert not is_read("a()")
    assert not is_read("a b")


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


def of_session(expression: str, *examples: str) -> list[str]:
    """The examples that made what an expression reads."""
    lines = "".join(f">>> {it}\n" for it in examples)
    lines = lines.replace("\n ", "\n...  ")
    text = f"```pycon\n{lines}```\n\n0.5<!--= {expression} -->\n"
    page = parse_page(Path("page.md"), text, BOOK)
    return origins(page)[key(expression)].made


def test_an_origin_is_the_last_three_examples_that_led_to_it() -> None:
    chain = ("a = 0.5", "b = a", "c = b", "d = c", "a = 0.25")
    assert of_session("d", *chain) == ["b = a", "c = b", "d = c"]
    many = ("a = 1", "b = 1", "c = 1", "d = 1")
    assert of_session("a + b + c + d", *many) == ["b = 1", "c = 1", "d = 1"]
    far = ("a = 1", "b = 1", "c = a", "d = b", "e = c + d")
    assert of_session("e", *far) == ["c = a", "d = b", "e = c + d"]
    two = ("a = 1", "x = a", "b = 1", "y = b")
    assert of_session("x + y", *two) == ["x = a", "b = 1", "y = b"]
    more = ("a = 1", "b = 1", "x = 1", "y = a + b")
    assert of_session("x + y", *more) == ["b = 1", "x = 1", "y = a + b"]


def test_a_function_that_calls_itself_does_not_come_from_another() -> None:
    own = "def f(n): return n and f(n - 1)"
    assert of_session("f(2)", "def f(n): return 1", own) == [own]


def test_what_a_loop_leaves_behind_is_made_there() -> None:
    loop = "for x in [y for y in (1, 2)]:\n    if x:\n        last = x\n"
    assert of_session("last", "z = 0", loop) == [loop.strip()]
    assert of_session("y", "y = 0", loop) == ["y = 0"]


def test_what_is_filled_comes_from_what_fills_it() -> None:
    made, loop = "rows = []", "for i in range(3):\n    rows.append(i)\n"
    assert of_session("rows", made, loop) == [made, loop.strip()]
    entry = "rows[0] = 5"
    assert of_session("rows", "rows = [1]", entry) == ["rows = [1]", entry]
    assert of_session("rows", made, "rows.index(1)") == [made]


def test_an_example_that_is_no_python_made_nothing() -> None:
    assert of_session("a", "a = 1", "a = = 2") == ["a = 1"]


def test_what_a_figure_shows_can_be_asked_and_has_a_short_name() -> None:
    figure = (
        "```figure\nkind: bars\nlabels: list('ab')\nleft: weights\n"
        "alt: Two.\ncaption: Two.\n```\n"
    )
    page = parse_page(Path("page.md"), f"{SESSION}\n{figure}", BOOK)
    (shown,) = run_page(page).shown
    assert shown.asked == ["weights"]
    told = origins(page, shown.asked)
    assert {each.expression for each in told.values()} == {"weights"}
    assert re.fullmatch("[0-9a-f]{8}", key("weights"))
    assert told[key("weights")].made[-1] == "weights = softmax(scores)"


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
        ("`a`2<!--= 2 -->", "2"),
        ("## Has 1.0<!--= 1 -->", "1.0"),
        ('??? tip "It is 1.0<!--= 1 -->"', "1.0"),
    ],
)
def test_a_span_is_marked_as_a_whole(words: str, marked: str) -> None:
    (found,) = re.findall(r"<data [^>]*>(.*?)</data>", rendered(words))
    assert found == marked


@pytest.mark.parametrize(
    "words",
    [
        "<td>1.0</td><!--= 1 -->",
        "`1.0` alone",
    ],
)
def test_what_cannot_be_marked_stays_as_it_is(words: str) -> None:
    assert rendered(words) == re.sub(r"<!--.*?-->", "", words)


def test_the_title_of_a_box_stands_between_its_own_quotes() -> None:
    shown = rendered('??? tip "It is 1.0<!--= 1 -->"')
    assert shown.count('"') == 2


def test_a_number_in_a_formula_that_stands_by_itself_is_marked_in_tex() -> (
    None
):
    shown = rendered("$$\nx = 0.88\n$$<!--= [weights][0][1] -->")
    pattern = r"\$\$\nx = \\htmlData\{(.*)\}\{0.88\}\n\$\$"
    match = re.fullmatch(pattern, shown)
    assert match
    told = dict(each.split("=") for each in match[1].split(", "))
    assert told["asked"] == key("[weights][0][1]")
