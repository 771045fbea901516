"""What is right on ordinary numbers and still not safe."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isnan, sqrt
from random import Random
from typing import Any

from attnbook.checker.finding import Caution
from attnbook.checker.match.binding import Answer, Asked
from attnbook.checker.steps.cases import Values, complete
from attnbook.checker.steps.compare import (
    COARSE,
    EXACT,
    compare,
    error,
    numbers,
    single,
)
from attnbook.checker.steps.table import Step

_ADVICE = (
    "Subtract the row's largest score from every score before `exp`: the "
    "weights stay the same, and no exponent is above 0."
)

_ADVICE_OF = {
    "cross_entropy": (
        "Take the logarithm of the row's sum and subtract the target's "
        "logit, both less the largest logit: a probability may round to 0."
    ),
}


def overflow(asked: Asked) -> list[Caution]:
    """From which size of scores on the function fails, if it does."""
    step, roles = asked.binding.step, asked.binding.form.roles
    if not step.large:
        return []
    for sign, what in _SIGNS.items():
        own = _tokens(step, roles)  # a token's own score is positive
        safe = partial(_is_safe, asked, sign)
        if (own and sign < 0) or safe(10_000.0) or not safe(1.0):
            continue  # what refuses an ordinary score refuses the sizes
        largest = sign * _limit(safe)
        name, how = asked.binding.target, _how(asked, largest)
        sentence = f"`{name}` {what} of about {largest:.0f}: {how}."
        advice = _ADVICE_OF.get(step.name, _ADVICE)
        return [Caution("overflow", sentence, advice)]
    return []


def _tokens(step: Step, roles: Sequence[str]) -> str:
    """The role of tokens that score each other as they are; or none."""
    if roles == ("keys",):
        return "keys"
    is_simple = step.axes.keys() == {"n", "d"}
    return "inputs" if is_simple and "inputs" in roles else ""


def one_maximum(asked: Asked) -> list[Caution]:
    """From which distance on a row below the others divides 0 by 0."""
    step, roles = asked.binding.step, asked.binding.form.roles
    if not step.large or _rows_apart(step, roles, 10_000.0) is None:
        return []

    def safe(distance: float) -> bool:
        values = _rows_apart(step, roles, distance)
        return values is None or _right(asked, values)

    if safe(10_000.0) or not safe(1.0):
        return []
    sentence = (
        f"`{asked.binding.target}` divides 0 by 0 in a row whose scores all "
        f"lie about {_limit(safe):.0f} below the largest of the matrix: does "
        f"it subtract one maximum from every row?"
    )
    return [Caution("one maximum", sentence, _OWN)]


_OWN = "Subtract each row's own largest score, with `keepdims` in an array."


def _right(asked: Asked, values: Values) -> bool:
    """Whether the function is right on these values."""
    answer = asked.answer(values)
    if not answer.came:
        return False
    return compare(asked.expected(values), answer.value) is None


def _limit(safe: Callable[[float], bool]) -> float:
    """The least size from 1 to 10,000 that is not safe, to a half."""
    low, high = 1.0, 10_000.0
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (middle, high) if safe(middle) else (low, middle)
    return high


def _rows_apart(
    step: Step, roles: Sequence[str], distance: float
) -> Values | None:
    """Values whose second row of scores lies so far below the largest.

    None where a step has one row, or its own way to make scores.
    """
    many = {"n", "keys", "queries"}
    sizes = {axis: 2 if axis in many else 1 for axis in step.axes}
    values = step.draw(Random(0), **sizes)  # noqa: S311 - test data
    third, root = distance / 1.5, sqrt(distance / 0.75)
    if "score_rows" in roles:
        apart = [[third, third / 2], [-third, -third / 2]]
        return values | {"score_rows": apart}
    if "queries" in roles:
        given = {"queries": [[third], [-third]], "keys": [[1.0], [0.5]]}
        return values | given
    if tokens := _tokens(step, roles):  # 1 and 0.25, then 0.25 and less
        alone = {"query", "row"} & {*roles}
        return None if alone else values | {tokens: [[root], [root / 4]]}
    return _projected_apart(values, distance)


def _projected_apart(values: Values, distance: float) -> Values | None:
    """The same for what projects its inputs; None for what does not."""
    if "W_query" not in values:
        return None
    inputs = [[1.0], [-0.5]]  # scores: 1 and -0.5, then -0.5 and 0.25
    weights = {"W_query": [[distance / 0.75]], "W_key": [[1.0]]}
    return complete(values | {"inputs": inputs} | weights)


def _is_safe(asked: Asked, sign: float, size: float) -> bool:
    """Whether the function is right at scores of that size."""
    return _right(asked, _with_score(asked, sign * size))


_SIGNS = {
    1.0: "overflows from a largest score",
    -1.0: "divides by zero when the largest score is",
}


def _with_score(asked: Asked, score: float) -> Values:
    """Values whose largest score is this, and the next one further down.

    All widths are 1, so nothing is scaled; every other weight is 1 too. Where
    a token makes a row of its own, its row lies close to the first one.
    """
    step, roles = asked.binding.step, asked.binding.form.roles
    many = {"n", "keys", "vocabulary"}
    sizes = {axis: 2 if axis in many else 1 for axis in step.axes}
    values = step.draw(Random(0), **sizes)  # noqa: S311 - test data
    other, near = (0.5, 0.95) if score > 0 else (1.5, 1.05)
    large = _large(score, other, near)
    if tokens := _tokens(step, roles):  # a token is both query and key
        root = sqrt(score)
        large |= {tokens: [[root], [root * near]], "query": [root], "row": 0}
    return complete(
        values | {role: large[role] for role in large if role in values}
    )


def _large(score: float, other: float, near: float) -> Values:
    """Every role with such a score in it."""
    row = [score, score * other]
    rows = {"score_rows": [row], "logits": [row], "targets": [1]}
    keys = {"queries": [[score]], "keys": [[1.0], [other]]}
    inputs = {"inputs": [[1.0], [near]], "W_query": [[score]]}
    alone = {"scores": row, "logit_row": row, "target": 1, "W_key": [[1.0]]}
    return rows | keys | inputs | alone


def _how(asked: Asked, score: float) -> str:
    """What the function does there."""
    answer = asked.answer(_with_score(asked, score))
    if not answer.came:
        raised = answer.reply.get("error", {"type": "a crash"})["type"]
        return f"it raises {raised}"
    return f"it returns {_bad(answer)}"


def _bad(answer: Answer) -> str:
    """NaN, or a wrong number."""
    entries: list[Any] = [entry for _, entry in numbers(answer.value)]
    is_nan = any(isinstance(each, float) and isnan(each) for each in entries)
    return "NaN" if is_nan else "wrong numbers"


def precision(asked: Asked, answered: list[tuple[Any, Any]]) -> list[Caution]:
    """Whether the results are as exact as float64 allows."""
    worst = max(error(right, value) for right, value in answered)
    name = asked.binding.target
    if worst <= EXACT:
        return []
    if all(single(value) for _, value in answered):
        sentence = (
            f"`{name}` computes in float32: it agrees to {worst:.0e}, about 7 "
            f"digits, where lists of Python floats agree to 15."
        )
        return [Caution("float32", sentence)]
    sentence = f"`{name}` agrees only to {worst:.0e}, {_WHY}"
    return [Caution("imprecise", sentence)] if worst <= COARSE else []


_WHY = (
    "though its numbers are float64: does a part of it compute in float32, "
    "as `.float()` does, is something rounded, or a small number added?"
)


def mismatch(asked: Asked) -> list[Caution]:
    """What becomes of lengths that do not fit together."""
    values = _MISMATCHED.get(asked.binding.form.roles)
    if values is None:
        return []
    answer = asked.answer(values)
    if not answer.came:
        return []
    name = asked.binding.target
    if answer.value == {"other": "NoneType"}:
        how = "prints and returns" if answer.reply["printed"] else "returns"
        what = f"{how} `None`, so a mismatch passes silently"
    else:
        what = "returns a result all the same, so a mismatch passes silently"
    sentence = f"Given lengths that do not fit together, `{name}` {what}."
    return [Caution("mismatch", sentence, "Raise a `ValueError` instead.")]


# Arguments whose lengths do not fit together, by their roles.
_MISMATCHED: Mapping[tuple[str, ...], Values] = {
    ("x", "y"): {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0]},
    ("query", "inputs"): {
        "query": [1.0, 2.0, 3.0],
        "inputs": [[1.0, 2.0]],
    },
    ("attn_weights", "inputs"): {
        "attn_weights": [0.5, 0.3, 0.2],
        "inputs": [[1.0], [2.0]],
    },
    ("attn_weight_rows", "inputs"): {
        "attn_weight_rows": [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]],
        "inputs": [[1.0], [2.0]],
    },
    ("queries", "keys", "values"): {
        "queries": [[1.0]],
        "keys": [[1.0], [2.0], [3.0]],
        "values": [[1.0], [2.0]],
    },
}
