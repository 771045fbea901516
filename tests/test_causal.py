"""Section 3.5: who sees whom, and what dropout leaves."""

from itertools import product
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from attnbook import causal
from attnbook.arrays import causal as array_causal
from attnbook.arrays import trainable as array_trainable
from attnbook.causal import causal_attention, causal_mask, dropout
from attnbook.trainable import Projections
from tests import bad, by_index
from tests.by_index import close, draw

both_roads = pytest.mark.parametrize(
    "road", [causal, array_causal], ids=["lists", "arrays"]
)

INPUTS = draw(1, 5, 3)
WEIGHTS = Projections(draw(2, 3, 4), draw(3, 3, 4), draw(4, 3, 2))
KEEP = [[(i + 2 * j) % 3 > 0 for j in range(5)] for i in range(5)]


def test_causal_attention_agrees_with_index_loops() -> None:
    attention = causal_attention(INPUTS, WEIGHTS)

    queries, keys, values = (by_index.product(INPUTS, W) for W in WEIGHTS)
    hidden = by_index.later(5)
    attn_weights = by_index.weights(queries, keys, hidden)
    attn_scores = by_index.scores(queries, keys, hidden)
    assert np.array(attention.attn_scores) == close(attn_scores)
    assert np.array(attention.attn_weights) == close(attn_weights)
    context_vecs = by_index.product(attn_weights, values)
    assert np.array(attention.context_vecs) == close(context_vecs)


def test_dropout_strikes_between_the_softmax_and_the_values() -> None:
    attention = causal_attention(INPUTS, WEIGHTS, KEEP, p=0.2)

    undisturbed = causal_attention(INPUTS, WEIGHTS)
    mixing_weights = [[0.0] * 5 for _ in range(5)]
    for i in range(5):
        for j in range(5):
            if KEEP[i][j]:
                mixing_weights[i][j] = attention.attn_weights[i][j] / 0.8
    context_vecs = by_index.product(mixing_weights, attention.values)
    assert attention.attn_weights == undisturbed.attn_weights
    assert np.array(attention.mixing_weights) == close(mixing_weights)
    assert np.array(attention.context_vecs) == close(context_vecs)


@both_roads
def test_the_mask_hides_what_comes_later_and_nothing_else(
    road: ModuleType,
) -> None:
    mask = np.array(road.causal_mask(7))
    for query in range(7):
        for key in range(7):
            assert mask[query, key] == (key > query)


@both_roads
def test_a_row_does_not_depend_on_later_tokens(road: ModuleType) -> None:
    other_ending = INPUTS[:3] + draw(9, 2, 3)

    before = road.causal_attention(INPUTS, WEIGHTS)
    after = road.causal_attention(other_ending, WEIGHTS)

    for step in ("attn_weights", "context_vecs"):
        first, second = (np.array(getattr(a, step)) for a in (before, after))
        assert first[:3] == close(second[:3].tolist())
        assert np.abs(first[3:] - second[3:]).max(axis=1).min() > 1e-3


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_beginning_gets_the_vectors_that_it_gets_in_the_whole(
    length: int,
) -> None:
    whole = causal_attention(INPUTS, WEIGHTS).context_vecs

    beginning = causal_attention(INPUTS[:length], WEIGHTS).context_vecs

    assert np.array(beginning) == close(whole[:length])


@both_roads
def test_the_first_token_gives_itself_its_own_value(road: ModuleType) -> None:
    attention = road.causal_attention(INPUTS, WEIGHTS)
    first_value = np.array(attention.values)[0].tolist()
    assert np.array(attention.context_vecs)[0].tolist() == first_value


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5])
def test_over_all_masks_dropout_keeps_the_mean_exactly(p: float) -> None:
    attn_weights = [[0.5, 0.3, 0.2]]

    mean = [0.0, 0.0, 0.0]
    for kept in product([True, False], repeat=3):
        chance = prod(1 - p if k else p for k in kept)
        (dropped,) = dropout(attn_weights, [list(kept)], p)
        mean = [m + chance * w for m, w in zip(mean, dropped, strict=True)]

    assert np.array([mean]) == close(attn_weights)


