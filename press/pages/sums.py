"""Spells a bound number out: the sum of products that it is, if it is one.

Where a page binds an entry of a matrix, two other matrices may multiply to
that matrix. They are looked for among what led to it, and taken only if every
entry of their product is right.
"""

import ast
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

Rows: TypeAlias = list[list[float]]
Evaluate: TypeAlias = Callable[[str], Any]

MOST = 400  # entries of a matrix that is spelled out
DIGITS = 4  # behind the point, as the pages show


class Sum(NamedTuple):
    """A matrix as a product: entry `[i][j]` is row i times column j.

    A vector has one row, and its entry `[j]` is that times column j.
    """

    left: str
    right: str
    is_turned: bool  # whether a column is a row of the right
    rows: Rows
    columns: Rows


def base_of(expression: str) -> tuple[str, list[int]]:
    """What an expression takes an entry of, and which.

    Examples:
        >>> base_of("attention.queries[1][0]")
        ('attention.queries', [1, 0])
        >>> base_of("max(scores)")
        ('max(scores)', [])
    """
    try:
        node = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return expression, []
    places = list[int]()
    while isinstance(node, ast.Subscript) and isinstance(
        node.slice, ast.Constant
    ):
        if not isinstance(node.slice.value, int):
            break
        places.insert(0, node.slice.value)
        node = node.value
    return ast.unparse(node), places


def sum_of(base: str, made: Sequence[str], evaluate: Evaluate) -> Sum | None:
    """The product that a matrix, vector or number is, by what led to it."""
    wanted = _numbers(evaluate(base))
    if wanted is None or isinstance(wanted, int):  # a count is no product
        return None
    names = _candidates(base, made, evaluate)
    known = {name: _numbers(evaluate(name)) for name in names if name != base}
    matrices = {name: it for name, it in known.items() if isinstance(it, list)}
    for left, rows in matrices.items():
        for right, others in matrices.items():
            for found in _products(rows, others):
                if _agree(wanted, *found[:2]):
                    return Sum(left, right, found[2], *_shown(*found[:2]))
    return None


def _candidates(
    base: str, made: Sequence[str], evaluate: Evaluate
) -> Iterable[str]:
    """What may be multiplied: steps of the same result, then arguments."""
    owner, _, _ = base.rpartition(".")
    steps = getattr(evaluate(owner), "_fields", ()) if owner else ()
    names = [f"{owner}.{step}" for step in steps] + [*_calls(base)]
    for text in (base, *reversed(made)):
        names += _arguments(text)
    return dict.fromkeys(names)


def _calls(base: str) -> Iterator[str]:
    """The calls within a value that a picture has already computed."""
    for node in ast.walk(ast.parse(base)):
        if isinstance(node, ast.Call) and ast.unparse(node) != base:
            yield ast.unparse(node)


def _arguments(text: str) -> Iterator[str]:
    """The names, and the entries of names, that a text reads."""
    for node in ast.walk(ast.parse(text.strip())):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            name = ast.unparse(node)
            if is_read(name):
                yield name


def is_read(text: str) -> bool:
    """Whether it only reads: what it calls could take long, or change."""
    try:
        nodes = ast.walk(ast.parse(text, mode="eval"))
    except SyntaxError:
        return False
    return not any(isinstance(node, ast.Call) for node in nodes)


def _numbers(value: object) -> Any:  # noqa: ANN401
    """A number, vector or matrix of finite numbers; None for all else."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if math.isfinite(value) else None
    if not isinstance(value, list | tuple) or not 1 < len(value) <= MOST:
        return None
    entries = [_numbers(each) for each in value]
    if any(each is None for each in entries):
        return None
    lengths = {len(it) if isinstance(it, list) else -1 for it in entries}
    deep = any(isinstance(it, list) and _is_deep(it) for it in entries)
    return entries if len(lengths) == 1 and not deep else None


def _is_deep(value: list[Any]) -> bool:
    """Whether it is a matrix, whose rows are lists."""
    return isinstance(value[0], list)


def _products(
    left: list[Any], right: list[Any]
) -> Iterator[tuple[Rows, Rows, bool]]:
    """Every way to multiply two: rows, columns, whether the right is turned.

    A vector is a row, on either side.
    """
    rows = left if _is_deep(left) else [left]
    if not _is_deep(right):
        yield rows, [right], True
        return
    yield rows, right, True
    yield rows, [list(column) for column in zip(*right, strict=True)], False


def _agree(wanted: Any, rows: Rows, columns: Rows) -> bool:  # noqa: ANN401
    """Whether every entry is row times column, and a sum at all."""
    if {len(row) for row in rows} != {len(column) for column in columns}:
        return False
    shape = (
        [wanted]
        if isinstance(wanted, list) and not _is_deep(wanted)
        else wanted
    )
    whole = shape if isinstance(shape, list) else [[shape]]
    if [len(row) for row in whole] != [len(columns)] * len(rows):
        return False
    return all(
        _is_sum(entry, row, column)
        for entries, row in zip(whole, rows, strict=True)
        for entry, column in zip(entries, columns, strict=True)
    )


def _is_sum(entry: float, row: list[float], column: list[float]) -> bool:
    """Whether an entry is a row times a column."""
    products = [a * b for a, b in zip(row, column, strict=True)]
    size = sum(map(abs, products)) or 1.0
    is_near = abs(sum(products) - entry) <= 1e-12 * size
    return is_near and math.isfinite(size)  # infinity is near to everything


def _shown(rows: Rows, columns: Rows) -> tuple[Rows, Rows]:
    """Both with the digits that the pages show."""
    short, tall = (
        [[round(float(it), DIGITS) for it in line] for line in lines]
        for lines in (rows, columns)
    )
    return short, tall
