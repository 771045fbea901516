"""Files for the checker: one to fill in, or one that others have written."""

import ast
import sys
from collections.abc import Sequence
from typing import Any

from attnbook.checker.match.names import normal
from attnbook.checker.steps.step import Step
from attnbook.checker.steps.table import STEPS

FILE = "mine.py"
OF_ARRAYS = "mine_arrays.py"
"""Where what needs NumPy goes: `mine.py` takes nothing but lists."""
_LOCAL = (
    "The page has no NumPy, so this one has no field here. "
    "Check it on your own machine:"
)


def exercise_lines(
    lines: Sequence[str], _: dict[str, Any] | None = None
) -> list[str]:
    """The Markdown of an exercise: the file, and the command to type.

    Raises:
        ValueError: If it cannot be checked.

    Examples:
        >>> exercise_lines(
        ...     ["import numpy as np", "def dot(x, y):", "    ..."]
        ... )[0]
        '```python title="mine_arrays.py"'
    """
    if flaw := exercise_flaw(lines):
        raise ValueError(flaw)
    if is_local(lines):
        return [*_file(OF_ARRAYS, lines), _LOCAL, "", *_command(OF_ARRAYS)]
    shown = [*_file(FILE, lines), *_command(FILE)]
    return ['<div class="exercise" markdown>', "", *shown, "", "</div>"]


def is_local(lines: Sequence[str]) -> bool:
    """Whether a file takes in what is only on the reader's machine.

    Examples:
        >>> is_local(["import numpy as np"]), is_local(["import math"])
        (True, False)
    """
    body = ast.parse("\n".join(lines)).body
    names = {
        each.name.partition(".")[0]
        for node in body
        if isinstance(node, ast.Import)
        for each in node.names
    }
    return not names <= sys.stdlib_module_names


def _file(name: str, lines: Sequence[str]) -> list[str]:
    return [f'```python title="{name}"', *lines, "```", ""]


def _command(name: str) -> list[str]:
    return ["```console", f"$ attnbook check {name}", "```"]


def attempt_lines(
    lines: Sequence[str], _: dict[str, Any] | None = None
) -> list[str]:
    """The Markdown of an attempt: a file, folded under its first line.

    Raises:
        ValueError: If it cannot be checked, or its first line does not say
            what it is.

    Examples:
        >>> attempt_lines(["# right", "def dot(x, y):", "    ..."])[0]
        '??? example "right"'
    """
    label, *source = lines or [""]
    if not label.startswith("# "):
        raise ValueError("the first line of an attempt must be a comment")
    if flaw := exercise_flaw(source):
        raise ValueError(flaw)
    code = ["```python", *source, "```"]
    return [f'??? example "{label[2:]}"', "", *(f"    {it}" for it in code)]


def exercise_flaw(lines: Sequence[str]) -> str:
    """Why an exercise cannot be checked; nothing if it can.

    Examples:
        >>> exercise_flaw(["def softmax(scores):", "    ..."])
        ''
        >>> exercise_flaw(["def hardmax(scores):", "    ..."])
        'the checker knows none of: hardmax'
    """
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError as error:
        return f"a file that is not Python: {error.msg}"
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    known = {normal(name) for step in STEPS for name in _names(step)}
    if known.isdisjoint(map(normal, names)):
        return f"the checker knows none of: {', '.join(names)}"
    return ""


def _names(step: Step) -> tuple[str, ...]:
    """What a step is called, by attnbook and by readers."""
    return (step.name, *step.names)
