"""Functions and objects of NumPy, in every form that readers give them."""

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check

HEAD = """
import numpy as np

def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
"""

HEADS = """
    n, d_out = x.shape[-2], W_q.shape[1]
    d = d_out // num_heads
    q, k, v = (x @ W for W in (W_q, W_k, W_v))
    q, k, v = (
        t.reshape(n, num_heads, d).transpose(1, 0, 2) for t in (q, k, v)
    )
    s = q @ k.transpose(0, 2, 1) / np.sqrt(d)
"""
MIXED = "(softmax(s) @ v).transpose(1, 0, 2).reshape(n, d_out)"
LATER = "    s = np.where(np.triu(np.ones((n, n)), 1) == 1, -np.inf, s)\n"

SINGLE = "trainable_self_attention"
SDPA = "scaled_dot_product_attention"
FULL = "full_multi_head_attention"

# Of each style: the step, what the line about its call must say, the source.
STYLES = {
    "projections with biases": (
        SINGLE,
        "",
        """
def self_attention(x, W_q, b_q, W_k, b_k, W_v, b_v):
    q, k, v = x @ W_q + b_q, x @ W_k + b_k, x @ W_v + b_v
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
""",
    ),
    "all three packed": (
        SINGLE,
        "",
        """
def self_attention(x, W_qkv):
    q, k, v = np.split(x @ W_qkv, 3, axis=-1)
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
""",
    ),
    "weights the other way": (
        SINGLE,
        "weights stored as (d_out, d_in)",
        """
def self_attention(x, w_q, w_k, w_v):
    q, k, v = x @ w_q.T, x @ w_k.T, x @ w_v.T
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
""",
    ),
    "causal unless told otherwise": (
        "causal_attention",
        "it is causal",
        """
def self_attention(x, W_q, W_k, W_v, causal=True):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    s = q @ k.T / np.sqrt(k.shape[-1])
    if causal:
        s = np.where(np.tril(np.ones_like(s)) == 0, -np.inf, s)
    return softmax(s) @ v
""",
    ),
    "from one sentence to another": (
        SDPA,
        "keys and values of another sentence",
        """
def cross_attention(x, context, W_q, W_k, W_v):
    q, k, v = x @ W_q, context @ W_k, context @ W_v
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
""",
    ),
    "heads that see all tokens": (
        FULL,
        "every token sees all tokens",
        "\ndef multi_head_attention(x, W_q, W_k, W_v, W_o, b_o, num_heads):"
        f"{HEADS}    return {MIXED} @ W_o + b_o\n",
    ),
    "causal heads without a bias": (
        "multi_head_attention",
        "it is causal",
        "\ndef multi_head_attention(x, W_q, W_k, W_v, W_o, num_heads):"
        f"{HEADS}{LATER}    return {MIXED} @ W_o\n",
    ),
    "heads by stride, cut and merged alike": (
        FULL,
        "its heads take every h-th column",
        """
def multi_head_attention(x, W_q, W_k, W_v, W_o, num_heads):
    n, d_out = x.shape[0], W_q.shape[1]
    d = d_out // num_heads
    q, k, v = (
        (x @ W).reshape(n, d, num_heads).transpose(2, 0, 1)
        for W in (W_q, W_k, W_v)
    )
    out = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(d)) @ v
    return out.transpose(1, 2, 0).reshape(n, d_out) @ W_o
""",
    ),
    "three times the same batch": (
        FULL,
        "square weights only",
        """
def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads):
    b, n, d_model = Q.shape
    q, k, v = (
        (x @ W).reshape(b, n, num_heads, -1).transpose(0, 2, 1, 3)
        for x, W in ((Q, W_q), (K, W_k), (V, W_v))
    )
    out = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(d_model // num_heads)) @ v
    return out.transpose(0, 2, 1, 3).reshape(b, n, d_model) @ W_o
""",
    ),
    "a batch and nothing else": (
        SDPA,
        "",
        """
def attention(Q, K, V):
    b, n, d = Q.shape
    s = np.einsum("bqd,bkd->bqk", Q, K) / np.sqrt(d)
    return np.einsum("bqk,bkd->bqd", softmax(s), V)
""",
    ),
    "a mask that keeps": (
        SDPA,
        "its mask: where it is 1 or True it keeps, 0 hides",
        """
def masked_attention(Q, K, V, mask=None):
    s = Q @ K.T / np.sqrt(K.shape[-1])
    if mask is not None:
        s = np.where(mask == 0, -1e9, s)
    return softmax(s) @ V
""",
    ),
    "a mask that hides": (
        SDPA,
        "its mask: where it is 1 or True it hides",
        """
def attention(Q, K, V, mask=None):
    s = Q @ K.T / np.sqrt(K.shape[-1])
    if mask is not None:
        s = s + mask * -1e9
    return softmax(s) @ V
""",
    ),
    "a mask that is added, and must be given": (
        SDPA,
        "its mask: it is added to the scores",
        """
def masked_attention(Q, K, V, mask):
    return softmax(Q @ K.T / np.sqrt(Q.shape[1]) + mask) @ V
""",
    ),
    "scores that are scaled already": (
        SDPA,
        "",
        """
def attention_scores(Q, K):
    return Q @ K.T / np.sqrt(K.shape[-1])

def attention_weights(scores):
    return softmax(scores)

def attention(Q, K, V):
    return attention_weights(attention_scores(Q, K)) @ V
""",
    ),
    "a dictionary": (
        SDPA,
        "",
        """
def scaled_dot_product_attention(Q, K, V):
    weights = softmax(Q @ K.T / np.sqrt(K.shape[-1]))
    return {"weights": weights, "output": weights @ V}
""",
    ),
    "a name that is known in part": (
        SDPA,
        "",
        """
def my_attention_in_numpy(Q, K, V):
    return softmax(Q @ K.T / np.sqrt(K.shape[-1])) @ V
""",
    ),
    "an object with weights of other names": (
        SINGLE,
        "",
        """
class Attend:
    def __init__(self, d_in, d_out):
        rng = np.random.default_rng(0)
        self.weights = {
            name: rng.normal(size=(d_in, d_out))
            for name in ("for_query", "for_key", "for_value")
        }

class SelfAttention:
    def __init__(self, input_dim, output_dim):
        self.inner = Attend(input_dim, output_dim)

    def __call__(self, x):
        w = self.inner.weights
        q, k, v = x @ w["for_query"], x @ w["for_key"], x @ w["for_value"]
        weights = softmax(q @ k.T / np.sqrt(k.shape[-1]))
        return weights @ v, weights
""",
    ),
    "an object scaled by its one width": (
        SINGLE,
        "square weights only",
        """
class SelfAttention:
    def __init__(self, d_model):
        self.d_model = d_model
        self.W_Q, self.W_K, self.W_V = np.random.randn(3, d_model, d_model)

    def forward(self, X):
        Q, K, V = X @ self.W_Q, X @ self.W_K, X @ self.W_V
        return softmax(Q @ K.T / np.sqrt(self.d_model)) @ V
""",
    ),
    "globals that a call makes": (
        SDPA,
        "",
        """
from math import sqrt
scale = np.sqrt(np.ones(4).sum()) / 2
def attention(Q, K, V):
    return softmax(Q @ K.T * scale / sqrt(K.shape[-1])) @ V
""",
    ),
    "a backward that comes with its forward": (
        f"{SDPA}_backward",
        "",
        """
class ScaledDotProductAttention:
    def forward(self, Q, K, V):
        self.Q, self.K, self.V = Q, K, V
        self.w = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
        return self.w @ V

    def backward(self, grad_output):
        dw = grad_output @ self.V.T
        ds = self.w * (dw - (dw * self.w).sum(-1, keepdims=True))
        ds = ds / np.sqrt(self.Q.shape[-1])
        return ds @ self.K, ds.T @ self.Q, self.w.T @ grad_output
""",
    ),
    "a gradient that comes first": (
        f"{SDPA}_backward",
        "",
        """
def attention_backward(d_output, Q, K, V):
    w = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    dw = d_output @ V.T
    ds = w * (dw - (dw * w).sum(-1, keepdims=True)) / np.sqrt(Q.shape[-1])
    return ds @ K, ds.T @ Q, w.T @ d_output
""",
    ),
}


