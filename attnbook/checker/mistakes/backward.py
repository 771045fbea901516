"""Wrong versions of the backward pass.

Some pass a check whose upstream gradient is all ones: the weights of a row
sum to 1, so what moves weight from one to another does not change their sum.
"""

from math import sqrt
from typing import TypeAlias

from attnbook.backward import (
    matmul_backward,
    multi_head_attention_backward,
    scaled_dot_product_attention_backward,
    self_attention_backward,
    softmax_backward,
)
from attnbook.checker.mistakes.catalogue import mistake
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.trainable import (
    Projections,
    scaled_dot_product_attention,
    self_attention,
)
from attnbook.vectors import Matrix, Vector, dot, matmul, transpose

_SOFTMAX = "softmax_backward"
_SDPA = "scaled_dot_product_attention_backward"
_PROJECTED = "self_attention_backward"
_MULTI = "multi_head_attention_backward"
_MEAN = "grad_scores[j] = weights[j] * (grad[j] - sum(weights * grad))."

Three: TypeAlias = tuple[Matrix, Matrix, Matrix]
Four: TypeAlias = tuple[Matrix, Matrix, Matrix, Matrix]
Six: TypeAlias = tuple[Matrix, Matrix, Matrix, Matrix, Matrix, Vector]


@mistake(
    _SOFTMAX,
    "no_coupling",
    "You leave out that each score lowers the other weights.",
    _MEAN,
)
def no_coupling(attn_weights: Vector, grad_weights: Vector) -> Vector:
    pairs = zip(attn_weights, grad_weights, strict=True)
    return [w * grad for w, grad in pairs]


@mistake(
    _SOFTMAX,
    "diagonal_only",
    "You use the diagonal of the Jacobian alone, w * (1 - w).",
    _MEAN,
)
def diagonal_only(attn_weights: Vector, grad_weights: Vector) -> Vector:
    pairs = zip(attn_weights, grad_weights, strict=True)
    return [w * (1 - w) * grad for w, grad in pairs]


@mistake(_SOFTMAX, "sign_flipped", "The sign is wrong.", _MEAN)
def sign_flipped(attn_weights: Vector, grad_weights: Vector) -> Vector:
    grad_scores = softmax_backward(attn_weights, grad_weights)
    return [-grad for grad in grad_scores]


@mistake(
    _SOFTMAX,
    "mean_without_weights",
    "You subtract the plain mean of the gradients, not the weighted one.",
    _MEAN,
)
def plain_mean(attn_weights: Vector, grad_weights: Vector) -> Vector:
    mean = sum(grad_weights) / len(grad_weights)
    pairs = zip(attn_weights, grad_weights, strict=True)
    return [w * (grad - mean) for w, grad in pairs]


@mistake(
    _SOFTMAX,
    "weights_forgotten",
    "You subtract the mean and forget to multiply by the weights.",
    _MEAN,
)
def weights_forgotten(attn_weights: Vector, grad_weights: Vector) -> Vector:
    mean = dot(attn_weights, grad_weights)
    return [grad - mean for grad in grad_weights]


@mistake(
    _SOFTMAX,
    "gradient_not_used",
    "You do not use the gradient that comes in.",
    "Multiply the Jacobian with the incoming gradient.",
)
def gradient_not_used(attn_weights: Vector, grad_weights: Vector) -> Vector:
    _ = grad_weights
    return [w * (1 - w) for w in attn_weights]


