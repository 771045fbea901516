"""The loop in which a model learns (after section 3.6).

Legend: a step takes a batch of sentences, and moves every weight against its
gradient.
"""

import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from attnbook.learning import (
    Adam,
    _cross_entropy,
    _cross_entropy_backward,
    adam,
)
from attnbook.require import (
    require_finite,
    require_function,
    require_in_range,
    require_iterable,
    require_list,
)
from attnbook.tasks import (
    Model,
    Sentence,
    Task,
    predict,
    require_sentence,
)
from attnbook.tasks.backward import _predict_backward
from attnbook.tasks.model import _predict, _require_model
from attnbook.tasks.weights import _gradient_of, _weights_of, _with_weights
from attnbook.vectors import Matrix, Vector


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
        ValueError: If there are no sentences, one does not fit the model, or
            the task does not answer with tokens.

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
    _require_model(model)
    require_function("task", task)
    _require_sentences("sentences", sentences, model)
    return _loss_and_gradient(model, task, sentences)


def _require_sentences(
    name: str, sentences: Sequence[Sentence], model: Model
) -> None:
    """Refuse what is not sentences as long as those of the model."""
    require_list(name, sentences, "sentences")
    for i, sentence in enumerate(sentences):
        require_sentence(sentence, len(model[1]), f"{name}[{i}]")


def _done(task: Task, sentence: Sentence) -> Sentence:
    """What a task makes of a sentence, which it cannot change."""
    targets = task([*sentence])
    require_sentence(targets, len(sentence), "task(sentence)")
    return targets


def _loss_and_gradient(
    model: Model, task: Task, sentences: Sequence[Sentence]
) -> tuple[float, Vector]:
    loss, total = 0.0, [0.0] * len(_weights_of(model))
    for sentence in sentences:
        prediction = _predict(sentence, model)
        targets = _done(task, sentence)
        steps = _cross_entropy(prediction.logits, targets)
        loss += steps.loss / len(sentences)

        grad_logits = _cross_entropy_backward(
            targets, steps.probabilities, grad_loss=1 / len(sentences)
        )
        grads = _predict_backward(sentence, model, prediction, grad_logits)
        total = list(map(operator.add, total, _gradient_of(grads)))
    require_in_range("weights of the model", [loss, *total], "loss, gradient")
    return loss, total


def train(
    model: Model,
    task: Task,
    batches: Iterable[Sequence[Sentence]],
    rate: float = 0.01,
) -> Iterator[Progress]:
    """Take one step of `adam` for each batch of sentences, and tell of it.

    Raises:
        ValueError: If a batch does not fit the model, the task does not
            answer with tokens, or `rate` is not a finite number.

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
    _require_model(model)
    require_function("task", task)
    require_iterable("batches", batches)
    require_finite("rate", rate)
    return _train(model, task, batches, rate)


def _train(
    model: Model,
    task: Task,
    batches: Iterable[Sequence[Sentence]],
    rate: float,
) -> Iterator[Progress]:
    weights = _weights_of(model)
    state = Adam.start(len(weights))
    for step, sentences in enumerate(batches, start=1):
        _require_sentences(f"batches[{step - 1}]", sentences, model)
        loss, grad_weights = _loss_and_gradient(model, task, sentences)
        weights, state = adam(weights, grad_weights, state, rate)
        model = _with_weights(model, weights)
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
    return _answer(predict(sentence, model).logits)


def _answer(logits: Matrix) -> Sentence:
    return [row.index(max(row)) for row in logits]


def exact_match(
    model: Model, task: Task, sentences: Sequence[Sentence]
) -> float:
    """Count the sentences whose whole answer is right, as a share of all.

    Raises:
        ValueError: If there are no sentences, one does not fit the model, or
            the task does not answer with tokens.

    Examples:
        >>> from random import Random
        >>> from attnbook.tasks import TASKS, draw_model
        >>> model, reverse = draw_model(4, 8, 1, Random(0)), TASKS["reverse"]
        >>> *_, last = train(model, reverse, [[[3, 1, 0, 2]]] * 40)
        >>> exact_match(last.model, reverse, [[3, 1, 0, 2], [0, 3, 2, 1]])
        0.5
    """
    _require_model(model)
    require_function("task", task)
    _require_sentences("sentences", sentences, model)
    right = [answer(s, model) == [*_done(task, s)] for s in sentences]
    return sum(right) / len(right)
