"""Writes what a reader has written who solved every exercise.

    python -m press.mine

One file holds the model solutions of all pages, in the order in which they
are read. What a solution takes from the book there, the reader has written
on a page before; a name that is written again replaces the older one.
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from inpage.gather import gathered
from press.book import DOCS
from press.solutions import Solved, in_order, solutions

FILE = DOCS / "data" / "mine.py"
_HEAD = '"""Every model solution of the pages, made by `press.mine`."""\n'
_OURS = ("attnbook", "docs.data.mine")


class NotWrittenError(Exception):
    """A solution uses what no page before it has asked for."""


def written(solved: Sequence[Solved]) -> str:
    """The file that these solutions make together.

    Raises:
        NotWrittenError: If one imports of the book what is not written yet.
    """
    found = set[str]()
    for each in solved:
        for module, name in _imported(each):
            if module.startswith(_OURS) and name not in found:
                where = f"{each.path}:{each.line}"
                raise NotWrittenError(f"{where} uses {name}: not written yet")
        found |= {node.name for node in each.functions}
    return f"{_HEAD}\n{gathered([each.source for each in solved]).text}"


def _imported(solved: Solved) -> Iterator[tuple[str, str]]:
    """Every name that a solution imports, with its module."""
    for node in solved.imports:
        module = node.module if isinstance(node, ast.ImportFrom) else ""
        yield from ((str(module), each.name) for each in node.names)


def all_solved() -> list[Solved]:
    """Every exercise on lists, in the order in which they are read."""
    found = [each for path in in_order() for each in solutions(path)]
    return [each for each in found if not each.local]


def main(file: Path = FILE) -> None:
    """Bring the file up to date."""
    file.write_text(written(all_solved()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
