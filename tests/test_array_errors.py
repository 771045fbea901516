"""Every twin in NumPy refuses what its namesake on lists refuses, by name.

The same table of bad values is tried on each argument, each field of a tuple
with names and each such tuple in a list. An array may be more than a list: it
may be an array, and have leading dimensions. In all else the two agree.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from tests import bad
from tests.test_errors import (
    FUNCTIONS,
    arguments,
    is_refusal,
    names_in,
    outcome,
    places,
)
from tests.test_twins import TWINS, twins

# What NumPy takes for an array, or for a number in one.
ARRAYS = {
    *(kind for kind in bad.VALUES if "NumPy's" in kind),
    *("an array", "a row that is an array", "a memoryview", "a bytearray"),
    *("a deque", "a range of numbers"),
    *("a number with a name, in a list", "a number with a name, in a row"),
}


def array_outcome(name: str, named: dict[str, Any]) -> str:
    """What a call of a twin ends in, without a warning."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = twins(name)[1](**named)
            if isinstance(result, Iterator):
                result = [*islice(result, 2)]
    except Exception as error:  # noqa: BLE001 - any but one is a failure
        return f"{type(error).__name__}: {error}"
    return "an answer"


def may_answer(kind: str, make: Callable[[], Any], right: Any) -> bool:
    """Whether it is an array, a batch of what is right, or large."""
    if kind in ARRAYS or kind.startswith("the largest float"):
        return True
    numbers = kind in bad.NESTED or kind.endswith((", in a list", "in a row"))
    return numbers and depth(make()) > depth(right)


def depth(value: Any) -> int:
    """In how many lists its first number stands."""
    inside = isinstance(value, list) and len(value) > 0
    return 1 + depth(value[0]) if inside else 0


def at(value: Any, where: str) -> Any:
    """What stands in a value at a place that `places` named."""
    for field, index in re.findall(r"\.(\w+)|\[(\d)\]", where):
        value = getattr(value, field) if field else value[int(index)]
    return value


@pytest.mark.parametrize("name", [name for name in TWINS if name in FUNCTIONS])
def test_a_twin_refuses_what_lists_refuse_by_a_name_that_the_caller_knows(
    name: str,
) -> None:
    named = arguments(name)
    assert array_outcome(name, named) == "an answer"
    known = {n for key, value in named.items() for n in names_in(value, key)}
    wrong = []
    for key, value in named.items():
        for where, exchange in places(value):
            for kind, make in bad.VALUES.items():
                call = named | {key: exchange(make())}
                said = array_outcome(name, call)
                if said != "an answer":
                    agree = is_refusal(said, known)
                else:
                    agree = (
                        may_answer(kind, make, at(value, where))
                        or outcome(name, call) == "an answer"
                    )
                if not agree:
                    wrong.append(f"{key}{where}: {kind}: {said}")
    assert wrong == []
