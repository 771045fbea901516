"""What statements do with a mix after it: heads side by side, and projected.

A mix of several heads is no end yet. What only turns, cuts or joins it, or
multiplies it by weights, belongs to the same attention.
"""

import ast

from attnbook.checker.reader.flow import Flow, called, loaded, named
from attnbook.checker.reader.free import is_weight

_CARRIES = {
    "reshape", "view", "transpose", "permute", "swapaxes", "concatenate",
    "cat", "concat", "hstack", "stack", "column_stack", "contiguous",
    "flatten", "rearrange", "moveaxis", "matmul", "dot", "einsum", "size",
    "tuple", "list", "ascontiguousarray",
}  # fmt: skip
_OWN = ("merge", "combine", "concat", "join")
_JOINS = ast.MatMult | ast.Add | ast.FloorDiv


def end_of(flow: Flow, place: int, result: str) -> int:
    """The last statement that only carries a result on."""
    end = place
    for i in range(place + 1, len(flow.statements)):
        each = flow.statements[i]
        if _carries(flow, i, result):
            end, (result,) = i, named(each)
        elif result in named(each):
            break
    return end


def _carries(flow: Flow, place: int, result: str) -> bool:
    """Whether a statement makes of a result the same in another form."""
    each = flow.statements[place]
    if not isinstance(each, ast.Assign) or len(named(each)) != 1:
        return False
    if result not in loaded(each.value):
        return False
    others = loaded(each.value) - {result} - flow.known
    return all(map(_is_carrying, ast.walk(each.value))) and all(
        is_weight(name) or not flow.is_array(name, place) for name in others
    )


def _is_carrying(node: ast.AST) -> bool:
    """Whether a part of an expression changes no number but by weights."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, _JOINS)
    if not isinstance(node, ast.Call):
        return not isinstance(node, ast.Compare | ast.Lambda | ast.IfExp)
    name = called(node).lower()
    plain = isinstance(node.func, ast.Name) and is_weight(node.func.id)
    return name in _CARRIES or plain or any(e in name for e in _OWN)
