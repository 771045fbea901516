// The steps as tables, the chosen cell, and how it comes about.
import { make } from "./dom.js";
import {
  beside,
  button,
  fill,
  makeTable,
  markChosen,
  shapeOf,
} from "./play-table.js";

export class Steps {
  #steps;
  #arithmetic;
  #onChoose;

  // `onChoose` is given the cell: its table, row and column.
  constructor(root, cell, onChoose) {
    this.#steps = root.querySelector(".play-steps");
    this.#arithmetic = root.querySelector(".play-arithmetic");
    this.#arithmetic.setAttribute("aria-live", "polite");
    this.#onChoose = onChoose;
    this.#enliven(cell);
  }

  clear() {
    this.#steps.replaceChildren();
    this.#arithmetic.replaceChildren();
  }

  // Tables stay if what they show has their shape.
  show({ tables, cell, arithmetic }, tokens) {
    const before = [...this.#steps.querySelectorAll(".play-scroll")];
    const boxes = tables.map((table) => {
      const shape = shapeOf(table);
      const kept = before.find((it) => it.dataset.shape === shape);
      const box = kept ?? newTable(table);
      box.dataset.shape = shape;
      fill(box, table, tokens, cell);
      return box;
    });
    const isKept = (box, i) => box === before[i];
    if (boxes.length !== before.length || !boxes.every(isKept)) {
      this.#steps.replaceChildren(...boxes);
    }
    this.#spell(arithmetic);
  }

  #spell({ of, lines }) {
    const texts = [of, ...lines];
    const before = [...this.#arithmetic.children].map((it) => it.textContent);
    if (texts.join("\n") === before.join("\n")) return;
    const paragraphs = texts.map((textContent) => make("p", { textContent }));
    this.#arithmetic.replaceChildren(...paragraphs);
  }

  // The cells that the page was built with become buttons as well.
  #enliven(cell) {
    for (const cell of this.#steps.querySelectorAll("td")) {
      cell.replaceChildren(button(cell.textContent));
    }
    for (const table of this.#tables()) {
      markChosen(table, cell[0] === table.dataset.name ? cell : undefined);
    }
    this.#steps.onclick = ({ target }) => this.#choose(target.closest("td"));
    this.#steps.onkeydown = (event) => {
      const cell = event.target.closest("td");
      const next = event.key.startsWith("Arrow") && beside(cell, event.key);
      if (!next) return;
      event.preventDefault();
      next.firstElementChild.focus();
      this.#choose(next);
    };
  }

  #choose(chosen) {
    if (!chosen) return;
    const table = chosen.closest("table");
    const place = [chosen.parentElement.sectionRowIndex, chosen.cellIndex - 1];
    const cell = [table.dataset.name, ...place];
    for (const each of this.#tables()) {
      markChosen(each, each === table ? cell : undefined);
    }
    this.#onChoose(cell);
  }

  #tables() {
    return this.#steps.querySelectorAll("table");
  }
}

function newTable({ name, title, columns, cells }) {
  const blank = (row) => [make("span"), ...row.map(() => button(""))];
  return makeTable(name, title, columns, cells.map(blank));
}
