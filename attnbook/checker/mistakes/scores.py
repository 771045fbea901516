"""Wrong scores: from the wrong vectors, by the wrong product or scale."""

from math import sqrt

from attnbook.checker.mistakes.stages import (
    CAUSAL,
    MIXED,
    MULTI,
    OF_INPUTS,
    PROJECTED,
    SCALED,
    SDPA,
    SEVERAL,
    SIMPLE_WEIGHTS,
    WEIGHTS,
    Head,
    Triple,
    wrong,
)
from attnbook.vectors import Matrix, dot

_SCORE = "Score (i, j) is query i times key j: `queries @ transpose(keys)`."
_PLAIN = "Use the dot product as it is."
_SCALE = "Divide the scores by `sqrt(d_k)`, the root of the keys' width."
_SCORES = ("attention_scores", *SIMPLE_WEIGHTS)


@wrong(
    "take",
    "swapped",
    "Queries and keys are swapped: row i holds what key i asks.",
    _SCORE,
    on=SCALED,
)
def swapped(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    return keys, queries, values


@wrong(
    "take",
    "keys_with_keys",
    "You score keys with keys: the queries are not used.",
    "Score (i, j) is query i times key j.",
    on=SCALED,
)
def keys_with_keys(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    _ = queries
    return keys, keys, values


@wrong(
    "take",
    "queries_with_queries",
    "You score queries with queries: the keys are not used.",
    "Score (i, j) is query i times key j.",
    on=SCALED,
)
def queries_only(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    _ = keys
    return queries, queries, values


@wrong(
    "take",
    "keys_mixed",
    "You mix the keys where the values should be mixed.",
    "Multiply the weights with the values.",
    on=MIXED,
)
def keys_mixed(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    _ = values
    return queries, keys, keys


@wrong(
    "take",
    "keys_and_values_swapped",
    "Keys and values are swapped: you score with values and mix the keys.",
    "Score queries with keys, then mix the values.",
    on=MIXED,
)
def keys_and_values(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    return queries, values, keys


@wrong(
    "take",
    "one_projection",
    "One projection makes queries, keys and values: two are not used.",
    "Queries, keys and values each have a weight matrix of their own.",
    on=OF_INPUTS,
)
def one_projection(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    _ = keys, values
    return queries, queries, queries


@wrong(
    "score",
    "cosine",
    "You divide by the lengths of the vectors: those are cosines.",
    _PLAIN,
    on=(*_SCORES, *SCALED),
)
def cosine(queries: Matrix, keys: Matrix) -> Matrix:
    return [
        [dot(q, k) / (sqrt(dot(q, q) * dot(k, k)) or 1.0) for k in keys]
        for q in queries
    ]


@wrong(
    "score",
    "distance",
    "You measure the distance to the query; near is small then.",
    "Use the dot product: it is large where vectors point the same way.",
    on=(*_SCORES, *SCALED),
)
def distance(queries: Matrix, keys: Matrix) -> Matrix:
    return [
        [
            sqrt(sum((a - b) ** 2 for a, b in zip(q, k, strict=True)))
            for k in keys
        ]
        for q in queries
    ]


@wrong(
    "score",
    "integer_scores",
    "Your scores are whole numbers: what stands behind the point is lost.",
    "Keep floats: leave out `int`, `//` and integer arrays.",
    on=(*_SCORES, *SCALED),
)
def integers(queries: Matrix, keys: Matrix) -> Matrix:
    return [[float(int(dot(q, k))) for k in keys] for q in queries]


@wrong(
    "scale",
    "scaled",
    "You divide by the square root of the width; that comes in section 3.4.",
    _PLAIN,
    on=("attention_scores",),
)
@wrong(
    "scale",
    "scaled_by_root_of_width",
    "You divide the scores by the square root of the width.",
    "Leave the scores as they are: section 3.3 does not scale them.",
    on=SIMPLE_WEIGHTS,
)
def by_root_of_width(head: Head) -> float:
    return sqrt(len(head.keys[0]))


@wrong("scale", "no_scale", "You do not scale the scores.", _SCALE, on=SCALED)
def no_scale(head: Head) -> float:
    _ = head
    return 1.0


@wrong(
    "scale",
    "scaled_by_root_of_value_width",
    "You scale by the root of the values' width.",
    _SCALE,
    on=(*SDPA, *PROJECTED, *CAUSAL),
)
def by_value_width(head: Head) -> float:
    return sqrt(len(head.values[0]))


@wrong(
    "scale",
    "scaled_by_root_of_count",
    "You scale by the root of the number of keys.",
    _SCALE,
    on=SCALED,
)
def by_count(head: Head) -> float:
    return sqrt(len(head.keys))


@wrong(
    "scale",
    "scaled_by_root_of_query_count",
    "You scale by the root of the number of queries.",
    "`len(q)` counts the rows; the width is `len(q[0])`.",
    on=(*WEIGHTS, *SDPA),
)
def by_query_count(head: Head) -> float:
    return sqrt(len(head.queries))


@wrong(
    "scale",
    "scaled_by_width",
    "You divide by the width itself, without the root.",
    _SCALE,
    on=SCALED,
)
def by_width(head: Head) -> float:
    return float(len(head.keys[0]))


@wrong(
    "scale",
    "multiplied_by_root",
    "You multiply by the root of the width where you should divide.",
    _SCALE,
    on=SCALED,
)
def multiplied(head: Head) -> float:
    return 1 / sqrt(len(head.keys[0]))


@wrong(
    "scale",
    "constant_scale",
    "You divide by the same number whatever the width is.",
    _SCALE,
    on=SCALED,
)
def constant(head: Head) -> float:
    _ = head
    return sqrt(2)


@wrong(
    "scale",
    "scaled_by_root_of_input_width",
    "You scale by the root of the inputs' width.",
    _SCALE,
    on=OF_INPUTS,
)
def by_input_width(head: Head) -> float:
    return sqrt(len(head.inputs[0]))


@wrong(
    "scale",
    "scaled_by_root_of_d_out",
    "You scale by the root of `d_out`, the width of all heads.",
    "Divide by `sqrt(head_dim)`: each head has its own, smaller width.",
    on=SEVERAL,
)
def by_d_out(head: Head) -> float:
    return sqrt(head.d_out)


@wrong(
    "scale",
    "scaled_by_root_of_heads",
    "You scale by the root of the number of heads.",
    "Divide by `sqrt(head_dim)`: each head has its own width.",
    on=MULTI,
)
def by_heads(head: Head) -> float:
    return sqrt(head.num_heads)
