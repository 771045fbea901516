"""What is asked once the numbers agree, of answers that are given."""

from collections.abc import Callable, Iterator
from math import exp, inf, nan
from typing import Any

import pytest

from attnbook.checker.finding import Cause, Caution, Finding, OutOfTimeError
from attnbook.checker.judge.cached import of_cache
from attnbook.checker.judge.copied import with_owner
from attnbook.checker.judge.gradient import (
    fault_of_gradient,
    named_items,
    quotients,
    slopes,
    small_case,
    unlike,
)
from attnbook.checker.judge.hidden_row import on_hidden_row
from attnbook.checker.judge.modes import (
    drops,
    drops_scores,
    in_half,
    never_drops,
)
from attnbook.checker.judge.on_matrix import on_matrix, with_attention
from attnbook.checker.judge.own_backward import of_backward
from attnbook.checker.judge.run import run, runs
from attnbook.checker.judge.safety import (
    mismatch,
    one_maximum,
    overflow,
    precision,
)
from attnbook.checker.judge.smallest import smallest
from attnbook.checker.match.asked import Asked
from attnbook.checker.match.described import Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement
from attnbook.checker.match.slots import Slot
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.cases import Case
from attnbook.checker.steps.extras import ordinary
from attnbook.checker.steps.masked import encoded
from attnbook.checker.steps.table import step_named
from attnbook.vectors import Matrix, dot, matmul
from tests.checking import asked_by

SDPA = "scaled_dot_product_attention"
PROJECTED = "trainable_self_attention"


def with_reply(asked: Asked, reply: Reply) -> Asked:
    return asked._replace(ask=lambda _: reply)


def soft(row: list[float]) -> list[float]:
    powers = [exp(x - max(row)) for x in row]
    return [power / sum(powers) for power in powers]


def safe(answer: Callable[..., Any]) -> Callable[..., Any]:
    """NaN and infinity as arrays have them, where `math` raises."""

    def answered(*arguments: Any) -> Any:
        try:
            return answer(*arguments)
        except (OverflowError, ZeroDivisionError):
            return [nan] * len(arguments[0])

    return answered


@safe
def plain_soft(row: list[float]) -> list[float]:
    powers = [exp(x) for x in row]
    return [power / sum(powers) for power in powers]


def test_the_size_from_which_scores_overflow_is_found_to_a_half() -> None:
    (caution,) = overflow(asked_by(plain_soft, "softmax"))
    assert caution.kind == "overflow"
    assert "overflows from a largest score of about 710: it returns NaN" in (
        caution.sentence
    )
    assert "Subtract the row's largest score" in caution.advice
    assert overflow(asked_by(soft, "softmax")) == []
    assert overflow(asked_by(lambda *_: 1.0, "dot")) == []
    own = step_named("self_attention")
    assert overflow(asked_by(own.reference, own.name)) == []


def test_scores_far_below_0_divide_by_0() -> None:
    @safe
    def capped(row: list[float]) -> list[float]:
        powers = [exp(min(x, 700.0)) for x in row]
        return soft(row) if max(row) > 0 else [p / sum(powers) for p in powers]

    (caution,) = overflow(asked_by(capped, "softmax"))
    assert "divides by zero when the largest score is of about -745" in (
        caution.sentence
    )


def test_what_happens_with_large_scores_is_told() -> None:
    def raising(row: list[float]) -> list[float]:
        return [0.5] * len(row) if max(row) > 50 else soft(row)

    (caution,) = overflow(asked_by(raising, "softmax"))
    assert "of about 50: it returns wrong numbers." in caution.sentence
    for reply, said in (
        ({"error": {"type": "OverflowError"}}, "it raises OverflowError."),
        ({"stopped": "time"}, "it raises a crash."),
    ):
        (caution,) = overflow(until(50, reply))
        assert said in caution.sentence
        assert overflow(until(0.5, reply)) == []  # no score at all is right


def until(size: float, reply: Reply) -> Asked:
    """A softmax that is right up to scores of a size, and then this."""
    asked = asked_by(soft, "softmax")

    def ask(request: Request) -> Reply:
        (row,) = request["args"]
        return reply if max(row) > size else asked.ask(request)

    return asked._replace(ask=ask)


def matrix_soft(rows: list[list[float]]) -> list[list[float]]:
    top = max(map(max, rows))
    powers = [[exp(x - top) for x in row] for row in rows]
    return [[p / sum(row) if sum(row) else nan for p in row] for row in powers]


