"""A one-layer model, and two tasks for it to learn (after section 3.6).

Legend: a sentence is `n` tokens, and a token is a number from 0 to `n - 1`,
so that it may also name a place. The model turns each token and its place
into an input of width `d`, and lets attention choose what to write: the
output projection ends in `n` logits per token. Nothing else moves anything
from one place to another.
"""

from attnbook.tasks.backward import ModelGradients, predict_backward
from attnbook.tasks.model import Model, Prediction, draw_model, predict
from attnbook.tasks.sentences import (
    TASKS,
    Sentence,
    Task,
    draw_sentence,
    fetch,
    require_sentence,
    reverse,
)
from attnbook.tasks.weights import gradient_of, weights_of, with_weights

__all__ = [
    "TASKS",
    "Model",
    "ModelGradients",
    "Prediction",
    "Sentence",
    "Task",
    "draw_model",
    "draw_sentence",
    "fetch",
    "gradient_of",
    "predict",
    "predict_backward",
    "require_sentence",
    "reverse",
    "weights_of",
    "with_weights",
]
