"""The book as a course: its exercises, sheets and solutions; recipes.

Each page has its exercise and its solution; what stands here is taken from
there when the site is built, in the order of the navigation.
"""

import ast
import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import cache
from textwrap import dedent
from typing import Any, NamedTuple

from attnbook.checker.match.chosen import steps_of
from attnbook.checker.mistakes import of_step
from attnbook.checker.steps.step import Step
from press.book import BOOK, DOCS, ROOT
from press.exercise import is_local
from press.pages.fences import Fence
from press.pages.page import COMMENT, Page, parse_page

HERE = "check"  # the folder of the pages that show them
NAV = re.compile(r"^ +- (?:[^:\n]+: )?(\S+\.md)$", re.MULTILINE)
TITLE = re.compile(r"^# (.+?)(?: \{.*\})?$", re.MULTILINE)
LINK = re.compile(r"\]\((?!\w+:)([^)\s#]*)(#[^)\s]*)?\)")
LANGUAGES = {".py": "python", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}
SOLUTION = '??? success "Solution"'


class Exercise(NamedTuple):
    """One exercise: where it is, what it asks for, and its solution."""

    page: str  # below docs/
    title: str
    task: str
    stub: str
    solution: str

    @property
    def functions(self) -> list[ast.FunctionDef]:
        """What is to be written."""
        body = ast.parse(self.stub).body
        return [node for node in body if isinstance(node, ast.FunctionDef)]

    @property
    def steps(self) -> dict[str, Step]:
        """What the check takes each function for; helpers are none."""
        found = {each.name: _step(each) for each in self.functions}
        return {name: step for name, step in found.items() if step}


