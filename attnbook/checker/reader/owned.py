"""The reader's own classes of numbers, vectors and matrices, as arguments.

A class is one of these if it has an operator of its own, and if what an
object of it is made from can be read out of that object again.
"""

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attnbook.checker.reader.values import OWN_MAKERS, STORED, encode

Make: TypeAlias = Callable[[Any], Any]
Turn: TypeAlias = Callable[[], contextlib.AbstractContextManager[Any]]

_OPERATORS = {"__matmul__", "__mul__", "__add__", "matmul", "dot", "mul"}
_FROM = ("from_list", "from_lists", "from_rows", "from_nested")
_WHOLE = ("__matmul__", "matmul", "shape", "T", "transpose", "rows")
"""What a matrix has, and neither a number nor a row."""
_MOST = 4
"""So many classes of a file are tried."""
_ROWS = [[1.25, 2.5, -3.0], [4.0, 5.5, 6.75]]
_ROW, _ENTRY = _ROWS[0], 2.5


def learn(
    classes: Iterable[type], turn: Turn = contextlib.nullcontext
) -> list[str]:
    """The kinds of argument that classes can be, noted for calls to come.

    Examples:
        >>> class Matrix:
        ...     def __init__(self, rows):
        ...         self.rows = rows
        ...
        ...     def __matmul__(self, other): ...
        >>> learn([Matrix])[0]
        '`Matrix` objects'
    """
    OWN_MAKERS.clear()
    STORED.clear()
    known = [each for each in classes if _reckons(each)][:_MOST]
    made = [(k, _in_turn(m, turn)) for k in known for m in _ways(k)]
    rows = [make for kind, make in made if _is_row(kind, make)]
    for kind, make in made:
        for name, maker in _kinds(kind, make, rows):
            again = f"{name} of arrays" if name in OWN_MAKERS else name
            OWN_MAKERS[again] = maker
    return [*OWN_MAKERS]


def _kinds(
    kind: type, make: Make, rows: list[Make]
) -> Iterator[tuple[str, Make]]:
    """What arguments can be where this class is what they are made of."""
    if _is_whole(kind, make):
        row = next(iter(rows), make)
        yield f"`{kind.__name__}` objects", _whole(make, row)
        return
    if _stores(kind, make, _ENTRY):
        yield f"`{kind.__name__}` numbers", _of_entries(make)
    if _is_row(kind, make):
        yield f"lists of `{kind.__name__}` objects", _of_rows(make)


def _is_whole(kind: type, make: Make) -> bool:
    """Whether a class is one of matrices."""
    if not _stores(kind, make, _ROWS):
        return False
    return any(hasattr(make(_ROWS), name) for name in _WHOLE)


def _is_row(kind: type, make: Make) -> bool:
    """Whether a class is one of vectors alone."""
    return not _is_whole(kind, make) and _stores(kind, make, _ROW)


def _reckons(kind: type) -> bool:
    """Whether a class has an operator, and an object is made of one thing."""
    with contextlib.suppress(TypeError, ValueError):
        inspect.signature(kind).bind(0)
        return bool(_OPERATORS & vars(kind).keys())
    return False


def _ways(kind: type) -> Iterator[Make]:
    """How an object may be made of nested lists, then of an array."""
    named = [getattr(kind, name) for name in _FROM if hasattr(kind, name)]
    made = next(
        (each for each in (kind, *named) if _is_kind(kind, each)), kind
    )
    yield made
    if "numpy" in sys.modules:
        yield _of_array(made)


def _is_kind(kind: type, make: Make) -> bool:
    """Whether anything can be read out of what is made."""
    return any(_stores(kind, make, each) for each in (_ROWS, _ROW, _ENTRY))


def _of_array(make: Make) -> Make:
    """The same, of an array of NumPy's."""
    array = sys.modules["numpy"].asarray
    return lambda value: make(array(value))


def _in_turn(make: Make, turn: Turn) -> Make:
    """The same, with the reader's builtins in place."""

    def made(value: Any) -> Any:  # noqa: ANN401
        with turn():
            return make(value)

    return made


def _stores(kind: type, make: Make, value: Any) -> bool:  # noqa: ANN401
    """Whether a value can be read out of an object; where is noted."""
    with contextlib.suppress(Exception):
        made = make(value)
        if encode(made) == value:
            return True
        for name, held in vars(made).items():
            if type(made) is kind and encode(held) == value:
                STORED[kind] = name
                return True
    return False


def _whole(make: Make, row: Make) -> Make:
    """Each list as one object: of rows, or a row alone."""

    def made(value: Any) -> Any:  # noqa: ANN401
        nested = any(isinstance(each, list) for each in value)
        return make(value) if nested else row(value)

    return made


def _of_rows(make: Make) -> Make:
    """A list with an object for each row."""

    def made(value: Any) -> Any:  # noqa: ANN401
        if any(isinstance(each, list) for each in value):
            return [made(each) for each in value]
        return make(value)

    return made


def _of_entries(make: Make) -> Make:
    """Nested lists with an object for each number."""

    def made(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            return [made(each) for each in value]
        return value if isinstance(value, bool) else make(value)

    return made
