"""What is no matrix, no mask or no argument at all, by what is wrong."""

import re
from array import array
from collections import deque
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

MATRICES: dict[str, Callable[[], Any]] = {
    "a generator": lambda: (row for row in [[1.0, 2.0]]),
    "a row that is a generator": lambda: [(x for x in [1.0, 2.0])],
    "a dict": lambda: {0: [1.0, 2.0]},
    "a row that is a set": lambda: [{1.0, 2.0}],
    "a string": lambda: "12",
    "a row that is a string": lambda: ["12"],
    "bools": lambda: [[True, False]],
    "a word among numbers": lambda: [[1.0, "two"]],
    "NaN": lambda: [[1.0, float("nan")]],
    "infinity": lambda: [[1.0, float("inf")]],
    "ragged rows": lambda: [[1.0, 2.0], [3.0]],
    "nothing": list,
    "empty rows": lambda: [[], []],
    "a huge integer": lambda: [[1.0, 10**400]],
    "a vector": lambda: [1.0, 2.0],
    "None": lambda: None,
}

MASKS: dict[str, Callable[[], Any]] = {
    "a generator": lambda: (row for row in [[True, False]]),
    "a row that is a set": lambda: [{True, False}],
    "zeros and ones": lambda: [[0, 1]],
    "numbers": lambda: [[0.0, 1.0]],
    "ragged rows": lambda: [[True, False], [True]],
    "nothing": list,
    "a row": lambda: [False, False],
    "a string": lambda: "ab",
}


def _deep() -> Any:
    """Lists in lists, 3,000 of them: more than Python's own words bear."""
    nested: Any = 1.0
    for _ in range(3000):
        nested = [nested]
    return nested


def _own() -> Any:
    """A list that holds itself."""
    own: list[Any] = []
    own.append(own)
    return own


def _raise(*_: object) -> Any:
    raise KeyError("raised by a value")


class Raising:
    """An object that answers no question at all."""

    __bool__ = __eq__ = __float__ = __getattr__ = __getitem__ = _raise
    __hash__ = __index__ = __iter__ = __len__ = __repr__ = __str__ = _raise


class Disguised:
    """An object that says that it is a list."""

    __class__: Any = list


class Endless(list[Any]):
    """A list whose items never end."""

    def __iter__(self) -> Any:
        return cycle([1.0])


class Longer(list[Any]):
    """A list that says that it is longer than it is."""

    def __len__(self) -> int:
        return 4


class Silent(list[Any]):
    """A list that cannot be gone through."""

    __iter__: Any = None


class Shifty(list[Any]):
    """A list that holds something else when it is asked by place."""

    def __getitem__(self, place: Any) -> Any:
        return "something else"


