"""The backward pass, in NumPy (sections 3.3 to 3.6).

The twin of `attnbook.backward`; `...` stands for any leading batch
dimensions. A gradient has the shape of what it is the gradient of: what the
whole batch shares, as weights are, gets the sum over the batch.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._validate import (
    Array,
    as_finite,
    as_weights,
    check_batch,
)
from attnbook.arrays.causal import CausalAttention, dropout
from attnbook.arrays.multihead import (
    MultiHead,
    MultiHeadAttention,
    StackedHeads,
    merge_heads,
    split_heads,
)
from attnbook.arrays.trainable import (
    Projections,
    ScaledDotProductAttention,
    SelfAttention,
)
from attnbook.require import require_count, require_dropout, require_list


class DotGradients(NamedTuple):
    """The gradients of a dot product."""

    grad_x: Array
    """`(..., d)`."""
    grad_y: Array
    """`(..., d)`."""


class MatmulGradients(NamedTuple):
    """The gradients of a matrix product."""

    grad_a: Array
    """`(..., n, m)`."""
    grad_b: Array
    """`(..., m, p)`."""


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


class StackedHeadsGradients(NamedTuple):
    """The gradients of `stacked_heads`."""

    grad_inputs: Array
    """`(..., n, d_in)`: every head's share, added up."""
    grad_heads: list[SelfAttentionGradients]
    """Every gradient of each head, its share in `grad_inputs` included."""


class OutputProjectionGradients(NamedTuple):
    """The gradients of `output_projection`."""

    grad_vectors: Array
    """`(..., n, d_in)`."""
    grad_W_out: Array
    """`(d_in, d_out)`, summed over the batch."""
    grad_b_out: Array
    """`(d_out,)`, summed over the batch."""


class MultiHeadAttentionGradients(NamedTuple):
    """The gradients of `multi_head_attention`."""

    grad_inputs: Array
    """`(..., n, d_in)`."""
    grad_W_query: Array
    """`(d_in, d_out)`, summed over the batch."""
    grad_W_key: Array
    """`(d_in, d_out)`, summed over the batch."""
    grad_W_value: Array
    """`(d_in, d_out)`, summed over the batch."""
    grad_W_out: Array
    """`(d_out, d_out)`, summed over the batch."""
    grad_b_out: Array
    """`(d_out,)`, summed over the batch."""


def _check_shape(name: str, array: Array, wanted: tuple[int, ...]) -> None:
    """Refuse an array of another shape."""
    if array.shape != wanted:
        raise ValueError(f"{name} must be {wanted}, got {array.shape}")


def _as_gradient(
    name: str, value: npt.ArrayLike, wanted: tuple[int, ...]
) -> Array:
    """Convert a gradient: finite, in the shape of what it belongs to."""
    grad = as_finite(name, value, ndim=len(wanted))
    _check_shape(name, grad, wanted)
    return grad


def _as_product(
    grad_name: str, value: npt.ArrayLike, **factors: Array
) -> Array:
    """Convert the gradient of `a @ b`, and refuse factors that do not fit."""
    (a_name, a), (b_name, b) = factors.items()
    n, m, p = *a.shape[-2:], b.shape[-1]
    _check_shape(b_name, b, (*b.shape[:-2], m, p))
    check_batch((a_name, a.shape[:-2]), (b_name, b.shape[:-2]))
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return _as_gradient(grad_name, value, (*batch, n, p))


def _sum_to(shape: tuple[int, ...], grad: Array) -> Array:
    """Add up what was broadcast: every use of an entry has its share."""
    leading = grad.ndim - len(shape)
    shared = tuple(i for i, size in enumerate(shape) if size == 1)
    grad = grad.sum(axis=tuple(range(leading)))
    total: Array = grad.sum(axis=shared, keepdims=True)
    return total


