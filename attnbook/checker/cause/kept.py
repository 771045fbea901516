"""Whether something is kept from one call to the next, or drawn at random."""

import re
from collections.abc import Sequence
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.compare import compare, plain
from attnbook.checker.steps.extras import HINTS, IN_EVAL

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
            return _kept("after other calls")
    return None


def _kept(when: str) -> Cause:
    return measured(
        "kept_from_call_to_call",
        f"The same input gives another result {when}: a list or an array "
        f"outside the function keeps what was there.",
        "Make it anew inside the function, at every call.",
    )


_DRAWS = re.compile(r"rand(n|int|om)?\b|random|[Dd]ropout|bernoulli|shuffle")


def changing(asked: Asked, lines: Sequence[str]) -> Cause:
    """Why the same input gives another result at once.

    An object with weights that draws does so by dropout, in eval mode.
    """
    draws = [i for i, line in enumerate(lines, 1) if _DRAWS.search(line)]
    if asked.binding.made is not None:
        return Cause(*HINTS[IN_EVAL], measured=True)
    if not draws:
        return _kept("at the next call")
    at = draws[-1]
    return Cause(
        "drawn_at_random",
        f"It draws random numbers when it is called (line {at}: "
        f"`{lines[at - 1].strip()}`).",
        "Hand over what is drawn, or leave dropout away where nothing is "
        "trained.",
        measured=True,
        line=at,
    )
