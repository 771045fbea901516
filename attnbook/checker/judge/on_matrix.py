"""A softmax that is right on a row of scores, given a matrix of them.

Some softmax is written for one row, and no matrix ever reaches it: so what it
does with one is a caution. It is wrong where an attention of the same file is.
"""

from collections.abc import Sequence
from math import isclose
from typing import Any

from attnbook.checker.finding import Cause, Caution, Finding
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.compare import compare, plain, shape
from attnbook.vectors import Matrix, transpose

KIND = "matrix"
_RECTANGLE = [[0.3, -0.4], [1.1, 0.2], [-0.6, 0.9]]
_SQUARE = [[0.3, -0.4, 0.8], [1.1, 0.2, -0.7], [-0.6, 0.9, 0.1]]
_SHOWN = {
    "softmax_over_everything", "softmax_over_queries", "keepdims_forgotten",
}  # fmt: skip
_ADVICE = (
    "Take maximum and sum along the last axis: `axis=-1, keepdims=True`, in "
    "torch `dim=-1, keepdim=True`."
)


def on_matrix(asked: Asked) -> tuple[tuple[Caution, ...], str]:
    """What it does with several rows, if it takes them at all."""
    if asked.binding.form.roles != ("scores",):
        return (), ""
    for rows in (_RECTANGLE, _SQUARE):
        answer = asked.answer({"scores": rows})
        if not answer.came:
            continue
        right = [asked.expected({"scores": row}) for row in rows]
        if compare(right, answer.value) is None:
            return (), "a matrix too, row by row"
        name = asked.binding.target
        said = f"Given a matrix, `{name}` {_what(rows, answer.value)}."
        return (Caution(KIND, said, _ADVICE),), ""
    return (), ""


def _what(rows: Matrix, came: Any) -> str:  # noqa: ANN401
    """What its entries sum to, where that tells."""
    if not plain(came) or shape(came) != shape(rows):
        return "returns no weights"
    if _is_one(sum(map(sum, came))):
        return "shares one unit among all scores of all rows"
    if all(map(_is_one, map(sum, transpose(came)))):
        return "shares one unit within each column, rather than each row"
    return "returns rows that do not sum to 1"


def _is_one(total: float) -> bool:
    """Whether this is 1 within what float32 can explain."""
    return isclose(total, 1.0, abs_tol=1e-4)


def with_attention(found: Sequence[Finding]) -> list[Finding]:
    """The findings; such a softmax is wrong if an attention shows it."""
    causes = [
        each.cause
        for each in found
        if each.cause is not None and each.cause.name in _SHOWN
    ]
    return [_shown(each, causes) for each in found]


def _shown(finding: Finding, causes: Sequence[Cause]) -> Finding:
    """A softmax with the cause for which an attention is wrong."""
    told = [each for each in finding.warnings if each.kind == KIND]
    if not (told and causes and finding.verdict == "agrees"):
        return finding
    cause = Cause(causes[0].name, told[0].sentence, _ADVICE, measured=True)
    return finding._replace(
        verdict="differs",
        sentence="It is right on one row of scores, and wrong on several.",
        cause=cause,
        warnings=(),
    )
