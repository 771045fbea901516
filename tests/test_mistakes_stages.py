"""What each wrong stage of an attention computes, by NumPy.

Each is written anew from its sentence, for arrays of heads, `(h, n, d)`, and
stands in an attention that is written anew, too. Where sizes do not fit, both
refuse them.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from attnbook.checker.mistakes import CATALOGUE, Mistake
from attnbook.checker.steps.step import Step
from attnbook.checker.steps.table import step_named
from tests.by_numpy import PROJECTIONS, QKV, Array, Values, soft
from tests.known import assert_as_numpy, in_each, known

Stage = Callable[..., Any]
Stages = dict[str, Stage]


def places(s: Array) -> tuple[Array, Array]:
    """Of each score the number of its query, and that of its key."""
    i, j = np.indices(s.shape)[-2:]
    return i, j


def hiding(rule: Callable[[Array, Array], Any], fill: float) -> Stage:
    return lambda s: np.where(rule(*places(s)), fill, s)


def from_largest(s: Array) -> Array:
    return np.asarray(np.exp(s - s.max(-1, keepdims=True)))


def seen(s: Array) -> Array:
    """The scores, with 0 for what is hidden."""
    return np.where(np.isinf(s), 0, s)


def by_sum(rows: Array) -> Array:
    total = rows.sum(-1, keepdims=True)
    return np.asarray(rows / np.where(total == 0, 1, total))


def one_hot(s: Array) -> Array:
    return np.asarray(np.eye(s.shape[-1])[s.argmax(-1)])


def lengths(x: Array) -> Array:
    return np.asarray(np.sqrt((x * x).sum(-1)))


def cut_flat(x: Array, num_heads: int) -> Array:
    return x.reshape(num_heads, len(x), -1)


def merged_flat(c: Array) -> Array:
    return c.reshape(c.shape[1], -1)


class Given(NamedTuple):
    """What heads attend with, and the inputs that it was made of."""

    q: Array
    k: Array
    v: Array
    x: Array


def root(size: Callable[[Given], int]) -> Stage:
    return lambda given: np.sqrt(size(given))


def taken(order: str) -> Stage:
    """Of queries, keys and values these, in this order."""
    return lambda *qkv: [qkv["qkv".index(each)] for each in order]


def unhidden(s: Array) -> Array:
    return s


LATER = hiding(lambda i, j: j > i, -np.inf)


def hide_self(s: Array) -> Array:
    """The diagonal hidden, unless a token is alone."""
    alone = s.shape[-1] == 1
    return s if alone else hiding(lambda i, j: i == j, -np.inf)(s)


RIGHT: Stages = {
    "take": taken("qkv"),
    "split": in_each,
    "score": lambda q, k: np.einsum("hid,hjd->hij", q, k),
    "scale": root(lambda g: g.k.shape[-1]),
    "hide": unhidden,
    "share": soft,
    "mix": lambda w, g: w @ g.v,
    "merge": lambda c: np.concatenate([*c], axis=-1),
    "project": lambda c, W, b: c @ W + b,
    "finish": lambda rows, _: rows,
}
WRONG: dict[str, Stages] = {
    "take": {
        "swapped": taken("kqv"),
        "keys_with_keys": taken("kkv"),
        "queries_with_queries": taken("qqv"),
        "queries_with_values": taken("qvv"),
        "keys_mixed": taken("qkk"),
        "keys_and_values_swapped": taken("qvk"),
        "one_projection": taken("qqq"),
    },
    "score": {
        "cosine": lambda q, k: (
            (q @ k.swapaxes(1, 2)) / lengths(q)[:, :, None]
            / lengths(k)[:, None]
        ),
        "distance": lambda q, k: lengths(q[:, :, None] - k[:, None]),
        "integer_scores": lambda q, k: np.trunc(q @ k.swapaxes(1, 2)),
    },
    "scale": {
        "scaled": root(lambda g: g.k.shape[-1]),
        "scaled_by_root_of_width": root(lambda g: g.k.shape[-1]),
        "no_scale": lambda _: 1,
        "scaled_by_root_of_value_width": root(lambda g: g.v.shape[-1]),
        "scaled_by_root_of_count": root(lambda g: g.k.shape[1]),
        "scaled_by_root_of_query_count": root(lambda g: g.q.shape[1]),
        "scaled_by_width": lambda g: g.k.shape[-1],
        "multiplied_by_root": lambda g: g.k.shape[-1] ** -0.5,
        "constant_scale": lambda _: 2**0.5,
        "scaled_by_root_of_input_width": root(lambda g: g.x.shape[-1]),
        "scaled_by_root_of_d_out": root(lambda g: len(g.v) * g.v.shape[-1]),
        "scaled_by_root_of_heads": root(lambda g: len(g.q)),
    },
    "hide": {
        "no_mask": unhidden,
        "causal": LATER,
        "mask_flipped": hiding(lambda i, j: j < i, -np.inf),
        "mask_inverted": hiding(lambda i, j: j <= i, -np.inf),
        "mask_hides_self": hiding(lambda i, j: j >= i, -np.inf),
        "mask_shows_next": hiding(lambda i, j: j >= i + 2, -np.inf),
        "mask_with_zeros": hiding(lambda i, j: j > i, 0),
        "mask_too_weak": hiding(lambda i, j: j > i, -3),
        "mask_of_first_head": lambda s: np.concatenate([LATER(s[:1]), s[1:]]),
    },
    "share": {
        "softmax_over_queries": lambda s: soft(s, 1),
        "softmax_over_everything": lambda s: (
            np.exp(s) / np.exp(s).sum((1, 2), keepdims=True)
        ),
        "softmax_over_heads": lambda s: np.exp(s) / np.exp(s).sum(0),
        "keepdims_forgotten": lambda s: (
            from_largest(s) / from_largest(s).sum(-1)[:, None]
        ),
        "no_softmax": seen,
        "relu": lambda s: np.maximum(seen(s), 0),
        "no_exp": lambda s: by_sum(seen(s)),
        "unnormalised": np.exp,
        "divided_by_count": lambda s: np.exp(s) / s.shape[-1],
        "uniform": lambda s: by_sum(1.0 * (s > -np.inf)),
        "largest_only": one_hot,
        "sigmoid": lambda s: 1 / (1 + np.exp(-s)),
        "sign_flipped": lambda s: by_sum(
            np.where(np.isinf(s), 0, np.exp(-s))
        ),
        "softmax_twice": lambda s: soft(soft(s)),
        "mask_after_softmax": lambda s: np.tril(soft(s)),
        "softmax_again_after_mask": lambda s: soft(LATER(soft(s))),
    },
    "mix": {
        "scaled_after_softmax": lambda w, g: w @ g.v / g.k.shape[-1] ** 0.5,
        "weights_transposed": lambda w, g: w.swapaxes(1, 2) @ g.v,
        "inputs_mixed": lambda w, g: w @ g.x,
        "own_value_only": lambda w, g: g.v[
            :, np.minimum(np.arange(w.shape[1]), g.v.shape[1] - 1)
        ],
        "weights_returned": lambda w, _: w,
        "plain_mean": lambda _, g: g.v.mean(1, keepdims=True),
        "largest_only": lambda w, g: one_hot(w) @ g.v,
        "not_added": lambda w, g: w[..., None] * g.v[:, None],
        "last_token_lost": lambda w, g: w[..., :-1] @ g.v[:, :-1],
        "weights_reversed": lambda w, g: w @ g.v[:, ::-1],
    },
    "split": {
        "split_by_stride": lambda x, h: np.stack(
            [x[:, k::h] for k in range(h)]
        ),
        "reshaped_without_transposing": cut_flat,
        "one_wide_head": lambda x, _: x[None],
        "first_head_only": lambda x, h: np.stack(h * [in_each(x, h)[0]]),
    },
    "merge": {
        "merged_without_transposing": merged_flat,
        "cut_and_merged_flat": merged_flat,
        "heads_added": lambda c: c.sum(0),
        "heads_averaged": lambda c: c.mean(0),
        "mean_of_heads_everywhere": lambda c: np.tile(c.mean(0), len(c)),
        "last_head_everywhere": lambda c: np.tile(c[-1], len(c)),
        "heads_reversed": lambda c: np.concatenate([*c[::-1]], axis=-1),
        "heads_interleaved": lambda c: np.stack([*c], axis=-1).reshape(
            c.shape[1], -1
        ),
        "heads_below_each_other": lambda c: np.concatenate([*c]),
        "first_head_only": lambda c: np.concatenate(len(c) * [c[0]], axis=-1),
        "last_head_lost": lambda c: np.concatenate(
            [*c[:-1], 0 * c[-1]], axis=-1
        ),
    },
    "project": {
        "no_output_projection": lambda c, *_: c,
        "no_output_bias": lambda c, W, _: c @ W,
        "bias_before_projection": lambda c, W, b: (c + b) @ W,
        "output_transposed": lambda c, W, b: c @ W.T + b,
    },
    "finish": {
        "inputs_added": lambda rows, x: rows + x,
        "normalised": lambda rows, _: (
            (rows - rows.mean(-1, keepdims=True))
            / np.sqrt(rows.var(-1, keepdims=True) + 1e-5)
        ),
        "unit_length": lambda rows, _: (
            rows / np.linalg.norm(rows, axis=-1, keepdims=True)
        ),
        "whole_of_unit_length": lambda rows, _: rows / np.linalg.norm(rows),
        "first_row_everywhere": lambda rows, _: rows[[0] * len(rows)],
        "same_row": lambda rows, _: rows[-1:].repeat(len(rows), 0),
        "accumulated": lambda rows, _: rows.cumsum(0),
        "first_row_only": lambda rows, _: rows[:1],
        "rows_reversed": lambda rows, _: rows[::-1],
        "rounded": lambda rows, _: rows.round(2),
    },
}  # fmt: skip
# What else is wrong with a wrong stage.
BESIDE: dict[str, Stages] = {
    "scaled_after_softmax": {"scale": lambda _: 1},
    "mask_after_softmax": {"hide": unhidden},
    "softmax_again_after_mask": {"hide": unhidden},
    "cut_and_merged_flat": {"split": cut_flat},
}
SIMPLE = {"attention_scores", "attention_weights", "self_attention"}


def stages_of(step: Step, mistake: Mistake) -> Stages:
    """The stages of a step, of which a mistake has a wrong one."""
    found = dict(RIGHT)
    if step.causal:
        found["hide"] = LATER
    if step.name in SIMPLE:
        found["scale"] = lambda _: 1
    instead = {mistake.stage: WRONG[mistake.stage][mistake.name]}
    if (step.name, mistake.name) == ("self_attention", "mask_hides_self"):
        instead = {"hide": hide_self}
    return found | instead | BESIDE.get(mistake.name, {})


def weights_of(stages: Stages, given: Given) -> Any:
    s = stages["score"](given.q, given.k) / stages["scale"](given)
    return stages["share"](stages["hide"](s))


def mixed(stages: Stages, qkv: Sequence[Array], x: Array) -> Array:
    """The context vectors of all heads, side by side."""
    q, k, v = qkv
    given = Given(q, k, v, x)
    w = weights_of(stages, given)
    return np.asarray(stages["merge"](stages["mix"](w, given)))


def of_one(stages: Stages, qkv: Sequence[Array], x: Array) -> Any:
    """An attention of one head."""
    heads = stages["take"](*(each[None] for each in qkv))
    return stages["finish"](mixed(stages, heads, x), x)


def of_projected(stages: Stages, v: Values) -> Any:
    x = v["inputs"]
    return of_one(stages, [x @ v[name] for name in PROJECTIONS], x)


def of_many(stages: Stages, v: Values) -> Any:
    """An attention whose heads are cut out of wide projections."""
    x = v["inputs"]
    wide = stages["take"](*(x @ v[name] for name in PROJECTIONS))
    heads = [stages["split"](each, v["num_heads"]) for each in wide]
    rows = mixed(stages, heads, x)
    return stages["finish"](stages["project"](rows, v["W_out"], v["b_out"]), x)


def of_stacked(stages: Stages, v: Values) -> Any:
    x = v["inputs"]
    heads = [map(np.array, head["items"]) for head in v["heads"]]
    qkv = [x @ np.stack(W) for W in zip(*heads, strict=True)]
    return stages["finish"](mixed(stages, stages["take"](*qkv), x), x)


def one_query(v: Values) -> Given:
    """A query, with inputs that are keys and values at once."""
    x = v["inputs"]
    return Given(v["query"][None, None], x[None], x[None], x)


def scores_of(stages: Stages, v: Values) -> Any:
    given = one_query(v)
    s = stages["score"](given.q, given.k) / stages["scale"](given)
    return s[0, 0]


def scaled_weights(stages: Stages, v: Values) -> Any:
    queries, keys = (v[role][None] for role in QKV[:2])
    q, k, _ = stages["take"](queries, keys, keys)
    return weights_of(stages, Given(q, k, k, k))[0]


ANSWERS: dict[str, Callable[[Stages, Values], Any]] = {
    "attention_scores": scores_of,
    "attention_weights": lambda stages, v: weights_of(stages, one_query(v))[
        0, 0
    ],
    "context_vector": lambda stages, v: stages["mix"](
        v["attn_weights"][None, None], one_query(v)
    )[0, 0],
    "self_attention": lambda stages, v: of_one(
        stages, 3 * [v["inputs"]], v["inputs"]
    ),
    "scaled_attention_weights": scaled_weights,
    "scaled_dot_product_attention": lambda stages, v: of_one(
        stages, [v[role] for role in QKV], v["queries"]
    ),
    "trainable_self_attention": of_projected,
    "causal_attention": of_projected,
    "stacked_heads": of_stacked,
    "multi_head_attention": of_many,
    "full_multi_head_attention": of_many,
}
STAGED = [e for e in CATALOGUE if e.step in ANSWERS and e.stage]


@pytest.mark.parametrize("mistake", STAGED, ids=lambda e: f"{e.step}-{e.name}")
@np.errstate(invalid="ignore")
def test_a_wrong_stage_computes_what_its_sentence_says(
    mistake: Mistake,
) -> None:
    step = step_named(mistake.step)
    stages = stages_of(step, mistake)
    assert_as_numpy(mistake, lambda v: ANSWERS[step.name](stages, v))


def test_every_wrong_stage_is_written_anew() -> None:
    written = {(stage, name) for stage in WRONG for name in WRONG[stage]}
    kept = {(e.stage, e.name) for e in STAGED}
    assert written == kept


def test_a_token_of_zeros_has_no_direction() -> None:
    cosines = known("attention_scores", "cosine").function
    assert cosines([1.0, 2.0], [[0.0, 0.0], [2.0, 4.0]])[0] == 0.0


@pytest.mark.parametrize("name", ["unit_length", "whole_of_unit_length"])
def test_rows_of_zeros_have_no_length(name: str) -> None:
    zeros = [[0.0, 0.0], [0.0, 0.0]]
    assert known("self_attention", name).function(zeros) == zeros
