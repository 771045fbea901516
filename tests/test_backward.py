"""The backward pass on lists: every entry of every gradient."""

from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnbook import backward
from attnbook.simple import softmax
from tests.gradient_cases import (
    ALL_ALIKE,
    ALL_DIFFERENT,
    CASES,
    ONE_TOKEN,
    SIZES,
    Sizes,
    agree,
    wrong,
)


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
        "grad_b = matmul(transpose(a), grad_product)",
        "grad_b = matmul(grad_product, transpose(a))",
        "matmul: grad_b",
    ),
    "softmax drops the mean of its row": (
        "weight * (grad - mean)",
        "weight * grad",
        "softmax: grad_scores",
    ),
    "softmax takes the plain mean": (
        "mean = dot(weights, grad_weights)",
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
        "[grad / scale for grad in softmax_backward(*rows)]",
        "softmax_backward(*rows)",
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
        "matmul(transpose(grad_attn_scores), queries)",
        "matmul(grad_attn_scores, queries)",
        "self_attention: grad_W_key",
    ),
    "the weights are not transposed for the values": (
        "grad_b = matmul(transpose(a), grad_product)",
        "grad_b = matmul(a, grad_product)",
        "self_attention: grad_W_value",
    ),
    "hidden keys are given a share": (
        "_, attn_weights, _ = attention",
        "_, attn_weights, _ = attention\n"
        "    attn_weights = [[w or 0.1 for w in row] for row in attn_weights]",
        "scaled_dot_product_attention: grad_keys",
    ),
    "the inputs are not used as keys": (
        "add(add(from_queries, from_keys), from_values)",
        "add(from_queries, from_values)",
        "self_attention: grad_inputs",
    ),
    "the inputs are used as keys twice": (
        "add(add(from_queries, from_keys), from_values)",
        "add(add(from_keys, from_keys), from_values)",
        "multi_head_attention: grad_inputs",
    ),
    "a projection takes the gradient of another": (
        "matmul_backward(inputs, W_key, grad_keys)",
        "matmul_backward(inputs, W_key, grad_queries)",
        "self_attention: grad_W_key",
    ),
    "dropout forgets its scale": (
        "return dropout(grad_mixing_weights, keep, p)",
        "return dropout(grad_mixing_weights, keep, 0.0)",
        "causal_attention: grad_W_query",
    ),
    "dropout is not undone at all": (
        "return dropout(grad_mixing_weights, keep, p)",
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
        "map(merge_heads, grads)",
        "(merge_heads([g[0], [[0.0] * len(g[1][0])] * len(g[1]), *g[2:]])"
        " for g in grads)",
        "multi_head_attention: grad_W_value",
    ),
    "the heads change places": (
        "map(merge_heads, grads)",
        "(merge_heads(g[::-1]) for g in grads)",
        "multi_head_attention: grad_W_query",
    ),
    "the bias is summed over the wrong axis": (
        "[sum(column) for column in transpose(grad_context_vecs)]",
        "[sum(row) for row in grad_context_vecs]",
        "multi_head_attention: grad_b_out",
    ),
    "the bias is averaged": (
        "[sum(column) for column in",
        "[sum(column) / len(column) for column in",
        "multi_head_attention: grad_b_out",
    ),
    "a projection is not transposed": (
        "grad_a = matmul(grad_product, transpose(b))",
        "grad_a = matmul(grad_product, b)",
        "self_attention: grad_inputs",
    ),
}


def planted(right: str, mistake: str) -> ModuleType:
    """The backward pass with a mistake in it."""
    source = Path(backward.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1, right
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
