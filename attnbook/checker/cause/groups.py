"""Which head of keys each head of queries reads, where several share one."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.judge.run import Run
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import Values, key_heads
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.objects import serving

Order: TypeAlias = Callable[[int, int, int], int]
"""The head of keys for head i, of so many of queries and of keys."""

_NEIGHBOURS = (
    "Neighbours share one: `k.repeat_interleave(num_heads // num_kv_heads, "
    "dim=1)`, and the same for `v`."
)


def groups(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """Whether another head is read, or nothing repeats those that are few."""
    if asked.binding.step.shared < 2:
        return None
    return _unrepeated(runs) or _misread(asked, runs)


def _unrepeated(runs: Sequence[Run]) -> Cause | None:
    """Whether it raises with several heads of keys, and only with those."""
    several = [run for run in runs if key_heads(run.case.values) > 1]
    if not several or any(
        run.answer.came == (key_heads(run.case.values) > 1) for run in runs
    ):
        return None
    values = several[0].case.values
    return measured(
        "key_heads_not_repeated",
        f"It runs with one head of keys, which serves all, and raises with "
        f"{key_heads(values)} for {values['num_heads']} heads of queries: "
        f"nothing repeats a head of keys for those that share it.",
        _NEIGHBOURS,
    )


def _misread(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The order of the heads that explains what came in every case."""
    names = [*_ORDERS]
    for of_keys, of_values in product(names, names):
        orders = {"W_key": of_keys, "W_value": of_values}
        if all(_explains(asked, orders, run) for run in reversed(runs)):
            most = max(runs, key=lambda run: key_heads(run.case.values))
            return _said(orders, most.case.values)
    return None


_RIGHT, _IN_TURN, _FIRST, _REVERSED = "", "in_turn", "first_only", "reversed"
_ORDERS: Mapping[str, Order] = {
    _RIGHT: lambda i, heads, keys: i * keys // heads,
    _IN_TURN: lambda i, _, keys: i % keys,
    _FIRST: lambda *_: 0,
    _REVERSED: lambda i, heads, keys: (heads - 1 - i) * keys // heads,
}


def _ordered(name: str, values: Values) -> list[int]:
    """Of each head of queries the head that it reads, in one of the orders."""
    heads, keys = values["num_heads"], key_heads(values)
    return [_ORDERS[name](i, heads, keys) for i in range(heads)]


def _explains(asked: Asked, orders: Mapping[str, str], run: Run) -> bool:
    """Whether what came is right but for these orders."""
    values = run.case.values
    read = {W: _ordered(order, values) for W, order in orders.items()}
    given = {**values, "orders": read}
    if "other" in values:
        given["other"] = {**values["other"], "orders": read}
    came = run.answer.value
    return came is not None and compare(asked.expected(given), came) is None


def _said(orders: Mapping[str, str], values: Values) -> Cause:
    """Which head is read in the place of which, in numbers."""
    name = orders["W_key"] or orders["W_value"]
    read, right = _ordered(name, values), serving(values)
    at = next(i for i, head in enumerate(read) if head != right[i])
    what = " and ".join(_WORDS[W] for W, order in orders.items() if order)
    return measured(
        f"key_heads_{name}",
        f"Head {at} of the queries reads {what} of head {read[at]}, and "
        f"should read those of head {right[at]}: your order is "
        f"{', '.join(map(str, read))}{_AS.get(name, '')}, and not "
        f"{', '.join(map(str, right))}.",
        _NEIGHBOURS,
    )


_WORDS = {"W_key": "keys", "W_value": "values"}
_AS = {_IN_TURN: " (as `repeat` and `tile` deal them out)"}
