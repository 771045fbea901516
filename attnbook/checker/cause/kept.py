"""Whether something is kept from one call to the next."""

from collections.abc import Sequence
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.compare import compare, plain

_AGAIN = 8
"""How many inputs are asked once more."""


def kept(asked: Asked, cases: Sequence[tuple[Any, Any, Any]]) -> Cause | None:
    """Ask the first inputs again, after all the others.

    Each case is the arguments, what is right, and what came.
    """
    for values, right, came in cases[:_AGAIN]:
        again = asked.answer(values).value
        if again is None or not plain(again) or not plain(came):
            continue
        before = tuple(came) if isinstance(right, tuple) else came
        if compare(before, again) is not None:
            return measured(
                "kept_from_call_to_call",
                "The same input gives another result after other calls: a "
                "list or an array outside the function keeps what was there.",
                "Make it anew inside the function, at every call.",
            )
    return None
