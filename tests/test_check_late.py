"""What stands in the place of softmax or comes after it, and lost batches."""

import pytest

from tests.checking import check

MODULES = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.W_query = nn.Linear(d_in, d_out)
        self.W_key = nn.Linear(d_in, d_out)
        self.W_value = nn.Linear(d_in, d_out)

    def forward(self, x):
        q, k, v = self.W_query(x), self.W_key(x), self.W_value(x)
        root, n = k.shape[-1] ** 0.5, x.shape[1]
        scores = q @ k.mT / root
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        return weights @ v

class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h, self.qkv = num_heads, nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        q, k, v = (t.unflatten(-1, (self.h, -1)).transpose(1, 2)
                   for t in self.qkv(x).chunk(3, dim=-1))
        root = k.shape[-1] ** 0.5
        scores = q @ k.mT / root
        weights = scores.softmax(-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))
"""
ARRAYS = """
import numpy as np

def softmax(scores):
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)

def self_attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    root = np.sqrt(k.shape[-1])
    scores = q @ k.T / root
    weights = softmax(scores)
    return weights @ v
"""
LISTS = """
from math import exp, sqrt

def softmax(scores):
    exps = [exp(score - max(scores)) for score in scores]
    return [e / sum(exps) for e in exps]

def attention(q, k, v):
    root = sqrt(len(k[0]))
    rows = []
    for one in q:
        scores = [sum(map(lambda a, b: a * b, one, o)) / root for o in k]
        weights = softmax(scores)
        rows.append([sum(map(lambda w, x: w * x, weights, c))
                     for c in zip(*v)])
    return rows
"""
IN_TORCH = {
    "scaled_after_softmax": [
        (".softmax(-1)\n", ".softmax(-1) / root\n"),
        (".softmax(-1)\n", ".softmax(-1) / k.shape[-1]\n"),
    ],
    "relu": [
        (".softmax(-1)\n", ".relu()\n"),
    ],
    "relu_before_softmax": [
        ("q @ k.mT / root", "F.relu(q @ k.mT / root)"),
        ("q @ k.mT / root", "(q @ k.mT).clamp(min=0) / root"),
    ],
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [(name, *each) for name, pairs in IN_TORCH.items() for each in pairs],
)
def test_a_class_is_told_what_is_done_about_softmax(
    name: str, right: str, wrong: str
) -> None:
    assert right in MODULES
    found = check(MODULES.replace(right, wrong))
    assert [each.cause and each.cause.name for each in found] == [name] * 2


@pytest.mark.torch
def test_the_classes_are_right_without_it() -> None:
    assert [each.verdict for each in check(MODULES)] == ["agrees"] * 2


IN_ARRAYS = {
    "scaled_after_softmax": ("softmax(scores)\n", "softmax(scores) / root\n"),
    "relu": ("softmax(scores)\n", "np.maximum(scores, 0)\n"),
    "relu_before_softmax": ("q @ k.T / root", "np.maximum(q @ k.T, 0) / root"),
    "rectified": ("weights @ v", "np.maximum(weights @ v, 0)"),
}
IN_LISTS = {
    "scaled_after_softmax": (
        "softmax(scores)\n", "[w / root for w in softmax(scores)]\n",
    ),
    "relu": ("softmax(scores)\n", "[max(s, 0) for s in scores]\n"),
    "relu_before_softmax": (
        "softmax(scores)\n", "softmax([max(s, 0) for s in scores])\n",
    ),
    "rectified": (
        "([sum(map(lambda w, x: w * x, weights, c))",
        "([max(0, sum(map(lambda w, x: w * x, weights, c)))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_ARRAYS)
def test_a_function_is_told_what_is_done_about_softmax(name: str) -> None:
    for source, (right, wrong) in (
        (ARRAYS, IN_ARRAYS[name]),
        (LISTS, IN_LISTS[name]),
    ):
        assert {each.verdict for each in check(source)} == {"agrees"}
        assert right in source
        *_, found = check(source.replace(right, wrong))
        assert found.cause is not None, found.sentence
        assert found.cause.name == name


@pytest.mark.torch
def test_a_result_without_its_negative_entries_is_named_in_a_batch() -> None:
    right = "        return weights @ v"
    assert right in MODULES
    wrong = MODULES.replace(right, "        return F.relu(weights @ v)")
    found, _ = check(wrong)
    assert found.cause is not None, found.sentence
    assert found.cause.name == "rectified"


MIX = "return weights @ v"
LOST = {
    "(weights @ v)[0]": "the first sentence alone is left",
    "(weights @ v)[-1]": "the last sentence alone is left",
    "(weights @ v).sum(0)": "the sentences are added up",
    "(weights @ v).mean(dim=0)": "they are the mean of the sentences",
    "(weights @ v).amax(0)": "the rows are those of one sentence",
    "(weights @ v).squeeze()": "with two sentences it does",
    "(weights @ v).flatten(0, 1)": "2 sentences of 6 tokens",
    "(weights @ v)[:, 0]": "one row came out, which is the first token's",
    "(weights @ v)[:, -1]": "one row came out, which is the last token's",
    "(weights @ v).mean(1)": "one row came out, which is the mean of all",
    "(weights @ v).amin(1)": "and one row came out.",
}


@pytest.mark.torch
@pytest.mark.parametrize("wrong", LOST)
def test_what_becomes_of_a_batch_is_told(wrong: str) -> None:
    alone = MODULES[: MODULES.index("class MultiHead")]
    (found,) = check(alone.replace(MIX, f"return {wrong}"))
    assert found.verdict == "differs"
    assert found.cause is not None, found.sentence
    assert LOST[wrong] in found.cause.sentence
