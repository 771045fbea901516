"""Attention in cells, in no function: written anew, right and wrong."""

import json
from pathlib import Path

import pytest

from attnbook.__main__ import main
from attnbook.checker.finding import Finding
from tests.checking import check, only

SENTENCE = """
import torch
inputs = torch.tensor(
    [[0.2, 0.9, 0.1], [0.5, 0.4, 0.8], [0.7, 0.3, 0.6],
     [0.1, 0.6, 0.4], [0.9, 0.2, 0.5]]
)
"""
WEIGHTS = """
d_in, d_out = inputs.shape[1], 2
W_query = torch.nn.Parameter(torch.rand(d_in, d_out), requires_grad=False)
W_key = torch.nn.Parameter(torch.rand(d_in, d_out), requires_grad=False)
W_value = torch.nn.Parameter(torch.rand(d_in, d_out), requires_grad=False)
"""
MATRICES = """
queries, keys, values = inputs @ W_query, inputs @ W_key, inputs @ W_value
attn_scores = queries @ keys.T
attn_weights = torch.softmax(attn_scores / keys.shape[-1] ** 0.5, dim=-1)
context_vecs = attn_weights @ values
print(context_vecs)
"""
ONE_ROW = """
keys = inputs @ W_key
values = inputs @ W_value
query_3 = inputs[2] @ W_query
scores_3 = query_3 @ keys.T
weights_3 = torch.softmax(scores_3 / keys.shape[-1] ** 0.5, dim=-1)
context_vec_3 = weights_3 @ values
"""
LOOPS = """
query = inputs[2]
scores_3 = torch.empty(inputs.shape[0])
for i, x_i in enumerate(inputs):
    scores_3[i] = torch.dot(x_i, query)
weights_3 = torch.softmax(scores_3, dim=0)
context_vec_3 = torch.zeros(query.shape)
for i, x_i in enumerate(inputs):
    context_vec_3 += weights_3[i] * x_i
"""
HIDDEN = """
hidden = torch.triu(torch.ones(5, 5), diagonal=1).bool()
queries, keys, values = inputs @ W_query, inputs @ W_key, inputs @ W_value
scores = (queries @ keys.T).masked_fill(hidden, -torch.inf)
weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
context = weights @ values
"""
LAYERS = """
d_model = 3
to_q = torch.nn.Linear(d_model, d_model, bias=False)
W_k = torch.nn.Linear(d_model, d_model, bias=False)
W_v = torch.nn.Linear(d_model, d_model, bias=False)
"""
NUMPY = """
import numpy as np
x = np.random.randn(4, 6)
W_q, W_k, W_v = [np.random.randn(6, 3) for _ in range(3)]
d_k = 3

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

if __name__ == "__main__":
    Q = np.dot(x, W_q)
    K = np.dot(x, W_k)
    V = np.dot(x, W_v)
    weights = softmax(np.dot(Q, K.T) / np.sqrt(d_k))
    out = np.dot(weights, V)
"""


def lifted(source: str) -> Finding:
    """The one finding of statements outside of any function."""
    found = check(source)
    return only([e for e in found if e.function.startswith("attention_in_")])


@pytest.mark.parametrize(
    ("source", "step"),
    [
        (SENTENCE + WEIGHTS + MATRICES, "trainable_self_attention"),
        (SENTENCE + WEIGHTS + ONE_ROW, "trainable_self_attention"),
        (SENTENCE + LOOPS, "self_attention"),
        (SENTENCE + WEIGHTS + HIDDEN, "causal_attention"),
        (NUMPY, "trainable_self_attention"),
    ],
    ids=["matrices", "one token", "loops", "hidden", "numpy"],
)
def test_statements_in_no_function_are_checked(source: str, step: str) -> None:
    finding = lifted(source)
    assert (step, "agrees") == (finding.step.name, finding.verdict)
    assert source.split("\n")[finding.line - 1].strip()
    assert finding.line > 6


@pytest.mark.parametrize(
    ("source", "right", "wrong", "cause"),
    [
        (SENTENCE + WEIGHTS + MATRICES, " / keys.shape[-1] ** 0.5", "",
         "no_scale"),
        (SENTENCE + WEIGHTS + ONE_ROW, " / keys.shape[-1] ** 0.5", "",
         "no_scale"),
        (SENTENCE + LOOPS, "softmax(s", "softmax(-s", "sign_flipped"),
        (SENTENCE + WEIGHTS + HIDDEN, "diagonal=1", "diagonal=0",
         "mask_hides_self"),
        (NUMPY, "np.dot(weights, V)", "np.dot(weights.T, V)",
         "weights_transposed"),
    ],
    ids=["matrices", "one token", "loops", "hidden", "numpy"],
)  # fmt: skip
def test_wrong_statements_in_no_function_are_told(
    source: str, right: str, wrong: str, cause: str
) -> None:
    finding = lifted(source.replace(right, wrong))
    assert finding.verdict == "differs"
    assert finding.cause is not None
    assert finding.cause.name == cause


