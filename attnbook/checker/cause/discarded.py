"""What a line makes and nothing keeps, read in the reader's source."""

import ast
from collections.abc import Iterator, Sequence

from attnbook.checker.finding import Cause
from attnbook.checker.words import tree_of

_COPIES = {"masked_fill", "masked_scatter", "index_fill"}


def discarded(cause: Cause | None, lines: Sequence[str]) -> Cause | None:
    """The cause; of a mask without effect, with the line that loses it."""
    if cause is None or cause.name != "no_mask":
        return cause
    at, name = next(_lost(lines), (0, ""))
    if not at:
        return cause
    why = (
        f"line {at} hides them in a copy of the scores, and nothing keeps "
        f"that copy."
    )
    advice = (
        f"Keep what comes: `scores = scores.{name}(...)`, or write "
        f"`{name}_`, which changes the scores themselves."
    )
    sentence = f"{cause.sentence.removesuffix('.')}: {why}"
    return cause._replace(sentence=sentence, advice=advice, line=at)


def _lost(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each line that masks a copy and stands alone, with what it calls."""
    for node in ast.walk(tree_of(lines)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            name = called.attr if isinstance(called, ast.Attribute) else ""
            if name in _COPIES:
                yield node.lineno, name
