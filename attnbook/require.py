"""What an argument must be: refused by name, with what was wanted and came.

A public function asks here for what it needs, once, at its door: one call for
each argument, by the name that the caller knows. Behind the door, a function
of the same name with an underscore computes, and trusts what it is given.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import inf, isfinite, prod
from typing import Any, TypeAlias, TypeGuard, TypeVar

T = TypeVar("T")
Rows: TypeAlias = Sequence[Sequence[float]]
Nested: TypeAlias = "float | list[Nested]"
MOST = 1_000_000
"""More tokens, widths or heads than that are a slip of the keyboard."""

MOST_ENTRIES = 10_000_000
"""More entries than that take a list minutes, and gigabytes."""

_LIST, _FLOAT = frozenset({list}), frozenset({float})

SCORES = "attn_scores"
"""The one step that may hold minus infinity: a hidden key's score."""


def require_number(name: str, value: object) -> None:
    """Refuse what is not a number, or an integer that no float can hold.

    Infinities and NaN are floats and pass: `require_vector` refuses those.
    So does a number that counts its operations, or has another arithmetic
    of its own: what that does is its own affair.

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
        raise ValueError(f"{name} must be a number, got {_kind(value)}")
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


def require_score(name: str, value: object) -> None:
    """Refuse what is not a number, or is plus infinity or NaN.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_score("largest", float("-inf"))
        >>> require_score("largest", float("inf"))
        Traceback (most recent call last):
            ...
        ValueError: largest must be finite or -inf, got inf
    """
    require_number(name, value)
    if isinstance(value, float) and not value < inf:
        raise ValueError(f"{name} must be finite or -inf, got {value}")


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
    if type(value) is not int or value < 1:
        raise ValueError(
            f"{name} must be an integer of 1 or more, got {_shown(value)}"
        )
    if value > MOST:
        raise ValueError(f"{name} must be at most {MOST:,}, got more")


def require_integer(name: str, value: object, low: int, high: int) -> None:
    """Refuse what is not an integer from `low` to `high`.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_integer("steps", 0, 0, 9)
        >>> require_integer("steps", 10, 0, 9)
        Traceback (most recent call last):
            ...
        ValueError: steps must be 0 to 9, got 10
    """
    if type(value) is not int:
        raise ValueError(f"{name} must be an integer, got {_kind(value)}")
    if not low <= value <= high:
        raise ValueError(
            f"{name} must be {low} to {high}, got {_shown(value)}"
        )


def require_entries(name: str, *counts: int) -> None:
    """Refuse more entries than a list can hold before patience ends.

    Raises:
        ValueError: If the product of the counts is above ten millions.

    Examples:
        >>> require_entries("rows * columns", 1000, 1000)
        >>> require_entries("rows * columns", 10_000, 10_000)
        Traceback (most recent call last):
            ...
        ValueError: rows * columns must be at most 10,000,000, got 100,000,000
    """
    if (entries := prod(counts)) > MOST_ENTRIES:
        raise ValueError(
            f"{name} must be at most {MOST_ENTRIES:,}, got {entries:,}"
        )


def require_kind(name: str, value: object, kind: type, wanted: str) -> None:
    """Refuse what is not of a class.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_kind("text", "{}", str, "a string")
        >>> require_kind("text", None, str, "a string")
        Traceback (most recent call last):
            ...
        ValueError: text must be a string, got NoneType
    """
    if not issubclass(type(value), kind):
        raise ValueError(f"{name} must be {wanted}, got {_kind(value)}")


def require_function(name: str, value: object) -> None:
    """Refuse what cannot be called.

    Raises:
        ValueError: Naming the argument, and what came.

    Examples:
        >>> require_function("task", sorted)
        >>> require_function("task", "sorted")
        Traceback (most recent call last):
            ...
        ValueError: task must be a function, got str
    """
    if not callable(value):
        raise ValueError(f"{name} must be a function, got {_kind(value)}")


def require_iterable(name: str, value: object) -> None:
    """Refuse what cannot be gone through.

    Raises:
        ValueError: Naming the argument, and what came.

    Examples:
        >>> require_iterable("batches", iter([1, 2]))
        >>> require_iterable("batches", 12)
        Traceback (most recent call last):
            ...
        ValueError: batches must be iterable, got int
    """
    try:
        iter(value)  # type: ignore[call-overload]
    except Exception as error:
        raise ValueError(
            f"{name} must be iterable, got {_kind(value)}"
        ) from error


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
    if not is_list(value):
        raise ValueError(
            f"{name} must be a list of {items}, got {_kind(value)}"
        )
    if not len(value):
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
            if type(entry) is not bool:
                raise ValueError(
                    f"{name}[{i}][{j}] must be True or False, "
                    f"got {_shown(entry)}"
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
    if _are_scores(scores):
        return
    for j, score in enumerate(scores):
        require_score(f"{name}[{j}]", score)
    if max(scores) == -inf:
        raise ValueError(f"{name} must hold a finite number, got only -inf")


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


def require_score_rows(
    name: str,
    scores: Rows,
    rows: int | None = None,
    columns: int | None = None,
) -> None:
    """Refuse what is not equally long rows that softmax can share out.

    Raises:
        ValueError: As `require_rows` and `require_scores` do.

    Examples:
        >>> require_score_rows("attn_scores", [[0.5, float("-inf")]])
        >>> require_score_rows("attn_scores", [[0.5, float("inf")]])
        Traceback (most recent call last):
            ...
        ValueError: attn_scores[0][1] must be finite or -inf, got inf
    """
    require_rows(name, scores, rows, columns)
    for i, row in enumerate(scores):
        require_scores(f"{name}[{i}]", row)


def require_share(name: str, value: float) -> None:
    """Refuse what is no part of a whole.

    Raises:
        ValueError: If the value is not a number from 0 to 1.

    Examples:
        >>> require_share("p", 0.5)
        >>> require_share("p", 1.5)
        Traceback (most recent call last):
            ...
        ValueError: p must be from 0 to 1, got 1.5
    """
    require_number(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")


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
    require_share("p", p)
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
    if type(token) is not int or not 0 <= token < count:
        raise ValueError(
            f"{name} must be an integer from 0 to {count - 1}, "
            f"got {_shown(token)}"
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
    require_matrix("inputs", inputs)
    require_head("projections", inputs, projections)


def require_head(name: str, inputs: Rows, projections: Sequence[Rows]) -> None:
    """Refuse weight matrices that are not three, or do not fit the inputs.

    The inputs are a matrix already, so that heads can share them.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> W = [[1.0], [0.0]]
        >>> require_head("heads[0]", [[1.0, 2.0]], (W, W, W))
        >>> require_head("heads[0]", [[1.0, 2.0]], (W, W))
        Traceback (most recent call last):
            ...
        ValueError: heads[0] must hold 3 matrices, got 2
    """
    require_list(name, projections, "matrices", length=3)
    W_query, W_key, W_value = projections
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
    if type(value) is not bool:
        raise ValueError(f"{name} must be True or False, got {_kind(value)}")


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
    if not isfinite(sum([_total(x) for step, x in named if step != SCORES])):
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


def _total(nested: Any) -> float:  # noqa: ANN401 - a number, or lists
    """Add up all numbers, quickly: their sum is finite if they all are."""
    if not isinstance(nested, list):
        return float(nested)
    if not isinstance(nested[0], list):
        return sum(nested)
    is_matrix = not isinstance(nested[0][0], list)
    return sum(map(sum if is_matrix else _total, nested))


def _entries(name: str, nested: Nested) -> Iterator[tuple[str, float]]:
    """Every number, and where it stands."""
    if not isinstance(nested, list):
        yield name, nested
        return
    for i, part in enumerate(nested):
        yield from _entries(f"{name}[{i}]", part)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Whether it is a list or tuple, and no class that has changed what is.

    Examples:
        >>> is_list([1.0]), is_list(range(2))
        (True, False)
    """
    kind = type(value)
    if kind is list or kind is tuple:
        return True
    return any(
        issubclass(kind, own)
        and all(
            getattr(kind, name) is getattr(own, name)
            for name in ("__getitem__", "__iter__", "__len__")
        )
        for own in (list, tuple)
    )


