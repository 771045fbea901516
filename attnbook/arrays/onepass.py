"""Attention in one pass, in NumPy: parts of the keys, merged.

The twin of `attnbook.onepass`, which says what each function means: where it
takes `(n,)`, this also takes `(..., n)`, as of many queries.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_batch, require_size
from attnbook.arrays._validate import (
    as_finite,
    as_numbers,
    require_below_infinity,
)
from attnbook.require import require_list


class Part(NamedTuple):
    """What each query takes from a part of the keys."""

    largest: Array
    """The largest score; minus infinity if none is seen: `(...)`."""
    total: Array
    """The sum of all `exp(score - largest)`: `(...)`."""
    mix: Array
    """The sum of all `exp(score - largest)` times the value: `(..., d)`."""


@guarded
def part_of(scores: npt.ArrayLike, values: npt.ArrayLike) -> Part:
    """Remember what each query takes from some keys.

    Examples:
        >>> part_of([5.0, 5.0], [[2.0], [4.0]]).mix
        array([6.])
    """
    scores = as_numbers("scores", scores, ndim=1)
    require_below_infinity("scores", scores)
    values = as_finite("values", values, ndim=2)
    require_size("values", values, rows=scores.shape[-1])
    require_batch(("scores", scores.shape[:-1]), ("values", values.shape[:-2]))
    largest = scores.max(axis=-1)  # (...)
    exps = np.exp(scores - _seen(largest)[..., np.newaxis])  # (..., n)
    mix = (exps[..., np.newaxis, :] @ values)[..., 0, :]  # (..., d)
    return Part(np.asarray(largest), np.asarray(exps.sum(axis=-1)), mix)


@guarded
def merge(one: Part, other: Part) -> Part:
    """Make one part of two: what each query takes from the keys of both.

    Examples:
        >>> one = part_of([5.0, 5.0], [[2.0], [4.0]])
        >>> merge(one, part_of([5.0], [[9.0]])).mix
        array([15.])
    """
    largest_one, total_one, mix_one = _as_part("one", one)
    largest_other, total_other, mix_other = _as_part("other", other)
    if mix_other.shape != mix_one.shape:
        raise ValueError(
            f"other.mix must be {mix_one.shape}, got {mix_other.shape}"
        )
    largest = np.maximum(largest_one, largest_other)
    fade_one = np.exp(largest_one - _seen(largest))
    fade_other = np.exp(largest_other - _seen(largest))
    total = fade_one * total_one + fade_other * total_other
    mix = (
        fade_one[..., np.newaxis] * mix_one
        + fade_other[..., np.newaxis] * mix_other
    )
    return Part(np.asarray(largest), np.asarray(total), mix)


@guarded
def context_of(part: Part) -> Array:
    """Divide the mix by the total: the context vectors of all keys merged.

    Examples:
        >>> context_of(part_of([5.0, 5.0], [[2.0], [4.0]]))
        array([3.])
    """
    _, total, mix = _as_part("part", part)
    if not total.all():
        raise ValueError("part must hold a key that is seen, got none")
    return mix / total[..., np.newaxis]


def _seen(largest: Array) -> Array:
    """The largest score, or any number where no key is seen."""
    seen: Array = np.maximum(largest, np.finfo(largest.dtype).min)
    return seen


def _as_part(name: str, part: Part) -> tuple[Array, Array, Array]:
    """Convert the fields of a part, and refuse shapes that do not fit."""
    require_list(name, part, "numbers and a mix", length=3)
    largest = as_numbers(f"{name}.largest", part[0], ndim=0)
    require_below_infinity(f"{name}.largest", largest)
    total = as_finite(f"{name}.total", part[1], ndim=0)
    mix = as_finite(f"{name}.mix", part[2], ndim=1)
    if not largest.shape == total.shape == mix.shape[:-1]:
        raise ValueError(
            f"{name} must hold (...), (...), (..., d), got "
            f"{largest.shape}, {total.shape}, {mix.shape}"
        )
    if total.min() < 0:
        raise ValueError(f"{name}.total must be 0 or more, got {total.min()}")
    return largest, total, mix
