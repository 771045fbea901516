"""The backward pass on lists: every entry of every gradient."""

import json
import re
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attnbook.arrays.backward as on_arrays
from attnbook import backward
from attnbook.arrays.trainable import scaled_dot_product_attention as sdpa
from attnbook.causal import causal_attention
from attnbook.multihead import (
    MultiHead,
    multi_head_attention,
)
from attnbook.simple import softmax
from attnbook.trainable import (
    Projections,
    scaled_dot_product_attention,
    self_attention,
)
from attnbook.vectors import dot, transpose
from tests.gradient_cases import (
    ALL_ALIKE,
    ALL_DIFFERENT,
    CASES,
    ONE_TOKEN,
    SIZES,
    Sizes,
    agree,
    draw,
    draw_row,
    wrong,
)

DATA = Path(__file__).parent / "data" / "torch-gradients.json"
TORCH = json.loads(DATA.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(sizes=SIZES, seed=st.integers(0, 2**32))
def test_every_entry_of_every_gradient_is_the_complex_step(
    case: Any, sizes: Sizes, seed: int
) -> None:
    random = Random(seed)
    assert wrong(case(backward, random, sizes)) == []


@pytest.mark.parametrize("sizes", [ALL_DIFFERENT, ALL_ALIKE, ONE_TOKEN])
@pytest.mark.parametrize("case", CASES)
def test_gradients_agree_where_every_size_differs_and_for_one_token(
    case: Any, sizes: Sizes
) -> None:
    random = Random(1)
    assert wrong(case(backward, random, sizes)) == []


# A mistake: what stands in `attnbook.backward`, what is planted instead, and
# a gradient that must be found wrong.
MISTAKES = {
    "dot gives each factor to itself": (
        "grad_x = [grad_product * entry for entry in y]",
        "grad_x = [grad_product * entry for entry in x]",
        "dot: grad_x",
    ),
    "dot forgets the upstream gradient": (
        "grad_y = [grad_product * entry for entry in x]",
        "grad_y = [entry for entry in x]",
        "dot: grad_y",
    ),
    "matmul ends on the wrong side": (
        "grad_b = _matmul(_transpose(a), grad_product)",
        "grad_b = _matmul(grad_product, _transpose(a))",
        "matmul: grad_b",
    ),
    "softmax drops the mean of its row": (
        "weight * (grad - mean)",
        "weight * grad",
        "softmax: grad_scores",
    ),
    "softmax takes the plain mean": (
        "mean = _dot(weights, grad_weights)",
        "mean = sum(grad_weights) / len(weights)",
        "softmax: grad_scores",
    ),
    "softmax keeps the diagonal of the Jacobian only": (
        "weight * (grad - mean)",
        "weight * (1 - weight) * grad",
        "softmax: grad_scores",
    ),
    "softmax has the wrong sign": (
        "weight * (grad - mean)",
        "weight * (mean - grad)",
        "softmax: grad_scores",
    ),
    "softmax is not weighted": (
        "weight * (grad - mean)",
        "grad - mean",
        "softmax: grad_scores",
    ),
    "the scale is missing": (
        "[grad / scale for grad in _softmax_backward(*rows)]",
        "_softmax_backward(*rows)",
        "scaled_dot_product_attention: grad_queries",
    ),
    "the scale is undone": (
        "[grad / scale for grad",
        "[grad * scale for grad",
        "scaled_dot_product_attention: grad_keys",
    ),
    "the scale is the width": (
        "scale = sqrt(d_k)",
        "scale = d_k",
        "scaled_dot_product_attention: grad_queries",
    ),
    "queries and keys are swapped": (
        "return grad_attn_scores, grad_queries, grad_keys",
        "return grad_attn_scores, grad_keys, grad_queries",
        "self_attention: grad_W_query",
    ),
    "the scores are not transposed for the keys": (
        "_matmul(_transpose(grad_attn_scores), queries)",
        "_matmul(grad_attn_scores, queries)",
        "self_attention: grad_W_key",
    ),
    "the weights are not transposed for the values": (
        "grad_b = _matmul(_transpose(a), grad_product)",
        "grad_b = _matmul(a, grad_product)",
        "self_attention: grad_W_value",
    ),
    "hidden keys are given a share": (
        "_, attn_weights, _ = attention",
        "_, attn_weights, _ = attention\n"
        "    attn_weights = [[w or 0.1 for w in row] for row in attn_weights]",
        "scaled_dot_product_attention: grad_keys",
    ),
    "the inputs are not used as keys": (
        "_add(_add(from_queries, from_keys), from_values)",
        "_add(from_queries, from_values)",
        "self_attention: grad_inputs",
    ),
    "the inputs are used as keys twice": (
        "_add(_add(from_queries, from_keys), from_values)",
        "_add(_add(from_keys, from_keys), from_values)",
        "multi_head_attention: grad_inputs",
    ),
    "a projection takes the gradient of another": (
        "_matmul_backward(inputs, W_key, grad_keys)",
        "_matmul_backward(inputs, W_key, grad_queries)",
        "self_attention: grad_W_key",
    ),
    "dropout forgets its scale": (
        "return _dropout(grad_mixing_weights, keep, p)",
        "return _dropout(grad_mixing_weights, keep, 0.0)",
        "causal_attention: grad_W_query",
    ),
    "dropout is not undone at all": (
        "return _dropout(grad_mixing_weights, keep, p)",
        "return grad_mixing_weights",
        "causal_attention: grad_W_query",
    ),
    "values are found by the weights before dropout": (
        "mixing_weights, values, grad_context_vecs\n    )",
        "attn_weights, values, grad_context_vecs\n    )",
        "causal_attention: grad_W_value",
    ),
    "a stacked head is forgotten": (
        "[grads.grad_inputs for grads in grad_heads]",
        "[grads.grad_inputs for grads in grad_heads[:1]]",
        "stacked_heads: grad_inputs",
    ),
    "a stacked head takes its neighbour's columns": (
        "start = stop",
        "start = 0",
        "stacked_heads: head 1: grad_W_value",
    ),
    "a head is forgotten": (
        "map(_merge_heads, grads)",
        "(_merge_heads([g[0], [[0.0] * len(g[1][0])] * len(g[1]), *g[2:]])"
        " for g in grads)",
        "multi_head_attention: grad_W_value",
    ),
    "the heads change places": (
        "map(_merge_heads, grads)",
        "(_merge_heads(g[::-1]) for g in grads)",
        "multi_head_attention: grad_W_query",
    ),
    "the bias is summed over the wrong axis": (
        "[sum(column) for column in _transpose(grad_context_vecs)]",
        "[sum(row) for row in grad_context_vecs]",
        "multi_head_attention: grad_b_out",
    ),
    "the bias is averaged": (
        "[sum(column) for column in",
        "[sum(column) / len(column) for column in",
        "multi_head_attention: grad_b_out",
    ),
    "a projection is not transposed": (
        "grad_a = _matmul(grad_product, _transpose(b))",
        "grad_a = _matmul(grad_product, b)",
        "self_attention: grad_inputs",
    ),
}


FROM_BACKWARD = r"from attnbook\.backward\S* import (\([^)]*\)|.*)\n"


def planted(right: str, mistake: str) -> ModuleType:
    """The backward pass with a mistake in it."""
    folder = Path(str(backward.__file__)).parent
    names = ("vectors", "simple", "trainable", "causal", "multihead")
    files = [folder / f"{name}.py" for name in names]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert source.count(right) == 1, right
    # one module, so that all of it calls the mistake
    source = re.sub(FROM_BACKWARD, "", source)
    module = ModuleType("attnbook.backward")
    exec(source.replace(right, mistake), vars(module))  # noqa: S102 - ours
    return module


@pytest.mark.parametrize(
    ("right", "mistake", "gradient"), MISTAKES.values(), ids=MISTAKES
)
def test_the_check_finds_every_planted_mistake(
    right: str, mistake: str, gradient: str
) -> None:
    (case,) = [
        case
        for case in CASES
        if case.__name__ == f"of_{gradient.split(':', 1)[0]}"
    ]
    random = Random(1)
    # no shape gives the mistake away
    found = wrong(case(planted(right, mistake), random, ALL_ALIKE))
    assert gradient in found


def test_an_upstream_of_ones_misses_what_it_misses() -> None:
    """Each sums a row that is 0 for ones; the drawn upstream finds all."""
    weights = softmax([0.5, -1.0, 2.0, 0.0])
    missed = {
        name
        for name, (right, mistake, gradient) in MISTAKES.items()
        if gradient.startswith("softmax")
        and agree(
            [0.0] * 4,  # the gradient of a sum that is 1 whatever the scores
            planted(right, mistake).softmax_backward(weights, [1.0] * 4),
        )
    }
    assert missed == {
        "softmax takes the plain mean",
        "softmax has the wrong sign",
        "softmax is not weighted",
    }


@pytest.mark.parametrize("case", TORCH["cases"], ids=lambda case: case["of"])
def test_every_entry_is_what_torch_stores(case: dict[str, Any]) -> None:
    arguments, upstream = dict(case["arguments"]), case["upstream"]
    attention: Any
    grads: Any
    match case["of"]:
        case "scaled_dot_product_attention":
            attention = scaled_dot_product_attention(
                **arguments, mask=case["mask"]
            )
            grads = backward.scaled_dot_product_attention_backward(
                **arguments,
                attention=attention,
                grad_context_vecs=upstream,
            )
        case "multi_head_attention":
            inputs = arguments.pop("inputs")
            layer = MultiHead(**arguments, num_heads=case["num_heads"])
            attention = multi_head_attention(
                inputs, layer, causal=case["causal"]
            )
            grads = backward.multi_head_attention_backward(
                inputs, layer, attention, upstream
            )
        case "self_attention":
            inputs = arguments.pop("inputs")
            projections = Projections(**arguments)
            attention = self_attention(inputs, projections)
            grads = backward.self_attention_backward(
                inputs, projections, attention, upstream
            )
        case "causal_attention":
            inputs = arguments.pop("inputs")
            projections = Projections(**arguments)
            keep, p = case["keep"], case["p"]
            attention = causal_attention(inputs, projections, keep, p)
            grads = backward.causal_attention_backward(
                inputs, projections, attention, upstream, keep, p
            )
    assert agree(case["context_vecs"], attention.context_vecs)
    for name, expected in case["gradients"].items():
        assert agree(expected, getattr(grads, name)), name


@given(st.integers(1, 9), st.integers(0, 2**32))
def test_softmax_backward_is_the_jacobian_times_the_gradient(
    n: int, seed: int
) -> None:
    random = Random(seed)
    weights, upstream = softmax(draw_row(random, n)), draw_row(random, n)
    jacobian = backward.softmax_jacobian(weights)
    expected = [dot(row, upstream) for row in transpose(jacobian)]
    actual = backward.softmax_backward(weights, upstream)
    assert agree(expected, actual)
    assert abs(sum(actual)) <= 1e-14  # a dozen roundings of numbers below 1


def test_a_hidden_key_gets_no_gradient_at_all() -> None:
    random = Random(7)
    queries, keys = draw(random, 2, 3), draw(random, 4, 3)
    values = draw(random, 4, 2)
    mask = [[False, True, False, False], [False, True, True, False]]
    attention = scaled_dot_product_attention(queries, keys, values, mask)
    grads = backward.scaled_dot_product_attention_backward(
        queries, keys, values, attention, draw(random, 2, 2)
    )
    for hidden, row in zip(mask, grads.grad_attn_scores, strict=True):
        assert [entry == 0 for entry in row] == hidden
    assert grads.grad_keys[1] == [0, 0, 0]
    assert grads.grad_values[1] == [0, 0]


def test_keys_and_values_that_a_batch_shares_get_the_sum() -> None:
    """Two batches of queries on one set of keys and values."""
    generator = np.random.default_rng(0)
    queries = generator.uniform(-1, 1, (2, 3, 4, 5))
    keys, values = (generator.uniform(-1, 1, (6, d)) for d in (5, 7))
    upstream = generator.uniform(-1, 1, (2, 3, 4, 7))
    sdpa_backward = on_arrays.scaled_dot_product_attention_backward
    shared = sdpa_backward(
        queries, keys, values, sdpa(queries, keys, values), upstream
    )
    own_keys, own_values = (
        np.broadcast_to(x, (2, 3, *x.shape)) for x in (keys, values)
    )
    attention = sdpa(queries, own_keys, own_values)
    each = sdpa_backward(queries, own_keys, own_values, attention, upstream)
    for expected, actual in (
        (each.grad_queries, shared.grad_queries),
        (each.grad_keys.sum((0, 1)), shared.grad_keys),
        (each.grad_values.sum((0, 1)), shared.grad_values),
    ):
        assert expected.shape == actual.shape
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)
