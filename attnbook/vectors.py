"""Vectors and matrices as plain lists (the ground under section 3.3).

A vector is a list of numbers, a matrix a list of rows of equal length.
Three operations carry the whole book: the dot product, the matrix product
and the transpose; the backward pass adds matrices, too. Tuples are welcome
wherever a list is.
"""

from collections.abc import Sequence
from math import inf, isfinite
from operator import mul
from typing import TypeAlias

Vector: TypeAlias = list[float]
"""A list of numbers: `(d,)`."""

Matrix: TypeAlias = list[list[float]]
"""A list of rows of equal length: `(n, d)`."""
Mask: TypeAlias = list[list[bool]]


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
    check_vector("x", x)
    check_vector("y", y, length=len(x))
    total: float = sum(map(mul, x, y))
    return total


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
    check_matrix("a", a)
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
    check_matrix("a", a)
    check_matrix("b", b, rows=len(a[0]))
    columns = list(zip(*b, strict=True))
    return [[sum(map(mul, row, column)) for column in columns] for row in a]


def add(a: Matrix, b: Matrix) -> Matrix:
    """Add two matrices entry by entry.

    `a (n, m), b (n, m) -> (n, m)`.

    Raises:
        ValueError: If the shapes differ, or anything is empty, ragged or not
            a finite number.

    Examples:
        >>> add([[1, 2]], [[10, 20]])
        [[11, 22]]

    Book: needed after section 3.6, where gradients add up.
    """
    check_matrix("a", a)
    check_matrix("b", b, len(a), len(a[0]))
    return [
        [x + y for x, y in zip(*rows, strict=True)]
        for rows in zip(a, b, strict=True)
    ]


def check_number(name: str, value: object) -> None:
    """Refuse what is not a number, or an integer that no float can hold.

    Infinities and NaN are floats and pass: `check_vector` refuses those.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> check_number("scores[0]", 0.5)
        >>> check_number("scores[0]", "half")
        Traceback (most recent call last):
            ...
        ValueError: scores[0] must be a number, got str
    """
    if not isinstance(value, float | int) or isinstance(value, bool):
        kind = type(value).__name__
        raise ValueError(f"{name} must be a number, got {kind}")
    if isinstance(value, int) and abs(value) > 2**53:
        raise ValueError(f"{name} must fit into a float, got over 2**53")


