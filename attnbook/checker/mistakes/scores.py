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


@wrong("take", SCALED, _SCORE)
def swapped(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    """Queries and keys are swapped: row i holds what key i asks."""
    return keys, queries, values


@wrong("take", SCALED, "Score (i, j) is query i times key j.")
def keys_with_keys(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    """You score keys with keys: the queries are not used."""
    _ = queries
    return keys, keys, values


@wrong("take", SCALED, "Score (i, j) is query i times key j.")
def queries_with_queries(
    queries: Matrix, keys: Matrix, values: Matrix
) -> Triple:
    """You score queries with queries: the keys are not used."""
    _ = keys
    return queries, queries, values


@wrong("take", MIXED, "Multiply the weights with the values.")
def keys_mixed(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    """You mix the keys where the values should be mixed."""
    _ = values
    return queries, keys, keys


@wrong("take", MIXED, "Score queries with keys, then mix the values.")
def keys_and_values_swapped(
    queries: Matrix, keys: Matrix, values: Matrix
) -> Triple:
    """Keys and values are swapped: you score with values and mix the keys."""
    return queries, values, keys


@wrong(
    "take",
    OF_INPUTS,
    "Queries, keys and values each have a weight matrix of their own.",
)
def one_projection(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    """One projection makes queries, keys and values: two are not used."""
    _ = keys, values
    return queries, queries, queries


@wrong("score", (*_SCORES, *SCALED), _PLAIN)
def cosine(queries: Matrix, keys: Matrix) -> Matrix:
    """You divide by the lengths of the vectors: those are cosines."""
    return [
        [dot(q, k) / (sqrt(dot(q, q) * dot(k, k)) or 1.0) for k in keys]
        for q in queries
    ]


@wrong(
    "score",
    (*_SCORES, *SCALED),
    "Use the dot product: it is large where vectors point the same way.",
)
def distance(queries: Matrix, keys: Matrix) -> Matrix:
    """You measure the distance to the query; near is small then."""
    return [
        [
            sqrt(sum((a - b) ** 2 for a, b in zip(q, k, strict=True)))
            for k in keys
        ]
        for q in queries
    ]


@wrong(
    "score",
    (*_SCORES, *SCALED),
    "Keep floats: leave out `int`, `//` and integer arrays.",
)
def integer_scores(queries: Matrix, keys: Matrix) -> Matrix:
    """Your scores are whole numbers: what stands behind the point is lost."""
    return [[float(int(dot(q, k))) for k in keys] for q in queries]


@wrong("scale", ("attention_scores",), _PLAIN)
def scaled(head: Head) -> float:
    """You divide by the root of the width; that comes in section 3.4."""
    return sqrt(len(head.keys[0]))


@wrong(
    "scale",
    ("attention_weights",),
    "Leave the scores as they are: section 3.3 does not scale them.",
)
def scaled_by_root_of_width(head: Head) -> float:
    """You divide the scores by the square root of the width."""
    return sqrt(len(head.keys[0]))


@wrong("scale", SCALED, _SCALE)
def no_scale(head: Head) -> float:
    """You do not scale the scores."""
    _ = head
    return 1.0


@wrong("scale", (*SDPA, *PROJECTED, *CAUSAL), _SCALE)
def scaled_by_root_of_value_width(head: Head) -> float:
    """You scale by the root of the values' width."""
    return sqrt(len(head.values[0]))


@wrong("scale", SCALED, _SCALE)
def scaled_by_root_of_count(head: Head) -> float:
    """You scale by the root of the number of keys."""
    return sqrt(len(head.keys))


@wrong(
    "scale",
    (*WEIGHTS, *SDPA),
    "`len(q)` counts the rows; the width is `len(q[0])`.",
)
def scaled_by_root_of_query_count(head: Head) -> float:
    """You scale by the root of the number of queries."""
    return sqrt(len(head.queries))


@wrong("scale", SCALED, _SCALE)
def scaled_by_width(head: Head) -> float:
    """You divide by the width itself, without the root."""
    return float(len(head.keys[0]))


@wrong("scale", SCALED, _SCALE)
def multiplied_by_root(head: Head) -> float:
    """You multiply by the root of the width where you should divide."""
    return 1 / sqrt(len(head.keys[0]))


@wrong("scale", SCALED, _SCALE)
def constant_scale(head: Head) -> float:
    """You divide by the same number whatever the width is."""
    _ = head
    return sqrt(2)


@wrong("scale", OF_INPUTS, _SCALE)
def scaled_by_root_of_input_width(head: Head) -> float:
    """You scale by the root of the inputs' width."""
    return sqrt(len(head.inputs[0]))


@wrong(
    "scale",
    SEVERAL,
    "Divide by `sqrt(head_dim)`: each head has its own, smaller width.",
)
def scaled_by_root_of_d_out(head: Head) -> float:
    """You scale by the root of `d_out`, the width of all heads."""
    return sqrt(head.d_out)


@wrong(
    "scale", MULTI, "Divide by `sqrt(head_dim)`: each head has its own width."
)
def scaled_by_root_of_heads(head: Head) -> float:
    """You scale by the root of the number of heads."""
    return sqrt(head.num_heads)
