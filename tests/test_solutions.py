"""The solution below each exercise passes the check that the page offers."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from attnbook.checker.engine import findings
from attnbook.checker.match.names import normal
from attnbook.checker.reader.program import Program
from attnbook.checker.steps.table import STEPS
from press.book import BOOK, ROOT, page_paths
from press.pages.page import Page, read_page

KNOWN = {normal(name) for step in STEPS for name in (step.name, *step.names)}


class Solved(NamedTuple):
    """An exercise, and the file that its solution makes of it."""

    path: Path
    line: int
    names: list[str]
    source: str


def _top_level(source: str) -> Iterator[ast.stmt]:
    """The imports and functions of a source: what a file of it would hold."""
    kinds = ast.Import, ast.ImportFrom, ast.FunctionDef
    yield from (n for n in ast.parse(source).body if isinstance(n, kinds))


def _solution(page: Page, line: int) -> str:
    """The examples of the first solution below a line."""
    lines = page.text.splitlines()
    start = lines.index('??? success "Solution"', line)
    indented = (
        i for i in range(start + 1, len(lines)) if lines[i][:1].strip()
    )
    end = next(indented, len(lines))
    return "".join(
        example.source
        for example in page.examples
        if start < example.line <= end
    )


def _solved(path: Path) -> Iterator[Solved]:
    """Every exercise of a page with its solution."""
    page = read_page(path, BOOK)
    for fence in page.fences:
        if fence.tag == "exercise":
            asked = list(_top_level("\n".join(fence.lines)))
            answer = list(_top_level(_solution(page, fence.line)))
            imports = [n for n in asked if not isinstance(n, ast.FunctionDef)]
            body = [ast.unparse(node) for node in (*imports, *answer)]
            names = [n.name for n in asked if isinstance(n, ast.FunctionDef)]
            where = path.relative_to(ROOT)
            yield Solved(where, fence.line, names, "\n".join(body))


SOLVED = [solved for path in page_paths() for solved in _solved(path)]


def verdicts(source: str) -> dict[str, str]:
    """What the check says of each function of a file that it knows."""
    program = Program()
    loaded = {"do": "load", "path": "mine.py", "source": source}
    assert program.ask(loaded)
    return {f.function: f.verdict for f in findings(program.ask, source)}


def test_there_are_exercises_in_every_chapter() -> None:
    chapters = {solved.path.parts[1] for solved in SOLVED}
    assert {"3.3", "3.4", "3.5", "3.6", "backward"} <= chapters


@pytest.mark.parametrize(
    "solved", SOLVED, ids=lambda solved: f"{solved.path}:{solved.line}"
)
def test_the_solution_agrees(solved: Solved) -> None:
    wanted = [name for name in solved.names if normal(name) in KNOWN]
    found = verdicts(solved.source)
    assert dict.fromkeys(wanted, "agrees") == {
        name: found.get(name, "not found") for name in wanted
    }


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
