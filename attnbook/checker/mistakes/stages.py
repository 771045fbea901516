"""An attention as a row of stages, each of which can be a wrong one.

A mistake is one wrong stage. It is written once and lifted to every step
that has the stage, so that it stands in the catalogue for each of them.
Every stage works on a list of heads; where there is one, the list has one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, sqrt
from typing import Any, NamedTuple, TypeAlias, TypeVar

from attnbook.checker.mistakes.mistake import Mistake
from attnbook.multihead import split_heads
from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector, matmul, transpose

Heads: TypeAlias = list[Matrix]
Triple: TypeAlias = tuple[Matrix, Matrix, Matrix]
OnHeads: TypeAlias = Callable[[Heads], Heads]
Stage = TypeVar("Stage", bound=Callable[..., Any])


class Head(NamedTuple):
    """What one head attends with, and the sizes around it."""

    queries: Matrix
    keys: Matrix
    values: Matrix
    inputs: Matrix = [[]]  # noqa: RUF012 - never changed
    d_out: int = 0
    num_heads: int = 1


def taken(queries: Matrix, keys: Matrix, values: Matrix) -> Triple:
    """Each matrix in its own place."""
    return queries, keys, values


def products(queries: Matrix, keys: Matrix) -> Matrix:
    """Score (i, j) is query i times key j."""
    return matmul(queries, transpose(keys))


def root_of_width(head: Head) -> float:
    """What scores are divided by, from section 3.4 on."""
    return sqrt(len(head.keys[0]))


def unscaled(_: Head) -> float:
    """What they are divided by in section 3.3."""
    return 1.0


def hiding(rule: Callable[[int, int], bool], fill: float = -inf) -> OnHeads:
    """A fill where a rule hides a score, or a weight."""
    return lambda heads: [
        [
            [fill if rule(i, j) else entry for j, entry in enumerate(row)]
            for i, row in enumerate(head)
        ]
        for head in heads
    ]


def each_row(change: Callable[[Vector], Vector]) -> OnHeads:
    """The same is done to every row of every head."""
    return lambda heads: [[change(row) for row in head] for head in heads]


def later(i: int, j: int) -> bool:
    """The causal rule: token i does not see token j."""
    return j > i


hide_later = hiding(later)
"""Minus infinity for every later key."""


def all_seen(heads: Heads) -> Heads:
    """Nothing hidden."""
    return heads


@each_row
def shared(row: Vector) -> Vector:
    """Softmax of each row; a row that is hidden wholly stays zero."""
    return softmax(row) if max(row) > -inf else [0.0] * len(row)


def turned(a: Matrix) -> Matrix:
    """Columns as rows, also where there are NaN and infinity."""
    return [list(column) for column in zip(*a, strict=True)]


def times(a: Matrix, b: Matrix) -> Matrix:
    """The product of two matrices, also where there is NaN."""
    return [
        [sum(x * y for x, y in zip(row, c, strict=True)) for c in turned(b)]
        for row in a
    ]


def mixed(weights: Matrix, head: Head) -> Matrix:
    """Each row of weights mixes the values."""
    return times(weights, head.values)


def side_by_side(heads: Heads) -> Matrix:
    """The rows of the heads, first head first."""
    rows = zip(*heads, strict=True)
    return [[entry for part in parts for entry in part] for parts in rows]


def projected(merged: Matrix, W_out: Matrix, b_out: Vector) -> Matrix:
    """What mixes the heads at the end."""
    return [
        [x + y for x, y in zip(row, b_out, strict=True)]
        for row in times(merged, W_out)
    ]


def finished(context_vecs: Matrix, _: Matrix) -> Matrix:
    """As they are."""
    return context_vecs


Take: TypeAlias = Callable[[Matrix, Matrix, Matrix], Triple]
Split: TypeAlias = Callable[[Matrix, int], Heads]
Score: TypeAlias = Callable[[Matrix, Matrix], Matrix]
Scale: TypeAlias = Callable[[Head], float]
Mix: TypeAlias = Callable[[Matrix, Head], Matrix]
Merge: TypeAlias = Callable[[Heads], Matrix]
Project: TypeAlias = Callable[[Matrix, Matrix, Vector], Matrix]
Finish: TypeAlias = Callable[[Matrix, Matrix], Matrix]


class Stages(NamedTuple):
    """The stages from inputs to context vectors, in their order."""

    take: Take = taken
    split: Split = split_heads
    score: Score = products
    scale: Scale = root_of_width
    hide: OnHeads = all_seen
    share: OnHeads = shared
    mix: Mix = mixed
    merge: Merge = side_by_side
    project: Project = projected
    finish: Finish = finished


def attend(stages: Stages, heads: Sequence[Head]) -> Heads:
    """From queries, keys and values to context vectors, head by head."""
    scores = [
        _divided(stages.score(head.queries, head.keys), stages.scale(head))
        for head in heads
    ]
    weights = stages.share(stages.hide(scores))
    pairs = zip(weights, heads, strict=True)
    return [stages.mix(rows, head) for rows, head in pairs]


def _divided(scores: Matrix, scale: float) -> Matrix:
    return [[score / scale for score in row] for row in scores]


Lifted: TypeAlias = Callable[..., Any]


def _softmax(stages: Stages) -> Lifted:
    return lambda scores: stages.share([[scores]])[0][0]


def _attention_scores(stages: Stages) -> Lifted:
    return lambda query, inputs: _divided(
        stages.score([query], inputs), stages.scale(Head([query], inputs, []))
    )[0]


def _attention_weights(stages: Stages) -> Lifted:
    weights = _scaled_attention_weights(stages)
    return lambda query, inputs: weights([query], inputs)[0]


def _context_vector(stages: Stages) -> Lifted:
    return lambda attn_weights, inputs: stages.mix(
        [attn_weights], Head([attn_weights], inputs, inputs)
    )[0]


def _self_attention(stages: Stages) -> Lifted:
    attention = _scaled_dot_product_attention(stages)
    return lambda inputs: attention(inputs, inputs, inputs)


def _scaled_attention_weights(stages: Stages) -> Lifted:
    weights = stages._replace(mix=lambda rows, _: rows)
    return lambda queries, keys: attend(
        weights, [Head(*weights.take(queries, keys, keys))]
    )[0]


def _scaled_dot_product_attention(stages: Stages) -> Lifted:
    def attention(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
        head = Head(*stages.take(queries, keys, values))
        return stages.finish(attend(stages, [head])[0], queries)

    return attention


def _projected(stages: Stages) -> Lifted:
    def attention(
        inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
    ) -> Matrix:
        weights = W_query, W_key, W_value
        qkv = stages.take(*(matmul(inputs, W) for W in weights))
        head = Head(*qkv, inputs)
        return stages.finish(attend(stages, [head])[0], inputs)

    return attention


def _stacked_heads(stages: Stages) -> Lifted:
    def attention(inputs: Matrix, heads: Sequence[Sequence[Matrix]]) -> Matrix:
        d_out = len(heads) * len(heads[0][0][0])
        triples = [
            stages.take(*(matmul(inputs, W) for W in head)) for head in heads
        ]
        found = [Head(*qkv, inputs, d_out, len(heads)) for qkv in triples]
        return stages.finish(stages.merge(attend(stages, found)), inputs)

    return attention


def _multi_head_attention(stages: Stages) -> Lifted:
    def attention(*given: Any) -> Matrix:  # noqa: ANN401
        inputs, *weights, W_out, b_out, num_heads = given
        qkv = stages.take(*(matmul(inputs, W) for W in weights))
        parts = [stages.split(wide, num_heads) for wide in qkv]
        d_out = len(weights[0][0])
        heads = [
            Head(q, k, v, inputs, d_out, num_heads)
            for q, k, v in zip(*parts, strict=True)
        ]
        merged = stages.merge(attend(stages, heads))
        return stages.finish(stages.project(merged, W_out, b_out), inputs)

    return attention


_SIMPLE = Stages(scale=unscaled)
_TRAINABLE = Stages()
_CAUSAL = Stages(hide=hide_later)

STAGED: Mapping[str, tuple[Callable[[Stages], Lifted], Stages]] = {
    "softmax": (_softmax, _SIMPLE),
    "attention_scores": (_attention_scores, _SIMPLE),
    "attention_weights": (_attention_weights, _SIMPLE),
    "context_vector": (_context_vector, _SIMPLE),
    "self_attention": (_self_attention, _SIMPLE),
    "scaled_attention_weights": (_scaled_attention_weights, _TRAINABLE),
    "scaled_dot_product_attention": (
        _scaled_dot_product_attention,
        _TRAINABLE,
    ),
    "trainable_self_attention": (_projected, _TRAINABLE),
    "causal_attention": (_projected, _CAUSAL),
    "stacked_heads": (_stacked_heads, _CAUSAL),
    "multi_head_attention": (_multi_head_attention, _CAUSAL),
    "full_multi_head_attention": (_multi_head_attention, _TRAINABLE),
}
"""Of each step how it is made from stages, and which stages are right."""

# Groups of steps, by the stages that they have.
WEIGHTS = ("scaled_attention_weights",)
SDPA = ("scaled_dot_product_attention",)
PROJECTED = ("trainable_self_attention",)
CAUSAL = ("causal_attention",)
STACKED = ("stacked_heads",)
CAUSAL_MULTI = ("multi_head_attention",)
MULTI = (*CAUSAL_MULTI, "full_multi_head_attention")
SEVERAL = STACKED + MULTI
MASKED_HEADS = STACKED + CAUSAL_MULTI
MASKED = CAUSAL + MASKED_HEADS
OF_INPUTS = PROJECTED + CAUSAL + SEVERAL
MIXED = SDPA + OF_INPUTS
SCALED = WEIGHTS + MIXED
SIMPLE = ("self_attention",)
SIMPLE_WEIGHTS = ("attention_weights", *SIMPLE)


Staged: TypeAlias = tuple[str, Sequence[str], str, str, Stage]
"""A wrong stage: its name, the steps that have it, sentence, advice, code."""


def wrong(
    stage: str, rows: Iterable[Staged[Stage]], **others: Callable[..., Any]
) -> list[Mistake]:
    """A mistake for each step that has the stage, by its wrong versions.

    What else must change for it, such as a scale that is left out, is given
    by the name of its stage.
    """
    return in_steps(STAGED, stage, rows, **others)


def in_steps(
    makers: Mapping[str, tuple[Callable[[Any], Lifted], Any]],
    stage: str,
    rows: Iterable[Staged[Stage]],
    **others: Callable[..., Any],
) -> list[Mistake]:
    """The same, by how each step is made from stages, and from which."""
    found = []
    for name, steps, sentence, advice, instead in rows:
        for step in steps:
            lift, right = makers[step]
            lifted = lift(right._replace(**{stage: instead}, **others))
            found.append(Mistake(step, name, sentence, advice, lifted, stage))
    return found
