"""What a page shows in PyTorch gives the numbers that its lists give."""

import random
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from attnbook.learning import cross_entropy
from attnbook.multihead import MultiHead
from attnbook.onepass import part_of
from attnbook.tasks import draw_model, predict, predict_backward, reverse
from attnbook.trainable import Projections, scaled_dot_product_attention

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
LAYER = MultiHead(
    W_query=matrix(3, 6, seed=10),
    W_key=matrix(3, 6, seed=11),
    W_value=matrix(3, 6, seed=12),
    W_out=matrix(6, 6, seed=13),
    b_out=matrix(1, 6, seed=14)[0],
    num_heads=3,
)
QUERIES, KEYS, VALUES = INPUTS, matrix(5, 3, seed=2), matrix(5, 2, seed=3)
ATTENTION = scaled_dot_product_attention(QUERIES, KEYS, VALUES, MASK)
LOGITS, TARGETS = matrix(4, 6, seed=15), [2, 0, 5, 2]
MODEL = draw_model(4, 8, num_heads=2, random=random.Random(27))
BATCHES = [[[3, 1, 0, 2], [1, 1, 3, 0]], [[2, 2, 2, 2], [0, 1, 2, 3]]]
SCORES = [-1000.0, 999.5, float("-inf"), 1000.0]
SEEN, UNSEEN = (
    part_of(scores, INPUTS) for scores in (SCORES, [float("-inf")] * 4)
)

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
        *(QUERIES, KEYS, VALUES, MASK),
    ),
    "trainable.self_attention": (INPUTS, WEIGHTS),
    "causal.causal_mask": (5,),
    "causal.dropout": (matrix(4, 4, seed=4), KEEP, 0.25),
    "causal.causal_attention": (INPUTS, WEIGHTS, KEEP, 0.25),
    "multihead.split_heads": (matrix(4, 6, seed=5), 3),
    "multihead.merge_heads": (HEADS,),
    "multihead.stacked_heads": (INPUTS, [WEIGHTS, Projections(*LAYER[:3])]),
    "multihead.output_projection": (INPUTS, WEIGHTS[2], [1.0, 2, 3, 4, 5]),
    "multihead.multi_head_attention": (INPUTS, LAYER),
    "learning.cross_entropy": (LOGITS, TARGETS),
    "learning.cross_entropy_backward": (
        *(TARGETS, cross_entropy(LOGITS, TARGETS), 0.5),
    ),
    "tasks.predict": (BATCHES[0][1], MODEL),
    "loop.loss_and_gradient": (MODEL, reverse, BATCHES[0]),
    "loop.train": (MODEL, reverse, BATCHES * 3),
    "onepass.part_of": (SCORES, INPUTS),
    "onepass.merge": (SEEN, part_of(INPUTS[0], KEYS[:3])),
    "onepass.context_of": (SEEN,),
    "onepass._fade": (2.5, 3.0),
    "backward.dot_backward": (INPUTS[0], INPUTS[1], 2.5),
    "backward.matmul_backward": (INPUTS, WEIGHTS[2], matrix(4, 5, seed=16)),
    "backward.softmax_backward": (ATTENTION[1][0], matrix(1, 5, seed=17)[0]),
    "backward.scaled_softmax_backward": (
        *(3, ATTENTION[1], matrix(4, 5, seed=18)),
    ),
    "backward.query_key_backward": (
        *(QUERIES, KEYS, ATTENTION[1], matrix(4, 5, seed=19)),
    ),
    "backward.scaled_dot_product_attention_backward": (
        *(QUERIES, KEYS, VALUES, ATTENTION, matrix(4, 2, seed=20)),
    ),
    "backward.dropout_backward": (KEEP, 0.25, matrix(4, 4, seed=21)),
    "backward.project_backward": (
        *(INPUTS, WEIGHTS, matrix(4, 2, seed=22), matrix(4, 2, seed=23)),
        matrix(4, 5, seed=24),
    ),
    "backward.output_projection_backward": (
        *(INPUTS, WEIGHTS[2], matrix(4, 5, seed=25)),
    ),
}

