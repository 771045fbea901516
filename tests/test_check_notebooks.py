"""Kinds of real notebooks and NumPy code once misjudged, written anew."""

import json
import sys
from pathlib import Path

import pytest

from attnbook.__main__ import main
from attnbook.checker.engine import Options, survey
from attnbook.checker.finding import Finding
from attnbook.checker.reader.program import Program
from tests.checking import SEED, check, only

HEAD = """
import numpy as np

def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
"""

MULTI = (
    HEAD
    + """
class MultiHeadAttention:
    def __init__(self, d_model, num_heads):
        self.num_heads = num_heads
        draw = lambda: rng.normal(size=(d_model, d_model))
        self.W_q, self.W_k, self.W_v, self.W_o = (draw() for _ in range(4))

    def cut(self, x):
        b, n, d = x.shape
        return x.reshape(b, n, self.num_heads, -1).transpose(0, 2, 1, 3)

    def forward(self, x):
        q, k, v = (self.cut(x @ W) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
        mixed = softmax(scores) @ v
        return mixed.transpose(0, 2, 1, 3).reshape(x.shape) @ self.W_o
"""
)
DRAWN_BY_A_CALL = MULTI + "\nrng = np.random.RandomState(3)\n"
CHOSEN_BY_A_QUESTION = MULTI.replace(
    "\nclass",
    "\nQUIET = True\nif QUIET:\n    rng = np.random.default_rng(3)\nclass",
)

IDS = (
    HEAD
    + """
class Attention:
    def __init__(self, d_model, num_heads=2, max_seq_len=50):
        self.num_heads = num_heads
        self.W_q = np.random.randn(d_model, d_model)
        self.W_k = np.random.randn(d_model, d_model)
        self.W_v = np.random.randn(d_model, d_model)
        self.W_o = np.random.randn(d_model, d_model)
        self.hidden = np.triu(np.ones((max_seq_len, max_seq_len)), 1) > 0

    def cut(self, x):
        b, n, d = x.shape
        return x.reshape(b, n, self.num_heads, -1).transpose(0, 2, 1, 3)

    def forward(self, x, token_ids):
        real = (token_ids != 0)[:, None, None, :]
        n = x.shape[1]
        q, k, v = (self.cut(x @ W) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
        scores = np.where(real & ~self.hidden[:n, :n], scores, -np.inf)
        mixed = softmax(scores) @ v
        return mixed.transpose(0, 2, 1, 3).reshape(x.shape) @ self.W_o
"""
)

PAD_MASK = (
    HEAD
    + """
def create_padding_mask(mask_1d):
    return mask_1d[:, np.newaxis, np.newaxis, :].astype(np.float32)

def scaled_dot_product_attention(q, k, v):
    return softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v
"""
)

ONE_WIDTH = (
    HEAD
    + """
def self_attention(x, W_q, W_k, W_v, d_model):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    return softmax(q @ k.T / np.sqrt(d_model)) @ v
"""
)

BY_HEAD = (
    HEAD
    + """
def multi_head_attention(x, WQ, WK, WV, WO, num_heads, d_model):
    parts = []
    for i in range(num_heads):
        q, k, v = x @ WQ[i], x @ WK[i], x @ WV[i]
        scores = q @ k.T / np.sqrt(d_model // num_heads)
        parts.append(softmax(scores) @ v)
    return np.concatenate(parts, axis=-1) @ WO
"""
)


CUT_FLAT = (
    HEAD
    + """
def multi_head_attention(x, W_q, W_k, W_v, W_o, num_heads):
    n, d = len(x), W_q.shape[1] // num_heads
    q, k, v = ((x @ W).reshape(num_heads, n, d) for W in (W_q, W_k, W_v))
    mixed = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(d)) @ v
    return mixed.transpose(1, 0, 2).reshape(n, num_heads * d) @ W_o
"""
)

OUT_OF_ONE_HEAD = (
    HEAD
    + """
def self_attention(x, W_Q, W_K, W_V, W_O):
    q, k, v = x @ W_Q, x @ W_K, x @ W_V
    return softmax(q @ k.T / np.sqrt(W_Q.shape[1])) @ v @ W_O
"""
)

CONSTANTS = (
    HEAD
    + """
D_MODEL = 32
N_HEADS = 4
D_HEAD = D_MODEL // N_HEADS

def scaled_dot_product(q, k, v, d_k):
    n = q.shape[0]
    scores = q @ k.T / np.sqrt(d_k) + np.triu(np.ones((n, n)), 1) * -1e9
    weights = softmax(scores)
    return weights @ v, weights

def attention(x, W_Q, W_K, W_V):
    return scaled_dot_product(x @ W_Q, x @ W_K, x @ W_V, D_MODEL)

def multi_head_attention(x, W_Q, W_K, W_V, W_O):
    cut = lambda a: a.reshape(len(x), N_HEADS, D_HEAD).transpose(1, 0, 2)
    heads = zip(cut(x @ W_Q), cut(x @ W_K), cut(x @ W_V))
    mixed = [scaled_dot_product(q, k, v, D_HEAD)[0] for q, k, v in heads]
    return np.concatenate(mixed, axis=-1) @ W_O
"""
)

