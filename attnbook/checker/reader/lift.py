"""Attention outside of any function, as a function of what it starts from.

Scripts and cells go step by step: `queries = inputs @ W_query`, and on to the
mix. The statements that lead to a mix become the body of a function here. Its
parameters are the arrays that they start from, and the sizes that the file
gives a name. Each statement keeps its line.
"""

import ast
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attnbook.checker.reader.carry import end_of
from attnbook.checker.reader.flow import (
    SENTENCE,
    Cut,
    Flow,
    Root,
    assigned,
    called,
    is_product,
    loaded,
    named,
)
from attnbook.checker.reader.free import (
    WIDTH,
    is_weight,
    one_width,
    sizes_of,
)

PREFIX = "attention_in_lines_"
"""How the names begin of functions that the file does not have itself."""


def lifted(flow: Flow) -> list[ast.FunctionDef]:
    r"""A function for each mix of a file's own statements.

    Of several that start from the same, the last stands for all.

    Examples:
        >>> source = "x = rand(4, 2)\na = softmax(x @ x.T)\nout = a @ x"
        >>> print(ast.unparse(lifted(Flow(ast.parse(source)))[0]))
        def attention_in_lines_2_to_3(inputs):
            x = inputs
            a = softmax(x @ x.T)
            out = a @ x
            return out
    """
    found = {}
    for place in _mixes(flow.statements):
        cut = _cut(flow, place)
        if cut is not None and not any(map(_has_number, cut.kept)):
            function = _function(cut)
            if function is not None:
                found[tuple(sorted(cut.roots))] = function
    return [*found.values()]


def _cut(flow: Flow, place: int) -> Cut | None:
    """What leads to a mix; with several heads also to what joins them."""
    mix = flow.statements[place]
    cut = flow.leading_to(place)
    if cut is None or not any(map(_is_heads, cut.roots)):
        return None if isinstance(mix, ast.For) and not _summed(mix) else cut
    end = end_of(flow, place, _result(mix))
    return cut if end == place else flow.leading_to(end)


def _is_heads(root: Root) -> bool:
    """Whether a size is how many heads there are."""
    return root.kind == "size" and bool(_HEADS.match(root.name.lower()))


_HEADS = re.compile(r"^(n|num|number_of)?_?(heads?|h)$")


def _mixes(statements: Sequence[ast.stmt]) -> Iterator[int]:
    """Where the weights of a softmax first take part in a product."""
    soft: dict[str, int] = {}
    for place, each in enumerate(statements):
        taken = {soft[name] for name in _mixed(each) & soft.keys()}
        if taken or _is_whole(each) or _is_loop(each):
            yield place
            soft = {n: made for n, made in soft.items() if made not in taken}
        elif isinstance(each, ast.Assign) and len(named(each)) == 1:
            (name,) = named(each)
            origins = [soft[n] for n in loaded(each.value) & soft.keys()]
            if any(map(_is_softmax, ast.walk(each.value))):
                origins = [place]
            soft.pop(name, None)
            soft |= {name: max(origins)} if origins else {}


def _is_whole(statement: ast.stmt) -> bool:
    """Whether a softmax is written within the product that mixes."""
    products = filter(is_product, ast.walk(statement))
    return isinstance(statement, ast.Assign) and any(
        _is_softmax(each) for product in products for each in ast.walk(product)
    )


def _is_loop(statement: ast.stmt) -> bool:
    """Whether a loop mixes for one head after another."""
    if not isinstance(statement, ast.For) or not _gathered(statement):
        return False
    return any(True for _ in _mixes([*map(assigned, statement.body)]))


def _gathered(statement: ast.stmt) -> str:
    """The list to which a loop appends; empty if there is not one."""
    lists = {
        name
        for node in ast.walk(statement)
        if called(node) == "append"
        for name in loaded(node.func)  # type: ignore[attr-defined]
    }
    return min(lists) if len(lists) == 1 else ""


def _mixed(statement: ast.stmt) -> set[str]:
    """The names whose values are in a product, or summed by a loop."""
    if isinstance(statement, ast.Assign) and len(named(statement)) == 1:
        products = filter(is_product, ast.walk(statement.value))
    elif isinstance(statement, ast.For) and _summed(statement):
        products = filter(_is_times, ast.walk(statement))
    else:
        return set()
    return {name for each in products for name in loaded(each)}


