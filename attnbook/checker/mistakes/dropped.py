"""Wrong ways back through a causal attention whose weights were dropped."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from attnbook.backward import dropout_backward, softmax_backward
from attnbook.causal import dropout
from attnbook.checker.mistakes.backstages import (
    causal_weights,
    joined,
    scaled_down,
    to_keys,
    to_queries,
    to_values,
    to_weight,
    weights_of,
)
from attnbook.checker.mistakes.catalogue import Wrong, enter
from attnbook.vectors import Mask, Matrix, matmul, transpose

Rows = tuple[Matrix, Matrix]


def through_mixed(shares: Matrix, mixed: Matrix, grad: Matrix) -> Matrix:
    """The gradient of the values: what was dropped gave them nothing."""
    _ = shares
    return to_values(mixed, grad)


def by_weights(shares: Matrix, mixed: Matrix, grad: Matrix) -> Matrix:
    """The gradient of the scores: softmax gave the weights, not the drop."""
    _ = mixed
    pairs = zip(shares, grad, strict=True)
    return [softmax_backward(*rows) for rows in pairs]


class Dropped(NamedTuple):
    """The stages of the way back that a dropout takes part in."""

    recall: Callable[[Matrix, Matrix], Matrix] = causal_weights
    undrop: Callable[[Mask, float, Matrix], Matrix] = dropout_backward
    values: Callable[[Matrix, Matrix, Matrix], Matrix] = through_mixed
    soften: Callable[[Matrix, Matrix, Matrix], Matrix] = by_weights
    scale: Callable[[Matrix, Matrix], Matrix] = scaled_down


def _lifted(back: Dropped) -> Callable[..., Any]:
    def gradients(*given: Any) -> tuple[Matrix, ...]:  # noqa: ANN401
        inputs, *weights, keep, p, grad = given
        projected = [matmul(inputs, W) for W in weights]
        grads = _of_projected(back, projected, (keep, p), grad)
        parts = [
            matmul(grad, transpose(W))
            for grad, W in zip(grads, weights, strict=True)
        ]
        return joined(*parts), *(to_weight(inputs, grad) for grad in grads)

    return gradients


def _of_projected(
    back: Dropped,
    projected: Sequence[Matrix],
    dropping: tuple[Mask, float],
    grad: Matrix,
) -> tuple[Matrix, Matrix, Matrix]:
    q, k, v = projected
    shares = back.recall(q, k)
    mixed = dropout(shares, *dropping)
    grad_shares = back.undrop(*dropping, matmul(grad, transpose(v)))
    scores = back.scale(back.soften(shares, mixed, grad_shares), k)
    values = back.values(shares, mixed, grad)
    return to_queries(scores, q, k), to_keys(scores, q, k), values


def _wrong(stage: str, advice: str) -> Callable[[Wrong], Wrong]:
    """Enter a wrong stage into the catalogue."""

    def decorate(function: Wrong) -> Wrong:
        lifted = _lifted(Dropped()._replace(**{stage: function}))
        step, name = "causal_attention_backward", function.__name__
        enter(step, name, advice, lifted, function, stage)
        return function

    return decorate


_DROP = "The gradient of the weights is dropout once more: same mask, same p."


@_wrong("undrop", _DROP)
def dropout_not_undone(keep: Mask, p: float, grad: Matrix) -> Matrix:
    """You do not take the gradient back through the dropout."""
    _ = keep, p
    return grad


@_wrong("undrop", _DROP)
def not_scaled_up(keep: Mask, p: float, grad: Matrix) -> Matrix:
    """You drop gradients on the way back and do not divide by 1 - p."""
    _ = p
    return [
        [g if kept else 0.0 for g, kept in zip(*rows, strict=True)]
        for rows in zip(grad, keep, strict=True)
    ]


@_wrong("values", "Use the weights that mixed: transpose(mixing_weights).")
def values_by_all_weights(
    shares: Matrix, mixed: Matrix, grad: Matrix
) -> Matrix:
    """You share the gradient among the values as if nothing was dropped."""
    _ = mixed
    return to_values(shares, grad)


@_wrong("soften", "Softmax made the weights before the drop: use those.")
def softmax_of_dropped(shares: Matrix, mixed: Matrix, grad: Matrix) -> Matrix:
    """You take the softmax back with the weights that were dropped."""
    return by_weights(mixed, shares, grad)


@_wrong(
    "recall",
    "Use the weights of the forward: hidden ones are 0, and stay so.",
)
def mask_ignored(queries: Matrix, keys: Matrix) -> Matrix:
    """You go back as if nothing had been hidden."""
    return weights_of(queries, keys)


@_wrong("scale", "Divide the gradient of the scores by `sqrt(d_k)` too.")
def scale_forgotten(grad_scores: Matrix, keys: Matrix) -> Matrix:
    """You forget the scale on the way back: forward divided by sqrt(d_k)."""
    _ = keys
    return grad_scores
