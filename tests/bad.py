"""What is no matrix of numbers, and what is no mask, by what is wrong."""

from collections.abc import Callable
from typing import Any

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
