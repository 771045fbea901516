"""Which head of keys serves which head of queries, where several share one.

A class is asked so as a whole. A function of queries, keys and values is asked
here, with an axis of heads that is longer for the queries.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from random import Random
from typing import Any, TypeAlias

from attnbook.checker.finding import Cause
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import matrix
from attnbook.checker.steps.compare import compare
from attnbook.vectors import Matrix

Order: TypeAlias = Callable[[int, int, int], int]
"""The head of keys for head i, of so many of queries and of keys."""

NEIGHBOURS = (
    "Neighbours share one: `k.repeat_interleave(num_heads // num_kv_heads, "
    "dim=1)`, and the same for `v`."
)
_RIGHT, _IN_TURN = "", "key_heads_in_turn"
ORDERS: Mapping[str, Order] = {
    _RIGHT: lambda i, heads, keys: i * keys // heads,
    _IN_TURN: lambda i, _, keys: i % keys,
    "key_heads_first_only": lambda *_: 0,
    "key_heads_reversed": lambda i, heads, keys: (
        (heads - 1 - i) * keys // heads
    ),
}
_AS = {_IN_TURN: " (as `repeat` and `tile` deal them out)"}


def order(name: str, heads: int, keys: int) -> list[int]:
    """Of each head of queries the head that it reads, in one of the orders.

    An order is called as the mistake to take it; the right one by nothing.

    Examples:
        >>> order("", 4, 2), order("key_heads_in_turn", 4, 2)
        ([0, 0, 1, 1], [0, 1, 0, 1])
    """
    return [ORDERS[name](i, heads, keys) for i in range(heads)]


def pairs() -> Iterator[tuple[str, str]]:
    """Every order of the keys with every order of the values."""
    return product(ORDERS, ORDERS)


def misread(of_keys: str, of_values: str, heads: int, keys: int) -> Cause:
    """Which head is read in the place of which, in numbers."""
    name = of_keys or of_values
    read, right = order(name, heads, keys), order(_RIGHT, heads, keys)
    at = next(i for i, head in enumerate(read) if head != right[i])
    roles = {"keys": of_keys, "values": of_values}
    what = " and ".join(role for role, wrong in roles.items() if wrong)
    return Cause(
        name,
        f"Head {at} of the queries reads {what} of head {read[at]}, and "
        f"should read those of head {right[at]}: your order is "
        f"{', '.join(map(str, read))}{_AS.get(name, '')}, and not "
        f"{', '.join(map(str, right))}.",
        NEIGHBOURS,
        measured=True,
    )


def of_heads(asked: Asked) -> tuple[Cause | None, str]:
    """Of a function of heads the order in which keys are read, if it tells.

    One that takes no fewer heads of keys raises, and nothing is said of it.
    """
    if not _takes_heads(asked):
        return None, ""
    rng = Random(2029)  # noqa: S311 - test data
    q, k, v = ([matrix(rng, 3, d) for _ in range(h)] for h, d in _SIZES)
    given = {"queries": q, "keys": k, "values": v}
    for axes in (asked.binding.batch,) if asked.binding.batch else (2, 1):
        names = _read(asked, given, axes)
        if names is not None:
            wrong = misread(*names, len(q), len(k)) if any(names) else None
            return wrong, "fewer heads of keys than of queries, too"
    return None, ""


_SIZES = ((6, 4), (3, 4), (3, 2))
"""Of queries, keys and values how many heads there are, and how wide."""


def _takes_heads(asked: Asked) -> bool:
    """Whether arrays of queries, keys and values may have an axis of heads."""
    binding = asked.binding
    given = {"queries", "keys", "values"} <= {*binding.form.roles}
    forward = not binding.step.gradient and binding.forward is None
    return given and forward and binding.wrap != "list" and not binding.mask


Heads: TypeAlias = Mapping[str, list[Matrix]]


def _read(asked: Asked, heads: Heads, axes: int) -> tuple[str, str] | None:
    """The orders that explain what comes of heads; None where none does."""
    given = {role: _within(rows, axes) for role, rows in heads.items()}
    bare = asked._replace(binding=asked.binding._replace(batch=0))
    came = bare.answer(given).value
    if came is None:
        return None
    for names in pairs():
        right = _within(_right(asked, heads, names), axes)
        if compare(right, came) is None:
            return names
    return None


def _within(heads: list[Any], axes: int) -> list[Any]:
    """The heads, with what other axes stand before theirs."""
    return heads if axes == 1 else [_within(heads, axes - 1)]


def _right(asked: Asked, heads: Heads, names: tuple[str, str]) -> list[Any]:
    """What is right for each head, if keys and values are in these orders."""
    q, k, v = heads.values()
    of_k, of_v = (order(name, len(q), len(k)) for name in names)
    parts = zip(q, (k[i] for i in of_k), (v[i] for i in of_v), strict=True)
    return [
        asked.expected(dict(zip(heads, each, strict=True))) for each in parts
    ]
