"""Weights that a function reads from its file, as arguments of it."""

import ast
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attnbook.checker.reader.flow import Flow, Root, loaded, named

_LETTER = r"(q|k|v|o|quer(y|ies)|keys?|val(ue)?s?|out(put)?|qkv)"
_WEIGHT = re.compile(
    rf"^((w|b|weights?|bias|proj|linear)_?{_LETTER}|"
    rf"{_LETTER}_?(w|weights?|bias|proj\w*|layer|linear))$"
)
_SIZE = re.compile(
    r"^(d_?(k|q|v|in|out|model|head)|(n|num)?_?heads?|h|head_?(dim|size)|"
    r"emb(ed)?_?(dim|size)|n_?embd)$"
)


def free_weights(
    tree: ast.Module, flow: Flow
) -> Iterator[tuple[str, list[Root]]]:
    r"""Each function of a file that reads weights, with what it reads.

    Examples:
        >>> source = "W_q = rand(3, 2)\ndef project(x): return x @ W_q"
        >>> tree = ast.parse(source)
        >>> [name for name, _ in free_weights(tree, Flow(tree))]
        ['project']
    """
    defined = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    for name in defined:
        read = _read(name, defined, set())
        roots = [each for n in sorted(read) if (each := _weight_of(n, flow))]
        if any(root.kind != "size" for root in roots):
            yield name, roots


def given(
    function: Callable[..., Any], roots: Sequence[Root], space: dict[str, Any]
) -> Callable[..., Any]:
    """The function with what it reads as arguments after its own.

    Called without them it reads what the file has, as it did.
    """
    names = _names(roots)
    signature = _wider(inspect.signature(function), names)
    if signature is None:
        return function

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:  # noqa: ANN401
        try:
            bound = signature.bind(*args, **named).arguments
        except TypeError:
            return function(*args, **named)
        values = _values({name: bound.pop(name) for name in names}, roots)
        return _with(space, values, lambda: function(**bound))

    called.__signature__ = signature  # type: ignore[attr-defined]
    return called


def _wider(
    own: inspect.Signature, names: Sequence[str]
) -> inspect.Signature | None:
    """A signature with more names, before what may be left out."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    given = [*own.parameters.values()]
    if any(each.kind is not kind for each in given):
        return None
    must = [each for each in given if each.default is each.empty]
    rest = [each for each in given if each not in must]
    more = [inspect.Parameter(name, kind) for name in names]
    return inspect.Signature([*must, *more, *rest])


def _names(roots: Sequence[Root]) -> list[str]:
    """The parameters for these: weights, one width, and sizes by name."""
    arrays, sizes, told, one = _parted(roots)
    width = [WIDTH] if one & {*sizes} else []
    left = [each for each in sizes if each not in told.keys() | one]
    return [*(root.name for root in arrays), *width, *left]


def _parted(
    roots: Sequence[Root],
) -> tuple[list[Root], list[str], dict[str, tuple[str, int]], set[str | int]]:
    """The arrays, the sizes, where these are told, and the one width."""
    arrays = [root for root in roots if root.kind != "size"]
    sizes = [root.name for root in roots if root.kind == "size"]
    return arrays, sizes, sizes_of(sizes, arrays), one_width(arrays)


def _values(given: Mapping[str, Any], roots: Sequence[Root]) -> dict[str, Any]:
    """What the file's names are to be, where its weights are these."""
    arrays, sizes, told, one = _parted(roots)
    values = dict(given)
    width = values.pop(WIDTH, None)
    values |= {size: width for size in sizes if size in one}
    for size, (name, place) in told.items():
        values[size] = _length_along(given[name], place)
    for root in arrays:
        if root.kind == "layer":
            values[root.name] = functools.partial(_product, given[root.name])
    return values


def _length_along(rows: Any, place: int) -> int:  # noqa: ANN401
    """How long the first or the last axis of a matrix is."""
    return len(rows) if place == -2 else len(rows[0])


def one_width(arrays: Sequence[Root]) -> set[str | int]:
    """The sizes that are both the first and the last of a weight's axes."""
    return {
        root.axes[0]
        for root in arrays
        if len(root.axes) == 2 and root.axes[0] == root.axes[1]
    }


def sizes_of(
    sizes: Sequence[str], arrays: Sequence[Root]
) -> dict[str, tuple[str, int]]:
    """Of each size the array that tells it, and by which of its axes.

    Examples:
        >>> weight = Root("W_q", "array", ("d_in", "d_k"))
        >>> sizes_of(["d_k", "eps"], [weight])
        {'d_k': ('W_q', -1)}
    """
    told: dict[str, tuple[str, int]] = {}
    for root in reversed(arrays):
        for place, axis in enumerate(root.axes, -len(root.axes)):
            if axis in sizes and axis not in one_width(arrays):
                told[str(axis)] = root.name, place
    return told


WIDTH = "d_model"
"""The parameter that tells the one width of all."""


def _with(
    space: dict[str, Any], values: Mapping[str, Any], do: Callable[[], Any]
) -> Any:  # noqa: ANN401
    """Do something while names of the file have other values."""
    before = {name: space[name] for name in values if name in space}
    space.update(values)
    try:
        return do()
    finally:
        for name in values:
            space.pop(name, None)
        space.update(before)


def _product(weight: Any, rows: Any) -> Any:  # noqa: ANN401
    """What a layer without a bias does."""
    return rows @ weight


def is_weight(name: str) -> bool:
    """Whether a name is one of weights."""
    return bool(_WEIGHT.match(name.lower()))


def _weight_of(name: str, flow: Flow) -> Root | None:
    """What the file makes of a name, if that is one of weights or a size."""
    root = flow.root(name)
    plain = name.lower()
    if root is None or not (_WEIGHT.match(plain) or _SIZE.match(plain)):
        return None
    is_size = bool(_SIZE.match(plain)) and not _WEIGHT.match(plain)
    return root if is_size == (root.kind == "size") else None


def _read(
    name: str, defined: Mapping[str, ast.FunctionDef], seen: set[str]
) -> set[str]:
    """What a function reads from its file, or by those that it calls."""
    seen.add(name)
    node = defined[name]
    own = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    body = ast.Module(node.body, [])
    found = loaded(body) - named(body) - own
    for other in found & defined.keys() - seen:
        found = found | _read(other, defined, seen)
    return found
