"""What revealed weights tell: a diagnosis from given numbers.

Nothing is asked here, and no catalogue is near. Two settings hold queries and
keys, the sizes that a scale could be taken from, and the weights that a wrong
version makes of their scores.
"""

from collections.abc import Callable, Iterator
from math import e, exp, inf, sqrt, trunc
from typing import TypeAlias

import pytest

from attnbook.checker.cause.axis import axis
from attnbook.checker.cause.mask import mask
from attnbook.checker.cause.probe import (
    Probe,
    Rule,
    factor,
    fit,
    hidden,
    later,
    near,
    ones,
    row_sums,
    scores,
)
from attnbook.checker.cause.properties import broken
from attnbook.checker.cause.reveal import Revealed
from attnbook.checker.cause.scale import scale
from attnbook.checker.finding import Cause
from attnbook.checker.steps.table import step_named
from attnbook.simple import softmax
from attnbook.vectors import Matrix, matmul, transpose

SIMPLE = "attention_weights"  # of 3.3: no scale, no mask
SCALED = "scaled_dot_product_attention"
CAUSAL = "causal_attention"

Weigh: TypeAlias = Callable[[Matrix, float], Matrix]
Look: TypeAlias = Callable[[Probe], Cause | None]


def setting(queries: Matrix, keys: Matrix, *sizes: int) -> Revealed:
    names = (
        "the number of keys", "the width of the keys",
        "the width of the values", "the width of the inputs",
        "the width of all heads", "the number of heads",
    )  # fmt: skip
    widths = dict(zip(names, sizes, strict=False))
    return Revealed([], queries, keys, widths, mixes=True)


# The roots of the widths of the keys are 3 and 5.
FIRST = setting(
    [[1.0, 0.5], [-0.5, 1.5], [0.75, -1.0], [0.25, 0.5]],
    [[0.5, -1.0], [1.5, 0.25], [-0.75, 0.5], [1.0, 1.25]],
    4, 9, 5, 6, 18, 2,
)  # fmt: skip
SECOND = setting(
    [[0.5, 1.0, -0.5], [1.25, -0.25, 0.5], [-1.0, 0.5, 0.75]],
    [[1.0, 0.5, 0.25], [-0.5, 0.75, 1.0], [0.25, -1.25, 0.5]],
    3, 25, 7, 8, 75, 3,
)  # fmt: skip


def weighed(step: str, weigh: Weigh) -> Probe:
    """Both settings, with the weights that a version makes of them."""
    probe = Probe(step_named(step), FIRST, SECOND)
    first, second = (
        each._replace(weights=weigh(scores(each), probe.right(each)))
        for each in probe.both
    )
    return Probe(probe.step, first, second)


def positive(rows: Matrix) -> Matrix:
    """Scores of which the negative ones are 0."""
    return [[max(s, 0.0) for s in row] for row in rows]


def shared(rows: Matrix, divisor: float = 1.0) -> Matrix:
    """What is right: a softmax of each row."""
    return [softmax([s / divisor for s in row]) for row in rows]


def masked(rows: Matrix, rule: Rule, fill: float = -inf) -> Matrix:
    """The rows with another number where a rule hides."""
    return [
        [fill if rule(i, j) else entry for j, entry in enumerate(row)]
        for i, row in enumerate(rows)
    ]


def exps(rows: Matrix, divisor: float = 1.0) -> Matrix:
    return [[exp(s / divisor) for s in row] for row in rows]


def hiding(rule: Rule) -> Weigh:
    """A softmax of what a rule shows; a row that sees nothing holds zeros."""

    def weigh(rows: Matrix, divisor: float) -> Matrix:
        seen = masked(exps(rows, divisor), rule, 0.0)
        return [[w / (sum(row) or 1) for w in row] for row in seen]

    return weigh


def by_sums_of_others(rows: Matrix, divisor: float) -> Matrix:
    """Entry j over the sum of row j, the largest subtracted first."""
    tops = [max(row) for row in rows]
    large = [
        [exp((s - top) / divisor) for s in row]
        for row, top in zip(rows, tops, strict=True)
    ]
    sums = [sum(row) for row in large]
    return [[w / t for w, t in zip(row, sums, strict=True)] for row in large]


