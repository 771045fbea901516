"""Arrays in: what precision comes out, and what shares memory with what."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest

from tests.arguments import Sizes
from tests.test_twins import TWINS, arguments, call, leaves, twins


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("given", ["float16", "float32", "longdouble"])
def test_arrays_keep_the_precision_that_was_given(
    name: str, given: str
) -> None:
    function, named = a_call(name)
    narrow = as_type(named, given)
    expected = function(*as_type(narrow, "float64"))
    for _, (own,), twin in leaves([expected], function(*narrow)):
        if isinstance(twin, np.ndarray) and twin.dtype.kind == "f":
            assert twin.dtype == given
            if name != "loop.train":  # whose steps magnify what was rounded
                close_to(own, twin)


def close_to(expected: Any, actual: Any) -> None:
    """Equal but for some hundred roundings of what was computed in."""
    least = "float32" if actual.dtype.itemsize < 8 else "float64"
    some = 200 * float(np.finfo(least).eps)
    last = float(np.finfo(actual.dtype).eps)
    np.testing.assert_allclose(
        actual.astype("float64"), expected, rtol=some + last, atol=some
    )


@pytest.mark.parametrize("name", TWINS)
def test_integers_are_computed_in_float64(name: str) -> None:
    function, named = a_call(name)
    integers = mapped(named, whole)
    expected = function(*integers)
    actual = function(*as_type(integers, "int64"))
    for _, (own,), twin in leaves([expected], actual):
        assert own.dtype == twin.dtype
        np.testing.assert_array_equal(twin, own)


@pytest.mark.parametrize("num_heads", [1, 2])
@pytest.mark.parametrize("name", TWINS)
def test_no_result_shares_memory_with_another_or_with_an_argument(
    name: str, num_heads: int
) -> None:
    function, named = a_call(name, num_heads)
    results = [x for _, _, x in leaves([], function(*named))]
    arrays = [*results, *floats(named)]
    for i, result in enumerate(results):
        for other in arrays[i + 1 :]:
            assert not np.shares_memory(result, other)


def a_call(
    name: str, num_heads: int = 2
) -> tuple[Callable[..., Any], list[Any]]:
    """A twin that takes its arguments in order, and such arguments."""
    _, on_arrays = twins(name)
    sizes = Sizes(4, 3, 2, 4, 3, 2, 4, num_heads, 2, given=True)
    _, stacked = arguments(twins(name)[0], Random(7), sizes, batch=())
    named = {key: as_arrays(value) for key, value in stacked.items()}

    def in_order(*values: Any) -> Any:
        result = call(on_arrays, dict(zip(named, values, strict=True)))
        return list(result) if isinstance(result, Iterator) else result

    return in_order, list(named.values())


def as_arrays(value: Any) -> Any:
    """Every list of numbers as an array; tuples and their names stay."""
    if isinstance(value, list) and not hasattr(value[0], "_fields"):
        return np.array(value)
    if isinstance(value, list | tuple):
        make = getattr(value, "_make", type(value))
        return make([as_arrays(x) for x in value])
    return value


def as_type(value: Any, dtype: str) -> Any:
    """The same with every array of floats in another precision."""
    return mapped(value, lambda array: array.astype(dtype))


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same with every array of floats changed."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return change(value)
    if isinstance(value, list | tuple):
        make = getattr(value, "_make", type(value))
        return make([mapped(x, change) for x in value])
    return value


def whole(array: Any) -> Any:
    """Integers, still as floats; none for what is infinite."""
    return np.trunc(np.where(np.isinf(array), 0, array))


def floats(value: Any) -> Iterator[Any]:
    """Every array of numbers among the arguments."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from floats(part)