class LyingTuple(tuple[Any, ...]):
    """A tuple whose items are others."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return iter([None] * 3)


class Suit(IntEnum):
    """Numbers with names."""

    CLUBS = 1


# What no argument of the package may be.
ALIEN: dict[str, Callable[[], Any]] = {
    "an object": object,
    "an object that raises": Raising,
    "an object in disguise": Disguised,
    "a complex number": lambda: 1 + 2j,
    "a fraction": lambda: Fraction(1, 3),
    "a decimal": lambda: Decimal("0.5"),
    "bytes": lambda: b"12",
    "a bytearray": lambda: bytearray(b"12"),
    "a memoryview": lambda: memoryview(b"12"),
    "a set": lambda: {1.0, 2.0},
    "a frozen set": lambda: frozenset({1.0, 2.0}),
    "a dict": lambda: {"a": 1.0},
    "a dict of numbers": lambda: {0: 1.0, 1: 2.0},
    "a deque": lambda: deque([1.0, 2.0]),
    "an array": lambda: array("d", [1.0, 2.0]),
    "an array of NumPy's": lambda: np.ones((2, 2)),
    "an array of NumPy's without dimensions": lambda: np.array(1.0),
    "a float of NumPy's": lambda: np.float32(0.5),
    "an integer of NumPy's": lambda: np.int64(2),
    "a bool of NumPy's": lambda: np.bool_(True),
    "a generator of numbers": lambda: (x for x in [1.0, 2.0]),
    "a range of numbers": lambda: range(1, 3),
    "a map": lambda: map(float, [1.0, 2.0]),
    "an ellipsis": lambda: ...,
    "not implemented": lambda: NotImplemented,
    "a date": lambda: date(2024, 1, 1),
    "a path": lambda: Path("x"),
    "a pattern": lambda: re.compile("x"),
    "a module": lambda: re,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "a huge integer": lambda: 10**400,
    "an integer too long to print": lambda: 10**5000,
    "a huge negative integer": lambda: -(10**400),
}

# What some may be and others not.
PLAIN: dict[str, Callable[[], Any]] = {
    "a number with a name": lambda: Suit.CLUBS,
    "a double of NumPy's": lambda: np.float64(0.5),
    "None": lambda: None,
    "true": lambda: True,
    "false": lambda: False,
    "zero": lambda: 0,
    "minus one": lambda: -1,
    "ten millions and one": lambda: 10**7 + 1,
    "beyond every float": lambda: 2**53 + 1,
    "zero as a float": lambda: 0.0,
    "a number": lambda: 3.5,
    "a whole number as a float": lambda: 2.0,
    "the largest float": lambda: 1.7976931348623157e308,
    "the smallest float": lambda: 5e-324,
    "minus infinity": lambda: float("-inf"),
    "a word": lambda: "no",
    "an empty word": str,
    "digits": lambda: "12",
    "a number in words": lambda: "0.5",
    "a word with an escape code": lambda: "\x1b[2J",
    "a long word": lambda: "x" * 10_000,
    "brackets without an end": lambda: "[" * 100_000,
    "JSON of NaN": lambda: '{"settings": NaN}',
    "a class": lambda: str,
    "a function": lambda: len,
    "a function without a result": lambda: lambda *_: None,
}

# What holds other things.
NESTED: dict[str, Callable[[], Any]] = {
    "nothing": list,
    "a tuple of nothing": tuple,
    "empty rows": lambda: [[], []],
    "a vector": lambda: [1.0, 2.0],
    "a vector of whole numbers": lambda: [0, 1],
    "a matrix": lambda: [[1.0, 2.0], [3.0, 4.0]],
    "one number": lambda: [[1.0]],
    "one row": lambda: [[1.0] * 3],
    "many rows": lambda: [[1.0]] * 9,
    "ragged rows": lambda: [[1.0, 2.0], [3.0]],
    "a row in a vector": lambda: [1.0, [2.0]],
    "a number in a matrix": lambda: [[1.0], 2.0],
    "three dimensions": lambda: [[[1.0]]],
    "tuples of words": lambda: (("a", "b"), ("c", "d")),
    "a row that is a word": lambda: ["12", "34"],
    "a row that is a set": lambda: [{1.0, 2.0}],
    "a row that is a dict": lambda: [{0: 1.0}],
    "a row that is a generator": lambda: [(x for x in [1.0, 2.0])],
    "a row that is an array": lambda: [np.ones(2)],
    "3,000 lists in lists": _deep,
    "a list of itself": _own,
    "a list without an end": lambda: Endless([1.0]),
    "a list that is shorter than it says": lambda: Longer([1.0]),
    "a list that cannot be gone through": lambda: Silent([1.0]),
    "a list that holds something else": lambda: Shifty([1.0]),
    "a tuple of others": lambda: LyingTuple([1.0]),
    "a row without an end": lambda: [Endless([1.0])],
    "a row that is shorter than it says": lambda: [Longer([1.0])],
    "a row of others": lambda: [LyingTuple([1.0])],
    "bools": lambda: [[True, False]],
    "a row of bools": lambda: [True, False],
}


def _in_a_list(make: Callable[[], Any]) -> Any:
    return [make(), make()]


def _in_a_row(make: Callable[[], Any]) -> Any:
    return [[1.0, make()]]


VALUES: dict[str, Callable[[], Any]] = {**ALIEN, **PLAIN, **NESTED}
for _kind, _make in {**ALIEN, **PLAIN}.items():
    VALUES[f"{_kind}, in a list"] = partial(_in_a_list, _make)
    VALUES[f"{_kind}, in a row"] = partial(_in_a_row, _make)
