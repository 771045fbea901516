"""What is right, computed by NumPy: attentions, losses, and how they move."""

from collections.abc import Callable
from typing import Any

import numpy as np

Values = dict[str, Any]
Array = np.ndarray[Any, np.dtype[np.float64]]
PROJECTIONS = ("W_query", "W_key", "W_value")
QKV = ("queries", "keys", "values")


def arrays(values: Values) -> Values:
    """The same with arrays for lists of numbers."""
    return {
        role: np.array(value)
        if isinstance(value, list) and not isinstance(value[0], dict)
        else value
        for role, value in values.items()
    }


def soft(s: Array, axis: int = -1) -> Array:
    """Softmax along an axis; what is hidden everywhere gets zeros."""
    most = s.max(axis, keepdims=True)
    e = np.exp(s - np.where(np.isinf(most), 0, most))
    total = e.sum(axis, keepdims=True)
    return np.asarray(e / np.where(total == 0, 1, total))


def attend(q: Array, k: Array, v: Array, *, causal: bool = False) -> Array:
    s = q @ k.T / np.sqrt(k.shape[-1])
    if causal:
        s = np.where(np.tri(*s.shape) > 0, s, -np.inf)
    return np.asarray(soft(s) @ v)


def projected(v: Values, *, causal: bool = False) -> Array:
    q, k, w = (v["inputs"] @ v[f"W_{n}"] for n in ("query", "key", "value"))
    return attend(q, k, w, causal=causal)


def in_heads(v: Values, q: Array, k: Array, w: Array, causal: bool) -> Array:
    cut = (np.split(m, v["num_heads"], axis=1) for m in (q, k, w))
    heads = [attend(*each, causal=causal) for each in zip(*cut, strict=True)]
    return np.concatenate(heads, axis=1)


def multi(v: Values, *, causal: bool) -> Array:
    q, k, w = (v["inputs"] @ v[f"W_{n}"] for n in ("query", "key", "value"))
    rows = in_heads(v, q, k, w, causal)
    return np.asarray(rows @ v["W_out"] + v["b_out"])


def given_heads(v: Values, *, causal: bool) -> Array:
    return in_heads(v, v["queries"], v["keys"], v["values"], causal)


def stacked(v: Values) -> Array:
    heads = []
    for head in v["heads"]:
        W = dict(
            zip(head["fields"], map(np.array, head["items"]), strict=True)
        )
        heads.append(projected(v | W, causal=True))
    return np.concatenate(heads, axis=1)


def slopes(f: Callable[[Values], Any], v: Values, *roles: str) -> list[Any]:
    """How a number moves with each entry of some of the values."""
    found = []
    for role in roles:
        value = np.array(v[role], dtype=float)
        grad = np.zeros_like(value)
        for at in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[at] = 1e-5
            up, down = (f(v | {role: value + s}) for s in (step, -step))
            grad[at] = (up - down) / 2e-5
        found.append(grad)
    return found


def entropy(logits: Array, targets: Any) -> float:
    rows = np.atleast_2d(logits)
    places = np.arange(len(rows))
    return float(-np.log(soft(rows))[places, np.atleast_1d(targets)].mean())


def model_of(v: Values) -> Values:
    model = v["model"]
    parts = map(np.array, model["items"])
    return v | dict(zip(model["fields"], parts, strict=True))


def predicted(v: Values) -> Array:
    tokens = v["token_embeddings"][v["sentence"]]
    inputs = {"inputs": tokens + v["position_embeddings"], "num_heads": 1}
    return multi(v | inputs, causal=False)


MODEL = (
    "token_embeddings", "position_embeddings", "W_query", "W_key", "W_value",
    "W_out", "b_out",
)  # fmt: skip


def learned(v: Values) -> list[Any]:
    found = model_of(v)

    def loss(v: Values) -> float:
        return entropy(predicted(v), v["targets"])

    return [loss(found), *slopes(loss, found, *MODEL)]


def trained(v: Values) -> list[Any]:
    loss, *grads = learned(v)
    found = model_of(v)
    pairs = zip(MODEL, grads, strict=True)
    return [loss, *(found[n] - v["rate"] * g for n, g in pairs)]


def against(f: Callable[[Values], Array], upstream: str, *roles: str) -> Any:
    """The gradients of a step, given what comes from above."""
    return lambda v: slopes(lambda w: (f(w) * v[upstream]).sum(), v, *roles)


def of_dropped(v: Values) -> Array:
    q, k, w = (v["inputs"] @ v[f"W_{n}"] for n in ("query", "key", "value"))
    s = q @ k.T / np.sqrt(k.shape[-1])
    weights = soft(np.where(np.tri(*s.shape) > 0, s, -np.inf))
    return np.asarray((weights * v["keep"] / (1 - v["p"])) @ w)


def flat(value: Any) -> list[float]:
    if isinstance(value, np.ndarray):
        return [float(x) for x in value.ravel()]
    if isinstance(value, list | tuple):
        return [x for each in value for x in flat(each)]
    return [float(value)]
