// Every step of attention for what is played with, by name: what
// inpage/steps.py computes in Python.
import {
  attend,
  matmul,
  mergeHeads,
  outputProjection,
  splitHeads,
} from "./play-attention.js";
import { Generator } from "./play-random.js";

const PARAMETERS = ["W_query", "W_key", "W_value", "W_out", "b_out"];

// What the attention of a section has.
export const isMixed = ({ section, stacked }) => section === "3.6" && !stacked;
export const isCausal = ({ section, causal }) =>
  section === "3.5" || (section === "3.6" && causal);
export const dropped = ({ section, dropout }) =>
  section === "3.5" ? dropout : 0;

export function namesOf(state) {
  if (state.section === "3.3") return [];
  return isMixed(state) ? PARAMETERS : PARAMETERS.slice(0, 3);
}

// The weights by name, as they are given or drawn as the book does.
export function parametersOf(state) {
  const { inputs, seed, width, section, stacked, heads } = state;
  const names = namesOf(state);
  if (seed === undefined) return pick(state.parameters, names);
  const generator = new Generator(seed);
  const count = section === "3.6" && stacked ? heads : 1;
  const draw = () => generator.linear(inputs[0].length, width / count).weight;
  const drawn = Array.from({ length: count }, () => [draw(), draw(), draw()]);
  const wide = [0, 1, 2].map((k) => mergeHeads(drawn.map((head) => head[k])));
  const out = generator.linear(width, width, true);
  const all = [...wide, out.weight, [out.bias]];
  return Object.fromEntries(names.map((name, k) => [name, all[k]]));
}

const pick = (from, names) =>
  Object.fromEntries(names.map((name) => [name, from[name]]));

// What scores are divided by.
export function scaleOf({ section, temperature }, width) {
  return (section === "3.3" ? 1 : Math.sqrt(width)) * temperature;
}

// The steps by name; of several heads, those of the one that is shown.
export function stepsOf(state, parameters) {
  const { section, inputs } = state;
  if (section === "3.3") return attendAs(state, [inputs, inputs, inputs]);
  const projected = ["W_query", "W_key", "W_value"].map((name) =>
    matmul(inputs, parameters[name]),
  );
  if (section === "3.6") return headsOf(state, projected, parameters);
  return { ...named(projected), ...attendAs(state, projected) };
}

function headsOf(state, projected, { W_out, b_out }) {
  const split = projected.map((it) => splitHeads(it, state.heads));
  const heads = split[0].map((_, k) => split.map((it) => it[k]));
  const attended = heads.map((head) => attendAs(state, head));
  const merged = mergeHeads(attended.map((it) => it.context_vecs));
  const { context_vecs, ...own } = attended[state.head];
  const steps = { ...named(heads[state.head]), ...own };
  steps.head_context_vecs = context_vecs;
  if (!W_out) return { ...steps, context_vecs: merged };
  return {
    ...steps,
    merged_context_vecs: merged,
    context_vecs: outputProjection(merged, W_out, b_out[0]),
  };
}

function named(vectors) {
  const [queries, keys, values] = vectors;
  return { queries, keys, values };
}

function attendAs(state, vectors) {
  const [queries, keys, values] = vectors;
  const p = dropped(state);
  const n = keys.length;
  return attend(queries, keys, values, {
    scale: scaleOf(state, keys[0].length),
    causal: isCausal(state),
    keep: p ? new Generator(state.dice).dropoutKeep(n, n, p) : undefined,
    p,
  });
}
