// What is played with, as data: checked, resized, and carried in an address.
//
//   #section=3.5&tokens=Your,journey&inputs=0.43,0.15;0.55,0.87&seed=789
//     &width=2&cell=attn_weights,2,1
//
// tokens    2 to 8 names, and inputs as many rows of 1 to 6 numbers
// seed      of the weights, or the matrices W_query, W_key, W_value themselves
// heads, head, causal, and W_out, b_out or stacked: in section 3.6
// dropout   of the weights in section 3.5, and dice, the seed of what it drops
// temperature, if scores are divided by another one than 1
// cell      the chosen one: its table, row and column
// beside    after it, the same of another state, which is kept beside this one
//
// Numbers stay the text that the reader wrote. Nothing here is ever run: an
// address that holds anything else than this is refused.
import { dropped, isMixed } from "./play-compute.js";

const MATRICES = ["W_query", "W_key", "W_value"];
const IDENTITY = [0, 1, 2, 3, 4, 5].map((i) => Array(6).fill("0").with(i, "1"));
const CELL = /^([a-z_]{1,24}),([1-8]),([1-8])$/;
const LONGEST = 4000; // characters of an address
const LARGEST = 100;
export const TEMPERATURES = [0.1, 0.2, 0.5, 1, 2, 5, 10];
export const DROPOUTS = [0, 0.1, 0.2, 0.5];
export const TOKENS = { least: 2, most: 8 };
export const NUMBERS = { least: 1, most: 6 };

// What is wrong with the text of a number; nothing if nothing is.
export function faultOf(text) {
  const plain = text.trim().replace("−", "-");
  if (!plain) return "is empty";
  if (/^-?\d+,\d+$/.test(plain)) {
    return `is not a number: write ${plain.replace(",", ".")}`;
  }
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(plain)) return "is not a number";
  if (/\.\d{5}/.test(plain)) return "has more than four decimals";
  if (Math.abs(Number(plain)) > LARGEST) return `is beyond ${LARGEST}`;
  return "";
}

export function faultOfToken(text) {
  if (!text.trim()) return "has no name";
  return /^\P{C}{1,20}$/u.test(text) ? "" : "is not a name";
}

export function faultOfSeed(text) {
  if (!text.trim()) return "is empty";
  const fits = /^\d{1,10}$/.test(text.trim()) && Number(text) < 2 ** 32;
  return fits ? "" : "is no whole number from 0 to 4294967295";
}

const toNumber = (text) => Number(text.trim().replace("−", "-"));
const toNumbers = (rows) => rows.map((row) => row.map(toNumber));

// Whether the weights are the reader's own, and not drawn from a seed.
export const isOwn = ({ parameters }) => Object.keys(parameters).length > 0;

// The reader's own weights, by name; none while a seed decides.
const ownOf = (state) =>
  shapes(state)
    .filter(([name]) => name in state.parameters)
    .map(([name]) => [name, state.parameters[name]]);

// What is computed with, here and in Python.
export function toData(state) {
  const { section, tokens, width, heads, causal, stacked, cell } = state;
  const { temperature, dropout, even } = state;
  const dice = Number(state.dice);
  const sizes = { width, heads, causal, stacked };
  const rest = { temperature, dropout, dice, even };
  const own = ownOf(state).map(([name, rows]) => [name, toNumbers(rows)]);
  const inputs = toNumbers(state.inputs);
  const head = section === "3.6" ? state.head : 0;
  const weights = own.length
    ? { parameters: Object.fromEntries(own) }
    : { seed: Number(state.seed) };
  return { section, tokens, inputs, cell, head, ...sizes, ...rest, ...weights };
}

// The parameters that a section has, each with its number of rows.
export function shapes(state) {
  if (state.section === "3.3") return [];
  const own = MATRICES.map((name) => [name, state.inputs[0].length]);
  return isMixed(state) ? [...own, ["W_out", state.width], ["b_out", 1]] : own;
}

// Cut a matrix, or extend it with zeros.
export function resize(matrix, rows, columns) {
  const fit = (list, length, filler) =>
    Array.from({ length }, (_, i) => list[i] ?? filler());
  const row = () => fit([], columns, () => "0");
  return fit(matrix, rows, row).map((it) => fit(it, columns, () => "0"));
}

// Make everything fit the tokens, the width and the section again.
export function refit(state) {
  const { inputs, width, parameters } = state;
  state.inputs = resize(inputs, state.tokens.length, inputs[0].length);
  if (width % state.heads) state.heads = 1;
  state.head = Math.min(state.head, state.heads - 1);
  if (!isOwn(state)) return;
  for (const [name, rows] of shapes(state)) {
    const before = parameters[name] ?? (name === "W_out" ? IDENTITY : []);
    parameters[name] = resize(before, rows, width);
  }
}

