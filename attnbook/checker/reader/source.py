"""The Python in what a reader hands in: a file, or a notebook's cells."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

_MAGIC = re.compile(r"^(\s*)(%|!|\?)|^[\w.]+\?{1,2}\s*$")
_ASSIGNED = re.compile(r"^(\s*)([\w ,]+?)\s*=\s*[%!]")
_OTHER_LANGUAGES = (
    "%%bash", "%%sh", "%%html", "%%javascript", "%%js", "%%latex",
    "%%writefile", "%%cython", "%%script", "%%markdown", "%%svg", "%%R",
    "%%perl", "%%ruby", "%%file", "%%sql",
)  # fmt: skip


def python_of(text: str, path: str) -> str:
    r"""The Python of a file: as it is, or a notebook's code cells in order.

    Lines that only a notebook understands (`!pip`, `%matplotlib`) stay as
    comments, so that a line keeps its number.

    Raises:
        ValueError: If a notebook holds no cells that can be read.

    Examples:
        >>> python_of("x = 1", "mine.py")
        'x = 1'
        >>> cell = {"cell_type": "code", "source": ["!pip list\n", "x = 1"]}
        >>> python_of(json.dumps({"cells": [cell]}), "mine.ipynb")
        '# !pip list\nx = 1\n'
    """
    if not path.endswith(".ipynb") or not text.lstrip().startswith("{"):
        return text if _is_python(text) else _exported(text)
    return "\n".join(f"{_python(cell)}\n" for cell in _cells(text))


def _is_python(text: str) -> bool:
    """Whether a text is Python as it stands."""
    try:
        with catch_warnings():
            simplefilter("ignore")  # of the reader's file, not of ours
            ast.parse(text)
    except SyntaxError:
        return False
    except (ValueError, RecursionError, MemoryError):
        pass  # it is no business of a notebook's lines
    return True


def _exported(text: str) -> str:
    """A notebook's export without a notebook's lines, where that helps."""
    plain = "\n".join(_plain(text.split("\n")))
    return plain if _is_python(plain) else text


def _cells(text: str) -> Iterator[str]:
    """The source of each code cell, in either form that notebooks have."""
    try:
        notebook = json.loads(text)
        sheets = notebook.get("worksheets", [notebook])
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("the notebook holds no cells to read") from error
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield _joined(cell.get("source", cell.get("input", "")))


def _joined(source: Any) -> str:  # noqa: ANN401
    """A cell's lines, whether they come as one text or as a list."""
    return source if isinstance(source, str) else "".join(source or ())


def _python(cell: str) -> str:
    """A cell without what only a notebook understands."""
    lines = cell.rstrip("\n").split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith(_OTHER_LANGUAGES):
        return "\n".join(f"# {line}" for line in lines)
    return "\n".join(_plain(lines))


def _plain(lines: list[str]) -> Iterator[str]:
    """Each line; of a magic one its indentation, and the rest a comment."""
    going_on = in_text = False
    for line in lines:
        assigned, magic = _ASSIGNED.match(line), _MAGIC.match(line)
        if in_text or not (going_on or assigned or magic):
            in_text ^= _opens_text(line)
            yield line
        elif assigned and not going_on:
            yield f"{assigned[1]}{assigned[2]} = None  # {line.strip()}"
        else:
            indent = line[: len(line) - len(line.lstrip())]
            stop = "pass  " if indent and not going_on else ""
            yield f"{indent}{stop}# {line.strip()}"
        going_on = (going_on or bool(magic)) and line.endswith("\\")


def _opens_text(line: str) -> bool:
    """Whether a text in three quotes begins here without ending."""
    return any(line.count(quotes) % 2 for quotes in ('"""', "'''"))
