"""Wrong gradients, each of one stage of the way back.

Some pass a check whose upstream gradient is all ones: the weights of a row
sum to 1, so what moves weight from one to another does not change their sum.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, starmap

from attnbook.backward import softmax_backward
from attnbook.checker.mistakes.backstages import (
    DROPPED,
    MULTI,
    OF_HEADS,
    OF_WEIGHTS,
    SOFTMAX,
    Bias,
    Join,
    Keep,
    OfTwo,
    Order,
    Soften,
    Undrop,
    scaled_down,
    to_heads,
    to_keys,
    to_queries,
    to_values,
    to_weight,
    weights_of,
    wrong_back,
)
from attnbook.checker.mistakes.mistake import Mistake
from attnbook.checker.mistakes.stages import Staged
from attnbook.vectors import Mask, Matrix, Vector, dot, transpose

_ALL = SOFTMAX + OF_HEADS

_DROP = "The gradient of the weights is dropout once more: same mask, same p."
_MEAN = "grad_scores[j] = weights[j] * (grad[j] - sum(weights * grad))."
_ORDER = "The order is that of the arguments: queries, keys, values."
_OUT = "The heads get grad @ transpose(W_out)."
_SUM = "Add the rows up: the bias is added to every token."


def _times(weights: Vector, grad: Vector, mean: float = 0.0) -> Vector:
    """Each weight with its gradient, from which a mean is subtracted."""
    return [w * (g - mean) for w, g in zip(weights, grad, strict=True)]


def _dropped_unscaled(keep: Mask, _: float, grad: Matrix) -> Matrix:
    pairs = [zip(*rows, strict=True) for rows in zip(grad, keep, strict=True)]
    return [[g if kept else 0.0 for g, kept in pair] for pair in pairs]


def _by_mean(weights: Matrix, grad: Matrix) -> Matrix:
    return to_values([[1 / len(row)] * len(row) for row in weights], grad)


def _none(grad_scores: Matrix, queries: Matrix) -> Matrix:
    keys = to_keys(grad_scores, queries)
    return [[0.0 for _ in key] for key in keys]


_UNDROPS: Sequence[Staged[Undrop]] = (
    ("dropout_not_undone", DROPPED,
     "You do not take the gradient back through the dropout.",
     _DROP, lambda *given: given[-1]),
    ("not_scaled_up", DROPPED,
     "You drop gradients on the way back and do not divide by 1 - p.",
     _DROP, _dropped_unscaled),
)  # fmt: skip

_KEEPS: Sequence[Staged[Keep]] = (
    ("values_by_all_weights", DROPPED,
     "You share the gradient among the values as if nothing was dropped.",
     "Use the weights that mixed: transpose(mixing_weights).",
     lambda weights, _: (weights, weights)),
    ("softmax_of_dropped", DROPPED,
     "You take the softmax back with the weights that were dropped.",
     "Softmax made the weights before the drop: use those.",
     lambda _, dropped: (dropped, dropped)),
)  # fmt: skip

_SOFTENS: Sequence[Staged[Soften]] = (
    ("no_coupling", _ALL,
     "You leave out that each score lowers the other weights.",
     _MEAN, _times),
    ("diagonal_only", _ALL,
     "You use the diagonal of the Jacobian alone, w * (1 - w).",
     _MEAN,
     lambda weights, grad: _times([w * (1 - w) for w in weights], grad)),
    ("sign_flipped", _ALL,
     "The sign is wrong.",
     _MEAN,
     lambda weights, grad: [-g for g in softmax_backward(weights, grad)]),
    ("mean_without_weights", _ALL,
     "You subtract the plain mean of the gradients, not the weighted one.",
     _MEAN,
     lambda weights, grad: _times(weights, grad, sum(grad) / len(grad))),
    ("weights_forgotten", _ALL,
     "You subtract the mean and forget to multiply by the weights.",
     _MEAN, lambda weights, grad: [g - dot(weights, grad) for g in grad]),
    ("gradient_not_used", _ALL,
     "You do not use the gradient that comes in.",
     "Multiply the Jacobian with the incoming gradient.",
     lambda weights, _: [w * (1 - w) for w in weights]),
    ("softmax_forgotten", _ALL,
     "You pass the gradient of the weights on as that of the scores.",
     "Take it through the softmax in between.",
     lambda _, grad: list(grad)),
)  # fmt: skip

_ORDERS: Sequence[Staged[Order]] = (
    ("queries_and_keys_swapped", OF_HEADS,
     "You return the gradients of queries and keys in each other's place.",
     "The first is that of the queries: grad_scores @ keys.",
     lambda q, k, v: (k, q, v)),
    ("keys_and_values_swapped", OF_HEADS,
     "You return the gradients of keys and values in each other's place.",
     _ORDER, lambda q, k, v: (q, v, k)),
    ("order_reversed", OF_HEADS,
     "You return the gradients in reverse: that of the values comes first.",
     _ORDER, lambda q, k, v: (v, k, q)),
)  # fmt: skip

_JOINS: Sequence[Staged[Join]] = (
    ("inputs_by_values_only", OF_WEIGHTS,
     "The inputs' gradient counts the values alone.",
     "An input is used three times: add what comes from Q, K and V.",
     lambda *parts: parts[-1]),
)  # fmt: skip

_BIASES: Sequence[Staged[Bias]] = (
    ("bias_by_mean", MULTI,
     "You average the bias's gradient over the tokens.",
     _SUM,
     lambda grad: [sum(column) / len(grad) for column in transpose(grad)]),
    ("bias_of_one_token", MULTI,
     "The bias's gradient is that of the first token alone.",
     _SUM, lambda grad: list(grad[0])),
)  # fmt: skip

_OF_TWO: Mapping[str, Sequence[Staged[OfTwo]]] = {
    "recall": (
        ("mask_ignored", DROPPED + MULTI,
         "You go back as if nothing had been hidden.",
         "Use the weights of the forward: hidden ones are 0, and stay so.",
         weights_of),
    ),
    "scale": (
        ("scale_forgotten", OF_HEADS,
         "You forget the scale on the way back: forward divided by sqrt(d_k).",
         "Divide the gradient of the scores by `sqrt(d_k)` too.",
         lambda scores, _: scores),
        ("scaled_twice", OF_HEADS,
         "You divide by sqrt(d_k) twice on the way back.",
         "The forward divides once, so the backward does.",
         lambda scores, keys: scaled_down(scaled_down(scores, keys), keys)),
    ),
    "queries": (
        ("queries_transposed", OF_HEADS,
         "You transpose the gradient of the scores on the way to the queries.",
         "It is grad_scores @ keys.",
         lambda scores, keys: to_queries(transpose(scores), keys)),
    ),
    "keys": (
        ("keys_not_transposed", OF_HEADS,
         "You forget to transpose the gradient of the scores for the keys.",
         "It is transpose(grad_scores) @ queries.",
         lambda scores, queries: to_keys(transpose(scores), queries)),
        ("keys_without_gradient", OF_HEADS,
         "You give the keys no gradient.",
         "Keys are in the scores as queries are: "
         "transpose(grad_scores) @ queries.",
         _none),
    ),
    "values": (
        ("values_not_transposed", OF_HEADS,
         "You forget to transpose the weights on the way to the values.",
         "It is transpose(attn_weights) @ grad.",
         lambda weights, grad: to_values(transpose(weights), grad)),
        ("values_by_mean", OF_HEADS,
         "You share the gradient equally among the values.",
         "Each value's share is its weight: transpose(weights) @ grad.",
         _by_mean),
    ),
    "weight": (
        ("projections_transposed", OF_WEIGHTS,
         "You return the weights' gradients transposed.",
         "A gradient has the shape of its weight: transpose(inputs) @ grad.",
         lambda inputs, grad: transpose(to_weight(inputs, grad))),
    ),
    "heads": (
        ("output_projection_skipped", MULTI,
         "You hand the gradient to the heads without going through `W_out`.",
         _OUT, lambda grad, _: grad),
        ("output_not_transposed", MULTI,
         "You forget to transpose `W_out` on the way to the heads.",
         _OUT, lambda grad, W_out: to_heads(grad, transpose(W_out))),
    ),
    "outward": (
        ("output_transposed", MULTI,
         "You return the gradient of `W_out` transposed.",
         "It is transpose(merged) @ grad.",
         lambda merged, grad: transpose(to_weight(merged, grad))),
    ),
}  # fmt: skip
"""By the stages that are made of two matrices."""

MISTAKES: Sequence[Mistake] = (
    *wrong_back("undrop", _UNDROPS),
    *wrong_back("keep", _KEEPS),
    *wrong_back("soften", _SOFTENS),
    *wrong_back("order", _ORDERS),
    *wrong_back("join", _JOINS),
    *wrong_back("bias", _BIASES),
    *chain.from_iterable(starmap(wrong_back, _OF_TWO.items())),
)