export function format(state) {
  const { section, cell } = state;
  const plain = (text) => text.trim().replace("−", "-");
  const join = (rows) => rows.map((row) => row.map(plain).join(",")).join(";");
  const parts = [
    ["section", section],
    ["tokens", state.tokens.map(encode).join(",")],
    ["inputs", join(state.inputs)],
  ];
  const own = ownOf(state);
  if (section !== "3.3" && own.length === 0) {
    parts.push(["seed", state.seed.trim()], ["width", state.width]);
  }
  parts.push(...own.map(([name, matrix]) => [name, join(matrix)]));
  if (section === "3.6") {
    parts.push(["heads", state.heads], ["head", state.head + 1]);
    parts.push(["causal", state.causal ? "yes" : "no"]);
    if (state.stacked) parts.push(["stacked", "yes"]);
  }
  if (dropped(state)) {
    parts.push(["dropout", state.dropout], ["dice", state.dice.trim()]);
  }
  if (state.temperature !== 1) parts.push(["temperature", state.temperature]);
  parts.push(["cell", [cell[0], cell[1] + 1, cell[2] + 1].join(",")]);
  return `#${parts.map((part) => part.join("=")).join("&")}`;
}

// Like encodeURIComponent, which leaves brackets and quotes alone.
function encode(text) {
  const code = (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, code);
}

const BESIDE = "&beside&";

// An address for two: what is shown, and what is kept beside it, if anything.
export function formatBoth(state, kept) {
  return kept ? format(state) + BESIDE + format(kept).slice(1) : format(state);
}

// The states in such an address, or an Error.
export function parseBoth(hash, book) {
  const [first, second, ...more] = hash.split(BESIDE);
  if (more.length) throw new Error("beside is there twice");
  const kept = second === undefined ? null : parse(`#${second}`, book);
  return { state: parse(first, book), kept };
}

export const isState = (hash) => hash.startsWith("#section=");

// The state in an address, or an Error that says what is wrong with it.
export function parse(hash, book) {
  if (hash.length > LONGEST) throw new Error("it is too long");
  const parts = read(hash);
  const take = (name, pattern) => {
    const text = parts.get(name);
    parts.delete(name);
    if (text === undefined) throw new Error(`${name} is missing`);
    if (!pattern.test(text)) throw new Error(`${name} cannot be read`);
    return text;
  };
  const state = structuredClone(book);
  state.section = take("section", /^3\.[3-6]$/);
  state.tokens = take("tokens", /./).split(",").map(decode);
  state.tokens.forEach((it) => refuse("a token", faultOfToken(it)));
  within("tokens", state.tokens, TOKENS);
  state.inputs = rows("inputs", take("inputs", /./), state.tokens.length);
  within("inputs[0]", state.inputs[0], NUMBERS);
  // what shapes the weights comes before them
  state.stacked = state.section === "3.6" && parts.has("stacked");
  if (state.stacked) take("stacked", /^yes$/);
  if (state.section !== "3.3") parseWeights(state, parts, take);
  if (state.section === "3.6") {
    state.heads = Number(take("heads", /^[1-6]$/));
    state.head = Number(take("head", /^[1-6]$/)) - 1;
    state.causal = take("causal", /^(yes|no)$/) === "yes";
    const fits = state.width % state.heads === 0 && state.head < state.heads;
    if (!fits) throw new Error("heads do not fit");
  }
  if (state.section === "3.5" && parts.has("dropout")) {
    state.dropout = oneOf("dropout", DROPOUTS, take);
    state.dice = take("dice", /^\d+$/);
    refuse("dice", faultOfSeed(state.dice));
  }
  if (parts.has("temperature")) {
    state.temperature = oneOf("temperature", TEMPERATURES, take);
  }
  if (parts.has("cell")) {
    const [, name, row, column] = take("cell", CELL).match(CELL);
    state.cell = [name, row - 1, column - 1];
  }
  for (const name of parts.keys()) throw new Error(`${name} is unknown here`);
  return state;
}

function oneOf(name, choices, take) {
  const value = Number(take(name, /^[\d.]{1,4}$/));
  if (choices.includes(value)) return value;
  throw new Error(`${name} must be one of ${choices.join(", ")}`);
}

function read(hash) {
  const parts = new Map();
  for (const part of hash.slice(1).split("&")) {
    const [, name, text] = part.match(/^([a-zA-Z_]{1,12})=(.*)$/) ?? [];
    if (!name) throw new Error("a part of it has no name");
    if (parts.has(name)) throw new Error(`${name} is there twice`);
    parts.set(name, text);
  }
  return parts;
}

function parseWeights(state, parts, take) {
  if (parts.has("seed")) {
    state.seed = take("seed", /^\d+$/);
    refuse("seed", faultOfSeed(state.seed));
    state.width = Number(take("width", /^[1-6]$/));
    return;
  }
  const first = take("W_query", /./);
  state.width = first.split(";")[0].split(",").length;
  within("W_query[0]", { length: state.width }, NUMBERS);
  for (const [name, count] of shapes(state)) {
    const text = name === "W_query" ? first : take(name, /./);
    state.parameters[name] = rows(name, text, count, state.width);
  }
}

function rows(name, text, count, width) {
  const matrix = text.split(";").map((row) => row.split(","));
  const columns = width ?? matrix[0].length;
  const fits = (row) => row.length === columns;
  if (matrix.length !== count || !matrix.every(fits)) {
    throw new Error(`${name} must be ${count} rows of ${columns} numbers`);
  }
  matrix.flat().forEach((it) => refuse(`a number of ${name}`, faultOf(it)));
  return matrix;
}

function within(name, { length }, { least, most }) {
  if (length < least || length > most) {
    throw new Error(`${name} must be ${least} to ${most}, not ${length}`);
  }
}

function refuse(name, fault) {
  if (fault) throw new Error(`${name} ${fault}`);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("a token cannot be read");
  }
}
