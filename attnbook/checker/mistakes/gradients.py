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


@wrong_gradient(
    "soften",
    "no_coupling",
    "You leave out that each score lowers the other weights.",
    _MEAN,
    on=_ALL,
)
def no_coupling(weights: Vector, grad: Vector) -> Vector:
    return [w * g for w, g in zip(weights, grad, strict=True)]


@wrong_gradient(
    "soften",
    "diagonal_only",
    "You use the diagonal of the Jacobian alone, w * (1 - w).",
    _MEAN,
    on=_ALL,
)
def diagonal_only(weights: Vector, grad: Vector) -> Vector:
    return [w * (1 - w) * g for w, g in zip(weights, grad, strict=True)]


@wrong_gradient("soften", "sign_flipped", "The sign is wrong.", _MEAN, on=_ALL)
def sign_flipped(weights: Vector, grad: Vector) -> Vector:
    return [-g for g in softmax_backward(weights, grad)]


@wrong_gradient(
    "soften",
    "mean_without_weights",
    "You subtract the plain mean of the gradients, not the weighted one.",
    _MEAN,
    on=_ALL,
)
def plain_mean(weights: Vector, grad: Vector) -> Vector:
    mean = sum(grad) / len(grad)
    return [w * (g - mean) for w, g in zip(weights, grad, strict=True)]


@wrong_gradient(
    "soften",
    "weights_forgotten",
    "You subtract the mean and forget to multiply by the weights.",
    _MEAN,
    on=_ALL,
)
def weights_forgotten(weights: Vector, grad: Vector) -> Vector:
    mean = dot(weights, grad)
    return [g - mean for g in grad]


@wrong_gradient(
    "soften",
    "gradient_not_used",
    "You do not use the gradient that comes in.",
    "Multiply the Jacobian with the incoming gradient.",
    on=_ALL,
)
def gradient_not_used(weights: Vector, grad: Vector) -> Vector:
    _ = grad
    return [w * (1 - w) for w in weights]


@wrong_gradient(
    "soften",
    "softmax_forgotten",
    "You pass the gradient of the weights on as that of the scores.",
    "Take it through the softmax in between.",
    on=_ALL,
)
def softmax_forgotten(weights: Vector, grad: Vector) -> Vector:
    _ = weights
    return list(grad)


@wrong_gradient(
    "scale",
    "scale_forgotten",
    "You forget the scale on the way back: the forward divided by sqrt(d_k).",
    "Divide the gradient of the scores by `sqrt(d_k)` too.",
    on=OF_HEADS,
)
def scale_forgotten(grad_scores: Matrix, keys: Matrix) -> Matrix:
    _ = keys
    return grad_scores


@wrong_gradient(
    "scale",
    "scaled_twice",
    "You divide by sqrt(d_k) twice on the way back.",
    "The forward divides once, so the backward does.",
    on=OF_HEADS,
)
def scaled_twice(grad_scores: Matrix, keys: Matrix) -> Matrix:
    return scaled_down(scaled_down(grad_scores, keys), keys)


@wrong_gradient(
    "order",
    "queries_and_keys_swapped",
    "You return the gradients of queries and keys in each other's place.",
    "The first is that of the queries: grad_scores @ keys.",
    on=OF_HEADS,
)
def queries_and_keys(q: Matrix, k: Matrix, v: Matrix) -> tuple[Matrix, ...]:
    return k, q, v


@wrong_gradient(
    "order",
    "keys_and_values_swapped",
    "You return the gradients of keys and values in each other's place.",
    "The order is that of the arguments: queries, keys, values.",
    on=OF_HEADS,
)
def keys_and_values(q: Matrix, k: Matrix, v: Matrix) -> tuple[Matrix, ...]:
    return q, v, k


@wrong_gradient(
    "order",
    "order_reversed",
    "You return the gradients in reverse: that of the values comes first.",
    "The order is that of the arguments: queries, keys, values.",
    on=OF_HEADS,
)
def order_reversed(q: Matrix, k: Matrix, v: Matrix) -> tuple[Matrix, ...]:
    return v, k, q


@wrong_gradient(
    "queries",
    "queries_transposed",
    "You transpose the gradient of the scores on the way to the queries.",
    "It is grad_scores @ keys.",
    on=OF_HEADS,
)
def queries_side(grad_scores: Matrix, q: Matrix, k: Matrix) -> Matrix:
    return to_queries(transpose(grad_scores), q, k)