STATE = (
    HEAD
    + """
class Dense:
    def __init__(self, wide, narrow):
        self.w, self.b = np.random.randn(wide, narrow), np.zeros(narrow)
        self.v, self.m = np.zeros_like(self.w), np.zeros_like(self.w)
        self.v_hat, self.m_hat = np.zeros_like(self.w), np.zeros_like(self.w)
        self.vb, self.mb = np.zeros_like(self.b), np.zeros_like(self.b)

    def forward(self, x):
        return x @ self.w + self.b

class MultiHeadAttention:
    def __init__(self, d_model, heads_num):
        self.heads_num = heads_num
        made = (Dense(d_model, d_model) for _ in range(4))
        self.Q_linear, self.K_linear, self.V_linear, self.O_linear = made

    def cut(self, x):
        b, n, d = x.shape
        return x.reshape(b, n, self.heads_num, -1).transpose(0, 2, 1, 3)

    def forward(self, query, key, value):
        q = self.cut(self.Q_linear.forward(query))
        k = self.cut(self.K_linear.forward(key))
        v = self.cut(self.V_linear.forward(value))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
        mixed = (softmax(scores) @ v).transpose(0, 2, 1, 3)
        return self.O_linear.forward(mixed.reshape(query.shape))
"""
)


@pytest.mark.parametrize(
    "source",
    [DRAWN_BY_A_CALL, CHOSEN_BY_A_QUESTION, IDS, PAD_MASK, ONE_WIDTH,
     BY_HEAD, OUT_OF_ONE_HEAD, CONSTANTS, STATE],
    ids=["a name made by a call", "a name made under an if", "token ids",
         "a padding mask of one argument", "one width for all",
         "projections head by head", "an output of one head",
         "constants, causal, several results", "state beside weights"],
)  # fmt: skip
def test_a_right_attention_agrees_with_all_that_is_around_it(
    source: str,
) -> None:
    found = check(source)
    assert {each.verdict for each in found} == {"agrees"}, told(found)
    assert found[-1].step.name != "softmax", told(found)


def told(found: list[Finding]) -> list[str]:
    """What was said, for a test that fails."""
    return [f"{e.function} {e.verdict}: {e.how} {e.sentence}" for e in found]