@both_roads
def test_keeping_all_with_p_zero_changes_nothing(road: ModuleType) -> None:
    all_kept = [[True] * 5] * 5

    kept = road.causal_attention(INPUTS, WEIGHTS, all_kept, p=0.0)

    without = road.causal_attention(INPUTS, WEIGHTS)
    for step, expected in without._asdict().items():
        np.testing.assert_array_equal(getattr(kept, step), expected)
    np.testing.assert_array_equal(kept.mixing_weights, kept.attn_weights)


@both_roads
def test_dropping_with_p_zero_does_not_scale_the_rest(
    road: ModuleType,
) -> None:
    dropped = road.dropout([[0.5, 0.5]], [[True, False]], 0)
    assert np.array(dropped).tolist() == [[0.5, 0.0]]


@both_roads
@pytest.mark.parametrize("p", [1, 1.0])
def test_p_one_drops_everything_whatever_keep_says(
    road: ModuleType, p: float
) -> None:
    dropped = road.dropout([[0.5, 0.5]], [[True, False]], p)
    assert np.array(dropped).tolist() == [[0.0, 0.0]]


def test_an_array_keep_may_differ_within_the_batch() -> None:
    batch = np.array([INPUTS, draw(8, 5, 3)])
    keeps = np.array([KEEP, np.transpose(KEEP)])

    weights = array_trainable.Projections(*WEIGHTS)
    attention = array_causal.causal_attention(batch, weights, keeps, p=0.5)

    for i in range(2):
        expected = causal_attention(
            batch[i].tolist(), WEIGHTS, keeps[i].tolist(), p=0.5
        )
        assert attention.context_vecs[i] == close(expected.context_vecs)


@both_roads
@pytest.mark.parametrize("num_tokens", [0, -3, 2.0, True, "3", None])
def test_a_mask_for_no_count_of_tokens_is_refused(
    road: ModuleType,
    num_tokens: Any,
) -> None:
    with pytest.raises(ValueError, match="num_tokens must be an integer of 1"):
        road.causal_mask(num_tokens)


@both_roads
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), True, "0.5", None])
def test_p_that_is_no_probability_is_refused(
    road: ModuleType,
    p: Any,
) -> None:
    with pytest.raises(ValueError, match=r"^p must be"):
        road.dropout([[1.0]], [[True]], p)
    with pytest.raises(ValueError, match=r"^p must be"):
        road.causal_attention([[1.0]], ([[1.0]],) * 3, [[True]], p)


@both_roads
def test_p_without_keep_is_refused_rather_than_ignored(
    road: ModuleType,
) -> None:
    with pytest.raises(
        ValueError, match=r"p must be 0 without keep, got 0\.5"
    ):
        road.causal_attention(INPUTS, WEIGHTS, p=0.5)


@both_roads
@pytest.mark.parametrize("kind", bad.MASKS)
def test_a_keep_that_is_no_mask_is_refused(
    road: ModuleType, kind: str
) -> None:
    with pytest.raises(ValueError, match=r"^keep"):
        road.dropout([[0.5, 0.5]], bad.MASKS[kind](), 0.5)


@both_roads
@pytest.mark.parametrize("kind", bad.MATRICES)
def test_weights_that_are_no_matrix_are_refused(
    road: ModuleType, kind: str
) -> None:
    with pytest.raises(ValueError, match=r"^attn_weights"):
        road.dropout(bad.MATRICES[kind](), [[True, True]], 0.5)


@both_roads
def test_a_keep_of_another_shape_is_refused(road: ModuleType) -> None:
    with pytest.raises(
        ValueError, match=r"keep must be \(.*5, 5\), got \(4, 5\)"
    ):
        road.causal_attention(INPUTS, WEIGHTS, KEEP[:4], p=0.5)


def test_array_batches_of_weights_and_keep_must_fit() -> None:
    weights, keep = np.ones((2, 3, 3)), np.ones((5, 3, 3), dtype=np.bool_)
    with pytest.raises(ValueError, match=r"attn_weights \(2,\), keep \(5,\)"):
        array_causal.dropout(weights, keep, 0.5)


def test_a_causal_mask_is_made_anew_at_every_call() -> None:
    first = causal_mask(2)
    first[0][0] = True
    assert causal_mask(2) == [[False, True], [False, False]]
