"""How a function is called, and an object made, as a request says."""

from contextlib import nullcontext
from typing import Any

import pytest

from attnbook.checker.reader.make import call, make
from attnbook.checker.reader.program import Program, Reply


def asked(source: str, target: str, *args: Any, **other: Any) -> Reply:
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": source})
    request = {"do": "call", "target": target, "args": [*args], **other}
    return program.ask(request)


def value(source: str, target: str, *args: Any, **other: Any) -> Any:
    reply = asked(source, target, *args, **other)
    assert "value" in reply, reply
    return reply["value"]


def error(source: str, target: str, *args: Any, **other: Any) -> Any:
    return asked(source, target, *args, **other)["error"]


SIZED = """
n_embd = 4
rate = 0.5
flag = True
def f(): return [n_embd, rate, flag]
"""


def test_the_constants_of_a_file_take_the_sizes_of_a_case() -> None:
    sizes = {"nembd": 7, "rate": 0.25, "flag": 3}
    assert value(SIZED, "f", constants=sizes)[:2] == [7, 0.25]
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": SIZED})
    request = {"do": "call", "target": "f", "args": []}
    assert program.ask(request | {"constants": sizes})["value"][0] == 7
    assert program.ask(request)["value"][0] == 4
    assert value(SIZED, "f", constants=sizes)[2] == {
        "other": "bool",
        "is": True,
    }


CONFIG = """
config = {"n_embd": 1}
other = {"n_embd": 1}
def f(): return [config["n_embd"], other["n_embd"]]
"""


def test_a_configuration_of_a_file_takes_the_sizes_of_a_case() -> None:
    assert value(CONFIG, "f", constants={"nembd": 7}) == [7, 1]
    assert value(CONFIG, "f") == [1, 1]


def test_a_name_that_is_not_there_is_told() -> None:
    said = error("def f(): pass", "g")
    assert (said["type"], said["message"]) == (
        "NameError", "name 'g' is not defined",
    )  # fmt: skip


KEYED = """
def f(w, x): return [w["q"], x]
def g(w): raise TypeError("something else")
"""
BUNDLE = {"fields": ["W_query", "W_key"], "items": [1.0, 2.0]}


def test_a_bundle_answers_keys_where_a_function_asks_by_them() -> None:
    assert value(KEYED, "f", BUNDLE, 3.0) == [1.0, 3.0]
    assert error(KEYED, "g", BUNDLE)["message"] == "something else"


GPU = """
def f(x): raise RuntimeError("out of luck")
def g(x): raise AssertionError
class A:
    def __init__(self, d): raise RuntimeError("no way")
    def forward(self, x): return x
"""


def test_an_error_that_is_no_gpus_is_told_as_it_is() -> None:
    assert error(GPU, "f", 1.0)["message"] == "out of luck"
    assert error(GPU, "g", 1.0)["type"] == "AssertionError"
    assert error(GPU, "A.forward", 1.0, init={"d": 3})["message"] == "no way"


MADE = """
class A:
    kept = []
    def __init__(self, *place, d=None, config=None, part=None):
        self.place, self.d, self.part = place, d, part
        self.W = [[0.5, 1.5]]
        self.scale = 1.0
        self.seen = []
        self.config = config
    def before(self, x): self.seen.append(x)
    def forward(self, x, y=None):
        self.seen.append(x)
        return [list(self.place), self.d, self.W, self.scale, self.seen, y]
    def wants(self):
        c = self.config
        return [c.n_embd, c.known]
    def parts(self): return self.part if isinstance(self.part, list) else [
        self.part.size]
class Late:
    def __init__(self, config): self.all = [config.a, config.b]
    def forward(self): return self.all
class Many:
    def __init__(self, config):
        for i in range(config.count): getattr(config, f"s_{i}")
    def forward(self): return 1
class Core:
    known = 5
    def __init__(self, size=1, other=2): self.size = [size, other]
    def forward(self): return self.size
made = A(d=1)
"""


