"""The prose of a page: its numbers, their bindings, and what is only said.

Code is blank here, and what is blank takes one line, however long it is: an
output that changes changes no words, and they need not be read again.
"""

import ast
import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from press.pages.book import Form
from press.pages.numbers import DISGUISED, NUMBER, Number

BINDING = re.compile(r"<!--=(?P<expression>.*?)-->", re.DOTALL)
BOUND = re.compile(r"[`*_$]*<!--=")  # right behind a number, or its markup
SAID = re.compile(r" ?<!-- said -->")
COMMENT = re.compile(rf"{BINDING.pattern}|{SAID.pattern}", re.DOTALL)

# Where a sentence begins: one on a line, or after another, or in an entry.
SENTENCE = re.compile(
    r"^(?![ \t>]{2,}[a-z`(*])"
    r"|^ *\w+: "
    r"|[.!?]['\")*_]*(?:<!--.*?-->)?\s+(?=\W?[A-Z0-9])",
    re.MULTILINE,
)
# What is not prose: other comments, targets of links, tags, entities.
ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
MARKUP = re.compile(
    r"<!--.*?-->|(?<=\])\([^)\s]*\)|</?[a-zA-Z][^>]*>|&#\d+;"
    r"|\{ ?[#.:][^}\n]*\}",
    re.DOTALL,
)
# Lines that are blank, and what is left of them.
GAP, LEFT = re.compile(r"(?:^ +\n)+", re.MULTILINE), " \n"


class Span(NamedTuple):
    """From where to where something stands in a text."""

    start: int
    end: int

    def holds(self, number: Number) -> bool:
        """Whether a number stands in it."""
        return self.start <= number.start and number.end <= self.end


@dataclass(frozen=True)
class Binding:
    """An expression, and the numbers before it that it may bind."""

    expression: str
    start: int
    numbers: tuple[Number, ...]

    @property
    def is_literal(self) -> bool:
        """Whether it says the number again, where it should compute it."""
        return _is_literal(self.expression)

    def bound(self, count: int) -> tuple[Number, ...]:
        """The last `count` decimals; whole numbers where there is none."""
        decimals = tuple(n for n in self.numbers if n.is_decimal)
        return (decimals or self.numbers)[-count:]


class Prose(NamedTuple):
    """What a page's words hold."""

    bindings: tuple[Binding, ...]
    numbers: tuple[Number, ...]
    told: Mapping[Number, Form]
    said: tuple[Span, ...]
    disguised: tuple[Number, ...]
    """What a reader sees as a number, and no comparison would."""


class _Places(NamedTuple):
    """Where everything stood before the gaps were closed."""

    starts: tuple[int, ...]
    moved: tuple[int, ...]

    def at(self, offset: int) -> int:
        """The offset of what now has this one."""
        return offset + self.moved[bisect_right(self.starts, offset) - 1]

    def back(self, numbers: Iterable[Number]) -> tuple[Number, ...]:
        """The numbers, each where it stood."""
        return tuple(replace(it, start=self.at(it.start)) for it in numbers)


def read_prose(whole: str, forms: tuple[Form, ...]) -> Prose:
    """Read the words of a page, whose code is blanked."""
    starts, moved = [0], [0]
    for gap in GAP.finditer(whole):
        moved.append(moved[-1] + len(gap[0]) - len(LEFT))
        starts.append(gap.end() - moved[-1])
    places = _Places(tuple(starts), tuple(moved))
    return _put_back(GAP.sub(LEFT, whole), forms, places)


@functools.lru_cache(maxsize=4)  # an output changes more often than words
def _put_back(short: str, forms: tuple[Form, ...], places: _Places) -> Prose:
    """What the words hold, each thing where it stood."""
    at, back = places.at, places.back
    prose = _read(short, forms)
    told = zip(back(prose.told), prose.told.values(), strict=True)
    return Prose(
        tuple(
            Binding(it.expression, at(it.start), back(it.numbers))
            for it in prose.bindings
        ),
        back(prose.numbers),
        dict(told),
        tuple(Span(at(it.start), at(it.end)) for it in prose.said),
        back(prose.disguised),
    )


@functools.lru_cache(maxsize=4)
def _read(whole: str, forms: tuple[Form, ...]) -> Prose:
    """Read words that have no long gaps."""
    prose = MARKUP.sub(_markup_blanked, whole)
    bare = BINDING.sub(_blanked, prose)
    found = _numbers(bare)
    told = _told(prose, bare, found, forms)
    numbers = [it for it in found if it not in told]
    return Prose(
        tuple(_bindings(prose, numbers)),
        tuple(numbers),
        told,
        tuple(_said(whole)),
        tuple(_numbers(ANY_COMMENT.sub(_blanked, whole), DISGUISED)),
    )


def _markup_blanked(match: re.Match[str]) -> str:
    """As many spaces, but for a binding."""
    return match[0] if match[0].startswith("<!--=") else blank(match[0])


def blank(text: str) -> str:
    """As many spaces, and the same lines."""
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _blanked(match: re.Match[str]) -> str:
    """The same of what a pattern has matched."""
    return blank(match[0])


def bindings_in(prose: str) -> list[Binding]:
    """Every binding of a text that is prose throughout."""
    return _bindings(prose, _numbers(BINDING.sub(_blanked, prose)))


def _numbers(bare: str, kind: re.Pattern[str] = NUMBER) -> list[Number]:
    """Every number in prose without bindings."""
    return [Number(match[0], match.start()) for match in kind.finditer(bare)]


def _told(
    prose: str, bare: str, numbers: list[Number], forms: tuple[Form, ...]
) -> dict[Number, Form]:
    """The numbers that a form tells; one that a binding follows is bound."""
    told, between = dict[Number, Form](), _between(numbers)
    bound = {match.start() for match in BOUND.finditer(prose)}
    for form in reversed(forms):  # so that the first one wins
        for match in form.pattern.finditer(bare):
            for number in between(*match.span()):
                if number.end not in bound and form.tells(number, match):
                    told[number] = form
    return told


def _between(numbers: list[Number]) -> Callable[[int, int], list[Number]]:
    """What finds those of a text's numbers that stand in a part of it."""
    starts = [number.start for number in numbers]
    ends = [number.end for number in numbers]

    def between(start: int, end: int) -> list[Number]:
        return numbers[bisect_left(starts, start) : bisect_right(ends, end)]

    return between


def _said(whole: str) -> Iterator[Span]:
    """From where to where each mark reaches: back over its one sentence."""
    starts = [0, *(each.end() for each in SENTENCE.finditer(whole))]
    for mark in SAID.finditer(whole):
        end = len(whole[: mark.start()].rstrip(" .!?*_)\"'"))
        yield Span(starts[bisect_right(starts, end) - 1], mark.end())


def _bindings(prose: str, numbers: list[Number]) -> list[Binding]:
    """Every binding, with the numbers between it and the one before."""
    bindings, after, between = list[Binding](), 0, _between(numbers)
    for match in BINDING.finditer(prose):
        claimed = tuple(between(after, match.start()))
        expression = match["expression"].strip()
        bindings.append(Binding(expression, match.start(), claimed))
        after = match.end()
    return bindings


@functools.lru_cache(maxsize=4096)  # of all bindings, for each reading
def _is_literal(expression: str) -> bool:
    """Whether an expression names what it comes to."""
    try:
        ast.literal_eval(expression)
    except (ValueError, SyntaxError):
        return False
    return True
