"""Wrong weights: of the wrong axis, not shared, or not hidden rightly."""

from math import exp, inf, log, nan

from attnbook.checker.mistakes.stages import (
    MASKED,
    MASKED_HEADS,
    MULTI,
    PROJECTED,
    SCALED,
    SDPA,
    SIMPLE,
    SIMPLE_WEIGHTS,
    Heads,
    all_seen,
    hidden,
    hide_later,
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


@wrong("share", (*SIMPLE, *SCALED), _AXIS)
def softmax_over_queries(heads: Heads) -> Heads:
    """Your softmax runs over the queries: columns sum to 1, not rows."""
    return [turned(*shared([turned(head)])) for head in heads]


@wrong("share", (*SIMPLE, *SCALED), _AXIS)
def softmax_over_everything(heads: Heads) -> Heads:
    """Your softmax runs over all scores at once: they sum to 1 in all."""
    found = []
    for head in heads:
        largest = max(map(max, head))
        exps = [_exps(row, largest) for row in head]
        total = sum(map(sum, exps))
        found.append([[e / total for e in row] for row in exps])
    return found


@wrong(
    "share",
    MULTI,
    "Apply softmax along the last axis: one query, all its keys.",
)
def softmax_over_heads(heads: Heads) -> Heads:
    """Your softmax runs over the heads: a token's weights do not sum to 1."""
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
    (*SIMPLE, *SCALED),
    "Keep the axis that is summed over: `keepdims=True`.",
)
def keepdims_forgotten(heads: Heads) -> Heads:
    """Entry j is divided by the sum of row j, not by that of its own row."""
    found = []
    for head in heads:
        exps = [_exps(row, max(row)) for row in head]
        sums = [sum(row) for row in exps]
        found.append(
            [[e / t for e, t in zip(row, sums, strict=True)] for row in exps]
        )
    return found


@wrong("share", (*SIMPLE_WEIGHTS, *SCALED), _SHARE)
def no_softmax(heads: Heads) -> Heads:
    """You mix by the scores: softmax is missing."""
    return [[_finite(row) for row in head] for head in heads]


@wrong("share", _ALL, _EXP)
def no_exp(heads: Heads) -> Heads:
    """You divide the scores by their sum, without `exp`."""
    return [[_by_sum(_finite(row)) for row in head] for head in heads]


def _by_sum(row: Vector) -> Vector:
    total = sum(row)
    return [score / total if total else 0.0 for score in row]


@wrong("share", _ALL, _DIVIDE)
def unnormalised(heads: Heads) -> Heads:
    """Your weights are exponentials that are not divided by their sum."""
    return [[_exps(row) for row in head] for head in heads]


@wrong("share", _ALL, _DIVIDE.replace("sum", "`sum`"))
def divided_by_count(heads: Heads) -> Heads:
    """You divide the exponentials by how many there are, not by their sum."""
    return [
        [[e / len(row) for e in _exps(row)] for row in head] for head in heads
    ]


@wrong("share", (*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED), _SHARE)
def uniform(heads: Heads) -> Heads:
    """You give everything that is seen the same weight: that is a mean."""
    seen = [
        [[0.0 if s > -inf else s for s in row] for row in head]
        for head in heads
    ]
    return shared(seen)


@wrong(
    "share",
    (*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED),
    "Give each score its share: exp of it, divided by the row's sum.",
)
def largest_only(heads: Heads) -> Heads:
    """All weight goes to the largest score: that is argmax, not softmax."""
    return [
        [
            [float(j == row.index(max(row))) for j in range(len(row))]
            for row in head
        ]
        for head in heads
    ]


@wrong("share", _SOFTMAX, "Use `math.exp`.")
def base_two(heads: Heads) -> Heads:
    """You raise 2 to the power of the scores; softmax raises e."""
    return [[softmax([s * log(2) for s in row]) for row in h] for h in heads]


@wrong(
    "share",
    (*_SOFTMAX, *SIMPLE, *SDPA, *PROJECTED),
    "Divide by the sum over all scores, so that they share one unit.",
)
def sigmoid(heads: Heads) -> Heads:
    """You squash each score by itself: that is a sigmoid."""
    return [[[1 / (1 + exp(-s)) for s in row] for row in h] for h in heads]


