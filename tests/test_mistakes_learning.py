"""What each known mistake of a loss, or of a step downhill, computes.

What can be worked out by hand is; the rest is computed anew by NumPy, which
takes gradients by moving every number a little.
"""

from collections.abc import Callable
from math import exp, log
from typing import Any

import numpy as np
import pytest

from attnbook.checker.mistakes import CATALOGUE
from attnbook.checker.steps.table import step_named
from tests.by_numpy import (
    MODEL,
    Array,
    Values,
    arrays,
    entropy,
    learned,
    model_of,
    predicted,
    slopes,
    soft,
    trained,
)
from tests.known import Row, assert_alike, known, missing, named, rows

# Of the two targets the probabilities are 3/4 and 1/3.
LOGITS, TARGETS = [[0.0, log(3)], [log(2), 0.0]], [1, 1]
LOSS = {
    "mean_forgotten": log(4),
    "sign_forgotten": -log(2),
    "no_logarithm": (1 / 4 + 2 / 3) / 2,
    "softmax_twice": (log(1 + exp(-1 / 2)) + log(1 + exp(1 / 3))) / 2,
    "logarithm_of_base_two": 1.0,
}
# Probabilities (1/8, 3/8, 1/2) and (1/2, 1/4, 1/4); two places, three tokens.
WIDE, ANSWERS = [[0.0, log(3), log(4)], [log(2), 0.0, 0.0]], [1, 0]
LOSS_BACK = {
    "not_divided_by_places": [[1 / 8, -5 / 8, 1 / 2], [-1 / 2, 1 / 4, 1 / 4]],
    "answers_minus_probabilities": [
        [-1 / 16, 5 / 16, -1 / 4], [1 / 4, -1 / 8, -1 / 8],
    ],
    "target_alone": [[0.0, -5 / 16, 0.0], [-1 / 4, 0.0, 0.0]],
    "of_the_probabilities": [[0.0, -4 / 3, 0.0], [-1.0, 0.0, 0.0]],
    "divided_by_vocabulary": [
        [1 / 24, -5 / 24, 1 / 6], [-1 / 6, 1 / 12, 1 / 12],
    ],
}  # fmt: skip
# Token 2 comes twice, and token 1 never.
TABLE, SENTENCE = [[9.0, 9.0], [9.0, 9.0], [9.0, 9.0]], [2, 0, 2]
GRADS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
EMBEDDINGS = {
    "last_place_wins": [[3.0, 4.0], [0.0, 0.0], [5.0, 6.0]],
    "averaged": [[3.0, 4.0], [0.0, 0.0], [3.0, 4.0]],
    "by_place": GRADS,
    "rows_are_one_list": 3 * [[9.0, 12.0]],
}
SGD = {
    "uphill": [1.25, 1.875, 3.0],
    "rate_forgotten": [0.5, 2.25, 3.0],
    "step_alone": [-0.25, 0.125, 0.0],
    "sign_alone": [0.5, 2.5, 3.0],
}
ROWS: list[Row] = [
    *rows("cross_entropy", (LOGITS, TARGETS), LOSS),
    *rows("cross_entropy_backward", (WIDE, ANSWERS), LOSS_BACK),
    ("cross_entropy_backward", "divided_by_vocabulary", (WIDE[:1], [1]),
     [[1 / 24, -5 / 24, 1 / 6]]),
    *rows("embeddings_backward", (TABLE, SENTENCE, GRADS), EMBEDDINGS),
    ("embeddings_backward", "by_place", (TABLE, [2], GRADS[:1]),
     [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]),
    ("embeddings_backward", "by_place", (TABLE[:2], SENTENCE, GRADS),
     GRADS[:2]),
    *rows("sgd", ([1.0, 2.0, 3.0], [0.5, -0.25, 0.0], 0.5), SGD),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_mistake_computes_what_its_sentence_says(row: Row) -> None:
    step, name, given, expected = row
    assert_alike(known(step, name).function(*given), expected)


def test_every_mistake_of_these_steps_is_worked_out() -> None:
    assert not missing({step for step, *_ in ROWS}, ROWS)


def adam(v: Values, divide: Callable[..., Array], *shares: float) -> Any:
    """A step of Adam, with what it divides by what, and what is kept."""
    mean, square = shares or (0.9, 0.999)
    m = mean * v["means"] + (1 - mean) * v["grad_row"]
    s = square * v["squares"] + (1 - square) * v["grad_row"] ** 2
    t = v["step_number"]
    step = divide(m, s, m / (1 - mean**t), s / (1 - square**t))
    return v["weight_row"] - v["rate"] * step, m, s


def right(_m: Array, _s: Array, mean: Array, square: Array) -> Array:
    return np.asarray(mean / (np.sqrt(square) + 1e-8))


def climbing(v: Values) -> Any:
    weights, *averages = adam(v, right)
    return 2 * v["weight_row"] - weights, *averages


def by_place(v: Values) -> Any:
    """The gradients, those of the tokens' table by the place of each."""
    found = model_of(v)

    def loss(w: Values) -> float:
        tokens = found["token_embeddings"][v["sentence"]] + w["inputs"]
        return entropy(predicted(w | {
            "token_embeddings": tokens, "sentence": range(len(tokens)),
        }), v["targets"])  # fmt: skip

    zeros = np.zeros_like(found["position_embeddings"])
    (grads,) = slopes(loss, found | {"inputs": zeros}, "inputs")
    table = np.zeros_like(found["token_embeddings"])
    kept = grads[: len(table)]
    table[: len(kept)] = kept
    value, _, *others = learned(v)
    return value, table, *others


def places_alone(v: Values) -> Any:
    loss, tokens, places, *others = learned(v)
    return loss, tokens, 0 * places, *others


def without_mean(v: Values) -> Any:
    loss, *grads = learned(v)
    return loss, *(len(v["sentence"]) * grad for grad in grads)


def layer_alone(v: Values) -> Any:
    loss, _, _, *layer = trained(v)
    found = model_of(v)
    return loss, *(found[name] for name in MODEL[:2]), *layer


def one_by_one(v: Values) -> Any:
    """The layer moves by its gradients at the embeddings that have moved."""
    loss, tokens, places, *_ = trained(v)
    items = [tokens, places, *v["model"]["items"][2:]]
    moved = {**v["model"], "items": items}
    _, *grads = learned(v | {"model": moved})
    layer = [np.array(part) for part in items[2:]]
    pairs = zip(layer, grads[2:], strict=True)
    return loss, tokens, places, *(w - v["rate"] * g for w, g in pairs)


COMPUTED: dict[str, dict[str, Callable[[Values], Any]]] = {
    "adam": {
        "no_bias_correction": lambda v: adam(
            v, lambda m, s, *_: m / (np.sqrt(s) + 1e-8)
        ),
        "epsilon_in_root": lambda v: adam(
            v, lambda _m, _s, mean, square: mean / np.sqrt(square + 1e-8)
        ),
        "root_forgotten": lambda v: adam(
            v, lambda _m, _s, mean, square: mean / (square + 1e-8)
        ),
        "averages_not_kept": lambda v: (
            adam(v, right)[0], v["means"], v["squares"]
        ),
        "shares_swapped": lambda v: adam(v, right, 0.999, 0.9),
        "climbing": climbing,
    },
    "model_logits": {
        "places_left_out": lambda v: predicted(
            model_of(v) | {"position_embeddings": 0.0}
        ),
        "rows_by_place": lambda v: predicted(
            model_of(v) | {"sentence": [
                i % len(v["model"]["items"][0])
                for i in range(len(v["sentence"]))
            ]}
        ),
        "logits_made_shares": lambda v: soft(predicted(model_of(v))),
        "bias_of_logits_forgotten": lambda v: predicted(
            model_of(v) | {"b_out": 0.0}
        ),
    },
    "loss_and_gradients": {
        "embeddings_by_place": by_place,
        "places_without_gradient": places_alone,
        "gradients_without_mean": without_mean,
    },
    "training_step": {
        "step_uphill": lambda v: tuple(trained(v | {"rate": -v["rate"]})),
        "embeddings_not_moved": layer_alone,
        "moved_one_by_one": one_by_one,
    },
}  # fmt: skip
ALL = [(step, name) for step, kept in COMPUTED.items() for name in kept]


@pytest.mark.parametrize(("step", "name"), ALL)
def test_a_mistake_computes_what_numpy_does(step: str, name: str) -> None:
    kept = step_named(step)
    for case in kept.cases(seed=5)[:: 1 if step == "adam" else 9]:
        found = kept.forms[0].answer(known(step, name).function, case.values)
        expected = COMPUTED[step][name](arrays(case.values))
        assert_alike(found, expected, rel=1e-12 if step == "adam" else 1e-5)


def test_every_other_mistake_of_learning_is_computed() -> None:
    kept = {(e.step, e.name) for e in CATALOGUE if e.step in COMPUTED}
    assert kept == {*ALL}
