"""Wrong losses, wrong embeddings' gradients, wrong steps downhill."""

from collections.abc import Callable, Sequence
from math import exp, log, sqrt
from typing import Any

from attnbook.checker.mistakes.catalogue import mistake
from attnbook.checker.steps.learning import adam as right_adam
from attnbook.checker.steps.learning import loss_and_gradients as right_grads
from attnbook.checker.steps.learning import model_logits as logits
from attnbook.checker.steps.learning import moved, training_step
from attnbook.learning import cross_entropy, embeddings_backward
from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector

Targets = Sequence[int]
Layers = Sequence[Any]

_MEAN = "Divide by the number of places: the loss is a mean."
_LOG = "It is minus the logarithm of the probability of the target."
_MINUS = "It is p - y: probabilities, minus 1 at the target; then the mean."
_COLLECT = "Add the gradient of each place to the row of its token."
_DOWN = "It is weight - rate * gradient."
_ROOT = "Divide by sqrt(v_hat) + 1e-8: the small number is not in the root."
_SHARE = "Divide m by 1 - 0.9 ** t and v by 1 - 0.999 ** t, t from 1 on."
_KEEP = "Return the new averages, and hand them in at the next step."


def _surprises(logits: Matrix, targets: Targets) -> Vector:
    """The loss of each place."""
    pairs = zip(logits, targets, strict=True)
    return [cross_entropy([row], [target]).loss for row, target in pairs]


@mistake("cross_entropy", _MEAN)
def mean_forgotten(logits: Matrix, targets: Targets) -> float:
    """You add the places up and do not divide by their number."""
    return sum(_surprises(logits, targets))


@mistake("cross_entropy", _LOG)
def sign_forgotten(logits: Matrix, targets: Targets) -> float:
    """The sign is wrong: a loss is 0 or more."""
    return -cross_entropy(logits, targets).loss


@mistake("cross_entropy", _LOG)
def no_logarithm(logits: Matrix, targets: Targets) -> float:
    """You take 1 minus the probability, without a logarithm."""
    found = [1 - exp(-loss) for loss in _surprises(logits, targets)]
    return sum(found) / len(found)


@mistake("cross_entropy", "Hand in the logits: softmax is taken once.")
def softmax_twice(logits: Matrix, targets: Targets) -> float:
    """You take the softmax twice: of weights that are one already."""
    return cross_entropy([softmax(row) for row in logits], targets).loss


@mistake("cross_entropy", "Use `math.log`: its base is e, as that of `exp`.")
def logarithm_of_base_two(logits: Matrix, targets: Targets) -> float:
    """You take the logarithm to base 2, or another one."""
    return cross_entropy(logits, targets).loss / log(2)


def _differences(logits: Matrix, targets: Targets) -> Matrix:
    """Probabilities minus answers, without the mean."""
    return [
        [q - (j == target) for j, q in enumerate(softmax(row))]
        for row, target in zip(logits, targets, strict=True)
    ]


def _shared(rows: Matrix, factor: float) -> Matrix:
    return [[factor * entry for entry in row] for row in rows]


@mistake("cross_entropy_backward", _MEAN)
def not_divided_by_places(logits: Matrix, targets: Targets) -> Matrix:
    """You forget the mean over the places: the forward divided by them."""
    return _differences(logits, targets)


@mistake("cross_entropy_backward", _MINUS)
def answers_minus_probabilities(logits: Matrix, targets: Targets) -> Matrix:
    """The sign is wrong: this is y - p, which leads uphill."""
    return _shared(_differences(logits, targets), -1 / len(logits))


@mistake("cross_entropy_backward", _MINUS)
def target_alone(logits: Matrix, targets: Targets) -> Matrix:
    """You change the logit of the target alone: the others matter, too."""
    pairs = zip(_differences(logits, targets), targets, strict=True)
    rows = [
        [entry if j == target else 0.0 for j, entry in enumerate(row)]
        for row, target in pairs
    ]
    return _shared(rows, 1 / len(rows))


@mistake("cross_entropy_backward", "Go through the softmax: 1 / p cancels.")
def of_the_probabilities(logits: Matrix, targets: Targets) -> Matrix:
    """You stop at the probabilities: their gradient is -1 / p."""
    rows = [
        [-1 / q if j == target else 0.0 for j, q in enumerate(softmax(row))]
        for row, target in zip(logits, targets, strict=True)
    ]
    return _shared(rows, 1 / len(rows))


@mistake("cross_entropy_backward", _MEAN)
def divided_by_vocabulary(logits: Matrix, targets: Targets) -> Matrix:
    """You divide by the vocabulary, and not by the number of places."""
    return _shared(_differences(logits, targets), 1 / len(logits[0]))


