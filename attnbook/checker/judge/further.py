"""What is asked once the numbers agree."""

from collections.abc import Sequence
from typing import NamedTuple

from attnbook.checker.finding import Cause, Caution
from attnbook.checker.judge.cached import of_cache
from attnbook.checker.judge.gradient import fault_of_gradient
from attnbook.checker.judge.hidden_row import on_hidden_row
from attnbook.checker.judge.modes import (
    drops,
    drops_scores,
    in_half,
    never_drops,
)
from attnbook.checker.judge.on_matrix import on_matrix
from attnbook.checker.judge.own_backward import of_backward
from attnbook.checker.judge.served import of_heads
from attnbook.checker.match.binding import Asked


class Further(NamedTuple):
    """What was found beside the numbers."""

    cause: Cause | None = None
    """Why it is wrong all the same."""
    cautions: tuple[Caution, ...] = ()
    notes: tuple[str, ...] = ()
    """For the line that says how it was asked."""


def further(asked: Asked, lines: Sequence[str]) -> Further:
    """Gradients, a cache, heads that are shared, modes: in this order.

    A softmax is asked what it does with a matrix.
    """
    if asked.binding.step.name == "softmax":
        told, note = on_matrix(asked)
        return Further(None, told, (note,) if note else ())
    cause = fault_of_gradient(asked, lines)
    if cause is not None:
        return Further(cause)
    cause, cautions, kept = of_cache(asked, lines)
    if cause is not None:
        return Further(cause)
    cause, compared = of_backward(asked)
    if cause is not None:
        return Further(cause)
    cause, shared = of_heads(asked)
    notes = kept, compared, shared
    return Further(cause) if cause else _rest(asked, cautions, *notes)


def _rest(asked: Asked, cautions: tuple[Caution, ...], *notes: str) -> Further:
    """What is no fault: modes, a row that hides all, half precision."""
    dropped = drops(asked)
    amiss = drops_scores(asked) if dropped else ()
    if dropped is False:
        amiss = (never_drops(asked),)
    empty, seen = on_hidden_row(asked)
    told, tried = in_half(asked)
    note = _DROPS if dropped and not amiss else ""
    said = filter(None, (*notes, note, seen, tried))
    return Further(None, (*cautions, *amiss, *empty, *told), tuple(said))


_DROPS = "dropout works in train() and rests in eval()"
