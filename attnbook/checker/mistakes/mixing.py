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
    "weights_transposed",
    "You mix by the columns of the weights, not by their rows.",
    "Row i of the result is row i of the weights times the values.",
    on=MIXED,
)
def weights_transposed(weights: Matrix, head: Head) -> Matrix:
    return times(turned(weights), head.values)


@wrong(
    "mix",
    "scaled_after_softmax",
    "You divide the weights by the root, after softmax.",
    "Divide the scores, before softmax: rows of weights sum to 1.",
    on=MIXED,
    scale=unscaled,
)
def scaled_after(weights: Matrix, head: Head) -> Matrix:
    scale = sqrt(len(head.keys[0]))
    return [[entry / scale for entry in row] for row in mixed(weights, head)]


@wrong(
    "mix",
    "inputs_mixed",
    "You mix the inputs themselves: `W_value` is not used.",
    "Mix `inputs @ W_value`.",
    on=(*PROJECTED, *CAUSAL),
)
def inputs_mixed(weights: Matrix, head: Head) -> Matrix:
    return times(weights, head.inputs)


@wrong(
    "mix",
    "own_value_only",
    "Row i takes the value of token i alone: nothing is mixed.",
    "In the inner loop take value j, which belongs to weight j.",
    on=SDPA,
)
def own_value_only(weights: Matrix, head: Head) -> Matrix:
    last = len(head.values) - 1
    return [
        [sum(row) * entry for entry in head.values[min(i, last)]]
        for i, row in enumerate(weights)
    ]


@wrong(
    "mix",
    "weights_returned",
    "You return the weights; nothing is mixed by them yet.",
    "Multiply the weights with the values.",
    on=(*SIMPLE, *MIXED[:3]),
)
def weights_returned(weights: Matrix, head: Head) -> Matrix:
    _ = head
    return weights


@wrong(
    "mix",
    "plain_mean",
    "You give every input the same weight.",
    "Multiply each input by its own weight before you add.",
    on=_OWN,
)
def plain_mean(weights: Matrix, head: Head) -> Matrix:
    share = [1 / len(head.values)] * len(head.values)
    return times([share] * len(weights), head.values)


@wrong(
    "mix",
    "largest_only",
    "You return the input with the largest weight; nothing is mixed.",
    _ADD,
    on=_OWN,
)
def largest_only(weights: Matrix, head: Head) -> Matrix:
    return [head.values[row.index(max(row))] for row in weights]


@wrong(
    "mix",
    "not_added",
    "You return the weighted inputs; their sum is missing.",
    "Add the weighted inputs up, column by column.",
    on=_OWN,
)
def not_added(weights: Matrix, head: Head) -> list[Matrix]:
    return [
        [
            [w * entry for entry in x]
            for w, x in zip(row, head.values, strict=True)
        ]
        for row in weights
    ]


@wrong(
    "mix",
    "last_token_lost",
    "You leave out the last token.",
    "Let the loop run over every index, from 0 to the length minus 1.",
    on=(*_OWN, *SIMPLE, *MIXED),
)
def last_token_lost(weights: Matrix, head: Head) -> Matrix:
    return times([[*row[:-1], 0.0] for row in weights], head.values)


@wrong(
    "mix",
    "weights_reversed",
    "You pair the first weight with the last input.",
    "Weight j belongs to input j.",
    on=_OWN,
)
def weights_reversed(weights: Matrix, head: Head) -> Matrix:
    return times([row[::-1] for row in weights], head.values)


# What is done to the context vectors at the end.


@wrong(
    "finish",
    "inputs_added",
    "You add the inputs to the result: that is a residual connection.",
    _ALONE,
    on=(*SIMPLE, *OF_INPUTS),
)
def inputs_added(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    return [
        [a + b for a, b in zip(*rows, strict=True)]
        for rows in zip(inputs, context_vecs, strict=True)
    ]


@wrong(
    "finish",
    "normalised",
    "You give every row mean 0 and variance 1: that is a layer norm.",
    _ALONE,
    on=(*SIMPLE, *MIXED),
)
def normalised(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    _ = inputs
    return [_standard(row) for row in context_vecs]


def _standard(row: list[float]) -> list[float]:
    mean = sum(row) / len(row)
    spread = sum((entry - mean) ** 2 for entry in row) / len(row)
    return [(entry - mean) / sqrt(spread + 1e-5) for entry in row]


@wrong(
    "finish",
    "same_row",
    "Every row of your result is the last one: all are one and the same list.",
    "`[[0.0] * d] * n` repeats one list n times: make a new one per row.",
    on=(*SIMPLE, *MIXED),
)
def same_row(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    _ = inputs
    return [context_vecs[-1]] * len(context_vecs)


@wrong(
    "finish",
    "accumulated",
    "Each row still holds the sum of the rows before it.",
    _ROW,
    on=(*SIMPLE, *MIXED),
)
def accumulated(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    _ = inputs
    rows = [[0.0] * len(context_vecs[0])]
    for row in context_vecs:
        rows.append([a + b for a, b in zip(rows[-1], row, strict=True)])
    return rows[1:]


@wrong(
    "finish",
    "first_row_only",
    "You return after the first token.",
    "Move `return` out of the loop.",
    on=(*SIMPLE, *MIXED),
)
def first_row_only(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    _ = inputs
    return context_vecs[:1]


@wrong(
    "finish",
    "rows_reversed",
    "Your rows are in reverse: the last token comes first.",
    "Row i of the result belongs to token i.",
    on=(*SIMPLE, *MIXED),
)
def rows_reversed(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    _ = inputs
    return context_vecs[::-1]


@wrong(
    "finish",
    "rounded",
    "Your result is rounded to 2 digits.",
    "Leave out `round`: round what you print, not what you return.",
    on=(*SIMPLE, *SDPA),
)
def rounded(context_vecs: Matrix, inputs: Matrix) -> Matrix:
    _ = inputs
    return [[round(entry, 2) for entry in row] for row in context_vecs]
