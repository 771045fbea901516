"""How exact softmax and attention are, against 60 digits of `decimal`."""

from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from functools import cache
from math import fsum, inf, ulp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnbook.exact import careful_context, careful_softmax
from attnbook.simple import (
    attention_weights,
    context_vector,
    softmax,
)
from attnbook.vectors import Matrix, Vector
from tests.strategies import sentences


@cache
def power(x: Decimal) -> Decimal:
    return x.exp()


def softmax_in_decimal(scores: list[Decimal]) -> list[Decimal]:
    powers = [power(score) for score in scores]
    total = sum(powers)
    return [p / total for p in powers]


def worst(scores: Vector, weights: Vector) -> float:
    """The largest error, in units in the last place of the right weight."""
    with localcontext() as context:
        context.prec = 60
        expected = softmax_in_decimal([Decimal(score) for score in scores])
        return max(
            float(abs(Decimal(w) - e) / Decimal(ulp(float(e))))
            for w, e in zip(weights, expected, strict=True)
        )


def normal(mean: float, spread: float, n: int) -> Callable[[Random], Vector]:
    return lambda r: [mean + r.gauss(0, spread) for _ in range(n)]


def uniform(most: float, n: int) -> Callable[[Random], Vector]:
    return lambda r: [r.uniform(-most, most) for _ in range(n)]


def ties(values: list[float], n: int) -> Callable[[Random], Vector]:
    return lambda r: [r.choice(values) for _ in range(n)]


CLASSES: dict[str, tuple[Callable[[Random], Vector], int]] = {
    "normal, 8": (normal(0, 1, 8), 60),
    "normal, 10 wide, 8": (normal(0, 10, 8), 60),
    "normal, 3 wide, 64": (normal(0, 3, 64), 20),
    "up to 30, 8": (uniform(30, 8), 60),
    "up to 700, 8": (uniform(700, 8), 200),
    "up to 700, 64": (uniform(700, 64), 20),
    "a pair, 700 apart": (
        lambda r: [r.uniform(690, 700), r.uniform(-8, 0)],
        300,
    ),
    "up to 10,000": (uniform(1e4, 8), 30),
    "about a million": (normal(1e6, 1, 8), 60),
    "10,000 of them": (normal(0, 1, 10_000), 1),
    "10,000 of two values": (ties([0.0, 1.0], 10_000), 3),
    "2,000 of three values": (ties([0.0, 0.5, 1.0], 2_000), 3),
}
each_class = pytest.mark.parametrize("name", CLASSES)


def drawn(name: str) -> Iterator[Vector]:
    random = Random(name)
    draw, rounds = CLASSES[name]
    return (draw(random) for _ in range(rounds))


@each_class
def test_a_careful_weight_is_within_four_units_in_the_last_place(
    name: str,
) -> None:
    assert max(worst(s, careful_softmax(s)) for s in drawn(name)) <= 4


def test_the_plain_softmax_is_off_by_hundreds_where_scores_are_far_apart() -> (
    None
):
    """What the careful one is for: a subtraction that rounds."""
    rows = list(drawn("a pair, 700 apart"))
    assert max(worst(scores, softmax(scores)) for scores in rows) > 100


@pytest.mark.parametrize("make", [softmax, careful_softmax])
@pytest.mark.parametrize(
    "name", ["10,000 of two values", "2,000 of three values"]
)
def test_shares_of_many_ties_add_up_to_one_within_a_unit(
    name: str, make: Callable[[Vector], Vector]
) -> None:
    for scores in drawn(name):
        assert abs(fsum(make(scores)) - 1) <= ulp(1.0)


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=30), st.randoms())
def test_the_order_of_scores_changes_no_bit_of_a_weight(
    scores: Vector, random: Random
) -> None:
    order = random.sample(range(len(scores)), len(scores))
    for make in (softmax, careful_softmax):
        before, after = make(scores), make([scores[i] for i in order])
        assert [before[i].hex() for i in order] == [x.hex() for x in after]


@given(sentences(), st.randoms())
def test_the_order_of_keys_changes_no_bit_of_a_careful_context(
    inputs: Matrix, random: Random
) -> None:
    shuffled = random.sample(inputs, len(inputs))
    before = careful_context(inputs[0], inputs)
    after = careful_context(inputs[0], shuffled)
    assert [x.hex() for x in before] == [x.hex() for x in after]
    weights = attention_weights(inputs[0], inputs)
    again = attention_weights(inputs[0], shuffled)
    assert sorted(weights) == sorted(again)


def test_scores_beyond_the_reach_of_exp_are_welcome() -> None:
    assert careful_softmax([1e308, -1e308, -inf]) == [1.0, 0.0, 0.0]
    assert careful_softmax([5, 5]) == [0.5, 0.5]


def matrix(random: Random, n: int, d: int, spread: float) -> Matrix:
    return [[random.gauss(0, spread) for _ in range(d)] for _ in range(n)]


ATTENTIONS = {
    "4 keys": (4, 3, 1.0),
    "16 keys": (16, 8, 1.0),
    "16 wide keys": (16, 64, 1.0),
    "scores about 100": (16, 8, 6.0),
    "scores about 10,000": (16, 8, 60.0),
    "2,000 keys": (2_000, 4, 1.0),
}


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_careful_context_is_within_four_units_of_its_summands(
    name: str, positive: bool
) -> None:
    n, d, spread = ATTENTIONS[name]
    random = Random(name)
    for _ in range(10 if n < 100 else 1):
        query, *inputs = matrix(random, n + 1, d, spread)
        if positive:
            inputs = [[abs(x) for x in row] for row in inputs]
        assert off_by(query, inputs, careful_context(query, inputs)) <= 4


def test_a_plain_context_is_off_by_more_where_scores_are_large() -> None:
    random = Random(0)
    found = []
    for _ in range(20):
        query, *inputs = matrix(random, 17, 8, 6.0)
        weights = attention_weights(query, inputs)
        found += [off_by(query, inputs, context_vector(weights, inputs))]
    assert max(found) > 10


def off_by(query: Vector, inputs: Matrix, context_vec: Vector) -> float:
    """The largest error, in units of the last place of sum(|w * v|)."""
    with localcontext() as context:
        context.prec = 60
        rows = [[Decimal(x) for x in row] for row in inputs]
        asked = [Decimal(x) for x in query]
        scores = [
            sum((q * x for q, x in zip(asked, row, strict=True)), Decimal())
            for row in rows
        ]
        weights = softmax_in_decimal(scores)
        errors = []
        for column, entry in zip(
            zip(*rows, strict=True), context_vec, strict=True
        ):
            mixed = [w * v for w, v in zip(weights, column, strict=True)]
            unit = Decimal(ulp(float(sum(map(abs, mixed)))))
            errors += [float(abs(Decimal(entry) - sum(mixed)) / unit)]
        return max(errors)
