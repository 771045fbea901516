"""Cards to come back to, made of the questions and numbers of the pages.

A prediction asks what its page asks; its hints and what the next session
prints answer it. A number asks what it means; the words that lead to it do.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from press.book import BOOK, DOCS
from press.course import block, moved, title_of
from press.pages.page import COMMENT, Page, read_page
from press.solutions import in_order

PREDICT = re.compile(r'^\?\?\? question( uncovered)? "Predict: (.*)"')
SESSION = re.compile(r"^```pycon\n.*?^```$", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"^\$\$\n.*?^\$\$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(
    r"^## [^\n]*#one-number-[^\n]*\n(.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"(?<![\d.])(-?\d+\.\d+)`?<!--=")
OF_THE_BOOK = re.compile(r"^3\.\d(\.\d)? ")


class Card(NamedTuple):
    """What is asked, and what answers it, as Markdown."""

    name: str  # of the page, as in 3.3/softmax
    title: str
    asks: str
    answer: str


def cards() -> list[Card]:
    """The cards of all pages, in their order."""
    pages = [read_page(path, BOOK) for path in in_order() if path.is_file()]
    return [card for page in pages for card in _of_page(page)]


def card_lines(
    _: Sequence[str] = (), __: dict[str, Any] | None = None
) -> list[str]:
    """Every card, folded, under a key that tells its page and its place."""
    lines, counts = list[str](), dict[str, int]()
    for card in cards():
        counts[card.name] = counts.get(card.name, 0) + 1
        lines += _folded(card, counts[card.name])
    return lines


def _of_page(page: Page) -> Iterator[Card]:
    """The cards of one page."""
    name = page.path.relative_to(DOCS.name).with_suffix("").as_posix()
    title = OF_THE_BOOK.sub("", title_of(page))
    lines = page.text.splitlines()
    for i, line in enumerate(lines):
        if found := PREDICT.match(COMMENT.sub("", line)):
            answer = block(lines, i)
            if not found[1]:
                answer += f"\n\n{_printed(lines[i + 1 :])}"
            yield Card(name, title, found[2], _bare(answer, page))
    for number, words in _numbers(page.text):
        asks = f"what does {number} say?"
        yield Card(name, title, asks, _bare(words, page))


def _bare(text: str, page: Page) -> str:
    """A text of a page as it stands on the page of the cards."""
    name = page.path.relative_to(DOCS.name).as_posix()
    return moved(text, name, ".").strip()


def _printed(lines: Sequence[str]) -> str:
    """The first session that prints something."""
    for session in SESSION.findall("\n".join(lines)):
        inside = session.splitlines()[1:-1]
        if any(it and not it.startswith((">>>", "...")) for it in inside):
            return str(session)
    return ""


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """The number that a page gives a meaning, and the words that do."""
    section = SECTION.search(text)
    number = NUMBER.search(section[1]) if section else None
    if section and number:
        ends = section[1].find("\n\n", number.end())
        words, rest = section[1][:ends], section[1][ends:].lstrip()
        shown = SESSION.match(rest) or FORMULA.match(rest)
        if shown and COMMENT.sub("", words).rstrip().endswith(":"):
            words += f"\n\n{shown[0]}"
        yield number[1], words


def _asked(card: Card) -> str:
    """Which page asks, and what.

    Examples:
        >>> _asked(Card("3.3/powers", "Why powers of e?", "add 1.", ""))
        'Why powers of e? Add 1.'
    """
    if card.title.endswith("?"):
        return f"{card.title} {card.asks[0].upper()}{card.asks[1:]}"
    return f"{card.title}: {card.asks}"


def _folded(card: Card, at: int) -> Iterator[str]:
    """One card: the question, and below it the answer and the way there."""
    address = f"{card.name}/".replace("index/", "")
    yield f'<section class="card" data-card="{address} {at}" markdown>'
    yield from ("", f'??? question "{_asked(card)}"', "")
    answer = f"{card.answer}\n\n[{card.title}]({card.name}.md)"
    yield from (f"    {it}".rstrip() for it in answer.splitlines())
    yield from ("", "</section>", "")
