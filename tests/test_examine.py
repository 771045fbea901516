"""A function examined: verdict, sentence, map, smallest input and cautions."""

from collections.abc import Callable, Sequence
from itertools import chain, count, repeat
from typing import Any, NamedTuple

import pytest

from attnbook.checker import examine as part
from attnbook.checker.examine import OVER, UNTRIED, examine, too_late
from attnbook.checker.finding import Cause, Finding, OutOfTimeError
from attnbook.checker.judge.run import Run
from attnbook.checker.match.asked import Answer, Asked
from attnbook.checker.match.described import Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement
from attnbook.checker.match.slots import Slot
from attnbook.checker.mistakes import excluded
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.extras import (
    BATCH_OF_ONE,
    HINTS,
    IN_EVAL,
    PAIR,
)
from attnbook.checker.steps.step import Form
from attnbook.checker.steps.table import step_named
from attnbook.vectors import dot
from tests.checking import asked_by

SEED = 5
LINES = ["def mine(x, y):", "    return 1 / 0"]
CASES = 8  # of a dot product: seven sizes, and one pair that never changes
SIZES = (1, 2, 3, 4, 5, 8, 13, 2)
MADE = Made(Layout((Slot("W", (1, 1), "q", bias=False),)))


def asking(
    answer: Callable[..., Any],
    step: str = "dot",
    *,
    changed: bool = False,
    line: int | None = None,
    **binding: Any,
) -> Asked:
    """A function in a program that tells what it raises, and where."""
    asked = asked_by(answer, step, **binding)

    def ask(request: Request) -> Reply:
        try:
            return asked.ask(request) | {"changed": changed}
        except (ArithmeticError, TypeError, ValueError) as error:
            said = {"type": type(error).__name__, "message": str(error)}
            return {"error": {**said, "line": line}}

    return asked._replace(ask=ask)


def on(asked: Asked, lines: Sequence[str] = LINES) -> Finding:
    return examine(asked, lines, SEED)


def after(asked: Asked, count: int, then: Callable[[], Reply]) -> Asked:
    """The same for so many calls; then something else comes."""
    seen: list[Request] = []

    def ask(request: Request) -> Reply:
        seen.append(request)
        return then() if len(seen) > count else asked.ask(request)

    return asked._replace(ask=ask)


def out_of_time() -> Reply:
    raise OutOfTimeError


def wrong_for(*sizes: int) -> Callable[..., Any]:
    """A dot product that is off by 1 for vectors of some lengths."""
    return lambda x, y: dot(x, y) + (len(x) in sizes)


def test_what_agrees_is_measured() -> None:
    asked = asking(dot)
    step, form = asked.binding.step, asked.binding.form
    found = on(asked)
    assert found.verdict == "agrees"
    assert found.sentence == ""
    assert found.how == "mine(x, y)"
    assert (found.cases, found.shapes) == (CASES, len({*SIZES}))
    assert found.error < 1e-15
    assert (found.rejected, found.known) == excluded(
        step, form, step.cases(SEED)
    )
    assert found.known > 0
    assert found.warnings == ()
    rough = on(asking(lambda x, y: dot(x, y) + 1e-7 / len(x)))
    assert rough.error == pytest.approx(1e-7, rel=0.01)
    assert [each.kind for each in rough.warnings] == ["imprecise"]


def test_arguments_that_are_changed_are_a_fault() -> None:
    found = on(asking(dot, changed=True))
    assert found.verdict == "differs"
    assert "changes its arguments in place" in found.sentence


def test_one_changed_argument_of_many_is_enough() -> None:
    right, seen = asking(dot), count(1)

    def ask(request: Request) -> Reply:
        return right.ask(request) | {"changed": next(seen) == 3}

    assert "in place" in on(right._replace(ask=ask)).sentence


