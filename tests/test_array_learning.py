"""The same task, trained on lists and in NumPy: the same losses."""

import tracemalloc
from random import Random
from typing import Any

import numpy as np
import pytest

from attnbook import loop
from attnbook.arrays import loop as array_loop
from attnbook.arrays.learning import cross_entropy, cross_entropy_backward
from attnbook.arrays.tasks import (
    Model,
    gradient_of,
    predict,
    predict_backward,
)
from attnbook.arrays.tiled import LONG
from attnbook.tasks import draw_model, draw_sentence, fetch, reverse


def test_lists_and_arrays_learn_alike() -> None:
    """Forty steps of Adam, each on the weights that the one before left."""
    model, random = draw_model(4, 6, 2, Random(3)), Random(4)
    batches = [[draw_sentence(4, random) for _ in range(5)] for _ in range(40)]

    expected = list(loop.train(model, fetch, batches, 0.05))
    actual = list(array_loop.train(Model._make(model), fetch, batches, 0.05))

    losses = [progress.loss for progress in expected]
    assert losses[-1] < losses[0] / 2
    np.testing.assert_allclose(
        [progress.loss for progress in actual], losses, rtol=0, atol=1e-9
    )
    given = batches[-1]
    right = loop.exact_match(expected[-1].model, fetch, given)
    assert array_loop.exact_match(actual[-1].model, fetch, given) == right > 0


def a_long_text(length: int) -> tuple[Model, list[int]]:
    model = draw_model(length, 8, 2, Random(5))
    return Model._make(model), draw_sentence(length, Random(6))


@pytest.mark.parametrize("length", [LONG - 1, LONG])
def test_a_long_text_has_the_loss_and_the_gradient_of_all_its_steps(
    length: int,
) -> None:
    model, sentence = a_long_text(length)
    prediction = predict(sentence, model)
    steps = cross_entropy(prediction.logits, reverse(sentence))
    grads = predict_backward(
        sentence,
        model,
        prediction,
        cross_entropy_backward(reverse(sentence), steps),
    )

    loss, gradient = array_loop.loss_and_gradient(model, reverse, [sentence])

    assert loss == pytest.approx(float(steps.loss), rel=1e-13)
    expected = gradient_of(grads)
    assert np.abs(expected).max() > 1e-4
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-14)
    answer = array_loop.answer(sentence, model)
    assert answer.tolist() == prediction.logits.argmax(axis=-1).tolist()


def peak(call: Any, *arguments: Any) -> int:
    """The most bytes that a call holds at a time."""
    tracemalloc.start()
    call(*arguments)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_an_answer_to_a_long_text_holds_no_scores_of_all_its_heads() -> None:
    """Two heads' scores and weights, and logits: five squares of numbers."""
    length = 4 * LONG
    model, sentence = a_long_text(length)
    square = 8 * length * length
    assert peak(predict, sentence, model) > 5 * square
    for given in (sentence, [sentence]):
        assert peak(array_loop.answer, given, model) < 4 * square
