"""A page, taken apart: its examples, its prose, and what its numbers claim.

A page is Markdown. Three kinds of fence may stand on it, and those to which
its book gives a meaning:

- `pycon`: a Python session, run and compared, all of a page in one namespace
- `source`: names of symbols, replaced by their source
- `console`: commands for the reader to type, each after `$ `

A comment after a number binds it to an expression. In
`0.5<!--= weights[0] -->`, the `0.5` is compared with `weights[0]`; a list of
k values binds the k numbers before the comment. `<!-- said -->` marks a line
whose whole numbers and number words are said, and not computed.
"""

import ast
import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from press.pages.book import Book, Form
from press.pages.fences import Example, Fence, examples_of, fences_of
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
ENTRY = re.compile(r"(?P<name>\w+):")
# What is not prose: other comments, targets of links, tags, entities.
ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
MARKUP = re.compile(
    r"<!--.*?-->|(?<=\])\([^)\s]*\)|</?[a-zA-Z][^>]*>|&#\d+;"
    r"|\{ ?[#.:][^}\n]*\}",
    re.DOTALL,
)


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
        try:
            ast.literal_eval(self.expression)
        except (ValueError, SyntaxError):
            return False
        return True

    def bound(self, count: int) -> tuple[Number, ...]:
        """The last `count` decimals; whole numbers where there is none."""
        decimals = tuple(n for n in self.numbers if n.is_decimal)
        return (decimals or self.numbers)[-count:]


@dataclass(frozen=True)
class Page:
    """A page and all that is checked on it."""

    book: Book = field(repr=False)
    path: Path
    text: str
    fences: tuple[Fence, ...] = field(repr=False)
    examples: tuple[Example, ...] = field(repr=False)
    bindings: tuple[Binding, ...] = field(repr=False)
    numbers: tuple[Number, ...] = field(repr=False)
    told: Mapping[Number, Form] = field(repr=False)  # by which form
    said: tuple[Span, ...] = field(repr=False)  # each a sentence
    flaws: tuple[tuple[int, str], ...] = field(repr=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """All that a run answers, in order."""
        return (
            *(example.source for example in self.examples),
            *(binding.expression for binding in self.bindings),
            *(fence.tag for fence in self.own_fences),
        )

    @property
    def own_fences(self) -> list[Fence]:
        """The fences to which the book gives a meaning."""
        return [each for each in self.fences if each.tag in self.book.kinds]

    def is_said(self, number: Number) -> bool:
        """Whether its sentence is marked; a mark excuses no decimal."""
        marked = any(span.holds(number) for span in self.said)
        return marked and not number.is_decimal

    def line_at(self, offset: int) -> int:
        """The line, from 1, of an offset into the text."""
        return self.text.count("\n", 0, offset) + 1


def read_page(path: Path, book: Book) -> Page:
    """Take the page in a file apart; its path is shown as below the root."""
    inside = path.is_relative_to(book.root)
    shown = path.relative_to(book.root) if inside else path
    return parse_page(shown, path.read_text(encoding="utf-8"), book)


def parse_page(path: Path, text: str, book: Book) -> Page:
    """Take a page apart."""
    flaws: list[tuple[int, str]] = []
    fences = fences_of(text, flaws)
    prose = _read_prose(_without_code(text, fences, book), book.forms)
    flaws += prose.flaws
    return Page(
        book=book,
        path=path,
        text=text,
        fences=tuple(fences),
        examples=tuple(examples_of(fences, book, flaws)),
        bindings=prose.bindings,
        numbers=prose.numbers,
        told=prose.told,
        said=prose.said,
        flaws=tuple(flaws),
    )


class Prose(NamedTuple):
    """What a page's words hold."""

    bindings: tuple[Binding, ...]
    numbers: tuple[Number, ...]
    told: Mapping[Number, Form]
    said: tuple[Span, ...]
    flaws: tuple[tuple[int, str], ...]


@functools.lru_cache(maxsize=4)  # an output changes more often than words
def _read_prose(whole: str, forms: tuple[Form, ...]) -> Prose:
    """Read the words of a page, whose code is blanked."""
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
        tuple(_disguised(ANY_COMMENT.sub(_blanked, whole))),
    )


def _without_code(text: str, fences: list[Fence], book: Book) -> str:
    """The text with all fences but their prose blanked, offsets unchanged."""
    lines = text.splitlines(keepends=True)
    for fence in fences:
        kind = book.kinds.get(fence.tag)
        is_kept, entries = False, kind.prose if kind else ()
        for i in range(fence.line - 1, fence.line + len(fence.lines) + 1):
            if entry := ENTRY.match(lines[i].removeprefix(fence.indent)):
                is_kept = entry["name"] in entries
            if not is_kept or i == fence.line + len(fence.lines):
                lines[i] = _blank(lines[i])
    return "".join(lines)


def _markup_blanked(match: re.Match[str]) -> str:
    """As many spaces, but for a binding."""
    return match[0] if match[0].startswith("<!--=") else _blank(match[0])


def _blank(text: str) -> str:
    """As many spaces, and the same lines."""
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _blanked(match: re.Match[str]) -> str:
    """The same of what a pattern has matched."""
    return _blank(match[0])


def bindings_in(prose: str) -> list[Binding]:
    """Every binding of a text that is prose throughout."""
    return _bindings(prose, _numbers(BINDING.sub(_blanked, prose)))


def _disguised(shown: str) -> Iterator[tuple[int, str]]:
    """Numbers that a reader sees and no comparison would."""
    for match in DISGUISED.finditer(shown):
        line = shown.count("\n", 0, match.start()) + 1
        yield line, f"a number in disguise: {match[0]}"


def _numbers(bare: str) -> list[Number]:
    """Every number in prose without bindings."""
    return [Number(match[0], match.start()) for match in NUMBER.finditer(bare)]


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
