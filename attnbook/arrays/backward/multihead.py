"""The backward pass of several heads, in NumPy (section 3.6).

The twin of `attnbook.backward.multihead`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._validate import (
    Array,
    as_finite,
    as_gradient,
    as_product,
    as_weights,
    require_multi_head,
)
from attnbook.arrays.backward.causal import causal_attention_backward
from attnbook.arrays.backward.trainable import (
    SelfAttentionGradients,
    project_backward,
    scaled_dot_product_attention_backward,
    self_attention_backward,
)
from attnbook.arrays.backward.vectors import matmul_backward
from attnbook.arrays.causal import CausalAttention
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
from attnbook.require import require_list


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


@guarded
def stacked_heads_backward(
    inputs: npt.ArrayLike,
    heads: Sequence[Projections],
    attention: StackedHeads,
    grad_context_vecs: npt.ArrayLike,
) -> StackedHeadsGradients:
    """Give each head its columns of the gradient, add up what comes back.

    `inputs (..., n, d_in), grad_context_vecs (..., n, h * d_v) ->
    grad_inputs (..., n, d_in)`, and the gradients of each of the `h` heads.

    Examples:
        >>> from attnbook.arrays.multihead import stacked_heads
        >>> first = Projections([[1.0]], [[1.0]], [[10.0]])
        >>> second = Projections([[1.0]], [[1.0]], [[100.0]])
        >>> attention = stacked_heads([[5.0]], [first, second])
        >>> stacked_heads_backward(
        ...     [[5.0]], [first, second], attention, [[1.0, 1.0]]
        ... ).grad_inputs
        array([[110.]])
    """
    require_list("heads", heads, "projections")
    require_list("attention", attention, "steps", length=2)
    require_list("attention.heads", attention.heads, "heads", len(heads))
    inputs = as_finite("inputs", inputs, ndim=2)
    widths = [head.context_vecs.shape[-1] for head in attention.heads]
    shape = (*inputs.shape[:-1], sum(widths))
    grad = as_gradient("grad_context_vecs", grad_context_vecs, shape)
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


@guarded
def output_projection_backward(
    vectors: npt.ArrayLike,
    W_out: npt.ArrayLike,
    grad_context_vecs: npt.ArrayLike,
) -> OutputProjectionGradients:
    """Take the gradient back through a product and a bias.

    `vectors (..., n, d_in), W_out (d_in, d_out),
    grad_context_vecs (..., n, d_out) -> grad_vectors (..., n, d_in),
    grad_W_out (d_in, d_out), grad_b_out (d_out,)`.

    Examples:
        Two vectors share one bias:

        >>> grads = output_projection_backward([[2], [3]], [[5]], [[1], [10]])
        >>> grads.grad_b_out
        array([11.])
    """
    vectors = as_finite("vectors", vectors, ndim=2)
    W_out = as_weights("W_out", W_out, rows=vectors.shape[-1])
    grad_context_vecs = as_product(
        ("grad_context_vecs", grad_context_vecs),
        ("vectors", vectors),
        ("W_out", W_out),
    )
    # forward: context_vecs = vectors @ W_out + b_out
    d_out = W_out.shape[-1]
    grad_b_out = grad_context_vecs.reshape(-1, d_out).sum(axis=0)  # (d_out,)
    grad_vectors, grad_W_out = matmul_backward(
        vectors, W_out, grad_context_vecs
    )  # (..., n, d_in), (d_in, d_out)
    return OutputProjectionGradients(grad_vectors, grad_W_out, grad_b_out)


@guarded
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

    Examples:
        >>> from attnbook.arrays.multihead import multi_head_attention
        >>> W, W_out = [[1.0, 2.0]], [[3.0], [5.0]]
        >>> parameters = MultiHead(W, W, W, W_out, [0.0], num_heads=2)
        >>> attention = multi_head_attention([[10.0]], parameters)
        >>> multi_head_attention_backward(
        ...     [[10.0]], parameters, attention, grad_context_vecs=[[1.0]]
        ... ).grad_W_value
        array([[30., 50.]])
    """
    require_multi_head(parameters)
    require_list("attention", attention, "steps", length=8)
    W_query, W_key, W_value, W_out, _, num_heads = parameters
    queries, keys, values, *steps, merged_context_vecs, _ = attention
    as_finite("merged_context_vecs", merged_context_vecs, ndim=2)
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