def rows_form() -> int:
    forms = step_named("softmax").forms
    return next(i for i, f in enumerate(forms) if "score_rows" in f.roles)


def test_one_maximum_for_all_rows_is_found_with_its_distance() -> None:
    form = rows_form()
    (caution,) = one_maximum(asked_by(matrix_soft, "softmax", form))
    assert "lie about 745 below the largest of the matrix" in caution.sentence
    right = asked_by(lambda rows: [soft(row) for row in rows], "softmax", form)
    assert one_maximum(right) == []
    assert one_maximum(asked_by(soft, "softmax")) == []
    assert one_maximum(asked_by(lambda *_: 1.0, "dot")) == []
    scores = step_named("attention_scores")
    form = next(
        i for i, f in enumerate(scores.forms) if f.roles == ("queries", "keys")
    )
    zeros = asked_by(lambda q, k: [[0.0] * len(k)] * len(q), scores.name, form)
    assert one_maximum(zeros) == []


def test_exactness_is_told_by_the_largest_error() -> None:
    asked = asked_by(lambda *_: None, "softmax")
    assert precision(asked, [([1.0], [1.0 + 5e-10])]) == []
    (caution,) = precision(asked, [([0.5], [0.5 + 2**-24]), ([0.1], [0.125])])
    assert caution.kind == "float32"
    (caution,) = precision(asked, [([0.5], [0.5 + 2**-24])])
    assert "agrees to 6e-08" in caution.sentence
    (caution,) = precision(asked, [([0.1], [0.1 + 1e-6]), ([1.0], [1.0])])
    assert caution.kind == "imprecise"
    assert "agrees only to 1e-06" in caution.sentence
    assert precision(asked, [([0.1], [0.1 + 2e-5])]) == []


def test_lengths_that_do_not_fit_are_told_where_they_pass() -> None:
    (caution,) = mismatch(asked_by(lambda *_: 1.0, "dot"))
    assert "returns a result all the same" in caution.sentence
    nothing = asked_by(lambda *_: {"other": "NoneType"}, "dot")
    (caution,) = mismatch(nothing)
    assert "returns `None`" in caution.sentence
    printed: Reply = {"value": {"other": "NoneType"}, "printed": True}
    (caution,) = mismatch(with_reply(nothing, printed))
    assert "prints and returns `None`" in caution.sentence
    assert mismatch(with_reply(nothing, {"error": {}})) == []
    assert mismatch(asked_by(soft, "softmax")) == []


@pytest.mark.parametrize(
    "step", ["dot", "attention_scores", "context_vector", SDPA]
)
def test_the_lengths_that_are_tried_do_not_fit(step: str) -> None:
    seen: list[Any] = []
    asked = asked_by(lambda *given: seen.append(given), step)
    assert mismatch(asked)
    with pytest.raises(ValueError, match="must"):
        step_named(step).reference(*seen[0])


def test_a_mistake_is_shown_on_simple_numbers() -> None:
    def wrong(x: list[float], y: list[float]) -> float:
        return sum(a * b for a, b in zip(x[1:], y[1:], strict=True))

    asked = asked_by(wrong, "dot")
    values = {"x": [0.3, -1.2, 0.7], "y": [1.4, 0.6, -0.2]}
    found, answer = smallest(asked, values, asked.answer(values))
    assert found == {"x": [1.0, 0.0, 0.0], "y": [1.0, 0.0, 0.0]}
    assert answer.value == 0.0


def test_what_is_shown_is_of_the_same_kind() -> None:
    def wrong(row: list[float]) -> list[float]:
        return soft(row)[:-1] if row[0] > 1 else [0.5, 0.5]

    asked = asked_by(wrong, "softmax")
    for scores, simple, length in (
        ([1.5, 0.25], [2.0, 0.0], 1),
        ([0.75, 0.25], [0.0, 1.0], 2),
    ):
        values = {"scores": scores}
        found, answer = smallest(asked, values, asked.answer(values))
        assert found == {"scores": simple}
        assert len(answer.value) == length


def simplest(
    answer: Callable[[float, float], float], x: float, y: float
) -> tuple[float, float]:
    """What a wrong product of two numbers is shown on."""
    asked = asked_by(lambda a, b: answer(a[0], b[0]), "dot")
    values = {"x": [x], "y": [y]}
    found, _ = smallest(asked, values, asked.answer(values))
    return found["x"][0], found["y"][0]


