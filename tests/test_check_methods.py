"""A class without `forward`: which of its methods is the attention."""

import pytest

from tests.checking import check

ARRAYS = """
import numpy as np

def softmax(x):
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)

class SelfAttention:
    def __init__(self, d_in=6, d_out=4):
        self.W_q = np.random.randn(d_in, d_out)
        self.W_k = np.random.randn(d_in, d_out)
        self.W_v = np.random.randn(d_in, d_out)

    def attention(self, x):
        q, k, v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v

class AttentionLayer:
    def __init__(self, d_model, num_heads):
        self.h = num_heads
        self.Wq, self.Wk, self.Wv, self.Wo = (
            np.random.randn(d_model, d_model) for _ in range(4))

    def attend(self, q, k, v):
        return softmax(q @ k.swapaxes(-1, -2) / np.sqrt(k.shape[-1])) @ v

    def cut(self, x):
        return x.reshape(len(x), self.h, -1).swapaxes(0, 1)

    def compute(self, x):
        out = self.attend(*(self.cut(x @ W)
                            for W in (self.Wq, self.Wk, self.Wv)))
        return out.swapaxes(0, 1).reshape(len(x), -1) @ self.Wo

class Reader:
    def __init__(self, dim):
        self.Wq, self.Wk, self.Wv = (
            np.random.randn(dim, dim) for _ in range(3))

    def self_attention(self, x):
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v

class DotProductAttention:
    def __init__(self, d_k):
        self.scale = np.sqrt(d_k)

    def attend(self, q, k, v):
        return softmax(q @ k.T / self.scale) @ v
"""
MODULE = """
import torch
import torch.nn as nn

class Reader(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.q, self.k, self.v = (
            nn.Linear(d_model, d_model) for _ in range(3))

    def attention_weights(self, q, k):
        return (q @ k.mT / k.shape[-1] ** 0.5).softmax(-1)

    def compute_attention(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        return self.attention_weights(q, k) @ v
"""
LISTS = """
from math import exp, sqrt

class SelfAttention:
    def __init__(self, W_query, W_key, W_value):
        self.weights = W_query, W_key, W_value

    def matmul(self, a, b):
        return [[sum(x * y for x, y in zip(r, c)) for c in zip(*b)] for r in a]

    def share(self, scores, root):
        exps = [exp((s - max(scores)) / root) for s in scores]
        return [e / sum(exps) for e in exps]

    def attention(self, x):
        q, k, v = (self.matmul(x, W) for W in self.weights)
        scores = self.matmul(q, [*zip(*k)])
        root = sqrt(len(k[0]))
        return self.matmul([self.share(row, root) for row in scores], v)
"""
TARGETS = {
    "SelfAttention.attention": "trainable_self_attention",
    "AttentionLayer.compute": "full_multi_head_attention",
    "Reader.self_attention": "trainable_self_attention",
    "DotProductAttention.attend": "scaled_dot_product_attention",
}


def test_the_method_that_attends_is_found_and_agrees() -> None:
    _, *found = check(ARRAYS)
    assert {each.function: each.step.name for each in found} == TARGETS
    assert {each.verdict for each in found} == {"agrees"}


def test_a_mistake_in_such_a_method_is_named() -> None:
    wrong = ARRAYS.replace("/ np.sqrt(k.shape[-1])", "").replace(
        "np.sqrt(d_k)", "d_k"
    )
    _, *found = check(wrong)
    named = {f.function: f.cause and f.cause.name for f in found}
    assert named == {
        **dict.fromkeys(TARGETS, "no_scale"),
        "DotProductAttention.attend": "scaled_by_width",
    }


@pytest.mark.torch
def test_a_module_may_attend_in_a_method_of_its_own() -> None:
    (found,) = check(MODULE)
    assert found.function == "Reader.compute_attention"
    assert found.verdict == "agrees", (found.sentence, found.cause)
    (found,) = check(MODULE.replace("softmax(-1)", "softmax(-2)"))
    assert found.cause is not None, found.sentence
    assert found.cause.name == "softmax_over_queries"


def test_a_class_on_lists_may_attend_in_a_method_of_its_own() -> None:
    (found,) = check(LISTS)
    assert found.function == "SelfAttention.attention"
    assert found.verdict == "agrees", (found.sentence, found.cause)
    (found,) = check(LISTS.replace("sqrt(len(k[0]))", "sqrt(len(k))"))
    assert found.cause is not None, found.sentence
    assert found.cause.name == "scaled_by_root_of_count"
