"""What the press notices, rewrites, finds and draws."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from press.book import BOOK, ROOT
from press.figures.draw import figure_lines
from press.figures.plane import around
from press.outputs import main
from press.pages.book import Book
from press.pages.listing import find_listing
from press.pages.origin import key
from press.pages.outputs import rewrite
from press.pages.page import Page, parse_page
from press.pages.proof import proofread
from press.pages.render import render
from press.pages.session import run_page

PATH = Path("page.md")


def page_of(*lines: str) -> Page:
    """A page with these lines."""
    return parse_page(PATH, "".join(f"{line}\n" for line in lines), BOOK)


def problems_of(*lines: str) -> list[str]:
    """All that is wrong with a page, as it is printed."""
    page = page_of(*lines)
    return [str(problem) for problem in proofread(page, run_page(page))]


SESSION = ("```pycon", ">>> half = 0.5", ">>> half", "0.5", "```", "")


def test_a_wrong_output_is_named_with_its_line_and_both_values() -> None:
    problems = problems_of("```pycon", ">>> 1 / 8", "0.126", "```")
    assert problems == ["page.md:3: shown '0.126', computed '0.125'"]


def test_of_each_wrong_output_the_first_wrong_line_is_named() -> None:
    two_lines = ">>> print('a', 'b', 'c', sep='\\n')"
    problems = problems_of(
        *("```pycon", ">>> 1 / 2", "0.5", two_lines, "a", "x", "y"),
        *(">>> 1 / 4", "0.26", "```"),
    )
    assert problems == [
        "page.md:6: shown 'x', computed 'b'",
        "page.md:9: shown '0.26', computed '0.25'",
    ]


def test_what_follows_a_binding_that_fails_is_proofread() -> None:
    wrong = "It is 0.51<!--= half -->."
    problems = problems_of(*SESSION, "0.5<!--= nothing -->", wrong)
    assert "page.md:8: shown 0.51, computed 0.50 by half" in problems


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_a_binding_to_no_finite_number_is_refused(value: str) -> None:
    (problem, *_) = problems_of(f"0.5<!--= float('{value}') -->")
    assert problem == f"page.md:1: float('{value}') gives {value}"
    (problem, *_) = problems_of(f"0.5<!--= [1, float('{value}')] -->")
    assert problem.endswith(f"gives [1, {value}]")


def test_a_figure_that_cannot_be_drawn_is_named_and_no_other() -> None:
    lines = ("```figure", "kind: bars", "labels: ['a']", "left: [0.5]")
    right = (*lines, "alt: A bar.", "caption: A bar.", "```")
    assert problems_of(*right) == []
    (problem,) = problems_of(*right, *lines, "caption: A bar.", "```", *right)
    assert problem.startswith("page.md:8: ")
    assert "alt" in problem


def test_a_problem_of_the_first_lines_is_named_with_its_line() -> None:
    assert problems_of("", "0.5") == ["page.md:2: 0.5 is not bound"]
    for lines in (("0,12",), ("", "0,12"), ("", "", "0,12")):
        problem = f"page.md:{len(lines)}: a number in disguise: 0,12"
        assert problem in problems_of(*lines)


def test_what_doctest_cannot_read_is_no_session() -> None:
    (problem,) = problems_of("", "```pycon", ">>>1", "```")
    assert problem.startswith("page.md:2: not a session: ")


def test_the_first_line_of_a_fence_is_no_prose() -> None:
    problem = "page.md:1: a fence that nothing runs: 'console 5'"
    assert problems_of("```console 5", "$ a", "```") == [problem]


def test_a_line_of_79_characters_fits_and_one_of_80_does_not() -> None:
    fits = f"$ {'a' * 77}"
    assert problems_of("```console", "$ a", fits, "```") == []
    assert problems_of("```console", "$ a", f"{fits}a", "```") == [
        "page.md:3: 80 characters, where 79 fit the page"
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("", "```pycon", "```"), "2: a session without an example"),
        (
            ("```pycon", ">>> 1", "1", "", ">>> 2", "2", "", "3", "```"),
            "1: text after a blank line: '\\n3\\n'",
        ),
        (
            ("```pycon", ">>> 1", "1", ">>> 2  # doctest: +SKIP", "```"),
            "4: a doctest option on a page",
        ),
        (
            ("```pycon", ">>> 'doctest:'", "'doctest:'", "```"),
            "2: a doctest option on a page",
        ),
        (
            ("", "```pycon", ">>> 1", "1", ">>> [", "...   1,  # of 2"),
            "6: 2 in a comment",
        ),
        (
            ("", "```console", "$ a", "a", "b", "```"),
            "2: console cannot hold 'a'",
        ),
        (("```console", "", "```"), "1: console cannot hold 'nothing'"),
        (("", "```pycon", ">>> 1"), "2: a fence is opened and not closed"),
    ],
)
def test_what_is_wrong_with_a_fence_is_named_with_its_line(
    lines: tuple[str, ...], problem: str
) -> None:
    closed = ("... ]", "[1]", "```") if lines[-1].startswith("...") else ()
    problems = problems_of(*lines, *closed)
    assert f"page.md:{problem}" in problems


def test_a_wrong_number_in_prose_is_named_with_both_values() -> None:
    problems = problems_of(
        *SESSION, "A part is 0.50<!--= half --> and", "0.6."
    )
    assert problems == ["page.md:8: 0.6 is not bound"]
    problems = problems_of(*SESSION, "It is 0.51<!--= half -->.")
    assert problems == ["page.md:7: shown 0.51, computed 0.50 by half"]


@pytest.mark.parametrize(
    "text",
    [
        "a half is 0.5",
        "`0.5`",
        "-0.5",
        "$\\frac{0.5}{2}$",
        "| 0.5 |",
        "(0.5)",
        "0.5x",
        "2.2e-16",
        ".5",
        "[0.5](page.md)",
        "1.0",
        "step 0.5: go",
        "Section 4.7",
        "Python 0.5",
    ],
)
def test_a_decimal_that_nothing_binds_is_refused(text: str) -> None:
    assert any("is not bound" in problem for problem in problems_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "# 3.3 The question",
        "title: 3.3 The question",
        "section 3.3.2",
        "section 3.3, and sections 3.4, 3.5 and 3.6",
        "Exercise 3.1 and exercises 3.2 to 3.3",
        "Python 3.11 to 3.14",
        "[3.4 Trainable weights](3.4/index.md)",
        "MkDocs 1.6.1",
        "<!-- 0.5 -->",
    ],
)
def test_references_need_no_binding(text: str) -> None:
    assert problems_of(text) == []


def test_a_list_binds_as_many_numbers_as_it_holds() -> None:
    lines = ("```pycon", ">>> a, b = 0.1, 0.2", "```", "")
    assert problems_of(*lines, "(0.10, 0.20)<!--= [a, b] -->") == []
    assert problems_of(*lines, "(0.10, 0.20)<!--= [b, a] -->") != []
    assert problems_of(*lines, "(0.10, 0.20)<!--= [b] -->") != []
    assert problems_of(*lines, "(0.10, 0.20)<!--= [b, a, b] -->") != []


@pytest.mark.parametrize("expression", ["0.5", "[0.5]", "-(0.5)", "(0.5,)"])
def test_a_binding_that_says_the_number_again_is_refused(
    expression: str,
) -> None:
    problems = problems_of(f"It is 0.5<!--= {expression} -->.")
    assert any("computes nothing" in problem for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        *("7 rows", "1,000 rows", "the 3rd row", "Seven rows", "twenty-two"),
        *("a second way", "twice as many", "half of it", "a third of it"),
        *("three quarters", "a dozen", "five percent", "a hundred rows"),
        *("title: Five rows", "# Five rows", "| five |", "[five](page.md)"),
    ],
)
def test_a_number_that_is_neither_bound_nor_told_nor_said_is_refused(
    text: str,
) -> None:
    assert any("is not bound" in problem for problem in problems_of(text))
    assert problems_of(f"{text} <!-- said -->") == []


@pytest.mark.parametrize(
    "text",
    [
        *("0,1234", "0&period;12", "0&#46;12", "0.<b>12</b>", "&#49;2"),
        *("\uff11\uff12", "0\uff0e5", "1,23", "12,3456"),
    ],
)
def test_a_number_in_disguise_is_refused(text: str) -> None:
    problems = problems_of(f"It is {text}.", "<!-- 5 -->")
    assert any("in disguise" in problem for problem in problems)


def test_a_mark_reaches_over_its_sentence_and_excuses_no_decimal() -> None:
    text = "It has 7 rows. It has 8 rows. <!-- said -->"
    assert problems_of(text) == ["page.md:1: 7 is not bound"]
    assert problems_of("It is 0.5. <!-- said -->") == [
        "page.md:1: 0.5 is not bound",
        "page.md:1: nothing here is only said",
    ]
    alt = ("```figure", "kind: bars", "alt: >-", "  It has 7", "  rows.")
    marked = (*alt[:-1], "  rows. <!-- said -->", "```")
    assert "page.md:4: 7 is not bound" in problems_of(*alt, "```")
    assert all("not bound" not in each for each in problems_of(*marked))


def test_a_mark_without_a_number_is_refused() -> None:
    problem = "page.md:1: nothing here is only said"
    assert problems_of("It has rows. <!-- said -->") == [problem]
    assert problems_of("Two<!--= 1 + 1 --> rows. <!-- said -->") == [problem]


def test_a_number_in_a_comment_of_a_session_is_refused() -> None:
    lines = ("```pycon", ">>> x = [", "...     1,  # of 2", "... ]", "```")
    assert problems_of(*lines) == ["page.md:3: 2 in a comment"]


def test_a_form_yields_to_a_binding() -> None:
    assert problems_of("In head 7.") == []
    assert problems_of("In head 7<!--= 3 + 3 -->.") != []
    assert problems_of("With `n = 7`<!--= 3 + 3 -->.") != []


@pytest.mark.parametrize("count", ["Two", "Three", "Four", "3", "4"])
@pytest.mark.parametrize(
    "text",
    [
        "{} reasons to look for:\n\n- one\n- another,\n  longer\n- the last\n",
        "There are {} steps.\n\n1. Score.\n2. Weigh.\n\n3. Mix.\n\nThen on.",
        "{} lines:\n\n| a | b |\n|---|---|\n| x | y |\n| x | y |\n| x | z |\n",
        "{} steps: score, weigh, mix.",
        "It has {} parts: a score, a weight and a mix.",
    ],
)
def test_how_many_there_are_is_counted(text: str, count: str) -> None:
    right = count in {"Three", "3"}
    assert (problems_of(text.format(count)) == []) == right


def test_an_ordinal_counts_nothing() -> None:
    assert problems_of("The second way: a dot product, a sum.") != []


def test_a_page_that_is_written_is_compared_with_what_writes_it() -> None:
    name = "tests.test_press:written"
    book = replace(BOOK, written={PATH.as_posix(): name})
    page = parse_page(PATH, "Below:\n:   9 rows\n", book)
    (problem,) = proofread(page, run_page(page))
    assert problem.line == 2
    assert problem.message == f"{name} writes ':   8 rows' here"


def written(text: str) -> str:
    """A page as it should be."""
    return text.replace("9", "8")


def test_whole_numbers_and_words_can_be_bound() -> None:
    assert problems_of("Six<!--= 5 + 1 --> of 7<!--= 8 - 1 -->.") == []
    assert problems_of("Six<!--= 4 + 1 --> of 8<!--= 8 - 1 -->.") != []
    assert problems_of("7<!--= 37 / 5 -->.") != []


def test_a_binding_that_fails_is_a_problem() -> None:
    (problem, unbound) = problems_of("0.5<!--= nothing -->")
    assert "NameError" in problem
    assert "not bound" in unbound


@pytest.mark.parametrize(
    "lines",
    [
        ("```text", ">>> 1", "```"),
        ("```", "1", "```"),
        ("~~~pycon", ">>> 1", "~~~"),
        ("```{.pycon", ">>> 1", "1", "```"),
        ("```console", ">>> 1", "```"),
        ("```console", "```"),
        ("```pycon", "```"),
        ("```pycon", ">>> 1", "1", "", "2", "```"),
        ("```pycon", ">>> 1  # doctest: +SKIP", "```"),
        ("```pycon", ">>> 1", "1"),
        ("```pycon", ">>> " + 80 * "1", 80 * "1", "```"),
    ],
)
def test_what_would_not_run_or_not_be_compared_is_refused(
    lines: tuple[str, ...],
) -> None:
    assert problems_of(*lines) != []


def test_a_fence_is_closed_by_ticks_alone_and_by_as_many_or_more() -> None:
    within = (
        "```exercise",
        "def softmax(x):",
        '    """',
        "```python",
        '    """',
    )
    (fence,) = page_of(*within, "    ...", "```", "after").fences
    assert fence.lines == (*within[1:], "    ...")
    (session,) = page_of("```pycon", ">>> 1", "1", "`````", "after").fences
    assert session.lines == (">>> 1", "1")
    (longer,) = page_of("````console", "$ a", "```", "````").fences
    assert longer.lines == ("$ a", "```")


