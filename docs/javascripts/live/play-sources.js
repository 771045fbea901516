// What a cell is computed from: [table, row, column], where null is all.
import { WEIGHTS } from "./play-words.js";

// `numbers` is { parameters, steps } of a view, `head` the one that is shown.
export function sourcesOf({ steps }, head, [name, i, j]) {
  if (name in WEIGHTS) {
    const first = steps[name][0].length * head;
    return [
      ["inputs", i, null],
      [WEIGHTS[name], null, first + j],
    ];
  }
  const vectors = (it) => (it in steps ? it : "inputs");
  switch (name) {
    case "attn_scores":
      return [
        [vectors("queries"), i, null],
        [vectors("keys"), j, null],
      ];
    case "attn_weights":
      return [["attn_scores", i, null]];
    case "mixing_weights":
      return [["attn_weights", i, j]];
    case "merged_context_vecs":
      return ofHead(steps, head, i, j);
  }
  if (name === "context_vecs" && steps.merged_context_vecs) {
    return [
      ["merged_context_vecs", i, null],
      ["W_out", null, j],
      ["b_out", 0, j],
    ];
  }
  if (name === "context_vecs" && steps.head_context_vecs) {
    return ofHead(steps, head, i, j);
  }
  const mixing = steps.mixing_weights ? "mixing_weights" : "attn_weights";
  return [
    [mixing, i, null],
    [vectors("values"), null, j],
  ];
}

// A column of the heads side by side: of the head that is shown, or of none.
function ofHead(steps, head, i, j) {
  const size = steps.values[0].length;
  const isShown = Math.floor(j / size) === head;
  return isShown ? [["head_context_vecs", i, j % size]] : [];
}
