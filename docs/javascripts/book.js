// What the theme leaves to do for keyboards and screen readers.
const scrollers =
  ".md-typeset__scrollwrap, div.formula, .md-typeset pre, .md-typeset pre code";

// A block that scrolls sideways can be reached and scrolled by keyboard. All
// are measured before one is changed.
const sizes = new ResizeObserver((entries) => {
  const wide = entries.map(({ target }) => {
    return target.scrollWidth > target.clientWidth;
  });
  entries.forEach(({ target }, i) => {
    if (wide[i]) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  });
});

// The buttons of a code block, which come when it is seen, are no landmark.
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (node.className === "md-code__nav") node.setAttribute("role", "none");
    }
  }
}).observe(document.body, { childList: true, subtree: true });

document$.subscribe(() => {
  sizes.disconnect();
  document.querySelectorAll(scrollers).forEach((block) => sizes.observe(block));
  // The arrow that unfolds a section says which.
  document.querySelectorAll(".md-nav__container > label").forEach((label) => {
    if (label.textContent.trim()) return;
    const name = document.createElement("span");
    name.className = "only-heard";
    name.textContent = label.previousElementSibling.textContent.trim();
    label.append(name);
  });
});
