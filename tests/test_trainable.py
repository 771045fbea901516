"""Section 3.4: projections, the scaled scores, and what a mask hides."""

from math import inf, log
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from attnbook import trainable
from attnbook.arrays import trainable as array_trainable
from attnbook.trainable import (
    Projections,
    project,
    scaled_dot_product_attention,
    self_attention,
)
from tests import bad, by_index
from tests.by_index import close, draw

both_roads = pytest.mark.parametrize(
    "road", [trainable, array_trainable], ids=["lists", "arrays"]
)


def test_every_step_agrees_with_index_loops_when_all_sizes_differ() -> None:
    queries, keys, values = draw(1, 3, 4), draw(2, 5, 4), draw(3, 5, 2)
    hidden = [[False, True, False, True, False]] * 2 + [[True] * 4 + [False]]

    attention = scaled_dot_product_attention(queries, keys, values, hidden)

    attn_weights = by_index.weights(queries, keys, hidden)
    attn_scores = by_index.scores(queries, keys, hidden)
    assert np.array(attention.attn_scores) == close(attn_scores)
    assert np.array(attention.attn_weights) == close(attn_weights)
    context_vecs = by_index.product(attn_weights, values)
    assert np.array(attention.context_vecs) == close(context_vecs)


def test_self_attention_agrees_with_index_loops_for_any_widths() -> None:
    inputs = draw(1, 5, 7)
    weights = Projections(draw(2, 7, 4), draw(3, 7, 4), draw(4, 7, 3))

    attention = self_attention(inputs, weights)

    queries, keys, values = (by_index.product(inputs, W) for W in weights)
    nothing = by_index.nothing(5, 5)
    attn_weights = by_index.weights(queries, keys, nothing)
    assert np.array(attention.queries) == close(queries)
    assert np.array(attention.keys) == close(keys)
    assert np.array(attention.values) == close(values)
    assert np.array(attention.attn_weights) == close(attn_weights)
    attn_scores = by_index.scores(queries, keys, nothing)
    assert np.array(attention.attn_scores) == close(attn_scores)
    context_vecs = by_index.product(attn_weights, values)
    assert np.array(attention.context_vecs) == close(context_vecs)


def test_scores_are_divided_by_the_root_of_the_keys_width_by_hand() -> None:
    queries = [[2.0, 0.0, 0.0, 0.0]]
    keys = [[log(9), 5.0, 5.0, 5.0], [0.0, 1.0, 2.0, 3.0]]

    attention = scaled_dot_product_attention(queries, keys, values=keys)

    # 2 log 9 / sqrt(4) = log 9 against 0: nine shares to one.
    assert attention.attn_scores == [[2 * log(9), 0.0]]
    assert np.array(attention.attn_weights) == close([[0.9, 0.1]])


@both_roads
def test_one_token_gives_its_own_value(road: ModuleType) -> None:
    weights = Projections(draw(1, 2, 3), draw(2, 2, 3), [[1.0], [10.0]])

    attention = road.self_attention([[0.5, 0.25]], weights)

    assert np.array(attention.attn_weights).tolist() == [[1.0]]
    assert np.array(attention.context_vecs).tolist() == [[3.0]]


@both_roads
def test_huge_scores_do_not_overflow(road: ModuleType) -> None:
    keys = [[1e150], [-1e150], [0.0]]

    attention = road.scaled_dot_product_attention([[1e150]], keys, keys)

    assert np.array(attention.attn_weights).tolist() == [[1.0, 0.0, 0.0]]


@both_roads
@pytest.mark.parametrize(
    "hidden_key", [[1e200, 1e200], [1e200, -1e200]], ids=["inf", "NaN"]
)
def test_a_hidden_score_lets_nothing_through_whatever_it_is(
    road: ModuleType, hidden_key: list[float]
) -> None:
    queries, keys = [[1e200, 1e200]], [hidden_key, [1e-200, 0.0]]

    attention = road.scaled_dot_product_attention(
        queries, keys, values=[[7.0], [5.0]], mask=[[True, False]]
    )

    assert np.array(attention.attn_scores).tolist() == [[-inf, 1.0]]
    assert np.array(attention.attn_weights).tolist() == [[0.0, 1.0]]
    assert np.array(attention.context_vecs).tolist() == [[5.0]]


@both_roads
def test_a_score_beyond_every_float_is_refused_if_seen(
    road: ModuleType,
) -> None:
    huge = [[1e200]]
    with pytest.raises(ValueError, match="attn_scores"):
        road.scaled_dot_product_attention(huge, huge, huge)


def test_a_hidden_key_might_as_well_not_be_there() -> None:
    queries, keys, values = draw(1, 3, 2), draw(2, 4, 2), draw(3, 4, 3)
    without_the_third = scaled_dot_product_attention(
        queries, keys[:2] + keys[3:], values[:2] + values[3:]
    )

    mask = [[False, False, True, False]] * 3
    hidden = scaled_dot_product_attention(queries, keys, values, mask)

    expected = without_the_third.context_vecs
    assert np.array(hidden.context_vecs) == close(expected)


def test_an_array_mask_may_be_shared_by_all_queries_or_differ_by_batch() -> (
    None
):
    queries, keys, values = (np.array(draw(i, 3, 2)) for i in range(3))
    shared = [[False, True, False]]
    masks = [[[False, True, False]] * 3, [[True, False, False]] * 3]

    attend = array_trainable.scaled_dot_product_attention
    by_row = attend(queries, keys, values, shared).context_vecs
    by_batch = attend(queries, keys, values, masks).context_vecs

    first = attend(queries, keys, values, masks[0]).context_vecs
    second = attend(queries, keys, values, masks[1]).context_vecs
    np.testing.assert_array_equal(by_row, first)
    np.testing.assert_array_equal(by_batch, [first, second])


