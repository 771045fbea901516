"""What each wrong stage of a way back computes, by NumPy.

Each is written anew from its sentence, for arrays of heads, `(h, n, d)`, and
stands in a way back that is written anew, too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attnbook.checker.mistakes import CATALOGUE, Mistake
from tests.by_numpy import PROJECTIONS, QKV, Array, Values, soft
from tests.known import assert_as_numpy, in_each

Stage = Callable[..., Any]
Stages = dict[str, Stage]


def turned(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def along_rows(w: Array, g: Array) -> Array:
    """A gradient times the Jacobian of softmax, row by row."""
    jacobian = w[..., None] * (np.eye(w.shape[-1]) - w[..., None, :])
    return np.asarray(np.einsum("hijk,hij->hik", jacobian, g))


def hidden(s: Array) -> Array:
    return np.where(np.tri(*s.shape[1:]) > 0, s, -np.inf)


RIGHT: Stages = {
    "recall": lambda s: s,
    "undrop": lambda g, keep, p: np.where(keep, g / (1 - p), 0),
    "keep": lambda w, dropped: (w, dropped),
    "soften": along_rows,
    "scale": lambda g, d: g / d**0.5,
    "queries": lambda g, k: np.einsum("hij,hjd->hid", g, k),
    "keys": lambda g, q: np.einsum("hij,hid->hjd", g, q),
    "values": lambda w, g: np.einsum("hij,hid->hjd", w, g),
    "order": lambda q, k, v: (q, k, v),
    "join": lambda q, k, v: q + k + v,
    "weight": lambda x, g: x.T @ g,
    "heads": lambda g, W: g @ W.T,
    "outward": lambda merged, g: merged.T @ g,
    "bias": lambda g: g.sum(0),
}
WRONG: dict[str, Stages] = {
    "recall": {"mask_ignored": lambda s: s},
    "undrop": {
        "dropout_not_undone": lambda g, *_: g,
        "not_scaled_up": lambda g, keep, _: g * keep,
    },
    "keep": {
        "values_by_all_weights": lambda w, _: (w, w),
        "softmax_of_dropped": lambda _, dropped: (dropped, dropped),
    },
    "soften": {
        "no_coupling": lambda w, g: w * g,
        "diagonal_only": lambda w, g: w * (1 - w) * g,
        "sign_flipped": lambda w, g: along_rows(w, -g),
        "mean_without_weights": lambda w, g: (
            w * (g - g.mean(-1, keepdims=True))
        ),
        "weights_forgotten": lambda w, g: g - (w * g).sum(-1, keepdims=True),
        "gradient_not_used": lambda w, _: w * (1 - w),
        "softmax_forgotten": lambda _, g: g,
    },
    "scale": {
        "scale_forgotten": lambda g, _: g,
        "scaled_twice": lambda g, d: g / d,
    },
    "queries": {"queries_transposed": lambda g, k: turned(g) @ k},
    "keys": {
        "keys_not_transposed": lambda g, q: g @ q,
        "keys_without_gradient": lambda g, q: np.zeros(
            (len(q), g.shape[2], q.shape[2])
        ),
    },
    "values": {
        "values_not_transposed": lambda w, g: w @ g,
        "values_by_mean": lambda w, g: (
            g.sum(1, keepdims=True).repeat(w.shape[2], 1) / w.shape[2]
        ),
    },
    "order": {
        "queries_and_keys_swapped": lambda q, k, v: (k, q, v),
        "keys_and_values_swapped": lambda q, k, v: (q, v, k),
        "order_reversed": lambda q, k, v: (v, k, q),
    },
    "join": {"inputs_by_values_only": lambda *qkv: qkv[2]},
    "weight": {"projections_transposed": lambda x, g: g.T @ x},
    "heads": {
        "output_projection_skipped": lambda g, _: g,
        "output_not_transposed": lambda g, W: g @ W,
    },
    "outward": {"output_transposed": lambda merged, g: g.T @ merged},
    "bias": {
        "bias_by_mean": lambda g: g.mean(0),
        "bias_of_one_token": lambda g: g[0],
    },
}


def weights_of(stages: Stages, q: Array, k: Array) -> Array:
    s = np.einsum("hid,hjd->hij", q, k) / k.shape[-1] ** 0.5
    return soft(stages["recall"](s))


def of_heads(stages: Stages, qkv: Any, grad: Array, *dropping: Any) -> Any:
    """The gradients of all heads' queries, keys and values."""
    q, k, v = qkv
    w = dropped = weights_of(stages, q, k)
    g = grad @ turned(v)
    if dropping:
        keep, p = dropping
        dropped = w * keep / (1 - p)
        g = stages["undrop"](g, keep, p)
    w, dropped = stages["keep"](w, dropped)
    scores = stages["scale"](stages["soften"](w, g), k.shape[-1])
    return (
        stages["queries"](scores, k),
        stages["keys"](scores, q),
        stages["values"](dropped, grad),
    )


