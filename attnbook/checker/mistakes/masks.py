"""Wrong masks, and a wrong dropout: what is hidden, and what is struck out."""

from collections.abc import Callable, Sequence
from math import inf
from typing import TypeVar

from attnbook.checker.mistakes.mistake import Mistake, whole
from attnbook.vectors import Mask, Matrix

Entry = TypeVar("Entry")

_HIDE = "Hide key j from query i where j > i, and only there."
_BEYOND = "Hide where key >= length, in every row alike."


def _square(n: int, entry: Callable[[int, int], Entry]) -> list[list[Entry]]:
    """A row for each query, with an entry for each key."""
    return [[entry(query, key) for key in range(n)] for query in range(n)]


def _dropped(attn_weights: Matrix, keep: Mask, scale: float) -> Matrix:
    """Weights that are kept, times a scale."""
    return [
        [w * scale if kept else 0.0 for w, kept in zip(*rows, strict=True)]
        for rows in zip(attn_weights, keep, strict=True)
    ]


def _inverted(attn_weights: Matrix, keep: Mask, p: float) -> Matrix:
    dropped = [[not kept for kept in row] for row in keep]
    return _dropped(attn_weights, dropped, 1 / (1 - p))


def _renormalised(attn_weights: Matrix, keep: Mask, _: float) -> Matrix:
    rows = _dropped(attn_weights, keep, 1.0)
    return [[w / (sum(row) or 1.0) for w in row] for row in rows]


_CAUSAL = whole(
    "causal_mask",
    ("mask_hides_self",
     "Your mask hides the diagonal: no token sees itself.",
     "Keep the diagonal: hide where j > i.",
     lambda n: _square(n, lambda i, j: j >= i)),
    ("mask_shows_next",
     "Your mask begins one too late: each token sees the next one.",
     "Begin one to the right of the diagonal: k = 1.",
     lambda n: _square(n, lambda i, j: j > i + 1)),
    ("mask_flipped",
     "Your mask is flipped: minus infinity stands below the diagonal.",
     _HIDE, lambda n: _square(n, lambda i, j: -inf if j < i else 0.0)),
    ("nothing_hidden",
     "Your mask hides nothing.",
     _HIDE, lambda n: _square(n, lambda *_: False)),
)  # fmt: skip

_PADDING = whole(
    "padding_mask",
    ("queries_hidden",
     "Your mask hides rows, the queries of the padding, and not its keys.",
     "The keys are the columns: every row is the same.",
     lambda length, n: _square(n, lambda query, _: query >= length)),
    ("padding_sees_nothing",
     "Your mask hides every key from the padding: softmax has no answer.",
     "Leave the padding's own rows their real keys.",
     lambda length, n: _square(n, lambda *place: max(place) >= length)),
    ("first_padding_seen",
     "Your mask begins one too late: the first padding is seen.",
     _BEYOND, lambda length, n: _square(n, lambda _, key: key > length)),
    ("last_token_hidden",
     "Your mask begins one too early: it hides the last real token.",
     _BEYOND, lambda length, n: _square(n, lambda _, key: key >= length - 1)),
    ("tokens_hidden",
     "Your mask is the wrong way round: minus infinity hides the tokens.",
     _BEYOND,
     lambda length, n: _square(n, lambda _, key: -inf if key < length
                                                 else 0.0)),
    ("no_padding_hidden",
     "Your mask hides nothing.",
     _BEYOND, lambda _, n: _square(n, lambda *_: False)),
)  # fmt: skip

_DROPOUT = whole(
    "dropout",
    ("divided_by_p",
     "You divide by p, the share that is dropped.",
     "Divide by `1 - p`, the share that is kept: the mean stays then.",
     lambda attn_weights, keep, p: _dropped(attn_weights, keep, 1 / p)),
    ("not_scaled_up",
     "You do not scale up the weights that are kept.",
     "Divide them by `1 - p`, so that the mean stays.",
     lambda attn_weights, keep, _: _dropped(attn_weights, keep, 1.0)),
    ("multiplied",
     "You multiply by `1 - p` where you should divide by it.",
     "Divide by `1 - p`: what is kept must grow.",
     lambda attn_weights, keep, p: _dropped(attn_weights, keep, 1 - p)),
    ("keep_inverted",
     "You drop the weights that should be kept.",
     "True in `keep` means: stays.",
     _inverted),
    ("renormalised",
     "You make the rows sum to 1 again.",
     "Divide by `1 - p` alone: rows need not sum to 1 after dropout.",
     _renormalised),
    ("constant_rate",
     "You double what is kept, whatever p is.",
     "Divide by `1 - p`; that doubles only where p is 0.5.",
     lambda attn_weights, keep, _: _dropped(attn_weights, keep, 2.0)),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (*_CAUSAL, *_PADDING, *_DROPOUT)
