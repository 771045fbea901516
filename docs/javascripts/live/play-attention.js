// Attention on rows of numbers: the forward pass of the package, for answers
// at once. Its names are the package's, and tests compare the two on
// thousands of drawn inputs.

export const dot = (x, y) => x.reduce((sum, it, i) => sum + it * y[i], 0);

export const transpose = (matrix) =>
  matrix[0].map((_, j) => matrix.map((row) => row[j]));

// a (n, k) @ b (k, m) -> (n, m)
export function matmul(a, b) {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
}

// scores (n,) -> weights (n,), which sum to 1; of minus infinity comes 0
export function softmax(scores) {
  const largest = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - largest));
  const total = exps.reduce((sum, it) => sum + it, 0);
  return exps.map((it) => it / total);
}

// Hide from every token the tokens after it.
export const maskedScores = (scores) =>
  scores.map((row, i) => row.map((score, j) => (j > i ? -Infinity : score)));

// Drop the weights that are not kept, scale up those that are.
export const dropout = (weights, keep, p) =>
  weights.map((row, i) =>
    row.map((weight, j) => (keep[i][j] ? weight / (1 - p) : 0)),
  );

// vectors (n, d) -> heads (h, n, d / h)
export function splitHeads(vectors, count) {
  const size = vectors[0].length / count;
  return Array.from({ length: count }, (_, k) =>
    vectors.map((row) => row.slice(k * size, (k + 1) * size)),
  );
}

// heads (h, n, d) -> (n, h * d)
export const mergeHeads = (heads) =>
  heads[0].map((_, i) => heads.flatMap((head) => head[i]));

export const outputProjection = (vectors, W_out, b_out) =>
  matmul(vectors, W_out).map((row) => row.map((it, j) => it + b_out[j]));

// Score, weigh and mix. `keep` says what dropout leaves, where there is any.
export function attend(queries, keys, values, { scale, causal, keep, p }) {
  const scores = matmul(queries, transpose(keys));
  const attn_scores = causal ? maskedScores(scores) : scores;
  const attn_weights = attn_scores.map((row) =>
    softmax(row.map((score) => score / scale)),
  );
  const steps = { attn_scores, attn_weights };
  if (!keep) return { ...steps, context_vecs: matmul(attn_weights, values) };
  const mixing_weights = dropout(attn_weights, keep, p);
  const context_vecs = matmul(mixing_weights, values);
  return { ...steps, mixing_weights, context_vecs };
}
