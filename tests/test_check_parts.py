"""The parts of the check, each by itself."""

import subprocess
import sys
from itertools import product
from math import log

import pytest

from attnbook.checker.engine import Options
from attnbook.checker.finding import Cell, Checked, Finding
from attnbook.checker.judge.dimensions import Test, rule
from attnbook.checker.match.binding import Function
from attnbook.checker.match.chosen import unchecked
from attnbook.checker.match.names import Parameter, arrangements, normal
from attnbook.checker.say.verdict import verdict
from attnbook.checker.steps.cases import distinct, grid
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.table import STEPS, step_named
from tests.checking import check, only


def _cells(fails: Test) -> list[Cell]:
    sizes = [
        {"keys": keys, "d_k": d_k, "d_v": d_v}
        for keys, d_k, d_v in product((1, 2, 3), (1, 2, 4), (1, 2, 5))
    ]
    return [Cell(each, agrees=not fails(each)) for each in sizes]


RULES: dict[str, Test] = {
    "agrees in every dimension": lambda _: False,
    "fails in every dimension": lambda _: True,
    "fails whenever the number of keys is above 1": lambda s: s["keys"] > 1,
    "fails whenever d_v is 2": lambda s: s["d_v"] == 2,
    "fails whenever d_k is not 2": lambda s: s["d_k"] != 2,
    "fails whenever d_k differs from d_v": lambda s: s["d_k"] != s["d_v"],
    "fails whenever d_k is below d_v": lambda s: s["d_k"] < s["d_v"],
    "fails whenever the number of keys is above 1 and d_k differs from d_v": (
        lambda s: s["keys"] > 1 and s["d_k"] != s["d_v"]
    ),
    "fails whenever the number of keys is above 2 or d_k is above 2": (
        lambda s: s["keys"] == 3 or s["d_k"] == 4
    ),
}


@pytest.mark.parametrize("words", RULES)
def test_the_rule_says_exactly_which_sizes_fail(words: str) -> None:
    assert rule(_cells(RULES[words])) == words


def test_one_size_that_is_right_by_chance_does_not_hide_the_rule() -> None:
    cells = _cells(lambda s: s["keys"] > 1)
    cells[-1] = cells[-1]._replace(agrees=True)
    expected = "fails whenever the number of keys is above 1"
    assert rule(cells) == f"{expected}, in all sizes but 1"


FROM_TWO = {("padding_mask", "length")}
"""A mask that hides a sentence's only token could be of any convention."""


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_the_sizes_hold_1_and_all_different(name: str) -> None:
    step = step_named(name)
    sizes = [case.sizes for case in step.cases(0)]
    wide = [axis for axis, values in step.axes.items() if len(values) > 1]
    alone = [axis for axis in wide if (name, axis) not in FROM_TWO]
    assert all(any(s[axis] == 1 for s in sizes) for axis in alone)
    assert any(len({s[a] for a in wide} - {1}) == len(wide) for s in sizes)
    assert distinct(step.axes) in sizes


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_the_same_seed_draws_the_same_cases(name: str) -> None:
    step = step_named(name)
    assert step.cases(3) == step.cases(3)
    assert step.cases(3) != step.cases(4)


def test_rows_are_never_alike() -> None:
    step = step_named("causal_attention")
    for case in grid(step.draw, step.axes, seed=5):
        rows = [tuple(row) for row in case.values["inputs"]]
        assert len(set(rows)) == len(rows)


def test_results_are_compared_in_their_full_shape() -> None:
    for got in ([1.0, 2.0], [[1.0], [2.0]], [[[1.0, 2.0]]], [[1.0, 2.0, 3.0]]):
        difference = compare([[1.0, 2.0]], got)
        assert difference is not None
        assert difference.kind == "shape"


def test_several_results_are_compared_one_by_one() -> None:
    right = ([[1.0]], [2.0, 3.0])
    assert compare(right, [[[1.0]], [2.0, 3.0]]) is None
    difference = compare(right, [[[1.0]], [2.0, 4.0]])
    assert difference is not None
    assert difference.where == "[1][1]"


def test_the_worst_entry_is_told() -> None:
    difference = compare([1.0, 1.0, 1.0], [1.1, 3.0, 1.2])
    assert difference is not None
    assert difference.where == "[1]"


def _parameters(*names: str) -> list[Parameter]:
    kind = "POSITIONAL_OR_KEYWORD"
    return [Parameter(name, kind, optional=False) for name in names]


def test_queries_and_keys_are_never_swapped_by_trying() -> None:
    found = arrangements(
        _parameters("a", "b", "c"), ("queries", "keys", "values")
    )
    assert [each.positional for each in found] == [
        ("queries", "keys", "values")
    ]


def test_a_vector_and_a_matrix_are_told_apart_by_trying() -> None:
    found = arrangements(_parameters("one", "two"), ("query", "inputs"))
    orders = [each.positional for each in found]
    assert orders == [("query", "inputs"), ("inputs", "query")]


def test_names_decide_where_they_can() -> None:
    found = arrangements(
        _parameters("V", "K", "Q"), ("queries", "keys", "values")
    )
    assert [each.positional for each in found] == [
        ("values", "keys", "queries")
    ]


@pytest.mark.parametrize(
    "name", ["SelfAttention_v2", "self_attention", "selfAttentionV1"]
)
def test_names_are_compared_without_case_underscores_and_versions(
    name: str,
) -> None:
    assert normal(name) == "selfattention"