def test_an_object_is_made_with_its_sizes_weights_and_attributes() -> None:
    place, d, W, scale, seen, y = value(
        MADE, "A.forward", 2.0, init={"d": 3}, place=[[1.0]],
        weights={"W": [[3.0, 4.0]]}, attributes={"scale": 2.0, "new": 1.0},
        kwargs={"y": 5.0},
    )  # fmt: skip
    assert (place, d, W) == ([[1.0]], 3, [[3.0, 4.0]])
    assert (scale, seen, y) == (2.0, [2.0], 5.0)


def test_a_method_is_called_before_another() -> None:
    before = {"method": "before", "args": [7.0]}
    assert value(MADE, "A.forward", 2.0, before=before)[4] == [7.0, 2.0]


def test_an_object_of_the_file_is_fresh_at_every_call() -> None:
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": MADE})
    request = {"do": "call", "target": "made.forward", "args": [2.0]}
    for _ in range(2):
        assert program.ask(request)["value"][4] == [2.0]


def test_settings_that_nobody_knows_are_none() -> None:
    config = {"config": {"nembd": 6}}
    said = value(MADE, "A.wants", init={"config": config})
    assert said == [6, 5]  # the second of a class of the file
    config = {"config": {"a": 6}}
    assert value(MADE, "Late.forward", init={"config": config}) == [
        6, {"other": "NoneType"},
    ]  # fmt: skip
    for count, comes in ((8, True), (9, False)):
        config = {"config": {"count": count}}
        reply = asked(MADE, "Many.forward", init={"config": config})
        assert ("value" in reply) is comes


def test_another_attention_is_handed_over_made_or_as_it_is() -> None:
    part = {"part": "Core", "made": True}
    sizes = {"size": 9}
    said = value(MADE, "A.parts", init={"part": part}, constants=sizes)
    assert said == [[9, 2]]
    whole = {"part": "made", "made": True}
    assert value(MADE, "A.forward", 1.0, init={"part": whole})[1] == {
        "other": "NoneType"
    }
    missing = {"part": "Other", "made": False}
    said = error(MADE, "A.parts", init={"part": missing})
    assert said["type"] == "NameError"


LAZY = """
class Layer:
    def __init__(self): self.W, self.calls = None, {}
    def build(self, x):
        self.W = [[0.5] * len(x[0])]
    def __call__(self, x, mask, training, *rest, extra=1, **more):
        self.calls[len(self.calls)] = [len(x), mask is None, training]
        if not isinstance(x[0][0], float): raise ValueError("a batch")
        self.build(x)
        return x
    def forward2(self, x): return [self.W, list(self.calls.values())]
class Never:
    def __call__(self, x): raise ValueError("never")
    def run(self, x): return 1.0
"""


def test_what_makes_its_weights_at_a_first_call_is_called_once_before() -> (
    None
):
    W, calls = value(LAZY, "Layer.forward2", 1.0, constants={"din": 3})
    assert W == [[0.5, 0.5, 0.5]]
    yes = {"other": "bool", "is": True}
    assert calls == [[1, yes, yes], [2, yes, yes]]
    W, _ = value(LAZY, "Layer.forward2", 1.0)
    assert W == {"other": "NoneType"}


def test_a_first_call_that_raises_is_told_where_the_object_is_made() -> None:
    sizes = {"din": 3}
    assert value(LAZY, "Never.run", 1.0, constants=sizes) == 1.0
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": LAZY})
    request = {"do": "make", "target": "Never.run", "args": []}
    reply = program.ask(request | {"constants": sizes})
    assert reply["error"]["message"] == "never"
    assert program.ask(request) == {"held": []}


