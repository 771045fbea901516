"""Code for equal sizes, for heads cut before, and parts in other layouts."""

import pytest

from attnbook.checker.finding import Checked
from tests.checking import check, only

HEAD = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
ONE_SHAPE = (
    HEAD
    + """
def scaled_dot_product_attention(q, k, v):
    assert q.shape == k.shape == v.shape
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
"""
)


@pytest.mark.parametrize(
    ("right", "wrong", "cause"),
    [
        (" / np.sqrt(k.shape[-1])", "", "no_scale"),
        ("@ k.T", "@ q.T", "queries_with_queries"),
        (") @ v", ") @ k", "keys_mixed"),
    ],
)
def test_what_takes_one_shape_is_asked_with_one_shape(
    right: str, wrong: str, cause: str
) -> None:
    agreeing = check(ONE_SHAPE)[-1]
    assert agreeing.verdict == "agrees"
    assert "asked with queries, keys and values of one shape" in agreeing.how
    differing = check(ONE_SHAPE.replace(right, wrong))[-1]
    assert differing.cause is not None
    assert differing.cause.name == cause


def test_what_takes_as_many_queries_as_keys_has_its_own_widths() -> None:
    source = ONE_SHAPE.replace("q.shape == k.shape == v.shape", "q.size")
    counted = source.replace("assert q.size", "assert len(q) == len(k)")
    finding = check(counted)[-1]
    assert finding.verdict == "agrees"
    assert "asked with as many queries as keys only" in finding.how
    assert "asked with" not in check(source)[-1].how


CUT = (
    HEAD
    + """
def multi_head_attention(Q, K, V):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return softmax(scores) @ V
"""
)


def test_heads_that_are_cut_before_are_attention() -> None:
    finding = check(CUT)[-1]
    assert finding.step.name == "scaled_dot_product_attention"
    assert finding.verdict == "agrees"
    own = CUT.replace("scores =", "Q, K = 2 * Q, 3 * K\n    scores =")
    assert check(own)[-1].verdict == "left out"


MASKED_HEADS = (
    HEAD
    + """
def cut(x, num_heads):
    return [list(part) for part in np.split(np.array(x), num_heads, axis=-1)]

def attend(q, k, v, mask=None):
    scores = np.array(q) @ np.array(k).T / np.sqrt(len(q[0]))
    if mask is not None:
        scores = np.where(np.array(mask) == 0, -1e9, scores)
    return softmax(scores) @ np.array(v)

def multi_head_attention(q, k, v, num_heads=2, mask=None):
    parts = zip(*(cut(each, num_heads) for each in (q, k, v)))
    return np.concatenate([attend(*p, mask) for p in parts], axis=-1)
"""
)


@pytest.mark.parametrize("verdict", ["agrees", "differs"])
def test_a_mask_for_heads_that_are_cut_inside_is_given(verdict: str) -> None:
    source = MASKED_HEADS
    if verdict == "differs":
        source = source.replace("len(q[0])", "len(q[0]) * 4")
    finding = check(source)[-1]
    assert finding.function == "multi_head_attention"
    assert finding.verdict == verdict
    assert ("its mask:" in finding.how) is (verdict == "agrees")


LAYOUT = (
    HEAD
    + """
def split_heads(x, num_heads):
    return x.reshape(*x.shape[:-1], num_heads, -1)

def multi_head_attention(x, W_q, W_k, W_v, W_o, num_heads):
    q, k, v = (split_heads(x @ W, num_heads) for W in (W_q, W_k, W_v))
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[-1])
    mixed = np.einsum("hqk,khd->qhd", softmax(scores), v)
    return mixed.reshape(len(x), -1) @ W_o
"""
)


def test_a_part_in_another_layout_is_not_accused_where_the_whole_agrees() -> (
    None
):
    assert [each.function for each in check(LAYOUT)] == [
        "softmax", "multi_head_attention",
    ]  # fmt: skip
    wrong = LAYOUT.replace("/ np.sqrt(q.shape[-1])", "")
    found = {each.function: each.verdict for each in check(wrong)}
    assert found["split_heads"] == "differs"


BACKWARD = (
    HEAD
    + """
def attention(q, k, v):
    weights = softmax(q @ k.T / np.sqrt(q.shape[-1]))
    return weights @ v, {"q": q, "k": k, "v": v, "w": weights}

def attention_backward(dout, c):
    d_weights = dout @ c["v"].T
    inner = (d_weights * c["w"]).sum(axis=-1, keepdims=True)
    d_scores = c["w"] * (d_weights - inner) / np.sqrt(c["q"].shape[-1])
    return d_scores @ c["k"], d_scores.T @ c["q"], c["w"].T @ dout
"""
)


def test_a_cache_may_be_called_by_its_letter() -> None:
    wrong = BACKWARD.replace("d_scores.T @ c[", "d_scores @ c[")
    for source, verdict in ((BACKWARD, "agrees"), (wrong, "differs")):
        finding = check(source)[-1]
        assert finding.function == "attention_backward"
        assert finding.verdict == verdict


def test_a_gradient_that_cannot_be_placed_leaves_the_attention_checked() -> (
    None
):
    odd = BACKWARD.replace("(dout, c)", "(dout, q, k, v, before, after)")
    findings = check(odd)
    assert findings[-1].verdict == "left out"
    assert Checked("mine.py", findings=tuple(findings)).status == 0


FORGOTTEN = (
    HEAD
    + """
WIDTH = 8
W_q = np.random.randn(WIDTH, WIDTH)
W_k = np.random.randn(WIDTH, WIDTH)
W_v = np.random.randn(WIDTH, WIDTH)

def add_attention(rows):
    q, k, v = rows @ W_q, rows @ W_k, rows @ W_v
    return softmax(q @ k / np.sqrt(WIDTH)) @ v
"""
)


def test_what_is_plainly_attention_and_raises_is_told() -> None:
    right = FORGOTTEN.replace("q @ k /", "q @ k.T /").replace("rows", "x")
    assert check(right)[-1].verdict == "agrees"
    assert check(FORGOTTEN.replace("rows", "x"))[-1].verdict == "differs"
    other = FORGOTTEN.replace("add_attention", "local_attention")
    assert only(check(other)).function == "softmax"


ONE_WIDE = (
    HEAD
    + """
class MultiHeadAttention:
    def __init__(self, d_model, num_heads):
        self.num_heads = num_heads
        self.W_q = np.random.randn(d_model, d_model)
        self.W_k = np.random.randn(d_model, d_model)
        self.W_v = np.random.randn(d_model, d_model)
        self.W_o = np.random.randn(d_model, d_model)

    def forward(self, x):
        q, k, v = (x @ W for W in (self.W_q, self.W_k, self.W_v))
        return softmax(q @ k.T) @ v @ self.W_o
"""
)


def test_heads_that_change_nothing_are_told_whatever_else_is_wrong() -> None:
    finding = check(ONE_WIDE)[-1]
    assert finding.cause is not None
    assert finding.cause.name == "one_wide_head"
    assert "Besides, that one is wrong, too." in finding.cause.sentence
    scaled = ONE_WIDE.replace("q @ k.T", "q @ k.T / np.sqrt(q.shape[-1])")
    cause = check(scaled)[-1].cause
    assert cause is not None
    assert cause.name == "one_wide_head"
    assert "Besides" not in cause.sentence
