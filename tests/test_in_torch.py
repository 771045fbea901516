"""What a page shows in PyTorch gives the numbers that its lists give."""

import random
from importlib import import_module
from typing import Any

import pytest

from attnbook.trainable import Projections

pytestmark = pytest.mark.torch


def matrix(rows: int, columns: int, seed: int) -> list[list[float]]:
    draw = random.Random(seed).gauss
    return [[draw(0.0, 1.0) for _ in range(columns)] for _ in range(rows)]


MASK = [[j > i + 1 for j in range(5)] for i in range(4)]
KEEP = [[(i + j) % 3 > 0 for j in range(4)] for i in range(4)]
WEIGHTS = Projections(*(matrix(3, d, k) for k, d in enumerate((2, 2, 5))))
INPUTS = matrix(4, 3, seed=7)
HEADS = [matrix(4, 2, seed=8), matrix(4, 2, seed=9)]
LARGE = [[1000.0, 1001.0], [-1000.0, -1003.0]]

# Each listing that is shown in PyTorch too, on arguments of differing sizes.
CASES: dict[str, tuple[Any, ...]] = {
    "vectors.dot": (INPUTS[0], INPUTS[1]),
    "vectors.matmul": (INPUTS, WEIGHTS[2]),
    "simple.attention_scores": (INPUTS[1], INPUTS),
    "simple.softmax": (LARGE[0],),
    "simple.context_vector": ([0.1, 0.2, 0.3, 0.4], INPUTS),
    "simple.self_attention": (INPUTS,),
    "trainable.project": (INPUTS, WEIGHTS),
    "trainable.masked_scores": (matrix(4, 5, seed=1), MASK),
    "trainable.scaled_softmax": (LARGE, 3),
    "trainable.scaled_dot_product_attention": (
        *(INPUTS, matrix(5, 3, seed=2), matrix(5, 2, seed=3), MASK),
    ),
    "trainable.self_attention": (INPUTS, WEIGHTS),
    "causal.causal_mask": (5,),
    "causal.dropout": (matrix(4, 4, seed=4), KEEP, 0.25),
    "causal.causal_attention": (INPUTS, WEIGHTS, KEEP, 0.25),
    "multihead.split_heads": (matrix(4, 6, seed=5), 3),
    "multihead.merge_heads": (HEADS,),
    "multihead.output_projection": (INPUTS, WEIGHTS[2], [1.0, 2, 3, 4, 5]),
}


def tensors(value: Any) -> Any:
    """Lists as tensors of doubles or bools; projections, one by one."""
    torch = import_module("torch")
    if isinstance(value, Projections):
        return tuple(map(tensors, value))
    if not isinstance(value, list):
        return value
    tensor = torch.tensor(value, dtype=torch.float64)
    is_mask = value in (MASK, KEEP)
    return tensor.bool() if is_mask else tensor


def lists(value: Any) -> Any:
    """Tensors as nested lists, and tuples as lists of them."""
    if isinstance(value, list | tuple):
        return [lists(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def close(expected: Any, actual: Any) -> bool:
    """Whether two nested lists have one shape and nearly the same numbers."""
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(
            map(close, expected, actual)
        )
    # both round each product and each sum once
    same: bool = expected == pytest.approx(actual, rel=1e-12, abs=1e-14)
    return same


@pytest.mark.parametrize("name", CASES)
def test_pytorch_gives_the_numbers_that_lists_give(name: str) -> None:
    module, _, function = name.partition(".")
    on_lists = getattr(import_module(f"attnbook.{module}"), function)
    place = import_module(f"docs.data.in_torch.{module}")
    arguments = CASES[name]
    actual = getattr(place, function)(*map(tensors, arguments))
    assert close(lists(on_lists(*arguments)), lists(actual))


def test_every_function_that_is_shown_is_compared() -> None:
    modules = {name.partition(".")[0] for name in CASES}
    shown = {
        f"{module}.{name}"
        for module in modules
        for name, value in vars(
            import_module(f"docs.data.in_torch.{module}")
        ).items()
        if getattr(value, "__module__", "") == f"docs.data.in_torch.{module}"
    }
    assert shown == CASES.keys()