def test_where_it_differs_is_mapped() -> None:
    found = on(asking(wrong_for(3, 8)))
    assert found.verdict == "differs"
    assert [dict(each.sizes)["d"] for each in found.cells] == [*SIZES[:-1]]
    assert {dict(e.sizes)["d"] for e in found.cells if not e.agrees} == {3, 8}
    assert found.rule != ""
    assert found.line == 0
    assert found.example is not None
    assert found.example.arguments == {"x": [0.0] * 3, "y": [0.0] * 3}
    assert (found.example.expected, found.example.got) == (0.0, 1.0)
    assert "0" in found.sentence
    assert found.sentence.endswith(".")
    fixed = on(asking(lambda x, y: dot(x, y) + (x == FIXED)))
    assert fixed.verdict == "differs"
    assert all(each.agrees for each in fixed.cells)


FIXED = next(
    case.values["x"]
    for case in step_named("dot").cases(SEED)
    if case.origin == "fixed"
)


def test_the_example_says_where_it_departs_most() -> None:
    def turned(row: list[float]) -> list[float]:
        return [row[0] + 1, *row[1:]]

    found = on(asking(turned, "softmax"))
    assert found.example is not None
    assert found.example.where == "[0]"


@pytest.mark.parametrize(("count", "is_shown"), [(250, True), (251, False)])
def test_an_input_of_many_numbers_is_not_shown(
    count: int, is_shown: bool
) -> None:
    asked = asking(lambda scores: scores, "softmax")
    values = {"scores": [0.0] * count}
    shown = part._example(asked, values, asked.answer(values))  # noqa: SLF001
    assert (shown is not None) == is_shown


def test_a_wrong_shape_is_shown_before_wrong_numbers() -> None:
    def odd(x: Any, y: Any) -> Any:
        return [1.0] if len(x) == 5 else wrong_for(3, 8)(x, y)

    found = on(asking(odd))
    assert found.example is not None
    assert len(found.example.arguments["x"]) == 5


@pytest.mark.parametrize(
    ("line", "told"), [(2, 2), (1, 1), (3, 0), (0, 0), (-1, 0), (None, 0)]
)
def test_the_line_that_raised_is_told_if_the_file_has_it(
    line: int | None, told: int
) -> None:
    found = on(asking(lambda *_: 1 / 0, line=line))
    assert found.verdict == "cannot run"
    assert "divides by zero" in found.sentence or "Zero" in found.sentence
    assert found.line == told
    assert found.example is None

    def some(x: Any, y: Any) -> Any:
        return 1 / 0 if len(x) > 4 else dot(x, y)

    partly = on(asking(some, line=line))
    assert partly.verdict == "differs"
    assert partly.sentence == found.sentence
    assert partly.line == told
    assert partly.example is not None
    assert len(partly.example.arguments["x"]) == 5
    assert partly.example.where == ""


def test_where_nothing_comes_the_last_reason_is_told() -> None:
    error = {"type": "ValueError", "message": "too long", "line": None}
    failing = asking(lambda *_: 1 / 0)
    last = on(after(failing, CASES - 1, lambda: {"error": error}))
    assert last.sentence == "`mine` raises ValueError: too long."


STOPPED: Reply = {"stopped": "time", "seconds": 5.0}


def test_what_stops_the_program_is_told_with_its_input() -> None:
    found = on(after(asking(dot), 4, lambda: STOPPED))
    assert found.verdict == "differs"
    assert "did not finish within 5 seconds" in found.sentence
    assert found.cells == ()  # nothing is asked of it again
    assert found.example is not None
    assert len(found.example.arguments["x"]) == SIZES[4]
    first = on(after(asking(dot), 0, lambda: STOPPED))
    assert first.verdict == "cannot run"
    assert first.example is None


def test_agreement_before_the_time_was_over_is_no_verdict() -> None:
    none = on(after(asking(dot), 0, out_of_time))
    assert none == too_late("mine", step_named("dot"))
    assert none.verdict == "cannot run"
    some = on(after(asking(dot), 3, out_of_time))
    assert some.verdict == "cannot run"
    assert some.sentence == (
        f"`mine` agreed on 3 of 8 sets of values; then {OVER}."
    )
    assert some.how == "mine(x, y)"
    wrong = on(after(asking(wrong_for(2)), 3, out_of_time))
    assert wrong.verdict == "differs"
    assert (wrong.cases, wrong.shapes) == (3, 3)
    assert [each.kind for each in wrong.warnings] == [UNTRIED]
    assert "a smaller input and the cause" in wrong.warnings[0].sentence
    assert wrong.example is not None
    assert wrong.sentence != ""


