"""The backward pass of the softmax, in NumPy (section 3.3).

The twin of `attnbook.backward.simple`.
"""

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array
from attnbook.arrays._validate import as_finite, as_gradient


@guarded
def softmax_jacobian(weights: npt.ArrayLike) -> Array:
    """Say how every weight answers to every score.

    Examples:
        >>> softmax_jacobian([0.5, 0.5])
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
    """
    weights = as_finite("weights", weights, ndim=1)
    w_i, w_j = weights[..., np.newaxis], weights[..., np.newaxis, :]
    same = np.eye(weights.shape[-1], dtype=weights.dtype)  # 1 where i is j
    jacobian: Array = w_i * (same - w_j)  # (..., n, 1) * (..., n, n)
    return jacobian


@guarded
def softmax_backward(
    weights: npt.ArrayLike, grad_weights: npt.ArrayLike
) -> Array:
    """Compare each weight's gradient with the mean gradient of its row.

    Examples:
        >>> softmax_backward([0.75, 0.25], grad_weights=[0.0, 1.0])
        array([-0.1875,  0.1875])
    """
    weights = as_finite("weights", weights, ndim=1)
    grad_weights = as_gradient("grad_weights", grad_weights, weights.shape)
    # forward: weights = exps / exps.sum(axis=-1, keepdims=True)
    mean: Array = (weights * grad_weights).sum(axis=-1, keepdims=True)
    return weights * (grad_weights - mean)  # (..., n)
