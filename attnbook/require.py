"""What an argument must be: refused by name, with what was wanted and came.

A public function asks here for what it needs, once, at its door: one call for
each argument, by the name that the caller knows. Behind the door, a function
of the same name with an underscore computes, and trusts what it is given.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import inf, isfinite
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Rows: TypeAlias = Sequence[Sequence[float]]
Nested: TypeAlias = "float | list[Nested]"
MOST = 1_000_000
"""More tokens, widths or heads than that are a slip of the keyboard."""

SCORES = "attn_scores"
"""The one step that may hold minus infinity: a hidden key's score."""


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
        wanted = "must be within 2**53 of 0, where floats hold every integer"
        raise ValueError(f"{name} {wanted}")


def require_finite(name: str, value: object) -> None:
    """Refuse what is not a number, or is infinite or NaN.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_finite("rate", 0.5)
        >>> require_finite("rate", float("nan"))
        Traceback (most recent call last):
            ...
        ValueError: rate must be finite, got nan
    """
    require_number(name, value)
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")


def require_count(name: str, value: object) -> None:
    """Refuse what cannot count tokens, widths or heads.

    Raises:
        ValueError: If the value is not an integer from 1 to a million.

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
    if value > MOST:
        raise ValueError(f"{name} must be at most {MOST:,}, got more")


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
        if {*map(type, row)} == {bool}:
            continue
        for j, entry in enumerate(row):
            if not isinstance(entry, bool):
                raise ValueError(
                    f"{name}[{i}][{j}] must be True or False, got {entry!r}"
                )


def require_shown(name: str, mask: Sequence[Sequence[bool]]) -> None:
    """Refuse a mask that hides every key from a query.

    Raises:
        ValueError: Naming the row.

    Examples:
        >>> require_shown("mask", [[False, True]])
        >>> require_shown("mask", [[False, True], [True, True]])
        Traceback (most recent call last):
            ...
        ValueError: row 1 of mask hides every key
    """
    for i, row in enumerate(mask):
        if all(row):
            raise ValueError(f"row {i} of {name} hides every key")


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


def require_product(
    x: tuple[str, Rows],
    W: tuple[str, Rows],
    grad: tuple[str, Rows],
) -> None:
    """Refuse `x`, `W` and a gradient that do not fit the product `x @ W`.

    Each comes with its name.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> x, W = ("inputs", [[1, 2]]), ("W_key", [[3], [4]])
        >>> require_product(x, W, ("grad_keys", [[5]]))
        >>> require_product(x, W, ("grad_keys", [[5, 6]]))
        Traceback (most recent call last):
            ...
        ValueError: grad_keys must be (1, 1), got (1, 2)
    """
    require_matrix(*x)
    require_matrix(*W, rows=len(x[1][0]))
    require_matrix(*grad, len(x[1]), len(W[1][0]))


def require_projections(
    inputs: Rows, projections: tuple[Rows, Rows, Rows]
) -> None:
    """Refuse inputs and weight matrices that do not fit together.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> W = [[1.0], [0.0]]
        >>> require_projections([[1.0, 2.0]], (W, W, W))
        >>> require_projections([[1.0]], (W, W, W))
        Traceback (most recent call last):
            ...
        ValueError: W_query must be (1, d), got (2, 1)
    """
    require_list("projections", projections, "matrices", length=3)
    W_query, W_key, W_value = projections
    require_matrix("inputs", inputs)
    require_matrix("W_query", W_query, rows=len(inputs[0]))
    require_matrix("W_key", W_key, len(inputs[0]), columns=len(W_query[0]))
    require_matrix("W_value", W_value, rows=len(inputs[0]))


def require_flag(name: str, value: object) -> None:
    """Refuse what is not True or False, however true it may sound.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_flag("causal", True)
        >>> require_flag("causal", "no")
        Traceback (most recent call last):
            ...
        ValueError: causal must be True or False, got str
    """
    if not isinstance(value, bool):
        kind = type(value).__name__
        raise ValueError(f"{name} must be True or False, got {kind}")


def require_in_range(given: str, result: T, name: str = "result") -> T:
    """Hand a result on, unless it has left the range of floats.

    What was given is finite, so it was too large. A score may be minus
    infinity: it is hidden, or far below all others, and its weight is 0.

    Raises:
        ValueError: Naming what was given, and the first step that overflowed.

    Examples:
        >>> require_in_range("a, b", [[1e300]], "product")
        [[1e+300]]
        >>> require_in_range("a, b", [[1e300 * 1e300]], "product")
        Traceback (most recent call last):
            ...
        ValueError: a, b are too large: product[0][0] must be finite, got inf
    """
    steps: Any = result if hasattr(result, "_fields") else (result,)
    names = getattr(result, "_fields", (name,))
    named = list(zip(names, steps, strict=True))
    if not isfinite(sum(_total(x) for step, x in named if step != SCORES)):
        for step, value in named:
            _require_finite_step(given, step, value)
    return result


def _require_finite_step(given: str, step: str, value: Nested) -> None:
    """Refuse a step that overflowed, by the first entry that did."""
    for place, entry in _entries(step, value):
        if not (isfinite(entry) or (entry == -inf and step == SCORES)):
            raise ValueError(
                f"{given} are too large: {place} must be finite, got {entry}"
            )


def _total(nested: Nested) -> float:
    """Add up all numbers, quickly: their sum is finite if they all are."""
    if not isinstance(nested, list):
        return nested
    flat: list[Any] = nested
    while isinstance(flat[0], list):
        flat = [*chain.from_iterable(flat)]
    return float(sum(flat))


def _entries(name: str, nested: Nested) -> Iterator[tuple[str, float]]:
    """Every number, and where it stands."""
    if not isinstance(nested, list):
        yield name, nested
        return
    for i, part in enumerate(nested):
        yield from _entries(f"{name}[{i}]", part)


def _is_as_usual(matrix: Rows, rows: int | None, columns: int | None) -> bool:
    """Whether a matrix is right; a fast answer, which saves a slow search."""
    if type(matrix) is not list or {*map(type, matrix)} != {list}:
        return False
    widths = {*map(len, matrix)}
    fits = rows in {None, len(matrix)} and len(widths) == 1
    fits = fits and columns in {None, *widths}
    return fits and _are_finite_floats([*chain.from_iterable(matrix)])


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
    if {*map(type, vector)} != {float}:
        return False
    return isfinite(sum(vector)) or all(map(isfinite, vector))