def _collected(
    embeddings: Matrix, sentence: Targets, grads: Matrix,
    join: Callable[[float, float], float],
) -> Matrix:  # fmt: skip
    """Each row by its token, with what is to happen to a second one."""
    table = [[0.0] * len(row) for row in embeddings]
    for token, grad in zip(sentence, grads, strict=True):
        pairs = zip(table[token], grad, strict=True)
        table[token] = [join(old, new) for old, new in pairs]
    return table


@mistake("embeddings_backward", _COLLECT)
def last_place_wins(
    embeddings: Matrix, sentence: Targets, grads: Matrix
) -> Matrix:
    """A token that comes twice keeps its last gradient, not their sum."""
    return _collected(embeddings, sentence, grads, lambda old, new: new)  # noqa: ARG005


@mistake("embeddings_backward", "Add them up; a mean makes the step shorter.")
def averaged(embeddings: Matrix, sentence: Targets, grads: Matrix) -> Matrix:
    """You average the gradients of a token that comes twice."""
    found = embeddings_backward(embeddings, sentence, grads)
    counts = [max(1, list(sentence).count(i)) for i in range(len(found))]
    return [
        [entry / count for entry in row]
        for row, count in zip(found, counts, strict=True)
    ]


@mistake("embeddings_backward", _COLLECT)
def by_place(embeddings: Matrix, sentence: Targets, grads: Matrix) -> Matrix:
    """You give row i the gradient of place i, and not of its token."""
    _ = sentence
    zeros = [[0.0] * len(row) for row in embeddings]
    return [*grads, *zeros][: len(embeddings)]


@mistake("embeddings_backward", "Make a new list for each row of the table.")
def rows_are_one_list(
    embeddings: Matrix, sentence: Targets, grads: Matrix
) -> Matrix:
    """All rows of your table are one list: each collects every gradient."""
    _ = sentence
    total = [sum(column) for column in zip(*grads, strict=True)]
    return [total for _ in embeddings]


@mistake("sgd", _DOWN)
def uphill(weights: Vector, grads: Vector, rate: float) -> Vector:
    """You add the gradient: that is a step uphill."""
    return [w + rate * g for w, g in zip(weights, grads, strict=True)]


@mistake("sgd", _DOWN)
def rate_forgotten(weights: Vector, grads: Vector, rate: float) -> Vector:
    """You leave out the rate."""
    _ = rate
    return [w - g for w, g in zip(weights, grads, strict=True)]


@mistake("sgd", "Return the weights after the step.")
def step_alone(weights: Vector, grads: Vector, rate: float) -> Vector:
    """You return the step, and not where it leads."""
    _ = weights
    return [-rate * g for g in grads]


@mistake("sgd", _DOWN)
def sign_alone(weights: Vector, grads: Vector, rate: float) -> Vector:
    """You use the sign of the gradient, and not its size."""
    pairs = zip(weights, grads, strict=True)
    return [w - rate * (1 if g > 0 else -1) for w, g in pairs]


def _stepped(
    given: Sequence[Any], divide: Callable[[float, float, int], float],
    shares: tuple[float, float] = (0.9, 0.999),
) -> tuple[Vector, Vector, Vector]:  # fmt: skip
    """A step of Adam, with what is to be done with both averages."""
    weights, grads, means, squares, number, rate = given
    first, second = shares
    m = [first * a + (1 - first) * g
         for a, g in zip(means, grads, strict=True)]  # fmt: skip
    v = [second * a + (1 - second) * g * g
         for a, g in zip(squares, grads, strict=True)]  # fmt: skip
    rows = zip(weights, m, v, strict=True)
    return [w - rate * divide(a, b, number) for w, a, b in rows], m, v


def _unbiased(m: float, v: float, t: int) -> tuple[float, float]:
    return m / (1 - 0.9**t), v / (1 - 0.999**t)


