"""What changes no bit on arrays, and what changes some.

A product of matrices rounds by its shape. What is hidden changes no bit as
long as no shape changes; another number or order of rows may change the last.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnbook.arrays.causal import causal_attention
from attnbook.arrays.multihead import MultiHead, multi_head_attention
from attnbook.arrays.trainable import (
    Projections,
    scaled_dot_product_attention,
)

SIZE = st.integers(1, 40)
SEED = st.integers(0, 2**32)
PRECISION = st.sampled_from([np.float64, np.float32])
drawn = settings(max_examples=60, deadline=None)


class Drawn:
    """Arrays of one precision, drawn from one seed."""

    def __init__(self, seed: int, precision: type) -> None:
        self.rng, self.precision = np.random.default_rng(seed), precision

    def __call__(self, *shape: int) -> Any:
        return self.rng.uniform(-1, 1, shape).astype(self.precision)

    def layer(self, d_in: int) -> tuple[Projections, MultiHead]:
        """The weights of one causal head, and of two that are merged."""
        W = Projections(*(self(d_in, 6) for _ in range(3)))
        return W, MultiHead(*W, self(6, 5), self(5), 2)


def outputs(inputs: Any, layer: tuple[Projections, MultiHead]) -> list[Any]:
    """The context vectors of one causal head, and of two."""
    W, parameters = layer
    return [
        causal_attention(inputs, W).context_vecs,
        multi_head_attention(inputs, parameters).context_vecs,
    ]


def is_same(a: Any, b: Any) -> bool:
    """Whether two arrays agree in every bit."""
    return bool(a.dtype == b.dtype and a.tobytes() == b.tobytes())


def close(a: Any) -> object:
    """Equal but for what a few roundings may do."""
    eps = np.finfo(a.dtype).eps
    return pytest.approx(a, rel=1000 * eps, abs=1000 * eps)


@drawn
@given(n=SIZE, later=SIZE, d=SIZE, seed=SEED, precision=PRECISION)
def test_what_later_tokens_say_changes_no_bit(
    n: int, later: int, d: int, seed: int, precision: type
) -> None:
    draw = Drawn(seed, precision)
    layer, inputs = draw.layer(d), draw(n + later, d)
    others = inputs.copy()
    others[n:] = 100 * draw(later, d)
    for a, b in zip(
        outputs(inputs, layer), outputs(others, layer), strict=True
    ):
        assert is_same(a[:n], b[:n])


@drawn
@given(n=SIZE, later=SIZE, d=SIZE, seed=SEED, precision=PRECISION)
def test_that_there_are_later_tokens_changes_no_more_than_roundings(
    n: int, later: int, d: int, seed: int, precision: type
) -> None:
    draw = Drawn(seed, precision)
    layer, inputs = draw.layer(d), draw(n + later, d)
    for a, b in zip(
        outputs(inputs[:n], layer), outputs(inputs, layer), strict=True
    ):
        assert b[:n] == close(a)


@drawn
@given(n_q=SIZE, n_k=st.integers(2, 40), seed=SEED, precision=PRECISION)
def test_what_stands_behind_a_mask_changes_no_bit(
    n_q: int, n_k: int, seed: int, precision: type
) -> None:
    draw = Drawn(seed, precision)
    queries, keys, values = draw(n_q, 6), draw(n_k, 6), draw(n_k, 5)
    seen = draw.rng.permutation(n_k) < n_k // 2
    mask = np.broadcast_to(~seen, (n_q, n_k))
    before = scaled_dot_product_attention(queries, keys, values, mask)
    keys[~seen], values[~seen] = 100 * keys[~seen], -100 * values[~seen]
    after = scaled_dot_product_attention(queries, keys, values, mask)
    assert is_same(before.attn_weights, after.attn_weights)
    assert is_same(before.context_vecs, after.context_vecs)
    left_out = scaled_dot_product_attention(queries, keys[seen], values[seen])
    assert left_out.context_vecs == close(after.context_vecs)


@drawn
@given(n=SIZE, d=SIZE, seed=SEED, precision=PRECISION)
def test_the_order_of_queries_and_of_keys_changes_no_more_than_roundings(
    n: int, d: int, seed: int, precision: type
) -> None:
    draw = Drawn(seed, precision)
    queries, keys, values = draw(n, d), draw(n, d), draw(n, 5)
    asked, found = draw.rng.permutation(n), draw.rng.permutation(n)
    rows = scaled_dot_product_attention(queries, keys, values).context_vecs
    again = scaled_dot_product_attention(
        queries[asked], keys[found], values[found]
    )
    assert again.context_vecs == close(rows[asked])


@drawn
@given(n=SIZE, d=SIZE, seed=SEED, precision=PRECISION)
def test_the_other_sentences_of_a_batch_change_no_bit(
    n: int, d: int, seed: int, precision: type
) -> None:
    draw = Drawn(seed, precision)
    layer, batch = draw.layer(d), draw(3, n, d)
    others = batch.copy()
    others[1:] *= 100
    for a, b in zip(
        outputs(batch, layer), outputs(others, layer), strict=True
    ):
        assert is_same(a[0], b[0])
