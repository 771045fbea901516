"""Vectors and matrices as plain lists (the ground under section 3.3).

A vector is a list of numbers, a matrix a list of rows of equal length.
Three operations carry the whole book: the dot product, the matrix product
and the transpose; the backward pass adds matrices, too. At run time
tuples are welcome wherever a list is.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from operator import mul
from typing import TypeAlias

from attnbook.require import require_in_range, require_matrix, require_vector

Vector: TypeAlias = list[float]
"""A list of numbers: `(d,)`."""

Matrix: TypeAlias = list[list[float]]
"""A list of rows of equal length: `(n, d)`."""

Mask: TypeAlias = list[list[bool]]
"""Rows of True and False: `(n_q, n_k)`. In a mask, True is hidden."""

_sumprod: Callable[..., float] | None = getattr(math, "sumprod", None)
"""The dot product as one loop in C, which Python has from 3.12 on."""


def dot(x: Vector, y: Vector) -> float:
    """Multiply two vectors entry by entry and add up the products.

    `x (d,), y (d,) -> a number`.

    Raises:
        ValueError: If the lengths differ, or an entry is not a finite number.

    Examples:
        By hand, 1 * 3 + 2 * 4:

        >>> dot([1, 2], [3, 4])
        11

        Vectors at a right angle have nothing in common:

        >>> dot([1.0, 0.0], [0.0, 1.0])
        0.0

    Book: section 3.3.1.
    """
    require_vector("x", x)
    require_vector("y", y, length=len(x))
    return require_in_range("x, y", _dot(x, y), "product")


def _dot(x: Sequence[float], y: Sequence[float]) -> float:
    if _sumprod:
        return _sumprod(x, y)  # the same, in one loop
    total: float = sum(map(mul, x, y))
    return total


def _dots(x: Sequence[float], ys: Iterable[Sequence[float]]) -> Vector:
    """Meet each of `ys`; where one is longer than `x`, the rest is cut."""
    if _sumprod:
        return [_sumprod(x, y[: len(x)]) for y in ys]
    return [sum(map(mul, x, y)) for y in ys]


def transpose(a: Matrix) -> Matrix:
    """Turn the rows of a matrix into columns.

    `a (n, m) -> (m, n)`.

    Raises:
        ValueError: If `a` is empty, ragged, or holds anything but finite
            numbers.

    Examples:
        >>> transpose([[1, 2, 3], [4, 5, 6]])
        [[1, 4], [2, 5], [3, 6]]

    Book: section 3.3.2.
    """
    require_matrix("a", a)
    return _transpose(a)


def _transpose(a: Matrix) -> Matrix:
    return [list(column) for column in zip(*a, strict=True)]


def matmul(a: Matrix, b: Matrix) -> Matrix:
    """Take the dot product of every row of `a` with every column of `b`.

    `a (n, m), b (m, p) -> (n, p)`.

    Raises:
        ValueError: If the columns of `a` and the rows of `b` differ in
            number, or either matrix is empty, ragged or not made of finite
            numbers.

    Examples:
        Row `[1, 2]` meets columns `[3, 5]` and `[4, 6]`:

        >>> matmul([[1, 2]], [[3, 4], [5, 6]])
        [[13, 16]]

    Book: section 3.3.2.
    """
    require_matrix("a", a)
    require_matrix("b", b, rows=len(a[0]))
    return require_in_range("a, b", _matmul(a, b), "product")


def _matmul(a: Matrix, b: Matrix) -> Matrix:
    """Multiply; a row of `a` may leave out zeros at its end."""
    columns = list(zip(*b, strict=True))
    return [_dots(row, columns) for row in a]


def add(a: Matrix, b: Matrix) -> Matrix:
    """Add a matrix to another, entry by entry.

    `a (n, m), b (n, m) -> (n, m)`.

    Raises:
        ValueError: If the shapes differ, or anything is empty, ragged or not
            a finite number.

    Examples:
        >>> add([[1, 2]], [[10, 20]])
        [[11, 22]]

    Book: needed after section 3.6, where gradients add up.
    """
    require_matrix("a", a)
    require_matrix("b", b, len(a), len(a[0]))
    return require_in_range("a, b", _add(a, b), "sum")


def _add(a: Matrix, b: Matrix) -> Matrix:
    return [
        [x + y for x, y in zip(*rows, strict=True)]
        for rows in zip(a, b, strict=True)
    ]


def largest_difference(a: Matrix, b: Matrix) -> float:
    """Give the largest distance between two entries of one place.

    `a (n, m), b (n, m) -> a number`, 0 or more.

    Raises:
        ValueError: If the shapes differ, or anything is empty, ragged or not
            a finite number.

    Examples:
        >>> largest_difference([[1.0, 2.0]], [[1.5, 2.25]])
        0.5
        >>> largest_difference([[1.0, 2.0]], [[1.0]])
        Traceback (most recent call last):
            ...
        ValueError: a is (1, 2), but b is (1, 1)
    """
    require_matrix("a", a)
    require_matrix("b", b)
    shapes = [f"({len(x)}, {len(x[0])})" for x in (a, b)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"a is {shapes[0]}, but b is {shapes[1]}")
    largest = max(
        abs(x - y)
        for rows in zip(a, b, strict=True)
        for x, y in zip(*rows, strict=True)
    )
    return require_in_range("a, b", largest, "difference")