PAIR = """
def fwd(x): return 2 * x, ("kept", x)
def back(g, cache): return [g, cache[1]]
def turned(cache, g): return [g, cache[1]]
class B:
    def __init__(self): self.W = [[0.5]]
    def forward(self, x): self.x = x; return x
    def backward(self, g): self.dW = [[g]]; return [self.x]
class C:
    def forward(self, x, cache):
        cache.setdefault("all", []).append(x)
        return [list(cache["all"])]
"""


@pytest.mark.parametrize(("name", "at"), [("back", 1), ("turned", 0)])
def test_a_backward_gets_the_cache_of_its_forward(name: str, at: int) -> None:
    forward = {"target": "fwd", "args": [3.0], "at": at}
    args = [4.0, None] if at else [None, 4.0]
    assert value(PAIR, name, *args, forward=forward) == [4.0, 3.0]


def test_an_objects_own_backward_is_called_after_its_forward() -> None:
    backward = {"args": [6.0]}
    found = value(PAIR, "B.forward", 2.0, backward=backward)
    returned, held = found["items"]
    assert returned == [2.0]
    assert dict(zip(held["fields"], held["items"], strict=True)) == {
        "W": [[0.5]], "dW": [[6.0]],
    }  # fmt: skip


def test_a_sentence_may_be_handed_over_in_two_parts() -> None:
    cache = {"name": "cache", "kind": "dictionary"}
    then = {"args": [2.0], "kwargs": {}}
    assert value(PAIR, "C.forward", 1.0, then=then, cache=cache) == [
        [1.0], [1.0, 2.0],
    ]  # fmt: skip


ASKS = """
class E(Exception): pass
class Holder:
    def __init__(self): self.W = [[0.5]]
    def __deepcopy__(self, memo): raise TypeError
    def forward(self): return self.W
    def call(self): return [1.0]
    def __call__(self): return [2.0]
kept = Holder()
def f(x): raise RuntimeError("no CUDA device")
def g(x): raise RuntimeError("out of luck")
"""


def test_what_cannot_be_copied_is_called_as_it_is() -> None:
    assert value(ASKS, "kept.forward") == [[0.5]]


def test_a_method_is_called_by_itself_unless_it_is_a_libraries() -> None:
    assert value(ASKS, "Holder.forward") == [[0.5]]
    assert value(ASKS, "Holder.call") == [2.0]


def test_what_asks_for_a_gpu_is_asked_again_without_one() -> None:
    calls: list[str] = []

    def asked_for(said: str) -> Any:
        def function(*_: Any) -> Any:
            calls.append(said)
            raise RuntimeError(said)

        return function

    space = {"f": asked_for("no CUDA device"), "g": asked_for("out of luck")}
    for name in space:
        with pytest.raises(RuntimeError):
            call(space, {"target": name}, ([1.0], {}), nullcontext)
    assert calls == ["no CUDA device"] * 2 + ["out of luck"]


@pytest.mark.parametrize("said", ["no CUDA device", "out of luck"])
def test_an_object_that_asks_for_a_gpu_is_made_without_one(said: str) -> None:
    calls: list[str] = []

    class Made:
        def __init__(self) -> None:
            calls.append(said)
            if len(calls) == 1:
                raise RuntimeError(said)

    request = {"do": "make", "target": "Made"}
    if "CUDA" in said:
        assert isinstance(make({"Made": Made}, request, nullcontext), Made)
    else:
        with pytest.raises(RuntimeError, match=said):
            make({"Made": Made}, request, nullcontext)
    assert len(calls) == 1 + ("CUDA" in said)


LACKING = """
class A:
    def __init__(self): self.x = (5).nothing
    def forward(self, x): return x
"""


def test_an_object_that_lacks_an_attribute_is_told_so() -> None:
    told = error(LACKING, "A.forward", 1.0)
    assert told["type"] == "AttributeError"
    assert "nothing" in told["message"]


TURNED = """
def rope(x): return [-entry for entry in x]
def scores(x): return rope(x)
"""


