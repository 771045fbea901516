// All that the page Play with it shows for a state: what inpage/play.py gives
// the build. `data` is what play-state.js makes of the fields.
import { parametersOf, stepsOf } from "./play-compute.js";
import { isHidden, KINDS, lines, meaning, shown } from "./play-words.js";

const LEVELS = 9; // the darkest shade, on either side
const TITLES = {
  queries: "Queries",
  keys: "Keys",
  values: "Values",
  attn_scores: "Attention scores",
  attn_weights: "Attention weights",
  mixing_weights: "Weights after dropout",
  head_context_vecs: "Context vectors of the head",
  merged_context_vecs: "Heads side by side",
  context_vecs: "Context vectors",
};

export function view(data) {
  const parameters = parametersOf(data);
  const computed = stepsOf(data, parameters);
  const names = Object.keys(TITLES).filter((name) => name in computed);
  const steps = Object.fromEntries(names.map((it) => [it, computed[it]]));
  const cell = cellOf(steps, data.cell);
  const scene = { state: data, parameters, steps };
  return {
    numbers: { parameters, steps },
    parameters: mapValues(parameters, texts),
    tables: names.map((name) => table(data, name, steps[name])),
    cell,
    arithmetic: { of: meaning(data.tokens, cell), lines: lines(scene, cell) },
  };
}

const mapValues = (of, change) =>
  Object.fromEntries(
    Object.entries(of).map(([name, value]) => [name, change(value)]),
  );
const texts = (matrix) => matrix.map((row) => row.map(shown));

/**
 * The chosen cell, or the first score where there is no such cell.
 * @returns {[string, number, number]}
 */
function cellOf(steps, [name, row, column]) {
  const isThere = steps[name]?.[row]?.[column] !== undefined;
  return isThere ? [name, row, column] : ["attn_scores", 0, 0];
}

function table(data, name, matrix) {
  const columns = matrix[0].map((_, j) => String(j + 1));
  const cells = texts(matrix).map((row, i) =>
    row.map((text, j) => (isHidden(data, [name, i, j]) ? "" : text)),
  );
  return {
    name,
    title: TITLES[name],
    columns: name in KINDS ? data.tokens : columns,
    cells,
    shades: shades(data, name, matrix),
  };
}

// How dark each cell is: its distance from 0, or from an even share.
function shades(data, name, matrix) {
  const isShare = name in KINDS && name !== "attn_scores";
  const isUneven = data.even && isShare;
  const rows = isUneven
    ? matrix.map((row, i) => uneven(data, name, i, row))
    : matrix;
  const sizes = rows.flat().map(Math.abs).filter(Number.isFinite);
  const most = Math.max(isUneven ? 1 / matrix.length : 0, ...sizes);
  return rows.map((row) => row.map((value) => shade(value, most)));
}

export function shade(value, most) {
  if (most <= 0 || !Number.isFinite(value)) return 0;
  const steps = (LEVELS * value) / most;
  return even(Math.min(Math.max(steps, -LEVELS), LEVELS));
}

// Python rounds a half to the even neighbour.
function even(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value) + 0; // no -0
  return floor % 2 ? floor + 1 : floor;
}

function uneven(data, name, i, row) {
  const hidden = row.map((_, j) => isHidden(data, [name, i, j]));
  const share = 1 / hidden.filter((it) => !it).length;
  return row.map((weight, j) => (hidden[j] ? 0 : weight - share));
}
