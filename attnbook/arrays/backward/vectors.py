"""The backward pass of the products, in NumPy (section 3.3).

The twin of `attnbook.backward.vectors`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import (
    Array,
    require_batch,
    require_shape,
    sum_to,
)
from attnbook.arrays._validate import as_finite, as_gradient, as_product


class DotGradients(NamedTuple):
    """The gradients of a dot product."""

    grad_x: Array
    """`(..., d)`."""
    grad_y: Array
    """`(..., d)`."""


class MatmulGradients(NamedTuple):
    """The gradients of a matrix product."""

    grad_a: Array
    """`(..., n, m)`."""
    grad_b: Array
    """`(..., m, p)`."""


@guarded
def dot_backward(
    x: npt.ArrayLike, y: npt.ArrayLike, grad_product: npt.ArrayLike
) -> DotGradients:
    """Give each factor what the other one was, times the gradient.

    Examples:
        >>> dot_backward([1, 2], [3, 4], grad_product=1).grad_x
        array([3., 4.])
    """
    x = as_finite("x", x, ndim=1)
    y = as_finite("y", y, ndim=1)
    require_batch(("x", x.shape[:-1]), ("y", y.shape[:-1]))
    require_shape("y", y, (*y.shape[:-1], x.shape[-1]))
    batch = np.broadcast_shapes(x.shape, y.shape)[:-1]
    grad_product = as_gradient("grad_product", grad_product, batch)
    # forward: product = (x * y).sum(axis=-1)
    grad_x = grad_product[..., np.newaxis] * y  # (..., 1) * (..., d)
    grad_y = grad_product[..., np.newaxis] * x  # (..., 1) * (..., d)
    return DotGradients(sum_to(x.shape, grad_x), sum_to(y.shape, grad_y))


@guarded
def matmul_backward(
    a: npt.ArrayLike, b: npt.ArrayLike, grad_product: npt.ArrayLike
) -> MatmulGradients:
    """Give each factor the other one, transposed, times the gradient.

    Examples:
        The matrices share one factor, whose gradients add up:

        >>> a, b = [[[1, 2]], [[10, 20]]], [[3], [4]]
        >>> matmul_backward(a, b, grad_product=[[[1]], [[1]]]).grad_b
        array([[11.],
               [22.]])
    """
    a = as_finite("a", a, ndim=2)
    b = as_finite("b", b, ndim=2)
    grad_product = as_product(
        ("grad_product", grad_product), ("a", a), ("b", b)
    )
    # forward: product = a @ b
    grad_a = grad_product @ b.swapaxes(-1, -2)  # (..., n, p) @ (..., p, m)
    grad_b = a.swapaxes(-1, -2) @ grad_product  # (..., m, n) @ (..., n, p)
    return MatmulGradients(sum_to(a.shape, grad_a), sum_to(b.shape, grad_b))
