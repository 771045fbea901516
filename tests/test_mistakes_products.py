"""What each known mistake of a product, or of cutting heads, computes.

All of it is worked out by hand: that the check names them says nothing of
them, as it knows them by what they compute.
"""

from math import log

import pytest

from tests.known import Row, assert_alike, known, missing, named, rows

X, Y = [1.0, 2.0, 2.0], [2.0, -3.0, 6.0]  # of lengths 3 and 7
DOT = {
    "drops_last": 2.0 - 6.0,
    "drops_first": -6.0 + 12.0,
    "returns_in_loop": 2.0,
    "cosine": 8 / 21,
    "products_not_added": [2.0, -6.0, 12.0],
    "mean": 8 / 3,
}
A, B = (
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    [[1.0, 0.0], [2.0, 1.0], [-1.0, 3.0]],
)
MATMUL = {
    "rows_with_rows": [[1.0, 4.0, 5.0], [4.0, 13.0, 11.0]],
    "entry_by_entry": [[1.0, 0.0], [8.0, 5.0]],
    "last_product_lost": [[5.0, 2.0], [14.0, 5.0]],
    "rows_are_one_list": [[10.0, 34.0], [10.0, 34.0]],
}
TRANSPOSE = {
    "unchanged": A,
    "rotated": [[4.0, 1.0], [5.0, 2.0], [6.0, 3.0]],
    "reshaped": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
    "as_if_square": [[1.0, 4.0], [2.0, 5.0]],
}
ADD = {
    "rows_joined": [[1.0, 2.0], [3.0, 4.0], [10.0, 20.0], [30.0, 40.0]],
    "first_row_to_all": [[11.0, 22.0], [13.0, 24.0]],
}
V, W, BIAS = [[1.0, 2.0], [0.0, 1.0]], [[3.0, 4.0], [5.0, 6.0]], [0.5, -1.0]
PROJECT = {
    "weights_transposed": [[11.0, 17.0], [4.0, 6.0]],
    "result_transposed": [[13.0, 5.0], [16.0, 6.0]],
}
OUTPUT = {
    "bias_forgotten": [[13.0, 16.0], [5.0, 6.0]],
    "bias_of_first_row": [[13.5, 15.0], [5.0, 6.0]],
    "projection_transposed": [[11.5, 16.0], [4.5, 5.0]],
}
# They make the query 3, the key 2 and the value 10.
TOKEN, QKV = [[1.0, 2.0]], ([[1.0], [1.0]], [[2.0], [0.0]], [[0.0], [5.0]])
PROJECT_QKV = {
    "one_matrix_for_all": ([[3.0]], [[3.0]], [[3.0]]),
    "keys_and_values_swapped": ([[3.0]], [[10.0]], [[2.0]]),
}
DOT_BACK = {
    "factors_swapped": ([2.0, 4.0], [6.0, -8.0]),
    "upstream_forgotten": ([3.0, -4.0], [1.0, 2.0]),
}
FIRST, SECOND = [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]
GRAD = [[1.0, 0.0], [2.0, -1.0]]
TO_FIRST, TO_SECOND = [[5.0, 7.0], [4.0, 6.0]], [[7.0, -3.0], [10.0, -4.0]]
TURNED = [[7.0, 10.0], [-3.0, -4.0]]
MATMUL_BACK = {
    "second_not_transposed": ([[5.0, 6.0], [3.0, 4.0]], TO_SECOND),
    "first_not_transposed": (TO_FIRST, [[5.0, -2.0], [11.0, -4.0]]),
    "second_gradient_turned": (TO_FIRST, TURNED),
    "gradients_swapped": (TO_SECOND, TO_FIRST),
}
OUTPUT_BACK = {
    "bias_not_summed": (TO_FIRST, TO_SECOND, GRAD),
    "bias_by_mean": (TO_FIRST, TO_SECOND, [1.5, -0.5]),
    "weight_gradient_turned": (TO_FIRST, TURNED, [3.0, -1.0]),
    "weights_not_transposed": (
        [[5.0, 6.0], [3.0, 4.0]], TO_SECOND, [3.0, -1.0],
    ),
}  # fmt: skip
# Three tokens for two heads of width 2: four entries a token.
TOKENS = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
HEADS = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]
SPLIT = {
    "split_by_view": HEADS,
    "split_by_stride": [
        [[1, 3], [5, 7], [9, 11]], [[2, 4], [6, 8], [10, 12]],
    ],
    "heads_not_moved": [
        [[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]],
    ],
    "every_head_the_first": 2 * [[[1, 2], [5, 6], [9, 10]]],
}  # fmt: skip
MERGE = {
    "merged_by_view": TOKENS,
    "heads_below_each_other": [*HEADS[0], *HEADS[1]],
    "columns_interleaved": [[1, 7, 2, 8], [3, 9, 4, 10], [5, 11, 6, 12]],
    "heads_added": [[8, 10], [12, 14], [16, 18]],
}
ROWS: list[Row] = [
    *rows("dot", (X, Y), DOT),
    ("dot", "integers", ([0.5, 1.0], [1.5, -3.0]), -2.0),
    *rows("matmul", (A, B), MATMUL),
    ("matmul", "last_product_lost", ([[2.0]], [[4.0, 5.0]]), [[0.0, 0.0]]),
    *rows("transpose", (A,), TRANSPOSE),
    *rows("add", (FIRST, [[10.0, 20.0], [30.0, 40.0]]), ADD),
    *rows("project", (V, W), PROJECT),
    *rows("project_qkv", (TOKEN, *QKV), PROJECT_QKV),
    *rows("output_projection", (V, W, BIAS), OUTPUT),
    ("output_projection", "bias_of_first_row", (V[:1], W, BIAS),
     [[13.5, 15.0]]),
    *rows("dot_backward", ([1.0, 2.0], [3.0, -4.0], 2.0), DOT_BACK),
    *rows("matmul_backward", (FIRST, SECOND, GRAD), MATMUL_BACK),
    *rows("output_projection_backward", (FIRST, SECOND, GRAD), OUTPUT_BACK),
    *rows("split_heads", (TOKENS, 2), SPLIT),
    *rows("merge_heads", (HEADS,), MERGE),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_mistake_computes_what_its_sentence_says(row: Row) -> None:
    step, name, given, expected = row
    assert_alike(known(step, name).function(*given), expected)


def test_every_mistake_of_these_steps_is_worked_out() -> None:
    assert not missing({step for step, *_ in ROWS}, ROWS)


def test_scores_that_are_weights_already_sum_to_1() -> None:
    found = known("attention_scores", "already_softmax")
    weights = found.function([1.0, 0.0], [[0.0, 7.0], [log(3.0), 7.0]])
    assert_alike(weights, [0.25, 0.75])
