"""The measured diagnosis by itself: the likeness to the catalogue is off."""

import pytest

from attnbook.checker.cause.diagnose import measure
from attnbook.checker.finding import Cause
from attnbook.checker.judge.run import run
from attnbook.checker.mistakes import CATALOGUE, Mistake
from attnbook.checker.reader.program import Program
from attnbook.checker.steps.table import step_named
from tests.checking import asked_by, check

# What measuring calls each wrong stage, in every step that reveals its
# weights; a name that is not here is known by likeness alone.
MEASURED = {
    "swapped", "keys_with_keys", "queries_with_queries", "cosine",
    "distance", "integer_scores", "scaled_by_root_of_width", "no_scale",
    "scaled_by_root_of_value_width", "scaled_by_root_of_count",
    "scaled_by_width", "multiplied_by_root", "constant_scale",
    "scaled_by_root_of_input_width", "scaled_by_root_of_d_out",
    "scaled_by_root_of_heads", "softmax_over_queries",
    "softmax_over_everything", "softmax_over_heads", "keepdims_forgotten",
    "no_softmax", "no_exp", "unnormalised", "divided_by_count", "uniform",
    "largest_only", "sigmoid", "sign_flipped", "no_mask", "causal",
    "mask_flipped", "mask_hides_self", "mask_shows_next",
    "mask_after_softmax", "mask_with_zeros", "mask_too_weak",
    "mask_inverted", "mask_of_first_head", "weights_transposed",
    "scaled_after_softmax", "last_token_lost", "inputs_added", "same_row",
    "first_row_everywhere",
    "accumulated", "first_row_only", "rows_reversed", "normalised",
    "rounded", "merged_without_transposing", "heads_interleaved",
    "last_head_lost", "keys_mixed", "inputs_mixed", "weights_returned",
    "relu",
}  # fmt: skip

REVEALING = {
    "softmax", "attention_weights", "self_attention",
    "scaled_attention_weights", "scaled_dot_product_attention",
    "trainable_self_attention", "causal_attention", "stacked_heads",
    "multi_head_attention",
}  # fmt: skip
# Told by likeness: by measuring, these look like something else.
ALIKE = {
    ("self_attention", "largest_only"),  # each token is nearest to itself
    ("stacked_heads", "keys_mixed"),
    ("multi_head_attention", "keys_mixed"),
    # The first token sees itself alone.
    ("causal_attention", "first_row_everywhere"),
    ("stacked_heads", "first_row_everywhere"),
    ("multi_head_attention", "first_row_everywhere"),
}


def name(mistake: Mistake) -> str:
    return f"{mistake.step}-{mistake.name}"


def measured(mistake: Mistake) -> Cause | None:
    """What measuring says of a mistake, as if a reader had written it."""
    program = Program()
    vars(program.module)["mine"] = mistake.function
    asked = asked_by(mistake.function, mistake.step)
    asked = asked._replace(ask=program.ask)
    cases = step_named(mistake.step).cases(seed=1)
    return measure(asked, [run(asked, each) for each in cases])


@pytest.mark.parametrize(
    "mistake",
    [
        each
        for each in CATALOGUE
        if each.name in MEASURED and each.step in REVEALING
        if (each.step, each.name) not in ALIKE
    ],
    ids=name,
)
def test_a_wrong_stage_is_named_by_measuring_alone(mistake: Mistake) -> None:
    cause = measured(mistake)
    assert cause is not None
    assert cause.name == mistake.name


