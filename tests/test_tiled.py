"""Attention in blocks against the twins, which hold all scores."""

import tracemalloc
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnbook.arrays import tiled
from attnbook.arrays.backward import (
    multi_head_attention_backward,
    scaled_dot_product_attention_backward,
)
from attnbook.arrays.causal import causal_mask
from attnbook.arrays.multihead import MultiHead, multi_head_attention
from attnbook.arrays.trainable import scaled_dot_product_attention
from tests.test_array_door import BAD, exchanged


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three keys and two queries at a time, so that a few tokens fill many."""
    monkeypatch.setattr(tiled, "WIDTH", 3)
    monkeypatch.setattr(tiled, "HEIGHTS", (2, 2))


def close(actual: Any, expected: Any, score: float = 1.0) -> None:
    """Equal but for the roundings of sums in another order.

    A score of `s` is rounded by `s` units in the last place, and its
    exponential, relative to its size, by as much.
    """
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    some = 50 * float(np.finfo(actual.dtype).eps) * max(1.0, score)
    most = max(1, np.abs(expected).max())
    np.testing.assert_allclose(actual, expected, rtol=some, atol=some * most)


attentions = given(
    n_q=st.integers(1, 9),
    more=st.integers(0, 7),
    widths=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    batches=st.sampled_from(
        [((), (), ()), ((2,), (2,), (2,)), ((2, 3), (3,), (1, 3))]
    ),
    causal=st.booleans(),
    size_in=st.sampled_from(
        [
            (0.1, "float32"),
            (2.0, "float32"),
            (0.1, "float64"),
            (2.0, "float64"),
            (300.0, "float64"),
        ]
    ),
    seed=st.integers(0, 2**32 - 1),
)
many = settings(
    max_examples=150, deadline=None, derandomize=True, database=None
)


def drawn(
    n_q: int, more: int, widths: Any, batches: Any, size: float, seed: int
) -> list[Any]:
    """Queries, keys, values and a gradient for each context vector."""
    (d_k, d_v), n_k = widths, n_q + more
    random = np.random.default_rng(seed)
    shapes = [(n_q, d_k), (n_k, d_k), (n_k, d_v)]
    batch = np.broadcast_shapes(*batches)
    return [
        *(
            size * random.standard_normal((*b, *shape))
            for b, shape in zip(batches, shapes, strict=True)
        ),
        random.standard_normal((*batch, n_q, d_v)),
    ]


def mask_of(n_q: int, n_k: int, causal: bool) -> Any:
    """The last query sees all keys, the one before it all but the last."""
    return causal_mask(n_k)[-n_q:] if causal else None


@pytest.mark.usefixtures("small_blocks")
def test_blocks_give_what_all_scores_give() -> None:
    @many
    @attentions
    def check(causal: bool, size_in: Any, **drawing: Any) -> None:
        size, kind = size_in
        queries, keys, values, grad = (
            x.astype(kind) for x in drawn(size=size, **drawing)
        )
        mask = mask_of(queries.shape[-2], keys.shape[-2], causal)

        whole = scaled_dot_product_attention(queries, keys, values, mask)
        blocks = tiled.tiled_attention(queries, keys, values, causal)

        scaled = whole.attn_scores / np.sqrt(keys.shape[-1])
        score = float(np.abs(scaled[np.isfinite(scaled)]).max())
        close(blocks.context_vecs, whole.context_vecs, score)
        totals = np.logaddexp.reduce(scaled, axis=-1).astype(kind)
        close(blocks.log_totals, totals, score)

        expected = scaled_dot_product_attention_backward(
            queries, keys, values, whole, grad
        )
        actual = tiled.tiled_attention_backward(
            queries, keys, values, blocks, grad, causal
        )
        for name in actual._fields:
            close(getattr(actual, name), getattr(expected, name), score)

    check()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("batch", [(), (2,), (2, 1)])
def test_the_whole_layer_in_blocks_is_the_whole_layer(
    causal: bool, batch: tuple[int, ...]
) -> None:
    random = np.random.default_rng(36)
    inputs = random.standard_normal((*batch, 7, 5))
    W_query, W_key, W_value = random.standard_normal((3, 5, 6))
    W_out, b_out = random.standard_normal((6, 4)), random.standard_normal(4)
    parameters = MultiHead(W_query, W_key, W_value, W_out, b_out, 3)
    grad = random.standard_normal((*batch, 7, 4))

    whole = multi_head_attention(inputs, parameters, causal)
    blocks = tiled.tiled_multi_head_attention(inputs, parameters, causal)
    for name in set(blocks._fields) - {"log_totals"}:
        close(getattr(blocks, name), getattr(whole, name))

    expected = multi_head_attention_backward(inputs, parameters, whole, grad)
    actual = tiled.tiled_multi_head_attention_backward(
        inputs, parameters, blocks, grad, causal
    )
    for ours, theirs in zip(actual, expected, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("n", [1, 63, 64, 65, 513, 1100])
def test_blocks_of_the_real_size_meet_at_their_edges(
    n: int, causal: bool
) -> None:
    queries, keys, values = np.random.default_rng(n).standard_normal((3, n, 4))
    mask = mask_of(n, n, causal)
    whole = scaled_dot_product_attention(queries, keys, values, mask)
    blocks = tiled.tiled_attention(queries, keys, values, causal)
    close(blocks.context_vecs, whole.context_vecs)


def test_the_last_queries_alone_get_what_they_got_among_all() -> None:
    queries, keys, values = np.random.default_rng(5).standard_normal(
        (3, 90, 4)
    )
    every = tiled.tiled_attention(queries, keys, values, causal=True)
    last = tiled.tiled_attention(queries[-3:], keys, values, causal=True)
    close(last.context_vecs, every.context_vecs[-3:])


def test_hidden_blocks_are_left_out() -> None:
    n = 4096
    areas = [
        (rows.stop - rows.start) * (blocks[-1].stop)
        for rows, _, blocks in tiled._tiles(n, n, causal=True)  # noqa: SLF001
    ]
    assert sum(areas) < 0.55 * n * n


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("size", [1, 1000])
def test_memory_does_not_grow_with_the_square_of_the_tokens(
    size: float, causal: bool
) -> None:
    n, d = 8192, 4
    text = np.random.default_rng(0).standard_normal((3, n, d)).astype("f4")
    text *= size
    queries, keys, values = text
    tracemalloc.start()
    attention = tiled.tiled_attention(queries, keys, values, causal)
    tiled.tiled_attention_backward(
        queries, keys, values, attention, values, causal
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    block = 4 * tiled.WIDTH * tiled.HEIGHTS[1]
    assert peak < 20 * 4 * n * d + 6 * block < 4 * n * n / 40


def test_the_largest_score_is_subtracted_only_where_it_has_to_be() -> None:
    ones = np.ones((1, 4, 4))
    few, many_ = (tiled._is_small(x, x, ones) for x in (ones, 100 * ones))  # noqa: SLF001
    assert (few, many_) == (True, False)
    assert not tiled._is_small(ones, ones, 1e80 * ones)  # noqa: SLF001


def test_scores_in_the_thousands_and_large_values_do_not_overflow() -> None:
    queries = np.array([[3000.0]], "f4")
    keys, values = (
        np.array([[1.0], [-1.0]], "f4"),
        np.array([[3e38], [1]], "f4"),
    )
    attention = tiled.tiled_attention(queries, keys, values)
    assert attention.context_vecs.tolist() == values[:1].tolist()
    assert attention.log_totals.tolist() == [3000.0]


def test_scores_beyond_every_float_are_refused_by_name() -> None:
    large = np.full((2, 2), 1e200)
    with pytest.raises(ValueError, match="queries, keys and values must be"):
        tiled.tiled_attention(large, -large, large)
    W = np.eye(2) * 1e200
    parameters = MultiHead(W, W, W, np.eye(2), np.zeros(2), num_heads=1)
    with pytest.raises(
        ValueError, match="inputs and parameters must be small"
    ):
        tiled.tiled_multi_head_attention(np.ones((3, 2)), parameters)


def test_what_a_mask_hides_may_overflow() -> None:
    keys, values = [[1.0, 1.0], [1e308, 1e308]], [[3.0], [4.0]]
    for sign in (1, -1):
        queries = [[sign * 2.0, sign * 2.0]] * 2
        with pytest.raises(ValueError, match="must be smaller"):
            tiled.tiled_attention(queries, keys[1:], values[1:])
        first = tiled.tiled_attention([queries[0]], keys[:1], values[:1])
        queries[1] = [0.0, 0.0]  # the first query does not see the large key
        both = tiled.tiled_attention(queries, keys, values, causal=True)
        assert both.context_vecs[0].tolist() == first.context_vecs[0].tolist()


def test_queries_that_stand_before_all_keys_are_refused() -> None:
    queries, keys = np.ones((3, 2)), np.ones((2, 2))
    with pytest.raises(ValueError, match="keys must be as many as queries or"):
        tiled.tiled_attention(queries, keys, keys, causal=True)
    for flag in ("no", 1, None):
        with pytest.raises(ValueError, match="causal must be True or False"):
            tiled.tiled_attention(keys, keys, keys, flag)  # type: ignore[arg-type]


def calls(kind: str) -> list[tuple[Callable[..., Any], list[str], list[Any]]]:
    """Each function with its arguments and their names."""
    random = np.random.default_rng(1)
    text = [random.standard_normal((4, 2)).astype(kind) for _ in range(4)]
    W, b_out = random.standard_normal((4, 2, 2)).astype(kind), text[0][0]
    parameters = MultiHead(W[0], W[1], W[2], W[3], b_out, 2)
    *qkv, grad = text
    attention = tiled.tiled_attention(text[0], text[1], text[2])
    layer = tiled.tiled_multi_head_attention(text[0], parameters)
    names = ["queries", "keys", "values", "attention", "grad_context_vecs"]
    of_layer = ["inputs", "parameters", "attention", "grad_context_vecs"]
    back = tiled.tiled_multi_head_attention_backward
    return [
        (tiled.tiled_attention, names[:3], qkv),
        (tiled.tiled_attention_backward, names, [*qkv, attention, grad]),
        (
            tiled.tiled_multi_head_attention,
            of_layer[:2],
            [text[0], parameters],
        ),
        (back, of_layer, [text[0], parameters, layer, grad]),
    ]


@pytest.mark.parametrize("i", range(4))
@pytest.mark.parametrize("kind", ["float16", "float32", "longdouble"])
def test_blocks_keep_the_precision_and_share_no_memory(
    i: int, kind: str
) -> None:
    function, _, values = calls(kind)[i]
    results = list(function(*values))
    assert {x.dtype for x in results} == {np.dtype(kind)}
    given_ = [x for x in values if isinstance(x, np.ndarray)]
    for j, result in enumerate(results):
        for other in [*results[j + 1 :], *given_]:
            assert not np.shares_memory(result, other)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("i", range(4))
def test_bad_numbers_are_refused_by_the_name_of_the_argument(
    i: int, bad: str
) -> None:
    function, names, values = calls("float64")[i]
    for j, value in enumerate(values):
        for field, changed in exchanged(names[j], value, BAD[bad]):
            with pytest.raises(ValueError, match=rf"\b{field}\b"):
                function(*values[:j], changed, *values[j + 1 :])


@pytest.mark.parametrize(
    ("in_blocks", "whole"),
    [
        (tiled.tiled_multi_head_attention, multi_head_attention),
        (
            tiled.tiled_multi_head_attention_backward,
            tiled.tiled_multi_head_attention,
        ),
    ],
)
def test_later_tokens_are_hidden_unless_it_is_told_otherwise(
    in_blocks: Callable[..., object], whole: Callable[..., object]
) -> None:
    causal, expected = (
        signature(function).parameters["causal"]
        for function in (in_blocks, whole)
    )
    assert (causal.kind, causal.default) == (expected.kind, True)


def test_every_token_is_seen_in_one_head_unless_it_is_told_otherwise() -> None:
    queries, keys, values, grad = np.random.default_rng(4).standard_normal(
        (4, 5, 3)
    )
    whole = scaled_dot_product_attention(queries, keys, values)
    blocks = tiled.tiled_attention(queries, keys, values)
    close(blocks.context_vecs, whole.context_vecs)
    expected = scaled_dot_product_attention_backward(
        queries, keys, values, whole, grad
    )
    actual = tiled.tiled_attention_backward(
        queries, keys, values, blocks, grad
    )
    for name in actual._fields:
        close(getattr(actual, name), getattr(expected, name))
