"""The catalogue of wrong attentions: each runs, each is known by name.

- `attnbook.checker.mistakes.catalogue`: what a mistake is
- `attnbook.checker.mistakes.situations`: the inputs that show or hide one
- the others hold the wrong versions, section by section

A good check rejects them all; most published ones let several pass.
"""

from attnbook.checker.mistakes import (
    backward,
    causal,
    multihead,
    simple,
    trainable,
)
from attnbook.checker.mistakes.catalogue import (
    CATALOGUE,
    Mistake,
    excluded,
    of_step,
)

__all__ = [
    "CATALOGUE",
    "Mistake",
    "backward",
    "causal",
    "excluded",
    "multihead",
    "of_step",
    "simple",
    "trainable",
]
