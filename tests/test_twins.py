"""Each function on arrays means what its namesake on lists means.

The twins are found by name, so a new one is tested by existing.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from inspect import Parameter, getmembers, isclass, isfunction, signature
from math import prod
from pkgutil import iter_modules
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attnbook.arrays
from tests.arguments import BATCHED, SHARED, Key, Sizes

# What no list can show has tests of its own.
ON_ARRAYS_ALONE = {"tiled", "spread"}
MODULES = [
    module.name
    for module in iter_modules(attnbook.arrays.__path__)
    if not module.name.startswith("_") and module.name not in ON_ARRAYS_ALONE
]


def public(module: str, kind: Callable[[object], bool]) -> dict[str, Any]:
    """What a module defines for others, its checks aside."""
    return {
        name: member
        for name, member in getmembers(import_module(module), kind)
        if f"{member.__module__}.".startswith(f"{module}.")
        and not name.startswith("_")
    }


# What is drawn is drawn on lists, for both.
ON_LISTS_ALONE = {"draw_sentence", "draw_model", "require_sentence"}

TWINS = [
    f"{module}.{name}"
    for module in MODULES
    for name in public(f"attnbook.arrays.{module}", isfunction)
]


# Adam divides a gradient by its own size and 1e-8: where it is rounding noise
# of 1e-16, it moves the weight by up to 1e-8 times the rate, at each step.
NOISE_OF_STEPS = {"loop.train": 1e-6}


def twins(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The function on lists and the one on arrays."""
    module, function = name.split(".")
    on_lists = getattr(import_module(f"attnbook.{module}"), function)
    on_arrays = getattr(import_module(f"attnbook.arrays.{module}"), function)
    return on_lists, on_arrays


# The gradients of what all members of a batch share.
OF_WHAT_IS_SHARED = (
    "grad_W_",
    "grad_b_",
    "grad_token_embeddings",
    "grad_position_embeddings",
)


@pytest.mark.parametrize("module", MODULES)
def test_lists_and_arrays_have_the_same_public_names(module: str) -> None:
    lists, arrays = f"attnbook.{module}", f"attnbook.arrays.{module}"
    assert (
        public(lists, isfunction).keys() - ON_LISTS_ALONE
        == public(arrays, isfunction).keys()
    )
    steps_of_lists = public(lists, isclass)
    steps_of_arrays = public(arrays, isclass)
    assert {k: v._fields for k, v in steps_of_lists.items()} == {
        k: v._fields for k, v in steps_of_arrays.items()
    }


@pytest.mark.parametrize("name", TWINS)
def test_twins_have_the_same_parameters(name: str) -> None:
    on_lists, on_arrays = (
        [(p.name, p.kind, p.default) for p in parameters(function)]
        for function in twins(name)
    )
    assert on_lists == on_arrays


@pytest.mark.parametrize("name", TWINS)
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(
    sizes=st.builds(Sizes, *[st.integers(1, 4)] * 9, given=st.booleans()),
    batch=st.sampled_from([(), (1,), (3,), (2, 3)]),
    seed=st.integers(0, 2**32),
)
def test_arrays_compute_what_lists_do_for_every_member_of_a_batch(
    name: str, sizes: Sizes, batch: tuple[int, ...], seed: int
) -> None:
    on_lists, on_arrays = twins(name)
    if not any(key in BATCHED for key in keys(on_lists)):
        batch = ()
    random = Random(seed)
    members, stacked = arguments(on_lists, random, sizes, batch)
    untouched = deepcopy((members, stacked))

    actual = call(on_arrays, stacked)

    results = [call(on_lists, member) for member in members]
    for step, own, twin in leaves(results, actual):
        if step.startswith(OF_WHAT_IS_SHARED):
            expected = np.sum(own, axis=0)
        else:
            expected = np.reshape(own, (*batch, *own[0].shape))
        assert expected.shape == twin.shape
        assert expected.dtype.kind == twin.dtype.kind
        # Sums of numbers below a few thousand, in another order.
        tolerance = NOISE_OF_STEPS.get(name, 1e-9)
        np.testing.assert_allclose(
            twin, expected, rtol=tolerance, atol=tolerance
        )
    np.testing.assert_equal((members, stacked), untouched)


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    return list(signature(function).parameters.values())


def keys(function: Callable[..., Any]) -> Iterator[Key]:
    """What `tests.arguments` knows each parameter by.

    A parameter has a shape of its own in some functions.
    """
    for p in parameters(function):
        own = f"{function.__name__}.{p.name}", p.annotation
        known = own in BATCHED or own in SHARED
        yield own if known else (p.name, p.annotation)


def arguments(
    function: Callable[..., Any],
    random: Random,
    sizes: Sizes,
    batch: tuple[int, ...],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Arguments for each member of a batch, and for all of it at once."""
    members: list[dict[str, Any]] = [{} for _ in range(prod(batch))]
    stacked = {}
    for p, key in zip(parameters(function), keys(function), strict=True):
        if key in BATCHED:
            own = [BATCHED[key](random, sizes) for _ in members]
            stacked[p.name] = stack(own, batch)
        else:
            stacked[p.name] = SHARED[key](random, sizes)
            own = [stacked[p.name]] * len(members)
        for member, argument in zip(members, own, strict=True):
            member[p.name] = argument
    return members, stacked


def stack(own: list[Any], batch: tuple[int, ...]) -> Any:
    """The members' arguments as one array, unless they are left out."""
    first = own[0]
    if first is None or isinstance(first, int):  # or counted for all
        return first
    if hasattr(first, "_fields"):  # the steps of an attention
        module = type(first).__module__.split(".")[1]
        arrays = import_module(f"attnbook.arrays.{module}")
        twin = getattr(arrays, type(first).__name__)
        return twin(*(stack(list(x), batch) for x in zip(*own, strict=True)))
    if isinstance(first, list) and hasattr(first[0], "_fields"):
        return [stack(list(x), batch) for x in zip(*own, strict=True)]
    return np.reshape(own, (*batch, *np.shape(first)))


def call(function: Callable[..., Any], named: dict[str, Any]) -> Any:
    """Call with every argument, by position where that is allowed."""
    positional, keywords = [], {}
    for p in parameters(function):
        if p.kind == Parameter.KEYWORD_ONLY:
            keywords[p.name] = named[p.name]
        else:
            positional.append(named[p.name])
    return function(*positional, **keywords)


def leaves(
    results: list[Any], actual: Any, name: str = ""
) -> Iterator[tuple[str, list[Any], Any]]:
    """Every array by its name, with what each member has in its place."""
    if isinstance(actual, np.ndarray):
        yield name, [np.asarray(own) for own in results], actual
    elif isinstance(actual, float):
        yield name, [np.asarray(own) for own in results], np.float64(actual)
    elif isinstance(actual, Iterator):
        yield from leaves([list(own) for own in results], list(actual), name)
    elif isinstance(actual, int):
        assert results == [actual] * len(results)
    else:
        for own in results:
            assert getattr(own, "_fields", 0) == getattr(actual, "_fields", 0)
        names = getattr(actual, "_fields", [name] * len(actual))
        for name_, *own, twin in zip(names, *results, actual, strict=True):
            yield from leaves(own, twin, name_)
