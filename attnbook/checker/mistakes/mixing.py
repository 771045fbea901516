"""Wrong mixes: by turned weights, of the wrong rows, or not in one row."""

from math import sqrt

from attnbook.checker.mistakes.stages import (
    CAUSAL,
    MIXED,
    OF_INPUTS,
    PROJECTED,
    SDPA,
    SIMPLE,
    Head,
    mixed,
    times,
    turned,
    unscaled,
    wrong,
)
from attnbook.vectors import Matrix

_OWN = ("context_vector",)
_ROW = "Start every row anew: inside the loop, not before it."
_ALONE = "Return the mix alone."
_ADD = "Add up all inputs, each times its weight."


@wrong(
    "mix",
    MIXED,
    "Row i of the result is row i of the weights times the values.",
)
def weights_transposed(weights: Matrix, head: Head) -> Matrix:
    """You mix by the columns of the weights, not by their rows."""
    return times(turned(weights), head.values)


@wrong(
    "mix",
    MIXED,
    "Divide the scores, before softmax: rows of weights sum to 1.",
    scale=unscaled,
)
def scaled_after_softmax(weights: Matrix, head: Head) -> Matrix:
    """You divide the weights by the root, after softmax."""
    scale = sqrt(len(head.keys[0]))
    return [[entry / scale for entry in row] for row in mixed(weights, head)]


@wrong("mix", (*PROJECTED, *CAUSAL), "Mix `inputs @ W_value`.")
def inputs_mixed(weights: Matrix, head: Head) -> Matrix:
    """You mix the inputs themselves: `W_value` is not used."""
    return times(weights, head.inputs)


@wrong(
    "mix", SDPA, "In the inner loop take value j, which belongs to weight j."
)
def own_value_only(weights: Matrix, head: Head) -> Matrix:
    """Row i takes the value of token i alone: nothing is mixed."""
    last = len(head.values) - 1
    return [
        [sum(row) * entry for entry in head.values[min(i, last)]]
        for i, row in enumerate(weights)
    ]


@wrong("mix", (*SIMPLE, *MIXED[:3]), "Multiply the weights with the values.")
def weights_returned(weights: Matrix, head: Head) -> Matrix:
    """You return the weights; nothing is mixed by them yet."""
    _ = head
    return weights


@wrong("mix", _OWN, "Multiply each input by its own weight before you add.")
def plain_mean(weights: Matrix, head: Head) -> Matrix:
    """You give every input the same weight."""
    share = [1 / len(head.values)] * len(head.values)
    return times([share] * len(weights), head.values)


@wrong("mix", _OWN, _ADD)
def largest_only(weights: Matrix, head: Head) -> Matrix:
    """You return the input with the largest weight; nothing is mixed."""
    return [head.values[row.index(max(row))] for row in weights]


@wrong("mix", _OWN, "Add the weighted inputs up, column by column.")
def not_added(weights: Matrix, head: Head) -> list[Matrix]:
    """You return the weighted inputs; their sum is missing."""
    return [
        [
            [w * entry for entry in x]
            for w, x in zip(row, head.values, strict=True)
        ]
        for row in weights
    ]


@wrong(
    "mix",
    (*_OWN, *SIMPLE, *MIXED),
    "Let the loop run over every index, from 0 to the length minus 1.",
)
def last_token_lost(weights: Matrix, head: Head) -> Matrix:
    """You leave out the last token."""
    return times([[*row[:-1], 0.0] for row in weights], head.values)


@wrong("mix", _OWN, "Weight j belongs to input j.")
def weights_reversed(weights: Matrix, head: Head) -> Matrix:
    """You pair the first weight with the last input."""
    return times([row[::-1] for row in weights], head.values)


# What is done to the context vectors at the end.


@wrong("finish", (*SIMPLE, *OF_INPUTS), _ALONE)
def inputs_added(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """You add the inputs to the result: that is a residual connection."""
    return [
        [a + b for a, b in zip(*rows, strict=True)]
        for rows in zip(inputs, context_vecs, strict=True)
    ]


@wrong("finish", (*SIMPLE, *MIXED), _ALONE)
def normalised(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """You give every row mean 0 and variance 1: that is a layer norm."""
    _ = inputs
    return [_standard(row) for row in context_vecs]


def _standard(row: list[float]) -> list[float]:
    mean = sum(row) / len(row)
    spread = sum((entry - mean) ** 2 for entry in row) / len(row)
    return [(entry - mean) / sqrt(spread + 1e-5) for entry in row]


@wrong(
    "finish",
    (*SIMPLE, *MIXED),
    "`[[0.0] * d] * n` repeats one list n times: make a new one per row.",
)
def same_row(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """Every row is the last one: all rows are one and the same list."""
    _ = inputs
    return [context_vecs[-1]] * len(context_vecs)


@wrong("finish", (*SIMPLE, *MIXED), _ROW)
def accumulated(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """Each row still holds the sum of the rows before it."""
    _ = inputs
    rows = [[0.0] * len(context_vecs[0])]
    for row in context_vecs:
        rows.append([a + b for a, b in zip(rows[-1], row, strict=True)])
    return rows[1:]


@wrong("finish", (*SIMPLE, *MIXED), "Move `return` out of the loop.")
def first_row_only(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """You return after the first token."""
    _ = inputs
    return context_vecs[:1]


@wrong("finish", (*SIMPLE, *MIXED), "Row i of the result belongs to token i.")
def rows_reversed(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """Your rows are in reverse: the last token comes first."""
    _ = inputs
    return context_vecs[::-1]


@wrong(
    "finish",
    (*SIMPLE, *SDPA),
    "Leave out `round`: round what you print, not what you return.",
)
def rounded(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    """Your result is rounded to 2 digits."""
    _ = inputs
    return [[round(entry, 2) for entry in row] for row in context_vecs]
