"""The door of every public function: what comes in, what goes out.

The numbers of a call are looked at once, where they come in. What is made of
them on the way is trusted, and looked at where it goes out.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar, cast

import numpy as np

from attnbook.require import is_list

P = ParamSpec("P")
R = TypeVar("R")

_GIVEN: ContextVar[frozenset[int] | None] = ContextVar("given", default=None)


def guarded(
    function: Callable[P, R], *, finite: bool = True
) -> Callable[P, R]:
    """Refuse results that overflow, and give float16 back for float16.

    Raises:
        ValueError: If a result is NaN or infinite; scores may be hidden, and
            then are minus infinity.

    Examples:
        >>> @guarded
        ... def twice(x):
        ...     return 2 * np.asarray(x)
        >>> twice([0.25])
        array([0.5])
        >>> twice([1e308])
        Traceback (most recent call last):
            ...
        ValueError: x must be smaller: twice overflows float64
    """
    parameters = signature(function)

    @wraps(function)
    def enter(*args: P.args, **named: P.kwargs) -> R:
        if _GIVEN.get() is not None:  # called on the way
            return function(*args, **named)
        parts = list(_parts([args, list(named.values())]))
        with _door(parts):
            computed = function(*args, **named)
            result = _as_given(computed, half=_are_half(parts))
            too_large = next(_overflows(function.__name__, result), None)
        if finite and too_large:
            names = _numeric(parameters.bind(*args, **named).arguments)
            raise ValueError(f"{names} must be smaller: {too_large}")
        return cast("R", result)

    return enter


@contextmanager
def _door(parts: list[object]) -> Iterator[None]:
    """Remember what comes in, and leave overflows to be looked at later."""
    token = _GIVEN.set(frozenset(map(id, parts)))
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _GIVEN.reset(token)


def is_given(value: object) -> bool:
    """Whether a value came in through the door, or there is no door.

    Examples:
        >>> is_given([1.0])
        True
    """
    given = _GIVEN.get()
    is_number = isinstance(value, int | float)  # small, and looked at always
    return given is None or is_number or id(value) in given


def are_floats(row: Sequence[object]) -> bool:
    """Whether all is as usual in a row; a fast answer.

    Examples:
        >>> are_floats([1.0, 2.0]), are_floats([1.0, True])
        (True, False)
    """
    return {*map(type, row)} == {float}


def _parts(value: object, depth: int = 0) -> Iterator[object]:
    """The value and, of lists and tuples, the parts that are no numbers."""
    yield value
    if not is_list(value) or depth > 64:
        return
    if not are_floats(value):
        for item in value:
            if not isinstance(item, int | float | None):
                yield from _parts(item, depth + 1)


def _are_half(parts: list[object]) -> bool:
    """Whether all numbers came in float16; a list holds float64."""
    arrays = [x for x in parts if isinstance(x, np.ndarray | np.generic)]
    came = {x.dtype.name for x in arrays if x.dtype.kind == "f"}
    lists = any(isinstance(x, list) and are_floats(x) for x in parts)
    return came == {"float16"} and not lists


def _as_given(result: object, *, half: bool) -> object:
    """The result, in float16 if that was given."""
    if not half:
        return result
    if isinstance(result, np.ndarray):
        if result.dtype != np.float32:  # computed in more, or no numbers
            return result
        narrow = result.astype(np.float16)
        narrow[np.isinf(narrow) & np.isfinite(result)] = np.nan
        return narrow
    if not isinstance(result, list | tuple):
        return result
    parts = [_as_given(part, half=half) for part in result]
    make: Callable[[list[object]], object] = getattr(
        result, "_make", type(result)
    )
    return make(parts)


def _overflows(name: str, result: object) -> Iterator[str]:
    """Say of every array that is not finite what became of it."""
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        hidden = name in {"attn_scores", "masked_scores", "largest"}
        least = -np.inf if hidden else np.finfo(result.dtype).min
        if not (result.max() < np.inf and result.min() >= least):
            yield f"{name} overflows {result.dtype}"
    elif isinstance(result, list | tuple):
        names = getattr(result, "_fields", [name] * len(result))
        for part in zip(names, result, strict=True):
            yield from _overflows(*part)


def _numeric(arguments: dict[str, object]) -> str:
    """The names of the arguments that hold numbers, as in `x, y and z`."""
    *first, last = [
        name
        for name, value in arguments.items()
        if not isinstance(value, int | None)
        and not callable(value)
        and not isinstance(_first(value), bool | np.bool_)
    ]
    return f"{', '.join(first)} and {last}" if first else last


def _first(value: object) -> object:
    """The first entry of nested lists and arrays."""
    while isinstance(value, list | tuple):
        value = value[0]
    return value.flat[0] if isinstance(value, np.ndarray) else value
