"""A page, taken apart: its examples, its prose, and what its numbers claim.

A page is Markdown. Three kinds of fence may stand on it, and those to which
its book gives a meaning:

- `pycon`: a Python session, run and compared, all of a page in one namespace
- `source`: names of symbols, replaced by their source
- `console`: commands for the reader to type, each after `$ `

A comment after a number binds it to an expression. In
`0.5<!--= weights[0] -->`, the `0.5` is compared with `weights[0]`; a list of
k values binds the k numbers before the comment.
"""

import doctest
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from press.pages.book import Book

FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
BINDING = re.compile(r"<!--=(?P<expression>.*?)-->", re.DOTALL)
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)

# What is not prose: other comments, targets of links, tags, entities.
MARKUP = re.compile(
    r"<!--.*?-->|(?<=\])\([^)\s]*\)|</?[a-zA-Z][^>]*>|&#\d+;", re.DOTALL
)

WIDTH = 79  # characters in a fence
WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven"),
    *("eight", "nine", "ten", "eleven", "twelve"),
)
NUMBER = re.compile(
    r"(?<![\d.])-?\d+\.\d+(?:e[-+]?\d+)?(?!\d|\.\d)"  # 0.25
    r"|(?<![\w.])-?\.\d+"  # .25
    r"|(?<![\w.])-?\d+(?:e[-+]?\d+)?(?!\w|\.\d)"  # 25
    rf"|\b(?:{'|'.join(WORDS)})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fence:
    """A fenced block: its tag, its lines, and where they stand."""

    tag: str
    lines: tuple[str, ...]
    line: int  # of the opening fence, from 1
    indent: str


@dataclass(frozen=True)
class Example:
    """One `>>>` example: its source and the output that the page shows."""

    source: str
    shown: str
    line: int  # of the first prompt
    indent: str

    @property
    def shown_line(self) -> int:
        """The line on which the shown output begins."""
        return self.line + self.source.count("\n")


@dataclass(frozen=True)
class Number:
    """A number written in prose."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the text goes on."""
        return self.start + len(self.text)

    @property
    def is_decimal(self) -> bool:
        """Whether it has to be bound: it has a point or an exponent."""
        return bool(re.search(r"\.|\de", self.text))


@dataclass(frozen=True)
class Binding:
    """An expression, and the numbers before it that it may bind."""

    expression: str
    start: int
    numbers: tuple[Number, ...]

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
    fences = _fences(text, flaws)
    prose = _prose(text, fences, book)
    numbers = _numbers(prose, book.references)
    return Page(
        book=book,
        path=path,
        text=text,
        fences=tuple(fences),
        examples=tuple(_checked(fences, book, flaws)),
        bindings=tuple(_bindings(prose, numbers)),
        numbers=tuple(numbers),
        flaws=tuple(flaws),
    )


def _fences(text: str, flaws: list[tuple[int, str]]) -> list[Fence]:
    """All fenced blocks, nested in lists and admonitions or not."""
    fences: list[Fence] = []
    opening: re.Match[str] | None = None
    opened, body = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        match = FENCE.match(line)
        if opening is None:
            if match:
                opening, opened, body = match, number, []
        elif match and _closes(match, opening):
            tag = opening["info"].strip()
            fences.append(Fence(tag, tuple(body), opened, opening["indent"]))
            opening = None
        else:
            body.append(line.removeprefix(opening["indent"]))
    if opening is not None:
        flaws.append((opened, "a fence is opened and not closed"))
    return fences


def _closes(line: re.Match[str], opening: re.Match[str]) -> bool:
    """Whether a line closes a fence: as many ticks or more, and no words."""
    return (
        line["ticks"].startswith(opening["ticks"]) and not line["info"].strip()
    )


def _checked(
    fences: list[Fence], book: Book, flaws: list[tuple[int, str]]
) -> list[Example]:
    """The examples of all sessions; what cannot stand in a fence."""
    examples: list[Example] = []
    for fence in fences:
        kind = book.kinds.get(fence.tag)
        if fence.tag == "pycon":
            examples += _examples(fence, flaws)
        elif kind is None:
            _check_fence(fence, book.package, flaws)
        if kind is None or not kind.is_prose:
            _check_width(fence, flaws)
    return examples


def _examples(fence: Fence, flaws: list[tuple[int, str]]) -> list[Example]:
    """The examples of a session; whatever is neither input nor output."""
    content = "".join(f"{line}\n" for line in fence.lines)
    try:
        parts = doctest.DocTestParser().parse(content)
    except ValueError as error:
        flaws.append((fence.line, f"not a session: {error}"))
        return []
    found = [part for part in parts if isinstance(part, doctest.Example)]
    _check_session(fence, parts, flaws)
    return [
        Example(it.source, it.want, fence.line + 1 + it.lineno, fence.indent)
        for it in found
    ]


def _check_session(
    fence: Fence,
    parts: Sequence[doctest.Example | str],
    flaws: list[tuple[int, str]],
) -> None:
    """Refuse what is not compared, and a session that holds nothing."""
    examples = [part for part in parts if isinstance(part, doctest.Example)]
    for example in examples:
        if example.options or "doctest:" in example.source:
            line = fence.line + 1 + example.lineno
            flaws.append((line, "a doctest option on a page"))
    flaws.extend(
        (fence.line, f"text after a blank line: {part!r}")
        for part in parts
        if isinstance(part, str) and part.strip()
    )
    if not examples:
        flaws.append((fence.line, "a session without an example"))


def _check_fence(
    fence: Fence, package: str, flaws: list[tuple[int, str]]
) -> None:
    """Refuse a fence that shows what nothing would run or check."""
    starts = {"source": f"{package}.", "console": "$ "}
    if fence.tag not in starts:
        flaws.append((fence.line, f"a fence that nothing runs: {fence.tag!r}"))
        return
    filled = [line for line in fence.lines if line.strip()]
    start = starts[fence.tag]
    wrong = [line for line in filled if not line.startswith(start)]
    if wrong or not filled:
        shown = wrong[0] if wrong else "nothing"
        flaws.append((fence.line, f"{fence.tag} cannot hold {shown!r}"))


def _check_width(fence: Fence, flaws: list[tuple[int, str]]) -> None:
    """Refuse a line that a reader would have to scroll for."""
    for i, line in enumerate(fence.lines, start=1):
        if len(line) > WIDTH:
            message = f"{len(line)} characters, where {WIDTH} fit the page"
            flaws.append((fence.line + i, message))


def _prose(text: str, fences: list[Fence], book: Book) -> str:
    """The text with all that is not prose blanked out, offsets unchanged."""
    lines = text.splitlines(keepends=True)
    for fence in fences:
        kind = book.kinds.get(fence.tag)
        if kind is None or not kind.is_prose:
            last = fence.line + len(fence.lines) + 1
            for i in range(fence.line - 1, last):
                lines[i] = _blank(lines[i])
    prose = "".join(lines)

    def blank(match: re.Match[str]) -> str:
        kept = match[0].startswith("<!--=")
        return match[0] if kept else _blank(match[0])

    return MARKUP.sub(blank, prose)


def _blank(text: str) -> str:
    """As many spaces, and the same lines."""
    return re.sub(r"[^\n]", " ", text)


def bindings_in(prose: str) -> list[Binding]:
    """Every binding of a text that is prose throughout."""
    return _bindings(prose, _numbers(prose))


def _numbers(
    prose: str, references: re.Pattern[str] | None = None
) -> list[Number]:
    """Every number in prose that is not a reference or in a binding."""

    def blank(match: re.Match[str]) -> str:
        return _blank(match[0])

    bare = BINDING.sub(blank, prose)
    if references:
        bare = references.sub(blank, bare)
    return [Number(match[0], match.start()) for match in NUMBER.finditer(bare)]


def _bindings(prose: str, numbers: list[Number]) -> list[Binding]:
    """Every binding, with the numbers between it and the one before."""
    bindings, after = [], 0
    for match in BINDING.finditer(prose):
        between = tuple(
            n for n in numbers if after <= n.start and n.end <= match.start()
        )
        expression = match["expression"].strip()
        bindings.append(Binding(expression, match.start(), between))
        after = match.end()
    return bindings
