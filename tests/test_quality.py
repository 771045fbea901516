"""The site measured: what it may do, who can read it, what it weighs."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.test_site import DESKTOP, PHONE, addresses, visit

pytestmark = pytest.mark.xdist_group("site")

ROOT = Path(__file__).parents[1]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

# Every rule at each size in light; in dark, those that colours can break.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
RUN_AXE = """async (rules) => {
    document.querySelectorAll("details").forEach((box) => { box.open = true; });
    const only = rules && { runOnly: { type: "rule", values: rules } };
    const found = await axe.run({ resultTypes: ["violations"], preload: false, ...only });
    return found.violations.map(({ id, nodes }) =>
        [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))]);
}"""


def violations(page: Page, rules: list[str] | None = None) -> Any:
    """What axe-core finds on an open page."""
    return page.evaluate(RUN_AXE, rules)


def test_axe_finds_nothing_on_any_page_in_light_and_dark_large_and_small(
    browser: Browser, site: Path, served: str
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    context.add_init_script(path=AXE)
    page = context.new_page()
    found = {}
    for address in [*addresses(site), "404.html"]:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)
        page.goto(f"{served}{address}")
        found[address, "large", "light"] = violations(page)
        page.emulate_media(color_scheme="dark")
        found[address, "large", "dark"] = violations(page, COLOUR_RULES)
        page.set_viewport_size(PHONE)
        found[address, "small", "dark"] = violations(page, COLOUR_RULES)
        page.emulate_media(color_scheme="light")
        found[address, "small", "light"] = violations(page)
    context.close()
    assert {place: flaws for place, flaws in found.items() if flaws} == {}


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
    browser: Browser, served: str
) -> None:
    with visit(browser, f"{served}3.3/") as opened:
        page = opened.page
        page.evaluate("window.kept = true")
        page.locator(".md-footer__link--next").click()
        page.wait_for_url("**/3.3/scores/")
        page.get_by_title("Use the light palette").click()
        page.get_by_title("Use the dark palette").click()
        page.wait_for_selector("[data-md-color-scheme=slate]")
        page.get_by_role("textbox", name="Search").fill("softmax")
        page.locator(".md-search-result__item a").first.click()
        page.wait_for_url("**/softmax/**")
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
    browser: Browser, served: str, forbidden: str
) -> None:
    with visit(browser, served) as opened:
        opened.page.evaluate(f"() => {{ {forbidden} }}")
        opened.page.wait_for_timeout(100)
        assert "Content Security Policy" in "".join(opened.complaints)
        assert opened.page.evaluate("window.ran") is None


def weight(site: Path, served: str, url: str) -> int:
    """What a file weighs on its way, as a host sends it."""
    path = site / url.removeprefix(served).partition("?")[0]
    path = path / "index.html" if path.is_dir() else path
    body = path.read_bytes()
    return len(body if path.suffix == ".woff2" else gzip.compress(body))


def test_a_chapter_transfers_at_most_400_kilobytes(
    browser: Browser, site: Path, served: str
) -> None:
    heavy = {}
    for address in addresses(site):
        with visit(browser, f"{served}{address}") as opened:
            opened.page.wait_for_load_state("networkidle")
            bottom = "scrollTo(0, document.body.scrollHeight)"
            opened.page.evaluate(bottom)
            opened.page.wait_for_load_state("networkidle")
            asked = {u for u in opened.requests if u.startswith(served)}
        total = sum(weight(site, served, url) for url in asked)
        if total > 400_000:
            heavy[address] = total
    assert heavy == {}


def test_a_page_waits_for_its_one_stylesheet_and_nothing_else(
    site: Path,
) -> None:
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert html.count('rel="stylesheet"') == 1, path
        for script in re.findall(r"<script[^>]* src=[^>]*>", html):
            assert re.search(r" (defer|async|type=.?module)", script), path


def test_the_keyboard_alone_reaches_everything(
    browser: Browser, served: str
) -> None:
    with visit(browser, f"{served}3.3/softmax/") as opened:
        page = opened.page
        press = page.keyboard.press
        focused = "document.activeElement.innerText.trim()"
        press("Tab")
        assert page.evaluate(focused) == "Skip to content"
        press("Enter")
        assert page.evaluate("location.hash") != ""
        press("Tab")
        assert page.evaluate(
            "document.querySelector('main').contains(document.activeElement)"
        )
        page.locator("summary").first.focus()
        press("Enter")
        assert page.locator("details").first.evaluate("box => box.open")
        page.keyboard.type("/")
        page.keyboard.type("overflow")
        page.wait_for_selector(".md-search-result__item")
        press("ArrowDown")
        press("Enter")
        page.wait_for_url("**?h=overflow*")
        page.locator("[data-md-component=palette] input:checked").focus()
        press("Enter")
        page.wait_for_selector("[data-md-color-media*=light]")


def test_reduced_motion_is_respected(browser: Browser, served: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(served)
    moving = page.evaluate("""[...document.querySelectorAll("*")].filter(
        (e) => getComputedStyle(e).transitionDuration.match(/[1-9]/)).length""")
    context.close()
    assert moving == 0


def test_print_shows_the_chapter_and_nothing_around_it(
    browser: Browser, served: str
) -> None:
    with visit(browser, f"{served}3.3/softmax/") as opened:
        page = opened.page
        page.emulate_media(media="print")
        for around in (".md-header", ".md-tabs", ".md-sidebar", ".md-footer"):
            for part in page.locator(around).all():
                assert not part.is_visible(), around
        for inside in ("h1", ".figure", ".katex", ".highlight"):
            assert page.locator(inside).first.is_visible(), inside


def test_a_missing_page_at_any_depth_looks_like_the_site(
    browser: Browser, site: Path, served: str
) -> None:
    with visit(browser, served) as opened:
        page = opened.page
        lost = (site / "404.html").read_text(encoding="utf-8")
        page.route("**/lost/", lambda route: route.fulfill(
            status=404, content_type="text/html", body=lost))
        opened.requests.clear()
        page.goto(f"{served}no/such/lost/")
        page.get_by_role("link", name="Begin at the beginning").click()
        page.wait_for_url(served)
        assert opened.foreign(served) == []


def test_every_page_can_be_found_and_shared(site: Path, served: str) -> None:
    sitemap = (site / "sitemap.xml").read_text(encoding="utf-8")
    robots = (site / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {served}sitemap.xml" in robots
    seen = []
    for address in addresses(site):
        html = (site / address / "index.html").read_text(encoding="utf-8")
        meta = dict(re.findall(
            r'<meta (?:property|name)="([\w:]+)" content="([^"]*)">', html))
        assert f"<loc>{served}{address}</loc>" in sitemap
        assert f'<link rel="canonical" href="{served}{address}">' in html
        assert meta["og:url"] == f"{served}{address}"
        assert 40 <= len(meta["description"]) <= 170, address
        assert meta["og:description"] == meta["description"]
        image = meta["og:image"].removeprefix(served)
        assert (site / image).read_bytes().startswith(b"\x89PNG")
        seen += [meta["description"], meta["og:title"]]
    assert len(set(seen)) == len(seen)
