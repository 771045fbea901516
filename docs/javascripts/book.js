// What the theme leaves to do for keyboards and screen readers.
const scrollers = ".md-typeset__scrollwrap, div.formula, .md-typeset pre";

// A block that scrolls sideways can be reached and scrolled by keyboard.
const reach = ({ target }) => {
  if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
  else target.removeAttribute("tabindex");
};
const sizes = new ResizeObserver((entries) => entries.forEach(reach));

document$.subscribe(() => {
  sizes.disconnect();
  document.querySelectorAll(scrollers).forEach((block) => sizes.observe(block));
  // The buttons of a code block are no landmark of the page.
  document
    .querySelectorAll(".md-code__nav")
    .forEach((nav) => nav.setAttribute("role", "none"));
  // The arrow that unfolds a section says which.
  document.querySelectorAll(".md-nav__container > label").forEach((label) => {
    if (label.textContent.trim()) return;
    const name = document.createElement("span");
    name.className = "only-heard";
    name.textContent = label.previousElementSibling.textContent.trim();
    label.append(name);
  });
});