def check_count(name: str, value: object) -> None:
    """Refuse what cannot count tokens, widths or heads.

    Raises:
        ValueError: If the value is not an integer of 1 or more.

    Examples:
        >>> check_count("num_heads", 2)
        >>> check_count("num_heads", 0)
        Traceback (most recent call last):
            ...
        ValueError: num_heads must be an integer of 1 or more, got 0
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"{name} must be an integer of 1 or more, got {value!r}"
        )


def check_list(
    name: str, value: object, items: str, length: int | None = None
) -> None:
    """Refuse what is not a list or tuple, is empty or of another length.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> check_list("heads", [1, 2], "numbers")
        >>> check_list("heads", range(2), "numbers")
        Traceback (most recent call last):
            ...
        ValueError: heads must be a list of numbers, got range
    """
    if not isinstance(value, list | tuple):
        kind = type(value).__name__
        raise ValueError(f"{name} must be a list of {items}, got {kind}")
    if not value:
        raise ValueError(f"{name} must not be empty")
    if length is not None and len(value) != length:
        raise ValueError(
            f"{name} must hold {length} {items}, got {len(value)}"
        )


def check_rows(
    name: str,
    matrix: Sequence[Sequence[object]],
    rows: int | None = None,
    columns: int | None = None,
    items: str = "numbers",
) -> None:
    """Refuse what is not equally long rows, whatever stands in them.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> check_rows("attn_scores", [["?", 2], [3, 4]])
        >>> check_rows("attn_scores", [["?", 2], [3, 4]], columns=3)
        Traceback (most recent call last):
            ...
        ValueError: attn_scores must be (n, 3), got (2, 2)
    """
    check_list(name, matrix, "rows")
    for i, row in enumerate(matrix):
        check_list(f"{name}[{i}]", row, items)
    width = len(matrix[0])
    for i, row in enumerate(matrix):
        if len(row) != width:
            raise ValueError(
                f"{name}[{i}] must have length {width}, "
                f"as {name}[0] has, got {len(row)}"
            )
    wanted = (rows or len(matrix), columns or width)
    if (len(matrix), width) != wanted:
        shown = (rows or "n", columns or "d")
        raise ValueError(
            f"{name} must be ({shown[0]}, {shown[1]}), "
            f"got ({len(matrix)}, {width})"
        )


def check_vector(name: str, vector: Vector, length: int | None = None) -> None:
    """Refuse what is not a list of finite numbers of the length wanted.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> check_vector("query", [0.5, 0.25], length=2)
        >>> check_vector("query", [0.5, 0.25], length=3)
        Traceback (most recent call last):
            ...
        ValueError: query must have length 3, got 2
    """
    check_list(name, vector, "numbers")
    if length is not None and len(vector) != length:
        raise ValueError(
            f"{name} must have length {length}, got {len(vector)}"
        )
    _check_finite(name, vector)


def check_matrix(
    name: str,
    matrix: Matrix,
    rows: int | None = None,
    columns: int | None = None,
) -> None:
    """Refuse what is not equally long rows of finite numbers.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> check_matrix("inputs", [[1, 2], [3, 4]], columns=2)
        >>> check_matrix("inputs", [[1, 2], [3]])
        Traceback (most recent call last):
            ...
        ValueError: inputs[1] must have length 2, as inputs[0] has, got 1
    """
    check_rows(name, matrix, rows, columns)
    for i, row in enumerate(matrix):
        _check_finite(f"{name}[{i}]", row)


def check_mask(name: str, mask: Mask, rows: int, columns: int) -> None:
    """Refuse what is not rows of True and False, of the shape wanted.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> check_mask("mask", [[False, True]], rows=1, columns=2)
        >>> check_mask("mask", [[0, 1]], rows=1, columns=2)
        Traceback (most recent call last):
            ...
        ValueError: mask[0][0] must be True or False, got 0
    """
    check_rows(name, mask, rows, columns, "bools")
    for i, row in enumerate(mask):
        for j, entry in enumerate(row):
            if not isinstance(entry, bool):
                raise ValueError(
                    f"{name}[{i}][{j}] must be True or False, got {entry!r}"
                )


def check_scores(name: str, scores: Vector) -> None:
    """Refuse what softmax cannot share out: each score finite or -inf.

    Raises:
        ValueError: If a score is NaN or plus infinity, or none is finite.

    Examples:
        >>> check_scores("scores", [0.5, float("-inf")])
        >>> check_scores("scores", [float("-inf")])
        Traceback (most recent call last):
            ...
        ValueError: scores must hold a finite number, got only -inf
    """
    check_list(name, scores, "numbers")
    if _are_finite_floats(scores):
        return
    for j, score in enumerate(scores):
        check_number(f"{name}[{j}]", score)
        if not score < inf:
            raise ValueError(
                f"{name}[{j}] must be finite or -inf, got {score}"
            )
    if max(scores) == -inf:
        raise ValueError(f"{name} must hold a finite number, got only -inf")


def _check_finite(name: str, vector: Vector) -> None:
    """Refuse entries that are not numbers, NaN, or beyond every float."""
    if _are_finite_floats(vector):
        return
    for j, entry in enumerate(vector):
        check_number(f"{name}[{j}]", entry)
        if not isfinite(entry):
            raise ValueError(f"{name}[{j}] must be finite, got {entry}")


def _are_finite_floats(vector: Vector) -> bool:
    """Whether all is as usual; a fast answer, which saves a slow search."""
    return {*map(type, vector)} == {float} and all(map(isfinite, vector))