def test_a_book_gives_fences_their_meaning_and_listings_their_package() -> (
    None
):
    bare = Book(ROOT, "another")
    text = "```figure\n```\n\n```source\nattnbook.simple.softmax\n```\n"
    flaws = [flaw for _, flaw in parse_page(PATH, text, bare).flaws]
    assert flaws == [
        "a fence that nothing runs: 'figure'",
        "source cannot hold 'attnbook.simple.softmax'",
    ]
    (number,) = parse_page(PATH, "section 3.3", bare).numbers
    assert number.text == "3.3"


def test_an_indented_session_runs_in_the_namespace_of_the_page() -> None:
    indented = ("    ```pycon", "    >>> half + half", "    1.0", "    ```")
    assert problems_of(*SESSION, "??? success", "", *indented) == []
    wrong = (*indented[:2], "    1.1", "    ```")
    assert problems_of(*SESSION, "??? success", "", *wrong) == [
        "page.md:11: shown '1.1', computed '1.0'"
    ]


def test_an_exception_is_compared_by_its_message() -> None:
    lines = (
        "```pycon",
        ">>> int('x')",
        "Traceback (most recent call last):",
        "    ...",
        "ValueError: invalid literal for int() with base 10: 'x'",
        "```",
    )
    assert problems_of(*lines) == []
    assert problems_of(*lines[:4], "ValueError: another", "```") != []


