"""Wrong heads: cut, put together, or projected in a wrong way."""

from attnbook.checker.mistakes.stages import (
    MULTI,
    SEVERAL,
    STACKED,
    Heads,
    projected,
    side_by_side,
    times,
    turned,
    wrong,
)
from attnbook.vectors import Matrix, Vector

_SIDE = "Put the heads' context vectors side by side, first head first."
_CUT = "Split each token's vector by itself (view, and then transpose)."


def _flat(rows: Matrix) -> Vector:
    """All numbers in one row."""
    return [entry for row in rows for entry in row]


def _filled(numbers: Vector, n: int, d: int) -> Matrix:
    """The same in rows of a length."""
    return [numbers[i * d : (i + 1) * d] for i in range(n)]


@wrong(
    "split",
    MULTI,
    "Head k gets the `head_dim` columns from `k * head_dim` on.",
)
def split_by_stride(vectors: Matrix, num_heads: int) -> Heads:
    """You split by stride: a head gets every h-th column."""
    return [[row[k::num_heads] for row in vectors] for k in range(num_heads)]


@wrong("split", MULTI, _CUT)
def reshaped_without_transposing(vectors: Matrix, num_heads: int) -> Heads:
    """You cut the rows as one long list: a head mixes several tokens."""
    n, head_dim = len(vectors), len(vectors[0]) // num_heads
    rows = _filled(_flat(vectors), num_heads * n, head_dim)
    return [rows[k * n : (k + 1) * n] for k in range(num_heads)]


@wrong(
    "split",
    MULTI,
    "Cut queries, keys and values into `num_heads` pieces of columns.",
)
def one_wide_head(vectors: Matrix, num_heads: int) -> Heads:
    """You never split the heads: there is one wide head."""
    _ = num_heads
    return [vectors]


@wrong(
    "split",
    MULTI,
    "Head k gets the `head_dim` columns from `k * head_dim` on.",
)
def first_head_only(vectors: Matrix, num_heads: int) -> Heads:
    """Every head uses the columns of the first."""
    head_dim = len(vectors[0]) // num_heads
    return [[row[:head_dim] for row in vectors]] * num_heads


@wrong(
    "merge",
    SEVERAL,
    "Swap the axes back to (tokens, heads, head_dim), and then reshape.",
)
def merged_without_transposing(heads: Heads) -> Matrix:
    """You merge the heads as one long list: rows of tokens are torn apart."""
    n = len(heads[0])
    rows = [row for head in heads for row in head]
    return _filled(_flat(rows), n, len(heads) * len(heads[0][0]))


@wrong("merge", MULTI, _CUT, split=reshaped_without_transposing)
def cut_and_merged_flat(heads: Heads) -> Matrix:
    """You cut the rows as one long list, and merge them as one, too."""
    return merged_without_transposing(heads)


@wrong("merge", STACKED, _SIDE)
def heads_added(heads: Heads) -> Matrix:
    """You add the heads up."""
    return [
        [sum(entries) for entries in zip(*rows, strict=True)]
        for rows in zip(*heads, strict=True)
    ]


@wrong("merge", STACKED, _SIDE)
def heads_averaged(heads: Heads) -> Matrix:
    """You average the heads: each loses what it alone has seen."""
    return [
        [entry / len(heads) for entry in row] for row in heads_added(heads)
    ]


@wrong("merge", SEVERAL, _SIDE)
def heads_reversed(heads: Heads) -> Matrix:
    """The last head comes first."""
    return side_by_side(heads[::-1])


@wrong("merge", SEVERAL, _SIDE)
def heads_interleaved(heads: Heads) -> Matrix:
    """Entries of the heads alternate: first of each, second of each."""
    return [
        [entry for entries in zip(*rows, strict=True) for entry in entries]
        for rows in zip(*heads, strict=True)
    ]


@wrong("merge", STACKED, _SIDE)
def heads_below_each_other(heads: Heads) -> Matrix:
    """You put the heads below each other: rows of tokens are repeated."""
    return [row for head in heads for row in head]


@wrong(
    "merge",
    STACKED,
    "Give each head its own three weight matrices.",
    name="first_head_only",
)
def first_head_only_too(heads: Heads) -> Matrix:
    """Every head is the first."""
    return side_by_side([heads[0]] * len(heads))


@wrong("merge", SEVERAL, "Let the loop run over every head.")
def last_head_lost(heads: Heads) -> Matrix:
    """The last head is missing: its columns hold zeros."""
    lost = [[0.0] * len(row) for row in heads[-1]]
    return side_by_side([*heads[:-1], lost])


@wrong(
    "project", MULTI, "Multiply the merged heads by `W_out` and add `b_out`."
)
def no_output_projection(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    """The output projection is missing: the heads never mix."""
    _ = W_out, b
    return merged


@wrong("project", MULTI, "Add `b_out` to every row.")
def no_output_bias(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    """The bias of the output projection is missing."""
    _ = b
    return times(merged, W_out)


@wrong("project", MULTI, "Multiply by `W_out` first, then add `b_out`.")
def bias_before_projection(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    """You add the bias before the output projection."""
    added = [[x + y for x, y in zip(row, b, strict=True)] for row in merged]
    return times(added, W_out)


@wrong("project", MULTI, "Weights are `(d_in, d_out)` here: `merged @ W_out`.")
def output_transposed(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    """You use `W_out` transposed."""
    return projected(merged, turned(W_out), b)