def _summed(loop: ast.For) -> str:
    """The name of what a loop adds up, if it does nothing else."""
    *rest, last = loop.body
    if rest or not isinstance(last, ast.AugAssign):
        return ""
    return last.target.id if isinstance(last.target, ast.Name) else ""


def _function(cut: Cut) -> ast.FunctionDef | None:
    """The function of these roots; None where it would be of other tokens."""
    arrays = _arrays(cut)
    own = [root.name for root in arrays]
    places = {place for each in cut.kept for place in _tokens(each, own)}
    if not own or len(places) > 1:
        return None
    names, prelude = _parameters(cut, arrays)
    words = {"names": names, "prelude": prelude, "inputs": own[0]}
    made = _frame(cut, _EACH if places else _ONE, words)
    lengths = _Lengths(arrays[0])
    body = [lengths.visit(copy.deepcopy(each)) for each in cut.kept]
    filled = _Filled(body, cut.roots, own if places else []).visit(made)
    (function,) = ast.fix_missing_locations(filled).body
    return function  # type: ignore[no-any-return]


def _frame(cut: Cut, source: str, words: Mapping[str, Any]) -> ast.Module:
    """A function without its statements, on the line where these begin."""
    first, last = cut.kept[0].lineno, cut.kept[-1].end_lineno
    told = {**words, "names": ", ".join(words["names"])}
    heads = "_with_heads" if any(map(_is_heads, cut.roots)) else ""
    name = f"{PREFIX}{first}_to_{last}{heads}"
    result = _result(cut.kept[-1])
    made = ast.parse(source.format(name=name, result=result, **told))
    for node in ast.walk(made):
        if isinstance(node, ast.stmt | ast.expr | ast.arg):
            node.lineno = node.end_lineno = first
    return made


_ONE = """
def {name}({names}):
    {prelude}
    ...
    return {result}
"""
_EACH = """
def {name}({names}):
    {prelude}
    _rows = []
    for _row in range(len({inputs})):
        ...
        _rows.append({result})
    return _rows
"""
"""What is written for the token at one place, done for each of them."""


def _arrays(cut: Cut) -> list[Root]:
    """The arrays among the roots, the sentence first."""
    arrays = [root for root in cut.roots if root.kind != "size"]
    arrays.sort(key=lambda root: not _is_data(root))
    return sorted(arrays, key=lambda root: not SENTENCE.match(root.name))


def _is_data(root: Root) -> bool:
    """Whether an array is neither weights nor a mask, by its name."""
    is_mask = "mask" in root.name.lower() or root.name.startswith("tri")
    return root.kind == "array" and not (is_weight(root.name) or is_mask)


def _parameters(cut: Cut, arrays: Sequence[Root]) -> tuple[list[str], str]:
    """The names of what is given, and what tells the sizes.

    A size is told by the array that is made with it. What is a width of the
    sentence and of queries and keys is that of the model.
    """
    sizes = [root.name for root in cut.roots if root.kind == "size"]
    told, one = sizes_of(sizes, arrays), one_width(arrays)
    names = _given_as(arrays)
    pairs = zip(arrays, names, strict=True)
    lines = [f"{r.name} = {name}" for r, name in pairs if r.name != name]
    lines += [f"{s} = {a}.shape[{place}]" for s, (a, place) in told.items()]
    if one and (one & {*sizes} or arrays[0].name in _measured(cut.kept)):
        lines += [f"{size} = {WIDTH}" for size in sizes if size in one]
        names.append(WIDTH)
    left = [each for each in sizes if each not in told.keys() | one]
    lengths = [each for each in left if _LENGTHS.match(each.lower())]
    by = _LENGTH.format(arrays[0].name)
    lines += [f"{length} = {by}" for length in lengths]
    names += [each for each in left if each not in lengths]
    return names, "; ".join(lines) or "pass"


def _given_as(arrays: Sequence[Root]) -> list[str]:
    """The names that say which are the inputs, and which layers are weights.

    One array that is neither weights nor a mask can only be the inputs.
    """
    data = [root for root in arrays if _is_data(root)]
    return [
        "inputs" if data == [root]
        else root.name if root.kind == "array" or is_weight(root.name)
        else f"W_{root.name}"
        for root in arrays
    ]  # fmt: skip


def _measured(statements: Sequence[ast.stmt]) -> set[str]:
    """The names of which the statements take the shape."""
    return {
        name
        for each in statements
        for node in ast.walk(each)
        if isinstance(node, ast.Attribute) and node.attr == "shape"
        for name in loaded(node)
    }


