"""A one-layer model, and two tasks for it to learn (after section 3.6).

Legend: a sentence is `n` tokens, and a token is a number from 0 to `n - 1`,
so that it may also name a place. The model turns each token and its place
into an input of width `d`, and lets attention choose what to write: the
output projection ends in `n` logits per token. Nothing else moves anything
from one place to another.
"""

from collections.abc import Callable
from math import sqrt
from random import Random
from typing import NamedTuple, TypeAlias

from attnbook.backward import MultiHeadAttentionGradients
from attnbook.backward.multihead import (
    _multi_head_attention_backward,
    _require_heads,
)
from attnbook.learning import _embeddings_backward
from attnbook.multihead import (
    MultiHead,
    MultiHeadAttention,
    _multi_head_attention,
    _require_parameters,
)
from attnbook.require import (
    require_count,
    require_entries,
    require_in_range,
    require_kind,
    require_list,
    require_matrix,
    require_token,
    require_vector,
)
from attnbook.vectors import Matrix, Vector, _add

Sentence: TypeAlias = list[int]
Task: TypeAlias = Callable[[Sentence], Sentence]


class Model(NamedTuple):
    """All that is learned."""

    token_embeddings: Matrix
    """What each token is: `(n, d)`."""
    position_embeddings: Matrix
    """What each place is: `(n, d)`."""
    attention: MultiHead
    """One layer, whose output projection writes logits: `d_out` is `n`."""


class Prediction(NamedTuple):
    """Every step of `predict`."""

    inputs: Matrix
    """Token and place added up: `(n, d)`."""
    attention: MultiHeadAttention
    """Every step of the layer."""
    logits: Matrix
    """A score for each token at each place: `(n, n)`."""


class ModelGradients(NamedTuple):
    """The gradients of `predict`."""

    grad_token_embeddings: Matrix
    """`(n, d)`; 0 for a token that is not in the sentence."""
    grad_position_embeddings: Matrix
    """`(n, d)`."""
    grad_attention: MultiHeadAttentionGradients
    """The gradients of the layer."""


def reverse(sentence: Sentence) -> Sentence:
    """Write the sentence backwards: each place looks at its mirror image.

    `sentence (n,) -> answer (n,)`.

    Raises:
        ValueError: If the sentence is not tokens from 0 to `n - 1`.

    Examples:
        >>> reverse([3, 1, 0, 2])
        [2, 0, 1, 3]
    """
    require_sentence(sentence)
    return sentence[::-1]


def fetch(sentence: Sentence) -> Sentence:
    """Take each token for a place, and write what stands there.

    `sentence (n,) -> answer (n,)`. Where to look depends on what is read.

    Raises:
        ValueError: If the sentence is not tokens from 0 to `n - 1`.

    Examples:
        The first token, 3, names the last place, where 2 stands:

        >>> fetch([3, 1, 0, 2])
        [2, 1, 3, 0]
    """
    require_sentence(sentence)
    return [sentence[token] for token in sentence]


TASKS: dict[str, Task] = {"reverse": reverse, "fetch": fetch}
"""The tasks by name."""


def require_sentence(
    sentence: Sentence, length: int | None = None, name: str = "sentence"
) -> None:
    """Refuse what is not tokens from 0 to `n - 1`, or of another length.

    Raises:
        ValueError: Naming what was wanted and what came.

    Examples:
        >>> require_sentence([1, 0])
        >>> require_sentence([1, 0], length=3)
        Traceback (most recent call last):
            ...
        ValueError: sentence must hold 3 tokens, got 2
    """
    require_list(name, sentence, "tokens", length)
    for i, token in enumerate(sentence):
        require_token(f"{name}[{i}]", token, len(sentence))


def _require_model(model: Model) -> None:
    """Refuse what is not a model: three parts that fit each other."""
    require_list("model", model, "parts", length=3)
    token_embeddings, position_embeddings, layer = model
    require_matrix("token_embeddings", token_embeddings)
    n, d = len(token_embeddings), len(token_embeddings[0])
    require_matrix("position_embeddings", position_embeddings, n, d)
    _require_parameters(position_embeddings, layer, "model.attention")
    require_matrix("W_out", layer[3], columns=n)


def _require_random(random: Random) -> None:
    """Refuse what cannot be drawn from."""
    require_kind("random", random, Random, "a random.Random")


