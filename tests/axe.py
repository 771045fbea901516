"""axe-core, asked about a page in both schemes and at both sizes."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.test_site import DESKTOP, PHONE, Scheme

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

MODES: list[tuple[ViewportSize, Scheme]] = [
    (DESKTOP, "light"),
    (PHONE, "dark"),
    (PHONE, "light"),
    (DESKTOP, "dark"),
]

# Details are opened, and what is out of sight is laid out as when seen.
RUN = """async (within) => {
    for (const box of document.querySelectorAll("details")) box.open = true;
    for (const part of document.querySelectorAll(".highlight, .figure"))
        part.style.contentVisibility = "visible";
    for (let frame = 0; frame < 2; frame += 1)
        await new Promise(requestAnimationFrame);
    const { violations } = await axe.run(
        within, { resultTypes: ["violations"], preload: false });
    return violations.map(({ id, nodes }) =>
        [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))]);
}"""


def flaws(page: Page, within: str = "html") -> list[Any]:
    """What axe finds, by rule, in each mode. It leaves the page in the first.

    `within` is a selector of the parts that it looks at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for size, scheme in [*MODES[1:], MODES[0]]:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += page.evaluate(RUN, within)
    return found
