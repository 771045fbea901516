"""A backward that takes the cache of its reader's own forward."""

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check

FORWARD = """
import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def attention_forward(Q, K, V):
    w = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    return w @ V, (Q, K, V, w)
"""
BACKWARD = """

def attention_backward(dout, cache):
    Q, K, V, w = cache
    dw = dout @ V.T
    ds = w * (dw - (dw * w).sum(-1, keepdims=True)) / np.sqrt(Q.shape[-1])
    return ds @ K, ds.T @ Q, w.T @ dout
"""
HEAD = """

def self_attention(x, W_q, W_k, W_v):
    out, cache = attention_forward(x @ W_q, x @ W_k, x @ W_v)
    return out, {"x": x, "weights": (W_q, W_k, W_v), "inner": cache}


def self_attention_backward(cache, grad_out):
    x, inner = cache["x"], cache["inner"]
    W_q, W_k, W_v = cache["weights"]
    dq, dk, dv = attention_backward(grad_out, inner)
    dx = dq @ W_q.T + dk @ W_k.T + dv @ W_v.T
    return dx, x.T @ dq, x.T @ dk, x.T @ dv
"""


def checked(source: str) -> dict[str, Finding]:
    """The findings by the names of their functions."""
    return {each.function: each for each in check(source)}


def test_a_backward_is_asked_with_what_its_own_forward_returned() -> None:
    found = checked(FORWARD + BACKWARD)["attention_backward"]
    assert found.verdict == "agrees", found.sentence
    assert "(grad_context_vecs, its own cache)" in found.how


@pytest.mark.parametrize("name", ["d_output", "dL_dO", "dz", "upstream", "g"])
def test_the_gradient_may_have_any_name_and_either_place(name: str) -> None:
    source = BACKWARD.replace("dout", name)
    turned = source.replace(f"({name}, cache)", f"(cache, {name})")
    for each in (source, turned):
        found = checked(FORWARD + each)["attention_backward"]
        assert found.verdict == "agrees", found.sentence


def test_a_cache_may_be_a_dictionary_or_an_object() -> None:
    packed = FORWARD.replace("(Q, K, V, w)", "dict(q=Q, k=K, v=V, w=w)")
    taken = BACKWARD.replace("= cache", "= cache.values()")
    found = checked(packed + taken)["attention_backward"]
    assert found.verdict == "agrees", found.sentence


def test_weights_have_their_gradients_too() -> None:
    found = checked(FORWARD + BACKWARD + HEAD)["self_attention_backward"]
    assert found.verdict == "agrees", found.sentence


WRONG = {
    "no scale on the way back": (" / np.sqrt(Q.shape[-1])\n    ret",
                                 "\n    ret", "scale_forgotten"),
    "another order": ("ds @ K, ds.T @ Q", "ds.T @ Q, ds @ K", None),
    "no sum in the softmax": (" - (dw * w).sum(-1, keepdims=True)", "", None),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_gradient_is_found_behind_a_cache(what: str) -> None:
    right, wrong, cause = WRONG[what]
    assert right in BACKWARD
    source = FORWARD + BACKWARD.replace(right, wrong)
    found = checked(source)["attention_backward"]
    assert found.verdict == "differs"
    if cause is not None:
        assert found.cause is not None
        assert found.cause.name == cause
