"""What is hidden, dropped and shared out: masks, dropout, scores.

A score may be minus infinity: that of a key that is hidden.
"""

from collections.abc import Sequence
from math import inf

from attnbook.require._words import shown
from attnbook.require.kinds import require_list
from attnbook.require.numbers import require_score, require_share
from attnbook.require.rows import FLOAT, Rows, require_rows


def require_mask(
    name: str, mask: Sequence[Sequence[bool]], rows: int, columns: int
) -> None:
    """Refuse what is not rows of True and False, of the shape wanted.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_mask("mask", [[False, True]], rows=1, columns=2)
        >>> require_mask("mask", [[0, 1]], rows=1, columns=2)
        Traceback (most recent call last):
            ...
        ValueError: mask[0][0] must be True or False, got 0
    """
    require_rows(name, mask, rows, columns, "bools")
    for i, row in enumerate(mask):
        if {*map(type, row)} == {bool}:
            continue
        for j, entry in enumerate(row):
            if type(entry) is not bool:
                raise ValueError(
                    f"{name}[{i}][{j}] must be True or False, "
                    f"got {shown(entry)}"
                )


def require_shown(name: str, mask: Sequence[Sequence[bool]]) -> None:
    """Refuse a mask that hides every key from a query.

    Raises:
        ValueError: Naming the row.

    Examples:
        >>> require_shown("mask", [[False, True]])
        >>> require_shown("mask", [[False, True], [True, True]])
        Traceback (most recent call last):
            ...
        ValueError: row 1 of mask hides every key
    """
    for i, row in enumerate(mask):
        if all(row):
            raise ValueError(f"row {i} of {name} hides every key")


def require_dropout(p: float, keep: object) -> None:
    """Refuse what is no probability, or one that no `keep` comes with.

    Raises:
        ValueError: If `p` is outside 0 to 1, or is not 0 and `keep` is None.

    Examples:
        >>> require_dropout(0.5, keep=[[True, False]])
        >>> require_dropout(0.5, keep=None)
        Traceback (most recent call last):
            ...
        ValueError: p must be 0 without keep, got 0.5
    """
    require_share("p", p)
    if p != 0 and keep is None:
        raise ValueError(f"p must be 0 without keep, got {p}")


def require_scores(name: str, scores: Sequence[float]) -> None:
    """Refuse what softmax cannot share out: each score finite or -inf.

    Raises:
        ValueError: If a score is NaN or plus infinity, or none is finite.

    Examples:
        >>> require_scores("scores", [0.5, float("-inf")])
        >>> require_scores("scores", [float("-inf")])
        Traceback (most recent call last):
            ...
        ValueError: scores must hold a finite number, got only -inf
    """
    require_list(name, scores, "numbers")
    if _are_scores(scores):
        return
    for j, score in enumerate(scores):
        require_score(f"{name}[{j}]", score)
    if max(scores) == -inf:
        raise ValueError(f"{name} must hold a finite number, got only -inf")


def require_score_rows(
    name: str,
    scores: Rows,
    rows: int | None = None,
    columns: int | None = None,
) -> None:
    """Refuse what is not equally long rows that softmax can share out.

    Raises:
        ValueError: As `require_rows` and `require_scores` do.

    Examples:
        >>> require_score_rows("attn_scores", [[0.5, float("-inf")]])
        >>> require_score_rows("attn_scores", [[0.5, float("inf")]])
        Traceback (most recent call last):
            ...
        ValueError: attn_scores[0][1] must be finite or -inf, got inf
    """
    require_rows(name, scores, rows, columns)
    for i, row in enumerate(scores):
        require_scores(f"{name}[{i}]", row)


def _are_scores(scores: Sequence[float]) -> bool:
    """Whether all is as usual in a row of scores; -inf is, all -inf is not."""
    if not FLOAT.issuperset(map(type, scores)):
        return False
    return sum(scores) < inf and max(scores) > -inf  # a sum with NaN is NaN
