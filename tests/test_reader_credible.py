"""Which replies can be those of a program, and which are forged."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from attnbook.checker.reader.credible import credible
from attnbook.checker.reader.program import Program
from attnbook.checker.reader.values import DEEPEST

SOURCE = """
from collections import namedtuple
import math, plots_that_are_missing
math.exp = abs
class A:
    def __init__(self, d_in, scale=0.5, *rest):
        self.W = [[0.5] * 2] * d_in
    def forward(self, x, mask=None, *, flag=True): return x
    __call__ = forward
@int
def broken(): pass
a = A(1)
builtin = print
Pair = namedtuple("Pair", "weights context")
def f(x): return Pair([x, 2], None), True, {"a": -1}
def g(x): return nowhere
start = [float(i) for i in range(2)]
def h(x): return start
"""
ASKED: dict[str, dict[str, Any]] = {
    "load": {"do": "load", "path": "mine.py", "source": SOURCE},
    "describe": {"do": "describe"},
    "supply": {"do": "supply", "name": "start"},
    "make": {"do": "make", "target": "A", "init": {"d_in": 3}},
    "call": {"do": "call", "target": "f", "args": [1.5]},
    "error": {"do": "call", "target": "g", "args": [1.5]},
}


def replies() -> dict[str, Any]:
    """What a program says, as it goes through a pipe."""
    program = Program()
    told = {name: program.ask(each) for name, each in ASKED.items()}
    return dict(json.loads(json.dumps(told)))


TOLD = replies()


def test_what_a_program_says_is_credible() -> None:
    assert TOLD["load"]["failed"].keys() == {"broken"}
    assert TOLD["load"]["missing"] == ["plots_that_are_missing"]
    assert len(TOLD["describe"]["functions"]) == 7
    assert TOLD["make"]["held"]
    assert TOLD["call"]["several"]
    assert TOLD["error"]["error"]["type"] == "NameError"
    for name, reply in TOLD.items():
        assert credible({**reply, "id": 3}, ASKED[name]["do"])


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each part of a reply stands."""
    if at:
        yield at
    if isinstance(node, dict):
        for key, part in node.items():
            yield from places(part, (*at, key))
    elif isinstance(node, list):
        for i, part in enumerate(node):
            yield from places(part, (*at, i))


def changed(reply: Any, at: tuple[Any, ...], part: Any) -> Any:
    """A reply with another part in one place; None to leave it out."""
    found = deepcopy(reply)
    above = found
    for key in at[:-1]:
        above = above[key]
    if part is None:
        del above[at[-1]]
    else:
        above[at[-1]] = part
    return found


FORGED: list[Any] = [[object()], {"forged": object()}, object()]
PARTS = [(name, at) for name in TOLD for at in places(TOLD[name])]


@pytest.mark.parametrize(("name", "at"), PARTS)
def test_a_forged_part_is_seen_wherever_it_stands(
    name: str, at: tuple[Any, ...]
) -> None:
    action = ASKED[name]["do"]
    for part in FORGED:
        assert not credible(changed(TOLD[name], at, part), action)
    if isinstance(at[-1], str) and not {*at} & {"failed", "methods", "is"}:
        assert not credible(changed(TOLD[name], at, None), action)


@pytest.mark.parametrize("name", TOLD)
def test_a_reply_holds_no_more_than_is_known(name: str) -> None:
    action = ASKED[name]["do"]
    assert not credible(TOLD[name] | {"stopped": "time"}, action)
    assert not credible({}, action)
    for opened, is_right in ((["x"], True), ([3], False), ("x", False)):
        more = TOLD[name] | {"opened": opened}
        assert credible(more, action) == is_right


KINDS: list[Any] = ["x", True, 3, 0.5, [], {}, ["x"], [3], {"x": 3}]
RIGHT = {
    *(("load", "patched", kind) for kind in ("[]", "['x']")),
    *(("load", "missing", kind) for kind in ("[]", "['x']")),
    *(("load", "failed", kind) for kind in ("{}",)),
    *(("describe", "functions", kind) for kind in ("[]",)),
    *(("describe", "libraries", kind) for kind in ("[]", "['x']")),
    ("describe", "turning", "True"),
    ("supply", "made", "True"),
    ("make", "held", "[]"),
    *(("call", "value", kind) for kind in ("3", "0.5", "[]", "[3]")),
    *(("call", "changed", kind) for kind in ("[]", "[3]")),
    ("call", "printed", "'x'"),
    ("call", "several", "True"),
}


def test_each_part_of_a_reply_is_of_its_kind() -> None:
    found = {
        (name, part, repr(kind))
        for name in TOLD.keys() - {"error"}
        for part in TOLD[name]
        for kind in KINDS
        if credible(TOLD[name] | {part: kind}, name)
    }
    assert found == RIGHT


def test_each_action_has_its_own_reply() -> None:
    actions = [name for name in ASKED if name != "error"]
    for action in actions:
        for name, reply in TOLD.items():
            assert credible(reply, action) == (name in {action, "error"})


def value(held: Any) -> bool:
    return credible(TOLD["call"] | {"value": held}, "call")


def test_a_value_is_numbers_and_marks_nested_as_deep_as_is_read() -> None:
    deep: Any = 1.0
    for _ in range(DEEPEST):
        deep = [deep]
    assert value(deep)
    assert not value([deep])
    fields = {"fields": ["a"], "items": [deep[0]]}
    assert value(fields)
    assert not value(fields | {"items": [deep]})
    assert not value(fields | {"fields": ["a", "b"]})
    assert value(float("nan"))
    for whole in (2**53, -(2**53)):
        assert value(whole)
        assert not value(whole + (1 if whole > 0 else -1))
    assert value({"other": "bool", "is": False})
    assert not value({"other": "bool", "is": 0})


def test_a_parameter_is_of_a_kind_that_python_has() -> None:
    _, function, *_ = TOLD["describe"]["functions"]
    assert function["name"] == "A"
    for kind, is_known in (("KEYWORD_ONLY", True), ("ANY", False)):
        other = function | {"parameters": [["x", kind, False, None]]}
        reply = TOLD["describe"] | {"functions": [other]}
        assert credible(reply, "describe") == is_known
    for what, is_known in (("class", True), ("module", False)):
        reply = TOLD["describe"] | {"functions": [function | {"kind": what}]}
        assert credible(reply, "describe") == is_known
