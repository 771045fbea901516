"""What the array versions ask of an argument; each error names it."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import is_given
from attnbook.arrays._read import as_array
from attnbook.arrays._shapes import (
    Array,
    require_batch,
    require_heads,
    require_shape,
)
from attnbook.require import (
    require_list,
    require_number,
)

BoolArray: TypeAlias = npt.NDArray[np.bool_]


def as_numbers(name: str, value: npt.ArrayLike, ndim: int) -> Array:
    """Convert to floats with at least `ndim` dimensions, none of them empty.

    float32, float64 and longer ones stay as they are; float16 is computed
    with in float32; all else becomes float64.

    Raises:
        ValueError: If the value is ragged, masked, not numeric, too large an
            integer, or has too few dimensions or no entries.

    Examples:
        >>> as_numbers("query", [1, 2], ndim=1)
        array([1., 2.])
        >>> as_numbers("query", np.float32([1, 2]), ndim=1).dtype
        dtype('float32')
        >>> as_numbers("inputs", [1, 2], ndim=2)
        Traceback (most recent call last):
            ...
        ValueError: inputs must have at least 2 dimensions, got shape (2,)
    """
    array = as_array(name, value, require_number)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold numbers, got {array.dtype}")
    if array.ndim < ndim:
        raise ValueError(
            f"{name} must have at least {ndim} dimensions, "
            f"got shape {array.shape}"
        )
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if array.dtype.kind != "f":
        for end in (array.max(), array.min()):
            require_number(name, int(end))
    return array.astype(_computed_in(array.dtype), copy=False)


def _computed_in(came: np.dtype[Any]) -> np.dtype[Any]:
    """The precision to compute in, for numbers that came in another."""
    if came.kind != "f":
        return np.dtype(np.float64)
    return np.promote_types(came.newbyteorder("="), np.float32)


def as_finite(name: str, value: npt.ArrayLike, ndim: int) -> Array:
    """Convert as `as_numbers` does, and refuse NaN and infinities.

    Raises:
        ValueError: If `as_numbers` does, or an entry is not finite.

    Examples:
        >>> as_finite("query", [1.0, float("nan")], ndim=1)
        Traceback (most recent call last):
            ...
        ValueError: query must be finite, got nan at (1,)
    """
    array = as_numbers(name, value, ndim)
    if is_given(value) and not (array.max() < np.inf > -array.min()):
        _refuse(name, array, ~np.isfinite(array), "be finite")
    return array


def as_scores(name: str, value: npt.ArrayLike, ndim: int) -> Array:
    """Convert as `as_numbers` does, for softmax: finite or minus infinity.

    Raises:
        ValueError: If `as_numbers` does, a score is NaN or plus infinity, or
            a row holds only minus infinity.

    Examples:
        >>> as_scores("scores", [0.0, float("-inf")], ndim=1)
        array([  0., -inf])
    """
    array = as_numbers(name, value, ndim)
    if is_given(value):
        rows = array.max(axis=-1, keepdims=True)
        if not np.isfinite(rows).all():
            require_below_infinity(name, array)
            wanted = "hold a finite number in every row"
            _refuse(name, rows, np.isneginf(rows), wanted)
    return array


def as_weights(
    name: str,
    value: npt.ArrayLike,
    rows: int,
    columns: int | None = None,
) -> Array:
    """Convert a weight matrix: finite, `(rows, columns)`, without a batch.

    Raises:
        ValueError: If `as_finite` does, or the shape is another one.

    Examples:
        >>> as_weights("W_key", [[1.0], [2.0]], rows=3)
        Traceback (most recent call last):
            ...
        ValueError: W_key must be (3, d), got (2, 1)
    """
    array = as_finite(name, value, ndim=2)
    wanted = (rows, columns or array.shape[-1])
    if array.shape != wanted:
        shown = f"({rows}, {columns or 'd'})"
        raise ValueError(f"{name} must be {shown}, got {array.shape}")
    return array


def as_mask(
    name: str, value: npt.ArrayLike, rows: int, columns: int
) -> BoolArray:
    """Convert to True and False that broadcast to `(..., rows, columns)`.

    Raises:
        ValueError: If the value is ragged, masked, holds anything but True
            and False, or has another shape.

    Examples:
        >>> as_mask("mask", [[False, True]], rows=3, columns=2)
        array([[False,  True]])
        >>> as_mask("mask", [[0, 1]], rows=3, columns=2)
        Traceback (most recent call last):
            ...
        ValueError: mask must hold True and False, got int64
    """
    array = as_array(name, value, _anything)
    if array.dtype != np.bool_:
        raise ValueError(f"{name} must hold True and False, got {array.dtype}")
    n, m = array.shape[-2:] if array.ndim >= 2 else (0, 0)
    if n not in {1, rows} or m not in {1, columns}:
        raise ValueError(
            f"{name} must be (..., {rows}, {columns}), got {array.shape}"
        )
    return array


def as_tokens(
    name: str,
    value: object,
    length: int | None = None,
    count: int | None = None,
) -> npt.NDArray[np.int64]:
    """Convert to tokens in a row, `(..., n)`, from 0 to below `count`.

    Without a `count`, a token may also name a place in its row: below `n`.

    Raises:
        ValueError: If the value holds anything but such integers, or rows
            of another length.

    Examples:
        >>> as_tokens("sentence", [2, 0, 1])
        array([2, 0, 1])
        >>> as_tokens("targets", [3, 0], count=3)
        Traceback (most recent call last):
            ...
        ValueError: targets must be from 0 to 2, got 3
    """
    array = as_array(name, value, require_number)
    if array.dtype.kind not in "iu" or array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"{name} must hold integers in rows, "
            f"got {array.dtype} in shape {array.shape}"
        )
    n = array.shape[-1]
    if n != (length or n):
        raise ValueError(f"{name} must be (..., {length}), got {array.shape}")
    for end in (int(array.min()), int(array.max())):
        if not 0 <= end < (count or n):
            raise ValueError(
                f"{name} must be from 0 to {(count or n) - 1}, got {end}"
            )
    return array.astype(np.int64)


def as_gradient(
    name: str, value: npt.ArrayLike, wanted: tuple[int, ...]
) -> Array:
    """Convert a gradient: finite, in the shape of what it belongs to.

    Raises:
        ValueError: If `as_finite` does, or the shape is another one.

    Examples:
        >>> as_gradient("grad_x", [1.0], wanted=(2,))
        Traceback (most recent call last):
            ...
        ValueError: grad_x must be (2,), got (1,)
    """
    grad = as_finite(name, value, ndim=len(wanted))
    require_shape(name, grad, wanted)
    return grad


def as_rows_of(
    inputs: npt.ArrayLike, name: str, value: npt.ArrayLike
) -> Array:
    """Convert what has a row for each row of the inputs.

    Raises:
        ValueError: If `as_finite` does, or the rows are others.

    Examples:
        >>> as_rows_of([[1.0]], "queries", [[1.0], [2.0]])
        Traceback (most recent call last):
            ...
        ValueError: queries must be (1, 1), got (2, 1)
    """
    rows = as_finite("inputs", inputs, ndim=2).shape[:-1]
    array = as_finite(name, value, ndim=2)
    require_shape(name, array, (*rows, array.shape[-1]))
    return array


def as_product(
    grad: tuple[str, npt.ArrayLike], a: tuple[str, Array], b: tuple[str, Array]
) -> Array:
    """Convert the gradient of `a @ b`, and refuse factors that do not fit.

    Each argument is a name and what it names.

    Raises:
        ValueError: If `as_finite` does, or the shapes do not fit together.

    Examples:
        >>> x, W = np.ones((4, 2, 3)), np.ones((3, 1))
        >>> as_product(("grad_queries", np.ones((2, 1))), ("x", x), ("W", W))
        Traceback (most recent call last):
            ...
        ValueError: grad_queries must be (4, 2, 1), got (2, 1)
    """
    n, m, p = *a[1].shape[-2:], b[1].shape[-1]
    batches = a[1].shape[:-2], b[1].shape[:-2]
    require_shape(*b, (*batches[1], m, p))
    require_batch((a[0], batches[0]), (b[0], batches[1]))
    name, value = grad
    array = as_finite(name, value, ndim=2)
    require_shape(name, array, (*np.broadcast_shapes(*batches), n, p))
    return array


def require_multi_head(parameters: tuple[Any, ...]) -> None:
    """Refuse what is no set of parameters, or is wide for other heads.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> W = np.ones((2, 4))
        >>> require_multi_head((W, W, W, np.ones((4, 4)), np.ones(4), 2))
    """
    require_list("parameters", parameters, "parameters", length=6)
    W_query, _, W_value, _, b_out, num_heads = parameters
    require_heads("W_query", as_finite("W_query", W_query, 2), num_heads)
    require_heads("W_value", as_finite("W_value", W_value, 2), num_heads)
    as_finite("b_out", b_out, ndim=1)


def require_below_infinity(name: str, array: Array) -> None:
    """Refuse scores that are NaN or plus infinity.

    Raises:
        ValueError: Naming the argument, and what came where.

    Examples:
        >>> require_below_infinity("scores", np.array([0.0, -np.inf]))
    """
    if not array.max() < np.inf:
        _refuse(name, array, ~(array < np.inf), "be finite or -inf")


def _anything(name: str, entry: object) -> None:
    """Require nothing of an entry."""


def _refuse(name: str, array: Array, wrong: BoolArray, wanted: str) -> None:
    """Raise for the first entry that is wrong, with its index."""
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        came = f"{array[where]} at {where}"
        raise ValueError(f"{name} must {wanted}, got {came}")
