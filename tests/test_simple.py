"""Section 3.3 on lists: the book's numbers, and what holds in every shape."""

from collections.abc import Callable
from fractions import Fraction
from math import exp, fsum, inf, nan, ulp
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnbook.sentence import inputs, tokens
from attnbook.simple import (
    attention_scores,
    attention_weights,
    context_vector,
    self_attention,
    softmax,
)
from attnbook.vectors import Matrix, Vector, dot
from tests.book import assert_agrees, book_value
from tests.strategies import ENTRIES, SIZES, sentences, vectors

# The context vectors of section 3.3, computed once in exact float64.
FULL_PRECISION = [
    [0.44205939860215243, 0.5930985621414954, 0.5789890706688827],
    [0.4418657478512921, 0.651481978030222, 0.5683088877257294],
    [0.4431275119837131, 0.6495945789684161, 0.56707305766733],
    [0.4303897327932225, 0.6298280620566503, 0.5510270600472974],
    [0.46710172950836115, 0.5909927255410325, 0.5265965239654562],
    [0.4177244739388295, 0.6503232057064708, 0.5645352170639022],
]


def largest_difference(a: Matrix, b: Matrix) -> float:
    """The largest difference between two matrices of one shape."""
    return max(
        abs(x - y)
        for row_a, row_b in zip(a, b, strict=True)
        for x, y in zip(row_a, row_b, strict=True)
    )


def test_the_sentence_is_the_books() -> None:
    assert book_value("inputs") == inputs
    assert tokens == ["Your", "journey", "starts", "with", "one", "step"]


def test_every_step_of_one_query_agrees_with_the_book() -> None:
    query = inputs[1]
    attn_scores = attention_scores(query, inputs)
    assert_agrees("s331_scores_2", attn_scores)
    assert_agrees("s331_dot_loop", dot(inputs[0], query))
    assert_agrees("s331_dot_torch", dot(query, inputs[0]))
    shares = [score / sum(attn_scores) for score in attn_scores]
    assert_agrees("s331_weights_2_sumnorm", shares)
    assert_agrees("s331_weights_2_sumnorm_sum", sum(shares))
    powers = [exp(score) for score in attn_scores]
    naive = [power / sum(powers) for power in powers]
    assert_agrees("s331_weights_2_naive", naive)
    assert_agrees("s331_weights_2_naive_sum", sum(naive))
    attn_weights = attention_weights(query, inputs)
    assert_agrees("s331_weights_2_softmax", attn_weights)
    assert_agrees("s331_weights_2_softmax_sum", sum(attn_weights))
    assert_agrees("s331_context_2", context_vector(attn_weights, inputs))


def test_every_step_of_all_queries_agrees_with_the_book() -> None:
    attention = self_attention(inputs)
    one_by_one = [attention_scores(query, inputs) for query in inputs]
    assert_agrees("s332_scores_loop", one_by_one)
    assert_agrees("s332_scores_matmul", attention.attn_scores)
    assert_agrees("s332_weights", attention.attn_weights)
    row_2 = [round(weight, 4) for weight in attention.attn_weights[1]]
    assert_agrees("s332_row2_sum", sum(row_2))
    assert_agrees(
        "s332_row_sums", [sum(row) for row in attention.attn_weights]
    )
    assert_agrees("s332_context", attention.context_vecs)
    assert_agrees("s332_context_2_again", attention.context_vecs[1])


def test_the_context_vectors_agree_to_a_few_units_in_the_last_place() -> None:
    actual = self_attention(inputs).context_vecs
    for expected_row, row in zip(FULL_PRECISION, actual, strict=True):
        for expected, entry in zip(expected_row, row, strict=True):
            assert abs(entry - expected) <= 4 * ulp(expected)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.0], [1.0]),
        ([-1e4], [1.0]),
        ([1e4, -1e4], [1.0, 0.0]),
        ([1e4, 1e4], [0.5, 0.5]),
        ([-1e4, -1e4, -1e4, -1e4], [0.25, 0.25, 0.25, 0.25]),
        ([-inf, 3.0, 3.0], [0.0, 0.5, 0.5]),
        ([1e308, -1e308], [1.0, 0.0]),
        ([5, 5], [0.5, 0.5]),
    ],
)
def test_softmax_never_overflows(scores: Vector, expected: Vector) -> None:
    assert softmax(scores) == expected


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=40))
def test_softmax_shares_out_one(scores: Vector) -> None:
    weights = softmax(scores)
    assert abs(fsum(weights) - 1) <= 1e-14  # 40 roundings of at most 1e-16
    assert min(weights) >= 0


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=40))
def test_softmax_is_the_formula(scores: Vector) -> None:
    powers = [Fraction(exp(score)) for score in scores]
    for weight, power in zip(softmax(scores), powers, strict=True):
        expected = float(power / sum(powers))
        assert abs(weight - expected) <= 1e-14 * expected


@given(st.lists(ENTRIES, min_size=2, max_size=9))
def test_a_larger_score_never_gets_a_smaller_weight(scores: Vector) -> None:
    in_order = sorted(range(len(scores)), key=lambda i: scores[i])
    weights = softmax(scores)
    ordered = [weights[i] for i in in_order]
    assert ordered == sorted(weights)


