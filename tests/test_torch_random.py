"""torch's generator: against torch, NumPy, Intel's MKL and the book."""

import json
from itertools import islice
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attnbook.sentence import inputs
from attnbook.simple import softmax
from attnbook.torch_random import (
    Generator,
    Keep,
    Linear,
    _mcg31,
    mersenne_twister,
)
from attnbook.vectors import Matrix, matmul, transpose
from tests.book import assert_agrees, book_value

STORED = json.loads(
    (Path(__file__).parent / "data" / "torch-random.json").read_text("utf-8")
)
MKL = STORED["mkl"]


def keep_of(rows: list[str]) -> Keep:
    return [[bit == "1" for bit in row] for row in rows]


def stored_result(draw: dict[str, Any]) -> object:
    """One stored draw, in the form that our generator returns."""
    values = draw["values"]
    match draw["method"]:
        case "linear":
            return Linear(transpose(values["weight"]), values["bias"])
        case "dropout_keep":
            return keep_of(values)
    return values


def our_result(generator: Generator, draw: dict[str, Any]) -> object:
    if draw["method"] == "linear":
        d_in, d_out, bias = draw["arguments"]
        return generator.linear(d_in, d_out, bias=bias)
    return getattr(generator, draw["method"])(*draw["arguments"])


def case_name(case: dict[str, Any]) -> str:
    return f"seed {case['seed']}: {case['draws'][0]['call']}"


# The words


def test_the_ten_thousandth_word_is_the_cpp_standards() -> None:
    """`std::mt19937`, whose seed is 5489, must give it ([rand.predef])."""
    expected = 4123659995
    (actual,) = islice(mersenne_twister(5489), 9_999, 10_000)
    assert expected == actual


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=0)
@example(seed=2**32 - 1)
def test_the_words_of_any_seed_are_numpys(seed: int) -> None:
    """1,300 words: the state of 624 is renewed three times."""
    state = np.random.RandomState(seed)
    expected = state.randint(0, 2**32, size=1_300, dtype=np.uint32).tolist()
    actual = list(islice(mersenne_twister(seed), 1_300))
    assert expected == actual


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(-(2**63), 2**64 - 1))
def test_only_the_low_32_bits_of_a_seed_count(seed: int) -> None:
    expected = list(islice(mersenne_twister(seed % 2**32), 3))
    actual = list(islice(mersenne_twister(seed), 3))
    assert expected == actual


# What torch draws from them


@pytest.mark.parametrize("case", STORED["exact"], ids=case_name)
def test_every_draw_is_torchs_bit_for_bit(case: dict[str, Any]) -> None:
    generator = Generator(case["seed"])
    for draw in case["draws"]:
        expected = stored_result(draw)
        actual = our_result(generator, draw)
        assert expected == actual, draw["call"]


@pytest.mark.parametrize("processor", ["avx2", "default"])
def test_from_16_on_normal_numbers_are_torchs_within_2e_6(
    processor: str,
) -> None:
    """torch itself differs by 1.7e-6 between the two; else bit for bit."""
    for case in STORED["randn_from_16"][processor]:
        generator = Generator(case["seed"])
        for draw in case["draws"]:
            expected = np.array(stored_result(draw))
            actual = np.array(our_result(generator, draw))
            tolerance = 2e-6 if expected.size >= 16 else 0.0
            assert expected.shape == actual.shape
            assert np.abs(expected - actual).max() <= tolerance, draw["call"]


def test_from_16_on_torch_does_not_agree_with_itself() -> None:
    stored = STORED["randn_from_16"]
    assert stored["avx2"] != stored["default"]


# The older dropout stream


@pytest.mark.parametrize("case", MKL["bernoulli"], ids=lambda c: c["word"])
def test_the_older_stream_is_the_one_of_intels_library(
    case: dict[str, Any],
) -> None:
    rows, columns, p = case["arguments"]
    us = _mcg31(iter([case["word"]]))
    actual = [[next(us) < 1 - p for _ in range(columns)] for _ in range(rows)]
    assert keep_of(case["values"]) == actual


def test_the_older_stream_gives_the_mask_that_a_reader_saw() -> None:
    reader = MKL["reader"]
    actual = Generator(reader["seed"]).dropout_keep_mkl(*reader["arguments"])
    assert keep_of(reader["values"]) == actual


@pytest.mark.parametrize(("p", "words"), [(0.0, 0), (0.5, 1), (1.0, 0)])
def test_the_older_stream_takes_one_word_a_mask(p: float, words: int) -> None:
    generator = Generator(123)
    generator.dropout_keep_mkl(6, 6, p)
    expected = Generator(123).rand(1, words + 1)[0][-1]
    assert expected == generator.rand(1, 1)[0][0]


# The book


def dropped(weights: Matrix, keep: Keep, p: float) -> Matrix:
    return [
        [w * k / (1 - p) for w, k in zip(row, kept, strict=True)]
        for row, kept in zip(weights, keep, strict=True)
    ]


def scores_and_values(linears: list[Matrix]) -> tuple[Matrix, Matrix]:
    queries, keys, values = (matmul(inputs, weight) for weight in linears)
    return matmul(queries, transpose(keys)), values


def test_section_3_4_1_starts_from_three_matrices_of_seed_123() -> None:
    generator = Generator(123)
    attn_scores, values = scores_and_values(
        [generator.rand(3, 2) for _ in range(3)]
    )
    assert_agrees("s341_scores_2", attn_scores[1])
    weights = [softmax([x / sqrt(2) for x in row]) for row in attn_scores]
    assert_agrees("s341_weights_2", weights[1])
    assert_agrees("s342_sa_v1", matmul(weights, values))


