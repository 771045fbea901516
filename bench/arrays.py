"""Attention on arrays against a textbook version, and torch where it is.

All versions run in turns in one process, on one thread, in processor time;
a ratio is the median of the rounds. Above 1: ours is quicker.
"""

import importlib
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from math import sqrt
from statistics import median
from time import process_time
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from attnbook.arrays.causal import causal_mask
from attnbook.arrays.multihead import MultiHead, multi_head_attention
from attnbook.arrays.tiled import (
    tiled_attention,
    tiled_attention_backward,
    tiled_multi_head_attention,
    tiled_multi_head_attention_backward,
)
from attnbook.arrays.trainable import scaled_dot_product_attention

Work: TypeAlias = Callable[[], Any]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SLOWER = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # than NumPy's own choice
SHAPES = [
    (1, 8, 128, 64),
    (1, 8, 512, 64),
    (1, 8, 1024, 64),
    (1, 8, 2048, 64),
    (1, 8, 4096, 64),
    (8, 12, 512, 64),
]


def seconds(work: Work) -> float:
    """How long one call takes."""
    start = process_time()
    work()
    return process_time() - start


def times_as_quick(ours: Work, others: dict[str, Work]) -> str:
    """How many times as long each of the others takes."""
    ours()
    rounds = max(3, min(9, int(0.3 / seconds(ours))))
    ratios: dict[str, list[float]] = {name: [] for name in others}
    for _ in range(rounds):
        for name, other in others.items():
            ratios[name].append(seconds(other) / seconds(ours))
    return "  ".join(f"{name} {median(r):5.2f}" for name, r in ratios.items())


def textbook(text: Any, mask: Any) -> Any:
    """Attention as most would write it."""
    queries, keys, values = text
    scores = queries @ keys.swapaxes(-1, -2) / np.float32(sqrt(keys.shape[-1]))
    if mask is not None:
        scores = np.where(mask, np.float32(-np.inf), scores)
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True) @ values


def textbook_backward(text: Any, mask: Any, grad: Any) -> Any:
    """Forward and backward as most would write it."""
    q, k, v = text
    scale = np.float32(sqrt(k.shape[-1]))
    scores = q @ k.swapaxes(-1, -2) / scale
    scores = np.where(mask, np.float32(-np.inf), scores)
    exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = exps / exps.sum(axis=-1, keepdims=True)
    grad_values = weights.swapaxes(-1, -2) @ grad
    grad_weights = grad @ v.swapaxes(-1, -2)
    mean = (weights * grad_weights).sum(axis=-1, keepdims=True)
    grad_scores = weights * (grad_weights - mean) / scale
    return grad_scores @ k, grad_scores.swapaxes(-1, -2) @ q, grad_values


class Torch:
    """The same in torch: its fused attention, and the book's formula."""

    def __init__(self, torch: ModuleType) -> None:
        """On one thread, as NumPy here."""
        torch.set_num_threads(1)
        self.torch = torch
        self.fused = torch.nn.functional.scaled_dot_product_attention

    def tensors(self, *arrays: Any, grad: bool = False) -> list[Any]:
        """Tensors that share the arrays' memory."""
        tensors = [self.torch.from_numpy(x) for x in arrays]
        return [x.requires_grad_() if grad else x for x in tensors]

    def eager(self, text: Any, mask: Any) -> Any:
        """The book's formula, a step at a time."""
        q, k, v = text
        scores = q @ k.mT
        if mask is not None:
            scores = scores.masked_fill(mask, -self.torch.inf)
        return self.torch.softmax(scores / k.shape[-1] ** 0.5, dim=-1) @ v

    def attention(self, causal: bool, *arrays: Any) -> dict[str, Work]:
        """Both, without gradients."""
        tensors = self.tensors(*arrays)
        mask = None
        if causal:
            mask = self.torch.from_numpy(causal_mask(arrays[0].shape[-2]))
        return {
            "fused": lambda: self.fused(*tensors, is_causal=causal),
            "eager": lambda: self.eager(tensors, mask),
        }

    def backward(self, grad: Any, *arrays: Any) -> dict[str, Work]:
        """Both with gradients, causal."""
        tensors, upstream = (
            self.tensors(*arrays, grad=True),
            self.tensors(grad),
        )
        mask = self.torch.from_numpy(causal_mask(arrays[0].shape[-2]))
        gradient = self.torch.autograd.grad

        def fused() -> Any:
            attention = self.fused(*tensors, is_causal=True)
            return gradient(attention, tensors, upstream)

        return {
            "fused": fused,
            "eager": lambda: gradient(
                self.eager(tensors, mask), tensors, upstream
            ),
        }

    def layer(
        self, inputs: Any, parameters: MultiHead, grad: Any
    ) -> tuple[dict[str, Work], dict[str, Work]]:
        """The whole layer, forward alone and with gradients."""
        *matrices, num_heads = parameters
        upstream = self.tensors(grad)
        leaves = self.tensors(inputs, *matrices, grad=True)
        functional = self.torch.nn.functional
        module = self.torch.nn.MultiheadAttention(
            inputs.shape[-1], num_heads, batch_first=True
        ).eval()
        hidden = self.torch.from_numpy(causal_mask(inputs.shape[-2]))

        def forward() -> Any:
            x, W_query, W_key, W_value, W_out, b_out = leaves
            heads = (
                (x @ W).unflatten(-1, (num_heads, -1)).transpose(-3, -2)
                for W in (W_query, W_key, W_value)
            )
            merged = self.fused(*heads, is_causal=True).transpose(-3, -2)
            return functional.linear(merged.flatten(-2), W_out.T, b_out)

        def without_gradients() -> Any:
            with self.torch.no_grad():
                return forward()

        def of_module() -> Any:
            x = leaves[0]
            with self.torch.no_grad():
                return module(
                    x,
                    x,
                    x,
                    attn_mask=hidden,
                    is_causal=True,
                    need_weights=False,
                )

        def step() -> Any:
            return self.torch.autograd.grad(forward(), leaves, upstream)

        fused = {"fused": without_gradients, "MultiheadAttention": of_module}
        return fused, {"fused": step}


