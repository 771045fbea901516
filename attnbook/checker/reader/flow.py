"""What a file's own statements start from, and which of them lead where."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SENTENCE = re.compile(
    r"^(x|inputs?|\w*embed\w*|hidden_?states?)$", re.IGNORECASE
)
"""Names of a sentence's vectors, wherever they come from."""

_CREATED = {
    "tensor", "array", "asarray", "Tensor", "FloatTensor", "as_tensor",
    "rand", "randn", "random", "normal", "uniform", "standard_normal",
    "randint", "Parameter", "eye", "random_sample", "from_numpy", "Variable",
    "constant", "matrix", "encode",
}  # fmt: skip
_PRODUCTS = {"matmul", "dot", "einsum", "bmm", "mm"}
_LAYERS = {"Linear", "Dense"}
_DEFINED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_ASSIGNED = ast.Assign | ast.AnnAssign
_LOOPS = ast.For | ast.comprehension
_KEPT = _ASSIGNED | ast.AugAssign | ast.Expr | ast.For
_CHANGING = ("_", "append", "fill_diagonal")


class Root(NamedTuple):
    """A name that statements start from, and what kind of value it has."""

    name: str
    kind: str
    """`array`, `layer`, or `size`."""
    axes: tuple[str | int, ...] = ()
    """How long the axes of an array are, where the file says it."""


class Cut(NamedTuple):
    """Statements in their order, with what they start from."""

    roots: Sequence[Root]
    kept: Sequence[ast.stmt]


class Flow:
    """The statements of a file in order, and what each name comes from."""

    def __init__(self, tree: ast.Module) -> None:
        self.statements = [assigned(each) for each in _flat(tree.body)]
        self._names = [named(each) for each in self.statements]
        self._arrays: dict[tuple[str, int], bool] = {}
        self.known = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        } | {n.name for n in self.statements if isinstance(n, _DEFINED)}

    def root(self, name: str) -> Root | None:
        """What a name is that the file makes from nothing; else None."""
        place = self._before(name, len(self.statements))
        return None if place is None else self._root(place, name)

    def leading_to(self, place: int) -> Cut | None:
        """What a statement starts from, and the statements up to it."""
        last = self.statements[place]
        kept, roots, wanted = [last], list[Root](), self._used(last)
        for i in range(place - 1, -1, -1):
            each = self.statements[i]
            given = _given(each) & wanted
            if given and not isinstance(each, _KEPT):
                return None
            if isinstance(each, _ASSIGNED):
                wanted -= named(each)
            if given and (found := self._roots(i, given)):
                roots += found
            elif given:
                kept.append(each)
                wanted |= self._used(each)
        return Cut(roots[::-1], kept[::-1])

    def _roots(self, place: int, names: set[str]) -> list[Root]:
        """What a statement makes of names, if all start from nothing."""
        found = [self._root(place, name) for name in sorted(names)]
        roots = [root for root in found if root is not None]
        return roots if len(roots) == len(found) else []

    def _root(self, place: int, name: str) -> Root | None:
        """What a statement makes of a name, if that starts from nothing."""
        value = _value(self.statements[place], name)
        if value is None:
            return None
        if isinstance(value, ast.Constant):
            is_size = type(value.value) is int and value.value > 0
            return Root(name, "size") if is_size else None
        if called(value) in _LAYERS:
            return Root(name, "layer", _axes(value))
        if SENTENCE.match(name) or self._is_made(value, place):
            return Root(name, "array", _axes(value))
        return None

    def _is_made(self, value: ast.expr, place: int) -> bool:
        """Whether an array is made here, of sizes and numbers alone."""
        makes = any(
            called(each) in _CREATED or _is_list(each)
            for each in ast.walk(value)
        )
        used = _data_names(value) - self.known
        return makes and not any(self.is_array(n, place) for n in used)

    def is_array(self, name: str, before: int) -> bool:
        """Whether a name holds an array at a place."""
        place = self._before(name, before)
        if place is None:
            return False
        if (name, place) not in self._arrays:
            self._arrays[name, place] = self._holds_array(name, place)
        return self._arrays[name, place]

    def _holds_array(self, name: str, place: int) -> bool:
        """Whether a statement gives a name an array."""
        value = _value(self.statements[place], name)
        if value is None:
            return not isinstance(self.statements[place], _DEFINED)
        if self._is_made(value, place):
            return True
        used = _data_names(value) - self.known
        return any(self.is_array(each, place) for each in used)

    def _before(self, name: str, place: int) -> int | None:
        """Where a name gets the value that it has at a place."""
        for i in range(place - 1, -1, -1):
            if name in self._names[i]:
                return i
        return None

    def _used(self, statement: ast.stmt) -> set[str]:
        """The names that a statement needs from those before it."""
        nodes = [*ast.walk(statement)]
        loops = [each for each in nodes if isinstance(each, _LOOPS)]
        own = {name for each in loops for name in named(each.target)}
        added = [e.target for e in nodes if isinstance(e, ast.AugAssign)]
        summed = {name for each in added for name in named(each)}
        return (loaded(statement) | summed) - self.known - own


