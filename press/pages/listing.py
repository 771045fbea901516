"""Finds the source of a symbol, for a page to show."""

import ast
from dataclasses import dataclass
from pathlib import Path

from press.pages.book import ROOT


@dataclass(frozen=True)
class Listing:
    """The source of one symbol, and the file that it stands in."""

    symbol: str
    path: str
    code: str


def find_listing(symbol: str) -> Listing:
    """The source of `package.module.name`, its docstring cut to one line.

    The whole docstring stands in the reference, to which the page links.

    Raises:
        ValueError: If there is no such module or no such name in it.

    Examples:
        >>> find_listing("attnbook.vectors.Vector").code
        'Vector: TypeAlias = list[float]'
    """
    module, _, name = symbol.rpartition(".")
    path = Path(f"{module.replace('.', '/')}.py")
    if not (ROOT / path).is_file():
        raise ValueError(f"no module {module!r} for the symbol {symbol!r}")
    source = (ROOT / path).read_text(encoding="utf-8")
    node = _find(ast.parse(source), name)
    if node is None:
        raise ValueError(f"no symbol {name!r} in {path}")
    hidden = _hidden_lines(node)
    code = [
        line + '"""' * (number + 1 in hidden)
        for number, line in enumerate(source.splitlines(), start=1)
        if _first_line(node) <= number <= (node.end_lineno or number)
        and number not in hidden
    ]
    return Listing(symbol, path.as_posix(), "\n".join(code))


def _find(tree: ast.Module, name: str) -> ast.stmt | None:
    """The statement that defines a name at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [t.id for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
            names = [target.id] if isinstance(target, ast.Name) else []
        else:
            continue
        if name in names:
            return node
    return None


def _first_line(node: ast.stmt) -> int:
    """Where a statement begins, decorators included."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return min(part.lineno for part in (node, *node.decorator_list))
    return node.lineno


def _hidden_lines(node: ast.stmt) -> range:
    """The lines of a docstring after its first."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        docstring = node.body[0]
        if ast.get_docstring(node) is not None and docstring.end_lineno:
            return range(docstring.lineno + 1, docstring.end_lineno + 1)
    return range(0)
