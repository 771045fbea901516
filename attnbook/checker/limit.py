"""A limit on the time of a whole check, whatever it asks."""

import time
from collections.abc import Callable

from attnbook.checker.finding import OutOfTimeError
from attnbook.checker.match.binding import Ask
from attnbook.checker.reader.program import Reply, Request

WHOLE = 120.0
"""Seconds that the check of one file may take."""


def limited(
    ask: Ask,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Ask:
    """The same `ask`, until so many seconds from now.

    Raises:
        OutOfTimeError: When asked later than that.

    Examples:
        >>> ask = limited(
        ...     lambda request: {}, 2.0, iter([0.0, 1.0, 3.0]).__next__
        ... )
        >>> ask({"do": "describe"})
        {}
        >>> ask({"do": "describe"})
        Traceback (most recent call last):
        ...
        attnbook.checker.finding.OutOfTimeError
    """
    end = clock() + seconds

    def asked(request: Request) -> Reply:
        if clock() > end:
            raise OutOfTimeError
        return ask(request)

    return asked
