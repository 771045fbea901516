"""axe-core, asked about a page in both schemes and at both sizes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from playwright.sync_api import Page, ViewportSize

from tests.visiting import DESKTOP, PHONE, Scheme, lay_out

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"

# Two modes have both schemes and both sizes; their counterparts, the other
# pairs. Every rule is asked in each. Contrast takes most of the time, and is
# measured once for all that is alike.
Mode: TypeAlias = tuple[ViewportSize, Scheme]
TWO: list[Mode] = [(PHONE, "dark"), (DESKTOP, "light")]
COUNTERPARTS: list[Mode] = [(PHONE, "light"), (DESKTOP, "dark")]
FOUR = TWO + COUNTERPARTS

# Alike are two elements of one name, with the same classes and the same looks,
# both with words or both without, in elements that are alike: the words of
# both have one colour, on one ground.
RUN = """async (within) => {
    const folds = document.querySelectorAll("details:not([open])");
    for (const fold of folds) fold.open = true;
    for (let frame = 0; frame < 2; frame += 1)
        await new Promise(requestAnimationFrame);
    const kinds = new Map(), kindOf = new Map(), measured = new Set();
    for (const part of document.body.querySelectorAll("*")) {
        const looks = getComputedStyle(part);
        const says = [...part.childNodes].some((it) => it.data?.trim());
        const key = [
            kindOf.get(part.parentElement), part.localName, says,
            part.getAttribute("class"), looks.color, looks.backgroundColor,
            looks.backgroundImage, looks.opacity, looks.fontSize,
            looks.fontWeight, looks.display, looks.visibility, looks.position,
            looks.textShadow].join();
        if (!kinds.has(key)) kinds.set(key, kinds.size);
        const kind = kinds.get(key);
        kindOf.set(part, kind);
        part.toggleAttribute("data-alike", measured.has(kind));
        if (part.closest(within)) measured.add(kind);
    }
    const once = { id: "color-contrast", selector: ":not([data-alike])" };
    axe.configure({ noHtml: true, rules: [once] });
    const { violations } = await axe.run(within, {
        resultTypes: ["violations"], preload: false, iframes: false });
    for (const fold of folds) fold.open = false;
    return violations.map(({ id, nodes }) => [
        id, nodes.slice(0, 3).map(({ target: [at] }) => [
            at, document.querySelector(at).outerHTML.slice(0, 200)])]);
}"""

# Words of one block of code that are of one class, in the same colours and on
# the same ground: the first stays, the others become text, which says the
# same. Half of all elements of the book are such words.
WITHOUT_SAME = """for (const code of document.querySelectorAll("pre code")) {
    const kinds = new Set(), kindOf = new Map(), same = [];
    for (const word of code.querySelectorAll("*")) {
        const { color, backgroundColor } = getComputedStyle(word);
        const kind = [
            kindOf.get(word.parentElement), word.localName, word.className,
            color, backgroundColor].join();
        const names = word.getAttributeNames().join();
        const isWord = word.matches("span:not(:has(*))") && names === "class";
        if (isWord && kinds.has(kind)) same.push(word);
        kindOf.set(word, kind);
        kinds.add(kind);
    }
    for (const word of same) word.replaceWith(...word.childNodes);
}"""

# What the tree of pages shows of other pages is the same on each of them.
WITHOUT_OTHERS = """document.querySelectorAll(
    ".md-sidebar--primary .md-nav__item:not(:has(.md-nav__link--active))"
).forEach((it) => it.remove())"""


def flaws(
    page: Page, within: str = "html", modes: Sequence[Mode] = TWO
) -> list[Any]:
    """What axe finds, by rule. It leaves the page light, on a desktop.

    `within` is a selector of the parts that it looks at. Folds are opened for
    it; in code, words of one colour stay text alone.
    """
    found = [flaw for mode in modes for flaw in flaws_in(page, mode, within)]
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


def flaws_in(page: Page, mode: Mode, within: str = "html") -> list[Any]:
    """What axe finds in one mode, in which it leaves the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    lay_out(page)
    page.evaluate(WITHOUT_SAME)
    size, scheme = mode
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found: list[Any] = page.evaluate(RUN, within)
    return found
