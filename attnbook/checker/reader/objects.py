"""An object of the reader's: the arrays that it holds, found and written.

Weights are found wherever they lie: as parameters of a module, as arrays in
attributes, in lists and dictionaries, inside other objects. They are written
in place, so that whatever else holds them sees the new numbers.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

_DEEPEST = 5


class Held(NamedTuple):
    """One array that an object holds."""

    path: str
    """The names that lead to it, as in `heads.0.query.weight`."""
    array: Any
    owner: Any
    key: Any
    """Under which attribute, index or key the owner keeps it."""
    registered: bool = True
    """Whether the library would train it."""
    weighs: bool = True
    """Whether it can be a weight, and is no buffer."""

    def described(self) -> dict[str, Any]:
        """What can be told without its numbers."""
        return {
            "path": self.path,
            "shape": _shape(self.array),
            "owner": _library_class(self.owner),
            "registered": self.registered,
            "mask": _is_mask(self.array),
            "weighs": self.weighs and _kind(self.array) == "float",
        }


_LIBRARIES = {"torch", "equinox", "flax", "keras", "tensorflow", "mlx"}


def _library_class(owner: Any) -> str:  # noqa: ANN401
    """The name of a library's class; a reader's `Linear` may be another."""
    kind = type(owner)
    known = kind.__module__.partition(".")[0] in _LIBRARIES
    return kind.__name__ if known else ""


def is_module(value: Any) -> bool:  # noqa: ANN401
    """Whether this is a module of torch's."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _is_layer(value: Any) -> bool:  # noqa: ANN401
    """Whether this is a layer of Keras', which knows all weights below it."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.layers.Layer)


def is_lazy(made: Any) -> bool:  # noqa: ANN401
    """Whether weights are still to be made, by a first call."""
    if is_module(made) and not _is_layer(made):
        lazy = sys.modules["torch"].nn.parameter.is_lazy
        return any(map(lazy, made.parameters()))
    return not held(made)


def held(made: Any) -> list[Held]:  # noqa: ANN401
    """Every array of an object, in the order in which it was given them."""
    found: dict[int, Held] = {}
    for each in _walk(made, (made, ""), "", set()):
        found.setdefault(id(each.array), each)
    if _is_layer(made) or not is_module(made):
        return list(found.values())
    trained = {id(parameter) for parameter in made.parameters()}
    buffers = {id(buffer) for buffer in made.buffers()}
    return [
        each._replace(
            registered=number in trained, weighs=number not in buffers
        )
        for number, each in found.items()
    ]


def write(made: Any, weights: dict[str, Any]) -> None:  # noqa: ANN401
    """Write numbers into the arrays of those names.

    Raises:
        ValueError: If an array of a name is missing or has another shape.
    """
    by_path = {each.path: each for each in held(made)}
    for path, numbers in weights.items():
        if path not in by_path:
            raise ValueError(f"the object holds no {path}")
        _write(by_path[path], numbers)


def _write(place: Held, numbers: Any) -> None:  # noqa: ANN401
    """Write into one array, in place where that can be done.

    One number is written into every entry.
    """
    wanted = _shape(place.array)
    if isinstance(numbers, float):
        numbers = _full(numbers, wanted or [])
    if wanted != (came := _shape(numbers)):
        raise ValueError(f"{place.path} is {wanted}, got {came}")
    if hasattr(place.array, "data_ptr"):
        torch = sys.modules["torch"]
        with torch.no_grad():
            place.array.copy_(torch.tensor(numbers))
    elif hasattr(place.array, "set_value"):  # a variable of Flax's nnx
        place.array.set_value(_like(place.array)(numbers))
    elif hasattr(place.array, "assign"):
        place.array.assign(numbers)
    else:
        _replace(place, numbers)


def _full(number: float, lengths: list[int]) -> Any:  # noqa: ANN401
    """Nested lists of these lengths that hold nothing but one number."""
    if not lengths:
        return number
    return [_full(number, lengths[1:]) for _ in range(lengths[0])]


def _replace(place: Held, numbers: Any) -> None:  # noqa: ANN401
    """Write into a list or NumPy's array, or put a new array there."""
    array = place.array
    if isinstance(array, list):
        array[:] = numbers
        return
    numpy = sys.modules.get("numpy")
    own = numpy is not None and isinstance(array, numpy.ndarray)
    if own and array.flags.writeable:
        array[...] = numbers
        return
    made = type(array) if isinstance(array, tuple) else _like(array)
    if isinstance(place.owner, list | dict):
        place.owner[place.key] = made(numbers)
    else:
        object.__setattr__(place.owner, place.key, made(numbers))


