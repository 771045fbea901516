"""Whether something is kept from one call to the next, or drawn at random."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.compare import compare, plain
from attnbook.checker.steps.extras import HINTS, IN_EVAL
from attnbook.checker.words import tree_of

_AGAIN = 8
"""How many inputs are asked once more."""


def kept(asked: Asked, cases: Sequence[tuple[Any, Any, Any]]) -> Cause | None:
    """Ask the first inputs again, after all the others.

    Each case is the arguments, what is right, and what came.
    """
    for values, right, came in cases[:_AGAIN]:
        again = asked.answer(values).value
        if again is None or not plain(again) or not plain(came):
            continue
        if repr(again) == repr(came):
            continue  # however ragged it is
        before = tuple(came) if isinstance(right, tuple) else came
        if compare(before, again) is not None:
            return _kept("after other calls")
    return None


def _kept(when: str) -> Cause:
    return measured(
        "kept_from_call_to_call",
        f"The same input gives another result {when}: a list or an array "
        f"outside the function keeps what was there.",
        "Make it anew inside the function, at every call.",
    )


_DRAWS = re.compile(r"rand(n|int|om)?\b|random|[Dd]ropout|bernoulli|shuffle")


def changing(asked: Asked, lines: Sequence[str]) -> Cause:
    """Why the same input gives another result at once.

    An object with weights that draws does so by dropout, in eval mode, or
    by a layer that is made in the call.
    """
    draws = [i for i, line in enumerate(lines, 1) if _DRAWS.search(line)]
    if asked.binding.made is not None:
        owner = asked.binding.target.partition(".")[0]
        if at := next(_made_anew(owner, lines), 0):
            return _anew(at, lines[at - 1].strip())
        (at, *_) = [i for i in draws if _CALLED.search(lines[i - 1])] or [0]
        return Cause(*HINTS[IN_EVAL], measured=True, line=at)
    if not draws:
        return _kept("at the next call")
    at = draws[-1]
    return Cause(
        "drawn_at_random",
        f"It draws random numbers when it is called (line {at}: "
        f"`{lines[at - 1].strip()}`).",
        "Hand over what is drawn, or leave dropout away where nothing is "
        "trained.",
        measured=True,
        line=at,
    )


_CALLED = re.compile(r"(F|functional|torch)\.(alpha_|feature_)?dropout\(")
_LAYERS = {
    "Linear", "Bilinear", "Conv1d", "Conv2d", "Embedding", "Parameter",
    "MultiheadAttention", "LazyLinear",
}  # fmt: skip


def _anew(at: int, line: str) -> Cause:
    """That a layer is made at every call."""
    return Cause(
        "drawn_at_random",
        f"A layer is made anew at every call (line {at}: `{line}`): its "
        f"weights are drawn at random, and nothing can train them.",
        "Make the layer once, in `__init__`, and call it here.",
        measured=True,
        line=at,
    )


def _made_anew(owner: str, lines: Sequence[str]) -> Iterator[int]:
    """The lines on which a class's methods make a layer with weights."""
    for node in tree_of(lines).body:
        if not isinstance(node, ast.ClassDef) or node.name != owner:
            continue
        for part in node.body:
            if not isinstance(part, ast.FunctionDef):
                continue
            if part.name != "__init__":
                yield from sorted(_layers(part))


def _layers(method: ast.AST) -> Iterator[int]:
    """The lines of the calls that make a layer with weights."""
    for node in ast.walk(method):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in _LAYERS:
                yield node.lineno
