"""Which sessions run in the page, and which on the reader's machine."""

import ast
from collections.abc import Iterator

from press.pages.book import Book
from press.pages.fences import Fence
from press.pages.page import Page


def local_sessions(page: Page) -> list[Fence]:
    """The sessions that run on the reader's machine.

    A session does if it imports what the page has not, or uses a name that
    such a session made.
    """
    local, made = list[Fence](), set[str]()
    for fence in page.fences:
        if fence.tag != "pycon":
            continue
        nodes = [
            node for tree in _trees(page, fence) for node in ast.walk(tree)
        ]
        names = [node for node in nodes if isinstance(node, ast.Name)]
        used = {name.id for name in names if isinstance(name.ctx, ast.Load)}
        if _imports_absent(nodes, page.book) or used & made:
            local.append(fence)
            made |= set(_made(nodes))
        else:
            made -= set(_made(nodes))
    return local


def _trees(page: Page, fence: Fence) -> Iterator[ast.Module]:
    """The examples of a session that Python can read."""
    last = fence.line + len(fence.lines)
    for example in page.examples:
        if fence.line < example.line <= last:
            try:
                yield ast.parse(example.source)
            except SyntaxError:
                continue  # shown on the page as an error


def _imports_absent(nodes: list[ast.AST], book: Book) -> bool:
    """Whether something is imported that the page has not."""
    names = [name for node in nodes for name in _imported(node)]
    return any(
        name.partition(".")[0] not in book.present
        or any(f"{name}.".startswith(f"{absent}.") for absent in book.absent)
        for name in names
    )


def _imported(node: ast.AST) -> list[str]:
    """The full names that an import takes in."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _made(nodes: list[ast.AST]) -> Iterator[str]:
    """The names that a session binds."""
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