def test_what_is_shown_differs_as_much_or_by_a_hundredth() -> None:
    near = simplest(lambda x, y: x * y + (0.001 if x in {0, 1} else 1), 0.3, 1)
    assert near[0] == 0.3
    slight = simplest(
        lambda x, y: x * y * (1.008 if x == 1 else 1.006), 2.5, 2.5
    )
    assert slight[0] == 1.0
    beside = simplest(
        lambda x, y: x * y + (0.015 if x == 1 else 0 if x == 0 else 1), 0.3, 2
    )
    assert beside[0] == 0.3


def test_the_entries_of_matrices_are_made_simpler_one_by_one() -> None:
    def wrong(a: Matrix, b: Matrix) -> Matrix:
        found = matmul(a, b)
        return [found[0], [2 * found[1][0], *found[1][1:]]]

    asked = asked_by(wrong, "matmul")
    values = {"a": [[0.3, 1.2], [-0.7, 0.4]], "b": [[1.1, 0.6], [0.2, -0.8]]}
    found, answer = smallest(asked, values, asked.answer(values))
    assert found == {
        "a": [[0.0, 0.0], [0.0, 1.0]], "b": [[0.0, 0.0], [1.0, 0.0]],
    }  # fmt: skip
    assert answer.value == [[0.0, 0.0], [2.0, 0.0]]


def test_what_cannot_be_made_simpler_is_left() -> None:
    asked = asked_by(soft, "softmax")
    values = {"scores": [1.5, 0.25]}
    answer = asked.answer(values)
    assert smallest(asked, values, answer) == (values, answer)
    dead = with_reply(asked, {"error": {}})
    assert smallest(dead, values, dead.answer(values))[0] == values
    kept = asked_by(lambda *_: [[9.0]], "dropout")
    values = step_named("dropout").trial().values
    assert smallest(kept, values, kept.answer(values))[0] == values


def test_every_case_is_asked_until_one_stops_the_program() -> None:
    replies: Iterator[Reply] = iter(
        [{"value": 1.0}, {"error": {}}, {"stopped": "time"}]
    )
    asked = asked_by(lambda *_: None, "dot")._replace(
        ask=lambda _: next(replies)
    )
    case = Case({}, {"x": [1.0], "y": [1.0]}, "")
    found, late = runs(asked, [case] * 5)
    assert not late
    assert [each.fails for each in found] == [False, True, True]
    left: Iterator[Reply] = iter([{"value": 1.0}])

    def late_ask(_: Request) -> Reply:
        for reply in left:
            return reply
        raise OutOfTimeError

    some, late = runs(asked._replace(ask=late_ask), [case] * 5)
    assert len(some) == 1
    assert late
    wrong = run(asked_by(lambda *_: [1.0], "dot"), case)
    assert wrong.fails
    assert wrong.misshapen
    assert not found[1].misshapen


def test_a_matrix_is_shared_row_by_row_or_told_how() -> None:
    def given(answer: Callable[..., Any]) -> tuple[str, str]:
        cautions, note = on_matrix(asked_by(answer, "softmax"))
        return cautions[0].sentence if cautions else "", note

    def turned(rows: list[list[float]]) -> list[list[float]]:
        return [list(c) for c in zip(*rows, strict=True)]

    assert given(lambda m: [soft(row) for row in m]) == (
        "", "a matrix too, row by row",
    )  # fmt: skip
    columns, _ = given(lambda m: turned([soft(c) for c in turned(m)]))
    assert "one unit within each column" in columns
    every, _ = given(lambda m: [[1 / 6] * 2 for _ in m])
    assert "among all scores of all rows" in every
    none, _ = given(lambda m: [[0.7] * 2 for _ in m])
    assert "rows that do not sum to 1" in none
    assert "returns no weights" in given(lambda m: m[0])[0]
    assert "returns no weights" in given(lambda _: [[nan] * 2] * 3)[0]


def test_a_square_matrix_is_tried_where_another_raises() -> None:
    def ask(request: Request) -> Reply:
        (rows,) = request["args"]
        square = len(rows) == len(rows[0])
        return {"value": [soft(r) for r in rows]} if square else {"error": {}}

    asked = asked_by(soft, "softmax")
    assert on_matrix(asked._replace(ask=ask))[1] == "a matrix too, row by row"
    assert on_matrix(with_reply(asked, {"error": {}})) == ((), "")
    rows = asked_by(lambda m: [soft(r) for r in m], "softmax", rows_form())
    assert on_matrix(rows) == ((), "")


