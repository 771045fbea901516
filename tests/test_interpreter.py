"""What runs in the page's worker, run here; and what the press makes of it."""

import io
import sys
import zipfile
from pathlib import Path

import pytest

from inpage import interpreter
from inpage.checker import check
from inpage.interpreter import FLOOD, LIMIT, answer, is_sound, run, split
from press.book import BOOK
from press.exercise import exercise_flaw, exercise_lines
from press.pages.live import local_sessions
from press.pages.page import Page, parse_page
from press.pages.proof import proofread
from press.pages.render import render
from press.pages.session import run_page
from press.site.runtime import archive


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A session without names, and the texts that it shows as they come."""
    texts: list[str] = []
    monkeypatch.setattr(interpreter, "_namespace", {})
    monkeypatch.setattr(interpreter, "emit", texts.append)
    return texts


def outputs(source: str) -> list[str]:
    return [ran.output for ran in run(source, "block 1")]


def test_a_block_is_split_as_an_interactive_interpreter_would() -> None:
    source = "@staticmethod\ndef f(): pass\nx = 1; x\n\n# why\nif x:\n    x\nx"
    lines = [example.line for example in split(source, "block 1")]
    assert lines == [1, 3, 6, 8]


def test_values_are_echoed_and_names_kept() -> None:
    assert outputs("x = [1]\nx\nNone\nfor i in x:\n    i\n'a'; 2") == [
        *("", "[1]\n", "", "1\n", "'a'\n2\n")
    ]
    assert outputs("x") == ["[1]\n"]


def test_output_is_shown_while_it_comes(shown: list[str]) -> None:
    run("print('a')\nprint('b')\n1 / 0", "block 1")
    assert "".join(shown) == "a\nb\n"


def test_an_exception_names_the_readers_lines_alone() -> None:
    run("from attnbook.simple import softmax", "block 1")
    run("def f(x):\n    return softmax(x)", "block 2")
    (ran,) = run("f([])", "block 3")
    files = [line for line in ran.error.splitlines() if "File" in line]
    assert files == [
        '  File "block 3", line 1, in <module>',
        '  File "block 2", line 2, in f',
    ]
    assert "    return softmax(x)" in ran.error
    assert ran.brief.startswith("Traceback (most recent call last):\n    ...")
    assert ran.brief.splitlines()[-1] == ran.error.splitlines()[-1]


@pytest.mark.parametrize("source", ["x = (", "  x", "a\0b", "return 1"])
def test_what_cannot_be_compiled_does_not_run(source: str) -> None:
    (ran,) = run(f"print('ran')\n{source}", "block 1")
    assert "Error" in ran.error
    assert ran.output == ""


def test_a_flood_ends_the_block(shown: list[str]) -> None:
    ran = run("while True: print('water')\nprint('after')", "block 1")
    assert [each.error for each in ran] == [FLOOD]
    assert len(ran[0].output) == len("".join(shown)) == LIMIT
    half = f"print('x' * {LIMIT // 2})"
    cut = run(f"{half}\n{half}\n{half}", "block 1")
    assert [each.error for each in cut] == ["", FLOOD]


def test_a_reader_cannot_catch_a_flood_by_an_except() -> None:
    source = "while True:\n    try: print('water')\n    except Exception: 1"
    assert run(source, "block 1")[0].error == FLOOD


def test_a_call_gives_plain_data_or_a_named_error() -> None:
    given = ("attnbook.simple", "self_attention")
    value = answer(*given, [[[1.0, 0.0]]])["value"]
    assert value["context_vecs"] == [[1.0, 0.0]]
    error = answer(*given, [[[1.0], [1.0, 2.0]]])["error"]
    assert error["kind"] == "ValueError"
    assert "inputs" in error["message"]


def test_a_refusal_is_an_answer_and_another_failure_is_raised() -> None:
    with pytest.raises(AttributeError):
        answer("attnbook.simple", "no_such_function", [])
    with pytest.raises(TypeError):
        answer("attnbook.simple", "softmax", [])


def test_a_report_is_cut_as_output_is() -> None:
    (ran,) = run(f"raise ValueError('x' * {10 * LIMIT})", "block 1")
    assert LIMIT <= len(ran.error) < LIMIT + 10
    assert ran.error.startswith("Traceback (most recent call last):")
    assert ran.brief.splitlines()[2].startswith("ValueError: xxx")
    (short,) = run("raise ValueError('x' * 100)", "block 1")
    assert "..." not in short.error


def test_what_a_block_breaks_is_noticed(
    shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shown.append
    assert run("print = x = len", "block 1")[0].error == ""
    assert is_sound(own)
    with monkeypatch.context() as broken:
        broken.setattr(interpreter, "emit", None)
        assert not is_sound(own)
    with monkeypatch.context() as broken:
        broken.setattr("builtins.print", len)
        assert not is_sound(own)
    with monkeypatch.context() as broken:
        broken.delitem(sys.modules, interpreter.__name__)
        assert not is_sound(own)
    assert is_sound(own)
    assert shown == []


def test_the_archive_is_the_package_without_numpy_and_is_reproducible() -> (
    None
):
    packed = archive()
    assert packed == archive()
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert "attnbook/simple.py" in names
    assert "attnbook/checker/engine.py" in names
    assert "inpage/interpreter.py" in names
    assert not any("arrays" in name for name in names)
    for name in names:
        source = Path(__file__).parents[1] / name
        assert zipfile.ZipFile(io.BytesIO(packed)).read(name) == (
            source.read_bytes()
        )


def page_of(*sessions: str) -> Page:
    """A page with one session an argument, at lines 1, 4, 7."""
    fences = [f"```pycon\n>>> {source}\n```\n" for source in sessions]
    return parse_page(Path("page.md"), "".join(fences), BOOK)


@pytest.mark.parametrize(
    ("sessions", "local"),
    [
        (["import math", "math.pi"], []),
        (["import numpy as np", "x = np.eye(2)", "y = x", "z = 1"], [1, 4, 7]),
        (["from attnbook.arrays import simple"], [1]),
        (["from attnbook.arrays.simple import softmax"], [1]),
        (["from attnbook import arrays, simple", "simple.softmax"], [1, 4]),
        (["import numpy as np", "np = 1", "np"], [1]),
        (["import tests.book"], [1]),
        (["from attnbook.checker.reader.process import ChildProgram"], [1]),
        (["from attnbook.checker.engine import findings"], []),
        (["from attnbook.arrays_of import x"], []),
    ],
)
def test_a_session_runs_locally_if_it_needs_more_than_the_page_has(
    sessions: list[str], local: list[int]
) -> None:
    found = local_sessions(page_of(*sessions))
    assert [fence.line for fence in found] == local


def test_the_site_marks_where_a_session_runs_and_says_so_once() -> None:
    page = page_of("import math", "import numpy", "numpy.pi > 3")
    text, problems = render(page, run_page(page))
    assert problems == []
    assert text.count("``` { .pycon .live }") == 1
    assert text.count("``` { .pycon .local }") == 2
    assert text.count(BOOK.local) == 1


@pytest.mark.parametrize(
    ("lines", "flaw"),
    [
        (["def softmax(scores):", "    ..."], ""),
        (["def Attention_Scores(a, b): ...", "def mine(): ..."], ""),
        (["def hardmax(x): ..."], "the checker knows none of: hardmax"),
        (["x = 1"], "the checker knows none of: "),
        (["def f("], "a file that is not Python: '(' was never closed"),
    ],
)
def test_an_exercise_has_a_function_that_the_checker_knows(
    lines: list[str], flaw: str
) -> None:
    assert exercise_flaw(lines) == flaw
    text = "\n".join(("```exercise", *lines, "```"))
    page = parse_page(Path("page.md"), text, BOOK)
    problems = [str(each) for each in proofread(page, run_page(page))]
    assert problems == ([f"page.md:1: {flaw}"] if flaw else [])


def test_an_exercise_reads_as_a_file_and_the_command_to_check_it() -> None:
    lines = exercise_lines(["def softmax(scores):", "    ..."])
    assert '```python title="mine.py"' in lines
    assert "$ attnbook check mine.py" in lines


def test_a_check_in_the_page_finds_what_is_wrong() -> None:
    wrong = "def dot(x, y): return sum(a + b for a, b in zip(x, y))"
    assert "✗ differs" in check(wrong).html
    assert not check(wrong).agrees
    right = wrong.replace("+", "*")
    assert "✓ agrees" in check(right).html
    assert check(right).agrees
