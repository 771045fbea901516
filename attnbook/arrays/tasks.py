"""A one-layer model and two tasks, in NumPy, many sentences at a time.

The twin of `attnbook.tasks`, which says what each function means, and draws
the sentences and the models: where it takes a sentence, `(n,)`, this also
takes `(..., n)`. One model serves all sentences, and its gradients are summed
over them.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_shape, sum_to
from attnbook.arrays._validate import (
    as_finite,
    as_gradient,
    as_tokens,
    as_weights,
    require_multi_head,
)
from attnbook.arrays.backward import (
    MultiHeadAttentionGradients,
    multi_head_attention_backward,
)
from attnbook.arrays.multihead import (
    MultiHead,
    MultiHeadAttention,
    multi_head_attention,
)
from attnbook.arrays.tiled import (
    LONG,
    TiledMultiHeadAttention,
    tiled_multi_head_attention,
    tiled_multi_head_attention_backward,
)
from attnbook.require import require_list

Tokens = npt.NDArray[np.int64]


class Model(NamedTuple):
    """All that is learned."""

    token_embeddings: npt.ArrayLike
    """What each token is: `(n, d)`."""
    position_embeddings: npt.ArrayLike
    """What each place is: `(n, d)`."""
    attention: MultiHead
    """One layer, whose output projection writes logits: `d_out` is `n`."""


class Prediction(NamedTuple):
    """Every step of `predict`."""

    inputs: Array
    """Token and place added up: `(..., n, d)`."""
    attention: MultiHeadAttention
    """Every step of the layer."""
    logits: Array
    """A score for each token at each place: `(..., n, n)`."""


class ModelGradients(NamedTuple):
    """The gradients of `predict`."""

    grad_token_embeddings: Array
    """`(n, d)`, summed over the batch."""
    grad_position_embeddings: Array
    """`(n, d)`, summed over the batch."""
    grad_attention: MultiHeadAttentionGradients
    """The gradients of the layer."""


@guarded
def reverse(sentence: npt.ArrayLike) -> Tokens:
    """Write the sentence backwards: each place looks at its mirror image.

    Examples:
        >>> reverse([3, 1, 0, 2])
        array([2, 0, 1, 3])
    """
    sentence = as_tokens("sentence", sentence)
    return sentence[..., ::-1].copy()


@guarded
def fetch(sentence: npt.ArrayLike) -> Tokens:
    """Take each token for a place, and write what stands there.

    Examples:
        >>> fetch([3, 1, 0, 2])
        array([2, 1, 3, 0])
    """
    sentence = as_tokens("sentence", sentence)
    return np.take_along_axis(sentence, sentence, axis=-1)


@guarded
def predict(sentence: npt.ArrayLike, model: Model) -> Prediction:
    """Score every token for every place of the answer.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> sentences = [[0, 1, 2], [2, 2, 0]]
        >>> predict(sentences, draw_model(3, 4, 1, Random(0))).logits.shape
        (2, 3, 3)
    """
    return _predict(sentence, model, multi_head_attention)


def _predict(
    sentence: npt.ArrayLike, model: Model, attend: Callable[..., Any]
) -> Prediction:
    tokens, positions, layer = _as_parts(model)
    sentence = as_tokens("sentence", sentence, length=len(positions))
    inputs = tokens[sentence] + positions  # (..., n, d) + (n, d)
    attention = attend(inputs, layer, causal=False)
    return Prediction(inputs, attention, attention.context_vecs.copy())


def _predict_at_length(sentence: Tokens, model: Model) -> Prediction:
    """As `predict`, but a long text goes in blocks: not all steps are kept."""
    is_long = sentence.shape[-1] >= LONG
    attend = tiled_multi_head_attention if is_long else multi_head_attention
    return _predict(sentence, model, attend)


@guarded
def predict_backward(
    sentence: npt.ArrayLike,
    model: Model,
    prediction: Prediction,
    grad_logits: npt.ArrayLike,
) -> ModelGradients:
    """Take the gradient back from the logits to all that is learned.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> model = draw_model(3, 2, 1, Random(0))
        >>> prediction = predict([0, 1, 1], model)
        >>> grads = predict_backward(
        ...     [0, 1, 1], model, prediction, [[1.0, 0.0, 0.0]] * 3
        ... )
        >>> grads.grad_token_embeddings[2]
        array([0., 0.])
    """
    require_list("prediction", prediction, "steps", length=3)
    tokens, positions, layer = _as_parts(model)
    sentence = as_tokens("sentence", sentence, length=len(positions))
    inputs = as_gradient(
        "inputs", prediction[0], (*sentence.shape, tokens.shape[-1])
    )
    logits = as_finite("logits", prediction[2], ndim=2)
    # forward: attention = multi_head_attention(inputs, layer, causal=False)
    grad_logits = as_gradient("grad_logits", grad_logits, logits.shape)
    grad_attention = _layer_backward(inputs, layer, prediction[1], grad_logits)

    # forward: inputs = token_embeddings[sentence] + position_embeddings
    grad_inputs = grad_attention.grad_inputs  # (..., n, d)
    grad_positions = sum_to(positions.shape, grad_inputs).copy()
    grad_tokens = np.zeros_like(grad_positions)
    np.add.at(grad_tokens, sentence, grad_inputs)
    return ModelGradients(grad_tokens, grad_positions, grad_attention)


def _layer_backward(
    inputs: Array, layer: MultiHead, attention: object, grad_logits: Array
) -> MultiHeadAttentionGradients:
    """Take the gradient back through the layer, in blocks or not."""
    if isinstance(attention, TiledMultiHeadAttention):
        return tiled_multi_head_attention_backward(
            inputs, layer, attention, grad_logits, causal=False
        )
    steps: Any = attention
    return multi_head_attention_backward(inputs, layer, steps, grad_logits)


@guarded
def weights_of(model: Model) -> Array:
    """Put all that is learned in a row, for an optimiser.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> weights_of(draw_model(6, 16, 1, Random(0))).shape
        (1062,)
    """
    tokens, positions, layer = _as_parts(model)
    return _in_a_row([tokens, positions, *map(np.asarray, layer[:5])])


@guarded
def gradient_of(grads: ModelGradients) -> Array:
    """Put the gradients in a row, in the order of `weights_of`.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> model = draw_model(3, 2, 1, Random(0))
        >>> prediction = predict([0, 1, 1], model)
        >>> grads = predict_backward(
        ...     [0, 1, 1], model, prediction, [[0.0] * 3] * 3
        ... )
        >>> gradient_of(grads).shape == weights_of(model).shape
        True
    """
    require_list("grads", grads, "parts", length=3)
    require_list("grad_attention", grads[2], "gradients", length=6)
    names = [*ModelGradients._fields[:2], *MultiHeadAttentionGradients._fields]
    given = zip(names, [*grads[:2], *grads[2]], strict=True)
    parts = {
        name: as_finite(name, part, 1 if name == "grad_b_out" else 2)
        for name, part in given
    }
    del parts["grad_inputs"]  # they are not learned
    for name, part in parts.items():
        require_shape(name, part, part.shape[-2:])
    columns = parts["grad_W_out"].shape[-1:]
    require_shape("grad_b_out", parts["grad_b_out"], columns)
    return _in_a_row([*parts.values()])


@guarded
def with_weights(model: Model, weights: npt.ArrayLike) -> Model:
    """Put weights in a row back in their places: what `weights_of` undid.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> same = with_weights(model, weights_of(model))
        >>> np.array_equal(same.token_embeddings, model.token_embeddings)
        True
    """
    count = weights_of(model).shape
    weights = as_gradient("weights", weights, count).copy()
    *embeddings, layer = model
    shapes = [np.shape(part) for part in (*embeddings, *layer[:5])]
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])[:-1]
    tokens, positions, *matrices, b_out = (
        part.reshape(shape)
        for part, shape in zip(np.split(weights, ends), shapes, strict=True)
    )
    return Model(
        tokens, positions, MultiHead._make([*matrices, b_out, layer[5]])
    )


def _as_parts(model: Model) -> tuple[Array, Array, MultiHead]:
    """Convert the embeddings, and refuse what has not the three parts."""
    require_list("model", model, "parts", length=3)
    positions = as_finite("position_embeddings", model[1], ndim=2)
    n, d = positions.shape[-2:]
    as_weights("position_embeddings", positions, n, d)
    tokens = as_weights("token_embeddings", model[0], n, d)
    _require_layer(model[2], d, n)
    return tokens, positions, model[2]


def _require_layer(layer: MultiHead, d: int, n: int) -> None:
    """Refuse a layer that cannot read `d` columns and write `n`."""
    require_list("model.attention", layer, "parameters", length=6)
    W_query, W_key, W_value, W_out, b_out, _ = layer
    W_query = as_weights("W_query", W_query, d)
    as_weights("W_key", W_key, *W_query.shape)
    W_value = as_weights("W_value", W_value, d)
    as_weights("W_out", W_out, W_value.shape[1], n)
    as_gradient("b_out", b_out, (n,))
    require_multi_head(layer)


def _in_a_row(parts: Sequence[Array]) -> Array:
    """Chain the entries of arrays."""
    return np.concatenate([part.ravel() for part in parts])