def dot_backward(
    x: npt.ArrayLike, y: npt.ArrayLike, grad_product: npt.ArrayLike
) -> DotGradients:
    """Give each factor what the other one was, times the gradient.

    `x (..., d), y (..., d), grad_product (...) -> grad_x (..., d),
    grad_y (..., d)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is not
            finite.

    Examples:
        >>> dot_backward([1, 2], [3, 4], grad_product=1).grad_x
        array([3., 4.])
    """
    x = as_finite("x", x, ndim=1)
    y = as_finite("y", y, ndim=1)
    check_batch(("x", x.shape[:-1]), ("y", y.shape[:-1]))
    _check_shape("y", y, (*y.shape[:-1], x.shape[-1]))
    batch = np.broadcast_shapes(x.shape, y.shape)[:-1]
    grad_product = _as_gradient("grad_product", grad_product, batch)
    # forward: product = (x * y).sum(axis=-1)
    grad_x = grad_product[..., np.newaxis] * y  # (..., 1) * (..., d)
    grad_y = grad_product[..., np.newaxis] * x  # (..., 1) * (..., d)
    return DotGradients(_sum_to(x.shape, grad_x), _sum_to(y.shape, grad_y))


def matmul_backward(
    a: npt.ArrayLike, b: npt.ArrayLike, grad_product: npt.ArrayLike
) -> MatmulGradients:
    """Give each factor the other one, transposed, times the gradient.

    `a (..., n, m), b (..., m, p), grad_product (..., n, p) ->
    grad_a (..., n, m), grad_b (..., m, p)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        Two matrices share one factor, whose gradients add up:

        >>> a, b = [[[1, 2]], [[10, 20]]], [[3], [4]]
        >>> matmul_backward(a, b, grad_product=[[[1]], [[1]]]).grad_b
        array([[11.],
               [22.]])
    """
    a = as_finite("a", a, ndim=2)
    b = as_finite("b", b, ndim=2)
    grad_product = _as_product("grad_product", grad_product, a=a, b=b)
    # forward: product = a @ b
    grad_a = grad_product @ b.swapaxes(-1, -2)  # (..., n, p) @ (..., p, m)
    grad_b = a.swapaxes(-1, -2) @ grad_product  # (..., m, n) @ (..., n, p)
    return MatmulGradients(_sum_to(a.shape, grad_a), _sum_to(b.shape, grad_b))


def softmax_jacobian(weights: npt.ArrayLike) -> Array:
    """Say how every weight answers to every score.

    `weights (..., n) -> (..., n, n)`. Rows and columns sum to 0.

    Raises:
        ValueError: If the weights are empty or not finite.

    Examples:
        >>> softmax_jacobian([0.5, 0.5])
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
    """
    weights = as_finite("weights", weights, ndim=1)
    w_i, w_j = weights[..., np.newaxis], weights[..., np.newaxis, :]
    jacobian: Array = w_i * (np.eye(weights.shape[-1]) - w_j)
    return jacobian


def softmax_backward(
    weights: npt.ArrayLike, grad_weights: npt.ArrayLike
) -> Array:
    """Compare each weight's gradient with the mean gradient of its row.

    `weights (..., n), grad_weights (..., n) -> grad_scores (..., n)`, whose
    rows sum to 0.

    Raises:
        ValueError: If the shapes differ, or anything is empty or not finite.

    Examples:
        >>> softmax_backward([0.75, 0.25], grad_weights=[0.0, 1.0])
        array([-0.1875,  0.1875])
    """
    weights = as_finite("weights", weights, ndim=1)
    grad_weights = _as_gradient("grad_weights", grad_weights, weights.shape)
    # forward: weights = exps / exps.sum(axis=-1, keepdims=True)
    mean: Array = (weights * grad_weights).sum(axis=-1, keepdims=True)
    return weights * (grad_weights - mean)  # (..., n)


