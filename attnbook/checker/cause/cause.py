"""What is probably wrong, and one thing to try."""

from typing import NamedTuple


class Cause(NamedTuple):
    """What is probably wrong, and one thing to try."""

    name: str
    sentence: str
    advice: str
    measured: bool
    """Found by measuring, or by likeness to a known mistake."""


def measured(name: str, sentence: str, advice: str) -> Cause:
    """A cause that was found by measuring."""
    return Cause(name, sentence, advice, measured=True)