def over_all(rows: Matrix, divisor: float) -> Matrix:
    total = sum(map(sum, exps(rows, divisor)))
    return [[w / total for w in row] for row in exps(rows, divisor)]


def without_last(rows: Matrix, divisor: float) -> Matrix:
    return [[*row[:-1], 0.0] for row in shared(rows, divisor)]


def times(rows: Matrix, number: float) -> Matrix:
    return [[number * entry for entry in row] for row in rows]


def squashed(rows: Matrix, divisor: float) -> Matrix:
    return [[1 / (1 + exp(-s / divisor)) for s in row] for row in rows]


def among_heads(rows: Matrix, divisor: float) -> Matrix:
    heads = {3.0: 2, 5.0: 3}[divisor]
    return [[1 / heads] * len(row) for row in rows]


def by_columns(rows: Matrix, divisor: float) -> Matrix:
    return transpose(shared(transpose(rows), divisor))


# What is looked at, the step, a wrong version, its name and its words.
WRONG: dict[str, tuple[Look, str, Weigh, str, str]] = {
    "columns": (
        axis, SCALED, by_columns, "softmax_over_queries",
        "the columns of your weights sum to 1",
    ),
    "turned": (
        axis, SCALED, lambda s, d: transpose(shared(s, d)),
        "weights_transposed", "You mix by the columns",
    ),
    "everything": (
        axis, SCALED, over_all, "softmax_over_everything",
        "all scores at once",
    ),
    "heads": (
        axis, SCALED, among_heads, "softmax_over_heads",
        "2 heads that are alike have the weight 0.5 everywhere",
    ),
    "scaled late": (
        axis, SCALED, lambda s, d: times(shared(s), 1 / d),
        "scaled_after_softmax",
        "You divide the weights by 3, after softmax: every row sums to "
        "0.333333, not to 1.",
    ),
    "scaled late by the width": (
        axis, SCALED, lambda s, d: times(shared(s, d), 1 / d**2),
        "scaled_after_softmax",
        "You divide the weights by 9 (the width of the keys), after",
    ),
    "scores above 0": (
        axis, SCALED, lambda s, d: times(positive(s), 1 / d), "relu",
        "Your weights are the positive scores times 0.333333, and 0 for",
    ),
    "scores above 0, shared": (
        scale, SCALED, lambda s, d: shared(positive(s), d),
        "relu_before_softmax", "You set negative scores to 0 before softmax",
    ),
    "other sums": (
        axis, SCALED, by_sums_of_others, "keepdims_forgotten",
        "divided by the sum of row j",
    ),
    "other sums of plain exponentials": (
        axis, SIMPLE, lambda s, _: [
            [w / sum(exps(s)[j]) for j, w in enumerate(row)]
            for row in exps(s)
        ],
        "keepdims_forgotten", "divided by the sum of row j",
    ),
    "no softmax": (
        axis, SCALED, lambda s, d: times(s, 1 / d), "no_softmax",
        "Your weights are the scores times 0.333333, some of them negative",
    ),
    "no softmax, causal": (
        axis, CAUSAL, lambda s, d: masked(times(s, 2 / d), later, 0.0),
        "no_softmax", "the scores times 0.666667",
    ),
    "sigmoid": (axis, SCALED, squashed, "sigmoid", "a sigmoid"),
    "sigmoid, causal": (
        axis, CAUSAL, lambda s, d: masked(squashed(s, d), later, 0.0),
        "sigmoid", "a sigmoid",
    ),
    "exponentials": (
        axis, SCALED, exps, "unnormalised", "not divided by their sum",
    ),
    "by count": (
        axis, SCALED, lambda s, d: times(exps(s, d), 1 / len(s[0])),
        "divided_by_count", "divided by how many there are",
    ),
    "no scale": (
        scale, SCALED, lambda s, _: shared(s), "no_scale",
        "You do not scale the scores: you divided by 1; the width of the "
        "keys gives 3 (asked with the number of keys 4, the width of the "
        "keys 9, the width of the values 5, the width of the inputs 6, the "
        "width of all heads 18, the number of heads 2).",
    ),
    "the width": (
        scale, SCALED, lambda s, d: shared(s, d * d), "scaled_by_width",
        "You divided by 9, the width of the keys without the root; the width "
        "of the keys gives 3",
    ),
    "times the root": (
        scale, SCALED, lambda s, d: shared(s, 1 / d), "multiplied_by_root",
        "You divided by 0.333333 = 1/sqrt(9), the width of the keys; ",
    ),
    "the square": (
        scale, SCALED, lambda s, d: shared(s, d**4), "unknown_scale",
        "You divided by 81 = 9 squared, the width of the keys; ",
    ),
    "a half of the width": (
        scale, SCALED, lambda s, d: shared(s, d * d / 2), "unknown_scale",
        "You divided by 4.5 = 9 / 2, the width of the keys; ",
    ),
    "the width, then halved": (
        scale, SCALED, lambda s, d: shared(s, 2 * d * d), "unknown_scale",
        "You divided by 18 = 2 * 9, the width of the keys; ",
    ),
    "the root of the count": (
        scale, SCALED, lambda s, _: shared(s, sqrt(len(s))),
        "scaled_by_root_of_count",
        "You divided by 2 = sqrt(4), the number of keys; ",
    ),
    "the count": (
        scale, SCALED, lambda s, _: shared(s, len(s)), "unknown_scale",
        "You divided by 4, the number of keys without the root; ",
    ),
    "the root of the value width": (
        scale, SCALED, lambda s, d: shared(s, sqrt(d + 2)),
        "scaled_by_root_of_value_width", "2.23607 = sqrt(5), the width of the",
    ),
    "the root of the input width": (
        scale, SCALED, lambda s, d: shared(s, sqrt(d + 3)),
        "scaled_by_root_of_input_width", "2.44949 = sqrt(6), the width of the",
    ),
    "the root of all heads": (
        scale, SCALED, lambda s, d: shared(s, sqrt({3: 18, 5: 75}[int(d)])),
        "scaled_by_root_of_d_out", "4.24264 = sqrt(18), the width of all",
    ),
    "the root of the heads": (
        scale, SCALED, lambda s, d: shared(s, sqrt(d // 2 + 1)),
        "scaled_by_root_of_heads", "1.41421 = sqrt(2), the number of heads",
    ),
    "a constant": (
        scale, SCALED, lambda s, _: shared(s, 1.7), "constant_scale",
        "You divided by 1.7 whatever the width is; ",
    ),
    "a constant in 3.3": (
        scale, SIMPLE, lambda s, _: shared(s, 1.7), "constant_scale",
        "; 3.3 does not scale the scores (asked with the number of keys 4, ",
    ),
    "of no size": (
        scale, SCALED, lambda s, d: shared(s, d + 0.3), "unknown_scale",
        "You divided by 3.3; the width of the keys gives 3 (asked with",
    ),
    "minus": (
        scale, SCALED, lambda s, d: shared(s, -d), "sign_flipped",
        "`exp` of minus the scores",
    ),
    "even": (
        scale, SCALED, lambda s, _: [[1 / len(s[0])] * len(s[0])] * len(s),
        "uniform", "the same weight: row 3 has 0.25 everywhere.",
    ),
    "even, causal": (
        scale, CAUSAL, lambda s, _: [
            [1 / (i + 1)] * (i + 1) + [0.0] * (len(s) - i - 1)
            for i in range(len(s))
        ],
        "uniform", "row 3 has 0.25 everywhere.",
    ),
    "in proportion": (
        scale, SCALED,
        lambda s, _: [[a / sum(row) for a in row] for row in s],
        "no_exp", "without `exp`",
    ),
    "no mask": (
        mask, CAUSAL, shared, "no_mask", "Nothing is hidden: token 0 gives",
    ),
    "zeros": (
        mask, CAUSAL, lambda s, d: shared(masked(times(s, 1 / d), later, 0.0)),
        "mask_with_zeros", "you put 0 in the hidden scores",
    ),
    "weak after the scale": (
        mask, CAUSAL,
        lambda s, d: shared(masked(times(s, 1 / d), later, -3.0)),
        "mask_too_weak", "You put -3 in the hidden scores: token 0 still",
    ),
    "weak and near 0": (
        mask, CAUSAL,
        lambda s, d: shared(masked(times(s, 1 / d), later, -0.5)),
        "mask_too_weak", "You put -0.5 in the hidden scores: token 0 still",
    ),
    "weak before the scale": (
        mask, CAUSAL, lambda s, d: shared(masked(s, later, -6.0), d),
        "mask_too_weak", "You put -6 in the hidden scores: token 0 still",
    ),
}  # fmt: skip
HIDING: dict[str, tuple[str, Rule, str, str]] = {
    "later": (SCALED, later, "causal", "above the diagonal is 0"),
    "earlier": (CAUSAL, lambda i, j: j < i, "mask_flipped", "is flipped"),
    "itself": (CAUSAL, lambda i, j: i == j, "mask_hides_self", "no token"),
    "itself and later": (
        CAUSAL, lambda i, j: j >= i, "mask_hides_self", "from itself",
    ),
    "what it should show": (
        CAUSAL, lambda i, j: j <= i, "mask_inverted", "should show",
    ),
    "one too late": (
        CAUSAL, lambda i, j: j > i + 1, "mask_shows_next", "sees the next one",
    ),
}  # fmt: skip
EVERY = {
    **WRONG,
    **{
        f"hides {what}": (mask, step, hiding(rule), name, words)
        for what, (step, rule, name, words) in HIDING.items()
    },
}


@pytest.mark.parametrize("what", EVERY)
def test_wrong_weights_are_named(what: str) -> None:
    look, step, weigh, name, words = EVERY[what]
    cause = look(weighed(step, weigh))
    assert cause is not None
    assert cause.name == name
    assert words in cause.sentence
    assert cause.measured


def changed(probe: Probe, change: Callable[[float], float]) -> Iterator[Probe]:
    """The probe with one weight changed: each in turn, in both settings."""
    for at, revealed in enumerate(probe.both):
        for i, row in enumerate(revealed.weights):
            for j, weight in enumerate(row):
                if (other := change(weight)) != weight:
                    rows = [list(each) for each in revealed.weights]
                    rows[i][j] = other
                    both = list(probe.both)
                    both[at] = revealed._replace(weights=rows)
                    yield Probe(probe.step, *both)


@pytest.mark.parametrize("what", WRONG)
def test_a_cause_is_told_by_every_weight(what: str) -> None:
    look, step, weigh, name, _ = WRONG[what]
    for probe in changed(weighed(step, weigh), lambda w: 1.001 * w):
        cause = look(probe)
        assert cause is None or cause.name != name


@pytest.mark.parametrize("what", HIDING)
def test_what_is_hidden_is_told_by_every_weight(what: str) -> None:
    step, rule, _, words = HIDING[what]
    for probe in changed(
        weighed(step, hiding(rule)), lambda w: 0.0 if w else 1e-3
    ):
        cause = mask(probe)
        assert cause is None or words not in cause.sentence


@pytest.mark.parametrize("what", EVERY)
def test_a_cause_forgives_rounding(what: str) -> None:
    look, step, weigh, name, _ = EVERY[what]
    for probe in changed(
        weighed(step, weigh), lambda w: w * (1 + 1e-9) if w else 1e-13
    ):
        cause = look(probe)
        assert cause is not None
        assert cause.name == name


# Said of two settings that do not agree.
AT_ODDS = {"unknown_scale", "unnormalised"}


@pytest.mark.parametrize("what", EVERY)
def test_a_cause_is_told_by_both_settings(what: str) -> None:
    look, step, weigh, name, _ = EVERY[what]
    wrong = weighed(step, weigh)
    right = weighed(step, hiding(later) if wrong.causal else shared)
    for probe in (
        wrong._replace(second=right.second),
        wrong._replace(first=right.first),
    ):
        cause = look(probe)
        assert cause is None or cause.name != name or name in AT_ODDS


@pytest.mark.parametrize("step", [SIMPLE, SCALED, CAUSAL])
@pytest.mark.parametrize("look", [axis, mask, scale])
def test_right_weights_have_no_cause(step: str, look: Look) -> None:
    causal = step_named(step).causal
    assert look(weighed(step, hiding(later) if causal else shared)) is None


def with_weights(step: str, first: Matrix, second: Matrix) -> Probe:
    """Weights that are given, for queries and keys as many as they have."""
    a, b = (
        each._replace(
            weights=weights,
            queries=each.queries[: len(weights)],
            keys=each.keys[: len(weights[0])],
        )
        for each, weights in ((FIRST, first), (SECOND, second))
    )
    return Probe(step_named(step), a, b)


def test_with_keys_from_before_the_mask_ends_at_the_last_key() -> None:
    first = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]]
    second = [[1.0, 0.0, 0.0], [0.25, 0.75, 0.0]]
    cause = mask(with_weights(CAUSAL, first, second))
    assert cause is not None
    assert cause.name == "mask_at_top_left"
    assert "with 2 keys from before, query 0 should see 3 keys and sees 1" in (
        cause.sentence
    )
    cause = mask(with_weights(SCALED, first, second))
    assert cause is not None
    assert cause.name == "causal"
    assert cause.advice == "Let every token see all tokens."
    first = [[0.5, 0.25, 0.25, 0.0], [0.25, 0.25, 0.25, 0.25]]
    second = [[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]
    assert mask(with_weights(CAUSAL, first, second)) is None


def test_as_many_queries_as_keys_have_none_from_before() -> None:
    square = [[1.0, 0.0], [0.5, 0.5]]
    assert mask(with_weights(CAUSAL, [[1.0, 0.0, 0.0]], square)) is None


def test_zeros_after_softmax_leave_the_last_row_whole() -> None:
    first = [[0.25, 0.0, 0.0], [0.25, 0.5, 0.0], [0.25, 0.5, 0.25]]
    second = [[0.5, 0.0], [0.25, 0.75]]
    cause = axis(with_weights(CAUSAL, first, second))
    assert cause is not None
    assert cause.name == "mask_after_softmax"
    assert "row 0 of your weights sums to 0.25, not to 1" in cause.sentence
    assert axis(with_weights(SCALED, first, second)) is None
    first[2][2] = 0.5
    assert axis(with_weights(CAUSAL, first, second)) is None
    first[2][2], first[1][2] = 0.25, 0.5
    assert axis(with_weights(CAUSAL, first, second)) is None


def test_a_last_key_without_weight_is_left_out() -> None:
    first = [[0.5, 0.25, 0.0], [0.25, 0.25, 0.0]]
    second = [[0.75, 0.125, 0.0], [0.5, 0.25, 0.0]]
    cause = axis(with_weights(SCALED, first, second))
    assert cause is not None
    assert cause.name == "last_token_lost"
    second[0][2] = 0.125
    assert axis(with_weights(SCALED, first, second)) is None
    first[0], second[0][2] = [0.0, 0.0, 0.0], 0.0
    assert axis(with_weights(SCALED, first, second)) is None


def test_columns_name_the_sum_of_row_0() -> None:
    first, second = [[0.25, 0.5], [0.75, 0.5]], [[0.125, 0.5], [0.875, 0.5]]
    cause = axis(with_weights(SIMPLE, first, second))
    assert cause is not None
    assert cause.name == "softmax_over_queries"
    assert "row 0 sums to 0.75." in cause.sentence


def test_a_row_that_hides_everything_is_no_matter_of_sums() -> None:
    first, second = [[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]
    assert axis(with_weights(CAUSAL, first, second)) is None


def test_row_0_levelled_is_hidden_from_itself() -> None:
    third = 1 / 3
    first = [[third] * 3, [1.0, 0.0, 0.0], [0.25, 0.75, 0.0]]
    second = [[0.5, 0.5], [1.0, 0.0]]
    cause = mask(with_weights(CAUSAL, first, second))
    assert cause is not None
    assert cause.name == "mask_hides_self"
    assert "each weighs 0.333333." in cause.sentence
    for row, column in ((0, 0), (1, 1), (2, 0), (2, 2)):
        other = [list(row) for row in first]
        other[row][column] = 0.0 if other[row][column] else 0.5
        assert mask(with_weights(CAUSAL, other, second)) is None


def test_the_largest_weight_of_a_later_token_is_told() -> None:
    one = weighed(CAUSAL, shared)
    for probe in (one, Probe(one.step, one.second, one.first)):
        cause = mask(probe)
        assert cause is not None
        most = max(probe.first.weights[0][1:])
        assert f"gives the weight {most:.6g} to a later" in cause.sentence


@pytest.mark.parametrize(
    "what", ["other sums", "exponentials", "by count", "columns"]
)
def test_the_sum_of_row_0_is_told(what: str) -> None:
    look, step, weigh, _, _ = WRONG[what]
    probe = weighed(step, weigh)
    cause = look(probe)
    assert cause is not None
    assert f"{sum(probe.first.weights[0]):.6g}" in cause.sentence


def test_exponentials_of_other_scores_are_not_called_unnormalised() -> None:
    assert axis(weighed(SCALED, lambda rows, _: exps(rows))) is None


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("weak after the scale", "still gives {:.6g} to a later one"),
        ("zeros", "weights of row 0 are {:.6g}"),
    ],
)
def test_what_token_0_gives_to_a_later_one_is_told(
    what: str, words: str
) -> None:
    _, step, weigh, _, _ = WRONG[what]
    probe = weighed(step, weigh)
    cause = mask(probe)
    assert cause is not None
    assert words.format(probe.first.weights[0][1]) in cause.sentence


