"""The arrays that an object holds, what a file offers, and what is raised."""

import ast
import functools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from attnbook.checker.reader.describe import (
    described,
    is_record,
    libraries,
    unknown,
)
from attnbook.checker.reader.further import backward, cache_of, in_two
from attnbook.checker.reader.objects import Held, held, is_lazy, write
from attnbook.checker.reader.program import Program, Reply


class Box:
    """An object with whatever attributes it is given."""

    def __init__(self, **found: Any) -> None:
        vars(self).update(found)


W = [[0.5, 1.5], [2.5, 3.5], [4.5, 5.5]]


def paths(made: Any) -> list[str]:
    return [each.path for each in held(made)]


def test_arrays_are_found_by_the_names_that_lead_to_them() -> None:
    array = np.zeros((3, 2))
    assert paths(Box(W=array)) == ["W"]
    assert paths(Box(heads=[Box(W=array), Box(b=np.zeros(2))])) == [
        "heads.0.W", "heads.1.b",
    ]  # fmt: skip
    assert paths(Box(params={"q": array, "k": [0.5, 1.0]})) == [
        "params.q", "params.k",
    ]  # fmt: skip
    assert paths(Box(W=W, t=((1.0, 2.0),))) == ["W", "t"]
    assert paths({"a": array}) == ["a"]


def test_one_array_is_found_once_and_a_circle_ends() -> None:
    array = np.zeros((3, 2))
    assert paths(Box(a=array, b=array)) == ["a"]
    loop = Box(W=array)
    loop.me = loop  # type: ignore[attr-defined]
    assert paths(loop) == ["W"]


def nested(depth: int) -> Any:
    made: Any = Box(W=np.zeros(2))
    for _ in range(depth):
        made = Box(x=made)
    return made


def test_arrays_lie_seven_names_deep_at_most() -> None:
    assert paths(nested(6)) == ["x.x.x.x.x.x.W"]
    assert paths(nested(7)) == []


def test_what_holds_no_floats_is_no_weight() -> None:
    assert paths(Box(n=3, d=0.5, words=["a"], whole=[[1, 2]])) == []
    assert paths(Box(counts=np.zeros(3, dtype=int))) == []
    assert paths(Box(odd=[[0.5], [1.0, 2.0]])) == ["odd.0", "odd.1"]
    assert paths(Box(names=np.array(["a", "b"]))) == []
    assert paths(Box(f=len, kind=Box, made=np.random.default_rng(0))) == []
    assert paths(Box(deep=np.zeros((1,) * 5))) == []
    assert paths(Box(four=np.zeros((1,) * 4))) == ["four"]
    assert paths(Box(scalar=np.zeros(()))) == []
    assert paths(Box(cube=[[[0.5]]])) == ["cube.0"]
    assert paths(Box(mask=np.zeros((2, 2), dtype=bool))) == ["mask"]


def told(array: Any) -> dict[str, Any]:
    (found,) = held(Box(W=array))
    return found.described()


def test_an_array_is_told_without_its_numbers() -> None:
    assert told(np.zeros((3, 2))) == {
        "path": "W", "shape": [3, 2], "owner": "", "registered": True,
        "mask": False, "weighs": True,
    }  # fmt: skip
    assert told(W)["shape"] == [3, 2]
    assert told(np.zeros((3, 2), dtype=int))["weighs"] is False
    assert told(np.tri(3, dtype=bool))["weighs"] is False
    kind = type("Linear", (), {"__module__": "torch.nn.modules"})
    assert Held("W", W, kind(), "W").described()["owner"] == "Linear"
    assert Held("W", W, Box(), "W").described()["owner"] == ""
    assert not Held("W", W, None, "", weighs=False).described()["weighs"]


def test_a_mask_has_one_number_above_and_another_below() -> None:
    for mask in (
        np.tri(3), 1 - np.tri(4), np.triu(np.full((2, 2), -np.inf), 1),
        np.tri(3)[None, None], np.tri(3).tolist(),
    ):  # fmt: skip
        assert told(mask)["mask"]
    for other in (
        np.zeros((3, 3)), np.eye(3), np.arange(9.0).reshape(3, 3),
        np.tri(3, 4), np.tri(1), np.zeros(3), np.ones((1, 1)),
    ):  # fmt: skip
        assert not told(other)["mask"]


