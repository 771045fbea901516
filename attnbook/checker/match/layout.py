"""Where the weights of a reader's object lie.

An object tells the names and shapes of its arrays. A layout says which array
holds which weights and in which order: three matrices, one packed matrix,
one set for each head; stored `(d_in, d_out)` or the other way. Through it the
weights of any case can be written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations, product
from typing import Any, NamedTuple

from attnbook.checker.steps.cases import Values, key_heads
from attnbook.vectors import Matrix, Vector, transpose

PROJECTIONS = {"q": "query", "k": "key", "v": "value"}
_TRANSPOSED_OWNERS = {"Linear", "NonDynamicallyQuantizableLinear"}
_STRAIGHT_OWNERS = {"Conv1D", "Dense", "EinsumDense"}
_PACKED = re.compile(r"(?<![a-z])(?:w|to|fc|lin|linear|u)?"
                     r"(qkv|qvk|kqv|kvq|vqk|vkq)")  # fmt: skip
_ENDS = (
    r"(?:s|w|weights?|proj|projection|projections|linear|lin|layer|dense|"
    r"fc|map|matrix|b|bias|transform|net|mat|param)*"
)
_STARTS = (
    r"(?:w|to|u|attn|self|linear|lin|fc|proj|dense|layer|bias|b|weights?|c|"
    r"kernel|mat|matrix|my)*"
)
_LETTER = re.compile(rf"^{_STARTS}(q|k|v|o|kv|qk){_ENDS}$")
_WHOLE = (("quer", "q"), ("key", "k"), ("value", "v"), ("val", "v"))
_OUT = ("out", "unify", "proj", "fc", "dense", "final", "merge", "combine",
        "linear", "mix", "head", "wo", "concat", "ffn", "lin")  # fmt: skip
_HEADS_BIAS = re.compile(r"(^|\.)b(ias)?_?[A-Za-z]+$")
_LINEAR_BIAS = re.compile(r"bias$")
_ALL_THREE = {"cattn", "inproj", "inprojweight", "inprojbias", "attn"}
_NOTHING = {"weight", "bias", "kernel", "data", "w", "b", ""}
_NO_WEIGHTS = (
    "norm", "ln", "scale", "rope", "freq", "pos", "rel", "gamma", "beta",
    "temperature", "alpha", "embedding",
)  # fmt: skip


_PLACES = re.compile(r"(^|[._])(rel|relative|pos|position|rpe)([._a-z]*)$|"
                     r"bias_table|position_bias")  # fmt: skip
"""Of the names of what tells places apart."""


NO_WEIGHTS = re.compile(r"norm|(^|[._])(ln|bn|scale|gamma|beta)")
"""Of the names of what scales rows, and is 1 as long as nothing trains it."""


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


class Layout(NamedTuple):
    """Every array that holds weights."""

    slots: tuple[Slot, ...]
    still: tuple[str, ...] = ()
    """What else is added to scores or inputs: of any shape, set to 0."""
    others: tuple[str, ...] = ()
    """The weights of what is no attention: of any shape, set to 0."""
    filled: float = 0.0
    """What those weights are set to, if it is not 0."""

    def written(self, values: Values) -> dict[str, Any]:
        """The weights of a case, array by array."""
        found: dict[str, Any] = dict.fromkeys(self.still, 0.0)
        found |= dict.fromkeys(self.others, self.filled)
        for slot in self.slots:
            heads = _heads(slot.letters[0], values)
            for head in range(1 if slot.at is None else heads):
                path = _numbered(slot, head)
                found[path] = _filled(slot, values, head)
        return found

    def has(self, letter: str, *, bias: bool = False) -> bool:
        """Whether some array holds these weights, or this bias."""
        return any(
            letter in slot.letters and slot.bias == bias for slot in self.slots
        )


def layouts(arrays: Sequence[Array], d_in: int) -> Iterator[Layout]:
    """Every layout that fits names and shapes, the likeliest first."""
    known = [e for e in arrays if _weighs(e) and not _is_state(e, arrays)]
    still = tuple(each.path for each in arrays if _is_place(each))
    for roles in _roles(known):
        found = []
        for array, letters in zip(known, roles, strict=True):
            at = _numbers_heads(array, known, roles) if letters else None
            first = at is None or array.path.split(".")[at] == "0"
            if letters and first:
                found.append(list(_slots(array, letters, d_in, at)))
        for slots in islice(product(*_in_step(found)), _MOST):
            yield from _with_one_head(Layout(tuple(slots), still))


def _with_one_head(layout: Layout) -> Iterator[Layout]:
    """Keys and values as narrow as one head's for that alone; then for all."""
    if any(e.shared and e.letters in {"k", "v"} for e in layout.slots):
        slots = tuple(
            slot._replace(shared=slot.shared and slot.letters == "q")
            for slot in layout.slots
        )
        yield layout._replace(slots=slots)
    yield layout