WRONG = {
    "one width for all, and no scale": (
        ONE_WIDTH, " / np.sqrt(d_model)", "", "no_scale",
    ),
    "head by head, and no scale": (
        BY_HEAD, " / np.sqrt(d_model // num_heads)", "", "no_scale",
    ),
    "head by head, softmax over the queries": (
        BY_HEAD, "softmax(scores)", "softmax(scores, 0)",
        "softmax_over_queries",
    ),
    "token ids, scaled by the width": (
        IDS, "/ np.sqrt(q.shape[-1])", "/ q.shape[-1]", "scaled_by_width",
    ),
    "cut flat, which weights head by head would make right": (
        CUT_FLAT, "softmax(", "softmax(", "reshaped_without_transposing",
    ),
    "several heads by name, and one wide head": (
        OUT_OF_ONE_HEAD, "self_attention", "multi_head_attention",
        "one_wide_head",
    ),
    "causal without saying so, scaled by the number of tokens": (
        CONSTANTS, "/ np.sqrt(d_k)", "/ np.sqrt(n)",
        "scaled_by_root_of_count",
    ),
    "state beside weights, and merged without transposing": (
        STATE, "@ v).transpose(0, 2, 1, 3)", "@ v)",
        "merged_without_transposing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_one_of_its_kind_is_rejected_by_its_cause(what: str) -> None:
    source, right, wrong, cause = WRONG[what]
    assert right in source
    last = check(source.replace(right, wrong))[-1]
    assert last.verdict == "differs", told([last])
    assert last.cause is not None
    assert last.cause.name == cause, last.cause


HELPERS = (
    PAD_MASK.split("def create")[0].replace("axis=-1):", "axis=2):")
    + """
def linear(params, x):
    return x @ params["w"] + params["b"]

class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.random.randn(in_features, out_features)

def simple_self_attention(batch):
    scores = batch @ batch.transpose(0, 2, 1)
    return softmax(scores) @ batch
"""
)


def test_a_part_that_cannot_stand_alone_is_no_finding() -> None:
    last = only(check(HELPERS))
    assert (last.function, last.verdict) == ("simple_self_attention", "agrees")


BLOCK = (
    DRAWN_BY_A_CALL
    + """
class LayerNorm:
    def forward(self, x):
        return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)

class TransformerBlock:
    def __init__(self, d_model, num_heads):
        self.attn = MultiHeadAttention(d_model, num_heads)
        self.norm = LayerNorm()
        self.wide = rng.normal(size=(d_model, 4 * d_model))

    def forward(self, x):
        x = x + self.attn.forward(self.norm.forward(x))
        return x + np.maximum(x @ self.wide, 0) @ self.wide.T

class Model:
    def __init__(self, n_layers, d_model, num_heads):
        self.blocks = [
            TransformerBlock(d_model, num_heads) for _ in range(n_layers)
        ]

def plot(W_q, mixed, attn):
    print(W_q, mixed, attn)

attn = MultiHeadAttention(4, 2)
"""
)


def test_a_block_is_said_to_use_the_attention_that_is_checked() -> None:
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": BLOCK})
    found = survey(program.ask, BLOCK, Options(seed=SEED))
    within = "MultiHeadAttention"
    assert found.users == (("TransformerBlock", within), ("Model", within))
    assert found.not_checked == ("plot",)


def said(
    source: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The status and the text of a notebook with this in one cell."""
    file = folder / "mine.ipynb"
    cell = {"cell_type": "code", "source": source}
    file.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    status = main(["check", str(file)])
    return status, " ".join(capsys.readouterr().out.split())


def test_a_block_is_named_beside_its_attention(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = said(BLOCK, tmp_path, capsys)
    assert status == 0
    assert (
        "`TransformerBlock`, `Model` use `MultiHeadAttention`, which is "
        "checked above; what else they do is not. Not checked: plot."
    ) in text


FLAT = (
    HEAD
    + """
X = np.random.rand(5, 4)
W_q, W_k, W_v = np.random.rand(3, 4, 2)
scores = (X @ W_q) @ (X @ W_k).T / 1.4142
weights = softmax(scores)
print(weights @ (X @ W_v))
"""
)


def test_an_attention_in_no_function_is_not_passed_by(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = said(FLAT, tmp_path, capsys)
    assert status == 2
    assert "Line 11 computes attention outside of any function" in text
    assert "The attention itself was not checked." in text


TORN = (
    HEAD
    + """
class SelfAttention:
    def __init__(self, d_model, n_heads):
        self.n_heads = n_heads
        self.W_q = np.random.randn(d_model, d_model)
        self.W_k = np.random.randn(d_model, d_model)
        self.W_v = np.random.randn(d_model, d_model)

    def cut(self, x):
        b, n, d = x.shape
        return x.reshape(b, n, self.n_heads, -1).transpose(0, 2, 1, 3)

    def mixed(self, x):
        q, k, v = (self.cut(x @ W) for W in (self.W_q, self.W_k, self.W_v))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
        return (softmax(scores) @ v).reshape(x.shape)

    def forward(self, x):
        return self.mixed(x)
"""
)
NORM = """
        y = x + y
        y = y - y.mean(-1, keepdims=True)
        return y / np.sqrt(y.var(-1, keepdims=True) + 1e-12)
"""
TORN_BLOCK = TORN.replace("SelfAttention", "AttentionLayer").replace(
    "        return self.mixed(x)\n", f"        y = self.mixed(x){NORM}"
)
TORN_INSIDE = (
    TORN
    + """
class AttentionLayer:
    def __init__(self, d_model, n_heads):
        self.inner = SelfAttention(d_model, n_heads)
        self.W_o = np.random.randn(d_model, d_model)

    def forward(self, x):
        y = self.inner.forward(x) @ self.W_o"""
    + NORM
)


def test_a_block_with_a_norm_after_it_hides_no_cause() -> None:
    last = check(TORN_BLOCK)[-1]
    assert "its inputs added after, then a layer norm" in last.how
    assert last.cause is not None
    assert last.cause.name == "merged_without_transposing"


def test_a_block_waits_for_the_attention_in_it() -> None:
    *_, inner, outer = check(TORN_INSIDE)
    assert (inner.function, inner.verdict) == (
        "SelfAttention.forward", "differs",
    )  # fmt: skip
    assert (outer.function, outer.verdict, outer.dependency) == (
        "AttentionLayer.forward", "waits", inner.function,
    )  # fmt: skip


COLAB = """
from google.colab import drive
import beartype.typing as bt
import example_of_a_library as there
drive.mount("/content")

@bt.beartype
def dot(x, y):
    import beartype
    return there.total(a * b for a, b in zip(x, y, strict=True))
"""
LIBRARY = """
try:
    import google.colab
    import IPython_of_a_notebook_only
except ModuleNotFoundError as error:
    assert error.name != "IPython_of_a_notebook_only", "it is no notebook"
total = sum
"""


def test_a_stand_in_is_none_for_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "example_of_a_library.py"
    place.write_text(LIBRARY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    last = only(check(COLAB))
    assert (last.function, last.verdict) == ("dot", "agrees"), last.sentence
    assert {"google.colab", "beartype"}.isdisjoint(sys.modules)


def test_what_is_ragged_is_not_taken_for_kept() -> None:
    last = only(check("def self_attention(x): return [[1.0], [1.0, 2.0]]"))
    assert last.verdict == "differs"
    assert last.cause is None or last.cause.name != "kept_from_call_to_call"
