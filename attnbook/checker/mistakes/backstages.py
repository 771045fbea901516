"""The way back through an attention, as stages that can be wrong ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple, TypeAlias

from attnbook.backward import dropout_backward, softmax_backward
from attnbook.causal import dropout
from attnbook.checker.mistakes.mistake import Mistake
from attnbook.checker.mistakes.stages import (
    Lifted,
    Stage,
    Staged,
    Triple,
    hide_later,
    in_steps,
    products,
    shared,
)
from attnbook.multihead import merge_heads, split_heads
from attnbook.vectors import Mask, Matrix, Vector, add, matmul, transpose


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


def own_weights(weights: Matrix, dropped: Matrix) -> tuple[Matrix, Matrix]:
    """The weights that softmax made, and those that mixed the values."""
    return weights, dropped


def to_queries(grad_scores: Matrix, keys: Matrix) -> Matrix:
    """The gradient of the queries."""
    return matmul(grad_scores, keys)


def to_keys(grad_scores: Matrix, queries: Matrix) -> Matrix:
    """The gradient of the keys."""
    return matmul(transpose(grad_scores), queries)


def to_values(weights: Matrix, grad: Matrix) -> Matrix:
    """The gradient of the values."""
    return matmul(transpose(weights), grad)


def ordered(of_q: Matrix, of_k: Matrix, of_v: Matrix) -> Triple:
    """Each gradient in its own place."""
    return of_q, of_k, of_v


def joined(from_q: Matrix, from_k: Matrix, from_v: Matrix) -> Matrix:
    """What the inputs get from queries, keys and values."""
    return add(add(from_q, from_k), from_v)


def to_weight(inputs: Matrix, grad: Matrix) -> Matrix:
    """The gradient of a projection's weight."""
    return matmul(transpose(inputs), grad)


def to_bias(grad: Matrix) -> Vector:
    """The gradient of the bias: it is added to every token."""
    return [sum(column) for column in zip(*grad, strict=True)]


def to_heads(grad: Matrix, W_out: Matrix) -> Matrix:
    """The gradient of the merged heads."""
    return matmul(grad, transpose(W_out))


OfTwo: TypeAlias = Callable[[Matrix, Matrix], Matrix]
Undrop: TypeAlias = Callable[[Mask, float, Matrix], Matrix]
Keep: TypeAlias = Callable[[Matrix, Matrix], tuple[Matrix, Matrix]]
Soften: TypeAlias = Callable[[Vector, Vector], Vector]
Order: TypeAlias = Callable[[Matrix, Matrix, Matrix], Triple]
Join: TypeAlias = Callable[[Matrix, Matrix, Matrix], Matrix]
Bias: TypeAlias = Callable[[Matrix], Vector]


class Back(NamedTuple):
    """The stages from the gradient of the result to all other gradients."""

    recall: OfTwo = weights_of
    undrop: Undrop = dropout_backward
    keep: Keep = own_weights
    soften: Soften = softmax_backward
    scale: OfTwo = scaled_down
    queries: OfTwo = to_queries
    keys: OfTwo = to_keys
    values: OfTwo = to_values
    order: Order = ordered
    join: Join = joined
    weight: OfTwo = to_weight
    heads: OfTwo = to_heads
    outward: OfTwo = to_weight
    bias: Bias = to_bias


def _head(
    back: Back,
    qkv: Sequence[Matrix],
    grad: Matrix,
    *dropping: Any,  # noqa: ANN401
) -> Triple:
    """The gradients of one head's queries, keys and values.

    If weights were dropped, the mask and the rate stand at the end.
    """
    queries, keys, values = qkv
    weights = dropped = back.recall(queries, keys)
    grad_weights = matmul(grad, transpose(values))
    if dropping:
        keep, p = dropping
        dropped = dropout(weights, keep, p)
        grad_weights = back.undrop(keep, p, grad_weights)
    weights, dropped = back.keep(weights, dropped)
    rows = list(map(back.soften, weights, grad_weights))
    grad_scores = back.scale(rows, keys)
    return (
        back.queries(grad_scores, keys),
        back.keys(grad_scores, queries),
        back.values(dropped, grad),
    )


def _through(
    back: Back, inputs: Matrix, weights: Sequence[Matrix], grads: Triple
) -> tuple[Matrix, ...]:
    """The gradients of the inputs and of the three projections."""
    q, k, v = map(to_heads, grads, weights)
    to_weights = [back.weight(inputs, grad) for grad in grads]
    return back.join(q, k, v), *back.order(*to_weights)


def _softmax(back: Back) -> Lifted:
    return back.soften


def _attention(back: Back) -> Lifted:
    def gradients(*given: Matrix) -> Triple:
        *qkv, grad = given
        return back.order(*_head(back, qkv, grad))

    return gradients


def _self_attention(back: Back) -> Lifted:
    def gradients(*given: Any) -> tuple[Matrix, ...]:  # noqa: ANN401
        inputs, *weights, grad = given
        qkv = [matmul(inputs, W) for W in weights]
        return _through(back, inputs, weights, _head(back, qkv, grad))

    return gradients


def _dropped(back: Back) -> Lifted:
    def gradients(*given: Any) -> tuple[Matrix, ...]:  # noqa: ANN401
        inputs, *weights, keep, p, grad = given
        qkv = [matmul(inputs, W) for W in weights]
        grads = _head(back, qkv, grad, keep, p)
        return _through(back, inputs, weights, grads)

    return gradients


def _multi_head(back: Back) -> Lifted:
    def gradients(*given: Any) -> tuple[Any, ...]:  # noqa: ANN401
        inputs, *weights, W_out, _, num_heads, grad = given
        wide = [matmul(inputs, W) for W in weights]
        wide.append(back.heads(grad, W_out))
        heads = list(
            zip(*(split_heads(m, num_heads) for m in wide), strict=True)
        )
        grads = zip(*(_head(back, qkv, g) for *qkv, g in heads), strict=True)
        q, k, v = (merge_heads(list(each)) for each in grads)
        merged = [matmul(back.recall(q, k), v) for q, k, v, _ in heads]
        to_out = back.outward(merge_heads(merged), grad)
        through = _through(back, inputs, weights, (q, k, v))
        return *through, to_out, back.bias(grad)

    return gradients


SOFTMAX = ("softmax_backward",)
ATTENTION = ("scaled_dot_product_attention_backward",)
PROJECTED = ("self_attention_backward",)
DROPPED = ("causal_attention_backward",)
MULTI = ("multi_head_attention_backward",)
OF_WEIGHTS = PROJECTED + DROPPED + MULTI
OF_HEADS = ATTENTION + OF_WEIGHTS

_BACK: Mapping[str, tuple[Callable[[Back], Lifted], Back]] = {
    "softmax_backward": (_softmax, Back()),
    "scaled_dot_product_attention_backward": (_attention, Back()),
    "self_attention_backward": (_self_attention, Back()),
    "causal_attention_backward": (_dropped, Back(recall=causal_weights)),
    "multi_head_attention_backward": (
        _multi_head,
        Back(recall=causal_weights),
    ),
}


def wrong_back(stage: str, rows: Iterable[Staged[Stage]]) -> list[Mistake]:
    """A mistake for each step that has this stage of the way back."""
    return in_steps(_BACK, stage, rows)