_MOST = 1_000
"""So many layouts are tried at most for one reading of the names."""


def _is_state(array: Array, arrays: Sequence[Array]) -> bool:
    """Whether an array lies beside the weight that it keeps account of.

    An own layer often holds gradients and momenta of its weight's shape.
    """
    layer, _, name = array.path.rpartition(".")
    if not layer or name.lower() in _WEIGHT_NAMES:
        return False
    return any(
        each.shape == array.shape
        and each.path.rpartition(".")[0] == layer
        and each.path.rpartition(".")[2].lower() in _WEIGHT_NAMES
        for each in arrays
    )


_WEIGHT_NAMES = {"w", "weight", "weights", "kernel", "b", "bias", "biases"}


def _is_place(array: Array) -> bool:
    """Whether an array is a bias or embedding of places, to be learned."""
    return array.weighs and bool(_PLACES.search(array.path.lower()))


def _in_step(found: list[list[Slot]]) -> list[list[Slot]]:
    """The choices of each array; at most some hundred together."""
    total = 1
    for choices in found:
        total *= len(choices)
    return found if total <= 400 else [choices[:2] for choices in found]


def _weighs(array: Array) -> bool:
    """Whether an array can hold weights of an attention."""
    if array.mask or not array.weighs:
        return False
    names = array.path.lower().split(".")[:-1] or [array.path.lower()]
    return not any(
        name == part or name.startswith(part) or name.endswith(part)
        for name in names
        for part in _NO_WEIGHTS
    )


def _roles(arrays: Sequence[Array]) -> Iterator[list[str]]:
    """By names, where they tell; else by order."""
    told = [_letters(array.path) for array in arrays]
    packed = any(len(letters) == 3 for letters in told)
    if packed or {"q", "k", "v"} <= {c for each in told for c in each}:
        for named in (*_with_output(arrays, told), told):
            yield from _packed_orders(named)
        return
    yield from _by_order(arrays)


def _with_output(
    arrays: Sequence[Array], named: list[str]
) -> Iterator[list[str]]:
    """The one layer that no name tells taken for the output's."""
    layers = [each.path.rpartition(".")[0] or each.path for each in arrays]
    untold = {
        layer
        for layer, array, letters in zip(layers, arrays, named, strict=True)
        if not letters and len(array.shape) == 2
    }
    if len(untold) == 1 and "o" not in named:
        found = zip(layers, named, strict=True)
        yield [letters or "o" * (layer in untold) for layer, letters in found]


def _packed_orders(named: list[str]) -> Iterator[list[str]]:
    """As named; then with the packed parts in every other order."""
    yield named
    if not any(len(letters) == 3 for letters in named):
        return
    for order in permutations("qkv"):
        other = ["".join(order) if len(e) == 3 else e for e in named]
        if other != named:
            yield other


def _by_order(arrays: Sequence[Array]) -> Iterator[list[str]]:
    """Query, key, value, output in the order in which they were made."""
    matrices = [i for i, each in enumerate(arrays) if len(each.shape) > 1]
    if len(matrices) in {1, 2}:
        orders: list[Sequence[str]] = [
            ["".join(order), "o"] for order in permutations("qkv")
        ]
    elif len(matrices) in {3, 4}:
        orders = [[*order, "o"] for order in permutations("qkv")]
    else:
        return
    for order in orders:
        letters, last = [""] * len(arrays), -1
        for i, array in enumerate(arrays):
            last += len(array.shape) > 1
            letters[i] = order[max(last, 0)]
        yield letters


def _letters(path: str) -> str:
    """What the names that lead to an array say it holds."""
    for name in reversed(path.lower().split(".")):
        plain = name.replace("_", "").strip("0123456789")
        found = _of_name(plain, name)
        if found:
            return found
    return ""


def _of_name(plain: str, name: str) -> str:
    """What one name says."""
    whole = [letter for part, letter in _WHOLE if part in plain]
    packed = _PACKED.search(plain)
    if packed or {*whole} >= {"q", "k", "v"} or plain in _ALL_THREE:
        return packed[1] if packed else "qkv"
    if whole:
        return whole[0]
    letter = _LETTER.match(plain) or _LETTER.match(name.replace("_", ""))
    if letter:
        return letter[1]
    is_out = plain not in _NOTHING and any(part in plain for part in _OUT)
    return "o" if is_out else ""


