"""Right versions, however they are written, agree."""

import pytest

from attnbook.checker.engine import Options
from tests.checking import SEED, check, only

HELPERS = """
from math import exp, fsum, sqrt
def softmax(scores):
    top = max(scores)
    exps = [exp(score - top) for score in scores]
    return [e / sum(exps) for e in exps]
def times(a, b):
    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*b)] for r in a]
def turned(a):
    return list(zip(*a))
def head(q, k, v, hidden=lambda i, j: False):
    rows = []
    for i, query in enumerate(q):
        seen = [j for j in range(len(k)) if not hidden(i, j)]
        scores = [sum(map(lambda a, b: a * b, query, k[j])) for j in seen]
        weights = softmax([s / sqrt(len(query)) for s in scores])
        rows.append([sum(w * v[j][c] for w, j in zip(weights, seen))
                     for c in range(len(v[0]))])
    return rows
later = lambda i, j: j > i
"""

# Each right, and unlike attnbook's own in one way.
RIGHT = {
    "another order of summation": (
        "def dot(x, y): return sum(a * b for a, b in zip(x[::-1], y[::-1]))",
        "dot",
    ),
    "fsum": (
        "from math import fsum\n"
        "def dot(x, y): return fsum(a * b for a, b in zip(x, y))",
        "dot",
    ),
    "tuples out": (
        HELPERS + "old = softmax\ndef softmax(x): return tuple(old(x))",
        "softmax",
    ),
    "a softmax of its own kind": (
        "from math import exp\n"
        "def soft_max(z):\n"
        "    return [1 / sum(exp(b - a) for b in z) for a in z]",
        "softmax",
    ),
    "a softmax of rows": (
        HELPERS + "old = softmax\ndef softmax(m): return [old(r) for r in m]",
        "softmax",
    ),
    "a lambda": (
        "dot = lambda x, y: sum(map(lambda a, b: a * b, x, y))",
        "dot",
    ),
    "a library's array out": (
        "import numpy as np\n"
        "def softmax(x):\n"
        "    e = np.exp(np.array(x) - np.max(x))\n"
        "    return e / e.sum()",
        "softmax",
    ),
    "arrays in and out": (
        "import numpy as np\n"
        "def self_attention(x):\n"
        "    s = x @ x.T\n"
        "    e = np.exp(s - s.max(axis=-1, keepdims=True))\n"
        "    return e / e.sum(axis=-1, keepdims=True) @ x",
        "self_attention",
    ),
    "all in one function": (
        "from math import exp\n"
        "def self_attention(x):\n"
        "    out = []\n"
        "    for q in x:\n"
        "        s = [sum(a * b for a, b in zip(q, k)) for k in x]\n"
        "        e = [exp(a - max(s)) for a in s]\n"
        "        out.append([sum(w * k[j] for w, k in zip(e, x)) / sum(e)\n"
        "                    for j in range(len(q))])\n"
        "    return out",
        "self_attention",
    ),
    "weights and context returned": (
        HELPERS + "def self_attention(x):\n"
        "    w = [softmax(row) for row in times(x, turned(x))]\n"
        "    return times(w, x), w",
        "self_attention",
    ),
    "steps in a named tuple": (
        HELPERS + "from typing import NamedTuple\n"
        "class Steps(NamedTuple):\n"
        "    weights: list\n"
        "    context_vecs: list\n"
        "def self_attention(x):\n"
        "    w = [softmax(row) for row in times(x, turned(x))]\n"
        "    return Steps(w, times(w, x))",
        "self_attention",
    ),
    "inputs before the query": (
        HELPERS + "def attention_scores(inputs, query):\n"
        "    return [sum(a * b for a, b in zip(query, k)) for k in inputs]",
        "attention_scores",
    ),
    "an order that names do not tell": (
        HELPERS + "def attention_scores(first, second):\n"
        "    return [sum(a * b for a, b in zip(second, k)) for k in first]",
        "attention_scores",
    ),
    "arguments by name only": (
        HELPERS + "def sdpa(*, v, k, q): return head(q, k, v)",
        "scaled_dot_product_attention",
    ),
    "values first": (
        HELPERS + "def attention(values, keys, queries):\n"
        "    return head(queries, keys, values)",
        "scaled_dot_product_attention",
    ),
    "the width as an argument": (
        HELPERS + "def attention(q, k, v, d_k):\n"
        "    w = [softmax([s / sqrt(d_k) for s in row])\n"
        "         for row in times(q, turned(k))]\n"
        "    return times(w, v)",
        "scaled_dot_product_attention",
    ),
    "queries scaled before the product": (
        HELPERS + "def attention(q, k, v):\n"
        "    q = [[a / sqrt(len(row)) for a in row] for row in q]\n"
        "    return times([softmax(r) for r in times(q, turned(k))], v)",
        "scaled_dot_product_attention",
    ),
    "an inner function and options": (
        HELPERS + "def self_attention(x, W_q, W_k, W_v, *, verbose=False):\n"
        "    return head(times(x, W_q), times(x, W_k), times(x, W_v))",
        "trainable_self_attention",
    ),
    "a class made of weights": (
        HELPERS + "class SelfAttention_v1:\n"
        "    def __init__(self, W_query, W_key, W_value):\n"
        "        self.w = W_query, W_key, W_value\n"
        "    def forward(self, x):\n"
        "        return head(*(times(x, w) for w in self.w))",
        "trainable_self_attention",
    ),
    "a class made of sizes, with weights as attributes": (
        HELPERS + "class SelfAttention:\n"
        "    def __init__(self, d_in, d_out, qkv_bias=False):\n"
        "        self.W_query = self.W_key = self.W_value = None\n"
        "    def __call__(self, x):\n"
        "        q, k = times(x, self.W_query), times(x, self.W_key)\n"
        "        return head(q, k, times(x, self.W_value))",
        "trainable_self_attention",
    ),
    "a very small number for minus infinity": (
        HELPERS + "def causal_attention(x, wq, wk, wv):\n"
        "    s = times(times(x, wq), turned(times(x, wk)))\n"
        "    n, d = len(x), len(wq[0])\n"
        "    s = [[s[i][j] / sqrt(d) if j <= i else -1e9 for j in range(n)]\n"
        "         for i in range(n)]\n"
        "    return times([softmax(r) for r in s], times(x, wv))",
        "causal_attention",
    ),
    "weights cut off and made to sum to 1": (
        HELPERS + "def causal_attention(x, wq, wk, wv):\n"
        "    s = times(times(x, wq), turned(times(x, wk)))\n"
        "    n, d = len(x), len(wq[0])\n"
        "    w = [softmax([a / sqrt(d) for a in row]) for row in s]\n"
        "    w = [r[:i + 1] + [0] * (n - i - 1) for i, r in enumerate(w)]\n"
        "    w = [[a / sum(r) for a in r] for r in w]\n"
        "    return times(w, times(x, wv))",
        "causal_attention",
    ),
    "causal attention of queries, keys and values": (
        HELPERS + "def causal_attention(q, k, v): return head(q, k, v, later)",
        "causal_attention",
    ),
    "scaled weights of queries and keys": (
        HELPERS + "def attention_weights(queries, keys):\n"
        "    return [softmax([s / sqrt(len(keys[0])) for s in row])\n"
        "            for row in times(queries, turned(keys))]",
        "scaled_attention_weights",
    ),
    "scores of queries and keys": (
        HELPERS + "def attention_scores(Q, K): return times(Q, turned(K))",
        "attention_scores",
    ),
    "dropout by multiplication": (
        "def dropout(w, mask, p):\n"
        "    return [[a * m / (1 - p) for a, m in zip(*r)]\n"
        "            for r in zip(w, mask)]",
        "dropout",
    ),
    "a softmax gradient from the scores": (
        HELPERS + "def softmax_gradient(scores, upstream):\n"
        "    w = softmax(scores)\n"
        "    return [w[j] * sum(g * ((i == j) - w[i])\n"
        "            for i, g in enumerate(upstream)) for j in range(len(w))]",
        "softmax_backward",
    ),
    "attention's gradients by name": (
        HELPERS + "def attention_backward(q, k, v, grad):\n"
        "    c = 1 / sqrt(len(q[0]))\n"
        "    w = [softmax([c * s for s in r]) for r in times(q, turned(k))]\n"
        "    dw = times(grad, turned(v))\n"
        "    ds = [[c * a * (b - sum(x * y for x, y in zip(r, d)))\n"
        "           for a, b in zip(r, d)] for r, d in zip(w, dw)]\n"
        "    return {'dv': times(turned(w), grad), 'dq': times(ds, k),\n"
        "            'dk': times(turned(ds), q), 'weights': w}",
        "scaled_dot_product_attention_backward",
    ),
    "heads as tuples of three": (
        HELPERS + "def stacked_heads(x, heads):\n"
        "    found = [head(*(times(x, w) for w in h), later) for h in heads]\n"
        "    return [sum(rows, []) for rows in zip(*found)]",
        "stacked_heads",
    ),
    "heads by slices of wide weights": (
        HELPERS + "def multi_head_attention(x, Wq, Wk, Wv, Wo, bo, h):\n"
        "    d = len(Wq[0]) // h\n"
        "    cut = lambda W, i: [r[i * d:(i + 1) * d] for r in W]\n"
        "    all = Wq, Wk, Wv\n"
        "    found = [head(*(times(x, cut(W, i)) for W in all), later)\n"
        "             for i in range(h)]\n"
        "    rows = [sum(r, []) for r in zip(*found)]\n"
        "    return [[a + b for a, b in zip(r, bo)] for r in times(rows, Wo)]",
        "multi_head_attention",
    ),
    "parameters by name": (
        HELPERS + "def multi_head_attention(inputs, parameters):\n"
        "    P = parameters\n"
        "    d = len(P.W_query[0]) // P.num_heads\n"
        "    cut = lambda W, i: [r[i * d:(i + 1) * d] for r in W]\n"
        "    found = [head(*(times(inputs, cut(W, i)) for W in P[:3]), later)"
        "\n             for i in range(P.num_heads)]\n"
        "    rows = [sum(r, []) for r in zip(*found)]\n"
        "    return [[a + b for a, b in zip(r, P.b_out)]\n"
        "            for r in times(rows, P.W_out)]",
        "multi_head_attention",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", RIGHT)
def test_a_right_version_agrees(way: str) -> None:
    source, step = RIGHT[way]
    found = check(source, Options(seed=len(way)))
    names = {each.step.name: each for each in found}
    assert names[step].verdict == "agrees", names[step].sentence
    assert names[step].known > 0
    assert names[step].rejected == names[step].known


TRANSPOSED = (
    HELPERS
    + """
def self_attention(x, W_query, W_key, W_value):
    return head(*(times(x, turned(W)) for W in (W_query, W_key, W_value)))
"""
)


def test_transposed_weights_agree_once_declared() -> None:
    options = Options(seed=SEED, transposed=True, only="self_attention")
    assert only(check(TRANSPOSED, options)).verdict == "agrees"


def test_transposed_weights_are_found_out_and_said() -> None:
    options = Options(seed=SEED, only="self_attention")
    finding = only(check(TRANSPOSED, options))
    assert finding.verdict == "agrees"
    assert "weights stored as (d_out, d_in)" in finding.how


def test_float32_is_accepted_and_said() -> None:
    source = """
        import numpy as np
        def softmax(x):
            e = np.exp(np.float32(x) - np.float32(max(x)))
            return e / e.sum()
    """
    finding = only(check(source))
    assert finding.verdict == "agrees"
    kinds = [caution.kind for caution in finding.warnings]
    assert kinds == ["float32", "matrix"]


def test_a_small_number_in_the_denominator_is_accepted_and_said() -> None:
    source = """
        from math import exp
        def softmax(x):
            e = [exp(a - max(x)) for a in x]
            return [a / (sum(e) + 1e-6) for a in e]
    """
    finding = only(check(source))
    assert finding.verdict == "agrees"
    assert [caution.kind for caution in finding.warnings] == ["imprecise"]


def test_any_name_can_be_mapped() -> None:
    source = "def f(u, v): return sum(a * b for a, b in zip(u, v))"
    options = Options(seed=SEED, names={"dot": "f"})
    assert only(check(source, options)).verdict == "agrees"


def test_a_method_can_be_mapped() -> None:
    source = """
        class Mine:
            def product(self, u, v):
                return sum(a * b for a, b in zip(u, v))
    """
    options = Options(seed=SEED, names={"dot": "Mine.product"})
    assert only(check(source, options)).verdict == "agrees"


def test_attnbooks_own_functions_agree() -> None:
    names = {
        "dot": "dot",
        "softmax": "softmax",
        "attention_scores": "attention_scores",
        "attention_weights": "attention_weights",
        "context_vector": "context_vector",
        "self_attention": "simple_self_attention",
        "scaled_dot_product_attention": "scaled_dot_product_attention",
        "trainable_self_attention": "self_attention",
        "causal_attention": "causal_attention",
        "dropout": "dropout",
        "stacked_heads": "stacked_heads",
        "multi_head_attention": "multi_head_attention",
        "softmax_backward": "softmax_backward",
        "scaled_dot_product_attention_backward": (
            "scaled_dot_product_attention_backward"
        ),
        "self_attention_backward": "self_attention_backward",
        "multi_head_attention_backward": "multi_head_attention_backward",
    }
    source = """
        from attnbook.vectors import *
        from attnbook.simple import *
        simple_self_attention = self_attention
        from attnbook.trainable import *
        from attnbook.causal import *
        from attnbook.multihead import *
        from attnbook.backward import *
    """
    found = check(source, Options(seed=SEED, names=names))
    assert [each.step.name for each in found] == list(names)
    assert {each.verdict for each in found} == {"agrees"}
    assert [each.warnings for each in found] == [()] * len(names)