def test_numbers_are_written_in_place_where_that_can_be_done() -> None:
    array, rows = np.zeros((3, 2)), [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    made = Box(a=array, b=rows, c=({"d": np.zeros(2)},))
    write(made, {"a": W, "b": W, "c.0.d": [1.0, 2.0]})
    assert array.tolist() == W
    assert rows == W
    assert made.c[0]["d"].tolist() == [1.0, 2.0]  # type: ignore[attr-defined]


def test_what_cannot_be_changed_is_put_anew_in_its_place() -> None:
    frozen = np.zeros((3, 2))
    frozen.flags.writeable = False
    made = Box(a=frozen, b=((0.5, 1.5),), c={"d": frozen.copy()})
    made.c["d"].flags.writeable = False  # type: ignore[attr-defined]
    write(made, {"a": W, "b": [[2.0, 3.0]], "c.d": W})
    assert made.a.tolist() == W  # type: ignore[attr-defined]
    assert frozen.tolist() == [[0.0, 0.0]] * 3
    assert made.b == ([2.0, 3.0],)  # type: ignore[attr-defined]
    assert made.c["d"].tolist() == W  # type: ignore[attr-defined]


class Assigned:
    """A variable that takes its numbers by `assign`."""

    def __init__(self) -> None:
        self.shape, self.dtype, self.got = (2,), "float32", None

    def assign(self, numbers: Any) -> None:
        self.got = numbers


def test_a_variable_is_assigned() -> None:
    variable = Assigned()
    write(Box(v=variable), {"v": [1.0, 2.0]})
    assert variable.got == [1.0, 2.0]


def test_one_number_fills_an_array() -> None:
    array = np.ones((3, 2))
    write(Box(a=array), {"a": 0.0})
    assert array.tolist() == [[0.0, 0.0]] * 3


def test_a_name_or_shape_that_does_not_fit_is_refused() -> None:
    made = Box(a=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="the object holds no b"):
        write(made, {"b": W})
    with pytest.raises(ValueError, match=r"a is \[3, 2\], got \[2\]"):
        write(made, {"a": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"a is \[3, 2\], got None"):
        write(made, {"a": [[1.0], [2.0, 3.0], [4.0, 5.0]]})


def test_weights_are_still_to_be_made_where_there_are_none() -> None:
    assert is_lazy(Box())
    assert not is_lazy(Box(a=np.zeros(2)))


class Pair(NamedTuple):
    """A record."""

    a: int


class Base:
    """Methods that another inherits."""

    def shared(self, x: Any) -> Any:
        return x


class Called(Base):
    """An object that can be called."""

    def __call__(self, x: Any, *rest: Any) -> Any:
        return x, rest

    def __init__(self, d: int = 3) -> None:
        self.d = d

    def _hidden(self) -> None:
        pass

    @staticmethod
    def alone(x: Any) -> Any:
        return x

    @classmethod
    def made(cls) -> Any:
        return cls

    @property
    def size(self) -> int:
        return 1

    inner = Pair
    number = 3


def own(item: Any) -> bool:
    return getattr(item, "__module__", "") == __name__


POSITIONAL = "POSITIONAL_OR_KEYWORD"


def made_of(source: str) -> Any:
    """What a source calls `f`, written at its line 1."""
    space: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, "mine.py", "exec"), space)  # noqa: S102 - ours
    return space["f"]


def test_a_function_is_described_by_its_parameters() -> None:
    f = made_of("\ndef f(x, y=2, *rest, z=(), **named): return x")
    found = described("f", f, own)
    assert found["kind"] == "function"
    assert found["parameters"] == [
        ["x", POSITIONAL, False, None],
        ["y", POSITIONAL, True, 2],
        ["rest", "VAR_POSITIONAL", False, None],
        ["z", "KEYWORD_ONLY", True, None],
        ["named", "VAR_KEYWORD", False, None],
    ]
    assert found["methods"] == {}
    assert found["library"] == ""
    assert found["line"] == 2
    assert described("print", print, own)["line"] is None


