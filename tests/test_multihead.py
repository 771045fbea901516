"""Section 3.6: heads side by side, and heads split from wide weights."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from attnbook import multihead
from attnbook.arrays import multihead as array_multihead
from attnbook.arrays import trainable as array_trainable
from attnbook.causal import causal_attention
from attnbook.multihead import (
    MultiHead,
    merge_heads,
    multi_head_attention,
    split_heads,
    stacked_heads,
)
from attnbook.trainable import Projections
from tests import bad, by_index
from tests.book import assert_agrees, book_value
from tests.by_index import close, columns, draw

both_roads = pytest.mark.parametrize(
    "road", [multihead, array_multihead], ids=["lists", "arrays"]
)
causal_or_not = pytest.mark.parametrize("causal", [True, False])

# 5 tokens of width 7, 3 heads of width 4: every size differs.
INPUTS = draw(1, 5, 7)
W_QUERY, W_KEY, W_VALUE = draw(2, 7, 12), draw(3, 7, 12), draw(4, 7, 12)
W_OUT, B_OUT = draw(5, 12, 12), draw(6, 1, 12)[0]
PARAMETERS = MultiHead(W_QUERY, W_KEY, W_VALUE, W_OUT, B_OUT, num_heads=3)
HEADS = [
    Projections(*(columns(W, i, i + 4) for W in (W_QUERY, W_KEY, W_VALUE)))
    for i in (0, 4, 8)
]


@causal_or_not
def test_every_step_agrees_with_index_loops(causal: bool) -> None:
    attention = multi_head_attention(INPUTS, PARAMETERS, causal=causal)

    hidden = by_index.later(5) if causal else by_index.nothing(5, 5)
    merged = [[0.0] * 12 for _ in range(5)]
    for h, head in enumerate(HEADS):
        queries, keys, values = (by_index.product(INPUTS, W) for W in head)
        attn_weights = by_index.weights(queries, keys, hidden)
        attn_scores = by_index.scores(queries, keys, hidden)
        context_vecs = by_index.product(attn_weights, values)
        assert np.array(attention.queries[h]) == close(queries)
        assert np.array(attention.keys[h]) == close(keys)
        assert np.array(attention.values[h]) == close(values)
        assert np.array(attention.attn_scores[h]) == close(attn_scores)
        assert np.array(attention.attn_weights[h]) == close(attn_weights)
        assert np.array(attention.head_context_vecs[h]) == close(context_vecs)
        for i in range(5):
            for j in range(4):
                merged[i][4 * h + j] = context_vecs[i][j]
    assert np.array(attention.merged_context_vecs) == close(merged)
    expected = by_index.product(merged, W_OUT)
    for i in range(5):
        for j in range(12):
            expected[i][j] += B_OUT[j]
    assert np.array(attention.context_vecs) == close(expected)


@both_roads
@causal_or_not
def test_wide_projections_give_what_separate_heads_give_number_for_number(
    road: ModuleType,
    causal: bool,
) -> None:
    stacked = road.stacked_heads(INPUTS, HEADS, causal=causal)

    wide = road.multi_head_attention(INPUTS, PARAMETERS, causal=causal)

    expected = np.array(stacked.context_vecs).tolist()
    assert np.array(wide.merged_context_vecs) == close(expected)
    for h, head in enumerate(stacked.heads):
        expected = np.array(head.attn_weights).tolist()
        assert np.array(wide.attn_weights[h]) == close(expected)


def test_on_lists_wide_and_separate_agree_to_the_last_bit() -> None:
    stacked = stacked_heads(INPUTS, HEADS).context_vecs
    wide = multi_head_attention(INPUTS, PARAMETERS).merged_context_vecs
    assert stacked == wide


def test_one_head_that_the_output_leaves_alone_is_causal_attention() -> None:
    identity = [[1.0, 0.0], [0.0, 1.0]]
    weights = Projections(draw(2, 7, 3), draw(3, 7, 3), draw(4, 7, 2))
    parameters = MultiHead(*weights, identity, [0.0, 0.0], num_heads=1)

    actual = multi_head_attention(INPUTS, parameters).context_vecs

    assert actual == causal_attention(INPUTS, weights).context_vecs


@both_roads
def test_values_and_output_may_have_widths_of_their_own(
    road: ModuleType,
) -> None:
    weights = draw(2, 7, 6), draw(3, 7, 6), draw(4, 7, 4)
    parameters = MultiHead(*weights, draw(5, 4, 5), [0.0] * 5, num_heads=2)

    attention = road.multi_head_attention(INPUTS, parameters)

    assert np.shape(attention.keys) == (2, 5, 3)
    assert np.shape(attention.values) == (2, 5, 2)
    assert np.shape(attention.context_vecs) == (5, 5)


def test_stacked_heads_may_have_widths_of_their_own() -> None:
    narrow = Projections(draw(1, 7, 2), draw(2, 7, 2), draw(3, 7, 1))

    stacked = stacked_heads(INPUTS, [narrow, HEADS[0]]).context_vecs

    first = causal_attention(INPUTS, narrow).context_vecs
    second = causal_attention(INPUTS, HEADS[0]).context_vecs
    assert stacked == [a + b for a, b in zip(first, second, strict=True)]
    heads = [array_trainable.Projections(*head) for head in (narrow, HEADS[0])]
    as_arrays = array_multihead.stacked_heads(INPUTS, heads)
    assert as_arrays.context_vecs == close(stacked)


@both_roads
def test_a_row_does_not_depend_on_later_tokens(road: ModuleType) -> None:
    other_ending = INPUTS[:3] + draw(9, 2, 7)

    first = road.multi_head_attention(INPUTS, PARAMETERS).context_vecs
    second = road.multi_head_attention(other_ending, PARAMETERS).context_vecs

    assert np.array(first)[:3] == close(np.array(second)[:3].tolist())
    assert np.abs(np.subtract(first, second)[3:]).max(axis=1).min() > 1e-3


@both_roads
def test_without_the_mask_the_order_of_the_tokens_does_not_matter(
    road: ModuleType,
) -> None:
    attend = road.multi_head_attention
    forwards = attend(INPUTS, PARAMETERS, causal=False).context_vecs

    backwards = attend(INPUTS[::-1], PARAMETERS, causal=False).context_vecs

    assert np.array(backwards)[::-1] == close(np.array(forwards).tolist())


@both_roads
def test_one_token_gives_its_own_value_through_the_output(
    road: ModuleType,
) -> None:
    attention = road.multi_head_attention(INPUTS[:1], PARAMETERS)

    values = by_index.product(INPUTS[:1], W_VALUE)
    (expected,) = by_index.product(values, W_OUT)
    expected = [x + b for x, b in zip(expected, B_OUT, strict=True)]
    assert np.array(attention.context_vecs) == close([expected])


@both_roads
def test_huge_scores_do_not_overflow(road: ModuleType) -> None:
    wide = [[1e150, 1e150]]
    parameters = MultiHead(wide, wide, wide, [[1.0], [1.0]], [0.0], 2)

    attention = road.multi_head_attention([[1.0], [-1.0]], parameters)

    assert np.array(attention.attn_weights[1]).tolist() == [
        [1.0, 0.0],
        [0.0, 1.0],
    ]


@both_roads
def test_heads_are_neighbouring_columns_not_every_other_one(
    road: ModuleType,
) -> None:
    heads = road.split_heads([[1, 2, 3, 4, 5, 6]], num_heads=2)
    assert np.array(heads).tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


@pytest.mark.parametrize("num_heads", [1, 2, 3, 4, 6, 12])
def test_merging_undoes_splitting(num_heads: int) -> None:
    heads = split_heads(W_QUERY, num_heads)
    assert np.shape(heads) == (num_heads, 7, 12 // num_heads)
    assert merge_heads(heads) == W_QUERY
    as_arrays = array_multihead.split_heads(W_QUERY, num_heads)
    np.testing.assert_array_equal(as_arrays, heads)
    merged = array_multihead.merge_heads(as_arrays)
    np.testing.assert_array_equal(merged, W_QUERY)


def test_members_of_a_batch_do_not_mix() -> None:
    batch = np.array([INPUTS, draw(8, 5, 7)])

    parameters = array_multihead.MultiHead(*PARAMETERS)
    attention = array_multihead.multi_head_attention(batch, parameters)

    for i in range(2):
        alone = multi_head_attention(batch[i].tolist(), PARAMETERS)
        assert attention.context_vecs[i] == close(alone.context_vecs)


# What does not fit.


@both_roads
@pytest.mark.parametrize("given", MultiHead._fields[:4])
@pytest.mark.parametrize("kind", bad.MATRICES)
def test_parameters_that_are_no_matrices_are_refused_by_name(
    road: ModuleType, given: str, kind: str
) -> None:
    W, W_out = [[1.0, 2.0]], [[1.0], [1.0]]
    good = MultiHead(W, W, W, W_out, b_out=[0.0], num_heads=1)
    parameters = good._replace(**{given: bad.MATRICES[kind]()})
    with pytest.raises(ValueError, match=f"^{given}"):
        road.multi_head_attention([[1.0]], parameters)


@both_roads
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"num_heads": 5},
            r"W_query must be .* num_heads = 5, got \(7, 12\)",
        ),
        (
            {"W_value": columns(W_VALUE, 0, 10)},
            r"W_value must be .* num_heads = 3, got \(7, 10\)",
        ),
        (
            {"num_heads": 0},
            r"num_heads must be an integer of 1 or more, got 0",
        ),
        ({"num_heads": 3.0}, r"num_heads must be an integer of 1 or more"),
        ({"num_heads": True}, r"num_heads must be an integer of 1 or more"),
        ({"W_key": columns(W_KEY, 0, 9)}, r"W_key must be \(7, 12\), got"),
        ({"W_query": W_QUERY[:6]}, r"W_query must be \(7, d\), got \(6, 12\)"),
        ({"W_out": W_OUT[:9]}, r"W_out must be \(12, d\), got \(9, 12\)"),
        ({"b_out": B_OUT[:9]}, r"b_out must .*12.*, got .*9"),
        ({"b_out": None}, r"b_out must"),
        ({"b_out": [B_OUT]}, r"b_out.* must"),
    ],
)
def test_parameters_that_do_not_fit_are_named(
    road: ModuleType, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        road.multi_head_attention(INPUTS, PARAMETERS._replace(**changed))


@both_roads
@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ([], "heads must not be empty"),
        (
            iter(HEADS),
            "heads must be a list of projections, got list_iterator",
        ),
        (HEADS[0], r"(projections|heads\[0\]) must hold 3 matrices, got 7"),
        (PARAMETERS, r"(projections|heads\[0\]) must hold 3 matrices, got 7"),
        ([HEADS[0], HEADS[1]._replace(W_key=W_KEY)], "W_key must be"),
    ],
)
def test_heads_that_are_no_list_of_projections_are_refused(
    road: ModuleType,
    heads: Any,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        road.stacked_heads(INPUTS, heads)


@both_roads
def test_projections_are_not_taken_for_parameters(road: ModuleType) -> None:
    with pytest.raises(ValueError, match="parameters must hold 6 param"):
        road.multi_head_attention(INPUTS, HEADS[0])


@both_roads
@pytest.mark.parametrize("kind", bad.MATRICES)
def test_vectors_that_are_no_matrix_are_refused(
    road: ModuleType, kind: str
) -> None:
    vectors = bad.MATRICES[kind]()
    with pytest.raises(ValueError, match=r"^vectors"):
        road.split_heads(vectors, 1)
    vectors = bad.MATRICES[kind]()
    with pytest.raises(ValueError, match=r"^vectors"):
        road.output_projection(vectors, [[1.0], [1.0]], [0.0])


@both_roads
@pytest.mark.parametrize(
    "heads", [[], [3], [[[1.0]], 3], [[[1.0]], [[1.0], [2.0]]], None, "ab"]
)
def test_only_heads_of_the_same_tokens_are_merged(
    road: ModuleType,
    heads: Any,
) -> None:
    with pytest.raises(ValueError, match=r"^heads"):
        road.merge_heads(heads)


# What the book shows of a batched product (section 3.6.2).


def test_a_batched_product_is_one_product_a_head() -> None:
    a = np.array(book_value("s362_batched_matmul_input"))  # (1, 2, 3, 4)
    attend = array_trainable.scaled_dot_product_attention
    assert_agrees("s362_batched_matmul", attend(a, a, a).attn_scores)
