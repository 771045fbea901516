"""Learning, in NumPy: a loss, its gradient, and two ways downhill.

The twin of `attnbook.learning`, which says what each function means: where it
takes `(n, d)`, this also takes `(..., n, d)`, as of many sentences. An
optimiser takes weights in a row, as there.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array
from attnbook.arrays._validate import as_finite, as_gradient, as_tokens
from attnbook.arrays.simple import softmax
from attnbook.require import (
    require_count,
    require_finite,
    require_integer,
    require_list,
)


class CrossEntropy(NamedTuple):
    """Every step of `cross_entropy`."""

    probabilities: Array
    """The logits after softmax: `(..., n, v)`, rows sum to 1."""
    loss: Array
    """How surprised they are by the targets, on average: `(...)`."""


class Adam(NamedTuple):
    """What `adam` remembers from step to step; start with `Adam.start`."""

    steps: int
    """How many steps have been taken."""
    means: Array
    """A running mean of each gradient."""
    squares: Array
    """A running mean of each gradient's square."""

    @classmethod
    def start(cls, count: int) -> "Adam":
        """Remember nothing yet about a number of weights.

        Examples:
            >>> Adam.start(2)
            Adam(steps=0, means=array([0., 0.]), squares=array([0., 0.]))
        """
        require_count("count", count)
        return cls(0, np.zeros(count), np.zeros(count))


@guarded
def cross_entropy(
    logits: npt.ArrayLike, targets: npt.ArrayLike
) -> CrossEntropy:
    """Take minus the logarithm of what each target is given, on average.

    Examples:
        >>> steps = cross_entropy([[3.0, 3.0]], targets=[1])
        >>> steps.probabilities, round(float(steps.loss), 4)
        (array([[0.5, 0.5]]), 0.6931)
    """
    logits = as_finite("logits", logits, ndim=2)
    targets = _as_targets(targets, logits)
    largest = logits.max(axis=-1, keepdims=True)  # (..., n, 1)
    totals = np.exp(logits - largest).sum(axis=-1)  # (..., n)
    wanted = np.take_along_axis(logits, targets[..., np.newaxis], axis=-1)
    surprises = np.log(totals) - (wanted - largest)[..., 0]  # (..., n)
    loss = np.asarray(surprises.mean(axis=-1))
    return CrossEntropy(softmax(logits), loss)


@guarded
def cross_entropy_backward(
    targets: npt.ArrayLike,
    cross_entropy: CrossEntropy,
    grad_loss: float = 1.0,
) -> Array:
    """Subtract 1 from the probability of each target, then take the mean.

    Examples:
        >>> steps = cross_entropy([[3.0, 3.0]], targets=[1])
        >>> cross_entropy_backward([1], steps)
        array([[ 0.5, -0.5]])
    """
    require_list("cross_entropy", cross_entropy, "steps", length=2)
    probabilities = as_finite("probabilities", cross_entropy[0], ndim=2)
    as_gradient("loss", cross_entropy[1], probabilities.shape[:-2])
    targets = _as_targets(targets, probabilities)
    require_finite("grad_loss", grad_loss)
    # forward: loss = the mean of -log(probabilities[..., targets])
    # forward: probabilities = softmax(logits)
    *_, n, v = probabilities.shape
    is_target = targets[..., np.newaxis] == np.arange(v)  # (..., n, v)
    grad_logits: Array = (probabilities - is_target) * (grad_loss / n)
    return grad_logits


@guarded
def embeddings_backward(
    embeddings: npt.ArrayLike,
    sentence: npt.ArrayLike,
    grad_inputs: npt.ArrayLike,
) -> Array:
    """Add up, for each row of a table, the gradients of where it was chosen.

    Examples:
        >>> table = [[0.5], [0.25], [0.75]]
        >>> embeddings_backward(table, [2, 0, 2], [[1.0], [2.0], [4.0]])
        array([[2.],
               [0.],
               [5.]])
    """
    embeddings = as_finite("embeddings", embeddings, ndim=2)
    *_, v, d = embeddings.shape
    sentence = as_tokens("sentence", sentence, count=v)
    grads = as_gradient("grad_inputs", grad_inputs, (*sentence.shape, d))
    # forward: inputs = embeddings[..., sentence, :]
    is_chosen = np.arange(v)[:, np.newaxis] == sentence[..., np.newaxis, :]
    grad_embeddings: Array = is_chosen @ grads  # (..., v, n) @ (..., n, d)
    return grad_embeddings


@guarded
def sgd(
    weights: npt.ArrayLike, grad_weights: npt.ArrayLike, rate: float
) -> Array:
    """Take one step downhill: each weight against its gradient.

    Examples:
        >>> sgd([1.0, 1.0], [0.5, -2.0], rate=0.25)
        array([0.875, 1.5  ])
    """
    weights = as_finite("weights", weights, ndim=1)
    grads = as_gradient("grad_weights", grad_weights, weights.shape)
    require_finite("rate", rate)
    return weights - rate * grads


@guarded
def adam(
    weights: npt.ArrayLike,
    grad_weights: npt.ArrayLike,
    state: Adam,
    rate: float,
) -> tuple[Array, Adam]:
    """Take one step, as long as `rate` where a gradient keeps its sign.

    Examples:
        >>> weights, state = adam([1.0, 1.0], [8.0, -0.5], Adam.start(2), 0.25)
        >>> weights.round(4)
        array([0.75, 1.25])
    """
    weights = as_finite("weights", weights, ndim=1)
    grads = as_gradient("grad_weights", grad_weights, weights.shape)
    require_finite("rate", rate)
    steps, means, squares = _as_state(state, weights.shape)
    steps += 1
    means = 0.9 * means + (1 - 0.9) * grads
    squares = 0.999 * squares + (1 - 0.999) * grads * grads

    # both began at 0: divide by the share that is there
    step = rate / (1 - 0.9**steps)
    roots = np.sqrt(squares) / sqrt(1 - 0.999**steps)
    moved = weights - step * means / (roots + 1e-8)
    return moved, Adam(steps, means, squares)


def _as_targets(
    targets: npt.ArrayLike, logits: Array
) -> npt.NDArray[np.int64]:
    """Convert to one place in the vocabulary for each row."""
    *batch, n, v = logits.shape
    tokens = as_tokens("targets", targets, length=n, count=v)
    if tokens.shape != (*batch, n):
        raise ValueError(f"targets must be {(*batch, n)}, got {tokens.shape}")
    return tokens


def _as_state(state: Adam, shape: tuple[int, ...]) -> tuple[int, Array, Array]:
    """Convert what `adam` remembers, and refuse what it cannot."""
    require_list("state", state, "parts", length=3)
    steps = state[0]
    require_integer("state.steps", steps, 0, 2**53)
    means = as_gradient("state.means", state[1], shape)
    squares = as_gradient("state.squares", state[2], shape)
    if squares.min() < 0:
        raise ValueError(
            f"state.squares must be 0 or more, got {squares.min()}"
        )
    return steps, means, squares
