"""Wrong versions of section 3.5."""

from collections.abc import Callable
from math import inf, sqrt

from attnbook.checker.mistakes.catalogue import mistake
from attnbook.simple import softmax
from attnbook.vectors import Mask, Matrix, matmul, transpose

_CAUSAL = "causal_attention"
_HIDE = "Hide key j from query i where j > i, and only there."
_BEFORE = "Put minus infinity in the hidden scores, then apply softmax."


def _projected(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> tuple[Matrix, Matrix]:
    """Scaled scores, and the values."""
    queries, keys = matmul(inputs, W_query), matmul(inputs, W_key)
    scale = sqrt(len(keys[0]))
    attn_scores = matmul(queries, transpose(keys))
    scaled = [[score / scale for score in row] for row in attn_scores]
    return scaled, matmul(inputs, W_value)


def _masked(
    attn_scores: Matrix, hidden: Callable[[int, int], bool], fill: float
) -> Matrix:
    """Scores with a fill where a rule hides them."""
    return [
        [fill if hidden(i, j) else score for j, score in enumerate(row)]
        for i, row in enumerate(attn_scores)
    ]


def _shared(attn_scores: Matrix) -> Matrix:
    """Softmax of each row; a row that is hidden wholly stays zero."""
    return [
        softmax(row) if max(row) > -inf else [0.0] * len(row)
        for row in attn_scores
    ]


@mistake(
    _CAUSAL, "no_mask", "Nothing is hidden: tokens see later ones.", _HIDE
)
def no_mask(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    return matmul(_shared(attn_scores), values)


@mistake(
    _CAUSAL,
    "mask_flipped",
    "Your mask is flipped: tokens see themselves and later ones.",
    _HIDE,
)
def mask_flipped(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    masked = _masked(attn_scores, lambda i, j: j < i, -inf)
    return matmul(_shared(masked), values)


@mistake(
    _CAUSAL,
    "mask_hides_self",
    "Your mask hides the diagonal: no token sees itself.",
    _HIDE,
)
def mask_hides_self(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    masked = _masked(attn_scores, lambda i, j: j >= i, -inf)
    return matmul(_shared(masked), values)


@mistake(
    _CAUSAL,
    "mask_shows_next",
    "Your mask begins one too late: each token sees the next one.",
    _HIDE,
)
def mask_shows_next(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    masked = _masked(attn_scores, lambda i, j: j > i + 1, -inf)
    return matmul(_shared(masked), values)


@mistake(
    _CAUSAL,
    "mask_after_softmax",
    "You zero the weights after softmax: rows no longer sum to 1.",
    _BEFORE,
)
def mask_after_softmax(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    weights = _masked(_shared(attn_scores), lambda i, j: j > i, 0.0)
    return matmul(weights, values)


@mistake(
    _CAUSAL,
    "mask_with_zeros",
    "You put 0 in the hidden scores; `exp(0)` is 1, which is seen.",
    _BEFORE,
)
def mask_with_zeros(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    masked = _masked(attn_scores, lambda i, j: j > i, 0.0)
    return matmul(_shared(masked), values)


@mistake(
    _CAUSAL,
    "no_scale",
    "You do not scale the scores.",
    "Divide the scores by `sqrt(d_k)`, the root of the keys' width.",
)
def causal_no_scale(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    scale = sqrt(len(W_key[0]))
    W_query = [[scale * w for w in row] for row in W_query]
    attn_scores, values = _projected(inputs, W_query, W_key, W_value)
    masked = _masked(attn_scores, lambda i, j: j > i, -inf)
    return matmul(_shared(masked), values)


@mistake(
    _CAUSAL,
    "swapped",
    "Queries and keys are swapped: row i holds what key i asks.",
    "Score (i, j) is query i times key j.",
)
def causal_swapped(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> Matrix:
    attn_scores, values = _projected(inputs, W_key, W_query, W_value)
    masked = _masked(attn_scores, lambda i, j: j > i, -inf)
    return matmul(_shared(masked), values)


@mistake(
    "dropout",
    "divided_by_p",
    "You divide by p, the share that is dropped.",
    "Divide by `1 - p`, the share that is kept: the mean stays then.",
)
def divided_by_p(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    return _dropped(attn_weights, keep, 1 / p)


@mistake(
    "dropout",
    "not_scaled_up",
    "You do not scale up the weights that are kept.",
    "Divide them by `1 - p`, so that the mean stays.",
)
def not_scaled_up(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    _ = p
    return _dropped(attn_weights, keep, 1.0)


@mistake(
    "dropout",
    "multiplied",
    "You multiply by `1 - p` where you should divide by it.",
    "Divide by `1 - p`: what is kept must grow.",
)
def multiplied(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    return _dropped(attn_weights, keep, 1 - p)


@mistake(
    "dropout",
    "keep_inverted",
    "You drop the weights that should be kept.",
    "True in `keep` means: stays.",
)
def keep_inverted(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    dropped = [[not kept for kept in row] for row in keep]
    return _dropped(attn_weights, dropped, 1 / (1 - p))


@mistake(
    "dropout",
    "renormalised",
    "You make the rows sum to 1 again.",
    "Divide by `1 - p` alone: rows need not sum to 1 after dropout.",
)
def renormalised(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    _ = p
    rows = _dropped(attn_weights, keep, 1.0)
    return [[w / (sum(row) or 1.0) for w in row] for row in rows]


@mistake(
    "dropout",
    "constant_rate",
    "You double what is kept, whatever p is.",
    "Divide by `1 - p`; that doubles only where p is 0.5.",
)
def constant_rate(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    _ = p
    return _dropped(attn_weights, keep, 2.0)


def _dropped(attn_weights: Matrix, keep: Mask, scale: float) -> Matrix:
    """Weights that are kept, times a scale."""
    return [
        [w * scale if kept else 0.0 for w, kept in zip(*rows, strict=True)]
        for rows in zip(attn_weights, keep, strict=True)
    ]
