"""What answers tell: a cause from what a function returned, and to what."""

from collections.abc import Callable, Sequence
from math import nan, sqrt
from random import Random
from typing import Any

import pytest

from attnbook.causal import causal_mask
from attnbook.checker.cause.cause import measured
from attnbook.checker.cause.diagnose import diagnose, measure
from attnbook.checker.cause.discarded import discarded
from attnbook.checker.cause.habits import habit
from attnbook.checker.cause.heads import heads
from attnbook.checker.cause.kept import changing, kept
from attnbook.checker.cause.limits import limits
from attnbook.checker.cause.nans import nans
from attnbook.checker.cause.parts import parts
from attnbook.checker.cause.products import products
from attnbook.checker.cause.properties import broken
from attnbook.checker.cause.reveal import reveal, settings
from attnbook.checker.cause.rows import added, rows
from attnbook.checker.cause.unmixed import alone, placed, unmixed
from attnbook.checker.finding import Cause
from attnbook.checker.judge.run import Run, run
from attnbook.checker.match.asked import Answer, Asked
from attnbook.checker.match.described import Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.steps.cases import Case
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.table import step_named
from attnbook.simple import softmax
from attnbook.trainable import scaled_dot_product_attention
from attnbook.vectors import Matrix, dot, matmul, transpose
from tests.checking import asked_by

MULTI = "multi_head_attention"
CAUSAL = "causal_attention"
SDPA = "scaled_dot_product_attention"
Function = Callable[..., Any]


def test_another_kind_of_answer_is_named_where_all_are_alike() -> None:
    for kind in ("NoneType", "generator", "zip", "map", "str"):
        came = habit([(1.0, {"other": kind}), (2.0, {"other": kind})])
        assert came is not None
        assert came[0] == f"returns_{kind}"
    assert habit([(1.0, {"other": "set"})]) is None
    assert habit([(1.0, {"other": "map"}), (1.0, {"other": "zip"})]) is None
    assert habit([(1.0, {"other": "map"}), (1.0, 1.5), (2.0, 2.0)]) is None


PAIR = ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 3.0], [2.0, 4.0]])


def test_a_form_is_named_where_all_answers_have_it() -> None:
    right, turned = PAIR
    other = ([[5.0, 6.0, 7.0]], [[5.0], [6.0], [7.0]])
    forms: dict[str, Sequence[tuple[Any, Any]]] = {
        "transposed": [PAIR, other],
        "wrapped": [(right, [right]), (2.0, [2.0])],
        "constant_factor": [(right, [[3.0, 6.0], [9.0, 12.0]]), (0.0, 0.0)],
    }
    for name, pairs in forms.items():
        found = habit(pairs)
        assert found is not None
        assert found[0] == name
        for at in range(len(pairs)):
            spoiled = [*pairs]
            spoiled[at] = (right, [[1.0, 2.5], [3.0, 4.0]])
            assert habit(spoiled) is None
    assert habit([(right, turned), (right, [right])]) is None
    assert habit([(right, [right, right])]) is None
    assert habit([([1.0, 2.0], [2.0, 1.0])]) is None
    assert habit([PAIR, (right, {"other": "set"})]) is None


def test_a_factor_holds_for_every_number_that_is_not_tiny() -> None:
    found = habit([([0.5, -2.0, 0.0], [1.5, -6.0, 0.0])])
    assert found is not None
    assert found[1] == "Every number is 3 times what is right."
    assert habit([([0.5, 2.0], [1.0, 6.0])]) is None
    assert habit([([2.0, 0.5], [6.0, 1.5 + 1e-5])]) is None
    assert habit([([2.0, 0.5], [6.0, 1.5 + 1e-7])]) is not None
    assert habit([([2.0, 1e-4], [6.0, 1e-4])]) is not None
    assert habit([([2.0, 1.0], [0.0, 0.0])]) is None
    assert habit([([2.0], [6.0, 6.0]), ([1.0], [3.0])]) is None
    assert habit([([1e-4], [1e-3])]) is None
    assert habit([([2.0, 1.0], [6.0, {"other": "set"}])]) is None


ABC = ("grad_a", "grad_b", "grad_c")
A, B, C = [[1.0, 2.0]], [[3.0], [4.0]], [[5.0, 6.0], [7.0, 8.0]]
D = [[5.0, 7.0], [6.0, 8.0]]


def of_parts(*pairs: tuple[Any, Any]) -> Cause | None:
    return parts(ABC, [((A, B, C), [A, B, C]), *pairs][1:])


def test_gradients_in_another_order_are_named_in_yours() -> None:
    cause = of_parts(((A, B, C), [C, A, B]))
    assert cause is not None
    assert cause.name == "other_order"
    assert "in another order: grad_c, grad_a, grad_b." in cause.sentence
    assert cause.advice == "Return grad_a, grad_b, grad_c."
    both = of_parts(((A, B, C), [C, A, B]), ((A, B, C), [B, A, C]))
    assert both is None or both.name != "other_order"


def test_transposed_gradients_are_named_where_all_wrong_ones_are() -> None:
    cause = of_parts(((A, B, C), [A, [[3.0, 4.0]], D]))
    assert cause is not None
    assert cause.name == "gradient_transposed"
    assert cause.sentence == "You return grad_b and grad_c transposed."
    cause = of_parts(((A, B, C), [A, [[3.0, 4.5]], D]))
    assert cause is not None
    assert cause.name == "some_gradients"
    odd = {"other": "set"}
    cause = of_parts(((A, B, C), [A, B, D]), ((A, B, C), [A, B, odd]))
    assert cause is not None
    assert cause.name == "some_gradients"


