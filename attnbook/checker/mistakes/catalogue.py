"""How a mistake is written down, and how the checks are measured by them."""

from collections.abc import Callable, Sequence
from math import isnan
from typing import Any, NamedTuple, TypeVar

from attnbook.checker.steps.cases import Case, Values
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.table import Form, Step

Wrong = TypeVar("Wrong", bound=Callable[..., Any])


class Mistake(NamedTuple):
    """One wrong version of a step, which runs."""

    step: str
    name: str
    """What the checker must call it."""
    sentence: str
    """What is wrong, said to the person who wrote it."""
    advice: str
    """One thing to try."""
    function: Callable[..., Any]
    """The wrong version, called as the step's reference is."""
    source: Callable[..., Any]
    """The code that is wrong: the whole step, or one stage of it."""
    stage: str = ""
    """Which stage is wrong, if the mistake was lifted from one."""

    @property
    def anchor(self) -> str:
        """Where the catalogue's page explains it, in one line of a report."""
        return anchor_of(self.step, self.name)

    def differs(self, form: Form, right: object, values: Values) -> bool:
        """Whether the wrong version gives anything else than what is right."""
        try:
            wrong = form.answer(self.function, values)
        except Exception:  # noqa: BLE001 - it is a wrong version
            return True
        return compare(right, _listed(wrong)) is not None

    def explains(self, form: Form, came: object, values: Values) -> bool:
        """Whether the wrong version gives what came; NaN is like NaN."""
        try:
            wrong = form.answer(self.function, values)
        except Exception:  # noqa: BLE001 - it is a wrong version
            return came is None
        return came is not None and (
            compare(_marked(wrong), _marked(came)) is None
        )


CATALOGUE: list[Mistake] = []


def anchor_of(step: str, name: str) -> str:
    """The anchor of a step's mistake; an ending is cut to fit a line."""
    return f"{step.replace('_backward', '_back')}-{name}"


def enter(
    step: str,
    name: str,
    advice: str,
    function: Callable[..., Any],
    source: Callable[..., Any],
    stage: str = "",
) -> None:
    """Enter a wrong version; its sentence is the docstring of its source."""
    sentence = " ".join((source.__doc__ or "").split())
    CATALOGUE.append(
        Mistake(step, name, sentence, advice, function, source, stage)
    )


def mistake(step: str, advice: str) -> Callable[[Wrong], Wrong]:
    """Enter the decorated function, a whole step, by its own name."""

    def decorate(function: Wrong) -> Wrong:
        enter(step, function.__name__, advice, function, function)
        return function

    return decorate


def of_step(step: Step) -> list[Mistake]:
    """The known mistakes of one step."""
    return [entry for entry in CATALOGUE if entry.step == step.name]


def excluded(step: Step, form: Form, cases: Sequence[Case]) -> tuple[int, int]:
    """How many known mistakes these cases reject, and of how many.

    Each mistake answers in the form in which the reader's function does.
    """
    known = [m for m in of_step(step) if m.name not in form.spared]
    left = known
    for case in reversed(cases):
        if not left:
            break
        right = form.answer(step.reference, case.values)
        left = [m for m in left if not m.differs(form, right, case.values)]
    return len(known) - len(left), len(known)


def _listed(value: Any) -> Any:  # noqa: ANN401
    """Results as they would come from a child: tuples as lists."""
    if isinstance(value, list | tuple):
        return [_listed(item) for item in value]
    return value


_NAN = 98_765.4321


def _marked(value: Any) -> Any:  # noqa: ANN401
    """The same with a number, which equals itself, in the place of NaN."""
    if isinstance(value, tuple):
        return tuple(_marked(item) for item in value)
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return _NAN if isinstance(value, float) and isnan(value) else value