# What asks autograd: the layer, what it is given, how wide its vectors are,
# and what its backward on lists has to be told again.
BY_AUTOGRAD: dict[str, tuple[tuple[Any, ...], int, tuple[Any, ...]]] = {
    "trainable.self_attention": ((INPUTS, WEIGHTS), 5, ()),
    "causal.causal_attention": (
        *((INPUTS, WEIGHTS, KEEP, 0.25), 5, (KEEP, 0.25)),
    ),
    "multihead.multi_head_attention": ((INPUTS, LAYER), 6, ()),
}


def tensors(value: Any) -> Any:
    """Lists as tensors; tuples, and lists of them, one by one."""
    torch = import_module("torch")
    if isinstance(value, tuple):
        return tuple(map(tensors, value))
    if callable(value):
        return lambda sentence: torch.tensor(value(sentence.tolist()))
    if not isinstance(value, list | float):
        return value
    if isinstance(value, list) and isinstance(value[0], tuple):
        return list(map(tensors, value))
    tensor = torch.tensor(value)  # of whole numbers, or of True and False
    is_float = tensor.is_floating_point()
    return torch.tensor(value, dtype=torch.float64) if is_float else tensor


def leaves(value: Any) -> Any:
    """Tensors of which autograd is to know the gradients."""
    if isinstance(value, tuple):
        return tuple(map(leaves, value))
    is_float = hasattr(value, "dtype") and value.is_floating_point()
    return value.requires_grad_() if is_float else value


def lists(value: Any) -> Any:
    """Tensors as nested lists, and what yields them as lists of them."""
    if isinstance(value, list | tuple | Iterator):
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
    actual = getattr(place, function)(*leaves(tensors(arguments)))
    assert close(lists(on_lists(*arguments)), lists(actual))


@pytest.mark.parametrize("name", BY_AUTOGRAD)
def test_autograd_gives_the_gradients_that_lists_give(name: str) -> None:
    module, _, layer = name.partition(".")
    given, width, again = BY_AUTOGRAD[name]
    grad_context_vecs = matrix(4, width, seed=26)
    on_lists = import_module("attnbook.backward")
    expected = getattr(on_lists, f"{layer}_backward")(
        *given[:2],
        getattr(import_module(f"attnbook.{module}"), layer)(*given),
        *(grad_context_vecs, *again),
    )
    place = import_module("docs.data.in_torch.backward")
    forward = import_module(f"docs.data.in_torch.{module}")
    arguments = leaves(tensors(given))
    actual = getattr(place, f"{layer}_backward")(
        *arguments[:2],
        getattr(forward, layer)(*arguments),
        tensors(grad_context_vecs),
    )
    assert close(lists(expected), lists(actual))


def test_a_part_that_is_not_seen_changes_nothing_in_pytorch() -> None:
    merge = import_module("docs.data.in_torch.onepass").merge
    merged = merge(tensors(SEEN), tensors(UNSEEN))
    assert lists(merged) == lists(SEEN)


def test_autograd_gives_the_gradients_of_the_model_that_learns() -> None:
    sentence, grad_logits = BATCHES[0][1], matrix(4, 4, seed=28)
    on_lists = predict(sentence, MODEL)
    expected = predict_backward(sentence, MODEL, on_lists, grad_logits)
    place = import_module("docs.data.in_torch.tasks")
    asked, model = tensors(sentence), leaves(tensors(MODEL))
    prediction = place.predict(asked, model)
    actual = place.predict_backward(
        asked, model, prediction, tensors(grad_logits)
    )
    assert close(lists(expected), lists(actual))


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
    layers = (name.partition(".")[2] for name in BY_AUTOGRAD)
    asked = {f"backward.{layer}_backward" for layer in layers}
    asked |= {"tasks.predict_backward"}
    assert shown == CASES.keys() | asked
