"""Whether arrays have room for weights, and what is left of them."""

from collections.abc import Sequence
from typing import Any

from attnbook.checker.match.asked import Asked
from attnbook.checker.match.layout import NO_WEIGHTS, Layout
from attnbook.checker.match.slots import Array
from attnbook.checker.steps.cases import Values


def array_of(described: dict[str, Any]) -> Array:
    """An array as it comes over the pipe."""
    return Array(
        described["path"],
        tuple(described["shape"]),
        described["owner"],
        described["registered"],
        described["mask"],
        described["weighs"],
    )


def fits(layout: Layout, values: Values) -> bool:
    """Whether the arrays have room for the weights of the case."""
    try:
        written = layout.written(values)
    except (KeyError, IndexError, ValueError):
        return False
    return all(
        _shape(written[slot.path]) == slot.shape for slot in layout.slots
    )


def _shape(value: Any) -> tuple[int, ...]:  # noqa: ANN401
    """The lengths of regular nested lists."""
    if not isinstance(value, list):
        return ()
    return (len(value), *(_shape(value[0]) if value else ()))


def unset(
    layout: Layout, values: Values, arrays: Sequence[Array]
) -> tuple[str, ...]:
    """What an object draws and no layout fills, if a matrix is among it."""
    filled = layout.written(values).keys()
    found = [
        each
        for each in arrays
        if each.weighs and not each.mask and each.path not in filled
        and not NO_WEIGHTS.search(each.path.lower())
    ]  # fmt: skip
    matrix = any(len(each.shape) > 1 for each in found)
    return tuple(each.path for each in found) if matrix else ()


def laid(asked: Asked, layout: Layout, others: tuple[str, ...]) -> Asked:
    """The same way to ask with another layout, and all other weights alike."""
    made = asked.binding.made
    steady = layout._replace(others=others, filled=0.5)
    made = made and made._replace(layout=steady)
    return asked._replace(binding=asked.binding._replace(made=made))
