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

// Put texts and shades in a table that has their shape.
export function fill(box, { name, columns, cells, shades }, tokens, cell) {
  const table = box.querySelector("table");
  const [head, ...lines] = table.rows;
  columns.forEach((text, j) => (head.cells[j + 1].textContent = text));
  lines.forEach((line, i) => {
    line.cells[0].textContent = tokens[i];
    cells[i].forEach((text, j) => {
      line.cells[j + 1].className = `heat-${shades[i][j]}`;
      line.cells[j + 1].firstElementChild.textContent = text;
    });
  });
  markChosen(table, name === cell[0] ? cell : undefined);
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
