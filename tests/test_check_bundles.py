"""Functions whose weights come in one argument, found by their keys."""

import pytest

from attnbook.checker.engine import Options, findings
from attnbook.checker.reader.bundle import Bundle
from attnbook.checker.reader.program import Program
from tests.checking import check

HEAD = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def mixed(q, k, v, heads):
    n, d = q.shape
    q, k, v = (each.reshape(n, heads, -1).transpose(1, 0, 2)
               for each in (q, k, v))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(d // heads)
    return (softmax(scores) @ v).transpose(1, 0, 2).reshape(n, d)
"""
ONE_HEAD = (
    HEAD
    + """
def self_attention(x, params):
    q, k, v = x @ params["wq"], x @ params["wk"], x @ params["wv"]
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
"""
)
BIASED = (
    HEAD
    + """
def multi_head_attention(params, x, n_heads):
    q, k, v = (x @ params[f"W_{c}"] + params[f"b_{c}"] for c in "qkv")
    return mixed(q, k, v, n_heads) @ params["W_o"] + params["b_o"]
"""
)
LAYERS = (
    HEAD
    + """
def attention(p, x, num_heads):
    def linear(layer, x):
        return x @ layer["kernel"] + layer["bias"]
    q, k, v = (linear(p[name], x) for name in ("query", "key", "value"))
    return linear(p["out"], mixed(q, k, v, num_heads))
"""
)
PACKED = (
    HEAD
    + """
def mha(x, weights, config):
    q, k, v = np.split(x @ weights.qkv, 3, axis=-1)
    return mixed(q, k, v, config.n_head) @ weights.proj
"""
)
CONSTANT = (
    HEAD
    + """
N_HEADS = 2

def attention(attn, x):
    q, k, v = x @ attn["wq"], x @ attn["wk"], x @ attn["wv"]
    return mixed(q, k, v, N_HEADS) @ attn["wo"]
"""
)
KINDS = {
    "one head": ("self_attention", ONE_HEAD,
                 "W_query, W_key, W_value"),
    "biases": ("multi_head_attention", BIASED,
               "W_query, W_key, W_value, b_query, b_key, b_value, W_out, "
               "b_out"),
    "layers": ("attention", LAYERS,
               "W_query, W_key, W_value, b_query, b_key, b_value, W_out, "
               "b_out"),
    "packed": ("mha", PACKED, "W_qkv, W_out"),
    "a constant": ("attention", CONSTANT, "W_query, W_key, W_value, W_out"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_weights_in_one_argument_are_found_by_their_keys(kind: str) -> None:
    name, source, held = KINDS[kind]
    finding = next(e for e in check(source) if e.function == name)
    assert finding.verdict == "agrees"
    assert f"of {held}" in finding.call


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "cause"),
    [
        ("one head", ' @ params["wk"]', ' @ params["wq"]',
         "queries_with_queries"),
        ("one head", " / np.sqrt(k.shape[-1])", "", "no_scale"),
        ("biases", 'params[f"b_{c}"] for', 'params["b_q"] for', None),
        ("biases", "@ v).transpose(1, 0, 2).reshape", "@ v).reshape",
         "merged_without_transposing"),
        ("layers", '"query", "key", "value")', '"query", "value", "key")',
         None),
        ("packed", "q, k, v = np.split", "q, v, k = np.split", None),
        ("packed", "@ v).transpose(1, 0, 2).reshape", "@ v).reshape",
         "merged_without_transposing"),
        ("a constant", "@ v).transpose(1, 0, 2).reshape", "@ v).reshape",
         "merged_without_transposing"),
        ("a constant", "np.sqrt(d // heads)", "np.sqrt(d)", None),
    ],
)  # fmt: skip
def test_what_reads_them_and_is_wrong_is_told(
    kind: str, right: str, wrong: str, cause: str | None
) -> None:
    name, source, _ = KINDS[kind]
    assert right in source
    found = check(source.replace(right, wrong))
    finding = next(e for e in found if e.function == name)
    assert finding.verdict == "differs"
    if cause is not None:
        assert finding.cause is not None
        assert finding.cause.name == cause


def test_a_bundle_is_no_list_and_lacks_what_it_lacks() -> None:
    bundle = Bundle({"W_query": [[1.0]]})
    assert bundle.get("wq") == [[1.0]]
    assert bundle.get("wo", 3) == 3
    assert not hasattr(bundle, "num_heads")
    with pytest.raises(KeyError, match="wo"):
        bundle["wo"]
    with pytest.raises(TypeError, match="by name alone"):
        tuple(bundle)


def test_what_reads_no_weights_is_given_no_bundle() -> None:
    program = Program()
    source = (
        "def mine(attn_weights, inputs):\n"
        "    return [sum(column) / len(column) for column in zip(*inputs)]"
    )
    exec(source, vars(program.module))  # noqa: S102 - a constant of ours
    options = Options(seed=1, names={"context_vector": "mine"})
    (finding,) = findings(program.ask, source, options)
    assert finding.cause is not None
    assert finding.cause.name == "plain_mean"
