"""Who begins with an empty file and solves every exercise can train by it."""

import ast
from pathlib import Path

import pytest

from attnbook.__main__ import main
from attnbook.checker.match.names import normal
from attnbook.checker.steps.table import STEPS
from attnbook.checker.train import train_with
from attnbook.training import Settings, run
from press.mine import FILE, NotWrittenError, all_solved, written
from press.solutions import Solved, in_order

SOLVED = all_solved()
KNOWN = {normal(name) for step in STEPS for name in (step.name, *step.names)}


def chapter(solved: Solved) -> str:
    """The folder of the page that an exercise stands on."""
    return solved.path.parts[1]


def after(last: str) -> list[Solved]:
    """Every exercise up to the end of a chapter."""
    ends = [i for i, each in enumerate(SOLVED) if chapter(each) == last]
    return SOLVED[: ends[-1] + 1]


def agreeing(receipt: str) -> set[str]:
    """The functions that a receipt calls right."""
    rows = [line.split(" | ") for line in receipt.splitlines()]
    return {
        row[0].strip("| `")
        for row in rows
        if len(row) > 2 and row[2].startswith("agrees")
    }


def test_the_path_goes_through_every_chapter() -> None:
    chapters = list(dict.fromkeys(map(chapter, SOLVED)))
    assert chapters == ["3.3", "3.4", "3.5", "3.6", "backward", "long"]
    assert in_order()[0].name == "index.md"


@pytest.mark.parametrize("last", ["3.3", "3.6", "long"])
def test_a_file_of_all_that_the_chapters_asked_for_agrees(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    solved = after(last)
    Path("mine.py").write_text(written(solved), encoding="utf-8")
    assert main(["check", "mine.py", "--receipt", "receipt.md"]) == 0
    asked = {name for each in solved for name in each.names}
    assert all(normal(name) in KNOWN for name in asked)
    assert agreeing(Path("receipt.md").read_text("utf-8")) == asked


def test_an_empty_file_is_filled_page_by_page_checked_and_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, receipt = Path("mine.py"), Path("receipt.md")
    mine.touch()
    assert main(["check", "mine.py"]) == 2  # it is empty
    for count, each in enumerate(SOLVED, start=1):
        mine.write_text(written(SOLVED[:count]), encoding="utf-8")
        new = [f"mine.py::{name}" for name in each.names]
        assert main(["check", "-q", *new]) == 0, each.names
    train = ["train", "--with", "mine.py", "--length", "4", "--width", "5"]
    assert main([*train, "--steps", "12", "--receipt", "receipt.md"]) == 0
    told = receipt.read_text("utf-8")
    assert told.startswith("# Receipt: a model trained by mine.py")
    assert "mine.py imports nothing of attnbook." in told


def test_the_file_on_the_shelf_is_what_the_solutions_make() -> None:
    assert FILE.read_text("utf-8") == written(SOLVED) + "\n"


def test_the_file_takes_nothing_from_the_book() -> None:
    body = ast.parse(FILE.read_text("utf-8")).body
    imported = {n.module for n in body if isinstance(n, ast.ImportFrom)}
    assert imported == {"math"}
    assert not any(isinstance(node, ast.Import) for node in body)


def test_a_solution_uses_only_what_was_asked_for_before() -> None:
    with pytest.raises(NotWrittenError, match="not written yet"):
        written([each for each in SOLVED if "dot" not in each.names])


def test_the_file_trains_as_the_book_does() -> None:
    settings = Settings(length=4, width=5, steps=12)
    expected = run(settings)
    trained = train_with(str(FILE), settings)
    assert trained.told.losses == pytest.approx(expected.losses, abs=1e-12)
    assert trained.told.exact == expected.exact
    assert {*trained.used} == {"loss_and_gradients", "adam"}
    assert trained.checked.notes == ()
