"""What an attention returns where its weights have mixed nothing."""

from collections.abc import Sequence
from math import isclose
from typing import Any

from attnbook.checker.cause.reveal import Setting, settings
from attnbook.checker.finding import Cause
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.compare import compare, plain, shape
from attnbook.vectors import matmul, transpose

_MIX = "Return `weights @ values`: row i is the context vector of token i."


def unmixed(asked: Asked) -> Cause | None:
    """Whether the inputs, the values, the weights or the scores came back."""
    pairs = [
        (setting, asked.answer(setting.values).value)
        for setting in settings(asked)
        if setting.mixed is not None
    ]
    if not pairs or not all(plain(value) for _, value in pairs):
        return None
    return _taken(pairs) or _square(pairs)


def _taken(pairs: Sequence[tuple[Setting, Any]]) -> Cause | None:
    """Arguments, or projections of them, as they were."""
    for role, words in _WORDS.items():
        if all(
            role in setting.values
            and compare(setting.values[role], value) is None
            for setting, value in pairs
        ):
            return Cause(
                "returned_unmixed",
                f"You returned {words} unmixed; the context vectors are "
                f"mixed by the attention weights.",
                _MIX,
                measured=True,
            )
    return None


_WORDS = {
    "inputs": "the inputs",
    "queries": "the queries",
    "keys": "the keys",
    "values": "the values",
}


def _square(pairs: Sequence[tuple[Setting, Any]]) -> Cause | None:
    """One row of numbers a query, one number a key: before the mix."""
    for setting, value in pairs:
        if shape(value) != (len(setting.queries), len(setting.keys)):
            return None
    kind = "weights" if all(_shares(value) for _, value in pairs) else ""
    if all(_scored(*pair) for pair in pairs):
        kind = "scores"
    if not kind:
        return None
    return Cause(
        f"{kind}_returned",
        _SENTENCES[kind],
        _MIX,
        measured=True,
    )


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
