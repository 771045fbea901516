"""How much of the book is compared, and how much is only said."""

from functools import cache
from typing import NamedTuple

from press.book import BOOK, page_paths
from press.pages.page import Page, read_page


class Counts(NamedTuple):
    """What all pages hold together."""

    outputs: int
    decimals: int
    whole_numbers: int  # outside of marked sentences, as the words are
    words: int
    marked: int  # sentences
    told: int  # numbers that need no binding by their form


@cache
def compared() -> Counts:
    """The sum over all pages; whatever is not so is a flaw of its page."""
    each = [_counts(read_page(path, BOOK)) for path in page_paths()]
    return Counts(*map(sum, zip(*each, strict=True)))


def _counts(page: Page) -> Counts:
    """What one page holds."""
    free = [number for number in page.numbers if not page.is_said(number)]
    decimals = sum(number.is_decimal for number in free)
    words = sum(number.is_word for number in free)
    return Counts(
        len(page.examples),
        decimals,
        len(free) - decimals - words,
        words,
        len(page.said),
        len(page.told),
    )