def draw_sentence(length: int, random: Random) -> Sentence:
    """Draw each token by itself.

    `length -> sentence (length,)`.

    Raises:
        ValueError: If `length` is not an integer from 1 to a million, or
            `random` is not one of Python's generators.

    Examples:
        >>> sentence = draw_sentence(6, Random(0))
        >>> len(sentence), max(sentence) < 6
        (6, True)
    """
    require_count("length", length)
    _require_random(random)
    return [random.randrange(length) for _ in range(length)]


def draw_model(
    length: int, width: int, num_heads: int, random: Random
) -> Model:
    """Draw a model that knows nothing yet.

    Embeddings from -1 to 1, weights from `-1 / sqrt(width)` to as much, so
    that scores are neither tiny nor saturated; no bias.

    Raises:
        ValueError: If a size is not an integer of 1 or more, `num_heads`
            does not divide `width`, a matrix would have more than ten million
            entries, or `random` is not one of Python's generators.

    Examples:
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> len(model.token_embeddings), len(model.attention.W_query)
        (6, 16)
    """
    _require_sizes(length, width, num_heads)
    _require_random(random)

    def draw(rows: int, columns: int, most: float) -> Matrix:
        return [
            [random.uniform(-most, most) for _ in range(columns)]
            for _ in range(rows)
        ]

    most = 1 / sqrt(width)
    tokens, positions = draw(length, width, 1), draw(length, width, 1)
    W_query, W_key, W_value = (draw(width, width, most) for _ in range(3))
    W_out, b_out = draw(width, length, most), [0.0] * length
    layer = MultiHead(W_query, W_key, W_value, W_out, b_out, num_heads)
    return Model(tokens, positions, layer)


def _require_sizes(length: int, width: int, num_heads: int) -> None:
    """Refuse the sizes of no model, or of one that is too large for lists."""
    require_count("length", length)
    require_count("width", width)
    require_count("num_heads", num_heads)
    if width % num_heads:
        raise ValueError(
            f"width must be divisible by num_heads = {num_heads}, got {width}"
        )
    require_entries("length * width", length, width)
    require_entries("width * width", width, width)


def predict(sentence: Sentence, model: Model) -> Prediction:
    """Score every token for every place of the answer.

    `sentence (n,) -> inputs (n, d), logits (n, n)`. No mask: the last place
    has to be seen from the first.

    Raises:
        ValueError: If the sentence is not tokens from 0 to `n - 1`, or does
            not fit the model.

    Examples:
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> logits = predict([3, 1, 4, 1, 5, 0], model).logits
        >>> len(logits), len(logits[0])
        (6, 6)
    """
    _require_model(model)
    require_sentence(sentence, length=len(model[1]))
    prediction = _predict(sentence, model)
    require_in_range("model", prediction.attention)
    return prediction


def _predict(sentence: Sentence, model: Model) -> Prediction:
    token_embeddings, position_embeddings, layer = model
    token_vecs = [token_embeddings[token] for token in sentence]  # (n, d)
    inputs = _add(token_vecs, position_embeddings)  # (n, d)
    attention = _multi_head_attention(inputs, layer, causal=False)
    logits = [row[:] for row in attention.context_vecs]  # (n, n)
    return Prediction(inputs, attention, logits)


def predict_backward(
    sentence: Sentence,
    model: Model,
    prediction: Prediction,
    grad_logits: Matrix,
) -> ModelGradients:
    """Take the gradient back from the logits to all that is learned.

    `sentence (n,), grad_logits (n, n) -> grad_token_embeddings (n, d),
    grad_position_embeddings (n, d)` and the gradients of the layer.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        A token that is not in the sentence has no say in the answer:

        >>> model = draw_model(3, 2, 1, Random(0))
        >>> prediction = predict([0, 1, 1], model)
        >>> grads = predict_backward(
        ...     [0, 1, 1], model, prediction, [[1.0, 0.0, 0.0]] * 3
        ... )
        >>> grads.grad_token_embeddings[2]
        [0.0, 0.0]
    """
    _require_model(model)
    token_embeddings, _, layer = model
    n, d = len(token_embeddings), len(token_embeddings[0])
    require_sentence(sentence, length=n)
    require_list("prediction", prediction, "steps", length=3)
    inputs, attention, logits = prediction
    require_matrix("inputs", inputs, n, d)
    _require_heads(inputs, MultiHead(*layer), attention)
    require_matrix("logits", logits, n, n)
    require_matrix("grad_logits", grad_logits, n, n)
    gradients = _predict_backward(sentence, model, prediction, grad_logits)
    for grads in (gradients.grad_attention, gradients.grad_token_embeddings):
        require_in_range(
            "model, prediction, grad_logits", grads, "grad_token_embeddings"
        )
    return gradients


