"""What the backward pass refuses, and that it changes no argument."""

from collections.abc import Callable
from copy import deepcopy
from math import nan
from random import Random
from typing import Any

import pytest

import attnbook.arrays.backward as on_arrays
from attnbook import backward
from attnbook.arrays.causal import causal_attention as causal_on_arrays
from attnbook.arrays.trainable import Projections as ProjectionsOnArrays
from attnbook.causal import causal_attention
from attnbook.multihead import MultiHead, multi_head_attention, stacked_heads
from attnbook.trainable import (
    Projections,
    ScaledDotProductAttention,
    self_attention,
)
from tests import bad
from tests.gradient_cases import (
    ALL_DIFFERENT,
    draw,
    draw_projections,
    draw_row,
)

Call = tuple[Callable[..., object], dict[str, Any]]


def calls() -> list[Call]:
    """Every function that takes matrices, with arguments that fit."""
    random, s = Random(1), ALL_DIFFERENT
    inputs, projections = (
        draw(random, s.n, s.d_in),
        draw_projections(random, s),
    )
    of_head = {"inputs": inputs, "projections": projections}
    causal = causal_attention(inputs, projections)
    queries, keys, values, scores, weights, _, context_vecs = causal
    qk = {"queries": queries, "keys": keys}
    heads = [projections, projections]
    layer = MultiHead(
        draw(random, s.d_in, 6),
        draw(random, s.d_in, 6),
        draw(random, s.d_in, 6),
        draw(random, 6, s.d_out),
        draw_row(random, s.d_out),
        num_heads=2,
    )
    many = multi_head_attention(inputs, layer)
    upstream = {"grad_context_vecs": context_vecs}
    upstream_of_many = {"grad_context_vecs": many.context_vecs}
    both = {"attn_weights": weights, "grad_attn_weights": weights}
    attention = ScaledDotProductAttention(scores, weights, context_vecs)
    return [
        (
            backward.matmul_backward,
            {"a": inputs, "b": projections.W_key, "grad_product": keys},
        ),
        (backward.scaled_softmax_backward, {"d_k": 2} | both),
        (backward.query_key_backward, qk | both),
        (
            backward.scaled_dot_product_attention_backward,
            qk | {"values": values, "attention": attention} | upstream,
        ),
        (
            backward.project_backward,
            of_head
            | {
                "grad_queries": queries,
                "grad_keys": keys,
                "grad_values": values,
            },
        ),
        (
            backward.self_attention_backward,
            of_head
            | {"attention": self_attention(inputs, projections)}
            | upstream,
        ),
        (
            backward.causal_attention_backward,
            of_head | {"attention": causal} | upstream,
        ),
        (
            backward.stacked_heads_backward,
            {
                "inputs": inputs,
                "heads": heads,
                "attention": stacked_heads(inputs, heads),
                "grad_context_vecs": draw(random, s.n, 2 * s.d_v),
            },
        ),
        (
            backward.output_projection_backward,
            {"vectors": many.merged_context_vecs, "W_out": layer.W_out}
            | upstream_of_many,
        ),
        (
            backward.multi_head_attention_backward,
            {"inputs": inputs, "parameters": layer, "attention": many}
            | upstream_of_many,
        ),
    ]


def spoiled(
    spoil: Callable[[Any], Any], prefix: str = ""
) -> list[tuple[str, Call]]:
    """Every matrix of every call by its name, and the call that spoils it."""
    return [
        (name, (function, named | {name: spoil(value)}))
        for function, named in calls()
        for name, value in named.items()
        if type(value) is list and type(value[0]) is list
        if name.startswith(prefix)
    ]


def test_no_argument_is_changed() -> None:
    for function, named in calls():
        untouched = deepcopy(named)
        function(**named)
        assert named == untouched, function


@pytest.mark.parametrize("kind", bad.MATRICES)
def test_what_is_no_matrix_is_refused_wherever_it_stands(kind: str) -> None:
    for name, (function, named) in spoiled(lambda _: bad.MATRICES[kind]()):
        with pytest.raises(ValueError, match=name):
            function(**named)


@pytest.mark.parametrize(
    "spoil",
    [lambda matrix: matrix[1:], lambda matrix: [row[1:] for row in matrix]],
    ids=["a row less", "a column less"],
)
def test_a_gradient_of_another_shape_is_refused_by_name(
    spoil: Callable[[Any], Any],
) -> None:
    for name, (function, named) in spoiled(spoil, prefix="grad_"):
        with pytest.raises(ValueError, match=name):
            function(**named)


def test_steps_of_something_else_are_refused() -> None:
    for function, named in calls():
        if "attention" in named:
            cut = named["attention"][:-1]
            for wrong in (None, [None], cut, "steps"):
                with pytest.raises(ValueError, match="attention must"):
                    function(**named | {"attention": wrong})


# The results of a forward pass, which no gradient is computed from.
RESULTS = ("attn_scores", "context_vecs", "head_context_vecs")


def less(result: Any, spoil: str) -> Any:
    """A head less, a row less, or a column less."""
    if spoil == "first":
        return result[1:]
    return [less(part, "first") for part in result]


