"""Learning: a loss, its gradient, and two ways downhill (after section 3.6).

Legend: logits are scores, one for each token of a vocabulary of `v`; the loss
is small where the token that is wanted has a high one. An optimiser is given
all weights of a model in a row, and their gradient, and returns new weights.
"""

from collections.abc import Sequence
from math import exp, fsum, log, sqrt
from typing import NamedTuple

from attnbook.require import (
    MOST_ENTRIES,
    require_finite,
    require_in_range,
    require_integer,
    require_list,
    require_matrix,
    require_token,
    require_vector,
)
from attnbook.simple import _softmax
from attnbook.vectors import Matrix, Vector


class CrossEntropy(NamedTuple):
    """Every step of `cross_entropy`."""

    probabilities: Matrix
    """The logits after softmax: `(n, v)`, each row sums to 1."""
    loss: float
    """How surprised they are by the targets, on average; 0: not at all."""


class Adam(NamedTuple):
    """What `adam` remembers from step to step; start with `Adam.start`."""

    steps: int
    """How many steps have been taken."""
    means: Vector
    """A running mean of each gradient."""
    squares: Vector
    """A running mean of each gradient's square."""

    @classmethod
    def start(cls, count: int) -> "Adam":
        """Remember nothing yet about a number of weights.

        Raises:
            ValueError: If `count` is not an integer from 1 to ten millions.

        Examples:
            >>> Adam.start(2)
            Adam(steps=0, means=[0.0, 0.0], squares=[0.0, 0.0])
        """
        require_integer("count", count, 1, MOST_ENTRIES)
        return cls(0, [0.0] * count, [0.0] * count)


def _require_targets(targets: Sequence[int], n: int, v: int) -> None:
    """Refuse what is not one place in the vocabulary for each row."""
    require_list("targets", targets, "targets", length=n)
    for i, target in enumerate(targets):
        require_token(f"targets[{i}]", target, v)


def cross_entropy(logits: Matrix, targets: Sequence[int]) -> CrossEntropy:
    """Take minus the logarithm of what each target is given, on average.

    `logits (n, v), targets (n,) -> probabilities (n, v), loss`, a number of
    0 or more. A target is the place of the token that is wanted.

    Raises:
        ValueError: If there is not one target per row, or one is not an
            integer from 0 up to, not including, `v`.

    Examples:
        Two equal logits are worth `log(2)`, whichever is the right one:

        >>> round(cross_entropy([[3.0, 3.0]], targets=[1]).loss, 4)
        0.6931

        A logit far above the others leaves no surprise:

        >>> cross_entropy([[1000.0, 0.0]], targets=[0]).loss
        0.0
    """
    require_matrix("logits", logits)
    _require_targets(targets, len(logits), len(logits[0]))
    return require_in_range("logits", _cross_entropy(logits, targets))


def _cross_entropy(logits: Matrix, targets: Sequence[int]) -> CrossEntropy:
    probabilities = [_softmax(row) for row in logits]  # (n, v)
    surprises = []
    for row, target in zip(logits, targets, strict=True):
        largest = max(row)
        total = fsum(exp(logit - largest) for logit in row)
        surprises.append(log(total) - (row[target] - largest))
    return CrossEntropy(probabilities, sum(surprises) / len(surprises))


def cross_entropy_backward(
    targets: Sequence[int],
    cross_entropy: CrossEntropy,
    grad_loss: float = 1.0,
) -> Matrix:
    """Subtract 1 from the probability of each target, then take the mean.

    `targets (n,), grad_loss a number -> grad_logits (n, v)`, each row of
    which cancels out. The softmax and the logarithm undo each other.

    Raises:
        ValueError: As `cross_entropy` does.

    Examples:
        The right logit should grow, the other one shrink:

        >>> steps = cross_entropy([[3.0, 3.0]], targets=[1])
        >>> cross_entropy_backward([1], steps)
        [[0.5, -0.5]]
    """
    require_list("cross_entropy", cross_entropy, "steps", length=2)
    probabilities, loss = cross_entropy
    require_matrix("probabilities", probabilities)
    require_finite("loss", loss)
    _require_targets(targets, len(probabilities), len(probabilities[0]))
    require_finite("grad_loss", grad_loss)
    grad_logits = _cross_entropy_backward(targets, probabilities, grad_loss)
    return require_in_range(
        "probabilities, grad_loss", grad_logits, "grad_logits"
    )


def _cross_entropy_backward(
    targets: Sequence[int], probabilities: Matrix, grad_loss: float
) -> Matrix:
    n = len(probabilities)
    # forward: loss = the mean of -log(probabilities[i][targets[i]])
    # forward: probabilities = [softmax(row) for row in logits]
    return [
        [grad_loss * (q - (j == target)) / n for j, q in enumerate(row)]
        for row, target in zip(probabilities, targets, strict=True)
    ]


