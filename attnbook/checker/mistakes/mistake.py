"""What a known mistake is: a wrong version of a step, and words for it."""

from collections.abc import Callable
from math import isnan
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.table import Form


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


def anchor_of(step: str, name: str) -> str:
    """The anchor of a step's mistake; an ending is cut to fit a line."""
    return f"{step.replace('_backward', '_back')}-{name}"


Whole: TypeAlias = tuple[str, str, str, Callable[..., Any]]
"""A wrong version of a whole step: its name, sentence, advice and code."""


def whole(step: str, *rows: Whole) -> list[Mistake]:
    """Wrong versions of a whole step."""
    return [Mistake(step, *row) for row in rows]


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
