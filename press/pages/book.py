"""What a book hands to the press: where it stands, and what is its own.

The press runs and proofreads any book. What only one book knows, its package,
its forms of speech, and fences with a meaning of their own, is said here.
"""

import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from press.pages.numbers import Number, last_count, value_of


class Drawn(NamedTuple):
    """The Markdown in place of a fence, and what it shows the values of."""

    lines: list[str]
    asked: list[str]  # expressions, whose entries are marked by their keys


@dataclass(frozen=True)
class Kind:
    """A fence with a meaning that its book gives it.

    `shown` is the name of a function, as in `press.figures.draw:lines`; it
    takes the lines of the fence and the namespace of the page, and returns
    the Markdown that stands in its place, or this as `Drawn`. It raises a
    `ValueError` where there is nothing to show. It is imported when a page
    has such a fence, so that no other page depends on it.
    """

    shown: str
    prose: tuple[str, ...] = ()  # its entries in which numbers are bound

    def drawn(self, lines: Sequence[str], namespace: dict[str, Any]) -> Drawn:
        """What stands in place of such a fence."""
        shown = pkgutil.resolve_name(self.shown)(lines, namespace)
        return shown if isinstance(shown, Drawn) else Drawn(shown, [])


@dataclass(frozen=True)
class Form:
    """A form by which a number is told to need no binding, and why.

    Its numbers are those within the pattern. Where the form counts, it tells
    the last of them that is a count, if this is how many there are.
    """

    reason: str
    pattern: re.Pattern[str]
    decimals: bool = False  # whether it tells these, too
    count: Callable[[re.Match[str]], int] | None = None

    def tells(self, number: Number, match: re.Match[str]) -> bool:
        """Whether it tells a number within what it has matched."""
        if number.is_decimal and not self.decimals:
            return False
        if not self.count:
            return True
        is_last = number == last_count(match)
        return is_last and value_of(number.text) == self.count(match)


@dataclass(frozen=True)
class Book:
    """A book, as far as its pages have to know it."""

    root: Path  # problems name pages by their path from here
    package: str  # whose source is listed
    forms: tuple[Form, ...] = ()  # of numbers that need no binding
    written: Mapping[str, str] = field(default_factory=dict)  # pages, by what
    agreed: str = ""  # a function: what else the book knows of a value
    known: str = ""  # a module whose names every binding can use
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    present: frozenset[str] = frozenset()  # what can be imported in the page
    absent: tuple[str, ...] = ()  # but not these parts of it
    local: str = "This session runs on your own machine."