def test_rewriting_keeps_the_place_of_what_follows_a_longer_number() -> None:
    wrong = page_of("Of 9<!--= 3 * 4 -->, 0.4<!--= 1 / 2 --> are.")
    assert rewrite(wrong, run_page(wrong)) == (
        "Of 12<!--= 3 * 4 -->, 0.5<!--= 1 / 2 --> are.\n"
    )


def test_rewriting_makes_a_page_right_and_touches_nothing_else() -> None:
    wrong = page_of(
        "Part: 0.49<!--= half -->, untouched: head 7.",
        *("```pycon", ">>> half = 0.5", ">>> half", "0.4", "0.3", "```"),
        *("- a list", "", "    ```pycon", "    >>> print('a')", "    ```"),
    )
    run = run_page(wrong)
    right = parse_page(PATH, rewrite(wrong, run), BOOK)
    assert proofread(right, run) == []
    assert right.text == (
        "Part: 0.50<!--= half -->, untouched: head 7.\n"
        "```pycon\n>>> half = 0.5\n>>> half\n0.5\n```\n"
        "- a list\n\n    ```pycon\n    >>> print('a')\n    a\n    ```\n"
    )


def test_the_command_rewrites_files_and_shows_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.md"
    path.write_text("```pycon\n>>> 1 + 1\n3\n```\n", encoding="utf-8")
    assert main([str(path)]) == 0
    assert path.read_text(encoding="utf-8").splitlines()[2] == "2"
    printed = capsys.readouterr().out
    assert "-3\n+2\n" in printed


