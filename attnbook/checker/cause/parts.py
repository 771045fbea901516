"""What gradients tell: their order, their sides, and which one is wrong."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.steps.compare import compare, plain, shape

Pairs = Sequence[tuple[Any, Any]]

_ORDERED = 6
"""Of more gradients, not every order is tried: there are too many."""


def parts(names: Sequence[str], pairs: Pairs) -> Cause | None:
    """In which order gradients came, or which are transposed or wrong."""
    if not names or not all(
        isinstance(came, list) and len(came) == len(names) for _, came in pairs
    ):
        return None
    return _order(names, pairs) or _sides(names, pairs) or _wrong(names, pairs)


def _order(names: Sequence[str], pairs: Pairs) -> Cause | None:
    """The right gradients in another order."""
    if len(names) > _ORDERED:
        return None
    for order in permutations(range(len(names))):
        if all(
            compare(tuple(right[i] for i in order), came) is None
            for right, came in pairs
        ):
            yours = ", ".join(names[i] for i in order)
            return measured(
                "other_order",
                f"Your gradients are right, in another order: {yours}.",
                f"Return {', '.join(names)}.",
            )
    return None


def _wrong_parts(pairs: Pairs, count: int) -> list[int]:
    """The gradients that are not right everywhere."""
    return [
        i
        for i in range(count)
        if any(compare(right[i], came[i]) is not None for right, came in pairs)
    ]


def _sides(names: Sequence[str], pairs: Pairs) -> Cause | None:
    """Right gradients that are transposed."""
    wrong = _wrong_parts(pairs, len(names))
    turned = all(
        len(shape(right[i]) or ()) == 2
        and plain(came[i])
        and compare([list(c) for c in zip(*right[i], strict=True)], came[i])
        is None
        for right, came in pairs
        for i in wrong
    )
    if not wrong or not turned:
        return None
    which = " and ".join(names[i] for i in wrong)
    return measured(
        "gradient_transposed",
        f"You return {which} transposed.",
        "A gradient has the shape of what it is the gradient of.",
    )


def _wrong(names: Sequence[str], pairs: Pairs) -> Cause | None:
    """Which gradients are wrong, where the others are right."""
    wrong = _wrong_parts(pairs, len(names))
    if not wrong or len(wrong) == len(names):
        return None
    right = ", ".join(names[i] for i in range(len(names)) if i not in wrong)
    which = ", ".join(names[i] for i in wrong)
    return measured(
        "some_gradients",
        f"Wrong: {which}. Right: {right}.",
        f"Look at the lines that make {names[wrong[0]]}: is a side "
        f"transposed, or a factor missing?",
    )
