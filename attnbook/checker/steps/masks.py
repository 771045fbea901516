"""A mask in any convention, read as numbers: 1 where a key is hidden.

The last token sees the first one in every causal mask, so that entry tells
which of two values means *seen*. Where a mask is added to scores, minus
infinity hides, or a number so large that it might as well be.
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


def _convention(mask: Matrix) -> str:
    """What hides: `true`, `false`, or `added`; of one token, any of them."""
    if any(entry < _FAR for row in mask for entry in row):
        return "added"
    if len(mask) == 1:
        return "true, false or added"
    return "false" if mask[-1][0] == 1 else "true"


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


def reading(convention: str) -> Callable[[Any], Any]:
    """How a mask of one convention is read; another's is no number.

    Examples:
        >>> reading("false")([[1, 0], [1, 1]])
        [[0.0, 1.0], [0.0, 0.0]]
    """

    def read(value: Any) -> Any:  # noqa: ANN401
        mask = _numbers(value)
        if mask is None:
            return value
        if convention not in _convention(mask):
            return _OTHER
        return _one_if_hidden(mask, convention)

    return read


def _hidden(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """The answer of a function of the catalogue, whose True is hidden."""
    mask = [[float(entry) for entry in row] for row in f(case["num_tokens"])]
    return _one_if_hidden(mask, "added")


MASK_FORMS = tuple(
    Form(("num_tokens",), _hidden, reading(convention), note)
    for convention, note in (
        ("true", "True is hidden, as in the book"),
        ("false", "True is seen: the opposite of the book's masks"),
        ("added", "minus infinity hides: it is added to the scores"),
    )
)
