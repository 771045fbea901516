// The formula and the lines of code, of which those light up that the chosen
// cell belongs to.
import { make } from "./dom.js";
import { dropped, isCausal, isMixed } from "./play-compute.js";

const STEPS = {
  queries: 0,
  keys: 0,
  values: 0,
  attn_scores: 1,
  attn_weights: 2,
  mixing_weights: 3,
  head_context_vecs: 4,
};
const MIXED = 4; // the step that mixes, and the last one of a single head
const MERGED = 5;

export class Code {
  #root;

  constructor(root) {
    this.#root = root;
  }

  // `cell` is the chosen one.
  show(state, cell) {
    const last = state.section === "3.6" ? MERGED : MIXED;
    const step = STEPS[cell[0]] ?? last;
    const lit = (k) => (k === step ? "lit" : "");
    const formula = make("p", { className: "query-formula" }, "z = ");
    formula.append(
      ...termsOf(state).map(([text, k]) =>
        make("span", { className: lit(k) }, text),
      ),
    );
    const lines = linesOf(state).map(([text, k]) =>
      make("li", { className: lit(k) }, make("code", {}, text)),
    );
    const code = make("ol", { className: "query-code" }, ...lines);
    this.#root.replaceChildren(formula, code);
  }
}

function termsOf(state) {
  const isSimple = state.section === "3.3";
  return [
    ["Σ ", MIXED],
    ["softmax(", 2],
    [isSimple ? "q · x" : "q · k", 1],
    [`${isSimple ? "" : " / √d"}${byHeat(state)})`, 2],
    [isSimple ? " x" : " v", MIXED],
  ];
}

const byHeat = ({ temperature }) =>
  temperature === 1 ? "" : ` / ${temperature}`;

// The code of the section, by the step that each line takes.
function linesOf(state) {
  const isSimple = state.section === "3.3";
  const [queries, keys, values] = isSimple
    ? ["inputs", "inputs", "inputs"]
    : ["queries", "keys", "values"];
  const all = [[`attn_scores = matmul(${queries}, transpose(${keys}))`, 1]];
  if (!isSimple) {
    all.unshift(["queries, keys, values = project(inputs, projections)", 0]);
  }
  if (isCausal(state)) {
    all.push(["attn_scores = masked_scores(attn_scores, causal_mask(n))", 1]);
  }
  all.push([`attn_weights = ${sharesOf(state)}`, 2]);
  const p = dropped(state);
  if (p) all.push([`mixing_weights = dropout(attn_weights, keep, ${p})`, 3]);
  const mixing = p ? "mixing_weights" : "attn_weights";
  const name = state.section === "3.6" ? "head_context_vecs" : "context_vecs";
  all.push([`${name} = matmul(${mixing}, ${values})`, MIXED]);
  if (state.section !== "3.6") return all;
  const merged = "merge_heads(heads)";
  const out = isMixed(state)
    ? `output_projection(${merged}, W_out, b_out)`
    : merged;
  return [...all, [`context_vecs = ${out}`, MERGED]];
}

function sharesOf(state) {
  const heat = byHeat(state);
  if (state.section === "3.3" && !heat) {
    return "[softmax(row) for row in attn_scores]";
  }
  if (!heat) return "scaled_softmax(attn_scores, d_k)";
  const root = state.section === "3.3" ? "" : " / sqrt(d_k)";
  return `[softmax([s${root}${heat} for s in row]) for row in attn_scores]`;
}
