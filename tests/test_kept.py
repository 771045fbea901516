"""What is kept of a page is used again, and never hides a change."""

import compileall
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from press.pages import kept, reading
from press.pages.book import Book
from press.pages.kept import Result, results
from press.pages.session import Known, Run, Shown
from press.pages.sums import Sum

CODE = {
    "road/__init__.py": "",
    "road/base.py": "def base():\n    return 1\n",
    "road/top.py": "from road.base import base\n\ndef top():\n"
    "    return base()\n",
    "road/other.py": "x = 1\n",
    "data/numbers.txt": "5",
}
HEAD = (
    "```pycon\n>>> with open('../ran', 'a') as file:\n"
    "...     _ = file.write('.')\n"
)

Build = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small book of its own."""
    root = tmp_path / "book"
    for name, text in CODE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(root)
    return root


@pytest.fixture
def build(root: Path, tmp_path: Path) -> Build:
    """What a page with this session, and words below, comes to."""

    def build(session: str, words: str = "") -> Result:
        path = root / "page.md"
        path.write_text(f"{HEAD}{session}```\n\n{words}\n", encoding="utf-8")
        book = Book(root, "road")
        return results([path], book, tmp_path / "kept")[path]

    return build


def runs(tmp_path: Path) -> int:
    """How often the page has run."""
    return len((tmp_path / "ran").read_text(encoding="utf-8"))


USES = ">>> from road.top import top\n>>> top()\n1\n"


def test_a_page_runs_once_while_nothing_that_it_read_changes(
    root: Path, build: Build, tmp_path: Path
) -> None:
    first = build(USES)
    (root / "road" / "other.py").write_text("x = 2\n", encoding="utf-8")
    assert build(USES) == first
    assert runs(tmp_path) == 1


COMPILES = f">>> import sys\n>>> sys.dont_write_bytecode = False\n{USES}"
TIDIES = """\
>>> import shutil, tempfile
>>> from pathlib import Path
>>> place = Path(tempfile.mkdtemp())
>>> (place / "inside" / "deep").mkdir(parents=True)
>>> shutil.rmtree(place)
"""


def test_a_module_that_is_compiled_by_the_run_has_not_changed(
    root: Path, build: Build, tmp_path: Path
) -> None:
    build(COMPILES)
    assert (root / "road" / "__pycache__").is_dir()
    build(COMPILES)
    assert runs(tmp_path) == 1


def test_a_name_within_a_folder_elsewhere_is_not_taken_for_the_books(
    build: Build, tmp_path: Path
) -> None:
    build(TIDIES)
    build(TIDIES)
    assert runs(tmp_path) == 1


def test_the_press_itself_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("press", "road"):
        (tmp_path / package).mkdir()
    kept = {"press", "press.book", "press.pages.page", "json", "roads.top"}
    held = dict.fromkeys([*kept, "press.figures.draw", "road", "road.top"])
    monkeypatch.setattr(sys, "modules", held)
    reading.forget(tmp_path)
    assert {*held} == kept


def test_only_what_was_listed_or_opened_was_read(tmp_path: Path) -> None:
    book, root = Book(tmp_path, "road"), str(tmp_path)
    assert reading.read_of(book, {}) == {}
    listed: reading.Noted = {root: ["a.py"], f"{root}/a.py": [], "/else": []}
    assert reading.read_of(book, listed) == {".": ["a.py"], "a.py": []}


def test_what_is_written_while_a_page_runs_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("5", encoding="utf-8")
    os.utime(file, (50, 50))
    reads: reading.Noted = {"missing": None, "a.txt": []}
    assert not reading.changed_since(tmp_path, reads, 51)
    assert reading.changed_since(tmp_path, reads, 50)
    file.unlink()
    assert reading.changed_since(tmp_path, reads, 51)


def test_what_came_into_a_folder_has_changed_it(tmp_path: Path) -> None:
    later, data = 2.0**40, tmp_path / "data"
    data.mkdir()
    (data / "a.txt").touch()
    (data / "__pycache__").mkdir()
    reads: reading.Noted = {"data": ["a.txt"]}
    assert not reading.changed_since(tmp_path, reads, later)
    (data / "b.txt").touch()
    assert reading.changed_since(tmp_path, reads, later)
    shutil.rmtree(data)
    assert reading.changed_since(tmp_path, reads, later)


def test_new_words_are_proofread_against_the_kept_run(
    build: Build, tmp_path: Path
) -> None:
    assert build(USES, "Now: 1<!--= top() -->.").problems == []
    assert ">1</data>." in build(USES, "New: 1<!--= top() -->.").markdown
    (problem,) = build(USES, "Then: 2<!--= top() -->.").problems
    assert "shown 2, computed 1" in str(problem)
    assert runs(tmp_path) == 1


def test_an_edited_function_makes_what_the_page_shows_fail(
    root: Path, build: Build
) -> None:
    assert build(USES).problems == []
    base = root / "road" / "base.py"
    base.write_text("def base():\n    return 22\n", encoding="utf-8")
    (problem,) = build(USES).problems
    assert "shown '1', computed '22'" in str(problem)


def test_a_module_that_was_compiled_before_is_read_too(
    root: Path, build: Build
) -> None:
    build(USES)
    compileall.compile_dir(root / "road", quiet=2)
    again = f"{USES}>>> 2\n2\n"
    assert build(again).problems == []
    base = root / "road" / "base.py"
    base.write_text("def base():\n    return 22\n", encoding="utf-8")
    assert build(again).problems != []


SPOILS = ">>> from road import top\n>>> top.base = lambda: 5\n"


def test_what_a_page_does_to_a_module_ends_with_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # one process for both
    paths = [root / "first.md", root / "second.md"]
    for path, session in zip(paths, (SPOILS, USES), strict=True):
        path.write_text(f"{HEAD}{session}```\n", encoding="utf-8")
    found = results(paths, Book(root, "road"), tmp_path / "kept")
    assert [found[path].problems for path in paths] == [[], []]


def test_a_run_is_the_same_after_it_was_kept() -> None:
    sums = Sum("a", "b", True, [[0.5, 2.0]], [[1.0, 3.0]])
    known = {"c": Known(sums, None), "d": Known(None, [[0.5]])}
    shown = (Shown(["<p>"], "", ["c"]),)
    run = Run(("a",), ("1",), ([0.5], "no"), shown, known)
    kept_of_it = json.loads(json.dumps(run._asdict()))
    assert kept._run(kept_of_it) == run  # noqa: SLF001


READS = ">>> print(open('data/numbers.txt').read())\n5\n"
LISTS = ">>> import os\n>>> os.listdir('data')\n['numbers.txt']\n"
STARTS = (
    ">>> import subprocess, sys\n"
    ">>> code = 'import road.other; print(road.other.x)'\n"
    ">>> subprocess.check_output([sys.executable, '-c', code], text=True)\n"
    "'1\\n'\n"
)


@pytest.mark.parametrize(
    ("session", "name"),
    [
        (READS, "data/numbers.txt"),
        (LISTS, "data/more.txt"),
        (STARTS, "road/other.py"),
    ],
    ids=["file", "folder", "program"],
)
def test_whatever_a_page_read_makes_it_run_again(
    session: str, name: str, root: Path, build: Build, tmp_path: Path
) -> None:
    assert build(session).problems == []
    (root / name).write_text("x = 700\n", encoding="utf-8")
    assert build(session).problems != []
    assert runs(tmp_path) == 2


def test_a_page_with_a_problem_is_not_kept(
    build: Build, tmp_path: Path
) -> None:
    for count in (1, 2):
        assert build(">>> 1 + 1\n3\n").problems != []
        assert runs(tmp_path) == count
    build(">>> 1 + 1\n2\n")
    assert build(">>> 1 + 1\n3\n").problems != []


def test_a_listing_is_shown_as_it_is_now(root: Path, build: Build) -> None:
    listing = "```source\nroad.other.x\n```"
    assert "x = 1" in build(">>> 1\n1\n", listing).markdown
    (root / "road" / "other.py").write_text("x = 3\n", encoding="utf-8")
    assert "x = 3" in build(">>> 1\n1\n", listing).markdown


def test_what_another_python_or_library_left_is_not_used(
    build: Build, tmp_path: Path
) -> None:
    build(USES)
    (place,) = (tmp_path / "kept").glob("*.json")
    entry = json.loads(place.read_bytes()) | {"world": "another"}
    place.write_text(json.dumps(entry), encoding="utf-8")
    build(USES)
    assert runs(tmp_path) == 2


def test_what_is_kept_in_pieces_is_not_used(
    build: Build, tmp_path: Path
) -> None:
    first = build(USES)
    (entry,) = (tmp_path / "kept").glob("*.json")
    entry.write_text(entry.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert build(USES) == first
    assert runs(tmp_path) == 2