def test_the_command_says_what_it_cannot_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.md"
    path.write_text("0.5 is not bound\n", encoding="utf-8")
    assert main([str(path)]) == 1
    assert "page.md:1: 0.5 is not bound" in capsys.readouterr().err


def test_a_listing_is_the_source_with_its_docstring_cut() -> None:
    listing = find_listing("attnbook.vectors.transpose", ROOT)
    assert listing.path == "attnbook/vectors.py"
    assert listing.code.splitlines() == [
        "def transpose(a: Matrix) -> Matrix:",
        '    """Turn the rows of a matrix into columns."""',
        '    require_matrix("a", a)',
        "    return _transpose(a)",
        "",
        "",
        "def _transpose(a: Matrix) -> Matrix:",
        "    return [list(column) for column in zip(*a, strict=True)]",
    ]


def test_a_listing_follows_a_name_to_where_it_is_defined(
    tmp_path: Path,
) -> None:
    package = tmp_path / "road"
    package.mkdir()
    (package / "one.py").write_text("def f():\n    return 1\n", "utf-8")
    (package / "two.py").write_text("g = 2\n", "utf-8")
    passed_on = (
        "from road.one import f as h\n"
        "from road.one import *\nfrom road.two import *\n"
    )
    (package / "__init__.py").write_text(passed_on, "utf-8")
    listing = find_listing("road.h", tmp_path)
    assert listing.path == "road/one.py"
    assert listing.code == "def f():\n    return 1"
    assert find_listing("road.g", tmp_path).code == "g = 2"
    with pytest.raises(ValueError, match="no symbol 'nothing'"):
        find_listing("road.nothing", tmp_path)


