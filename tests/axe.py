"""axe-core, asked about a page in both schemes and at both sizes."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.visiting import DESKTOP, PHONE, Scheme

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

# Every rule in each scheme and at each size; what depends on the scheme, which
# is colour, in each pair of them. Contrast takes most of the time: that of all
# that is alike is measured once on a page, but in the last pair, of each.
EVERY_RULE, COLOURS = None, ["color-contrast", "link-in-text-block"]
ONE_OF_ALIKE, EACH = ":not([data-alike])", "*"
MODES: list[tuple[ViewportSize, Scheme, list[str] | None, str]] = [
    (DESKTOP, "dark", COLOURS, ONE_OF_ALIKE),
    (PHONE, "light", COLOURS, ONE_OF_ALIKE),
    (PHONE, "dark", EVERY_RULE, ONE_OF_ALIKE),
    (DESKTOP, "light", EVERY_RULE, EACH),
]

# Details are opened, and what is out of sight is laid out as when seen. Alike
# are two elements of one name, with the same classes and the same looks, in
# elements that are alike.
RUN = """async ([within, rules, measured]) => {
    for (const box of document.querySelectorAll("details")) box.open = true;
    for (const part of document.querySelectorAll(".highlight, .figure"))
        part.style.contentVisibility = "visible";
    for (let frame = 0; frame < 2; frame += 1)
        await new Promise(requestAnimationFrame);
    const kinds = new Map(), kindOf = new Map();
    for (const part of document.querySelectorAll("*")) {
        const looks = getComputedStyle(part);
        const kind = [
            kindOf.get(part.parentElement), part.localName,
            part.getAttribute("class"), looks.color, looks.backgroundColor,
            looks.backgroundImage, looks.opacity, looks.fontSize,
            looks.fontWeight, looks.display, looks.visibility].join();
        part.toggleAttribute("data-alike", kinds.has(kind));
        if (!kinds.has(kind)) kinds.set(kind, kinds.size);
        kindOf.set(part, kinds.get(kind));
    }
    axe.configure({ rules: [{ id: "color-contrast", selector: measured }] });
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
    for size, scheme, rules, measured in MODES:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += page.evaluate(RUN, [within, rules, measured])
    return found