def test_an_attention_shows_that_its_softmax_is_wrong() -> None:
    caution = Caution("matrix", "Given a matrix, it is odd.")
    helper = Finding(
        "softmax", step_named("softmax"), "agrees", warnings=(caution,)
    )
    shown = Cause("softmax_over_queries", "It.", "Do.", measured=True)
    wrong = Finding("mine", step_named(SDPA), "differs", cause=shown)
    found = with_attention([helper, wrong])[0]
    assert found.verdict == "differs"
    assert found.cause is not None
    assert found.cause.name == "softmax_over_queries"
    assert found.cause.sentence == "Given a matrix, it is odd."
    assert found.cause.measured
    later = wrong._replace(cause=shown._replace(name="keepdims_forgotten"))
    first = with_attention([helper, wrong, later])[0].cause
    assert first is not None
    assert first.name == "softmax_over_queries"
    assert found.warnings == ()
    other = wrong._replace(cause=shown._replace(name="no_scale"))
    assert with_attention([helper, other])[0] == helper
    bare = helper._replace(warnings=())
    assert with_attention([bare, wrong])[0] == bare
    waiting = helper._replace(verdict="waits")
    assert with_attention([waiting, wrong])[0] == waiting


def mixing(fill: float) -> Callable[..., Any]:
    """Attention behind a mask; a row that hides all is a mix of `fill`."""

    def answer(*given: Any) -> list[list[float]]:
        q, k, v, mask = given
        rows = []
        for i, query in enumerate(q):
            seen = [j for j, gone in enumerate(mask[i]) if not gone]
            scores = [
                sum(a * b for a, b in zip(query, k[j], strict=True))
                for j in seen
            ]
            weights = soft(scores) if seen else []
            rows.append([
                sum((w * v[j][c] for w, j in zip(weights, seen, strict=True)),
                    0.0 if seen else fill * v[-1][c] if fill == 1.0 else fill)
                for c in range(len(v[0]))
            ])  # fmt: skip
        return rows

    return answer


def masked(fill: float) -> Asked:
    call = Arrangement(("queries", "keys", "values", "mask"))
    return asked_by(mixing(fill), SDPA, arrangement=call, mask="hide bool")


def test_a_row_that_hides_everything_is_told_by_what_it_gives() -> None:
    assert encoded("hide bool", [[True, False]]) == [[True, False]]
    (caution,), note = on_hidden_row(masked(nan))
    assert "it gives NaN there" in caution.sentence
    assert note == ""
    (caution,), _ = on_hidden_row(masked(1.0))
    assert "it mixes the tokens that it hides" in caution.sentence
    told, note = on_hidden_row(masked(0.0))
    assert told == ()
    assert "takes nothing of any token" in note
    unmasked = asked_by(lambda *_: [[0.0]], SDPA)
    assert on_hidden_row(unmasked) == ((), "")
    for value in (1.0, [], [{"other": "set"}]):
        reply: Reply = {"value": value}
        told, note = on_hidden_row(with_reply(masked(0.0), reply))
        assert (told, note) == (
            (),
            "a row that hides everything was not tried",
        )


def trained(answers: list[Any], **other: Any) -> Asked:
    """Answers one after the other, of a torch class that takes a rate."""
    left = iter(answers)
    init = (("d_in", "d_in"), ("dropout", "rate"))
    asked = asked_by(lambda *_: None, PROJECTED)
    asked = asked._replace(ask=lambda _: next(left))
    binding = asked.binding._replace(init=init, wrap="torch", **other)
    return asked._replace(binding=binding)


def test_dropout_is_told_by_results_that_differ() -> None:
    same: list[Reply] = [{"value": 1.0}] * 6
    assert drops(trained(list(same))) is False
    assert drops(trained([*same[:5], {"value": 2.0}])) is True
    assert drops(trained([*same[:5], {"error": {}}])) is None
    assert drops(asked_by(lambda *_: 1.0, PROJECTED)) is None
    given: list[Request] = []
    asked = trained(list(same))

    def noting(request: Request) -> Reply:
        given.append(request)
        return {"value": 1.0}

    made = Made(Layout((Slot("W", (1, 1), "q", bias=False),)))
    noted = asked.binding._replace(made=made)
    assert drops(Asked(noting, noted)) is False
    assert [each["init"]["dropout"] for each in given] == [0.5] * 6
    assert {each["mode"] for each in given} == {"train"}
    bare = asked.binding._replace(init=(("d_in", "d_in"),))
    assert drops(asked._replace(binding=bare)) is None
    assert "It takes `dropout`, and nothing" in never_drops(asked).sentence