def exercises() -> list[Exercise]:
    """Every exercise, in the order of the navigation."""
    nav = NAV.findall((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    return [each for name in nav for each in _of_page(name)]


def table_lines(
    _: Sequence[str] = (), __: dict[str, Any] | None = None
) -> list[str]:
    """Which page asks for what, against how many known mistakes."""
    head = "| Page | To write | Known mistakes |"
    rows = [
        f"| [{each.title}](../{each.page}) | `{name}` | {len(of_step(step))} |"
        for each in exercises()
        for name, step in each.steps.items()
    ]
    return [head, "|:-----|:---------|---------------:|", *rows]


def training_lines(
    lines: Sequence[str], _: dict[str, Any] | None = None
) -> list[str]:
    """A field that trains by the exercises up to a page, and which they are.

    Raises:
        ValueError: If the page that it names has no exercise.
    """
    last = "".join(lines).strip()
    found = [it for it in exercises() if not is_local([it.stub])]
    ends = [i for i, each in enumerate(found, 1) if each.page == last]
    if not ends:
        raise ValueError(f"{last} has no exercise")
    rows = ["| Page | To write |", "|:-----|:---------|"]
    for each in found[: ends[-1]]:
        there = posixpath.relpath(each.page, posixpath.dirname(last))
        names = ", ".join(f"`{it.name}`" for it in each.functions)
        rows.append(f"| [{each.title}]({there}) | {names} |")
    fold = f'??? abstract "What {len(found[: ends[-1]])} exercises asked for"'
    return [
        '<div class="train-here" markdown>', "", fold, "",
        *(f"    {row}" for row in rows), "", "</div>",
    ]  # fmt: skip


def sheet_lines(
    _: Sequence[str] = (), __: dict[str, Any] | None = None
) -> list[str]:
    """All exercises without hint and solution, with room to write."""
    return [line for each in exercises() for line in _sheet(each)]


def solution_lines(
    _: Sequence[str] = (), __: dict[str, Any] | None = None
) -> list[str]:
    """All solutions, without what leads to them."""
    return [line for each in exercises() for line in _solved(each)]


def recipe_lines(
    lines: Sequence[str], _: dict[str, Any] | None = None
) -> list[str]:
    """A file to copy, under the name that its first line gives it.

    Raises:
        ValueError: If the first line names no file of a kind that is known.

    Examples:
        >>> recipe_lines(["# test_mine.py", "import attnbook"])[0]
        '```python title="test_mine.py"'
    """
    name, *body = lines or [""]
    language = LANGUAGES.get(posixpath.splitext(name)[1])
    if not name.startswith("# ") or language is None:
        raise ValueError("the first line of a recipe must name its file")
    return [f'```{language} title="{name[2:]}"', *body, "```"]


def _sheet(exercise: Exercise) -> Iterator[str]:
    """One exercise, kept together on paper."""
    yield from ('<div class="sheet" markdown>', "")
    yield from (f"## {exercise.title}", "", _on_paper(exercise.task), "")
    yield from ("```python", *exercise.stub.splitlines(), "```", "")
    yield from ('<div class="sheet-room"></div>', "", "</div>", "")


def _on_paper(task: str) -> str:
    """A task that stands alone: nothing is before it, and nothing checks.

    Examples:
        >>> _on_paper("Then write it. True hides. *Check* reads both. Well?")
        'Write it. True hides.'
    """
    said, check, _ = task.partition("*Check*")
    end = max(said.rfind(". "), said.rfind(".\n")) + 1 if check else len(task)
    words = task[:end].removeprefix("Then ")
    return words[0].upper() + words[1:]


def _solved(exercise: Exercise) -> Iterator[str]:
    """One solution, kept together on paper."""
    yield from ('<div class="sheet" markdown>', "")
    yield from (f"## {exercise.title}", "")
    yield from (exercise.solution, "", "</div>", "")


def _of_page(name: str) -> list[Exercise]:
    """The exercises of a page, in its order."""
    if not (DOCS / name).is_file():
        return []
    text = (DOCS / name).read_text(encoding="utf-8")
    return list(_of_text(name, text)) if "```exercise" in text else []


@cache
def _of_text(name: str, text: str) -> tuple[Exercise, ...]:
    """The same of a text of a page."""
    page = parse_page((DOCS / name).relative_to(ROOT), text, BOOK)
    fences = [fence for fence in page.fences if fence.tag == "exercise"]
    return tuple(_exercise(name, page, fence) for fence in fences)


def _exercise(name: str, page: Page, fence: Fence) -> Exercise:
    """One exercise, with the task above it and the solution below."""
    lines = page.text.splitlines()
    solution = block(lines, lines.index(SOLUTION, fence.line))
    return Exercise(
        name,
        title_of(page),
        moved(_before(lines[: fence.line - 1]), name),
        "\n".join(fence.lines),
        moved(solution, name),
    )


def title_of(page: Page) -> str:
    """The heading of a page, as plain words."""
    found = TITLE.search(page.text)
    return found[1] if found else page.path.stem


def _before(lines: Sequence[str]) -> str:
    """The paragraphs that lead to an exercise, back to a fold or heading."""
    starts = (i for i, line in enumerate(lines) if line[:1] in {" ", "#"})
    return "\n".join(lines[max(starts, default=-1) + 1 :]).strip()


def block(lines: Sequence[str], start: int) -> str:
    """What is indented below a line."""
    body = []
    for line in lines[start + 1 :]:
        if line[:1].strip():
            break
        body.append(line)
    return dedent("\n".join(body)).strip()


def moved(text: str, page: str, here: str = HERE) -> str:
    """A text of a page as it stands in another folder, its numbers bare."""
    folder = posixpath.dirname(page)

    def there(link: re.Match[str]) -> str:
        target = posixpath.join(folder, link[1]) if link[1] else page
        return f"]({posixpath.relpath(target, here)}{link[2] or ''})"

    return LINK.sub(there, COMMENT.sub("", text))


def _step(function: ast.FunctionDef) -> Step | None:
    """The step of that name that takes as many arguments."""
    count = len(function.args.args)
    known = steps_of(function.name)
    fitting = (s for s in known if count in {len(f.roles) for f in s.forms})
    return next(fitting, known[0] if known else None)
