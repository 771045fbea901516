"""axe-core, asked about a page in both schemes and at both sizes."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.visiting import DESKTOP, PHONE, Scheme

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

# Every rule in each scheme and at each size; what depends on the scheme, which
# is colour, in each pair of them.
EVERY_RULE, COLOURS = None, ["color-contrast", "link-in-text-block"]
MODES: list[tuple[ViewportSize, Scheme, list[str] | None]] = [
    (DESKTOP, "dark", COLOURS),
    (PHONE, "light", COLOURS),
    (PHONE, "dark", EVERY_RULE),
    (DESKTOP, "light", EVERY_RULE),
]

# Details are opened, and what is out of sight is laid out as when seen.
RUN = """async ([within, rules]) => {
    for (const box of document.querySelectorAll("details")) box.open = true;
    for (const part of document.querySelectorAll(".highlight, .figure"))
        part.style.contentVisibility = "visible";
    for (let frame = 0; frame < 2; frame += 1)
        await new Promise(requestAnimationFrame);
    const runOnly = rules ?? undefined;
    const { violations } = await axe.run(
        within, { runOnly, resultTypes: ["violations"], preload: false });
    return violations.map(({ id, nodes }) =>
        [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))]);
}"""


def flaws(page: Page, within: str = "html") -> list[Any]:
    """What axe finds, by rule. It leaves the page light, on a desktop.

    `within` is a selector of the parts that it looks at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for size, scheme, rules in MODES:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += page.evaluate(RUN, [within, rules])
    return found