def test_dropped_scores_are_told_by_a_token_that_is_alone() -> None:
    same: list[Reply] = [{"value": 1.0}] * 24
    (caution,) = drops_scores(trained(list(same)))
    assert "before the softmax" in caution.sentence
    assert drops_scores(trained([*same[:23], {"value": 0.0}])) == ()
    assert drops_scores(trained([*same[:23], {"error": {}}])) == ()
    given: list[Request] = []
    asked = trained([])

    def noting(request: Request) -> Reply:
        given.append(request)
        return {"value": 1.0}

    made = Made(Layout((Slot("W", (1, 1), "q", bias=False),)))
    drops_scores(Asked(noting, asked.binding._replace(made=made)))
    assert {len(each["args"][0]) for each in given} == {1}
    assert {each["mode"] for each in given} == {"train"}


def test_half_precision_is_told_by_what_comes() -> None:
    made = Made(Layout((Slot("W", (1, 1), "q", bias=False),)))
    step = step_named(PROJECTED)

    def half(reply: Any) -> tuple[tuple[Caution, ...], str]:
        return in_half(trained([reply], made=made))

    right = step.forms[0].answer(step.reference, ordinary(step)[1])
    assert half({"value": right}) == ((), "")
    near = [[x + 0.04 for x in row] for row in right]
    assert half({"value": near}) == ((), "")
    for value in (
        [[x + 0.06 * max(1.0, abs(x)) for x in row] for row in right],
        [[nan] * len(row) for row in right], right[:1],
    ):  # fmt: skip
        (caution,), _ = half({"value": value})
        assert "it gives another result." in caution.sentence
    overflows = {"error": {"message": "value overflows: overflow"}}
    (caution,), _ = half(overflows)
    assert "raises an error: value overflows: overflow." in caution.sentence
    other = half({"error": {"message": "not implemented"}})
    assert other == ((), "half precision was not tried")
    assert in_half(trained([{"value": right}])) == ((), "")
    numpy = trained([], made=made)
    numpy = numpy._replace(binding=numpy.binding._replace(wrap="numpy"))
    assert in_half(numpy) == ((), "")
    for came, told in (([[10.4, 1.0]], 0), ([[10.6, 1.0]], 1)):
        asked = trained([{"value": came}], made=made)
        form = asked.binding.form._replace(answer=lambda *_: [[10.0, 1.0]])
        large = asked._replace(binding=asked.binding._replace(form=form))
        assert len(in_half(large)[0]) == told


def test_quotients_are_the_slopes_of_each_entry() -> None:
    found = quotients(lambda w: w[0] ** 2 + 3 * w[1], [2.0, 5.0])
    assert found == pytest.approx([4.0, 3.0])
    nested = quotients(lambda w: w[0][0] * w[1][1], [[2.0, 1.0], [4.0, 3.0]])
    assert nested[0] == pytest.approx([3.0, 0.0])
    assert nested[1] == pytest.approx([0.0, 2.0])
    assert quotients(lambda _: 1.0, []) == []
    (row,) = quotients(lambda w: 2 * w[0][0] + 3 * w[0][1], [[1.0, 1.0]])
    assert row == pytest.approx([2.0, 3.0])


def test_a_gradient_departs_where_it_is_lost_or_another() -> None:
    right = [[1.0, 2.0], [3.0, -4.0]]
    assert unlike(right, right) == ""
    assert unlike(right, None) == "lost"
    assert unlike(right, [[0.0, 0.0], [0.0, 0.0]]) == "lost"
    assert unlike([[0.0, 5e-5]], None) == ""
    assert unlike([], None) == ""
    assert unlike([[0.0, 2e-4]], None) == "lost"
    assert unlike(right, [[1.0, 2.0]]) == "its shape is (1, 2), not (2, 2)"
    assert unlike(right, [[1.0, 2.0], [3.0, -4.0 + 3e-4]]) == ""
    assert unlike(right, [[1.0, 2.0], [3.0, -3.5]]) == (
        "-3.5 at [1][1], not -4"
    )
    assert unlike(right, [[1.0, 2.0], [3.0, -4.0 + 5e-4]]) != ""
    assert unlike([[0.5]], [[0.5 + 9e-5]]) == ""
    assert unlike([[0.5]], [[0.5 + 2e-4]]) != ""


