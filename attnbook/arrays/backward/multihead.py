"""The backward pass of several heads, in NumPy (section 3.6).

The twin of `attnbook.backward.multihead`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_stack
from attnbook.arrays._validate import (
    as_finite,
    as_gradient,
    as_product,
    as_rows_of,
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
    require_stack(heads)
    require_list("attention", attention, "steps", length=2)
    attended, context_vecs = attention
    require_list("attention.heads", attended, "heads", len(heads))
    inputs = as_finite("inputs", inputs, ndim=2)
    widths = [_width(*head) for head in enumerate(attended)]
    shape = (*inputs.shape[:-1], sum(widths))
    as_gradient("context_vecs", context_vecs, shape)
    grad = as_gradient("grad_context_vecs", grad_context_vecs, shape)
    # forward: context_vecs = np.concatenate(context_vecs, axis=-1)
    columns = np.split(grad, np.cumsum(widths)[:-1], axis=-1)  # (..., n, d_v)

    # forward: attentions = [attend(inputs, ...) for projections in heads]
    grad_heads = [
        _head_backward(inputs, *head)
        for head in zip(heads, attended, columns, strict=True)
    ]
    # the inputs are used once by every head
    grad_inputs = np.sum([grads.grad_inputs for grads in grad_heads], axis=0)
    return StackedHeadsGradients(grad_inputs, grad_heads)


def _width(i: int, head: SelfAttention | CausalAttention) -> int:
    """The columns that a head takes, if it has steps at all."""
    name = f"attention.heads[{i}]"
    require_list(name, head, "steps")
    if len(head) != len(CausalAttention._fields):
        require_list(name, head, "steps", len(SelfAttention._fields))
    width: int = as_finite("context_vecs", head[-1], ndim=2).shape[-1]
    return width


def _head_backward(
    inputs: Array,
    projections: Projections,
    head: SelfAttention | CausalAttention,
    grad_context_vecs: Array,
) -> SelfAttentionGradients:
    """Take the gradient back through a head, causal or not."""
    if len(head) == len(CausalAttention._fields):
        causal = CausalAttention(*head)
        return causal_attention_backward(
            inputs, projections, causal, grad_context_vecs
        )
    return self_attention_backward(
        inputs, projections, SelfAttention(*head), grad_context_vecs
    )


@guarded
def output_projection_backward(
    vectors: npt.ArrayLike,
    W_out: npt.ArrayLike,
    grad_context_vecs: npt.ArrayLike,
) -> OutputProjectionGradients:
    """Take the gradient back through a product and a bias.

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
    require_list("attention", attention, "steps", length=8)
    queries, keys, values, *steps, _, _ = attention
    as_finite("head_context_vecs", steps[-1], ndim=2)

    # forward: attention = scaled_dot_product_attention(..., mask)
    def heads_backward(grad_head_context_vecs: Array) -> tuple[Array, ...]:
        grads = scaled_dot_product_attention_backward(
            queries,
            keys,
            values,
            ScaledDotProductAttention(*steps),
            grad_head_context_vecs,
        )
        return grads[2:]  # each (..., h, n, head_dim)

    return _around_heads(
        inputs,
        parameters,
        attention[-2:],
        grad_context_vecs,
        heads_backward,
    )


def _around_heads(
    inputs: npt.ArrayLike,
    parameters: MultiHead,
    results: tuple[Array, Array],
    grad_context_vecs: npt.ArrayLike,
    heads_backward: Callable[[Array], tuple[Array, ...]],
) -> MultiHeadAttentionGradients:
    """Take the gradient back through all of a layer but its heads.

    `results` are what the forward pass ends with: merged, then projected.
    """
    require_multi_head(parameters)
    *W_qkv, W_out, b_out, num_heads = parameters
    merged_context_vecs = as_rows_of(inputs, "merged_context_vecs", results[0])
    W_out = as_weights("W_out", W_out, merged_context_vecs.shape[-1])
    as_gradient("b_out", b_out, W_out.shape[-1:])
    grad = as_finite("grad_context_vecs", grad_context_vecs, ndim=2)
    as_gradient("context_vecs", results[1], grad.shape)
    # forward: output_projection(merged_context_vecs, W_out, b_out)
    grad_merged, grad_W_out, grad_b_out = output_projection_backward(
        merged_context_vecs, W_out, grad
    )  # (..., n, d_out), (d_out, d_out), (d_out,)

    # forward: merged_context_vecs = merge_heads(head_context_vecs)
    grads = heads_backward(split_heads(grad_merged, num_heads))

    # forward: queries, keys, values = project(inputs, ...), split
    from_projections = project_backward(
        inputs, Projections(*W_qkv), *map(merge_heads, grads)
    )
    return MultiHeadAttentionGradients(
        *from_projections, grad_W_out, grad_b_out
    )