@wrong(
    "share",
    _SOFTMAX,
    "Leave out the logarithm: weights are positive and sum to 1.",
)
def logarithm(heads: Heads) -> Heads:
    """You return the logarithms of the weights."""
    return [[[log(w) for w in softmax(row)] for row in h] for h in heads]


@wrong(
    "share",
    _SOFTMAX,
    "Subtract it first, once, and use the same numbers in both places.",
)
def largest_in_numerator_only(heads: Heads) -> Heads:
    """You subtract the largest score above the line and not below it."""
    return [
        [[e / sum(_exps(row)) for e in _exps(row, max(row))] for row in head]
        for head in heads
    ]


@wrong(
    "share",
    _SOFTMAX,
    "Let negative scores be negative: their weights are small.",
)
def absolute_scores(heads: Heads) -> Heads:
    """You take the scores without their sign."""
    return [[softmax([abs(s) for s in row]) for row in h] for h in heads]


@wrong(
    "share",
    (*_SOFTMAX, *SIMPLE_WEIGHTS, *SCALED),
    "Subtract the largest score from each score, not the other way round.",
)
def sign_flipped(heads: Heads) -> Heads:
    """You take `exp` of minus the scores: the largest gets the least."""
    turned = [
        [[-s if s > -inf else s for s in row] for row in h] for h in heads
    ]
    return shared(turned)


# What is hidden.


@wrong("hide", MASKED, _HIDE)
def no_mask(heads: Heads) -> Heads:
    """Nothing is hidden: tokens see later ones."""
    return heads


@wrong(
    "hide",
    (*SIMPLE, *SDPA, *PROJECTED),
    "Let every token attend to every token.",
)
def causal(heads: Heads) -> Heads:
    """You hide later tokens already: that is section 3.5."""
    return hide_later(heads)


@wrong("hide", MASKED, _HIDE)
def mask_flipped(heads: Heads) -> Heads:
    """Your mask is flipped: tokens see themselves and later ones."""
    return hidden(heads, lambda i, j: j < i)


@wrong(
    "hide",
    MASKED,
    "Exchange True and False: hide key j from query i where j > i.",
)
def mask_inverted(heads: Heads) -> Heads:
    """Your mask hides what it should show, and shows what it should hide."""
    return hidden(heads, lambda i, j: j <= i)


@wrong("hide", MASKED, _HIDE)
def mask_hides_self(heads: Heads) -> Heads:
    """Your mask hides the diagonal: no token sees itself."""
    return hidden(heads, lambda i, j: j >= i)


@wrong(
    "hide",
    SIMPLE,
    "Keep the diagonal: a token's own input counts too.",
    name="mask_hides_self",
)
def without_self(heads: Heads) -> Heads:
    """No token attends to itself: the diagonal is hidden."""
    return hidden(heads, lambda i, j: i == j) if len(heads[0]) > 1 else heads


@wrong("hide", MASKED, _HIDE)
def mask_shows_next(heads: Heads) -> Heads:
    """Your mask begins one too late: each token sees the next one."""
    return hidden(heads, lambda i, j: j > i + 1)


@wrong("share", MASKED, _BEFORE, hide=all_seen)
def mask_after_softmax(heads: Heads) -> Heads:
    """You zero the weights after softmax: rows no longer sum to 1."""
    return hidden(shared(heads), later, 0.0)


@wrong("hide", MASKED, _BEFORE)
def mask_with_zeros(heads: Heads) -> Heads:
    """You put 0 in the hidden scores; `exp(0)` is 1, which is seen."""
    return hidden(heads, later, 0.0)


@wrong("hide", MASKED, _BEFORE)
def mask_too_weak(heads: Heads) -> Heads:
    """You put a number such as -10 in the hidden scores: some is seen."""
    return hidden(heads, later, -3.0)


@wrong("hide", MASKED_HEADS, "Apply the mask to every head.")
def mask_of_first_head(heads: Heads) -> Heads:
    """Your mask hides later tokens from the first head alone."""
    return [*hide_later(heads[:1]), *heads[1:]]
