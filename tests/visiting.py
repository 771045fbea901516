"""Visits to the built site: what all tests in a browser share."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
)

Scheme: TypeAlias = Literal["dark", "light"]
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
TABLET: ViewportSize = {"width": 1024, "height": 768}  # on its side

# How long anything may take, in ms: Python starts in the page within 4 s on an
# idle machine, and within two minutes on one that is thirty times slower.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)

# The page ends a run after 10 s; here after 100, but where a test asks for
# less. `limits` are those that the page has set.
SCALED_LIMITS = """
    Object.assign(window, { scale: 10, limits: [] });
    const { setTimeout } = window;
    window.setTimeout = (call, ms, ...rest) => {
        const isLimit = ms > 9000 && ms < 31000;
        if (isLimit) window.limits.push(ms);
        return setTimeout(call, isLimit ? window.scale * ms : ms, ...rest);
    };
"""

# A page asks for its scripts once it has been painted, and for live.js last;
# a load waits for that, too.
BEGUN = """
    document.addEventListener("load", ({ target }) => {
        if (!target.matches?.("script[src$='/live.js']")) return;
        document.documentElement.dataset.begun = "";
    }, true);
"""
WITH_SCRIPTS = "html[data-begun], html:not(:has(script[data-modules]))"

# Chromium says so of a font that is used some seconds after the load, as on a
# busy machine. That each is used is asked by a test of its own.
LATE = "was preloaded using link preload but not used within"

# The theme puts another article in the place of this one.
FOLLOW = """address => {
    window.kept = true;
    document.querySelector("article").classList.add("left");
    const link = document.createElement("a");
    link.href = new URL(address, __md_scope).href;
    document.querySelector("article").append(link);
    link.click();
}"""
HERE = "location.href.split('#')[0].slice(__md_scope.href.length)"


@dataclass
class Visit:
    """An open page, its requests, and the complaints of its console."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def foreign(self, served: str) -> list[str]:
        """The requests that left the site."""
        local = ("data:", "blob:", served)
        return [url for url in self.requests if not url.startswith(local)]


@contextmanager
def visit(
    new_context: Callable[..., BrowserContext],
    address: str,
    size: ViewportSize = DESKTOP,
    scheme: Scheme = "light",
) -> Iterator[Visit]:
    """Open a page, and note all that it asks for and complains of.

    `new_context` is the fixture of that name, which keeps what is to be seen
    when a test fails, or that of the browser for a page that tests share.
    """
    with closing(new_context(viewport=size, color_scheme=scheme)) as context:
        context.set_default_timeout(PATIENCE)
        context.add_init_script(SCALED_LIMITS + BEGUN)
        opened = Visit(context.new_page())
        for load in ("goto", "reload"):
            _wait_for_scripts(opened.page, load)

        def listen(message: ConsoleMessage) -> None:
            is_late = LATE in message.text
            if message.type in {"error", "warning"} and not is_late:
                opened.complaints.append(message.text)

        opened.page.on("request", lambda r: opened.requests.append(r.url))
        opened.page.on("console", listen)
        opened.page.on("pageerror", lambda e: opened.complaints.append(str(e)))
        opened.page.goto(address)
        yield opened


def without_scripts(
    new_context: Callable[..., BrowserContext], address: str
) -> Page:
    """A page as it is for a reader whose browser runs no scripts."""
    page = new_context(java_script_enabled=False).new_page()
    page.goto(address)
    return page


def _wait_for_scripts(page: Page, load: str) -> None:
    """Let a way to load a page end when the page's own scripts have run."""
    load_page = getattr(page, load)

    def load_with_scripts(*args: Any, **kwargs: Any) -> object:
        response = load_page(*args, **kwargs)
        page.wait_for_selector(WITH_SCRIPTS, state="attached")
        return response

    setattr(page, load, load_with_scripts)


def go(page: Page, address: str) -> None:
    """Open a page afresh, by links and without a reload."""
    same = page.evaluate(HERE) == address
    for step in ("reference/", address) if same else (address,):
        page.evaluate(FOLLOW, step)
        page.wait_for_selector("article:not(.left)")
    assert page.evaluate("window.kept"), "the page was loaded anew"


def lay_out(page: Page) -> None:
    """Lay out what is out of sight as when it is seen.

    What waits to be seen holds its own margins, and so it does here.
    """
    page.evaluate("""document.querySelectorAll(".highlight, .figure").forEach(
        (part) => {
            const waits = getComputedStyle(part).contentVisibility === "auto";
            part.style.contentVisibility = "visible";
            if (waits) part.style.contain = "layout style";
        })""")


def arrive(page: Page, address: str) -> None:
    """Wait until the page of an address is there.

    By instant navigation the address changes first; then the page is fetched
    and put in the place of the one before.
    """
    own = page.locator("link[rel=canonical]")
    expect(own).to_have_attribute("href", re.compile(f"/{address}$"))


def addresses(site: Path) -> list[str]:
    """Every page's address below the root of the site."""
    pages = [path.relative_to(site) for path in site.rglob("index.html")]
    return sorted(f"{page.parent.as_posix()}/".lstrip("./") for page in pages)
