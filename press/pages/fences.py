"""The fences of a page, and the examples of its sessions."""

import doctest
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from press.pages.book import Book
from press.pages.numbers import NUMBER

FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
COMMENTED = re.compile(r"(?:^|\s)#\s.*")  # in code

WIDTH = 79  # characters in a fence


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


def fences_of(text: str, flaws: list[tuple[int, str]]) -> list[Fence]:
    """All fenced blocks, nested in lists and admonitions or not."""
    fences: list[Fence] = []
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        if opening := FENCE.match(line):
            tag, indent = opening["info"].strip(), opening["indent"]
            body = _until_closed((line for _, line in lines), opening)
            if body is None:
                flaws.append((number, "a fence is opened and not closed"))
            else:
                fences.append(Fence(tag, body, number, indent))
    return fences


def _until_closed(
    lines: Iterable[str], opening: re.Match[str]
) -> tuple[str, ...] | None:
    """The lines between a fence's opening and its end, if it has one."""
    body = list[str]()
    for line in lines:
        match = FENCE.match(line)
        if match and _closes(match, opening):
            return tuple(body)
        body.append(line.removeprefix(opening["indent"]))
    return None


def _closes(line: re.Match[str], opening: re.Match[str]) -> bool:
    """Whether a line closes a fence: as many ticks or more, and no words."""
    return (
        line["ticks"].startswith(opening["ticks"]) and not line["info"].strip()
    )


def examples_of(
    fences: list[Fence], book: Book, flaws: list[tuple[int, str]]
) -> list[Example]:
    """The examples of all sessions; what cannot stand in a fence."""
    examples: list[Example] = []
    for fence in fences:
        kind = book.kinds.get(fence.tag)
        if fence.tag == "pycon":
            found, wrong = _read_session(fence)
            examples += found
            flaws += wrong
        elif kind is None:
            _check_fence(fence, book.package, flaws)
        if kind is None or not kind.prose:
            _check_width(fence, flaws)
    return examples


@lru_cache(maxsize=256)  # one changes, and all others of a page stay
def _read_session(
    fence: Fence,
) -> tuple[tuple[Example, ...], tuple[tuple[int, str], ...]]:
    """The examples of a session, and what cannot stand in it."""
    flaws = list[tuple[int, str]]()
    return tuple(_examples(fence, flaws)), tuple(flaws)


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
        _check_comments(example, fence.line + 1 + example.lineno, flaws)
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


def _check_comments(
    example: doctest.Example, first: int, flaws: list[tuple[int, str]]
) -> None:
    """Refuse a number in a comment, where nothing could compare it."""
    for i, line in enumerate(example.source.splitlines()):
        comment = COMMENTED.search(line)
        if comment and (number := NUMBER.search(comment[0])):
            flaws.append((first + i, f"{number[0]} in a comment"))


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
