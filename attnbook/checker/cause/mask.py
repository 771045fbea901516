"""What the zeros among the weights tell: what was hidden, and how."""

from collections.abc import Sequence
from math import isclose, log

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.probe import (
    NOTHING,
    Probe,
    Rule,
    fit,
    hidden,
    later,
    near,
    scores,
)
from attnbook.checker.cause.reveal import Revealed
from attnbook.checker.words import number

_HIDE = "Hide key j from query i where j > i, and only there."
_BEFORE = "Put minus infinity in the hidden scores, then apply softmax."

_MASKS: Sequence[tuple[str, Rule, str]] = (
    (
        "causal",
        later,
        "Every weight above the diagonal is 0: your tokens see only "
        "themselves and earlier ones.",
    ),
    (
        "mask_flipped",
        lambda i, j: j < i,
        "Every weight below the diagonal is 0: your mask is flipped, and "
        "tokens see themselves and later ones.",
    ),
    (
        "mask_hides_self",
        lambda i, j: i == j,
        "Every weight on the diagonal is 0: no token sees itself.",
    ),
    (
        "mask_hides_self",
        lambda i, j: j >= i,
        "The weights on the diagonal are 0: your mask hides each token from "
        "itself.",
    ),
    (
        "mask_inverted",
        lambda i, j: j <= i,
        "Every weight on and below the diagonal is 0: your mask hides what "
        "it should show.",
    ),
    (
        "mask_shows_next",
        lambda i, j: j > i + 1,
        "The weights right above the diagonal are not 0: your mask begins "
        "one too late, and each token sees the next one.",
    ),
)


def mask(probe: Probe) -> Cause | None:
    """Which weights are 0, against which should be."""
    if probe.causal and hidden(probe, lambda i, j: False):  # noqa: ARG005
        return _unmasked(probe)
    found = _cached(probe) or _levelled(probe)
    if found is not None:
        return found
    advice = _HIDE if probe.causal else "Let every token see all tokens."
    for name, rule, sentence in _MASKS:
        right = probe.causal and rule is later
        if not right and hidden(probe, rule):
            return measured(name, sentence, advice)
    return None


def _cached(probe: Probe) -> Cause | None:
    """Fewer queries than keys: the mask must end at the last key."""
    more = [len(e.keys) - len(e.queries) for e in probe.both]
    if not probe.causal or min(more) < 1 or not hidden(probe, later):
        return None
    return measured(
        "mask_at_top_left",
        f"Your mask begins at the top left: with {more[0]} keys from before, "
        f"query 0 should see {more[0] + 1} keys and sees 1.",
        "Hide key j from query i where j > i + (keys - queries).",
    )


def _levelled(probe: Probe) -> Cause | None:
    """Row 0 sees everything equally, the others all that comes before."""
    rest = [
        (abs(weight) < NOTHING) == (j >= i)
        for each in probe.both
        for i, row in enumerate(each.weights)
        for j, weight in enumerate(row)
        if i
    ]
    first = [row for each in probe.both for row in each.weights[:1]]
    if not all(rest) or not all(
        near(row, [1 / len(row)] * len(row)) for row in first
    ):
        return None
    return measured(
        "mask_hides_self",
        f"Your mask hides each token from itself. Nothing is left for token "
        f"0, and the large negative number in all its scores makes them "
        f"equal: each weighs {number(first[0][0])}.",
        _HIDE,
    )


def _unmasked(probe: Probe) -> Cause | None:
    """Nothing is 0: no mask at all, or a number put in the scores."""
    later_weights = probe.first.weights[0][1:]
    if all(fit(scores(each), each.weights) for each in probe.both):
        return measured(
            "no_mask",
            f"Nothing is hidden: token 0 gives the weight "
            f"{number(max(later_weights))} to a later one.",
            _HIDE,
        )
    fills = [fill for e in probe.both if (fill := _fill(e)) is not None]
    if len(fills) < len(probe.both):
        return None
    if all(abs(fill) < 1e-6 for fill in fills):
        return _with_zeros(later_weights[0])
    return _weak(probe, fills)


def _with_zeros(weight: float) -> Cause:
    return measured(
        "mask_with_zeros",
        f"All hidden weights of row 0 are {number(weight)}: you put 0 in the "
        f"hidden scores, and `exp(0)` is 1.",
        _BEFORE,
    )


def _weak(probe: Probe, fills: Sequence[float]) -> Cause | None:
    """A number that is not low enough, put in before the scale or after."""
    roots = [probe.right(each) for each in probe.both]
    before = [fill * root for fill, root in zip(fills, roots, strict=True)]
    for found in (fills, before):
        if isclose(*found, rel_tol=1e-6):
            return measured(
                "mask_too_weak",
                f"You put {number(found[0])} in the hidden scores: token 0 "
                f"still gives {number(probe.first.weights[0][1])} to a later "
                f"one.",
                _BEFORE,
            )
    return None


def _fill(each: Revealed) -> float | None:
    """The number that stands in every hidden score, if it is one."""
    rows = scores(each)
    scale = fit(rows, each.weights, later)
    if scale is None:
        return None
    found = [
        log(each.weights[i][j] / each.weights[i][0]) + scale * row[0]
        for i, row in enumerate(rows)
        for j in range(i + 1, len(row))
        if each.weights[i][j] > NOTHING
    ]
    same = all(abs(fill - found[0]) < 1e-6 for fill in found)
    return found[0] if found and same else None
