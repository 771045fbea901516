"""The gradients of `attnbook.simple`: the softmax (section 3.3)."""

from attnbook.require import require_in_range, require_vector
from attnbook.vectors import Matrix, Vector, _dot


def softmax_jacobian(weights: Vector) -> Matrix:
    """Say how every weight answers to every score.

    `weights (n,) -> (n, n)`: row `i`, column `j` is the growth of weight `i`
    with score `j`. Rows and columns cancel out, as the weights sum to 1.
    It is here to be looked at: `softmax_backward` does without it.

    Raises:
        ValueError: If the weights are empty or not finite numbers.

    Examples:
        What one of two equal weights gains, the other one loses:

        >>> softmax_jacobian([0.5, 0.5])
        [[0.25, -0.25], [-0.25, 0.25]]
    """
    require_vector("weights", weights)
    jacobian = [
        [w_i * ((i == j) - w_j) for j, w_j in enumerate(weights)]
        for i, w_i in enumerate(weights)
    ]
    return require_in_range("weights", jacobian, "jacobian")


def softmax_backward(weights: Vector, grad_weights: Vector) -> Vector:
    """Compare each weight's gradient with the mean gradient.

    `weights (n,), grad_weights (n,) -> grad_scores (n,)`, which cancel out and
    are the Jacobian times `grad_weights`. A larger score takes its weight
    from all the others, so only what it gains over the mean counts.

    Raises:
        ValueError: If the lengths differ, or anything is empty or not a
            finite number.

    Examples:
        More of the second weight is wanted, so less of the first:

        >>> softmax_backward([0.75, 0.25], grad_weights=[0.0, 1.0])
        [-0.1875, 0.1875]

        More of every weight cannot be had:

        >>> softmax_backward([0.75, 0.25], grad_weights=[1.0, 1.0])
        [0.0, 0.0]
    """
    require_vector("weights", weights)
    require_vector("grad_weights", grad_weights, length=len(weights))
    grad_scores = _softmax_backward(weights, grad_weights)
    given = "weights, grad_weights"
    return require_in_range(given, grad_scores, "grad_scores")


def _softmax_backward(weights: Vector, grad_weights: Vector) -> Vector:
    # forward: weights[j] = exp(scores[j]) / sum(exp(score) for every score)
    mean = _dot(weights, grad_weights)  # each gradient counts by its weight
    pairs = zip(weights, grad_weights, strict=True)
    return [weight * (grad - mean) for weight, grad in pairs]
