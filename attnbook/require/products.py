"""Matrices that have to fit together: a product, the weights of a head."""

from collections.abc import Sequence

from attnbook.require.kinds import require_list
from attnbook.require.rows import Rows, require_matrix


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
