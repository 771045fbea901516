"""What the ratios of the weights tell: the scale, and which were scored."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import dist, isclose, sqrt

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.late import positive
from attnbook.checker.cause.probe import (
    NOTHING,
    Probe,
    factor,
    fit,
    near,
    ones,
    row_sums,
    scores,
)
from attnbook.checker.cause.reveal import HEADS, OF_KEYS, Revealed
from attnbook.checker.words import number
from attnbook.vectors import Matrix, Vector, dot, matmul, transpose

_PAIR = "Score (i, j) is query i times key j."
_SHARE = "Turn each row of scores into weights by softmax before mixing."


def _cosines(each: Revealed) -> Matrix:
    return [
        [dot(q, k) / sqrt(dot(q, q) * dot(k, k)) for k in each.keys]
        for q in each.queries
    ]


_SCORED: Sequence[tuple[str, Callable[[Revealed], Matrix], str, str]] = (
    ("", scores, "", ""),
    (
        "swapped",
        lambda each: transpose(scores(each)),
        "Queries and keys are swapped: your weight (i, j) comes from key i "
        "and query j.",
        "Score (i, j) is query i times key j: `queries @ transpose(keys)`.",
    ),
    (
        "keys_with_keys",
        lambda each: matmul(each.keys, transpose(each.keys)),
        "You score keys with keys: the queries are not used.",
        _PAIR,
    ),
    (
        "queries_with_queries",
        lambda each: matmul(each.queries, transpose(each.queries)),
        "You score queries with queries: the keys are not used.",
        _PAIR,
    ),
    (
        "relu_before_softmax",
        lambda each: positive(scores(each)),
        "You set negative scores to 0 before softmax: that is a ReLU, and "
        "all of those weigh alike.",
        "Give softmax the scores as they are: it turns negative ones into "
        "small weights.",
    ),
    (
        "cosine",
        _cosines,
        "You divide by the lengths of the vectors: your scores are cosines.",
        "Use the dot product as it is.",
    ),
    (
        "distance",
        lambda each: [[dist(q, k) for k in each.keys] for q in each.queries],
        "Your scores are distances: near is small then.",
        "Use the dot product: it is large where vectors point the same way.",
    ),
    (
        "integer_scores",
        lambda each: [[float(int(s)) for s in row] for row in scores(each)],
        "Your scores are whole numbers: what stands behind the point is lost.",
        "Keep floats: leave out `int`, `//` and integer arrays.",
    ),
)


def scale(probe: Probe) -> Cause | None:
    """The scale, and which vectors were scored with which."""
    if not all(ones(row_sums(each)) for each in probe.both):
        return None
    shares = _unlike_softmax(probe)
    if shares is not None:
        return shares
    for name, wanted, sentence, advice in _SCORED:
        factors = [fit(wanted(each), each.weights) for each in probe.both]
        if None in factors:
            continue
        found = _divisor(probe, [1 / each for each in factors if each])
        if not name or found is None:
            return measured(name, sentence, advice) if name else found
        besides = f"{sentence} Besides: {found.sentence}"
        return measured(name, besides, advice)
    return None


def _unlike_softmax(probe: Probe) -> Cause | None:
    """Rows that sum to 1 and are no softmax of anything."""
    if all(_single(each) for each in probe.both):
        return _of_single(probe)
    if all(_even(each) for each in probe.both):
        return _uniform(probe.first.weights)
    if all(map(_in_proportion, probe.both)):
        return measured(
            "no_exp",
            "You divide the scores by their sum, without `exp`.",
            "Take `exp` of every score first: negative scores need it.",
        )
    return None


def _uniform(weights: Matrix) -> Cause:
    return measured(
        "uniform",
        f"You give everything that is seen the same weight: row "
        f"{len(weights) - 1} has {number(weights[-1][0])} everywhere.",
        _SHARE,
    )


def _in_proportion(each: Revealed) -> bool:
    """Whether a row's weights are its scores times a number."""
    pairs = zip(_where_seen(each), each.weights, strict=True)
    return all(factor([row], [weights]) is not None for row, weights in pairs)


def _where_seen(each: Revealed) -> Matrix:
    """The scores, with 0 where the weight is."""
    return [
        [s if abs(w) > NOTHING else 0.0 for s, w in zip(*rows, strict=True)]
        for rows in zip(scores(each), each.weights, strict=True)
    ]


def _even(each: Revealed) -> bool:
    """Whether a row's weights are equal, where they are not 0."""
    return all(
        near([w * len(seen) for w in seen], [1.0] * len(seen))
        for seen in map(_given, each.weights)
    )


def _single(each: Revealed) -> bool:
    """Whether each row has a single weight, which is 1 up to rounding."""
    return all(
        len(seen) == 1 and near(seen, [1.0])
        for seen in map(_given, each.weights)
    )