@given(sentences())
def test_all_queries_at_once_are_the_queries_one_by_one(
    sentence: Matrix,
) -> None:
    attention = self_attention(sentence)
    for i, query in enumerate(sentence):
        attn_weights = attention_weights(query, sentence)
        context_vec = context_vector(attn_weights, sentence)
        assert attention.attn_weights[i] == attn_weights
        assert attention.context_vecs[i] == context_vec


@given(sentences())
def test_attention_agrees_with_index_loops(sentence: Matrix) -> None:
    n, d = len(sentence), len(sentence[0])
    expected = [[0.0] * d for _ in range(n)]
    for i in range(n):
        scores = [0.0] * n
        for k in range(n):
            for j in range(d):
                scores[k] += sentence[i][j] * sentence[k][j]
        exps = [exp(score - max(scores)) for score in scores]
        for k in range(n):
            for j in range(d):
                expected[i][j] += exps[k] / sum(exps) * sentence[k][j]
    actual = self_attention(sentence).context_vecs
    # Scores up to 160 lose 160 * 40 * 1e-16 in a sum: 1e-12 has room to spare.
    assert largest_difference(expected, actual) <= 1e-12


@given(sentences())
def test_rows_of_weights_sum_to_one(sentence: Matrix) -> None:
    for row in self_attention(sentence).attn_weights:
        assert abs(fsum(row) - 1) <= 1e-14


@given(sentences())
def test_a_context_vector_stays_within_its_columns(sentence: Matrix) -> None:
    columns = list(zip(*sentence, strict=True))
    for context_vec in self_attention(sentence).context_vecs:
        for entry, column in zip(context_vec, columns, strict=True):
            assert min(column) - 1e-14 <= entry <= max(column) + 1e-14


@given(sentences(), st.randoms(use_true_random=False))
def test_permuting_the_tokens_permutes_the_result(
    sentence: Matrix, random: Random
) -> None:
    order = list(range(len(sentence)))
    random.shuffle(order)
    before = self_attention(sentence).context_vecs
    after = self_attention([sentence[i] for i in order]).context_vecs
    assert largest_difference([before[i] for i in order], after) <= 1e-12


@given(sentences())
def test_repeated_tokens_share_alike(sentence: Matrix) -> None:
    n = len(sentence)
    once = self_attention(sentence).context_vecs
    twice = self_attention(sentence + sentence)
    for row in twice.attn_weights:
        assert row[:n] == row[n:]
    assert largest_difference(once + once, twice.context_vecs) <= 1e-12


@given(SIZES.flatmap(vectors))
def test_one_token_takes_home_itself(token: Vector) -> None:
    attention = self_attention([token])
    assert attention.attn_weights == [[1.0]]
    assert attention.context_vecs == [token]


def test_scores_count_the_query_as_given() -> None:
    assert attention_scores([1.0, 10.0], [[1.0, 2.0], [3.0, 4.0]]) == [21, 43]


def test_results_share_no_list_with_the_arguments() -> None:
    sentence = [[1.0, 2.0], [3.0, 4.0]]
    for step in self_attention(sentence):
        step[0][0] = 99.0
    assert sentence == [[1.0, 2.0], [3.0, 4.0]]


RAGGED: Any = [[1.0, 2.0], [3.0]]
NOT_NUMBERS: Any = ["score"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: softmax([]), "scores must not be empty"),
        (lambda: softmax([-inf, -inf]), "scores must hold a finite number"),
        (lambda: softmax([0.0, nan]), r"scores\[1\] must be finite or -inf"),
        (lambda: softmax([nan, -inf]), r"scores\[0\] must be finite or -inf"),
        (lambda: softmax([0.0, inf]), r"scores\[1\] must be finite or -inf"),
        (lambda: softmax(NOT_NUMBERS), r"scores\[0\] must be a number"),
        (
            lambda: softmax([10**400]),
            r"scores\[0\] must be within 2\*\*53 of 0",
        ),
        (
            lambda: attention_scores([1.0], [[1.0, 2.0]]),
            r"inputs must be \(n, 1\), got \(1, 2\)",
        ),
        (lambda: attention_scores([], [[]]), "query must not be empty"),
        (
            lambda: attention_weights([1.0, 2.0], RAGGED),
            r"inputs\[1\] must have length 2",
        ),
        (
            lambda: context_vector([1.0], [[1.0], [2.0]]),
            r"inputs must be \(1, d\), got \(2, 1\)",
        ),
        (lambda: context_vector([nan], [[1.0]]), r"attn_weights\[0\] must be"),
        (lambda: self_attention([]), "inputs must not be empty"),
        (lambda: self_attention([[]]), r"inputs\[0\] must not be empty"),
        (lambda: self_attention(RAGGED), r"inputs\[1\] must have length 2"),
        (lambda: self_attention([[nan]]), r"inputs\[0\]\[0\] must be finite"),
        (
            lambda: self_attention([[1e200, 1.0]]),
            r"inputs are too large: attn_scores\[0\]\[0\] must be finite",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()
