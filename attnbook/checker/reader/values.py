"""Numbers on their way to the reader's code and back.

On the way in, nested lists become whatever array the code wants. On the way
back, anything that can give its numbers does so by the protocols that array
libraries share: `tolist`, `numpy`, `__array__`, or the `data` of an object
that stands for one number.
"""

import collections
import dataclasses
import importlib
import numbers
from collections.abc import Callable
from typing import Any

from attnbook.checker.reader.bundle import Bundle
from attnbook.checker.reader.functional import chance

MOST_NUMBERS = 100_000
DEEPEST = 8

# Of each kind: the module, and what makes an array there.
_MAKERS: dict[str, tuple[str, str]] = {
    "numpy": ("numpy", "array"),
    "torch": ("torch", "tensor"),
    "torch32": ("torch", "tensor"),
    "torch16": ("torch", "tensor"),
    "jax": ("jax.numpy", "asarray"),
    "tensorflow": ("tensorflow", "constant"),
    "mlx": ("mlx.core", "array"),
    "keras": ("keras.ops", "convert_to_tensor"),
}
OWN_MAKERS: dict[str, Callable[[Any], Any]] = {}
"""Of each kind that the reader's file has of its own: what makes one."""
STORED: dict[type, str] = {}
"""Of the reader's own classes: the attribute that holds the numbers."""
LIBRARIES = ("numpy", "torch", "jax", "tensorflow", "mlx", "keras")
COMPILED = {"jax", "tensorflow", "keras"}
"""Arrays whose library compiles anew for every shape."""
_LIKE = {
    "cupy": "numpy", "flax": "jax", "equinox": "jax",
    "haiku": "jax", "einops": "torch", "autograd": "numpy",
}  # fmt: skip


# What gives an array's numbers, one call after another.
_READERS = (
    ("detach", "tolist"), ("tolist",), ("numpy", "tolist"),
    ("__array__", "tolist"),
)  # fmt: skip


class UnreadableError(Exception):
    """What the reader's function returned does not give its numbers."""


class TooMuchError(Exception):
    """The reader's function returned more than a check can want."""


def library(name: str) -> str | None:
    """The array library that a module belongs to, if to any."""
    top = name.partition(".")[0]
    return _LIKE.get(top, top if top in LIBRARIES else None)


