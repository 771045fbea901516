"""A mask that hides everything from one token: padding does that."""

from math import isnan
from typing import Any

from attnbook.checker.finding import Caution
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import numbers
from attnbook.checker.steps.masked import mask_handed

KIND = "hidden row"
_ADVICE = (
    "Decide what such a row is to be: zeros, by "
    "`weights.masked_fill(hidden, 0.0)` after the softmax, or an error."
)


def on_hidden_row(asked: Asked) -> tuple[tuple[Caution, ...], str]:
    """What becomes of a row from which the mask hides all tokens."""
    if not asked.binding.mask:
        return (), ""
    values = dict(mask_handed(asked.binding.step).values)
    first, *rest = values["hidden"]
    values["hidden"] = [[True] * len(first), *rest]
    came = _first_row(asked, values)
    if came is None:
        return (), "a row that hides everything was not tried"
    if any(isnan(entry) for entry in came):
        return (_said("gives NaN there"),), ""
    if _first_row(asked, _changed(values)) != came:
        return (_said("mixes the tokens that it hides"),), ""
    return (), "a row that hides everything takes nothing of any token"


def _said(what: str) -> Caution:
    """The caution about such a row."""
    said = f"Where a mask hides every token of a row, it {what}."
    return Caution(KIND, said, _ADVICE)


def _first_row(asked: Asked, values: Values) -> list[float] | None:
    """The numbers of the first row; None where there are none."""
    answer = asked.answer(values)
    if not isinstance(answer.value, list) or not answer.value:
        return None
    row = [entry for _, entry in numbers(answer.value[0])]
    return (
        row if all(isinstance(entry, float | int) for entry in row) else None
    )


def _changed(values: Values) -> Values:
    """The same with another last token."""

    def turned(rows: list[list[float]]) -> Any:  # noqa: ANN401
        return [*rows[:-1], [-entry - 1.0 for entry in rows[-1]]]

    roles = {"inputs", "values"} & values.keys()
    return {**values, **{role: turned(values[role]) for role in roles}}
