"""The model: what it holds, how it is drawn, and what it predicts."""

from math import sqrt
from random import Random
from typing import NamedTuple

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
    require_list,
    require_matrix,
)
from attnbook.tasks.sentences import (
    Sentence,
    _require_random,
    require_sentence,
)
from attnbook.vectors import Matrix, _add


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


def _require_model(model: Model) -> None:
    """Refuse what is not a model: three parts that fit each other."""
    require_list("model", model, "parts", length=3)
    token_embeddings, position_embeddings, layer = model
    require_matrix("token_embeddings", token_embeddings)
    n, d = len(token_embeddings), len(token_embeddings[0])
    require_matrix("position_embeddings", position_embeddings, n, d)
    _require_parameters(position_embeddings, layer, "model.attention")
    require_matrix("W_out", layer[3], columns=n)


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