def _given(row: Vector) -> Vector:
    """The weights of a row that are no rounding error of 0."""
    return [weight for weight in row if abs(weight) > _ROUNDING]


_ROUNDING = 1e-9


def _of_single(probe: Probe) -> Cause | None:
    """Not the token's own, which is what comes back unmixed."""
    n = range(len(probe.first.weights))
    own = all(isclose(probe.first.weights[i][i], 1) for i in n)
    if own and probe.step.name != "attention_weights":
        return None
    return measured(
        "largest_only",
        "All weight goes to a single score: that is argmax, not softmax.",
        "Give each score its share: exp of it, divided by the row's sum.",
    )


_FUNCTIONS: Mapping[str, Callable[[int], float]] = {
    "sqrt({})": sqrt,
    "{}": float,
    "1/sqrt({})": lambda size: 1 / sqrt(size),
    "{} squared": lambda size: float(size * size),
}
_HALVED: Mapping[str, Callable[[int], float]] = {
    "2 * {}": lambda size: 2.0 * size,
    "{} / 2": lambda size: size / 2,
}
"""What `scores / d_k ** 1/2` and `scores / (d_k ** 1/2)` divide by."""
_POWER_FIRST = (
    "In Python `** 1/2` is a power of 1, then halved: write `** 0.5`, or "
    "`sqrt`."
)
_SIZES = {
    "the number of tokens": "count",
    "the number of keys": "count",
    "the number of scores": "count",
    "the width": "width",
    "the width of the values": "value_width",
    "the width of the inputs": "input_width",
    "the width of all heads": "d_out",
    HEADS: "heads",
}
_OF_KEYS = {"{}": "scaled_by_width", "1/sqrt({})": "multiplied_by_root"}


def _divisor(probe: Probe, divisors: Sequence[float]) -> Cause | None:
    """Which number the scores were divided by, if it is a wrong one."""
    right = [probe.right(each) for each in probe.both]
    if near(divisors, right):
        return None
    if near(divisors, [-each for each in right]):
        return measured(
            "sign_flipped",
            "You take `exp` of minus the scores: the largest gets the least.",
            "Subtract the largest score from each, not the other way round.",
        )
    if near(divisors, [1.0, 1.0]):
        said = "You do not scale the scores: you divided by 1"
        return _of_scale("no_scale", said, probe, right[0])
    found = _of_a_size(probe, divisors, right[0])
    return found or _constant(probe, divisors, right[0])


def _of_a_size(
    probe: Probe, divisors: Sequence[float], right: float
) -> Cause | None:
    """A function of one of the sizes, if the divisor is that."""
    tried = product(probe.first.widths, _FUNCTIONS.items())
    halved = product(probe.first.widths, _HALVED.items())
    for words, (shown, function) in (*tried, *halved):
        size, other = (each.widths[words] for each in probe.both)
        if near(divisors, [function(size), function(other)]):
            name = _scale_name(words, shown)
            said = _as_of(words, shown, size, divisors[0])
            found = _of_scale(name, said, probe, right)
            return _halved(found) if shown in _HALVED else found
    return None


def _halved(cause: Cause) -> Cause:
    """The cause, with a word on what Python makes of `** 1/2`."""
    return cause._replace(advice=f"{cause.advice} {_POWER_FIRST}")


def _as_of(words: str, shown: str, size: int, divisor: float) -> str:
    """A number, and how it comes from one of the sizes."""
    value, of = number(divisor), shown.format(size)
    equals = f" = {of}" if of != value else ""
    root = " without the root" if shown == "{}" else ""
    return f"You divided by {value}{equals}, {words}{root}"


def _constant(
    probe: Probe, divisors: Sequence[float], right: float
) -> Cause | None:
    """Divided by a number that no size explains."""
    said = f"You divided by {number(divisors[0])}"
    if not isclose(*divisors, rel_tol=1e-6):
        return _of_scale("unknown_scale", said, probe, right)
    said += " whatever the width is"
    return _of_scale("constant_scale", said, probe, right)


def _scale_name(words: str, shown: str) -> str:
    """The name in the catalogue."""
    if words == OF_KEYS:
        return _OF_KEYS.get(shown, "unknown_scale")
    if shown != "sqrt({})":
        return "unknown_scale"
    return f"scaled_by_root_of_{_SIZES[words]}"


def _of_scale(name: str, said: str, probe: Probe, right: float) -> Cause:
    """What was measured, what is right, and in which sizes it was asked."""
    should = "3.3 does not scale the scores"
    advice = "Leave the scores as they are."
    if probe.scaled:
        should = f"{OF_KEYS} gives {number(right)}"
        advice = "Divide the scores by `sqrt(d_k)`, the root of that width."
    sizes = [f"{words} {size}" for words, size in probe.first.widths.items()]
    asked = f"(asked with {', '.join(sizes)})"
    return measured(name, f"{said}; {should} {asked}.", advice)
