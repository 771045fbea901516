"""The site as it is built: whole, self-contained, readable everywhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

from playwright.sync_api import expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from attnbook.checker.steps.table import STEPS
from press.site.assets import FACES
from tests.visiting import Scheme, arrive, visit, without_scripts

NOT_PROSE = re.compile(
    r"<(script|pre|code|annotation).*?</\1>", flags=re.DOTALL
)


class Links(HTMLParser):
    """The addresses that a page refers to, and the anchors that it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value and tag != "base":
                self.targets.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


def links_of(path: Path) -> Links:
    links = Links()
    links.feed(path.read_text(encoding="utf-8"))
    return links


def html_files(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def file_at(site: Path, address: str) -> Path:
    path = site / unquote(urlparse(address).path).lstrip("/")
    return path / "index.html" if path.is_dir() else path


def test_every_internal_link_and_anchor_leads_somewhere(site: Path) -> None:
    offered = {path: links_of(path).anchors for path in html_files(site)}
    broken = []
    for path in html_files(site):
        here = "/book/" + path.relative_to(site).as_posix()
        for target in links_of(path).targets:
            address, anchor = urldefrag(urljoin(here, target))
            if urlparse(address).scheme:
                continue
            found = file_at(site, address.removeprefix("/book"))
            anchors = offered.get(found, set())
            if anchor.startswith("section="):
                continue  # a state of Play, which test_play.py opens
            if not found.is_file() or (anchor and anchor not in anchors):
                broken.append((here, target))
    assert broken == []


def test_every_step_of_the_checker_names_a_page_that_explains_it(
    site: Path,
) -> None:
    for step in STEPS:
        assert (site / step.page / "index.html").is_file(), step.name


def test_no_page_refers_to_a_script_style_or_image_elsewhere(
    site: Path,
) -> None:
    outside = [
        (path.name, target)
        for path in html_files(site)
        for target in links_of(path).targets
        if re.search(r"\.(js|css|png|svg|woff2?)$", urlparse(target).path)
        and urlparse(target).netloc
    ]
    assert outside == []
    for path in site.rglob("*.css"):
        styles = path.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import )['\"]?(https?:)?//", styles)


def test_what_others_made_comes_with_their_notices(site: Path) -> None:
    notices = (site / "assets" / "licences.txt").read_text(encoding="utf-8")
    served = ["katex", "pyodide", "mkdocs-material"]
    served += [f"@fontsource-variable/{face.package}" for face in FACES]
    for name in served:
        assert re.search(rf"^{name} [\d.]+$", notices, re.MULTILINE), name
    assert notices.count("SIL OPEN FONT LICENSE Version 1.1") == 3
    assert notices.count("\nCopyright (c)") >= 3
    for path in html_files(site):
        assert "assets/licences.txt" in path.read_text(encoding="utf-8")


def test_a_generator_that_ignores_the_press_would_be_noticed(
    site: Path,
) -> None:
    """The marks of what the press replaces are in the sources alone."""
    for path in html_files(site):
        text = path.read_text(encoding="utf-8")
        for mark in (
            'content="content-security-policy"',
            "language-figure",
            "language-source",
            "language-exercise",
            'class="arithmatex"',
            " style=",
        ):
            assert mark not in text, f"{mark} on {path}"
        assert text.count('http-equiv="Content-Security-Policy"') == 1, path
        assert "kind: heat-map" not in text, path


def test_no_fence_binding_or_formula_leaks_into_a_page(site: Path) -> None:
    for path in html_files(site):
        text = path.read_text(encoding="utf-8")
        for leak in ("```", "&lt;!--=", "<!--=", "$$", r"\("):
            body = re.sub(
                r"<(script|pre|code).*?</\1>", "", text, flags=re.DOTALL
            )
            assert leak not in body, f"{leak} on {path}"


def test_a_request_to_another_host_would_be_noted(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        opened.page.goto("data:text/html,<img src='http://127.0.0.1:9/'>")
        assert opened.foreign(served) == ["http://127.0.0.1:9/"]
        assert opened.complaints != []


def test_four_tabs_lead_to_all_and_a_page_says_where_it_stands(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.4/") as opened:
        page = opened.page
        tabs = page.locator(".md-tabs__link:visible")
        assert [text.strip() for text in tabs.all_text_contents()] == [
            *("Learn", "Play", "Check", "Reference")
        ]
        place = page.locator(".eyebrow")
        at, pages = re.findall(r"\d+", place.text_content() or "")[1:3]
        page.locator(".md-footer__link--next").click()
        arrive(page, "3.4/one-query/")
        expect(place).to_contain_text(f"Page {int(at) + 1} of {pages}")


def test_what_is_copied_from_a_session_can_be_run(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/scores/") as opened:
        page = opened.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(".language-pycon [data-md-type=copy]").first.click()
        page.get_by_text("Copied to clipboard").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
    assert ">>>" not in copied
    assert "import" in copied
    compile(copied, "<copied>", "exec")


def test_without_javascript_a_chapter_reads_complete(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}3.3/softmax/")
    for selector in (".figure svg text", ".katex", ".highlight", "footer"):
        assert page.locator(selector).first.is_visible(), selector
    page.locator("summary", has_text="Solution").first.click()
    assert page.get_by_text("temperature").is_visible()


def test_the_system_chooses_the_palette_until_the_reader_does(
    new_context: CreateContextCallback, served: str
) -> None:
    ink = "getComputedStyle(document.querySelector('h1')).color"
    inks: dict[Scheme, str] = {}
    for scheme in ("light", "dark"):
        with visit(new_context, served, scheme=scheme) as opened:
            inks[scheme] = opened.page.evaluate(ink)
    assert inks["light"] != inks["dark"]
    with visit(new_context, served, scheme="dark") as opened:
        page = opened.page
        page.emulate_media(reduced_motion="reduce")
        page.get_by_title("Use the light palette").click()
        assert page.evaluate(ink) == inks["light"]
        page.reload()
        assert page.evaluate(ink) == inks["light"]
        page.get_by_title("Use the dark palette").click()
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        assert page.evaluate(ink) == inks["dark"]
        page.get_by_title("Use the light palette").click()
        page.get_by_title("Use the system's palette").click()
        assert page.evaluate(ink) == inks["light"]
