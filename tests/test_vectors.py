"""Vectors and matrices: products, and all that is refused."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnbook import vectors
from attnbook.causal import causal_attention
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.trainable import Projections, scaled_dot_product_attention
from attnbook.vectors import (
    add,
    dot,
    largest_difference,
    matmul,
    transpose,
)
from tests.by_index import draw
from tests.strategies import matrices

SMALL = st.integers(1, 8)


@given(st.data(), SMALL, SMALL, SMALL)
def test_a_product_holds_every_row_dotted_with_every_column(
    data: st.DataObject, n: int, m: int, p: int
) -> None:
    a, b = data.draw(matrices(n, m)), data.draw(matrices(m, p))
    product = matmul(a, b)
    for i in range(n):
        for j in range(p):
            expected = dot(a[i], [row[j] for row in b])
            assert product[i][j] == expected


@given(st.data(), SMALL, SMALL)
def test_transposing_twice_gives_the_matrix_back(
    data: st.DataObject, n: int, m: int
) -> None:
    a = data.draw(matrices(n, m))
    assert transpose(transpose(a)) == a
    assert transpose(a) == [[a[i][j] for i in range(n)] for j in range(m)]


def test_the_largest_difference_is_that_of_one_place() -> None:
    a, b = [[1.0, -2.0], [3.0, 4.0]], [[1.5, -2.0], [3.0, 0.0]]
    assert largest_difference(a, b) == largest_difference(b, a) == 4.0
    with pytest.raises(ValueError, match=r"a is \(2, 2\), but b is \(1, 2\)"):
        largest_difference(a, b[:1])


def test_dot_adds_up_the_products_of_index_loops() -> None:
    x, y = [1.5, -2.0, 4.0], [2.0, 0.25, -1.0]
    expected = 0.0
    for i in range(3):
        expected += x[i] * y[i]
    assert dot(x, y) == expected


def test_a_sum_adds_entries_of_one_place_and_wants_one_shape() -> None:
    assert add([[1, 2], [3, 4]], [[10, 20], [30, 40]]) == [[11, 22], [33, 44]]
    with pytest.raises(ValueError, match=r"b must be \(1, 2\), got \(1, 1\)"):
        add([[1.0, 2.0]], [[3.0]])


def test_tuples_are_taken_and_lists_are_returned() -> None:
    a: Any = ((1, 2), (3, 4))
    assert matmul(a, a) == [[7, 10], [15, 22]]
    assert transpose(a) == [[1, 3], [2, 4]]
    assert dot(a[0], a[1]) == 11


def test_arguments_are_not_changed() -> None:
    a = [[1.0, 2.0], [3.0, 4.0]]
    b = transpose(a)
    b[0][0] = 9.0
    matmul(a, a)
    assert a == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0, 2.0, 3.0], "y must have length 2, got 3"),
        ([], "y must not be empty"),
        ([1.0, nan], r"y\[1\] must be finite, got nan"),
        ([inf, 1.0], r"y\[0\] must be finite, got inf"),
        ([1.0, 10**400], r"y\[1\] must be within 2\*\*53 of 0"),
        (["1", 1.0], r"y\[0\] must be a number, got str"),
        ([True, 1.0], r"y\[0\] must be a number, got bool"),
        ([1j, 1.0], r"y\[0\] must be a number, got complex"),
        ([None, 1.0], r"y\[0\] must be a number, got NoneType"),
        ([[1.0], [1.0]], r"y\[0\] must be a number, got list"),
        ("12", "y must be a list of numbers, got str"),
        ({1.0, 2.0}, "y must be a list of numbers, got set"),
        ({1.0: 2, 2.0: 3}, "y must be a list of numbers, got dict"),
        (
            (x for x in [1.0, 2.0]),
            "y must be a list of numbers, got generator",
        ),
        (None, "y must be a list of numbers, got NoneType"),
    ],
)
def test_what_is_no_vector_is_refused_by_name(y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dot([1.0, 2.0], y)


@pytest.mark.parametrize(
    ("b", "message"),
    [
        ([1.0], r"b\[0\] must be a list of numbers, got float"),
        ([], "b must not be empty"),
        ([[]], r"b\[0\] must not be empty"),
        (
            [[1.0, 2.0], [3.0]],
            r"b\[1\] must have length 2, as b\[0\] has, got 1",
        ),
        ([[1.0], [nan]], r"b\[1\]\[0\] must be finite"),
        ([[1.0, 2.0]], r"b must be \(2, d\), got \(1, 2\)"),
        (zip([1.0], strict=True), "b must be a list of rows, got zip"),
    ],
)
def test_what_is_no_matrix_is_refused_by_name(b: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        matmul([[1.0, 2.0]], b)


def exact_product(x: Sequence[float], y: Sequence[float]) -> float:
    """As `math.sumprod` of Python 3.12: rounded once, and strict."""
    pairs = zip(x, y, strict=True)
    return float(sum(Fraction(a) * Fraction(b) for a, b in pairs))


def test_attention_is_the_same_with_and_without_one_loop_for_products(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs, W, W_out = draw(1, 5, 3), draw(2, 3, 4), draw(3, 4, 2)
    projections = Projections(W, draw(4, 3, 4), draw(5, 3, 4))
    layer = MultiHead(*projections, W_out, [0.5, -0.5], 2)
    mask = [[j == i // 2 or j > i + 2 for j in range(4)] for i in range(5)]

    def all_of_it() -> list[Any]:
        whole = draw(6, 5, 4), draw(7, 4, 4), draw(8, 4, 2)
        return [
            [dot(inputs[0], inputs[1])],
            *scaled_dot_product_attention(*whole, mask),
            *causal_attention(inputs, projections),
            *multi_head_attention(inputs, layer),
        ]

    monkeypatch.setattr(vectors, "_sumprod", None)
    with_sums = all_of_it()
    monkeypatch.setattr(vectors, "_sumprod", exact_product)
    in_one_loop = all_of_it()

    assert in_one_loop != with_sums  # the last bit of some numbers
    for one, other in zip(in_one_loop, with_sums, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)