def test_section_3_4_1_draws_the_query_weights_first() -> None:
    (query_2,) = matmul([inputs[1]], Generator(123).rand(3, 2))
    assert_agrees("s341_query_2", query_2)


def test_section_3_4_2_starts_from_three_linear_layers_of_seed_789() -> None:
    generator = Generator(789)
    attn_scores, values = scores_and_values(
        [generator.linear(3, 2).weight for _ in range(3)]
    )
    weights = [softmax([x / sqrt(2) for x in row]) for row in attn_scores]
    assert_agrees("s351_weights_unmasked", weights)
    assert_agrees("s342_sa_v2", matmul(weights, values))


def test_section_3_5_2_drops_half_of_the_ones_by_the_newer_stream() -> None:
    keep = Generator(123).dropout_keep(6, 6, 0.5)
    assert_agrees("s352_dropout_ones", dropped([[1.0] * 6] * 6, keep, 0.5))


def test_section_3_5_2_did_not_use_the_older_stream() -> None:
    older = Generator(123).dropout_keep_mkl(6, 6, 0.5)
    book = [[x > 0 for x in row] for row in book_value("s352_dropout_ones")]
    assert book != older


def test_section_3_5_2_drops_half_of_the_masked_weights() -> None:
    generator = Generator(789)
    attn_scores, _ = scores_and_values(
        [generator.linear(3, 2).weight for _ in range(3)]
    )
    weights = [
        softmax([x / sqrt(2) for x in row[: i + 1]]) + [0.0] * (5 - i)
        for i, row in enumerate(attn_scores)
    ]
    keep = Generator(123).dropout_keep(6, 6, 0.5)
    assert_agrees("s352_dropout_weights", dropped(weights, keep, 0.5))


def test_a_seed_of_zero_is_one_for_mkl() -> None:
    """As its documentation has it; 3 words of 2**32 are one."""
    seeds = [next(_mcg31(iter([word]))) for word in (0, 2**31 - 1, 2**32 - 2)]
    assert seeds == [1 / (2**31 - 1)] * 3


# Refusals

BAD_SEEDS = [
    (True, "seed must be an integer, got bool"),
    (1.0, "seed must be an integer, got float"),
    ("1", "seed must be an integer, got str"),
    (None, "seed must be an integer, got NoneType"),
    (2**64, f"seed must be {-(2**63)} to {2**64 - 1}, got {2**64}"),
    (-(2**63) - 1, f"seed must be {-(2**63)} to .*, got {-(2**63) - 1}"),
    pytest.param(10**5_000, "got one of 16610 bits", id="5001 digits"),
]
BAD_SIZES = [
    (0, "must be 1 to 10000000, got 0"),
    (-3, "must be 1 to 10000000, got -3"),
    (10_000_001, "must be 1 to 10000000, got 10000001"),
    (2**63, f"must be 1 to 10000000, got {2**63}"),
    (True, "must be an integer, got bool"),
    (2.0, "must be an integer, got float"),
    ([2], "must be an integer, got list"),
]
BAD_SHARES = [
    (-0.1, "p must be from 0 to 1, got -0.1"),
    (1.1, "p must be from 0 to 1, got 1.1"),
    (float("nan"), "p must be from 0 to 1, got nan"),
    (True, "p must be a number, got bool"),
    ("0.5", "p must be a number, got str"),
    (10**400, r"p must be within 2\*\*53 of 0"),
]


@pytest.mark.parametrize(("seed", "message"), BAD_SEEDS)
def test_what_is_no_seed_is_refused(seed: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Generator(seed)
    with pytest.raises(ValueError, match=message):
        mersenne_twister(seed)


@pytest.mark.parametrize("bias", ["no", 0, 1, None, [True]])
def test_a_bias_is_asked_for_with_true_or_false(bias: Any) -> None:
    with pytest.raises(ValueError, match=r"^bias must be True or False"):
        Generator(1).linear(2, 2, bias=bias)


@pytest.mark.parametrize(("size", "message"), BAD_SIZES)
@pytest.mark.parametrize(
    ("method", "arguments", "position", "name"),
    [
        ("rand", [2, 2], 0, "rows"),
        ("rand", [2, 2], 1, "columns"),
        ("linear", [2, 2], 0, "d_in"),
        ("linear", [2, 2], 1, "d_out"),
        ("dropout_keep", [2, 2, 0.5], 0, "rows"),
        ("dropout_keep", [2, 2, 0.5], 1, "columns"),
        ("dropout_keep_mkl", [2, 2, 0.5], 0, "rows"),
        ("dropout_keep_mkl", [2, 2, 0.5], 1, "columns"),
        ("randn", [2], 0, "n"),
    ],
)
def test_what_is_no_size_is_refused_by_name_and_draws_nothing(
    method: str,
    arguments: list[Any],
    position: int,
    name: str,
    size: object,
    message: str,
) -> None:
    generator = Generator(123)
    bad = [*arguments[:position], size, *arguments[position + 1 :]]
    with pytest.raises(ValueError, match=f"^{name} {message}"):
        getattr(generator, method)(*bad)
    assert Generator(123).rand(1, 1) == generator.rand(1, 1)


@pytest.mark.parametrize(("p", "message"), BAD_SHARES)
@pytest.mark.parametrize("method", ["dropout_keep", "dropout_keep_mkl"])
def test_what_is_no_share_is_refused_and_draws_nothing(
    method: str, p: object, message: str
) -> None:
    generator = Generator(123)
    with pytest.raises(ValueError, match=message):
        getattr(generator, method)(2, 2, p)
    assert Generator(123).rand(1, 1) == generator.rand(1, 1)
