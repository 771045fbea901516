"""Wrong gradients, each of one stage of the way back.

Some pass a check whose upstream gradient is all ones: the weights of a row
sum to 1, so what moves weight from one to another does not change their sum.
"""

from attnbook.backward import softmax_backward
from attnbook.checker.mistakes.backstages import (
    MULTI,
    OF_HEADS,
    OF_WEIGHTS,
    SOFTMAX,
    scaled_down,
    to_heads,
    to_keys,
    to_queries,
    to_values,
    to_weight,
    weights_of,
    wrong_gradient,
)
from attnbook.vectors import Matrix, Vector, dot, transpose

_MEAN = "grad_scores[j] = weights[j] * (grad[j] - sum(weights * grad))."
_ALL = SOFTMAX + OF_HEADS


@wrong_gradient("soften", _ALL, _MEAN)
def no_coupling(weights: Vector, grad: Vector) -> Vector:
    """You leave out that each score lowers the other weights."""
    return [w * g for w, g in zip(weights, grad, strict=True)]


@wrong_gradient("soften", _ALL, _MEAN)
def diagonal_only(weights: Vector, grad: Vector) -> Vector:
    """You use the diagonal of the Jacobian alone, w * (1 - w)."""
    return [w * (1 - w) * g for w, g in zip(weights, grad, strict=True)]


@wrong_gradient("soften", _ALL, _MEAN)
def sign_flipped(weights: Vector, grad: Vector) -> Vector:
    """The sign is wrong."""
    return [-g for g in softmax_backward(weights, grad)]


@wrong_gradient("soften", _ALL, _MEAN)
def mean_without_weights(weights: Vector, grad: Vector) -> Vector:
    """You subtract the plain mean of the gradients, not the weighted one."""
    mean = sum(grad) / len(grad)
    return [w * (g - mean) for w, g in zip(weights, grad, strict=True)]


@wrong_gradient("soften", _ALL, _MEAN)
def weights_forgotten(weights: Vector, grad: Vector) -> Vector:
    """You subtract the mean and forget to multiply by the weights."""
    mean = dot(weights, grad)
    return [g - mean for g in grad]


@wrong_gradient(
    "soften", _ALL, "Multiply the Jacobian with the incoming gradient."
)
def gradient_not_used(weights: Vector, grad: Vector) -> Vector:
    """You do not use the gradient that comes in."""
    _ = grad
    return [w * (1 - w) for w in weights]


@wrong_gradient("soften", _ALL, "Take it through the softmax in between.")
def softmax_forgotten(weights: Vector, grad: Vector) -> Vector:
    """You pass the gradient of the weights on as that of the scores."""
    _ = weights
    return list(grad)


@wrong_gradient(
    "scale", OF_HEADS, "Divide the gradient of the scores by `sqrt(d_k)` too."
)
def scale_forgotten(grad_scores: Matrix, keys: Matrix) -> Matrix:
    """You forget the scale on the way back: forward divided by sqrt(d_k)."""
    _ = keys
    return grad_scores


@wrong_gradient(
    "scale", OF_HEADS, "The forward divides once, so the backward does."
)
def scaled_twice(grad_scores: Matrix, keys: Matrix) -> Matrix:
    """You divide by sqrt(d_k) twice on the way back."""
    return scaled_down(scaled_down(grad_scores, keys), keys)


@wrong_gradient(
    "order", OF_HEADS, "The first is that of the queries: grad_scores @ keys."
)
def queries_and_keys_swapped(
    q: Matrix, k: Matrix, v: Matrix
) -> tuple[Matrix, ...]:
    """You return the gradients of queries and keys in each other's place."""
    return k, q, v


@wrong_gradient(
    "order",
    OF_HEADS,
    "The order is that of the arguments: queries, keys, values.",
)
def keys_and_values_swapped(
    q: Matrix, k: Matrix, v: Matrix
) -> tuple[Matrix, ...]:
    """You return the gradients of keys and values in each other's place."""
    return q, v, k


