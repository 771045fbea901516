"""The recipes of *For teachers*, each run; the sheets and the solutions."""

import ast
import doctest
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from attnbook.checker import command
from attnbook.checker.mistakes import CATALOGUE
from press.book import BOOK, DOCS, page_paths
from press.course import (
    exercises,
    recipe_lines,
    sheet_lines,
    solution_lines,
    table_lines,
)
from press.pages.page import read_page

SOFTMAX = """\
from math import exp
def softmax(scores):
    exps = [exp(score - max(scores)) for score in scores]
    return [e / sum(exps) for e in exps]
"""
ATTENTION = """\
def self_attention(inputs):
    dot = lambda x, y: sum(a * b for a, b in zip(x, y, strict=True))
    weights = [softmax([dot(x, y) for y in inputs]) for x in inputs]
    return [[dot(row, column) for column in zip(*inputs)] for row in weights]
"""
RIGHT = SOFTMAX + ATTENTION
WRONG = RIGHT.replace("e / sum(exps)", "e")


def recipes() -> dict[str, str]:
    """Each recipe of the page by the name of its file."""
    page = read_page(DOCS / "check" / "teachers.md", BOOK)
    lines = [each.lines for each in page.fences if each.tag == "recipe"]
    return {first[2:]: "\n".join(rest) for first, *rest in lines}


def told(source: str) -> str:
    """What an assertion of a recipe says of a source."""
    made: dict[str, Any] = {}
    exec(source, made)  # noqa: S102
    cell = recipes()["autograder_cell.py"]
    try:
        exec(cell, made)  # noqa: S102
    except AssertionError as failure:
        return str(failure)
    return ""


def run(words: str, source: str, folder: Path) -> int:
    """The exit status of a command of the page, beside this `mine.py`."""
    (folder / "mine.py").write_text(source, encoding="utf-8")
    name, *rest = shlex.split(words)
    assert name == "attnbook"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "attnbook", *rest],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode


def test_every_recipe_has_its_test() -> None:
    assert list(recipes()) == [
        *("test_mine.py", "autograder_cell.py", "tests/q1.py"),
        *(".github/classroom/autograding.json", ".pre-commit-config.yaml"),
        ".vscode/tasks.json",
    ]


