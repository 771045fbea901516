"""What stands in the place of softmax, or comes after it: a scale, a ReLU."""

from collections.abc import Callable, Sequence
from math import sqrt

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.probe import (
    Probe,
    factor,
    fit,
    near,
    row_sums,
    scores,
    seen,
)
from attnbook.checker.cause.reveal import OF_KEYS, Revealed
from attnbook.checker.words import number
from attnbook.vectors import Matrix

_FUNCTIONS: Sequence[tuple[str, Callable[[float], float]]] = (
    ("the root of ", sqrt),
    ("", float),
)


def scaled_after(probe: Probe) -> Cause | None:
    """Every row sums to 1 over one of the sizes, or over its root."""
    if not probe.scaled or not all(map(_is_softmax, probe.both)):
        return None
    for words, size in _likeliest(probe):
        for root, function in _FUNCTIONS:
            if all(
                near(sums, [1 / function(each.widths[words])] * len(sums))
                for each in probe.both
                for sums in [row_sums(each)]
            ):
                return _after(f"{root}{words}", function(size))
    return None


def _is_softmax(each: Revealed) -> bool:
    """Whether the ratios within a row are exponentials of its scores."""
    return fit(scores(each), each.weights) is not None


def _after(of: str, divisor: float) -> Cause:
    """What the weights were divided by."""
    by = number(divisor) + ("" if of == _RIGHT else f" ({of})")
    return measured(
        "scaled_after_softmax",
        f"You divide the weights by {by}, after softmax: every row sums to "
        f"{number(1 / divisor)}, not to 1.",
        "Divide the scores, before softmax: rows of weights sum to 1.",
    )


_RIGHT = f"the root of {OF_KEYS}"


def _likeliest(probe: Probe) -> Sequence[tuple[str, int]]:
    """The sizes of the first setting, that of the keys before all others."""
    sizes = probe.first.widths.items()
    return sorted(sizes, key=lambda each: each[0] != OF_KEYS)


def rectified(probe: Probe) -> Cause | None:
    """Scores without their negative entries, in the place of weights."""
    factors = [
        factor(seen(probe, positive(scores(each))), each.weights)
        for each in probe.both
    ]
    if None in factors:
        return None
    return measured(
        "relu",
        f"Your weights are the positive scores times {number(factors[0])}, "
        f"and 0 for the others: that is a ReLU, and softmax is missing.",
        "Turn each row of scores into weights that sum to 1 before mixing.",
    )


def positive(rows: Matrix) -> Matrix:
    """The same with 0 for what is negative: a ReLU."""
    return [[max(entry, 0.0) for entry in row] for row in rows]
