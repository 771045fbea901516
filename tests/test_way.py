"""The way through the course: numbers, ticks, keys, what is kept, cards."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from mkdocs.config import load_config
from playwright.sync_api import Page, ViewportSize, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from press.book import ROOT
from press.recap import cards
from tests.test_quality import SHIFTS
from tests.visiting import (
    DESKTOP,
    PHONE,
    Visit,
    arrive,
    visit,
    without_scripts,
)

pytestmark = pytest.mark.xdist_group("site")

SOFTMAX = "3.3/softmax/"
NOON = dt.datetime(2030, 5, 1, 12, tzinfo=dt.UTC)


def course() -> list[list[str]]:
    """The addresses of the pages of each chapter, as the nav has them."""
    nav = load_config(str(ROOT / "mkdocs.yml"))["nav"]
    (learn,) = [each["Learn"] for each in nav if "Learn" in each]
    return [
        [re.sub(r"(index)?\.md$", "", page).rstrip("/") + "/" for page in it]
        for chapter in learn
        for it in chapter.values()
        if isinstance(it, list)
    ]


def test_every_page_bears_the_number_of_its_place_in_the_navigation(
    site: Path,
) -> None:
    order = [page for chapter in course() for page in chapter]
    for i, chapter in enumerate(course()):
        skipped = 0 if (ROOT / f"docs/{chapter[0]}index.md").is_file() else 1
        for j, address in enumerate(chapter, start=skipped):
            number = f"{i}.{j}" if j else f"{i}"
            html = (site / address / "index.html").read_text("utf-8")
            eyebrow = re.search(r'class="eyebrow">(.*?)</p>', html, re.DOTALL)
            assert eyebrow, address
            words = " ".join(re.sub("<.*?>", "", eyebrow[1]).split())
            at = order.index(address) + 1
            assert words.startswith(f"{number} Page {at} of {len(order)} ")
            tree = html.partition('class="md-nav md-nav--primary')[2]
            assert places(tree)[address].split()[0] == number


def places(html: str) -> dict[str, str]:
    """The names of the pages that a tree has, by address."""
    return dict(re.findall(r'data-page="(.*?)" data-name="(.*?)"', html))


def test_the_first_page_has_the_whole_course_and_each_page_its_chapter(
    site: Path,
) -> None:
    first = (site / "index.html").read_text("utf-8")
    tree = first.partition('<nav class="course"')[2].partition("</nav>")[0]
    order = [page for chapter in course() for page in chapter]
    linked = [it.rstrip("/") for it in re.findall('href="(.*?)"', tree)]
    assert linked == [it.rstrip("/") for it in order]
    assert list(places(tree)) == order
    opening = {chapter[0] for chapter in course()}
    for chapter in course():
        for address in chapter:
            html = (site / address / "index.html").read_text("utf-8")
            beside = html.partition('class="md-nav md-nav--primary')[2]
            beside = beside.partition("md-sidebar--secondary")[0]
            here = f"/{address}"
            links = {
                urljoin(here, it)[1:]
                for it in re.findall('href="([^"#]*)"', beside)
            }
            assert links >= opening | set(chapter), address
            elsewhere = set(order) - opening - set(chapter)
            assert not links & elsewhere, address


def test_a_page_names_its_section_of_the_book_beside_its_own_number(
    site: Path,
) -> None:
    html = (site / SOFTMAX / "index.html").read_text("utf-8")
    assert "The book's section\xa03.3.1" in unescape(html)
    assert re.search(r"<h1[^>]*>Softmax, from scores", html)
    assert "<title>Softmax, from scores to weights - " in html


def own_complaints(opened: Visit) -> list[str]:
    """Without what the theme says of timers that the test's clock holds."""
    return [it for it in opened.complaints if "cancelled action" not in it]


def kept(page: Page) -> Any:
    text = page.evaluate("localStorage.getItem('attnbook way')")
    return json.loads(text or "{}")