def scaled_softmax_backward(
    d_k: int, attn_weights: npt.ArrayLike, grad_attn_weights: npt.ArrayLike
) -> Array:
    """Take the gradient back through the softmax, then through the scale.

    `attn_weights (..., n_q, n_k), grad_attn_weights (..., n_q, n_k) ->
    grad_attn_scores (..., n_q, n_k)`, whose rows sum to 0.

    Raises:
        ValueError: If `d_k` is not an integer of 1 or more, the shapes
            differ, or anything is empty, ragged or not finite.

    Examples:
        >>> scaled_softmax_backward(4, [[0.75, 0.25]], [[0.0, 1.0]])
        array([[-0.09375,  0.09375]])
    """
    require_count("d_k", d_k)
    weights = as_finite("attn_weights", attn_weights, ndim=2)
    grad = _as_gradient("grad_attn_weights", grad_attn_weights, weights.shape)
    # forward: attn_weights = softmax(attn_scores / sqrt(d_k))
    return softmax_backward(weights, grad) / sqrt(d_k)


def query_key_backward(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    attn_weights: npt.ArrayLike,
    grad_attn_weights: npt.ArrayLike,
) -> tuple[Array, Array, Array]:
    """Take the gradient back from the weights to the queries and keys.

    `queries (..., n_q, d_k), keys (..., n_k, d_k),
    attn_weights (..., n_q, n_k), grad_attn_weights (..., n_q, n_k) ->
    grad_attn_scores (..., n_q, n_k), grad_queries (..., n_q, d_k),
    grad_keys (..., n_k, d_k)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

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
    _check_shape("keys", keys, (*keys.shape[:-1], d_k))
    batch = attn_weights.shape[:-2]
    check_batch(
        ("queries", queries.shape[:-2]),
        ("keys", keys.shape[:-2]),
        ("attn_weights", batch),
    )
    _check_shape("attn_weights", attn_weights, (*batch, n_q, n_k))
    # forward: attn_weights = scaled_softmax(attn_scores, d_k)
    grad_attn_scores = scaled_softmax_backward(
        d_k, attn_weights, grad_attn_weights
    )  # (..., n_q, n_k)

    # forward: attn_scores = queries @ keys.swapaxes(-1, -2)
    grad_queries = grad_attn_scores @ keys  # (..., n_q, n_k) @ (..., n_k, d_k)
    grad_keys = grad_attn_scores.swapaxes(-1, -2) @ queries  # (..., n_k, d_k)
    return (
        grad_attn_scores,
        _sum_to(queries.shape, grad_queries),
        _sum_to(keys.shape, grad_keys),
    )


def scaled_dot_product_attention_backward(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    attention: ScaledDotProductAttention,
    grad_context_vecs: npt.ArrayLike,
) -> ScaledDotProductAttentionGradients:
    """Take the gradient back from the context vectors to Q, K and V.

    `queries (..., n_q, d_k), keys (..., n_k, d_k), values (..., n_k, d_v),
    grad_context_vecs (..., n_q, d_v) -> grad_queries (..., n_q, d_k),
    grad_keys (..., n_k, d_k), grad_values (..., n_k, d_v)`, and the steps
    between.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        >>> from attnbook.arrays.trainable import scaled_dot_product_attention
        >>> queries, keys, values = [[0.0]], [[1.0], [5.0]], [[2.0], [4.0]]
        >>> attention = scaled_dot_product_attention(queries, keys, values)
        >>> scaled_dot_product_attention_backward(
        ...     queries, keys, values, attention, grad_context_vecs=[[1.0]]
        ... ).grad_values
        array([[0.5],
               [0.5]])

    Book: section 3.4.1 has the forward pass.
    """
    require_list("attention", attention, "steps", length=3)
    attn_weights = as_finite("attn_weights", attention[1], ndim=2)
    values = as_finite("values", values, ndim=2)
    grad_context_vecs = _as_product(
        "grad_context_vecs",
        grad_context_vecs,
        attn_weights=attn_weights,
        values=values,
    )
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


def project_backward(
    inputs: npt.ArrayLike,
    projections: Projections,
    grad_queries: npt.ArrayLike,
    grad_keys: npt.ArrayLike,
    grad_values: npt.ArrayLike,
) -> SelfAttentionGradients:
    """Take the gradient back from Q, K and V to the inputs and the weights.

    `inputs (..., n, d_in), grad_queries (..., n, d_k),
    grad_keys (..., n, d_k), grad_values (..., n, d_v) ->
    grad_inputs (..., n, d_in), grad_W_query (d_in, d_k),
    grad_W_key (d_in, d_k), grad_W_value (d_in, d_v)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        >>> projections = Projections([[10]], [[100]], [[1000]])
        >>> grads = project_backward([[2]], projections, [[1]], [[1]], [[1]])
        >>> grads.grad_inputs
        array([[1110.]])

    Book: section 3.4.1 has the forward pass.
    """
    require_list("projections", projections, "matrices", length=3)
    inputs = as_finite("inputs", inputs, ndim=2)
    d_in = inputs.shape[-1]
    W_query = as_weights("W_query", projections[0], d_in)
    W_key = as_weights("W_key", projections[1], d_in)
    W_value = as_weights("W_value", projections[2], d_in)
    grad_queries = _as_product(
        "grad_queries", grad_queries, inputs=inputs, W_query=W_query
    )
    grad_keys = _as_product("grad_keys", grad_keys, inputs=inputs, W_key=W_key)
    grad_values = _as_product(
        "grad_values", grad_values, inputs=inputs, W_value=W_value
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


def self_attention_backward(
    inputs: npt.ArrayLike,
    projections: Projections,
    attention: SelfAttention,
    grad_context_vecs: npt.ArrayLike,
) -> SelfAttentionGradients:
    """Take the gradient back from the context vectors to inputs and weights.

    `inputs (..., n, d_in), grad_context_vecs (..., n, d_v) ->
    grad_inputs (..., n, d_in), grad_W_query (d_in, d_k),
    grad_W_key (d_in, d_k), grad_W_value (d_in, d_v)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        >>> from attnbook.arrays.trainable import self_attention
        >>> projections = Projections([[1.0]], [[3.0]], [[5.0]])
        >>> attention = self_attention([[2.0]], projections)
        >>> self_attention_backward(
        ...     [[2.0]], projections, attention, grad_context_vecs=[[1.0]]
        ... ).grad_W_value
        array([[2.]])

    Book: section 3.4.2 has the forward pass.
    """
    require_list("attention", attention, "steps", length=6)
    queries, keys, values, *steps = attention
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


def dropout_backward(
    keep: npt.ArrayLike, p: float, grad_mixing_weights: npt.ArrayLike
) -> Array:
    """Drop the gradients of the weights that were dropped, scale the rest.

    `keep (..., n_q, n_k), grad_mixing_weights (..., n_q, n_k) ->
    grad_attn_weights (..., n_q, n_k)`.

    Raises:
        ValueError: As `dropout` does.

    Examples:
        >>> dropout_backward([[False, True]], 0.5, [[3.0, 4.0]])
        array([[0., 8.]])

    Book: section 3.5.2 has the forward pass.
    """
    grad_mixing_weights = as_finite(
        "grad_mixing_weights", grad_mixing_weights, ndim=2
    )
    # forward: mixing_weights = dropout(attn_weights, keep, p)
    return dropout(grad_mixing_weights, keep, p)


def causal_attention_backward(
    inputs: npt.ArrayLike,
    projections: Projections,
    attention: CausalAttention,
    grad_context_vecs: npt.ArrayLike,
    keep: npt.ArrayLike | None = None,
    p: float = 0.0,
) -> SelfAttentionGradients:
    """Take the gradient back through dropout, too; `keep` and `p` as before.

    `inputs (..., n, d_in), grad_context_vecs (..., n, d_v),
    keep (..., n, n) -> grad_inputs (..., n, d_in),
    grad_W_query (d_in, d_k), grad_W_key (d_in, d_k),
    grad_W_value (d_in, d_v)`.

    Raises:
        ValueError: If weights were dropped but `keep` is missing, the shapes
            do not fit together, or anything is empty, ragged or not finite.

    Examples:
        >>> from attnbook.arrays.causal import causal_attention
        >>> inputs = [[1.0], [4.0]]
        >>> projections = Projections([[1.0]], [[1.0]], [[1.0]])
        >>> attention = causal_attention(inputs, projections)
        >>> causal_attention_backward(
        ...     inputs, projections, attention, [[1.0], [0.0]]
        ... ).grad_inputs
        array([[1.],
               [0.]])

    Book: section 3.5.3 has the forward pass.
    """
    require_list("attention", attention, "steps", length=7)
    queries, keys, values, _, attn_weights, mixing_weights, _ = attention
    require_dropout(p, keep)
    if keep is None and not np.array_equal(mixing_weights, attn_weights):
        raise ValueError("keep must be given: attention dropped some weights")
    attn_weights = as_finite("attn_weights", attn_weights, ndim=2)
    mixing_weights = as_finite("mixing_weights", mixing_weights, ndim=2)
    values = as_finite("values", values, ndim=2)
    grad_context_vecs = _as_product(
        "grad_context_vecs",
        grad_context_vecs,
        mixing_weights=mixing_weights,
        values=values,
    )
    # forward: context_vecs = mixing_weights @ values
    grad_mixing_weights, grad_values = matmul_backward(
        mixing_weights, values, grad_context_vecs
    )  # (..., n, n), (..., n, d_v)

    # forward: mixing_weights = dropout(attn_weights, keep, p)
    grad_attn_weights = grad_mixing_weights  # (..., n, n)
    if keep is not None:
        grad_attn_weights = _sum_to(
            attn_weights.shape, dropout_backward(keep, p, grad_mixing_weights)
        )

    # forward: attn_weights = the softmax of what each query finds in the keys
    _, grad_queries, grad_keys = query_key_backward(
        queries, keys, attn_weights, grad_attn_weights
    )  # (..., n, d_k)

    # forward: queries, keys, values = project(inputs, projections)
    return project_backward(
        inputs, projections, grad_queries, grad_keys, grad_values
    )


def stacked_heads_backward(
    inputs: npt.ArrayLike,
    heads: Sequence[Projections],
    attention: StackedHeads,
    grad_context_vecs: npt.ArrayLike,
) -> StackedHeadsGradients:
    """Give each head its columns of the gradient, add up what comes back.

    `inputs (..., n, d_in), grad_context_vecs (..., n, h * d_v) ->
    grad_inputs (..., n, d_in)`, and the gradients of each of the `h` heads.

    Raises:
        ValueError: If the heads and their attentions differ in number, the
            shapes do not fit together, or anything is empty, ragged or not
            finite.

    Examples:
        >>> from attnbook.arrays.multihead import stacked_heads
        >>> first = Projections([[1.0]], [[1.0]], [[10.0]])
        >>> second = Projections([[1.0]], [[1.0]], [[100.0]])
        >>> attention = stacked_heads([[5.0]], [first, second])
        >>> stacked_heads_backward(
        ...     [[5.0]], [first, second], attention, [[1.0, 1.0]]
        ... ).grad_inputs
        array([[110.]])

    Book: section 3.6.1 has the forward pass.
    """
    require_list("heads", heads, "projections")
    require_list("attention", attention, "steps", length=2)
    require_list("attention.heads", attention.heads, "heads", len(heads))
    inputs = as_finite("inputs", inputs, ndim=2)
    widths = [head.context_vecs.shape[-1] for head in attention.heads]
    shape = (*inputs.shape[:-1], sum(widths))
    grad = _as_gradient("grad_context_vecs", grad_context_vecs, shape)
    # forward: context_vecs = np.concatenate(context_vecs, axis=-1)
    columns = np.split(grad, np.cumsum(widths)[:-1], axis=-1)  # (..., n, d_v)

    # forward: attentions = [attend(inputs, ...) for projections in heads]
    grad_heads = [
        _head_backward(inputs, *head)
        for head in zip(heads, attention.heads, columns, strict=True)
    ]
    # the inputs are used once by every head
    grad_inputs = np.sum([grads.grad_inputs for grads in grad_heads], axis=0)
    return StackedHeadsGradients(grad_inputs, grad_heads)


def _head_backward(
    inputs: Array,
    projections: Projections,
    head: SelfAttention | CausalAttention,
    grad_context_vecs: Array,
) -> SelfAttentionGradients:
    """Take the gradient back through a head, causal or not."""
    if isinstance(head, CausalAttention):
        return causal_attention_backward(
            inputs, projections, head, grad_context_vecs
        )
    return self_attention_backward(
        inputs, projections, head, grad_context_vecs
    )


def output_projection_backward(
    vectors: npt.ArrayLike,
    W_out: npt.ArrayLike,
    grad_context_vecs: npt.ArrayLike,
) -> OutputProjectionGradients:
    """Take the gradient back through a product and a bias.

    `vectors (..., n, d_in), W_out (d_in, d_out),
    grad_context_vecs (..., n, d_out) -> grad_vectors (..., n, d_in),
    grad_W_out (d_in, d_out), grad_b_out (d_out,)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        Two vectors share one bias:

        >>> grads = output_projection_backward([[2], [3]], [[5]], [[1], [10]])
        >>> grads.grad_b_out
        array([11.])

    Book: section 3.6.2 has the forward pass.
    """
    vectors = as_finite("vectors", vectors, ndim=2)
    W_out = as_weights("W_out", W_out, rows=vectors.shape[-1])
    grad_context_vecs = _as_product(
        "grad_context_vecs", grad_context_vecs, vectors=vectors, W_out=W_out
    )
    # forward: context_vecs = vectors @ W_out + b_out
    d_out = W_out.shape[-1]
    grad_b_out = grad_context_vecs.reshape(-1, d_out).sum(axis=0)  # (d_out,)
    grad_vectors, grad_W_out = matmul_backward(
        vectors, W_out, grad_context_vecs
    )  # (..., n, d_in), (d_in, d_out)
    return OutputProjectionGradients(grad_vectors, grad_W_out, grad_b_out)


def multi_head_attention_backward(
    inputs: npt.ArrayLike,
    parameters: MultiHead,
    attention: MultiHeadAttention,
    grad_context_vecs: npt.ArrayLike,
) -> MultiHeadAttentionGradients:
    """Take the gradient back through the whole multi-head layer.

    `inputs (..., n, d_in), grad_context_vecs (..., n, d_out) ->
    grad_inputs (..., n, d_in)` and a gradient for each of the five
    parameters, in its own shape.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        >>> from attnbook.arrays.multihead import multi_head_attention
        >>> W, W_out = [[1.0, 2.0]], [[3.0], [5.0]]
        >>> parameters = MultiHead(W, W, W, W_out, [0.0], num_heads=2)
        >>> attention = multi_head_attention([[10.0]], parameters)
        >>> multi_head_attention_backward(
        ...     [[10.0]], parameters, attention, grad_context_vecs=[[1.0]]
        ... ).grad_W_value
        array([[30., 50.]])

    Book: section 3.6.2 has the forward pass.
    """
    require_list("parameters", parameters, "parameters", length=6)
    require_list("attention", attention, "steps", length=8)
    W_query, W_key, W_value, W_out, _, num_heads = parameters
    queries, keys, values, *steps, merged_context_vecs, _ = attention
    # forward: output_projection(merged_context_vecs, W_out, b_out)
    grad_merged, grad_W_out, grad_b_out = output_projection_backward(
        merged_context_vecs, W_out, grad_context_vecs
    )  # (..., n, d_out), (d_out, d_out), (d_out,)

    # forward: merged_context_vecs = merge_heads(head_context_vecs)
    grad_head_context_vecs = split_heads(grad_merged, num_heads)

    # forward: attention = scaled_dot_product_attention(..., mask)
    _, _, *grads = scaled_dot_product_attention_backward(
        queries,
        keys,
        values,
        ScaledDotProductAttention(*steps),
        grad_head_context_vecs,
    )  # each (..., h, n, head_dim)

    # forward: queries, keys, values = (split_heads(x, num_heads) for ...)
    grad_queries, grad_keys, grad_values = map(merge_heads, grads)

    # forward: projected = project(inputs, Projections(...))
    projections = Projections(W_query, W_key, W_value)
    from_projections = project_backward(
        inputs, projections, grad_queries, grad_keys, grad_values
    )
    return MultiHeadAttentionGradients(
        *from_projections, grad_W_out, grad_b_out
    )
