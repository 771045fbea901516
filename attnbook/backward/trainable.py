"""The gradients of `attnbook.trainable`: weights that learn (section 3.4).

Numbers in the comments are those of the forward function's lines.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from attnbook.backward.simple import _softmax_backward
from attnbook.backward.vectors import _matmul_backward
from attnbook.require import (
    require_count,
    require_head,
    require_in_range,
    require_list,
    require_matrix,
    require_product,
    require_score_rows,
)
from attnbook.trainable import (
    Projections,
    ScaledDotProductAttention,
    SelfAttention,
)
from attnbook.vectors import Matrix, _add, _matmul, _transpose


class ScaledDotProductAttentionGradients(NamedTuple):
    """Every gradient of `scaled_dot_product_attention`, steps included."""

    grad_attn_weights: Matrix
    """`(n_q, n_k)`."""
    grad_attn_scores: Matrix
    """`(n_q, n_k)`; each row sums to 0, a hidden key's entry is 0."""
    grad_queries: Matrix
    """`(n_q, d_k)`."""
    grad_keys: Matrix
    """`(n_k, d_k)`."""
    grad_values: Matrix
    """`(n_k, d_v)`."""


class SelfAttentionGradients(NamedTuple):
    """The gradients of `self_attention`, `causal_attention`, `project`."""

    grad_inputs: Matrix
    """`(n, d_in)`."""
    grad_W_query: Matrix
    """`(d_in, d_k)`."""
    grad_W_key: Matrix
    """`(d_in, d_k)`."""
    grad_W_value: Matrix
    """`(d_in, d_v)`."""


def scaled_softmax_backward(
    d_k: int, attn_weights: Matrix, grad_attn_weights: Matrix
) -> Matrix:
    """Take the gradient back through the softmax, then through the scale.

    `attn_weights (n_q, n_k), grad_attn_weights (n_q, n_k) ->
    grad_attn_scores (n_q, n_k)`. Each row cancels out.

    Raises:
        ValueError: If `d_k` is not an integer of 1 or more, the shapes
            differ, or anything is empty, ragged or not a finite number.

    Examples:
        A width of 4 halves the gradient, as it halved the scores:

        >>> scaled_softmax_backward(4, [[0.75, 0.25]], [[0.0, 1.0]])
        [[-0.09375, 0.09375]]
    """
    require_count("d_k", d_k)
    require_matrix("attn_weights", attn_weights)
    shape = len(attn_weights), len(attn_weights[0])
    require_matrix("grad_attn_weights", grad_attn_weights, *shape)
    grad_attn_scores = _scaled_softmax_backward(
        d_k, attn_weights, grad_attn_weights
    )
    return require_in_range(
        "attn_weights, grad_attn_weights", grad_attn_scores, "grad_attn_scores"
    )


def _scaled_softmax_backward(
    d_k: int, attn_weights: Matrix, grad_attn_weights: Matrix
) -> Matrix:
    scale = sqrt(d_k)
    # forward: attn_weights = softmax of each row of attn_scores / scale
    return [
        [grad / scale for grad in _softmax_backward(*rows)]
        for rows in zip(attn_weights, grad_attn_weights, strict=True)
    ]


def query_key_backward(
    queries: Matrix,
    keys: Matrix,
    attn_weights: Matrix,
    grad_attn_weights: Matrix,
) -> tuple[Matrix, Matrix, Matrix]:
    """Take the gradient back from the weights to the queries and keys.

    `queries (n_q, d_k), keys (n_k, d_k), attn_weights (n_q, n_k),
    grad_attn_weights (n_q, n_k) -> grad_attn_scores (n_q, n_k),
    grad_queries (n_q, d_k), grad_keys (n_k, d_k)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        To gain weight, the second key should move along the query, and the
        query towards it and away from the first:

        >>> query_key_backward(
        ...     [[2.0]], [[1.0], [5.0]], [[0.5, 0.5]], [[0.0, 1.0]]
        ... )
        ([[-0.25, 0.25]], [[1.0]], [[-0.5], [0.5]])
    """
    require_matrix("queries", queries)
    require_matrix("keys", keys, columns=len(queries[0]))
    shape = len(queries), len(keys)
    require_matrix("attn_weights", attn_weights, *shape)
    require_matrix("grad_attn_weights", grad_attn_weights, *shape)
    gradients = _query_key_backward(
        queries, keys, attn_weights, grad_attn_weights
    )
    for name, gradient in zip(
        ("grad_attn_scores", "grad_queries", "grad_keys"),
        gradients,
        strict=True,
    ):
        require_in_range(
            "queries, keys, attn_weights, grad_attn_weights", gradient, name
        )
    return gradients