HABITS = {
    "nothing": ("    for r in w: pass", "It returns nothing."),
    "a generator": ("    return (r for r in w)", "It returns a generator"),
    "transposed": ("    return [list(c) for c in zip(*w)]", "is transposed"),
    "wrapped": ("    return [w]", "in one pair of brackets too many."),
    "a factor": (
        "    return [[3 * e for e in r] for r in w]",
        "Every number is 3 times what is right.",
    ),
}


@pytest.mark.parametrize("kind", HABITS)
def test_the_form_of_a_result_tells_the_cause(kind: str) -> None:
    line, sentence = HABITS[kind]
    source = (
        "from attnbook import simple\n"
        "def self_attention(x):\n"
        "    w = simple.self_attention(x).context_vecs\n" + line
    )
    finding = only(check(source))
    assert finding.cause is not None
    assert sentence in finding.cause.sentence


def test_the_engine_needs_no_processes() -> None:
    code = (
        "import sys; import attnbook.checker.engine; "
        "import attnbook.checker.say.text; "
        "print({'subprocess', 'threading', 'resource'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "set()\n"


MAXIMA = """
import numpy as np
def {name}({arguments}):
    x, Wq, Wk, Wv = map(np.asarray, ({given}))
    s = {scores}
    e = np.exp(s - s.max())
    return {result}
"""
ONE_MAXIMUM = {
    "softmax_rows": (
        "s", "s, 0, 0, 0", "x", "e / e.sum(axis=1, keepdims=True)",
    ),
    "self_attention": (
        "x", "x, 0, 0, 0", "x @ x.T", "e / e.sum(-1, keepdims=True) @ x",
    ),
    "attention": (
        "Q, K, V", "Q, 0, K, V", "x @ Wk.T / Wk.shape[1] ** 0.5",
        "e / e.sum(-1, keepdims=True) @ Wv",
    ),
    "trainable_self_attention": (
        "x, Wq, Wk, Wv", "x, Wq, Wk, Wv",
        "x @ Wq @ (x @ Wk).T / Wk.shape[1] ** 0.5",
        "e / e.sum(-1, keepdims=True) @ (x @ Wv)",
    ),
    "causal_attention": (
        "x, Wq, Wk, Wv", "x, Wq, Wk, Wv",
        "np.where(np.tri(len(x)) > 0, x @ Wq @ (x @ Wk).T "
        "/ Wk.shape[1] ** 0.5, -np.inf)",
        "e / e.sum(-1, keepdims=True) @ (x @ Wv)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_MAXIMUM)
def test_one_maximum_for_all_rows_divides_0_by_0_from_745_on(
    name: str,
) -> None:
    arguments, given, scores, result = ONE_MAXIMUM[name]
    source = MAXIMA.format(
        name=name, arguments=arguments, given=given, scores=scores,
        result=result,
    )  # fmt: skip
    options = Options(
        seed=1, names={"softmax": name} if "rows" in name else {}
    )
    (caution,) = only(check(source, options)).warnings
    assert caution.kind == "one maximum"
    lowest = -log(5e-324)  # below it, `exp` gives 0
    said = int(caution.sentence.split("about ")[1].split()[0])
    assert abs(said - lowest) < 2
    rowwise = source.replace("s.max()", "s.max(axis=-1, keepdims=True)")
    assert only(check(rowwise, options)).warnings == ()


def _agreed(function: str, step: str) -> Finding:
    return Finding(function, step_named(step), "agrees", shapes=1, cases=1)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([("softmax", "softmax")], "Your `softmax` agrees with 3.3 on"),
        (
            [("dot", "dot"), ("f", "trainable_self_attention"),
             ("g", "causal_attention")],
            "Your 3 functions agree with 3.3, 3.4 and 3.5 on",
        ),
        (
            [("A.forward", "self_attention"), ("B.forward", "stacked_heads")],
            "Your 2 classes agree with 3.3 and 3.6 on",
        ),
        (
            [("dot", "dot"), ("A.forward", "self_attention")],
            "Your 2 functions and classes agree with 3.3 on",
        ),
    ],
)  # fmt: skip
def test_agreement_is_told_in_english(
    found: list[tuple[str, str]], words: str
) -> None:
    checked = Checked("a.py", findings=tuple(_agreed(*each) for each in found))
    assert verdict(checked).startswith(words)
    assert checked.status == 0


@pytest.mark.parametrize(
    ("step", "left", "status"),
    [
        ("softmax", (), 0),
        ("softmax", ("mix",), 2),
        ("attention_weights", ("mix",), 2),
        ("context_vector", ("other",), 0),
        ("self_attention", ("other",), 0),
        ("softmax_backward", ("other",), 2),
    ],
)
def test_a_helper_that_agrees_is_no_attention(
    step: str, left: tuple[str, ...], status: int
) -> None:
    checked = Checked("a.py", findings=(_agreed("f", step),), not_checked=left)
    assert checked.status == status
    assert ("attention itself was not" in verdict(checked)) is (status == 2)


def test_an_attention_that_is_left_out_is_no_agreement() -> None:
    out = Finding("A", step_named("multi_head_attention"), "left out", "Why.")
    found = _agreed("f", "self_attention"), out
    assert Checked("a.py", findings=found).status == 2
    out = out._replace(step=step_named("dropout"))
    assert Checked("a.py", findings=(found[0], out)).status == 0


def test_what_a_function_uses_is_found_in_every_kind_of_definition() -> None:
    offered = [
        Function(name, own=True, parameters=None, methods={})
        for name in ("softmax", "power", "share", "unused")
    ]
    source = (
        "share: object = lambda x: power(x)\n"
        "async def softmax(x): return share(x)\n"
    )
    assert unchecked(offered, source, ["softmax"]) == ["unused"]
