"""Whole programs around the lines of the catalogue; each of them is right."""

SIMPLE = """
import numpy as np
EPSILON = 1e-9

def normed(rows):
    mean = rows.mean(axis=-1, keepdims=True)
    return (rows - mean) / np.sqrt(rows.var(axis=-1, keepdims=True) + 1e-5)

def self_attention(inputs):
    scores = inputs @ inputs.T
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exps / exps.sum(axis=-1, keepdims=True)
    seen = weights
    context_vecs = seen @ inputs
    return context_vecs
"""
CAUSAL = """
import numpy as np

def causal_attention(inputs, W_query, W_key, W_value):
    queries, keys, values = inputs @ W_query, inputs @ W_key, inputs @ W_value
    scores = queries @ keys.T / np.sqrt(keys.shape[-1])
    n = len(scores)
    later = np.triu(np.ones((n, n), dtype=bool), 1)
    first = np.arange(n)[:, None] % 2 == 0
    hidden = later
    scores = np.where(hidden, -np.inf, scores)
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exps / exps.sum(axis=-1, keepdims=True)
    context_vecs = weights @ values
    return context_vecs
"""
MIX = """
import numpy as np

def scaled_dot_product_attention(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[-1])
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exps / exps.sum(axis=-1, keepdims=True)
    context_vecs = weights @ values
    return context_vecs
"""
CONTEXT = """
import numpy as np

def context_vector(weights, values):
    context_vecs = weights @ values
    return context_vecs
"""
SIZED = """
import numpy as np

def causal_attention(inputs, W_query, W_key, W_value):
    queries, keys, values = inputs @ W_query, inputs @ W_key, inputs @ W_value
    n = len(inputs)
    scores = queries @ keys.T / np.sqrt(keys.shape[-1])
    later = np.triu(np.ones((n, n), dtype=bool), 1)
    scores[:n, :n] = np.where(later, -np.inf, scores[:n, :n])
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True) @ values
"""
ALONE = """
import numpy as np

def softmax(scores):
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)

def attend(queries, keys, values):
    return softmax(queries @ keys.T / np.sqrt(keys.shape[-1])) @ values

def self_attention(inputs, W_query, W_key, W_value):
    queries, keys, values = inputs @ W_query, inputs @ W_key, inputs @ W_value
    context_vecs = attend(queries, keys, values)
    return context_vecs
"""
PLACED = """
import numpy as np

def rotated(rows):
    n, d = rows.shape
    return rows * np.cos(np.arange(n))[:, None] + np.arange(n)[:, None] / 4

def causal_attention(inputs, W_query, W_key, W_value):
    queries, keys = inputs @ W_query, inputs @ W_key
    scores = queries @ keys.T / np.sqrt(keys.shape[-1])
    hidden = np.triu(np.ones(scores.shape, dtype=bool), 1)
    scores = np.where(hidden, -np.inf, scores)
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True) @ (inputs @ W_value)
"""
KEPT = """
from math import exp, sqrt
pairs = []

def attention(queries, keys, values):
    global pairs
    if len(keys) != len(values):
        raise ValueError("as many keys as values")
    pairs = [*zip(keys, values)]
    rows = []
    for q in queries:
        fits = [(k, v) for k, v in pairs if len(k) == len(q)
                and len(v) == len(values[0])]
        scores = [sum(a * b for a, b in zip(q, k)) / sqrt(len(q))
                  for k, _ in fits]
        exps = [exp(score - max(scores)) for score in scores]
        rows.append([sum(e * v[c] for e, (_, v) in zip(exps, fits)) / sum(exps)
                     for c in range(len(values[0]))])
    return rows
"""
DOT = """
def dot(x, y):
    products = [a * b for a, b in zip(x, y, strict=True)]
    total = sum(products)
    return total
"""
SOFTMAX = """
import numpy as np

def softmax(scores):
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exps / exps.sum(axis=-1, keepdims=True)
    return weights

def softmax_backward(weights, grad):
    return weights * (grad - weights @ grad)
"""
BACK = """
import numpy as np

def attention_backward(queries, keys, values, grad):
    scores = queries @ keys.T / np.sqrt(keys.shape[-1])
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exps / exps.sum(axis=-1, keepdims=True)
    grad_values = weights.T @ grad
    grad_weights = grad @ values.T
    mean = (weights * grad_weights).sum(axis=-1, keepdims=True)
    grad_scores = weights * (grad_weights - mean) / np.sqrt(keys.shape[-1])
    grad_queries = grad_scores @ keys
    grad_keys = grad_scores.T @ queries
    return grad_queries, grad_keys, grad_values
"""
OWN = """
import numpy as np

class SelfAttention:
    def __init__(self, d_in, d_out):
        self.W_q = np.random.rand(d_in, d_out)
        self.W_k = np.random.rand(d_in, d_out)
        self.W_v = np.random.rand(d_in, d_out)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        scores = self.q @ self.k.T / np.sqrt(self.k.shape[-1])
        exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.weights = exps / exps.sum(axis=-1, keepdims=True)
        return self.weights @ self.v

    def backward(self, grad):
        grad_values = self.weights.T @ grad
        g = grad @ self.v.T
        g = self.weights * (g - (self.weights * g).sum(-1, keepdims=True))
        g = g / np.sqrt(self.k.shape[-1])
        grad_queries, grad_keys = g @ self.k, g.T @ self.q
        self.dW_q = self.x.T @ grad_queries
        self.dW_k = self.x.T @ grad_keys
        self.dW_v = self.x.T @ grad_values
        return (grad_queries @ self.W_q.T + grad_keys @ self.W_k.T
                + grad_values @ self.W_v.T)
"""
HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F

