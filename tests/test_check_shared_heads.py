"""Heads of queries that share keys and values: which one each of them reads.

A class is made with six heads of queries and three of keys, so that no number
of heads is another's; then with four and two, two and one, one and one.
"""

import pytest

from tests.checking import check

HEAD = """
import torch
import torch.nn as nn

def repeat_kv(x, times):
    b, g, n, d = x.shape
    if times == 1:
        return x
    return x[:, :, None].expand(b, g, times, n, d).reshape(b, -1, n, d)
"""
BY_GROUPS = (
    HEAD
    + """
class GroupedQueryAttention(nn.Module):
    def __init__(self, d_in, d_out, num_heads, num_kv_groups):
        super().__init__()
        self.h, self.g = num_heads, num_kv_groups
        d = d_out // num_heads
        self.W_query = nn.Linear(d_in, d_out, bias=False)
        self.W_key = nn.Linear(d_in, self.g * d, bias=False)
        self.W_value = nn.Linear(d_in, self.g * d, bias=False)
        self.out_proj = nn.Linear(d_out, d_out, bias=False)

    def forward(self, x):
        b, n, _ = x.shape
        q = self.W_query(x).view(b, n, self.h, -1).transpose(1, 2)
        k = self.W_key(x).view(b, n, self.g, -1).transpose(1, 2)
        v = self.W_value(x).view(b, n, self.g, -1).transpose(1, 2)
        k = k.repeat_interleave(self.h // self.g, dim=1)
        v = v.repeat_interleave(self.h // self.g, dim=1)
        scores = q @ k.mT / k.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(b, n, -1)
        return self.out_proj(mixed)
"""
)
CONFIGURED = (
    HEAD
    + """
class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.h, self.g = config.n_head, config.n_kv_heads
        width = config.n_embd
        self.wq = nn.Linear(width, width)
        self.wk = nn.Linear(width, width // self.h * self.g)
        self.wv = nn.Linear(width, width // self.h * self.g)
        self.wo = nn.Linear(width, width)

    def forward(self, x):
        q = self.wq(x).unflatten(-1, (self.h, -1)).transpose(1, 2)
        k = self.wk(x).unflatten(-1, (self.g, -1)).transpose(1, 2)
        v = self.wv(x).unflatten(-1, (self.g, -1)).transpose(1, 2)
        k, v = (repeat_kv(each, self.h // self.g) for each in (k, v))
        out = nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True)
        return self.wo(out.transpose(1, 2).flatten(2))
"""
)
PACKED = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, dim, n_heads, n_kv_heads):
        super().__init__()
        self.g, self.each = n_kv_heads, n_heads // n_kv_heads
        self.d = dim // n_heads
        self.sizes = [dim, self.g * self.d, self.g * self.d]
        self.qkv = nn.Linear(dim, sum(self.sizes))
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        q, k, v = self.qkv(x).split(self.sizes, dim=-1)
        q = q.unflatten(-1, (self.g, self.each, self.d))
        k, v = (t.unflatten(-1, (self.g, self.d)) for t in (k, v))
        scores = torch.einsum("bngrd,bmgd->bgrnm", q, k) * self.d ** -0.5
        mixed = torch.einsum("bgrnm,bmgd->bngrd", scores.softmax(-1), v)
        return self.proj(mixed.flatten(2))
"""
)
GROUP_BY_GROUP = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, hidden_size, num_attention_heads, num_query_groups):
        super().__init__()
        self.g = num_query_groups
        self.each = num_attention_heads // num_query_groups
        d = hidden_size // num_attention_heads
        self.query_key_value = nn.Linear(
            hidden_size, (num_attention_heads + 2 * self.g) * d)
        self.dense = nn.Linear(hidden_size, hidden_size)

    def forward(self, x):
        all_ = self.query_key_value(x)
        all_ = all_.unflatten(-1, (self.g, self.each + 2, -1))
        q, k, v = all_.split([self.each, 1, 1], dim=-2)
        q, k, v = (t.permute(0, 2, 3, 1, 4) for t in (q, k, v))
        weights = (q @ k.mT / k.shape[-1] ** 0.5).softmax(-1)
        return self.dense((weights @ v).permute(0, 3, 1, 2, 4).flatten(2))
"""
)
GROUPED = {
    "its heads repeated one by one": BY_GROUPS,
    "expanded, and told by a configuration": CONFIGURED,
    "packed part by part": PACKED,
    "packed group by group": GROUP_BY_GROUP,
}

