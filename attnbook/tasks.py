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

from attnbook.backward import (
    MultiHeadAttentionGradients,
    multi_head_attention_backward,
)
from attnbook.learning import embeddings_backward
from attnbook.multihead import (
    MultiHead,
    MultiHeadAttention,
    multi_head_attention,
)
from attnbook.require import (
    require_count,
    require_list,
    require_matrix,
    require_token,
    require_vector,
)
from attnbook.vectors import Matrix, Vector, add

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


def require_sentence(sentence: Sentence, length: int | None = None) -> None:
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
    require_list("sentence", sentence, "tokens", length)
    for i, token in enumerate(sentence):
        require_token(f"sentence[{i}]", token, len(sentence))


def draw_sentence(length: int, random: Random) -> Sentence:
    """Draw each token by itself.

    `length -> sentence (length,)`.

    Raises:
        ValueError: If `length` is not an integer of 1 or more.

    Examples:
        >>> sentence = draw_sentence(6, Random(0))
        >>> len(sentence), max(sentence) < 6
        (6, True)
    """
    require_count("length", length)
    return [random.randrange(length) for _ in range(length)]


def draw_model(
    length: int, width: int, num_heads: int, random: Random
) -> Model:
    """Draw a model that knows nothing yet.

    Embeddings from -1 to 1, weights from `-1 / sqrt(width)` to as much, so
    that scores are neither tiny nor saturated; no bias.

    Raises:
        ValueError: If a size is not an integer of 1 or more.

    Examples:
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> len(model.token_embeddings), len(model.attention.W_query)
        (6, 16)
    """
    require_count("length", length)
    require_count("width", width)
    require_count("num_heads", num_heads)

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
    require_list("model", model, "parts", length=3)
    token_embeddings, position_embeddings, layer = model
    require_sentence(sentence, length=len(position_embeddings))
    require_matrix("token_embeddings", token_embeddings, rows=len(sentence))
    token_vecs = [token_embeddings[token] for token in sentence]  # (n, d)
    inputs = add(token_vecs, position_embeddings)  # (n, d)
    attention = multi_head_attention(inputs, layer, causal=False)
    return Prediction(inputs, attention, attention.context_vecs)


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
        ValueError: If the shapes do not fit together.

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
    require_list("prediction", prediction, "steps", length=3)
    inputs, attention, _ = prediction
    require_sentence(sentence, length=len(inputs))
    # forward: attention = multi_head_attention(inputs, layer, causal=False)
    grad_attention = multi_head_attention_backward(
        inputs, model.attention, attention, grad_logits
    )

    # forward: inputs = add(token_vecs, position_embeddings)
    grad_token_vecs = grad_position_embeddings = grad_attention.grad_inputs

    # forward: token_vecs = [token_embeddings[token] for token in sentence]
    grad_token_embeddings = embeddings_backward(
        model.token_embeddings, sentence, grad_token_vecs
    )  # (n, d)
    return ModelGradients(
        grad_token_embeddings, grad_position_embeddings, grad_attention
    )


def weights_of(model: Model) -> Vector:
    """Put all that is learned in a row, for an optimiser.

    Examples:
        >>> len(weights_of(draw_model(6, 16, 1, Random(0))))
        1062

    Raises:
        ValueError: If the model has not its three parts.
    """
    require_list("model", model, "parts", length=3)
    *embeddings, layer = model
    return _in_a_row(*embeddings, *layer[:4], [layer.b_out])


def gradient_of(grads: ModelGradients) -> Vector:
    """Put the gradients in a row, in the order of `weights_of`.

    Raises:
        ValueError: If the gradients have not their three parts.

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
    *embeddings, layer = grads
    return _in_a_row(*embeddings, *layer[1:5], [layer.grad_b_out])


def with_weights(model: Model, weights: Vector) -> Model:
    """Put weights in a row back in their places: what `weights_of` undid.

    Raises:
        ValueError: If there are more or fewer weights than the model has.

    Examples:
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> with_weights(model, weights_of(model)) == model
        True
    """
    require_vector("weights", weights, length=len(weights_of(model)))
    entries = iter(weights)
    *embeddings, layer = model
    tokens, positions, W_query, W_key, W_value, W_out = [
        [[next(entries) for _ in row] for row in matrix]
        for matrix in (*embeddings, *layer[:4])
    ]
    layer = layer._replace(
        W_query=W_query,
        W_key=W_key,
        W_value=W_value,
        W_out=W_out,
        b_out=list(entries),  # all that is left
    )
    return Model(tokens, positions, layer)


def _in_a_row(*matrices: Matrix) -> Vector:
    """Chain the entries of matrices."""
    return [entry for matrix in matrices for row in matrix for entry in row]
