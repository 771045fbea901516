"""What each known mistake of a mask or of dropout computes, by hand.

That the check names them says nothing of them: it knows them by what they
compute.
"""

from math import inf
from typing import Any

import pytest

from attnbook.checker.mistakes import CATALOGUE

T, F, H = True, False, -inf
CAUSAL: dict[str, list[list[Any]]] = {
    "mask_hides_self": [[T, T, T], [F, T, T], [F, F, T]],
    "mask_shows_next": [[F, F, T], [F, F, F], [F, F, F]],
    "mask_flipped": [[0.0, 0.0, 0.0], [H, 0.0, 0.0], [H, H, 0.0]],
    "nothing_hidden": [[F, F, F], [F, F, F], [F, F, F]],
}
# Two tokens, then two of padding.
PADDING: dict[str, list[list[Any]]] = {
    "queries_hidden": [[F] * 4, [F] * 4, [T] * 4, [T] * 4],
    "padding_sees_nothing": [[F, F, T, T], [F, F, T, T], [T] * 4, [T] * 4],
    "first_padding_seen": [[F, F, F, T]] * 4,
    "last_token_hidden": [[F, T, T, T]] * 4,
    "tokens_hidden": [[H, H, 0.0, 0.0]] * 4,
    "no_padding_hidden": [[F] * 4] * 4,
}
WEIGHTS = [[0.25, 0.75], [0.5, 0.5]]
KEEP = [[T, T], [F, F]]
# A quarter is dropped: what is kept should be divided by three quarters.
DROPOUT: dict[str, list[list[Any]]] = {
    "divided_by_p": [[1.0, 3.0], [0.0, 0.0]],
    "not_scaled_up": [[0.25, 0.75], [0.0, 0.0]],
    "multiplied": [[0.1875, 0.5625], [0.0, 0.0]],
    "keep_inverted": [[0.0, 0.0], [2 / 3, 2 / 3]],
    "renormalised": [[0.25, 0.75], [0.0, 0.0]],
    "constant_rate": [[0.5, 1.5], [0.0, 0.0]],
}
GIVEN: dict[str, tuple[tuple[Any, ...], dict[str, list[list[Any]]]]] = {
    "causal_mask": ((3,), CAUSAL),
    "padding_mask": ((2, 4), PADDING),
    "dropout": ((WEIGHTS, KEEP, 0.25), DROPOUT),
}
ALL = [(step, name) for step, (_, table) in GIVEN.items() for name in table]


@pytest.mark.parametrize(("step", "name"), ALL)
def test_a_mistake_computes_what_its_sentence_says(
    step: str, name: str
) -> None:
    given, expected = GIVEN[step]
    (mistake,) = [e for e in CATALOGUE if (e.step, e.name) == (step, name)]
    actual: Any = mistake.function(*given)
    assert [len(row) for row in actual] == [len(row) for row in expected[name]]
    for row, wanted in zip(actual, expected[name], strict=True):
        assert [type(entry) for entry in row] == [type(e) for e in wanted]
        assert row == pytest.approx(wanted, rel=1e-15)


def test_renormalised_rows_sum_to_1() -> None:
    (mistake,) = [e for e in CATALOGUE if e.name == "renormalised"]
    found: Any = mistake.function([[0.5, 0.25, 0.25]], [[T, T, F]], 0.25)
    assert found == [[2 / 3, 1 / 3, 0.0]]
