"""What no array function takes, and what it does not give back."""

import re
import warnings
from array import array
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np
import pytest

from attnbook.arrays import (
    causal,
    learning,
    loop,
    multihead,
    onepass,
    simple,
    tiled,
    trainable,
)
from attnbook.arrays.backward import (
    dot_backward,
    query_key_backward,
    stacked_heads_backward,
)
from attnbook.multihead import MultiHead
from attnbook.tasks import Model, reverse
from tests.test_precision import a_call, as_type
from tests.test_twins import TWINS, parameters, twins


def as_list_with(entry: object) -> Callable[[Any], Any]:
    """The array as lists, its first entry exchanged."""

    def exchange(array: Any) -> Any:
        rows = array.tolist()
        inner = rows
        while isinstance(inner[0], list):
            inner = inner[0]
        inner[0] = entry
        return rows

    return exchange


def with_first(entry: float) -> Callable[[Any], Any]:
    """The array with its first entry exchanged."""

    def exchange(array: Any) -> Any:
        changed = array.astype(np.promote_types(array.dtype, "f2"))
        changed.flat[0] = entry
        return changed

    return exchange


def ragged(array: Any) -> Any:
    """The last row one entry shorter, or the vector cut by a list."""
    rows = array.tolist()
    return [*rows[:-1], rows[-1][:-1]] if array.ndim > 1 else [*rows, []]


BAD = {
    "True in a list": as_list_with(True),
    "NumPy's True in a list": as_list_with(np.True_),
    "an integer beyond 2**53": as_list_with(2**53 + 1),
    "an integer beyond all": as_list_with(10**400),
    "a fraction": as_list_with(Fraction(1, 2)),
    "None in a list": as_list_with(None),
    "text in a list": as_list_with("1.0"),
    "a complex number in a list": as_list_with(1j),
    "a dictionary in a list": as_list_with({}),
    "ragged rows": ragged,
    "NaN": with_first(float("nan")),
    "infinity": with_first(float("inf")),
    "NaN in a list": as_list_with(float("nan")),
    "a mask of its own": lambda array: np.ma.masked_equal(
        array, array.flat[0]
    ),
    "masked rows": lambda array: [np.ma.masked_equal(x, 0) for x in array],
    "complex numbers": lambda array: array.astype(complex),
    "truth values": lambda array: array > 0,
    "objects": lambda array: array.astype(object),
    "text": lambda array: array.astype(str),
    "dates": lambda array: np.zeros(array.shape, "datetime64[s]"),
    "large integers": lambda array: np.full(array.shape, 2**60),
    "unsigned integers": lambda array: np.full(array.shape, 2**64 - 1, "u8"),
    "no entry": lambda array: array[..., :0],
    "nothing": lambda _: None,
    "text alone": lambda _: "abc",
    "a set": lambda _: {1.0},
    "too deep": lambda _: nested(3000),
}


def nested(depth: int) -> list[Any]:
    value: list[Any] = [1.0]
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", TWINS)
def test_bad_numbers_are_refused_by_the_name_of_the_argument(
    name: str, bad: str
) -> None:
    function, values = a_call(name)
    names = [p.name for p in parameters(twins(name)[0])]
    for i, (argument, value) in enumerate(zip(names, values, strict=True)):
        for field, changed in exchanged(argument, value, BAD[bad]):
            if may_be(name, bad, field):
                continue
            with pytest.raises(ValueError, match=rf"\b{field}\b"):
                function(*values[:i], changed, *values[i + 1 :])


def exchanged(name: str, value: Any, exchange: Callable[[Any], Any]) -> Any:
    """Every array in an argument by name, and the argument without it."""
    if is_array(value):
        yield name, exchange(value)
    for field in getattr(value, "_fields", ()):
        part = getattr(value, field)
        if is_array(part):
            yield field, value._replace(**{field: exchange(part)})


def is_array(value: object) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.ndim > 0
        and value.dtype != np.bool_
    )


def may_be(name: str, bad: str, field: str) -> bool:
    """What stands behind a mask is no number, so anything may stand there.

    And the last batch may hold fewer sentences than those before it.
    """
    if field == "batches":
        return bad == "ragged rows"
    return name == "trainable.masked_scores" and bad in {
        "NaN",
        "infinity",
        "NaN in a list",
    }


@pytest.mark.parametrize("entry", [float("nan"), float("inf"), "1", True, 1j])
def test_a_bare_number_is_looked_at_as_well(entry: object) -> None:
    with pytest.raises(ValueError, match=r"^grad_product must"):
        dot_backward([1.0], [2.0], entry)  # type: ignore[arg-type]


