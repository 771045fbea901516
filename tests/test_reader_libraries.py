"""Modules of JAX's libraries, code for a GPU, and objects that live here."""

import inspect
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from attnbook.checker.reader.functional import Bound, chance, in_mode
from attnbook.checker.reader.gpu import without_gpu
from attnbook.checker.reader.live import Live

LIBRARIES = (
    "flax", "flax.nnx", "flax.linen", "jax", "equinox", "numpy", "torch",
    "torch.overrides",
)  # fmt: skip


class Module:
    """What each library calls its base."""


class Layer(Module):
    """A module that notes in which mode it is, and how it is called."""

    def __init__(self) -> None:
        self.modes: list[str] = []
        self.made = 0

    def __call__(self, x: float, *, mask: bool = False) -> float:
        return -x if mask else x

    def eval(self) -> None:
        self.modes.append("eval")

    def train(self) -> None:
        self.modes.append("train")

    def init(self, rngs: dict[str, int], *given: Any, **named: Any) -> Any:
        self.made += 1
        self.first = {**rngs, "given": (given, named)}
        return {"params": Frozen(W={"kernel": 2.0, "inner": Frozen(b=3.0)})}

    def apply(
        self, made: Any, *given: Any, rngs: dict[str, int], **named: Any
    ) -> Any:
        return made["params"], given, named, rngs


class Frozen:
    """What linen holds its parameters in: read like a dictionary."""

    def __init__(self, **held: Any) -> None:
        self.items = held.items


class Alone(Layer):
    """A module that has no parameters."""

    def init(self, *_: Any, **__: Any) -> Any:
        self.made += 1
        return {}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No library is there until a test says so."""
    for name in LIBRARIES:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_chance_is_of_the_library_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def there(name: str, **held: Any) -> None:
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**held))

    def said(what: str) -> Any:
        first, second = chance(what), chance(what)
        assert (first is None) or first[1] != second[1]
        return first and first[0]

    assert said("rngs") is said("key") is None
    there("numpy", random=SimpleNamespace(default_rng=lambda s: ("numpy", s)))
    assert said("rngs") == said("key") == "numpy"
    there("jax", random=SimpleNamespace(PRNGKey=lambda s: ("jax", s)))
    assert said("rngs") == said("key") == "jax"
    there("flax.nnx", Rngs=lambda s: ("nnx", s))
    assert (said("rngs"), said("key")) == ("nnx", "jax")


def test_parameters_are_made_once_and_can_be_written() -> None:
    layer = Layer()
    bound = Bound(layer)
    assert inspect.signature(bound) == inspect.signature(layer)
    params, given, named, rngs = bound(5.0, mask=True)
    assert params == {"W": {"kernel": 2.0, "inner": {"b": 3.0}}}
    assert (given, named) == ((5.0,), {"mask": True})
    assert rngs.keys() == {"params", "dropout"}
    assert layer.first.keys() == {"params", "dropout", "given"}
    assert layer.first["given"] == ((5.0,), {"mask": True})
    bound.params["W"]["kernel"] = 7.0
    assert bound(6.0)[0]["W"]["kernel"] == 7.0
    assert layer.made == 1
    assert Bound(Alone())(1.0)[0] == {}


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_module_is_in_the_mode_that_is_asked_for(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Layer()
    assert in_mode(layer, mode) is layer
    assert layer.modes == []
    library = SimpleNamespace(Module=Module)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "flax.nnx", library)
        assert in_mode(layer, mode) is layer
        assert layer.modes == [mode]
        other = SimpleNamespace()
        assert in_mode(other, mode) is other
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "flax.linen", library)
        bound = in_mode(layer, mode)
        assert isinstance(bound, Bound)
        assert bound.module is layer
    library.nn = SimpleNamespace(inference_mode=lambda m, value: (m, value))
    monkeypatch.setitem(sys.modules, "equinox", library)
    assert in_mode(layer, mode) == (layer, mode == "eval")


def test_without_torch_no_device_is_replaced() -> None:
    with without_gpu():
        pass


class Mode:
    """In the place of torch's mode: what every call goes through."""

    now: Any = None

    def __enter__(self) -> None:
        Mode.now = self

    def __exit__(self, *_: object) -> None:
        Mode.now = None


class device(str):  # noqa: N801 - as torch calls it
    """A device of torch's."""

    __slots__ = ()


class Text(str):
    """A text that is no device."""

    __slots__ = ()


def through(function: Any, *args: Any, **named: Any) -> Any:
    """A call, as torch hands it to the mode that is on."""
    if not named:
        return Mode.now.__torch_function__(function, (), args)
    return Mode.now.__torch_function__(function, (), args, named)


def test_no_tensor_leaves_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def to(*args: Any, **named: Any) -> Any:
        return args, named

    def cuda(*_: Any) -> Any:
        raise AssertionError

    library = SimpleNamespace(TorchFunctionMode=Mode)
    monkeypatch.setitem(sys.modules, "torch.overrides", library)
    with without_gpu():
        assert through(cuda, "tensor", 0) == "tensor"
        for gpu in ("cuda", "cuda:1", "mps", "xpu", device("cuda:0")):
            assert through(to, 5, gpu) == ((5, "cpu"), {})
            named = through(to, 5, device=gpu, dtype=gpu)
            assert named == ((5,), {"device": "cpu", "dtype": gpu})
        for other in ("cpu", "cudas", "x:cuda", device("cpu"), Text("cuda")):
            assert through(to, 5, other) == ((5, other), {})
            assert through(to, device=other) == ((), {"device": other})
    assert Mode.now is None


def interrupted() -> None:
    raise KeyboardInterrupt


def test_an_object_that_lives_here_is_asked_as_a_file_is() -> None:
    program = Live({"double": lambda x: 2 * x, "stop": interrupted}, "cell 3")
    assert program.ask({"do": "load"}) == {"patched": []}
    assert program.path == "cell 3"
    call = {"do": "call", "args": [2]}
    assert program.ask({**call, "target": "double"})["value"] == 4
    raised = program.ask({"do": "call", "target": "double", "args": []})
    assert raised["error"]["type"] == "TypeError"
    with pytest.raises(KeyboardInterrupt):
        program.ask({"do": "call", "target": "stop", "args": []})


def test_what_was_not_handed_over_is_nobodys_own() -> None:
    program = Live({"double": lambda x: 2 * x})
    vars(program.module)["other"] = lambda x: x
    told = program.ask({"do": "describe"})["functions"]
    own = {each["name"]: each["own"] for each in told}
    assert own == {"double": True, "other": False}
