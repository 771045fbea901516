"""Where the weights of a reader's object lie.

An object tells the names and shapes of its arrays. A layout says which array
holds which weights and in which order: three matrices, one packed matrix,
one set for each head; stored `(d_in, d_out)` or the other way. Through it the
weights of any case can be written.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, permutations, product
from typing import Any, NamedTuple

from attnbook.checker.match.slots import (
    BLOCKS,
    Array,
    Slot,
    contents,
    heads_of,
    numbered,
)
from attnbook.checker.steps.cases import Values

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
            heads = heads_of(slot.letters[0], values)
            for head in range(1 if slot.at is None else heads):
                path = numbered(slot, head)
                found[path] = contents(slot, values, head)
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
    if array.owner in _TRANSPOSED_OWNERS and _letters(array.path) in {*"qkv"}:
        return True  # what leads from embeddings to queries is no table
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