def ones(n, m):
    return torch.ones(n, m, dtype=torch.bool)
"""
MODULE = (
    HEAD
    + """
class MultiHeadAttention(nn.Module):
    def __init__(self, d_in, d_out, context_length, dropout, num_heads):
        super().__init__()
        self.h = num_heads
        query, key, value = (nn.Linear(d_in, d_out) for _ in range(3))
        self.layers = nn.ModuleList([query, key, value])
        self.dropout = nn.Dropout(dropout)
        later = ones(context_length, context_length).triu(1)
        self.register_buffer("mask", later)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (p(x).unflatten(-1, (self.h, -1)).transpose(1, 2)
                   for p in self.layers)
        hidden = self.mask[:n, :n]
        fill = -torch.inf
        scores = (q @ k.mT).masked_fill(hidden, fill) / k.shape[-1] ** 0.5
        weights = scores.softmax(-1)
        weights = self.dropout(weights)
        out = weights @ v
        out = out.transpose(1, 2).flatten(2)
        return out
"""
)
SHARED = (
    HEAD
    + """
def cut(layer, x, heads):
    if layer.in_features < x.shape[-1]:
        return layer(x.unflatten(-1, (heads, -1))).transpose(1, 2)
    return layer(x).unflatten(-1, (heads, -1)).transpose(1, 2)

class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h = num_heads
        width = d_model
        self.query, self.key, self.value = (
            nn.Linear(width, width, bias=False) for _ in range(3))
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        q, k, v = (cut(layer, x, self.h)
                   for layer in (self.query, self.key, self.value))
        out = F.scaled_dot_product_attention(q, k, v)
        return self.out(out.transpose(1, 2).flatten(2))
"""
)
GROUPED = (
    HEAD
    + """
class GroupedQueryAttention(nn.Module):
    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__()
        self.h, self.g, d = num_heads, num_kv_heads, d_model // num_heads
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, self.g * d)
        self.value = nn.Linear(d_model, self.g * d)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        q = self.query(x).unflatten(-1, (self.h, -1)).transpose(1, 2)
        k = self.key(x).unflatten(-1, (self.g, -1)).transpose(1, 2)
        v = self.value(x).unflatten(-1, (self.g, -1)).transpose(1, 2)
        each = self.h // self.g
        k, v = (t.repeat_interleave(each, dim=1) for t in (k, v))
        weights = (q @ k.mT / k.shape[-1] ** 0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))
"""
)
APART = (
    HEAD
    + """