ONE_PACKED = (
    HEAD
    + """
class MultiQueryAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.h, self.d = n_heads, d_model // n_heads
        self.Wqkv = nn.Linear(d_model, d_model + 2 * self.d)
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, x):
        q, k, v = self.Wqkv(x).split([self.h * self.d, self.d, self.d], dim=2)
        q = q.unflatten(-1, (self.h, self.d)).transpose(1, 2)
        k, v = k.unsqueeze(1), v.unsqueeze(1)
        weights = (q @ k.mT / self.d ** 0.5).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(2))
"""
)
ONE_FOR_A_LIST = (
    HEAD
    + """
class MultiQueryAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.d = d_model // num_heads
        self.queries = nn.ModuleList(
            [nn.Linear(d_model, self.d) for _ in range(num_heads)])
        self.key = nn.Linear(d_model, self.d)
        self.value = nn.Linear(d_model, self.d)
        self.proj = nn.Linear(d_model, d_model)

    def forward(self, x):
        k, v = self.key(x), self.value(x)
        scores = [query(x) @ k.mT / self.d ** 0.5 for query in self.queries]
        return self.proj(torch.cat([s.softmax(-1) @ v for s in scores], -1))
"""
)
ONE = {"packed": ONE_PACKED, "for a list of queries": ONE_FOR_A_LIST}


@pytest.mark.torch
@pytest.mark.parametrize("how", GROUPED)
def test_two_heads_of_queries_may_share_one_of_keys(how: str) -> None:
    (found,) = check(GROUPED[how])
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "2 heads of queries share one of keys" in found.how


@pytest.mark.torch
@pytest.mark.parametrize("how", ONE)
def test_one_head_of_keys_may_serve_all(how: str) -> None:
    (found,) = check(ONE[how])
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "one head of keys and values serves all" in found.how


@pytest.mark.torch
def test_a_list_of_queries_that_nothing_registers_is_named() -> None:
    (found,) = check(ONE_FOR_A_LIST.replace("nn.ModuleList", "list"))
    assert found.cause is not None, found.sentence
    assert found.cause.name == "not_registered"


