"""One query, step by step: the still, the film, and every token that asks."""

import json
from collections.abc import Iterator
from math import exp, inf
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from press.figures.draw import figure_lines
from tests.visiting import PHONE, Visit, visit, without_scripts

ROWS = [[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]
SPEC = (
    "kind: one-query",
    "tokens: tokens",
    "queries: rows",
    "keys: rows",
    "values: rows",
    "asks: 1",
    "score: scored(query)",
    "weigh: shared(attn_scores)",
    "mix: mixed(attn_weights)",
    'formula: "z = {3:x_j}"',
    "alt: words",
    "caption: words",
)


def scored(query: list[float]) -> list[float]:
    return [
        sum(q * k for q, k in zip(query, row, strict=True)) for row in ROWS
    ]


def shared(scores: list[float]) -> list[float]:
    exps = [exp(score) for score in scores]
    return [each / sum(exps) for each in exps]


def mixed(weights: list[float]) -> list[float]:
    return [
        sum(w * row[e] for w, row in zip(weights, ROWS, strict=True))
        for e in range(2)
    ]


NAMES: dict[str, Any] = {
    "tokens": ["a", "b", "c"],
    "rows": ROWS,
    "scored": scored,
    "shared": shared,
    "mixed": mixed,
    "inf": inf,
}


def drawn(*changed: str) -> ET.Element:
    """The component, with some entries of its fence in place of others."""
    keys = tuple(line.partition(":")[0] for line in changed)
    kept = [line for line in SPEC if line.partition(":")[0] not in keys]
    (line,) = figure_lines([*kept, *changed], NAMES).lines
    found = ET.fromstring(line).find("div")  # noqa: S314 - drawn here
    assert found is not None
    return found


def when_asked(root: ET.Element, i: int) -> list[str]:
    """The texts of the drawing when token `i` has asked."""
    parts = list(root.iter())
    for k, name, values, order in json.loads(root.attrib["data-frames"]):
        value = values[int(order[i], 36)]
        if name:
            parts[k].set(name, value)
        else:
            parts[k].text = value
    return [part.text or "" for part in root.iter("text")]


@pytest.mark.parametrize("i", range(3))
def test_the_film_shows_what_the_lines_of_code_give(i: int) -> None:
    scores = scored(ROWS[i])
    weights = shared(scores)
    texts = when_asked(drawn(), i)
    for value in (*scores, *weights, *mixed(weights)):
        assert f"{value:z.4f}".replace("-", "−") in texts


def test_every_moment_is_told_with_its_arithmetic() -> None:
    said = json.loads(drawn().attrib["data-said"])[2]
    assert said[0] == "c asks."
    assert said[2] == "b: −1.00 × 0.00 + 1.00 × 2.00 = 2.0000"
    assert len(said) == 1 + 3 + 1 + 3 + 1
    assert said[-1].startswith("c takes home (")


def test_the_shares_of_a_bar_end_where_its_total_stands() -> None:
    root = drawn()
    parts = [it for it in root.iter("rect") if "part" in it.attrib["class"]]
    totals = [it for it in root.iter("rect") if it.attrib["class"] == "total"]
    axis = next(root.iter("polyline"))
    zero = float(axis.attrib["points"].split(",")[0])
    for bar, total in zip((parts[:3], parts[3:]), totals, strict=True):
        reach = 0.0
        for part in bar:
            x, width = float(part.attrib["x"]), float(part.attrib["width"])
            reach += width if x >= zero - 0.1 else -width
        middle = float(total.attrib["x"]) + 1
        assert middle == pytest.approx(zero + reach, abs=0.3)


def test_a_weight_bears_the_shade_of_its_shares() -> None:
    root = drawn()
    names = [it.attrib["class"] for it in root.iter("rect")]
    swatches = [it.split()[1] for it in names if "swatch" in it]
    shares = [it.split()[1] for it in names if it.startswith("part")]
    assert len(set(swatches)) == 3
    assert shares == swatches * 2


def test_what_is_hidden_is_hatched_and_has_no_number() -> None:
    later = (
        'score: "[s if s < 2 else -inf for s in scored(query)]"',
        "weigh: shared(attn_scores)",
    )
    root = drawn(*later)
    hatches = [it for it in root.iter("path") if it.get("class") == "hatch"]
    assert sum(bool(it.attrib["d"]) for it in hatches) == 4  # of two scores
    cells = [it for it in root.iter("text") if "heat" in it.attrib["class"]]
    texts = [it.text or "" for it in cells[:6]]  # a score and a weight each
    assert texts == ["0.0000", "1.0000", "", "", "", ""]
    assert "it comes later" in json.loads(root.attrib["data-said"])[1][2]


def test_a_line_of_code_that_fails_is_named() -> None:
    with pytest.raises(ValueError, match="nothing raises NameError"):
        drawn("weigh: nothing")


@pytest.fixture
def opened(new_context: CreateContextCallback, served: str) -> Iterator[Visit]:
    with visit(new_context, f"{served}3.3/context/") as opened:
        yield opened


def ready(page: Page) -> None:
    page.locator(".query-bar button").first.wait_for()


def test_steps_go_on_and_back_and_light_their_line(opened: Visit) -> None:
    page = opened.page
    ready(page)
    said = page.locator(".query-said")
    lit = page.locator(".query-code .lit")
    expect(said).to_contain_text("journey takes home")
    page.get_by_role("button", name="Next", exact=True).press("Enter")
    expect(said).to_have_text("journey asks.")
    assert page.locator(".query-cells text.later").count() > 30
    for what in (".arc", "rect:not(.part, .swatch, .total)", "text.muted"):
        place = page.locator(f".one-query {what}.later").last
        expect(place).not_to_have_css("opacity", "0")  # where it will be
    page.get_by_role("button", name="Next", exact=True).press("Enter")
    expect(said).to_contain_text("0.55 × 0.43")
    expect(lit).to_contain_text("attn_scores")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Back").click()
    expect(said).to_contain_text("takes home (0.4419, 0.6515, 0.5683)")
    assert page.locator(".later").count() == 0
    assert opened.complaints == []


def test_any_token_can_ask(opened: Visit) -> None:
    page = opened.page
    ready(page)
    page.get_by_role("button", name="one", exact=True).click()
    expect(page.locator(".query-said")).to_contain_text(
        "one takes home (0.4671, 0.5910, 0.5266)"
    )
    asks = page.locator(".query-asks")
    expect(asks).to_have_count(1)
    expect(asks).to_have_attribute("aria-pressed", "true")
    totals = page.locator(".query-cells text.strong").all_text_contents()
    assert totals == ["0.4671", "0.5910", "0.5266"]


def test_play_ends_where_the_still_began(opened: Visit) -> None:
    page = opened.page
    ready(page)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".query-said")).to_contain_text("adds")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator(".query-said")).to_contain_text("takes home")


def test_the_first_page_plays_by_itself_unless_motion_is_unwelcome(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        expect(opened.page.get_by_role("button", name="Pause")).to_be_visible()
    with visit(new_context, served, PHONE) as opened:
        page = opened.page
        page.emulate_media(reduced_motion="reduce")
        page.reload()
        ready(page)
        said = page.locator(".query-said")
        expect(said).to_contain_text("takes home")
        expect(page.get_by_role("button", name="Play")).to_be_hidden()
        page.get_by_role("button", name="Next", exact=True).click()
        expect(said).to_have_text("journey asks.")


def test_without_javascript_the_still_tells_all(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, served)
    for text in ("1.4950", "0.2379", "0.6515"):
        expect(page.locator(".query-cells").get_by_text(text)).to_be_visible()
    expect(page.locator(".query-said")).to_contain_text("journey takes home")
    expect(page.locator(".query-bar")).to_have_count(1)
    assert page.locator(".one-query button").count() == 0
    assert page.locator(".query-bar").bounding_box()["height"] == 0  # type: ignore[index]