def test_other_numbers_in_two_settings_are_no_weak_mask() -> None:
    def weigh(rows: Matrix, divisor: float) -> Matrix:
        return shared(masked(times(rows, 1 / divisor), later, -(divisor**2)))

    assert mask(weighed(CAUSAL, weigh)) is None


# Weights by what was scored in the place of query i with key j.
SCORED: dict[str, Callable[[Revealed], Matrix]] = {
    "swapped": lambda each: transpose(scores(each)),
    "keys_with_keys": lambda each: matmul(each.keys, transpose(each.keys)),
    "queries_with_queries": lambda each: matmul(
        each.queries, transpose(each.queries)
    ),
    "cosine": lambda each: [
        [
            sum(a * b for a, b in zip(q, k, strict=True))
            / sqrt(sum(a * a for a in q))
            / sqrt(sum(b * b for b in k))
            for k in each.keys
        ]
        for q in each.queries
    ],
    "distance": lambda each: [
        [
            sqrt(sum((a - b) ** 2 for a, b in zip(q, k, strict=True)))
            for k in each.keys
        ]
        for q in each.queries
    ],
    "integer_scores": lambda each: [
        [float(trunc(s)) for s in row] for row in scores(each)
    ],
}


@pytest.mark.parametrize("name", SCORED)
def test_what_was_scored_is_told_with_its_scale(name: str) -> None:
    def found(step: str, divide: bool, each: Revealed) -> Revealed:
        probe = Probe(step_named(step), FIRST, SECOND)
        divisor = probe.right(each) if divide else 1.0
        return each._replace(weights=shared(SCORED[name](each), divisor))

    for divide in (True, False):
        both = [found(SCALED, divide, each) for each in (FIRST, SECOND)]
        cause = scale(Probe(step_named(SCALED), *both))
        assert cause is not None
        assert cause.name == name
        assert ("You do not scale" in cause.sentence) is not divide


