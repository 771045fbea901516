// A field for words: of the catalogue it leaves the mistakes that hold them
// all, and unfolds their lists. Without it the lists are whole.
import { make } from "./live/dom.js";

export class Filter {
  #all; // each mistake: its elements, its text, the headings above it
  #folds;
  #headings;
  #field = make("input", { type: "search", autocomplete: "off" });
  #status = make("p", { role: "status" });

  constructor(box) {
    const parts = partsBelow(box);
    this.#folds = parts.filter((it) => it.matches("details:has(> dl)"));
    this.#all = this.#folds.flatMap((it) => {
      const above = [...headingsOf(parts, parts.indexOf(it)), it];
      return mistakesOf(it.querySelector("dl"), above);
    });
    this.#headings = new Set(this.#all.flatMap(({ headings }) => headings));
    this.#field.spellcheck = false;
    this.#field.placeholder = "softmax rows";
    this.#field.oninput = () => {
      this.#show();
      const isAsked = wordsOf(this.#field.value).length > 0;
      for (const it of this.#folds) it.open = isAsked;
    };
    const label = make("label", {}, "Show the mistakes with", this.#field);
    box.replaceChildren(label, this.#status);
    addEventListener("hashchange", () => box.isConnected && this.#letGo());
    this.#show();
  }

  #show() {
    const words = wordsOf(this.#field.value);
    const isMeant = ({ text }) => words.every((it) => text.includes(it));
    const left = this.#all.filter(isMeant);
    const seen = new Set(
      left.flatMap(({ headings, elements }) => [...headings, ...elements]),
    );
    const elements = this.#all.flatMap((each) => each.elements);
    for (const it of [...this.#headings, ...elements]) {
      it.hidden = !seen.has(it);
    }
    const [count, all] = [left.length, this.#all.length];
    this.#status.textContent =
      count < all ? `${count} of ${all} entries.` : `All ${all} entries.`;
  }

  // A link leads to a mistake that may not be among those that are left.
  #letGo() {
    const meant = document.getElementById(location.hash.slice(1));
    if (!meant?.hidden) return;
    this.#field.value = "";
    this.#show();
    const fold = meant.closest("details");
    if (fold) fold.open = true;
    meant.scrollIntoView();
  }
}

const wordsOf = (text) =>
  text
    .toLowerCase()
    .split(/[\s_]+/)
    .filter(Boolean);

function partsBelow(box) {
  const parts = [];
  for (let it = box.nextElementSibling; it; it = it.nextElementSibling) {
    parts.push(it);
  }
  return parts;
}

// The step and the section of a list, and what is said below these headings.
function headingsOf(parts, at) {
  const above = parts.slice(0, at);
  const section = above.findLastIndex((it) => it.localName === "h2");
  const step = above.findLastIndex((it) => it.localName === "h3");
  const first = above.findIndex((it, i) => i > section && it.matches("h3"));
  return [...above.slice(section, first), ...above.slice(step)];
}

// A mistake is a term and what is said of it; its step counts, too.
function mistakesOf(list, headings) {
  const mistakes = [];
  for (const it of list.children) {
    if (it.localName === "dt") mistakes.push({ elements: [], headings });
    mistakes.at(-1).elements.push(it);
  }
  const titles = headings.filter((it) => it.localName !== "details");
  const above = titles.map((it) => it.textContent).join(" ");
  return mistakes.map(({ elements }) => {
    const own = elements.map((it) => it.textContent).join(" ");
    const text = `${above} ${own}`.toLowerCase().replaceAll("_", " ");
    return { elements, headings, text };
  });
}
