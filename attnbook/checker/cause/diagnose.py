"""The likely cause of a difference, and one thing to try.

What can be measured is measured. What a known mistake explains in every case
is that mistake: one likeness in all inputs is more than two measurements.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from attnbook.checker.cause.axis import axis
from attnbook.checker.cause.batch import batch
from attnbook.checker.cause.cause import measured
from attnbook.checker.cause.groups import groups
from attnbook.checker.cause.habits import habit
from attnbook.checker.cause.heads import heads, uncut
from attnbook.checker.cause.kept import kept
from attnbook.checker.cause.limits import limits
from attnbook.checker.cause.mask import mask
from attnbook.checker.cause.nans import nans
from attnbook.checker.cause.parts import parts
from attnbook.checker.cause.probe import Probe
from attnbook.checker.cause.products import products
from attnbook.checker.cause.properties import broken
from attnbook.checker.cause.reveal import reveal
from attnbook.checker.cause.rows import added, rows
from attnbook.checker.cause.scale import scale
from attnbook.checker.cause.unmixed import alone, placed, unmixed
from attnbook.checker.finding import Cause
from attnbook.checker.judge.run import Run
from attnbook.checker.match.binding import Asked
from attnbook.checker.mistakes import Mistake, of_step
from attnbook.checker.steps.table import Step


def diagnose(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The likely cause: likeness in every case, else what is measured.

    A measured cause of the same name says more, with its numbers.
    """
    alike = _alike(asked, runs)
    found = measure(asked, runs)
    if alike is None or (found is not None and alike.name == found.name):
        return found or next(filter(None, _others(asked, runs)), None)
    return alike


def _others(asked: Asked, runs: Sequence[Run]) -> Iterator[Cause | None]:
    """What is said where no cause is known for sure."""
    yield alone(asked)
    yield limits(runs)
    yield _property(asked, runs)
    yield placed(asked, [run.case.values for run in runs if run.answer.came])


def measure(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The first cause that can be measured."""
    return next((each for each in _measured(asked, runs) if each), None)


def _measured(asked: Asked, runs: Sequence[Run]) -> Iterator[Cause | None]:
    """Every measurement, the most telling first."""
    came = [run for run in runs if run.answer.came]
    yield kept(asked, _cases(came))
    yield batch(asked)
    yield groups(asked, runs)
    if asked.binding.step.name == "dot":
        yield products(asked)
    yield nans(asked)
    yield uncut(asked, [run.case.values for run in came])
    yield from _of_weights(asked)
    yield unmixed(asked)
    if any(run.fails for run in came):
        yield from _of_results(asked.binding.step, came)


def _of_weights(asked: Asked) -> Iterator[Cause | None]:
    """What the weights tell, where a function reveals them."""
    yield heads(asked)
    probe = _probe(asked)
    if probe is not None and all(each.mixes for each in probe.both):
        yield axis(probe)
        yield mask(probe)
        yield scale(probe)


def _of_results(step: Step, came: Sequence[Run]) -> Iterator[Cause | None]:
    """What the form of the results tells, whatever is inside."""
    pairs = [(run.expected, run.answer.value) for run in came]
    yield parts(step.parts, pairs)
    if not step.parts:
        yield rows(pairs)
        yield added(_cases(came))
    found = habit(pairs)
    yield measured(*found) if found else None


def _probe(asked: Asked) -> Probe | None:
    """Both settings, if both reveal something."""
    revealed = reveal(asked)
    return Probe(asked.binding.step, *revealed) if len(revealed) > 1 else None


def _property(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """A property that fails, where no cause is known."""
    came = [run for run in runs if run.answer.came]
    return broken(_probe(asked), asked.binding.step.name, _cases(came))


def _cases(runs: Sequence[Run]) -> list[tuple[dict[str, Any], Any, Any]]:
    """The arguments, what is right and what came."""
    return [(run.case.values, run.expected, run.answer.value) for run in runs]


def _alike(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The known mistake that answers every case as the reader does."""
    for entry in of_step(asked.binding.step):
        if all(_same(entry, asked, run) for run in reversed(runs)):
            return Cause(
                entry.name, entry.sentence, entry.advice, measured=False
            )
    return None


def _same(entry: Mistake, asked: Asked, run: Run) -> bool:
    """Whether a mistake gives the reader's answer in one case."""
    form = asked.binding.form
    return entry.explains(form, run.answer.value, run.case.values)
