"""The table of steps: what a reader can write, and what is right.

Everything reads this table. A step has one canonical way to be called, and
other forms that readers use: all tokens at once, or one row by its number. A
form says how the canonical function answers it, so that the reference and
every known mistake can answer every form.
"""

from attnbook.checker.steps.backward import GRADIENTS
from attnbook.checker.steps.forward import FORWARD
from attnbook.checker.steps.learning import LEARNING, LOSS
from attnbook.checker.steps.products import PARTS_BACKWARD, PARTS_FORWARD
from attnbook.checker.steps.step import Form, Step

__all__ = [
    "FORWARD", "GRADIENTS", "PARTS", "STEPS", "Form", "Step", "step_named",
]  # fmt: skip

STEPS = (
    *PARTS_FORWARD, *FORWARD, *LOSS, *PARTS_BACKWARD, *GRADIENTS, *LEARNING,
)  # fmt: skip

_ATTENTIONS = {"causal_attention_backward"}
PARTS = {
    step.name for step in (*PARTS_FORWARD, *LOSS, *PARTS_BACKWARD, *LEARNING)
} - _ATTENTIONS
"""Steps around an attention, and those that it is made of."""


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
