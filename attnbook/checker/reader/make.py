"""A reader's functions called, and objects made, as a request says."""

import contextlib
import copy
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from attnbook.checker.reader.functional import chance, in_mode
from attnbook.checker.reader.further import (
    backward,
    cache_of,
    gradients,
    in_two,
)
from attnbook.checker.reader.gpu import without_gpu
from attnbook.checker.reader.objects import is_lazy, is_module, write
from attnbook.checker.reader.standin import StandIn, setting
from attnbook.checker.reader.turning import still, unturned
from attnbook.checker.reader.values import Config, keyed, wrapper

Turn: TypeAlias = Callable[[], contextlib.AbstractContextManager[Any]]
"""What puts the reader's builtins in place, while that code runs."""

_CALLS = ("forward", "__call__", "call")


def make(space: dict[str, Any], request: dict[str, Any], turn: Turn) -> Any:  # noqa: ANN401
    """The object whose method a request asks for, fresh and ready.

    It is made from the request's sizes, and holds the request's weights.
    """
    with numbers_as(request.get("wrap", "list")), _sized(space, request):
        found = _found(space, request["target"].partition(".")[0])
        made = (
            _made(found, space, request, turn)
            if isinstance(found, type)
            else (_fresh(found))
        )
        made = _ready(made, request)
        _primed(made, request, turn)
        _set(made, request)
        write(made, request.get("weights", {}))
        if request.get("unturned"):
            still(made)
    return made


def call(
    space: dict[str, Any],
    request: dict[str, Any],
    given: tuple[list[Any], dict[str, Any]],
    turn: Turn,
) -> tuple[Any, str]:
    """What a function, or a method of a fresh object, returns and prints."""
    try:
        return _called(space, request, given, turn)
    except TypeError as error:
        if "not str" not in str(error):
            raise
        given = [*map(keyed, given[0])], given[1]
        return _called(space, request, given, turn)
    except (AssertionError, RuntimeError) as error:
        if not _asks_for_gpu(error):
            raise
    with without_gpu():
        return _called(space, request, given, turn)


def _called(
    space: dict[str, Any],
    request: dict[str, Any],
    given: tuple[list[Any], dict[str, Any]],
    turn: Turn,
) -> tuple[Any, str]:
    """The call itself."""
    owner, _, method = request["target"].partition(".")
    with numbers_as(request.get("wrap", "list")), _sized(space, request):
        made = called = _found(space, owner)
        if method:
            made = make(space, request, turn)
            _first(made, request, turn)
            itself = _by_itself(made, method)
            called = made if itself else getattr(made, method)
        with turn() as printed:
            result = _result(space, called, request, given)
            if "backward" in request:
                result = backward(made, request["backward"])
        if "gradients" in request:
            result = gradients(made, result, request["gradients"])
    return result, printed.getvalue()


def _result(
    space: dict[str, Any],
    called: Callable[..., Any],
    request: dict[str, Any],
    given: tuple[list[Any], dict[str, Any]],
) -> Any:  # noqa: ANN401
    """What comes of a call: with the cache of a forward, or in two parts."""
    args, named = [*given[0]], given[1]
    if "forward" in request:
        forward = request["forward"]
        came = _found(space, forward["target"])(*forward["args"])
        args[forward["at"]] = cache_of(came)
    if "then" in request:
        return in_two(called, given, request["then"], request["cache"])
    return called(*args, **named)


def _first(made: Any, request: dict[str, Any], turn: Turn) -> None:  # noqa: ANN401
    """Call the method that has to be called before, if there is one."""
    if "before" in request:
        method, args = request["before"]
        with turn():
            getattr(made, method)(*args)


def _asks_for_gpu(error: Exception) -> bool:
    """Whether an error says that there is no such device here."""
    said = str(error).lower()
    return any(word in said for word in ("cuda", "mps", "xpu", "nvidia"))


def _found(space: dict[str, Any], name: str) -> Any:  # noqa: ANN401
    """What the file offers under a name."""
    if name not in space:
        raise NameError(f"name {name!r} is not defined", name=name)
    return space[name]


def _made(
    kind: type, space: dict[str, Any], request: dict[str, Any], turn: Turn
) -> Any:  # noqa: ANN401
    """An object of the reader's class; on the CPU, if it asks for more."""
    place, named = _given(request, "place"), _named(space, request)
    try:
        with turn():
            return _built(kind, place, named)
    except (AssertionError, RuntimeError) as error:
        if not _asks_for_gpu(error):
            raise
    with without_gpu(), turn():
        return _built(kind, place, named)


_MOST_SETTINGS = 8
"""So many settings that nobody knows a class may want."""


