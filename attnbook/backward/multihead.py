"""The gradients of `attnbook.multihead`: several heads (section 3.6).

Numbers in the comments are those of the forward function's lines.
"""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from attnbook.backward.causal import (
    _causal_attention_backward,
    _require_causal,
)
from attnbook.backward.trainable import (
    SelfAttentionGradients,
    _project_backward,
    _require_head,
    _require_mixed,
    _scaled_dot_product_attention_backward,
    _self_attention_backward,
)
from attnbook.backward.vectors import _matmul_backward
from attnbook.causal import CausalAttention
from attnbook.multihead import (
    MultiHead,
    MultiHeadAttention,
    StackedHeads,
    _merge_heads,
    _require_parameters,
    _split_heads,
)
from attnbook.require import (
    require_head,
    require_in_range,
    require_list,
    require_matrix,
    require_product,
)
from attnbook.trainable import (
    Projections,
    ScaledDotProductAttention,
    SelfAttention,
)
from attnbook.vectors import Matrix, Vector, _add, _transpose


class StackedHeadsGradients(NamedTuple):
    """The gradients of `stacked_heads`."""

    grad_inputs: Matrix
    """`(n, d_in)`: every head's share, added up."""
    grad_heads: list[SelfAttentionGradients]
    """Every gradient of each head, its share in `grad_inputs` included."""


class OutputProjectionGradients(NamedTuple):
    """The gradients of `output_projection`."""

    grad_vectors: Matrix
    """`(n, d_in)`."""
    grad_W_out: Matrix
    """`(d_in, d_out)`."""
    grad_b_out: Vector
    """`(d_out,)`."""


class MultiHeadAttentionGradients(NamedTuple):
    """The gradients of `multi_head_attention`."""

    grad_inputs: Matrix
    """`(n, d_in)`."""
    grad_W_query: Matrix
    """`(d_in, d_out)`."""
    grad_W_key: Matrix
    """`(d_in, d_out)`."""
    grad_W_value: Matrix
    """`(d_in, d_out)`."""
    grad_W_out: Matrix
    """`(d_out, d_out)`."""
    grad_b_out: Vector
    """`(d_out,)`."""


def stacked_heads_backward(
    inputs: Matrix,
    heads: Sequence[Projections],
    attention: StackedHeads,
    grad_context_vecs: Matrix,
) -> StackedHeadsGradients:
    """Give each head its columns of the gradient, add up what comes back.

    `inputs (n, d_in), grad_context_vecs (n, h * d_v) ->
    grad_inputs (n, d_in)`, and the gradients of each of the `h` heads.

    Raises:
        ValueError: If the heads and their attentions differ in number, the
            shapes do not fit together, or anything is empty, ragged or not a
            finite number.

    Examples:
        One token, and two heads that turn it into 50 and 500:

        >>> from attnbook.multihead import stacked_heads
        >>> first = Projections([[1.0]], [[1.0]], [[10.0]])
        >>> second = Projections([[1.0]], [[1.0]], [[100.0]])
        >>> attention = stacked_heads([[5.0]], [first, second])
        >>> grads = stacked_heads_backward(
        ...     [[5.0]], [first, second], attention, [[1.0, 1.0]]
        ... )
        >>> grads.grad_inputs
        [[110.0]]

    Book: section 3.6.1 has the forward pass.
    """
    require_matrix("inputs", inputs)
    _require_stacked(inputs, heads, attention)
    shape = len(inputs), len(attention[1][0])
    require_matrix("grad_context_vecs", grad_context_vecs, *shape)
    gradients = _stacked_heads_backward(
        inputs, heads, attention, grad_context_vecs
    )
    for grads in (*gradients.grad_heads, gradients.grad_inputs):
        require_in_range(
            "inputs, heads, attention, grad_context_vecs", grads, "grad_inputs"
        )
    return gradients


