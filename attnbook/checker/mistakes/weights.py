"""Wrong weights: of the wrong axis, not shared, or not hidden rightly."""

from math import exp, inf, log, nan

from attnbook.checker.mistakes.stages import (
    MASKED,
    MULTI,
    PROJECTED,
    SCALED,
    SDPA,
    SEVERAL,
    SIMPLE,
    SIMPLE_WEIGHTS,
    Heads,
    all_seen,
    causal,
    hidden,
    later,
    shared,
    turned,
    wrong,
)
from attnbook.simple import softmax
from attnbook.vectors import Vector

_AXIS = "Apply softmax to each row of the scores: one query, all its keys."
_SHARE = "Turn each row of scores into weights that sum to 1 before mixing."
_DIVIDE = "Divide each exponential by the sum of its row."
_HIDE = "Hide key j from query i where j > i, and only there."
_BEFORE = "Put minus infinity in the hidden scores, then apply softmax."
_EXP = "Take `exp` of every score first: negative scores need it."
_SOFTMAX = ("softmax",)
_ALL = (*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED)


def _exps(row: Vector, largest: float = 0.0) -> Vector:
    return [exp(score - largest) for score in row]


def _finite(row: Vector) -> Vector:
    """A row with 0 for what is hidden."""
    return [score if score > -inf else 0.0 for score in row]


@wrong(
    "share",
    "softmax_over_queries",
    "Your softmax runs over the queries: columns sum to 1, not rows.",
    _AXIS,
    on=(*SIMPLE, *SCALED),
)
def over_queries(heads: Heads) -> Heads:
    return [turned(*shared([turned(head)])) for head in heads]


@wrong(
    "share",
    "softmax_over_everything",
    "Your softmax runs over all scores at once: they sum to 1 in all.",
    _AXIS,
    on=(*SIMPLE, *SCALED),
)
def over_everything(heads: Heads) -> Heads:
    found = []
    for head in heads:
        largest = max(map(max, head))
        exps = [_exps(row, largest) for row in head]
        total = sum(map(sum, exps))
        found.append([[e / total for e in row] for row in exps])
    return found


@wrong(
    "share",
    "softmax_over_heads",
    "Your softmax runs over the heads: a token's weights do not sum to 1.",
    "Apply softmax along the last axis: one query, all its keys.",
    on=MULTI,
)
def over_heads(heads: Heads) -> Heads:
    return [
        [
            [_share_of(list(each), k) for each in zip(*rows, strict=True)]
            for rows in zip(*heads, strict=True)
        ]
        for k in range(len(heads))
    ]


def _share_of(scores: Vector, k: int) -> float:
    """One of the weights; NaN where all scores are hidden."""
    return softmax(scores)[k] if max(scores) > -inf else nan


@wrong(
    "share",
    "keepdims_forgotten",
    "Entry j is divided by the sum of row j, not by that of its own row.",
    "Keep the axis that is summed over: `keepdims=True`.",
    on=(*SIMPLE, *SCALED),
)
def keepdims_forgotten(heads: Heads) -> Heads:
    found = []
    for head in heads:
        exps = [_exps(row, max(row)) for row in head]
        sums = [sum(row) for row in exps]
        found.append(
            [[e / t for e, t in zip(row, sums, strict=True)] for row in exps]
        )
    return found


@wrong(
    "share",
    "no_softmax",
    "You mix by the scores: softmax is missing.",
    _SHARE,
    on=(*SIMPLE_WEIGHTS, *SCALED),
)
def no_softmax(heads: Heads) -> Heads:
    return [[_finite(row) for row in head] for head in heads]


@wrong(
    "share",
    "no_exp",
    "You divide the scores by their sum, without `exp`.",
    _EXP,
    on=_ALL,
)
def no_exp(heads: Heads) -> Heads:
    return [[_by_sum(_finite(row)) for row in head] for head in heads]


def _by_sum(row: Vector) -> Vector:
    total = sum(row)
    return [score / total if total else 0.0 for score in row]


@wrong(
    "share",
    "unnormalised",
    "Your weights are exponentials that are not divided by their sum.",
    _DIVIDE,
    on=_ALL,
)
def unnormalised(heads: Heads) -> Heads:
    return [[_exps(row) for row in head] for head in heads]


@wrong(
    "share",
    "divided_by_count",
    "You divide the exponentials by how many there are, not by their sum.",
    _DIVIDE.replace("sum", "`sum`"),
    on=_ALL,
)
def divided_by_count(heads: Heads) -> Heads:
    return [
        [[e / len(row) for e in _exps(row)] for row in head] for head in heads
    ]


@wrong(
    "share",
    "uniform",
    "You give everything that is seen the same weight: that is a mean.",
    _SHARE,
    on=(*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED),
)
def uniform(heads: Heads) -> Heads:
    seen = [
        [[0.0 if s > -inf else s for s in row] for row in head]
        for head in heads
    ]
    return shared(seen)


@wrong(
    "share",
    "largest_only",
    "All weight goes to the largest score: that is argmax, not softmax.",
    "Give each score its share: exp of it, divided by the row's sum.",
    on=(*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED),
)
def largest_only(heads: Heads) -> Heads:
    return [
        [
            [float(j == row.index(max(row))) for j in range(len(row))]
            for row in head
        ]
        for head in heads
    ]


