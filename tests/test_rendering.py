"""What stands on the site where a page has a fence, and who runs it."""

import re
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from press.book import ROOT
from press.pages.book import Book, Form
from press.pages.live import local_sessions
from press.pages.numbers import Number
from press.pages.page import parse_page
from press.pages.render import render
from press.pages.session import run_page
from press.pages.turn import turn

PATH = Path("page.md")
SMALL = Book(
    ROOT,
    "attnbook",
    present=frozenset({"math", "attnbook"}),
    absent=("attnbook.arrays",),
    local="It runs on your machine.",
)


def rendered(book: Book, *lines: str) -> list[str]:
    """The lines that are built from these."""
    page = parse_page(PATH, "".join(f"{line}\n" for line in lines), book)
    markdown, problems = render(page, run_page(page))
    assert problems == []
    return markdown.splitlines()


def session(*lines: str) -> tuple[str, ...]:
    """A session, and a line between it and the next."""
    return ("```pycon", *(f">>> {line}" for line in lines), "```", "")


def local(*sessions: tuple[str, ...]) -> list[int]:
    """Which of these sessions run on the reader's machine, from 0."""
    text = "".join(f"{line}\n" for each in sessions for line in each)
    page = parse_page(PATH, text, SMALL)
    fences = [fence for fence in page.fences if fence.tag == "pycon"]
    return [fences.index(fence) for fence in local_sessions(page)]


@pytest.mark.parametrize(
    ("line", "is_local"),
    [
        ("import math", False),
        ("import math, os", True),
        ("import os.path", True),
        ("from os.path import join", True),
        ("import attnbook.arrays.simple", True),
        ("from attnbook import arrays", True),
        ("from attnbook.arrays import simple", True),
        ("import attnbook.simple", False),
        ("x = math", False),
    ],
)
def test_a_session_that_imports_what_the_page_has_not_is_local(
    line: str, is_local: bool
) -> None:
    assert local(session(line)) == [0] * is_local
    assert local(session("x = 1", line, "x = 2")) == [0] * is_local


def test_a_session_that_uses_what_a_local_one_made_is_local_too() -> None:
    made = session("import os.path as p", "a, b = 1, 2", "def f(): pass")
    for name in ("p", "a", "b", "f"):
        assert local(made, session("c = 1"), session(f"[{name}]")) == [0, 2]
    assert local(session("import os.path"), session("os")) == [0, 1]
    assert local(session("import os.path"), session("path")) == [0]
    classy = session("import os", "class A: pass", "B = A")
    assert local(classy, session("A"), session("C = B")) == [0, 1, 2]
    again = session("a = 3")
    assert local(made, again, session("a"), session("b")) == [0, 3]


def test_what_is_no_session_or_no_python_makes_nothing_local() -> None:
    figure = ("```console", "$ import os", "```", "")
    assert local(figure, session("import os"), session("1")) == [0]
    assert local(session("1 = 2", "import os")) == [0]
    assert local(session("1 = 2"), session("x = 1")) == []


def test_one_session_says_how_it_runs_and_none_that_is_folded_away() -> None:
    live, first = session("x = 1"), session("import os")
    folded = tuple(f"    {line}" for line in session("import os")[:3])
    built = rendered(SMALL, *live, *folded, "", *first, *session("os.name"))
    note = ["", SMALL.local, "{ .live-note }", ""]
    assert built[:4] == ["``` { .pycon .live }", ">>> x = 1", "```", ""]
    assert built[4:8] == [
        "    ``` { .pycon .local }", "    >>> import os", "    ```", "",
    ]  # fmt: skip
    begun = ["``` { .pycon .local }", ">>> import os", "```"]
    assert built[8:16] == [*begun, *note, ""]
    assert SMALL.local not in built[16:]


def test_what_stands_around_a_fence_stays_and_each_is_replaced() -> None:
    built = rendered(
        *(SMALL, "Two<!--= 1 + 1 --> before.", "```console", "$ a", "$ b"),
        *("```", "Between.", "```source", "attnbook.vectors.Vector", "", ""),
        *("```", "After 0.5<!--= 1 / 2 -->.", "  > ```console", "  > $ c"),
        *("  > ```", "End."),
    )
    assert built[0].endswith(">Two</data> before.")
    assert built[1:11] == [
        *("```console", "$ a", "$ b", "```", "Between."),
        '```python title="attnbook/vectors.py"',
        *("Vector: TypeAlias = list[float]", "```", ""),
        "[Reference: `Vector`][attnbook.vectors.Vector]{ .listing-link }",
    ]
    assert built[12].startswith("After <data")
    assert built[13:] == ["  > ```console", "  > $ c", "  > ```", "End."]


def test_a_listing_of_what_is_private_has_no_link() -> None:
    built = rendered(
        *(SMALL, "```source", "attnbook.vectors._transpose", "```")
    )
    assert built[0] == '```python title="attnbook/vectors.py"'
    assert not any("Reference" in line for line in built)


def test_a_listing_that_is_not_found_hides_no_other() -> None:
    nothing = ("```source", "attnbook.vectors.nothing", "```", "")
    lines = (*nothing, "```source", "attnbook.vectors.Vector", "```", "")
    text = "\n".join((*lines, *nothing))
    page = parse_page(PATH, text, SMALL)
    markdown, problems = render(page, run_page(page))
    assert [problem.line for problem in problems] == [9, 1]
    assert "Vector: TypeAlias = list[float]" in markdown


def test_a_form_tells_no_decimal_unless_it_says_so() -> None:
    whole = re.search("n = .*", "n = 0.5")
    assert whole
    form = Form("a setting", re.compile("n = .*"))
    assert not form.tells(Number("0.5", 4), whole)
    assert replace(form, decimals=True).tells(Number("0.5", 4), whole)


def test_what_the_book_knows_of_a_value_is_told_with_the_run() -> None:
    book = replace(SMALL, agreed=f"{__name__}:size", known=f"{__name__}")
    text = "0.5<!--= ROWS[0] -->, 0.25<!--= max(ROWS) / 2 -->, 1<!--= [1] -->"
    run = run_page(parse_page(PATH, f"{text}\n", book))
    assert list(run.values) == [[0.5], [0.25], [1]]
    assert {name: it.agreed for name, it in run.known.items()} == {"ROWS": 2}
    without = run_page(parse_page(PATH, "0.5<!--= 1 / 2 -->\n", SMALL))
    assert without.known == {}


ROWS = [0.5, 0.25]


def size(value: object) -> int | None:
    """What the book knows of a value: how much it holds."""
    return len(value) if isinstance(value, list) else None


def test_processes_take_turns_in_a_folder(tmp_path: Path) -> None:
    folder, begun, had = tmp_path / "a" / "b", Event(), Event()

    def other() -> None:
        begun.set()
        with turn(folder):
            had.set()

    thread = Thread(target=other)
    with turn(folder):
        thread.start()
        assert begun.wait(20)
        assert not had.wait(0.3)
    assert had.wait(20)
    thread.join()
    with turn(folder):
        assert folder.is_dir()
