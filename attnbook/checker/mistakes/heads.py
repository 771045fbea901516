"""Wrong heads: cut, put together, or projected in a wrong way."""

from collections.abc import Sequence

from attnbook.checker.mistakes.mistake import Mistake, whole
from attnbook.checker.mistakes.stages import (
    MULTI,
    SEVERAL,
    STACKED,
    Heads,
    Merge,
    Project,
    Split,
    Staged,
    projected,
    side_by_side,
    times,
    turned,
    wrong,
)
from attnbook.multihead import split_heads
from attnbook.vectors import Matrix, Vector

_OWN_COLUMNS = "Head k gets the `head_dim` columns from `k * head_dim` on."
_CUT = "Split each token's vector by itself (view, and then transpose)."
_COLUMNS = "Head h gets the columns from h * head_dim on, of every token."
_BY_ROWS = "Row i is row i of the first head, then of the second, and so on."
_SIDE = "Put the heads' context vectors side by side, first head first."


def _cut_flat(rows: Matrix, num_rows: int, num_columns: int) -> Heads:
    """The entries in the order in which they come, as matrices."""
    entries = iter([entry for row in rows for entry in row])
    cut = list(zip(*[entries] * num_columns, strict=True))
    return [
        [list(row) for row in cut[i : i + num_rows]]
        for i in range(0, len(cut), num_rows)
    ]


