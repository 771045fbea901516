"""The gradients of `attnbook.vectors`: its products (after section 3.6)."""

from typing import NamedTuple

from attnbook.require import (
    require_finite,
    require_in_range,
    require_product,
    require_vector,
)
from attnbook.vectors import Matrix, Vector, _matmul, _transpose


class DotGradients(NamedTuple):
    """The gradients of `dot`."""

    grad_x: Vector
    """`(d,)`."""
    grad_y: Vector
    """`(d,)`."""


class MatmulGradients(NamedTuple):
    """The gradients of `matmul`."""

    grad_a: Matrix
    """`(n, m)`."""
    grad_b: Matrix
    """`(m, p)`."""


def dot_backward(x: Vector, y: Vector, grad_product: float) -> DotGradients:
    """Give each factor what the other one was, times the gradient.

    `x (d,), y (d,), grad_product a number -> grad_x (d,), grad_y (d,)`.

    Raises:
        ValueError: If the lengths differ, or anything is not a finite number.

    Examples:
        One more in `x[0]` adds `y[0]` to the product:

        >>> dot_backward([1, 2], [3, 4], grad_product=1)
        DotGradients(grad_x=[3, 4], grad_y=[1, 2])
    """
    require_vector("x", x)
    require_vector("y", y, length=len(x))
    require_finite("grad_product", grad_product)
    # forward: product = sum(x[j] * y[j] for every j)
    grad_x = [grad_product * entry for entry in y]  # (d,)
    grad_y = [grad_product * entry for entry in x]  # (d,)
    gradients = DotGradients(grad_x, grad_y)
    return require_in_range("x, y, grad_product", gradients)


def matmul_backward(
    a: Matrix, b: Matrix, grad_product: Matrix
) -> MatmulGradients:
    """Give each factor the other one, transposed, times the gradient.

    `a (n, m), b (m, p), grad_product (n, p) -> grad_a (n, m), grad_b (m, p)`.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not a finite number.

    Examples:
        One row and one column make a dot product:

        >>> matmul_backward([[1, 2]], [[3], [4]], grad_product=[[1]])
        MatmulGradients(grad_a=[[3, 4]], grad_b=[[1], [2]])
    """
    require_product(("a", a), ("b", b), ("grad_product", grad_product))
    gradients = _matmul_backward(a, b, grad_product)
    return require_in_range("a, b, grad_product", gradients)


def _matmul_backward(
    a: Matrix, b: Matrix, grad_product: Matrix
) -> MatmulGradients:
    # forward: product = matmul(a, b)
    grad_a = _matmul(grad_product, _transpose(b))  # (n, p) @ (p, m) -> (n, m)
    grad_b = _matmul(_transpose(a), grad_product)  # (m, n) @ (n, p) -> (m, p)
    return MatmulGradients(grad_a, grad_b)