def test_what_the_time_left_untried_is_said_of_what_agrees() -> None:
    found = on(after(asking(dot), CASES, out_of_time))
    assert found.verdict == "agrees"
    assert [each.kind for each in found.warnings] == [UNTRIED]
    assert "large scores and wrong lengths" in found.warnings[0].sentence


def test_another_result_for_the_same_input_is_a_fault() -> None:
    noise = iter(range(1, 99))
    found = on(asking(lambda x, y: dot(x, y) + next(noise)))
    assert found.verdict == "differs"
    assert found.sentence == part._UNSTEADY  # noqa: SLF001
    assert found.cause is not None
    assert (found.cells, found.rule, found.example) == ((), "", None)
    other = asking(wrong_for(*SIZES))
    later = on(after(asking(dot), CASES, lambda: other.ask(MIDDLE)))
    assert later.verdict == "differs"
    assert later.sentence == part._UNSTEADY  # noqa: SLF001
    assert later.cause is not None


MIDDLE: Request = {"args": [[1.0], [1.0]], "kwargs": {}}


@pytest.mark.parametrize("size", [2, 13])
def test_the_least_and_the_most_that_fails_are_asked_again(size: int) -> None:
    noise = count(1)

    def answer(x: Any, y: Any) -> Any:
        off = next(noise) if len(x) == size else len(x) > 1
        return dot(x, y) + off

    assert on(asking(answer)).sentence == part._UNSTEADY  # noqa: SLF001


class Again(NamedTuple):
    """What answers these, one after the other."""

    binding: Any
    values: Any

    def answer(self, _: Any) -> Answer:
        return Answer(next(self.values), {"value": None})


@pytest.mark.parametrize(("made", "many"), [(None, 1), (MADE, 8)])
def test_an_object_is_asked_more_often(made: Made | None, many: int) -> None:
    step = step_named("dot")
    run = Run(step.trial(), 1.0, Answer(1.0, {"value": 1.0}))
    binding = asking(dot).binding._replace(made=made)
    for same in (0, many - 1, many):
        again: Any = Again(binding, chain(repeat(1.0, same), repeat(2.0)))
        assert part._unsteady(again, run) == (same < many)  # noqa: SLF001


def test_what_raises_the_second_time_is_not_called_unsteady() -> None:
    found = on(after(asking(dot), CASES, lambda: {"error": {}}))
    assert found.verdict == "agrees"


FAULT = ("fault", "It lies elsewhere.", "Move it.")
CAUSE = Cause("cause", "It sums too much.", "Sum less.", measured=False)


def test_a_fault_and_a_cause_are_told_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(part, "diagnose", lambda *_: CAUSE)
    both = on(asking(wrong_for(3), fault=FAULT)).cause
    assert both is not None
    assert both.name == "fault"
    assert both.sentence == "It lies elsewhere. Besides: It sums too much."
    assert both.advice == "Move it. Then: Sum less."
    assert both.measured
    assert on(asking(wrong_for(3))).cause == CAUSE
    monkeypatch.setattr(part, "diagnose", lambda *_: None)
    assert on(asking(wrong_for(3))).cause is None
    fault = Cause(*FAULT, measured=True)
    assert on(asking(wrong_for(3), fault=FAULT)).cause == fault
    right = on(asking(dot, fault=FAULT))
    assert right.verdict == "differs"
    assert right.sentence == "The numbers agree, and still it is wrong."
    assert right.cause == fault


def test_another_reading_is_told_if_it_explains_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explained = {"twin"}

    def diagnose(asked: Asked, _: Any) -> Cause | None:
        return CAUSE if asked.binding.target in explained else None

    monkeypatch.setattr(part, "diagnose", diagnose)
    asked = asking(wrong_for(3))
    twin = asked.binding._replace(target="twin")
    paired = asked._replace(binding=asked.binding._replace(twin=twin))
    assert on(paired).function == "twin"
    explained.add("mine")
    assert on(paired).function == "mine"
    explained.clear()
    assert on(paired).function == "mine"
    right = asking(dot)
    agrees = right._replace(binding=right.binding._replace(twin=twin))
    assert on(agrees).function == "mine"


