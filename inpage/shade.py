"""The scale of shades: where a value stands between two others.

The pictures of the pages and the tables of *Play with it* share it.
"""

from math import inf

LEVELS = 9  # the darkest; 0 is the lightest


def shade(value: float, low: float, high: float) -> int:
    """The shade of a value, from 0 for `low` to `LEVELS` for `high`.

    What is beyond an end has the shade of that end, and so has all that is
    hidden: minus infinity. A scale without a length has one shade.

    Examples:
        >>> shade(0.5, 0.0, 1.0), shade(2.0, 0.0, 1.0), shade(0.0, 0.0, 0.0)
        (4, 9, 0)
    """
    if high <= low or value == -inf:
        return 0
    steps = LEVELS * (value - low) / (high - low)
    return round(min(max(steps, 0), LEVELS))