def _split_flat(vectors: Matrix, num_heads: int) -> Heads:
    """Heads, as `view(num_heads, num_tokens, head_dim)` cuts them."""
    return _cut_flat(vectors, len(vectors), len(vectors[0]) // num_heads)


def _split_by_stride(vectors: Matrix, num_heads: int) -> Heads:
    """Every h-th column for each head."""
    return [[row[k::num_heads] for row in vectors] for k in range(num_heads)]


def _first_columns(vectors: Matrix, num_heads: int) -> Heads:
    """The columns of the first head for each head."""
    head_dim = len(vectors[0]) // num_heads
    return [[row[:head_dim] for row in vectors]] * num_heads


def _merge_flat(heads: Heads) -> Matrix:
    """Rows, as `view(num_tokens, d_out)` makes them of heads."""
    width = len(heads) * len(heads[0][0])
    return _cut_flat(_below(heads), len(heads[0]), width)[0]


def _below(heads: Heads) -> Matrix:
    """The rows of the first head, then those of the second."""
    return [row for head in heads for row in head]


def _added(heads: Heads) -> Matrix:
    """The sum of the heads."""
    rows = zip(*heads, strict=True)
    return [[sum(each) for each in zip(*row, strict=True)] for row in rows]


def _averaged(heads: Heads) -> Matrix:
    """The mean of the heads."""
    return [[entry / len(heads) for entry in row] for row in _added(heads)]


def _averaged_everywhere(heads: Heads) -> Matrix:
    """Their mean in the place of each."""
    return side_by_side([_averaged(heads)] * len(heads))


def _interleaved(heads: Heads) -> Matrix:
    """First entry of each head, second of each."""
    rows = [zip(*row, strict=True) for row in zip(*heads, strict=True)]
    return [[entry for each in row for entry in each] for row in rows]


def _without_last(heads: Heads) -> Matrix:
    lost = [[0.0] * len(row) for row in heads[-1]]
    return side_by_side([*heads[:-1], lost])


def _bias_first(merged: Matrix, W_out: Matrix, b_out: Vector) -> Matrix:
    pairs = [zip(row, b_out, strict=True) for row in merged]
    return times([[x + y for x, y in pair] for pair in pairs], W_out)


_SPLITS: Sequence[Staged[Split]] = (
    ("split_by_stride", MULTI,
     "You split by stride: a head gets every h-th column.",
     _OWN_COLUMNS, _split_by_stride),
    ("reshaped_without_transposing", MULTI,
     "You cut the rows as one long list: a head mixes several tokens.",
     _CUT, _split_flat),
    ("one_wide_head", MULTI,
     "You never split the heads: there is one wide head.",
     "Cut queries, keys and values into `num_heads` pieces of columns.",
     lambda vectors, _: [vectors]),
    ("first_head_only", MULTI,
     "Every head uses the columns of the first.",
     _OWN_COLUMNS, _first_columns),
)  # fmt: skip

_MERGES: Sequence[Staged[Merge]] = (
    ("merged_without_transposing", SEVERAL,
     "You merge the heads as one long list: rows of tokens are torn apart.",
     "Swap the axes back to (tokens, heads, head_dim), and then reshape.",
     _merge_flat),
    ("heads_added", STACKED,
     "You add the heads up.",
     _SIDE, _added),
    ("heads_averaged", STACKED,
     "You average the heads: each loses what it alone has seen.",
     _SIDE, _averaged),
    ("mean_of_heads_everywhere", MULTI,
     "The mean of the heads stands in the place of each.",
     _SIDE, _averaged_everywhere),
    ("last_head_everywhere", SEVERAL,
     "Every head is the last: what the loop leaves stands in all places.",
     "Append each head's result inside the loop.",
     lambda heads: side_by_side([heads[-1]] * len(heads))),
    ("heads_reversed", SEVERAL,
     "The last head comes first.",
     _SIDE, lambda heads: side_by_side(heads[::-1])),
    ("heads_interleaved", SEVERAL,
     "Entries of the heads alternate: first of each, second of each.",
     _SIDE, _interleaved),
    ("heads_below_each_other", STACKED,
     "You put the heads below each other: rows of tokens are repeated.",
     _SIDE, _below),
    ("first_head_only", STACKED,
     "Every head is the first.",
     "Give each head its own three weight matrices.",
     lambda heads: side_by_side([heads[0]] * len(heads))),
    ("last_head_lost", SEVERAL,
     "The last head is missing: its columns hold zeros.",
     "Let the loop run over every head.",
     _without_last),
)  # fmt: skip

_BOTH_FLAT: Sequence[Staged[Merge]] = (
    ("cut_and_merged_flat", MULTI,
     "You cut the rows as one long list, and merge them as one, too.",
     _CUT, _merge_flat),
)  # fmt: skip

_PROJECTS: Sequence[Staged[Project]] = (
    ("no_output_projection", MULTI,
     "The output projection is missing: the heads never mix.",
     "Multiply the merged heads by `W_out` and add `b_out`.",
     lambda merged, *_: merged),
    ("no_output_bias", MULTI,
     "The bias of the output projection is missing.",
     "Add `b_out` to every row.",
     lambda merged, W_out, _: times(merged, W_out)),
    ("bias_before_projection", MULTI,
     "You add the bias before the output projection.",
     "Multiply by `W_out` first, then add `b_out`.",
     _bias_first),
    ("output_transposed", MULTI,
     "You use `W_out` transposed.",
     "Weights are `(d_in, d_out)` here: `merged @ W_out`.",
     lambda merged, W_out, b_out: projected(merged, turned(W_out), b_out)),
)  # fmt: skip

# The same as steps of their own.

_SPLIT_HEADS = whole(
    "split_heads",
    ("split_by_view",
     "You cut tokens, not heads: `view(h, n, head_dim)` moves no entry.",
     "Cut each token's row first; then bring heads first.",
     _split_flat),
    ("split_by_stride",
     "Each head takes every h-th column, and not columns side by side.",
     _COLUMNS, _split_by_stride),
    ("heads_not_moved",
     "You return (n, h, head_dim): tokens come first, and not heads.",
     "Bring the heads first: transpose(0, 1) of the two.",
     lambda vectors, h: list(zip(*split_heads(vectors, h), strict=True))),
    ("every_head_the_first",
     "Every head gets the columns of the first.",
     _COLUMNS, _first_columns),
)  # fmt: skip

_MERGE_HEADS = whole(
    "merge_heads",
    ("merged_by_view",
     "You merge without moving the tokens first: rows mix tokens.",
     "Move the tokens first: transpose, then view.",
     _merge_flat),
    ("heads_below_each_other",
     "You put the heads below each other, and not side by side.",
     _BY_ROWS, _below),
    ("columns_interleaved",
     "You take the heads' columns in turn, and not head by head.",
     _BY_ROWS, _interleaved),
    ("heads_added",
     "You add the heads up, so the result is as wide as one of them.",
     "Put them side by side: nothing is added up.",
     _added),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (
    *wrong("split", _SPLITS),
    *wrong("merge", _MERGES),
    *wrong("merge", _BOTH_FLAT, split=_split_flat),
    *wrong("project", _PROJECTS),
    *_SPLIT_HEADS,
    *_MERGE_HEADS,
)
