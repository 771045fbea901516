"""Wrong losses, wrong embeddings' gradients, wrong steps downhill."""

from collections.abc import Callable, Sequence
from math import exp, log, sqrt
from typing import Any

from attnbook.checker.mistakes.mistake import Mistake, whole
from attnbook.checker.steps.learning import (
    adam,
    loss_and_gradients,
    model_logits,
    moved,
    training_step,
)
from attnbook.learning import cross_entropy, embeddings_backward
from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector

Targets = Sequence[int]

_MEAN = "Divide by the number of places: the loss is a mean."
_LOG = "It is minus the logarithm of the probability of the target."
_MINUS = "It is p - y: probabilities, minus 1 at the target; then the mean."
_COLLECT = "Add the gradient of each place to the row of its token."
_DOWN = "It is weight - rate * gradient."
_ROOT = "Divide by sqrt(v_hat) + 1e-8: the small number is not in the root."


def _loss(logits: Matrix, targets: Targets) -> float:
    return cross_entropy(logits, targets).loss


def _losses(logits: Matrix, targets: Targets) -> Vector:
    """The loss of each place."""
    pairs = zip(logits, targets, strict=True)
    return [_loss([row], [target]) for row, target in pairs]


def _without_log(logits: Matrix, targets: Targets) -> float:
    found = [1 - exp(-loss) for loss in _losses(logits, targets)]
    return sum(found) / len(found)


_LOSS = whole(
    "cross_entropy",
    ("mean_forgotten",
     "You add the places up and do not divide by their number.",
     _MEAN, lambda logits, targets: sum(_losses(logits, targets))),
    ("sign_forgotten",
     "The sign is wrong: a loss is 0 or more.",
     _LOG, lambda logits, targets: -_loss(logits, targets)),
    ("no_logarithm",
     "You take 1 minus the probability, without a logarithm.",
     _LOG, _without_log),
    ("softmax_twice",
     "You take the softmax twice: of weights that are one already.",
     "Hand in the logits: softmax is taken once.",
     lambda logits, targets: _loss(list(map(softmax, logits)), targets)),
    ("logarithm_of_base_two",
     "You take the logarithm to base 2, or another one.",
     "Use `math.log`: its base is e, as that of `exp`.",
     lambda logits, targets: _loss(logits, targets) / log(2)),
)  # fmt: skip


def _by_entry(
    logits: Matrix, targets: Targets, entry: Callable[[float, bool], float]
) -> Matrix:
    """Of each probability, and whether it is that of the target."""
    return [
        [entry(p, j == target) for j, p in enumerate(softmax(row))]
        for row, target in zip(logits, targets, strict=True)
    ]


def _scaled(value: Any, factor: float) -> Any:  # noqa: ANN401
    """Every number of a vector or a matrix, times a factor."""
    if isinstance(value, list):
        return [_scaled(item, factor) for item in value]
    return factor * value


_LOSS_BACK = whole(
    "cross_entropy_backward",
    ("not_divided_by_places",
     "You forget the mean over the places: the forward divided by them.",
     _MEAN,
     lambda logits, targets: _by_entry(
         logits, targets, lambda p, y: p - y)),
    ("answers_minus_probabilities",
     "The sign is wrong: this is y - p, which leads uphill.",
     _MINUS,
     lambda logits, targets: _by_entry(
         logits, targets, lambda p, y: (y - p) / len(logits))),
    ("target_alone",
     "You change the logit of the target alone: the others matter, too.",
     _MINUS,
     lambda logits, targets: _by_entry(
         logits, targets, lambda p, y: y * (p - 1) / len(logits))),
    ("of_the_probabilities",
     "You stop at the probabilities: their gradient is -1 / p.",
     "Go through the softmax: 1 / p cancels.",
     lambda logits, targets: _by_entry(
         logits, targets, lambda p, y: -y / p / len(logits))),
    ("divided_by_vocabulary",
     "You divide by the vocabulary, and not by the number of places.",
     _MEAN,
     lambda logits, targets: _by_entry(
         logits, targets, lambda p, y: (p - y) / len(logits[0]))),
)  # fmt: skip


def _last_wins(table: Matrix, sentence: Targets, grads: Matrix) -> Matrix:
    found = [[0.0] * len(row) for row in table]
    for token, grad in zip(sentence, grads, strict=True):
        found[token] = grad
    return found


def _averaged(table: Matrix, sentence: Targets, grads: Matrix) -> Matrix:
    found = embeddings_backward(table, sentence, grads)
    counts = [max(1, list(sentence).count(i)) for i in range(len(found))]
    return [[g / n for g in row] for row, n in zip(found, counts, strict=True)]


