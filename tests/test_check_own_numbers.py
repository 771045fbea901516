"""The reader's own numbers, vectors and matrices, handed to his functions.

Each kind stands here right, written anew, and with a wrong neighbour.
"""

import pytest

from attnbook.checker.reader.owned import learn
from tests.checking import check, only

MATRIX = """
import math

class Matrix:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]
        self.shape = len(self.rows), len(self.rows[0])

    @property
    def T(self):
        return Matrix(zip(*self.rows))

    def __matmul__(self, other):
        return Matrix([[sum(a * b for a, b in zip(row, column))
                        for column in other.T.rows] for row in self.rows])

    def softmax(self):
        found = [[math.exp(a - max(row)) for a in row] for row in self.rows]
        return Matrix([[e / sum(row) for e in row] for row in found])

    def __truediv__(self, c):
        return Matrix([[a / c for a in row] for row in self.rows])

def self_attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    return (q @ k.T / math.sqrt(k.shape[1])).softmax() @ v
"""
VALUE = """
import math

class Value:
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other))

    def exp(self):
        return Value(math.exp(self.data), (self,))

    def power(self, p):
        return Value(self.data ** p, (self,))

    __radd__ = __add__
    __rmul__ = __mul__

def attention(q, k, v):
    rows = []
    for one in q:
        scores = [sum(a * b for a, b in zip(one, key)) * len(one) ** -0.5
                  for key in k]
        shares = [score.exp() for score in scores]
        total = sum(shares).power(-1)
        rows.append([sum(share * total * row[j] for share, row in
                         zip(shares, v)) for j in range(len(v[0]))])
    return rows
"""
TENSOR = """
import numpy as np

class Tensor:
    def __init__(self, array, parents=()):
        self.array, self.parents = array, parents

    @property
    def shape(self):
        return self.array.shape

    def matmul(self, other):
        return Tensor(self.array @ other.array, (self, other))

    def transpose(self):
        return Tensor(self.array.T, (self,))

    def __mul__(self, number):
        return Tensor(self.array * number, (self,))

    def softmax(self):
        e = np.exp(self.array - self.array.max(axis=-1, keepdims=True))
        return Tensor(e / e.sum(axis=-1, keepdims=True), (self,))

def attention(queries, keys, values):
    scores = queries.matmul(keys.transpose()) * keys.shape[-1] ** -0.5
    return scores.softmax().matmul(values)
"""
VECTOR = """
import math

class Vector:
    def __init__(self, *entries):
        self.entries = entries if len(entries) > 1 else tuple(*entries)

    def dot(self, other):
        return sum(a * b for a, b in zip(self.entries, other.entries))

    def __add__(self, other):
        return Vector([a + b for a, b in zip(self.entries, other.entries)])

    def times(self, number):
        return Vector([number * a for a in self.entries])

    def __len__(self):
        return len(self.entries)

def attention(queries, keys, values):
    found = []
    for query in queries:
        scores = [query.dot(key) / math.sqrt(len(key)) for key in keys]
        shares = [math.exp(score - max(scores)) for score in scores]
        row = Vector([0.0] * len(values[0]))
        for share, value in zip(shares, values):
            row = row + value.times(share / sum(shares))
        found.append(row)
    return found
"""
KINDS = {
    "`Matrix` objects": (MATRIX, " / math.sqrt(k.shape[1])", "no_scale"),
    "`Value` numbers": (VALUE, " * len(one) ** -0.5", "no_scale"),
    "`Tensor` objects of arrays": (
        TENSOR, " * keys.shape[-1] ** -0.5", "no_scale",
    ),
    "lists of `Vector` objects": (VECTOR, " / math.sqrt(len(key))",
                                  "no_scale"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_takes_numbers_of_an_own_class_is_checked(kind: str) -> None:
    source, _, _ = KINDS[kind]
    finding = only(check(source))
    assert (finding.verdict, f"given {kind}" in finding.notes) == (
        "agrees", True,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_takes_them_and_is_wrong_is_told(kind: str) -> None:
    source, right, cause = KINDS[kind]
    assert right in source
    finding = only(check(source.replace(right, "")))
    assert finding.verdict == "differs"
    assert finding.cause is not None
    assert finding.cause.name == cause


def test_an_error_in_an_own_class_is_the_one_that_is_told() -> None:
    source = MATRIX.replace("other.T.rows", "other.T.lines")
    finding = only(check(source))
    assert finding.verdict == "cannot run"
    assert "'Matrix' object has no attribute 'lines'" in finding.sentence


def test_what_does_not_hold_what_it_is_made_of_is_no_number() -> None:
    class Halved:
        def __init__(self, data: float) -> None:
            self.data = data / 2

        def __add__(self, other: "Halved") -> "Halved":
            return other

    class Still:
        def __init__(self, data: float) -> None:
            self.data = data

    class Two(Still):
        def __init__(self, one: float, other: float) -> None: ...

        __add__ = Halved.__add__

    class Right(Still):
        __add__ = Halved.__add__

    assert learn([Halved, Still, Two]) == []
    kinds = ["`Right` numbers", "lists of `Right` objects"]
    assert set(kinds) <= set(learn([Right]))
