"""A number can be asked where it comes from, and nothing else changes."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from attnbook.sentence import inputs
from attnbook.simple import attention_weights
from press.book import BOOK, DOCS
from press.pages.asked import HEAD, marks_of
from press.pages.kept import results
from press.pages.numbers import Number
from press.pages.page import ENTRY, read_page
from press.pages.page import Page as Source
from press.pages.proof import bound_numbers
from press.site.stage import RUNS
from tests.test_site import links_of
from tests.visiting import (
    PHONE,
    Visit,
    addresses,
    arrive,
    visit,
    without_scripts,
)


def test_every_number_of_the_site_has_its_origin_and_every_link_an_anchor(
    site: Path,
) -> None:
    offered = dict[Path, set[str]]()
    count = 0
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        asked = set(re.findall(r"data-asked=[\"'](\w+)", html))
        if not asked:
            continue
        beside = path.with_name("numbers.json").read_text(encoding="utf-8")
        told = json.loads(beside)
        assert asked <= told["numbers"].keys(), path
        count += len(asked)
        for _, _, functions, _, _ in told["numbers"].values():
            for name, address in functions:
                if not address:  # of the command and the checker's parts
                    inner = "/check" in path.as_posix() or name == "main"
                    assert inner, (path, name)
                    continue
                page, _, anchor = address.partition("#")
                file = site / page / "index.html"
                if file not in offered:
                    offered[file] = links_of(file).anchors
                assert anchor in offered[file], (path, name)
    assert count > 300


# Where a number is not asked: nobody sees the description of a page, nor what
# is heard in a picture's place; and what a picture draws is no text.
UNSEEN = {"description", "alt", "title", "titles"}


def test_every_bound_number_that_is_read_can_be_asked() -> None:
    """In prose, tables, headings, titles of boxes and captions."""
    asked, left = 0, Counter[str]()
    for path, result in results(
        sorted(DOCS.rglob("*.md")), BOOK, RUNS
    ).items():
        page = read_page(path, BOOK)
        values = result.run.values
        marks = marks_of(page.text, page.bindings, values)
        for binding, those in zip(page.bindings, values, strict=True):
            assert not isinstance(those, str)
            for number, _ in bound_numbers(binding, those):
                assert number is not None
                entry = entry_of(page, number)
                if entry in UNSEEN:
                    left[entry] += 1
                else:
                    place = page.path, page.line_at(number.start)
                    assert any(a <= number.start < b for a, b in marks), place
                    asked += 1
    assert left.keys() == UNSEEN
    assert asked > 3 * left["alt"], "alt texts repeat what can be asked"
    assert asked > 50 * (left.total() - left["alt"])


def entry_of(page: Source, number: Number) -> str:
    """The entry of a figure, or of the head, that a number stands in."""
    at = page.line_at(number.start)
    head = HEAD.match(page.text)
    if head and number.start < head.end():
        return "description"
    for fence in page.own_fences:
        lines = fence.lines[: max(0, at - fence.line)]
        if fence.line < at <= fence.line + len(fence.lines):
            named = [it for it in map(ENTRY.match, lines) if it]
            return named[-1]["name"]
    return ""


# Numbers in an output that are no result: sections of the book, and parts of
# names.
NO_RESULT = re.compile(r"\d\.\d\.\d|\w*[a-z_]\w*", re.IGNORECASE)
LEFT_IN_OUTPUTS = """async (addresses) => {
    const { markOutputs } = await import(
        new URL("javascripts/asked-outputs.js", __md_scope).href);
    const found = {};
    for (const address of addresses) {
        const reply = await fetch(new URL(address, __md_scope));
        const page = new DOMParser().parseFromString(
            await reply.text(), "text/html");
        markOutputs(page);
        const lines = [...page.querySelectorAll(
            ".md-content .language-pycon:is(.live, .local) code > span[id]",
        )].filter((it) =>
                !it.closest(".card, .sheet")
                && !it.querySelector(":scope > .gp"));
        const numbers = lines.flatMap((it) =>
            [...it.querySelectorAll("data")]);
        const keys = numbers.map((it) => it.dataset.asked);
        numbers.forEach((it) => it.remove());
        found[address] = [lines.map((it) => it.textContent).join(" "), keys];
    }
    return found;
}"""


def test_every_number_that_an_example_prints_can_be_asked(
    opened: Visit, site: Path
) -> None:
    count = 0
    found = opened.page.evaluate(LEFT_IN_OUTPUTS, addresses(site))
    for address, (left, keys) in found.items():
        assert not re.search(r"\d", NO_RESULT.sub("", left)), address
        if keys:
            beside = (site / address / "numbers.json").read_text("utf-8")
            assert {*keys} <= json.loads(beside)["numbers"].keys(), address
            count += len(keys)
    assert count > 2500


def test_search_does_not_find_expressions(site: Path) -> None:
    path = site / "search" / "search_index.json"
    docs = json.loads(path.read_text(encoding="utf-8"))["docs"]
    (text,) = [
        it["text"] for it in docs if "third-largest weight" in it["text"]
    ]
    assert "0.1581" in text
    assert "attn_weights[5]" not in text
    assert "0.15811" not in text


@pytest.fixture
def opened(new_context: CreateContextCallback, served: str) -> Iterator[Visit]:
    with visit(new_context, f"{served}3.3/context/") as opened:
        opened.page.wait_for_selector(".can-ask")
        yield opened


def number(page: Page, text: str) -> Locator:
    return page.locator("data:not(pre data)", has_text=text).first


def test_a_number_answers_the_mouse_and_the_panel_can_be_entered(
    opened: Visit,
) -> None:
    page = opened.page
    panel = page.locator(".asked")
    asked = number(page, "0.1581")
    asked.hover()  # scrolls there, and what comes into sight moves it
    page.mouse.move(1, 1)
    asked.hover()
    expect(panel).to_contain_text("attn_weights[5] gives 0.158113612459")
    expect(panel).to_contain_text("attention_weights(inputs[1], inputs)")
    panel.hover()
    link = panel.get_by_role("link", name="attention_weights")
    link.click()
    page.wait_for_url("**/reference/simple/#attnbook.simple.attention_weights")
    arrive(page, "reference/simple/")
    assert opened.complaints == []


def test_a_sum_is_spelled_out_and_the_book_s_number_stands_beside_it(
    opened: Visit, served: str
) -> None:
    page = opened.page
    page.goto(f"{served}3.4/one-query/")
    page.wait_for_selector(".can-ask")
    asked = number(page, "0.3061")
    asked.hover()  # scrolls there; what comes into sight moves it
    page.evaluate("document.fonts.ready.then(() => null)")
    asked.click()
    panel = page.locator(".asked")
    expect(panel).to_contain_text(re.compile(r"multiplied: .+ × .+ \+ "))
    expect(panel).to_contain_text("The book prints 0.3061 in section 3.4.1")
    spelled = panel.locator(".asked-sum").inner_text().partition(": ")[2]
    terms = [
        [float(it.strip("()")) for it in term.split(" × ")]
        for term in spelled.split(" + ")
    ]
    assert sum(a * b for a, b in terms) == pytest.approx(0.3061, abs=5e-4)
    panel.get_by_role("link", name="the ledger").click()
    arrive(page, "ledger/")
    assert opened.complaints == []


def test_a_number_lights_the_cells_it_comes_from(
    opened: Visit, served: str
) -> None:
    page = opened.page
    page.goto(f"{served}before/product/")
    page.wait_for_selector(".can-ask")
    page.locator("svg [data-place='[1][0]']").click()
    expect(page.locator(".asked-sum")).to_contain_text("4 × 1 + 5 × 2 + 6 × 0")
    lit = page.locator("rect.asked-lit + [data-place='[1][0]']")
    expect(lit).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".asked-lit")).to_have_count(0)


def test_an_output_tells_which_example_printed_it(opened: Visit) -> None:
    page = opened.page
    page.locator("pre data", has_text="0.0079").click()
    panel = page.locator(".asked")
    expect(panel).to_contain_text("for token, part in zip(tokens, parts):")
    part = attention_weights(inputs[1], inputs)[5] * inputs[5][0]
    assert f"{part:.4f}" == "0.0079"
    rounded = f"printed 0.0079, rounded from {str(part)[:14]}"
    expect(panel).to_contain_text(rounded)
    expect(panel).to_contain_text("parts = [weight * x[0]")


def test_numbers_are_one_stop_of_the_tab_key_and_a_steps_through_them(
    opened: Visit,
) -> None:
    page = opened.page
    assert page.locator("data[tabindex]").count() == 1
    page.keyboard.press("a")
    expect(page.locator(".asked")).to_be_visible()
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("a")
    second = page.evaluate("document.activeElement.textContent")
    assert first != second
    page.keyboard.press("Shift+A")
    assert page.evaluate("document.activeElement.textContent") == first
    assert page.locator("data[tabindex]").count() == 1
    page.keyboard.press("Tab")
    expect(page.locator(".asked a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".asked")).to_have_count(0)


def test_the_key_types_where_a_reader_types(opened: Visit) -> None:
    page = opened.page
    page.get_by_role("textbox", name="Search").click()
    page.keyboard.type("a mask")
    expect(page.get_by_role("textbox", name="Search")).to_have_value("a mask")
    assert page.locator(".asked").count() == 0


def test_a_cell_of_a_picture_answers_a_tap_and_stays_on_the_page(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/all-tokens/", PHONE) as opened:
        page = opened.page
        page.wait_for_selector(".can-ask")
        page.locator("svg [data-place='[1][2]']").first.click()
        panel = page.locator(".asked")
        expect(panel).to_contain_text("attention.attn_weights[1][2] gives 0.2")
        box = panel.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        page.locator("h1").click()
        expect(panel).to_have_count(0)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_panel_keeps_within_the_window_and_clear_of_its_number(
    opened: Visit, share: float
) -> None:
    page, high = opened.page, 560
    page.set_viewport_size({"width": 1024, "height": high})
    mix = page.locator(".query-cells .strong[data-asked]").first
    mix.evaluate(
        """(it, at) => scrollTo(0, scrollY - at
            + it.getBoundingClientRect().top)""",
        share * high,
    )
    mix.click()
    panel = page.locator(".asked")
    expect(panel).to_contain_text("multiplied: ")
    box, number = panel.bounding_box(), mix.bounding_box()
    assert box is not None
    assert number is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= high
    is_above = box["y"] + box["height"] <= number["y"]
    assert is_above or box["y"] >= number["y"] + number["height"]


def test_what_is_selected_is_the_text_and_without_javascript_nothing_more(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}3.3/context/")
    expect(page.locator("p", has_text="third-largest")).to_contain_text(
        "third-largest weight, 0.1581, and yet adds only 0.0079:"
    )
    style = page.locator("data").first.evaluate(
        "it => getComputedStyle(it).textDecorationLine"
    )
    assert style == "none"
