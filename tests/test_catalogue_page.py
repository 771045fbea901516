"""The catalogue on the site leaves out no mistake of the package's."""

import re
from collections.abc import Iterator

from attnbook.checker.mistakes import CATALOGUE
from attnbook.checker.mistakes.situations import hidden_by, shown_by
from attnbook.checker.steps.table import step_named
from press.catalogue import PAGE, with_entries

TEXT = PAGE.read_text(encoding="utf-8")
LINE = re.compile(
    r"^## (?P<chapter>.*)$"
    r"|^### `(?P<step>\w+)`$"
    r"|^`(?P<name>\w+)`\n:   (?P<sentence>.*)\n"
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


def test_every_entry_says_what_shows_and_hides_it() -> None:
    found = {(each.step, each.name): each for each in CATALOGUE}
    for _, step, entry in entries():
        mistake = found[step, entry["name"]]
        assert entry["shown"] in shown_by(mistake)
        assert (entry["hidden"] or "") == ", ".join(hidden_by(mistake))


def test_the_page_is_what_the_press_writes() -> None:
    is_right = with_entries(TEXT) == TEXT
    assert is_right, "python -m press.catalogue would change the page"
