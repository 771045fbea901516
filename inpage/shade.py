"""The scale of shades: how far a value is from zero, and on which side.

The pictures of the pages and the tables of *Play with it* share it. Zero is
paper; above it stands indigo, below it vermilion.
"""

from collections.abc import Iterable
from math import isfinite

LEVELS = 9  # the darkest, on either side


def shade(value: float, most: float) -> int:
    """The shade of a value: 0 for 0, `LEVELS` for `most`, below 0 for less.

    What is beyond the scale has the shade of its end. What is hidden, minus
    infinity, has none, and so has all on a scale without a length.

    Examples:
        >>> shade(0.5, 1.0), shade(-2.0, 1.0), shade(0.0, 0.0)
        (4, -9, 0)
    """
    if most <= 0 or not isfinite(value):
        return 0
    steps = LEVELS * value / most
    return round(min(max(steps, -LEVELS), LEVELS))


def reach(values: Iterable[float]) -> float:
    """The greatest distance from zero: where a scale for values ends.

    Examples:
        >>> reach([0.25, -0.5, float("-inf")])
        0.5
    """
    return max((abs(v) for v in values if isfinite(v)), default=0.0)


def tint(level: int) -> str:
    """The name of a shade, by which the style sheet knows its colour.

    Examples:
        >>> tint(4), tint(0), tint(-9)
        ('heat-4', 'heat-0', 'ember-9')
    """
    return f"heat-{level}" if level >= 0 else f"ember-{-level}"


def ink(level: int) -> str:
    """The name of what is written on a shade.

    Examples:
        >>> ink(4), ink(-9)
        ('heat-ink-4', 'ember-ink-9')
    """
    return tint(level).replace("-", "-ink-")
