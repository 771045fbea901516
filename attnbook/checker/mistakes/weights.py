"""Wrong weights: of the wrong axis, not shared, or not hidden rightly."""

from collections.abc import Sequence
from math import exp, inf, log, nan

from attnbook.checker.mistakes.mistake import Mistake
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
    OnHeads,
    Staged,
    all_seen,
    each_row,
    hide_later,
    hiding,
    later,
    shared,
    turned,
    wrong,
)
from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector

_SOFTMAX = ("softmax",)
_ATTENTION = (*SIMPLE, *SCALED)
_MIXED_BY = (*SIMPLE_WEIGHTS, *SCALED)
_ALL = (*_SOFTMAX, *_MIXED_BY)
_UNMASKED = (*SIMPLE, *SDPA, *PROJECTED)

_AXIS = "Apply softmax to each row of the scores: one query, all its keys."
_SHARE = "Turn each row of scores into weights that sum to 1 before mixing."
_HIDE = "Hide key j from query i where j > i, and only there."
_BEFORE = "Put minus infinity in the hidden scores, then apply softmax."


def _exps(row: Vector, largest: float = 0.0) -> Vector:
    return [exp(score - largest) for score in row]


def _finite(row: Vector) -> Vector:
    """A row with 0 for what is hidden."""
    return [score if score > -inf else 0.0 for score in row]


def _negative(row: Vector) -> Vector:
    """Minus every score; what is hidden stays hidden."""
    return [-score if score > -inf else score for score in row]


def _by_sum(row: Vector) -> Vector:
    total = sum(row)
    return [score / total if total else 0.0 for score in row]


def _over_queries(heads: Heads) -> Heads:
    return [turned(*shared([turned(head)])) for head in heads]


def _over_all(head: Matrix) -> Matrix:
    largest = max(map(max, head))
    exps = [_exps(row, largest) for row in head]
    total = sum(map(sum, exps))
    return [[e / total for e in row] for row in exps]


def _over_heads(heads: Heads) -> Heads:
    """Where a score is hidden, it is hidden in every head: that gives NaN."""
    alike = [zip(*rows, strict=True) for rows in zip(*heads, strict=True)]
    shares = [
        [
            softmax(list(each)) if max(each) > -inf else [nan] * len(heads)
            for each in row
        ]
        for row in alike
    ]
    return [[[w[k] for w in row] for row in shares] for k in range(len(heads))]


_hide_self = hiding(lambda i, j: i == j)


def _by_other_sums(head: Matrix) -> Matrix:
    exps = [_exps(row, max(row)) for row in head]
    sums = [sum(row) for row in exps]
    return [[e / t for e, t in zip(row, sums, strict=True)] for row in exps]


