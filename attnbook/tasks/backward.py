"""The way back, from the logits to all that is learned."""

from typing import NamedTuple

from attnbook.backward import MultiHeadAttentionGradients
from attnbook.backward.multihead import (
    _multi_head_attention_backward,
    _require_heads,
)
from attnbook.learning import _embeddings_backward
from attnbook.multihead import MultiHead
from attnbook.require import require_in_range, require_list, require_matrix
from attnbook.tasks.model import Model, Prediction, _require_model
from attnbook.tasks.sentences import Sentence, require_sentence
from attnbook.vectors import Matrix


class ModelGradients(NamedTuple):
    """The gradients of `predict`."""

    grad_token_embeddings: Matrix
    """`(n, d)`; 0 for a token that is not in the sentence."""
    grad_position_embeddings: Matrix
    """`(n, d)`."""
    grad_attention: MultiHeadAttentionGradients
    """The gradients of the layer."""


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

        >>> from random import Random
        >>> from attnbook.tasks import draw_model, predict
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