def embeddings_backward(
    embeddings: Matrix, sentence: Sequence[int], grad_inputs: Matrix
) -> Matrix:
    """Add up, for each row of a table, the gradients of where it was chosen.

    `embeddings (v, d), sentence (n,), grad_inputs (n, d) ->
    grad_embeddings (v, d)`. A row that was chosen twice collects two
    gradients, and one that was not chosen none.

    Raises:
        ValueError: If there is not one gradient per token, or a token is not
            an integer from 0 up to, not including, `v`.

    Examples:
        >>> table = [[0.5], [0.25], [0.75]]
        >>> embeddings_backward(table, [2, 0, 2], [[1.0], [2.0], [4.0]])
        [[2.0], [0.0], [5.0]]
    """
    require_matrix("embeddings", embeddings)
    require_list("sentence", sentence, "tokens")
    for i, token in enumerate(sentence):
        require_token(f"sentence[{i}]", token, len(embeddings))
    require_matrix(
        "grad_inputs", grad_inputs, len(sentence), len(embeddings[0])
    )
    grad_embeddings = _embeddings_backward(embeddings, sentence, grad_inputs)
    return require_in_range("grad_inputs", grad_embeddings)


def _embeddings_backward(
    embeddings: Matrix, sentence: Sequence[int], grad_inputs: Matrix
) -> Matrix:
    # forward: inputs = [embeddings[token] for token in sentence]
    grad_embeddings = [[0.0] * len(row) for row in embeddings]  # (v, d)
    for token, grad in zip(sentence, grad_inputs, strict=True):
        pairs = zip(grad_embeddings[token], grad, strict=True)
        grad_embeddings[token] = [x + y for x, y in pairs]
    return grad_embeddings


def _require_step(weights: Vector, grad_weights: Vector, rate: float) -> None:
    """Refuse what no step can be taken with."""
    require_vector("weights", weights)
    require_vector("grad_weights", grad_weights, length=len(weights))
    require_finite("rate", rate)


def _require_state(state: Adam, length: int) -> None:
    """Refuse what `adam` cannot have remembered about so many weights."""
    require_list("state", state, "parts", length=3)
    steps, means, squares = state
    require_integer("state.steps", steps, 0, 2**53)
    require_vector("state.means", means, length)
    require_vector("state.squares", squares, length)
    for j, square in enumerate(squares):
        if square < 0:
            raise ValueError(
                f"state.squares[{j}] must be 0 or more, got {square}"
            )


def sgd(weights: Vector, grad_weights: Vector, rate: float) -> Vector:
    """Take one step downhill: each weight against its gradient.

    `weights (k,), grad_weights (k,) -> weights (k,)`.

    Raises:
        ValueError: If the lengths differ, or anything is not a finite number.

    Examples:
        >>> sgd([1.0, 1.0], [0.5, -2.0], rate=0.25)
        [0.875, 1.5]
    """
    _require_step(weights, grad_weights, rate)
    pairs = zip(weights, grad_weights, strict=True)
    moved = [weight - rate * grad for weight, grad in pairs]
    return require_in_range("weights, grad_weights, rate", moved, "result")


def _blend(share: float, old: Vector, new: Vector) -> Vector:
    """Keep a share of the old, take the rest from the new."""
    pairs = zip(old, new, strict=True)
    return [share * x + (1 - share) * y for x, y in pairs]


def adam(
    weights: Vector, grad_weights: Vector, state: Adam, rate: float
) -> tuple[Vector, Adam]:
    """Take one step, as long as `rate` where a gradient keeps its sign.

    `weights (k,), grad_weights (k,) -> weights (k,)`, and the state for the
    next step. Dividing the mean gradient by the root of the mean square
    leaves its sign and how steady it is.

    Raises:
        ValueError: If the lengths differ, or anything is not a finite number.

    Examples:
        The first step is `rate` long, whether a gradient is large or small:

        >>> weights, state = adam([1.0, 1.0], [8.0, -0.5], Adam.start(2), 0.25)
        >>> [round(weight, 4) for weight in weights]
        [0.75, 1.25]

    Source: Kingma and Ba, *Adam*, algorithm 1, with their constants. The
    1e-8 keeps a gradient of 0 from dividing by 0; one that is not much
    larger takes a shorter step.
    """
    _require_step(weights, grad_weights, rate)
    _require_state(state, len(weights))
    steps, means, squares = state
    steps += 1
    means = _blend(0.9, means, grad_weights)
    squares = _blend(0.999, squares, [g * g for g in grad_weights])

    # both began at 0: divide by the share that is there
    step = rate / (1 - 0.9**steps)
    scale = sqrt(1 - 0.999**steps)
    moved = [
        weight - step * mean / (sqrt(square) / scale + 1e-8)
        for weight, mean, square in zip(weights, means, squares, strict=True)
    ]
    state = require_in_range("grad_weights", Adam(steps, means, squares))
    return require_in_range("weights, rate", moved, "result"), state
