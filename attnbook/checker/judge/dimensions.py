"""The dimension map: which sizes fail, and the rule that they share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from attnbook.checker.finding import Cell

Sizes: TypeAlias = Mapping[str, int]
Test: TypeAlias = Callable[[Sizes], bool]

_WORDS = {
    "n": "the number of tokens",
    "d": "the width",
    "queries": "the number of queries",
    "keys": "the number of keys",
    "heads": "the number of heads",
    "rows": "the number of rows",
    "columns": "the number of columns",
}


def rule(cells: Sequence[Cell]) -> str:
    """The shortest rule that says exactly which cells fail.

    Examples:
        >>> cells = [
        ...     Cell({"d_k": d_k, "d_v": d_v}, agrees=d_k == d_v)
        ...     for d_k in (1, 2, 3)
        ...     for d_v in (1, 2, 3)
        ... ]
        >>> rule(cells)
        'fails whenever d_k differs from d_v'
    """
    failing = [cell for cell in cells if not cell.agrees]
    if not failing:
        return "agrees in every dimension"
    if len(failing) == len(cells):
        return "fails in every dimension"
    tests = list(_tests(cells))
    for words, test in (*tests, *_pairs(tests)):
        if all(test(cell.sizes) != cell.agrees for cell in cells):
            return f"fails whenever {words}"
    return _nearly(cells, tests) or (
        f"fails in {len(failing)} of {len(cells)} sizes, without a rule"
    )


def _nearly(cells: Sequence[Cell], tests: Sequence[tuple[str, Test]]) -> str:
    """A rule with an exception or two: sizes that are right by chance."""
    always: tuple[str, Test] = ("", lambda _: True)
    for words, test in (always, *tests, *_pairs(tests)):
        misses = sum(test(cell.sizes) == cell.agrees for cell in cells)
        if misses <= len(cells) // 25:
            where = f"fails whenever {words}" if words else "fails"
            return f"{where}, in all sizes but {misses}"
    return ""


def _tests(cells: Sequence[Cell]) -> Iterator[tuple[str, Test]]:
    """Rules about one size, then about two."""
    axes = {
        axis: sorted({cell.sizes[axis] for cell in cells})
        for axis in cells[0].sizes
    }
    for axis, sizes in axes.items():
        yield from (_above(axis, size) for size in sizes[:-1])
        yield from (_below(axis, size) for size in sizes[1:])
        for size in sizes:
            yield from (_exactly(axis, size), _other_than(axis, size))
    for a, b in combinations(axes, 2):
        yield f"{said(a)} differs from {said(b)}", _differ(a, b)
        yield f"{said(a)} equals {said(b)}", _equal(a, b)
        yield f"{said(a)} is above {said(b)}", _exceeds(a, b)
        yield f"{said(a)} is below {said(b)}", _exceeds(b, a)


def _pairs(
    tests: Sequence[tuple[str, Test]],
) -> Iterator[tuple[str, Test]]:
    """Two rules that hold at once, or of which one holds."""
    for (one, first), (two, second) in combinations(tests, 2):
        yield f"{one} and {two}", _both(first, second)
    for (one, first), (two, second) in combinations(tests, 2):
        yield f"{one} or {two}", _either(first, second)


def said(axis: str) -> str:
    """A size in words, where its letter says too little."""
    return _WORDS.get(axis, axis)


def _above(axis: str, size: int) -> tuple[str, Test]:
    return f"{said(axis)} is above {size}", lambda s: s[axis] > size


def _below(axis: str, size: int) -> tuple[str, Test]:
    return f"{said(axis)} is below {size}", lambda s: s[axis] < size


def _exactly(axis: str, size: int) -> tuple[str, Test]:
    return f"{said(axis)} is {size}", lambda s: s[axis] == size


def _other_than(axis: str, size: int) -> tuple[str, Test]:
    return f"{said(axis)} is not {size}", lambda s: s[axis] != size


def _differ(a: str, b: str) -> Test:
    return lambda s: s[a] != s[b]


def _equal(a: str, b: str) -> Test:
    return lambda s: s[a] == s[b]


def _exceeds(a: str, b: str) -> Test:
    return lambda s: s[a] > s[b]


def _both(first: Test, second: Test) -> Test:
    return lambda s: first(s) and second(s)


def _either(first: Test, second: Test) -> Test:
    return lambda s: first(s) or second(s)
