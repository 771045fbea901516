"""Wrong versions of steps that have no stages: products and dropout."""

from math import sqrt

from attnbook.checker.mistakes.catalogue import mistake
from attnbook.simple import softmax
from attnbook.vectors import Mask, Matrix, Vector, dot

_LOOP = "Let the loop run over every index, from 0 to the length minus 1."
_ADD = "Add up the products and leave it at that."


@mistake("dot", _LOOP)
def drops_last(x: Vector, y: Vector) -> float:
    """You leave out the last product."""
    return sum(x[i] * y[i] for i in range(len(x) - 1))


@mistake("dot", _LOOP)
def drops_first(x: Vector, y: Vector) -> float:
    """You leave out the first product."""
    return sum(x[i] * y[i] for i in range(1, len(x)))


@mistake("dot", "Move `return` out of the loop.")
def returns_in_loop(x: Vector, y: Vector) -> float:
    """You return after the first product."""
    return x[0] * y[0]


@mistake("dot", _ADD)
def cosine(x: Vector, y: Vector) -> float:
    """You divide by the lengths of the vectors: that is their cosine."""
    return dot(x, y) / sqrt(dot(x, x) * dot(y, y))


@mistake("dot", "Add the products up: the dot product is a single number.")
def products_not_added(x: Vector, y: Vector) -> Vector:
    """You return the products; their sum is missing."""
    return [a * b for a, b in zip(x, y, strict=True)]


@mistake("dot", _ADD)
def mean(x: Vector, y: Vector) -> float:
    """You divide the sum by its length: that is a mean."""
    return dot(x, y) / len(x)


@mistake("dot", "Keep floats: leave out `int` and `//`.")
def integers(x: Vector, y: Vector) -> float:
    """You return a whole number: what stands behind the point is lost."""
    return float(int(dot(x, y)))


@mistake(
    "attention_scores", "Return the dot products; softmax is the next step."
)
def already_softmax(query: Vector, inputs: Matrix) -> Vector:
    """You return weights: softmax has been applied already."""
    return softmax([dot(query, x) for x in inputs])


@mistake(
    "dropout",
    "Divide by `1 - p`, the share that is kept: the mean stays then.",
)
def divided_by_p(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """You divide by p, the share that is dropped."""
    return _dropped(attn_weights, keep, 1 / p)


@mistake("dropout", "Divide them by `1 - p`, so that the mean stays.")
def not_scaled_up(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """You do not scale up the weights that are kept."""
    _ = p
    return _dropped(attn_weights, keep, 1.0)


@mistake("dropout", "Divide by `1 - p`: what is kept must grow.")
def multiplied(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """You multiply by `1 - p` where you should divide by it."""
    return _dropped(attn_weights, keep, 1 - p)


@mistake("dropout", "True in `keep` means: stays.")
def keep_inverted(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """You drop the weights that should be kept."""
    dropped = [[not kept for kept in row] for row in keep]
    return _dropped(attn_weights, dropped, 1 / (1 - p))


@mistake(
    "dropout", "Divide by `1 - p` alone: rows need not sum to 1 after dropout."
)
def renormalised(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """You make the rows sum to 1 again."""
    _ = p
    rows = _dropped(attn_weights, keep, 1.0)
    return [[w / (sum(row) or 1.0) for w in row] for row in rows]


@mistake("dropout", "Divide by `1 - p`; that doubles only where p is 0.5.")
def constant_rate(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    """You double what is kept, whatever p is."""
    _ = p
    return _dropped(attn_weights, keep, 2.0)


def _dropped(attn_weights: Matrix, keep: Mask, scale: float) -> Matrix:
    """Weights that are kept, times a scale."""
    return [
        [w * scale if kept else 0.0 for w, kept in zip(*rows, strict=True)]
        for rows in zip(attn_weights, keep, strict=True)
    ]
