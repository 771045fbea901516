"""What is right on ordinary numbers and still not safe."""

from collections.abc import Mapping
from math import isnan
from typing import Any, NamedTuple

from attnbook.check.binding import Answer, Asked
from attnbook.check.cases import Values
from attnbook.check.compare import COARSE, compare, error, single

_ADVICE = (
    "Subtract the row's largest score from every score before `exp`: the "
    "weights stay the same, and no exponent is above 0."
)


class Caution(NamedTuple):
    """Something to mend that is no wrong number on ordinary scores."""

    kind: str
    sentence: str
    advice: str = ""


def overflow(asked: Asked) -> list[Caution]:
    """From which size of scores on the function fails, if it does."""
    if asked.binding.step.gradient:
        return []
    name = asked.binding.target
    for sign, kind in ((1.0, "overflows"), (-1.0, "divides by zero")):
        if not _scores(asked, sign) or _safe(asked, sign, 10_000.0):
            continue
        largest = _threshold(asked, sign)
        what = "a largest score" if sign > 0 else "scores all"
        sentence = (
            f"`{name}` {kind} from {what} of about {sign * largest:.0f}: "
            f"{_how(asked, sign, largest)}."
        )
        return [Caution("overflow", sentence, _ADVICE)]
    return []


def _scores(asked: Asked, sign: float) -> bool:
    """Whether large scores of this sign can be arranged at all."""
    return _with_score(asked, sign, 1.0) is not None


def _with_score(asked: Asked, sign: float, score: float) -> Values | None:
    """Values whose scores, after any scaling, are about so large.

    One token of width 1 is its own score; with two tokens the other scores
    half as much. Weights on the way are the number 1.
    """
    roles = asked.binding.form.roles
    one, two = sign * score, sign * score * 1.5
    if "scores" in roles:
        return {"scores": [one, two if sign < 0 else one / 2]}
    if "score_rows" in roles:
        return {"score_rows": [[one, two if sign < 0 else one / 2]]}
    if "queries" in roles:
        keys = [[1.0], [1.5 if sign < 0 else 0.5]]
        return {
            "queries": [[one]],
            "keys": keys,
            "values": [[1.0], [2.0]],
            "d_k": 1,
        }
    return _of_tokens(asked, sign, score)


def _of_tokens(asked: Asked, sign: float, score: float) -> Values | None:
    """The same where the scores come from the inputs."""
    step = asked.binding.step
    if step.name not in {
        "attention_weights", "self_attention", "trainable_self_attention",
        "causal_attention", "multi_head_attention",
    }:  # fmt: skip
        return None
    if step.axes.keys() == {"n", "d"}:
        if sign < 0:
            return None
        root = score**0.5
        inputs = [[root], [root / 2]]
        return {"inputs": inputs, "query": [root], "row": 0}
    return _projected(sign, score)


def _projected(sign: float, score: float) -> Values:
    """Two tokens and weights of one number each."""
    weights: Mapping[str, Any] = {
        "W_query": [[sign * score]],
        "W_key": [[1.0]],
        "W_value": [[1.0]],
        "W_out": [[1.0]],
        "b_out": [0.0],
        "num_heads": 1,
    }
    three = dict(list(weights.items())[:3])
    return {
        "inputs": [[1.0], [1.5 if sign < 0 else 0.5]],
        **weights,
        "projections": _named(three),
        "parameters": _named(weights),
        "d_in": 1,
        "d_out": 1,
        "d_k": 1,
        "context_length": 2,
        "no_dropout": 0.0,
        "qkv_bias": False,
    }


def _named(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"fields": list(items), "items": list(items.values())}


def _safe(asked: Asked, sign: float, score: float) -> bool:
    """Whether the function is right at such scores."""
    values = _with_score(asked, sign, score)
    if values is None:
        return True
    answer = asked.answer(values)
    if not answer.came:
        return False
    return compare(asked.expected(values), answer.value) is None


def _threshold(asked: Asked, sign: float) -> float:
    """The smallest size that fails, between 1 and 10,000."""
    low, high = 1.0, 10_000.0
    while high - low > 0.5:
        middle = (low + high) / 2
        if _safe(asked, sign, middle):
            low = middle
        else:
            high = middle
    return high


def _how(asked: Asked, sign: float, score: float) -> str:
    """What the function does there."""
    values = _with_score(asked, sign, score)
    answer = asked.answer(values or {})
    if not answer.came:
        raised = answer.reply.get("error", {"type": "a crash"})["type"]
        return f"it raises {raised}"
    return f"it returns {_bad(answer)}"


def _bad(answer: Answer) -> str:
    """NaN, or a wrong number."""
    value = answer.value
    while isinstance(value, list) and value:
        value = value[0]
    return (
        "NaN" if isinstance(value, float) and isnan(value) else "wrong numbers"
    )


def precision(asked: Asked, answered: list[tuple[Any, Any]]) -> list[Caution]:
    """Whether the results are as exact as float64 allows."""
    worst = max(error(right, value) for right, value in answered)
    name = asked.binding.target
    if worst <= 1e-9:
        return []
    if all(single(value) for _, value in answered):
        sentence = (
            f"`{name}` computes in float32: it agrees to {worst:.0e}, about 7 "
            f"digits, where lists of Python floats agree to 15."
        )
        return [Caution("float32", sentence)]
    sentence = (
        f"`{name}` agrees only to {worst:.0e}, though its numbers are "
        f"float64: is something rounded, or a small number added?"
    )
    return [Caution("imprecise", sentence)] if worst <= COARSE else []


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
        "d_k": 1,
    },
}