def test_a_small_case_has_three_tokens_and_no_size_of_1() -> None:
    values = small_case(step_named(PROJECTED))
    assert len(values["inputs"]) == 3
    for role in ("W_query", "W_key", "W_value"):
        assert min(len(values[role]), len(values[role][0])) > 1
        assert len(values[role][0]) != 3
    step = step_named("multi_head_attention")
    assert small_case(step)["num_heads"] == 2
    one = step._replace(axes={**step.axes, "heads": (1,)})
    assert small_case(one)["num_heads"] == 1  # there is no other number
    assert named_items({"fields": ["a"], "items": [1.0]}) == (["a"], [1.0])
    assert named_items([1.0]) == ([], [])


THREE = Layout(
    tuple(Slot(f"W_{letter}", (0, 0), letter, bias=False) for letter in "qkv")
)
LINES = ["def f(x):", "    return x.detach()"]


def upstream_of(request: Request) -> Any:
    return request["gradients"]["upstream"]


FIVE = Layout(
    (
        *THREE.slots,
        Slot("W_o", (0, 0), "o", bias=False),
        Slot("b_o", (0,), "o", bias=True),
    ),
    still=("places",),
)


def gradients(
    change: Callable[[dict[str, Any]], Any],
    step: str = PROJECTED,
    layout: Layout = THREE,
) -> Cause | None:
    """What is said of a torch module whose gradients are changed."""
    asked = asked_by(lambda *_: None, step)
    binding = asked.binding._replace(made=Made(layout), wrap="torch")

    def ask(request: Request) -> Reply:
        values = small_case(binding.step)
        here = asked._replace(binding=binding)
        right = dict(slopes(here, values, upstream_of(request)))
        written = layout.written({**values, **right})
        found = {k: v for k, v in written.items() if k not in layout.still}
        assert request["gradients"]["of"] == [*found]
        return dict(change(found))

    return fault_of_gradient(Asked(ask, binding), LINES)


def named(**found: Any) -> Reply:
    return {"value": {"fields": [*found], "items": [*found.values()]}}


def test_gradients_of_a_module_are_compared_with_slopes() -> None:
    assert gradients(lambda right: named(**right)) is None
    cause = gradients(lambda right: named(**{**right, "W_k": None}))
    assert cause is not None
    assert cause.measured
    assert cause.name == "cut_graph"
    assert "brings no gradient to `W_k`:" in cause.sentence
    assert "(line 2: `return x.detach()`)" in cause.sentence
    assert cause.line == 2
    cause = gradients(lambda right: named(**dict.fromkeys(right)))
    assert cause is not None
    assert "no gradient to any of its weights:" in cause.sentence

    def doubled(right: dict[str, Any]) -> Reply:
        twice = [[2 * x for x in row] for row in right["W_v"]]
        return named(**{**right, "W_v": twice})

    cause = gradients(doubled)
    assert cause is not None
    assert cause.name == "another_gradient"
    assert "brings another gradient to `W_v`" in cause.sentence
    some = gradients(lambda right: named(W_q=right["W_q"]))
    assert some is None


def test_of_many_lost_gradients_three_are_named() -> None:
    def lost(*names: str) -> str:
        cause = gradients(
            lambda right: named(**{**right, **dict.fromkeys(names)}),
            "multi_head_attention",
            FIVE,
        )
        assert cause is not None
        return cause.sentence

    four = lost("W_q", "W_k", "W_v", "b_o")
    assert "to `W_q`, `W_k`, `W_v` and 1 more:" in four
    assert "to `W_q`, `W_v`, `W_o`:" in lost("W_q", "W_v", "W_o")


def test_a_backward_that_raises_is_told_where_it_overwrites() -> None:
    said = "modified by an inplace operation"
    cause = gradients(lambda _: {"error": {"message": said}})
    assert cause is not None
    assert cause.name == "overwritten_in_place"
    assert cause.measured
    assert cause.line == 0
    assert gradients(lambda _: {"error": {"message": "other"}}) is None
    assert gradients(lambda _: {"stopped": "time"}) is None


