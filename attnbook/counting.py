"""Numbers that count their own multiplications: what a function costs.

Legend: a clock says what one machine did on one day. These numbers go through
any function on lists, and say how many products it made.
"""

from collections.abc import Callable

from attnbook.require import require_function, require_matrix
from attnbook.vectors import Matrix


class Counting(float):
    """A number that counts the products that it goes into.

    Products and sums count, too; what is divided or put through `exp` is a
    plain float again.

    Examples:
        >>> Counting.multiplications = 0
        >>> 2 * Counting(3) * 4 + 1
        25.0
        >>> Counting.multiplications
        2
    """

    multiplications = 0
    """Of all such numbers; `count` starts at 0."""

    def __mul__(self, other: float) -> "Counting":
        Counting.multiplications += 1
        return Counting(float(self) * float(other))

    __rmul__ = __mul__

    def __add__(self, other: float) -> "Counting":
        return Counting(float(self) + float(other))

    __radd__ = __add__


def counting(matrix: Matrix) -> Matrix:
    """Give the same matrix in numbers that count.

    `matrix (n, d) -> (n, d)`.

    Raises:
        ValueError: If the matrix is empty, ragged or not made of finite
            numbers.

    Examples:
        >>> counting([[0.5, 0.25]])
        [[0.5, 0.25]]
    """
    require_matrix("matrix", matrix)
    return [[Counting(entry) for entry in row] for row in matrix]


def count(function: Callable[..., object], *arguments: object) -> int:
    """Count the multiplications of one call, among numbers that count.

    Raises:
        ValueError: If `function` cannot be called.

    Examples:
        Two rows meet two columns, three products each:

        >>> from attnbook.vectors import matmul
        >>> a = counting([[1, 2, 3], [4, 5, 6]])
        >>> b = counting([[1, 2], [3, 4], [5, 6]])
        >>> count(matmul, a, b)
        12
    """
    require_function("function", function)
    Counting.multiplications = 0
    function(*arguments)
    return Counting.multiplications
