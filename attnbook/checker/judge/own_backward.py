"""The `backward` of an object with weights, after its own `forward`.

Its gradients are looked for by name in the object and in what `backward`
returns: `dW_q`, `grad_W_query`, `self.grads["W_q"]`, `W_q.grad`.
"""

import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from attnbook.checker.finding import Cause
from attnbook.checker.judge.gradient import (
    named_items,
    quotients,
    slopes,
    small_case,
    unlike,
)
from attnbook.checker.match.binding import Asked
from attnbook.checker.match.requests import request, swapped
from attnbook.checker.steps.cases import Values, matrix
from attnbook.checker.steps.compare import numbers, shape
from attnbook.vectors import Matrix, dot

_MARKS = re.compile(
    r"gradients?|grads?|params?\b|parameters|weights?$|data$|[._]"
)
_LEFT = "its `backward` was left alone"
_ADVICE = (
    "Go back line by line: for each line of `forward`, from the last to the "
    "first, multiply what comes from above by what the line did."
)


def of_backward(asked: Asked) -> tuple[Cause | None, str]:
    """What is wrong with its gradients, or a note on what was compared."""
    binding = asked.binding
    if not binding.backward or binding.made is None:
        return None, _LEFT if binding.backward is False else ""
    values = small_case(binding.step)
    right = asked.expected(values)
    rng = Random(2030)  # noqa: S311 - test data
    upstream = matrix(rng, len(right), len(right[0]))
    batched: Any = upstream
    for _ in range(binding.batch):
        batched = [batched]
    batched = swapped(batched) if binding.second else batched
    reply = asked.ask(
        request(binding, values) | {"backward": {"args": [batched]}}
    )
    if "value" not in reply:
        return None, _LEFT
    expected = dict(_expected(asked, values, upstream))
    returned, held = reply["value"]["items"]
    found = dict(
        _found(expected, returned, dict(zip(*named_items(held), strict=True)))
    )
    return _judged(expected, found)


def _expected(
    asked: Asked, values: Values, upstream: Matrix
) -> Iterator[tuple[str, Any]]:
    """Of the inputs, then of each array its right gradient, by its path."""
    flat = [entry for _, entry in numbers(upstream)]

    def loss(inputs: list[Any]) -> float:
        rows = asked.expected({**values, "inputs": inputs})
        return dot(flat, [entry for _, entry in numbers(rows)])

    yield "the inputs", quotients(loss, values["inputs"])
    made = asked.binding.made
    if made is not None:
        found = dict(slopes(asked, values, upstream))
        yield from made.layout.written({**values, **found}).items()


def _found(
    expected: Mapping[str, Any],
    returned: Any,  # noqa: ANN401
    held: Mapping[str, Any],
) -> Iterator[tuple[str, Any]]:
    """Of each gradient what came for it, where something did."""
    names, items = named_items(returned)
    named = {**held, **dict(zip(names, items, strict=True))}
    by_key = {
        key: value
        for path, value in named.items()
        if path not in expected
        for key in _keys(path)
    }
    for path, right in expected.items():
        came = _plain(by_key.get(_MARKS.sub("", path.lower())))
        if came is not None and shape(came) == shape(right):
            yield path, came
    if isinstance(returned, list):
        yield from _in_order(expected, returned)


def _keys(path: str) -> list[str]:
    """What a gradient's name is the gradient of: with a `d`, or without.

    Examples:
        >>> _keys("dW_q"), _keys("grads.W_q"), _keys("W_q.grad")
        (['dwq', 'wq'], ['wq'], ['wq'])
    """
    key = _MARKS.sub("", path.lower())
    is_marked = key != path.lower().replace(".", "").replace("_", "")
    bare = key.removeprefix("d")
    return [key, bare] if bare != key else [key] if is_marked else []


def _in_order(
    expected: Mapping[str, Any], returned: list[Any]
) -> Iterator[tuple[str, Any]]:
    """What is returned: the gradient of the inputs, or all that there are."""
    inputs, *arrays = expected
    items = [_plain(returned)]
    if shape(items[0]) == shape(expected[inputs]):
        yield inputs, items[0]
        return
    items = [_plain(item) for item in returned]
    for order in ([inputs, *arrays], [*arrays, inputs]):
        shapes = [shape(expected[path]) for path in order]
        if [shape(item) for item in items] == shapes:
            for path, item in zip(order, items, strict=True):
                yield path, _best(expected[path], item, items)
            return


def _best(right: Any, own: Any, items: list[Any]) -> Any:  # noqa: ANN401
    """The one that is right, wherever it stands; else the one in place."""
    return next((item for item in items if not unlike(right, item)), own)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A matrix without axes of a batch of one."""
    while isinstance(value, list) and len(shape(value) or ()) > 2:
        if len(value) != 1:
            return value
        (value,) = value
    return value


def _judged(
    expected: Mapping[str, Any], found: Mapping[str, Any]
) -> tuple[Cause | None, str]:
    """The first that departs; else which were compared."""
    for path, came in found.items():
        how = unlike(expected[path], _plain(came))
        if how:
            of = path if path == "the inputs" else f"`{path}`"
            what = "it is zero, or none" if how == "lost" else how
            said = f"Its `backward` gives {of} another gradient: {what}."
            return Cause("own_backward", said, _ADVICE, measured=True), ""
    if not found:
        return None, _LEFT
    many = "s" if found.keys() - {*list(found)[:1]} else ""
    return None, f"its `backward` too, {len(found)} gradient{many}"
