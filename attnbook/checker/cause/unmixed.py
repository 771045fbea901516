"""What an attention returns where its weights have mixed nothing."""

from collections.abc import Sequence
from math import isclose
from typing import Any

from attnbook.causal import causal_mask
from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.reveal import Setting, settings
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, plain, shape
from attnbook.trainable import scaled_dot_product_attention
from attnbook.vectors import Matrix, matmul, transpose

_MIX = "Return `weights @ values`: row i is the context vector of token i."


def unmixed(asked: Asked) -> Cause | None:
    """What came back in the place of mixed values, or was mixed for them."""
    pairs = [
        (setting, asked.answer(setting.values).value)
        for setting in settings(asked)
        if setting.mixed is not None
    ]
    if not pairs or any(v is None or not plain(v) for _, v in pairs):
        return None
    return _taken(pairs) or _square(pairs) or _mixed(asked, pairs)


def alone(asked: Asked) -> Cause | None:
    """Rows that notice no token but their own."""
    values = dict(asked.binding.step.trial().values)
    inputs = values.get("inputs", [])
    before = _rows(asked, values)
    if not inputs or len(before) != len(inputs):
        return None
    for token in (0, len(inputs) - 1):
        changed = [*inputs]
        changed[token] = [1.5 - entry for entry in inputs[token]]
        after = _rows(asked, {**values, "inputs": changed})
        pairs = zip(before, after, strict=False)
        differ = [repr(one) != repr(other) for one, other in pairs]
        if len(differ) != len(inputs) or sum(differ) > differ[token]:
            return None
    return measured(
        "tokens_alone",
        "Row i depends on token i alone: no token notices another.",
        "Score every query with every key: `queries @ keys.T`, and not "
        "`queries * keys`, which multiplies entry by entry.",
    )


def placed(asked: Asked, cases: Sequence[Values]) -> Cause | None:
    """Whether the places of the tokens count, whatever else is wrong.

    The last token of a sentence sees all that come before it: in another
    order they tell it the same.
    """
    long = [values for values in cases if len(values.get("inputs", [])) > 2]
    long.sort(key=lambda values: -len(values.get("W_query", [[]])[0]))
    if not any(_counts_places(asked, values) for values in long[:_TRIED]):
        return None
    return measured(
        "places_inside",
        "The last token's row changes where the tokens before it change "
        "places: this attention knows places (rotary, relative, or a table "
        "of them), which the book's does not, or a `view` mixes tokens with "
        "widths.",
        "Check it without places; their part is not judged here. If it has "
        "none, swap axes by `transpose` and not by `view`.",
    )


_TRIED = 3
"""How many sentences are turned, the widest first."""


def _counts_places(asked: Asked, values: Values) -> bool:
    """Whether the last row notices that earlier tokens changed places."""
    first, *others, last = values["inputs"]
    turned = {**values, "inputs": [*others, first, last]}
    before, after = _rows(asked, values), _rows(asked, turned)
    if not len(before) == len(after) == len(values["inputs"]):
        return False
    return compare(before[-1:], after[-1:]) is not None


def _rows(asked: Asked, values: Values) -> list[Any]:
    """The rows that come; none where none do."""
    value = asked.answer(values).value
    return value if isinstance(value, list) and plain(value) else []


def _taken(pairs: Sequence[tuple[Setting, Any]]) -> Cause | None:
    """Arguments, or projections of them, as they were."""
    for role, words in _WORDS.items():
        if all(
            role in setting.values
            and compare(setting.values[role], value) is None
            for setting, value in pairs
        ):
            return measured(
                "returned_unmixed",
                f"You returned {words} unmixed; the context vectors are "
                f"mixed by the attention weights.",
                _MIX,
            )
    return None


_WORDS = {
    "inputs": "the inputs",
    "queries": "the queries",
    "keys": "the keys",
    "values": "the values",
}


_OTHERS = {
    "keys": ("keys_mixed", "the keys"),
    "queries": ("queries_mixed", "the queries"),
    "inputs": ("inputs_mixed", "the inputs themselves"),
}


def _mixed(asked: Asked, pairs: Sequence[tuple[Setting, Any]]) -> Cause | None:
    """The right weights, with something else than the values."""
    if asked.binding.step.name not in _WEIGHED:
        return None
    causal = asked.binding.step.causal
    for role, (name, words) in _OTHERS.items():
        if all(_mixes(*pair, role, causal=causal) for pair in pairs):
            return measured(
                name,
                f"Your weights are right, and they mix {words} where the "
                f"values should be mixed.",
                "Multiply the weights with the values.",
            )
    return None


def _mixes(setting: Setting, value: Any, role: str, *, causal: bool) -> bool:  # noqa: ANN401
    """Whether a result is the right weights' mix of an argument."""
    if role not in setting.values:
        return False
    weights = _weights(setting, causal=causal)
    return compare(matmul(weights, setting.values[role]), value) is None


_WEIGHED = {
    "scaled_dot_product_attention",
    "trainable_self_attention",
    "causal_attention",
}


def _weights(setting: Setting, *, causal: bool) -> Matrix:
    """The right weights of a setting."""
    n = len(setting.queries)
    mask = causal_mask(n) if causal else None
    return scaled_dot_product_attention(
        setting.queries, setting.keys, setting.keys, mask
    ).attn_weights


def _square(pairs: Sequence[tuple[Setting, Any]]) -> Cause | None:
    """One row per query, one number per key: before the mix."""
    for setting, value in pairs:
        if shape(value) != (len(setting.queries), len(setting.keys)):
            return None
    kind = "weights" if all(_shares(value) for _, value in pairs) else ""
    if all(_scored(*pair) for pair in pairs):
        kind = "scores"
    if not kind:
        return None
    return measured(f"{kind}_returned", _SENTENCES[kind], _MIX)


_SENTENCES = {
    "weights": (
        "You returned the attention weights; the context vectors are their "
        "mix of the values."
    ),
    "scores": (
        "You returned the attention scores; softmax makes weights of them, "
        "and the context vectors are the weights' mix of the values."
    ),
}


def _shares(weights: Any) -> bool:  # noqa: ANN401
    """Whether every row shares one unit."""
    return all(
        min(row) >= 0 and isclose(sum(row), 1, rel_tol=1e-5) for row in weights
    )


def _scored(setting: Setting, scores: Any) -> bool:  # noqa: ANN401
    """Whether these are the products of queries and keys, scaled or not."""
    right = matmul(setting.queries, transpose(setting.keys))
    root = len(setting.keys[0]) ** 0.5
    scaled = [[score / root for score in row] for row in right]
    return any(compare(each, scores) is None for each in (right, scaled))
