"""The backward pass of trainable attention, in NumPy (section 3.4).

The twin of `attnbook.backward.trainable`.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import (
    Array,
    require_batch,
    require_shape,
    sum_to,
)
from attnbook.arrays._validate import (
    as_finite,
    as_gradient,
    as_product,
    as_rows_of,
    as_scores,
    as_weights,
)
from attnbook.arrays.backward.simple import softmax_backward
from attnbook.arrays.backward.vectors import matmul_backward
from attnbook.arrays.trainable import (
    Projections,
    ScaledDotProductAttention,
    SelfAttention,
)
from attnbook.require import require_count, require_list


class ScaledDotProductAttentionGradients(NamedTuple):
    """Every gradient of `scaled_dot_product_attention`, steps included."""

    grad_attn_weights: Array
    """`(..., n_q, n_k)`."""
    grad_attn_scores: Array
    """`(..., n_q, n_k)`; rows sum to 0, a hidden key's entry is 0."""
    grad_queries: Array
    """`(..., n_q, d_k)`."""
    grad_keys: Array
    """`(..., n_k, d_k)`."""
    grad_values: Array
    """`(..., n_k, d_v)`."""


class SelfAttentionGradients(NamedTuple):
    """The gradients of `self_attention`, `causal_attention`, `project`."""

    grad_inputs: Array
    """`(..., n, d_in)`."""
    grad_W_query: Array
    """`(d_in, d_k)`, summed over the batch."""
    grad_W_key: Array
    """`(d_in, d_k)`, summed over the batch."""
    grad_W_value: Array
    """`(d_in, d_v)`, summed over the batch."""


@guarded
def scaled_softmax_backward(
    d_k: int, attn_weights: npt.ArrayLike, grad_attn_weights: npt.ArrayLike
) -> Array:
    """Take the gradient back through the softmax, then through the scale.

    Examples:
        >>> scaled_softmax_backward(4, [[0.75, 0.25]], [[0.0, 1.0]])
        array([[-0.09375,  0.09375]])
    """
    require_count("d_k", d_k)
    weights = as_finite("attn_weights", attn_weights, ndim=2)
    grad = as_gradient("grad_attn_weights", grad_attn_weights, weights.shape)
    # forward: attn_weights = softmax(attn_scores / sqrt(d_k))
    return softmax_backward(weights, grad) / sqrt(d_k)


@guarded
def query_key_backward(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    attn_weights: npt.ArrayLike,
    grad_attn_weights: npt.ArrayLike,
) -> tuple[Array, Array, Array]:
    """Take the gradient back from the weights to the queries and keys.

    Examples:
        >>> query_key_backward(
        ...     [[2.0]], [[1.0], [5.0]], [[0.5, 0.5]], [[0.0, 1.0]]
        ... )[0]
        array([[-0.25,  0.25]])
    """
    queries = as_finite("queries", queries, ndim=2)
    keys = as_finite("keys", keys, ndim=2)
    attn_weights = as_finite("attn_weights", attn_weights, ndim=2)
    n_q, d_k, n_k = *queries.shape[-2:], keys.shape[-2]
    require_shape("keys", keys, (*keys.shape[:-1], d_k))
    batch = attn_weights.shape[:-2]
    require_batch(
        ("queries", queries.shape[:-2]),
        ("keys", keys.shape[:-2]),
        ("attn_weights", batch),
    )
    require_shape("attn_weights", attn_weights, (*batch, n_q, n_k))
    # forward: attn_weights = scaled_softmax(attn_scores, d_k)
    grad_attn_scores = scaled_softmax_backward(
        d_k, attn_weights, grad_attn_weights
    )  # (..., n_q, n_k)

    # forward: attn_scores = queries @ keys.swapaxes(-1, -2)
    grad_queries = grad_attn_scores @ keys  # (..., n_q, n_k) @ (..., n_k, d_k)
    grad_keys = grad_attn_scores.swapaxes(-1, -2) @ queries  # (..., n_k, d_k)
    return (
        grad_attn_scores,
        sum_to(queries.shape, grad_queries),
        sum_to(keys.shape, grad_keys),
    )


