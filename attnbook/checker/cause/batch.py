"""A batch that went in, and came out as no batch of the same sentences."""

from collections.abc import Sequence
from random import Random
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.match.asked import picked
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, plain, shape
from attnbook.checker.steps.extras import two_sentences, with_another
from attnbook.vectors import Matrix

_KEEP = "Return one row per token of every sentence: (batch, tokens, width)."


def batch(asked: Asked) -> Cause | None:
    """What became of the batch axis, if the result has another one.

    It is asked with long sentences: two is no number of tokens.
    """
    binding = asked.binding
    if binding.batch != 1 or binding.second or not _takes_pairs(asked):
        return None
    sizes = {axis: max(among) for axis, among in binding.step.axes.items()}
    one = binding.step.draw(Random(11), **sizes)  # noqa: S311 - test data
    two = with_another(one)
    right = asked.expected(two)
    if shape(right) is None or len(right[0]) <= len(right):
        return None
    return _became(right, _raw(asked, one), _raw(asked, two))


def _takes_pairs(asked: Asked) -> bool:
    """Whether it is asked with two sentences at once."""
    return two_sentences in asked.binding.step.extras


def _raw(asked: Asked, values: Values) -> Any:  # noqa: ANN401
    """What comes back, with all the axes that it has."""
    reply = asked.answer(values).reply
    return picked(asked.binding, reply["value"]) if "value" in reply else None


def _became(right: Sequence[Matrix], one: Any, two: Any) -> Cause | None:  # noqa: ANN401
    """By the shapes that come of one sentence, and of two."""
    b, n, d = len(right), len(right[0]), len(right[0][0])
    if shape(two) == (b, n, d) and shape(one) == (n, d):
        return _squeezed()
    if shape(two) == (n, d):
        return _lost(right, two)
    if shape(two) == (b * n, d):
        return measured(
            "batch_flattened",
            f"A batch of {b} sentences of {n} tokens went in, and {b * n} "
            f"rows came out: the sentences stand below each other.",
            _KEEP,
        )
    return _pooled(right, two) if shape(two) == (b, d) else None


def _squeezed() -> Cause:
    return measured(
        "batch_squeezed",
        "A batch of one sentence went in, and no batch came out; with two "
        "sentences it does.",
        "Leave out `squeeze`, which removes every axis of length 1.",
    )


def _lost(right: Sequence[Matrix], came: Matrix) -> Cause:
    """One sentence is left of all."""
    said = _alike(right, came, _OF_BATCH)
    return measured(
        "batch_lost",
        f"A batch of {len(right)} sentences went in, and no batch came out: "
        f"{said or 'the rows are those of one sentence'}.",
        _KEEP,
    )


def _pooled(right: Sequence[Matrix], came: Matrix) -> Cause:
    """One row is left of each sentence."""
    turned = [[*rows] for rows in zip(*right, strict=True)]  # (n, b, d)
    said = _alike(turned, came, _OF_TOKENS)
    return measured(
        "tokens_pooled",
        f"{len(turned)} tokens went in for each sentence, and one row came "
        f"out{said and f', which is {said}'}.",
        _KEEP,
    )


_OF_BATCH = (
    "the first sentence alone is left", "the last sentence alone is left",
    "the sentences are added up", "they are the mean of the sentences",
)  # fmt: skip
_OF_TOKENS = ("the first token's", "the last token's", "the sum of all",
              "the mean of all")  # fmt: skip


def _alike(parts: Sequence[Matrix], came: Matrix, words: Sequence[str]) -> str:
    """Whether this is the first part, the last, their sum, or their mean."""
    total = [
        [sum(entries) for entries in zip(*rows, strict=True)]
        for rows in zip(*parts, strict=True)
    ]
    mean = [[entry / len(parts) for entry in row] for row in total]
    if not plain(came):
        return ""
    kinds = zip(words, (parts[0], parts[-1], total, mean), strict=True)
    return next((w for w, rows in kinds if compare(rows, came) is None), "")