def test_a_class_is_described_by_its_methods() -> None:
    found = described("Called", Called, own)
    assert found["kind"] == "class"
    assert found["class"] == ""
    assert [name for name, *_ in found["parameters"]] == ["d"]
    assert found["methods"] == {
        "shared": [["x", POSITIONAL, False, None]],
        "__call__": [
            ["x", POSITIONAL, False, None],
            ["rest", "VAR_POSITIONAL", False, None],
        ],
        "alone": [["x", POSITIONAL, False, None]],
    }
    assert found["line"] == Called.__call__.__code__.co_firstlineno
    only = described("Called", Called, lambda item: item is Called)
    assert "shared" not in only["methods"]


def test_an_object_is_described_by_its_class() -> None:
    found = described("made", Called(), own)
    assert (found["kind"], found["class"]) == ("object", "Called")
    assert found["parameters"] == []
    assert "__call__" in found["methods"]
    foreign = described("made", Called(), lambda _: False)
    assert foreign["kind"] == "function"
    partial = described("p", functools.partial(len, []), own)
    assert partial["kind"] == "function"
    assert unknown("f")["parameters"] is None
    assert unknown("f").keys() == found.keys()


def test_a_class_that_takes_anything_is_described_by_its_init() -> None:
    module = made_of(
        "class Meta(type):\n    def __call__(cls, *args, **kwargs): pass\n"
        "class f(metaclass=Meta):\n    def __init__(self, d_in, *, rngs): pass"
    )
    parameters = described("Module", module, own)["parameters"]
    assert [name for name, *_ in parameters] == ["d_in", "rngs"]


def test_a_function_that_is_wrapped_is_told_by_its_own_line() -> None:
    def f() -> None:
        pass

    @functools.wraps(f)
    def wrapper() -> None:
        f()

    assert described("f", wrapper, own)["line"] == f.__code__.co_firstlineno
    wrapper.__wrapped__ = wrapper
    assert described("f", wrapper, own)["line"] is None


def test_a_record_computes_nothing() -> None:
    assert is_record(Pair)
    assert not is_record(Called)
    assert not is_record(Pair(1))


def test_a_file_imports_libraries_in_its_order() -> None:
    source = (
        "import json, torch\nfrom numpy.linalg import norm\n"
        "import torch.nn\nfrom .jax import x\nfrom . import y"
    )
    assert libraries(ast.parse(source)) == ["torch", "numpy"]


def loaded(source: str) -> Program:
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": source})
    return program


def call(source: str, *args: Any, **other: Any) -> Reply:
    request = {"do": "call", "target": "f", "args": [*args], **other}
    return loaded(source).ask(request)


def test_a_call_tells_what_came_and_what_it_changed() -> None:
    reply = call("def f(x, y): x.append(1.0); return x, y", [2.0], [3.0])
    assert reply == {
        "value": [[2.0, 1.0], [3.0]], "changed": [0], "printed": "",
        "several": True,
    }  # fmt: skip
    named = call(
        "def f(*, x): x.append(1.0); print('hi'); return x",
        kwargs={"x": [2.0]},
    )
    assert named["changed"] == [0]
    assert named["printed"].strip() == "hi"
    assert named["several"] is False
    long = call("def f(): print('a' * 300); print('b' * 300)")
    assert long["printed"] == "a" * 100


ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "a value": (
        "def f():\n    raise ValueError('no\\n  way')",
        {"type": "ValueError", "message": "no way", "line": 2},
    ),
    "a line below": (
        "def g():\n    return 1 / 0\ndef f():\n    return g()",
        {"type": "ZeroDivisionError", "line": 2},
    ),
    "a name": (
        "def f():\n    return colour",
        {"type": "NameError", "undefined": None, "line": 2},
    ),
    "a name that the file makes": (
        "x = input()\ndef f():\n    return x",
        {"type": "NameError", "undefined": "x"},
    ),
    "a module": (
        "def f():\n    import no_such_thing",
        {"type": "ModuleNotFoundError", "missing": "no_such_thing"},
    ),
    "words that fail": (
        "class E(Exception):\n    def __str__(self): raise E\n"
        "def f():\n    raise E",
        {"type": "E", "message": "", "line": 4},
    ),
    "many words": (
        "def f():\n    raise ValueError('a' * 300)",
        {"message": "a" * 200},
    ),
    "syntax": (
        "def f():\n    return eval('1 +')",
        {"type": "SyntaxError", "message": "invalid syntax", "line": 2},
    ),
}