@pytest.mark.parametrize(("source", "status"), [(RIGHT, 0), (WRONG, 1)])
def test_pytest_fails_with_the_report(
    source: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    test = tmp_path / "test_mine.py"
    test.write_text(recipes()["test_mine.py"], encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:playwright",
            test.name,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("First wrong step: softmax" in done.stdout) == bool(status)


def test_the_cell_of_nbgrader_raises_where_it_differs() -> None:
    assert told(SOFTMAX) == ""
    assert "Likely cause" in told(WRONG)


def test_the_file_of_otter_prints_nothing_where_it_agrees() -> None:
    made: dict[str, Any] = {}
    exec(recipes()["tests/q1.py"], made)  # noqa: S102
    assert made["OK_FORMAT"]
    (suite,) = made["test"]["suites"]
    for source, failures in {SOFTMAX: 0, WRONG: 1}.items():
        space: dict[str, Any] = {}
        exec(source, space)  # noqa: S102
        (case,) = suite["cases"]
        parsed = doctest.DocTestParser().get_doctest(
            case["code"], space, "q1", None, 0
        )
        runner = doctest.DocTestRunner(verbose=False)
        runner.run(parsed, out=lambda _: None)
        assert runner.failures == failures


@pytest.mark.parametrize(("source", "status"), [(RIGHT, 0), (WRONG, 1)])
def test_github_classroom_decides_by_the_status_and_keeps_the_reasons(
    source: str, status: int, tmp_path: Path
) -> None:
    recipe = json.loads(recipes()[".github/classroom/autograding.json"])
    for test in recipe["tests"]:
        assert run(test["run"], source, tmp_path) == status
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert found["status"] == status
    suites = ET.parse(tmp_path / "results.xml").getroot()  # noqa: S314
    assert bool(suites.findall(".//failure")) == bool(status)


@pytest.mark.parametrize(("source", "status"), [(RIGHT, 0), (WRONG, 1)])
def test_pre_commit_runs_its_entry_on_the_files_that_it_names(
    source: str, status: int, tmp_path: Path
) -> None:
    recipe = yaml.safe_load(recipes()[".pre-commit-config.yaml"])
    (hook,) = recipe["repos"][0]["hooks"]
    wanted = [
        name
        for name in ("my_attention.py", "attention.ipynb", "notes.py")
        if re.search(hook["files"], name)
    ]
    assert wanted == ["my_attention.py", "attention.ipynb"]
    assert run(f"{hook['entry']} mine.py", source, tmp_path) == status


def test_vs_code_matches_what_is_wrong_and_only_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (task,) = json.loads(recipes()[".vscode/tasks.json"])["tasks"]
    pattern = task["problemMatcher"]["pattern"]
    file = tmp_path / "mine.py"
    file.write_text(WRONG, encoding="utf-8")
    words = task["command"].replace("${file}", str(file))
    name, verb, *rest = shlex.split(words)
    assert (name, verb) == ("attnbook", "check")
    command.run(rest)
    lines = capsys.readouterr().out.splitlines()
    found = list(filter(None, (re.match(pattern["regexp"], x) for x in lines)))
    first = found[0]
    assert first[pattern["file"]] == str(file)
    assert first[pattern["line"]] == "2"
    assert first[pattern["column"]] == "1"
    assert first[pattern["message"]].startswith("differs: softmax: ")
    file.write_text(RIGHT, encoding="utf-8")
    command.run(rest)
    assert not re.search(pattern["regexp"], capsys.readouterr().out)


@pytest.mark.parametrize("lines", [[], ["x = 1"], ["# notes"], ["# x.exe"]])
def test_a_recipe_names_its_file(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="must name its file"):
        recipe_lines(lines)


# The exercises.


def test_the_table_names_every_exercise_with_its_mistakes() -> None:
    pages = [read_page(path, BOOK) for path in page_paths()]
    fences = [f for page in pages for f in page.fences if f.tag == "exercise"]
    assert len(exercises()) == len(fences)
    table = "\n".join(table_lines())
    rows = {"softmax": "softmax", "scores": "attention_scores"}
    rows["causal_attention"] = rows["self_attention"] = ""
    rows["causal_attention"] = "causal_attention"
    rows["self_attention"] = "trainable_self_attention"
    for name, step in rows.items():
        known = sum(mistake.step == step for mistake in CATALOGUE)
        assert f"| `{name}` | {known} |" in table
        assert known > 0


@pytest.mark.parametrize("made", [sheet_lines, solution_lines])
def test_what_is_printed_links_to_where_its_words_lead(
    made: Callable[[], list[str]],
) -> None:
    text = "\n".join(made())
    for target in re.findall(r"\]\((?!\w+:)([^)#\s]+)", text):
        assert (DOCS / "check" / target).is_file(), target
    assert "<!--=" not in text
    assert text.count("\n## ") == len(exercises())


def test_a_sheet_gives_nothing_away_and_the_solutions_are_whole() -> None:
    sheet, solved = "\n".join(sheet_lines()), "\n".join(solution_lines())
    assert "???" not in sheet + solved
    assert ">>> " not in sheet
    assert "*Check*" not in sheet, "nothing is checked on paper"
    assert "\n\nThen " not in sheet, "nothing stands before a task"
    for exercise in exercises():
        assert exercise.stub in sheet
        assert exercise.task
        names = {node.name for node in exercise.functions}
        examples = doctest.DocTestParser().get_examples(exercise.solution)
        made = ast.parse("".join(each.source for each in examples)).body
        defined = {n.name for n in made if isinstance(n, ast.FunctionDef)}
        assert names <= defined, exercise.page
