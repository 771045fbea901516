"""All that is learned in one row, as an optimiser takes it."""

from attnbook.backward import MultiHeadAttentionGradients
from attnbook.multihead import MultiHead
from attnbook.require import require_list, require_matrix, require_vector
from attnbook.tasks.backward import ModelGradients
from attnbook.tasks.model import Model, _require_model
from attnbook.vectors import Matrix, Vector


def weights_of(model: Model) -> Vector:
    """Put all that is learned in a row, for an optimiser.

    Raises:
        ValueError: If it is not a model, whose three parts fit each other.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
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
        >>> from random import Random
        >>> from attnbook.tasks import draw_model, predict, predict_backward
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
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
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
