"""More than one call of a reader's object: its gradients, and its cache."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from attnbook.checker.reader.objects import held


def gradients(
    made: Any,  # noqa: ANN401
    result: Any,  # noqa: ANN401
    wanted: Mapping[str, Any],
) -> dict[str, Any]:
    """Of each weight that the library trains its gradient, by its path."""
    torch = sys.modules["torch"]
    arrays = {
        each.path: each.array
        for each in held(made)
        if each.path in wanted["of"]
        and getattr(each.array, "requires_grad", False)
    }
    for array in arrays.values():
        array.grad = None
    items = [*result.values()] if isinstance(result, dict) else result
    result = items if wanted["pick"] is None else items[wanted["pick"]]
    if result.requires_grad:
        upstream = torch.tensor(wanted["upstream"], dtype=result.dtype)
        (result * upstream.reshape(result.shape)).sum().backward()
    return {path: array.grad for path, array in arrays.items()}


def in_two(
    called: Callable[..., Any],
    first: tuple[list[Any], dict[str, Any]],
    then: tuple[list[Any], dict[str, Any]],
    cache: Mapping[str, str],
) -> list[Any]:
    """What comes of a sentence that is handed over in two parts.

    Its cache is a dictionary that both calls get, a flag that says to keep
    one inside, or whatever the first call returned beside its result.
    """
    name, kind = cache["name"], cache["kind"]
    shared: Any = {"dictionary": {}, "flag": True}.get(kind)
    flags = dict.fromkeys(cache.get("flags", ()), True)
    one = called(*first[0], **first[1], **{name: shared}, **flags)
    if kind == "returned":
        shared = one[-1]
    two = called(*then[0], **then[1], **{name: shared}, **flags)
    return [_result(one), _result(two)]


def _result(value: Any) -> Any:  # noqa: ANN401
    """The first of several results."""
    return value[0] if isinstance(value, list | tuple) else value


def cache_of(came: Any) -> Any:  # noqa: ANN401
    """What a forward returned for its backward: the last of several."""
    return came[-1] if isinstance(came, tuple) else came


def backward(made: Any, upstream: list[Any]) -> dict[str, Any]:  # noqa: ANN401
    """What an object's `backward` returns, and all that it then holds."""
    returned = made.backward(*upstream)
    arrays = {each.path: each.array for each in held(made)}
    return {"returned": returned, "held": arrays}
