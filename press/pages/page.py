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

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from press.pages.book import Book, Form
from press.pages.fences import Example, Fence, examples_of, fences_of
from press.pages.numbers import Number
from press.pages.prose import (
    COMMENT,
    Binding,
    Span,
    bindings_in,
    blank,
    read_prose,
)

__all__ = [
    "COMMENT",
    "Binding",
    "Page",
    "bindings_in",
    "parse_page",
    "read_page",
]

ENTRY = re.compile(r"(?P<name>\w+):")


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
    prose = read_prose(_without_code(text, fences, book), book.forms)
    for it in prose.disguised:
        line = text.count("\n", 0, it.start) + 1
        flaws.append((line, f"a number in disguise: {it.text}"))
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
                lines[i] = blank(lines[i])
    return "".join(lines)