def _built(kind: type, place: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
    """An object; a setting that neither a size nor the file tells is None."""
    for _ in range(_MOST_SETTINGS):
        try:
            return kind(*place, **named)
        except AttributeError as error:
            if not (isinstance(error.obj, Config) and error.name):
                raise
            error.obj[_plain(error.name)] = None
    return kind(*place, **named)


def _plain(name: str) -> str:
    """A setting's name without case and underscores."""
    return name.lower().replace("_", "")


def _defaults(space: dict[str, Any]) -> dict[str, Any]:
    """The settings that classes of the file have, such as a data class's."""
    return {
        _plain(name): value
        for each in [*space.values()]
        if isinstance(each, type)
        for name, value in vars(each).items()
        if value is None or type(value) in {bool, int, float, str}
    }


def _fresh(found: Any) -> Any:  # noqa: ANN401
    """A copy of an object, so that no call sees what another did to it."""
    try:
        return copy.deepcopy(found)
    except Exception:  # noqa: BLE001 - some things cannot be copied
        return found


def _by_itself(made: Any, method: str) -> bool:  # noqa: ANN401
    """Whether the library calls the method, when the object is called."""
    return method in _CALLS and (is_module(made) or method == "call")


def _given(request: dict[str, Any], key: str) -> list[Any]:
    """What the object is made from, by position."""
    wrap = wrapper(request.get("wrap", "list"))
    return [wrap(value) for value in request.get(key, [])]


def _named(space: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """What the object is made from, by name."""
    wrap = wrapper(request.get("wrap", "list"))
    found = {k: wrap(v) for k, v in request.get("init", {}).items()}
    for name, value in found.items():
        if isinstance(value, Config):
            found[name] = Config({**_defaults(space), **value})
        elif isinstance(value, dict) and "part" in value:
            found[name] = _part(space, request, value)
    return found


def _part(
    space: dict[str, Any], request: dict[str, Any], wanted: dict[str, Any]
) -> Any:  # noqa: ANN401
    """Another attention of the file: itself, or an object of its class."""
    part = _found(space, wanted["part"])
    if not (wanted["made"] and isinstance(part, type)):
        return part
    sizes = request.get("constants", {})
    known = {
        name: sizes[_plain(name)]
        for name in inspect.signature(part).parameters
        if _plain(name) in sizes
    }
    return part(**known)


def _primed(made: Any, request: dict[str, Any], turn: Turn) -> None:  # noqa: ANN401
    """Call once what makes its weights when it is called first."""
    sizes = request.get("constants", {})
    if isinstance(made, type) or "din" not in sizes or not is_lazy(made):
        return
    if not callable(_caller(made)):
        return
    wrap, rows = request.get("wrap", "list"), [[0.0] * sizes["din"]] * 2
    errors = []
    for batch in ([rows], rows):
        error = _first_error(made, wrapper(wrap)(batch), turn)
        if error is None:
            return
        errors.append(error)
    if request["do"] == "make":
        raise errors[0]


def _first_error(made: Any, rows: Any, turn: Turn) -> Exception | None:  # noqa: ANN401
    """What a first call of an object raises, if anything."""
    wants = [
        name
        for name, each in inspect.signature(_caller(made)).parameters.items()
        if each.default is each.empty and "VAR" not in each.kind.name
    ]
    given = [_given_first(name, rows) for name in wants]
    try:
        with turn():
            made(*given)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return error
    return None


def _caller(made: Any) -> Any:  # noqa: ANN401
    """The method that is run when an object is called."""
    names = ("call", "forward")  # a layer of Keras' has both
    found = [getattr(made, name) for name in names if hasattr(made, name)]
    return found[0] if found else made


def _given_first(name: str, rows: Any) -> Any:  # noqa: ANN401
    """What a parameter gets in a first call: no mask, or rows."""
    if any(word in name for word in ("mask", "len", "pad")):
        return None
    if any(word in name for word in ("determin", "train", "inference")):
        return True
    return chance(name) if name in {"rng", "rngs"} else rows


def _set(made: Any, request: dict[str, Any]) -> None:  # noqa: ANN401
    """Set plain attributes, where the object has them; never a module's."""
    if is_module(made):
        return
    wrap = wrapper(request.get("wrap", "list"))
    for name, value in request.get("attributes", {}).items():
        if hasattr(made, name):
            setattr(made, name, wrap(value))


def _ready(made: Any, request: dict[str, Any]) -> Any:  # noqa: ANN401
    """A module in the precision and mode that are asked for."""
    mode = request.get("mode", "eval")
    if not is_module(made):
        return in_mode(made, mode)
    if request.get("wrap") in _PRECISIONS:
        getattr(made, _PRECISIONS[request["wrap"]])()
    return made.train(mode == "train")


@contextlib.contextmanager
def _sized(space: dict[str, Any], request: dict[str, Any]) -> Iterator[None]:
    """The file's own constants, such as `n_embd`, in the request's sizes.

    So is what it imports from where nothing is found.
    """
    sizes = request.get("constants", {})
    StandIn.sizes = {**sizes, **_ELSEWHERE} if sizes else {}
    found = {name: _resized(name, e, sizes) for name, e in space.items()}
    before = {k: e for k, e in space.items() if found[k] is not e}
    space.update({name: found[name] for name in before})
    turned = not request.get("unturned")
    try:
        with contextlib.nullcontext() if turned else unturned(space):
            yield
    finally:
        space.update(before)
        StandIn.sizes = {}


def _resized(name: str, value: Any, sizes: dict[str, Any]) -> Any:  # noqa: ANN401
    """What a name of the file stands for in the request's sizes."""
    plain = name.lower().replace("_", "")
    if type(value) in {int, float}:
        return sizes.get(plain, value)
    if issubclass(type(value), StandIn):
        return setting(name, value)
    named = issubclass(type(value), dict | types.SimpleNamespace)
    return Config(sizes) if named and sizes and plain in _CONFIGS else value


_ELSEWHERE = {"device": "cpu", "dtype": None}
"""What settings of a file that is not there are, other than sizes."""
_PRECISIONS = {"torch": "double", "torch16": "half"}
_DTYPES = {"torch": "float64", "torch16": "float16"}
_CONFIGS = ("config", "cfg", "args", "hparams", "gptconfig124m", "gptconfig")


@contextlib.contextmanager
def numbers_as(wrap: str) -> Iterator[None]:
    """New tensors in the precision that is asked for."""
    torch = sys.modules.get("torch") if wrap.startswith("torch") else None
    if torch is None:
        yield
        return
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, _DTYPES.get(wrap, "float32")))
    try:
        yield
    finally:
        torch.set_default_dtype(before)
