"""What an argument must be, and what is said of one that is not."""

from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from attnbook import require
from attnbook.simple import self_attention
from tests import bad


@pytest.mark.parametrize("kind", bad.MATRICES)
def test_what_is_no_matrix_is_refused_by_the_name_it_was_given(
    kind: str,
) -> None:
    with pytest.raises(ValueError, match=r"^this one"):
        require.require_matrix("this one", bad.MATRICES[kind]())


@pytest.mark.parametrize("kind", bad.MASKS)
def test_what_is_no_mask_is_refused_by_the_name_it_was_given(
    kind: str,
) -> None:
    with pytest.raises(ValueError, match=r"^this one"):
        require.require_mask("this one", bad.MASKS[kind](), 1, 2)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "2", None, nan])
def test_what_counts_nothing_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="h must be an integer of 1 or more"):
        require.require_count("h", value)


@pytest.mark.parametrize("token", [-1, 3, -3, True, 1.0, None])
def test_a_token_is_one_of_those_there_are(token: Any) -> None:
    for fine in (0, 1, 2):
        require.require_token("t", fine, count=3)
    with pytest.raises(ValueError, match="t must be an integer from 0 to 2"):
        require.require_token("t", token, count=3)


def test_a_row_of_a_vector_is_looked_at_entry_by_entry() -> None:
    wrongs: list[Any] = [[0.5, True], [0.5, "1"], [0.5, nan], [0.5, 10**400]]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"^x\[1\] must be"):
            require.require_vector("x", wrong)


def test_a_count_has_a_limit_and_says_it() -> None:
    require.require_count("h", 1_000_000)
    for value in (1_000_001, 10**400, 10**5000):
        with pytest.raises(ValueError, match="h must be at most 1,000,000"):
            require.require_count("h", value)


@pytest.mark.parametrize("value", [True, "1", None, 1j, Fraction(1, 2), [1]])
def test_what_is_no_number_is_refused_by_its_kind(value: Any) -> None:
    kind = type(value).__name__
    with pytest.raises(ValueError, match=f"x must be a number, got {kind}"):
        require.require_number("x", value)


def test_scores_may_be_minus_infinity_but_not_all_of_them() -> None:
    require.require_scores("scores", [-inf, 0.0])
    wrongs: list[Any] = [[inf], [nan], [-inf, -inf], [0.5, True], [0.5, "1"]]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"^scores"):
            require.require_scores("scores", wrong)


def test_an_array_is_sent_to_where_it_is_welcome() -> None:
    inputs: Any = np.eye(2)
    with pytest.raises(
        ValueError, match=r"^inputs must .* pass \.tolist\(\), or use attnbook"
    ):
        self_attention(inputs)
    with pytest.raises(ValueError, match=r"^inputs\[1\] .* pass \.tolist\(\)"):
        self_attention([[1.0, 2.0], inputs[1]])
