"""Puts what a reader wrote on many pages into one file.

In the page each exercise has a field of its own. What stands in one may be
called by another, and all of it together is the reader's `mine.py`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

OURS = ("attnbook", "docs")

Parts: TypeAlias = dict[str, "Part"]


class Part(NamedTuple):
    """What gives a name its meaning in a file: a statement of it."""

    node: ast.stmt
    text: str

    @property
    def used(self) -> set[str]:
        """The names that it reads."""
        names = (n for n in ast.walk(self.node) if isinstance(n, ast.Name))
        return {name.id for name in names}

    @property
    def ours(self) -> bool:
        """Whether it takes a name from this book."""
        module = getattr(self.node, "module", None) or ""
        return module.partition(".")[0] in OURS


class Gathered(NamedTuple):
    """A file, and what it came of."""

    text: str
    functions: list[str]
    unread: list[str]
    """Of each piece that is no Python, how it begins."""


def gathered(pieces: Sequence[str]) -> Gathered:
    r"""One file of pieces that are read in this order.

    What is written again replaces the older one; where a piece takes from
    the book what the reader has written, too, the reader's counts.

    Examples:
        >>> found = gathered(["def dot(x, y):\n    return 0", "def ("])
        >>> found.functions, found.unread
        (['dot'], ['def ('])
        >>> print(gathered(["from attnbook.vectors import dot\nf = dot"]).text)
        from attnbook.vectors import dot
        <BLANKLINE>
        <BLANKLINE>
        f = dot
    """
    taken, made, unread = _read(pieces)
    imports = [part for name, part in taken.items() if name not in made]
    head = "\n".join(_joined(imports))
    body = [part.text for part in made.values()]
    functions = [
        name
        for name, part in made.items()
        if isinstance(part.node, ast.FunctionDef | ast.ClassDef)
    ]
    text = "\n\n\n".join([head, *body] if head else body)
    return Gathered(text, functions, unread)


def completed(text: str, pieces: Sequence[str]) -> str:
    r"""A file, and below it what it uses of other pieces and has not itself.

    Examples:
        >>> dot = "def dot(x, y):\n    return 0"
        >>> print(completed("def norm(x):\n    return dot(x, x)", [dot]))
        def norm(x):
            return dot(x, x)
        <BLANKLINE>
        <BLANKLINE>
        def dot(x, y):
            return 0
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return text
    own = {name for node in body for name in _names(node)}
    taken, made, _ = _read(pieces)
    parts = {k: part for k, part in (taken | made).items() if k not in own}
    asked = {name for node in body for name in Part(node, "").used}
    needed = _closure(asked, parts)
    return "\n\n\n".join([text, *dict.fromkeys(p.text for p in needed)])


def _closure(asked: Iterable[str], parts: Mapping[str, Part]) -> list[Part]:
    """The parts of these names, and of every name that these use."""
    found: Parts = {}
    waiting = [name for name in asked if name in parts]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = parts[name]
            waiting += [each for each in parts[name].used if each in parts]
    return [part for name, part in parts.items() if name in found]


def _read(pieces: Sequence[str]) -> tuple[Parts, Parts, list[str]]:
    """By their names what is imported and what is made; what is unread."""
    taken: Parts = {}
    made: Parts = {}
    unread = []
    for piece in pieces:
        try:
            body = ast.parse(piece).body
        except (SyntaxError, ValueError):
            unread.append(piece.strip().partition("\n")[0])
            continue
        for part in _parts(body, piece.splitlines()):
            is_import = isinstance(part.node, ast.Import | ast.ImportFrom)
            for name in _names(part.node):
                (taken if is_import else made)[name] = part
    return taken, made, unread


def _parts(body: Sequence[ast.stmt], lines: Sequence[str]) -> Iterator[Part]:
    """The statements that make a name, but for functions still to write."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for each in node.names:
                single = ast.parse(ast.unparse(node)).body[0]
                single.names = [each]  # type: ignore[attr-defined]
                yield Part(single, ast.unparse(single))
        elif any(_names(node)) and not _is_stub(node):
            marks: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(mark.lineno for mark in marks)])
            text = "\n".join(lines[first - 1 : node.end_lineno])
            yield Part(node, text)


def _names(node: ast.stmt) -> list[str]:
    """The names that a statement makes at the top of a file."""
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [each.asname or each.name for each in node.names]
        case ast.Assign():
            names = [n for t in node.targets for n in ast.walk(t)]
            return [n.id for n in names if isinstance(n, ast.Name)]
        case ast.AnnAssign(target=ast.Name() as target):
            return [target.id]
    return []


def _is_stub(node: ast.stmt) -> bool:
    """Whether a function does nothing yet."""
    return isinstance(node, ast.FunctionDef) and all(
        isinstance(each, ast.Pass)
        or (
            isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        )
        for each in node.body
    )


def _joined(imports: Sequence[Part]) -> list[str]:
    """The imports in lines: one for each module that names are taken from."""
    lines, modules = set[str](), dict[str, set[str]]()
    for part in imports:
        if isinstance(part.node, ast.ImportFrom):
            names = modules.setdefault(part.node.module or ".", set())
            names.add(part.text.rpartition(" import ")[2])
        else:
            lines.add(part.text)
    for module, names in modules.items():
        lines.add(f"from {module} import {', '.join(sorted(names))}")
    return sorted(lines, key=str.lower)