def test_one_gradient_that_is_wrong_once_is_wrong() -> None:
    cause = of_parts(
        ((A, B, C), [A, B, C]), ((A, B, C), [A, [[3.0], [5.0]], C])
    )
    assert cause is not None
    assert cause.name == "some_gradients"
    assert cause.sentence == "Wrong: grad_b. Right: grad_a, grad_c."
    assert "the lines that make grad_b" in cause.advice
    cause = of_parts(((A, B, C), [[[9.0, 9.0]], [[9.0], [9.0]], C]))
    assert cause is not None
    assert cause.sentence == "Wrong: grad_a, grad_b. Right: grad_c."
    assert "the lines that make grad_a" in cause.advice
    assert of_parts(((A, B, C), [[[9.0, 9.0]], [[9.0], [9.0]], A])) is None
    assert of_parts(((A, B, C), [A, B])) is None
    assert parts((), [((), [])]) is None


def test_orders_are_tried_of_six_gradients_and_not_of_seven() -> None:
    for count, name in ((6, "other_order"), (7, "some_gradients")):
        right = tuple(float(i + 1) for i in range(count))
        names = [f"grad_{i}" for i in range(count)]
        cause = parts(names, [(right, [right[1], right[0], *right[2:]])])
        assert cause is not None
        assert cause.name == name


RIGHT = [[0.123456, -1.5], [2.25, 3.75], [0.8125, -0.654321]]


def of_rows(change: Callable[[Matrix], Any]) -> str:
    other = [[0.7071, 1.25], [-3.3333333, 0.5]]
    cause = rows([(RIGHT, change(RIGHT)), (other, change(other))])
    return cause.name if cause else ""


def test_rows_in_a_wrong_place_are_named() -> None:
    assert of_rows(lambda m: [m[-1]] * len(m)) == "same_row"
    assert of_rows(lambda m: m[:1]) == "first_row_only"
    assert of_rows(lambda m: m[0]) == "first_row_alone"
    assert of_rows(lambda m: m[::-1]) == "rows_reversed"
    assert of_rows(lambda m: m if len(m) > 2 else m[::-1]) == ""
    assert rows([(1.0, [1.0])]) is None
    assert rows([(RIGHT, {"other": "set"})]) is None


@pytest.mark.parametrize("digits", range(7))
def test_digits_are_counted_up_to_four(digits: int) -> None:
    def cut(m: Matrix) -> Matrix:
        return [[round(entry, digits) for entry in row] for row in m]

    name = "integers" if not digits else "rounded" if digits < 5 else ""
    assert of_rows(cut) == name
    cause = rows([(RIGHT, cut(RIGHT))])
    if name == "rounded":
        assert cause is not None
        assert f"rounded to {digits} digits" in cause.sentence


def test_whole_numbers_may_be_cut_and_digits_may_not() -> None:
    cut = rows([([[1.96, 2.5]], [[1.0, 2.0]])])
    assert cut is not None
    assert cut.name == "integers"
    assert (
        rows([([[0.129, 2.25], [1.5, 0.5]], [[0.12, 2.25], [1.5, 0.5]])])
        is None
    )
    assert (
        of_rows(lambda m: [[float(round(x) + 1) for x in r] for r in m]) == ""
    )


def test_float16_is_told_where_it_is_near() -> None:
    held = [[0.12347412109375, -1.5], [2.25, 3.75]]
    right = [[0.123456, -1.5], [2.25, 3.75]]
    cause = rows([(right, held)])
    assert cause is not None
    assert cause.name == "half_precision"
    assert rows([(right, [[0.25, -1.5], [2.25, 3.75]])]) is None
    assert rows([([[1000.3]], [[1000.5]])]) is not None
    cause = rows([([[0.2500001]], [[0.2529296875]])])
    assert cause is not None
    assert cause.name == "half_precision"
    assert rows([([[0.5000001]], [[0.5048828125]])]) is None
    assert rows([([[70_000.3]], [[70_000.0]])]) is not None  # whole numbers
    assert rows([([[70_000.123456]], [[70_000.12]])]) is not None
    assert rows([([[70_000.123456]], [[70_016.0]])]) is None
    assert rows([(right, right[:1])]) is not None  # the first row only
    assert rows([(right, [[*row, 1.0] for row in right])]) is None


def test_what_was_added_is_named_where_it_fits() -> None:
    given, right = [[1.0, 2.0], [3.0, -4.0]], [[0.5, 0.25], [0.75, 1.0]]
    came = [[1.5, 2.25], [3.75, -3.0]]
    wide = ({"queries": [[1.0]]}, [[1.0, 2.0]], [[1.0, 2.0]])
    for role in ("inputs", "queries", "values"):
        cause = added([({role: given}, right, came), wide])
        assert cause is not None
        assert cause.name == "inputs_added"
        assert f"You add the {role} to the result:" in cause.sentence
    assert added([({"keys": given}, right, came)]) is None
    assert added([({"inputs": given}, right, right)]) is None
    assert added([({"inputs": given}, right, came[:1])]) is None
    two = ({"inputs": given}, right, came), ({"inputs": given}, right, right)
    assert added(two) is None
    assert added([wide]) is None


@pytest.mark.parametrize("epsilon", [1e-5, 1e-6])
def test_what_was_added_and_normalised_is_named(epsilon: float) -> None:
    given, right = [[0.1, 0.2], [0.3, -0.4]], [[0.05, -0.01], [0.25, 1.0]]
    came = []
    for row, other in zip(given, right, strict=True):
        one, two = (a + b for a, b in zip(row, other, strict=True))
        spread = ((one - two) / 2) ** 2
        half = (one - two) / 2 / sqrt(spread + epsilon)
        came.append([half, -half])
    cause = added([({"inputs": given}, right, came)])
    assert cause is not None
    assert cause.name == "inputs_added_and_normalised"