@wrong_gradient(
    "keys",
    "keys_not_transposed",
    "You forget to transpose the gradient of the scores for the keys.",
    "It is transpose(grad_scores) @ queries.",
    on=OF_HEADS,
)
def keys_side(grad_scores: Matrix, q: Matrix, k: Matrix) -> Matrix:
    return to_keys(transpose(grad_scores), q, k)


@wrong_gradient(
    "values",
    "values_not_transposed",
    "You forget to transpose the weights on the way to the values.",
    "It is transpose(attn_weights) @ grad.",
    on=OF_HEADS,
)
def values_side(weights: Matrix, grad: Matrix) -> Matrix:
    return to_values(transpose(weights), grad)


@wrong_gradient(
    "values",
    "values_by_mean",
    "You share the gradient equally among the values.",
    "Each value's share is its weight: transpose(weights) @ grad.",
    on=OF_HEADS,
)
def values_by_mean(weights: Matrix, grad: Matrix) -> Matrix:
    shares = [[1 / len(row)] * len(row) for row in weights]
    return to_values(shares, grad)


@wrong_gradient(
    "keys",
    "keys_without_gradient",
    "You give the keys no gradient.",
    "Keys are in the scores as queries are: transpose(grad_scores) @ queries.",
    on=OF_HEADS,
)
def keys_without(grad_scores: Matrix, q: Matrix, k: Matrix) -> Matrix:
    return [
        [0.0 * entry for entry in row] for row in to_keys(grad_scores, q, k)
    ]


@wrong_gradient(
    "join",
    "inputs_by_values_only",
    "The inputs' gradient counts the values alone.",
    "An input is used three times: add what comes from Q, K and V.",
    on=OF_WEIGHTS,
)
def values_only(from_q: Matrix, from_k: Matrix, from_v: Matrix) -> Matrix:
    _ = from_q, from_k
    return from_v


@wrong_gradient(
    "weight",
    "projections_transposed",
    "You return the weights' gradients transposed.",
    "A gradient has the shape of its weight: transpose(inputs) @ grad.",
    on=OF_WEIGHTS,
)
def projections_transposed(inputs: Matrix, grad: Matrix) -> Matrix:
    return transpose(to_weight(inputs, grad))


@wrong_gradient(
    "bias",
    "bias_by_mean",
    "You average the bias's gradient over the tokens.",
    "Add the rows up: the bias is added to every token.",
    on=MULTI,
)
def bias_by_mean(grad: Matrix) -> Vector:
    return [sum(column) / len(grad) for column in zip(*grad, strict=True)]


@wrong_gradient(
    "bias",
    "bias_of_one_token",
    "The bias's gradient is that of the first token alone.",
    "Add the rows up: the bias is added to every token.",
    on=MULTI,
)
def bias_of_one_token(grad: Matrix) -> Vector:
    return list(grad[0])


@wrong_gradient(
    "outward",
    "output_transposed",
    "You return the gradient of `W_out` transposed.",
    "It is transpose(merged) @ grad.",
    on=MULTI,
)
def output_transposed(merged: Matrix, grad: Matrix) -> Matrix:
    return transpose(to_weight(merged, grad))


@wrong_gradient(
    "recall",
    "mask_ignored",
    "You go back as if nothing had been hidden.",
    "Use the weights of the forward: hidden ones are 0, and stay so.",
    on=MULTI,
)
def mask_ignored(queries: Matrix, keys: Matrix) -> Matrix:
    return weights_of(queries, keys)


@wrong_gradient(
    "heads",
    "output_projection_skipped",
    "You hand the gradient to the heads without going through `W_out`.",
    "The heads get grad @ transpose(W_out).",
    on=MULTI,
)
def output_projection_skipped(grad: Matrix, W_out: Matrix) -> Matrix:
    _ = W_out
    return grad


@wrong_gradient(
    "heads",
    "output_not_transposed",
    "You forget to transpose `W_out` on the way to the heads.",
    "The heads get grad @ transpose(W_out).",
    on=MULTI,
)
def output_side(grad: Matrix, W_out: Matrix) -> Matrix:
    return to_heads(grad, transpose(W_out))
