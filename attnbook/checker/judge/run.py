"""Every case of a step, asked once, with the difference that it shows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from attnbook.checker.finding import Difference, OutOfTimeError
from attnbook.checker.match.binding import Answer, Asked
from attnbook.checker.steps.cases import Case
from attnbook.checker.steps.compare import compare


class Run(NamedTuple):
    """One case with what is right, what came, and how they differ."""

    case: Case
    expected: Any
    answer: Answer
    difference: Difference | None = None

    @property
    def fails(self) -> bool:
        """Whether the answer is missing or wrong."""
        return not self.answer.came or self.difference is not None

    @property
    def misshapen(self) -> bool:
        """Whether an answer came in a wrong shape."""
        return self.difference is not None and self.difference.kind == "shape"


def run(asked: Asked, case: Case) -> Run:
    """Ask one case, and compare."""
    expected = asked.expected(case.values)
    answer = asked.answer(case.values)
    if not answer.came:
        return Run(case, expected, answer)
    return Run(case, expected, answer, compare(expected, answer.value))


def runs(asked: Asked, cases: Sequence[Case]) -> tuple[list[Run], bool]:
    """Every case, until one stops the program; and whether time ran out."""
    found: list[Run] = []
    for case in cases:
        try:
            found.append(run(asked, case))
        except OutOfTimeError:
            return found, True
        if "stopped" in found[-1].answer.reply:
            break
    return found, False
