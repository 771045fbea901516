"""The backward pass: a gradient for every forward step (sections 3.3 to 3.6).

Legend: a loss is one number at the end of all steps; `grad_x` says how fast
it grows with each entry of `x`, and has the shape of `x`. Every function
takes what its forward step was given, what the step gave, each as far as it
is needed, and last the gradient of what it gave: `f_backward(arguments,
result, grad_result)`. It returns the gradients of the arguments.

No mask comes in: a hidden key has the weight 0, and that stops its gradient.
"""

from collections.abc import Sequence
from functools import reduce
from math import sqrt
from typing import NamedTuple

from attnbook.causal import CausalAttention, dropout
from attnbook.multihead import (
    MultiHead,
    MultiHeadAttention,
    StackedHeads,
    merge_heads,
    split_heads,
)
from attnbook.require import (
    require_count,
    require_dropout,
    require_list,
    require_matrix,
    require_vector,
)
from attnbook.trainable import (
    Projections,
    ScaledDotProductAttention,
    SelfAttention,
)
from attnbook.vectors import Mask, Matrix, Vector, add, dot, matmul, transpose


class DotGradients(NamedTuple):
    """The gradients of `dot`."""

    grad_x: Vector
    """`(d,)`."""
    grad_y: Vector
    """`(d,)`."""


class MatmulGradients(NamedTuple):
    """The gradients of `matmul`."""

    grad_a: Matrix
    """`(n, m)`."""
    grad_b: Matrix
    """`(m, p)`."""


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


def dot_backward(x: Vector, y: Vector, grad_product: float) -> DotGradients:
    """Give each factor what the other one was, times the gradient.

    `x (d,), y (d,), grad_product a number -> grad_x (d,), grad_y (d,)`.

    Raises:
        ValueError: If the lengths differ, or anything is not a finite number.

    Examples:
        One more in `x[0]` adds `y[0]` to the product:

        >>> dot_backward([1, 2], [3, 4], grad_product=1)
        DotGradients(grad_x=[3, 4], grad_y=[1, 2])
    """
    require_vector("x", x)
    require_vector("y", y, length=len(x))
    require_vector("grad_product", [grad_product])
    # forward: product = sum(x[j] * y[j] for every j)
    grad_x = [grad_product * entry for entry in y]  # (d,)
    grad_y = [grad_product * entry for entry in x]  # (d,)
    return DotGradients(grad_x, grad_y)


def _require_product(**product: Matrix) -> None:
    """Refuse `x`, `W` and a gradient that do not fit into `x @ W`."""
    (x_name, x), (W_name, W), (grad_name, grad) = product.items()
    require_matrix(x_name, x)
    require_matrix(W_name, W, rows=len(x[0]))
    require_matrix(grad_name, grad, len(x), len(W[0]))


def matmul_backward(
    a: Matrix, b: Matrix, grad_product: Matrix
) -> MatmulGradients:
    """Give each factor the other one, transposed, times the gradient.

    `a (n, m), b (m, p), grad_product (n, p) -> grad_a (n, m), grad_b (m, p)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        One row and one column make a dot product:

        >>> matmul_backward([[1, 2]], [[3], [4]], grad_product=[[1]])
        MatmulGradients(grad_a=[[3, 4]], grad_b=[[1], [2]])
    """
    require_matrix("a", a)
    require_matrix("b", b, rows=len(a[0]))
    require_matrix("grad_product", grad_product, len(a), len(b[0]))
    # forward: product = matmul(a, b)
    grad_a = matmul(grad_product, transpose(b))  # (n, p) @ (p, m) -> (n, m)
    grad_b = matmul(transpose(a), grad_product)  # (m, n) @ (n, p) -> (m, p)
    return MatmulGradients(grad_a, grad_b)


def softmax_jacobian(weights: Vector) -> Matrix:
    """Say how every weight answers to every score.

    `weights (n,) -> (n, n)`: row `i`, column `j` is the growth of weight `i`
    with score `j`. Rows and columns sum to 0, since the weights sum to 1.
    Shown once: `softmax_backward` does without this matrix.

    Raises:
        ValueError: If the weights are empty or not finite numbers.

    Examples:
        What one of two equal weights gains, the other one loses:

        >>> softmax_jacobian([0.5, 0.5])
        [[0.25, -0.25], [-0.25, 0.25]]
    """
    require_vector("weights", weights)
    return [
        [w_i * ((i == j) - w_j) for j, w_j in enumerate(weights)]
        for i, w_i in enumerate(weights)
    ]


