"""Numbers that count: as many products as the formula says, same values."""

from random import Random
from runpy import run_path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnbook import counting as module
from attnbook.counting import Counting, count, counting
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.simple import self_attention
from attnbook.vectors import matmul
from tests.gradient_cases import draw

sizes = st.integers(1, 6)
randoms = st.randoms(use_true_random=False)


@given(randoms, sizes, sizes, sizes)
def test_a_product_of_matrices_makes_n_m_p_multiplications(
    random: Random, n: int, m: int, p: int
) -> None:
    a, b = draw(random, n, m), draw(random, m, p)
    assert count(matmul, counting(a), b) == n * m * p
    assert count(matmul, a, counting(b)) == n * m * p
    assert matmul(counting(a), counting(b)) == matmul(a, b)


@given(randoms, sizes, sizes)
def test_attention_makes_as_many_for_the_scores_as_for_the_mix(
    random: Random, n: int, d: int
) -> None:
    inputs = draw(random, n, d)
    assert count(self_attention, counting(inputs)) == 2 * n * n * d


def test_the_number_of_heads_cancels_where_each_is_narrower() -> None:
    n, d = 5, 4
    one = [[1.0] * d] * d
    inputs = counting([[0.5] * d] * n)
    projections = counting(one), counting(one), counting(one)
    made = [
        count(
            lambda h=h: multi_head_attention(
                inputs, MultiHead(*projections, one, [0.0] * d, h), False
            )
        )
        for h in (1, 2, 4)
    ]
    assert made == [4 * n * d * d + 2 * n * n * d] * 3


def test_a_count_begins_at_zero_and_outlives_no_exception() -> None:
    def fails() -> None:
        _ = Counting(1.0) * 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        count(fails)
    assert count(lambda: 2 * Counting(3.0)) == 1


def test_what_cannot_be_called_or_counted_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="must be a function, got int"):
        count(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"matrix\[1\] must have length 2"):
        counting([[1.0, 2.0], [3.0]])


def test_before_the_first_count_there_is_none() -> None:
    assert run_path(module.__file__)["Counting"].multiplications == 0