def test_only_modules_of_torchs_have_gradients() -> None:
    def ask(_: Request) -> Reply:
        raise AssertionError

    asked = asked_by(lambda *_: None, PROJECTED)._replace(ask=ask)
    assert fault_of_gradient(asked, LINES) is None
    for other in ({"made": Made(THREE), "wrap": "numpy"}, {"wrap": "torch"}):
        binding = asked.binding._replace(**other)
        assert fault_of_gradient(Asked(ask, binding), LINES) is None


def backward(
    change: Callable[[dict[str, Any]], Any],
    **other: Any,
) -> tuple[str, str]:
    """What is said of an object's own backward, and of what it compared."""
    asked = asked_by(lambda *_: None, PROJECTED)
    binding = asked.binding._replace(
        made=Made(THREE), wrap="numpy", backward=True
    )
    here = asked._replace(binding=binding._replace(**other))

    def ask(request: Request) -> Reply:
        (upstream,) = request["backward"]["args"]
        for _ in range(here.binding.batch):
            (upstream,) = upstream
        values = small_case(binding.step)

        def loss(inputs: list[Any]) -> float:
            rows = here.expected({**values, "inputs": inputs})
            pairs = zip(upstream, rows, strict=True)
            return sum(dot(one, other) for one, other in pairs)

        found = {"x": quotients(loss, values["inputs"])}
        slope = dict(slopes(here, values, upstream))
        found |= THREE.written({**values, **slope})
        return dict(change(found))

    cause, note = of_backward(here._replace(ask=ask))
    return cause.sentence if cause else "", note


def items(returned: Any, held: Any) -> Reply:
    return {"value": {"fields": [], "items": [returned, held]}}


def holds(**found: Any) -> dict[str, Any]:
    return {"fields": [*found], "items": [*found.values()]}


def test_gradients_that_an_object_holds_are_found_by_name() -> None:
    for mark in ("dW_{}", "grad_W_{}", "grads.W_{}", "W_{}.grad", "d_w{}"):

        def held(right: dict[str, Any], mark: str = mark) -> Reply:
            named = {mark.format(c): right[f"W_{c}"] for c in "qkv"}
            return items(right["x"], holds(**named))

        assert backward(held) == ("", "its `backward` too, 4 gradients")
    alone = backward(lambda right: items(right["x"], holds()))
    assert alone == ("", "its `backward` too, 1 gradient")
    nothing = backward(lambda _: items(None, holds()))
    assert nothing == ("", "its `backward` was left alone")
    two = backward(lambda right: items(right["x"], holds(dW_q=right["W_q"])))
    assert two == ("", "its `backward` too, 2 gradients")
    narrow = backward(lambda _: items(None, holds(dW_q=[[1.0]])))
    assert narrow == ("", "its `backward` was left alone")
    weights = backward(lambda right: items(None, holds(W_q=right["W_q"])))
    assert weights == ("", "its `backward` was left alone")


def test_gradients_that_are_returned_are_taken_in_their_order() -> None:
    for order in ("x W_q W_k W_v", "W_q W_k W_v x", "x W_k W_q W_v"):

        def given(right: dict[str, Any], order: str = order) -> Reply:
            return items([right[name] for name in order.split()], holds())

        assert backward(given) == ("", "its `backward` too, 4 gradients")
    batched = backward(lambda right: items([right["x"]], holds()), batch=1)
    assert batched == ("", "its `backward` too, 1 gradient")


def test_a_wrong_gradient_of_an_object_is_named() -> None:
    def doubled(name: str) -> str:
        def given(right: dict[str, Any]) -> Reply:
            twice = [[2 * x for x in row] for row in right[name]]
            found = {**right, name: twice}
            x = found.pop("x")
            return items(x, holds(**{f"d{k}": v for k, v in found.items()}))

        return backward(given)[0]

    assert "gives the inputs another gradient" in doubled("x")
    assert "gives `W_k` another gradient" in doubled("W_k")

    def listed(right: dict[str, Any]) -> Reply:
        twice = [[2 * x for x in row] for row in right["W_q"]]
        found = [right["x"], twice, right["W_k"], right["W_v"]]
        return items(found, holds())

    said = backward(listed)[0]
    assert "gives `W_q` another gradient" in said
    assert "shape" not in said
    odd = backward(lambda _: items([[[1.0]], [[2.0]]], holds()))
    assert odd == ("", "its `backward` was left alone")

    def zero(right: dict[str, Any]) -> Reply:
        return items([[0.0 for _ in row] for row in right["x"]], holds())

    assert "it is zero, or none" in backward(zero)[0]


