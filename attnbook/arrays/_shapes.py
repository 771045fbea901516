"""Shapes that fit together, and what becomes of them when they meet."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from attnbook.require import require_count, require_list

Array: TypeAlias = npt.NDArray[np.floating[Any]]


def require_shape(name: str, array: Array, wanted: tuple[int, ...]) -> None:
    """Refuse an array of another shape.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_shape("b", np.ones((2, 3)), (2, 3))
    """
    if array.shape != wanted:
        raise ValueError(f"{name} must be {wanted}, got {array.shape}")


def require_size(
    name: str,
    array: Array,
    rows: int | None = None,
    columns: int | None = None,
) -> None:
    """Refuse matrices of other rows or columns, in whatever batch.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_size("values", np.ones((4, 2)), rows=3)
        Traceback (most recent call last):
            ...
        ValueError: values must be (..., 3, d), got (4, 2)
    """
    n, d = array.shape[-2:]
    if (n, d) != (rows or n, columns or d):
        shown = f"(..., {rows or 'n'}, {columns or 'd'})"
        raise ValueError(f"{name} must be {shown}, got {array.shape}")


def require_batch(*shapes: tuple[str, tuple[int, ...]]) -> None:
    """Refuse leading dimensions that do not fit together.

    Each argument is a name and the shape before its last dimensions.

    Raises:
        ValueError: Naming every argument with its leading dimensions.

    Examples:
        >>> require_batch(("query", (4,)), ("inputs", (1,)))
        >>> require_batch(("query", (4,)), ("inputs", (3,)))
        Traceback (most recent call last):
            ...
        ValueError: batches must fit together, got query (4,), inputs (3,)
    """
    try:
        np.broadcast_shapes(*(shape for _, shape in shapes))
    except ValueError as error:
        came = ", ".join(f"{name} {shape}" for name, shape in shapes)
        raise ValueError(f"batches must fit together, got {came}") from error


def require_sizes(queries: Array, keys: Array, values: Array) -> None:
    """Refuse queries, keys and values that cannot meet.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_sizes(np.ones((1, 2)), np.ones((3, 2)), np.ones((4, 2)))
        Traceback (most recent call last):
            ...
        ValueError: values must be (..., 3, d), got (4, 2)
    """
    require_size("keys", keys, columns=queries.shape[-1])
    require_size("values", values, rows=keys.shape[-2])
    require_batch(
        ("queries", queries.shape[:-2]),
        ("keys", keys.shape[:-2]),
        ("values", values.shape[:-2]),
    )


def require_reach(queries: Array, keys: Array) -> None:
    """Refuse causal queries of which the first would see no key.

    Raises:
        ValueError: If there are more queries than keys.

    Examples:
        >>> require_reach(np.ones((2, 1)), np.ones((3, 1)))
    """
    n_q, n_k = queries.shape[-2], keys.shape[-2]
    if n_k < n_q:
        raise ValueError(
            f"keys must be as many as queries or more, got {n_k} and {n_q}"
        )


def batch_of(*matrices: Array) -> tuple[int, ...]:
    """The leading dimensions of what is computed of some matrices.

    Examples:
        >>> batch_of(np.ones((4, 1, 2, 3)), np.ones((5, 3, 3)))
        (4, 5)
    """
    return np.broadcast_shapes(*(matrix.shape[:-2] for matrix in matrices))


def require_heads(name: str, array: Array, num_heads: int) -> None:
    """Refuse columns that cannot be shared out equally among the heads.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_heads("vectors", np.ones((2, 6)), num_heads=3)
    """
    require_count("num_heads", num_heads)
    if array.shape[-1] % num_heads:
        raise ValueError(
            f"{name} must be (..., n, d_out) with d_out divisible by "
            f"num_heads = {num_heads}, got {array.shape}"
        )


def require_stack(heads: Sequence[Sequence[object]]) -> None:
    """Refuse what is no list of projections.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_stack([(1, 2)])
        Traceback (most recent call last):
            ...
        ValueError: heads[0] must hold 3 matrices, got 2
    """
    require_list("heads", heads, "projections")
    for i, projections in enumerate(heads):
        require_list(f"heads[{i}]", projections, "matrices", length=3)


def sum_to(shape: tuple[int, ...], grad: Array) -> Array:
    """Add up what was broadcast: every use of an entry has its share.

    Examples:
        >>> sum_to((1, 2), np.array([[1.0, 2.0], [10.0, 20.0]]))
        array([[11., 22.]])
    """
    if grad.shape == shape:
        return grad
    leading = grad.ndim - len(shape)
    grad = grad.sum(axis=tuple(range(leading)))
    shared = tuple(i for i, size in enumerate(shape) if size == 1)
    total: Array = grad.sum(axis=shared, keepdims=True)
    return total
