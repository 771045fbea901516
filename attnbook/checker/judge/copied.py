"""Code that is this book's own: copied from it, or calling it.

Two functions are alike if their syntax is the same once docstrings and
annotations are gone and local names are numbered. Names from outside stay:
whoever writes `require` and all its arguments has not written this anew. What
stands behind such a door anybody may write alike: of that, local names count.
"""

import ast
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from attnbook.checker.finding import Caution, Finding
from attnbook.checker.match.chosen import steps_of, used
from attnbook.checker.steps.table import Step
from attnbook.checker.words import tree_of

KIND = "own"
_MODULES = (
    "vectors", "simple", "trainable", "causal", "multihead", "learning",
    "tasks", "backward/vectors", "backward/simple", "backward/trainable",
    "backward/causal", "backward/multihead", "arrays/simple",
    "arrays/trainable", "arrays/causal", "arrays/multihead",
    "arrays/learning", "arrays/tiled", "arrays/onepass",
)  # fmt: skip
_LEAST, _LEAST_BEHIND = 30, 100
"""Fewer parts of syntax than these anybody may write alike. What stands behind
a door is what the pages ask for: of that, more, or the book's own `_`.
"""


def with_owner(found: Sequence[Finding], source: str) -> list[Finding]:
    """The findings; what agrees and is the book's own code is said to be."""
    if not any(each.verdict == "agrees" for each in found):
        return list(found)
    tree = tree_of([source])
    copies, borrowed = dict(_copies(tree)), _borrowed(tree)
    return [_told(each, source, copies, borrowed) for each in found]


def with_opened(
    found: Iterable[Finding], source: str, opened: Iterable[str]
) -> tuple[Finding, ...]:
    """The findings; of what agrees it is said that the book's code was read.

    Where a file names attnbook, it says itself what it takes from it.
    """
    read = {_module(path) for path in opened}
    if _names_ours(tree_of([source])):
        read = set()
    return tuple(_with_read(each, read) for each in found)


def _with_read(finding: Finding, read: set[str]) -> Finding:
    """One of them, where a module that was read has its step."""
    taken = [
        module
        for module, _, name in (
            own.rpartition(".") for own in _ours().values()
        )
        if module in read and finding.step in steps_of(name)
    ]
    if finding.verdict != "agrees" or not taken:
        return finding
    said = (
        f"While your functions ran, they read `attnbook.{min(taken)}`, which "
        f"the file does not name: the book agrees with itself."
    )
    caution = Caution(KIND, said)
    return finding._replace(warnings=(caution, *finding.warnings))


def _module(path: str) -> str:
    """The module that a file holds, as text or compiled."""
    parts = Path(path).parts
    above = [part for part in parts[:-1] if part != "__pycache__"]
    return ".".join([*above, parts[-1].partition(".")[0]])


