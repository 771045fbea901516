"""The solution below each exercise passes the check that the page offers."""

import pytest

from attnbook.checker.engine import findings
from attnbook.checker.match.names import normal
from attnbook.checker.reader.program import Program
from attnbook.checker.steps.table import STEPS
from press.book import DOCS, page_paths
from press.solutions import Solved, in_order, solutions

KNOWN = {normal(name) for step in STEPS for name in (step.name, *step.names)}
SOLVED = [solved for path in page_paths() for solved in solutions(path)]
each_solved = pytest.mark.parametrize(
    "solved", SOLVED, ids=lambda solved: f"{solved.path}:{solved.line}"
)


def verdicts(source: str) -> dict[str, str]:
    """What the check says of each function of a file that it knows."""
    program = Program()
    loaded = {"do": "load", "path": "mine.py", "source": source}
    assert program.ask(loaded)
    return {f.function: f.verdict for f in findings(program.ask, source)}


def test_there_are_exercises_in_every_chapter() -> None:
    chapters = {solved.path.parts[1] for solved in SOLVED}
    assert {"3.3", "3.4", "3.5", "3.6", "backward"} <= chapters


@each_solved
def test_the_solution_agrees(solved: Solved) -> None:
    wanted = [name for name in solved.names if normal(name) in KNOWN]
    found = verdicts(solved.source)
    assert dict.fromkeys(wanted, "agrees") == {
        name: found.get(name, "not found") for name in wanted
    }


@each_solved
def test_hints_are_a_ladder_of_two_or_three(solved: Solved) -> None:
    assert solved.hints in (2, 3)


def test_each_page_that_teaches_ends_with_something_to_write() -> None:
    solved = {each.path.as_posix().removeprefix("docs/") for each in SOLVED}
    pages = [p.relative_to(DOCS).as_posix() for p in in_order()]
    chapters = {p for p in pages if p.startswith(("3.", "backward/", "long/"))}
    assert chapters - solved == set()


def test_what_is_written_in_numpy_is_on_the_pages_about_it() -> None:
    local = {each.path.as_posix() for each in SOLVED if each.local}
    arrays = {f"docs/3.{i}/arrays.md" for i in range(3, 7)}
    assert local == {*arrays, "docs/long/blocks.md", "docs/long/spread.md"}
    assert all("import numpy as np" in s.source for s in SOLVED if s.local)


def test_a_solution_for_one_width_is_noticed() -> None:
    source = """
def context_vector(attn_weights, inputs):
    mine = [0.0, 0.0, 0.0]
    for weight, x in zip(attn_weights, inputs):
        for j, entry in enumerate(x):
            mine[j] += weight * entry
    return mine
"""
    assert verdicts(source) == {"context_vector": "differs"}