def _tokens(statement: ast.stmt, names: Sequence[str]) -> Iterator[int]:
    """The places at which a statement takes one token, as in `inputs[1]`."""
    for each in ast.walk(statement):
        if isinstance(each, ast.Subscript) and isinstance(
            each.value, ast.Name
        ):
            place = getattr(each.slice, "value", None)
            if type(place) is int and each.value.id in names:
                yield place


def _result(last: ast.stmt) -> str:
    """The name of what the last statement makes."""
    if isinstance(last, ast.For):
        return _summed(last) or _gathered(last)
    return min(named(last))


class _Lengths(ast.NodeTransformer):
    """Puts the sentence's length in the place of its number.

    That is said where a table is made for it, as in `torch.ones(6, 6)`.
    """

    def __init__(self, sentence: Root) -> None:
        self._inputs = sentence.name
        self._rows = sentence.axes[:-1][-1:] or sentence.axes
        self._inside = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The arguments of a table, by the length of the sentence."""
        before, self._inside = self._inside, called(node) in _TABLES
        self.generic_visit(node)
        self._inside = before
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """`6` as `len(inputs)`, where these are 6 rows and it is a size."""
        if not self._inside or node.value not in self._rows:
            return node
        length = ast.parse(_LENGTH.format(self._inputs), mode="eval").body
        return ast.copy_location(length, node)


_LENGTHS = re.compile(
    r"^((max_?)?seq_?(len\w*)?|sequence_length|n|t|(n|num)_?tokens|"
    r"context_length|block_size)$"
)
_LENGTH = "{0}.shape[-2] if hasattr({0}, 'shape') else len({0})"
_TABLES = {"ones", "zeros", "empty", "full", "eye", "range", "arange", "tri"}


class _Filled(ast.NodeTransformer):
    """Puts statements in the place of `...`, and layers in that of weights."""

    def __init__(
        self, body: list[ast.stmt], roots: Sequence[Root], rows: Sequence[str]
    ) -> None:
        self._body, self._rows = body, rows
        self._layers = {root.name for root in roots if root.kind == "layer"}

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        """The statements for `...`; each other as it is."""
        if isinstance(node.value, ast.Constant) and node.value.value is ...:
            return [self.visit(each) for each in self._body]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`W(x)` as `x @ W`, where `W` is a layer."""
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in self._layers or len(node.args) != 1:
            return node
        product = ast.BinOp(node.args[0], ast.MatMult(), node.func)
        return ast.copy_location(product, node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`inputs[1]` as `inputs[_row]`."""
        self.generic_visit(node)
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        place = getattr(node.slice, "value", None)
        if name in self._rows and type(place) is int:
            node.slice = ast.Name("_row", ast.Load())
        return node


def _has_number(statement: ast.stmt) -> bool:
    """Whether a number stands where a size or its root would have to stand.

    It may be right for the sizes that the file has, and for no other.
    """
    value = getattr(statement, "value", None)
    if value is not None and _is_number(value):
        return True
    for node in ast.walk(statement):
        if any(map(_is_number, _factors(node))):
            return True
    return False


def _factors(node: ast.AST) -> Sequence[ast.AST]:
    """What multiplies or divides here, or is taken the root of."""
    if called(node) == "sqrt":
        places = [e for e in ast.walk(node) if isinstance(e, ast.Subscript)]
        inside = {e for place in places for e in ast.walk(place)}
        return [e for e in ast.walk(node) if e not in inside]
    if not isinstance(node, ast.BinOp):
        return []
    if isinstance(node.op, ast.Mult):
        return [node.left, node.right]
    if isinstance(node.op, ast.Div):
        return [node.right]
    return [node.left] if isinstance(node.op, ast.Pow) else []


def _is_number(node: ast.AST) -> bool:
    """Whether this is a number that may be a size or a root of one."""
    value = node.value if isinstance(node, ast.Constant) else None
    if type(value) is int:
        return 1 < value < 10_000
    return type(value) is float and 0.001 < value < 10_000 and value != 1


def _is_times(node: ast.AST) -> bool:
    """Whether this is a product of numbers."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _is_softmax(node: ast.AST) -> bool:
    """Whether this is a softmax, or a step of one."""
    name = called(node).lower().replace("_", "")
    return "softmax" in name or name == "exp"