def _right(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    """The gradients of queries, keys and values."""
    attention = scaled_dot_product_attention(queries, keys, values)
    grads = scaled_dot_product_attention_backward(
        queries, keys, values, attention, grad
    )
    return grads.grad_queries, grads.grad_keys, grads.grad_values


def _times(a: Matrix, factor: float) -> Matrix:
    """Every entry times a factor."""
    return [[entry * factor for entry in row] for row in a]


@mistake(
    _SDPA,
    "scale_forgotten",
    "You forget the scale on the way back: the forward divided by sqrt(d_k).",
    "Divide the gradient of the scores by `sqrt(d_k)` too.",
)
def scale_forgotten(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    grad_queries, grad_keys, grad_values = _right(queries, keys, values, grad)
    scale = sqrt(len(keys[0]))
    return _times(grad_queries, scale), _times(grad_keys, scale), grad_values


@mistake(
    _SDPA,
    "scaled_twice",
    "You divide by sqrt(d_k) twice on the way back.",
    "The forward divides once, so the backward does.",
)
def scaled_twice(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    grad_queries, grad_keys, grad_values = _right(queries, keys, values, grad)
    scale = 1 / sqrt(len(keys[0]))
    return _times(grad_queries, scale), _times(grad_keys, scale), grad_values


@mistake(
    _SDPA,
    "no_coupling",
    "Your softmax gradient leaves out that weights share one unit.",
    _MEAN,
)
def attention_no_coupling(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    weights = scaled_dot_product_attention(queries, keys, values).attn_weights
    grad_weights, grad_values = matmul_backward(weights, values, grad)
    scale = 1 / sqrt(len(keys[0]))
    pairs = zip(weights, grad_weights, strict=True)
    scores = _times([no_coupling(*rows) for rows in pairs], scale)
    return (
        matmul(scores, keys),
        matmul(transpose(scores), queries),
        grad_values,
    )


@mistake(
    _SDPA,
    "softmax_forgotten",
    "You pass the gradient of the weights on as that of the scores.",
    "Take it through the softmax in between.",
)
def softmax_forgotten(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    weights = scaled_dot_product_attention(queries, keys, values).attn_weights
    grad_weights, grad_values = matmul_backward(weights, values, grad)
    scores = _times(grad_weights, 1 / sqrt(len(keys[0])))
    return (
        matmul(scores, keys),
        matmul(transpose(scores), queries),
        grad_values,
    )


@mistake(
    _SDPA,
    "queries_and_keys_swapped",
    "You return the gradients of queries and keys in each other's place.",
    "grad_queries has the shape of the queries: grad_scores @ keys.",
)
def gradients_swapped(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    grad_queries, grad_keys, grad_values = _right(queries, keys, values, grad)
    return grad_keys, grad_queries, grad_values


@mistake(
    _SDPA,
    "values_by_mean",
    "You share the gradient equally among the values.",
    "Each value's share is its weight: transpose(weights) @ grad.",
)
def values_by_mean(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    grad_queries, grad_keys, _ = _right(queries, keys, values, grad)
    shares = [[1 / len(keys)] * len(queries) for _ in keys]
    return grad_queries, grad_keys, matmul(shares, grad)


@mistake(
    _SDPA,
    "keys_without_gradient",
    "You give the keys no gradient.",
    "Keys are in the scores as queries are: transpose(grad_scores) @ queries.",
)
def keys_without_gradient(
    queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Three:
    grad_queries, grad_keys, grad_values = _right(queries, keys, values, grad)
    return grad_queries, _times(grad_keys, 0.0), grad_values


def _right_projected(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    grad: Matrix,
) -> Four:
    """The gradients of inputs and projections."""
    projections = Projections(W_query, W_key, W_value)
    attention = self_attention(inputs, projections)
    found = self_attention_backward(inputs, projections, attention, grad)
    return (
        found.grad_inputs,
        found.grad_W_query,
        found.grad_W_key,
        found.grad_W_value,
    )


@mistake(
    _PROJECTED,
    "inputs_by_values_only",
    "The inputs' gradient counts the values alone.",
    "An input is used three times: add what comes from Q, K and V.",
)
def inputs_by_values_only(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    grad: Matrix,
) -> Four:
    given = inputs, W_query, W_key, W_value
    _, *grads = _right_projected(*given, grad)
    queries, keys, values = (matmul(inputs, W) for W in given[1:])
    _, _, grad_values = _right(queries, keys, values, grad)
    from_values = matmul(grad_values, transpose(W_value))
    return from_values, grads[0], grads[1], grads[2]


@mistake(
    _PROJECTED,
    "projections_transposed",
    "You return the weights' gradients transposed.",
    "A gradient has the shape of its weight: transpose(inputs) @ grad.",
)
def projections_transposed(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    grad: Matrix,
) -> Four:
    first, *grads = _right_projected(inputs, W_query, W_key, W_value, grad)
    q, k, v = map(transpose, grads)
    return first, q, k, v


@mistake(
    _PROJECTED,
    "scale_forgotten",
    "You forget the scale on the way back: the forward divided by sqrt(d_k).",
    "Divide the gradient of the scores by `sqrt(d_k)` too.",
)
def projected_scale_forgotten(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    grad: Matrix,
) -> Four:
    weights = W_query, W_key, W_value
    queries, keys, values = (matmul(inputs, W) for W in weights)
    grads = scale_forgotten(queries, keys, values, grad)
    rows = [
        matmul(g, transpose(W)) for g, W in zip(grads, weights, strict=True)
    ]
    total = [
        [sum(entries) for entries in zip(*each, strict=True)]
        for each in zip(*rows, strict=True)
    ]
    q, k, v = (matmul(transpose(inputs), g) for g in grads)
    return total, q, k, v


def _right_multi(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    """The gradients of inputs and parameters."""
    parameters = MultiHead(W_query, W_key, W_value, W_out, b_out, num_heads)
    attention = multi_head_attention(inputs, parameters)
    found = multi_head_attention_backward(inputs, parameters, attention, grad)
    return (
        found.grad_inputs,
        found.grad_W_query,
        found.grad_W_key,
        found.grad_W_value,
        found.grad_W_out,
        found.grad_b_out,
    )


@mistake(
    _MULTI,
    "bias_by_mean",
    "You average the bias's gradient over the tokens.",
    "Add the rows up: the bias is added to every token.",
)
def bias_by_mean(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    weights = W_query, W_key, W_value, W_out, b_out, num_heads
    x, q, k, v, o, b = _right_multi(inputs, *weights, grad)
    return x, q, k, v, o, [entry / len(inputs) for entry in b]


@mistake(
    _MULTI,
    "bias_of_one_token",
    "The bias's gradient is that of the first token alone.",
    "Add the rows up: the bias is added to every token.",
)
def bias_of_one_token(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    weights = W_query, W_key, W_value, W_out, b_out, num_heads
    x, q, k, v, o, _ = _right_multi(inputs, *weights, grad)
    return x, q, k, v, o, list(grad[0])


@mistake(
    _MULTI,
    "output_transposed",
    "You return the gradient of `W_out` transposed.",
    "It is transpose(merged) @ grad.",
)
def output_gradient_transposed(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    weights = W_query, W_key, W_value, W_out, b_out, num_heads
    x, q, k, v, o, b = _right_multi(inputs, *weights, grad)
    return x, q, k, v, transpose(o), b


@mistake(
    _MULTI,
    "mask_ignored",
    "You go back as if nothing had been hidden.",
    "Use the weights of the forward: hidden ones are 0, and stay so.",
)
def mask_ignored(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    parameters = MultiHead(W_query, W_key, W_value, W_out, b_out, num_heads)
    attention = multi_head_attention(inputs, parameters, causal=False)
    found = multi_head_attention_backward(inputs, parameters, attention, grad)
    x, q, k, v, o, b = found
    return x, q, k, v, o, b


@mistake(
    _MULTI,
    "last_head_forgotten",
    "The last head gets no gradient.",
    "Let the loop run over every head.",
)
def last_head_forgotten(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    weights = W_query, W_key, W_value, W_out, b_out, num_heads
    x, *grads, o, b = _right_multi(inputs, *weights, grad)
    kept = len(W_query[0]) * (num_heads - 1) // num_heads
    q, k, v = (
        [row[:kept] + [0.0] * (len(row) - kept) for row in g] for g in grads
    )
    return x, q, k, v, o, b


@mistake(
    _MULTI,
    "output_projection_skipped",
    "You hand the gradient to the heads without going through `W_out`.",
    "The heads get grad @ transpose(W_out).",
)
def output_projection_skipped(
    inputs: Matrix,
    W_query: Matrix,
    W_key: Matrix,
    W_value: Matrix,
    W_out: Matrix,
    b_out: Vector,
    num_heads: int,
    grad: Matrix,
) -> Six:
    weights = W_query, W_key, W_value
    *_, o, b = _right_multi(inputs, *weights, W_out, b_out, num_heads, grad)
    same = [[float(i == j) for j in range(len(o))] for i in range(len(o))]
    x, q, k, v, _, _ = _right_multi(
        inputs, *weights, same, b_out, num_heads, grad
    )
    return x, q, k, v, o, b