def _kind(value: object) -> str:
    """What came, where it was something else than what was wanted."""
    kind = type(value)
    hint = ": pass .tolist(), or use attnbook.arrays"
    return kind.__name__ + hint * hasattr(kind, "tolist")


def _shown(value: object) -> str:
    """A value in a message: a short one as it is, any other by its kind."""
    if type(value) is int and value.bit_length() > 100:
        return f"one of {value.bit_length()} bits"
    short = {bool, float, int, type(None)}
    is_word = type(value) is str and len(value) <= 40
    return repr(value) if type(value) in short or is_word else _kind(value)


def _is_as_usual(matrix: Rows, rows: int | None, columns: int | None) -> bool:
    """Whether a matrix is right; a fast answer, which saves a slow search."""
    if type(matrix) is not list or not matrix or type(matrix[0]) is not list:
        return False
    return (
        _LIST.issuperset(map(type, matrix))
        and len(matrix) == (rows or len(matrix))
        and {*map(len, matrix)} == {columns or len(matrix[0]) or 1}
        and _FLOAT.issuperset(map(type, entries := [*chain(*matrix)]))
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
    if not _FLOAT.issuperset(map(type, vector)):
        return False
    return isfinite(sum(vector)) or all(map(isfinite, vector))


def _are_scores(scores: Sequence[float]) -> bool:
    """Whether all is as usual in a row of scores; -inf is, all -inf is not."""
    if not _FLOAT.issuperset(map(type, scores)):
        return False
    return sum(scores) < inf and max(scores) > -inf  # a sum with NaN is NaN
