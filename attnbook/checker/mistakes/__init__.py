"""The catalogue of wrong attentions: each runs, each is known by name.

- `attnbook.checker.mistakes.catalogue`: what a mistake is
- `attnbook.checker.mistakes.stages`: an attention as a row of stages
- `attnbook.checker.mistakes.backstages`: the same for the way back
- `attnbook.checker.mistakes.situations`: the inputs that show or hide one
- `attnbook.checker.mistakes.written`: what is wrong beside the stages
- the others hold the wrong stages, and wrong versions of whole steps

A good check rejects them all; most published ones let several pass.
"""

from attnbook.checker.mistakes import (
    dropped,
    gradients,
    heads,
    learning,
    mixing,
    products,
    scores,
    single,
    weights,
)
from attnbook.checker.mistakes.catalogue import (
    CATALOGUE,
    Mistake,
    excluded,
    of_step,
)
from attnbook.checker.mistakes.pages import chapter, explained, place
from attnbook.checker.mistakes.written import KINDS, Written, all_written

__all__ = [
    "CATALOGUE",
    "KINDS",
    "Mistake",
    "Written",
    "all_written",
    "chapter",
    "dropped",
    "excluded",
    "explained",
    "gradients",
    "heads",
    "learning",
    "mixing",
    "of_step",
    "place",
    "products",
    "scores",
    "single",
    "weights",
]
