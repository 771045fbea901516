"""The catalogue on the site leaves out no mistake of the package's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify
from playwright.sync_api import Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from attnbook.checker.cause.habits import _OTHER
from attnbook.checker.cause.mask import _MASKS
from attnbook.checker.cause.products import _DROPPED
from attnbook.checker.cause.rows import _AFTER, _MADE
from attnbook.checker.cause.scale import _SCORED
from attnbook.checker.cause.unmixed import _OTHERS, _SENTENCES
from attnbook.checker.examine import UNTRIED
from attnbook.checker.judge.hidden_row import KIND as HIDDEN_ROW
from attnbook.checker.judge.on_matrix import KIND
from attnbook.checker.judge.served import ORDERS
from attnbook.checker.match.masks import AFTER, IGNORED, NOT_LOW, OTHERWISE
from attnbook.checker.match.remarks import (
    NOT_TURNED,
    SHARED,
    UNCUT,
    UNREGISTERED,
)
from attnbook.checker.mistakes import (
    CATALOGUE,
    Written,
    all_written,
    explained,
)
from attnbook.checker.mistakes.situations import hidden_by, shown_by
from attnbook.checker.steps.extras import HINTS
from attnbook.checker.steps.table import STEPS, step_named
from press.book import DOCS
from press.catalogue import PAGE, with_entries
from press.pages.page import COMMENT
from tests.visiting import visit, without_scripts

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


def names_in_code() -> Iterator[str]:
    """Every name that the checker's code gives to a cause or a caution."""
    for path in sorted((DOCS.parent / "attnbook" / "checker").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and ast.unparse(node.func)
            if called in {"Cause", "Caution", "measured"}:
                first = ast.walk(node.args[0])  # type: ignore[attr-defined]
                yield from (
                    each.value
                    for each in first
                    if isinstance(each, ast.Constant)
                    and isinstance(each.value, str)
                    and re.fullmatch(r"[a-z][a-z_ ]{2,}", each.value)
                )


TABLES = (
    _MADE, (n for n, _, _ in _AFTER), (n for n, *_ in _SCORED if n),
    (n for n, *_ in _MASKS), (n for n, _ in _OTHERS.values()),
    (f"returns_{kind}" for kind in _OTHER), _DROPPED.values(),
    (f"{kind}_returned" for kind in _SENTENCES),
    (n for n, *_ in HINTS.values()), filter(None, ORDERS),
    (UNREGISTERED[0], SHARED[0], UNCUT[0], NOT_TURNED[0]),
    (IGNORED[0], AFTER[0], NOT_LOW[0], OTHERWISE[0]),
    ("cut_graph", "another_gradient", "unnormalised", "divided_by_count"),
    (KIND, HIDDEN_ROW, "transposed", "wrapped", "constant_factor"),
)  # fmt: skip
"""The names that stand in tables, table by table."""
NAMES = sorted(
    {*names_in_code(), *(name for table in TABLES for name in table)}
    - {UNTRIED, "keys"}
)


def test_the_names_are_all_those_that_are_looked_up() -> None:
    assert {"cut_graph", "dropout_in_eval", "half", "mask_flipped"} < {*NAMES}
    assert len(NAMES) > 60


@pytest.mark.parametrize("name", NAMES)
def test_every_cause_and_caution_is_explained_in_the_catalogue(
    name: str,
) -> None:
    for step in STEPS:
        page, _, anchor = explained(step, name).partition("#")
        assert DOCS / f"{page.rstrip('/')}.md" == PAGE
        own = rf"^`{name}` {{ #.*-{name.replace(' ', '_')} }}$"
        assert re.search(own, TEXT, re.MULTILINE)
        assert f"{{ #{anchor} }}\n" in TEXT


def test_a_step_without_a_cause_leads_to_a_heading_of_its_page() -> None:
    for step in STEPS:
        page, _, anchor = explained(step, "of no name").partition("#")
        file = DOCS / f"{page.rstrip('/')}.md"
        if not file.exists():
            file = DOCS / page / "index.md"
        assert anchor in anchors(file), step.name


@pytest.mark.parametrize("entry", [*all_written()], ids=lambda each: each.name)
def test_what_is_beside_the_stages_leads_to_a_chapter_that_exists(
    entry: Written,
) -> None:
    page, _, anchor = entry.page.partition("#")
    file = DOCS / f"{page.rstrip('/')}.md"
    assert anchor in anchors(file if file.exists() else DOCS / page)
    assert f"`{entry.name}` {{ #{entry.anchor} }}\n:   {entry.sentence} " in (
        TEXT
    )


def test_every_entry_says_what_shows_and_hides_it() -> None:
    found = {(each.step, each.name): each for each in CATALOGUE}
    for _, step, entry in entries():
        mistake = found[step, entry["name"]]
        assert entry["shown"] in shown_by(mistake)
        assert (entry["hidden"] or "") == ", ".join(hidden_by(mistake))


def test_the_page_is_what_the_press_writes() -> None:
    is_right = with_entries(TEXT) == TEXT
    assert is_right, "python -m press.catalogue would change the page"


# Each mistake as it is read, with the step above it, and whether it is seen.
MISTAKES = """[...document.querySelectorAll("dl > dt")].map((term) => {
    const said = [term];
    while (said.at(-1).nextElementSibling?.matches("dd")) {
        said.push(said.at(-1).nextElementSibling);
    }
    const fold = term.closest("details");
    const step = fold.previousElementSibling.textContent;
    const text = [step, ...said.map((it) => it.textContent)].join(" ");
    return [text, said.every((it) => it.checkVisibility())];
})"""


def seen_mistakes(page: Page) -> tuple[list[str], list[str]]:
    """The text of the mistakes that are seen, and of those that are not."""
    found: list[tuple[str, bool]] = page.evaluate(MISTAKES)
    seen, hidden = (
        [text.lower() for text, is_seen in found if is_seen is wanted]
        for wanted in (True, False)
    )
    return seen, hidden


def test_words_leave_the_mistakes_that_hold_them_all(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}check/catalogue/") as opened:
        page = opened.page
        field = page.get_by_label("Show the mistakes with")
        status = page.locator(".filter-here [role=status]")
        seen, every = seen_mistakes(page)
        assert seen == []  # they are folded
        expect(status).to_have_text(f"All {len(every)} entries.")
        field.focus()
        page.keyboard.type("head_dim column")
        expect(status).not_to_have_text(re.compile("All"))
        seen, hidden = seen_mistakes(page)
        assert len(seen) + len(hidden) == len(every)
        assert 0 < len(seen) < 20
        expect(status).to_have_text(f"{len(seen)} of {len(every)} entries.")
        for text in seen:
            assert "head" in text
            assert "column" in text
        expect(page.locator("h3#dot")).to_be_hidden()
        folds = page.locator("article > details:has(> dl):visible")
        lists = page.locator("article > details > dl:visible")
        assert 0 < folds.count() == lists.count()
        for fold in folds.all():  # none stands there empty
            expect(fold.locator("dt:visible").first).to_be_visible()
        page.evaluate("location.hash = 'dot-cosine'")
        expect(page.locator("#dot-cosine")).to_be_in_viewport()
        expect(field).to_have_value("")
        field.focus()  # the link has taken it away
        page.keyboard.type("no such words")
        expect(status).to_have_text(f"0 of {len(every)} entries.")
        for _ in range(len("no such words")):
            page.keyboard.press("Backspace")
        expect(status).to_have_text(f"All {len(every)} entries.")
        assert opened.complaints == []


def test_without_javascript_the_catalogue_is_whole(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}check/catalogue/")
    terms = page.locator("dl > dt").count()
    assert terms > len(CATALOGUE)
    page.locator("summary", has_text="known mistakes").last.click()
    expect(page.locator("dl > dt").last).to_be_visible()
    expect(page.locator(".filter-here")).to_be_empty()