@pytest.mark.parametrize("what", ERRORS)
def test_what_is_raised_is_told_with_its_line(what: str) -> None:
    source, wanted = ERRORS[what]
    error = call(source)["error"]
    assert wanted.items() <= error.items()


def test_what_cannot_be_read_is_told_and_is_no_error_of_the_call() -> None:
    source = (
        "class R:\n    def tolist(self): raise OSError('gone')\n"
        "def f(): return R()"
    )
    error = call(source)["error"]
    assert error["type"] == "UnreadableError"
    assert error["message"] == "OSError: gone"
    error = call("def f(): return [0.0] * 200_000")["error"]
    assert error["type"] == "TooMuchError"


def test_what_is_replaced_is_told_and_put_back() -> None:
    program = Program()
    source = (
        "import math\nmath.exp = lambda x: 7.0\ndef f(): return math.exp(0)"
    )
    reply = program.ask({"do": "load", "path": "mine.py", "source": source})
    assert math.exp(0) == 1.0
    if reply["patched"]:
        assert reply["patched"] == ["math.exp"]
        request = {"do": "call", "target": "f", "args": []}
        assert program.ask(request)["value"] == 7.0
    assert math.exp(0) == 1.0


def offered(source: str) -> dict[str, Any]:
    found = loaded(source).ask({"do": "describe"})
    return {each["name"]: each["own"] for each in found["functions"]}


def test_what_a_file_offers_is_its_own_or_another_s() -> None:
    assert offered(
        "from math import sqrt\nfrom collections import Counter\n"
        "from typing import NamedTuple\n"
        "def f(x): return x\nclass A:\n    def __call__(self): pass\n"
        "class P(NamedTuple):\n    a: int\n"
        "g = lambda x: x\nh = sqrt\n_x = 3\n"
    ) == {
        "sqrt": False, "Counter": False, "NamedTuple": False, "f": True,
        "A": True, "g": True, "h": False,
    }  # fmt: skip
    found = loaded("import numpy as np\ndef f(): pass").ask({"do": "describe"})
    assert found["libraries"] == ["numpy"]


def test_an_object_is_made_and_its_arrays_are_listed() -> None:
    program = loaded(
        "class A:\n    def __init__(self, d):\n"
        "        self.W = [[0.5] * d]\n    def forward(self, x): return x"
    )
    made = program.ask({
        "do": "make", "target": "A.forward", "args": [], "init": {"d": 3},
        "constants": {}, "weights": {}, "mode": "eval",
    })  # fmt: skip
    assert [each["path"] for each in made["held"]] == ["W"]
    assert made["held"][0]["shape"] == [1, 3]


def test_a_sentence_in_two_parts_shares_its_cache() -> None:
    seen: list[Any] = []

    def forward(x: Any, cache: Any = None, **flags: Any) -> Any:
        seen.append((x, cache, flags))
        return [x], f"cache of {x}"

    def parts(kind: str, **other: Any) -> list[Any]:
        seen.clear()
        cache = {"name": "cache", "kind": kind, **other}
        return in_two(forward, ([1.0], {}), ([2.0], {}), cache)

    assert parts("returned") == [[1.0], [2.0]]
    assert [each[1] for each in seen] == [None, "cache of 1.0"]
    parts("dictionary", flags=["use_cache"])
    (_, one, flags), (_, two, _) = seen
    assert one is two
    assert one == {}
    assert flags == {"use_cache": True}
    parts("flag")
    assert [each[1] for each in seen] == [True, True]
    flag = {"name": "cache", "kind": "flag"}
    both = in_two(lambda x, **_: x, ([1.0], {}), ([2.0], {}), flag)
    assert both == [1.0, 2.0]


def test_what_a_forward_keeps_is_its_last_result() -> None:
    assert cache_of((1.0, 2.0, "kept")) == "kept"
    assert cache_of("kept") == "kept"
    assert cache_of([1.0, 2.0]) == [1.0, 2.0]


def test_a_backward_tells_what_it_returns_and_what_is_held_then() -> None:
    class Layer:
        def __init__(self) -> None:
            self.W = [[0.5]]

        def backward(self, upstream: Any) -> Any:
            self.dW = [[2.0 * upstream]]
            return "returned"

    found = backward(Layer(), [3.0])
    assert found["returned"] == "returned"
    assert found["held"] == {"W": [[0.5]], "dW": [[6.0]]}
