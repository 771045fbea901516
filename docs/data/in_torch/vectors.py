"""Vectors and matrices in PyTorch."""

from torch import Tensor


def dot(x: Tensor, y: Tensor) -> Tensor:
    """Multiply two vectors entry by entry and add up the products."""
    return x @ y  # (d,) @ (d,) -> a number


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Multiply two matrices: every row of `a` with every column of `b`."""
    return a @ b  # (n, m) @ (m, p) -> (n, p)
