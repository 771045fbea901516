"""Wrong versions of section 3.4."""

from math import exp, sqrt

from attnbook.checker.mistakes.catalogue import mistake
from attnbook.simple import softmax
from attnbook.vectors import Matrix, matmul, transpose

_WEIGHTS = "scaled_attention_weights"
_SDPA = "scaled_dot_product_attention"
_PROJECTED = "trainable_self_attention"
_SCALE = "Divide the scores by `sqrt(d_k)`, the root of the keys' width."


def _scores(queries: Matrix, keys: Matrix, scale: float) -> Matrix:
    """Scores divided by a scale, right or wrong."""
    attn_scores = matmul(queries, transpose(keys))
    return [[score / scale for score in row] for row in attn_scores]


def _mix(attn_scores: Matrix, values: Matrix) -> Matrix:
    """What is right once the scores are."""
    return matmul([softmax(row) for row in attn_scores], values)


def _attend(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    """Right."""
    return _mix(_scores(queries, keys, sqrt(len(keys[0]))), values)


@mistake(_SDPA, "no_scale", "You do not scale the scores.", _SCALE)
def no_scale(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, 1), values)


@mistake(
    _SDPA,
    "scaled_by_root_of_value_width",
    "You scale by the root of the values' width.",
    _SCALE,
)
def by_value_width(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, sqrt(len(values[0]))), values)


@mistake(
    _SDPA,
    "scaled_by_root_of_count",
    "You scale by the root of the number of keys.",
    _SCALE,
)
def by_count(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, sqrt(len(keys))), values)


@mistake(
    _SDPA,
    "scaled_by_root_of_query_count",
    "You scale by the root of the number of queries.",
    "`len(q)` counts the rows; the width is `len(q[0])`.",
)
def by_query_count(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, sqrt(len(queries))), values)


@mistake(
    _SDPA,
    "scaled_by_width",
    "You divide by the width itself, without the root.",
    _SCALE,
)
def by_width(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, len(keys[0])), values)


@mistake(
    _SDPA,
    "multiplied_by_root",
    "You multiply by the root of the width where you should divide.",
    _SCALE,
)
def multiplied(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, 1 / sqrt(len(keys[0]))), values)


