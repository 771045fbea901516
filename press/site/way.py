"""The way through the book: its pages numbered, as the navigation has them.

Chapters count from 0, which holds what one needs before the first. The pages
of chapter 1 are 1.1, 1.2 and so on, and the page that opens it is 1. Where a
page is named, the place for the reader's ticks stands beside the name.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page

COURSE = "Learn"  # the part of the navigation that is read in order

SECTIONED = re.compile(r"^(title:|#) (3\.\d(?:\.\d)?) (?=\S)", re.MULTILINE)
TAGS = re.compile(r"^tags: \[", re.MULTILINE)
PREDICTS = re.compile(r'<details class="question[^>]*>\s*<summary>Predict')


class Place(NamedTuple):
    """Where a page stands in the course, and what it asks of a reader."""

    number: str
    at: int  # from 1
    pages: int
    predicts: int
    exercises: int


def sectioned(markdown: str) -> str:
    r"""A page whose name begins with a section of the book, told apart.

    Examples:
        >>> sectioned("---\ntitle: 3.3.1 One\n---\n# 3.3.1 One\n")
        '---\ntags: ["3.3.1"]\nsection: 3.3.1\ntitle: One\n---\n# One\n'
    """
    found = SECTIONED.search(markdown)
    if not found:
        return markdown
    section = found[2]
    markdown = SECTIONED.sub(r"\1 ", markdown, 2)
    first = f"section: {section}\ntitle:"
    if TAGS.search(markdown):
        markdown = TAGS.sub(f'tags: ["{section}", ', markdown, 1)
    else:
        first = f'tags: ["{section}"]\n{first}'
    return markdown.replace("title:", first, 1)


def chapters(nav: Navigation) -> list[tuple[Section, list[Page]]]:
    """The chapters of the course, each with its pages, in order."""
    course = [it for it in nav.items if it.title == COURSE]
    return [
        (each, [it for it in each.children if isinstance(it, Page)])
        for part in course
        for each in part.children or []
        if isinstance(each, Section)
    ]


def numbered(nav: Navigation) -> Iterator[tuple[str, Page]]:
    """Every page of the course with its number."""
    for i, (_, pages) in enumerate(chapters(nav)):
        opens = bool(pages and pages[0].is_index)
        for j, page in enumerate(pages, start=0 if opens else 1):
            yield f"{i}.{j}" if j else f"{i}", page


def show(nav: Navigation) -> None:
    """Tell chapters and pages their place, for templates to show."""
    course = list(numbered(nav))
    for at, (number, page) in enumerate(course, start=1):
        place = Place(number, at, len(course), *_asks(page.content or ""))
        named = _named(number, str(page.title)) + _ticks(page, place)
        vars(page).update(place=place, typeset={"title": named})
    _show_chapters(nav)


def _asks(html: str) -> tuple[int, int]:
    """How many predictions and exercises a page has."""
    return len(PREDICTS.findall(html)), html.count('class="exercise"')


def _show_chapters(nav: Navigation) -> None:
    """Tell chapters their number, section and the place of their ticks."""
    for i, (chapter, pages) in enumerate(chapters(nav)):
        opening = [page for page in pages if page.is_index]
        named = _named(str(i), chapter.title)
        for page in opening:
            section = page.meta.get("section")
            named += f" <small>section {section}</small>" if section else ""
            named += _ticks(page, vars(page)["place"])
        vars(chapter).update(typeset={"title": named})


def _named(number: str, title: str) -> str:
    """A name in the tree, behind its number."""
    return f'<span class="number">{number}</span> {escape(title)}'


def _ticks(page: Page, place: Place) -> str:
    """Where the reader's ticks of a page come."""
    return (
        f'<span class="ticks" data-page="{page.url}"'
        f' data-name="{escape(f"{place.number} {page.title}")}"'
        f' data-predicts="{place.predicts}"'
        f' data-exercises="{place.exercises}"></span>'
    )
