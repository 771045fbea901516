"""The site measured: what it may do, who can read it, what it weighs."""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from press.site.assets import FACES, Face, whole
from press.site.serve import compressed
from tests.axe import COUNTERPARTS, TWO, WITHOUT_OTHERS, flaws_in
from tests.looks import LOOKS
from tests.visiting import (
    DESKTOP,
    PHONE,
    TABLET,
    Scheme,
    addresses,
    arrive,
    go,
    lay_out,
    visit,
)

# A tour takes minutes: two workers make one half each.
HALVES = [
    pytest.param(half, marks=pytest.mark.xdist_group(f"tour {half}"))
    for half in (0, 1)
]

# A page begins at the size at which the one before it ended.
MODES = (TWO[::-1], COUNTERPARTS)

NO_LETTER = 9.0  # a page without pictures has none that is too small

# How large the letters of the pictures are on the screen, in pixels.
LETTER_SIZES = """
    [...document.querySelectorAll(".figure text")].map((text) =>
        parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)
"""

# When a page was painted, and when it asked for each of its other scripts.
SINCE_PAINTED = """[
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    ...performance.getEntriesByType("resource")
        .filter(({ name }) => /[/]javascripts[/](?!begin[.])/.test(name))
        .map(({ startTime }) => startTime)]"""


@dataclass
class Seen:
    """What one page showed and asked for."""

    weight: int
    flaws: list[Any] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # of the content, by that of the window
    widths: dict[int, int] = field(default_factory=dict)
    least_letter: float = NO_LETTER
    # what lies on other things, breaks or touches
    unsightly: list[str] = field(default_factory=list)


def weighed(site: Path, address: str) -> int:
    """What a file weighs on its way, as a host sends it."""
    path = site / address.partition("?")[0]
    path = path / "index.html" if path.is_dir() else path
    is_font = path.suffix == ".woff2"
    return len(path.read_bytes() if is_font else compressed(path))


@pytest.fixture(scope="module", params=HALVES)
def tour(
    request: pytest.FixtureRequest, browser: Browser, site: Path, served: str
) -> dict[str, Seen]:
    """Half of all pages, each loaded once, and seen at both sizes.

    Every other one is dark on a desktop and light on a phone. The whole tree
    of pages stays on the first of each folder alone.
    """
    tour: dict[str, Seen] = {}
    folders = set()
    half = [*addresses(site), "404.html"][request.param :: 2]
    with visit(browser.new_context, served) as opened:
        page = opened.page
        for address, modes in zip(half, cycle(MODES)):
            opened.requests.clear()
            opened.complaints.clear()
            page.goto(f"{served}{address}")
            page.evaluate("document.fonts.ready.then(() => null)")
            lay_out(page)
            own = {it for it in opened.requests if it.startswith(served)}
            weight = sum(weighed(site, it.removeprefix(served)) for it in own)
            seen = tour[address] = Seen(weight)
            page.set_viewport_size(TABLET)
            measure(page, seen, TABLET["width"])
            for size, scheme in modes:
                page.set_viewport_size(size)
                measure(page, seen, size["width"])
                if address.partition("/")[0] in folders:
                    page.evaluate(WITHOUT_OTHERS)
                seen.flaws += flaws_in(page, (size, scheme))
            folders.add(address.partition("/")[0])
            seen.foreign = opened.foreign(served)
            seen.complaints = opened.complaints[:]
    return tour


def measure(page: Page, seen: Seen, width: int) -> None:
    """How a page looks in a window of a width."""
    needed = page.evaluate("document.documentElement.scrollWidth")
    seen.widths[width] = needed
    letters = page.evaluate(LETTER_SIZES)
    seen.least_letter = min([seen.least_letter, *letters])
    seen.unsightly += [it for look in LOOKS for it in page.evaluate(look)]