def _predict_backward(
    sentence: Sentence,
    model: Model,
    prediction: Prediction,
    grad_logits: Matrix,
) -> ModelGradients:
    inputs, attention, _ = prediction
    # forward: attention = multi_head_attention(inputs, layer, causal=False)
    grad_attention = _multi_head_attention_backward(
        inputs, model[2], attention, grad_logits
    )

    # forward: inputs = add(token_vecs, position_embeddings)
    grad_token_vecs = grad_attention.grad_inputs
    grad_position_embeddings = [row[:] for row in grad_token_vecs]  # (n, d)

    # forward: token_vecs = [token_embeddings[token] for token in sentence]
    grad_token_embeddings = _embeddings_backward(
        model[0], sentence, grad_token_vecs
    )  # (v, d)
    return ModelGradients(
        grad_token_embeddings, grad_position_embeddings, grad_attention
    )


def weights_of(model: Model) -> Vector:
    """Put all that is learned in a row, for an optimiser.

    Raises:
        ValueError: If it is not a model, whose three parts fit each other.

    Examples:
        >>> len(weights_of(draw_model(6, 16, 1, Random(0))))
        1062
    """
    _require_model(model)
    return _weights_of(model)


def _weights_of(model: Model) -> Vector:
    *embeddings, layer = model
    return _in_a_row(*embeddings, *layer[:4], [layer[4]])


def gradient_of(grads: ModelGradients) -> Vector:
    """Put the gradients in a row, in the order of `weights_of`.

    Raises:
        ValueError: If the gradients have not their three parts, one is not
            a matrix of finite numbers, or `grad_b_out` is no row beside
            `grad_W_out`.

    Examples:
        >>> model = draw_model(3, 2, 1, Random(0))
        >>> prediction = predict([0, 1, 1], model)
        >>> grads = predict_backward(
        ...     [0, 1, 1], model, prediction, [[0.0] * 3] * 3
        ... )
        >>> len(gradient_of(grads)) == len(weights_of(model))
        True
    """
    require_list("grads", grads, "parts", length=3)
    tokens, positions, layer = grads
    require_matrix("grad_token_embeddings", tokens)
    require_matrix("grad_position_embeddings", positions)
    require_list("grad_attention", layer, "gradients", length=6)
    names = MultiHeadAttentionGradients._fields
    for name, gradient in zip(names[:5], layer[:5], strict=True):
        require_matrix(name, gradient)
    require_vector("grad_b_out", layer[5], length=len(layer[4][0]))
    return _gradient_of(grads)


def _gradient_of(grads: ModelGradients) -> Vector:
    *embeddings, layer = grads
    return _in_a_row(*embeddings, *layer[1:5], [layer[5]])


def with_weights(model: Model, weights: Vector) -> Model:
    """Put weights in a row back in their places: what `weights_of` undid.

    Raises:
        ValueError: If it is not a model, or there are more or fewer weights
            than it has.

    Examples:
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> with_weights(model, weights_of(model)) == model
        True
    """
    require_vector("weights", weights, length=len(weights_of(model)))
    return _with_weights(model, weights)


def _with_weights(model: Model, weights: Vector) -> Model:
    entries = iter(weights)
    *embeddings, layer = model
    tokens, positions, W_query, W_key, W_value, W_out = [
        [[next(entries) for _ in row] for row in matrix]
        for matrix in (*embeddings, *layer[:4])
    ]
    b_out = [*entries]  # all that is left
    layer = MultiHead(W_query, W_key, W_value, W_out, b_out, layer[5])
    return Model(tokens, positions, layer)


def _in_a_row(*matrices: Matrix) -> Vector:
    """Chain the entries of matrices."""
    return [entry for matrix in matrices for row in matrix for entry in row]
