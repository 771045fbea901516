"""The likely cause, found by asking the reader's function again.

Values set to the identity make an attention return its weights. Their sums
tell the axis of the softmax, their zeros the mask, and the logarithms of
their ratios the scale, and whether queries and keys are swapped. Where no
probe applies, the known mistakes are compared with what the function did.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isclose, log, sqrt
from random import Random
from typing import Any, NamedTuple

from attnbook.check.binding import Answer, Asked
from attnbook.check.cases import Case, Values, matrix, named
from attnbook.check.compare import compare, plain, shape
from attnbook.check.mistakes import Mistake, of_step
from attnbook.check.words import number
from attnbook.vectors import Matrix, matmul, transpose


class Cause(NamedTuple):
    """What is probably wrong, and one thing to try."""

    name: str
    sentence: str
    advice: str
    measured: bool
    """Found by measuring, or by likeness to a known mistake."""


class Revealed(NamedTuple):
    """The weights of an attention, beside what they were made from."""

    weights: Matrix
    queries: Matrix
    keys: Matrix
    widths: Mapping[str, int]
    """The sizes that a scale could have been taken from."""
    causal: bool
    scaled: bool
    rest: bool
    """Whether the other columns were mixed by the same weights."""


class Run(NamedTuple):
    """One case with what is right and what came."""

    case: Case
    expected: Any
    answer: Answer

    @property
    def fails(self) -> bool:
        """Whether the answer is missing or wrong."""
        if not self.answer.came:
            return True
        return compare(self.expected, self.answer.value) is not None


def diagnose(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The likely cause, measured if it can be, else by likeness."""
    alike = _alike(asked, runs)
    measured = _measure(asked)
    if alike is None or measured is None or alike.name == measured.name:
        return measured or alike
    return alike  # in every case: that is more than two measurements


def _measure(asked: Asked) -> Cause | None:
    """What the probes tell."""
    if asked.binding.step.name == "dot":
        return _products(asked)
    revealed = list(_reveal(asked))
    return _measured(*revealed) if len(revealed) == 2 else None


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
    name = {"4": "drops_last", "0": "drops_first"}.get(
        "".join(map(str, wrong))
    )
    return _cause(
        name or "miscounts_products",
        f"Of 5 products, number {wrong[0]} counts {number(counts[wrong[0]])} "
        f"times instead of once.",
        "Let the loop run over every index, from 0 to the length minus 1.",
    )