def last(source: str) -> Finding:
    """What is said of the last function of a source."""
    return check(HEAD + source)[-1]


@pytest.mark.parametrize("name", STYLES)
def test_a_right_style_agrees(name: str) -> None:
    step, how, source = STYLES[name]
    found = last(source)
    said = found.sentence, found.cause, found.how
    assert (found.verdict, found.step.name) == ("agrees", step), said
    assert how in found.how


# Of each: a style, what is replaced by what, and the name of the cause.
WRONG = {
    "a mask without effect": (
        "a mask that keeps",
        "s = np.where(mask == 0, -1e9, s)",
        "pass",
        "mask_ignored",
    ),
    "heads merged flat": (
        "causal heads without a bias",
        ".transpose(1, 0, 2).reshape(n, d_out)",
        ".reshape(n, d_out)",
        "merged_without_transposing",
    ),
    "scaled by the width of the inputs": (
        "projections with biases",
        "np.sqrt(k.shape[-1])",
        "np.sqrt(x.shape[-1])",
        "scaled_by_root_of_input_width",
    ),
    "a backward without the scale": (
        "a backward that comes with its forward",
        "ds = ds / np.sqrt(self.Q.shape[-1])",
        "pass",
        "scale_forgotten",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_one_is_rejected_and_its_cause_named(what: str) -> None:
    style, right, wrong, cause = WRONG[what]
    source = STYLES[style][2]
    assert right in source
    found = last(source.replace(right, wrong))
    assert found.verdict == "differs"
    assert found.cause is not None, found.sentence
    assert found.cause.name == cause, found.cause.sentence


def test_helpers_that_scale_are_not_accused() -> None:
    source = STYLES["scores that are scaled already"][2]
    verdicts = {each.function: each.verdict for each in check(HEAD + source)}
    names = "softmax", "attention_scores", "attention_weights", "attention"
    assert verdicts == dict.fromkeys(names, "agrees")


def test_what_only_sounds_like_attention_is_not_accused() -> None:
    source = "def plot_attention(w): return w\ndef attention_size(a): return a"
    assert all(each.verdict != "differs" for each in check(HEAD + source))


def test_an_error_is_told_with_the_arrays_that_the_file_imports() -> None:
    source = "def attention(Q, K, V):\n    return Q @ K.T @ nonsense\n"
    found = last(source)
    assert found.verdict == "cannot run"
    assert "nonsense" in found.sentence
    assert "'list'" not in found.sentence
