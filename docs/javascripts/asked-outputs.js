// Makes the numbers that sessions print ones that can be asked: each was
// printed by the example above it. The number of a section is none of them.
const NUMBER =
  /(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?!\w|\.\d)/g;

// The examples of the reference are no sessions of a page.
const LINES = ".md-content .language-pycon:is(.live, .local) code > span[id]";

/** Marks them, example by example, as the build has counted them. */
export function markOutputs(page) {
  let example = -1;
  for (const line of page.querySelectorAll(LINES)) {
    if (line.closest(".card, .sheet")) continue;
    const prompt = line.querySelector(":scope > .gp");
    if (prompt) example += Number(prompt.textContent.startsWith(">>>"));
    else markLine(line, `example ${example}`);
  }
}

function markLine(line, asked) {
  if (line.querySelector("[data-asked]")) return;
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const parts = split(text.data, asked);
    if (parts.length > 1) text.replaceWith(...parts);
  }
}

// The text around the numbers, and the numbers as elements.
function split(text, asked) {
  const parts = [];
  let after = 0;
  for (const { 0: shown, index } of text.matchAll(NUMBER)) {
    const number = document.createElement("data");
    number.value = number.textContent = shown;
    number.dataset.asked = asked;
    parts.push(text.slice(after, index), number);
    after = index + shown.length;
  }
  return [...parts, text.slice(after)];
}