@wrong(
    "share",
    "base_two",
    "You raise 2 to the power of the scores; softmax raises e.",
    "Use `math.exp`.",
    on=_SOFTMAX,
)
def base_two(heads: Heads) -> Heads:
    return [[softmax([s * log(2) for s in row]) for row in h] for h in heads]


@wrong(
    "share",
    "sigmoid",
    "You squash each score by itself: that is a sigmoid.",
    "Divide by the sum over all scores, so that they share one unit.",
    on=(*_SOFTMAX, *SIMPLE, *SDPA, *PROJECTED),
)
def sigmoid(heads: Heads) -> Heads:
    return [[[1 / (1 + exp(-s)) for s in row] for row in h] for h in heads]


@wrong(
    "share",
    "logarithm",
    "You return the logarithms of the weights.",
    "Leave out the logarithm: weights are positive and sum to 1.",
    on=_SOFTMAX,
)
def logarithm(heads: Heads) -> Heads:
    return [[[log(w) for w in softmax(row)] for row in h] for h in heads]


@wrong(
    "share",
    "largest_in_numerator_only",
    "You subtract the largest score above the line and not below it.",
    "Subtract it first, once, and use the same numbers in both places.",
    on=_SOFTMAX,
)
def largest_in_numerator_only(heads: Heads) -> Heads:
    return [
        [[e / sum(_exps(row)) for e in _exps(row, max(row))] for row in head]
        for head in heads
    ]


@wrong(
    "share",
    "absolute_scores",
    "You take the scores without their sign.",
    "Let negative scores be negative: their weights are small.",
    on=_SOFTMAX,
)
def absolute_scores(heads: Heads) -> Heads:
    return [[softmax([abs(s) for s in row]) for row in h] for h in heads]


@wrong(
    "share",
    "sign_flipped",
    "You take `exp` of minus the scores: the largest gets the least.",
    "Subtract the largest score from each score, not the other way round.",
    on=(*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED),
)
def sign_flipped(heads: Heads) -> Heads:
    turned = [
        [[-s if s > -inf else s for s in row] for row in h] for h in heads
    ]
    return shared(turned)


# What is hidden.


@wrong(
    "hide",
    "no_mask",
    "Nothing is hidden: tokens see later ones.",
    _HIDE,
    on=MASKED,
)
def no_mask(heads: Heads) -> Heads:
    return heads


@wrong(
    "hide",
    "causal",
    "Your tokens see only themselves and earlier ones: that is section 3.5.",
    "Let every token attend to every token.",
    on=(*SIMPLE, *SDPA, *PROJECTED),
)
def causal_already(heads: Heads) -> Heads:
    return causal(heads)


@wrong(
    "hide",
    "mask_flipped",
    "Your mask is flipped: tokens see themselves and later ones.",
    _HIDE,
    on=MASKED,
)
def mask_flipped(heads: Heads) -> Heads:
    return hidden(heads, lambda i, j: j < i)


@wrong(
    "hide",
    "mask_inverted",
    "Your mask hides what it should show, and shows what it should hide.",
    "Exchange True and False: hide key j from query i where j > i.",
    on=MASKED,
)
def mask_inverted(heads: Heads) -> Heads:
    return hidden(heads, lambda i, j: j <= i)


@wrong(
    "hide",
    "mask_hides_self",
    "Your mask hides the diagonal: no token sees itself.",
    _HIDE,
    on=MASKED,
)
def mask_hides_self(heads: Heads) -> Heads:
    return hidden(heads, lambda i, j: j >= i)


@wrong(
    "hide",
    "mask_hides_self",
    "No token attends to itself: the diagonal is hidden.",
    "Keep the diagonal: a token's own input counts too.",
    on=SIMPLE,
)
def without_self(heads: Heads) -> Heads:
    return hidden(heads, lambda i, j: i == j) if len(heads[0]) > 1 else heads


@wrong(
    "hide",
    "mask_shows_next",
    "Your mask begins one too late: each token sees the next one.",
    _HIDE,
    on=MASKED,
)
def mask_shows_next(heads: Heads) -> Heads:
    return hidden(heads, lambda i, j: j > i + 1)


@wrong(
    "share",
    "mask_after_softmax",
    "You zero the weights after softmax: rows no longer sum to 1.",
    _BEFORE,
    on=MASKED,
    hide=all_seen,
)
def mask_after_softmax(heads: Heads) -> Heads:
    return hidden(shared(heads), later, 0.0)


@wrong(
    "hide",
    "mask_with_zeros",
    "You put 0 in the hidden scores; `exp(0)` is 1, which is seen.",
    _BEFORE,
    on=MASKED,
)
def mask_with_zeros(heads: Heads) -> Heads:
    return hidden(heads, later, 0.0)


@wrong(
    "hide",
    "mask_too_weak",
    "You put a number such as -10 in the hidden scores: some is still seen.",
    _BEFORE,
    on=MASKED,
)
def mask_too_weak(heads: Heads) -> Heads:
    return hidden(heads, later, -3.0)


@wrong(
    "hide",
    "mask_of_first_head",
    "Your mask hides later tokens from the first head alone.",
    "Apply the mask to every head.",
    on=SEVERAL,
)
def mask_of_first_head(heads: Heads) -> Heads:
    return [*causal(heads[:1]), *heads[1:]]
