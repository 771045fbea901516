"""What the sums of the weights tell: whether they were shared, and where."""

from math import exp, isclose, log

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.late import rectified, scaled_after
from attnbook.checker.cause.probe import (
    NOTHING,
    Probe,
    factor,
    fit,
    hidden,
    later,
    near,
    ones,
    row_sums,
    scores,
    seen,
    unseen,
)
from attnbook.checker.cause.reveal import HEADS, Revealed
from attnbook.checker.words import number
from attnbook.vectors import Matrix, Vector, transpose

_ROWS = "Apply softmax to each row of the scores: one query, all its keys."
_BEFORE = "Put minus infinity in the hidden scores, then apply softmax."
_DIVIDE = "Divide each exponential by the sum of its row."


def axis(probe: Probe) -> Cause | None:
    """Why the rows of weights do not sum to 1, if they do not.

    A row that hides everything sums to 0, which is the mask's affair.
    """
    sums = [total for each in probe.both for total in row_sums(each)]
    if ones(total for total in sums if total):
        return None
    for look in (
        _columns, _everything, _cut, rectified, _lost, _over_heads,
        scaled_after, _keepdims, _linear, _sigmoid, _unshared,
    ):  # fmt: skip
        found = look(probe)
        if found is not None:
            return found
    return None


def _columns(probe: Probe) -> Cause | None:
    """The columns sum to 1: of another axis, or turned before the mix."""
    turned = [transpose(each.weights) for each in probe.both]
    if not all(ones(map(sum, rows)) for rows in turned):
        return None
    rows = number(sum(probe.first.weights[0]))
    ways = zip(probe.both, turned, strict=True)
    symmetric = probe.first.queries == probe.first.keys
    if not symmetric and all(fit(scores(e), w) for e, w in ways):
        return measured(
            "weights_transposed",
            f"You mix by the columns of the weights: the columns of what "
            f"mixes your values sum to 1, while row 0 sums to {rows}.",
            "Row i of the result is row i of the weights times the values.",
        )
    return measured(
        "softmax_over_queries",
        f"Your softmax runs over the queries: the columns of your weights "
        f"sum to 1, while row 0 sums to {rows}.",
        _ROWS,
    )


def _everything(probe: Probe) -> Cause | None:
    """All weights together sum to 1."""
    if not all(ones([sum(row_sums(each))]) for each in probe.both):
        return None
    return measured(
        "softmax_over_everything",
        "Your softmax runs over all scores at once: the whole table of "
        "weights sums to 1, instead of every row.",
        _ROWS,
    )


def _cut(probe: Probe) -> Cause | None:
    """A mask applied after softmax: the last row is whole, others not."""
    sums = row_sums(probe.first)
    if not probe.causal or not hidden(probe, later) or not ones(sums[-1:]):
        return None
    return measured(
        "mask_after_softmax",
        f"You zero the hidden weights after softmax: row 0 of your weights "
        f"sums to {number(sums[0])}, not to 1.",
        _BEFORE,
    )


def _lost(probe: Probe) -> Cause | None:
    """The last key has no weight in any row."""
    empty = all(
        abs(row[-1]) < NOTHING for each in probe.both for row in each.weights
    )
    if not empty or not any(probe.first.weights[0]):
        return None
    return measured(
        "last_token_lost",
        "The last token has the weight 0 in every row: you leave it out.",
        "Let the loop run over every index, from 0 to the length minus 1.",
    )


def _over_heads(probe: Probe) -> Cause | None:
    """Equal heads share every weight equally."""
    heads = probe.first.widths.get(HEADS)
    if heads is None or not all(
        near(row, [1 / each.widths[HEADS]] * len(row))
        for each in probe.both
        for row in each.weights
    ):
        return None
    return measured(
        "softmax_over_heads",
        f"Your softmax runs over the heads: {heads} heads that are alike "
        f"have the weight {number(1 / heads)} everywhere.",
        "Apply softmax along the last axis: one query, all its keys.",
    )


