"""The same task, trained on lists and in NumPy: the same losses."""

from random import Random

import numpy as np

from attnbook import loop
from attnbook.arrays import loop as array_loop
from attnbook.arrays.tasks import Model
from attnbook.tasks import draw_model, draw_sentence, fetch


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
