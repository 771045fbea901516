"""Wrong versions of section 3.6."""

from collections.abc import Callable
from math import sqrt
from typing import TypeAlias

from attnbook.causal import causal_attention, causal_mask
from attnbook.checker.mistakes.catalogue import mistake
from attnbook.multihead import merge_heads, output_projection, split_heads
from attnbook.trainable import (
    Projections,
    scaled_dot_product_attention,
    self_attention,
)
from attnbook.vectors import Matrix, Vector, matmul, transpose

_STACKED = "stacked_heads"
_MULTI = "multi_head_attention"
_SIDE = "Put the heads' context vectors side by side, first head first."

Heads: TypeAlias = list[Matrix]
Attend: TypeAlias = Callable[[Matrix, Matrix, Matrix], Matrix]
Split: TypeAlias = Callable[[Matrix, int], Heads]


def _stack(inputs: Matrix, heads: list[Projections]) -> Heads:
    """Every head's context vectors, rightly."""
    return [causal_attention(inputs, head).context_vecs for head in heads]


def _causal(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    """One head, rightly."""
    mask = causal_mask(len(queries))
    attention = scaled_dot_product_attention(queries, keys, values, mask)
    return attention.context_vecs


def _merged(
    inputs: Matrix,
    weights: tuple[Matrix, Matrix, Matrix],
    num_heads: int,
    split: Split = split_heads,
    attend: Attend = _causal,
) -> Heads:
    """Every head of split weights; how to split or attend may be wrong."""
    parts = [split(matmul(inputs, W), num_heads) for W in weights]
    return [attend(*head) for head in zip(*parts, strict=True)]


@mistake(
    _STACKED,
    "heads_added",
    "You add the heads up.",
    _SIDE,
)
def heads_added(inputs: Matrix, heads: list[Projections]) -> Matrix:
    found = _stack(inputs, heads)
    return [
        [sum(entries) for entries in zip(*rows, strict=True)]
        for rows in zip(*found, strict=True)
    ]


@mistake(_STACKED, "heads_reversed", "The last head comes first.", _SIDE)
def heads_reversed(inputs: Matrix, heads: list[Projections]) -> Matrix:
    return merge_heads(_stack(inputs, heads[::-1]))


@mistake(
    _STACKED,
    "heads_interleaved",
    "Entries of the heads alternate: first of each, second of each.",
    _SIDE,
)
def heads_interleaved(inputs: Matrix, heads: list[Projections]) -> Matrix:
    found = _stack(inputs, heads)
    return [
        [entry for entries in zip(*rows, strict=True) for entry in entries]
        for rows in zip(*found, strict=True)
    ]


@mistake(
    _STACKED,
    "heads_below_each_other",
    "You put the heads below each other: rows of tokens are repeated.",
    _SIDE,
)
def heads_below(inputs: Matrix, heads: list[Projections]) -> Matrix:
    return [row for head in _stack(inputs, heads) for row in head]


@mistake(
    _STACKED,
    "first_head_only",
    "Every head uses the weights of the first.",
    "Give each head its own three weight matrices.",
)
def first_head_only(inputs: Matrix, heads: list[Projections]) -> Matrix:
    return merge_heads(_stack(inputs, [heads[0]] * len(heads)))


@mistake(
    _STACKED,
    "no_mask",
    "Nothing is hidden: tokens see later ones.",
    "Hide key j from query i where j > i.",
)
def stacked_no_mask(inputs: Matrix, heads: list[Projections]) -> Matrix:
    found = [
        self_attention(inputs, Projections(*head)).context_vecs
        for head in heads
    ]
    return merge_heads(found)


@mistake(
    _MULTI,
    "scaled_by_root_of_d_out",
    "You scale by the root of `d_out`, the width of all heads.",
    "Divide by `sqrt(head_dim)`: each head has its own, smaller width.",
)
def by_d_out(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    W_query = [[w / sqrt(num_heads) for w in row] for row in W_query]
    found = _merged(inputs, (W_query, W_key, W_value), num_heads)
    return output_projection(merge_heads(found), W_out, b_out)


@mistake(
    _MULTI,
    "no_scale",
    "You do not scale the scores.",
    "Divide the scores by `sqrt(head_dim)`.",
)
def multi_no_scale(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    scale = sqrt(len(W_key[0]) // num_heads)
    W_query = [[w * scale for w in row] for row in W_query]
    found = _merged(inputs, (W_query, W_key, W_value), num_heads)
    return output_projection(merge_heads(found), W_out, b_out)


@mistake(
    _MULTI,
    "split_by_stride",
    "You split by stride: a head gets every h-th column.",
    "Head k gets the `head_dim` columns from `k * head_dim` on.",
)
def split_by_stride(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    weights = (W_query, W_key, W_value)
    found = _merged(inputs, weights, num_heads, split=_strided)
    return output_projection(merge_heads(found), W_out, b_out)


def _strided(vectors: Matrix, num_heads: int) -> Heads:
    """Every h-th column."""
    return [[row[k::num_heads] for row in vectors] for k in range(num_heads)]


@mistake(
    _MULTI,
    "reshaped_without_transposing",
    "You cut the rows as one long list: a head mixes several tokens.",
    "Split each token's vector by itself (view, and then transpose).",
)
def reshaped(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    weights = (W_query, W_key, W_value)
    found = _merged(inputs, weights, num_heads, split=_reshaped)
    return output_projection(merge_heads(found), W_out, b_out)


def _reshaped(vectors: Matrix, num_heads: int) -> Heads:
    """The entries in one row, cut into heads and then into tokens."""
    n, head_dim = len(vectors), len(vectors[0]) // num_heads
    flat = iter([entry for row in vectors for entry in row])
    return [
        [[next(flat) for _ in range(head_dim)] for _ in range(n)]
        for _ in range(num_heads)
    ]


@mistake(
    _MULTI,
    "one_wide_head",
    "You never split the heads: there is one wide head.",
    "Cut queries, keys and values into `num_heads` pieces of columns.",
)
def one_wide_head(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    _ = num_heads
    found = _merged(inputs, (W_query, W_key, W_value), 1)
    return output_projection(merge_heads(found), W_out, b_out)


@mistake(
    _MULTI,
    "no_output_projection",
    "The output projection is missing: the heads never mix.",
    "Multiply the merged heads by `W_out` and add `b_out`.",
)
def no_output_projection(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    _ = W_out, b_out
    return merge_heads(_merged(inputs, (W_query, W_key, W_value), num_heads))


@mistake(
    _MULTI,
    "no_output_bias",
    "The bias of the output projection is missing.",
    "Add `b_out` to every row.",
)
def no_output_bias(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    _ = b_out
    found = _merged(inputs, (W_query, W_key, W_value), num_heads)
    return matmul(merge_heads(found), W_out)


@mistake(
    _MULTI,
    "output_transposed",
    "You use `W_out` transposed.",
    "Weights are `(d_in, d_out)` here: `merged @ W_out`.",
)
def output_transposed(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    found = _merged(inputs, (W_query, W_key, W_value), num_heads)
    return output_projection(merge_heads(found), transpose(W_out), b_out)


@mistake(
    _MULTI,
    "no_mask",
    "Nothing is hidden: tokens see later ones.",
    "Hide key j from query i where j > i, in every head.",
)
def multi_no_mask(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    weights = (W_query, W_key, W_value)
    found = _merged(inputs, weights, num_heads, attend=_open)
    return output_projection(merge_heads(found), W_out, b_out)


def _open(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    """One head that sees everything."""
    return scaled_dot_product_attention(queries, keys, values).context_vecs


@mistake(
    _MULTI,
    "swapped",
    "Queries and keys are swapped.",
    "Score (i, j) is query i times key j.",
)
def multi_swapped(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    found = _merged(inputs, (W_key, W_query, W_value), num_heads)
    return output_projection(merge_heads(found), W_out, b_out)


@mistake(
    _MULTI,
    "merged_in_wrong_order",
    "You merge the heads with their entries alternating.",
    _SIDE,
)
def merged_in_wrong_order(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
) -> Matrix:
    found = _merged(inputs, (W_query, W_key, W_value), num_heads)
    merged = [
        [entry for entries in zip(*rows, strict=True) for entry in entries]
        for rows in zip(*found, strict=True)
    ]
    return output_projection(merged, W_out, b_out)