def test_ticks_tell_what_is_read_predicted_and_solved(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        page = opened.page
        page.clock.install(time=NOON)
        page.goto(f"{served}{SOFTMAX}")
        here = page.locator(".ticks-of-page")
        expect(here.locator(".tick")).to_have_count(3)
        expect(here.locator(".done")).to_have_count(0)
        page.locator("summary", has_text="Predict").first.click()
        expect(here.locator(".done")).to_have_text("predictedpredicted. ")
        page.locator("footer").scroll_into_view_if_needed()
        expect(here.locator(".done")).to_have_count(1)  # seen in passing
        page.clock.run_for(6000)
        expect(here.locator(".done")).to_have_count(2)
        assert kept(page)["read"].keys() == {SOFTMAX}
        page.evaluate(
            "localStorage.setItem('attnbook solved ' + location.pathname"
            " + ' softmax', '1')"
        )
        page.reload()
        expect(here.locator(".done")).to_have_count(3)
        tree = page.locator(f"a .ticks[data-page='{SOFTMAX}'] .done")
        expect(tree).to_have_count(3)
        assert own_complaints(opened) == []


def test_an_answer_that_is_revealed_counts_as_predicted(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}{SOFTMAX}") as opened:
        page = opened.page
        page.get_by_role("button", name=re.compile("Reveal")).first.click()
        done = page.locator(".ticks-of-page .done")
        expect(done).to_have_text("predictedpredicted. ")


PROGRESS = {
    "read": {"3.3/": 1, "3.3/scores/": 1},
    "answered": {SOFTMAX: [0]},
    "last": "3.3/scores/",
    "cards": {},
}
KEEP = f"""if (!localStorage.getItem("attnbook way"))
    localStorage.setItem("attnbook way", {json.dumps(json.dumps(PROGRESS))})"""


def test_home_leads_back_to_where_the_reader_was(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        page = opened.page
        back = page.locator(".continue")
        expect(page.locator(".one-query button").first).to_be_visible()
        expect(back).to_be_empty()
        page.goto(f"{served}3.3/context/")
        expect(page.locator(".ticks-of-page .tick").first).to_be_visible()
        page.goto(served)
        link = back.get_by_role("link", name="The context vector")
        expect(back).to_contain_text(re.compile(r"0 of \d+ pages read"))
        link.click()
        arrive(page, "3.3/context/")
        assert own_complaints(opened) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_moves_when_ticks_and_the_way_back_come(
    new_context: CreateContextCallback, served: str, size: ViewportSize
) -> None:
    with visit(new_context, f"{served}reference/", size) as opened:
        page = opened.page
        page.add_init_script(KEEP + SHIFTS)
        for address in ("", SOFTMAX, "3.3/scores/", "recap/"):
            page.goto(f"{served}{address}", wait_until="networkidle")
            page.evaluate("document.fonts.ready.then(() => null)")
            expect(page.locator(".tick.done").first).to_be_attached()
            assert page.evaluate("window.shifted") < 0.05, address


def test_keys_turn_pages_and_go_from_cell_to_cell(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}{SOFTMAX}") as opened:
        page = opened.page
        page.wait_for_selector(".live-go")
        names = []
        for key in ("c", "c", "Shift+C"):
            page.keyboard.press(key)
            names.append(page.evaluate("document.activeElement.ariaLabel"))
        assert names == ["Run block 1", "Run block 2", "Run block 1"]
        page.keyboard.press("n")
        arrive(page, "3.3/powers/")
        page.keyboard.press("p")
        arrive(page, SOFTMAX)
        box = page.get_by_role("textbox", name="Search")
        box.click()
        page.keyboard.type("cnp")
        expect(box).to_have_value("cnp")
        assert page.url.endswith(SOFTMAX)


@pytest.fixture
def recap(new_context: CreateContextCallback, served: str) -> Iterator[Page]:
    """The page of the cards, one page read a minute ago."""
    with visit(new_context, served) as opened:
        page = opened.page
        page.clock.install(time=NOON)
        at = NOON.timestamp() * 1000
        read = json.dumps(PROGRESS | {"read": {SOFTMAX: at}})
        page.add_init_script(
            KEEP.replace(json.dumps(json.dumps(PROGRESS)), json.dumps(read))
        )
        page.goto(f"{served}recap/")
        yield page
        assert own_complaints(opened) == []


def days(page: Page, count: float) -> None:
    """Let days pass, and come back."""
    page.clock.fast_forward(int(count * 24 * 60 * 60 * 1000))
    page.reload()


def test_a_card_comes_back_after_a_day_a_week_and_a_month(
    recap: Page,
) -> None:
    told = recap.locator(".recap [role=status]")
    cards = recap.locator(f".card[data-card^='{SOFTMAX} ']").count()
    assert cards == 2
    expect(told).to_contain_text(
        "No card is waiting. The next comes back on Thursday"
    )
    days(recap, 1.01)
    expect(told).to_have_text(f"{cards} cards have come back.")
    for knew in range(cards):
        expect(recap.get_by_role("button", name="I knew it")).to_be_hidden()
        recap.locator(".recap summary").click()
        name = "I knew it" if knew else "Not yet"
        recap.get_by_role("button", name=name).click()
    expect(told).to_contain_text("No card is waiting.")
    days(recap, 1.01)  # the one that was not known
    expect(told).to_have_text("One card has come back.")
    recap.locator(".recap summary").click()
    recap.get_by_role("button", name="I knew it").click()
    days(recap, 5)
    expect(told).to_contain_text("No card is waiting.")
    days(recap, 1.5)
    expect(told).to_have_text("One card has come back.")
    recap.locator(".recap summary").click()
    recap.get_by_role("button", name="I knew it").click()
    days(recap, 29)  # the other has come back meanwhile
    expect(told).to_have_text("One card has come back.")
    days(recap, 2)
    expect(told).to_have_text("2 cards have come back.")
    steps = sorted(it["step"] for it in kept(recap)["cards"].values())
    assert steps == [1, 2]


def test_what_is_kept_can_be_taken_along_and_forgotten(
    recap: Page, tmp_path: Path
) -> None:
    recap.evaluate(
        "localStorage.setItem('attnbook solved ' + __md_scope.pathname"
        " + '3.3/softmax/ softmax', '1')"
    )
    recap.evaluate("localStorage.setItem('another', 'stays')")
    with recap.expect_download() as download:
        recap.get_by_role("button", name="Export").click()
    file = tmp_path / "mine.json"
    download.value.save_as(file)
    items = json.loads(file.read_text(encoding="utf-8"))["items"]
    assert "attnbook solved /3.3/softmax/ softmax" in items
    assert "another" not in items
    before = recap.evaluate("({ ...localStorage })")
    recap.get_by_role("button", name="Reset").click()
    assert recap.evaluate("({ ...localStorage })") == before, "it asks first"
    recap.get_by_role("button", name="Forget everything").click()
    expect(recap.locator(".carry [role=status]")).to_contain_text("Forgotten")
    assert "attnbook way" not in recap.evaluate("Object.keys(localStorage)")
    recap.get_by_label("File to import").set_input_files(file)
    expect(recap.locator(".carry [role=status]")).to_contain_text("Imported")
    assert recap.evaluate("({ ...localStorage })") == before


@pytest.mark.parametrize(
    "text",
    ["no json", "{}", '{"format": "attnbook 1", "items": {"evil": "1"}}'],
)
def test_another_file_changes_nothing(
    recap: Page, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    before = recap.evaluate("({ ...localStorage })")
    recap.get_by_label("File to import").set_input_files(file)
    told = recap.locator(".carry [role=status]")
    expect(told).to_contain_text("Nothing has changed")
    assert recap.evaluate("({ ...localStorage })") == before


def test_without_javascript_nothing_is_promised_and_the_cards_are_there(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}recap/")
    assert page.locator(".card").count() == len(cards())
    for words in ("Keys", "Export", "A browser may clear them"):
        assert not page.get_by_text(words, exact=True).first.is_visible()
    page.goto(f"{served}{SOFTMAX}")
    assert page.locator(".ticks-of-page").inner_text().strip() == ""


def test_a_card_asks_what_its_page_asks_and_no_binding_shows() -> None:
    softmax = [each for each in cards() if each.name == "3.3/softmax"]
    asks = [each.asks for each in softmax]
    assert asks == [
        "add 1000 to every score. What happens to the weights?",
        "what does 0.2379 say?",
    ]
    prediction, number = softmax
    assert "OverflowError" in prediction.answer
    assert number.answer.startswith("*journey* gives 0.2379 of its attention")
    assert all("<!--" not in each.asks + each.answer for each in cards())
    assert len(cards()) > 60