@pytest.mark.parametrize(
    ("origin", "off", "told"),
    [
        (PAIR, 1.0, HINTS[PAIR]),
        (PAIR, None, BATCH_OF_ONE),
        (IN_EVAL, 1.0, HINTS[IN_EVAL]),
        (IN_EVAL, None, HINTS[IN_EVAL]),
    ],
)
def test_one_case_that_fails_alone_tells_the_cause(
    origin: str, off: Any, told: tuple[str, str, str]
) -> None:
    step = step_named("dot")

    def extra(_: Any) -> Any:
        return step.cases(SEED)[3]._replace(origin=origin)

    def answer(x: Any, y: Any) -> Any:
        return dot(x, y) + (off if next(seen) > CASES else 0.0)

    seen = count(1)
    asked = asking(answer)
    binding = asked.binding._replace(step=step._replace(extras=(extra,)))
    found = on(asked._replace(binding=binding))
    assert found.cause == Cause(*told, measured=True)
    wide = asking(wrong_for(4))
    binding = wide.binding._replace(step=step._replace(extras=(extra,)))
    both = on(wide._replace(binding=binding))
    assert both.cause is None or both.cause.name != HINTS[origin][0]


def test_a_part_of_several_results_is_called_by_its_name() -> None:
    step = step_named("dot_backward")

    def answer(*given: Any) -> Any:
        grad_x, grad_y = step.reference(*given)
        return [grad_x, [*grad_y[:-1], grad_y[-1] + 1]]

    found = on(asking(answer, step.name))
    assert "grad_y[0]" in found.sentence
    nothing = on(asking(lambda *_: 1.0, step.name))
    assert "2 parts" in nothing.sentence


def test_how_it_is_called_is_told() -> None:
    def how(**binding: Any) -> str:
        asked = asked_by(dot, "dot")
        bound = asked.binding._replace(**binding)
        now = asked._replace(binding=bound)
        told = part._call(now), *part._notes(now)  # noqa: SLF001
        return ", ".join(told)

    assert how() == "mine(x, y)"
    call = Arrangement(("x", "y"), by_name=False)
    tried = "mine(x, y), the order worked out by trying"
    assert how(arrangement=call) == tried
    one = Arrangement(("x",), by_name=False)
    assert how(arrangement=one) == "mine(x)"
    keyed = Arrangement(("x",), (("other", "y"),))
    assert how(arrangement=keyed) == "mine(x, other=y)"
    assert how(wrap="numpy") == "mine(x, y), given numpy arrays"
    assert how(wrap="torch") == "mine(x, y), given torch tensors"
    assert how(wrap="torch32").endswith("given float32 torch tensors")
    assert how(pick=0) == "mine(x, y), item 0 of what it returns"
    turned = "mine(x, y), weights stored as (d_out, d_in)"
    assert how(transposed=True) == turned
    form = Form(("x", "y"), lambda f, case: f(case), note="as it is")
    assert how(form=form) == "mine(x, y), as it is"
    assert how(notes=("one", "two")) == "mine(x, y), one, two"
    init = (("d", "d_in"), ("h", "num_heads"))
    said = how(target="A.forward", is_class=True, init=init)
    assert said == "A(d, h).forward(x, y)"


def test_what_was_asked_besides_is_told_in_its_order() -> None:
    def soft(scores: Any) -> Any:
        rows = scores if isinstance(scores[0], list) else [scores]
        found = [step_named("softmax").reference(row) for row in rows]
        return found if isinstance(scores[0], list) else found[0]

    found = on(asking(soft, "softmax"))
    assert found.verdict == "agrees"
    assert found.how == "mine(scores), a matrix too, row by row"

    def plain(scores: list[float]) -> list[float]:
        if max(scores) > 700:
            raise OverflowError
        right = step_named("softmax").reference(scores)
        return [weight + 1e-7 for weight in right]

    kinds = [each.kind for each in on(asking(plain, "softmax")).warnings]
    assert kinds == ["overflow", "imprecise"]
    silent = on(asking(lambda x, y: sum(map(float.__mul__, x, y))))
    assert [each.kind for each in silent.warnings] == ["mismatch"]