def _alike(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The known mistake that answers every case as the reader does."""
    answer = asked.binding.form.answer
    for entry in of_step(asked.binding.step):
        if all(_same(entry, answer, run) for run in reversed(runs)):
            return Cause(
                entry.name, entry.sentence, entry.advice, measured=False
            )
    return None


def _same(entry: Mistake, answer: Callable[..., Any], run: Run) -> bool:
    """Whether a mistake gives the reader's answer in one case."""
    try:
        wrong = answer(entry.function, run.case.values)
    except Exception:  # noqa: BLE001 - it is a wrong version
        return not run.answer.came
    return run.answer.came and compare(wrong, run.answer.value) is None


def _reveal(asked: Asked) -> Iterator[Revealed]:
    """Ask for weights in two settings whose sizes all differ."""
    rng = Random(7)  # noqa: S311 - test data
    for n, d_in, d_k, d_v in ((4, 6, 3, 5), (3, 7, 5, 4)):
        found = _revealed(asked, rng, n, d_in, d_k, d_v)
        if found is not None:
            yield found


def _revealed(
    asked: Asked, rng: Random, n: int, d_in: int, d_k: int, d_v: int
) -> Revealed | None:
    """The weights, read off the columns in which the values are 1 or 0."""
    step = asked.binding.step
    identity = [[float(i == j) for j in range(n)] for i in range(n)]
    widths = {_COUNTED.get(step.name, "the number of tokens"): n}
    if step.name in {"attention_weights", "self_attention"}:
        inputs = _beside(identity, matrix(rng, n, d_k))
        values: Values = {"inputs": inputs}
        queries = keys = mixed = inputs
        widths |= {"the width": n + d_k}
    elif step.name == "softmax":
        queries, keys = matrix(rng, n, n), identity
        mixed, values = keys, {"score_rows": queries}
    elif step.name == "scaled_dot_product_attention":
        queries, keys = matrix(rng, n, d_k), matrix(rng, n, d_k)
        mixed = _beside(identity, [[0.0] * (d_v - n) for _ in range(n)])
        values = {"queries": queries, "keys": keys, "values": mixed}
        values |= {"d_k": d_k}
        widths |= {"the width of the keys": d_k}
        widths |= {"the width of the values": d_v}
    elif step.name in {"trainable_self_attention", "causal_attention"}:
        values = _projecting(rng, identity, d_in, d_k, d_v)
        queries = matmul(values["inputs"], values["W_query"])
        keys = matmul(values["inputs"], values["W_key"])
        mixed = matmul(values["inputs"], values["W_value"])
        widths |= {"the width of the keys": d_k}
        widths |= {"the width of the inputs": d_in}
        widths |= {"the width of the values": d_v}
    else:
        return None
    if step.name in {"attention_weights", "softmax"}:
        return _direct(asked, values, queries, keys, widths)
    answer = asked.answer(values)
    wide = n, len(mixed[0])
    if not answer.came or shape(answer.value) != wide:
        return None
    if not plain(answer.value):
        return None
    weights = [row[:n] for row in answer.value]
    return Revealed(
        weights, queries, keys, widths,
        causal=step.name == "causal_attention",
        scaled=step.section != "3.3",
        rest=_close(answer.value, matmul(weights, mixed)),
    )  # fmt: skip


_COUNTED = {
    "softmax": "the number of scores",
    "scaled_dot_product_attention": "the number of keys",
}


def _beside(left: Matrix, right: Matrix) -> Matrix:
    """Two matrices side by side."""
    return [[*a, *b] for a, b in zip(left, right, strict=True)]


def _projecting(
    rng: Random, identity: Matrix, d_in: int, d_k: int, d_v: int
) -> Values:
    """Inputs and weights that make the values the identity, and zeros."""
    n = len(identity)
    weights = {
        "W_query": matrix(rng, d_in, d_k),
        "W_key": matrix(rng, d_in, d_k),
        "W_value": [
            [float(i == j and i < n) for j in range(d_v)] for i in range(d_in)
        ],
    }
    return {
        "inputs": _beside(identity, matrix(rng, n, d_in - n)),
        **weights,
        "projections": named(weights),
        "d_in": d_in,
        "d_out": d_v,
        "d_k": d_k,
        "context_length": n,
        "no_dropout": 0.0,
        "qkv_bias": False,
    }


def _direct(
    asked: Asked,
    values: Values,
    queries: Matrix,
    keys: Matrix,
    widths: Mapping[str, int],
) -> Revealed | None:
    """The weights of a function that returns them, row by row or whole."""
    rows = []
    for i, query in enumerate(queries):
        row = {"query": query, "scores": query, "row": i}
        answer = asked.answer({**values, **row})
        if not answer.came:
            return None
        rows.append(answer.value)
    square = (len(queries), len(queries))
    weights = rows[0] if shape(rows[0]) == square else rows
    if shape(weights) != square or not plain(weights):
        return None
    return Revealed(
        weights, queries, keys, widths, causal=False, scaled=False, rest=True
    )


def _measured(first: Revealed, second: Revealed) -> Cause | None:
    """What the weights tell; both settings must tell the same."""
    for probe in (_sums, _mask, _scale):
        found = probe(first, second)
        if found is not None:
            return found
    return None


def _cause(name: str, sentence: str, advice: str) -> Cause:
    return Cause(name, sentence, advice, measured=True)


_ROWS = "Apply softmax to each row of the scores: one query, all its keys."


def _sums(first: Revealed, second: Revealed) -> Cause | None:
    """The axis of the softmax, from the sums of rows and columns."""
    rows = [sum(row) for row in first.weights]
    columns = [sum(column) for column in zip(*first.weights, strict=True)]
    if not first.rest or _ones(rows):
        return None
    if _ones(columns) and _ones(map(sum, zip(*second.weights, strict=True))):
        return _cause(
            "softmax_over_queries",
            f"Your softmax runs over the queries: the columns of your weights "
            f"sum to 1, while row 0 sums to {number(rows[0])}.",
            _ROWS,
        )
    if _ones([sum(rows)]) and _ones([sum(map(sum, second.weights))]):
        return _cause(
            "softmax_over_everything",
            "Your softmax runs over all scores at once: the whole table of "
            "weights sums to 1, instead of every row.",
            _ROWS,
        )
    return _linear(first, second) or _cut(first)


def _ones(sums: Iterable[float]) -> bool:
    """Whether all sums are 1."""
    return all(isclose(total, 1, rel_tol=1e-6) for total in sums)


def _linear(first: Revealed, second: Revealed) -> Cause | None:
    """Scores in the place of weights."""
    factors = []
    for each in (first, second):
        factor = _proportion(_scores(each), each.weights)
        if factor is None or each.causal:
            return None
        factors.append(factor)
    return _cause(
        "no_softmax",
        f"Your weights are the scores times {number(factors[0])}, some of "
        f"them negative: softmax is missing.",
        "Turn each row of scores into weights that sum to 1 before mixing.",
    )


def _scores(each: Revealed) -> Matrix:
    return matmul(each.queries, transpose(each.keys))


def _proportion(a: Matrix, b: Matrix) -> float | None:
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


def _cut(first: Revealed) -> Cause | None:
    """A mask applied after softmax: the last row is whole, others not."""
    if not first.causal or not _hidden(first, lambda i, j: j > i):
        return None
    if not _ones([sum(first.weights[-1])]):
        return None
    return _cause(
        "mask_after_softmax",
        f"You zero the hidden weights after softmax: row 0 of your weights "
        f"sums to {number(sum(first.weights[0]))}, not to 1.",
        "Put minus infinity in the hidden scores, then apply softmax.",
    )


def _hidden(each: Revealed, rule: Callable[[int, int], bool]) -> bool:
    """Whether the weights are 0 exactly where the rule says."""
    return all(
        (abs(weight) < 1e-12) == rule(i, j)
        for i, row in enumerate(each.weights)
        for j, weight in enumerate(row)
    )


_HIDE = "Hide key j from query i where j > i, and only there."


def _mask(first: Revealed, second: Revealed) -> Cause | None:
    """Which weights are 0, against which should be."""
    wanted = _right_mask if first.causal else _no_mask
    for name, rule, sentence in _MASKS:
        both = _hidden(first, rule) and _hidden(second, rule)
        if both and rule is not wanted:
            if rule is _no_mask:
                return _unmasked(first)
            advice = _HIDE if first.causal else "Let every token see all."
            return _cause(name, sentence, advice)
    return None


def _no_mask(i: int, j: int) -> bool:
    _ = i, j
    return False


def _right_mask(i: int, j: int) -> bool:
    return j > i


_MASKS: tuple[tuple[str, Callable[[int, int], bool], str], ...] = (
    ("no_mask", _no_mask, ""),
    (
        "causal",
        _right_mask,
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
            "Put minus infinity in the hidden scores, then apply softmax.",
        )
    return None


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
    return _proportion([wanted], [logs]) if wanted else None


def _scale(first: Revealed, second: Revealed) -> Cause | None:
    """The scale, and which vectors were scored with which."""
    if not (_ones(map(sum, first.weights)) and first.rest):
        return None
    for name, scores in (
        ("", _scores),
        ("swapped", lambda each: transpose(_scores(each))),
        ("keys_with_keys", lambda e: matmul(e.keys, transpose(e.keys))),
        (
            "queries_with_queries",
            lambda e: matmul(e.queries, transpose(e.queries)),
        ),
    ):
        factors = [_fit(each, scores(each)) for each in (first, second)]
        if None not in factors:
            return _explain(name, first, second, [f or 0.0 for f in factors])
    return None


_SCORED = {
    "swapped": (
        "Queries and keys are swapped: your weight (i, j) comes from key i "
        "and query j.",
        "Score (i, j) is query i times key j: `queries @ transpose(keys)`.",
    ),
    "keys_with_keys": (
        "You score keys with keys: the queries are not used.",
        "Score (i, j) is query i times key j.",
    ),
    "queries_with_queries": (
        "You score queries with queries: the keys are not used.",
        "Score (i, j) is query i times key j.",
    ),
}


def _explain(
    name: str, first: Revealed, second: Revealed, factors: Sequence[float]
) -> Cause | None:
    """Words for the scale that was measured, or for what was scored."""
    scale = _scale_named(first, second, factors)
    if not name:
        return scale
    sentence, advice = _SCORED[name]
    if scale is not None:
        sentence = f"{sentence} Besides: {scale.sentence}"
    return _cause(name, sentence, advice)


def _scale_named(
    first: Revealed, second: Revealed, factors: Sequence[float]
) -> Cause | None:
    """Which number the scores were divided by, if it is a wrong one."""
    divisors = [1 / factor for factor in factors]
    right = [_right(each) for each in (first, second)]
    if _near(divisors, right):
        return None
    if _near(divisors, [1.0, 1.0]):
        return _cause(
            "no_scale",
            f"You do not scale the scores: you divided by 1; "
            f"{_should(first, right)}.",
            "Divide the scores by `sqrt(d_k)`, the root of the keys' width.",
        )
    for words, first_size in first.widths.items():
        sizes = [first_size, second.widths[words]]
        for shown, function in _FUNCTIONS.items():
            if _near(divisors, [function(size) for size in sizes]):
                return _divided(first, words, shown, divisors, right)
    constant = isclose(*divisors, rel_tol=1e-6)
    return _cause(
        "constant_scale" if constant else "unknown_scale",
        f"You divided by {number(divisors[0])}"
        f"{' whatever the width is' if constant else ''}; "
        f"{_should(first, right)}.",
        _advice(first),
    )


_FUNCTIONS: Mapping[str, Callable[[int], float]] = {
    "sqrt": sqrt,
    "": float,
    "1/sqrt": lambda size: 1 / sqrt(size),
    "square": lambda size: float(size * size),
}


def _right(each: Revealed) -> float:
    """What the scores should be divided by."""
    if not each.scaled:
        return 1.0
    return sqrt(each.widths["the width of the keys"])


def _near(found: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(
        isclose(a, b, rel_tol=1e-6) for a, b in zip(found, wanted, strict=True)
    )


def _should(first: Revealed, right: Sequence[float]) -> str:
    """What is right, with its number, and in which sizes it was asked."""
    if not first.scaled:
        return f"3.3 does not scale the scores{_asked(first)}"
    return f"the width of the keys gives {number(right[0])}{_asked(first)}"


def _asked(first: Revealed) -> str:
    """The sizes of the probe."""
    sizes = [f"{words} {size}" for words, size in first.widths.items()]
    return f" (asked with {', '.join(sizes)})"


def _advice(first: Revealed) -> str:
    if not first.scaled:
        return "Leave the scores as they are."
    return "Divide the scores by `sqrt(d_k)`, the root of the keys' width."


def _divided(
    first: Revealed,
    words: str,
    shown: str,
    divisors: Sequence[float],
    right: Sequence[float],
) -> Cause:
    """Divided by a function of one of the sizes."""
    size = first.widths[words]
    of = {"": f"{size}", "square": f"{size} squared"}.get(
        shown, f"{shown}({size})"
    )
    sentence = (
        f"You divided by {number(divisors[0])} = {of}, {words}; "
        f"{_should(first, right)}."
        if shown
        else f"You divided by {number(divisors[0])}, {words} without the "
        f"root; {_should(first, right)}."
    )
    return _cause(_scale_name(words, shown), sentence, _advice(first))


def _scale_name(words: str, shown: str) -> str:
    """The name in the catalogue."""
    if words == "the width of the keys":
        return {"": "scaled_by_width", "1/sqrt": "multiplied_by_root"}.get(
            shown, "unknown_scale"
        )
    size = {
        "the number of tokens": "count",
        "the number of keys": "count",
        "the number of scores": "count",
        "the width": "width",
        "the width of the values": "value_width",
        "the width of the inputs": "input_width",
    }[words]
    return f"scaled_by_root_of_{size}" if shown == "sqrt" else "unknown_scale"


def _close(a: Matrix, b: Matrix) -> bool:
    """Whether two matrices agree."""
    return compare(a, b) is None
