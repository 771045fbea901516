"""Sizes of scores, for every step and form that makes weights of scores.

Each answer is right until a score, computed here from what came, passes a
bound: so the sentence has to tell that bound, whatever was handed over.
"""

import re
from collections.abc import Callable
from math import exp, log, nan
from typing import Any

import pytest

from attnbook.checker.finding import Caution
from attnbook.checker.judge.safety import mismatch, one_maximum, overflow
from attnbook.checker.match.asked import Asked
from attnbook.checker.steps.step import Form, Step
from attnbook.checker.steps.table import STEPS, step_named
from attnbook.vectors import Matrix, matmul, transpose
from tests.checking import asked_by

BOUND = 300.0
LARGE = [
    pytest.param(step, i, id=f"{step.name}-{'-'.join(form.roles)}")
    for step in STEPS
    for i, form in enumerate(step.forms)
    if step.large
]
OF_ROWS = {"score_rows", "queries", "keys", "inputs"}
OF_ONE_ROW = {"query", "row"}


def named(form: Form, given: tuple[Any, ...]) -> dict[str, Any]:
    """What came, by its roles; a bundle also by what stands in it."""
    values = dict(zip(form.roles, given, strict=True))
    for bundle in [v for v in given if isinstance(v, dict)]:
        values |= zip(bundle["fields"], bundle["items"], strict=True)
    return values


def scores_in(values: dict[str, Any]) -> Matrix:
    """The scores before the softmax; all widths are 1, so none is scaled."""
    for role in ("score_rows", "logits"):
        if role in values:
            return list(values[role])
    for role in ("scores", "logit_row"):
        if role in values:
            return [values[role]]
    tokens: Matrix = values.get("inputs", [])
    queries, keys = values.get("queries", tokens), values.get("keys", tokens)
    if "W_query" in values:
        queries = matmul(tokens, values["W_query"])
        keys = matmul(tokens, values["W_key"])
    if "query" in values:
        queries = [values["query"]]
    if "row" in values:
        queries = [tokens[values["row"]]]
    assert {len(row) for row in [*queries, *keys]} == {1}
    return matmul(queries or keys, transpose(keys))


def breaks_where(
    step: Step, form: int, fails: Callable[[Matrix], bool]
) -> Asked:
    """What is right unless its scores fail; then it gives NaN."""
    how = step.forms[form]

    def answer(*given: Any) -> Any:
        values = named(how, given)
        if fails(scores_in(values)):
            return [[nan]]
        return how.answer(step.reference, values)

    return asked_by(answer, step.name, form)


def largest(scores: Matrix) -> float:
    return max(map(max, scores))


def depth(scores: Matrix) -> float:
    """How far the lowest of all rows lies below the largest score."""
    return largest(scores) - min(map(max, scores))


def sentences(cautions: list[Caution]) -> list[str]:
    return [each.sentence for each in cautions]


@pytest.mark.parametrize(("step", "form"), LARGE)
def test_the_largest_score_is_told_in_every_form(
    step: Step, form: int
) -> None:
    asked = breaks_where(step, form, lambda s: largest(s) > BOUND)
    assert sentences(overflow(asked)) == [
        "`mine` overflows from a largest score of about 300: it returns NaN."
    ]


@pytest.mark.parametrize(("step", "form"), LARGE)
def test_scores_far_below_0_are_told_where_no_token_scores_itself(
    step: Step, form: int
) -> None:
    asked = breaks_where(step, form, lambda s: largest(s) < -BOUND)
    roles = step.forms[form].roles
    own = roles == ("keys",) or not {*roles} & {
        "scores", "score_rows", "logits", "logit_row", "queries", "W_query",
        "projections", "parameters",
    }  # fmt: skip
    said = "divides by zero when the largest score is of about -300"
    found = sentences(overflow(asked))
    wanted = [] if own else [f"`mine` {said}: it returns NaN."]
    assert found == wanted


@pytest.mark.parametrize(("step", "form"), LARGE)
def test_large_scores_keep_the_rows_near_each_other(
    step: Step, form: int
) -> None:
    asked = breaks_where(step, form, lambda s: depth(s) > 700)
    assert overflow(asked) == []


@pytest.mark.parametrize(("step", "form"), LARGE)
def test_the_depth_of_a_row_is_told_in_every_form_of_several(
    step: Step, form: int
) -> None:
    roles = {*step.forms[form].roles}
    asked = breaks_where(step, form, lambda s: depth(s) > BOUND)
    several = bool(roles & OF_ROWS) and not roles & OF_ONE_ROW
    found = sentences(one_maximum(asked))
    assert len(found) == several
    for sentence in found:
        assert "all lie about 300 below the largest of the matrix" in sentence


def test_what_is_no_softmax_has_no_size_of_scores() -> None:
    step = step_named("attention_scores")
    pairs = [form.roles for form in step.forms].index(("queries", "keys"))
    deep = breaks_where(step, pairs, lambda s: depth(s) > BOUND)
    assert one_maximum(deep) == []
    high = breaks_where(step, pairs, lambda s: largest(s) > BOUND)
    assert overflow(high) == []


@pytest.mark.parametrize("bound", [0.5, 1.1])
def test_from_1_on_a_size_is_told(bound: float) -> None:
    step = step_named("softmax")
    high = breaks_where(step, 0, lambda s: largest(s) > bound)
    rows = [form.roles for form in step.forms].index(("score_rows",))
    deep = breaks_where(step, rows, lambda s: depth(s) > bound)
    found = sentences(overflow(high) + one_maximum(deep))
    assert len(found) == 2 * (bound > 1)
    for sentence in found:
        assert "about 1:" in sentence or "about 1 below" in sentence


@pytest.mark.parametrize("form", [0, 1])
def test_the_probability_of_a_target_is_made_to_vanish(form: int) -> None:
    def loss(row: list[float], target: int) -> float:
        powers = [exp(x - max(row)) for x in row]
        share = powers[target] / sum(powers)
        return -log(share) if share else nan

    def answer(rows: Any, targets: Any) -> float:
        if form:
            return loss(rows, targets)
        losses = list(map(loss, rows, targets))
        return sum(losses) / len(losses)

    (sentence,) = sentences(overflow(asked_by(answer, "cross_entropy", form)))
    size = re.search(r"from a largest score of about (\d+):", sentence)
    assert size is not None
    assert 2 * 708 < int(size[1]) < 2 * 746  # below 708 e's power is exact


def test_nan_anywhere_is_called_nan() -> None:
    def answer(*row: Any) -> list[float]:
        return [0.5, nan] if max(*row) > BOUND else [1 / len(*row)] * len(*row)

    step = step_named("softmax")
    asked = asked_by(answer, "softmax")
    assert overflow(asked) == []  # it is right on no score at all
    right = breaks_where(step, 0, lambda s: largest(s) > BOUND)

    def half(request: Any) -> Any:
        reply = right.ask(request)
        gone = reply["value"] == [[nan]]
        return reply | {"value": [0.5, nan]} if gone else reply

    (sentence,) = sentences(overflow(right._replace(ask=half)))
    assert sentence.endswith("it returns NaN.")


def test_rows_of_weights_that_do_not_fit_are_tried() -> None:
    step = step_named("context_vector")
    rows = ("attn_weight_rows", "inputs")
    form = [each.roles for each in step.forms].index(rows)
    seen: list[Any] = []
    asked = asked_by(lambda *given: seen.append(given), step.name, form)
    assert len(mismatch(asked)) == 1
    (weights, inputs), = seen  # fmt: skip
    assert {len(row) for row in weights} != {len(inputs)}
