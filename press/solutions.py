"""The model solutions of the exercises, as the pages give them."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from press.book import BOOK, DOCS, ROOT
from press.exercise import is_local
from press.pages.fences import Fence
from press.pages.page import Page, parse_page

_PAGE = re.compile(r"^ +- (?:[^:\n]+: )?(\S+\.md)$", re.MULTILINE)


class Solved(NamedTuple):
    """An exercise, and what its solution makes of it."""

    path: Path
    line: int
    names: list[str]
    """The functions that are asked for."""
    hints: int
    """How many hints stand between the exercise and its solution."""
    imports: list[ast.Import | ast.ImportFrom]
    """Only of what the functions use."""
    functions: list[ast.FunctionDef]
    local: bool
    """Whether it is written in NumPy, and checked on the reader's machine."""

    @property
    def source(self) -> str:
        """A file that holds this solution and nothing else."""
        body = [*self.imports, *self.functions]
        return "\n".join(ast.unparse(node) for node in body)


def in_order() -> list[Path]:
    """The pages in the order in which they are read."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = text[text.index("\nnav:") : text.index("\ntheme:")]
    return [DOCS / name for name in _PAGE.findall(nav)]


def solutions(path: Path) -> list[Solved]:
    """Every exercise of a page with its solution."""
    text = path.read_text(encoding="utf-8")
    return _solutions(path, text) if "```exercise" in text else []


@cache
def _solutions(path: Path, text: str) -> list[Solved]:
    """The same of a text in a file."""
    page = parse_page(path.relative_to(BOOK.root), text, BOOK)
    exercises = [it for it in page.fences if it.tag == "exercise"]
    return [_solved(page, fence) for fence in exercises]


def _solved(page: Page, fence: Fence) -> Solved:
    """One exercise, and the solution that is folded below it."""
    asked = ast.parse("\n".join(fence.lines)).body
    first, last, hints = _block(page, fence.line)
    examples = [it for it in page.examples if first < it.line <= last]
    body = ast.parse("".join(it.source for it in examples)).body
    functions = [n for n in body if isinstance(n, ast.FunctionDef)]
    return Solved(
        page.path,
        fence.line,
        [n.name for n in asked if isinstance(n, ast.FunctionDef)],
        hints,
        list(_needed([*asked, *body], functions)),
        functions,
        is_local(fence.lines),
    )


def _needed(
    body: Sequence[ast.stmt], functions: Sequence[ast.FunctionDef]
) -> Iterator[ast.Import | ast.ImportFrom]:
    """What the functions import, without what the page compares them by."""
    nodes = [node for each in functions for node in ast.walk(each)]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [e for e in node.names if (e.asname or e.name) in used]
            if names and isinstance(node, ast.ImportFrom):
                yield ast.ImportFrom(node.module, names, node.level)
            elif names:
                yield ast.Import(names)


def _block(page: Page, line: int) -> tuple[int, int, int]:
    """The lines of the first solution below a line, and its hints."""
    lines = page.text.splitlines()
    start = lines.index('??? success "Solution"', line)
    between = lines[line:start]
    hints = sum(each.startswith('??? tip "Hint') for each in between)
    indented = (
        i for i in range(start + 1, len(lines)) if lines[i][:1].strip()
    )
    return start, next(indented, len(lines)), hints