def drawn(sizes: dict[str, int], wrong: bool, came: bool = True) -> Run:
    reply: dict[str, Any] = {"value": 1.0} if came else {"error": {}}
    case = Case(sizes, {}, "seed 7")
    difference = broken_by() if wrong and came else None
    return Run(case, 1.0, Answer(1.0, reply), difference)


def broken_by() -> Any:
    run = Run(Case({}, {}, ""), 1.0, Answer(2.0, {"value": 2.0}))
    return compare(run.expected, run.answer.value)


def test_a_size_up_to_which_all_is_right_is_a_limit() -> None:
    runs = [
        drawn({"d": d, "n": n}, n > 4) for d in (1, 2) for n in range(1, 7)
    ]
    cause = limits(runs)
    assert cause is not None
    assert cause.name == "made_for_a_size"
    assert "while the number of tokens is at most 4, and wrong from 5" in (
        cause.sentence
    )
    assert limits([*runs, drawn({"d": 1, "n": 3}, wrong=True)]) is None
    assert limits(
        [*runs, drawn({"d": 1, "n": 5}, wrong=True, came=False)]
    ) is (None)
    assert limits([drawn({"n": n}, n > 1) for n in range(1, 5)]) is None
    two = [drawn({"n": n}, n > 2) for n in range(1, 5)]
    assert limits(two) is not None
    assert limits([drawn({"n": n}, wrong=False) for n in range(5)]) is None
    assert limits([drawn({"n": n}, n < 3) for n in range(5)]) is None
    fixed = Case({"n": 9}, {}, "all equal")
    other = Run(fixed, 1.0, Answer(None, {"error": {}}))
    assert limits([*two, other]) is not None
    assert limits([other]) is None
    assert limits([drawn({"n": 1}, wrong=True)]) is None
    assert limits([]) is None


@pytest.mark.parametrize(
    ("counted", "name", "words"),
    [
        ((0, 1, 1, 1, 1), "drops_first", "number 0 counts 0 times"),
        ((1, 1, 1, 1, 0), "drops_last", "number 4 counts 0 times"),
        ((1, 0, 0, 0, 0), "returns_in_loop", "number 1 counts 0 times"),
        ((1, 1, 2.5, 1, 1), "miscounts", "number 2 counts 2.5 times"),
        ((1, 2, 1, 3, 1), "miscounts", "number 1 counts 2 times"),
        ((1, 1, 1, 1, 1), "", ""),
        ((2, 2, 2, 2, 2), "", ""),
        ((None, 1, 1, 1, 0), "", ""),
    ],
)
def test_products_are_counted_one_by_one(
    counted: Sequence[Any], name: str, words: str
) -> None:
    cause = products(asked_by(lambda x, _: counted[x.index(1.0)], "dot"))
    assert (cause.name if cause else "") == name
    assert words in (cause.sentence if cause else "")


def test_the_second_vector_has_its_one_in_the_same_place() -> None:
    right = asked_by(lambda x, y: x.index(1.0) == y.index(1.0) and 1.0, "dot")
    assert products(right) is None
    last = asked_by(lambda x, y: x[:-1] == y[:-1] and sum(x[:-1]), "dot")
    cause = products(last)
    assert cause is not None
    assert cause.name == "drops_last"


def test_what_changes_after_other_calls_is_kept() -> None:
    calls: list[float] = []

    def counting(x: list[float], y: list[float]) -> float:
        calls.append(x[0])
        return calls.count(x[0]) * y[0]

    asked = asked_by(counting, "dot")
    cases = [
        (
            {"x": [x], "y": [1.0]},
            1.0,
            asked.answer({"x": [x], "y": [1.0]}).value,
        )
        for x in (1.0, 2.0)
    ]
    cause = kept(asked, cases)
    assert cause is not None
    assert cause.name == "kept_from_call_to_call"
    assert "another result after other calls" in cause.sentence


def test_an_input_that_fails_again_is_passed_over() -> None:
    answers: dict[float, Any] = {1.0: None, 2.0: {"other": "set"}, 3.0: 3.5}
    asked = asked_by(lambda x, _: answers[x[0]], "dot")
    case = {x: {"x": [x], "y": [1.0]} for x in answers}
    came = {1.0: 1.0, 2.0: 2.0, 3.0: 3.0}
    assert kept(asked, [(case[x], x, came[x]) for x in (1.0, 2.0)]) is None
    assert kept(asked, [(case[x], x, came[x]) for x in came]) is not None
    assert kept(asked, [(case[3.0], 3.0, {"other": "set"})]) is None
    right = [({"x": [9.0], "y": [0.0]}, 0.0, 0.0)] * 8
    answers[9.0] = 0.0
    assert kept(asked, [*right, (case[3.0], 3.0, 3.0)]) is None
    assert kept(asked, [*right[1:], (case[3.0], 3.0, 3.0)]) is not None


def test_several_results_are_compared_again_part_by_part() -> None:
    asked = asked_by(lambda *_: [[1.0], 2.0], "dot")
    values = {"x": [1.0], "y": [1.0]}
    assert kept(asked, [(values, ([1.0], 2.0), [[1.0], 2.0])]) is None
    assert kept(asked, [(values, ([1.0], 2.0), [[1.0], 2.5])]) is not None


def test_what_draws_names_the_last_line_that_does() -> None:
    asked = asked_by(lambda *_: 1.0, "dot")
    lines = ["import random", "def f():", "    return random.gauss()", "x = 1"]
    cause = changing(asked, ["random.seed(1)", *lines])
    assert cause.line == 4
    cause = changing(asked, lines)
    assert cause.name == "drawn_at_random"
    assert cause.measured
    assert cause.line == 3
    assert "(line 3: `return random.gauss()`)" in cause.sentence
    cause = changing(asked, ["total = 0"])
    assert cause.name == "kept_from_call_to_call"
    assert "another result at the next call" in cause.sentence
    made = asked.binding._replace(made=Made(Layout(())))
    cause = changing(asked._replace(binding=made), lines)
    assert cause.name == "dropout_in_eval"
    assert cause.measured


