"""The catalogue of wrong attentions: each runs, each is known by name.

- `attnbook.checker.mistakes.mistake`: what a mistake is
- `attnbook.checker.mistakes.stages`: an attention as a row of stages
- `attnbook.checker.mistakes.backstages`: the same for the way back
- `scores`, `weights`, `mixing`, `heads`, `gradients`: tables of wrong stages
- `masks`, `products`, `learning`: tables of whole steps that are wrong
- `attnbook.checker.mistakes.catalogue`: all of them, in one list
- `attnbook.checker.mistakes.situations`: the inputs that show or hide one
- `attnbook.checker.mistakes.written`: what is wrong beside the stages
- `attnbook.checker.mistakes.pages`: where each is explained

A row says what a mistake is called, what it is, what to try, and does it. A
good check rejects them all; most published ones let several pass.
"""

from attnbook.checker.mistakes.catalogue import CATALOGUE, excluded, of_step
from attnbook.checker.mistakes.mistake import Mistake
from attnbook.checker.mistakes.pages import chapter, explained, place
from attnbook.checker.mistakes.written import KINDS, Written, all_written

__all__ = [
    "CATALOGUE",
    "KINDS",
    "Mistake",
    "Written",
    "all_written",
    "chapter",
    "excluded",
    "explained",
    "of_step",
    "place",
]
