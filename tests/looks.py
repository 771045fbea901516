"""What can be measured of how a page looks, by scripts that run in it."""

# Words in pictures that lie on other words, on a bar, or beyond the edge: each
# drawing that is shown, and what it says there.
COLLISIONS = """
() => {
    const apart = 1;  // a box of letters is a little larger than they are
    const meet = (a, b) =>
        a.left < b.right - apart && b.left < a.right - apart &&
        a.top < b.bottom - apart && b.top < a.bottom - apart;
    // the font's box is taller than figures and small letters
    const box = (it) => {
        const { left, right, top, bottom } = it.getBoundingClientRect();
        const rest = (bottom - top) / 5;
        return { left, right, top: top + rest, bottom: bottom - rest };
    };
    const found = [];
    for (const svg of document.querySelectorAll(".figure svg")) {
        const frame = svg.getBoundingClientRect();
        if (!frame.width) continue;
        const words = [...svg.querySelectorAll("text")]
            .filter((it) => it.textContent && it.checkVisibility({
                opacityProperty: true, visibilityProperty: true }))
            .map((it) => [it.textContent, box(it)]);
        const bars = [...svg.querySelectorAll("rect.bar")].map(box);
        words.forEach(([said, at], i) => {
            if (at.left < frame.left - apart || at.right > frame.right + apart)
                found.push(`${said} is cut`);
            if (bars.some((bar) => meet(at, bar)))
                found.push(`${said} lies on a bar`);
            for (const [other, there] of words.slice(i + 1))
                if (meet(at, there)) found.push(`${said} lies on ${other}`);
        });
    }
    return found;
}
"""

# Names of code in tables and headings that break within a word; and shapes,
# options of one word and numbers of sections that break at all.
BROKEN = """
() => {
    const found = [];
    const range = document.createRange();
    const look = (parts, words) => {
        for (const part of document.querySelectorAll(parts)) {
            const all = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
            for (let text; (text = all.nextNode());)
                for (const word of text.data.matchAll(words)) {
                    range.setStart(text, word.index);
                    range.setEnd(text, word.index + word[0].length);
                    const lines = [...range.getClientRects()];
                    if (new Set(lines.map((it) => it.top)).size > 1)
                        found.push(word[0]);
                }
        }
    };
    look("article td:not(.code) > code", /[A-Za-z0-9]+/g);
    look("article th code", /.+/g);
    look("article .doc-heading .doc-object-name", /[A-Z]?[a-z0-9]+|[A-Z]+/g);
    look("article :is(p, li, td, dd) code",
        /(?<!\\w)\\((\\w+, ){1,2}\\w+\\)/g);
    look("article code", /(?<!\\S)--\\w+(?![\\w-])/g);
    look("article :is(p, li, td, summary)", /[Ss]ection\\s\\d[\\d.]*/g);
    look(".eyebrow > span", /.+/g);
    return found;
}
"""

# What follows a formula, a comma as a rule, and begins a line.
PARTED = """
() => {
    const found = [];
    const range = document.createRange();
    for (const formula of document.querySelectorAll("span.formula")) {
        const text = formula.nextSibling;
        if (!/^[,.;:!?)]/.test(text?.data ?? "")) continue;
        range.setStart(text, 0);
        range.setEnd(text, 1);
        const [mark] = range.getClientRects();
        const bases = [...formula.querySelectorAll(".katex-base")];
        const end = bases.at(-1).getBoundingClientRect();
        if (mark && mark.top > end.bottom)
            found.push(`${formula.textContent} ${text.data.slice(0, 9)}`);
    }
    return found;
}
"""

# Short formulas within a sentence that go on in the next line.
CUT = """
() => [...document.querySelectorAll("span.formula")]
    .filter((formula) => {
        const bases = [...formula.querySelectorAll(".katex-base")]
            .map((it) => it.getBoundingClientRect());
        const wide = bases.reduce((sum, { width }) => sum + width, 0);
        const isCut = ({ left }, i) => i && left < bases[i - 1].left;
        return wide < 120 && bases.some(isCut);
    })
    .map((it) => `${it.textContent} is cut`)
"""

# Tables and formulas that have to be moved to be read.
SCROLLED = """
() => [...document.querySelectorAll(".md-typeset__scrollwrap, div.formula")]
    .filter((it) => it.scrollWidth > it.clientWidth + 1)
    .map((it) => `${it.textContent.trim().slice(0, 30)} has to be scrolled`)
"""

# Words that are too small to read, beside those of pictures and formulas.
SMALL = """
() => {
    const found = new Set();
    const all = document.createTreeWalker(
        document.querySelector("article"), NodeFilter.SHOW_TEXT);
    for (let text; (text = all.nextNode());) {
        const part = text.parentElement;
        if (!text.data.trim() || part.closest("svg, .katex, sub, sup"))
            continue;
        const size = parseFloat(getComputedStyle(part).fontSize);
        if (size < 10 && part.checkVisibility())
            found.add(`${text.data.trim()} is ${size} px high`);
    }
    return [...found];
}
"""

# A page that nobody reads to its end.
LONG = """
() => {
    const high = document.documentElement.scrollHeight;
    return high > 40000 ? [`the page is ${high} px high`] : [];
}
"""

# Boxes of code that touch, with nothing between them.
TOUCHING = """
() => [...document.querySelectorAll("article > .highlight + .highlight")]
    .filter((it) => {
        const before = it.previousElementSibling.getBoundingClientRect();
        const box = it.querySelector(".filename") ?? it;
        return before.height &&
            box.getBoundingClientRect().top - before.bottom < 8;
    })
    .map((it) => it.textContent.trim().slice(0, 40))
"""

# Words that begin or end at the very edge of the window. What stands above a
# heading begins with a dot, which is cut off.
AT_THE_EDGE = """
() => {
    const wide = document.documentElement.clientWidth;
    const words = ":is(h1, h2, p):not(.eyebrow)";
    return [...document.querySelectorAll(`article > ${words}`)]
        .filter((it) => {
            const { left, right, width } = it.getBoundingClientRect();
            return width && (left < 8 || right > wide - 8);
        })
        .map((it) => `${it.textContent.trim().slice(0, 40)} at the edge`);
}
"""

LOOKS = [
    *(COLLISIONS, BROKEN, CUT, PARTED, SCROLLED, SMALL, LONG, TOUCHING),
    AT_THE_EDGE,
]