@pytest.mark.parametrize(
    "scaled",
    ["attn_scores / 2**0.5", "attn_scores * 0.7071", "attn_scores / root"],
)
def test_a_number_that_fits_the_files_own_sizes_is_not_accused(
    scaled: str,
) -> None:
    fixed = MATRICES.replace("attn_scores / keys.shape[-1] ** 0.5", scaled)
    source = SENTENCE + WEIGHTS + "\nroot = 1.4142\n" + fixed
    assert check(source) == []


def test_a_layer_outside_of_any_function_is_given_weights() -> None:
    forward = MATRICES.replace("inputs @ W_query", "W_q(inputs)")
    forward = forward.replace("inputs @ W_key", "W_k(inputs)")
    forward = forward.replace("inputs @ W_value", "W_v(inputs)")
    layers = LAYERS.replace("to_q", "W_q")
    assert lifted(SENTENCE + layers + forward).verdict == "agrees"
    keys = forward.replace("W_k(inputs)", "W_q(inputs)")
    assert lifted(SENTENCE + layers + keys).verdict == "differs"


def test_a_finding_in_a_notebook_has_the_lines_of_its_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "code", "source": source.strip("\n")}
        for source in (SENTENCE, WEIGHTS, MATRICES)
    ]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    status = main(["check", str(path)])
    text = capsys.readouterr().out
    assert status == 0
    assert "attention_in_lines_12_to_15(inputs, W_query" in text
    assert "outside of any function" not in text


GLOBAL = """
import numpy as np
d_model, d_k = 6, 3
W_q = np.random.randn(d_model, d_k)
W_k = np.random.randn(d_model, d_k)
W_v = np.random.randn(d_model, d_k)

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def scores(x):
    return (x @ W_q) @ (x @ W_k).T / np.sqrt(d_k)

def self_attention(x):
    return softmax(scores(x)) @ (x @ W_v)
"""


def test_weights_of_the_file_are_arguments_of_what_reads_them() -> None:
    right, wrong = (
        next(e for e in check(source) if e.function == "self_attention")
        for source in (GLOBAL, GLOBAL.replace("(x @ W_k)", "(x @ W_q)"))
    )
    assert right.verdict == "agrees"
    assert wrong.verdict == "differs"
    assert wrong.cause is not None
    assert wrong.cause.name == "queries_with_queries"


AXES = """
import torch
from torch import nn

class SelfAttention(nn.Module):
    def __init__(self, d_model=2, row_dim=0, col_dim=1):
        super().__init__()
        self.row_dim, self.col_dim = row_dim, col_dim
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_k = nn.Linear(d_model, d_model, bias=False)
        self.to_v = nn.Linear(d_model, d_model, bias=False)

    def forward(self, rows):
        q, k, v = self.to_q(rows), self.to_k(rows), self.to_v(rows)
        scores = q @ k.transpose(self.row_dim, self.col_dim)
        scores = scores / k.size(self.col_dim) ** 0.5
        return torch.softmax(scores, dim=self.col_dim) @ v
"""


def test_the_number_of_an_axis_is_no_size() -> None:
    wrong = AXES.replace("dim=self.col_dim) @", "dim=self.row_dim) @")
    assert only(check(AXES)).verdict == "agrees"
    finding = only(check(wrong))
    assert finding.verdict == "differs"
    assert finding.cause is not None
    assert finding.cause.name == "softmax_over_queries"


SHOWN = """
import numpy as np
x = np.random.rand(5, 4)
W_q, W_k, W_v = np.random.rand(3, 4, 2)

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

scores = (x @ W_q) @ (x @ W_k).T / np.sqrt(W_k.shape[-1])
weights = softmax(scores)
print(weights @ (x @ W_v))
"""


def test_a_mix_that_is_only_shown_is_checked() -> None:
    assert lifted(SHOWN).verdict == "agrees"
    bare = SHOWN.replace("print(weights @ (x @ W_v))", "weights.T @ (x @ W_v)")
    finding = lifted(bare)
    assert finding.cause is not None
    assert finding.cause.name == "weights_transposed"


PICTURE = """
import numpy as np
picture = np.random.rand(4, 4, 3)
height, width, channels = picture.shape
flat = picture.reshape(height * width, channels)
wide = 8
W_q = np.random.rand(channels, wide)
W_k = np.random.rand(channels, wide)
W_v = np.random.rand(channels, wide)

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

weights = softmax(np.dot(flat @ W_q, (flat @ W_k).T) / np.sqrt(wide))
out = np.dot(weights, flat @ W_v)
"""
CAUSAL = """
import torch
inputs = torch.rand(6, 3)
scores = inputs @ inputs.T
seq_len = 6
later = torch.triu(torch.ones(seq_len, seq_len), diagonal=1)
scores = scores.masked_fill(later.bool(), -torch.inf)
context = torch.softmax(scores, dim=1) @ inputs
"""


def test_what_does_something_else_first_is_not_accused() -> None:
    assert [each.function for each in check(PICTURE)] == ["softmax"]