def _query_key_backward(
    queries: Matrix,
    keys: Matrix,
    attn_weights: Matrix,
    grad_attn_weights: Matrix,
) -> tuple[Matrix, Matrix, Matrix]:
    # forward 2: attn_weights = scaled_softmax(attn_scores, d_k=len(keys[0]))
    grad_attn_scores = _scaled_softmax_backward(
        len(keys[0]), attn_weights, grad_attn_weights
    )  # (n_q, n_k)

    # forward 1: attn_scores = matmul(queries, transpose(keys))
    grad_queries = _matmul(grad_attn_scores, keys)  # (n_q, n_k) @ (n_k, d_k)
    grad_keys = _matmul(_transpose(grad_attn_scores), queries)  # (n_k, d_k)
    return grad_attn_scores, grad_queries, grad_keys


def scaled_dot_product_attention_backward(
    queries: Matrix,
    keys: Matrix,
    values: Matrix,
    attention: ScaledDotProductAttention,
    grad_context_vecs: Matrix,
) -> ScaledDotProductAttentionGradients:
    """Take the gradient back from the context vectors to Q, K and V.

    `queries (n_q, d_k), keys (n_k, d_k), values (n_k, d_v),
    grad_context_vecs (n_q, d_v) -> grad_queries (n_q, d_k),
    grad_keys (n_k, d_k), grad_values (n_k, d_v)`, and the steps between.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        The values 2 and 4 meet halfway. For more, each value counts by half,
        and the query should turn towards the second key:

        >>> from attnbook.trainable import scaled_dot_product_attention
        >>> queries, keys, values = [[0.0]], [[1.0], [5.0]], [[2.0], [4.0]]
        >>> attention = scaled_dot_product_attention(queries, keys, values)
        >>> grads = scaled_dot_product_attention_backward(
        ...     queries, keys, values, attention, grad_context_vecs=[[1.0]]
        ... )
        >>> grads.grad_values, grads.grad_attn_scores, grads.grad_queries
        ([[0.5], [0.5]], [[-0.5, 0.5]], [[2.0]])

    Book: section 3.4.1 has the forward pass.
    """
    require_list("attention", attention, "steps", length=3)
    require_matrix("queries", queries)
    require_matrix("keys", keys, columns=len(queries[0]))
    require_matrix("values", values, rows=len(keys))
    _require_mixed(queries, keys, values, attention)
    shape = len(queries), len(values[0])
    require_matrix("grad_context_vecs", grad_context_vecs, *shape)
    gradients = _scaled_dot_product_attention_backward(
        queries, keys, values, attention, grad_context_vecs
    )
    return require_in_range(
        "queries, keys, values, attention, grad_context_vecs", gradients
    )


def _require_mixed(
    queries: Matrix, keys: Matrix, values: Matrix, steps: Sequence[Matrix]
) -> None:
    """Refuse scores, weights or context vectors that Q, K, V cannot have."""
    attn_scores, attn_weights, context_vecs = steps
    require_score_rows("attn_scores", attn_scores, len(queries), len(keys))
    require_matrix("attn_weights", attn_weights, len(queries), len(keys))
    require_matrix("context_vecs", context_vecs, len(queries), len(values[0]))


def _scaled_dot_product_attention_backward(
    queries: Matrix,
    keys: Matrix,
    values: Matrix,
    attention: ScaledDotProductAttention,
    grad_context_vecs: Matrix,
) -> ScaledDotProductAttentionGradients:
    _, attn_weights, _ = attention
    # forward 3: context_vecs = matmul(attn_weights, values)
    grad_attn_weights, grad_values = _matmul_backward(
        attn_weights, values, grad_context_vecs
    )  # (n_q, n_k), (n_k, d_v)

    # forward 1, 2: attn_weights = the softmax of what queries find in the keys
    grad_attn_scores, grad_queries, grad_keys = _query_key_backward(
        queries, keys, attn_weights, grad_attn_weights
    )  # (n_q, n_k), (n_q, d_k), (n_k, d_k)
    return ScaledDotProductAttentionGradients(
        grad_attn_weights,
        grad_attn_scores,
        grad_queries,
        grad_keys,
        grad_values,
    )


