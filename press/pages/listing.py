"""Finds the source of a symbol, for a page to show."""

import ast
from dataclasses import dataclass, replace
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

    A function that checks at the door and computes behind it, in one of the
    same name with an underscore, is shown with both. What a package takes
    from one of its modules is shown where it stands. The whole docstring
    stands in the reference, to which the page links.

    Raises:
        ValueError: If there is no such module or no such name in it.

    Examples:
        >>> find_listing("attnbook.vectors.Vector").code
        'Vector: TypeAlias = list[float]'
    """
    module, _, name = symbol.rpartition(".")
    folder = Path(module.replace(".", "/"))
    is_package = (ROOT / folder).is_dir()
    path = folder / "__init__.py" if is_package else folder.with_suffix(".py")
    if not (ROOT / path).is_file():
        raise ValueError(f"no module {module!r} for the symbol {symbol!r}")
    source = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    node = _find(tree, name)
    if node is None and (home := _imported_from(tree, name)):
        return replace(find_listing(f"{home}.{name}"), symbol=symbol)
    if node is None:
        raise ValueError(f"no symbol {name!r} in {path}")
    behind = _find(tree, f"_{name}")
    code = [_code(source, each) for each in (node, behind) if each]
    return Listing(symbol, path.as_posix(), "\n\n\n".join(code))


def _code(source: str, node: ast.stmt) -> str:
    """The lines of a statement, without those of its docstring but one."""
    hidden = _hidden_lines(node)
    return "\n".join(
        line + '"""' * (number + 1 in hidden)
        for number, line in enumerate(source.splitlines(), start=1)
        if _first_line(node) <= number <= (node.end_lineno or number)
        and number not in hidden
    )


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


def _imported_from(tree: ast.Module, name: str) -> str | None:
    """The module that a module takes a name from."""
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    for node in imports:
        if name in {alias.name for alias in node.names}:
            return node.module
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