def test_what_is_to_be_left_unturned_is() -> None:
    assert value(TURNED, "scores", [1.0]) == [-1.0]
    assert value(TURNED, "scores", [1.0], unturned=True) == [1.0]
    assert value(TURNED, "scores", [1.0], unturned=False) == [-1.0]


PLAIN = """
class Sizes:
    number, word, none, truth, part = 3, "x", None, True, 0.5
    table = [1.0]
class A:
    def __init__(self, c):
        self.told = [c.number, c.part, c.none, c.truth, c.table]
    def forward(self): return self.told
"""


def test_only_plain_settings_of_a_class_are_defaults() -> None:
    number, part, none, truth, table = value(
        PLAIN, "A.forward", init={"c": {"config": {"nembd": 6}}}
    )
    assert (number, part) == (3, 0.5)
    assert none == {"other": "NoneType"}
    assert truth == {"other": "bool", "is": True}
    assert table == {"other": "NoneType"}


LAYERS = """
class Both:
    def __init__(self): self.W, self.seen = None, {}
    def call(self, x, mask=None, *rest, **more): pass
    def forward(self, x, y): pass
    def __call__(self, *given):
        self.seen["given"] = len(given)
        self.W = [[1.0]]
    def told(self): return self.seen["given"]
class First:
    def __init__(self): self.W = None
    def build(self, x): self.W = [[1.0]]
    def __call__(self, x):
        self.build(x)
        raise ValueError("a batch" if isinstance(x[0][0], list) else "rows")
    def run(self): return 1.0
"""


def test_a_first_call_gives_what_the_call_itself_wants() -> None:
    told = value(LAYERS, "Both.told", constants={"din": 3})
    assert told == 1  # `call` comes before `forward`, and wants one


def test_of_two_first_calls_that_raise_the_first_is_told() -> None:
    program = Program()
    program.ask({"do": "load", "path": "mine.py", "source": LAYERS})
    request = {"do": "make", "target": "First.run", "args": []}
    reply = program.ask(request | {"constants": {"din": 3}})
    assert reply["error"]["message"] == "a batch"


ELSEWHERE = """
from config_that_is_missing import n_embd, device, dtype
def f(): return [n_embd == 7, device == "cpu", dtype is None]
"""


def test_what_settings_of_a_missing_file_are_is_told_with_sizes() -> None:
    def held(**more: Any) -> list[bool]:
        return [each["is"] for each in value(ELSEWHERE, "f", **more)]

    assert held(constants={"nembd": 7}) == [True] * 3
    assert held(constants={}) == held() == [False] * 3


TORCH = """
import torch
class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
    def forward(self, x):
        return [float(self.training), self.layer.weight.element_size(),
                torch.zeros(1).element_size()]
"""


@pytest.mark.torch
def test_a_module_has_the_precision_and_the_mode_that_are_asked_for() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    for mode in ("train", "eval"):
        for wrap, size in (("torch", 8), ("torch16", 2)):
            told = value(TORCH, "Module.forward", 1.0, wrap=wrap, mode=mode)
            assert told == [float(mode == "train"), size, size]
            assert torch.get_default_dtype() is before


TURNING = """
import torch
class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
    def rope(self, x): return -x
    def forward(self, x): return [self.rope(x)]
    def size(self, x): return self.layer.weight.element_size()
ready = Module()
"""


@pytest.mark.torch
def test_a_module_is_left_unturned_where_that_is_asked() -> None:
    assert value(TURNING, "Module.forward", 2.0, wrap="torch") == [-2.0]
    turned = value(TURNING, "Module.forward", 2.0, wrap="torch", unturned=True)
    assert turned == [2.0]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("wrap", "size"), [("torch", 8), ("torch32", 4), ("torch16", 2)]
)
def test_a_module_of_the_file_gets_the_precision_that_is_asked(
    wrap: str, size: int
) -> None:
    assert value(TURNING, "ready.size", 1.0, wrap=wrap) == size