def test_a_decorator_and_a_docstring_of_one_line_stay_in_a_listing(
    tmp_path: Path,
) -> None:
    code = '@cache\ndef f():\n    """One."""\n    return 1'
    (tmp_path / "m.py").write_text(code, encoding="utf-8")
    assert find_listing("m.f", tmp_path).code == code


@pytest.mark.parametrize(
    "symbol",
    ["attnbook.simple.nothing", "attnbook.nothing.softmax", "softmax"],
)
def test_a_symbol_that_does_not_exist_is_refused(symbol: str) -> None:
    with pytest.raises(ValueError, match=r"no (symbol|module)"):
        find_listing(symbol, ROOT)
    page = page_of("```source", "attnbook.simple.nothing", "```")
    _, (problem,) = render(page, run_page(page))
    assert str(problem).startswith("page.md:1: no symbol 'nothing'")


def test_rendering_takes_out_bindings_and_keeps_front_matter() -> None:
    page = page_of("---", "title: A", "---", "0.5<!--= 1 / 2 --> it is.")
    number = f'<data value="0.5" data-asked="{key("1 / 2")}">0.5</data>'
    text = f"---\ntitle: A\n---\n{number} it is.\n"
    assert render(page, run_page(page)) == (text, [])


def test_each_number_of_a_line_is_marked_where_it_stands() -> None:
    page = page_of("0.5<!--= 1 / 2 --> and 12<!--= 3 * 4 --> are.")
    first, second = (
        f'<data value="{value}" data-asked="{key(asked)}">{value}</data>'
        for value, asked in (("0.5", "1 / 2"), ("12", "3 * 4"))
    )
    text, problems = render(page, run_page(page))
    assert (text, problems) == (f"{first} and {second} are.\n", [])


HEAT_MAP = (
    "kind: heat-map",
    "values: weights",
    "rows: tokens",
    "columns: tokens",
    "alt: Two tokens, 0.9 & 0.1<!--= weights[0] -->.",
    "caption: Who *attends* to whom.",
)
NAMESPACE = {"weights": [[0.9, 0.1], [0.25, 0.75]], "tokens": ["a", "b"]}


def figure(*lines: str) -> str:
    """The HTML of a figure with these entries."""
    (html,) = figure_lines(lines, NAMESPACE).lines
    return html


def drawn(*lines: str) -> ET.Element:
    """The same as a tree."""
    return ET.fromstring(figure(*lines))  # noqa: S314 - our own drawing


def shades_of(root: ET.Element) -> list[str | None]:
    """The class of every box, in the order of drawing."""
    return [element.get("class") for element in root.iter("rect")]


def texts_of(root: ET.Element) -> list[str | None]:
    """Every text, in the order of drawing."""
    return [element.text for element in root.iter("text")]


