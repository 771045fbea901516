"""Every known mistake is rejected, and called by its name."""

import pytest

from attnbook.checker.engine import Options, findings
from attnbook.checker.finding import Finding
from attnbook.checker.mistakes import CATALOGUE, Mistake
from attnbook.checker.mistakes.situations import (
    ORDINARY,
    hidden_by,
)
from attnbook.checker.reader.program import Program
from attnbook.checker.steps.table import STEPS, step_named
from tests.checking import SEED, check, only


def _check(mistake: Mistake, seed: int = SEED) -> Finding:
    """Check a mistake as if a reader had written it."""
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": ""})  # no NumPy
    causal = step_named(mistake.step).causal
    name = "my_causal" if causal else "mine"  # a promise to hide later tokens
    vars(program.module)[name] = mistake.function
    options = Options(seed=seed, names={mistake.step: name})
    return only(findings(program.ask, "", options))


def _name(mistake: Mistake) -> str:
    return f"{mistake.step}-{mistake.name}"


def test_the_catalogue_holds_at_least_36_mistakes_of_every_step() -> None:
    assert len({_name(each) for each in CATALOGUE}) == len(CATALOGUE) >= 36
    assert {each.step for each in CATALOGUE} == {each.name for each in STEPS}


@pytest.mark.parametrize("mistake", CATALOGUE, ids=_name)
def test_a_known_mistake_is_rejected_and_named(mistake: Mistake) -> None:
    finding = _check(mistake)
    assert finding.verdict == "differs"
    assert finding.cause is not None
    assert finding.cause.name == mistake.name
    assert finding.cause.sentence
    assert finding.cause.advice
    assert finding.example is not None
    assert finding.rule.startswith("fails")
    assert "without a rule" not in finding.rule


@pytest.mark.parametrize("mistake", CATALOGUE, ids=_name)
def test_a_known_mistake_is_written_down(mistake: Mistake) -> None:
    assert mistake.sentence.endswith(".")
    assert mistake.advice.endswith(".")
    assert mistake.name.isidentifier()


def test_popular_inputs_hide_many_mistakes() -> None:
    hidden = {_name(each): hidden_by(each) for each in CATALOGUE}
    assert not any(ORDINARY in names for names in hidden.values())
    sdpa = "scaled_dot_product_attention"
    assert "all sizes 2" in hidden[f"{sdpa}-scaled_by_root_of_value_width"]
    assert "all sizes 2" in hidden[f"{sdpa}-constant_scale"]
    assert "equal keys" in hidden[f"{sdpa}-no_scale"]
    projected = "trainable_self_attention-swapped"
    assert "equal weight matrices" in hidden[projected]
    assert "a rate of one half" in hidden["dropout-divided_by_p"]
    softmax = "softmax_backward"
    for name in ("sign_flipped", "mean_without_weights", "weights_forgotten"):
        assert "an upstream of ones" in hidden[f"{softmax}-{name}"]
    assert sum(1 for each in hidden.values() if each) > len(CATALOGUE) / 2


# Wrong versions that are not in the catalogue: what measuring must say.
ATTENTION = """
from math import exp, sqrt
def softmax(s):
    e = [exp(a - max(s)) for a in s]
    return [a / sum(e) for a in e]
def times(a, b):
    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*b)] for r in a]
def turned(a):
    return [list(c) for c in zip(*a)]
"""
UNKNOWN = {
    "a constant": (
        "def attention(q, k, v):\n"
        "    s = times(q, turned(k))\n"
        "    return times([softmax([a / 1.7 for a in r]) for r in s], v)",
        "You divided by 1.7 whatever the width is; "
        "the width of the keys gives 1.73205 (asked with",
    ),
    "the value width without a root": (
        "def attention(q, k, v):\n"
        "    s = times(q, turned(k))\n"
        "    d = len(v[0])\n"
        "    return times([softmax([a / d for a in r]) for r in s], v)",
        "You divided by 5, the width of the values without the root; "
        "the width of the keys gives 1.73205 (asked with",
    ),
    "two mistakes at once": (
        "def attention(q, k, v):\n"
        "    s = times(k, turned(q))\n"
        "    return times([softmax(r) for r in s], v)",
        "Queries and keys are swapped: your weight (i, j) comes from key i "
        "and query j. Besides: You do not scale the scores: you divided by "
        "1; the width of the keys gives 1.73205 (asked with",
    ),
    "the root of the value width": (
        "def attention(q, k, v):\n"
        "    s = times(q, turned(k))\n"
        "    d = sqrt(len(v[0]))\n"
        "    return times([softmax([a / d for a in r]) for r in s], v)",
        "You divided by 2.23607 = sqrt(5), the width of the values; "
        "the width of the keys gives 1.73205 (asked with",
    ),
    "a product left out": (
        "def dot(x, y): return sum(a * b for a, b in zip(x[::2], y[::2]))",
        "Of 5 products, number 1 counts 0 times instead of once.",
    ),
    "heads scaled by their number": (
        "def multi_head_attention(x, Wq, Wk, Wv, Wo, bo, h):\n"
        "    d = len(Wq[0]) // h\n"
        "    out = [[] for _ in x]\n"
        "    for i in range(h):\n"
        "        q, k, v = ([r[i * d:(i + 1) * d] for r in times(x, W)]\n"
        "                   for W in (Wq, Wk, Wv))\n"
        "        for t, row in enumerate(times(q, turned(k))):\n"
        "            w = softmax([s / sqrt(h) for s in row[:t + 1]])\n"
        "            out[t] += times([w], v[:t + 1])[0]\n"
        "    return [[a + b for a, b in zip(r, bo)] for r in times(out, Wo)]",
        "You divided by 1.41421 = sqrt(2), the number of heads; "
        "the width of the keys gives 2.23607 (asked with",
    ),
    "a temperature": (
        ATTENTION + "def soft_max(s): return softmax([a / 3 for a in s])",
        "You divided by 3 whatever the width is; "
        "3.3 does not scale the scores (asked with the number of scores 4).",
    ),
    "columns of a softmax of rows": (
        "def softmax_rows(m): return turned([softmax(c) for c in turned(m)])\n"
        "soft_max = softmax_rows\n",
        "Your softmax runs over the queries: the columns of your weights",
    ),
}