def _require_stacked(
    inputs: Matrix, heads: Sequence[Projections], attention: StackedHeads
) -> None:
    """Refuse heads, or steps of theirs, that do not fit the inputs."""
    require_list("heads", heads, "projections")
    require_list("attention", attention, "steps", length=2)
    attended, context_vecs = attention
    require_list("attention.heads", attended, "heads", len(heads))
    for i, (projections, head) in enumerate(zip(heads, attended, strict=True)):
        require_head(f"heads[{i}]", inputs, projections)
        require_list(f"attention.heads[{i}]", head, "steps")
        if len(head) == len(CausalAttention._fields):
            _require_causal(inputs, projections, CausalAttention(*head), None)
        else:
            require_list(f"attention.heads[{i}]", head, "steps", length=6)
            _require_head(inputs, projections, head)
    width = sum(len(head[-1][0]) for head in attended)
    require_matrix("context_vecs", context_vecs, len(inputs), width)


def _stacked_heads_backward(
    inputs: Matrix,
    heads: Sequence[Projections],
    attention: StackedHeads,
    grad_context_vecs: Matrix,
) -> StackedHeadsGradients:
    grad_heads = []
    start = 0
    for projections, head in zip(heads, attention[0], strict=True):
        # forward 2: context_vecs = merge_heads(context_vecs of every head)
        stop = start + len(head[-1][0])
        columns = [row[start:stop] for row in grad_context_vecs]  # (n, d_v)
        start = stop

        # forward 1: every head attends to the inputs
        grad_heads.append(_head_backward(inputs, projections, head, columns))

    # the inputs are used once by every head
    first, *others = [grads.grad_inputs for grads in grad_heads]
    grad_inputs = reduce(_add, others, [row[:] for row in first])
    return StackedHeadsGradients(grad_inputs, grad_heads)


def _head_backward(
    inputs: Matrix,
    projections: Projections,
    head: SelfAttention | CausalAttention,
    grad_context_vecs: Matrix,
) -> SelfAttentionGradients:
    """Take the gradient back through a head, causal or not."""
    if len(head) == len(CausalAttention._fields):
        causal = CausalAttention(*head)
        return _causal_attention_backward(
            inputs, projections, causal, grad_context_vecs, None, p=0.0
        )
    return _self_attention_backward(
        inputs, projections, SelfAttention(*head), grad_context_vecs
    )


def output_projection_backward(
    vectors: Matrix, W_out: Matrix, grad_context_vecs: Matrix
) -> OutputProjectionGradients:
    """Take the gradient back through a product and a bias.

    `vectors (n, d_in), W_out (d_in, d_out), grad_context_vecs (n, d_out) ->
    grad_vectors (n, d_in), grad_W_out (d_in, d_out), grad_b_out (d_out,)`.
    Every row was given the same bias, so its gradient is a sum of rows.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        Two vectors share one bias:

        >>> output_projection_backward([[2], [3]], [[5]], [[1], [10]])
        ... # doctest: +NORMALIZE_WHITESPACE
        OutputProjectionGradients(grad_vectors=[[5], [50]], grad_W_out=[[32]],
                                  grad_b_out=[11])

    Book: section 3.6.2 has the forward pass.
    """
    grad = "grad_context_vecs", grad_context_vecs
    require_product(("vectors", vectors), ("W_out", W_out), grad)
    gradients = _output_projection_backward(vectors, W_out, grad_context_vecs)
    return require_in_range("vectors, W_out, grad_context_vecs", gradients)


def _output_projection_backward(
    vectors: Matrix, W_out: Matrix, grad_context_vecs: Matrix
) -> OutputProjectionGradients:
    # forward 2: context_vecs = each row of mixed + b_out
    grad_b_out = [sum(column) for column in _transpose(grad_context_vecs)]

    # forward 1: mixed = matmul(vectors, W_out)
    grad_vectors, grad_W_out = _matmul_backward(
        vectors, W_out, grad_context_vecs
    )  # (n, d_in), (d_in, d_out)
    return OutputProjectionGradients(grad_vectors, grad_W_out, grad_b_out)