def test_a_heat_map_shows_each_value_and_says_what_it_finds() -> None:
    html = figure(*HEAT_MAP)
    assert "\n" not in html
    root = ET.fromstring(html)  # noqa: S314 - our own drawing
    texts = texts_of(root)
    assert texts[-6:] == ["a", "0.9000", "0.1000", "b", "0.2500", "0.7500"]
    svg = root.find("svg")
    assert svg is not None
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "Two tokens, 0.9 & 0.1."
    shades = shades_of(root)
    assert shades == ["heat-9", "heat-1", "heat-2", "heat-8"]


def test_bars_are_as_long_as_their_values() -> None:
    root = drawn(
        "kind: bars",
        "labels: tokens",
        "left: weights[1]",
        "alt: Two bars.",
        "caption: Bars.",
    )
    first, second = [float(r.get("width", 0)) for r in root.iter("rect")]
    assert abs(second / first - 3) < 0.01


def test_heat_maps_can_share_a_scale() -> None:
    root = drawn(*HEAT_MAP, 'most: "1.8"')
    shades = shades_of(root)
    assert shades == ["heat-4", "heat-0", "heat-1", "heat-4"]


def test_a_shared_scale_can_end_at_nothing_and_holds_what_is_beyond() -> None:
    assert set(shades_of(drawn(*HEAT_MAP, 'most: "0"'))) == {"heat-0"}
    shades = shades_of(drawn(*HEAT_MAP, 'most: "0.5"'))
    assert shades == ["heat-9", "heat-2", "heat-4", "heat-9"]


def test_zero_is_paper_and_each_sign_has_a_side() -> None:
    root = drawn(*HEAT_MAP, "values: '[[-0.9, 0.1], [0.0, 0.9]]'")
    assert shades_of(root) == ["ember-9", "heat-1", "heat-0", "heat-9"]
    texts = texts_of(root)
    assert "−0.9000" in texts


def test_what_is_hidden_is_hatched_and_has_no_number() -> None:
    root = drawn(*HEAT_MAP, "values: '[[-float(\"inf\"), 0.5], [1.0, 2.0]]'")
    (hatch,) = [it for it in root.iter("path") if it.get("class") == "hatch"]
    assert hatch.attrib["d"]
    assert texts_of(root)[-6:] == [
        "a",
        None,
        "0.5000",
        "b",
        "1.0000",
        "2.0000",
    ]
    assert shades_of(root)[0] == "heat-0"


def test_weights_are_seen_against_an_even_share_of_what_is_shown() -> None:
    root = drawn(
        *HEAT_MAP,
        "kind: share-map",
        "values: '[[1.0, 0.0], [0.75, 0.25]]'",
        "hidden: '[[False, True], [False, False]]'",
    )
    assert shades_of(root) == ["heat-0", "heat-0", "heat-4", "ember-4"]
    assert texts_of(root)[-6:] == [
        "a",
        "1.0000",
        None,
        "b",
        "0.7500",
        "0.2500",
    ]


def test_a_whole_even_share_away_is_strong_and_nearly_even_is_pale() -> None:
    def shades(values: str) -> list[str | None]:
        return shades_of(
            drawn(*HEAT_MAP, "kind: share-map", f"values: '{values}'")
        )

    away = ["heat-9", "ember-9"]
    assert shades("[[1.0, 0.0], [0.5, 0.5]]") == [*away, "heat-0", "heat-0"]
    assert shades("[[0.51, 0.49], [0.5, 0.5]]") == ["heat-0"] * 4


def test_signed_bars_stand_on_their_side_of_zero() -> None:
    root = drawn(
        "kind: signed-bars",
        "labels: tokens",
        "values: '[-0.25, 0.5]'",
        "title: \"'gradient'\"",
        "alt: Two bars.",
        "caption: Bars.",
    )
    (left, width), (zero, twice) = [
        (float(bar.get("x", 0)), float(bar.get("width", 0)))
        for bar in root.iter("rect")
    ]
    assert left + width == pytest.approx(zero)
    assert twice == pytest.approx(2 * width)


