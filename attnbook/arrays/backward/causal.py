"""The backward pass of causal attention, in NumPy (section 3.5).

The twin of `attnbook.backward.causal`.
"""

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, sum_to
from attnbook.arrays._validate import as_finite, as_product, as_rows_of
from attnbook.arrays.backward.trainable import (
    SelfAttentionGradients,
    _require_steps,
    project_backward,
    query_key_backward,
)
from attnbook.arrays.backward.vectors import matmul_backward
from attnbook.arrays.causal import CausalAttention, dropout
from attnbook.arrays.trainable import Projections
from attnbook.require import require_dropout, require_list


@guarded
def dropout_backward(
    keep: npt.ArrayLike, p: float, grad_mixing_weights: npt.ArrayLike
) -> Array:
    """Drop the gradients of the weights that were dropped, scale the rest.

    Examples:
        >>> dropout_backward([[False, True]], 0.5, [[3.0, 4.0]])
        array([[0., 8.]])
    """
    grad_mixing_weights = as_finite(
        "grad_mixing_weights", grad_mixing_weights, ndim=2
    )
    # forward: mixing_weights = dropout(attn_weights, keep, p)
    return dropout(grad_mixing_weights, keep, p)


@guarded
def causal_attention_backward(
    inputs: npt.ArrayLike,
    projections: Projections,
    attention: CausalAttention,
    grad_context_vecs: npt.ArrayLike,
    keep: npt.ArrayLike | None = None,
    p: float = 0.0,
) -> SelfAttentionGradients:
    """Take the gradient back through dropout, too; `keep` and `p` as before.

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
    """
    require_list("attention", attention, "steps", length=7)
    queries, keys, values, _, attn_weights, mixing_weights, _ = attention
    as_rows_of(inputs, "queries", queries)
    _require_kept(attn_weights, mixing_weights, keep, p)
    attn_weights = as_finite("attn_weights", attn_weights, ndim=2)
    mixing_weights = as_finite("mixing_weights", mixing_weights, ndim=2)
    values = as_finite("values", values, ndim=2)
    grad_context_vecs = as_product(
        ("grad_context_vecs", grad_context_vecs),
        ("mixing_weights", mixing_weights),
        ("values", values),
    )
    _require_steps(attention[3:], attn_weights.shape, grad_context_vecs.shape)
    # forward: context_vecs = mixing_weights @ values
    grad_mixing_weights, grad_values = matmul_backward(
        mixing_weights, values, grad_context_vecs
    )  # (..., n, n), (..., n, d_v)

    # forward: mixing_weights = dropout(attn_weights, keep, p)
    grad_attn_weights = grad_mixing_weights  # (..., n, n)
    if keep is not None:
        grad_attn_weights = sum_to(
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


def _require_kept(
    attn_weights: Array,
    mixing_weights: Array,
    keep: npt.ArrayLike | None,
    p: float,
) -> None:
    """Refuse not to be told which weights were dropped."""
    require_dropout(p, keep)
    if keep is None and not np.array_equal(mixing_weights, attn_weights):
        raise ValueError("keep must be given: attention dropped some weights")