def _by_place(table: Matrix, _: Targets, grads: Matrix) -> Matrix:
    zeros = [[0.0] * len(row) for row in table]
    return [*grads, *zeros][: len(table)]


def _one_row(table: Matrix, _: Targets, grads: Matrix) -> Matrix:
    return [[sum(column) for column in zip(*grads, strict=True)]] * len(table)


_EMBEDDINGS = whole(
    "embeddings_backward",
    ("last_place_wins",
     "A token that comes twice keeps its last gradient, not their sum.",
     _COLLECT, _last_wins),
    ("averaged",
     "You average the gradients of a token that comes twice.",
     "Add them up; a mean makes the step shorter.",
     _averaged),
    ("by_place",
     "You give row i the gradient of place i, and not of its token.",
     _COLLECT, _by_place),
    ("rows_are_one_list",
     "All rows of your table are one list: each collects every gradient.",
     "Make a new list for each row of the table.",
     _one_row),
)  # fmt: skip


def _plus(weights: Vector, steps: Vector) -> Vector:
    return [w + step for w, step in zip(weights, steps, strict=True)]


_SGD = whole(
    "sgd",
    ("uphill",
     "You add the gradient: that is a step uphill.",
     _DOWN, lambda weights, grads, rate: _plus(weights, _scaled(grads, rate))),
    ("rate_forgotten",
     "You leave out the rate.",
     _DOWN, lambda weights, grads, _: _plus(weights, _scaled(grads, -1))),
    ("step_alone",
     "You return the step, and not where it leads.",
     "Return the weights after the step.",
     lambda _, grads, rate: _scaled(grads, -rate)),
    ("sign_alone",
     "You use the sign of the gradient, and not its size.",
     _DOWN,
     lambda weights, grads, rate: _plus(
         weights, [rate * ((g < 0) - (g > 0)) for g in grads])),
)  # fmt: skip

_MEAN_KEEPS, _SQUARE_KEEPS = 0.9, 0.999


def _adam(
    given: Sequence[Any],
    divide: Callable[[float, float, int], float],
    mean_keeps: float = _MEAN_KEEPS,
    square_keeps: float = _SQUARE_KEEPS,
) -> tuple[Vector, Vector, Vector]:
    """A step of Adam, with what is to be done with both averages."""
    weights, grads, means, squares, number, rate = given
    m = _plus(_scaled(means, mean_keeps), _scaled(grads, 1 - mean_keeps))
    squared = [(1 - square_keeps) * g * g for g in grads]
    v = _plus(_scaled(squares, square_keeps), squared)
    steps = [-rate * divide(*both, number) for both in zip(m, v, strict=True)]
    return _plus(weights, steps), m, v


def _unbiased(m: float, v: float, t: int) -> tuple[float, float]:
    return m / (1 - _MEAN_KEEPS**t), v / (1 - _SQUARE_KEEPS**t)


def _epsilon_in_root(m: float, v: float, t: int) -> float:
    mean, square = _unbiased(m, v, t)
    return mean / sqrt(square + 1e-8)


def _without_root(m: float, v: float, t: int) -> float:
    mean, square = _unbiased(m, v, t)
    return mean / (square + 1e-8)


def _swapped(m: float, v: float, t: int) -> float:
    mean, square = m / (1 - _SQUARE_KEEPS**t), v / (1 - _MEAN_KEEPS**t)
    return mean / (sqrt(square) + 1e-8)