def named(node: ast.AST) -> set[str]:
    """The names that a statement gives a value."""
    if isinstance(node, _DEFINED):
        return {node.name}
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def loaded(node: ast.AST) -> set[str]:
    """The names that are read."""
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }


def called(node: ast.AST) -> str:
    """The last name of what is called; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func).rpartition(".")[2]


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, with those under `if __name__` and `with` in their place."""
    for each in body:
        if isinstance(each, ast.With) or (
            isinstance(each, ast.If) and "__name__" in loaded(each.test)
        ):
            yield from _flat(each.body)
        else:
            yield each


def assigned(statement: ast.stmt) -> ast.stmt:
    """A product that is only shown, as one that is given a name."""
    nodes = ast.walk(statement) if isinstance(statement, ast.Expr) else ()
    product = next(filter(is_product, nodes), None)
    if product is None:
        return statement
    named = ast.Assign([ast.Name("_shown", ast.Store())], product)  # type: ignore[arg-type]
    return ast.fix_missing_locations(ast.copy_location(named, statement))


def is_product(node: ast.AST) -> bool:
    """Whether this is a product of matrices."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    return called(node) in _PRODUCTS


def _given(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value, or changes."""
    changed = set()
    for each in ast.walk(statement):
        written = isinstance(each, ast.Subscript) and isinstance(
            each.ctx, ast.Store
        )
        does = isinstance(each, ast.Expr) and called(each.value)
        if written or (does and does.endswith(_CHANGING)):
            changed |= loaded(each.value)  # type: ignore[attr-defined]
    return named(statement) | changed


def _value(statement: ast.stmt, name: str) -> ast.expr | None:
    """What a statement assigns to a name, also side by side with others."""
    if not isinstance(statement, _ASSIGNED) or name not in named(statement):
        return None
    assigned = isinstance(statement, ast.Assign)
    target = statement.targets[0] if assigned else statement.target  # type: ignore[union-attr]
    value = statement.value
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return value
    for one, given in zip(target.elts, value.elts, strict=False):
        if isinstance(one, ast.Name) and one.id == name:
            return given
    return None


def _axes(value: ast.expr) -> tuple[str | int, ...]:
    """How long the axes of an array are made: names and numbers."""
    for node in ast.walk(value):
        if _is_list(node) and node.elts:  # type: ignore[attr-defined]
            return (len(node.elts),)  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and called(node) in _SIZED:
            given = [*node.args, *(each.value for each in node.keywords)]
            for each in given:
                if isinstance(each, ast.Tuple | ast.List):
                    given = each.elts
            found = tuple(map(_length, given))
            return tuple(each for each in found if each)
    return ()


_SIZED = _CREATED - {"tensor", "array", "asarray", "Parameter"} | _LAYERS


def _length(node: ast.AST) -> str | int:
    """A name or a whole number that says a length; 0 for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    value = node.value if isinstance(node, ast.Constant) else None
    return value if type(value) is int else 0


def _is_list(node: ast.AST) -> bool:
    """Whether this is a list of numbers, or of lists of them."""
    return (
        isinstance(node, ast.List)
        and bool(node.elts)
        and not any(
            isinstance(each, ast.Constant) and isinstance(each.value, str)
            for each in ast.walk(node)
        )
    )


def _data_names(node: ast.AST) -> set[str]:
    """The names whose values are used, and not only their shapes."""
    shapes = [
        each
        for each in ast.walk(node)
        if (isinstance(each, ast.Attribute) and each.attr == "shape")
        or called(each) in {"len", "size", "shape"}
    ]
    return loaded(node) - {name for each in shapes for name in loaded(each)}
