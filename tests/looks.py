"""What can be measured of how a page looks, by scripts that run in it."""

# Words in pictures that lie on other words, on a bar, or beyond the edge: each
# drawing that is shown, and what it says there.
COLLISIONS = """
() => {
    // what is out of sight is laid out, too
    for (const it of document.querySelectorAll("article > *"))
        it.style.contentVisibility = "visible";
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

# Names of code in tables that break within a word.
BROKEN = """
() => {
    const found = [];
    const range = document.createRange();
    const whole = "article td:not(.code) > code";
    for (const code of document.querySelectorAll(whole)) {
        const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
        for (let text; (text = texts.nextNode());)
            for (const word of text.data.matchAll(/[A-Za-z0-9]+/g)) {
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                const lines = [...range.getClientRects()].map((it) => it.top);
                if (new Set(lines).size > 1) found.push(word[0]);
            }
    }
    return found;
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

LOOKS = [COLLISIONS, BROKEN, TOUCHING]