def told(tour: dict[str, Seen], what: str) -> dict[str, Any]:
    """What was seen of a kind, by the page where it was seen."""
    each = {address: getattr(seen, what) for address, seen in tour.items()}
    return {address: found for address, found in each.items() if found}


def test_axe_finds_nothing_on_any_page(tour: dict[str, Seen]) -> None:
    assert told(tour, "flaws") == {}


def test_no_page_asks_another_host_or_complains(
    tour: dict[str, Seen],
) -> None:
    assert told(tour, "foreign") == {}
    assert told(tour, "complaints") == {}


def test_no_page_scrolls_sideways_and_every_letter_can_be_read(
    tour: dict[str, Seen],
) -> None:
    for address, seen in tour.items():
        for width, needed in seen.widths.items():
            assert needed <= width, address
        assert seen.least_letter >= 9, address


@pytest.mark.parametrize("at", ["", "3.3/softmax/", "check/", "play/"])
def test_every_font_that_is_loaded_early_is_used(
    new_context: CreateContextCallback, served: str, at: str
) -> None:
    with visit(new_context, f"{served}{at}") as opened:
        used: list[str] = opened.page.evaluate("""async () => {
            await document.fonts.ready;
            return [...document.fonts].filter((it) => it.status === "loaded")
                .map(({ family }) => family.replaceAll(/["']/g, ""));
        }""")
        early: list[str] = opened.page.evaluate("""() =>
            [...document.querySelectorAll("link[rel=preload][as=font]")]
                .map((it) => it.href.split("/").at(-1))""")
        names = {family.lower().replace(" ", "-") for family in used}
        assert len(early) == 3
        for file in early:
            assert any(file.startswith(name) for name in names), file


