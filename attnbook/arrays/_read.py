"""What was passed, as an array: looked into first, where NumPy would guess."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import are_floats
from attnbook.require import is_list, require_list


def as_array(
    name: str, value: object, require: Callable[[str, object], None]
) -> npt.NDArray[Any]:
    """Convert what is not ragged and hides nothing.

    `require` is asked of every entry that came in a list.
    """
    _look_into(name, value, require)
    try:
        return np.asarray(value)
    except Exception as error:
        raise ValueError(f"{name} must hold rows of numbers") from error


def _look_into(
    name: str,
    value: object,
    require: Callable[[str, object], None],
    depth: int = 0,
) -> None:
    """Refuse in lists what the lists' twins refuse, in their words."""
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name} must hide nothing, got a masked array")
    if isinstance(value, list | tuple):
        require_list(name, value, "numbers")
        if not are_floats(value) and depth <= 64:  # NumPy's most dimensions
            _look_into_each(name, value, require, depth + 1)
    elif depth and not isinstance(value, np.ndarray):
        require(name, _plain(value))


def _look_into_each(
    name: str,
    values: Sequence[object],
    require: Callable[[str, object], None],
    depth: int,
) -> None:
    """Refuse items that the lists' twins refuse, or of another length."""
    lengths = [len(x) if is_list(x) else 0 for x in values]
    for i, (item, length) in enumerate(zip(values, lengths, strict=True)):
        _look_into(f"{name}[{i}]", item, require, depth)
        if length != lengths[0]:
            raise ValueError(
                f"{name}[{i}] must have length {lengths[0]}, "
                f"as {name}[0] has, got {length}"
            )


def _plain(entry: object) -> object:
    """NumPy's numbers as Python's."""
    if isinstance(entry, np.floating):
        return float(entry)
    return entry.item() if isinstance(entry, np.generic) else entry