def test_a_broken_property_of_answers_is_told_with_its_number() -> None:
    def name(step: str, values: dict[str, Any], right: Any, came: Any) -> str:
        cause = broken(None, step, [(values, right, came)])
        return f"{cause.name}: {cause.sentence}" if cause else ""

    even = [[0.5, 0.5], [0.5, 0.5]]
    found = name("softmax", {}, even, [[0.5, 0.5], [0.25, 0.5]])
    assert found.startswith("weights_do_not_sum")
    assert "row 1 add up to 0.75;" in found
    assert name("softmax", {}, even, even) == ""
    assert name("softmax", {}, even, [0.5, 0.25]) == ""
    assert "row 0" in name("softmax", {}, [0.5, 0.5], [0.5, 0.25])
    assert name("dot", {}, even, [[0.5, 0.5], [0.25, 0.5]]) == ""
    assert name("softmax", {}, [0.5, 0.5], [0.5, {"other": "set"}]) == ""
    values = {"inputs": [[1.0, 0.0], [3.0, -2.0]]}
    right = [[2.0, -1.0], [2.0, -1.0]]
    found = name("self_attention", values, right, [[3.0, 0.0], [1.0, 0.5]])
    assert found.startswith("outside_values")
    assert "row 1 has 0.5, and what is mixed there lies between -2 and 0." in (
        found
    )
    assert (
        name("self_attention", values, right, [[3.0, 0.0], [1.0, -2.0]]) == ""
    )
    near = [[3.0 + 1e-7, 0.0], [1.0, -2.0 - 1e-7]]
    assert name("self_attention", values, right, near) == ""
    assert name("self_attention", {}, right, [[9.0, 0.0], [1.0, 0.5]]) == ""
    found = name("softmax_backward", {}, [0.5, -0.5], [0.5, -0.25])
    assert found.startswith("gradients_do_not_cancel")
    assert "add up to 0.25;" in found
    assert name("softmax_backward", {}, [0.5, -0.5], [0.75, -0.75]) == ""
    assert name("softmax_backward", {}, [0.5, -0.5], [0.75]) == ""
    assert name("softmax", {}, [0.5, -0.5], [1.5, -0.5]) == ""


def test_projected_values_are_mixed_with_their_bias_or_without() -> None:
    values = {
        "inputs": [[1.0, 0.0], [0.0, 1.0]],
        "W_value": [[1.0], [3.0]],
        "b_value": [10.0],
        "values": [[1.0], [3.0]],
    }

    def is_outside(entry: float, **other: Any) -> bool:
        case = ({**values, **other}, [[2.0]], [[entry]])
        return broken(None, CAUSAL, [case]) is not None

    assert [is_outside(x) for x in (0.5, 1.0, 13.0, 13.5)] == [
        True, False, False, True,
    ]  # fmt: skip
    without = [is_outside(x, b_value=[]) for x in (0.5, 1.0, 3.0, 3.5)]
    assert without == [True, False, False, True]


# One context vector per head and token, in settings that reveal the weights.
def in_heads(
    *arguments: Any,
    mask: bool | Sequence[bool] = True,
) -> list[Matrix]:
    inputs, *projections, _, _, count = arguments
    hidden = [mask] * count if isinstance(mask, bool) else mask
    q, k, v = (matmul(inputs, W) for W in projections)
    d = len(q[0]) // count

    def one(h: int) -> Matrix:
        parts = [[row[h * d : (h + 1) * d] for row in m] for m in (q, k, v)]
        rule = causal_mask(len(inputs)) if hidden[h] else None
        return scaled_dot_product_attention(
            parts[0], parts[1], parts[2], rule
        ).context_vecs

    return [one(h) for h in range(count)]


def beside(blocks: Sequence[Matrix]) -> Matrix:
    return [
        [x for row in rows for x in row] for rows in zip(*blocks, strict=True)
    ]


def torn(blocks: Sequence[Matrix]) -> Matrix:
    flat = [x for block in blocks for row in block for x in row]
    width = len(flat) // len(blocks[0])
    return [flat[i : i + width] for i in range(0, len(flat), width)]


def woven(blocks: Sequence[Matrix]) -> Matrix:
    return [
        [x for entries in zip(*rows, strict=True) for x in entries]
        for rows in zip(*blocks, strict=True)
    ]


def without_last(blocks: Sequence[Matrix]) -> Matrix:
    zeros = [[0.0] * len(row) for row in blocks[0]]
    return beside([*blocks[:-1], zeros])


def first_alone(*arguments: Any) -> Matrix:
    count = arguments[-1]
    return beside(in_heads(*arguments, mask=[h == 0 for h in range(count)]))


HEADS: dict[str, Function] = {
    "merged_without_transposing": lambda *a: torn(in_heads(*a)),
    "heads_interleaved": lambda *a: woven(in_heads(*a)),
    "last_head_lost": lambda *a: without_last(in_heads(*a)),
    "mask_of_first_head": first_alone,
}


@pytest.mark.parametrize("name", HEADS)
def test_heads_that_are_put_together_wrongly_are_named(name: str) -> None:
    cause = heads(asked_by(HEADS[name], MULTI))
    assert cause is not None
    assert cause.name == name
    if name == "last_head_lost":
        assert "the last of 2 heads" in cause.sentence