KEYS = "k = k.repeat_interleave(self.h // self.g, dim=1)"
VALUES = "v = v.repeat_interleave(self.h // self.g, dim=1)"
WRONG = {
    "values alone in turn": (
        BY_GROUPS, VALUES, "v = v.repeat(1, self.h // self.g, 1, 1)",
        "key_heads_in_turn",
    ),
    "heads cut for the other number": (
        PACKED, "(self.g, self.each, self.d)", "(self.each, self.g, self.d)",
        "key_heads_in_turn",
    ),
    "no scale": (
        BY_GROUPS, " / k.shape[-1] ** 0.5", "", "no_scale",
    ),
    "no value repeated": (
        BY_GROUPS, VALUES, "pass", "key_heads_not_repeated",
    ),
    "a graph that is cut": (
        BY_GROUPS, KEYS, f"{KEYS}.detach()", "cut_graph",
    ),
    "no scale with one head": (
        ONE_PACKED, " / self.d ** 0.5", "", "no_scale",
    ),
    "keys mixed by one head": (
        ONE_FOR_A_LIST, "softmax(-1) @ v", "softmax(-1) @ k", "keys_mixed",
    ),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_among_shared_heads_is_named(what: str) -> None:
    source, right, wrong, name = WRONG[what]
    assert right in source
    if what == "heads cut for the other number":
        source = source.replace("bngrd", "bnrgd")
    (found,) = check(source.replace(right, wrong))
    assert found.verdict == "differs"
    assert found.cause is not None, found.sentence
    assert found.cause.name == name


@pytest.mark.torch
def test_the_heads_that_are_read_are_told() -> None:
    wrong = BY_GROUPS.replace("repeat_interleave(", "repeat(1, ").replace(
        "dim=1", "1, 1"
    )
    (found,) = check(wrong)
    assert found.cause is not None, found.sentence
    assert "0, 1, 2, 0, 1, 2" in found.cause.sentence
    assert "and not 0, 0, 1, 1, 2, 2" in found.cause.sentence
    assert found.rule == "fails whenever the number of heads is above 2"


@pytest.mark.torch
def test_the_smallest_input_has_no_wider_weights_than_the_class() -> None:
    right = "(weights @ v).transpose(1, 2).flatten(2)"
    torn = "(weights @ v).reshape(x.shape)"
    assert right in ONE_PACKED
    (found,) = check(ONE_PACKED.replace(right, torn))
    assert found.example is not None
    shown = found.example.arguments
    heads, widths = shown["num_heads"], len(shown["W_query"][0])
    assert heads > 1
    assert len(shown["W_key"][0]) == widths // heads
    assert len(shown["b_value"]) == widths // heads


IN_NUMPY = """
import numpy as np

def softmax(x):
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)

def grouped_query_attention(x, W_q, W_k, W_v, W_o, num_heads, num_kv_heads):
    n, d = x.shape[0], W_q.shape[1] // num_heads
    each = num_heads // num_kv_heads
    q = (x @ W_q).reshape(n, num_heads, d).transpose(1, 0, 2)
    k = (x @ W_k).reshape(n, num_kv_heads, d).transpose(1, 0, 2)
    v = (x @ W_v).reshape(n, num_kv_heads, d).transpose(1, 0, 2)
    k, v = (np.repeat(t, each, axis=0) for t in (k, v))
    weights = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(d))
    return (weights @ v).transpose(1, 0, 2).reshape(n, -1) @ W_o
"""
IN_LISTS = """
import math

def times(a, b):
    return [[sum(x * y for x, y in zip(row, c)) for c in zip(*b)] for row in a]

def softmax(row):
    exps = [math.exp(score - max(row)) for score in row]
    return [e / sum(exps) for e in exps]

def attend(q, k, v):
    scores = times(q, [*zip(*k)])
    root = math.sqrt(len(k[0]))
    return times([softmax([s / root for s in row]) for row in scores], v)

def part(rows, at, d):
    return [row[at * d : (at + 1) * d] for row in rows]

def grouped_attention(inputs, W_query, W_key, W_value, W_out, b_out,
                      n_heads, n_kv_heads):
    q, k, v = (times(inputs, W) for W in (W_query, W_key, W_value))
    d, each = len(q[0]) // n_heads, n_heads // n_kv_heads
    heads = [
        attend(part(q, h, d), part(k, h // each, d), part(v, h // each, d))
        for h in range(n_heads)
    ]
    rows = [[e for head in heads for e in head[i]] for i in range(len(q))]
    return [[x + b for x, b in zip(r, b_out)] for r in times(rows, W_out)]
"""
ONE_IN_NUMPY = """
import numpy as np

def multi_query_attention(x, Wq, Wk, Wv, Wo, n_heads):
    k, v, out = x @ Wk, x @ Wv, []
    d = k.shape[1]
    for h in range(n_heads):
        scores = x @ Wq[:, h * d : (h + 1) * d] @ k.T / np.sqrt(d)
        exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
        out.append(exps / exps.sum(axis=-1, keepdims=True) @ v)
    return np.concatenate(out, axis=1) @ Wo
"""
BY_FUNCTIONS = {
    "in NumPy": (
        IN_NUMPY, "np.repeat(t, each, axis=0)", "np.tile(t, (each, 1, 1))",
        "key_heads_in_turn",
    ),
    "in lists": (
        IN_LISTS, "part(k, h // each, d)", "part(k, h % n_kv_heads, d)",
        "key_heads_in_turn",
    ),
    "one for all": (
        ONE_IN_NUMPY, "/ np.sqrt(d)", "/ np.sqrt(d * n_heads)",
        "scaled_by_root_of_d_out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BY_FUNCTIONS)
def test_a_function_may_be_told_that_heads_are_shared(what: str) -> None:
    source, right, wrong, name = BY_FUNCTIONS[what]
    found = check(source)
    assert {each.verdict for each in found} == {"agrees"}
    assert "one head of keys" in found[-1].how or "share" in found[-1].how
    assert right in source
    *_, differs = check(source.replace(right, wrong))
    assert differs.verdict == "differs"
    assert differs.cause is not None, differs.sentence
    assert differs.cause.name == name


OF_HEADS = """
import torch

def grouped_query_attention(q, k, v):
    each = q.shape[1] // k.shape[1]
    k = k.repeat_interleave(each, dim=1)
    v = v.repeat_interleave(each, dim=1)
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v
"""
IN_GROUPS = """
import numpy as np

def attention(q, k, v):
    b, h, n, d = q.shape
    q = q.reshape(b, k.shape[1], -1, n, d)
    k, v = k[:, :, None], v[:, :, None]
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(d)
    exps = np.exp(scores - scores.max(-1, keepdims=True))
    weights = exps / exps.sum(-1, keepdims=True)
    return (weights @ v).reshape(b, h, n, v.shape[-1])
"""
TORCH = pytest.mark.torch


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        pytest.param(
            OF_HEADS, "k.repeat_interleave(each, dim=1)",
            "k.repeat(1, each, 1, 1)", marks=TORCH,
        ),
        pytest.param(
            IN_GROUPS, "reshape(b, k.shape[1], -1, n, d)",
            "reshape(b, -1, k.shape[1], n, d).swapaxes(1, 2)",
        ),
    ],
)  # fmt: skip
def test_a_function_of_heads_is_asked_with_fewer_of_keys(
    source: str, right: str, wrong: str
) -> None:
    (found,) = check(source)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "fewer heads of keys than of queries, too" in found.how
    assert right in source
    source = source.replace(right, wrong).replace(
        "(weights @ v).reshape", "(weights @ v).swapaxes(1, 2).reshape"
    )
    (found,) = check(source)
    assert found.cause is not None, found.sentence
    assert found.cause.name == "key_heads_in_turn"


def test_a_function_of_heads_that_takes_no_fewer_is_left_at_that() -> None:
    (found,) = check(IN_GROUPS.replace("k.shape[1]", "h"))
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "fewer heads" not in found.how