class Head(nn.Module):
    def __init__(self, seen, width):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(seen, width) for _ in range(3))

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        return F.scaled_dot_product_attention(q, k, v)

class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        seen = d_model
        heads = (Head(seen, d_model // num_heads) for _ in range(num_heads))
        self.heads = nn.ModuleList(heads)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        parts = x.split(self.heads[0].q.in_features, dim=-1)
        parts = parts * (len(self.heads) // len(parts))
        each = [f(part) for f, part in zip(self.heads, parts, strict=True)]
        return self.out(torch.cat(each, dim=-1))
"""
)
PACKED = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.rand(3 * d_model, d_model))

    def forward(self, x):
        q, k, v = (x @ W.T for W in self.in_proj_weight.chunk(3))
        return F.scaled_dot_product_attention(q, k, v)
"""
)
MASKED = (
    HEAD
    + """
def attention(q, k, v, mask=None):
    scores = q @ k.mT / k.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -torch.inf)
    weights = scores.softmax(-1).nan_to_num()
    return weights @ v
"""
)
BLOCKS = (
    HEAD
    + """
def causal_attention(q, k, v):
    n, m = q.shape[-2], k.shape[-2]
    hidden = ones(n, m).triu(1 + m - n)
    scores = (q @ k.mT / k.shape[-1] ** 0.5).masked_fill(hidden, -torch.inf)
    return scores.softmax(-1) @ v
"""
)
CACHED = (
    HEAD
    + """
class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(d_in, d_out) for _ in range(3))

    def forward(self, x, cache=None):
        q, k, v = self.query(x), self.key(x), self.value(x)
        if cache:
            k = torch.cat([cache["k"], k], 1)
            v = torch.cat([cache["v"], v], 1)
        if cache is not None:
            cache.update(k=k, v=v)
        n, m = q.shape[1], k.shape[1]
        hidden = ones(n, m).triu(1 + m - n)
        fill = -torch.inf
        scores = (q @ k.mT).masked_fill(hidden, fill) / k.shape[-1] ** 0.5
        return scores.softmax(-1) @ v
"""
)

PROGRAMS: dict[str, tuple[str, ...]] = {
    SIMPLE: (
        "returns_NoneType", "returns_generator", "returns_zip", "returns_map",
        "returns_str", "transposed", "wrapped", "constant_factor",
        "first_row_alone", "half_precision", "inputs_added_and_normalised",
        "scores_returned", "drawn_at_random", "weights_do_not_sum",
        "rectified", "relu_before_softmax",
        "negative_weights", "overflow", "one maximum",
        "float32", "imprecise",
    ),
    CAUSAL: ("nan_rows", "nan_everywhere", "depends_on_later"),
    MIX: ("returned_unmixed", "queries_mixed"),
    CONTEXT: ("outside_values",),
    PLACED: ("places_inside",),
    SIZED: ("made_for_a_size",),
    ALONE: ("tokens_alone",),
    KEPT: ("kept_from_call_to_call",),
    DOT: ("miscounts", "mismatch"),
    SOFTMAX: ("gradients_do_not_cancel", "matrix"),
    BACK: ("other_order", "gradient_transposed", "some_gradients"),
    OWN: ("own_backward",),
    MODULE: (
        "cut_graph", "another_gradient", "overwritten_in_place",
        "not_registered", "dropout_in_eval", "batch_mixed_up", "batch_of_one",
        "mask_not_cut", "dropout", "dropped scores", "half", "batch_lost",
        "batch_squeezed", "batch_flattened", "tokens_pooled",
    ),
    SHARED: ("one_projection_for_all_heads",),
    APART: ("each_head_its_own_part",),
    GROUPED: (
        "key_heads_in_turn", "key_heads_first_only", "key_heads_reversed",
        "key_heads_not_repeated",
    ),
    PACKED: ("blocks_not_turned",),
    MASKED: ("mask_ignored", "mask_wrong", "hidden row"),
    BLOCKS: ("top left",),
    CACHED: ("mask_at_top_left", "no_mask_with_cache", "wrong_with_cache"),
}  # fmt: skip
"""Of each program the entries whose right line it has."""