@mistake("adam", _SHARE)
def no_bias_correction(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    """You do not make up for averages that began at 0."""
    return _stepped(given, lambda m, v, _: m / (sqrt(v) + 1e-8))


@mistake("adam", _ROOT)
def epsilon_in_root(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    """You add the small number below the root, where it is a large one."""

    def divide(m: float, v: float, t: int) -> float:
        mean, square = _unbiased(m, v, t)
        return mean / sqrt(square + 1e-8)

    return _stepped(given, divide)


@mistake("adam", _ROOT)
def root_forgotten(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    """You divide by the mean square, and not by its root."""

    def divide(m: float, v: float, t: int) -> float:
        mean, square = _unbiased(m, v, t)
        return mean / (square + 1e-8)

    return _stepped(given, divide)


@mistake("adam", _KEEP)
def averages_not_kept(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    """You return the averages as they came in: nothing is remembered."""
    weights, _, _ = right_adam(*given)
    return weights, given[2], given[3]


@mistake("adam", "The mean keeps 0.9 of itself, the mean square 0.999.")
def shares_swapped(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    """You give each average the other's share: the mean is the fast one."""

    def divide(m: float, v: float, t: int) -> float:
        return m / (1 - 0.999**t) / (sqrt(v / (1 - 0.9**t)) + 1e-8)

    return _stepped(given, divide, (0.999, 0.9))


@mistake("adam", _DOWN)
def climbing(*given: Any) -> tuple[Vector, ...]:  # noqa: ANN401
    """You add the step: the loss grows."""
    weights, means, squares = right_adam(*given)
    pairs = zip(given[0], weights, strict=True)
    return [2 * old - new for old, new in pairs], means, squares


@mistake("model_logits", "Add row i of the places to the token at place i.")
def places_left_out(sentence: Targets, model: Layers) -> Matrix:
    """You leave out where each token stands."""
    tokens, places, *layer = model
    return logits(sentence, [tokens, _shared(places, 0.0), *layer])  # type: ignore[no-any-return]


@mistake("model_logits", "Choose a row by its token: `tokens[token]`.")
def rows_by_place(sentence: Targets, model: Layers) -> Matrix:
    """You take the tokens' rows in order, whatever the sentence says."""
    tokens, places, *layer = model
    chosen = [tokens[i % len(tokens)] for i in range(len(sentence))]
    return logits(range(len(chosen)), [chosen, places, *layer])  # type: ignore[no-any-return]


@mistake("model_logits", "Return the logits: the loss takes the softmax.")
def logits_made_shares(sentence: Targets, model: Layers) -> Matrix:
    """You take the softmax of the logits."""
    return [softmax(row) for row in logits(sentence, model)]


@mistake("model_logits", "Add `b_out` to each row, behind the product.")
def bias_of_logits_forgotten(sentence: Targets, model: Layers) -> Matrix:
    """You leave out the bias of the output projection."""
    *parts, b_out = model
    return logits(sentence, [*parts, [0.0] * len(b_out)])  # type: ignore[no-any-return]


@mistake("loss_and_gradients", _COLLECT)
def embeddings_by_place(
    sentence: Targets,
    targets: Targets,
    model: Layers,
) -> tuple[Any, ...]:
    """You give the embeddings of tokens the gradients of places."""
    loss, _, places, *others = right_grads(sentence, targets, model)
    return loss, by_place(model[0], sentence, places), places, *others


@mistake("loss_and_gradients", "A sum hands its gradient on to both parts.")
def places_without_gradient(
    sentence: Targets,
    targets: Targets,
    model: Layers,
) -> tuple[Any, ...]:
    """The embeddings of places get no gradient."""
    loss, tokens, places, *others = right_grads(sentence, targets, model)
    return loss, tokens, _shared(places, 0.0), *others


@mistake("loss_and_gradients", _MEAN)
def gradients_without_mean(
    sentence: Targets,
    targets: Targets,
    model: Layers,
) -> tuple[Any, ...]:
    """Your loss is a mean over the places, and your gradients are not."""
    loss, *grads = right_grads(sentence, targets, model)
    return loss, *(_times(len(sentence), grad) for grad in grads)


def _times(factor: float, value: Any) -> Any:  # noqa: ANN401
    """Every number of a vector or a matrix, so many times."""
    if isinstance(value, list):
        return [_times(factor, item) for item in value]
    return factor * value


@mistake("training_step", _DOWN)
def step_uphill(
    sentence: Targets,
    targets: Targets,
    model: Layers,
    rate: float,
) -> tuple[Any, ...]:
    """You step along the gradient: the loss grows."""
    return training_step(sentence, targets, model, -rate)  # type: ignore[no-any-return]


@mistake("training_step", "Move all seven: the embeddings learn, too.")
def embeddings_not_moved(
    sentence: Targets,
    targets: Targets,
    model: Layers,
    rate: float,
) -> tuple[Any, ...]:
    """You move the layer alone; the embeddings stay as they were."""
    loss, _, _, *layer = training_step(sentence, targets, model, rate)
    return loss, *model[:2], *layer


@mistake("training_step", "Take all gradients first, then move the weights.")
def moved_one_by_one(
    sentence: Targets,
    targets: Targets,
    model: Layers,
    rate: float,
) -> tuple[Any, ...]:
    """You move the embeddings before the layer's gradients are taken."""
    loss, *grads = right_grads(sentence, targets, model)
    first = [moved(model[i], grads[i], rate) for i in (0, 1)]
    _, _, _, *later = right_grads(sentence, targets, [*first, *model[2:]])
    rest = [
        moved(part, grad, rate)
        for part, grad in zip(model[2:], later, strict=True)
    ]
    return loss, *first, *rest
