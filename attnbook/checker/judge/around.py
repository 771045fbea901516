"""What stands around a checked attention, and an attention in no function.

A block, a layer or a whole model does more than attention, and is left alone.
The attention in it is a class or function of the same file, checked by
itself: that is said, so that such a file does not look unchecked.
"""

import ast
from collections.abc import Iterator, Sequence

from attnbook.checker.finding import HELPERS, JUDGED, Finding
from attnbook.checker.match.chosen import used
from attnbook.checker.words import tree_of


def within(
    source: str, found: Sequence[Finding], left: Sequence[str]
) -> list[tuple[str, str]]:
    """What was left alone and uses a checked attention, with that one."""
    attentions = {
        each.function.partition(".")[0]: each.verdict in JUDGED
        for each in found
        if each.step.name not in HELPERS
    }
    pairs = []
    for name in left:
        inside = used(source, [name]) & attentions.keys()
        if inside and all(attentions[each] for each in inside):
            pairs += [(name, each) for each in _outer(source, inside)]
    return pairs


def _outer(source: str, names: set[str]) -> Iterator[str]:
    """Those of the names that no other of them uses."""
    for name in sorted(names):
        if not any(name in used(source, [o]) for o in names - {name}):
            yield name


def alone(
    source: str, left: Sequence[str], users: Sequence[tuple[str, str]]
) -> list[str]:
    """What was left alone, without these users and what they are made of."""
    names = {name for name, _ in users}
    told = names | used(source, names)
    return [name for name in left if name not in told]


def outside(source: str) -> int:
    r"""The line where statements outside of functions compute attention.

    They take a softmax, and two products of matrices: one for the scores,
    one for the mix.

    Examples:
        >>> outside("a = softmax(q @ k.T)\nout = a @ v")
        1
        >>> outside("a = softmax(scores)\nout = a @ v")
        0
        >>> outside("def attend(q, k, v): return softmax(q @ k.T) @ v")
        0
    """
    lines: list[int] = []
    products = 0
    for statement in tree_of([source]).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            nodes = [*ast.walk(statement)]
            products += sum(map(_is_product, nodes))
            lines += [statement.lineno] * any(map(_is_softmax, nodes))
    return lines[0] if lines and products > 1 else 0


def _is_product(node: ast.AST) -> bool:
    """Whether this is a product of matrices."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    return _called(node) in {"matmul", "dot", "einsum", "bmm", "mm"}


def _is_softmax(node: ast.AST) -> bool:
    """Whether this is a call of a softmax."""
    return "softmax" in _called(node).lower()


def _called(node: ast.AST) -> str:
    """The last name of what is called; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func).rpartition(".")[2]
