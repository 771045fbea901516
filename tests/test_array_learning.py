"""The same task, trained on lists and in NumPy: the same losses."""

from random import Random

import numpy as np

from attnbook.arrays import learning as array_learning
from attnbook.arrays import tasks as array_tasks
from attnbook.loop import train
from attnbook.tasks import draw_model, draw_sentence, fetch


def test_lists_and_arrays_learn_alike() -> None:
    """Forty steps of Adam, each on the weights that the one before left."""
    model = draw_model(4, 6, 2, Random(3))
    random = Random(4)
    batches = [[draw_sentence(4, random) for _ in range(5)] for _ in range(40)]

    start = array_tasks.Model._make(model)
    weights = array_tasks.weights_of(start)
    state = array_learning.Adam.start(len(weights))
    losses = []
    for sentences in batches:
        at = array_tasks.with_weights(start, weights)
        prediction = array_tasks.predict(sentences, at)
        targets = array_tasks.fetch(sentences)
        steps = array_learning.cross_entropy(prediction.logits, targets)
        losses.append(float(steps.loss.mean()))
        grad_logits = array_learning.cross_entropy_backward(
            targets, steps, grad_loss=1 / len(sentences)
        )
        grads = array_tasks.predict_backward(
            sentences, at, prediction, grad_logits
        )
        weights, state = array_learning.adam(
            weights, array_tasks.gradient_of(grads), state, 0.05
        )

    expected = [
        progress.loss for progress in train(model, fetch, batches, 0.05)
    ]
    assert expected[-1] < expected[0] / 2
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-9)