def _like(array: Any) -> Any:  # noqa: ANN401
    """What makes arrays of this one's library."""
    top = type(array).__module__.partition(".")[0]
    names = {"mlx": "mlx.core"} | dict.fromkeys(
        ("jax", "jaxlib", "flax"), "jax.numpy"
    )
    module = sys.modules[names.get(top, "numpy")]
    return module.array


def _walk(
    value: Any,  # noqa: ANN401
    place: tuple[Any, Any],
    path: str,
    seen: set[int],
) -> Iterator[Held]:
    """Every array below a value."""
    if _is_array(value):
        yield Held(path, value, *place)
        return
    if path.count(".") > _DEEPEST or id(value) in seen:
        return
    seen.add(id(value))
    for name, item in _items(value):
        below = f"{path}.{name}".lstrip(".")
        yield from _walk(item, (value, name), below, seen)


def _items(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """What lies in an object, by name, index or key."""
    if _is_layer(value):
        yield from _of_layer(value)
    elif is_module(value):
        yield from value._parameters.items()  # noqa: SLF001 - torch's own store
        yield from value._modules.items()  # noqa: SLF001
        yield from value._buffers.items()  # noqa: SLF001
        for name, item in vars(value).items():
            if not name.startswith("_"):
                yield name, item
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif isinstance(value, dict):
        yield from value.items()
    elif hasattr(value, "__dict__") and not _is_code(value):
        yield from list(vars(value).items())


def _of_layer(layer: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """The weights of a layer of Keras', by their places and names."""
    for place, weight in enumerate(layer.weights):
        yield f"w{place}.{_unnumbered(weight.path)}", weight


def _unnumbered(path: str) -> str:
    """A path below its layer, without the numbers that Keras counts on."""
    names = path.split("/")[1:]
    return ".".join(re.sub(r"_\d+$", "", name) for name in names)


def _is_code(value: Any) -> bool:  # noqa: ANN401
    """Functions, classes, modules: things that hold no weights."""
    return isinstance(value, type) or type(value).__name__ in {
        "module", "function", "method", "builtin_function_or_method",
        "dtype", "Generator", "RandomState", "ufunc", "device",
    }  # fmt: skip


def _is_array(value: Any) -> bool:  # noqa: ANN401
    """Whether this holds numbers that could be weights."""
    if isinstance(value, list | tuple):
        return len(_shape(value) or ()) in {1, 2} and _floats(value)
    shape = getattr(value, "shape", None)
    if shape is None or isinstance(value, type):
        return False
    least = 1 if _kind(value) == "float" else 2  # other than floats: a mask
    return bool(_kind(value)) and least <= len(shape) <= 4


def _kind(value: Any) -> str:  # noqa: ANN401
    """Of an array whether it holds floats, or what a mask is made of."""
    if isinstance(value, list | tuple):
        return "float"
    name = str(getattr(value, "dtype", ""))
    return next((k for k in ("float", "bool", "int") if k in name), "")


def _floats(value: Any) -> bool:  # noqa: ANN401
    """Whether nested lists hold floats and nothing else."""
    if isinstance(value, list | tuple):
        return all(map(_floats, value))
    return isinstance(value, float)


def _shape(value: Any) -> list[int] | None:  # noqa: ANN401
    """The lengths of an array or of regular nested lists."""
    if not isinstance(value, list | tuple):
        return [int(length) for length in getattr(value, "shape", ())]
    inner = [_shape(item) for item in value]
    if not inner or inner[0] is None or any(e != inner[0] for e in inner):
        return None if inner else [0]
    return [len(value), *inner[0]]


def _is_mask(array: Any) -> bool:  # noqa: ANN401
    """Whether an array only says what is hidden: 0, 1 and minus infinity."""
    shape = _shape(array) or []
    if len(shape) < 2 or shape[-1] != shape[-2] or shape[-1] < 2:
        return False
    numbers = array if isinstance(array, list | tuple) else _listed(array)
    while len(shape) > 2:
        numbers, shape = numbers[0], shape[1:]
    above = {entry for i, row in enumerate(numbers) for entry in row[i + 1 :]}
    below = {entry for i, row in enumerate(numbers) for entry in row[:i]}
    return len(above) == len(below) == 1 and above != below


def _listed(array: Any) -> Any:  # noqa: ANN401
    """An array's numbers."""
    read = getattr(array, "detach", lambda: array)()
    for name in ("tolist", "numpy"):
        if hasattr(read, name):
            read = getattr(read, name)()
    return read if isinstance(read, list) else read.__array__().tolist()