def test_one_weight_alone_is_argmax() -> None:
    ones_at = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    cause = scale(with_weights(SCALED, ones_at, ones_at))
    assert cause is not None
    assert cause.name == "largest_only"
    own = [[1.0, 0.0], [0.0, 1.0]]
    assert scale(with_weights(SCALED, own, own)) is None
    cause = scale(with_weights(SIMPLE, own, own))
    assert cause is not None
    assert cause.name == "largest_only"


def test_a_factor_fits_every_entry_or_there_is_none() -> None:
    a = [[1.0, -2.0], [0.5, 4.0]]
    assert factor(a, [[3.0, -6.0], [1.5, 12.0]]) == 3.0
    assert factor(a, [[3.0, -6.0], [1.5, 12.0 + 1e-3]]) is None
    assert factor(a, [[3.0, -6.0], [1.5 + 1e-6, 12.0]]) == pytest.approx(3.0)
    assert factor(a, [[0.0, 0.0], [0.0, 0.0]]) is None
    assert factor([[0.0, 0.0]], [[0.0, 1.0]]) is None


def test_logs_of_weights_forget_what_a_whole_row_shares() -> None:
    wanted = [[0.0, 1.0, 3.0], [5.0, 4.0, 4.5]]
    weights = [[1.0, e**2, e**6], [e**2, 1.0, e]]
    assert fit(wanted, weights) == pytest.approx(2.0)
    weights = [[e**-2, 1.0, 7.0], [e, e**-1, 0.0]]
    assert fit(wanted, weights, lambda _, j: j == 2) == pytest.approx(2.0)
    assert fit(wanted, weights) is None
    assert fit([[1.0], [2.0]], [[1.0], [1.0]]) is None


