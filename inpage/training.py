"""Trains a model in the page by what a reader wrote, and tells of it.

What `attnbook train --with` does in a child process happens here in the
worker: the same sentences, the same loop, the same receipt.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from attnbook.checker.engine import defined
from attnbook.checker.finding import Checked
from attnbook.checker.match.chosen import steps_of
from attnbook.checker.reader.program import Program
from attnbook.checker.say.html import as_fragment
from attnbook.checker.trained import (
    GRADIENTS,
    STEP,
    Trained,
    as_receipt,
    as_told,
    first_losses,
    trained_by,
    used,
)
from attnbook.checker.words import borrowed
from attnbook.loop import Progress
from attnbook.training import Settings
from attnbook.vectors import Vector
from inpage import interpreter
from inpage.checker import loaded_and_checked

WHERE = "It ran in the browser, in Python in the page."


class Learned(NamedTuple):
    """What the page shows of a run, or why there was none."""

    html: str
    """The report, where a function does not agree."""
    said: str
    """How it ended, in a sentence."""
    told: str
    """The run in words."""
    receipt: str
    """The same in Markdown, to keep."""


def train(text: str, file: str, site: str, steps: int = 200) -> Learned:
    """Check the gradients of a file's text, then train a model by them.

    Each step is shown at once, as a line of JSON: its number, its loss, and
    in the first five steps the book's.

    Raises:
        ValueError: If there are none, or they fail on the way.

    Examples:
        >>> train("def loss_and_gradients(s, t, m): return 1, m", "", "").said
        'Nothing was trained: `loss_and_gradients` does not agree yet.'
    """
    program, settings = Program(), Settings(steps=steps)
    checked = _checked(program, text, file)
    if wrong := [f for f in checked.findings if f.verdict != "agrees"]:
        name = wrong[0].function
        said = f"Nothing was trained: `{name}` does not agree yet."
        return Learned(as_fragment([checked], site), said, "", "")
    names = dict(used(checked))
    losses = first_losses(settings)
    told = trained_by(program.ask, text, names, settings, _shown(losses))
    trained = Trained(checked, told, names, losses, WHERE)
    said = f"Trained: {told.exact[-1]:.1%} of the held-out sentences exact."
    return Learned("", said, as_told(trained), as_receipt(trained))


def _checked(program: Program, text: str, file: str) -> Checked:
    """The check of what a model is trained by, and of nothing else."""
    made = defined(text)
    names = [name for name in made if _trains(name)]
    if made and not names:
        raise ValueError(f"{file} has no function {GRADIENTS}.")
    checked = loaded_and_checked(program, text, file, names)
    digest = sha256(text.encode()).hexdigest()
    notes = *checked.notes, *borrowed(text)
    return checked._replace(digest=digest, notes=notes)


def _trains(name: str) -> bool:
    """Whether a function of this name is what a model is trained by."""
    return any(step.name in (GRADIENTS, STEP) for step in steps_of(name))


def _shown(losses: Vector) -> Callable[[Progress], None]:
    """What shows a step, with the book's first losses beside the reader's."""

    def show(progress: Progress) -> None:
        book = losses[progress.step - 1 : progress.step]
        step = {"step": progress.step, "loss": progress.loss}
        interpreter.emit(json.dumps(step | {"book": book}) + "\n")

    return show
