// What else is told of a number that is asked: the products that it is the
// sum of, what the book prints, and the cells of pictures that it comes from.
import { make } from "./live/dom.js";

const MOST = 8; // products that are written out

// Entry [i][j] is row i times column j; a vector has one row.
function factors({ sums, at }) {
  if (!sums) return null;
  const [, , , rows, columns] = sums;
  const [i, j] = at.length > 1 ? at : [0, at[0] ?? 0];
  const [row, column] = [rows.at(i), columns.at(j)];
  const isOne =
    at.length === (rows.length > 1 ? 2 : columns.length > 1 ? 1 : 0);
  return isOne && row && column ? { i, j, row, column } : null;
}

/** `0.55 × 0.43 + ...`, if it is a sum of products. */
export function spelledOut(found) {
  const sum = factors(found);
  if (!sum) return [];
  const products = sum.row.map((entry, k) =>
    [entry, sum.column[k]].map(signed).join(" × "),
  );
  const shown = products.slice(0, MOST).join(" + ");
  const rest = products.length - MOST;
  const more = rest > 0 ? ` + … ${rest} more` : "";
  const [[left], [right]] = found.sums;
  return [
    make(
      "p",
      { className: "asked-sum" },
      make("code", {}, left),
      " and ",
      make("code", {}, right),
      `, multiplied: ${shown}${more}`,
    ),
  ];
}

const signed = (number) => (number < 0 ? `(${number})` : `${number}`);

/** What the book prints in its place. */
export function inTheBook({ agreed, at }) {
  if (!agreed) return [];
  const [section, numbers] = agreed;
  const printed = at.reduce((part, i) => part?.at?.(i), numbers);
  if (typeof printed !== "number") return [];
  const href = new URL("ledger/", __md_scope).href;
  return [
    make(
      "p",
      {},
      `The book prints ${printed.toFixed(4)} in section ${section}: `,
      make("a", { href }, "the ledger"),
    ),
  ];
}

/** The cells of pictures that a number is, and is made of. */
export function light(found) {
  mark(found.base, found.at);
  const sum = factors(found);
  if (!sum) return;
  const [[, left, before], [, right, beyond], isTurned] = found.sums;
  const isMatrix = found.sums[3].length > 1;
  sum.row.forEach((_, k) => {
    mark(left, [...before, ...(isMatrix ? [sum.i] : []), k]);
    mark(right, [...beyond, ...(isTurned ? [sum.j, k] : [k, sum.j])]);
  });
}

// What a number stands in, or behind: the last box that was drawn before it.
function box(cell) {
  let part = cell;
  while (part && !part.matches("rect")) part = part.previousElementSibling;
  return part;
}

function mark(base, at) {
  const place = at.map((i) => `[${i}]`).join("");
  const cells = `[data-asked="${base}"][data-place="${place}"]`;
  for (const cell of document.querySelectorAll(`svg ${cells}`)) {
    box(cell)?.classList.add("asked-lit");
  }
}