def project_backward(
    inputs: Matrix,
    projections: Projections,
    grad_queries: Matrix,
    grad_keys: Matrix,
    grad_values: Matrix,
) -> SelfAttentionGradients:
    """Take the gradient back from Q, K and V to the inputs and the weights.

    `inputs (n, d_in), grad_queries (n, d_k), grad_keys (n, d_k),
    grad_values (n, d_v) -> grad_inputs (n, d_in), grad_W_query (d_in, d_k),
    grad_W_key (d_in, d_k), grad_W_value (d_in, d_v)`. An input is used three
    times, so three gradients add up.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        The three uses of the input count 10, 100 and 1000:

        >>> projections = Projections([[10]], [[100]], [[1000]])
        >>> grads = project_backward([[2]], projections, [[1]], [[1]], [[1]])
        >>> grads.grad_inputs, grads.grad_W_query
        ([[1110]], [[2]])

    Book: section 3.4.1 has the forward pass.
    """
    require_list("projections", projections, "matrices", length=3)
    W_query, W_key, W_value = projections
    x = "inputs", inputs
    require_product(x, ("W_query", W_query), ("grad_queries", grad_queries))
    require_product(x, ("W_key", W_key), ("grad_keys", grad_keys))
    require_product(x, ("W_value", W_value), ("grad_values", grad_values))
    gradients = _project_backward(
        inputs, projections, grad_queries, grad_keys, grad_values
    )
    return require_in_range(
        "inputs, projections, grad_queries, grad_keys, grad_values", gradients
    )


def _project_backward(
    inputs: Matrix,
    projections: Projections,
    grad_queries: Matrix,
    grad_keys: Matrix,
    grad_values: Matrix,
) -> SelfAttentionGradients:
    W_query, W_key, W_value = projections
    # forward: queries = matmul(inputs, W_query)
    from_queries, grad_W_query = _matmul_backward(
        inputs, W_query, grad_queries
    )
    # forward: keys = matmul(inputs, W_key)
    from_keys, grad_W_key = _matmul_backward(inputs, W_key, grad_keys)
    # forward: values = matmul(inputs, W_value)
    from_values, grad_W_value = _matmul_backward(inputs, W_value, grad_values)
    # the inputs are used three times
    grad_inputs = _add(_add(from_queries, from_keys), from_values)  # (n, d_in)
    return SelfAttentionGradients(
        grad_inputs, grad_W_query, grad_W_key, grad_W_value
    )


def self_attention_backward(
    inputs: Matrix,
    projections: Projections,
    attention: SelfAttention,
    grad_context_vecs: Matrix,
) -> SelfAttentionGradients:
    """Take the gradient back from the context vectors to inputs and weights.

    `inputs (n, d_in), grad_context_vecs (n, d_v) -> grad_inputs (n, d_in),
    grad_W_query (d_in, d_k), grad_W_key (d_in, d_k),
    grad_W_value (d_in, d_v)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        A lone token attends to itself whatever its query and key are, so
        only its value counts:

        >>> from attnbook.trainable import self_attention
        >>> projections = Projections([[1.0]], [[3.0]], [[5.0]])
        >>> attention = self_attention([[2.0]], projections)
        >>> grads = self_attention_backward(
        ...     [[2.0]], projections, attention, grad_context_vecs=[[1.0]]
        ... )
        >>> grads.grad_W_query, grads.grad_W_key, grads.grad_W_value
        ([[0.0]], [[0.0]], [[2.0]])

    Book: section 3.4.2 has the forward pass.
    """
    require_list("attention", attention, "steps", length=6)
    require_matrix("inputs", inputs)
    _require_head(inputs, projections, attention)
    shape = len(inputs), len(projections[2][0])
    require_matrix("grad_context_vecs", grad_context_vecs, *shape)
    gradients = _self_attention_backward(
        inputs, projections, attention, grad_context_vecs
    )
    return require_in_range(
        "inputs, projections, attention, grad_context_vecs", gradients
    )


def _require_head(
    inputs: Matrix,
    projections: Projections,
    attention: Sequence[Matrix],
) -> None:
    """Refuse six steps of a head that do not fit what they were made of."""
    queries, keys, values, *steps = attention
    require_head("projections", inputs, projections)
    W_query, _, W_value = projections
    require_matrix("queries", queries, len(inputs), len(W_query[0]))
    require_matrix("keys", keys, len(inputs), len(W_query[0]))
    require_matrix("values", values, len(inputs), len(W_value[0]))
    _require_mixed(queries, keys, values, steps)


def _self_attention_backward(
    inputs: Matrix,
    projections: Projections,
    attention: SelfAttention,
    grad_context_vecs: Matrix,
) -> SelfAttentionGradients:
    queries, keys, values, *steps = attention
    # forward 2: scaled_dot_product_attention(queries, keys, values)
    grads = _scaled_dot_product_attention_backward(
        queries,
        keys,
        values,
        ScaledDotProductAttention(*steps),
        grad_context_vecs,
    )
    # forward 1: queries, keys, values = project(inputs, projections)
    return _project_backward(inputs, projections, *grads[2:])