def _numbers_heads(
    array: Array, arrays: Sequence[Array], roles: Sequence[str]
) -> int | None:
    """Where a path numbers the heads, if each has arrays of its own."""
    names = array.path.split(".")
    role = roles[arrays.index(array)]
    for at, name in enumerate(names):
        if not name.isdigit():
            continue
        for other, letters in zip(arrays, roles, strict=True):
            parts = other.path.split(".")
            differ = [
                i for i, part in enumerate(parts) if names[i : i + 1] != [part]
            ]
            if letters == role and differ == [at]:
                return at
    return None


def _numbered(slot: Slot, head: int) -> str:
    """The path of one head's array."""
    names = slot.path.split(".")
    if slot.at is not None:
        names[slot.at] = str(head)
    return ".".join(names)


def _slots(
    array: Array, letters: str, d_in: int, at: int | None
) -> Iterator[Slot]:
    """The ways in which an array can hold its weights."""
    axes = len(array.shape)
    slot = Slot(array.path, array.shape, letters, axes == 1, at)
    if axes == 3 and len(letters) == 1:
        for names in permutations("hid"):
            if letters == "o" or array.shape[names.index("i")] == d_in:
                yield slot._replace(axes="".join(names))
        return
    if axes == 2 and _HEADS_BIAS.search(array.path):
        yield slot._replace(bias=True, axes="hd")
        return
    slot = slot._replace(shared=_is_shared(slot, d_in))
    for order in _orders(slot):
        straight = slot.bias or order == BLOCKS
        for turned in [False] if straight else _turned(array, letters, d_in):
            yield slot._replace(order=order, turned=turned)


def _orders(slot: Slot) -> Sequence[str]:
    """In which order packed columns may follow each other."""
    orders = ["phd", "hpd", "dph", "hdp", "pdh", "dhp"]
    if len(slot.letters) == 1:
        return orders[:1]
    return orders if slot.bias else [*orders, BLOCKS]


def _is_shared(slot: Slot, d_in: int) -> bool:
    """Whether an array is as wide as one head: it serves its own part alone.

    One for all heads, or of each head one.
    """
    side, *others = slot.shape
    each = slot.at is None or not slot.bias
    alone = len(slot.letters) == 1 and slot.letters != "o" and each
    part = 0 < side < d_in and d_in % side == 0 and others in ([side], [])
    if slot.bias and _LINEAR_BIAS.search(slot.path) is None:
        return False
    return alone and part


def _turned(array: Array, letters: str, d_in: int) -> list[bool]:
    """Whether a matrix is stored `(d_out, d_in)`, if that can be told."""
    if array.path.endswith("kernel"):  # Flax's and Keras' name for (in, out)
        return [False]
    if array.owner in _TRANSPOSED_OWNERS:
        return [True]
    if array.owner in _STRAIGHT_OWNERS or len(array.shape) != 2:
        return [False]
    rows, columns = array.shape
    if letters != "o" and rows != columns and d_in in {rows, columns}:
        return [rows != d_in]
    return [False, True] if rows == columns else [False]


def _heads(letter: str, values: Values) -> int:
    """How many heads a projection is for."""
    heads: int = values.get("num_heads", 1)
    return key_heads(values) if letter in {"k", "v"} else heads


def _filled(slot: Slot, values: Values, head: int) -> Any:  # noqa: ANN401
    """The numbers of one array."""
    if slot.axes:
        return _by_axes(slot, values, _heads(slot.letters, values))
    if slot.letters == "o":
        return _of_output(slot, values)
    parts = [_columns(slot, letter, values) for letter in slot.letters]
    counts = [_heads(letter, values) for letter in slot.letters]
    if slot.shared:
        return _stored(slot, _of_one_head(parts[0], counts[0], head))
    if slot.at is not None:
        parts = [_cut(*each, head) for each in zip(parts, counts, strict=True)]
        counts = [1] * len(parts)
    if slot.order == BLOCKS and len({*counts}) == 1:
        return [row for part in parts for row in transpose(part)]
    return _stored(slot, _in_order(slot, parts, counts))


def _of_one_head(columns: Matrix, num_heads: int, head: int) -> Matrix:
    """One head's columns, of its own rows only."""
    d = len(columns) // num_heads
    own = slice(head * d, (head + 1) * d)
    return [column[own] for column in columns[own]]


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