def test_the_parts_of_a_mix_add_up_to_its_bar() -> None:
    root = drawn(
        "kind: mix",
        "labels: tokens",
        "weights: weights[1]",
        "inputs: '[[1, 0.5], [3, 0.5]]'",
        "mixed: '[2.5, 0.5]'",
        "alt: Two bars.",
        "caption: A mix.",
    )
    widths = [float(r.get("width", 0)) for r in root.iter("rect")][:4]
    assert abs(widths[1] / widths[0] - 9) < 0.1
    texts = texts_of(root)
    assert "2.5000" in texts
    assert "0.5000" in texts


def test_shapes_have_a_cell_an_entry_and_mark_one_row() -> None:
    root = drawn(
        "kind: shapes",
        "products: >-",
        '  [[("a", [[1], [2]]), ("b", [[3], [4]]), ("c", weights)]]',
        "mark: 1",
        "alt: A product.",
        "caption: Shapes.",
    )
    texts = texts_of(root)
    names, sizes = ["a", "b", "c"], ["(2, 1)", "(2, 1)", "(2, 2)"]
    pairs = zip(names, sizes, strict=True)
    assert texts == [text for pair in pairs for text in pair] + ["@", "="]
    shades = shades_of(root)
    grids = [[2, 7], [2, 2], [2, 2, 7, 7]]
    assert shades == [f"heat-{shade}" for grid in grids for shade in grid]


CURVES = (
    "kind: curves",
    "x: tokens",
    'curves: \'{"up": weights[1], "down": weights[0]}\'',
    "title: \"'share'\"",
    "across: \"'token'\"",
    "alt: Two curves.",
    "caption: Curves.",
)


def test_a_curve_is_as_high_as_its_values_and_says_where_it_ends() -> None:
    root = drawn(*CURVES)
    lines = [line.get("points", "") for line in root.iter("polyline")]
    heights = [
        [float(point.partition(",")[2]) for point in line.split()]
        for line in lines
    ]
    (zero, _), _, (one, _), up, down = heights
    assert up == pytest.approx([zero + y * (one - zero) for y in (0.25, 0.75)])
    assert down == pytest.approx([zero + y * (one - zero) for y in (0.9, 0.1)])
    texts = texts_of(root)
    assert texts[-4:] == ["up", "0.75", "down", "0.10"]
    with pytest.raises(ValueError, match="from 0 to 1"):
        figure(*CURVES, "curves: '{\"beyond\": [0.5, 1.5]}'")


ARROWS = (
    "kind: arrows",
    "query: '[1.0, 2.0]'",
    "keys: '[[1.0, 1.0], [0.5, 1.5]]'",
    "scores: '[3.0, 3.5]'",
    "labels: tokens",
    "title: \"'keys'\"",
    "alt: Three arrows.",
    "caption: Arrows.",
)


def points_of(root: ET.Element) -> list[list[tuple[float, float]]]:
    """The points of every line, in the order of drawing."""
    return [
        [
            (float(x), float(y))
            for x, _, y in (it.partition(",") for it in found.split())
        ]
        for found in (line.get("points", "") for line in root.iter("polyline"))
    ]


def test_lines_of_equal_score_are_square_to_the_query() -> None:
    root = drawn(*ARROWS)
    _, first, second, *arrows = points_of(root)[:9]
    corner, tip = arrows[4]  # of the query: after two keys with their heads
    along = tip[0] - corner[0], tip[1] - corner[1]
    assert along[1] / along[0] == pytest.approx(-2.0, abs=0.02)  # y is down
    for (x, y), (far, low) in (first, second):
        assert (far - x) * along[0] + (low - y) * along[1] == (
            pytest.approx(0.0, abs=0.05 * (far - x))
        )
    texts = texts_of(root)
    assert texts == ["keys", "query", "b", "3.5000", "a", "3.0000"]
    with pytest.raises(ValueError, match="to the right and up"):
        figure(*ARROWS, "query: '[1.0, 0.0]'")
    with pytest.raises(ValueError, match="must have 2 entries, got 3"):
        figure(*ARROWS, "query: '[1.0, 2.0, 3.0]'")