def _climbing(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    weights, means, squares = adam(*given)
    return _plus(_scaled(given[0], 2), _scaled(weights, -1)), means, squares


_ADAM = whole(
    "adam",
    ("no_bias_correction",
     "You do not make up for averages that began at 0.",
     "Divide m by 1 - 0.9 ** t and v by 1 - 0.999 ** t, t from 1 on.",
     lambda *given: _adam(given, lambda m, v, _: m / (sqrt(v) + 1e-8))),
    ("epsilon_in_root",
     "You add the small number below the root, where it is a large one.",
     _ROOT, lambda *given: _adam(given, _epsilon_in_root)),
    ("root_forgotten",
     "You divide by the mean square, and not by its root.",
     _ROOT, lambda *given: _adam(given, _without_root)),
    ("averages_not_kept",
     "You return the averages as they came in: nothing is remembered.",
     "Return the new averages, and hand them in at the next step.",
     lambda *given: (adam(*given)[0], *given[2:4])),
    ("shares_swapped",
     "You give each average the other's share: the mean is the fast one.",
     "The mean keeps 0.9 of itself, the mean square 0.999.",
     lambda *given: _adam(given, _swapped, _SQUARE_KEEPS, _MEAN_KEEPS)),
    ("climbing",
     "You add the step: the loss grows.",
     _DOWN, _climbing),
)  # fmt: skip


def _without_places(sentence: Targets, model: Any) -> Matrix:  # noqa: ANN401
    tokens, places, *layer = model
    return model_logits(sentence, [tokens, _scaled(places, 0.0), *layer])  # type: ignore[no-any-return]


def _rows_in_order(sentence: Targets, model: Any) -> Matrix:  # noqa: ANN401
    """What would be said of a sentence that counts its own places."""
    count = len(model[0])
    return model_logits([i % count for i, _ in enumerate(sentence)], model)  # type: ignore[no-any-return]


def _without_bias(sentence: Targets, model: Any) -> Matrix:  # noqa: ANN401
    *parts, b_out = model
    return model_logits(sentence, [*parts, _scaled(b_out, 0.0)])  # type: ignore[no-any-return]


_LOGITS = whole(
    "model_logits",
    ("places_left_out",
     "You leave out where each token stands.",
     "Add row i of the places to the token at place i.",
     _without_places),
    ("rows_by_place",
     "You take the tokens' rows in order, whatever the sentence says.",
     "Choose a row by its token: `tokens[token]`.",
     _rows_in_order),
    ("logits_made_shares",
     "You take the softmax of the logits.",
     "Return the logits: the loss takes the softmax.",
     lambda *given: list(map(softmax, model_logits(*given)))),
    ("bias_of_logits_forgotten",
     "You leave out the bias of the output projection.",
     "Add `b_out` to each row, behind the product.",
     _without_bias),
)  # fmt: skip


Gradients = tuple[Any, ...]


def _tokens_by_place(*given: Any) -> Gradients:  # noqa: ANN401
    sentence, _, model = given
    loss, _, places, *others = loss_and_gradients(*given)
    return loss, _by_place(model[0], sentence, places), places, *others


def _places_alone(*given: Any) -> Gradients:  # noqa: ANN401
    loss, tokens, places, *others = loss_and_gradients(*given)
    return loss, tokens, _scaled(places, 0.0), *others


def _without_mean(*given: Any) -> Gradients:  # noqa: ANN401
    sentence, *_ = given
    loss, *grads = loss_and_gradients(*given)
    return loss, *_scaled(grads, len(sentence))


_GRADIENTS = whole(
    "loss_and_gradients",
    ("embeddings_by_place",
     "You give the embeddings of tokens the gradients of places.",
     _COLLECT, _tokens_by_place),
    ("places_without_gradient",
     "The embeddings of places get no gradient.",
     "A sum hands its gradient on to both parts.",
     _places_alone),
    ("gradients_without_mean",
     "Your loss is a mean over the places, and your gradients are not.",
     _MEAN, _without_mean),
)  # fmt: skip


def _layer_alone(*given: Any) -> Gradients:  # noqa: ANN401
    *_, model, _ = given
    loss, _, _, *layer = training_step(*given)
    return loss, *model[:2], *layer


def _one_by_one(*given: Any) -> Gradients:  # noqa: ANN401
    """The layer's gradients are those after the embeddings have moved."""
    sentence, targets, model, rate = given
    loss, *grads = loss_and_gradients(sentence, targets, model)
    first = [moved(model[i], grads[i], rate) for i in (0, 1)]
    after = [*first, *model[2:]]
    _, _, _, *later = loss_and_gradients(sentence, targets, after)
    pairs = zip(model[2:], later, strict=True)
    return loss, *first, *(moved(part, grad, rate) for part, grad in pairs)


_STEPS = whole(
    "training_step",
    ("step_uphill",
     "You step along the gradient: the loss grows.",
     _DOWN, lambda *given: training_step(*given[:-1], -given[-1])),
    ("embeddings_not_moved",
     "You move the layer alone; the embeddings stay as they were.",
     "Move all seven: the embeddings learn, too.",
     _layer_alone),
    ("moved_one_by_one",
     "You move the embeddings before the layer's gradients are taken.",
     "Take all gradients first, then move the weights.",
     _one_by_one),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (
    *_LOSS,
    *_LOSS_BACK,
    *_EMBEDDINGS,
    *_SGD,
    *_ADAM,
    *_LOGITS,
    *_GRADIENTS,
    *_STEPS,
)
