// What the theme leaves to do for keyboards and screen readers.
const scrollers =
  ".md-typeset__scrollwrap, div.formula, .md-typeset pre, " +
  ".md-typeset pre code, .live-results, .attnbook-report .scroll, " +
  ".play-arithmetic";
const growing = ".live-results, .play-arithmetic"; // these scroll downwards

// A block that scrolls can be reached and scrolled by keyboard. All are
// measured before one is changed.
const sizes = new ResizeObserver((entries) => {
  const scroll = entries.map(({ target }) => {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = target;
    const tall = target.matches(growing) && scrollHeight > clientHeight;
    return scrollWidth > clientWidth || tall;
  });
  entries.forEach(({ target }, i) => {
    if (scroll[i]) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  });
});

function watch(part) {
  if (part.matches(scrollers)) sizes.observe(part);
  part.querySelectorAll(scrollers).forEach((block) => sizes.observe(block));
  // The buttons of a code block are no landmark of the page.
  const buttons = ".md-code__nav";
  for (const nav of [part, ...part.querySelectorAll(buttons)]) {
    if (nav.matches(buttons)) nav.setAttribute("role", "none");
  }
}

// Pages, buttons and results come while the reader reads.
watch(document.body);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const part of addedNodes) {
      if (part instanceof Element) watch(part);
    }
  }
}).observe(document.body, { childList: true, subtree: true });

// The arrow that unfolds a section says which.
document$.subscribe(() => {
  document.querySelectorAll(".md-nav__container > label").forEach((label) => {
    if (label.textContent.trim()) return;
    const name = document.createElement("span");
    name.className = "only-heard";
    name.textContent = label.previousElementSibling.textContent.trim();
    label.append(name);
  });
});
