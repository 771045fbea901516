"""Where a bound number comes from: what made it, and whose functions did.

A binding names an expression. What that reads was made by examples of the
page; those call functions, of the page or of the package. Here this is told
for every binding, from the text of the page alone.
"""

import ast
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from press.pages.numbers import NUMBER
from press.pages.page import Page

# Methods that fill a list, a set or a dict.
FILL = {"append", "extend", "insert", "add", "update"}

MOST = 3  # examples told for one number: the last that led to it


class Origin(NamedTuple):
    """An expression, the examples that made what it reads, the functions."""

    expression: str
    made: list[str]
    functions: list[str]  # by their full names


Origins: TypeAlias = dict[str, Origin]


def key(expression: str) -> str:
    """A short name for an expression, the same wherever it is bound."""
    return sha256(expression.encode()).hexdigest()[:8]


def origins(page: Page, drawn: Iterable[str] = ()) -> Origins:
    """The origin of all that a page binds, prints, and has `drawn`."""
    told, end = _told(page), len(page.examples)
    found = {key(each): (each, end) for each in asked(page, drawn)}
    printed = {
        f"example {i}": (each.source.strip(), i)
        for i, each in enumerate(page.examples)
        if NUMBER.search(each.shown)
    }
    return {
        name: _origin(page, *each, *told)
        for name, each in (found | printed).items()
    }


def _told(page: Page) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Which examples made each name; what each imported name stands for."""
    made, imported = dict[str, list[int]](), dict[str, str]()
    for i, example in enumerate(page.examples):
        for node in _nodes(example.source):
            imported |= _imported(node, page.book.package)
        for name in _bound(example.source):
            made.setdefault(name, []).append(i)
    return made, imported


def asked(page: Page, drawn: Iterable[str] = ()) -> set[str]:
    """The expressions whose values can be asked; some it has `drawn`."""
    bound = {binding.expression for binding in page.bindings}
    entries = {part for each in bound for part in parts(each) or ()}
    return bound | entries | {*drawn}


def parts(expression: str) -> list[str] | None:
    """What a list that is written out lists, one by one.

    Examples:
        >>> parts("[weights[0], sum(weights)]")
        ['weights[0]', 'sum(weights)']
        >>> parts("weights")
    """
    try:
        node = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    return [ast.unparse(each) for each in node.elts]


def _origin(
    page: Page,
    expression: str,
    end: int,
    made: dict[str, list[int]],
    imported: dict[str, str],
) -> Origin:
    """Follow the names that it reads at some example back through the page."""
    told, queue = set[int](), [(expression, end)]
    functions = list(_functions(expression, imported))
    while queue and len(told) < MOST:
        found = _latest(*queue.pop(0), made) - told
        for i in sorted(found, reverse=True)[: MOST - len(told)]:
            source = page.examples[i].source
            told.add(i)
            queue.append((source, i))
            functions += _functions(source, imported)
    sources = [page.examples[i].source.strip() for i in sorted(told)]
    return Origin(expression, sources, list(dict.fromkeys(functions)))


def _latest(text: str, before: int, made: dict[str, list[int]]) -> set[int]:
    """The examples before one that made what its text reads, the last each."""
    earlier = [
        max((i for i in made.get(name, ()) if i < before), default=-1)
        for name in _read(text)
    ]
    return {*earlier} - {-1}


def _nodes(source: str) -> Iterator[ast.AST]:
    """All that a piece of Python is made of; nothing if it is none."""
    try:
        yield from ast.walk(ast.parse(source.strip()))
    except SyntaxError:
        return


def _imported(node: ast.AST, package: str) -> dict[str, str]:
    """What is imported from the package, by the name that it gets."""
    if not isinstance(node, ast.ImportFrom) or not node.module:
        return {}
    if node.module.partition(".")[0] != package:
        return {}
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for alias in node.names
    }


def _bound(source: str) -> Iterator[str]:
    """The names that an example makes or fills, but for what it imports."""
    nodes = list(_nodes(source))
    inner = {
        id(part)
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.comprehension)
        for part in ast.walk(node)
        if part is not node
    }
    for node in nodes:
        if id(node) in inner:
            continue
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif filled := _filled(node):
            yield filled


def _filled(node: ast.AST) -> str:
    """The name of what gets an entry, as in `rows.append(row)`."""
    match node:
        case ast.Subscript(ast.Name(name), _, ast.Store()):
            return name
        case ast.Call(ast.Attribute(ast.Name(name), method)):
            return name if method in FILL else ""
    return ""


def _read(text: str) -> set[str]:
    """The names that a text reads and does not make itself."""
    nodes = list(_nodes(text))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    own |= {each.name for each in nodes if isinstance(each, ast.FunctionDef)}
    return {name.id for name in names} - own


def _functions(text: str, imported: dict[str, str]) -> Iterable[str]:
    """The functions of the package that a text calls."""
    for node in _nodes(text):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in imported:
            yield imported[called.id]
