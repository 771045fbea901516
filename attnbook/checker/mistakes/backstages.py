"""The way back through an attention, as stages that can be wrong ones."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple, TypeAlias

from attnbook.backward import softmax_backward
from attnbook.checker.mistakes.catalogue import Wrong, enter
from attnbook.checker.mistakes.stages import (
    Triple,
    hide_later,
    products,
    shared,
)
from attnbook.multihead import merge_heads, split_heads
from attnbook.vectors import Matrix, Vector, add, matmul, transpose


def scaled_down(scores: Matrix, keys: Matrix) -> Matrix:
    """What the scale does to scores, and to their gradients."""
    root = sqrt(len(keys[0]))
    return [[entry / root for entry in row] for row in scores]


def weights_of(queries: Matrix, keys: Matrix) -> Matrix:
    """The weights of the forward pass, where nothing was hidden."""
    return shared([scaled_down(products(queries, keys), keys)])[0]


def causal_weights(queries: Matrix, keys: Matrix) -> Matrix:
    """The weights of the forward pass, where later keys were hidden."""
    return shared(hide_later([scaled_down(products(queries, keys), keys)]))[0]


def to_queries(grad_scores: Matrix, queries: Matrix, keys: Matrix) -> Matrix:
    """The gradient of the queries."""
    _ = queries
    return matmul(grad_scores, keys)


def to_keys(grad_scores: Matrix, queries: Matrix, keys: Matrix) -> Matrix:
    """The gradient of the keys."""
    _ = keys
    return matmul(transpose(grad_scores), queries)


def to_values(weights: Matrix, grad: Matrix) -> Matrix:
    """The gradient of the values."""
    return matmul(transpose(weights), grad)


def ordered(*grads: Matrix) -> tuple[Matrix, ...]:
    """Each gradient in its own place."""
    return grads


def joined(*parts: Matrix) -> Matrix:
    """What the inputs get from queries, keys and values."""
    return add(add(*parts[:2]), parts[2])


def to_weight(inputs: Matrix, grad: Matrix) -> Matrix:
    """The gradient of a projection's weight."""
    return matmul(transpose(inputs), grad)


def to_bias(grad: Matrix) -> Vector:
    """The gradient of the bias: it is added to every token."""
    return [sum(column) for column in zip(*grad, strict=True)]


def to_heads(grad: Matrix, W_out: Matrix) -> Matrix:
    """The gradient of the merged heads."""
    return matmul(grad, transpose(W_out))


class Back(NamedTuple):
    """The stages from the gradient of the result to all other gradients."""

    recall: Callable[[Matrix, Matrix], Matrix] = weights_of
    soften: Callable[[Vector, Vector], Vector] = softmax_backward
    scale: Callable[[Matrix, Matrix], Matrix] = scaled_down
    queries: Callable[[Matrix, Matrix, Matrix], Matrix] = to_queries
    keys: Callable[[Matrix, Matrix, Matrix], Matrix] = to_keys
    values: Callable[[Matrix, Matrix], Matrix] = to_values
    order: Callable[..., tuple[Matrix, ...]] = ordered
    join: Callable[..., Matrix] = joined
    weight: Callable[[Matrix, Matrix], Matrix] = to_weight
    heads: Callable[[Matrix, Matrix], Matrix] = to_heads
    outward: Callable[[Matrix, Matrix], Matrix] = to_weight
    bias: Callable[[Matrix], Vector] = to_bias


Lifted: TypeAlias = Callable[..., Any]


def _head(
    back: Back, queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
) -> Triple:
    """The gradients of one head's queries, keys and values."""
    weights = back.recall(queries, keys)
    grad_weights = matmul(grad, transpose(values))
    pairs = zip(weights, grad_weights, strict=True)
    grad_scores = back.scale([back.soften(*rows) for rows in pairs], keys)
    return (
        back.queries(grad_scores, queries, keys),
        back.keys(grad_scores, queries, keys),
        back.values(weights, grad),
    )


def _through(
    back: Back, inputs: Matrix, weights: Sequence[Matrix], grads: Triple
) -> tuple[Matrix, ...]:
    """The gradients of the inputs and of the three projections."""
    parts = [
        matmul(grad, transpose(W))
        for grad, W in zip(grads, weights, strict=True)
    ]
    return back.join(*parts), *(back.weight(inputs, grad) for grad in grads)


def _softmax(back: Back) -> Lifted:
    return back.soften


def _attention(back: Back) -> Lifted:
    def gradients(
        queries: Matrix, keys: Matrix, values: Matrix, grad: Matrix
    ) -> tuple[Matrix, ...]:
        return back.order(*_head(back, queries, keys, values, grad))

    return gradients


def _self_attention(back: Back) -> Lifted:
    def gradients(
        inputs: Matrix,
        W_query: Matrix,
        W_key: Matrix,
        W_value: Matrix,
        grad: Matrix,
    ) -> tuple[Matrix, ...]:
        weights = W_query, W_key, W_value
        q, k, v = (matmul(inputs, W) for W in weights)
        grads = _head(back, q, k, v, grad)
        first, *others = _through(back, inputs, weights, grads)
        return first, *back.order(*others)

    return gradients


def _multi_head(back: Back) -> Lifted:
    def gradients(*given: Any) -> tuple[Any, ...]:  # noqa: ANN401
        inputs, *weights, W_out, _, num_heads, grad = given
        wide = [matmul(inputs, W) for W in weights]
        wide.append(back.heads(grad, W_out))
        heads = list(
            zip(*(split_heads(m, num_heads) for m in wide), strict=True)
        )
        grads = zip(*(_head(back, *head) for head in heads), strict=True)
        q, k, v = (merge_heads(list(each)) for each in grads)
        first, *others = _through(back, inputs, weights, (q, k, v))
        merged = [matmul(back.recall(q, k), v) for q, k, v, _ in heads]
        to_out = back.outward(merge_heads(merged), grad)
        return first, *back.order(*others), to_out, back.bias(grad)

    return gradients


SOFTMAX = ("softmax_backward",)
ATTENTION = ("scaled_dot_product_attention_backward",)
PROJECTED = ("self_attention_backward",)
MULTI = ("multi_head_attention_backward",)
OF_WEIGHTS = PROJECTED + MULTI
OF_HEADS = ATTENTION + OF_WEIGHTS

_BACK: Mapping[str, tuple[Callable[[Back], Lifted], Back]] = {
    "softmax_backward": (_softmax, Back()),
    "scaled_dot_product_attention_backward": (_attention, Back()),
    "self_attention_backward": (_self_attention, Back()),
    "multi_head_attention_backward": (
        _multi_head,
        Back(recall=causal_weights),
    ),
}


def wrong_gradient(
    stage: str, on: Sequence[str], advice: str
) -> Callable[[Wrong], Wrong]:
    """Enter a wrong stage of the way back, once for each step that has it."""

    def decorate(function: Wrong) -> Wrong:
        for step in on:
            lift, right = _BACK[step]
            lifted = lift(right._replace(**{stage: function}))
            enter(step, function.__name__, advice, lifted, function, stage)
        return function

    return decorate
