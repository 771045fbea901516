"""All known mistakes, and how the checks are measured by them."""

from collections.abc import Sequence

from attnbook.checker.mistakes import (
    gradients,
    heads,
    learning,
    masks,
    mixing,
    products,
    scores,
    weights,
)
from attnbook.checker.mistakes.mistake import Mistake
from attnbook.checker.steps.cases import Case
from attnbook.checker.steps.table import Form, Step

CATALOGUE: Sequence[Mistake] = (
    *products.MISTAKES,
    *scores.MISTAKES,
    *masks.MISTAKES,
    *weights.MISTAKES,
    *mixing.MISTAKES,
    *heads.MISTAKES,
    *gradients.MISTAKES,
    *learning.MISTAKES,
)
"""Of a step the scores come first, then the weights, the mix, the heads."""


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
