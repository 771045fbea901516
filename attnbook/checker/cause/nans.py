"""Why a result is not a number."""

from collections.abc import Sequence
from math import isclose, isnan
from typing import Any, TypeAlias

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.cause.probe import NOTHING
from attnbook.checker.cause.reveal import HEADS, Setting, settings
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.compare import shape

Found: TypeAlias = Sequence[tuple[Setting, Any]]

_HIDE = "Hide key j from query i where j > i: every token sees itself."
_FILL = "Put minus infinity only where the mask hides; multiply nothing by it."


def nans(asked: Asked) -> Cause | None:
    """Which rows are NaN, and what makes them so."""
    found = [
        (setting, asked.answer(setting.values).value)
        for setting in settings(asked)
        if setting.mixed is not None
    ]
    if not found or any(len(shape(v) or ()) != 2 for _, v in found):
        return None
    missing = [_missing(value) for _, value in found]
    if not all(missing):
        return None
    return _of_one_row(found, missing) or _of_more(found, missing)


def _of_one_row(found: Found, missing: Sequence[list[int]]) -> Cause | None:
    """The first row, or the last: everything is hidden from it."""
    if all(rows == [0] for rows in missing):
        return _first(found)
    last = [len(value) - 1 for _, value in found]
    if [[n] for n in last] != missing:
        return None
    return measured(
        "mask_inverted",
        "The last row is NaN: your mask hides every token up to itself, "
        "which is all of them, and softmax of nothing is 0 / 0.",
        "Exchange True and False: hide key j from query i where j > i.",
    )


def _of_more(found: Found, missing: Sequence[list[int]]) -> Cause:
    """Every row, all but the last, or others."""
    if all(
        len(rows) == len(value)
        for rows, (_, value) in zip(missing, found, strict=True)
    ):
        return _everywhere()
    if _even_last(found):
        return measured(
            "softmax_over_heads",
            "Every row but the last is NaN, and the last has equal weights: "
            "your softmax runs over the heads, and all of them hide a later "
            "token.",
            "Apply softmax along the last axis: one query, all its keys.",
        )
    rows = ", ".join(map(str, missing[0]))
    return measured(
        "nan_rows",
        f"NaN in row {rows}: where everything is hidden, softmax is 0 / 0.",
        _HIDE,
    )


def _missing(value: Sequence[Sequence[Any]]) -> list[int]:
    """The rows in which something is NaN."""
    return [i for i, row in enumerate(value) if any(map(_is_nan, row))]


def _is_nan(entry: Any) -> bool:  # noqa: ANN401
    return isinstance(entry, float) and isnan(entry)


def _everywhere() -> Cause:
    return measured(
        "nan_everywhere",
        "Every row is NaN: either all scores are hidden, or 0 is multiplied "
        "by infinity, as in `mask * -inf`, and 0 times infinity is NaN.",
        _FILL,
    )


def _first(found: Found) -> Cause:
    """The first row alone: it sees nothing."""
    hides = all(
        abs(value[i][i]) < NOTHING
        for _, value in found
        for i in range(1, len(value))
    )
    return measured(
        "mask_hides_self" if hides else "nan_rows",
        "Row 0 is NaN: your mask hides everything from token 0, itself too, "
        "and softmax of nothing is 0 / 0.",
        _HIDE,
    )


def _even_last(found: Found) -> bool:
    """Whether the last row shares equally among equal heads."""
    return all(
        HEADS in setting.widths
        and isclose(weight * setting.widths[HEADS], 1, rel_tol=1e-6)
        for setting, value in found
        for weight in value[-1][: len(setting.keys)]
    )