def softmax_backward(weights: Vector, grad_weights: Vector) -> Vector:
    """Compare each weight's gradient with the mean gradient.

    `weights (n,), grad_weights (n,) -> grad_scores (n,)`, which sum to 0 and
    are the Jacobian times `grad_weights`. A larger score takes its weight
    from all the others, so only what it gains over the mean counts.

    Raises:
        ValueError: If the lengths differ, or anything is empty or not a
            finite number.

    Examples:
        More of the second weight is wanted, so less of the first:

        >>> softmax_backward([0.75, 0.25], grad_weights=[0.0, 1.0])
        [-0.1875, 0.1875]

        More of every weight cannot be had:

        >>> softmax_backward([0.75, 0.25], grad_weights=[1.0, 1.0])
        [0.0, 0.0]
    """
    require_vector("weights", weights)
    require_vector("grad_weights", grad_weights, length=len(weights))
    # forward: weights[j] = exp(scores[j]) / sum(exp(score) for every score)
    mean = dot(weights, grad_weights)  # each gradient counts by its weight
    pairs = zip(weights, grad_weights, strict=True)
    return [weight * (grad - mean) for weight, grad in pairs]


def scaled_softmax_backward(
    d_k: int, attn_weights: Matrix, grad_attn_weights: Matrix
) -> Matrix:
    """Take the gradient back through the softmax, then through the scale.

    `attn_weights (n_q, n_k), grad_attn_weights (n_q, n_k) ->
    grad_attn_scores (n_q, n_k)`. Each row sums to 0.

    Raises:
        ValueError: If `d_k` is not an integer of 1 or more, the shapes
            differ, or anything is empty, ragged or not a finite number.

    Examples:
        A width of 4 halves the scores, and so the gradient:

        >>> scaled_softmax_backward(4, [[0.75, 0.25]], [[0.0, 1.0]])
        [[-0.09375, 0.09375]]
    """
    require_count("d_k", d_k)
    require_matrix("attn_weights", attn_weights)
    shape = len(attn_weights), len(attn_weights[0])
    require_matrix("grad_attn_weights", grad_attn_weights, *shape)
    scale = sqrt(d_k)
    # forward: attn_weights = softmax of each row of attn_scores / scale
    return [
        [grad / scale for grad in softmax_backward(*rows)]
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
    require_matrix("attn_weights", attn_weights, len(queries), len(keys))
    # forward: attn_weights = scaled_softmax(attn_scores, d_k=len(keys[0]))
    grad_attn_scores = scaled_softmax_backward(
        len(keys[0]), attn_weights, grad_attn_weights
    )  # (n_q, n_k)

    # forward: attn_scores = matmul(queries, transpose(keys))
    grad_queries = matmul(grad_attn_scores, keys)  # (n_q, n_k) @ (n_k, d_k)
    grad_keys = matmul(transpose(grad_attn_scores), queries)  # (n_k, d_k)
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
    _, attn_weights, _ = attention
    _require_product(
        attn_weights=attn_weights,
        values=values,
        grad_context_vecs=grad_context_vecs,
    )
    # forward: context_vecs = matmul(attn_weights, values)
    grad_attn_weights, grad_values = matmul_backward(
        attn_weights, values, grad_context_vecs
    )  # (n_q, n_k), (n_k, d_v)

    # forward: attn_weights = the softmax of what each query finds in the keys
    grad_attn_scores, grad_queries, grad_keys = query_key_backward(
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
    _require_product(inputs=inputs, W_query=W_query, grad_queries=grad_queries)
    _require_product(inputs=inputs, W_key=W_key, grad_keys=grad_keys)
    _require_product(inputs=inputs, W_value=W_value, grad_values=grad_values)
    # forward: queries = matmul(inputs, W_query)
    from_queries, grad_W_query = matmul_backward(inputs, W_query, grad_queries)
    # forward: keys = matmul(inputs, W_key)
    from_keys, grad_W_key = matmul_backward(inputs, W_key, grad_keys)
    # forward: values = matmul(inputs, W_value)
    from_values, grad_W_value = matmul_backward(inputs, W_value, grad_values)
    # the inputs are used three times
    grad_inputs = add(add(from_queries, from_keys), from_values)  # (n, d_in)
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
    queries, keys, values, *steps = attention
    # forward: scaled_dot_product_attention(queries, keys, values)
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
    # forward: mixing_weights = dropout(attn_weights, keep, p)
    return dropout(grad_mixing_weights, keep, p)


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
    require_list("attention", attention, "steps", length=7)
    queries, keys, values, _, attn_weights, mixing_weights, _ = attention
    require_dropout(p, keep)
    if keep is None and mixing_weights != attn_weights:
        raise ValueError("keep must be given: attention dropped some weights")
    _require_product(
        mixing_weights=mixing_weights,
        values=values,
        grad_context_vecs=grad_context_vecs,
    )
    # forward: context_vecs = matmul(mixing_weights, values)
    grad_mixing_weights, grad_values = matmul_backward(
        mixing_weights, values, grad_context_vecs
    )  # (n, n), (n, d_v)

    # forward: mixing_weights = dropout(attn_weights, keep, p)
    grad_attn_weights = grad_mixing_weights  # (n, n)
    if keep is not None:
        grad_attn_weights = dropout_backward(keep, p, grad_mixing_weights)

    # forward: attn_weights = the softmax of what each query finds in the keys
    _, grad_queries, grad_keys = query_key_backward(
        queries, keys, attn_weights, grad_attn_weights
    )  # (n, d_k)

    # forward: queries, keys, values = project(inputs, projections)
    return project_backward(
        inputs, projections, grad_queries, grad_keys, grad_values
    )


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
        One token, two heads, which turn it into 50 and 500:

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
    require_list("heads", heads, "projections")
    require_list("attention", attention, "steps", length=2)
    require_list("attention.heads", attention.heads, "heads", len(heads))
    width = sum(len(head.context_vecs[0]) for head in attention.heads)
    require_matrix("inputs", inputs)
    require_matrix("grad_context_vecs", grad_context_vecs, len(inputs), width)
    grad_heads = []
    start = 0
    for projections, head in zip(heads, attention.heads, strict=True):
        # forward: context_vecs = merge_heads(context_vecs of every head)
        stop = start + len(head.context_vecs[0])
        columns = [row[start:stop] for row in grad_context_vecs]  # (n, d_v)
        start = stop

        # forward: head = attend(inputs, projections)
        grad_heads.append(_head_backward(inputs, projections, head, columns))

    # the inputs are used once by every head
    grad_inputs = reduce(add, [grads.grad_inputs for grads in grad_heads])
    return StackedHeadsGradients(grad_inputs, grad_heads)


def _head_backward(
    inputs: Matrix,
    projections: Projections,
    head: SelfAttention | CausalAttention,
    grad_context_vecs: Matrix,
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
    _require_product(
        vectors=vectors, W_out=W_out, grad_context_vecs=grad_context_vecs
    )
    # forward: context_vecs = each row of mixed + b_out
    grad_b_out = [sum(column) for column in transpose(grad_context_vecs)]

    # forward: mixed = matmul(vectors, W_out)
    grad_vectors, grad_W_out = matmul_backward(
        vectors, W_out, grad_context_vecs
    )  # (n, d_in), (d_in, d_out)
    return OutputProjectionGradients(grad_vectors, grad_W_out, grad_b_out)


def _require_heads(attention: MultiHeadAttention, num_heads: int) -> None:
    """Refuse steps that were not taken by this number of heads."""
    require_count("num_heads", num_heads)
    require_list("attention", attention, "steps", length=8)
    names = MultiHeadAttention._fields[:6]
    for name, heads in zip(names, attention, strict=False):
        require_list(name, heads, "heads", length=num_heads)


def multi_head_attention_backward(
    inputs: Matrix,
    parameters: MultiHead,
    attention: MultiHeadAttention,
    grad_context_vecs: Matrix,
) -> MultiHeadAttentionGradients:
    """Take the gradient back through the whole multi-head layer.

    `inputs (n, d_in), grad_context_vecs (n, d_out) -> grad_inputs (n, d_in)`
    and a gradient for each of the five parameters, in its own shape.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        One token, two heads: W_value first turns 10 into 10 and 20, and
        W_out counts the first one 3 times, the second one 5 times:

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
    require_list("parameters", parameters, "parameters", length=6)
    W_query, W_key, W_value, W_out, _, num_heads = parameters
    _require_heads(attention, num_heads)
    queries, keys, values, *steps, merged_context_vecs, _ = attention
    # forward: output_projection(merged_context_vecs, W_out, b_out)
    grad_merged, grad_W_out, grad_b_out = output_projection_backward(
        merged_context_vecs, W_out, grad_context_vecs
    )  # (n, d_out), (d_out, d_out), (d_out,)

    # forward: merged_context_vecs = merge_heads(head_context_vecs)
    grad_head_context_vecs = split_heads(grad_merged, num_heads)

    # forward: scaled_dot_product_attention(*head, mask) for every head
    attentions = map(ScaledDotProductAttention, *steps)
    of_heads = queries, keys, values, attentions, grad_head_context_vecs
    heads = [
        scaled_dot_product_attention_backward(*head)
        for head in zip(*of_heads, strict=True)
    ]
    _, _, *grads = map(list, zip(*heads, strict=True))

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
