"""What each known mistake of softmax, and of its gradient, computes, by hand.

The scores are logarithms, so that their exponentials are plain numbers.
"""

from math import exp, log

import pytest

from tests.known import Row, assert_alike, known, missing, named, rows

SCORES = [log(0.5), 0.0, log(4.0)]  # exponentials that add up to 5.5
POWERS = [2.0**score for score in SCORES]
AGAIN = [exp(1 / 11), exp(2 / 11), exp(8 / 11)]
SOFTMAX = {
    "softmax_twice": [share / sum(AGAIN) for share in AGAIN],
    "no_exp": [-1.0, 0.0, 2.0],
    "unnormalised": [0.5, 1.0, 4.0],
    "divided_by_count": [0.5 / 3, 1 / 3, 4 / 3],
    "uniform": [1 / 3, 1 / 3, 1 / 3],
    "largest_only": [0.0, 0.0, 1.0],
    "base_two": [power / sum(POWERS) for power in POWERS],
    "sigmoid": [1 / 3, 1 / 2, 4 / 5],
    "logarithm": [log(1 / 11), log(2 / 11), log(8 / 11)],
    "largest_in_numerator_only": [1 / 44, 2 / 44, 8 / 44],
    "absolute_scores": [2 / 7, 1 / 7, 4 / 7],
    "sign_flipped": [8 / 13, 4 / 13, 1 / 13],
}
# The weighted mean of these gradients is 1/2, and their plain mean 1/3.
WEIGHTS, GRAD = [0.5, 0.25, 0.25], [1.0, 2.0, -2.0]
BACKWARD = {
    "no_coupling": [0.5, 0.5, -0.5],
    "diagonal_only": [0.25, 0.375, -0.375],
    "sign_flipped": [-0.25, -0.375, 0.625],
    "mean_without_weights": [1 / 3, 5 / 12, -7 / 12],
    "weights_forgotten": [0.5, 1.5, -2.5],
    "gradient_not_used": [1 / 4, 3 / 16, 3 / 16],
    "softmax_forgotten": [1.0, 2.0, -2.0],
}
ROWS: list[Row] = [
    *rows("softmax", (SCORES,), SOFTMAX),
    *rows("softmax_backward", (WEIGHTS, GRAD), BACKWARD),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_mistake_computes_what_its_sentence_says(row: Row) -> None:
    step, name, given, expected = row
    assert_alike(known(step, name).function(*given), expected)


def test_every_mistake_of_these_steps_is_worked_out() -> None:
    assert not missing({"softmax", "softmax_backward"}, ROWS)


def test_scores_that_add_up_to_0_share_nothing_without_exp() -> None:
    found = known("softmax", "no_exp")
    assert found.function([1.0, -1.0]) == [0.0, 0.0]
