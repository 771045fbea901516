"""Causal attention on bare inputs: they are queries, keys and values at once.

The book hides later words in attention with weights. Who tries it on the
inputs of section 3.3 has no weights, and may scale the scores or not.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any

from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.forward import OF_ONE
from attnbook.checker.steps.step import Canonical, Form


def _answer(
    scale: Callable[[int], float],
) -> Callable[[Canonical, Values], Any]:
    """The answer where weights change nothing but the scores' scale."""

    def answer(f: Canonical, case: Values) -> Any:  # noqa: ANN401
        d = len(case["inputs"][0])
        own = [[float(i == j) for j in range(d)] for i in range(d)]
        queries = [[scale(d) * entry for entry in row] for row in own]
        return f(case["inputs"], queries, own, own)

    return answer


_NOTE = "its inputs are queries, keys and values at once"

ON_INPUTS = tuple(
    Form(("inputs",), _answer(scale), note=_NOTE + how, spared=OF_ONE.spared)
    for scale, how in (
        (sqrt, ""),
        (lambda _: 1.0, "; scaled by the square root of their width"),
    )
)
"""Without a scale, and with one."""
