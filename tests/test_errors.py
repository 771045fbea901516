"""Every public function of the road names its own argument in every error.

The functions are found, and their arguments made by name and annotation, so
a new one is tested by existing.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib import import_module
from inspect import getmembers, isfunction, signature
from math import inf, nan
from random import Random
from typing import Any

import pytest

from tests import bad
from tests.arguments import BATCHED, SHARED, Sizes

MODULES = ["vectors", "simple", "trainable", "causal", "multihead", "backward"]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    f"{name}.{function}": member
    for name in MODULES
    for function, member in getmembers(
        import_module(f"attnbook.{name}"), isfunction
    )
    if f"{member.__module__}.".startswith(f"attnbook.{name}.")
    and not function.startswith("_")
}
each_function = pytest.mark.parametrize("name", FUNCTIONS)

SIZES = Sizes(4, 3, 5, 3, 2, 7, 8, num_heads=2, head_dim=3, given=True)

BAD: dict[str, Callable[[], Any]] = {
    **bad.MATRICES,
    **bad.MASKS,
    "a number": lambda: 3.5,
    "minus one": lambda: -1,
    "zero": lambda: 0,
    "a word": lambda: "no",
    "NaN alone": lambda: nan,
    "infinity alone": lambda: inf,
    "a huge integer alone": lambda: 10**400,
    "a fraction": lambda: Fraction(1, 3),
    "a complex number": lambda: 1j,
    "an object": object,
    "a function": lambda: len,
    "bytes": lambda: b"12",
    "a range": lambda: range(3),
    "a list of lists of lists": lambda: [[[1.0]]],
    "None in a row": lambda: [[None, 1.0]],
    "a complex number in a row": lambda: [[1j, 1.0]],
    "a fraction in a row": lambda: [[Fraction(1, 3), 1.0]],
    "a row too few": lambda: [[1.0] * 3],
    "rows of one": lambda: [[1.0]] * 9,
    "a vector of bools": lambda: [True, False],
    "a vector with NaN": lambda: [1.0, nan],
    "a tuple of nothing": tuple,
    "tuples of words": lambda: (("a", "b"), ("c", "d")),
}


def arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """Arguments that fit, drawn as the twins' are."""
    random, named = Random(7), {}
    for p in signature(function).parameters.values():
        own = f"{function.__name__}.{p.name}", p.annotation
        key = own if own in BATCHED else (p.name, p.annotation)
        make = BATCHED.get(key) or SHARED[key]
        named[p.name] = make(random, SIZES)
    return named


def spoiled(named: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each argument, and each part of one, exchanged for each bad value."""
    for name, value in named.items():
        for kind, make in BAD.items():
            yield f"{name}: {kind}", named | {name: make()}
            for part in getattr(value, "_fields", ()):
                changed = value._replace(**{part: make()})
                yield f"{name}.{part}: {kind}", named | {name: changed}


def names_in(value: Any, name: str) -> Iterator[str]:
    """What an argument may be called in an error: its parts, too."""
    yield name
    first = value[0] if isinstance(value, list) and value else value
    for part in (value, first):
        yield from getattr(part, "_fields", ())


def outcome(function: Callable[..., Any], named: dict[str, Any]) -> str:
    """What a call ends in: an error and its message, or an answer."""
    try:
        function(**named)
    except Exception as error:  # noqa: BLE001 - any but one is a failure
        return f"{type(error).__name__}: {error}"
    return "an answer"


@each_function
def test_a_bad_argument_is_refused_by_a_name_that_the_caller_knows(
    name: str,
) -> None:
    function = FUNCTIONS[name]
    named = arguments(function)
    assert outcome(function, named) == "an answer"
    known = {n for key, value in named.items() for n in names_in(value, key)}
    wrong = []
    for where, changed in spoiled(named):
        said = outcome(function, changed)
        is_named = any(n in said.split(" must")[0] for n in known)
        if said != "an answer" and not (
            said.startswith("ValueError: ") and is_named
        ):
            wrong.append(f"{where}: {said}")
    assert wrong == []


@each_function
def test_what_is_no_list_is_refused_wherever_a_list_is_wanted(
    name: str,
) -> None:
    function = FUNCTIONS[name]
    named = arguments(function)
    for key, value in named.items():
        if isinstance(value, list):
            for kind in ("a string", "a dict", "None", "a generator"):
                if kind == "None" and key in {"mask", "keep"}:
                    continue
                said = outcome(function, named | {key: BAD[kind]()})
                assert said.startswith("ValueError: "), f"{key}: {kind}"
                assert key in said


@each_function
def test_finite_numbers_that_overflow_are_refused_by_a_known_name(
    name: str,
) -> None:
    """Every number 1e200: its square is beyond all floats."""
    function = FUNCTIONS[name]
    named = {key: grown(value) for key, value in arguments(function).items()}
    said = outcome(function, named)
    if said != "an answer":
        given, _, step = said.removeprefix("ValueError: ").partition(" are ")
        assert step.startswith("too large: "), said
        known = {*named} | ({"projections"} if "heads" in named else set())
        assert {*given.split(", ")} <= known, said
    else:
        result = function(**named)
        assert all(-inf < entry < inf for entry in numbers(result))


def grown(value: Any) -> Any:
    """The same with each float 1e200, but for hidden scores."""
    if isinstance(value, float):
        return 1e200 if value not in {-inf, 0.5, 0.2, 1.0} else value
    if hasattr(value, "_fields"):
        return type(value)(*map(grown, value))
    return [*map(grown, value)] if isinstance(value, list) else value


def numbers(result: Any) -> Iterator[float]:
    if isinstance(result, list | tuple):
        for part in result:
            yield from numbers(part)
    elif result != -inf:  # a hidden score
        yield result
