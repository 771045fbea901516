"""The catalogue on the site leaves out no mistake of the package's."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown.extensions.toc import slugify

from attnbook.checker.mistakes import CATALOGUE, explained
from attnbook.checker.mistakes.situations import hidden_by, shown_by
from attnbook.checker.steps.table import STEPS, step_named
from press.book import DOCS
from press.catalogue import PAGE, with_entries
from press.pages.page import COMMENT

HEADING = re.compile(r"^#+ (.*?)(?: \{ #([\w-]+) \})?$", re.MULTILINE)
FENCE = re.MULTILINE | re.DOTALL
TEXT = PAGE.read_text(encoding="utf-8")
LINE = re.compile(
    r"^## (?P<chapter>.*)$"
    r"|^### `(?P<step>\w+)`$"
    r"|^`(?P<name>\w+)` \{ #(?P<anchor>[\w-]+) \}\n"
    r":   (?P<sentence>.*) \[What is right\]\(\.\./(?P<link>.*)\)\n"
    r":   Shown by (?P<shown>[^;.]+)(?:; hidden by (?P<hidden>.*))?\.$",
    re.MULTILINE,
)


def entries() -> Iterator[tuple[str, str, re.Match[str]]]:
    """Each entry of the page with its chapter and its step."""
    chapter = step = ""
    for match in LINE.finditer(TEXT):
        chapter, step = match["chapter"] or chapter, match["step"] or step
        if match["name"]:
            yield chapter, step, match


def test_every_mistake_stands_once_below_its_step_with_its_sentence() -> None:
    expected = [(each.step, each.name, each.sentence) for each in CATALOGUE]
    shown = [
        (step, entry["name"], entry["sentence"])
        for _, step, entry in entries()
    ]
    assert sorted(shown) == sorted(expected)


def test_every_step_stands_in_its_section() -> None:
    for chapter, step, _ in entries():
        assert step_named(step).where.startswith(chapter.lower())


def anchors(page: Path) -> set[str]:
    """What a page can be linked to, as MkDocs makes it from headings."""
    text = COMMENT.sub("", page.read_text("utf-8"))
    text = re.sub(r"^```.*?^```", "", text, flags=FENCE)
    headings = re.findall(
        r"^#+ (.*?)(?: \{ #([\w-]+) \})?$", text, re.MULTILINE
    )
    return {own or slugify(title, "-") for title, own in headings}


def test_every_entry_has_an_anchor_of_its_own() -> None:
    found = [entry["anchor"] for _, _, entry in entries()]
    assert sorted(found) == sorted(each.anchor for each in CATALOGUE)
    assert len({*found}) == len(found)


def test_where_a_mistake_is_explained_fits_one_line_of_a_report() -> None:
    for mistake in CATALOGUE:
        assert len(explained(step_named(mistake.step), mistake.name)) <= 76


def test_every_entry_leads_to_a_chapter_that_exists() -> None:
    for _, _, entry in entries():
        page, _, anchor = entry["link"].partition("#")
        assert anchor in anchors(DOCS / page), entry["link"]


def test_a_cause_is_explained_on_a_page_that_names_it() -> None:
    for mistake in CATALOGUE:
        found = explained(step_named(mistake.step), mistake.name)
        page, _, anchor = found.partition("#")
        assert DOCS / f"{page.rstrip('/')}.md" == PAGE
        assert f"`{mistake.name}` {{ #{anchor} }}\n:   {mistake.sentence}" in (
            TEXT
        )


def test_a_cause_outside_the_catalogue_leads_to_a_heading_or_its_step() -> (
    None
):
    for name in ("nan_rows", "nan_everywhere", "other_order"):
        page, _, anchor = explained(STEPS[-1], name).partition("#")
        assert anchor in anchors(DOCS / f"{page.rstrip('/')}.md")
    assert explained(STEPS[0], "miscounts") == STEPS[0].page


def test_every_entry_says_what_shows_and_hides_it() -> None:
    found = {(each.step, each.name): each for each in CATALOGUE}
    for _, step, entry in entries():
        mistake = found[step, entry["name"]]
        assert entry["shown"] in shown_by(mistake)
        assert (entry["hidden"] or "") == ", ".join(hidden_by(mistake))


def test_the_page_is_what_the_press_writes() -> None:
    is_right = with_entries(TEXT) == TEXT
    assert is_right, "python -m press.catalogue would change the page"