def through(stages: Stages, v: Values, grads: Any) -> tuple[Array, ...]:
    """The gradients of inputs and weights, of those of `(n, d)` each."""
    pairs = zip(grads, PROJECTIONS, strict=True)
    x = stages["join"](*(g @ v[name].T for g, name in pairs))
    weights = (stages["weight"](v["inputs"], g) for g in grads)
    return x, *stages["order"](*weights)


def of_attention(stages: Stages, v: Values) -> Any:
    qkv = [v[role][None] for role in QKV]
    found = of_heads(stages, qkv, v["grad_context_vecs"][None])
    return tuple(stages["order"](*(each[0] for each in found)))


def of_projected(stages: Stages, v: Values) -> Any:
    qkv = [(v["inputs"] @ v[name])[None] for name in PROJECTIONS]
    dropping = (v["keep"], v["p"]) if "keep" in v else ()
    found = of_heads(stages, qkv, v["grad_outputs"][None], *dropping)
    return through(stages, v, [each[0] for each in found])


def of_many(stages: Stages, v: Values) -> Any:
    grad, h = v["grad_outputs"], v["num_heads"]
    q, k, w = (in_each(v["inputs"] @ v[name], h) for name in PROJECTIONS)
    upstream = in_each(stages["heads"](grad, v["W_out"]), h)
    found = of_heads(stages, (q, k, w), upstream)
    wide = [np.concatenate([*each], axis=1) for each in found]
    merged = np.concatenate([*(weights_of(stages, q, k) @ w)], axis=1)
    to_out = stages["outward"](merged, grad)
    return *through(stages, v, wide), to_out, stages["bias"](grad)


ANSWERS: dict[str, Callable[[Stages, Values], Any]] = {
    "scaled_dot_product_attention_backward": of_attention,
    "self_attention_backward": of_projected,
    "causal_attention_backward": of_projected,
    "multi_head_attention_backward": of_many,
}
CAUSAL = {"causal_attention_backward", "multi_head_attention_backward"}
STAGED = [e for e in CATALOGUE if e.step in ANSWERS]


def stages_of(mistake: Mistake) -> Stages:
    """The stages of a step, of which a mistake has a wrong one."""
    found = RIGHT | ({"recall": hidden} if mistake.step in CAUSAL else {})
    return found | {mistake.stage: WRONG[mistake.stage][mistake.name]}


@pytest.mark.parametrize("mistake", STAGED, ids=lambda e: f"{e.step}-{e.name}")
def test_a_wrong_stage_computes_what_its_sentence_says(
    mistake: Mistake,
) -> None:
    stages = stages_of(mistake)
    assert_as_numpy(mistake, lambda v: ANSWERS[mistake.step](stages, v))


def test_every_wrong_stage_is_written_anew() -> None:
    written = {(stage, name) for stage in WRONG for name in WRONG[stage]}
    assert written == {(e.stage, e.name) for e in STAGED}
