"""The catalogue's entries, and a comparison of what they compute."""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

import numpy as np

from attnbook.checker.mistakes import CATALOGUE, Mistake
from attnbook.checker.steps.step import Step
from attnbook.checker.steps.table import step_named
from tests.by_numpy import Array, Values, arrays

SQUARE = {"d_in": 4, "heads": 2, "head_dim": 2}

Row = tuple[str, str, tuple[Any, ...], Any]
"""Of a mistake its step, its name, what is given, and what it computes."""


def known(step: str, name: str) -> Mistake:
    """The one mistake of that name in a step."""
    (found,) = [e for e in CATALOGUE if (e.step, e.name) == (step, name)]
    return found


def rows(
    step: str, given: tuple[Any, ...], expected: Mapping[str, Any]
) -> list[Row]:
    """A row for each mistake of a step, all given the same."""
    return [(step, name, given, wanted) for name, wanted in expected.items()]


def named(row: Row) -> str:
    """What a row is called in a test's name."""
    return f"{row[0]}-{row[1]}"


def missing(steps: Iterable[str], table: Iterable[Row]) -> set[str]:
    """The mistakes of some steps that no row of a table computes."""
    found = {named(row) for row in table}
    kept = {*steps}
    entries = {f"{e.step}-{e.name}" for e in CATALOGUE if e.step in kept}
    return entries ^ found


def assert_alike(actual: Any, expected: Any, rel: float = 1e-12) -> None:
    """The same numbers in the same shape; several results part by part."""
    if isinstance(expected, tuple):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_alike(one, other, rel)
        return
    assert np.shape(actual) == np.shape(expected)
    found, wanted = (
        np.array(each, dtype=float) for each in (actual, expected)
    )
    np.testing.assert_allclose(found, wanted, rtol=rel, atol=1e-12)


def in_each(x: Array, num_heads: int) -> Array:
    """Columns side by side for each head."""
    return np.stack(np.split(x, num_heads, axis=-1))


def some_values(step: Step) -> list[Values]:
    """Sizes that all differ, then 1, then alike, and the largest."""
    square = SQUARE if "heads" in step.axes else {}
    sizes = (
        dict.fromkeys(step.axes, 1),
        dict.fromkeys(step.axes, 3) | square,
        {axis: max(among) for axis, among in step.axes.items()},
    )
    cases = [step.draw(Random(10 + i), **each) for i, each in enumerate(sizes)]
    return [step.trial().values, *cases]


def come(function: Callable[..., Any], *given: Any) -> Any:
    """What comes; None where sizes do not fit."""
    try:
        return function(*given)
    except ValueError:
        return None


def assert_as_numpy(mistake: Mistake, answer: Callable[[Values], Any]) -> None:
    """That a mistake computes this; sizes that do not fit, both refuse."""
    step = step_named(mistake.step)
    fit = []
    for values in some_values(step):
        right = come(answer, arrays(values))
        found = come(step.forms[0].answer, mistake.function, values)
        assert (found is None) is (right is None)
        if right is not None:
            assert_alike(found, right)
            fit.append(values)
    assert fit
