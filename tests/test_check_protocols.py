"""Layers of Keras and modules of MLX are read and written by protocol.

Neither library is needed here: small ones of the same names stand in for
them, which speak as they do and nothing more. A tensor gives its numbers by
`__array__` alone; a layer makes its weights when it is called first, tells
them as `weights`, and each takes numbers by `assign`; a module of MLX is a
dictionary of arrays that are replaced.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check

TENSOR = """
import numpy as np

class Tensor:
    def __init__(self, value):
        self._held = np.array(value, dtype="float32")

    shape = property(lambda self: self._held.shape)
    dtype = property(lambda self: "float32")

    def __array__(self, dtype=None, copy=None):
        return np.array(self._held, dtype=dtype)

    def __matmul__(self, other):
        return Tensor(self._held @ other._held)

    def __add__(self, other):
        return Tensor(self._held + other._held)

    def __truediv__(self, number):
        return Tensor(self._held / number)

def reshape(x, shape):
    return Tensor(x._held.reshape(shape))

def transpose(x, axes):
    return Tensor(x._held.transpose(axes))

def softmax(x, axis=-1):
    e = np.exp(x._held - x._held.max(axis, keepdims=True))
    return Tensor(e / e.sum(axis, keepdims=True))
"""

KERAS = {
    "keras/__init__.py": "from keras import layers, ops",
    "keras/ops.py": f"{TENSOR}\nconvert_to_tensor = Tensor",
    "keras/layers.py": """
import numpy as np
from keras.ops import Tensor

class Variable(Tensor):
    def __init__(self, name, shape):
        super().__init__(np.zeros(shape))
        self.path = name

    def assign(self, numbers):
        self._held[...] = numbers

class Layer:
    own = ()

    def __call__(self, *given, **named):
        return self.call(*given, **named)

    @property
    def weights(self):
        inner = [e for e in vars(self).values() if isinstance(e, Layer)]
        below = [
            weight for name, layer in vars(self).items()
            if isinstance(layer, Layer) for weight in layer.weights
        ]
        return [*self.own, *below]

class Dense(Layer):
    def __init__(self, units):
        self.units = units

    def call(self, x):
        if not self.own:
            kernel = Variable("dense/kernel", (x.shape[-1], self.units))
            self.own = kernel, Variable("dense/bias", (self.units,))
        kernel, bias = self.own
        return x @ kernel + bias
""",
}

MLX = {
    "mlx/__init__.py": "",
    "mlx/core.py": f"{TENSOR}\narray = Tensor",
    "mlx/nn.py": """
import numpy as np
from mlx.core import array, transpose

class Module(dict):
    def __call__(self, x):
        return self.forward(x)

    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name, value):
        self[name] = value

class Linear(Module):
    def __init__(self, wide, narrow):
        self.weight = array(np.ones((narrow, wide)))
        self.bias = array(np.ones(narrow))

    def forward(self, x):
        return x @ transpose(self.weight, (1, 0)) + self.bias
""",
}


@pytest.fixture
def libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Both libraries can be imported, and are gone afterwards."""
    for name, text in {**KERAS, **MLX}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [*sys.modules]:
        if name.partition(".")[0] in {"keras", "mlx"}:
            del sys.modules[name]


ATTENTION = """
    def cut(self, x):
        b, n, d = x.shape
        x = ops.reshape(x, (b, n, self.heads, d // self.heads))
        return ops.transpose(x, (0, 2, 1, 3))

    def attend(self, q, k, v):
        b, h, n, d = q.shape
        scores = q @ ops.transpose(k, (0, 1, 3, 2)) / d**0.5
        mixed = ops.softmax(scores) @ v
        mixed = ops.transpose(mixed, (0, 2, 1, 3))
        return self.out(ops.reshape(mixed, (b, n, h * d)))
"""
OF_KERAS = (
    """
from keras import layers, ops

class MultiHeadAttention(layers.Layer):
    def __init__(self, d_model, num_heads):
        self.heads = num_heads
        self.query = layers.Dense(d_model)
        self.key = layers.Dense(d_model)
        self.value = layers.Dense(d_model)
        self.out = layers.Dense(d_model)

    def call(self, query, value, key):
        q, k, v = self.query(query), self.key(key), self.value(value)
        return self.attend(self.cut(q), self.cut(k), self.cut(v))
"""
    + ATTENTION
)
OF_MLX = (
    """
import mlx.core as ops
import mlx.nn as nn

class MultiHeadAttention(nn.Module):
    def __init__(self, dims, num_heads):
        self.heads = num_heads
        self.query = nn.Linear(dims, dims)
        self.key = nn.Linear(dims, dims)
        self.value = nn.Linear(dims, dims)
        self.out = nn.Linear(dims, dims)

    def forward(self, x):
        q, k, v = self.query(x), self.key(x), self.value(x)
        return self.attend(self.cut(q), self.cut(k), self.cut(v))
"""
    + ATTENTION
)
WRITTEN = {"keras": OF_KERAS, "mlx": OF_MLX}


def last(source: str) -> Finding:
    """The finding of the one class."""
    return check(source)[-1]


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("library", WRITTEN)
def test_an_attention_agrees_by_the_protocols_of_its_library(
    library: str,
) -> None:
    found = last(WRITTEN[library])
    assert found.verdict == "agrees", (found.how, found.sentence)
    assert f"given {library} " in found.how
    assert "float32" in {each.kind for each in found.warnings}


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("library", WRITTEN)
def test_a_wrong_attention_is_told_its_cause_by_the_same(library: str) -> None:
    found = last(WRITTEN[library].replace(" / d**0.5", ""))
    assert found.verdict == "differs"
    assert found.cause is not None
    assert found.cause.name == "no_scale"
