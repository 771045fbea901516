"""The likely cause of a difference, and one thing to try.

What can be measured is measured. What a known mistake explains in every case
is that mistake: one likeness in all inputs is more than two measurements.
"""

from collections.abc import Callable, Sequence
from typing import Any

from attnbook.checker.cause.habits import habit
from attnbook.checker.cause.measures import measure
from attnbook.checker.cause.unmixed import unmixed
from attnbook.checker.finding import Cause
from attnbook.checker.judge.run import Run
from attnbook.checker.match.binding import Asked
from attnbook.checker.mistakes import Mistake, of_step
from attnbook.checker.steps.compare import compare


def diagnose(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The likely cause, measured if it can be, else by likeness."""
    alike = _alike(asked, runs)
    measured = measure(asked) or unmixed(asked) or _habit(runs)
    if alike is None or measured is None or alike.name == measured.name:
        return measured or alike
    return alike  # in every case: that is more than two measurements


def _habit(runs: Sequence[Run]) -> Cause | None:
    """What the form of the results tells, whatever the step."""
    pairs = [
        (run.expected, run.answer.value) for run in runs if run.answer.came
    ]
    found = habit(pairs)
    return Cause(*found, measured=True) if found else None


def _alike(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The known mistake that answers every case as the reader does."""
    answer = asked.binding.form.answer
    for entry in of_step(asked.binding.step):
        if all(_same(entry, answer, run) for run in reversed(runs)):
            return Cause(
                entry.name, entry.sentence, entry.advice, measured=False
            )
    return None


def _same(entry: Mistake, answer: Callable[..., Any], run: Run) -> bool:
    """Whether a mistake gives the reader's answer in one case."""
    try:
        wrong = answer(entry.function, run.case.values)
    except Exception:  # noqa: BLE001 - it is a wrong version
        return not run.answer.came
    return run.answer.came and compare(wrong, run.answer.value) is None