def test_a_backward_that_was_not_asked_is_left_alone() -> None:
    asked = asked_by(lambda *_: None, PROJECTED)
    assert of_backward(asked) == (None, "")
    unmade = asked.binding._replace(backward=True)
    assert of_backward(asked._replace(binding=unmade)) == (None, "")
    left = asked.binding._replace(backward=False)
    assert of_backward(asked._replace(binding=left))[1] == (
        "its `backward` was left alone"
    )
    failed = backward(lambda _: {"error": {}})
    assert failed == ("", "its `backward` was left alone")


def blocks(
    mask: Callable[[int, int, int], int],
) -> Callable[..., list[list[float]]]:
    """Causal attention of blocks; how many keys a query sees."""

    def answer(q: Any, k: Any, v: Any) -> list[list[float]]:
        rows = []
        for i, query in enumerate(q):
            seen = range(mask(i, len(q), len(k)))
            root = len(k[0]) ** 0.5
            scores = [
                sum(a * b for a, b in zip(query, k[j], strict=True)) / root
                for j in seen
            ]
            weights = soft(scores)
            rows.append([
                sum(w * v[j][c] for w, j in zip(weights, seen, strict=True))
                for c in range(len(v[0]))
            ])  # fmt: skip
        return rows

    return answer


def cached(
    mask: Callable[[int, int, int], int], lines: list[str]
) -> tuple[Any, ...]:
    step = step_named("causal_attention")
    form = next(i for i, f in enumerate(step.forms) if "queries" in f.roles)
    asked = asked_by(blocks(mask), step.name, form)
    return of_cache(asked, lines)


def test_a_mask_with_kept_keys_ends_at_the_last() -> None:
    right = cached(lambda i, n, m: i + 1 + m - n, [])
    assert right == (None, (), "fewer queries than keys too, as with a cache")
    cause, _, _ = cached(lambda i, *_: i + 1, ["kv_cache = []"])
    assert cause.name == "mask_at_top_left"
    cause, (caution,), _ = cached(lambda i, *_: i + 1, ["x = 1"])
    assert cause is None
    assert caution.kind == "top left"
    other = cached(lambda *_: 1, [])
    assert other == (None, (), "asked with as many queries as keys")


def test_code_that_calls_the_books_or_is_a_copy_is_said_to_be() -> None:
    def told(source: str, verdict: str = "agrees") -> str:
        finding = Finding("softmax", step_named("softmax"), verdict)
        (found,) = with_owner([finding], source)
        return found.warnings[0].sentence if found.warnings else ""

    calls = "from attnbook.simple import softmax as s\n"
    assert "calls attnbook's own `softmax`" in told(
        f"{calls}def softmax(x): return s(x)"
    )
    assert "calls attnbook's own" in told(
        "import attnbook.simple\n"
        "def softmax(x): return attnbook.simple.softmax(x)"
    )
    assert "calls attnbook's own" in told(
        f"{calls}def g(x): return s(x)\ndef softmax(x): return g(x)"
    )
    assert (
        told(f"{calls}def softmax(x): return x\ndef g(x): return s(x)") == ""
    )
    assert told(f"{calls}def softmax(x): return s(x)", "differs") == ""
    assert told("import json\ndef softmax(x): return json.softmax(x)") == ""
    assert told("def softmax(x: return") == ""


def test_numbers_that_are_no_numbers_are_told_apart() -> None:
    endless = {"value": [[inf]], "several": False, "printed": False}
    (caution,) = overflow(until(50, endless))
    assert "wrong numbers" in caution.sentence


def test_slopes_are_the_gradients_of_the_backward_pass() -> None:
    asked = asked_by(lambda *_: None, PROJECTED)
    values = small_case(asked.binding.step)
    shape = asked.expected(values)
    upstream = [
        [0.5 - i - j for j in range(len(row))] for i, row in enumerate(shape)
    ]
    back = step_named("self_attention_backward")
    given = {**values, "grad_outputs": upstream}
    _, *right = back.forms[0].answer(back.reference, given)
    found = dict(slopes(asked, values, upstream))
    assert [*found] == ["W_query", "W_key", "W_value"]
    for one, other in zip(found.values(), right, strict=True):
        for row, wanted in zip(one, other, strict=True):
            assert row == pytest.approx(wanted, abs=1e-6)