@wrong_gradient(
    "order",
    OF_HEADS,
    "The order is that of the arguments: queries, keys, values.",
)
def order_reversed(q: Matrix, k: Matrix, v: Matrix) -> tuple[Matrix, ...]:
    """You return the gradients in reverse: that of the values comes first."""
    return v, k, q


@wrong_gradient("queries", OF_HEADS, "It is grad_scores @ keys.")
def queries_transposed(grad_scores: Matrix, q: Matrix, k: Matrix) -> Matrix:
    """You transpose the gradient of the scores on the way to the queries."""
    return to_queries(transpose(grad_scores), q, k)


@wrong_gradient("keys", OF_HEADS, "It is transpose(grad_scores) @ queries.")
def keys_not_transposed(grad_scores: Matrix, q: Matrix, k: Matrix) -> Matrix:
    """You forget to transpose the gradient of the scores for the keys."""
    return to_keys(transpose(grad_scores), q, k)


@wrong_gradient("values", OF_HEADS, "It is transpose(attn_weights) @ grad.")
def values_not_transposed(weights: Matrix, grad: Matrix) -> Matrix:
    """You forget to transpose the weights on the way to the values."""
    return to_values(transpose(weights), grad)


@wrong_gradient(
    "values",
    OF_HEADS,
    "Each value's share is its weight: transpose(weights) @ grad.",
)
def values_by_mean(weights: Matrix, grad: Matrix) -> Matrix:
    """You share the gradient equally among the values."""
    shares = [[1 / len(row)] * len(row) for row in weights]
    return to_values(shares, grad)


@wrong_gradient(
    "keys",
    OF_HEADS,
    "Keys are in the scores as queries are: transpose(grad_scores) @ queries.",
)
def keys_without_gradient(grad_scores: Matrix, q: Matrix, k: Matrix) -> Matrix:
    """You give the keys no gradient."""
    return [
        [0.0 * entry for entry in row] for row in to_keys(grad_scores, q, k)
    ]


@wrong_gradient(
    "join",
    OF_WEIGHTS,
    "An input is used three times: add what comes from Q, K and V.",
)
def inputs_by_values_only(
    from_q: Matrix, from_k: Matrix, from_v: Matrix
) -> Matrix:
    """The inputs' gradient counts the values alone."""
    _ = from_q, from_k
    return from_v


@wrong_gradient(
    "weight",
    OF_WEIGHTS,
    "A gradient has the shape of its weight: transpose(inputs) @ grad.",
)
def projections_transposed(inputs: Matrix, grad: Matrix) -> Matrix:
    """You return the weights' gradients transposed."""
    return transpose(to_weight(inputs, grad))


@wrong_gradient(
    "bias", MULTI, "Add the rows up: the bias is added to every token."
)
def bias_by_mean(grad: Matrix) -> Vector:
    """You average the bias's gradient over the tokens."""
    return [sum(column) / len(grad) for column in zip(*grad, strict=True)]


@wrong_gradient(
    "bias", MULTI, "Add the rows up: the bias is added to every token."
)
def bias_of_one_token(grad: Matrix) -> Vector:
    """The bias's gradient is that of the first token alone."""
    return list(grad[0])


@wrong_gradient("outward", MULTI, "It is transpose(merged) @ grad.")
def output_transposed(merged: Matrix, grad: Matrix) -> Matrix:
    """You return the gradient of `W_out` transposed."""
    return transpose(to_weight(merged, grad))


@wrong_gradient(
    "recall",
    MULTI,
    "Use the weights of the forward: hidden ones are 0, and stay so.",
)
def mask_ignored(queries: Matrix, keys: Matrix) -> Matrix:
    """You go back as if nothing had been hidden."""
    return weights_of(queries, keys)


@wrong_gradient("heads", MULTI, "The heads get grad @ transpose(W_out).")
def output_projection_skipped(grad: Matrix, W_out: Matrix) -> Matrix:
    """You hand the gradient to the heads without going through `W_out`."""
    _ = W_out
    return grad


@wrong_gradient("heads", MULTI, "The heads get grad @ transpose(W_out).")
def output_not_transposed(grad: Matrix, W_out: Matrix) -> Matrix:
    """You forget to transpose `W_out` on the way to the heads."""
    return to_heads(grad, transpose(W_out))