@mistake(
    _SDPA,
    "constant_scale",
    "You divide by the same number whatever the width is.",
    _SCALE,
)
def constant_scale(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _mix(_scores(queries, keys, sqrt(2)), values)


@mistake(
    _SDPA,
    "swapped",
    "Queries and keys are swapped: row i holds what key i asks.",
    "Score (i, j) is query i times key j: `queries @ transpose(keys)`.",
)
def swapped(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return _attend(keys, queries, values)


@mistake(
    _SDPA,
    "softmax_over_queries",
    "Your softmax runs over the queries: columns sum to 1, not rows.",
    "Apply softmax to each row of the scores: one query, all its keys.",
)
def over_queries(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    attn_scores = _scores(queries, keys, sqrt(len(keys[0])))
    columns = [softmax(column) for column in transpose(attn_scores)]
    return matmul(transpose(columns), values)


@mistake(
    _SDPA,
    "softmax_over_everything",
    "Your softmax runs over all scores at once: they sum to 1 in all.",
    "Apply softmax to each row of the scores: one query, all its keys.",
)
def over_everything(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    attn_scores = _scores(queries, keys, sqrt(len(keys[0])))
    largest = max(map(max, attn_scores))
    exps = [[exp(score - largest) for score in row] for row in attn_scores]
    total = sum(map(sum, exps))
    return matmul([[e / total for e in row] for row in exps], values)


@mistake(
    _SDPA,
    "no_softmax",
    "You mix the values by the scores: softmax is missing.",
    "Turn each row of scores into weights before mixing.",
)
def scores_as_weights(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    return matmul(_scores(queries, keys, sqrt(len(keys[0]))), values)


@mistake(
    _SDPA,
    "scaled_after_softmax",
    "You divide the weights by the root, after softmax.",
    "Divide the scores, before softmax: rows of weights sum to 1.",
)
def scaled_after(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    scale = sqrt(len(keys[0]))
    mixed = no_scale(queries, keys, values)
    return [[entry / scale for entry in row] for row in mixed]


@mistake(
    _SDPA,
    "keys_mixed",
    "You mix the keys where the values should be mixed.",
    "Multiply the weights with the values.",
)
def keys_mixed(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    _ = values
    return _attend(queries, keys, keys)


@mistake(
    _SDPA,
    "keys_with_keys",
    "You score keys with keys: the queries are not used.",
    "Score (i, j) is query i times key j.",
)
def keys_with_keys(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    _ = queries
    return _attend(keys, keys, values)


@mistake(
    _SDPA,
    "queries_with_queries",
    "You score queries with queries: the keys are not used.",
    "Score (i, j) is query i times key j.",
)
def queries_only(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    _ = keys
    return _attend(queries, queries, values)


@mistake(_WEIGHTS, "no_scale", "You do not scale the scores.", _SCALE)
def weights_no_scale(queries: Matrix, keys: Matrix) -> Matrix:
    return [softmax(row) for row in _scores(queries, keys, 1)]


@mistake(
    _WEIGHTS,
    "scaled_by_root_of_count",
    "You scale by the root of the number of keys.",
    _SCALE,
)
def weights_by_count(queries: Matrix, keys: Matrix) -> Matrix:
    scale = sqrt(len(keys))
    return [softmax(row) for row in _scores(queries, keys, scale)]


@mistake(
    _WEIGHTS,
    "softmax_over_queries",
    "Your softmax runs over the queries: columns sum to 1, not rows.",
    "Apply softmax to each row of the scores: one query, all its keys.",
)
def weights_over_queries(queries: Matrix, keys: Matrix) -> Matrix:
    attn_scores = _scores(queries, keys, sqrt(len(keys[0])))
    return transpose([softmax(column) for column in transpose(attn_scores)])


@mistake(
    _WEIGHTS,
    "swapped",
    "Queries and keys are swapped: row i holds what key i asks.",
    "Score (i, j) is query i times key j: `queries @ transpose(keys)`.",
)
def weights_swapped(queries: Matrix, keys: Matrix) -> Matrix:
    attn_scores = _scores(keys, queries, sqrt(len(keys[0])))
    return [softmax(row) for row in attn_scores]


@mistake(
    _PROJECTED,
    "swapped",
    "Queries and keys are swapped: row i holds what key i asks.",
    "Queries are `inputs @ W_query`, and score (i, j) is query i, key j.",
)
def swapped_weights(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    projected = [matmul(inputs, W) for W in (W_key, W_query, W_value)]
    return _attend(*projected)


@mistake(
    _PROJECTED,
    "no_scale",
    "You do not scale the scores.",
    _SCALE,
)
def projected_no_scale(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    projected = [matmul(inputs, W) for W in (W_query, W_key, W_value)]
    return no_scale(*projected)


@mistake(
    _PROJECTED,
    "scaled_by_root_of_input_width",
    "You scale by the root of the inputs' width.",
    _SCALE,
)
def by_input_width(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    queries, keys, values = (
        matmul(inputs, W) for W in (W_query, W_key, W_value)
    )
    return _mix(_scores(queries, keys, sqrt(len(inputs[0]))), values)


@mistake(
    _PROJECTED,
    "scaled_by_root_of_value_width",
    "You scale by the root of the values' width.",
    _SCALE,
)
def projected_by_value_width(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    projected = [matmul(inputs, W) for W in (W_query, W_key, W_value)]
    return by_value_width(*projected)


@mistake(
    _PROJECTED,
    "scaled_by_root_of_count",
    "You scale by the root of the number of tokens.",
    _SCALE,
)
def projected_by_count(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    projected = [matmul(inputs, W) for W in (W_query, W_key, W_value)]
    return by_count(*projected)


@mistake(
    _PROJECTED,
    "softmax_over_queries",
    "Your softmax runs over the queries: columns sum to 1, not rows.",
    "Apply softmax to each row of the scores: one query, all its keys.",
)
def projected_over_queries(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    projected = [matmul(inputs, W) for W in (W_query, W_key, W_value)]
    return over_queries(*projected)


@mistake(
    _PROJECTED,
    "inputs_mixed",
    "You mix the inputs themselves: `W_value` is not used.",
    "Mix `inputs @ W_value`.",
)
def inputs_mixed(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    _ = W_value
    return _attend(matmul(inputs, W_query), matmul(inputs, W_key), inputs)


@mistake(
    _PROJECTED,
    "values_from_keys",
    "You mix the keys where the values should be mixed.",
    "Mix `inputs @ W_value`.",
)
def values_from_keys(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    _ = W_value
    return keys_mixed(matmul(inputs, W_query), matmul(inputs, W_key), inputs)


@mistake(
    _PROJECTED,
    "queries_with_queries",
    "You use one projection for queries and keys: `W_key` is not used.",
    "Keys are `inputs @ W_key`.",
)
def one_projection(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    _ = W_key
    queries = matmul(inputs, W_query)
    return _attend(queries, queries, matmul(inputs, W_value))
