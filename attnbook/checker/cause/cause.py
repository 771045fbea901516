"""How a cause that was measured is written down."""

from attnbook.checker.finding import Cause

__all__ = ["Cause", "measured"]


def measured(name: str, sentence: str, advice: str) -> Cause:
    """A cause that was found by measuring."""
    return Cause(name, sentence, advice, measured=True)
