"""What an argument must be: refused by name, with what was wanted and came.

Every public function of the road asks for what it needs here, once, before it
computes: one call for each argument. `name` is what the caller calls it.
"""

from collections.abc import Sequence
from math import inf, isfinite


def require_number(name: str, value: object) -> None:
    """Refuse what is not a number, or an integer that no float can hold.

    Infinities and NaN are floats and pass: `require_vector` refuses those.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_number("scores[0]", 0.5)
        >>> require_number("scores[0]", "half")
        Traceback (most recent call last):
            ...
        ValueError: scores[0] must be a number, got str
    """
    if not isinstance(value, float | int) or isinstance(value, bool):
        kind = type(value).__name__
        raise ValueError(f"{name} must be a number, got {kind}")
    if isinstance(value, int) and abs(value) > 2**53:
        raise ValueError(f"{name} must fit into a float, got over 2**53")


def require_count(name: str, value: object) -> None:
    """Refuse what cannot count tokens, widths or heads.

    Raises:
        ValueError: If the value is not an integer of 1 or more.

    Examples:
        >>> require_count("num_heads", 2)
        >>> require_count("num_heads", 0)
        Traceback (most recent call last):
            ...
        ValueError: num_heads must be an integer of 1 or more, got 0
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"{name} must be an integer of 1 or more, got {value!r}"
        )


def require_list(
    name: str, value: object, items: str, length: int | None = None
) -> None:
    """Refuse what is not a list or tuple, is empty or of another length.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_list("heads", [1, 2], "numbers")
        >>> require_list("heads", range(2), "numbers")
        Traceback (most recent call last):
            ...
        ValueError: heads must be a list of numbers, got range
    """
    if not isinstance(value, list | tuple):
        kind = type(value).__name__
        hint = ": pass .tolist(), or use attnbook.arrays"
        raise ValueError(
            f"{name} must be a list of {items}, got {kind}"
            + hint * hasattr(value, "tolist")
        )
    if not value:
        raise ValueError(f"{name} must not be empty")
    if length is not None and len(value) != length:
        raise ValueError(
            f"{name} must hold {length} {items}, got {len(value)}"
        )


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
    matrix: Sequence[Sequence[float]],
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
    require_rows(name, matrix, rows, columns)
    for i, row in enumerate(matrix):
        _require_finite(f"{name}[{i}]", row)


def require_mask(
    name: str, mask: Sequence[Sequence[bool]], rows: int, columns: int
) -> None:
    """Refuse what is not rows of True and False, of the shape wanted.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_mask("mask", [[False, True]], rows=1, columns=2)
        >>> require_mask("mask", [[0, 1]], rows=1, columns=2)
        Traceback (most recent call last):
            ...
        ValueError: mask[0][0] must be True or False, got 0
    """
    require_rows(name, mask, rows, columns, "bools")
    for i, row in enumerate(mask):
        for j, entry in enumerate(row):
            if not isinstance(entry, bool):
                raise ValueError(
                    f"{name}[{i}][{j}] must be True or False, got {entry!r}"
                )


def require_scores(name: str, scores: Sequence[float]) -> None:
    """Refuse what softmax cannot share out: each score finite or -inf.

    Raises:
        ValueError: If a score is NaN or plus infinity, or none is finite.

    Examples:
        >>> require_scores("scores", [0.5, float("-inf")])
        >>> require_scores("scores", [float("-inf")])
        Traceback (most recent call last):
            ...
        ValueError: scores must hold a finite number, got only -inf
    """
    require_list(name, scores, "numbers")
    if _are_finite_floats(scores):
        return
    for j, score in enumerate(scores):
        require_number(f"{name}[{j}]", score)
        if not score < inf:
            raise ValueError(
                f"{name}[{j}] must be finite or -inf, got {score}"
            )
    if max(scores) == -inf:
        raise ValueError(f"{name} must hold a finite number, got only -inf")


def require_dropout(p: float, keep: object) -> None:
    """Refuse what is no probability, or one that no `keep` comes with.

    Raises:
        ValueError: If `p` is outside 0 to 1, or is not 0 and `keep` is None.

    Examples:
        >>> require_dropout(0.5, keep=[[True, False]])
        >>> require_dropout(0.5, keep=None)
        Traceback (most recent call last):
            ...
        ValueError: p must be 0 without keep, got 0.5
    """
    require_number("p", p)
    if not 0 <= p <= 1:
        raise ValueError(f"p must be from 0 to 1, got {p}")
    if p != 0 and keep is None:
        raise ValueError(f"p must be 0 without keep, got {p}")


def require_token(name: str, token: object, count: int) -> None:
    """Refuse what is not one of `count` tokens.

    Raises:
        ValueError: If the token is not an integer from 0 to `count - 1`.

    Examples:
        >>> require_token("sentence[0]", 3, count=4)
        >>> require_token("sentence[0]", 4, count=4)
        Traceback (most recent call last):
            ...
        ValueError: sentence[0] must be an integer from 0 to 3, got 4
    """
    is_integer = isinstance(token, int) and not isinstance(token, bool)
    if not (is_integer and token in range(count)):
        raise ValueError(
            f"{name} must be an integer from 0 to {count - 1}, got {token!r}"
        )


def _require_finite(name: str, vector: Sequence[float]) -> None:
    """Refuse entries that are not numbers, NaN, or beyond every float."""
    if _are_finite_floats(vector):
        return
    for j, entry in enumerate(vector):
        require_number(f"{name}[{j}]", entry)
        if not isfinite(entry):
            raise ValueError(f"{name}[{j}] must be finite, got {entry}")


def _are_finite_floats(vector: Sequence[float]) -> bool:
    """Whether all is as usual; a fast answer, which saves a slow search."""
    return {*map(type, vector)} == {float} and all(map(isfinite, vector))
