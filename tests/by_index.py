"""Attention written out index by index, and numbers to try it on.

Nothing here calls the package: a second, slower way to the same numbers.
"""

from math import exp, inf, sqrt
from random import Random

import numpy as np
import pytest

Rows = list[list[float]]


def close(expected: Rows | list[Rows]) -> object:
    """Equal but for a few roundings in another order, shape included."""
    return pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)


def draw(seed: int, rows: int, columns: int) -> Rows:
    """Numbers from -1 to 1: scores neither tiny nor saturated."""
    random = Random(seed)
    return [
        [random.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)
    ]


def product(a: Rows, b: Rows) -> Rows:
    c = [[0.0] * len(b[0]) for _ in a]
    for i in range(len(a)):
        for j in range(len(b[0])):
            for k in range(len(b)):
                c[i][j] += a[i][k] * b[k][j]
    return c


def scores(queries: Rows, keys: Rows, hidden: list[list[bool]]) -> Rows:
    result = [[-inf] * len(keys) for _ in queries]
    for i in range(len(queries)):
        for j in range(len(keys)):
            if not hidden[i][j]:
                result[i][j] = 0.0
                for c in range(len(keys[0])):
                    result[i][j] += queries[i][c] * keys[j][c]
    return result


def weights(queries: Rows, keys: Rows, hidden: list[list[bool]]) -> Rows:
    """Softmax as it is defined: each exponential's share of their sum."""
    shares = scores(queries, keys, hidden)
    for i in range(len(queries)):
        for j in range(len(keys)):
            shares[i][j] = exp(shares[i][j] / sqrt(len(keys[0])))
        total = sum(shares[i])
        for j in range(len(keys)):
            shares[i][j] /= total
    return shares


def nothing(rows: int, columns: int) -> list[list[bool]]:
    """A mask that hides nothing."""
    return [[False] * columns for _ in range(rows)]


def later(n: int) -> list[list[bool]]:
    """A mask that hides what comes later."""
    hidden = nothing(n, n)
    for i in range(n):
        for j in range(i + 1, n):
            hidden[i][j] = True
    return hidden


def columns(a: Rows, start: int, stop: int) -> Rows:
    """The columns from start up to stop."""
    return [[row[j] for j in range(start, stop)] for row in a]
