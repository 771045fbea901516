"""Values against values, in their full nested shape."""

import struct
from collections.abc import Iterator
from math import inf, isnan
from typing import Any, NamedTuple, TypeAlias

Nested: TypeAlias = "float | list[Nested]"

EXACT = 1e-9
"""What rounding of float64 can explain, relative to the largest entry."""

COARSE = 1e-5
"""What rounding of float32 can explain."""


class Difference(NamedTuple):
    """Where a result departs from what is right."""

    kind: str
    """`shape`, `number` (not one), `nan`, or `value`."""
    where: str
    """The indices, as in `[1][0]`."""
    expected: object
    got: object
    error: float


def compare(expected: Any, got: Any) -> Difference | None:  # noqa: ANN401
    """The difference that matters most, or None within `COARSE`.

    A tuple expects several results, each of its own shape.

    Examples:
        >>> compare([[1.0, 2.0]], [[1.0, 2.5]])
        Difference(kind='value', where='[0][1]', expected=2.0, got=2.5, \
error=0.5)
        >>> compare([1.0, 2.0], [[1.0, 2.0]])
        Difference(kind='shape', where='', expected=(2,), got=(1, 2), \
error=inf)
    """
    strange = next(_strange(got), None)
    if strange is not None:
        return strange
    if isinstance(expected, tuple):
        return _compare_parts(expected, got)
    wanted, came = shape(expected), shape(got)
    if wanted is None or wanted != came:
        return _misshapen(expected, got)
    if _largest_error(expected, got) <= COARSE * size(expected):
        return None
    return max(_errors(expected, got), key=lambda e: e.error)


def _errors(expected: Any, got: Any) -> Iterator[Difference]:  # noqa: ANN401
    """Every number that is not the one expected."""
    pairs = zip(numbers(expected), numbers(got), strict=True)
    for (where, right), (_, value) in pairs:
        if right != value:
            error = abs(right - value)
            yield Difference("value", where, right, value, error)


def error(expected: Any, got: Any) -> float:  # noqa: ANN401
    """The largest error, relative to the largest entry or 1."""
    return _largest_error(expected, got) / size(expected)


def _largest_error(expected: Any, got: Any) -> float:  # noqa: ANN401
    """How far the number is off that is off most."""
    pairs = zip(_entries(expected), _entries(got), strict=True)
    return max((abs(right - value) for right, value in pairs), default=0.0)


def size(expected: Any) -> float:  # noqa: ANN401
    """The largest entry, but at least 1."""
    return max([1.0, *map(abs, _entries(expected))])


def plain(got: Any) -> bool:  # noqa: ANN401
    """Whether a result holds nothing but finite numbers."""
    return next(_strange(got), None) is None


def single(got: Any) -> bool:  # noqa: ANN401
    """Whether every entry is one that float32 can hold."""
    return all(
        struct.unpack("f", struct.pack("f", value))[0] == value
        for value in _entries(got)
        if abs(value) < 3e38
    )


def numbers(
    value: Any,  # noqa: ANN401
    where: str = "",
) -> Iterator[tuple[str, float]]:
    """Every number with its indices."""
    if isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from numbers(item, f"{where}[{i}]")
    else:
        yield where, value


def _entries(value: Any) -> list[float]:  # noqa: ANN401
    """The same numbers alone, which is quicker."""
    if not isinstance(value, list | tuple):
        return [value]
    if not any(isinstance(item, list | tuple) for item in value):
        return list(value)
    return [entry for item in value for entry in _entries(item)]


def shape(value: Any) -> tuple[int, ...] | None:  # noqa: ANN401
    """The lengths of regular nested lists; None where they are ragged.

    Examples:
        >>> shape([[1, 2, 3], [4, 5, 6]]), shape(0.5), shape([[1], [2, 3]])
        ((2, 3), (), None)
    """
    if not isinstance(value, list | tuple):
        return ()
    inner = {shape(item) for item in value}
    if len(inner) > 1 or None in inner:
        return None
    return (len(value), *(inner.pop() or ())) if inner else (0,)


def _strange(got: Any, where: str = "") -> Iterator[Difference]:  # noqa: ANN401
    """Whatever is not a number, or is none that can be compared."""
    if isinstance(got, dict):
        yield Difference("number", where, "a number", _kind(got), inf)
    elif isinstance(got, list):
        for i, item in enumerate(got):
            yield from _strange(item, f"{where}[{i}]")
    elif isnan(got) or abs(got) == inf:
        yield Difference("nan", where, "a finite number", got, inf)


def _kind(got: dict[str, Any]) -> str:
    """What a value that is no number is called."""
    name = got.get("other", "a tuple with names")
    return "None" if name == "NoneType" else str(name)


def _misshapen(expected: Any, got: Any) -> Difference:  # noqa: ANN401
    """Both shapes; rows of different length are shown by their lengths."""
    came: object = shape(got)
    if came is None:
        lengths = [len(row) if isinstance(row, list) else 1 for row in got]
        came = f"rows of lengths {lengths}"
    return Difference("shape", "", shape(expected), came, inf)


def _compare_parts(expected: tuple[Any, ...], got: Any) -> Difference | None:  # noqa: ANN401
    """The first part that differs, of results that are several."""
    if not isinstance(got, list) or len(got) != len(expected):
        came = f"{len(got)} parts" if isinstance(got, list) else "a number"
        return Difference("shape", "", f"{len(expected)} parts", came, inf)
    for i, (right, part) in enumerate(zip(expected, got, strict=True)):
        difference = compare(right, part)
        if difference is not None:
            return difference._replace(where=f"[{i}]{difference.where}")
    return None