def _keepdims(probe: Probe) -> Cause | None:
    """Entry j is divided by the sum of row j."""
    if not all(_by_other_rows(probe, each) for each in probe.both):
        return None
    total = number(row_sums(probe.first)[0])
    return measured(
        "keepdims_forgotten",
        f"Entry j of a row is divided by the sum of row j, not by that of its "
        f"own: row 0 of your weights sums to {total}.",
        "Keep the axis that is summed over: `keepdims=True`.",
    )


def _by_other_rows(probe: Probe, each: Revealed) -> bool:
    """Whether each column times the sum of its row gives exponentials."""
    right = probe.right(each)
    seen = [
        [s / right for j, s in enumerate(row) if not unseen(probe, i, j)]
        for i, row in enumerate(scores(each))
    ]
    starts = (list(map(max, seen)), [0.0] * len(seen))
    return any(_over_columns(each.weights, seen, most) for most in starts)


def _over_columns(weights: Matrix, seen: Matrix, most: Vector) -> bool:
    """Whether these are exponentials, each over the sum of another row."""
    exps = [
        [exp(s - largest) for s in row]
        for row, largest in zip(seen, most, strict=True)
    ]
    sums = [sum(row) for row in exps]
    shares = [[w for w in row if w > NOTHING] for row in weights]
    return len(sums) == len(weights[0]) and all(
        len(row) == len(es)
        and near(row, [e / t for e, t in zip(es, sums, strict=False)])
        for row, es in zip(shares, exps, strict=True)
    )


def _linear(probe: Probe) -> Cause | None:
    """Scores in the place of weights."""
    factors = [
        factor(seen(probe, scores(each)), each.weights) for each in probe.both
    ]
    if None in factors:
        return None
    return measured(
        "no_softmax",
        f"Your weights are the scores times {number(factors[0])}, some of "
        f"them negative: softmax is missing.",
        "Turn each row of scores into weights that sum to 1 before mixing.",
    )


def _sigmoid(probe: Probe) -> Cause | None:
    """Each score squashed by itself: its logit is the score, scaled."""
    for each in probe.both:
        seen = [
            (s, w)
            for i, rows in enumerate(
                zip(scores(each), each.weights, strict=True)
            )
            for j, (s, w) in enumerate(zip(*rows, strict=True))
            if not unseen(probe, i, j)
        ]
        if not all(0 < w < 1 for _, w in seen):
            return None
        logits = [log(w / (1 - w)) for _, w in seen]
        if factor([[s for s, _ in seen]], [logits]) is None:
            return None
    return measured(
        "sigmoid",
        "You squash each score by itself: that is a sigmoid.",
        "Divide by the sum over all scores, so that they share one unit.",
    )


def _unshared(probe: Probe) -> Cause | None:
    """The ratios are right and the sums are not, and differ by row."""
    sums = [total for each in probe.both for total in row_sums(each)]
    if near(sums, [sums[0]] * len(sums)):
        return None
    if not all(_in_ratio(probe, each) for each in probe.both):
        return None
    total = number(row_sums(probe.first)[0])
    name, how = "unnormalised", "that are not divided by their sum"
    if all(_by_count(probe, each) for each in probe.both):
        name, how = "divided_by_count", "divided by how many there are"
    return measured(
        name,
        f"Your weights are exponentials {how}: row 0 adds up to {total}, not "
        f"to 1.",
        _DIVIDE,
    )


def _in_ratio(probe: Probe, each: Revealed) -> bool:
    """Whether the weights have the ratios of the right exponentials."""
    found = fit(scores(each), each.weights)
    if found is None:
        return False
    return isclose(found * probe.right(each), 1, rel_tol=1e-6)


def _by_count(probe: Probe, each: Revealed) -> bool:
    """Whether a weight is the exponential over the number of keys."""
    right, n = probe.right(each), len(each.keys)
    pairs = zip(scores(each), each.weights, strict=True)
    return all(
        near([w for w in row if w > NOTHING],
             [exp(s / right) / n
              for s, w in zip(line, row, strict=True) if w > NOTHING])
        for line, row in pairs
    )  # fmt: skip
