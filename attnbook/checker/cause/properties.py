"""Where no cause is known: a property that every right attention has."""

from collections.abc import Iterator, Sequence
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.probe import Probe, later, ones, row_sums
from attnbook.checker.cause.reveal import Revealed
from attnbook.checker.steps.compare import plain, shape
from attnbook.checker.words import number
from attnbook.vectors import Matrix, Vector, matmul

Cases = Sequence[tuple[dict[str, Any], Any, Any]]

_SHARES = {"softmax", "attention_weights", "scaled_attention_weights"}
_MIXES = {
    "context_vector": "inputs",
    "self_attention": "inputs",
    "scaled_dot_product_attention": "values",
    "trainable_self_attention": "values",
    "causal_attention": "values",
}


def broken(probe: Probe | None, step: str, cases: Cases) -> Cause | None:
    """The first property that fails, with its number.

    Each case is the arguments, what is right, and what came.
    """
    known = [each for each in cases if plain(each[2])]
    return (
        (_weights(probe) if probe else None)
        or (_sums(known) if step in _SHARES else None)
        or (_outside(step, known) if step in _MIXES else None)
        or (_coupled(known) if step == "softmax_backward" else None)
    )


def _weights(probe: Probe) -> Cause | None:
    """What must hold of revealed weights, if it is they that mix."""
    if not all(each.mixes for each in probe.both):
        return None  # what came was changed after it was mixed
    for each in probe.both:
        for i, total in enumerate(row_sums(each)):
            if not ones([total]):
                return _added_up(i, total)
        found = _negative(each) or (_later(each) if probe.causal else None)
        if found is not None:
            return found
    return None


def _added_up(row: int, total: float) -> Cause:
    return measured(
        "weights_do_not_sum",
        f"Your weights of row {row} add up to {number(total)}; they should "
        f"add up to 1.",
        "Divide each exponential by the sum of its own row.",
    )


def _negative(each: Revealed) -> Cause | None:
    least = min(map(min, each.weights))
    if least > -1e-9:
        return None
    return measured(
        "negative_weights",
        f"One of your weights is {number(least)}; a weight is never negative.",
        "Take `exp` of the scores before you divide.",
    )


def _later(each: Revealed) -> Cause | None:
    """A row that gives weight to a later token."""
    for i, row in enumerate(each.weights):
        for j, weight in enumerate(row):
            if later(i, j) and abs(weight) > 1e-9:
                return measured(
                    "depends_on_later",
                    f"Row {i} depends on a later token: it gives token {j} "
                    f"the weight {number(weight)}.",
                    "Hide key j from query i where j > i.",
                )
    return None


def _sums(cases: Cases) -> Cause | None:
    """Returned weights must sum to 1, row by row."""
    for _, i, row in _rows(cases):
        if not ones([sum(row)]):
            return _added_up(i, sum(row))
    return None


def _rows(cases: Cases) -> Iterator[tuple[dict[str, Any], int, Vector]]:
    """Every row that came in the right shape, with its case's arguments."""
    for values, right, came in cases:
        if shape(came) == shape(right) and "other" not in values:
            rows = came if isinstance(came[0], list) else [came]
            for i, row in enumerate(rows):
                yield values, i, row


def _outside(step: str, cases: Cases) -> Cause | None:
    """A mix lies between the smallest and the largest of what is mixed."""
    role = _MIXES[step]
    for values, i, row in _rows([each for each in cases if role in each[0]]):
        columns = zip(*_mixed(values, role), strict=True)
        for entry, column in zip(row, columns, strict=True):
            if not min(column) - 1e-6 <= entry <= max(column) + 1e-6:
                return _beyond(i, entry, column)
    return None


def _mixed(values: dict[str, Any], role: str) -> Matrix:
    """The rows that are mixed; projected ones with their bias and without."""
    if "W_value" not in values:
        return list(values[role])
    rows = matmul(values["inputs"], values["W_value"])
    bias = values.get("b_value", [])
    return rows + [
        [x + b for x, b in zip(row, bias, strict=True)] for row in rows if bias
    ]


def _beyond(row: int, entry: float, column: Sequence[float]) -> Cause:
    return measured(
        "outside_values",
        f"Your result lies outside the values: row {row} has "
        f"{number(entry)}, and what is mixed there lies between "
        f"{number(min(column))} and {number(max(column))}.",
        "Mix by weights that are positive and sum to 1.",
    )


def _coupled(cases: Cases) -> Cause | None:
    """The gradients of a row of scores sum to 0."""
    for _, right, came in cases:
        total = sum(came) if shape(came) == shape(right) else 0.0
        if abs(total) > 1e-6:
            return measured(
                "gradients_do_not_cancel",
                f"Your gradients of the scores add up to {number(total)}; "
                f"they should add up to 0.",
                "Subtract the weighted mean of the incoming gradients.",
            )
    return None
