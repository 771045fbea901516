"""How the catalogue is kept: what shows a mistake, and what explains it."""

from collections.abc import Callable
from math import nan
from typing import Any

import numpy as np
import pytest

from attnbook.checker.mistakes import (
    all_written,
    chapter,
    excluded,
    explained,
    of_step,
    place,
)
from attnbook.checker.mistakes.mistake import Mistake, whole
from attnbook.checker.mistakes.situations import (
    ORDINARY,
    hidden_by,
    shown_by,
    situations,
)
from attnbook.checker.steps.cases import Case, distinct
from attnbook.checker.steps.table import STEPS, Step, step_named
from tests.known import known

DOT = step_named("dot")
PAIR = {"x": [2.0], "y": [3.0]}


def giving(act: Callable[..., Any]) -> Mistake:
    """A wrong dot product."""
    (found,) = whole("dot", ("odd", "It is odd.", "Mend it.", act))
    return found


def raising(*_: object) -> None:
    raise ZeroDivisionError


PARTS = (6.0, [1.0, 2.0])


@pytest.mark.parametrize(
    ("wrong", "right", "differs"),
    [
        (lambda x, y: x[0] * y[0], 6.0, False),
        (lambda x, _: x[0], 6.0, True),
        (lambda x, _: x, 6.0, True),
        (raising, 6.0, True),
        (lambda *_: PARTS, PARTS, False),
        (lambda *_: (6.0, (1.0, 3.0)), PARTS, True),
        (lambda *_: [6.0, (1.0, 2.0)], PARTS, False),
    ],
)
def test_a_mistake_differs_where_it_gives_something_else(
    wrong: Callable[..., Any], right: object, differs: bool
) -> None:
    assert giving(wrong).differs(DOT.forms[0], right, PAIR) is differs


@pytest.mark.parametrize(
    ("wrong", "came", "explains"),
    [
        (lambda x, y: x[0] + y[0], 5.0, True),
        (lambda x, y: x[0] + y[0], 6.0, False),
        (lambda x, y: x[0] + y[0], None, False),
        (raising, None, True),
        (raising, 5.0, False),
        (lambda *_: [1.0, nan], [1.0, nan], True),
        (lambda *_: [1.0, nan], [nan, 1.0], False),
        (lambda *_: [1.0, nan], [1.0, 2.0], False),
        (lambda *_: ([nan], 1.0), [[nan], 1.0], True),
        (lambda *_: ([nan], 1.0), [[nan], 2.0], False),
    ],
)
def test_a_mistake_explains_what_it_gives_itself(
    wrong: Callable[..., Any], came: object, explains: bool
) -> None:
    assert giving(wrong).explains(DOT.forms[0], came, PAIR) is explains


def test_a_wrong_step_is_of_no_stage() -> None:
    odd = giving(raising)
    assert odd[:4] == ("dot", "odd", "It is odd.", "Mend it.")
    assert not odd.stage
    assert odd.anchor == "dot-odd"
    back = known("softmax_backward", "sign_flipped")
    assert back.anchor == "softmax_back-sign_flipped"


def case(x: float) -> Case:
    return Case({"d": 1}, {"x": [x], "y": [3.0]}, "by hand")


# Alone, a product is its own sum and mean; 6 is a whole number, 7.5 is none.
@pytest.mark.parametrize(
    ("cases", "rejected"),
    [
        ([], set()),
        ([case(2.0)], {"drops_last", "drops_first", "cosine",
                       "products_not_added"}),
        ([case(2.5), case(2.0)], {"drops_last", "drops_first", "cosine",
                                  "products_not_added", "integers"}),
    ],
)  # fmt: skip
def test_the_mistakes_that_cases_reject_are_counted(
    cases: list[Case], rejected: set[str]
) -> None:
    form, all_of_dot = DOT.forms[0], len(of_step(DOT))
    assert excluded(DOT, form, cases) == (len(rejected), all_of_dot)
    spared = form._replace(spared=("cosine", "mean"))
    left = len(rejected - {"cosine", "mean"})
    assert excluded(DOT, spared, cases) == (left, all_of_dot - 2)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_cases_of_a_step_reject_all_of_its_mistakes(step: Step) -> None:
    rejected, every = excluded(step, step.forms[0], step.cases(seed=5))
    assert rejected == every == len(of_step(step))
    assert {entry.step for entry in of_step(step)} == {step.name}


def shapes(values: dict[str, Any], *roles: str) -> list[tuple[int, ...]]:
    return [np.shape(values[role]) for role in roles]


SDPA = step_named("scaled_dot_product_attention")
QKV = ("queries", "keys", "values")