@both_roads
@pytest.mark.parametrize("given", ["queries", "keys", "values"])
@pytest.mark.parametrize("kind", bad.MATRICES)
def test_attention_refuses_by_name_what_is_no_matrix(
    road: ModuleType, given: str, kind: str
) -> None:
    good = {name: [[1.0, 2.0]] for name in ("queries", "keys", "values")}
    with pytest.raises(ValueError, match=f"^{given}"):
        road.scaled_dot_product_attention(
            **good | {given: bad.MATRICES[kind]()}
        )


@both_roads
@pytest.mark.parametrize("given", ["inputs", "W_query", "W_key", "W_value"])
@pytest.mark.parametrize("kind", bad.MATRICES)
def test_projecting_refuses_by_name_what_is_no_matrix(
    road: ModuleType, given: str, kind: str
) -> None:
    good: dict[str, Any] = {"inputs": [[1.0]]}
    good |= {name: [[1.0, 2.0]] for name in Projections._fields}
    inputs, *weights = (good | {given: bad.MATRICES[kind]()}).values()
    with pytest.raises(ValueError, match=f"^{given}"):
        road.self_attention(inputs, Projections(*weights))


@both_roads
@pytest.mark.parametrize("kind", bad.MASKS)
def test_attention_refuses_what_is_no_mask(
    road: ModuleType, kind: str
) -> None:
    keys = [[1.0], [2.0]]
    mask = bad.MASKS[kind]()
    with pytest.raises(ValueError, match=r"^mask"):
        road.scaled_dot_product_attention([[1.0]], keys, keys, mask)


Q2, K3, V3 = [[1.0, 2.0]] * 2, [[3.0, 4.0]] * 3, [[5.0]] * 3


@both_roads
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Q2, V3, V3), r"keys must be \(.*, 2\), got \(3, 1\)"),
        ((Q2, K3, V3[:2]), r"values must be \(.*3, d\), got \(2, 1\)"),
        (
            (Q2, K3, V3, [[False] * 2] * 3),
            r"mask must be \(.*2, 3\), got \(3, 2\)",
        ),
        (
            (Q2, K3, V3, [[False] * 2] * 2),
            r"mask must be \(.*2, 3\), got \(2, 2\)",
        ),
        (
            (Q2, K3, V3, [[True, False, True], [True, True, True]]),
            r"row 1 of mask hides every key",
        ),
    ],
)
def test_attention_names_what_does_not_fit(
    road: ModuleType, arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        road.scaled_dot_product_attention(*arguments)


@both_roads
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((Q2, K3, K3), r"W_query must be \(3, d\), got \(2, 2\)"),
        ((K3, Q2, K3), r"W_key must be \(3, 2\), got \(2, 2\)"),
        ((K3, V3, K3), r"W_key must be \(3, 2\), got \(3, 1\)"),
        ((K3, K3, Q2), r"W_value must be \(3, d\), got \(2, 2\)"),
        ((K3, K3), r"projections must hold 3 matrices, got 2"),
    ],
)
def test_projecting_names_the_weights_that_do_not_fit(
    road: ModuleType,
    weights: Any,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        road.self_attention([[1.0, 2.0, 3.0]], weights)


@pytest.mark.parametrize(
    ("shapes", "came"),
    [
        (
            [(2, 3, 1), (3, 3, 1), (3, 1), (3, 3)],
            r"queries \(2,\), keys \(3,\)",
        ),
        (
            [(3, 1), (2, 3, 1), (3, 3, 1), (3, 3)],
            r"keys \(2,\), values \(3,\)",
        ),
        (
            [(2, 3, 1), (3, 1), (3, 1), (3, 3, 3)],
            r"attn_scores \(2,\), mask \(3,\)",
        ),
    ],
)
def test_arrays_name_the_batches_that_do_not_fit(
    shapes: list[tuple[int, ...]], came: str
) -> None:
    queries, keys, values, seen = map(np.ones, shapes)
    with pytest.raises(ValueError, match=f"batches must fit together.*{came}"):
        array_trainable.scaled_dot_product_attention(
            queries, keys, values, mask=seen == 0
        )


def test_arrays_name_the_row_of_the_batch_that_a_mask_hides() -> None:
    ones, mask = np.ones((3, 1)), np.zeros((2, 3, 3), dtype=np.bool_)
    mask[1, 2] = True
    with pytest.raises(ValueError, match="row 1, 2 of mask hides every key"):
        array_trainable.scaled_dot_product_attention(ones, ones, ones, mask)


def test_array_weights_take_no_batch() -> None:
    weights = array_trainable.Projections(*np.ones((3, 2, 2, 2)))
    with pytest.raises(ValueError, match=r"W_query must be \(2, d\), got"):
        array_trainable.project(np.ones((2, 2)), weights)


@both_roads
@pytest.mark.parametrize("d_k", [0, -1, 2.0, True, "2", None])
def test_a_width_that_cannot_be_is_refused(
    road: ModuleType,
    d_k: Any,
) -> None:
    with pytest.raises(
        ValueError, match="d_k must be an integer of 1 or more"
    ):
        road.scaled_softmax([[1.0]], d_k)


def test_tuples_are_as_good_as_lists() -> None:
    inputs: Any = ((1.0, 2.0), (3.0, 4.0))
    weights: Any = (((1.0,), (2.0,)),) * 3

    actual = project(inputs, weights)

    assert actual == ([[5.0], [11.0]],) * 3
