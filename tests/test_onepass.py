"""Parts of the keys, merged in any order, are attention over all of them."""

from itertools import pairwise
from math import exp, inf, nan
from random import Random
from typing import Any

import numpy as np
import pytest

from attnbook import onepass
from attnbook.arrays import onepass as on_arrays
from attnbook.onepass import Part, context_of, merge, part_of
from attnbook.simple import context_vector, softmax


def drawn(random: Random) -> tuple[list[float], list[list[float]]]:
    """Scores small or huge, some hidden, and values."""
    n, size = random.randint(2, 40), random.choice([1.0, 30.0, 1e4])
    scores = [random.gauss(0, size) for _ in range(n)]
    scores = [s if random.random() < 0.8 else -inf for s in scores]
    scores[random.randrange(n)] = random.gauss(0, size)
    return scores, [[random.gauss(0, 1) for _ in range(3)] for _ in range(n)]


def in_parts(road: Any, random: Random, scores: Any, values: Any) -> Any:
    """Cut the keys anywhere, and merge the parts in any order."""
    cuts = {0, len(scores), *random.choices(range(len(scores)), k=6)}
    ends = sorted(cuts)
    parts = [
        road.part_of(scores[start:stop], values[start:stop])
        for start, stop in pairwise(ends)
    ]
    while len(parts) > 1:
        one, other = (parts.pop(random.randrange(len(parts))) for _ in "12")
        parts.append(road.merge(one, other))
    return road.context_of(parts[0])


def test_300_random_splits_and_orders_give_the_context_vector() -> None:
    for seed in range(300):
        random = Random(seed)
        scores, values = drawn(random)
        expected = np.array(context_vector(softmax(scores), values))
        most = np.abs(values).max()
        on_lists = in_parts(onepass, random, scores, values)
        np.testing.assert_allclose(
            on_lists, expected, rtol=0, atol=1e-15 * most
        )
        as_arrays = np.array(scores), np.array(values)
        twin = in_parts(on_arrays, random, *as_arrays)
        np.testing.assert_allclose(twin, expected, rtol=0, atol=1e-15 * most)


def test_a_part_is_measured_against_its_largest_score() -> None:
    scores, values = [1.0, 3.0, -inf], [[2.0, 0.0], [5.0, 1.0], [7.0, 7.0]]
    expected = Part(3.0, exp(-2) + 1, [2 * exp(-2) + 5, 1.0])
    assert part_of(scores, values) == expected


def test_one_number_at_a_time_is_one_pass() -> None:
    scores, values = [3.0, 1.0, 4.0], [[1.0], [5.0], [9.0]]
    whole = Part(-inf, 0.0, [0.0])
    for score, value in zip(scores, values, strict=True):
        whole = merge(whole, part_of([score], [value]))
    expected = context_vector(softmax(scores), values)
    assert context_of(whole) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("road", [onepass, on_arrays])
def test_a_part_that_sees_no_key_has_no_context(road: Any) -> None:
    hidden = road.part_of([-inf, -inf], [[1.0], [2.0]])
    both = road.merge(hidden, hidden)
    assert (float(both[0]), float(both[1]), list(both[2])) == (-inf, 0, [0])
    with pytest.raises(ValueError, match="part must hold a key that is seen"):
        road.context_of(both)


@pytest.mark.parametrize("road", [onepass, on_arrays])
@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("part_of", ([nan], [[1.0]]), "scores.* must be finite or -inf"),
        ("part_of", ([inf], [[1.0]]), "scores.* must be finite or -inf"),
        ("part_of", ([1.0], [[1.0], [2.0]]), r"values must be \(.*1, d\)"),
        ("part_of", (["1"], [[1.0]]), r"scores\[0\] must be a number"),
        ("part_of", ([1.0] * 9, [[1e308]] * 9), "values"),
        ("context_of", (((nan, 1.0, [1.0])),), "part.largest must be"),
        ("context_of", (((0.0, -1.0, [1.0])),), "part.total must be 0 or m"),
        ("context_of", (((0.0, inf, [1.0])),), "part.total must be finite"),
        ("context_of", (((0.0, 1.0, [nan])),), "part.mix.* must be finite"),
        ("context_of", ((0.0, 1.0),), "part must hold 3 numbers"),
        ("merge", ((0.0, 1.0, [1.0]), (0.0, 1.0, [1.0, 2.0])), "other.mix mu"),
        ("merge", ((0.0, 1.0, [1e308]), (0.0, 1.0, [1e308])), "one.* other"),
        ("merge", ((0.0, 1.0, [1.0]), None), "other must be a list"),
    ],
)
def test_what_is_no_part_is_refused_by_name(
    road: Any, name: str, arguments: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(road, name)(*arguments)
