"""Checks that the array versions share; each error names the argument."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def as_numbers(name: str, value: npt.ArrayLike, ndim: int) -> Array:
    """Convert to float64 with at least `ndim` dimensions, none of them empty.

    Raises:
        ValueError: If the value is ragged, not numeric, or has too few
            dimensions or no entries.

    Examples:
        >>> as_numbers("query", [1, 2], ndim=1)
        array([1., 2.])
        >>> as_numbers("inputs", [1, 2], ndim=2)
        Traceback (most recent call last):
            ...
        ValueError: inputs must have at least 2 dimensions, got shape (2,)
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must have rows of one length") from error
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold numbers, got {array.dtype}")
    if array.ndim < ndim:
        raise ValueError(
            f"{name} must have at least {ndim} dimensions, "
            f"got shape {array.shape}"
        )
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    return array.astype(np.float64)


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
    _refuse(name, array, ~(array < np.inf), "be finite or -inf")
    rows = array.max(axis=-1, keepdims=True)
    _refuse(name, rows, np.isneginf(rows), "hold a finite number in every row")
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
        ValueError: If the value is ragged, holds anything but True and
            False, or has another shape.

    Examples:
        >>> as_mask("mask", [[False, True]], rows=3, columns=2)
        array([[False,  True]])
        >>> as_mask("mask", [[0, 1]], rows=3, columns=2)
        Traceback (most recent call last):
            ...
        ValueError: mask must hold True and False, got int64
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must have rows of one length") from error
    if array.dtype != np.bool_:
        raise ValueError(f"{name} must hold True and False, got {array.dtype}")
    n, m = array.shape[-2:] if array.ndim >= 2 else (0, 0)
    if n not in {1, rows} or m not in {1, columns}:
        raise ValueError(
            f"{name} must be (..., {rows}, {columns}), got {array.shape}"
        )
    return array


def check_batch(*shapes: tuple[str, tuple[int, ...]]) -> None:
    """Refuse leading dimensions that do not fit together.

    Each argument is a name and the shape before its last dimensions.

    Raises:
        ValueError: Naming every argument with its leading dimensions.

    Examples:
        >>> check_batch(("query", (4,)), ("inputs", (1,)))
        >>> check_batch(("query", (4,)), ("inputs", (3,)))
        Traceback (most recent call last):
            ...
        ValueError: batches must fit together, got query (4,), inputs (3,)
    """
    try:
        np.broadcast_shapes(*(shape for _, shape in shapes))
    except ValueError as error:
        came = ", ".join(f"{name} {shape}" for name, shape in shapes)
        raise ValueError(f"batches must fit together, got {came}") from error


def _refuse(name: str, array: Array, wrong: BoolArray, wanted: str) -> None:
    """Raise for the first entry that is wrong, with its index."""
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        came = f"{array[where]} at {where}"
        raise ValueError(f"{name} must {wanted}, got {came}")
