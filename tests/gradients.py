"""Gradients that share no code with `attnbook.backward`: complex steps.

Every forward step again, index by index, in complex numbers. Where a
function is analytic, f(x + ih) = f(x) + ih f'(x) + O(h**2): the imaginary
part over h is the derivative. Nothing is subtracted, so nothing cancels, and
h can be so small that h**2 is below every rounding.
"""

from cmath import exp
from collections.abc import Callable
from copy import deepcopy
from math import sqrt
from typing import Any, TypeAlias

STEP = 1e-30  # its square, 1e-60, vanishes beside any rounding of 1e-16

Row: TypeAlias = list[complex]
Rows: TypeAlias = list[Row]
Loss: TypeAlias = Callable[..., complex]


def derivatives(loss: Loss, *arguments: Any) -> list[Any]:
    """The derivative of a loss by every entry of every argument."""
    moved = deepcopy(list(arguments))

    def by_entry(values: list[Any]) -> list[Any]:
        result: list[Any] = []
        for i, value in enumerate(values):
            if isinstance(value, list):
                result.append(by_entry(value))
            else:
                values[i] = value + STEP * 1j
                result.append(loss(*moved).imag / STEP)
                values[i] = value
        return result

    return by_entry(moved)


def weighted(upstream: Any, result: Any) -> complex:
    """A loss whose gradient is `upstream`: their products, added up."""
    if not isinstance(result, list):
        return complex(upstream * result)
    assert len(upstream) == len(result)
    total = 0j
    for i in range(len(result)):
        total += weighted(upstream[i], result[i])
    return total


def product(a: Rows, b: Rows) -> Rows:
    c = [[0j] * len(b[0]) for _ in a]
    for i in range(len(a)):
        for j in range(len(b[0])):
            for k in range(len(b)):
                c[i][j] += a[i][k] * b[k][j]
    return c


def softmax(scores: Row, hidden: list[bool] | None = None) -> Row:
    """Shares of those not hidden; the largest is the largest real part."""
    seen = [j for j in range(len(scores)) if not (hidden and hidden[j])]
    largest = max((scores[j] for j in seen), key=lambda score: score.real)
    weights = [0j] * len(scores)
    total = 0j
    for j in seen:
        weights[j] = exp(scores[j] - largest)
        total += weights[j]
    for j in seen:
        weights[j] /= total
    return weights


def attention(
    queries: Rows,
    keys: Rows,
    values: Rows,
    *,
    hidden: list[list[bool]],
    factors: list[list[float]] | None = None,
) -> Rows:
    """Scaled dot-product attention; `factors` are what dropout multiplies."""
    weights = []
    for i in range(len(queries)):
        scores = [0j] * len(keys)
        for j in range(len(keys)):
            for c in range(len(keys[0])):
                scores[j] += queries[i][c] * keys[j][c] / sqrt(len(keys[0]))
        weights.append(softmax(scores, hidden[i]))
        if factors:
            for j in range(len(keys)):
                weights[i][j] *= factors[i][j]
    return product(weights, values)


def later(n: int) -> list[list[bool]]:
    """What causal attention hides."""
    return [[j > i for j in range(n)] for i in range(n)]


def nothing(rows: int, columns: int) -> list[list[bool]]:
    """A mask that hides nothing."""
    return [[False] * columns for _ in range(rows)]


def one_head(
    inputs: Rows,
    W_query: Rows,
    W_key: Rows,
    W_value: Rows,
    *,
    hidden: list[list[bool]],
    factors: list[list[float]] | None = None,
) -> Rows:
    return attention(
        product(inputs, W_query),
        product(inputs, W_key),
        product(inputs, W_value),
        hidden=hidden,
        factors=factors,
    )


def many_heads(
    inputs: Rows,
    W_query: Rows,
    W_key: Rows,
    W_value: Rows,
    W_out: Rows,
    b_out: Row,
    *,
    hidden: list[list[bool]],
    num_heads: int,
) -> Rows:
    """Each head on its own columns of the weights, then mixed by W_out."""
    head_dim = len(W_query[0]) // num_heads
    result = [list(b_out) for _ in inputs]
    for h in range(num_heads):
        own = range(h * head_dim, (h + 1) * head_dim)
        query, key, value = (
            [[row[c] for c in own] for row in W]
            for W in (W_query, W_key, W_value)
        )
        context = one_head(inputs, query, key, value, hidden=hidden)
        for i in range(len(inputs)):
            for j in range(len(b_out)):
                for c in range(head_dim):
                    result[i][j] += context[i][c] * W_out[own[c]][j]
    return result
