"""The catalogue's entries, and a comparison of what they compute."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from attnbook.checker.mistakes import CATALOGUE, Mistake

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
