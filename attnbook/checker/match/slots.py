"""What an array of an object holds, and the numbers written into it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from attnbook.checker.steps.cases import Values, key_heads
from attnbook.vectors import Matrix, Vector, transpose

PROJECTIONS = {"q": "query", "k": "key", "v": "value"}


BLOCKS = "blocks"
"""Packed below each other, each block `(d_in, d_out)`."""


class Array(NamedTuple):
    """One array as the object describes it."""

    path: str
    shape: tuple[int, ...]
    owner: str = ""
    registered: bool = True
    mask: bool = False
    weighs: bool = True
    """Whether it can be a weight at all."""


class Slot(NamedTuple):
    """One array, and what it holds."""

    path: str
    shape: tuple[int, ...]
    letters: str
    """`q`, `k`, `v`, `o`, or several that are packed."""
    bias: bool
    at: int | None = None
    """Where in the path the number of a head stands, if each has its own."""
    order: str = "phd"
    """How packed columns follow each other: part, head, dimension."""
    turned: bool = False
    """Whether it is stored `(d_out, d_in)`."""
    axes: str = ""
    """Of an array with an axis of heads: which axis is which."""
    shared: bool = False
    """Whether each head's part of the inputs goes through the same of it."""


def numbered(slot: Slot, head: int) -> str:
    """The path of one head's array."""
    names = slot.path.split(".")
    if slot.at is not None:
        names[slot.at] = str(head)
    return ".".join(names)


def heads_of(letter: str, values: Values) -> int:
    """How many heads a projection is for."""
    heads: int = values.get("num_heads", 1)
    return key_heads(values) if letter in {"k", "v"} else heads


def contents(slot: Slot, values: Values, head: int) -> Any:  # noqa: ANN401
    """The numbers of one array."""
    if slot.axes:
        return _by_axes(slot, values, heads_of(slot.letters, values))
    if slot.letters == "o":
        return _of_output(slot, values)
    parts = [_columns(slot, letter, values) for letter in slot.letters]
    counts = [heads_of(letter, values) for letter in slot.letters]
    if slot.shared:
        return _stored(slot, _of_one_head(parts[0], counts[0]))
    if slot.at is not None:
        parts = [_cut(*each, head) for each in zip(parts, counts, strict=True)]
        counts = [1] * len(parts)
    if slot.order == BLOCKS and len({*counts}) == 1:
        return [row for part in parts for row in transpose(part)]
    return _stored(slot, _in_order(slot, parts, counts))


def _of_one_head(columns: Matrix, num_heads: int) -> Matrix:
    """The first head's columns, of its own rows only."""
    d = len(columns) // num_heads
    return [column[:d] for column in columns[:d]]


def _of_output(slot: Slot, values: Values) -> Any:  # noqa: ANN401
    """The numbers of an output projection, or of its bias."""
    if slot.bias:
        return list(values["b_out"])
    W_out: Matrix = values["W_out"]
    return transpose(W_out) if slot.turned else W_out


def _in_order(
    slot: Slot, parts: Sequence[Matrix], counts: Sequence[int]
) -> Matrix:
    """The columns as the slot packs them; counts are of each part's heads."""
    if len({*counts}) > 1:
        return [*_in_groups(slot.order, parts, counts)]
    (heads, *_) = counts
    return [
        parts[p][h * (len(parts[p]) // heads) + d]
        for p, h, d in _ordered(slot.order, parts, heads)
    ]


def _in_groups(
    order: str, parts: Sequence[Matrix], counts: Sequence[int]
) -> Iterator[Vector]:
    """The columns where heads share keys: part by part, or group by group.

    Raises:
        ValueError: For any other order.
    """
    groups = {"phd": 1, "hpd": min(counts)}.get(order)
    if groups is None:
        raise ValueError(f"order must be 'phd' or 'hpd', got {order!r}")
    for group in range(groups):
        for part in parts:
            yield from _cut(part, groups, group)


def _by_axes(slot: Slot, values: Values, num_heads: int) -> Any:  # noqa: ANN401
    """The numbers of an array with an axis of heads.

    `i` is the width outside of the heads: of the inputs, or of the output.
    """
    columns = (
        values["W_out"]
        if slot.letters == "o"
        else _columns(slot, slot.letters, values)
    )
    width = len(columns) // num_heads
    if slot.bias:
        flat = [entry for (entry,) in columns]
        return [flat[h * width :][:width] for h in range(num_heads)]
    sizes = {"h": num_heads, "i": len(columns[0]), "d": width}
    one, two, three = (range(sizes[axis]) for axis in slot.axes)

    def entry(*indices: int) -> float:
        at = dict(zip(slot.axes, indices, strict=True))
        return float(columns[at["h"] * width + at["d"]][at["i"]])

    return [[[entry(a, b, c) for c in three] for b in two] for a in one]


def _stored(slot: Slot, columns: Matrix) -> Any:  # noqa: ANN401
    """Columns as the array keeps them; of a bias columns of one entry."""
    if slot.bias:
        return [entry for (entry,) in columns]
    return columns if slot.turned else transpose(columns)


def _cut(columns: Matrix, num_heads: int, head: int) -> Matrix:
    """The columns of one head."""
    width = len(columns) // num_heads
    return columns[head * width : (head + 1) * width]


def _columns(slot: Slot, letter: str, values: Values) -> Matrix:
    """A projection's columns; of a bias columns of one entry."""
    name = PROJECTIONS[letter]
    if slot.bias:
        return [[entry] for entry in values[f"b_{name}"]]
    return transpose(values[f"W_{name}"])


def _ordered(
    order: str, parts: Sequence[Matrix], heads: int
) -> Iterator[tuple[int, int, int]]:
    """Part, head and dimension of every column, in the slot's order."""
    lengths = {
        "p": len(parts), "h": heads, "d": len(parts[0]) // heads
    }  # fmt: skip
    for indices in product(*(range(lengths[axis]) for axis in order)):
        at: Mapping[str, int] = dict(zip(order, indices, strict=True))
        yield at["p"], at["h"], at["d"]
