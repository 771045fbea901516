"""A mask in any convention, read as numbers: 1 where a key is hidden.

One entry of a mask is that of a key which is never hidden, so it tells which
of two values means *seen*: in a causal mask the last token sees the first, and
the first of a padded sentence sees itself. Where a mask is added to scores,
minus infinity hides, or a number so large that it might as well be.
"""

from collections.abc import Callable
from typing import Any

from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import shape
from attnbook.checker.steps.step import Canonical, Form
from attnbook.vectors import Matrix

_FAR = -1e4
"""A number that is added to hide: below what any score could be."""

_OTHER = {"other": "a mask of another convention"}


def _entries(value: Any) -> Any:  # noqa: ANN401
    """The same with 1 and 0 for True and False."""
    if isinstance(value, list):
        return [_entries(item) for item in value]
    if isinstance(value, dict):
        return float(value["is"]) if "is" in value else value
    return float(value) if isinstance(value, bool) else value


def _conventions(mask: Matrix, row: int) -> str:
    """What may hide: `true`, `false`, `added`; in this row key 0 is seen."""
    entries = {entry for each in mask for entry in each}
    if any(entry < _FAR for entry in entries):
        return "added"
    if len(mask) == 1:
        return "true, false or added"
    if entries == {0}:
        return "true or added"  # it hides nothing
    return "false" if mask[row][0] == 1 else "true"


def _numbers(value: Any) -> Matrix | None:  # noqa: ANN401
    """The mask as a matrix of numbers; None where it is none."""
    mask = _entries(value)
    if len(shape(mask) or ()) != 2 or isinstance(mask[0][0], dict):
        return None
    return mask if all(_is_number(x) for row in mask for x in row) else None


def _is_number(entry: object) -> bool:
    return isinstance(entry, int | float)


def _one_if_hidden(mask: Matrix, convention: str) -> Matrix:
    """Each entry by the convention; one that has no meaning as it is."""
    if convention == "true":
        return mask
    if convention == "false":
        return [[1.0 - entry for entry in row] for row in mask]
    return [[1.0 if x < _FAR else float(x) for x in row] for row in mask]


def reading(convention: str, row: int) -> Callable[[Any], Any]:
    """How a mask of one convention is read; another's is no number.

    Examples:
        >>> reading("false", row=-1)([[1, 0], [1, 1]])
        [[0.0, 1.0], [0.0, 0.0]]
    """

    def read(value: Any) -> Any:  # noqa: ANN401
        mask = _numbers(value)
        if mask is None:
            return value
        if convention not in _conventions(mask, row):
            return _OTHER
        return _one_if_hidden(mask, convention)

    return read


def _for_all(value: Any) -> Any:  # noqa: ANN401
    """A row that is the same of every query, as a mask with all of them.

    So it is written for a batch of one sentence, `(1, 1, 1, n)` or shorter.
    """
    while len(lengths := shape(value) or ()) > 1 and lengths[0] == 1:
        (value,) = value
    return [value] * len(value) if len(lengths) == 1 else value


def _forms(
    row: int, wanted: tuple[str, ...], *roles: str, said: str = ""
) -> tuple[Form, ...]:
    """A form for each convention; in this row the first key is seen.

    `wanted` are the roles of the book's own function.
    """

    def hidden(f: Canonical, case: Values) -> Any:  # noqa: ANN401
        came = f(*(case[role] for role in wanted))  # here True is hidden
        mask = [[float(entry) for entry in each] for each in came]
        return _one_if_hidden(mask, "added")

    def read(convention: str) -> Callable[[Any], Any]:
        one = reading(convention, row)
        return one if row else lambda value: one(_for_all(value))

    return tuple(
        Form(roles, hidden, read(convention), f"{said}{note}")
        for convention, note in (
            ("true", "True is hidden, as in the book"),
            ("false", "True is seen: the opposite of the book's masks"),
            ("added", "minus infinity hides: it is added to the scores"),
        )
    )


_PADDED = ("length", "longest")
_NUMBERED = "given token numbers, 0 for padding, "
MASK_FORMS = _forms(-1, ("num_tokens",), "num_tokens")
PADDING_FORMS = (
    *_forms(0, _PADDED, *_PADDED),
    *_forms(0, _PADDED, "lengths", "longest",
            said="given a batch of one length, "),
    *(form for roles in (("ids", "pad"), ("ids", "key_ids"), ("ids",))
      for form in _forms(0, _PADDED, *roles, said=_NUMBERED)),
)  # fmt: skip