def _require_heads(
    inputs: Matrix, parameters: MultiHead, attention: MultiHeadAttention
) -> None:
    """Refuse steps that were not taken by these heads, on these inputs."""
    W_query, _, W_value, W_out, _, num_heads = parameters
    require_list("attention", attention, "steps", length=8)
    *of_heads, merged_context_vecs, context_vecs = attention
    for name, heads in zip(MultiHeadAttention._fields, of_heads, strict=False):
        require_list(name, heads, "heads", length=num_heads)
    d_k, d_v = len(W_query[0]) // num_heads, len(W_value[0]) // num_heads
    for queries, keys, values, *steps in zip(*of_heads, strict=True):
        require_matrix("queries", queries, len(inputs), d_k)
        require_matrix("keys", keys, len(inputs), d_k)
        require_matrix("values", values, len(inputs), d_v)
        _require_mixed(queries, keys, values, steps)
    n, (d_out, width) = len(inputs), (len(W_out), len(W_out[0]))
    require_matrix("merged_context_vecs", merged_context_vecs, n, d_out)
    require_matrix("context_vecs", context_vecs, n, width)


def multi_head_attention_backward(
    inputs: Matrix,
    parameters: MultiHead,
    attention: MultiHeadAttention,
    grad_context_vecs: Matrix,
) -> MultiHeadAttentionGradients:
    """Take the gradient back through the whole multi-head layer.

    `inputs (n, d_in), grad_context_vecs (n, d_out) -> grad_inputs (n, d_in)`
    and a gradient for each weight matrix and for the bias, in its own shape.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        One token, two heads: W_value turns 10 into 10 and 20, and W_out
        counts the first 3 times, the second 5 times:

        >>> from attnbook.multihead import multi_head_attention
        >>> W, W_out = [[1.0, 2.0]], [[3.0], [5.0]]
        >>> parameters = MultiHead(W, W, W, W_out, [0.0], num_heads=2)
        >>> attention = multi_head_attention([[10.0]], parameters)
        >>> grads = multi_head_attention_backward(
        ...     [[10.0]], parameters, attention, grad_context_vecs=[[1.0]]
        ... )
        >>> grads.grad_inputs, grads.grad_W_value, grads.grad_W_out
        ([[13.0]], [[30.0, 50.0]], [[10.0], [20.0]])

    Book: section 3.6.2 has the forward pass.
    """
    _require_parameters(inputs, parameters)
    parameters = MultiHead(*parameters)
    _require_heads(inputs, parameters, attention)
    shape = len(inputs), len(parameters.W_out[0])
    require_matrix("grad_context_vecs", grad_context_vecs, *shape)
    gradients = _multi_head_attention_backward(
        inputs, parameters, attention, grad_context_vecs
    )
    return require_in_range(
        "inputs, parameters, attention, grad_context_vecs", gradients
    )


def _multi_head_attention_backward(
    inputs: Matrix,
    parameters: MultiHead,
    attention: MultiHeadAttention,
    grad_context_vecs: Matrix,
) -> MultiHeadAttentionGradients:
    *W_qkv, W_out, _, num_heads = parameters
    queries, keys, values, *steps, merged_context_vecs, _ = attention
    # forward 5: output_projection(merged_context_vecs, W_out, b_out)
    grad_merged, grad_W_out, grad_b_out = _output_projection_backward(
        merged_context_vecs, W_out, grad_context_vecs
    )  # (n, d_out), (d_out, d_out), (d_out,)

    # forward 4: merged_context_vecs = merge_heads(head_context_vecs)
    grad_head_context_vecs = _split_heads(grad_merged, num_heads)

    # forward 3: scaled_dot_product_attention(*head, mask) for every head
    attentions = map(ScaledDotProductAttention, *steps)
    of_heads = queries, keys, values, attentions, grad_head_context_vecs
    heads = [
        _scaled_dot_product_attention_backward(*head)
        for head in zip(*of_heads, strict=True)
    ]
    _, _, *grads = map(list, zip(*heads, strict=True))

    # forward 2: queries, keys, values = split_heads of each
    grad_queries, grad_keys, grad_values = map(_merge_heads, grads)

    # forward 1: projected = project(inputs, Projections(...))
    from_projections = _project_backward(
        inputs, Projections(*W_qkv), grad_queries, grad_keys, grad_values
    )
    return MultiHeadAttentionGradients(
        *from_projections, grad_W_out, grad_b_out
    )