LISTS = """
from math import exp, inf, sqrt
from operator import mul
def times(a, b):
    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*b)] for r in a]
def turned(a):
    return [list(c) for c in zip(*a)]
def soft(s):
    e = [exp(a - max(s)) for a in s]
    return [a / sum(e) for a in e]
def scaled(q, k):
    return [[s / sqrt(len(k[0])) for s in r] for r in times(q, turned(k))]
def hide(rows, fill):
    return [
        [s if j <= i else fill for j, s in enumerate(r)]
        for i, r in enumerate(rows)
    ]
def causal(q, k, v, fill=-inf):
    return times([soft(r) for r in hide(scaled(q, k), fill)], v)
def cut(a, h):
    d = len(a[0]) // h
    return [[r[i * d:(i + 1) * d] for r in a] for i in range(h)]
def heads(x, Wq, Wk, Wv, h):
    parts = [cut(times(x, W), h) for W in (Wq, Wk, Wv)]
    return [causal(*each) for each in zip(*parts)]
def out(rows, Wo, bo):
    return [[a + b for a, b in zip(r, bo)] for r in times(rows, Wo)]
"""
MULTI = "def multi_head_attention(x, Wq, Wk, Wv, Wo, bo, h):\n"
SDPA = "def attention(q, k, v):\n"
CAUSAL = (
    "def causal_attention(x, Wq, Wk, Wv):\n"
    "    q, k, v = times(x, Wq), times(x, Wk), times(x, Wv)\n"
)
NAMED = {
    "exponentials alone": (
        "def softmax(s): return [exp(x) for x in s]",
        "unnormalised",
        "adds up to",
    ),
    "divided by the count": (
        "def softmax(s):\n"
        "    e = [exp(x) for x in s]\n"
        "    return [x / len(e) for x in e]",
        "divided_by_count",
        "by how many there are",
    ),
    "heads viewed as one list": (
        f"{MULTI}"
        "    found = heads(x, Wq, Wk, Wv, h)\n"
        "    flat = [a for rows in found for r in rows for a in r]\n"
        "    d = len(Wq[0])\n"
        "    rows = [flat[i * d:(i + 1) * d] for i in range(len(x))]\n"
        "    return out(rows, Wo, bo)",
        "merged_without_transposing",
        "as one long list",
    ),
    "the mask of one head": (
        f"{MULTI}"
        "    parts = [cut(times(x, W), h) for W in (Wq, Wk, Wv)]\n"
        "    first, *others = zip(*parts)\n"
        "    found = [causal(*first)] + [\n"
        "        times([soft(r) for r in scaled(q, k)], v)\n"
        "        for q, k, v in others]\n"
        "    return out([sum(r, []) for r in zip(*found)], Wo, bo)",
        "mask_of_first_head",
        "the first alone",
    ),
    "the bias first": (
        f"{MULTI}"
        "    rows = [sum(r, []) for r in zip(*heads(x, Wq, Wk, Wv, h))]\n"
        "    return times([[a + b for a, b in zip(r, bo)] for r in rows], Wo)",
        "bias_before_projection",
        "before the output projection",
    ),
    "-10 for minus infinity": (
        f"{CAUSAL}    return causal(q, k, v, -10.0)",
        "mask_too_weak",
        "You put -10 in the hidden scores",
    ),
    "-10 before the scale": (
        f"{CAUSAL}"
        "    s = hide(times(q, turned(k)), -10.0)\n"
        "    d = sqrt(len(k[0]))\n"
        "    return times([soft([a / d for a in r]) for r in s], v)",
        "mask_too_weak",
        "You put -10 in the hidden scores",
    ),
    "infinity times nothing": (
        f"{CAUSAL}"
        "    m = [[float(j > i) * -inf for j in range(len(x))]\n"
        "         for i in range(len(x))]\n"
        "    s = [[a + b for a, b in zip(*r)] for r in zip(scaled(q, k), m)]\n"
        "    return times([soft(r) for r in s], v)",
        "nan_everywhere",
        "0 times infinity is NaN",
    ),
    "nothing left for the first": (
        f"{CAUSAL}"
        "    s = [[a if j < i else -inf for j, a in enumerate(r)]\n"
        "         for i, r in enumerate(scaled(q, k))]\n"
        "    return times([soft(r) for r in s], v)",
        "mask_hides_self",
        "Row 0 is NaN",
    ),
    "nothing left, and a billion": (
        f"{CAUSAL}"
        "    s = [[a if j < i else -1e9 for j, a in enumerate(r)]\n"
        "         for i, r in enumerate(scaled(q, k))]\n"
        "    return times([soft(r) for r in s], v)",
        "mask_hides_self",
        "makes them equal",
    ),
    "one list for all rows": (
        f"{SDPA}"
        "    rows = [[0.0] * len(v[0])] * len(q)\n"
        "    for i, s in enumerate(scaled(q, k)):\n"
        "        for c in range(len(v[0])):\n"
        "            rows[i][c] = times([soft(s)], v)[0][c]\n"
        "    return rows",
        "same_row",
        "one and the same list",
    ),
    "a sum that goes on": (
        f"{SDPA}"
        "    rows, acc = [], [0.0] * len(v[0])\n"
        "    for s in scaled(q, k):\n"
        "        for w, x in zip(soft(s), v):\n"
        "            acc = [a + w * b for a, b in zip(acc, x)]\n"
        "        rows.append(acc)\n"
        "    return rows",
        "accumulated",
        "the sum of the rows before",
    ),
    "a return in the loop": (
        f"{SDPA}"
        "    for s in scaled(q, k):\n"
        "        return times([soft(s)], v)",
        "first_row_only",
        "after the first token",
    ),
    "the first row without its list": (
        f"{SDPA}"
        "    for s in scaled(q, k):\n"
        "        return times([soft(s)], v)[0]",
        "first_row_alone",
        "the first token's row alone",
    ),
    "four digits": (
        f"{SDPA}"
        "    rows = times([soft(s) for s in scaled(q, k)], v)\n"
        "    return [[round(a, 4) for a in r] for r in rows]",
        "rounded",
        "rounded to 4 digits",
    ),
    "float16": (
        "from struct import pack, unpack\n"
        f"{SDPA}"
        "    rows = times([soft(s) for s in scaled(q, k)], v)\n"
        "    half = lambda a: unpack('e', pack('e', a))[0]\n"
        "    return [[half(a) for a in r] for r in rows]",
        "half_precision",
        "float16",
    ),
    "a residual where it fits": (
        "def self_attention(x, Wq, Wk, Wv):\n"
        "    q, k, v = times(x, Wq), times(x, Wk), times(x, Wv)\n"
        "    rows = times([soft(s) for s in scaled(q, k)], v)\n"
        "    if len(rows[0]) != len(x[0]): return rows\n"
        "    return [[a + b for a, b in zip(*r)] for r in zip(x, rows)]",
        "inputs_added",
        "residual connection",
    ),
    "a list that is kept": (
        "kept = []\n"
        f"{SDPA}"
        "    kept.extend(zip(k, v))\n"
        "    mine = [e for e in kept if len(e[0]) == len(q[0])]\n"
        "    rows = scaled(q, [e[0] for e in mine])\n"
        "    return [[sum(w * e[1][c] for w, e in zip(soft(s), mine))\n"
        "             for c in range(len(v[0]))] for s in rows]",
        "kept_from_call_to_call",
        "after other calls",
    ),
    "gradients in another order": (
        "def attention_backward(q, k, v, grad):\n"
        "    w = [soft(r) for r in scaled(q, k)]\n"
        "    gw = times(grad, turned(v))\n"
        "    d = sqrt(len(k[0]))\n"
        "    g = [[a * (b - sum(map(mul, r, s))) / d for a, b in zip(r, s)]\n"
        "         for r, s in zip(w, gw)]\n"
        "    return times(turned(w), grad), times(g, k), times(turned(g), q)",
        "other_order",
        "in another order: grad_values, grad_queries, grad_keys",
    ),
    "one gradient wrong": (
        "def attention_backward(q, k, v, grad):\n"
        "    w = [soft(r) for r in scaled(q, k)]\n"
        "    gw = times(grad, turned(v))\n"
        "    d = sqrt(len(k[0]))\n"
        "    g = [[a * (b - sum(map(mul, r, s))) / d for a, b in zip(r, s)]\n"
        "         for r, s in zip(w, gw)]\n"
        "    more = [[2 * a for a in r] for r in times(turned(g), q)]\n"
        "    return times(g, k), more, times(turned(w), grad)",
        "some_gradients",
        "Wrong: grad_keys. Right: grad_queries, grad_values.",
    ),
    # No cause is known: a property is named.
    "weights that miss": (
        "def softmax(s):\n"
        "    e = [exp(x) for x in s]\n"
        "    return [x / (sum(e) + 0.5 * len(e) * e[0]) for x in e]",
        "unnormalised",
        "adds up to",
    ),
    "weights of nothing known": (
        f"{SDPA}"
        "    w = [[abs(s) ** 1.5 for s in r] for r in scaled(q, k)]\n"
        "    return times(w, v)",
        "weights_do_not_sum",
        "they should add up to 1",
    ),
    "a leak": (
        f"{CAUSAL}"
        "    w = [soft(r) for r in hide(scaled(q, k), -inf)]\n"
        "    for r in w:\n"
        "        r[0], r[-1] = r[-1], r[0]\n"
        "    return times(w, v)",
        "depends_on_later",
        "Row 0 depends on a later token",
    ),
    "outside": (
        "def context_vector(w, x):\n"
        "    return [3 + sum(a * b for a, b in zip(w, c)) for c in zip(*x)]",
        "outside_values",
        "lies outside the values",
    ),
    "a gradient that does not cancel": (
        "def softmax_backward(w, g):\n"
        "    return [a * a * b for a, b in zip(w, g)]",
        "gradients_do_not_cancel",
        "they should add up to 0",
    ),
}


