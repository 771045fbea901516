"""Lists of numbers: a vector, a matrix, rows of one width.

What is right as a rule is seen to be so at once; only what is not is looked
at entry by entry, for a message that says where.
"""

from collections.abc import Sequence
from itertools import chain
from math import isfinite
from typing import TypeAlias

from attnbook.require.kinds import require_list
from attnbook.require.numbers import require_finite, require_number

Rows: TypeAlias = Sequence[Sequence[float]]

LIST, FLOAT = frozenset({list}), frozenset({float})


def require_rows(
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
        >>> require_rows("attn_scores", [["?", 2], [3, 4]])
        >>> require_rows("attn_scores", [["?", 2], [3, 4]], columns=3)
        Traceback (most recent call last):
            ...
        ValueError: attn_scores must be (n, 3), got (2, 2)
    """
    require_list(name, matrix, "rows")
    for i, row in enumerate(matrix):
        require_list(f"{name}[{i}]", row, items)
    _require_one_width(name, matrix)
    width = len(matrix[0])
    wanted = (rows or len(matrix), columns or width)
    if (len(matrix), width) != wanted:
        shown = (rows or "n", columns or "d")
        raise ValueError(
            f"{name} must be ({shown[0]}, {shown[1]}), "
            f"got ({len(matrix)}, {width})"
        )


def require_vector(
    name: str, vector: Sequence[float], length: int | None = None
) -> None:
    """Refuse what is not a list of finite numbers of the length wanted.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_vector("query", [0.5, 0.25], length=2)
        >>> require_vector("query", [0.5, 0.25], length=3)
        Traceback (most recent call last):
            ...
        ValueError: query must have length 3, got 2
    """
    require_list(name, vector, "numbers")
    if length is not None and len(vector) != length:
        raise ValueError(
            f"{name} must have length {length}, got {len(vector)}"
        )
    _require_finite(name, vector)


def require_matrix(
    name: str,
    matrix: Rows,
    rows: int | None = None,
    columns: int | None = None,
) -> None:
    """Refuse what is not equally long rows of finite numbers.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_matrix("inputs", [[1, 2], [3, 4]], columns=2)
        >>> require_matrix("inputs", [[1, 2], [3]])
        Traceback (most recent call last):
            ...
        ValueError: inputs[1] must have length 2, as inputs[0] has, got 1
    """
    if _is_as_usual(matrix, rows, columns):
        return
    require_rows(name, matrix, rows, columns)
    for i, row in enumerate(matrix):
        _require_finite(f"{name}[{i}]", row)


def require_numbers(name: str, matrix: Rows) -> None:
    """Refuse what is not equally long rows of numbers, infinite or not.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_numbers("attn_scores", [[0.5, float("inf")]])
        >>> require_numbers("attn_scores", [[0.5, None]])
        Traceback (most recent call last):
            ...
        ValueError: attn_scores[0][1] must be a number, got NoneType
    """
    require_rows(name, matrix)
    for i, row in enumerate(matrix):
        for j, entry in enumerate(row):
            require_number(f"{name}[{i}][{j}]", entry)


def _is_as_usual(matrix: Rows, rows: int | None, columns: int | None) -> bool:
    """Whether a matrix is right; a fast answer, which saves a slow search."""
    if type(matrix) is not list or not matrix or type(matrix[0]) is not list:
        return False
    return (
        LIST.issuperset(map(type, matrix))
        and len(matrix) == (rows or len(matrix))
        and {*map(len, matrix)} == {columns or len(matrix[0]) or 1}
        and FLOAT.issuperset(map(type, entries := [*chain(*matrix)]))
        and isfinite(sum(entries))
    )


def _require_one_width(name: str, matrix: Sequence[Sequence[object]]) -> None:
    """Refuse rows of another length than the first."""
    width = len(matrix[0])
    for i, row in enumerate(matrix):
        if len(row) != width:
            raise ValueError(
                f"{name}[{i}] must have length {width}, "
                f"as {name}[0] has, got {len(row)}"
            )


def _require_finite(name: str, vector: Sequence[float]) -> None:
    """Refuse entries that are not numbers, NaN, or beyond every float."""
    if _are_finite_floats(vector):
        return
    for j, entry in enumerate(vector):
        require_finite(f"{name}[{j}]", entry)


def _are_finite_floats(vector: Sequence[float]) -> bool:
    """Whether all is as usual; a fast answer, which saves a slow search."""
    if not FLOAT.issuperset(map(type, vector)):
        return False
    return isfinite(sum(vector)) or all(map(isfinite, vector))