def the_wrong(source: str) -> Finding:
    """The one finding that differs."""
    (wrong,) = [each for each in check(source) if each.verdict == "differs"]
    return wrong


@pytest.mark.parametrize("mistake", UNKNOWN)
def test_an_unknown_mistake_is_measured(mistake: str) -> None:
    source, sentence = UNKNOWN[mistake]
    wrong = the_wrong(ATTENTION + source)
    assert wrong.cause is not None
    assert sentence in wrong.cause.sentence
    assert wrong.cause.measured


PARTS = (
    "def parts(x, Wq, Wk, Wv):\n"
    "    q, k, v = times(x, Wq), times(x, Wk), times(x, Wv)\n"
    "    s = times(q, turned(k))\n"
    "    d = sqrt(len(k[0]))\n"
    "    scaled = [[a / d for a in r] for r in s]\n"
    "    return q, k, v, s, scaled, [softmax(r) for r in scaled]\n"
)
RETURNED = {
    "weights": (
        "def self_attention(x):\n"
        "    return [softmax(r) for r in times(x, turned(x))]",
        "You returned the attention weights; the context vectors are their "
        "mix of the values.",
    ),
    "scores": (
        "def self_attention(x): return times(x, turned(x))",
        "You returned the attention scores;",
    ),
    "inputs": (
        "def self_attention(x): return [list(r) for r in x]",
        "You returned the inputs unmixed;",
    ),
    "inputs, but for rounding": (
        "def self_attention(x): return [[a * (1 + 1e-10) for a in r] for r "
        "in x]",
        "You returned the inputs unmixed;",
    ),
} | {
    f"{words}, projected": (
        f"{PARTS}def self_attention(x, Wq, Wk, Wv):\n"
        f"    return parts(x, Wq, Wk, Wv)[{i}]",
        f"You returned the {words}",
    )
    for i, words in enumerate((
        "queries unmixed", "keys unmixed", "values unmixed",
        "attention scores", "attention scores", "attention weights",
    ))
} | {
    "inputs, projected": (
        "def self_attention(x, Wq, Wk, Wv): return x",
        "You returned the inputs unmixed",
    ),
    "values given": (
        "def attention(q, k, v): return v",
        "You returned the values unmixed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", RETURNED)
def test_what_was_returned_in_place_of_the_mix_is_named(what: str) -> None:
    source, sentence = RETURNED[what]
    wrong = the_wrong(ATTENTION + source)
    assert wrong.cause is not None
    assert wrong.cause.sentence.startswith(sentence)
    assert "weights @ values" in wrong.cause.advice


def test_a_wrong_shape_is_shown_first() -> None:
    source, _ = RETURNED["weights"]
    wrong = the_wrong(ATTENTION + source)
    assert wrong.sentence == "expected shape 1 x 2, got 1 x 1."
    assert wrong.example is not None
    assert wrong.example.got == [[1]]


def test_the_first_wrong_step_comes_first() -> None:
    source = (
        ATTENTION.replace("/ sum(e)", "")
        + """
def self_attention(x):
    return times([softmax(r) for r in times(x, turned(x))], x)
"""
    )
    found = [each for each in check(source) if each.verdict == "differs"]
    assert [each.step.name for each in found] == ["softmax", "self_attention"]


def test_the_smallest_input_is_small() -> None:
    source = (
        ATTENTION
        + """
def attention(q, k, v):
    return times([softmax(r) for r in times(q, turned(k))], v)
"""
    )
    wrong = the_wrong(source)
    assert wrong.example is not None
    entries = sum(
        len(row) for rows in wrong.example.arguments.values() for row in rows
    )
    assert entries <= 8
    assert wrong.rule == (
        "fails whenever the number of keys is above 1 and d_k is above 1"
    )
