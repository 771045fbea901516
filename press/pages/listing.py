"""Finds the source of a symbol, for a page to show."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import griffe


@dataclass(frozen=True)
class Listing:
    """The source of one symbol, and the file that it stands in."""

    symbol: str
    path: str
    code: str


def find_listing(symbol: str, root: Path) -> Listing:
    """The source of `package.module.name`, its docstring cut to one line.

    A function that checks at the door and computes behind it, in one of the
    same name with an underscore, is shown with both. A name that a module
    only passes on is shown where it is defined. The whole docstring stands in
    the reference, to which the page links.

    Raises:
        ValueError: If there is no such module or no such name in it.

    Examples:
        >>> from press.book import ROOT
        >>> find_listing("attnbook.vectors.Vector", ROOT).code
        'Vector: TypeAlias = list[float]'
    """
    module, _, name = symbol.rpartition(".")
    path = file_of(module, root)
    if path is None:
        raise ValueError(f"no module {module!r} for the symbol {symbol!r}")
    code = path.read_text(encoding="utf-8")
    visited = griffe.visit(module, filepath=path, code=code)
    found = visited.members.get(name)
    if isinstance(found, griffe.Alias):
        return find_listing(found.target_path, root)
    if found is None:
        return _passed_on(symbol, visited, root)
    both = found, visited.members.get(f"_{name}")
    place = path.relative_to(root).as_posix()
    return Listing(symbol, place, "\n\n\n".join(_pieces(both, code)))


def _pieces(
    found: Iterable[griffe.Object | griffe.Alias | None], code: str
) -> Iterator[str]:
    """The source of what is there of a symbol."""
    lines = code.splitlines()
    for each in found:
        if isinstance(each, griffe.Object):
            yield "\n".join(_lines(each, lines))


def file_of(module: str, root: Path) -> Path | None:
    """The file of a module or package."""
    place = root.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in files if module and path.is_file()), None)


def _passed_on(
    symbol: str, module: griffe.Module | griffe.Alias, root: Path
) -> Listing:
    """A name that comes in by `from ... import *`."""
    name = symbol.rpartition(".")[2]
    for member in module.members.values():
        if isinstance(member, griffe.Alias) and member.wildcard:
            try:
                return find_listing(f"{member.wildcard}.{name}", root)
            except ValueError:
                continue
    raise ValueError(f"no symbol {name!r} for the symbol {symbol!r}")


def _lines(found: griffe.Object, code: list[str]) -> Iterator[str]:
    """The lines of an object, its docstring closed at the end of its first."""
    first, last = found.lineno or 1, found.endlineno or len(code)
    shown = hidden_to = 0
    if found.docstring and not found.is_attribute:
        shown = found.docstring.lineno or 0
        hidden_to = found.docstring.endlineno or 0
    for number, line in enumerate(code[first - 1 : last], start=first):
        if number == shown < hidden_to:
            yield f'{line}"""'
        elif not shown < number <= hidden_to:
            yield line