@pytest.mark.parametrize("flag", ["no", 0, 1, None, [], 1.0])
def test_a_flag_is_true_or_false(flag: object) -> None:
    for name in ("multihead.stacked_heads", "multihead.multi_head_attention"):
        function, (inputs, weights, _) = a_call(name)
        with pytest.raises(ValueError, match="causal must be True or False"):
            function(inputs, weights, flag)


@pytest.mark.parametrize("given", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", TWINS)
def test_an_overflow_is_refused_by_name_and_without_a_warning(
    name: str, given: str
) -> None:
    function, values = a_call(name)
    most = float(np.finfo(given).max) * 0.99
    names = [p.name for p in parameters(twins(name)[0])]
    for i, value in enumerate(as_type(values, given)):
        if names[i] in TOKENS:
            continue
        for _, changed in exchanged(names[i], value, with_first(most)):
            several = as_type(values, given)
            several[i] = changed
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert finite_or_refused(function, several, names)


# No numbers to compute with.
TOKENS = {"targets", "sentence", "sentences", "batches"}
# What `train`, which runs as it is asked, hands to its own steps.
STEPS = {"sentences", "weights", "grad_weights", "state"}


def finite_or_refused(
    function: Callable[..., Any], values: list[Any], names: list[str]
) -> bool:
    try:
        return finite_or_hidden(function(*values))
    except ValueError as error:
        named, _, why = str(error).partition(" must be smaller: ")
        allowed = {*names, *STEPS}
        return "overflows" in why and {*re.split(", | and ", named)} <= allowed


def finite_or_hidden(result: Any) -> bool:
    if isinstance(result, np.ndarray):
        return not np.any(np.isnan(result) | np.isposinf(result))
    if isinstance(result, int | float):
        return isfinite(result)
    return all(map(finite_or_hidden, result))


def test_the_words_of_an_overflow_name_all_that_can_be_made_smaller() -> None:
    expected = "queries, keys and values must be smaller: attn_scores over"
    large = np.full((2, 2), 1e200)
    for sign in (1, -1):
        with pytest.raises(ValueError, match=expected):
            trainable.scaled_dot_product_attention(large, sign * large, large)
    with pytest.raises(ValueError, match=r"^inputs must be smaller: a"):
        simple.self_attention(np.array([[1e30]], "f4"))
    parameters = a_call("multihead.multi_head_attention")[1][1]
    with pytest.raises(ValueError, match="inputs and parameters must be sma"):
        multihead.multi_head_attention(np.full((2, 4), 1e308), parameters)


def test_a_score_that_float16_cannot_hold_is_no_hidden_score() -> None:
    queries, keys = np.array([[-300.0]], "f2"), np.array([[300.0], [0]], "f2")
    with pytest.raises(ValueError, match="attn_scores overflows float16"):
        trainable.scaled_dot_product_attention(queries, keys, keys)


def test_what_a_mask_hides_may_overflow() -> None:
    keys = [[1.0, 1.0], [1e308, 1e308]]
    mask = [[False, True]]
    for sign in (1, -1):
        attention = trainable.scaled_dot_product_attention(
            [[sign * 2.0, sign * 2.0]], keys, [[3.0], [4.0]], mask
        )
        assert attention.context_vecs.tolist() == [[3.0]]


ONE, TWO, THREE = [[1.0]], [[[1.0]]] * 2, [[[1.0]]] * 3
THREE_KEPT = [[[False]]] * 3
HEAD = trainable.Projections(ONE, ONE, ONE)
HEADS = multihead.stacked_heads(ONE, [HEAD])


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (
            simple.softmax,
            ([[0.0, 0.0], [-np.inf, -np.inf]],),
            r"scores must hold a finite number in every row, "
            r"got -inf at \(1, 0\)",
        ),
        (
            simple.attention_scores,
            ([1.0, 2.0], ONE),
            r"inputs must be \(..., n, 2\), got \(1, 1\)",
        ),
        (
            simple.attention_scores,
            ([[1.0]] * 2, THREE),
            r"batches must fit together, got query \(2,\), inputs \(3,\)",
        ),
        (
            onepass.part_of,
            ([[1.0]] * 2, THREE),
            r"batches must fit together, got scores \(2,\), values \(3,\)",
        ),
        (
            dot_backward,
            ([[1.0]] * 2, [[1.0]] * 3, [1.0]),
            r"batches must fit together, got x \(2,\), y \(3,\)",
        ),
        (
            simple.context_vector,
            ([1.0, 2.0], ONE),
            r"inputs must be \(..., 2, d\), got \(1, 1\)",
        ),
        (
            simple.context_vector,
            ([[1.0]] * 2, THREE),
            r"batches must fit together, got attn_weights \(2,\), ",
        ),
        (
            trainable.project,
            (ONE, ([1.0], ONE, ONE)),
            r"W_query must have at least 2 dimensions, got shape \(1,\)",
        ),
        (
            multihead.merge_heads,
            (ONE,),
            r"heads must have at least 3 dimensions, got shape \(1, 1\)",
        ),
        (
            query_key_backward,
            ([1.0], ONE, ONE, ONE),
            r"queries must have at least 2 dimensions, got shape \(1,\)",
        ),
        (
            query_key_backward,
            (ONE, [1.0], ONE, ONE),
            r"keys must have at least 2 dimensions, got shape \(1,\)",
        ),
        (
            query_key_backward,
            (ONE, [[1.0, 2.0]], ONE, ONE),
            r"keys must be \(1, 1\), got \(1, 2\)",
        ),
        (
            query_key_backward,
            (TWO, THREE, ONE, ONE),
            r"batches must fit together, got queries \(2,\), keys \(3,\)",
        ),
        (
            stacked_heads_backward,
            (ONE, None, HEADS, ONE),
            "heads must be a list of projections, got NoneType",
        ),
        (
            stacked_heads_backward,
            (ONE, [HEAD, HEAD], HEADS, ONE),
            "attention.heads must hold 2 heads, got 1",
        ),
        (
            stacked_heads_backward,
            (ONE, [HEAD], (None, ONE), ONE),
            "attention.heads must be a list of heads, got NoneType",
        ),
        (
            stacked_heads_backward,
            (ONE, [HEAD], ([None], ONE), ONE),
            r"attention.heads\[0\] must be a list of steps, got NoneType",
        ),
        (
            stacked_heads_backward,
            (ONE, [HEAD], ([[]], ONE), ONE),
            r"attention.heads\[0\] must not be empty",
        ),
        (
            stacked_heads_backward,
            (ONE, [HEAD], ([[ONE] * 4], ONE), ONE),
            r"attention.heads\[0\] must hold 6 steps, got 4",
        ),
        (
            causal.dropout,
            (TWO, THREE_KEPT, 0.5),
            r"batches must fit together, got attn_weights \(2,\), keep ",
        ),
        (
            trainable.masked_scores,
            (TWO, THREE_KEPT),
            r"batches must fit together, got attn_scores \(2,\), mask ",
        ),
        (
            trainable.masked_scores,
            (THREE, [[[False]], [[True]], [[True]]]),
            "row 1, 0 of mask hides every key",
        ),
        (
            learning.adam,
            ([1.0], [1.0], (0, [0.0], [-0.5]), 0.1),
            r"state\.squares must be 0 or more, got -0\.5",
        ),
        (
            tiled.tiled_attention,
            (ONE, [[1.0, 2.0]], ONE),
            r"keys must be \(..., n, 1\), got \(1, 2\)",
        ),
        (
            tiled.tiled_attention_backward,
            (ONE, ONE, ONE, None, ONE),
            "attention must be a list of steps, got NoneType",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words_of_its_own(
    function: Callable[..., object], arguments: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        function(*arguments)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            [[1.0, 2.0], [3.0], [4.0]],
            r"inputs\[1\] must have length 2, as inputs\[0\] has, got 1",
        ),
        (
            [[1.0], 2.0],
            r"inputs\[1\] must have length 1, as inputs\[0\] has, got 0",
        ),
    ],
)
def test_of_ragged_lists_the_first_that_differs_is_named(
    inputs: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        simple.self_attention(inputs)


def test_a_buffer_of_numbers_is_an_array() -> None:
    scores = array("d", [0.5, 0.5])
    for buffer in (scores, memoryview(scores)):
        assert simple.softmax(buffer).tolist() == [0.5, 0.5]


def test_an_infinite_score_may_stand_beside_a_hidden_one() -> None:
    masked = trainable.masked_scores([[np.inf, 1.0]], [[False, True]])
    assert masked.tolist() == [[np.inf, -np.inf]]


def test_a_task_cannot_be_made_smaller_and_is_not_named() -> None:
    W = [[1.0]]
    layer = MultiHead(W, W, W, [[1e308]], [1e308], 1)
    model: Any = Model(W, W, layer)
    with pytest.raises(ValueError, match=r"^model and sentences must be sm"):
        loop.loss_and_gradient(model, reverse, [[0]])


def test_hidden_scores_need_no_copy_and_leave_what_was_given_alone() -> None:
    given = np.array([[1.0, 2.0]])
    hidden = trainable.masked_scores(given, [[True, False]])
    assert hidden.tolist() == [[-np.inf, 2.0]]
    assert given.tolist() == [[1.0, 2.0]]
    masks = [[[True, False]], [[False, True]]]
    hidden = trainable.masked_scores(given, masks)
    assert hidden.tolist() == [[[-np.inf, 2.0]], [[1.0, -np.inf]]]
