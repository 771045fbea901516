"""The gradients of `attnbook.causal`: dropout on the way (section 3.5).

Numbers in the comments are those of the forward function's lines.
"""

from attnbook.backward.trainable import (
    SelfAttentionGradients,
    _project_backward,
    _query_key_backward,
    _require_head,
)
from attnbook.backward.vectors import _matmul_backward
from attnbook.causal import CausalAttention, _dropout
from attnbook.require import (
    require_dropout,
    require_in_range,
    require_list,
    require_mask,
    require_matrix,
)
from attnbook.trainable import Projections
from attnbook.vectors import Mask, Matrix


def dropout_backward(
    keep: Mask, p: float, grad_mixing_weights: Matrix
) -> Matrix:
    """Drop the gradients of the weights that were dropped, scale the rest.

    `keep (n_q, n_k), grad_mixing_weights (n_q, n_k) ->
    grad_attn_weights (n_q, n_k)`. A weight times a factor: the gradient
    takes the same factor, so this is `dropout` once more.

    Raises:
        ValueError: As `dropout` does.

    Examples:
        >>> dropout_backward([[False, True]], 0.5, [[3.0, 4.0]])
        [[0.0, 8.0]]

    Book: section 3.5.2 has the forward pass.
    """
    require_matrix("grad_mixing_weights", grad_mixing_weights)
    shape = len(grad_mixing_weights), len(grad_mixing_weights[0])
    require_mask("keep", keep, *shape)
    require_dropout(p, keep)
    gradient = _dropout_backward(keep, p, grad_mixing_weights)
    return require_in_range("grad_mixing_weights", gradient)


def _dropout_backward(
    keep: Mask, p: float, grad_mixing_weights: Matrix
) -> Matrix:
    # forward: mixing_weights = dropout(attn_weights, keep, p)
    return _dropout(grad_mixing_weights, keep, p)


def causal_attention_backward(
    inputs: Matrix,
    projections: Projections,
    attention: CausalAttention,
    grad_context_vecs: Matrix,
    keep: Mask | None = None,
    p: float = 0.0,
) -> SelfAttentionGradients:
    """Take the gradient back through dropout, too; `keep` and `p` as before.

    `inputs (n, d_in), grad_context_vecs (n, d_v), keep (n, n) ->
    grad_inputs (n, d_in), grad_W_query (d_in, d_k), grad_W_key (d_in, d_k),
    grad_W_value (d_in, d_v)`. Later keys have the weight 0, which stops
    their gradients.

    Raises:
        ValueError: If weights were dropped but `keep` is missing, the shapes
            do not fit together, or anything is empty, ragged or not a finite
            number.

    Examples:
        The first token does not see the second, so it gives it no gradient:

        >>> from attnbook.causal import causal_attention
        >>> inputs = [[1.0], [4.0]]
        >>> projections = Projections([[1.0]], [[1.0]], [[1.0]])
        >>> attention = causal_attention(inputs, projections)
        >>> grads = causal_attention_backward(
        ...     inputs, projections, attention, [[1.0], [0.0]]
        ... )
        >>> grads.grad_inputs
        [[1.0], [0.0]]

    Book: section 3.5.3 has the forward pass.
    """
    require_dropout(p, keep)
    require_matrix("inputs", inputs)
    _require_causal(inputs, projections, attention, keep)
    shape = len(inputs), len(projections[2][0])
    require_matrix("grad_context_vecs", grad_context_vecs, *shape)
    gradients = _causal_attention_backward(
        inputs, projections, attention, grad_context_vecs, keep, p
    )
    return require_in_range(
        "inputs, projections, attention, grad_context_vecs", gradients
    )


def _require_causal(
    inputs: Matrix,
    projections: Projections,
    attention: CausalAttention,
    keep: Mask | None,
) -> None:
    """Refuse seven steps of a head that do not fit what they were made of."""
    require_list("attention", attention, "steps", length=7)
    *first, mixing_weights, context_vecs = attention
    _require_head(inputs, projections, [*first, context_vecs])
    n = len(inputs)
    require_matrix("mixing_weights", mixing_weights, rows=n, columns=n)
    if keep is not None:
        require_mask("keep", keep, rows=n, columns=n)
    elif mixing_weights != first[-1]:
        raise ValueError("keep must be given: attention dropped some weights")


def _causal_attention_backward(
    inputs: Matrix,
    projections: Projections,
    attention: CausalAttention,
    grad_context_vecs: Matrix,
    keep: Mask | None,
    p: float,
) -> SelfAttentionGradients:
    queries, keys, values, _, attn_weights, mixing_weights, _ = attention
    # forward 5: context_vecs = matmul(mixing_weights, values)
    grad_mixing_weights, grad_values = _matmul_backward(
        mixing_weights, values, grad_context_vecs
    )  # (n, n), (n, d_v)

    # forward 4: mixing_weights = dropout(attn_weights, keep, p)
    grad_attn_weights = grad_mixing_weights  # (n, n)
    if keep is not None:
        grad_attn_weights = _dropout_backward(keep, p, grad_mixing_weights)

    # forward 2, 3: attn_weights = the softmax of what queries find in the keys
    _, grad_queries, grad_keys = _query_key_backward(
        queries, keys, attn_weights, grad_attn_weights
    )  # (n, d_k)

    # forward 1: queries, keys, values = project(inputs, projections)
    return _project_backward(
        inputs, projections, grad_queries, grad_keys, grad_values
    )
