"""The loop in which a model learns, in NumPy, a batch of sentences at once.

The twin of `attnbook.loop`, which says what each function means. A task is one
of `attnbook.tasks`, on lists: it makes the answers, and nothing is learned of
it. Nothing here gives back a step of the attention, so a long text goes
through it in blocks.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array
from attnbook.arrays._validate import as_tokens
from attnbook.arrays.learning import (
    Adam,
    adam,
    cross_entropy,
    cross_entropy_backward,
)
from attnbook.arrays.tasks import (
    Model,
    Tokens,
    _predict_at_length,
    gradient_of,
    predict_backward,
    weights_of,
    with_weights,
)
from attnbook.require import (
    require_finite,
    require_function,
    require_iterable,
)
from attnbook.tasks import Sentence, Task


class Progress(NamedTuple):
    """One step of `train`."""

    step: int
    """Counted from 1."""
    loss: float
    """Of this step's sentences, before the weights moved."""
    model: Model
    """With the weights moved."""


@guarded
def loss_and_gradient(
    model: Model, task: Task, sentences: Sequence[Sentence] | Tokens
) -> tuple[float, Array]:
    """Take the mean loss over some sentences, and its gradient.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model, reverse
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> loss, _ = loss_and_gradient(model, reverse, [[0, 1, 2, 3, 4, 5]])
        >>> 1 < loss < 3
        True
    """
    tokens, targets = _as_pairs(task, sentences)
    prediction = _predict_at_length(tokens, model)
    steps = cross_entropy(prediction.logits, targets)
    grad_logits = cross_entropy_backward(
        targets, steps, grad_loss=1 / len(tokens)
    )
    grads = predict_backward(tokens, model, prediction, grad_logits)
    return float(steps.loss.mean()), gradient_of(grads)


def train(
    model: Model,
    task: Task,
    batches: Iterable[Sequence[Sentence]],
    rate: float = 0.01,
) -> Iterator[Progress]:
    """Take one step of `adam` for each batch of sentences, and tell of it.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model, reverse
        >>> model = draw_model(6, 16, 1, Random(0))
        >>> batches = [[[0, 1, 2, 3, 4, 5]]] * 3
        >>> losses = [loss for _, loss, _ in train(model, reverse, batches)]
        >>> losses == sorted(losses, reverse=True)
        True
    """
    weights = weights_of(model)
    require_function("task", task)
    require_iterable("batches", batches)
    require_finite("rate", rate)
    return _train(model, weights, task, batches, rate)


def _train(
    model: Model,
    weights: Array,
    task: Task,
    batches: Iterable[Sequence[Sentence]],
    rate: float,
) -> Iterator[Progress]:
    state = Adam(0, np.zeros_like(weights), np.zeros_like(weights))
    for step, sentences in enumerate(batches, start=1):
        tokens = _as_sentences(f"batches[{step - 1}]", sentences)
        loss, gradient = loss_and_gradient(model, task, tokens)
        weights, state = adam(weights, gradient, state, rate)
        model = with_weights(model, weights)
        yield Progress(step, loss, model)


@guarded
def answer(sentence: npt.ArrayLike, model: Model) -> Tokens:
    """Write the token with the largest logit at each place.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> answer([[3, 1, 0, 2]] * 5, draw_model(4, 8, 2, Random(0))).shape
        (5, 4)
    """
    tokens = as_tokens("sentence", sentence)
    logits = _predict_at_length(tokens, model).logits
    chosen: Tokens = logits.argmax(axis=-1)
    return chosen


@guarded
def exact_match(
    model: Model, task: Task, sentences: Sequence[Sentence]
) -> float:
    """Count the sentences whose whole answer is right, as a share of all.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import draw_model
        >>> model = draw_model(4, 8, 2, Random(0))
        >>> given = [[3, 1, 0, 2]]
        >>> exact_match(model, lambda x: answer(x, model).tolist(), given)
        1.0
    """
    tokens, targets = _as_pairs(task, sentences)
    right = (answer(tokens, model) == targets).all(axis=-1)
    return float(right.mean())


def _as_pairs(
    task: Task, sentences: Sequence[Sentence] | Tokens
) -> tuple[Tokens, Tokens]:
    """Convert the sentences, and let the task answer them."""
    require_function("task", task)
    tokens = _as_sentences("sentences", sentences)
    answers = [task(sentence) for sentence in tokens.tolist()]
    return tokens, as_tokens("task", answers, length=tokens.shape[-1])


def _as_sentences(name: str, sentences: Sequence[Sentence] | Tokens) -> Tokens:
    """Convert the sentences of a batch, all of one length."""
    tokens = as_tokens(name, sentences)
    if tokens.ndim != 2:
        raise ValueError(f"{name} must be (b, n), got {tokens.shape}")
    return tokens
