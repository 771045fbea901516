"""One training step of the one-layer model, four ways.

On lists, on arrays, with the scalar autograd of `backward.py`, and in torch
where it is installed, eager and on one thread. All take the same sentences
through the same weights in turns, in processor time, and end in Adam; their
losses have to agree.
"""

import importlib
import math
from collections.abc import Callable
from random import Random
from statistics import median
from time import process_time
from types import ModuleType
from typing import Any

import numpy as np
from backward import Number, Numbers, product, softmax, total

from attnbook.arrays import learning as array_learning
from attnbook.arrays import tasks as array_tasks
from attnbook.learning import Adam, adam
from attnbook.loop import loss_and_gradient
from attnbook.tasks import draw_model, draw_sentence, reverse, weights_of

LENGTH, WIDTH, SENTENCES, ROUNDS, RATE = 6, 16, 20, 7, 0.01

random = Random(0)
MODEL = draw_model(LENGTH, WIDTH, 1, random)
BATCH = [draw_sentence(LENGTH, random) for _ in range(SENTENCES)]
TOKENS = np.array(BATCH)
ON_LISTS = array_tasks.Model._make(MODEL)
ARRAYS = array_tasks.with_weights(ON_LISTS, array_tasks.weights_of(ON_LISTS))


def on_lists() -> float:
    """As `attnbook train` does it."""
    weights = weights_of(MODEL)
    loss, gradient = loss_and_gradient(MODEL, reverse, BATCH)
    adam(weights, gradient, Adam.start(len(weights)), RATE)
    return loss


def on_arrays() -> float:
    """All sentences at once."""
    weights = array_tasks.weights_of(ARRAYS)
    model = array_tasks.with_weights(ARRAYS, weights)
    prediction = array_tasks.predict(TOKENS, model)
    targets = array_tasks.reverse(TOKENS)
    steps = array_learning.cross_entropy(prediction.logits, targets)
    grad_logits = array_learning.cross_entropy_backward(
        targets, steps, grad_loss=1 / SENTENCES
    )
    grads = array_tasks.predict_backward(
        TOKENS, model, prediction, grad_logits
    )
    gradient = array_tasks.gradient_of(grads)
    state = array_learning.Adam.start(len(weights))
    array_learning.adam(weights, gradient, state, RATE)
    return float(steps.loss.mean())


def remembering(matrix: list[list[float]]) -> Numbers:
    """Each entry as a number that remembers."""
    return [[Number(entry) for entry in row] for row in matrix]


def surprise(logits: list[Number], target: int) -> Number:
    """Minus the logarithm of the target's probability."""
    probability = softmax(logits)[target]
    value = probability.value
    return Number(-math.log(value), ((probability, -1 / value),))


def on_numbers() -> float:
    """One object for each number, a sentence at a time."""
    *embeddings, layer = MODEL
    matrices = [*embeddings, *layer[:4], [layer.b_out]]
    parts = list(map(remembering, matrices))
    tokens, positions, W_query, W_key, W_value, W_out, (b_out,) = parts
    scale, share = Number(1 / math.sqrt(WIDTH)), Number(1 / SENTENCES / LENGTH)
    surprises = []
    for sentence in BATCH:
        inputs = [
            [x + y for x, y in zip(tokens[t], place, strict=True)]
            for t, place in zip(sentence, positions, strict=True)
        ]
        queries, keys, values = (
            product(inputs, W) for W in (W_query, W_key, W_value)
        )
        scores = product(queries, [list(c) for c in zip(*keys, strict=True)])
        weights = [softmax([s * scale for s in row]) for row in scores]
        rows = product(product(weights, values), W_out)
        for row, target in zip(rows, reverse(sentence), strict=True):
            logits = [x + b for x, b in zip(row, b_out, strict=True)]
            surprises.append(surprise(logits, target))
    loss = total(surprises) * share
    loss.backward()
    gradient = [
        number.grad for part in parts for row in part for number in row
    ]
    adam(weights_of(MODEL), gradient, Adam.start(len(gradient)), RATE)
    return loss.value


def in_torch(torch: ModuleType) -> Callable[[], float]:
    """Eager torch in float64, its own Adam."""
    torch.set_num_threads(1)
    *embeddings, layer = MODEL
    parts: list[Any] = [
        torch.tensor(np.array(x), requires_grad=True)
        for x in (*embeddings, *layer[:5])
    ]
    sentences, targets = torch.tensor(BATCH), torch.tensor(BATCH).flip(-1)

    def step() -> float:
        tokens, positions, W_query, W_key, W_value, W_out, b_out = parts
        optimiser = torch.optim.Adam(parts, lr=0.0)  # the weights stay
        inputs = tokens[sentences] + positions
        scores = inputs @ W_query @ (inputs @ W_key).mT / math.sqrt(WIDTH)
        logits = scores.softmax(-1) @ (inputs @ W_value) @ W_out + b_out
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten()
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return step


def seconds(work: Callable[[], float]) -> tuple[float, float]:
    """How long one step takes, and its loss."""
    start = process_time()
    loss = work()
    return process_time() - start, loss


def main() -> None:
    """Print how many times as long as on arrays each way takes."""
    ways = {"scalar autograd": on_numbers, "lists": on_lists}
    try:
        ways["torch eager"] = in_torch(importlib.import_module("torch"))
    except ImportError:
        print("(torch is not installed: no comparison with it)")
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        arrays, expected = seconds(on_arrays)
        for name, way in ways.items():
            took, loss = seconds(way)
            ratios[name].append(took / arrays)
            if abs(loss - expected) > 1e-12:
                raise SystemExit(f"{name}: the loss is off: {loss}")
    print("one training step / the same on arrays (more is better):")
    for name, taken in ratios.items():
        print(f"  {name:16} {median(taken):8.2f}")


if __name__ == "__main__":
    main()
