"""Causes that can be measured on the weights that an attention reveals.

The sums of the weights tell the axis of the softmax, their zeros the mask,
and the logarithms of their ratios the scale, and whether queries and keys are
swapped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isclose, log, sqrt
from typing import NamedTuple

from attnbook.checker.cause.reveal import Revealed, reveal
from attnbook.checker.finding import Cause
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.table import Step
from attnbook.checker.words import number
from attnbook.vectors import Matrix, matmul, transpose


class Probe(NamedTuple):
    """What two settings revealed of one step."""

    step: Step
    first: Revealed
    second: Revealed

    @property
    def both(self) -> tuple[Revealed, Revealed]:
        """Both settings: they must tell the same."""
        return self.first, self.second

    @property
    def causal(self) -> bool:
        """Whether later keys should be hidden."""
        return self.step.name in {"causal_attention", "multi_head_attention"}

    @property
    def scaled(self) -> bool:
        """Whether scores should be divided by the root of a width."""
        return not self.step.section.startswith("3.3")


def measure(asked: Asked) -> Cause | None:
    """What the probes tell."""
    step = asked.binding.step
    if step.name == "dot":
        return _products(asked)
    revealed = reveal(asked)
    if len(revealed) < 2 or not all(each.mixes for each in revealed):
        return None
    found = Probe(step, *revealed)
    return _sums(found) or _mask(found) or _scale(found)


def _cause(name: str, sentence: str, advice: str) -> Cause:
    return Cause(name, sentence, advice, measured=True)


_DROPPED: Mapping[tuple[int, ...], str] = {
    (0,): "drops_first",
    (4,): "drops_last",
}


def _products(asked: Asked) -> Cause | None:
    """How often each product counts, asked by vectors with a single 1."""
    counts = []
    for i in range(5):
        unit = [float(i == j) for j in range(5)]
        answer = asked.answer({"x": unit, "y": unit})
        if not isinstance(answer.value, float | int):
            return None
        counts.append(answer.value)
    wrong = [i for i, count in enumerate(counts) if count != 1]
    if not wrong or len(set(counts)) == 1:
        return None
    return _cause(
        _DROPPED.get(tuple(wrong), "miscounts"),
        f"Of 5 products, number {wrong[0]} counts {number(counts[wrong[0]])} "
        f"times instead of once.",
        "Let the loop run over every index, from 0 to the length minus 1.",
    )


# The sums of rows and columns.

_ROWS = "Apply softmax to each row of the scores: one query, all its keys."
_BEFORE = "Put minus infinity in the hidden scores, then apply softmax."


def _sums(probe: Probe) -> Cause | None:
    """The axis of the softmax, from the sums of rows and columns."""
    rows = [sum(row) for row in probe.first.weights]
    if _ones(rows):
        return None
    if all(_ones(map(sum, transpose(each.weights))) for each in probe.both):
        return _cause(
            "softmax_over_queries",
            f"Your softmax runs over the queries: the columns of your weights "
            f"sum to 1, while row 0 sums to {number(rows[0])}.",
            _ROWS,
        )
    if all(_ones([sum(map(sum, each.weights))]) for each in probe.both):
        return _cause(
            "softmax_over_everything",
            "Your softmax runs over all scores at once: the whole table of "
            "weights sums to 1, instead of every row.",
            _ROWS,
        )
    return _cut(probe) if probe.causal else _linear(probe)


def _ones(sums: Iterable[float]) -> bool:
    """Whether all sums are 1."""
    return all(isclose(total, 1, rel_tol=1e-6) for total in sums)


def _linear(probe: Probe) -> Cause | None:
    """Scores in the place of weights."""
    factors = [_factor(_scores(each), each.weights) for each in probe.both]
    if None in factors:
        return None
    return _cause(
        "no_softmax",
        f"Your weights are the scores times {number(factors[0])}, some of "
        f"them negative: softmax is missing.",
        "Turn each row of scores into weights that sum to 1 before mixing.",
    )


def _scores(each: Revealed) -> Matrix:
    """Every query with every key."""
    return matmul(each.queries, transpose(each.keys))


def _factor(a: Matrix, b: Matrix) -> float | None:
    """The factor by which `b` is `a`, if there is one."""
    pairs = [
        pair
        for rows in zip(a, b, strict=True)
        for pair in zip(*rows, strict=True)
    ]
    norm = sum(x * x for x, _ in pairs)
    if not norm:
        return None
    factor = sum(x * y for x, y in pairs) / norm
    largest = max(abs(y) for _, y in pairs)
    fits = all(abs(factor * x - y) <= 1e-6 * largest for x, y in pairs)
    return factor if fits and factor else None


def _cut(probe: Probe) -> Cause | None:
    """A mask applied after softmax: the last row is whole, others not."""
    first = probe.first.weights
    if not _hidden(probe, _later) or not _ones([sum(first[-1])]):
        return None
    return _cause(
        "mask_after_softmax",
        f"You zero the hidden weights after softmax: row 0 of your weights "
        f"sums to {number(sum(first[0]))}, not to 1.",
        _BEFORE,
    )


# The weights that are 0.

_HIDE = "Hide key j from query i where j > i, and only there."


def _hidden(probe: Probe, rule: Callable[[int, int], bool]) -> bool:
    """Whether the weights are 0 exactly where the rule says."""
    return all(
        (abs(weight) < 1e-12) == rule(i, j)
        for each in probe.both
        for i, row in enumerate(each.weights)
        for j, weight in enumerate(row)
    )


def _later(i: int, j: int) -> bool:
    return j > i


_MASKS: Sequence[tuple[str, Callable[[int, int], bool], str]] = (
    (
        "causal",
        _later,
        "Every weight above the diagonal is 0: your tokens see only "
        "themselves and earlier ones.",
    ),
    (
        "mask_flipped",
        lambda i, j: j < i,
        "Every weight below the diagonal is 0: your mask is flipped, and "
        "tokens see themselves and later ones.",
    ),
    (
        "mask_hides_self",
        lambda i, j: i == j,
        "Every weight on the diagonal is 0: no token sees itself.",
    ),
    (
        "mask_hides_self",
        lambda i, j: j >= i,
        "The weights on the diagonal are 0: your mask hides each token from "
        "itself.",
    ),
    (
        "mask_shows_next",
        lambda i, j: j > i + 1,
        "The weights right above the diagonal are not 0: your mask begins "
        "one too late, and each token sees the next one.",
    ),
)


def _mask(probe: Probe) -> Cause | None:
    """Which weights are 0, against which should be."""
    if probe.causal and _hidden(probe, lambda i, j: False):  # noqa: ARG005
        return _unmasked(probe.first)
    advice = _HIDE if probe.causal else "Let every token see all tokens."
    for name, rule, sentence in _MASKS:
        right = probe.causal and rule is _later
        if not right and _hidden(probe, rule):
            return _cause(name, sentence, advice)
    return None


def _unmasked(first: Revealed) -> Cause | None:
    """Nothing is 0: no mask at all, or zeros put in the scores."""
    seen = first.weights[0][1:]
    if _fit(first, _scores(first)) is not None:
        return _cause(
            "no_mask",
            f"Nothing is hidden: token 0 gives the weight "
            f"{number(max(seen))} to a later one.",
            _HIDE,
        )
    if all(isclose(weight, seen[0], rel_tol=1e-6) for weight in seen):
        return _cause(
            "mask_with_zeros",
            f"All hidden weights of row 0 are {number(seen[0])}: you put 0 "
            f"in the hidden scores, and `exp(0)` is 1.",
            _BEFORE,
        )
    return None


# The ratios of the weights.


def _fit(each: Revealed, scores: Matrix) -> float | None:
    """The factor that turns these scores into the logs of the weights.

    Only differences within a row count: softmax forgets the rest.
    """
    logs, wanted = [], []
    for row, weights in zip(scores, each.weights, strict=True):
        seen = [j for j, weight in enumerate(weights) if weight > 1e-12]
        for j in seen[1:]:
            wanted.append(row[j] - row[seen[0]])
            logs.append(log(weights[j] / weights[seen[0]]))
    return _factor([wanted], [logs]) if wanted else None


_SCORED: Sequence[tuple[str, Callable[[Revealed], Matrix], str, str]] = (
    ("", _scores, "", ""),
    (
        "swapped",
        lambda each: transpose(_scores(each)),
        "Queries and keys are swapped: your weight (i, j) comes from key i "
        "and query j.",
        "Score (i, j) is query i times key j: `queries @ transpose(keys)`.",
    ),
    (
        "keys_with_keys",
        lambda each: matmul(each.keys, transpose(each.keys)),
        "You score keys with keys: the queries are not used.",
        "Score (i, j) is query i times key j.",
    ),
    (
        "queries_with_queries",
        lambda each: matmul(each.queries, transpose(each.queries)),
        "You score queries with queries: the keys are not used.",
        "Score (i, j) is query i times key j.",
    ),
)


def _scale(probe: Probe) -> Cause | None:
    """The scale, and which vectors were scored with which."""
    if not _ones(map(sum, probe.first.weights)):
        return None
    for name, scores, sentence, advice in _SCORED:
        factors = [_fit(each, scores(each)) for each in probe.both]
        if None in factors:
            continue
        scale = _divisor(probe, [1 / factor for factor in factors if factor])
        if not name or scale is None:
            return _cause(name, sentence, advice) if name else scale
        return _cause(name, f"{sentence} Besides: {scale.sentence}", advice)
    return None


_FUNCTIONS: Mapping[str, Callable[[int], float]] = {
    "sqrt({})": sqrt,
    "{}": float,
    "1/sqrt({})": lambda size: 1 / sqrt(size),
    "{} squared": lambda size: float(size * size),
}
_SIZES = {
    "the number of tokens": "count",
    "the number of keys": "count",
    "the number of scores": "count",
    "the width": "width",
    "the width of the values": "value_width",
    "the width of the inputs": "input_width",
    "the width of all heads": "d_out",
    "the number of heads": "heads",
}
_OF_KEYS = {"{}": "scaled_by_width", "1/sqrt({})": "multiplied_by_root"}


def _divisor(probe: Probe, divisors: Sequence[float]) -> Cause | None:
    """Which number the scores were divided by, if it is a wrong one."""
    right = [_right(probe, each) for each in probe.both]
    if _near(divisors, right):
        return None
    if _near(divisors, [1.0, 1.0]):
        said = "You do not scale the scores: you divided by 1"
        return _of_scale("no_scale", said, probe, right[0])
    for words, size in probe.first.widths.items():
        sizes = size, probe.second.widths[words]
        for shown, function in _FUNCTIONS.items():
            if _near(divisors, [function(each) for each in sizes]):
                name = _scale_name(words, shown)
                said = _as_of(words, shown, size, divisors[0])
                return _of_scale(name, said, probe, right[0])
    return _constant(probe, divisors, right[0])


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


def _right(probe: Probe, each: Revealed) -> float:
    """What the scores should be divided by."""
    return sqrt(each.widths["the width of the keys"]) if probe.scaled else 1.0


def _near(found: Sequence[float], wanted: Sequence[float]) -> bool:
    """Whether two measurements are what is wanted."""
    return all(
        isclose(a, b, rel_tol=1e-6) for a, b in zip(found, wanted, strict=True)
    )


def _scale_name(words: str, shown: str) -> str:
    """The name in the catalogue."""
    if words == "the width of the keys":
        return _OF_KEYS.get(shown, "unknown_scale")
    if shown != "sqrt({})":
        return "unknown_scale"
    return f"scaled_by_root_of_{_SIZES[words]}"


def _of_scale(name: str, said: str, probe: Probe, right: float) -> Cause:
    """What was measured, what is right, and in which sizes it was asked."""
    should = "3.3 does not scale the scores"
    advice = "Leave the scores as they are."
    if probe.scaled:
        should = f"the width of the keys gives {number(right)}"
        advice = "Divide the scores by `sqrt(d_k)`, the root of that width."
    sizes = [f"{words} {size}" for words, size in probe.first.widths.items()]
    asked = f"(asked with {', '.join(sizes)})"
    return _cause(name, f"{said}; {should} {asked}.", advice)