def test_sizes_differ_or_are_alike_or_one_of_them_is_1() -> None:
    found = situations(SDPA)
    sizes = distinct(SDPA.axes)
    q, k, d, w = (sizes[axis] for axis in ("queries", "keys", "d_k", "d_v"))
    assert shapes(found[ORDINARY], *QKV) == [(q, d), (k, d), (k, w)]
    assert shapes(found["all sizes 1"], *QKV) == 3 * [(1, 1)]
    assert shapes(found["all sizes 2"], *QKV) == 3 * [(2, 2)]
    assert shapes(found["queries 1"], *QKV) == [(1, d), (k, d), (k, w)]
    assert shapes(found["keys 1"], *QKV) == [(q, d), (1, d), (1, w)]
    assert shapes(found["d_k 1"], *QKV) == [(q, 1), (k, 1), (k, w)]
    assert shapes(found["d_v 1"], *QKV) == [(q, d), (k, d), (k, 1)]
    simple = situations(step_named("self_attention"))
    assert shapes(simple["tokens 1"], "inputs")[0][0] == 1
    assert shapes(simple["width 1"], "inputs")[0][1] == 1
    assert "d_v 1" not in situations(step_named("scaled_attention_weights"))
    many = situations(step_named("multi_head_attention"))
    assert shapes(many["d_in 1"], "inputs")[0][1] == 1


EQUAL = {
    "dot": ["equal vectors"],
    "softmax": ["equal scores"],
    "self_attention": ["equal tokens"],
    "context_vector": ["equal tokens", "equal weights"],
    "scaled_dot_product_attention": ["equal keys", "equal values"],
    "dropout": [],
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_hides_a_mistake_is_equal(name: str) -> None:
    found = situations(step_named(name))
    equal = [each for each in found if each.startswith("equal ")]
    assert equal == EQUAL[name]
    ordinary = found[ORDINARY]
    for each in equal:
        changed = {r for r in ordinary if ordinary[r] != found[each][r]}
        assert changed
        assert changed <= {*step_named(name).forms[0].roles}
        for role in changed:
            first, *others = found[each][role]
            assert first == ordinary[role][0]
            assert all(other == first for other in others)
            assert len(others) + 1 == len(ordinary[role])


def test_one_matrix_may_project_all_three() -> None:
    for name in ("trainable_self_attention", "multi_head_attention"):
        step = step_named(name)
        values = situations(step)["equal weight matrices"]
        assert values["W_query"] == values["W_key"] == values["W_value"]
        answer = step.forms[0].answer
        roles = {"projections", "parameters"} & values.keys()
        assert roles
        for role in roles:
            fields = values[role]["fields"]
            assert values[role]["items"] == [values[f] for f in fields]
        assert answer(step.reference, values)
    assert "equal weight matrices" not in situations(SDPA)


def test_scores_saturate_in_one_row() -> None:
    found = situations(SDPA)
    saturated = found["one row of saturated scores"]["queries"]
    first, *others = found[ORDINARY]["queries"]
    assert saturated == [[1e4 * entry for entry in first], *others]
    assert "one row of saturated scores" not in situations(DOT)


def test_a_rate_may_be_one_half_and_an_upstream_of_ones() -> None:
    dropout = situations(step_named("dropout"))
    assert dropout["a rate of one half"]["p"] == 0.5
    assert dropout[ORDINARY]["p"] != 0.5
    assert "a rate of one half" not in situations(SDPA)
    ones = "an upstream of ones"
    for step in STEPS:
        roles = {"grad_weights", "grad_context_vecs", "grad_outputs"}
        mine = roles & {*step.forms[0].roles}
        found = situations(step)
        assert (ones in found) is bool(mine)
        for role in mine:
            given = found[ones][role]
            assert np.array_equal(given, np.ones_like(found[ORDINARY][role]))


def test_a_mistake_is_shown_or_hidden() -> None:
    mean = known("dot", "mean")
    assert hidden_by(mean) == ["all sizes 1", "width 1"]
    assert ORDINARY in shown_by(known(SDPA.name, "swapped"))
    assert shown_by(mean) == [ORDINARY, "all sizes 2", "equal vectors"]


def test_a_mistake_is_explained_where_its_name_or_its_stage_is() -> None:
    sdpa = "scaled_dot_product_attention"
    assert chapter(known(sdpa, "no_scale")) == "3.4/scale/#square-root"
    assert chapter(known(sdpa, "cosine")) == "3.3/scores/#the-code"
    assert chapter(known("dot", "mean")) == place(DOT)
    assert place(DOT) == "3.3/scores/#the-code"
    assert place(step_named("softmax")) == "3.3/softmax/#the-formula"
    assert place(step_named("sgd")) == "backward/loss/#adam"
    own = explained(step_named("softmax_backward"), "sign_flipped")
    assert own == "check/catalogue/#softmax_back-sign_flipped"
    other = explained(DOT, "no_scale")
    assert other == "check/catalogue/#scaled_attention_weights-no_scale"


def test_what_is_written_beside_the_stages_has_a_name_of_its_own() -> None:
    names = [each.name for each in all_written()]
    assert len({*names}) == len(names)
    assert all(each.right != each.wrong for each in all_written())
