// How a cell comes about, in words and numbers: what inpage/words.py says.
import { softmax, transpose } from "./play-attention.js";
import { isCausal, scaleOf } from "./play-compute.js";

export const WEIGHTS = { queries: "W_query", keys: "W_key", values: "W_value" };
export const KINDS = {
  attn_scores: "Score",
  attn_weights: "Weight",
  mixing_weights: "Weight after dropout",
};
const VECTORS = {
  queries: "query",
  keys: "key",
  values: "value",
  merged_context_vecs: "merged vector",
};

// Four decimals, or a power of ten where that is long.
export function shown(value) {
  if (value === -Infinity) return "−∞";
  const text =
    Math.abs(value) < 1e5
      ? rounded(value)
      : value.toExponential(3).replace(/\+(\d)$/, "+0$1");
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

// Halfway between two, Python takes the even one, and JavaScript the greater.
function rounded(value) {
  const text = value.toFixed(4);
  const isHalfway = Number.isInteger(value * 32) && /5$/.test(value.toFixed(5));
  if (!isHalfway || Number(text.at(-1)) % 2 === 0) return text;
  return (Number(text) - Math.sign(value) * 1e-4).toFixed(4);
}

export const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);

// A number in a product; what is exact is written short.
export function factor(value) {
  const text = shown(value);
  const isExact = !text.includes("e") && Number(value.toFixed(4)) === value;
  return bracketed(isExact ? text.replace(/\.?0+$/, "") : text);
}

export const product = (x, y) =>
  x.map((it, i) => `${factor(it)} × ${factor(y[i])}`).join(" + ");

// One weight of a softmax, step by step; what is hidden adds nothing.
export function share(scores, j) {
  const largest = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - largest));
  const seen = exps.filter((_, k) => scores[k] !== -Infinity);
  const own = shown(exps[j]);
  const total = shown(exps.reduce((sum, it) => sum + it, 0));
  return [
    `exp(${shown(scores[j])} − ${bracketed(shown(largest))}) = ${own}`,
    `${seen.map(shown).join(" + ")} = ${total}`,
    `${own} / ${total} = ${shown(softmax(scores)[j])}`,
  ];
}

export function meaning(tokens, [name, i, j]) {
  if (name in KINDS) return `${KINDS[name]} of ${tokens[j]} for ${tokens[i]}`;
  const vector = VECTORS[name] ?? "context vector";
  return `Entry ${j + 1} of the ${vector} of ${tokens[i]}`;
}

export const isHidden = (state, [name, i, j]) =>
  name in KINDS && isCausal(state) && j > i;

// `scene` is { state, parameters, steps }.
export function lines(scene, cell) {
  const [name, i, j] = cell;
  if (isHidden(scene.state, cell)) return [hidden(scene.state.tokens, cell)];
  if (name === "attn_weights") return weight(scene, i, j);
  const found = (TOLD[name] ?? context)(scene, cell);
  return [`${found} = ${shown(scene.steps[name][i][j])}`];
}

function hidden(tokens, [name, i, j]) {
  const values = { attn_scores: "−∞", attn_weights: "exp(−∞) = 0" };
  const comes = `${tokens[j]} comes after ${tokens[i]}`;
  return `${values[name] ?? "0"}: ${comes}, so it is hidden`;
}

// In section 3.3 the inputs are queries, keys and values.
const vectors = ({ state, steps }, name) => steps[name] ?? state.inputs;
const columnOf = (matrix, j) => transpose(matrix)[j];

function projected({ state, parameters, steps }, [name, i, j]) {
  const first = steps[name][0].length * (state.head ?? 0);
  const column = columnOf(parameters[WEIGHTS[name]], first + j);
  return product(state.inputs[i], column);
}

const score = (scene, [, i, j]) =>
  product(vectors(scene, "queries")[i], vectors(scene, "keys")[j]);

function weight(scene, i, j) {
  const { state, steps } = scene;
  const scores = steps.attn_scores[i];
  const width = vectors(scene, "keys")[0].length;
  const root = state.section === "3.3" ? "" : ` / √${width}`;
  const heat = state.temperature === 1 ? "" : ` / ${factor(state.temperature)}`;
  if (!(root + heat) || (width === 1 && !heat)) return share(scores, j);
  const scaled = scores.map((it) => it / scaleOf(state, width));
  const first = `${shown(scores[j])}${root}${heat} = ${shown(scaled[j])}`;
  return [first, ...share(scaled, j)];
}

function mixing({ state, steps }, [name, i, j]) {
  const before = shown(steps.attn_weights[i][j]);
  if (steps[name][i][j] === 0) return `${before} × 0`;
  return `${before} / (1 − ${factor(state.dropout)})`;
}

function merged({ steps }, [, , j]) {
  const width = steps.values[0].length;
  const head = Math.floor(j / width);
  return `entry ${(j % width) + 1} of head ${head + 1}`;
}

function context(scene, cell) {
  const [name, i, j] = cell;
  const { parameters, steps } = scene;
  if (name === "context_vecs" && steps.merged_context_vecs) {
    const column = columnOf(parameters.W_out, j);
    const found = product(steps.merged_context_vecs[i], column);
    return `${found} + ${factor(parameters.b_out[0][j])}`;
  }
  if (name === "context_vecs" && steps.head_context_vecs) {
    return merged(scene, cell);
  }
  const shares = steps.mixing_weights ?? steps.attn_weights;
  return product(shares[i], columnOf(vectors(scene, "values"), j));
}

const TOLD = {
  queries: projected,
  keys: projected,
  values: projected,
  attn_scores: score,
  mixing_weights: mixing,
  merged_context_vecs: merged,
};
