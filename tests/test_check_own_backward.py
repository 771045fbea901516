"""A class with weights that goes back by itself, after its forward."""

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check

CLASS = """
import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


class SelfAttention:
    def __init__(self, d_in, d_out):
        self.W_q = np.random.randn(d_in, d_out)
        self.W_k = np.random.randn(d_in, d_out)
        self.W_v = np.random.randn(d_in, d_out)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        self.w = softmax(self.q @ self.k.T / np.sqrt(self.k.shape[-1]))
        return self.w @ self.v

    def backward(self, dout):
        dw = dout @ self.v.T
        ds = self.w * (dw - (dw * self.w).sum(-1, keepdims=True))
        ds = ds / np.sqrt(self.k.shape[-1])
        dq, dk, dv = ds @ self.k, ds.T @ self.q, self.w.T @ dout
        self.dW_q = self.x.T @ dq
        self.dW_k = self.x.T @ dk
        self.dW_v = self.x.T @ dv
        return dq @ self.W_q.T + dk @ self.W_k.T + dv @ self.W_v.T
"""


def checked(right: str = "", wrong: str = "") -> Finding:
    """The finding of the class in which one piece is replaced."""
    assert right in CLASS
    return check(CLASS.replace(right, wrong) if right else CLASS)[-1]


STYLES = {
    "as they are": ("self.dW_", "self.dW_"),
    "grad before": ("self.dW_", "self.grad_W_"),
    "d without an underscore": ("self.dW_", "self.dW"),
    "another name of the upstream": ("dout", "d_output"),
    "the upstream as grad": ("dout", "grad"),
}


@pytest.mark.parametrize("name", STYLES)
def test_gradients_are_found_by_their_names(name: str) -> None:
    found = checked(*STYLES[name])
    assert found.verdict == "agrees", found.cause
    assert "its `backward` too, 4 gradients" in found.how


def test_gradients_may_lie_in_a_dictionary_or_be_returned() -> None:
    last = "return dq @"
    stored = "self.grads = dict(W_q=self.dW_q, W_k=self.dW_k, W_v=self.dW_v)"
    assert checked(last, f"{stored}\n        {last}").verdict == "agrees"
    whole = "return dq @ self.W_q.T + dk @ self.W_k.T + dv @ self.W_v.T"
    several = f"{whole}, self.dW_q, self.dW_k, self.dW_v"
    assert checked(whole, several).verdict == "agrees"


@pytest.mark.parametrize(
    "order", ["dx, dWq, dWk, dWv", "dWq, dWk, dWv, dx", "dWv, dWk, dWq, dx"]
)
def test_returned_gradients_may_stand_in_any_order(order: str) -> None:
    source = CLASS.replace("self.dW_", "dW").replace("return dq", "dx = dq")
    found = check(f"{source}        return {order}\n")[-1]
    assert "its `backward` too, 4 gradients" in found.how, found.cause
    wrong = source.replace("dWk = self.x.T @ dk", "dWk = self.x.T @ dq")
    assert check(f"{wrong}        return {order}\n")[-1].verdict == "differs"


WRONG = {
    "no scale": ("        ds = ds / np.sqrt(self.k.shape[-1])\n", ""),
    "the wrong side": ("self.dW_k = self.x.T @ dk",
                       "self.dW_k = self.x.T @ dq"),
    "one path forgotten": (" + dv @ self.W_v.T", ""),
    "nothing but zeros": ("self.dW_v = self.x.T @ dv",
                          "self.dW_v = np.zeros_like(self.W_v)"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_gradient_of_a_class_is_found_and_named(what: str) -> None:
    found = checked(*WRONG[what])
    assert found.verdict == "differs"
    assert found.cause is not None
    assert found.cause.name == "own_backward"


def test_the_gradient_that_departs_is_named() -> None:
    found = checked(*WRONG["the wrong side"])
    assert found.cause is not None
    assert "`W_k`" in found.cause.sentence


def test_a_backward_whose_gradients_are_not_found_is_left_alone() -> None:
    source = CLASS[: CLASS.index("    def backward")]
    found = check(f"{source}    def backward(self, dout):\n        pass\n")[-1]
    assert found.verdict == "agrees"
    assert "its `backward` was left alone" in found.how
