"""Wrong scores: from the wrong vectors, by the wrong product or scale."""

from collections.abc import Sequence
from math import sqrt

from attnbook.checker.mistakes.mistake import Mistake
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
    Scale,
    Score,
    Staged,
    Take,
    unscaled,
    wrong,
)
from attnbook.vectors import Vector, dot

_SCORES = ("attention_scores", *SIMPLE_WEIGHTS, *SCALED)

_PLAIN = "Use the dot product as it is."
_SCORE = "Score (i, j) is query i times key j."
_ROOT = "Divide the scores by `sqrt(d_k)`, the root of the keys' width."


def _cosine(q: Vector, k: Vector) -> float:
    return dot(q, k) / (sqrt(dot(q, q) * dot(k, k)) or 1.0)


def _distance(q: Vector, k: Vector) -> float:
    return sqrt(sum((a - b) ** 2 for a, b in zip(q, k, strict=True)))


TAKES: Sequence[Staged[Take]] = (
    ("swapped", SCALED,
     "Queries and keys are swapped: row i holds what key i asks.",
     "Score (i, j) is query i times key j: `queries @ transpose(keys)`.",
     lambda q, k, v: (k, q, v)),
    ("keys_with_keys", SCALED,
     "You score keys with keys: the queries are not used.",
     _SCORE, lambda _, k, v: (k, k, v)),
    ("queries_with_queries", SCALED,
     "You score queries with queries: the keys are not used.",
     _SCORE, lambda q, _, v: (q, q, v)),
    ("queries_with_values", MIXED,
     "You score queries with values: the keys are not used.",
     _SCORE, lambda q, _, v: (q, v, v)),
    ("keys_mixed", MIXED,
     "You mix the keys where the values should be mixed.",
     "Multiply the weights with the values.",
     lambda q, k, _: (q, k, k)),
    ("keys_and_values_swapped", MIXED,
     "Keys and values are swapped: you score with values and mix the keys.",
     "Score queries with keys, then mix the values.",
     lambda q, k, v: (q, v, k)),
    ("one_projection", OF_INPUTS,
     "One projection makes queries, keys and values: two are not used.",
     "Queries, keys and values each have a weight matrix of their own.",
     lambda q, *_: (q, q, q)),
)  # fmt: skip

_PRODUCTS: Sequence[Staged[Score]] = (
    ("cosine", _SCORES,
     "You divide by the lengths of the vectors: those are cosines.",
     _PLAIN,
     lambda queries, keys: [[_cosine(q, k) for k in keys] for q in queries]),
    ("distance", _SCORES,
     "You measure the distance to the query; near is small then.",
     "Use the dot product: it is large where vectors point the same way.",
     lambda queries, keys: [[_distance(q, k) for k in keys] for q in queries]),
    ("integer_scores", _SCORES,
     "Your scores are whole numbers: what stands behind the point is lost.",
     "Keep floats: leave out `int`, `//` and integer arrays.",
     lambda queries, keys: [[int(dot(q, k)) for k in keys] for q in queries]),
)  # fmt: skip

_SCALES: Sequence[Staged[Scale]] = (
    ("scaled", ("attention_scores",),
     "You divide by the root of the width; that comes in section 3.4.",
     _PLAIN, lambda head: sqrt(len(head.keys[0]))),
    ("scaled_by_root_of_width", ("attention_weights",),
     "You divide the scores by the square root of the width.",
     "Leave the scores as they are: section 3.3 does not scale them.",
     lambda head: sqrt(len(head.keys[0]))),
    ("no_scale", SCALED,
     "You do not scale the scores.",
     _ROOT, unscaled),
    ("scaled_by_root_of_value_width", (*SDPA, *PROJECTED, *CAUSAL),
     "You scale by the root of the values' width.",
     _ROOT, lambda head: sqrt(len(head.values[0]))),
    ("scaled_by_root_of_count", SCALED,
     "You scale by the root of the number of keys.",
     _ROOT, lambda head: sqrt(len(head.keys))),
    ("scaled_by_root_of_query_count", (*WEIGHTS, *SDPA),
     "You scale by the root of the number of queries.",
     "`len(q)` counts the rows; the width is `len(q[0])`.",
     lambda head: sqrt(len(head.queries))),
    ("scaled_by_width", SCALED,
     "You divide by the width itself, without the root.",
     _ROOT, lambda head: len(head.keys[0])),
    ("multiplied_by_root", SCALED,
     "You multiply by the root of the width where you should divide.",
     _ROOT, lambda head: 1 / sqrt(len(head.keys[0]))),
    ("constant_scale", SCALED,
     "You divide by the same number whatever the width is.",
     _ROOT, lambda _: sqrt(2)),
    ("scaled_by_root_of_input_width", OF_INPUTS,
     "You scale by the root of the inputs' width.",
     _ROOT, lambda head: sqrt(len(head.inputs[0]))),
    ("scaled_by_root_of_d_out", SEVERAL,
     "You scale by the root of `d_out`, the width of all heads.",
     "Divide by `sqrt(head_dim)`: each head has its own, smaller width.",
     lambda head: sqrt(head.d_out)),
    ("scaled_by_root_of_heads", MULTI,
     "You scale by the root of the number of heads.",
     "Divide by `sqrt(head_dim)`: each head has its own width.",
     lambda head: sqrt(head.num_heads)),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (
    *wrong("take", TAKES),
    *wrong("score", _PRODUCTS),
    *wrong("scale", _SCALES),
)
