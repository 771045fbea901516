"""Queries and keys that are turned by their places (RoPE), left unturned.

The book's attention knows no places. What turns is found by its name: a
function of the file, a method, a layer, or a table of cosines and sines. For
a call it does nothing, so that the attention around it can be checked.
"""

import contextlib
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attnbook.checker.reader.standin import StandIn

_NAMED = re.compile(r"rope|rotary|rotate_(emb|q|half)|freqs?_cis")
_TABLES = re.compile(r"(^|_)(cos|sin|freqs?|inv_freq|theta)(_|s?$)|freqs_cis")
_ROWS = re.compile(
    r"^(x|q|t|u|xq|x_in|tensor|quer(y|ies)|q_?(states|emb|in)|inputs?|"
    r"hidden|feats?|qk?|states|vec(tor)?s?)$"
)
_SECOND = re.compile(r"^(k|xk|keys?|k_?(states|emb|in))$")


def turns(space: Mapping[str, Any]) -> bool:
    """Whether a file's names, or a class's, tell that something is turned."""
    classes = [
        type.__getattribute__(each, "__dict__")  # whatever it says itself
        for each in space.values()
        if issubclass(type(each), type)
    ]
    names = (name for each in (space, *classes) for name in each)
    return any(_NAMED.search(name.lower()) for name in names)


@contextlib.contextmanager
def unturned(space: dict[str, Any]) -> Iterator[None]:
    """The file's functions that turn, as such that give back what they get."""
    before = {
        name: item
        for name, item in space.items()
        if _NAMED.search(name.lower()) and _is_turning(item)
    }
    space.update({name: _still(item) for name, item in before.items()})
    try:
        yield
    finally:
        space.update(before)


def still(made: Any) -> None:  # noqa: ANN401
    """The same for an object: its methods, layers and tables."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(made, torch.nn.Module):
        return
    for name, method in inspect.getmembers(made, inspect.ismethod):
        if _NAMED.search(name.lower()) and _is_turning(method):
            object.__setattr__(made, name, _still(method))
    for path, layer in made.named_modules():
        kind = type(layer).__name__.lower()
        if path and (_NAMED.search(kind) or _NAMED.search(path.lower())):
            layer.register_forward_hook(_unchanged, with_kwargs=True)
        _flatten(layer, torch)


def _is_turning(item: Any) -> bool:  # noqa: ANN401
    """Whether this takes rows and turns them, rather than makes a table."""
    if isinstance(item, StandIn):
        return True
    if not isinstance(item, types.FunctionType | types.MethodType):
        return False
    first = next(iter(inspect.signature(item).parameters), "")
    return bool(_ROWS.match(first.lower()))


def _still(item: Any) -> Callable[..., Any]:  # noqa: ANN401
    """What gives back its first argument, or two where it turns both."""
    if isinstance(item, StandIn):
        return Unturned()
    names = _parameters(item)
    both = len(names) > 1 and bool(_SECOND.match(names[1]))

    def same(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        rows = [*given, *named.values()]
        return (rows[0], rows[1]) if both else rows[0]

    return same


class Unturned:
    """Stands in for what turns and is not there: a function, or a layer.

    Called with rows it gives them back; called with sizes, or asked for a
    method, it gives itself.

    Examples:
        >>> layer = Unturned()(64, base=100)
        >>> layer.rotate_queries_or_keys is layer
        True
    """

    def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        """The rows that it is given; itself where there are none."""
        rows = [e for e in (*given, *named.values()) if hasattr(e, "shape")]
        if not rows:
            return self
        return tuple(rows[:2]) if _alike(rows) else rows[0]

    def __getattr__(self, name: str) -> "Unturned":
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def _parameters(item: Callable[..., Any]) -> list[str]:
    """The names of a function's parameters."""
    return [name.lower() for name in inspect.signature(item).parameters]


def _alike(rows: list[Any]) -> bool:
    """Whether the first two arguments are queries and keys."""
    one, two = (getattr(each, "shape", ()) for each in (*rows, None, None)[:2])
    return len(one) == len(two) > 2 and one[:-2] == two[:-2]


def _unchanged(
    _: Any,  # noqa: ANN401
    given: tuple[Any, ...],
    named: dict[str, Any],
    came: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """What a layer gives that turns nothing: its rows, or a table of none."""
    torch = sys.modules["torch"]
    both = (*given, *named.values())
    rows = [each for each in both if isinstance(each, torch.Tensor)]
    if isinstance(came, tuple) and len(came) == 2:
        if [e.shape for e in came] == [e.shape for e in rows[:2]]:
            return tuple(rows[:2])
        return torch.ones_like(came[0]), torch.zeros_like(came[1])
    if not isinstance(came, torch.Tensor):
        return came
    if rows and came.shape == rows[0].shape:
        return rows[0]
    return torch.ones_like(came) if came.is_complex() else came * 0


def _flatten(layer: Any, torch: Any) -> None:  # noqa: ANN401
    """Its tables as those of no turn: cosines 1, all else 0."""
    held = {**vars(layer), **layer._buffers}  # noqa: SLF001 - torch's own store
    for name, table in held.items():
        plain = name.lower()
        if not isinstance(table, torch.Tensor) or not _TABLES.search(plain):
            continue
        table.fill_(1 if "cos" in plain or table.is_complex() else 0)