_SHARES: Sequence[Staged[OnHeads]] = (
    ("softmax_over_queries", _ATTENTION,
     "Your softmax runs over the queries: columns sum to 1, not rows.",
     _AXIS, _over_queries),
    ("softmax_over_everything", _ATTENTION,
     "Your softmax runs over all scores at once: they sum to 1 in all.",
     _AXIS, lambda heads: list(map(_over_all, heads))),
    ("softmax_over_heads", MULTI,
     "Your softmax runs over the heads: a token's weights do not sum to 1.",
     "Apply softmax along the last axis: one query, all its keys.",
     _over_heads),
    ("keepdims_forgotten", _ATTENTION,
     "Entry j is divided by the sum of row j, not by that of its own row.",
     "Keep the axis that is summed over: `keepdims=True`.",
     lambda heads: list(map(_by_other_sums, heads))),
    ("no_softmax", _MIXED_BY,
     "You mix by the scores: softmax is missing.",
     _SHARE, each_row(_finite)),
    ("relu", _MIXED_BY,
     "You set negative scores to 0 and mix by the others: that is a ReLU.",
     _SHARE, each_row(lambda row: [max(s, 0.0) for s in _finite(row)])),
    ("no_exp", _ALL,
     "You divide the scores by their sum, without `exp`.",
     "Take `exp` of every score first: negative scores need it.",
     each_row(lambda row: _by_sum(_finite(row)))),
    ("unnormalised", _ALL,
     "Your weights are exponentials that are not divided by their sum.",
     "Divide each exponential by the sum of its row.",
     each_row(_exps)),
    ("divided_by_count", _ALL,
     "You divide the exponentials by how many there are, not by their sum.",
     "Divide each exponential by the `sum` of its row.",
     each_row(lambda row: [e / len(row) for e in _exps(row)])),
    ("uniform", _ALL,
     "You give everything that is seen the same weight: that is a mean.",
     _SHARE, each_row(lambda row: _by_sum([float(s > -inf) for s in row]))),
    ("largest_only", _ALL,
     "All weight goes to the largest score: that is argmax, not softmax.",
     "Give each score its share: exp of it, divided by the row's sum.",
     each_row(lambda row: [float(j == row.index(max(row)))
                           for j in range(len(row))])),
    ("softmax_twice", _ALL,
     "You take the softmax twice: the second nearly evens the weights out.",
     "The weights of one softmax sum to 1 already: mix by them.",
     lambda heads: shared(shared(heads))),
    ("base_two", _SOFTMAX,
     "You raise 2 to the power of the scores; softmax raises e.",
     "Use `math.exp`.",
     each_row(lambda row: softmax([s * log(2) for s in row]))),
    ("sigmoid", (*_SOFTMAX, *_UNMASKED),
     "You squash each score by itself: that is a sigmoid.",
     "Divide by the sum over all scores, so that they share one unit.",
     each_row(lambda row: [1 / (1 + exp(-s)) for s in row])),
    ("logarithm", _SOFTMAX,
     "You return the logarithms of the weights.",
     "Leave out the logarithm: weights are positive and sum to 1.",
     each_row(lambda row: [log(w) for w in softmax(row)])),
    ("largest_in_numerator_only", _SOFTMAX,
     "You subtract the largest score above the line and not below it.",
     "Subtract it first, once, and use the same numbers in both places.",
     each_row(lambda row: [e / sum(_exps(row))
                           for e in _exps(row, max(row))])),
    ("absolute_scores", _SOFTMAX,
     "You take the scores without their sign.",
     "Let negative scores be negative: their weights are small.",
     each_row(lambda row: softmax([abs(s) for s in row]))),
    ("sign_flipped", _ALL,
     "You take `exp` of minus the scores: the largest gets the least.",
     "Subtract the largest score from each score, not the other way round.",
     lambda heads: shared(each_row(_negative)(heads))),
)  # fmt: skip

_HIDES: Sequence[Staged[OnHeads]] = (
    ("no_mask", MASKED,
     "Nothing is hidden: tokens see later ones.",
     _HIDE, all_seen),
    ("causal", _UNMASKED,
     "You hide later tokens already: that is section 3.5.",
     "Let every token attend to every token.",
     hide_later),
    ("mask_flipped", MASKED,
     "Your mask is flipped: tokens see themselves and later ones.",
     _HIDE, hiding(lambda i, j: j < i)),
    ("mask_inverted", MASKED,
     "Your mask hides what it should show, and shows what it should hide.",
     "Exchange True and False: hide key j from query i where j > i.",
     hiding(lambda i, j: j <= i)),
    ("mask_hides_self", MASKED,
     "Your mask hides the diagonal: no token sees itself.",
     _HIDE, hiding(lambda i, j: j >= i)),
    ("mask_hides_self", SIMPLE,
     "No token attends to itself: the diagonal is hidden.",
     "Keep the diagonal: a token's own input counts too.",
     lambda heads: _hide_self(heads) if len(heads[0]) > 1 else heads),
    ("mask_shows_next", MASKED,
     "Your mask begins one too late: each token sees the next one.",
     _HIDE, hiding(lambda i, j: j > i + 1)),
    ("mask_with_zeros", MASKED,
     "You put 0 in the hidden scores; `exp(0)` is 1, which is seen.",
     _BEFORE, hiding(later, 0.0)),
    ("mask_too_weak", MASKED,
     "You put a number such as -10 in the hidden scores: some is seen.",
     _BEFORE, hiding(later, -3.0)),
    ("mask_of_first_head", MASKED_HEADS,
     "Your mask hides later tokens from the first head alone.",
     "Apply the mask to every head.",
     lambda heads: [*hide_later(heads[:1]), *heads[1:]]),
)  # fmt: skip

_HIDDEN_LATE: Sequence[Staged[OnHeads]] = (
    ("mask_after_softmax", MASKED,
     "You zero the weights after softmax: rows no longer sum to 1.",
     _BEFORE, lambda heads: hiding(later, 0.0)(shared(heads))),
    ("softmax_again_after_mask", MASKED,
     "You take the softmax, hide, and take the softmax of the weights again.",
     _BEFORE, lambda heads: shared(hide_later(shared(heads)))),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (
    *wrong("share", _SHARES),
    *wrong("hide", _HIDES),
    *wrong("share", _HIDDEN_LATE, hide=all_seen),
)
