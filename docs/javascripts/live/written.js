// What the reader has written in the exercises of other pages. The page names
// them in the order of the book: a link to each, and what it asks for first.
import { kept } from "./kept.js";

export function written(but = "") {
  const rows = [...document.querySelectorAll(".train-here table tr")];
  return rows
    .map(key)
    .filter((it) => it && it !== but)
    .map(kept.read)
    .filter(Boolean);
}

function key(row) {
  const link = row.querySelector("a");
  if (!link) return "";
  const name = row.querySelector("code").textContent;
  return `attnbook exercise ${new URL(link.href).pathname} ${name}`;
}
