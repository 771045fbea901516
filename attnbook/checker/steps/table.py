"""The table of steps: what a reader can write, and what is right.

Everything reads this table. A step has one canonical way to be called, and
other forms that readers use: all tokens at once, or one row by its number. A
form says how the canonical function answers it, so that the reference and
every known mistake can answer every form.
"""

from attnbook.checker.steps.backward import GRADIENTS
from attnbook.checker.steps.forward import FORWARD
from attnbook.checker.steps.step import Form, Step

__all__ = ["FORWARD", "GRADIENTS", "STEPS", "Form", "Step", "step_named"]

STEPS = FORWARD + GRADIENTS


def step_named(name: str) -> Step:
    """The step of that name.

    Raises:
        ValueError: If there is none, naming those that there are.
    """
    for step in STEPS:
        if step.name == name:
            return step
    known = ", ".join(step.name for step in STEPS)
    raise ValueError(f"the step must be one of {known}, got {name}")
