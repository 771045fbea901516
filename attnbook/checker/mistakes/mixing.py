"""Wrong mixes: by turned weights, of the wrong rows, or not in one row."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import hypot, sqrt
from typing import Any

from attnbook.checker.mistakes.mistake import Mistake
from attnbook.checker.mistakes.stages import (
    CAUSAL,
    MIXED,
    OF_INPUTS,
    PROJECTED,
    SDPA,
    SIMPLE,
    Finish,
    Head,
    Mix,
    Staged,
    mixed,
    times,
    turned,
    unscaled,
    wrong,
)
from attnbook.vectors import Matrix, Vector

_ONE = ("context_vector",)
_ALL = (*SIMPLE, *MIXED)

_ALONE = "Return the mix alone."
_VALUES = "Multiply the weights with the values."


def _after_softmax(weights: Matrix, head: Head) -> Matrix:
    scale = sqrt(len(head.keys[0]))
    return [[entry / scale for entry in row] for row in mixed(weights, head)]


def _own_value(weights: Matrix, head: Head) -> Matrix:
    last = len(head.values) - 1
    return [
        [sum(row) * entry for entry in head.values[min(i, last)]]
        for i, row in enumerate(weights)
    ]


def _mean(weights: Matrix, head: Head) -> Matrix:
    share = [1 / len(head.values)] * len(head.values)
    return times([share] * len(weights), head.values)


def _weighted(weights: Matrix, head: Head) -> list[Matrix]:
    pairs = [zip(row, head.values, strict=True) for row in weights]
    return [[[w * entry for entry in x] for w, x in each] for each in pairs]


def _of_length_one(row: Vector) -> Vector:
    """A row divided by its norm; zeros stay."""
    norm = hypot(*row) or 1.0
    return [entry / norm for entry in row]


def _of_one_norm(rows: Matrix, _: Matrix) -> Matrix:
    """Rows divided by the norm of all their entries; zeros stay."""
    norm = hypot(*(entry for row in rows for entry in row)) or 1.0
    return [[entry / norm for entry in row] for row in rows]


def _sum(row: Vector, other: Vector) -> Vector:
    return [a + b for a, b in zip(row, other, strict=True)]


def standard(row: Vector, eps: float = 1e-5) -> Vector:
    """A row with mean 0 and variance 1."""
    mean = sum(row) / len(row)
    spread = sum((entry - mean) ** 2 for entry in row) / len(row)
    return [(entry - mean) / sqrt(spread + eps) for entry in row]


_SCALED_LATE: Sequence[Staged[Mix]] = (
    ("scaled_after_softmax", MIXED,
     "You divide the weights by the root, after softmax.",
     "Divide the scores, before softmax: rows of weights sum to 1.",
     _after_softmax),
)  # fmt: skip

_MIXES: Sequence[Staged[Callable[[Matrix, Head], Any]]] = (
    ("weights_transposed", MIXED,
     "You mix by the columns of the weights, not by their rows.",
     "Row i of the result is row i of the weights times the values.",
     lambda weights, head: times(turned(weights), head.values)),
    ("inputs_mixed", (*PROJECTED, *CAUSAL),
     "You mix the inputs themselves: `W_value` is not used.",
     "Mix `inputs @ W_value`.",
     lambda weights, head: times(weights, head.inputs)),
    ("own_value_only", SDPA,
     "Row i takes the value of token i alone: nothing is mixed.",
     "In the inner loop take value j, which belongs to weight j.",
     _own_value),
    ("weights_returned", (*SIMPLE, *SDPA, *PROJECTED, *CAUSAL),
     "You return the weights; nothing is mixed by them yet.",
     _VALUES, lambda weights, _: weights),
    ("plain_mean", _ONE,
     "You give every input the same weight.",
     "Multiply each input by its own weight before you add.",
     _mean),
    ("largest_only", _ONE,
     "You return the input with the largest weight; nothing is mixed.",
     "Add up all inputs, each times its weight.",
     lambda weights, head: [head.values[row.index(max(row))]
                            for row in weights]),
    ("not_added", _ONE,
     "You return the weighted inputs; their sum is missing.",
     "Add the weighted inputs up, column by column.",
     _weighted),
    ("last_token_lost", (*_ONE, *_ALL),
     "You leave out the last token.",
     "Let the loop run over every index, from 0 to the length minus 1.",
     lambda weights, head: times([[*row[:-1], 0.0] for row in weights],
                                 head.values)),
    ("weights_reversed", _ONE,
     "You pair the first weight with the last input.",
     "Weight j belongs to input j.",
     lambda weights, head: times([row[::-1] for row in weights],
                                 head.values)),
)  # fmt: skip

# What is done to the context vectors at the end.
FINISHES: Sequence[Staged[Finish]] = (
    ("inputs_added", (*SIMPLE, *OF_INPUTS),
     "You add the inputs to the result: that is a residual connection.",
     _ALONE, lambda rows, inputs: list(map(_sum, inputs, rows))),
    ("normalised", _ALL,
     "You give every row mean 0 and variance 1: that is a layer norm.",
     _ALONE, lambda rows, _: list(map(standard, rows))),
    ("unit_length", _ALL,
     "Every row has the length 1: you divide it by its norm.",
     _ALONE, lambda rows, _: list(map(_of_length_one, rows))),
    ("whole_of_unit_length", _ALL,
     "All rows together have the length 1: you divide them by one norm.",
     _ALONE, _of_one_norm),
    ("same_row", _ALL,
     "Every row is the last one: all rows are one and the same list.",
     "`[[0.0] * d] * n` repeats one list n times: make a new one per row.",
     lambda rows, _: [rows[-1]] * len(rows)),
    ("first_row_everywhere", _ALL,
     "Every row is the first token's.",
     "Inside the loop use token i: an index that stays 0 is the first.",
     lambda rows, _: [rows[0]] * len(rows)),
    ("accumulated", _ALL,
     "Each row still holds the sum of the rows before it.",
     "Start every row anew: inside the loop, not before it.",
     lambda rows, _: list(accumulate(rows, _sum))),
    ("first_row_only", _ALL,
     "You return after the first token.",
     "Move `return` out of the loop.",
     lambda rows, _: rows[:1]),
    ("rows_reversed", _ALL,
     "Your rows are in reverse: the last token comes first.",
     "Row i of the result belongs to token i.",
     lambda rows, _: rows[::-1]),
    ("rounded", (*SIMPLE, *SDPA),
     "Your result is rounded to 2 digits.",
     "Leave out `round`: round what you print, not what you return.",
     lambda rows, _: [[round(entry, 2) for entry in row] for row in rows]),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (
    *wrong("mix", _SCALED_LATE, scale=unscaled),
    *wrong("mix", _MIXES),
    *wrong("finish", FINISHES),
)