def test_the_band_goes_around_all_points_and_the_mean_lies_within() -> None:
    square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]
    assert around([*square, (1.0, 1.0), (1.0, 0.0)]) == square
    root = drawn(
        "kind: hull",
        "points: '[[0, 0], [2, 0], [2, 2], [0, 2], [1, 0.5]]'",
        "labels: list('abcde')",
        "mean: '[1, 1]'",
        "name: \"'z'\"",
        "title: \"'values'\"",
        "alt: A square.",
        "caption: A square.",
    )
    _, band, *_ = points_of(root)
    assert band[0] == band[-1]
    assert len(band) == 5
    *corners, inner, mean = (
        (float(it.get("x", 0)) + 3.5, float(it.get("y", 0)) + 3.5)
        for it in root.iter("rect")
    )
    assert sorted(corners) == pytest.approx(sorted(band[:-1]), abs=0.11)
    middle = [sum(column) / 4 for column in zip(*corners, strict=True)]
    assert mean == pytest.approx(middle, abs=0.11)
    assert inner[1] > mean[1]
    names = sorted(filter(None, texts_of(root)))
    assert names == ["a", "b", "c", "d", "e", "values", "z"]


def test_two_masks_stand_side_by_side_in_ones_and_zeros() -> None:
    root = drawn(
        "kind: masks",
        "left: '[[True, False], [False, False]]'",
        "right: '[[True, True], [False, True]]'",
        "rows: tokens",
        "titles: tokens",
        "alt: Two masks.",
        "caption: Masks.",
    )
    texts = texts_of(root)
    assert "".join(filter(None, texts)) == "aba1000b1101"
    boxes = list(root.iter("rect"))
    for box, mark in zip(boxes, "10001101", strict=True):
        shade = "heat-7" if mark == "1" else "heat-0"
        assert box.get("class") == shade
    ends = [float(b.get("x", 0)) + float(b.get("width", 0)) for b in boxes]
    assert max(ends[:4]) < min(float(b.get("x", 0)) for b in boxes[4:])
    assert max(ends) < 360


def test_equal_factors_are_equal_steps_on_log_curves() -> None:
    entries = (
        "kind: log-curves",
        "x: '[1, 10, 100]'",
        "title: \"'error'\"",
        "across: \"'step'\"",
        "alt: A line.",
        "caption: Curves.",
    )
    root = drawn(*entries, "curves: '{\"error\": [0.01, 0.1, 1]}'")
    (line,) = [
        line.get("points", "")
        for line in root.iter("polyline")
        if line.get("class") == "curve curve-0"
    ][:1]
    (a, b), (c, d), (e, f) = [map(float, p.split(",")) for p in line.split()]
    assert (c - a, d - b) == pytest.approx((e - c, f - d))
    assert d < b
    with pytest.raises(ValueError, match="positive"):
        figure(*entries, "curves: '{\"error\": [0.01, 0, 1]}'")


SPLIT = (
    "kind: split",
    "values: '[[1, 2, 3, 4], [5, 6, 7, 8]]'",
    "rows: tokens",
    "num_heads: 2",
    "digits: 0",
    "alt: Two heads.",
    "caption: A split.",
)


def test_a_split_moves_whole_columns_to_their_heads() -> None:
    root = drawn(*SPLIT)
    texts = texts_of(root)
    columns = ["1", "5", "head 1", "2", "6"], ["3", "7", "head 2", "4", "8"]
    assert texts == 2 * ["a", "b", *columns[0], *columns[1]]
    xs = [float(rect.get("x", 0)) for rect in root.iter("rect")]
    moves = [apart - wide for wide, apart in zip(xs[:8], xs[8:], strict=True)]
    assert moves == [-12] * 4 + [12] * 4


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((*SPLIT, "num_heads: 3"), "3 heads cannot share 4 columns"),
        (("kind: pie", "alt: a", "caption: c"), "kind must be one of"),
        (HEAT_MAP[:4] + HEAT_MAP[5:], "needs alt"),
        (HEAT_MAP[:5], "needs caption"),
        ((*HEAT_MAP, "values: nothing"), "raises NameError"),
        ((*HEAT_MAP, "colour: 1"), "cannot be drawn"),
        (("kind: [",), "not YAML"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_refused(
    lines: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        figure(*lines)
