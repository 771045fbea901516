"""The backward pass on lists against a scalar autograd, the same layer.

The autograd below keeps an object for each number, as the smallest ones do.
Both run in turns in one process, in processor time. Each takes the whole
layer forward and backward, as a step of training does. Python's garbage
collection is left on, as it would be: looking through so many objects is a
part of what they cost.
"""

import gc
import math
from collections.abc import Callable, Iterable
from operator import mul
from random import Random
from statistics import median
from time import process_time
from typing import TypeAlias

from attnbook.backward import multi_head_attention_backward
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.vectors import Matrix

N, WIDTH, HEADS, ROUNDS = 16, 32, 4, 7


class Number:
    """A number that remembers what it came from, and how it depends on it."""

    __slots__ = ("grad", "sources", "value")

    def __init__(
        self, value: float, sources: tuple[tuple["Number", float], ...] = ()
    ) -> None:
        self.value = value
        self.grad = 0.0
        self.sources = sources

    def __add__(self, other: "Number") -> "Number":
        """Each summand counts once."""
        value = self.value + other.value
        return Number(value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: "Number") -> "Number":
        """Each factor counts by the other one."""
        value = self.value * other.value
        return Number(value, ((self, other.value), (other, self.value)))

    def exp(self) -> "Number":
        """The exponential is its own derivative."""
        value = math.exp(self.value)
        return Number(value, ((self, value),))

    def inverse(self) -> "Number":
        """One over the number."""
        value = 1 / self.value
        return Number(value, ((self, -value * value),))

    def backward(self) -> None:
        """Visit what this came from, each after all that it went into."""
        order: list[Number] = []
        seen = {self}
        stack = [(self, iter(self.sources))]
        while stack:
            number, sources = stack[-1]
            for source, _ in sources:
                if source not in seen:
                    seen.add(source)
                    stack.append((source, iter(source.sources)))
                    break
            else:
                order.append(number)
                stack.pop()
        self.grad = 1.0
        for number in reversed(order):
            for source, slope in number.sources:
                source.grad += slope * number.grad


Numbers: TypeAlias = list[list[Number]]


def total(numbers: Iterable[Number]) -> Number:
    """Add numbers up, one after the other."""
    first, *rest = numbers
    for number in rest:
        first = first + number
    return first


def product(a: Numbers, b: Numbers) -> Numbers:
    """The matrix product."""
    columns = list(zip(*b, strict=True))
    return [[total(map(mul, row, column)) for column in columns] for row in a]


def softmax(scores: list[Number]) -> list[Number]:
    """The softmax, the largest score subtracted."""
    largest = Number(-max(score.value for score in scores))
    exps = [(score + largest).exp() for score in scores]
    share = total(exps).inverse()
    return [e * share for e in exps]


def layer(inputs: Numbers, weights: list[Numbers]) -> Numbers:
    """Multi-head attention with a causal mask, on numbers that remember."""
    W_query, W_key, W_value, W_out, (b_out,) = weights
    scale = Number(1 / math.sqrt(WIDTH // HEADS))
    merged: Numbers = [[] for _ in inputs]
    projected = [product(inputs, W) for W in (W_query, W_key, W_value)]
    for start in range(0, WIDTH, WIDTH // HEADS):
        queries, keys, values = (
            [row[start : start + WIDTH // HEADS] for row in rows]
            for rows in projected
        )
        for i, query in enumerate(queries):
            scores = [total(map(mul, query, key)) for key in keys[: i + 1]]
            attn_weights = softmax([score * scale for score in scores])
            merged[i] += product([attn_weights], values[: i + 1])[0]
    mixed = product(merged, W_out)
    return [[x + b for x, b in zip(row, b_out, strict=True)] for row in mixed]


def seconds(function: Callable[[], object]) -> float:
    """How long one call takes, its garbage included."""
    gc.collect()
    start = process_time()
    function()
    return process_time() - start


def both() -> tuple[float, float, float]:
    """Seconds of lists and of numbers, forward and backward; disagreement."""
    random = Random(36)

    def draw(rows: int, columns: int) -> Matrix:
        return [
            [random.uniform(-1, 1) for _ in range(columns)]
            for _ in range(rows)
        ]

    inputs, upstream = draw(N, WIDTH), draw(N, WIDTH)
    matrices = [draw(WIDTH, WIDTH) for _ in range(4)]
    (b_out,) = draw(1, WIDTH)
    W_query, W_key, W_value, W_out = matrices
    parameters = MultiHead(W_query, W_key, W_value, W_out, b_out, HEADS)
    numbers, *weights = (
        [[Number(entry) for entry in row] for row in matrix]
        for matrix in (inputs, *matrices, [b_out])
    )

    def on_lists() -> Matrix:
        attention = multi_head_attention(inputs, parameters)
        return multi_head_attention_backward(
            inputs, parameters, attention, upstream
        ).grad_inputs

    def on_numbers() -> None:
        for matrix in (numbers, *weights):
            for row in matrix:
                for number in row:
                    number.grad = 0.0
        result = layer(numbers, weights)
        total(
            x * Number(u)
            for row, gradients in zip(result, upstream, strict=True)
            for x, u in zip(row, gradients, strict=True)
        ).backward()

    fast, slow = seconds(on_lists), seconds(on_numbers)
    gap = max(
        abs(number.grad - grad)
        for row, gradients in zip(numbers, on_lists(), strict=True)
        for number, grad in zip(row, gradients, strict=True)
    )
    return fast, slow, gap


if __name__ == "__main__":
    rounds = [both() for _ in range(ROUNDS)]
    worst = max(gap for _, _, gap in rounds)
    if worst > 1e-12:
        raise SystemExit(f"the gradients disagree by {worst}")
    ratio = median(slow / fast for fast, slow, _ in rounds)
    print("scalar autograd / lists, forward and backward (more is better):")
    print(f"  {N} tokens x {WIDTH}, {HEADS} heads  {ratio:.1f}")