@pytest.mark.parametrize("spoil", ["first", "first of each"])
@pytest.mark.parametrize("module", [backward, on_arrays])
def test_a_result_of_another_shape_is_refused_though_it_is_not_used(
    module: Any, spoil: str
) -> None:
    looked_at = 0
    for function, named in calls():
        attention: Any = named.get("attention")
        for name in {*RESULTS} & {*getattr(attention, "_fields", ())}:
            wrong = less(getattr(attention, name), spoil)
            changed = named | {
                "attention": attention._replace(**{name: wrong})
            }
            named_so = rf"^(head_)?{name.removeprefix('head_')}\b"
            with pytest.raises(ValueError, match=named_so):
                getattr(module, function.__name__)(**changed)
            looked_at += 1
    assert looked_at == 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: backward.dot_backward([1.0], [1.0], nan),
            r"grad_product must be finite, got nan",
        ),
        (
            lambda: backward.dot_backward([1.0], [1.0, 2.0], 1.0),
            "y must have length 1, got 2",
        ),
        (
            lambda: backward.softmax_backward([0.5, 0.5], [1.0]),
            "grad_weights must have length 2, got 1",
        ),
        (
            lambda: backward.softmax_jacobian([]),
            "weights must not be empty",
        ),
        (
            lambda: backward.scaled_softmax_backward(0, [[1.0]], [[1.0]]),
            "d_k must be an integer of 1 or more, got 0",
        ),
        (
            lambda: backward.matmul_backward(
                [[1.0, 2.0]], [[1.0]] * 3, [[1.0]]
            ),
            r"b must be \(2, d\), got \(3, 1\)",
        ),
        (
            lambda: backward.query_key_backward(
                [[1.0]], [[1.0]], [[1.0, 2.0]], [[1.0]]
            ),
            r"attn_weights must be \(1, 1\), got \(1, 2\)",
        ),
        (
            lambda: backward.dropout_backward([[True]], 0.5, [[nan]]),
            r"grad_mixing_weights\[0\]\[0\] must be finite",
        ),
        (
            lambda: backward.dropout_backward([[True]], 2.0, [[1.0]]),
            "p must be from 0 to 1, got 2.0",
        ),
        (
            lambda: on_arrays.dot_backward([1.0], [[1.0, 2.0]], 1.0),
            r"y must be \(1, 1\), got \(1, 2\)",
        ),
        (
            lambda: on_arrays.matmul_backward([[1.0]], [[1.0]], [[1.0, 2.0]]),
            r"grad_product must be \(1, 1\), got \(1, 2\)",
        ),
        (
            lambda: on_arrays.softmax_backward([0.5, 0.5], [1.0]),
            r"grad_weights must be \(2,\), got \(1,\)",
        ),
        (
            lambda: on_arrays.query_key_backward(
                [[1.0]], [[1.0]], [[1.0, 2.0]], [[1.0, 2.0]]
            ),
            r"attn_weights must be \(1, 1\), got \(1, 2\)",
        ),
        (
            lambda: on_arrays.matmul_backward(
                [[[1.0]]] * 2, [[[1.0]]] * 3, [[1.0]]
            ),
            r"batches must fit together, got a \(2,\), b \(3,\)",
        ),
        (
            lambda: on_arrays.output_projection_backward(
                [[1.0]], [[1.0]], [[nan]]
            ),
            "grad_context_vecs must be finite, got nan",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("module", [backward, on_arrays])
def test_factors_that_do_not_meet_are_refused(module: Any) -> None:
    """Inner sizes of 2 and 3 would give a gradient of the wrong shape."""
    a, b, grad = [[1.0, 2.0]], [[1.0], [2.0], [3.0]], [[1.0]]
    for name in ("matmul_backward", "output_projection_backward"):
        with pytest.raises(ValueError, match=r"^(b|W_out) must be \(2, \w+\)"):
            getattr(module, name)(a, b, grad)


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^attn_weights must be \(1, 2\)"):
        backward.query_key_backward(
            [[1.0]], [[1.0], [2.0]], [[0.5]], [[0.0, 1.0]]
        )


def test_another_number_of_heads_is_refused() -> None:
    function, named = calls()[-1]
    parameters = named["parameters"]._replace(num_heads=3)
    with pytest.raises(ValueError, match="queries must hold 3 heads, got 2"):
        function(**named | {"parameters": parameters})


def test_a_forgotten_keep_is_refused_on_lists_and_arrays() -> None:
    inputs, weights = [[1.0], [2.0]], ([[1.0]], [[1.0]], [[1.0]])
    keep = [[True, True], [False, True]]
    projections = Projections(*weights)
    dropped = causal_attention(inputs, projections, keep, 0.5)
    with pytest.raises(ValueError, match="keep must be given"):
        backward.causal_attention_backward(
            inputs, projections, dropped, [[1.0], [1.0]]
        )
    twins = ProjectionsOnArrays(*weights)
    dropped_twin = causal_on_arrays(inputs, twins, keep, 0.5)
    with pytest.raises(ValueError, match="keep must be given"):
        on_arrays.causal_attention_backward(
            inputs, twins, dropped_twin, [[1.0], [1.0]]
        )
