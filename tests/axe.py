"""axe-core, asked about a page in both schemes and at both sizes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from playwright.sync_api import Page, ViewportSize

from tests.visiting import DESKTOP, PHONE, Scheme, lay_out

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

# Two modes have both schemes and both sizes; their counterparts, the other
# pairs. Every rule is asked in each. Contrast takes most of the time: in the
# first of two it is measured once for all that is alike, in the last of each,
# but once for the words of one kind on the same ground in a block of code.
Mode: TypeAlias = tuple[ViewportSize, Scheme]
TWO: list[Mode] = [(PHONE, "dark"), (DESKTOP, "light")]
COUNTERPARTS: list[Mode] = [(PHONE, "light"), (DESKTOP, "dark")]
FOUR = TWO + COUNTERPARTS
ONE_OF_ALIKE, EACH = ":not([data-alike])", ":not([data-same])"

# Details are opened. Alike are two elements of one name, with the same classes
# and the same looks, in elements that are alike. The same are two words of one
# block of code, of one class, in the same colours and on the same ground.
RUN = """async ([within, measured]) => {
    for (const box of document.querySelectorAll("details")) box.open = true;
    for (let frame = 0; frame < 2; frame += 1)
        await new Promise(requestAnimationFrame);
    for (const code of document.querySelectorAll("pre code")) {
        const words = new Set(), wordOf = new Map();
        for (const word of code.querySelectorAll("*")) {
            const { color, backgroundColor } = getComputedStyle(word);
            const kind = [
                wordOf.get(word.parentElement), word.localName, word.className,
                color, backgroundColor].join();
            word.toggleAttribute("data-same", words.has(kind));
            wordOf.set(word, kind);
            words.add(kind);
        }
    }
    const kinds = new Map(), kindOf = new Map();
    const parts = measured === ":not([data-same])"
        ? [] : document.body.querySelectorAll("*");
    for (const part of parts) {
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
    axe.configure({
        noHtml: true, rules: [{ id: "color-contrast", selector: measured }] });
    const { violations } = await axe.run(within, {
        resultTypes: ["violations"], preload: false, iframes: false });
    return violations.map(({ id, nodes }) => [
        id, nodes.slice(0, 3).map(({ target: [at] }) => [
            at, document.querySelector(at).outerHTML.slice(0, 200)])]);
}"""


# What the tree of pages shows of other pages is the same on each of them.
WITHOUT_OTHERS = """document.querySelectorAll(
    ".md-sidebar--primary .md-nav__item:not(:has(.md-nav__link--active))"
).forEach((it) => it.remove())"""


def flaws(
    page: Page, within: str = "html", modes: Sequence[Mode] = TWO
) -> list[Any]:
    """What axe finds, by rule. It leaves the page light, on a desktop.

    `within` is a selector of the parts that it looks at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    lay_out(page)
    found = []
    for mode in modes:
        size, scheme = mode
        measured = EACH if mode == modes[-1] else ONE_OF_ALIKE
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += page.evaluate(RUN, [within, measured])
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found
