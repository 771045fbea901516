// A block that scrolls sideways can be reached and scrolled by keyboard.
const scrollers = ".md-typeset__scrollwrap, div.formula, .md-typeset pre";

const mark = ({ target }) => {
  if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
  else target.removeAttribute("tabindex");
};
const sizes = new ResizeObserver((entries) => entries.forEach(mark));

document$.subscribe(() => {
  sizes.disconnect();
  document.querySelectorAll(scrollers).forEach((block) => sizes.observe(block));
});
