"""What the sizes tell where it is right for small ones, and then no more."""

from collections.abc import Sequence

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.judge.dimensions import said
from attnbook.checker.judge.run import Run


def limits(runs: Sequence[Run]) -> Cause | None:
    """A size up to which everything is right, and above which nothing is.

    One right size is no limit: a sentence of one token hides much.
    """
    drawn = [run for run in runs if run.case.origin.startswith("seed")]
    if any(run.fails and not run.answer.came for run in drawn):
        return None  # what it raises tells more
    for axis in drawn[0].case.sizes if drawn else ():
        wrong = {run.case.sizes[axis] for run in drawn if run.fails}
        right = {run.case.sizes[axis] for run in drawn} - wrong
        if len(right) > 1 and wrong and max(right) < min(wrong):
            return _of(axis, max(right), min(wrong))
    return None


def _of(axis: str, last: int, first: int) -> Cause:
    what = said(axis)
    return measured(
        "made_for_a_size",
        f"It is right while {what} is at most {last}, and wrong from {first} "
        f"on: a mask, a table or a loop in it was made for so many.",
        "Take the size from what came in: `len(x)`, `x.shape[-2]`.",
    )