def test_no_page_is_wider_than_its_window_while_the_search_field_grows(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.5/causal/") as opened:
        width = opened.page.evaluate("""() => {
            const { style } = document.querySelector(".md-search__inner");
            Object.assign(style, { transition: "none", width: "33px" });
            return document.documentElement.scrollWidth;
        }""")
        assert width == DESKTOP["width"]


def test_the_search_field_is_clear_of_the_edge(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}recap/", TABLET) as opened:
        box = opened.page.locator(".md-search__form").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= TABLET["width"] - 16


def test_nothing_lies_on_others_breaks_touches_or_has_to_be_scrolled(
    tour: dict[str, Seen],
) -> None:
    assert told(tour, "unsightly") == {}


class Elements(HTMLParser):
    """How many elements a page has as it loads, all and in its frame."""

    def __init__(self) -> None:
        super().__init__()
        self.all = self.frame = 0
        self.inside = False

    def handle_starttag(self, tag: str, _: object) -> None:
        self.inside |= tag == "article"
        self.all += 1
        self.frame += not self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "article"


def test_a_page_has_no_more_elements_than_a_phone_lays_out_in_a_second(
    site: Path,
) -> None:
    """It takes a tenth of a second to style and lay out a thousand.

    So the list of all pages, which had 400, does not stand on each of them.
    """
    for address in addresses(site):
        found = Elements()
        found.feed((site / address / "index.html").read_text("utf-8"))
        assert found.all <= 10_000, address
        is_course = re.match(r"3\.|before|backward|long", address)
        assert found.frame <= (450 if is_course else 650), address


def test_a_page_is_painted_before_it_asks_for_scripts_and_names_them_all(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}404.html") as opened:
        page = opened.page
        for address in ("", "3.3/softmax/", "3.5/mask/", "play/", "recap/"):
            opened.requests.clear()
            page.goto(f"{served}{address}", wait_until="networkidle")
            links = page.locator("link[rel=modulepreload][fetchpriority=low]")
            named = links.evaluate_all("all => all.map((it) => it.href)")
            scripts = "script[src]:not([type=module])"
            others = page.locator(scripts).evaluate_all(
                "all => all.map((it) => it.src)"
            )
            asked = [it for it in opened.requests if "/javascripts/" in it]
            loaded = [it for it in asked if "/workers/" not in it]
            painted, *started = page.evaluate(SINCE_PAINTED)
            assert len(started) == len(asked) - 1, address  # but for begin.js
            assert painted <= min(started), address
            assert sorted(loaded) == sorted([*named, *others]), address
        assert opened.complaints == []


def test_a_page_transfers_at_most_400_kilobytes(
    tour: dict[str, Seen],
) -> None:
    heavy = {at: s.weight for at, s in tour.items() if s.weight > 400_000}
    assert heavy == {}


def test_no_page_has_a_style_or_a_script_that_the_policy_forbids(
    site: Path,
) -> None:
    policies = set()
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        head, _, rest = html.partition("Content-Security-Policy")
        assert rest, path
        assert "<script" not in head
        assert "stylesheet" not in head
        assert not re.search(r"<style| style=| on\w+=", html), path
        policies.add(rest.partition('content="')[2].partition('"')[0])
    (policy,) = policies
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy
    assert "//" not in policy


def test_the_policy_is_kept_on_load_search_palette_and_instant_navigation(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/") as opened:
        page = opened.page
        page.evaluate("window.kept = true")
        page.locator(".md-footer__link--next").click()
        arrive(page, "3.3/scores/")
        page.get_by_title("Use the dark palette").click()
        page.wait_for_selector("[data-md-color-scheme=slate]")
        page.get_by_title("Use the light palette").click()
        page.get_by_role("textbox", name="Search").fill("softmax")
        page.locator(".md-search-result__item a").first.click()
        page.wait_for_url("**/softmax/**")
        arrive(page, r".*softmax/")
        assert page.evaluate("window.kept"), "the page was loaded anew"
        assert opened.complaints == []
        assert opened.foreign(served) == []


@pytest.mark.parametrize(
    "forbidden",
    [
        "fetch('http://127.0.0.1:9/').catch(() => null)",
        "new Image().src = 'http://127.0.0.1:9/x.png'",
        "document.body.insertAdjacentHTML('beforeend', '<p style=top:0>')",
        "document.body.append(Object.assign(document.createElement('script'),"
        " {text: 'window.ran = true'}))",
        "setTimeout('window.ran = true')",
    ],
)
def test_the_policy_blocks(
    new_context: CreateContextCallback, served: str, forbidden: str
) -> None:
    with visit(new_context, served) as opened:
        blocked = opened.page.evaluate(f"""() => new Promise((resolve) => {{
            document.addEventListener("securitypolicyviolation", resolve);
            {forbidden};
        }}).then(({{ disposition }}) => disposition)""")
        assert blocked == "enforce"
        assert opened.page.evaluate("window.ran") is None


def test_a_page_waits_for_its_one_stylesheet_and_nothing_else(
    site: Path,
) -> None:
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert html.count('rel="stylesheet"') == 1, path
        for script in re.findall(r"<script[^>]* src=[^>]*>", html):
            assert re.search(r" (defer|async|type=.?module)", script), path


def test_no_rule_restyles_a_whole_page_at_each_change_of_a_class(
    site: Path,
) -> None:
    (sheet,) = (site / "assets").glob("site.*.css")
    css = sheet.read_text(encoding="utf-8")
    assert "[class" not in css
    assert "[data-md-color-switching]" not in css
    assert not re.search(r"\.no-js [^{},]*>:", css)
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        for classes in re.findall(r'<table class="([^"]*)"', html):
            assert f".{classes}" in ":not(.highlighttable,.play-table)", path


def test_the_colours_are_told_to_the_browser_once(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        page.wait_for_selector(".live-go")
        told = page.locator("meta[name=color-scheme]")
        assert [it.get_attribute("content") for it in told.all()] == [
            "light dark"
        ]
        theme = page.locator("meta[name=theme-color]")
        expect(theme).to_have_attribute("content", re.compile("#"))


# How often an address of the stylesheet is written, and read for it.
REREAD = """
    window.reread = 0;
    new MutationObserver((changes) => {
        for (const { target } of changes)
            window.reread += target.matches("link[rel=stylesheet]");
    }).observe(document, { subtree: true, attributeFilter: ["href"] });
"""


def test_the_stylesheet_is_read_once_and_stays_from_page_to_page(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}404.html") as opened:
        page = opened.page
        page.add_init_script(REREAD)
        page.goto(f"{served}3.3/softmax/")
        page.wait_for_selector(".live-go")
        page.evaluate("window.sheet = document.styleSheets[0]")
        for address in ("play/", "3.5/mask/", "3.3/softmax/"):
            go(page, address)
            same = "document.styleSheets[0] === window.sheet"
            assert page.evaluate(same), address
            assert page.evaluate("document.styleSheets.length") == 1
        assert page.evaluate("window.reread") == 0
        assert opened.complaints == []


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.file)
def test_a_font_keeps_every_character_of_the_pages(
    face: Face, site: Path
) -> None:
    pages = [path.read_text("utf-8") for path in site.rglob("*.html")]
    used = set(map(ord, unescape("".join(pages))))
    kept = TTFont(site / "assets" / "fonts" / face.file).getBestCmap()
    assert used & TTFont(whole(face)).getBestCmap().keys() <= kept.keys()
    assert len(kept) > 95


def test_the_keyboard_alone_reaches_everything(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        press = page.keyboard.press
        focused = "document.activeElement.innerText.trim()"
        press("Tab")
        assert page.evaluate(focused) == "Skip to content"
        press("Enter")
        page.wait_for_selector("main :target")
        press("Tab")
        assert page.evaluate(
            "document.querySelector('main').contains(document.activeElement)"
        )
        page.locator("summary").first.focus()
        press("Enter")
        assert page.locator("details").first.evaluate("box => box.open")
        page.keyboard.type("/")
        page.keyboard.type("overflow")
        page.wait_for_selector(".md-search-result__item [href*=overflow]")
        press("ArrowDown")
        press("Enter")
        page.wait_for_url("**/?h=*")
        arrive(page, r".*softmax/")
        page.locator("[data-md-component=palette] .md-option").first.focus()
        press("Enter")
        page.wait_for_selector("body[data-md-color-media*=': ']")


def test_reduced_motion_is_respected(
    new_context: CreateContextCallback, served: str
) -> None:
    context = new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(served)
    moving = page.evaluate("""[...document.querySelectorAll("*")].filter(
        (part) => /[1-9]/.test(getComputedStyle(part).transitionDuration)
    ).length""")
    assert moving == 0


def test_print_shows_the_chapter_and_nothing_around_it(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        page.emulate_media(media="print")
        for around in (".md-header", ".md-tabs", ".md-sidebar", ".md-footer"):
            for part in page.locator(around).all():
                assert not part.is_visible(), around
        for inside in ("h1", ".figure", ".katex", ".highlight"):
            assert page.locator(inside).first.is_visible(), inside


def test_a_missing_page_at_any_depth_looks_like_the_site(
    new_context: CreateContextCallback, site: Path, served: str
) -> None:
    with visit(new_context, served) as opened:
        page = opened.page
        lost = (site / "404.html").read_text(encoding="utf-8")
        page.route(
            "**/lost/",
            lambda route: route.fulfill(
                status=404, content_type="text/html", body=lost
            ),
        )
        opened.requests.clear()
        page.goto(f"{served}no/such/lost/")
        page.get_by_role("link", name="Begin at the beginning").click()
        page.wait_for_url(served)
        arrive(page, "book/")
        assert opened.foreign(served) == []


def test_every_page_can_be_found_and_shared(site: Path, served: str) -> None:
    sitemap = (site / "sitemap.xml").read_text(encoding="utf-8")
    robots = (site / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {served}sitemap.xml" in robots
    seen: Counter[str] = Counter()
    for address in addresses(site):
        html = (site / address / "index.html").read_text(encoding="utf-8")
        meta = dict(
            re.findall(
                r'<meta (?:property|name)="([\w:]+)" content="([^"]*)">', html
            )
        )
        assert f"<loc>{served}{address}</loc>" in sitemap
        assert f'<link rel="canonical" href="{served}{address}">' in html
        assert meta["og:url"] == f"{served}{address}"
        assert 40 <= len(meta["description"]) <= 170, address
        assert unescape(meta["og:description"]) == meta["description"]
        image = meta["og:image"].removeprefix(served)
        assert (site / image).read_bytes().startswith(b"\x89PNG")
        seen.update([meta["description"], meta["og:title"]])
    assert [text for text, count in seen.items() if count > 1] == []


CROWDED = [
    "3.3/softmax/",
    "3.5/mask/",
    "3.6/split/",
    "backward/attention/",
    "check/",
    "ledger/",
    "play/",
    "reference/",
]

# What is drawn at the middle of a link, near its upper edge.
COVERED_LINKS = """[...document.querySelectorAll(".listing-link")].filter(
    (link) => {
        if (!link.checkVisibility()) return false;
        link.scrollIntoView({ block: "center" });
        const [{ left, top, width }] = link.getClientRects();
        const found = document.elementFromPoint(left + width / 2, top + 2);
        return !link.contains(found);
    }
).length"""

# Whether the text of a fold reaches into the arrow at its right.
COVERED_TEXTS = """[...document.querySelectorAll("summary")].filter((fold) => {
    const { right, width } = getComputedStyle(fold, "::after");
    const end = fold.getBoundingClientRect().right;
    const arrow = end - parseFloat(right) - parseFloat(width);
    const text = document.createRange();
    text.selectNodeContents(fold);
    return [...text.getClientRects()].some((line) => line.right > arrow);
}).map((fold) => fold.textContent)"""

CUT_TITLES = """[...document.querySelectorAll(".book-turn__title")].filter(
    (title) => {
        const text = document.createRange();
        text.selectNodeContents(title);
        const link = title.parentElement.getBoundingClientRect();
        const { left, right } = text.getBoundingClientRect();
        return left < link.left - 1 || right > link.right + 1;
    }
).map((title) => title.textContent)"""

BROKEN_NAMES = """[...document.querySelectorAll("td a > code")].filter(
    (name) => name.getClientRects().length > 1
).map((name) => name.textContent)"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_lies_on_a_link_a_fold_or_a_title(
    new_context: CreateContextCallback, served: str, size: ViewportSize
) -> None:
    seen: Counter[str] = Counter()
    parts = (".listing-link", "summary", ".book-turn__title", "td a > code")
    with visit(new_context, served, size) as opened:
        page = opened.page
        for address in CROWDED:
            page.goto(f"{served}{address}")
            page.evaluate("document.fonts.ready.then(() => null)")
            seen.update({part: page.locator(part).count() for part in parts})
            assert page.evaluate(COVERED_TEXTS) == [], address
            assert page.evaluate(CUT_TITLES) == [], address
            assert page.evaluate(BROKEN_NAMES) == [], address
            assert page.evaluate(COVERED_LINKS) == 0, address
    assert all(seen[part] > 5 for part in parts), seen


SAMPLE = [
    "",
    "3.3/context/",
    "3.3/softmax/",
    "3.5/mask/",
    "backward/attention/",
]

# All that has moved without the reader's doing, summed up.
SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries()) {
            if (!hadRecentInput) window.shifted += value;
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_moves_while_a_page_comes(
    new_context: CreateContextCallback, served: str, size: ViewportSize
) -> None:
    with visit(new_context, f"{served}reference/", size) as opened:
        page = opened.page
        page.add_init_script(SHIFTS)
        for address in SAMPLE:
            page.goto(f"{served}{address}", wait_until="networkidle")
            page.evaluate("document.fonts.ready.then(() => null)")
            assert page.evaluate("window.shifted") < 0.05, address


# A button or link of its own; what stands in a sentence is exempt.
SMALL = """[...document.querySelectorAll(
    ".doors a, .query-bar button, .play-presets a, .live-bar button," +
    ".md-tabs__link, summary, .continue a, .recap-bar button," +
    ".tabbed-labels > label, .md-code__button, .book-colophon a"
)].filter((part) => part.checkVisibility()).map((part) => {
    const { width, height } = part.getBoundingClientRect();
    return [part.textContent.trim(), width, height];
}).filter(([, width, height]) => width < 24 || height < 24)"""


def test_what_is_to_be_touched_is_large_enough(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served, PHONE) as opened:
        page = opened.page
        for address in SAMPLE:
            page.goto(f"{served}{address}")
            page.locator(".live-bar button").first.wait_for(state="attached")
            lay_out(page)
            assert page.evaluate(SMALL) == [], address


def test_in_forced_colours_what_asks_and_what_is_chosen_can_be_told(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/context/") as opened:
        page = opened.page
        page.emulate_media(forced_colors="active")
        page.locator(".query-bar button").first.wait_for()
        border = "it => getComputedStyle(it).borderTopWidth"
        asks = page.locator(".query-asks").evaluate(border)
        other = page.locator(".query-token:not(.query-asks)").first
        assert asks != other.evaluate(border)
        fills = page.locator(".query-cells rect").evaluate_all(
            "all => all.map((it) => getComputedStyle(it).fill)"
        )
        assert len(set(fills)) > 3, "the shades of the cells are kept"


def test_at_twice_the_size_nothing_is_cut(
    new_context: CreateContextCallback, served: str
) -> None:
    half: ViewportSize = {"width": 640, "height": 450}
    with visit(new_context, served, half) as opened:
        page = opened.page
        for address in SAMPLE:
            page.goto(f"{served}{address}")
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= half["width"], address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_click_on_the_palette_changes_what_is_seen(
    new_context: CreateContextCallback, served: str, scheme: Scheme
) -> None:
    other = "dark" if scheme == "light" else "light"
    with visit(new_context, served, scheme=scheme) as opened:
        page = opened.page
        page.get_by_title(f"Use the {other} palette").click()
        media = f"body[data-md-color-media='(prefers-color-scheme: {other})']"
        page.wait_for_selector(media)


def test_a_closed_search_is_no_stop_of_the_tab_key(
    new_context: CreateContextCallback, served: str
) -> None:
    reached = """document.querySelector(".md-search__scrollwrap")
        .checkVisibility({ visibilityProperty: true })"""
    with visit(new_context, served) as opened:
        page = opened.page
        assert not page.evaluate(reached)
        page.get_by_role("textbox", name="Search").click()
        page.locator(".md-search__output").wait_for(state="visible")
        assert page.evaluate(reached)


# Code that lies below the button that copies it, unscrolled.
COPIED = """[...document.querySelectorAll(".md-code__nav")].filter((nav) => {
    const { bottom, left } = nav.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(nav.parentElement.querySelector("code"));
    return [...range.getClientRects()].some((it) =>
        it.width > 0 && it.top + 3 < bottom && it.right > left);
}).length"""


def test_on_a_phone_no_button_lies_on_code(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served, PHONE) as opened:
        page = opened.page
        for address in ("3.5/mask/", "backward/softmax/", "3.3/softmax/"):
            page.goto(f"{served}{address}")
            page.locator(".md-code__nav").first.wait_for(state="attached")
            assert page.evaluate(COPIED) == 0, address


def test_on_a_phone_the_field_says_all_that_it_takes(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}check/", PHONE) as opened:
        field = opened.page.locator(".check-here .live-editor")
        wraps = field.evaluate(
            "it => getComputedStyle(it, '::placeholder').whiteSpace"
        )
        assert wraps == "pre-wrap"