def _names_ours(tree: ast.Module) -> bool:
    """Whether a file names attnbook, in an import or in a text."""
    modules = (
        getattr(node, "module", None) or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
    return any(map(_is_ours, [*modules, *_strings(tree)]))


def _told(
    finding: Finding,
    source: str,
    copies: Mapping[str, str],
    borrowed: Mapping[str, set[str]],
) -> Finding:
    """One of them, with what was seen of its code."""
    name, step = finding.function.partition(".")[0], finding.step
    parts = {name} | used(source, [name])
    own = copies.get(name) or max(_copied(parts, step, copies), default="")
    taken = min(_taken_from(parts, step, borrowed), default="")
    if finding.verdict != "agrees" or not (own or taken):
        return finding
    is_own = f"is the code of `attnbook.{own}`"
    said = is_own if own else f"calls attnbook's own `{taken}`"
    caution = Caution(KIND, f"`{name}` {said}: the book agrees with itself.")
    return finding._replace(warnings=(caution, *finding.warnings))


def _copied(
    parts: Iterable[str], step: Step, copies: Mapping[str, str]
) -> Iterator[str]:
    """What does the work of a step and is a copy, among the parts of it."""
    for part in parts:
        if part in copies and step in steps_of(part):
            yield copies[part]


def _taken_from(
    parts: Iterable[str], step: Step, borrowed: Mapping[str, set[str]]
) -> Iterator[str]:
    """What does it and is the book's, among what these parts mention."""
    for part in parts:
        for each in borrowed.get(part, set()):
            if step in steps_of(each):
                yield each


def _copies(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The functions that are copies, each with what it is a copy of."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            forms = [_alike(node)]
            if node.name.startswith("_") or _size(node) >= _LEAST_BEHIND:
                forms.append(_to_the_letter(node))
            for form in forms:
                if form in _ours():
                    yield node.name, _ours()[form]


def _borrowed(tree: ast.Module) -> dict[str, set[str]]:
    """Of each definition the functions of attnbook's that it mentions."""
    names = {
        alias.asname or alias.name.partition(".")[0]: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if _is_ours(getattr(node, "module", None) or alias.name)
    }
    return {
        name: {*_mentioned(node, names)}
        for node in tree.body
        for name in _given_by(node)
    }


def _given_by(node: ast.stmt) -> list[str]:
    """The names that a definition or an assignment gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [*_stored([node])] if isinstance(node, ast.Assign) else []


def _is_ours(module: str) -> bool:
    """Whether a module is attnbook's."""
    return module.partition(".")[0] == "attnbook"


def _mentioned(node: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    """What is mentioned of what these names were imported from.

    A module can be imported by a string, too.
    """
    is_named = any(map(_is_ours, _strings(node)))
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in names:
            yield names[each.id]
        elif isinstance(each, ast.Attribute):
            root = ast.unparse(each.value).partition(".")[0]
            if is_named or root in names:
                yield each.attr


def _strings(node: ast.AST) -> Iterator[str]:
    """The texts that are written out in it."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


@cache
def _ours() -> dict[str, str]:
    """The book's own functions, by what makes them alike."""
    return {
        (_to_the_letter if node.name.startswith("_") else _alike)(node): (
            f"{module.replace('/', '.')}.{node.name}"
        )
        for module in _MODULES
        if (text := _source(module))
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
        if _size(node) >= _LEAST
    }


def _size(function: ast.FunctionDef) -> int:
    """How many parts of syntax it has."""
    return sum(1 for _ in ast.walk(function))


def _source(module: str) -> bytes:
    """The text of one of the book's modules; none where it is not there."""
    try:
        return pkgutil.get_data("attnbook", f"{module}.py") or b""
    except OSError:
        return b""


def _to_the_letter(function: ast.FunctionDef) -> str:
    """The body of a function as it stands, with the names of its arguments."""
    body = function.body[ast.get_docstring(function) is not None :]
    return "\n".join([*_taken(function), *map(ast.unparse, body)])


def _alike(function: ast.FunctionDef) -> str:
    """The body of a function, without what may differ."""
    body = function.body[ast.get_docstring(function) is not None :]
    names = dict.fromkeys([*_taken(function), *_stored(body)])
    numbers = {name: str(i) for i, name in enumerate(names)}
    renamed = ast.parse("\n".join(map(ast.unparse, body)))
    for each in ast.walk(renamed):
        if isinstance(each, ast.Name):
            each.id = numbers.get(each.id, each.id)
        elif isinstance(each, ast.AnnAssign):
            each.annotation = ast.Constant(None)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            each.value = ""
    return ast.dump(renamed)


def _taken(function: ast.FunctionDef) -> Iterator[str]:
    """The names of a function's arguments."""
    nodes = ast.walk(function.args)
    yield from (each.arg for each in nodes if isinstance(each, ast.arg))


def _stored(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that statements give a value."""
    for statement in body:
        for each in ast.walk(statement):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                yield each.id