@pytest.mark.parametrize("what", NAMED)
def test_what_readers_write_is_named(what: str) -> None:
    source, cause_name, words = NAMED[what]
    (wrong,) = [
        each for each in check(LISTS + source) if each.verdict == "differs"
    ]
    assert wrong.cause is not None
    assert wrong.cause.name == cause_name
    assert words in wrong.cause.sentence
    assert wrong.cause.page


RIGHT = {
    "heads side by side": (
        f"{MULTI}"
        "    rows = [sum(r, []) for r in zip(*heads(x, Wq, Wk, Wv, h))]\n"
        "    return out(rows, Wo, bo)"
    ),
    "a billion below": f"{CAUSAL}    return causal(q, k, v, -1e9)",
    "hidden after softmax and shared anew": (
        f"{CAUSAL}"
        "    w = hide([soft(r) for r in scaled(q, k)], 0.0)\n"
        "    return times([[a / sum(r) for a in r] for r in w], v)"
    ),
    "an accumulator made anew": (
        f"{SDPA}"
        "    rows = []\n"
        "    for s in scaled(q, k):\n"
        "        acc = [0.0] * len(v[0])\n"
        "        for w, x in zip(soft(s), v):\n"
        "            acc = [a + w * b for a, b in zip(acc, x)]\n"
        "        rows.append(acc)\n"
        "    return rows"
    ),
    "twelve digits": (
        f"{SDPA}"
        "    rows = times([soft(s) for s in scaled(q, k)], v)\n"
        "    return [[round(a, 12) for a in r] for r in rows]"
    ),
    "a cache that is read by its key": (
        "kept = {}\n"
        f"{SDPA}"
        "    key = repr((q, k, v))\n"
        "    if key not in kept:\n"
        "        kept[key] = times([soft(s) for s in scaled(q, k)], v)\n"
        "    return kept[key]"
    ),
    "the scale in the queries": (
        f"{SDPA}"
        "    d = sqrt(len(k[0]))\n"
        "    small = [[a / d for a in r] for r in q]\n"
        "    return times([soft(s) for s in times(small, turned(k))], v)"
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_a_right_variant_passes(what: str) -> None:
    assert [each.verdict for each in check(LISTS + RIGHT[what])] == ["agrees"]


def test_a_function_that_raises_for_wide_inputs_has_no_cause() -> None:
    source = (
        "def self_attention(x):\n"
        "    if len(x[0]) > 5: raise ValueError('at most 5 columns')\n"
        "    return times([soft(s) for s in times(x, turned(x))], x)"
    )
    (found,) = check(LISTS + source)
    assert found.verdict == "differs"
    assert "at most 5 columns" in found.sentence
    assert found.cause is None