@pytest.mark.parametrize("name", HEADS)
def test_heads_are_told_by_every_number(name: str) -> None:
    for at in range(4 * 10):

        def spoiled(*arguments: Any) -> Matrix:
            found = [list(row) for row in HEADS[name](*arguments)]
            if len(found) == 4:
                found[at // 10][at % 10] += 0.01  # noqa: B023
            return found

        cause = heads(asked_by(spoiled, MULTI))
        assert cause is None or cause.name != name


def test_heads_in_their_place_have_no_cause() -> None:
    assert heads(asked_by(lambda *a: beside(in_heads(*a)), MULTI)) is None
    unmasked = asked_by(lambda *a: beside(in_heads(*a, mask=False)), MULTI)
    assert heads(unmasked) is None
    few = asked_by(lambda *a: beside(in_heads(*a))[:2], MULTI)
    assert heads(few) is None
    missing = asked_by(lambda x, *_: [[nan] * 10] * len(x), MULTI)
    assert heads(missing) is None
    assert heads(asked_by(lambda *_: [[1.0]], CAUSAL)) is None


def with_nan(places: Function, hides: bool = False) -> Function:
    """Causal attention with NaN in some rows; nothing sees itself."""

    def answer(inputs: Matrix, *projections: Matrix) -> Matrix:
        q, k, v = (matmul(inputs, W) for W in projections)
        n = len(inputs)
        rule = [[j > i - hides for j in range(n)] for i in range(n)]
        rule[0] = [False, *[True] * (n - 1)]
        found = scaled_dot_product_attention(q, k, v, rule).context_vecs
        return [
            [nan] * len(row) if i in places(n) else row
            for i, row in enumerate(found)
        ]

    return answer


@pytest.mark.parametrize(
    ("answer", "name", "words"),
    [
        (with_nan(lambda _: [0]), "nan_rows", "Row 0 is NaN"),
        (with_nan(lambda _: [0], hides=True), "mask_hides_self", "Row 0 is"),
        (with_nan(lambda n: [n - 1]), "mask_inverted", "The last row is NaN"),
        (with_nan(range), "nan_everywhere", "Every row is NaN"),
        (with_nan(lambda _: [1, 2]), "nan_rows", "NaN in row 1, 2:"),
        (with_nan(lambda n: [1] if n == 4 else [0]), "nan_rows", "row 1:"),
    ],
)
def test_rows_that_are_nan_are_named(
    answer: Function, name: str, words: str
) -> None:
    cause = nans(asked_by(answer, CAUSAL))
    assert cause is not None
    assert cause.name == name
    assert words in cause.sentence


def test_a_row_that_sees_itself_tells_that_nothing_hides_the_diagonal() -> (
    None
):
    def answer(*arguments: Matrix) -> Matrix:
        found: Matrix = with_nan(lambda _: [0], hides=True)(*arguments)
        found[1] = [0.5, 0.5, *found[1][2:]]
        return found

    cause = nans(asked_by(answer, CAUSAL))
    assert cause is not None
    assert cause.name == "nan_rows"


@pytest.mark.parametrize("last", [0.0, 1.0, -1.0])
def test_without_heads_no_softmax_runs_over_them(last: float) -> None:
    def answer(x: Matrix, _: Matrix, __: Matrix, W: Matrix) -> Matrix:
        width = len(W[0])
        return [*[[nan] * width] * (len(x) - 1), [last] * width]

    cause = nans(asked_by(answer, CAUSAL))
    assert cause is not None
    assert cause.name == "nan_rows"


def test_nan_is_named_where_both_settings_have_it() -> None:
    for places in (
        lambda n: [0] if n == 4 else [],
        lambda n: [0] if n == 3 else [],
        lambda _: [],
    ):
        assert nans(asked_by(with_nan(places), CAUSAL)) is None
    assert nans(asked_by(lambda *_: nan, CAUSAL)) is None
    assert nans(asked_by(lambda x: [nan] * len(x), "softmax")) is None


def test_one_nan_in_a_row_makes_the_row() -> None:
    def answer(*arguments: Matrix) -> Matrix:
        found: Matrix = with_nan(lambda _: [])(*arguments)
        found[0] = [*found[0][:-1], nan]
        return found

    cause = nans(asked_by(answer, CAUSAL))
    assert cause is not None
    assert "Row 0 is NaN" in cause.sentence


def test_a_last_row_shared_among_heads_is_softmax_over_heads() -> None:
    def answer(*arguments: Any, share: float = 1.0) -> Matrix:
        inputs, count = arguments[0], arguments[-1]
        n, width = len(inputs), len(arguments[1][0])
        last = [share / count] * n + [0.0] * (width - n)
        return [*[[nan] * width] * (n - 1), last]

    cause = nans(asked_by(answer, MULTI))
    assert cause is not None
    assert cause.name == "softmax_over_heads"
    cause = nans(asked_by(lambda *a: answer(*a, share=1.25), MULTI))
    assert cause is not None
    assert cause.name == "nan_rows"


# Every step that reveals its weights, and what mixes there.
SHARING = ("softmax", "attention_weights", "scaled_attention_weights")
MIXING = ("self_attention", SDPA, "trainable_self_attention", CAUSAL, MULTI)


@pytest.mark.parametrize("name", [*SHARING, *MIXING])
def test_weights_are_revealed_as_they_are(name: str) -> None:
    step = step_named(name)
    found = reveal(asked_by(step.reference, name))
    assert len(found) == 2
    for each in found:
        d = each.widths.get("the width of the keys", 1)
        divisor = 1.0 if step.section.startswith("3.3") else sqrt(d)
        scores = matmul(each.queries, transpose(each.keys))
        assert each.mixes
        assert len(each.weights) == len(scores)
        for i, (row, weights) in enumerate(
            zip(scores, each.weights, strict=True)
        ):
            seen = row[: i + 1] if step.causal else row
            right = softmax([score / divisor for score in seen])
            hidden = [0.0] * (len(row) - len(seen))
            assert weights == pytest.approx([*right, *hidden])


@pytest.mark.parametrize("name", [*SHARING, *MIXING])
def test_no_two_sizes_are_alike_in_both_settings(name: str) -> None:
    first, second = settings(asked_by(lambda *_: None, name))
    assert first.widths.keys() == second.widths.keys()
    pairs = [(size, second.widths[of]) for of, size in first.widths.items()]
    assert len({*pairs}) == len(pairs)
    assert all(one != other for one, other in pairs)


@pytest.mark.parametrize("name", [*SHARING, *MIXING])
def test_the_sizes_of_a_setting_are_told_as_they_are(name: str) -> None:
    for each in settings(asked_by(lambda *_: None, name)):
        n, inputs = len(each.queries), each.values.get("inputs", [[]])
        right = {
            "the number of scores": n,
            "the number of tokens": n,
            "the number of keys": len(each.keys),
            "the width": len(inputs[0]),
            "the width of the inputs": len(inputs[0]),
            "the width of the keys": len(each.keys[0]),
            "the width of the values": len((each.mixed or [[]])[0]),
            "the width of all heads": len(each.values.get("W_out", [])),
            "the number of heads": each.values.get("num_heads"),
        }
        wanted = {**right, **each.widths}
        if each.mixed is None:
            wanted["the width of the values"] = 0
        assert wanted == right


@pytest.mark.parametrize("name", [SDPA, "trainable_self_attention", CAUSAL])
def test_what_is_mixed_is_the_identity_and_then_zeros(name: str) -> None:
    for each in settings(asked_by(lambda *_: None, name)):
        assert each.mixed is not None
        n, zeros = len(each.keys), len(each.mixed[0]) - len(each.keys)
        assert zeros > 0
        assert each.mixed == [[*row, *[0.0] * zeros] for row in eye(n)]


def test_stacked_heads_have_equal_weights_of_their_own() -> None:
    for each in settings(asked_by(lambda *_: None, "stacked_heads")):
        first, *others = each.values["heads"]
        assert len(others) == each.widths["the number of heads"] - 1
        assert all(other == first for other in others)
        query, key, _ = first["items"]
        assert matmul(each.values["inputs"], query) == each.queries
        assert matmul(each.values["inputs"], key) == each.keys


def test_what_is_returned_row_by_row_is_put_together() -> None:
    name = "attention_weights"
    step = step_named(name)

    def one(query: list[float], inputs: Matrix) -> list[float]:
        return step.reference(query, inputs)  # type: ignore[no-any-return]

    by_row, whole = (
        reveal(asked_by(each, name)) for each in (one, all_at_once)
    )
    assert [each.weights for each in by_row] == [
        each.weights for each in whole
    ]
    assert reveal(asked_by(lambda *_: [[1.0]], name)) == []
    assert reveal(asked_by(lambda *_: {"other": "set"}, name)) == []


def all_at_once(_: list[float], inputs: Matrix) -> Matrix:
    return [softmax(row) for row in matmul(inputs, transpose(inputs))]


def test_an_answer_of_another_shape_or_kind_reveals_nothing() -> None:
    assert reveal(asked_by(lambda *_: [[1.0]], SDPA)) == []
    holes = asked_by(lambda q, _, v: [[nan] * len(v[0])] * len(q), SDPA)
    assert reveal(holes) == []
    assert reveal(asked_by(lambda *_: 1.0, "dot")) == []


def test_what_is_no_mix_of_the_values_is_told() -> None:
    def added(q: Matrix, k: Matrix, v: Matrix) -> Matrix:
        found = scaled_dot_product_attention(q, k, v).context_vecs
        return [[*row[:-1], row[-1] + 0.5] for row in found]

    assert [e.mixes for e in reveal(asked_by(added, SDPA))] == [False, False]


def made(name: str, *, square: bool) -> Asked:
    asked = asked_by(lambda *_: None, name)
    found = Made(Layout(()), square=square)
    return asked._replace(binding=asked.binding._replace(made=found))


@pytest.mark.parametrize("name", ["trainable_self_attention", CAUSAL, MULTI])
def test_an_object_gets_sizes_that_it_can_have(name: str) -> None:
    for square in (False, True):
        for each in settings(made(name, square=square)):
            values = each.values
            d_in, width = len(values["inputs"][0]), len(values["W_key"][0])
            assert len(values["W_value"][0]) == width
            assert (d_in == width) is square
            assert not any(values["b_query"] + values["b_value"])


UNMIXED: dict[str, Callable[[Matrix, Matrix, Matrix], Matrix]] = {
    "keys_mixed": lambda q, k, _: attention(q, k, k),
    "queries_mixed": lambda q, k, _: attention(q, k, q),
    "weights_returned": lambda q, k, _: attention(q, k, eye(len(k))),
    "scores_returned": lambda q, k, _: matmul(q, transpose(k)),
    "returned_unmixed": lambda _, k, __: k,
}


def test_what_came_back_unmixed_is_named() -> None:
    for name, answer in UNMIXED.items():
        cause = unmixed(asked_by(answer, SDPA))
        assert cause is not None
        assert cause.name == name
    for place, role in enumerate(("queries", "keys", "values")):
        cause = unmixed(asked_by(lambda *qkv: qkv[place], SDPA))  # noqa: B023
        assert cause is not None
        assert cause.name == "returned_unmixed"
        assert f"You returned the {role} unmixed" in cause.sentence


def attention(q: Matrix, k: Matrix, v: Matrix) -> Matrix:
    return scaled_dot_product_attention(q, k, v).context_vecs


def eye(n: int) -> Matrix:
    return [[float(i == j) for j in range(n)] for i in range(n)]


def scaled_scores(q: Matrix, k: Matrix, _: Matrix) -> Matrix:
    root = sqrt(len(k[0]))
    return [[s / root for s in row] for row in matmul(q, transpose(k))]


def test_scores_may_be_scaled_and_weights_share_one_unit() -> None:
    cause = unmixed(asked_by(scaled_scores, SDPA))
    assert cause is not None
    assert cause.name == "scores_returned"

    def shared(q: Matrix, k: Matrix, share: float) -> Matrix:
        return [[share / len(k)] * len(k) for _ in q]

    cause = unmixed(asked_by(lambda q, k, _: shared(q, k, 1.0), SDPA))
    assert cause is not None
    assert cause.name == "weights_returned"
    assert unmixed(asked_by(lambda q, k, _: shared(q, k, 1.1), SDPA)) is None
    negative = asked_by(
        lambda q, k, _: [[2.0, -1.0, *[0.0] * (len(k) - 2)]] * len(q), SDPA
    )
    assert unmixed(negative) is None
    assert unmixed(asked_by(attention, SDPA)) is None
    assert unmixed(asked_by(lambda *_: None, SDPA)) is None
    assert unmixed(asked_by(lambda *_: {"other": "set"}, SDPA)) is None
    assert unmixed(asked_by(lambda *_: 1.0, "dot")) is None


@pytest.mark.parametrize("only", [4, 3])
def test_one_setting_alone_is_not_called_unmixed(only: int) -> None:
    for answer in UNMIXED.values():

        def once(q: Matrix, k: Matrix, v: Matrix) -> Matrix:
            return (answer if len(k) == only else attention)(q, k, v)  # noqa: B023

        assert unmixed(asked_by(once, SDPA)) is None


def test_a_causal_mix_is_of_what_is_not_hidden() -> None:
    def inputs_mixed(mask: bool) -> Function:
        def answer(x: Matrix, Wq: Matrix, Wk: Matrix, _: Matrix) -> Matrix:
            rule = causal_mask(len(x)) if mask else None
            q, k = matmul(x, Wq), matmul(x, Wk)
            return scaled_dot_product_attention(q, k, x, rule).context_vecs

        return answer

    for step, mask in ((CAUSAL, True), ("trainable_self_attention", False)):
        cause = unmixed(asked_by(inputs_mixed(mask), step))
        assert cause is not None
        assert cause.name == "inputs_mixed"
        assert unmixed(asked_by(inputs_mixed(not mask), step)) is None


def test_weights_that_are_returned_may_hide_tokens() -> None:
    def answer(x: Matrix, Wq: Matrix, Wk: Matrix, _: Matrix) -> Matrix:
        q, k = matmul(x, Wq), matmul(x, Wk)
        mask, n = causal_mask(len(x)), len(x)
        return scaled_dot_product_attention(q, k, eye(n), mask).context_vecs

    cause = unmixed(asked_by(answer, CAUSAL))
    assert cause is not None
    assert cause.name == "weights_returned"


def by_projections(change: Callable[[Matrix], Matrix]) -> Function:
    def answer(x: Matrix, *projections: Matrix) -> Matrix:
        q, k, v = (matmul(x, W) for W in projections)
        return change(attention(q, k, v))

    return answer


def test_rows_that_notice_no_other_token_are_alone() -> None:
    step = "trainable_self_attention"
    cause = alone(asked_by(lambda *a: matmul(a[0], a[3]), step))
    assert cause is not None
    assert cause.name == "tokens_alone"
    assert alone(asked_by(by_projections(lambda rows: rows), step)) is None
    assert alone(asked_by(lambda x, *_: x[:1], step)) is None
    assert alone(asked_by(lambda *_: None, step)) is None
    assert alone(asked_by(lambda *qkv: qkv[2], SDPA)) is None
    assert alone(asked_by(lambda *_: None, SDPA)) is None
    first = asked_by(lambda x, *_: [[x[0][0] + row[0]] for row in x], step)
    assert alone(first) is None
    last = asked_by(lambda x, *_: [[x[-1][0] + row[0]] for row in x], step)
    assert alone(last) is None


def test_a_last_row_that_knows_the_order_knows_places() -> None:
    step = "trainable_self_attention"
    cases = [case.values for case in step_named(step).cases(seed=1)]

    def by_place(x: Matrix, *projections: Matrix) -> Matrix:
        turned = [
            [(i + 1) * entry for entry in row] for i, row in enumerate(x)
        ]
        found: Matrix = by_projections(lambda rows: rows)(turned, *projections)
        return found

    cause = placed(asked_by(by_place, step), cases)
    assert cause is not None
    assert cause.name == "places_inside"
    plainly = asked_by(by_projections(lambda rows: rows), step)
    assert placed(plainly, cases) is None
    assert placed(asked_by(lambda *_: None, step), cases) is None
    assert placed(asked_by(by_place, step), cases[:1]) is None
    wide = max(len(case["W_query"][0]) for case in cases)

    def where_wide(x: Matrix, *projections: Matrix) -> Matrix:
        plain = by_projections(lambda rows: rows)
        known = by_place if len(projections[0][0]) == wide else plain
        found: Matrix = known(x, *projections)
        return found

    assert placed(asked_by(where_wide, step), cases) is not None
    short = step_named(step).draw(Random(3), n=3, d_in=4, d_k=2, d_v=2)
    assert placed(asked_by(by_place, step), [short]) is not None
    three = [c for c in cases if len(c["inputs"]) > 2]
    assert placed(asked_by(lambda x, *_: x[:1], step), three) is None


def ran(asked: Asked) -> list[Run]:
    """Every case of a step, asked once."""
    return [run(asked, case) for case in asked.binding.step.cases(seed=1)]


def test_products_are_counted_for_a_dot_product_and_for_nothing_else() -> None:
    first = asked_by(lambda x, y: dot(x, y) - x[0] * y[0], "dot")
    cause = measure(first, ran(first))
    assert cause is not None
    assert cause.name == "drops_first"
    assert cause.measured


def test_what_is_right_has_no_cause() -> None:
    for name in ("dot", SDPA, CAUSAL):
        right = asked_by(step_named(name).reference, name)
        assert measure(right, ran(right)) is None


def test_the_weights_tell_first_and_then_the_form_of_the_results() -> None:
    cosines = asked_by(lambda q, k, v: attention(unit(q), unit(k), v), SDPA)
    cause = measure(cosines, ran(cosines))
    assert cause is not None
    assert cause.name == "cosine"
    twice = asked_by(lambda x, y: 2 * dot(x, y), "dot")
    cause = measure(twice, ran(twice))
    assert cause is not None
    assert cause.name == "constant_factor"
    reverse = asked_by(lambda a, b: matmul(a, b)[::-1], "matmul")
    cause = measure(reverse, ran(reverse))
    assert cause is not None
    assert cause.name == "rows_reversed"
    one = asked_by(lambda a, b, g: [  # noqa: ARG005
        matmul(g, transpose(b)), matmul(g, transpose(b))
    ], "matmul_backward")  # fmt: skip
    cause = measure(one, ran(one))
    assert cause is not None
    assert cause.name == "some_gradients"


def unit(rows: Matrix) -> Matrix:
    return [[x / sqrt(dot(row, row)) for x in row] for row in rows]


def test_a_likeness_in_every_case_is_the_cause_and_says_so() -> None:
    def mean(weights: list[float], inputs: Matrix) -> list[float]:
        share = [1 / len(inputs)] * len(weights)
        return matmul([share], inputs)[0]

    asked = asked_by(mean, "context_vector")
    cause = diagnose(asked, ran(asked))
    assert cause is not None
    assert cause.name == "plain_mean"
    assert not cause.measured
    asked = asked_by(lambda x, y: dot(x, y) - x[0] * y[0], "dot")
    cause = diagnose(asked, ran(asked))
    assert cause is not None
    assert cause.name == "drops_first"
    assert cause.measured  # it says more, with its numbers


def test_where_no_cause_is_known_something_is_said_all_the_same() -> None:
    def found(step: str, answer: Function) -> str:
        asked = asked_by(answer, step)
        cause = diagnose(asked, ran(asked))
        return cause.name if cause else ""

    step = "trainable_self_attention"
    alone = found(step, lambda *a: [
        [x * x + x for x in row] for row in matmul(a[0], a[3])
    ])  # fmt: skip
    assert alone == "tokens_alone"
    limited = found("softmax", lambda s: softmax(s) if len(s) < 5 else (
        [softmax(s)[0] ** 2, *softmax(s)[1:]]
    ))  # fmt: skip
    assert limited == "made_for_a_size"
    missing = found("softmax", lambda s: [s[0] ** 2 + 1, *softmax(s)[1:]])
    assert missing == "weights_do_not_sum"
    assert found("dot", lambda x, y: dot(x, y) + 5.0) == ""


def test_two_settings_are_wanted_to_tell_of_weights() -> None:
    def half(q: Matrix, k: Matrix, v: Matrix) -> Any:
        if len(k) == 3:
            return {"other": "NoneType"}
        return attention(unit(q), unit(k), v)

    asked = asked_by(half, SDPA)
    cause = measure(asked, ran(asked))
    assert cause is None or cause.name != "cosine"


MASKING = [
    "def f(scores, mask):",
    "    print(scores)",
    "    scores.masked_fill(mask, 0.0)",
    "    return scores.softmax(-1)",
]


def test_a_masked_copy_that_nothing_keeps_is_told_with_its_line() -> None:
    unmasked = measured("no_mask", "Nothing is hidden.", "Hide it.")
    told = discarded(unmasked, MASKING)
    assert told is not None
    assert told.line == 3
    assert told.sentence.startswith("Nothing is hidden: line 3 hides them")
    assert "`masked_fill_`" in told.advice
    assert discarded(unmasked, [*MASKING[:2], MASKING[3]]) == unmasked
    kept = [MASKING[2].replace("scores.", "s = scores.", 1)]
    assert discarded(unmasked, ["def f(scores, mask):", *kept]) == unmasked
    alone = ["masked_fill(scores, mask)", "scores.masked_fill_(mask, 0)"]
    assert discarded(unmasked, alone) == unmasked
    assert discarded(unmasked, ["def f("]) == unmasked
    other = measured("no_scale", "It is not scaled.", "Divide.")
    assert discarded(other, MASKING) == other
    assert discarded(None, MASKING) is None


LAYERS = [
    "class Mine:",
    "    def __init__(self):",
    "        self.out = nn.Linear(3, 3)",
    "    def forward(self, x):",
    "        x = F.dropout(x)",
    "        return nn.Linear(3, 3)(Linear(2, 2)(x))",
    "class Other:",
    "    def forward(self, x): return nn.Linear(3, 3)(x)",
]


def test_a_layer_that_is_made_in_the_call_is_told_with_its_line() -> None:
    made = asked_by(lambda *_: 1.0, "dot").binding._replace(
        made=Made(Layout(())), target="Mine.forward"
    )
    asked = asked_by(lambda *_: 1.0, "dot")._replace(binding=made)
    cause = changing(asked, LAYERS)
    assert cause.name == "drawn_at_random"
    assert cause.line == 6
    assert "(line 6: `return nn.Linear(3, 3)(Linear(2, 2)(x))`)" in (
        cause.sentence
    )
    assert cause.measured
    assert changing(asked, ["import nn", *LAYERS]).line == 7
    assert changing(asked, [*LAYERS[6:], *LAYERS[:6]]).line == 8
    cause = changing(asked, LAYERS[:5])
    assert cause.name == "dropout_in_eval"
    assert cause.line == 5
    assert cause.measured
    cause = changing(asked, ["x = self.dropout(x)"])
    assert cause.line == 0
    first = ["class Mine:", "    def f(self):", "        nn.Embedding(2, 2)"]
    assert changing(asked, first).line == 3
