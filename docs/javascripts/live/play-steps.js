// The steps as tables, the chosen cell, and how it comes about; beside them,
// if the reader has kept another state, its tables.
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
  #kept = new Map(); // of the kept state: its tables, and their boxes, by name
  #onChoose;

  // `onChoose` is given the cell: its table, row and column.
  constructor(root, onChoose) {
    this.#steps = root.querySelector(".play-steps");
    this.#arithmetic = root.querySelector(".play-arithmetic");
    this.#arithmetic.setAttribute("aria-live", "polite");
    this.#onChoose = onChoose;
    this.#enliven();
  }

  // Show the tables of a state beside those of what comes.
  keep({ tables }, tokens) {
    this.#kept = new Map(
      tables.map((table) => [
        table.name,
        { table, box: keptTable(table, tokens) },
      ]),
    );
  }

  forget() {
    this.#kept.clear();
  }

  // Tables stay if what they show has their shape.
  show({ tables, cell, arithmetic }, tokens) {
    const before = [...this.#steps.children];
    const boxes = tables.flatMap((table) => {
      const shape = shapeOf(table);
      const old = before.find((it) => it.dataset.shape === shape);
      const box = old ?? newTable(table);
      const kept = this.#kept.get(table.name);
      box.dataset.shape = shape;
      fill(box, table, tokens, kept?.table);
      return this.#kept.size ? [box, kept?.box ?? make("div")] : [box];
    });
    const isKept = (box, i) => box === before[i];
    if (boxes.length !== before.length || !boxes.every(isKept)) {
      this.#steps.replaceChildren(...boxes);
    }
    this.#steps.classList.toggle("play-two", this.#kept.size > 0);
    this.#mark(cell);
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
  #enliven() {
    for (const box of this.#steps.children) {
      const cells = box.querySelectorAll("td");
      cells.forEach((it) => it.replaceChildren(button(it.textContent)));
      const { name } = box.querySelector("table").dataset;
      const rows = [...box.querySelectorAll("tbody tr")];
      const shape = {
        name,
        cells: rows.map((it) => it.querySelectorAll("td")),
      };
      /** @type {HTMLElement} */ (box).dataset.shape = shapeOf(shape);
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
    if (!chosen?.querySelector("button")) return;
    const { name } = chosen.closest("table").dataset;
    const row = chosen.parentElement.sectionRowIndex;
    this.#onChoose([name, row, chosen.cellIndex - 1]);
  }

  #mark(cell) {
    for (const table of this.#steps.querySelectorAll("table[data-name]")) {
      markChosen(table, cell[0] === table.dataset.name ? cell : undefined);
    }
  }
}

function newTable({ name, title, columns, cells }) {
  const blank = (row) => [make("span"), ...row.map(() => button(""))];
  return makeTable(name, title, columns, cells.map(blank));
}

// A table without buttons, which no cell is looked for in.
function keptTable(table, tokens) {
  const { name, title, columns, cells } = table;
  const blank = (row) => [make("span"), ...row.map(() => "")];
  const box = makeTable(name, `${title}, kept`, columns, cells.map(blank));
  fill(box, table, tokens);
  box.classList.add("play-kept");
  box.querySelector("table").removeAttribute("data-name");
  return box;
}
