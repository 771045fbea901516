"""Runs what a reader wrote, where the page is read.

This module is in the site's archive and is imported by the worker. It needs
the standard library alone. `emit` is replaced by the worker, to show output
while it comes.
"""

import ast
import contextlib
import io
import linecache
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

LIMIT = 10_000  # characters that a block may print
FLOOD = f"Stopped: more than {LIMIT:,} characters of output.\n"

Show: TypeAlias = Callable[[str], object]
emit: Show = len
_namespace: dict[str, Any] = {}


class Ran(NamedTuple):
    """One example, as it ran: what it printed, or how it failed."""

    line: int  # from 1, in the block
    source: str
    output: str
    error: str  # the traceback as the reader sees it
    brief: str  # the same as a page prints it


class Flood(BaseException):
    """More output than a page can hold."""


class _Printed(io.StringIO):
    """Text that is shown as it comes, up to a limit."""

    def __init__(self, room: int, show: Show) -> None:
        super().__init__()
        self.room = room
        self.show = show

    def write(self, text: str) -> int:
        """Keep and show a text, cut where there is no more room."""
        kept = text[: self.room]
        self.room -= len(kept)
        self.show(kept)
        super().write(kept)
        if len(kept) < len(text):
            raise Flood
        return len(text)


def answer(module: str, name: str, arguments: list[Any]) -> dict[str, Any]:
    """Call a function for the page: its `value`, or its `error`.

    An error is the function's refusal of what it was given. Any other
    exception is raised: nothing that the page calls should fail otherwise.
    """
    try:
        value = getattr(import_module(module), name)(*arguments)
    except ValueError as error:
        return {"error": {"kind": "ValueError", "message": str(error)}}
    return {"value": plain(value)}


_FINDS = (*map(id, sys.meta_path), *sys.path)
"""What imports are found by, as long as no block has taken it away."""


def is_sound(own: Show) -> bool:
    """Whether a block still runs and is heard, whatever the last one did.

    `own` is the `emit` that the worker gave.
    """
    heard: list[str] = []
    try:
        (example,) = split("print(6 * 7)", "block 0")
        _run_one(example, _Printed(LIMIT, heard.append), {})
        own_names = import_module(__name__).__dict__
        same = own_names is globals() and all(
            callable(own_names[name]) for name in ("run", "restart")
        )
        same = same and {*_FINDS} <= {*map(id, sys.meta_path), *sys.path}
        return same and "".join(heard) == "42\n" and bool(emit == own)
    except BaseException:  # noqa: BLE001 - whatever a reader left behind
        return False


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a function returns
    """Named tuples as dicts, other sequences as lists.

    Examples:
        >>> plain((Ran(1, "2", "2", "", ""), 0.5))[0]["line"]
        1
    """
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def restart() -> None:
    """Begin a session: no names, and the package as it was built."""
    _namespace.clear()
    _namespace["__name__"] = "__main__"
    for name in list(sys.modules):
        if name.partition(".")[0] == "attnbook":
            del sys.modules[name]


def run(source: str, name: str) -> list[Ran]:
    r"""Run a block as if it were typed, example by example.

    What cannot be parsed does not run at all; what floods ends the block.

    Examples:
        >>> [ran.output.strip() for ran in run("1 + 1; 2\n3", "block 1")]
        ['2\n2', '3']
        >>> run("1 / 0", "block 2")[0].brief.splitlines()[-1]
        'ZeroDivisionError: division by zero'
    """
    lines = source.splitlines(keepends=True)
    linecache.cache[name] = (len(source), None, lines, name)
    try:
        examples = split(source, name)
    except (SyntaxError, ValueError) as error:  # a null is a ValueError
        return [Ran(1, source, "", *_told(error))]
    done, room = list[Ran](), LIMIT
    for example in examples:
        done.append(_run_one(example, _Printed(room, emit), _namespace))
        room -= len(done[-1].output)
        if done[-1].error == FLOOD:
            break
    return done


class Example(NamedTuple):
    """What an interactive interpreter would run at once."""

    line: int
    source: str
    code: CodeType


def split(source: str, name: str) -> list[Example]:
    r"""The examples of a block: one a statement, or a line of them.

    Raises:
        SyntaxError: If it cannot be parsed.
        ValueError: If it holds a null character.

    Examples:
        >>> [example.line for example in split("x = 1; x\n\nx", "block")]
        [1, 3]
    """
    lines = source.splitlines()
    groups: list[list[ast.stmt]] = []
    for statement in ast.parse(source, name).body:
        if groups and _first_line(statement) == groups[-1][-1].end_lineno:
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return [_example(group, lines, name) for group in groups]


def _example(group: list[ast.stmt], lines: list[str], name: str) -> Example:
    """Statements as one example, compiled so that values are echoed."""
    first, last = _first_line(group[0]), group[-1].end_lineno
    code = compile(ast.Interactive(group), name, "single", dont_inherit=True)
    return Example(first, "\n".join(lines[first - 1 : last]), code)


def _first_line(statement: ast.stmt) -> int:
    """Where a statement begins, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(node.lineno for node in decorators)])


def _run_one(
    example: Example, printed: _Printed, namespace: dict[str, Any]
) -> Ran:
    """Run one example, and catch whatever it prints or raises."""
    told = ("", "")
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            exec(example.code, namespace)  # noqa: S102
    except Flood:
        told = (FLOOD, FLOOD)
    except BaseException as error:  # noqa: BLE001 - shown to the reader
        told = _told(error)
    return Ran(example.line, example.source, printed.getvalue(), *told)


def _told(error: BaseException) -> tuple[str, str]:
    """A traceback of the reader's own lines, and in the form of a page."""
    report = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = report
    while part is not None:
        own = [f for f in part.stack if f.filename.startswith("block ")]
        part.stack = traceback.StackSummary.from_list(own)
        part = part.__cause__ or part.__context__
    last = _cut("".join(report.format_exception_only()))
    brief = f"Traceback (most recent call last):\n    ...\n{last}"
    return _cut("".join(report.format())), brief


def _cut(text: str) -> str:
    """As much of a report as a block may print: how it begins and ends."""
    half = LIMIT // 2
    if len(text) <= LIMIT:
        return text
    return f"{text[:half]}\n...\n{text[-half:]}"
