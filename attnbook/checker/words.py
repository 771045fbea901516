"""What went wrong, in a sentence each, and values as a person writes them."""

import ast
import re
import signal
from collections.abc import Iterator, Sequence
from typing import Any
from warnings import catch_warnings, simplefilter

from attnbook.checker.finding import Difference
from attnbook.checker.reader.program import Reply


def lines_of(source: str) -> list[str]:
    r"""The lines of a file as Python counts them.

    `str.splitlines` also ends a line at a form feed and at U+2028.

    Examples:
        >>> lines_of("a\u2028b\r\nc")
        ['a\u2028b', 'c']
    """
    return re.split("\r\n|\r|\n", source)


def tree_of(lines: Sequence[str]) -> ast.Module:
    """The file as Python parses it; nothing, where it is none.

    Examples:
        >>> len(tree_of(["x = 1", "y = 2"]).body), tree_of(["%cd"]).body
        (2, [])
    """
    try:
        with catch_warnings():
            simplefilter("ignore")  # of the reader's file, not of ours
            return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def borrowed(source: str) -> Iterator[str]:
    """That a file may hand its work on to the book's own functions."""
    if re.search(r"^\s*(from|import) attnbook\b", source, re.MULTILINE):
        yield (
            "Your file imports attnbook. Where a function of yours calls one "
            "of the book's, it is the book that agrees with itself."
        )


def printable(text: str) -> str:
    r"""Text that cannot steer a terminal; its line ends stay.

    Examples:
        >>> printable("E\x1b[2J: no\n")
        'E?[2J: no\n'
    """
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def listed(names: Sequence[str], most: int = 10) -> str:
    """Names in a row, of very many the first, and of a long one the start.

    Examples:
        >>> listed(["f", "g", "h"], most=2)
        'f, g and 1 more'
    """
    rest = len(names) - most
    shown = ", ".join(map(_short, names[:most]))
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _short(name: str, most: int = 80) -> str:
    """A name, or its start where it is longer than anybody reads."""
    return name if len(name) <= most else f"{name[: most - 3]}..."


def problem(name: str, reply: Reply, lines: Sequence[str]) -> str:
    """Why a call gave no result.

    Examples:
        >>> problem("`softmax`", {"stopped": "time", "seconds": 5.0}, [])
        '`softmax` did not finish within 5 seconds: is there an endless loop?'
    """
    if "stopped" in reply:
        return _stopped(name, reply)
    error = reply["error"]
    kind, said = _one_line(error["type"]), _one_line(error["message"])
    at = _at(error["line"], lines)
    if error.get("missing") and kind == "ModuleNotFoundError":
        return f"{name} imports {error['missing']}, not installed here{at}."
    if kind in _OURS:
        return f"{name} {_OURS[kind].format(said)}."
    if kind == "RecursionError" and _COMPILING & {*said.split()}:
        return f"{name} nests an expression too deeply for Python{at}."
    usual = f"raises {kind}{f': {said}' if said else ''}"
    return f"{name} {_RAISED.get(kind, usual)}{at}."


_COMPILING = {"compilation", "construction", "traversing"}
"""Words of Python's own when its compiler, and no function, is too deep."""

_OURS = {
    "UnfitError": "{}, so it was not checked",
    "TooMuchError": "returns too much: {}",
    "UnreadableError": "returns what gives no numbers ({})",
}
"""What the program of the check raises itself, and no function does."""

_RAISED = {
    "SystemExit": "ends the program (SystemExit)",
    "KeyboardInterrupt": "ends the program (KeyboardInterrupt)",
    "RecursionError": "calls itself without an end",
    "MemoryError": "needs more memory than a check allows",
}


def _stopped(name: str, reply: Reply) -> str:
    """Of a program that hangs, or ends by itself."""
    name = name[:1].upper() + name[1:]
    if reply["stopped"] == "time":
        after = f"within {reply['seconds']:g} seconds"
        return f"{name} did not finish {after}: is there an endless loop?"
    status = reply["status"]
    if status is None:
        return f"{name} disturbed what attnbook reads its results from."
    if status >= 0:
        return f"{name} ended the whole program (exit status {status})."
    signal_name = _signal(-status)
    if signal_name not in _CRASHES:
        return f"{name} ended Python by a signal ({signal_name})."
    return (
        f"{name} brought Python itself down ({signal_name}): is there a "
        f"recursion without an end, or a limit on memory?"
    )


def _signal(number: int) -> str:
    """The name of a signal, where it has one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


_CRASHES = {"SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL", "SIGSEGV"}
"""How a process ends that does not end itself."""


def _at(line: int | None, lines: Sequence[str]) -> str:
    """The reader's own line, where it is known."""
    if line is None or not 1 <= line <= len(lines):
        return ""
    return f" (line {line}: `{_one_line(lines[line - 1].strip()[:80])}`)"


def _one_line(text: str) -> str:
    """Text that stays on its line and cannot steer a terminal."""
    return printable(text).replace("\n", "?")


def difference(found: Difference) -> str:
    """Expected against got, with the indices.

    Examples:
        >>> difference(Difference("value", "[0][1]", 0.5, 0.25, 0.25))
        'expected 0.5 at [0][1], got 0.25'
        >>> difference(Difference("shape", "", (2, 3), (3, 2), 0.0))
        'expected shape 2 x 3, got 3 x 2'
    """
    where = f" at {found.where}" if found.where else ""
    if found.kind == "shape":
        wanted, came = sizes(found.expected), sizes(found.got)
        shape = "shape " if isinstance(found.expected, tuple) else ""
        return f"expected {shape}{wanted}{where}, got {came}"
    if found.kind == "value":
        return (
            f"expected {number(found.expected)}{where}, "
            f"got {number(found.got)}"
        )
    return f"expected {found.expected}{where}, got {found.got}"


def sizes(shape: Any) -> str:  # noqa: ANN401
    """A shape in words: `3 x 2`, or what stands in its place."""
    if shape == ():
        return "a single number"
    if isinstance(shape, tuple):
        return " x ".join(str(length) for length in shape)
    return str(shape)


def number(value: Any) -> str:  # noqa: ANN401
    """A number as a person writes it: at most 6 digits.

    Examples:
        >>> number(0.333333333), number(2.0), number(-1e-20)
        ('0.333333', '2', '-1e-20')
    """
    return f"{value:.6g}" if isinstance(value, float | int) else str(value)


def nested(value: Any) -> str:  # noqa: ANN401
    """Nested lists of numbers, each as a person writes it.

    Examples:
        >>> nested([[0.1, 2.0], [1 / 3, 1]])
        '[[0.1, 2], [0.333333, 1]]'
    """
    if isinstance(value, dict):
        pairs = zip(value["fields"], value["items"], strict=True)
        return ", ".join(f"{name} = {nested(item)}" for name, item in pairs)
    if isinstance(value, list | tuple):
        return f"[{', '.join(nested(item) for item in value)}]"
    return str(value) if isinstance(value, bool) else number(value)