def test_weights_are_hidden_exactly_where_the_rule_says() -> None:
    first, second = [[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [0.25, 0.75]]
    assert hidden(with_weights(CAUSAL, first, second), later)
    for i, j in ((0, 1), (1, 0), (1, 1)):
        other = [list(row) for row in second]
        other[i][j] = 0.0 if other[i][j] else 1e-11
        assert not hidden(with_weights(CAUSAL, first, other), later)


def test_a_row_before_the_first_does_not_exist() -> None:
    assert [[later(i, j) for j in range(3)] for i in range(3)] == [
        [False, True, True], [False, False, True], [False, False, False],
    ]  # fmt: skip


def test_sums_and_measurements_agree_within_a_millionth() -> None:
    assert ones([1.0, 1 + 9e-7])
    assert not ones([1.0, 1 + 2e-6])
    assert near([2.0, 3.0], [2.0, 3.0 + 1e-6])
    assert not near([2.0, 3.0], [2.0, 3.0 + 1e-5])
    assert row_sums(FIRST._replace(weights=[[0.5, 0.25], [1.0, 2.0]])) == [
        0.75, 3.0,
    ]  # fmt: skip


def named(step: str, first: Matrix, second: Matrix) -> Cause | None:
    return broken(with_weights(step, first, second), step, [])


def test_a_broken_property_is_told_with_its_row_and_number() -> None:
    right = [[1.0, 0.0], [0.5, 0.5]]
    assert named(CAUSAL, right, right) is None
    cause = named(CAUSAL, right, [[1.0, 0.0], [0.5, 0.75]])
    assert cause is not None
    assert cause.name == "weights_do_not_sum"
    assert "of row 1 add up to 1.25;" in cause.sentence
    cause = named(CAUSAL, right, [[1.0, 0.0], [1.25, -0.25]])
    assert cause is not None
    assert cause.name == "negative_weights"
    assert "One of your weights is -0.25;" in cause.sentence
    leaks = [[0.75, 0.25], [0.5, 0.5]]
    assert named(SCALED, right, leaks) is None
    cause = named(CAUSAL, right, leaks)
    assert cause is not None
    assert cause.name == "depends_on_later"
    assert "Row 0 depends on a later token: it gives token 1" in cause.sentence
    assert "the weight 0.25." in cause.sentence
    rounding = [[1.0, 1e-10], [1 + 1e-10, -1e-10]]
    assert named(CAUSAL, rounding, rounding) is None
