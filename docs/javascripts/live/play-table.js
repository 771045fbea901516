// The tables of the page Play with it, and their buttons.
import { make } from "./dom.js";

const ARROWS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export const button = (text, onclick, properties = {}) =>
  make("button", { type: "button", textContent: text, onclick, ...properties });

export const range = (least, most) =>
  Array.from({ length: most - least + 1 }, (_, i) => least + i);

export function makeTable(name, title, columns, rows, corner = "token") {
  const header = (scope, ...content) => make("th", { scope }, ...content);
  const heads = [corner, ...columns].map((it) =>
    it === "" ? make("td") : header("col", it),
  );
  const lines = rows.map(([first, ...rest]) => {
    const cells = rest.map((it) => make("td", {}, it));
    return make("tr", {}, header("row", first), ...cells);
  });
  const table = make("table", { className: "play-table" });
  table.dataset.name = name;
  table.append(
    make("caption", { textContent: title }),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...lines),
  );
  return make("div", { className: "play-scroll" }, table);
}

// The shape of a table: what has another one has to be made anew.
export const shapeOf = ({ name, cells }) =>
  [name, cells.length, cells[0].length].join(" ");

// Put texts and shades in a table that has their shape. What is hidden has no
// text. `kept` is a table of another state, to compare with.
export function fill(box, { columns, cells, shades }, tokens, kept) {
  const [head, ...lines] = box.querySelector("table").rows;
  columns.forEach((text, j) => (head.cells[j + 1].textContent = text));
  lines.forEach((line, i) => {
    line.cells[0].textContent = tokens[i];
    cells[i].forEach((text, j) => {
      const cell = line.cells[j + 1];
      const level = shades[i][j];
      cell.className = level < 0 ? `ember-${-level}` : `heat-${level}`;
      cell.classList.toggle("play-hidden", !text);
      const differs = kept && kept.cells[i]?.[j] !== text;
      cell.classList.toggle("play-differs", Boolean(differs));
      const inside = cell.firstElementChild ?? cell;
      inside.textContent = text;
      if (inside !== cell) inside.ariaLabel = text ? null : "hidden";
    });
  });
}

// Mark what the chosen cell is computed from: [table, row, column], and all
// of them where a row or a column is not told.
export function markSources(root, sources) {
  for (const cell of root.querySelectorAll(".play-source")) {
    cell.classList.remove("play-source");
  }
  for (const [name, row, column] of sources) {
    const table = root.querySelector(`table[data-name=${name}]`);
    for (const line of table?.tBodies[0].rows ?? []) {
      if (row !== null && line.sectionRowIndex !== row) continue;
      for (const cell of line.querySelectorAll("td:not(:has(.play-remove))")) {
        const isMeant = column === null || cell.cellIndex - 1 === column;
        if (isMeant) cell.classList.add("play-source");
      }
    }
  }
}

// One cell of a table is reached by Tab, the others by arrows.
export function markChosen(table, cell) {
  const [, row, column] = cell ?? ["", 0, 0];
  [...table.tBodies[0].rows].forEach((line, i) =>
    [...line.cells].slice(1).forEach((it, j) => {
      const isHere = i === row && j === column;
      it.classList.toggle("play-chosen", Boolean(cell) && isHere);
      it.firstElementChild.ariaPressed = String(Boolean(cell) && isHere);
      it.firstElementChild.tabIndex = isHere ? 0 : -1;
    }),
  );
}

// The cell that an arrow leads to, if there is one.
export function beside(cell, key) {
  const [down, right] = ARROWS[key] ?? [0, 0];
  const rows = cell.closest("tbody").rows;
  const row = rows[cell.parentElement.sectionRowIndex + down];
  const column = cell.cellIndex + right;
  return column > 0 ? row?.cells[column] : undefined;
}