def wrapper(kind: str) -> Callable[[Any], Any]:
    """What turns lists into the kind of value that the reader wants."""
    if kind == "list":
        return _copy
    make = OWN_MAKERS.get(kind) or _maker(kind)

    def wrap(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return _named(value, wrap)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [_named(item, wrap) for item in value]
        return make(value) if isinstance(value, list) else value

    return wrap


def _maker(kind: str) -> Callable[[Any], Any]:
    """What makes an array of a library."""
    module, name = _MAKERS[kind]
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def _copy(value: Any) -> Any:  # noqa: ANN401
    """Fresh lists, so that no call sees what another did to them."""
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return _named(value, _copy)
    return value


def _named(value: Any, wrap: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    """A tuple with names, or the settings of a configuration."""
    if "config" in value:
        return Config(value["config"])
    if "chance" in value:
        return chance(value["chance"])
    if "unturned" in value:
        return _unturned(*value["unturned"])
    if "bundle" in value:
        held = {name: wrap(item) for name, item in value["bundle"].items()}
        return Bundle(held, nested=value["nested"])
    if "items" not in value:
        return {name: wrap(item) for name, item in value.items()}
    kind = collections.namedtuple("Named", value["fields"])  # type: ignore[misc]  # noqa: PYI024
    return kind(*(wrap(item) for item in value["items"]))


def _unturned(*lengths: int) -> Any:  # noqa: ANN401
    """A table of complex numbers that turn nothing: 1 everywhere."""
    torch = importlib.import_module("torch")
    return torch.ones(lengths) * torch.ones((), dtype=torch.complex64)


def keyed(value: Any) -> Any:  # noqa: ANN401
    """A tuple with names that also answers keys, as a dictionary would."""
    if not hasattr(value, "_fields"):
        return value
    kind = collections.namedtuple("Named", value._fields)  # type: ignore[misc]  # noqa: PYI024
    setattr(kind, "__getitem__", _by_key)  # noqa: B010 - mypy knows no other
    return kind(*value)


def _by_key(items: Any, key: Any) -> Any:  # noqa: ANN401
    """An item by its place, or the first whose name a key begins.

    `Wq` and `q` are `W_query`.
    """
    if not isinstance(key, str):
        return tuple.__getitem__(items, key)
    plain = key.lower().replace("_", "")
    for field in items._fields:
        whole = field.lower().replace("_", "")
        if whole.startswith(plain) or whole[1:].startswith(plain):
            return getattr(items, field)
    raise KeyError(key)


class Config(dict[str, Any]):
    """A configuration: any known setting by attribute, key or `get`.

    Case and underscores do not matter.

    Examples:
        >>> config = Config({"embeddim": 6, "numheads": 2})
        >>> config.embed_dim, config["num_heads"], config.get("flash", False)
        (6, 2, False)
    """

    def __missing__(self, name: str) -> Any:  # noqa: ANN401
        plain = str(name).lower().replace("_", "")
        if plain == name or plain not in self:
            raise KeyError(name)
        return self[plain]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name, name=name, obj=self) from None

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        """The setting, or the default where none of that name is known."""
        try:
            return self[name]
        except KeyError:
            return default


def encode(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON can carry it; what isn't numbers is named by type."""
    return _encode(value, [MOST_NUMBERS], depth=0)


def _encode(value: Any, room: list[int], depth: int) -> Any:  # noqa: ANN401
    """Encode, counting down the room that is left."""
    room[0] -= 1
    if room[0] < 0:
        raise TooMuchError(f"more than {MOST_NUMBERS} values")
    if depth > DEEPEST:
        raise TooMuchError(f"lists nested deeper than {DEEPEST}")
    if value is None or isinstance(value, bool | float | int):
        return _encode_one(value)
    if isinstance(value, list | tuple | dict):
        return _encode_items(value, room, depth + 1)
    inner = _numbers(value)
    if inner is not value:
        return _encode(inner, room, depth)
    return _encode_object(value, room, depth)


def _encode_one(value: Any) -> Any:  # noqa: ANN401
    """Encode a number; what is none is named."""
    if isinstance(value, bool):
        return {"other": "bool", "is": value}
    if value is None:
        return {"other": "NoneType"}
    return float(value) if isinstance(value, float) else _whole(value)


def _numbers(value: Any) -> Any:  # noqa: ANN401
    """What an array or number holds, by the protocols that they share."""
    if isinstance(value, type):
        return value
    for names in _READERS:
        try:
            found = value
            for name in names:
                found = getattr(found, name)()
        except (AttributeError, TypeError):
            continue
        if type(found) is not type(value):
            return found
    if isinstance(value, numbers.Real):  # a long double is its own `tolist`
        return float(value)
    data = getattr(value, "data", None)
    return value if isinstance(data, memoryview) or data is None else data


def _encode_items(value: Any, room: list[int], depth: int) -> Any:  # noqa: ANN401
    """Encode a list or tuple, or one whose items have names."""
    if isinstance(value, dict):
        names = [str(name) for name in value]
        value = list(value.values())
    else:
        names = list(getattr(value, "_fields", ()))
    items = [_encode(item, room, depth) for item in value]
    return {"fields": names, "items": items} if names else items


def _encode_object(value: Any, room: list[int], depth: int) -> Any:  # noqa: ANN401
    """Encode an own array, a data class by its fields, else by the type."""
    if type(value) in STORED:
        return _encode(getattr(value, STORED[type(value)]), room, depth)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return {"other": type(value).__name__}
    named = {
        each.name: getattr(value, each.name)
        for each in dataclasses.fields(value)
    }
    return _encode_items(named, room, depth + 1)


def _whole(value: int) -> Any:  # noqa: ANN401
    """An integer as long as a float is exact, then the float nearest to it."""
    try:
        nearest = float(value)
    except OverflowError:
        return {"other": "huge int"}
    return int(value) if abs(value) <= 2**53 else nearest
