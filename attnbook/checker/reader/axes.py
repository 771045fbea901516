"""What einops does, where it is not installed: axes by their names.

`rearrange`, `repeat` and `einsum` for arrays that have `reshape` and a way to
permute axes. A pattern names axes, or several in brackets as one.
"""

import math
import re
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

Side: TypeAlias = list[list[str]]


def rearrange(array: Any, pattern: str, **lengths: int) -> Any:  # noqa: ANN401
    """The array with its axes cut, moved and joined.

    `rearrange(x, "n (h d) -> h n d", h=3)` makes `(3, 2, 2)` of `(2, 6)`.
    """
    if isinstance(array, list | tuple):
        array = _stacked(array)
    left, right = map(_side, pattern.split("->"))
    left, right = _spread(left, right, len(array.shape))
    known = _lengths(left, array.shape, lengths)
    names = _flat(left)
    cut = array.reshape([known[name] for name in names])
    order = [names.index(name) for name in _flat(right) if name in names]
    moved = _permuted(cut, order)
    return moved.reshape([math.prod(known[n] for n in g) for g in right])


def repeat(array: Any, pattern: str, **lengths: int) -> Any:  # noqa: ANN401
    """The array with new axes along which it is the same.

    `repeat(x, "n d -> b n d", b=4)` makes `(4, 2, 3)` of `(2, 3)`.
    """
    left, right = map(_side, pattern.split("->"))
    new = [name for name in _flat(right) if name not in _flat(left)]
    count = math.prod(lengths[name] for name in new)
    copies = _stacked([array] * count)
    cut = {name: lengths[name] for name in lengths if name not in new}
    before = " ".join(_text(group) for group in left)
    after = " ".join(_text(group) for group in right)
    sizes = {name: lengths[name] for name in new}
    return rearrange(
        copies, f"({' '.join(new)}) {before} -> {after}", **sizes, **cut
    )


def einsum(*given: Any) -> Any:  # noqa: ANN401
    """The sum of products over named axes; the pattern first or last."""
    arrays = [each for each in given if not isinstance(each, str)]
    (pattern,) = [each for each in given if isinstance(each, str)]
    names = [*dict.fromkeys(re.findall(r"[A-Za-z_]\w*", pattern))]
    letters = {name: chr(ord("a") + i) for i, name in enumerate(names)}
    short = re.sub(r"[A-Za-z_]\w*", lambda m: letters[m[0]], pattern)
    return _library(arrays[0]).einsum(short.replace(" ", ""), *arrays)


def _side(text: str) -> Side:
    """The groups of axes on one side of a pattern."""
    groups = re.findall(r"\(([^)]*)\)|(\S+)", text)
    return [
        [] if alone == "1" else [alone] if alone else joined.split()
        for joined, alone in groups
    ]


def _spread(left: Side, right: Side, axes: int) -> tuple[Side, Side]:
    """Both sides with names in the place of `...`."""
    names = [f"_{i}" for i in range(axes - len(left) + 1)]
    one = [[name] for name in names]

    def named(side: Side) -> Side:
        at = side.index(["..."]) if ["..."] in side else None
        return side if at is None else [*side[:at], *one, *side[at + 1 :]]

    return named(left), named(right)


def _lengths(
    left: Side, shape: Sequence[int], given: dict[str, int]
) -> dict[str, int]:
    """The length of every axis; in each group one may be left open."""
    known = dict(given)
    for group, length in zip(left, shape, strict=True):
        rest = [name for name in group if name not in known]
        if rest:
            others = math.prod(known[n] for n in group if n in known)
            known[rest[0]] = length // others
    return known


def _flat(side: Side) -> list[str]:
    """The names of one side."""
    return [name for group in side for name in group]


def _text(group: list[str]) -> str:
    """A group as a pattern has it."""
    return group[0] if len(group) == 1 else f"({' '.join(group)})"


def _library(array: Any) -> Any:  # noqa: ANN401
    """The library that made an array."""
    top = type(array).__module__.partition(".")[0]
    names = {"jax": "jax.numpy", "jaxlib": "jax.numpy"}
    return sys.modules[names.get(top, top)]


def _permuted(array: Any, order: list[int]) -> Any:  # noqa: ANN401
    """The array with its axes in another order."""
    if hasattr(array, "permute"):
        return array.permute(order)
    return array.transpose(order)


def _stacked(arrays: Sequence[Any]) -> Any:  # noqa: ANN401
    """Several arrays along a new first axis."""
    return _library(arrays[0]).stack(list(arrays))