@guarded
def scaled_dot_product_attention_backward(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    attention: ScaledDotProductAttention,
    grad_context_vecs: npt.ArrayLike,
) -> ScaledDotProductAttentionGradients:
    """Take the gradient back from the context vectors to Q, K and V.

    Examples:
        >>> from attnbook.arrays.trainable import scaled_dot_product_attention
        >>> queries, keys, values = [[0.0]], [[1.0], [5.0]], [[2.0], [4.0]]
        >>> attention = scaled_dot_product_attention(queries, keys, values)
        >>> scaled_dot_product_attention_backward(
        ...     queries, keys, values, attention, grad_context_vecs=[[1.0]]
        ... ).grad_values
        array([[0.5],
               [0.5]])
    """
    require_list("attention", attention, "steps", length=3)
    attn_weights = as_finite("attn_weights", attention[1], ndim=2)
    values = as_finite("values", values, ndim=2)
    grad_context_vecs = as_product(
        ("grad_context_vecs", grad_context_vecs),
        ("attn_weights", attn_weights),
        ("values", values),
    )
    _require_steps(attention, attn_weights.shape, grad_context_vecs.shape)
    # forward: context_vecs = attn_weights @ values
    grad_attn_weights, grad_values = matmul_backward(
        attn_weights, values, grad_context_vecs
    )  # (..., n_q, n_k), (..., n_k, d_v)

    # forward: attn_weights = the softmax of what each query finds in the keys
    grad_attn_scores, grad_queries, grad_keys = query_key_backward(
        queries, keys, attn_weights, grad_attn_weights
    )  # (..., n_q, n_k), (..., n_q, d_k), (..., n_k, d_k)
    return ScaledDotProductAttentionGradients(
        grad_attn_weights,
        grad_attn_scores,
        grad_queries,
        grad_keys,
        grad_values,
    )


def _require_steps(
    attention: Sequence[Array],
    of_scores: tuple[int, ...],
    of_context_vecs: tuple[int, ...],
) -> None:
    """Refuse scores, first, and context vectors, last, of another shape."""
    attn_scores = as_scores("attn_scores", attention[0], ndim=2)
    require_shape("attn_scores", attn_scores, of_scores)
    as_gradient("context_vecs", attention[-1], of_context_vecs)


@guarded
def project_backward(
    inputs: npt.ArrayLike,
    projections: Projections,
    grad_queries: npt.ArrayLike,
    grad_keys: npt.ArrayLike,
    grad_values: npt.ArrayLike,
) -> SelfAttentionGradients:
    """Take the gradient back from Q, K and V to the inputs and the weights.

    Examples:
        >>> projections = Projections([[10]], [[100]], [[1000]])
        >>> grads = project_backward([[2]], projections, [[1]], [[1]], [[1]])
        >>> grads.grad_inputs
        array([[1110.]])
    """
    require_list("projections", projections, "matrices", length=3)
    inputs = as_finite("inputs", inputs, ndim=2)
    d_in = inputs.shape[-1]
    W_query = as_weights("W_query", projections[0], d_in)
    W_key = as_weights("W_key", projections[1], d_in)
    W_value = as_weights("W_value", projections[2], d_in)
    grad_queries = as_product(
        ("grad_queries", grad_queries),
        ("inputs", inputs),
        ("W_query", W_query),
    )
    grad_keys = as_product(
        ("grad_keys", grad_keys), ("inputs", inputs), ("W_key", W_key)
    )
    grad_values = as_product(
        ("grad_values", grad_values), ("inputs", inputs), ("W_value", W_value)
    )
    # forward: queries = inputs @ W_query
    from_queries, grad_W_query = matmul_backward(inputs, W_query, grad_queries)
    # forward: keys = inputs @ W_key
    from_keys, grad_W_key = matmul_backward(inputs, W_key, grad_keys)
    # forward: values = inputs @ W_value
    from_values, grad_W_value = matmul_backward(inputs, W_value, grad_values)
    # the inputs are used three times
    grad_inputs = from_queries + from_keys + from_values  # (..., n, d_in)
    return SelfAttentionGradients(
        grad_inputs, grad_W_query, grad_W_key, grad_W_value
    )


@guarded
def self_attention_backward(
    inputs: npt.ArrayLike,
    projections: Projections,
    attention: SelfAttention,
    grad_context_vecs: npt.ArrayLike,
) -> SelfAttentionGradients:
    """Take the gradient back from the context vectors to inputs and weights.

    Examples:
        >>> from attnbook.arrays.trainable import self_attention
        >>> projections = Projections([[1.0]], [[3.0]], [[5.0]])
        >>> attention = self_attention([[2.0]], projections)
        >>> self_attention_backward(
        ...     [[2.0]], projections, attention, grad_context_vecs=[[1.0]]
        ... ).grad_W_value
        array([[2.]])
    """
    require_list("attention", attention, "steps", length=6)
    queries, keys, values, *steps = attention
    as_rows_of(inputs, "queries", queries)
    # forward: attention = scaled_dot_product_attention(queries, keys, values)
    grads = scaled_dot_product_attention_backward(
        queries,
        keys,
        values,
        ScaledDotProductAttention(*steps),
        grad_context_vecs,
    )
    # forward: queries, keys, values = project(inputs, projections)
    return project_backward(
        inputs,
        projections,
        grads.grad_queries,
        grads.grad_keys,
        grads.grad_values,
    )
