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
    "split_by_stride",
    "You split by stride: a head gets every h-th column.",
    "Head k gets the `head_dim` columns from `k * head_dim` on.",
    on=MULTI,
)
def split_by_stride(vectors: Matrix, num_heads: int) -> Heads:
    return [[row[k::num_heads] for row in vectors] for k in range(num_heads)]


@wrong(
    "split",
    "reshaped_without_transposing",
    "You cut the rows as one long list: a head mixes several tokens.",
    _CUT,
    on=MULTI,
)
def reshaped(vectors: Matrix, num_heads: int) -> Heads:
    n, head_dim = len(vectors), len(vectors[0]) // num_heads
    rows = _filled(_flat(vectors), num_heads * n, head_dim)
    return [rows[k * n : (k + 1) * n] for k in range(num_heads)]


@wrong(
    "split",
    "one_wide_head",
    "You never split the heads: there is one wide head.",
    "Cut queries, keys and values into `num_heads` pieces of columns.",
    on=MULTI,
)
def one_wide_head(vectors: Matrix, num_heads: int) -> Heads:
    _ = num_heads
    return [vectors]


@wrong(
    "split",
    "first_head_only",
    "Every head uses the columns of the first.",
    "Head k gets the `head_dim` columns from `k * head_dim` on.",
    on=MULTI,
)
def first_columns(vectors: Matrix, num_heads: int) -> Heads:
    head_dim = len(vectors[0]) // num_heads
    return [[row[:head_dim] for row in vectors]] * num_heads


@wrong(
    "merge",
    "merged_without_transposing",
    "You merge the heads as one long list: rows of tokens are torn apart.",
    "Swap the axes back to (tokens, heads, head_dim), and then reshape.",
    on=SEVERAL,
)
def merged_flat(heads: Heads) -> Matrix:
    n = len(heads[0])
    rows = [row for head in heads for row in head]
    return _filled(_flat(rows), n, len(heads) * len(heads[0][0]))


@wrong(
    "merge",
    "cut_and_merged_flat",
    "You cut the rows as one long list, and merge them as one, too.",
    _CUT,
    on=MULTI,
    split=reshaped,
)
def cut_and_merged_flat(heads: Heads) -> Matrix:
    return merged_flat(heads)


@wrong(
    "merge",
    "cut_and_merged_by_stride",
    "Your heads are every h-th column, cut and merged alike: that is another "
    "layout, and weights made for the book's do not fit it.",
    "Head k gets the `head_dim` columns from `k * head_dim` on.",
    on=MULTI,
    split=split_by_stride,
)
def cut_and_merged_by_stride(heads: Heads) -> Matrix:
    return heads_interleaved(heads)


@wrong("merge", "heads_added", "You add the heads up.", _SIDE, on=STACKED)
def heads_added(heads: Heads) -> Matrix:
    return [
        [sum(entries) for entries in zip(*rows, strict=True)]
        for rows in zip(*heads, strict=True)
    ]


@wrong(
    "merge",
    "heads_averaged",
    "You average the heads: each loses what it alone has seen.",
    _SIDE,
    on=STACKED,
)
def heads_averaged(heads: Heads) -> Matrix:
    return [
        [entry / len(heads) for entry in row] for row in heads_added(heads)
    ]


@wrong(
    "merge",
    "heads_reversed",
    "The last head comes first.",
    _SIDE,
    on=SEVERAL,
)
def heads_reversed(heads: Heads) -> Matrix:
    return side_by_side(heads[::-1])


@wrong(
    "merge",
    "heads_interleaved",
    "Entries of the heads alternate: first of each, second of each.",
    _SIDE,
    on=SEVERAL,
)
def heads_interleaved(heads: Heads) -> Matrix:
    return [
        [entry for entries in zip(*rows, strict=True) for entry in entries]
        for rows in zip(*heads, strict=True)
    ]


@wrong(
    "merge",
    "heads_below_each_other",
    "You put the heads below each other: rows of tokens are repeated.",
    _SIDE,
    on=STACKED,
)
def heads_below(heads: Heads) -> Matrix:
    return [row for head in heads for row in head]


@wrong(
    "merge",
    "first_head_only",
    "Every head is the first.",
    "Give each head its own three weight matrices.",
    on=STACKED,
)
def first_head_only(heads: Heads) -> Matrix:
    return side_by_side([heads[0]] * len(heads))


@wrong(
    "merge",
    "last_head_lost",
    "The last head is missing: its columns hold zeros.",
    "Let the loop run over every head.",
    on=SEVERAL,
)
def last_head_lost(heads: Heads) -> Matrix:
    lost = [[0.0] * len(row) for row in heads[-1]]
    return side_by_side([*heads[:-1], lost])


@wrong(
    "project",
    "no_output_projection",
    "The output projection is missing: the heads never mix.",
    "Multiply the merged heads by `W_out` and add `b_out`.",
    on=MULTI,
)
def no_output_projection(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    _ = W_out, b
    return merged


@wrong(
    "project",
    "no_output_bias",
    "The bias of the output projection is missing.",
    "Add `b_out` to every row.",
    on=MULTI,
)
def no_output_bias(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    _ = b
    return times(merged, W_out)


@wrong(
    "project",
    "bias_before_projection",
    "You add the bias before the output projection.",
    "Multiply by `W_out` first, then add `b_out`.",
    on=MULTI,
)
def bias_before(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    added = [[x + y for x, y in zip(row, b, strict=True)] for row in merged]
    return times(added, W_out)


@wrong(
    "project",
    "output_transposed",
    "You use `W_out` transposed.",
    "Weights are `(d_in, d_out)` here: `merged @ W_out`.",
    on=MULTI,
)
def output_transposed(merged: Matrix, W_out: Matrix, b: Vector) -> Matrix:
    return projected(merged, turned(W_out), b)
