"""What changes no bit on lists: compared as they are stored, not as equal.

Nothing here allows for rounding. Numbers behind a mask, later tokens and
whatever else a row does not see is not computed with at all.
"""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from attnbook.causal import causal_attention, causal_mask
from attnbook.multihead import (
    MultiHead,
    multi_head_attention,
    stacked_heads,
)
from attnbook.trainable import (
    Projections,
    scaled_dot_product_attention,
    self_attention,
)
from attnbook.vectors import Matrix
from tests.arguments import mask, matrix

SIZE = st.integers(1, 6)
SEED = st.integers(0, 2**32)
drawn = settings(max_examples=60, deadline=None)


def bits(nested: Any) -> Any:
    """Every number written out to its last bit, a sign of zero included."""
    if isinstance(nested, list | tuple):
        return [bits(part) for part in nested]
    return float(nested).hex()


def projections(random: Random, d_in: int) -> Projections:
    return Projections(
        matrix(random, d_in, 3),
        matrix(random, d_in, 3),
        matrix(random, d_in, 2),
    )


def layer(random: Random, d_in: int) -> MultiHead:
    q, k, v = (matrix(random, d_in, 4) for _ in range(3))
    return MultiHead(q, k, v, matrix(random, 4, 3), [0.5, -0.5, 0.0], 2)


@drawn
@given(n=SIZE, more=SIZE, d=SIZE, seed=SEED)
def test_later_tokens_change_no_bit_of_a_causal_row(
    n: int, more: int, d: int, seed: int
) -> None:
    random = Random(seed)
    inputs, tail = matrix(random, n, d), matrix(random, more, d)
    huge = [[1e100 * x for x in row] for row in tail]
    W, parameters = projections(random, d), layer(random, d)
    for longer in (inputs + tail, inputs + huge):
        assert bits(causal_attention(inputs, W).context_vecs) == bits(
            causal_attention(longer, W).context_vecs[:n]
        )
        assert bits(multi_head_attention(inputs, parameters).context_vecs) == (
            bits(multi_head_attention(longer, parameters).context_vecs[:n])
        )


def attended(
    queries: Matrix, keys: Matrix, values: Matrix, hidden: Any
) -> list[Any]:
    attention = scaled_dot_product_attention(queries, keys, values, hidden)
    return [attention.attn_weights, attention.context_vecs]


@drawn
@given(n_q=SIZE, n_k=SIZE, d=SIZE, seed=SEED)
def test_what_stands_behind_a_mask_changes_no_bit(
    n_q: int, n_k: int, d: int, seed: int
) -> None:
    random = Random(seed)
    queries, keys = matrix(random, n_q, d), matrix(random, n_k, d)
    values = matrix(random, n_k, 3)
    hidden = mask(random, n_q, n_k)
    never = [j for j in range(n_k) if all(row[j] for row in hidden)]
    others = [row[:] for row in keys], [row[:] for row in values]
    for rows in others:
        for j in never:
            rows[j] = [1e308] * len(rows[j])
    before = bits(attended(queries, keys, values, hidden))
    assert bits(attended(queries, *others, hidden)) == before
    left = [j for j in range(n_k) if j not in never]
    weights, context_vecs = attended(
        queries,
        [keys[j] for j in left],
        [values[j] for j in left],
        [[row[j] for j in left] for row in hidden],
    )
    assert bits(context_vecs) == before[1]
    seen = [[row[j] for j in left] for row in before[0]]
    assert bits(weights) == seen


@drawn
@given(n=SIZE, d=SIZE, seed=SEED)
def test_the_order_of_queries_changes_no_bit_of_a_row(
    n: int, d: int, seed: int
) -> None:
    random = Random(seed)
    queries, keys = matrix(random, n, d), matrix(random, 4, d)
    order = random.sample(range(n), n)
    rows = scaled_dot_product_attention(queries, keys, keys).context_vecs
    shuffled = [queries[i] for i in order]
    again = scaled_dot_product_attention(shuffled, keys, keys).context_vecs
    assert bits([rows[i] for i in order]) == bits(again)


@drawn
@given(n=SIZE, d=SIZE, seed=SEED)
def test_factors_of_two_change_no_bit(n: int, d: int, seed: int) -> None:
    """A queries' factor that the keys undo; a values' that comes out again."""
    random = Random(seed)
    queries, keys = matrix(random, n, d), matrix(random, n, d)
    plain = attended(queries, keys, keys, None)
    twice = [[2 * x for x in row] for row in queries]
    half = [[x / 2 for x in row] for row in keys]
    fourfold = [[4 * x for x in row] for row in keys]
    weights, context_vecs = attended(twice, half, fourfold, None)
    assert bits(weights) == bits(plain[0])
    assert bits(context_vecs) == bits([[4 * x for x in r] for r in plain[1]])


@drawn
@given(n=SIZE, d=SIZE, causal=st.booleans(), seed=SEED)
def test_stacked_heads_and_split_heads_agree_to_the_bit(
    n: int, d: int, causal: bool, seed: int
) -> None:
    random = Random(seed)
    inputs, parameters = matrix(random, n, d), layer(random, d)
    heads = [
        Projections(*[[row[i : i + 2] for row in W] for W in parameters[:3]])
        for i in (0, 2)
    ]
    stacked = stacked_heads(inputs, heads, causal)
    merged = multi_head_attention(inputs, parameters, causal)
    assert bits(stacked.context_vecs) == bits(merged.merged_context_vecs)


@drawn
@given(n=SIZE, d=SIZE, seed=SEED)
def test_a_causal_mask_and_causal_attention_agree_to_the_bit(
    n: int, d: int, seed: int
) -> None:
    random = Random(seed)
    inputs, W = matrix(random, n, d), projections(random, d)
    causal = causal_attention(inputs, W)
    masked = attended(*causal[:3], causal_mask(n))
    assert bits(masked) == bits([causal.attn_weights, causal.context_vecs])
    last = self_attention(inputs, W).context_vecs[-1]
    assert bits(last) == bits(causal.context_vecs[-1])
