"""The loop in which a model learns (after section 3.6).

Legend: a step takes a batch of sentences, and moves every weight against its
gradient.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from attnbook.learning import (
    Adam,
    adam,
    cross_entropy,
    cross_entropy_backward,
)
from attnbook.require import require_list
from attnbook.tasks import (
    Model,
    Sentence,
    Task,
    gradient_of,
    predict,
    predict_backward,
    weights_of,
    with_weights,
)
from attnbook.vectors import Vector


class Progress(NamedTuple):
    """One step of `train`."""

    step: int
    """Counted from 1."""
    loss: float
    """Of this step's sentences, before the weights moved."""
    model: Model
    """With the weights moved."""


def loss_and_gradient(
    model: Model, task: Task, sentences: Sequence[Sentence]
) -> tuple[float, Vector]:
    """Take the mean loss over some sentences, and its gradient.

    `-> loss, grad_weights`, in the order of `weights_of(model)`.

    Raises:
        ValueError: If there are no sentences, or one does not fit the model.

    Examples:
        A model that knows nothing is about as surprised as by a die, where
        `log(6)` is 1.7918:

        >>> from random import Random
        >>> from attnbook.tasks import TASKS, draw_model
        >>> model, reverse = draw_model(6, 16, 1, Random(0)), TASKS["reverse"]
        >>> loss, _ = loss_and_gradient(model, reverse, [[0, 1, 2, 3, 4, 5]])
        >>> 1 < loss < 3
        True
    """
    require_list("sentences", sentences, "sentences")
    loss, total = 0.0, [0.0] * len(weights_of(model))
    for sentence in sentences:
        prediction = predict(sentence, model)
        targets = task(sentence)
        steps = cross_entropy(prediction.logits, targets)
        loss += steps.loss / len(sentences)

        grad_logits = cross_entropy_backward(
            targets, steps, grad_loss=1 / len(sentences)
        )
        grads = predict_backward(sentence, model, prediction, grad_logits)
        total = list(map(operator.add, total, gradient_of(grads)))
    return loss, total


class Way(NamedTuple):
    """Whose gradients and whose steps a model learns by."""

    gradient: Callable[
        [Model, Task, Sequence[Sentence]], tuple[float, Vector]
    ] = loss_and_gradient
    """What `loss_and_gradient` is given, and gives."""
    step: Callable[[Vector, Vector, Adam, float], tuple[Vector, Adam]] = adam
    """What `adam` is given, and gives."""


BOOK = Way()
"""The book's own way."""


def train(
    model: Model,
    task: Task,
    batches: Iterable[Sequence[Sentence]],
    rate: float = 0.01,
    way: Way = BOOK,
) -> Iterator[Progress]:
    """Take one step of `adam` for each batch of sentences, and tell of it.

    Another `way` brings a loss, gradients and steps of its own.

    Raises:
        ValueError: If a batch does not fit the model, or `rate` is not a
            finite number.

    Examples:
        One sentence can be learned by heart:

        >>> from random import Random
        >>> from attnbook.tasks import TASKS, draw_model
        >>> model, reverse = draw_model(4, 8, 1, Random(0)), TASKS["reverse"]
        >>> batches = [[[3, 1, 0, 2]]] * 40
        >>> losses = [p.loss for p in train(model, reverse, batches)]
        >>> losses[0] > 1, losses[-1] < 0.1
        (True, True)
    """
    weights = weights_of(model)
    state = Adam.start(len(weights))
    for step, sentences in enumerate(batches, start=1):
        loss, grad_weights = way.gradient(model, task, sentences)
        weights, state = way.step(weights, grad_weights, state, rate)
        model = with_weights(model, weights)
        yield Progress(step, loss, model)


def answer(sentence: Sentence, model: Model) -> Sentence:
    """Write the token with the largest logit at each place.

    `sentence (n,) -> answer (n,)`.

    Raises:
        ValueError: As `predict` does.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import TASKS, draw_model
        >>> model, reverse = draw_model(4, 8, 1, Random(0)), TASKS["reverse"]
        >>> batches = [[[3, 1, 0, 2]]] * 40
        >>> *_, last = train(model, reverse, batches)
        >>> answer([3, 1, 0, 2], last.model)
        [2, 0, 1, 3]
    """
    logits = predict(sentence, model).logits
    return [row.index(max(row)) for row in logits]


def exact_match(
    model: Model, task: Task, sentences: Sequence[Sentence]
) -> float:
    """Count the sentences whose whole answer is right, as a share of all.

    Raises:
        ValueError: If there are no sentences, or one does not fit the model.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import TASKS, draw_model
        >>> model, reverse = draw_model(4, 8, 1, Random(0)), TASKS["reverse"]
        >>> *_, last = train(model, reverse, [[[3, 1, 0, 2]]] * 40)
        >>> exact_match(last.model, reverse, [[3, 1, 0, 2], [0, 3, 2, 1]])
        0.5
    """
    require_list("sentences", sentences, "sentences")
    right = [answer(s, model) == task(s) for s in sentences]
    return sum(right) / len(right)