TWICE = """
import torch
inputs = torch.rand(6, 3)
scores = inputs @ inputs.T
weights = torch.softmax(scores, dim=-1)
context_length = scores.shape[0]
seen = torch.tril(torch.ones(context_length, context_length))
masked = weights * seen
masked = masked / masked.sum(dim=-1, keepdim=True)
context = masked @ inputs
"""
AGAIN = """
later = torch.triu(torch.ones(context_length, context_length), diagonal=1)
hidden = scores.masked_fill(later.bool(), -torch.inf)
context = torch.softmax(hidden, dim=-1) @ inputs
"""


@pytest.mark.torch
@pytest.mark.parametrize("source", [CAUSAL, TWICE, TWICE + AGAIN])
def test_what_is_causal_without_weights_is_checked(source: str) -> None:
    finding = lifted(source)
    assert (finding.step.name, finding.verdict) == (
        "causal_attention", "agrees",
    )  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (CAUSAL, "diagonal=1", "diagonal=2"),
        (CAUSAL, "dim=1) @", "dim=0) @"),
        (TWICE, "masked = masked /", "other = masked /"),
        (TWICE, "masked @ inputs", "masked.T @ inputs"),
        (TWICE + AGAIN, "diagonal=1", "diagonal=2"),
        (TWICE + AGAIN, "-torch.inf", "0.0"),
    ],
)
def test_what_is_wrong_and_nearly_causal_does_not_agree(
    source: str, right: str, wrong: str
) -> None:
    assert right in source
    found = check(source.replace(right, wrong))
    assert "agrees" not in [each.verdict for each in found]


HEADS = """
import numpy as np
seq_len, d_model, num_heads = 5, 8, 2
head_dim = d_model // num_heads
X = np.random.randn(seq_len, d_model)
W_q, W_k, W_v, W_o = np.random.randn(4, d_model, d_model)

def soft_max(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

Q = (X @ W_q).reshape(seq_len, num_heads, head_dim).transpose(1, 0, 2)
K = (X @ W_k).reshape(seq_len, num_heads, head_dim).transpose(1, 0, 2)
V = (X @ W_v).reshape(seq_len, num_heads, head_dim).transpose(1, 0, 2)
weights = soft_max(Q @ K.transpose(0, 2, 1) / np.sqrt(head_dim))
print(weights.shape)
heads = weights @ V
merged = heads.transpose(1, 0, 2).reshape(seq_len, d_model)
out = merged @ W_o
print(out + X)
"""
EACH = """
import numpy as np
n, d_model, h = 4, 6, 3
d_k = d_model // h
X = np.random.randn(n, d_model)
W_q, W_k, W_v = [np.random.randn(h, d_model, d_k) for _ in range(3)]
W_o = np.random.randn(d_model, d_model)

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

heads = []
for i in range(h):
    q, k, v = X @ W_q[i], X @ W_k[i], X @ W_v[i]
    weights = softmax(q @ k.T / np.sqrt(d_k))
    heads.append(weights @ v)
merged = np.concatenate(heads, axis=-1)
out = merged @ W_o
"""


@pytest.mark.parametrize("source", [HEADS, EACH], ids=["cut", "one by one"])
def test_heads_outside_of_any_function_are_checked(source: str) -> None:
    finding = lifted(source)
    assert finding.verdict == "agrees"
    assert finding.step.name == "full_multi_head_attention"


@pytest.mark.parametrize(
    ("source", "right", "wrong", "cause"),
    [
        (HEADS, "heads.transpose(1, 0, 2).reshape", "heads.reshape",
         "merged_without_transposing"),
        (HEADS, "np.sqrt(head_dim)", "np.sqrt(d_model)", "scale"),
        (HEADS, "out = merged @ W_o", "out = merged @ W_o.T",
         "output_transposed"),
        (EACH, "/ np.sqrt(d_k)", "/ np.sqrt(d_model)", "scale"),
        (EACH, "concatenate(heads,", "concatenate(heads[::-1],", None),
        (EACH, "concatenate(heads, axis=-1)", "stack(heads).reshape(n, -1)",
         "merged_without_transposing"),
    ],
)  # fmt: skip
def test_wrong_heads_outside_of_any_function_are_told(
    source: str, right: str, wrong: str, cause: str | None
) -> None:
    assert right in source
    found = check(source.replace(right, wrong))
    finding = next(e for e in found if e.function.startswith("attention_in_"))
    assert finding.verdict == "differs"
    assert finding.cause is not None
    assert cause is None or cause in finding.cause.name


def test_what_is_done_after_the_heads_is_no_part_of_them() -> None:
    more = HEADS.replace("print(out + X)", "out = out + X\nout = out * 2")
    assert lifted(more).verdict == "agrees"


def test_a_length_with_a_name_is_that_of_the_sentence() -> None:
    scored = "scores = (inputs @ W_query) @ (inputs @ W_key).T / d_out**0.5"
    mixed = CAUSAL.replace("scores = inputs @ inputs.T", scored)
    mixed = mixed.replace("dim=1) @ inputs", "dim=1) @ (inputs @ W_value)")
    start, _, rest = mixed.partition("scores =")
    finding = lifted(start + WEIGHTS + "scores =" + rest)
    assert finding.step.name == "causal_attention"
    assert finding.verdict == "agrees"