def draw(*shape: int) -> Any:
    """Normal numbers in float32."""
    return np.random.default_rng(0).standard_normal(shape, dtype="f4")


def attention(torch: Torch | None) -> None:
    """Forward, all keys and causal."""
    for shape in SHAPES:
        queries, keys, values = draw(3, *shape)
        for causal in (False, True):
            mask = causal_mask(shape[2]) if causal else None
            text = queries, keys, values
            others: dict[str, Work] = {
                "twin": partial(
                    scaled_dot_product_attention, queries, keys, values, mask
                ),
                "textbook": partial(textbook, text, mask),
            }
            if torch:
                others |= torch.attention(causal, *text)

            def ours(t: Any = text, c: bool = causal) -> Any:
                return tiled_attention(t[0], t[1], t[2], c)

            kind = "causal" if causal else "full  "
            print(f"  {shape!s:18} {kind}  {times_as_quick(ours, others)}")


def backward(torch: Torch | None) -> None:
    """Forward and backward, causal."""
    for shape in (*SHAPES[:3], SHAPES[-1]):
        text, grad = draw(3, *shape), draw(*shape)
        mask = causal_mask(shape[2])
        others: dict[str, Work] = {
            "textbook": partial(textbook_backward, text, mask, grad)
        }
        if torch:
            others |= torch.backward(grad, *text)

        def ours(t: Any = text, g: Any = grad) -> Any:
            steps = tiled_attention(t[0], t[1], t[2], True)
            return tiled_attention_backward(t[0], t[1], t[2], steps, g, True)

        print(f"  {shape!s:18} causal  {times_as_quick(ours, others)}")


def layer(torch: Torch | None) -> None:
    """The multi-head layer with its projections, causal."""
    for n, d, h in [(128, 512, 8), (512, 512, 8), (1024, 768, 12)]:
        inputs, grad = draw(2, 1, n, d)
        W_query, W_key, W_value, W_out = draw(4, d, d) / np.float32(sqrt(d))
        parameters = MultiHead(W_query, W_key, W_value, W_out, draw(d), h)

        def forward(x: Any = inputs, p: MultiHead = parameters) -> Any:
            return tiled_multi_head_attention(x, p)

        def step(
            x: Any = inputs, p: MultiHead = parameters, g: Any = grad
        ) -> Any:
            steps = tiled_multi_head_attention(x, p)
            return tiled_multi_head_attention_backward(x, p, steps, g)

        twin = {
            "twin": lambda x=inputs, p=parameters: multi_head_attention(x, p)
        }
        of_torch = torch.layer(inputs, parameters, grad) if torch else ({}, {})
        sizes = f"  n {n:4}, d {d}, {h:2} heads  "
        print(sizes, "forward ", times_as_quick(forward, twin | of_torch[0]))
        if torch:
            print(sizes, "backward", times_as_quick(step, of_torch[1]))


def memory(n: int = 32_768, d: int = 64) -> None:
    """What a long text takes beside its own context vectors."""
    text = draw(3, n, d)
    tracemalloc.start()
    attention = tiled_attention(text[0], text[1], text[2], True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    beside = (peak - attention.context_vecs.nbytes) / 2**20
    print(f"memory at {n} tokens, beside the result: {beside:.1f} MiB")


def main() -> None:
    """All of it; the first process starts one that has one thread."""
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):
        alone = {k: v for k, v in os.environ.items() if k not in SLOWER}
        again = subprocess.run(
            [sys.executable, __file__], env=alone | ONE_THREAD, check=False
        )
        raise SystemExit(again.returncode)
    try:
        torch = Torch(importlib.import_module("torch"))
    except ImportError:
        torch = None
        print("(torch is not installed: no comparison with it)")
    print("others / attention in blocks, float32 (more is better):")
    attention(torch)
    print("forward and backward:")
    backward(torch)
    print("the multi-head layer, causal:")
    layer(torch)
    memory()


if __name__ == "__main__":
    main()
