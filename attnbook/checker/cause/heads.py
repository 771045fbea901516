"""What several heads that are all alike tell: how they were put together.

In these settings every head has the same weights and the same values, and the
output projection changes nothing: each row should hold one block h times.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.probe import NOTHING, later, ones
from attnbook.checker.cause.reveal import HEADS, settings
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, numbers, plain, shape
from attnbook.vectors import Matrix, Vector

_SIDE = "Put the heads' context vectors side by side, first head first."


class Trace(NamedTuple):
    """What came where all heads are alike, and the sizes."""

    value: Matrix
    n: int
    heads: int
    head_dim: int

    @property
    def flat(self) -> Vector:
        """All numbers in one row."""
        return [entry for _, entry in numbers(self.value)]

    @property
    def blocks(self) -> list[Matrix]:
        """The columns of each head."""
        d = self.head_dim
        return [
            [row[k * d : (k + 1) * d] for row in self.value]
            for k in range(self.heads)
        ]


def heads(asked: Asked) -> Cause | None:
    """How the heads were put together, if it is told by likeness."""
    traces = _traces(asked)
    if not traces:
        return None
    return _lost(traces) or _masked(traces) or _torn(traces) or _woven(traces)


def _traces(asked: Asked) -> Sequence[Trace]:
    found: list[Trace] = []
    for setting in settings(asked):
        if HEADS not in setting.widths:
            return []
        count = setting.widths[HEADS]
        value: Any = asked.answer(setting.values).value
        n, d = len(setting.queries), len(setting.keys[0])
        if shape(value) != (n, count * d) or not plain(value):
            return []
        found.append(Trace(value, n, count, d))
    return found


def uncut(asked: Asked, cases: Sequence[Values]) -> Cause | None:
    """That the number of heads changes nothing, whatever else is wrong."""
    step = asked.binding.step
    fixed = len(step.axes.get("heads", (1, 2))) == 1
    if step.gradient or step.shared != 1 or fixed:
        return None
    several = [each for each in cases if each.get("num_heads", 1) > 1]
    several = [e for e in several if _may_be_one(asked, e)][-_TRIED:]
    if not several or not all(_is_alike(asked, each) for each in several):
        return None
    one = {**several[-1], "num_heads": 1}
    right = compare(asked.expected(one), asked.answer(one).value) is None
    if not right and asked.binding.made is None:
        return None  # a function that may not be told how many there are
    return measured(
        "one_wide_head",
        "The number of heads changes nothing: there is one wide head."
        + " Besides, that one is wrong, too." * (not right),
        "Cut queries, keys and values into `num_heads` pieces of columns.",
    )


_TRIED = 3
"""How many cases are asked again with one head."""


def _may_be_one(asked: Asked, values: Values) -> bool:
    """Whether the same weights can be those of one head of several tokens."""
    weights = [values.get(name, [[]])[0] for name in ("W_query", "W_key")]
    cut = asked.binding.by_head or len(weights[0]) != len(weights[1])
    return len(values.get("inputs", [])) > 1 and not cut


def _is_alike(asked: Asked, several: Values) -> bool:
    """Whether one head gives what several give, and should not.

    Where no query matters, the heads cannot, and that is another mistake.
    """
    right, many = asked.expected(several), asked.answer(several).value
    one = {**several, "num_heads": 1}
    if compare(right, asked.expected(one)) is None:
        return False
    turned = [[-entry for entry in row] for row in several["W_query"]]
    asking = {**several, "W_query": turned}
    return (
        shape(many) == shape(right)
        and compare(many, asked.answer(one).value or []) is None
        and compare(many, asked.answer(asking).value or []) is not None
    )


def _is_block(block: Matrix, n: int) -> bool:
    """Whether these are weights that sum to 1, and then zeros."""
    return all(
        ones([sum(row)]) and max(map(abs, row[n:])) < NOTHING for row in block
    )


def _lost(traces: Sequence[Trace]) -> Cause | None:
    """The columns of the last head hold zeros."""
    if not all(
        max(abs(e) for row in each.blocks[-1] for e in row) < NOTHING
        and _is_block(each.blocks[0], each.n)
        for each in traces
    ):
        return None
    return measured(
        "last_head_lost",
        f"The columns of the last of {traces[0].heads} heads hold zeros.",
        "Let the loop run over every head.",
    )


def _masked(traces: Sequence[Trace]) -> Cause | None:
    """The first head sees no later token, and the others do."""
    if not all(
        _is_block(block, each.n) and _sees_later(block, each.n) == (k > 0)
        for each in traces
        for k, block in enumerate(each.blocks)
    ):
        return None
    return measured(
        "mask_of_first_head",
        "The first head sees no later token, and the other heads do: your "
        "mask is applied to the first alone.",
        "Apply the mask to every head.",
    )


def _sees_later(block: Matrix, n: int) -> bool:
    """Whether a weight of a later token is not 0."""
    return any(
        abs(block[i][j]) > NOTHING
        for i in range(n)
        for j in range(n)
        if later(i, j)
    )


def _torn(traces: Sequence[Trace]) -> Cause | None:
    """Read as one long list, one head comes after another."""
    for each in traces:
        size = each.n * each.head_dim
        parts = [
            each.flat[k * size : (k + 1) * size] for k in range(each.heads)
        ]
        rows = [
            parts[0][i : i + each.head_dim]
            for i in range(0, size, each.head_dim)
        ]
        alike = all(compare(parts[0], part) is None for part in parts)
        repeated = compare(rows[0], rows[-1]) is None
        if repeated or not alike or not _is_block(rows, each.n):
            return None
    return measured(
        "merged_without_transposing",
        "You merge the heads as one long list: first all tokens of head 0, "
        "then all of head 1, so a token's row holds what belongs to others.",
        "Swap the axes back to (tokens, heads, head_dim), and then reshape.",
    )


def _woven(traces: Sequence[Trace]) -> Cause | None:
    """Entry by entry, the heads alternate."""
    for each in traces:
        first = [row[:: each.heads] for row in each.value]
        alike = all(
            compare(first, [row[k :: each.heads] for row in each.value])
            is None
            for k in range(each.heads)
        )
        if not alike or not _is_block(first, each.n):
            return None
    return measured(
        "heads_interleaved",
        "Entries of the heads alternate: first of each, second of each.",
        _SIDE,
    )
