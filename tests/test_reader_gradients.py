"""The gradients that a library arrives at, asked of an object."""

from typing import Any

import numpy as np
import pytest

from attnbook.checker.reader.further import gradients, in_two

UPSTREAM = [[2.0], [4.0]]
X = [[1.0, 3.0], [5.0, 7.0]]
EXPECTED = [[2.0 * 1.0 + 4.0 * 5.0, 2.0 * 3.0 + 4.0 * 7.0]]
"""With respect to a weight (1, 2) of `x @ W.T`: upstream.T @ x."""


class Made:
    """Holds a weight that is trained, ones that are not, and one unused."""

    def __init__(self) -> None:
        torch = pytest.importorskip("torch")
        self.x = torch.tensor(X)
        self.W = torch.tensor([[0.5, 0.25]], requires_grad=True)
        self.kept = torch.tensor([[0.5, 0.25]])
        self.other = torch.ones(2, requires_grad=True)
        self.table = np.ones(2)
        self.W.grad = torch.full((1, 2), 100.0)

    def told(self, result: Any, pick: Any = None) -> dict[str, Any]:
        wanted = {"W": 1, "kept": 2, "other": 3, "table": 4}
        asked = {"of": wanted, "pick": pick, "upstream": UPSTREAM}
        found = gradients(self, result, asked)
        return {k: e if e is None else e.tolist() for k, e in found.items()}


@pytest.mark.torch
@pytest.mark.parametrize(
    ("form", "pick"),
    [
        (lambda y: y, None),
        (lambda y: y[None], None),
        (lambda y: (y, y.detach()), 0),
        (lambda y: [y.detach(), y], 1),
        (lambda y: {"seen": y.detach(), "out": y}, 1),
    ],
)
def test_each_weight_that_is_trained_has_its_gradient(
    form: Any, pick: int | None
) -> None:
    made = Made()
    told = made.told(form(made.x @ made.W.T), pick)
    assert told == {"W": EXPECTED, "other": None}


@pytest.mark.torch
def test_a_result_that_nothing_is_trained_by_gives_none() -> None:
    made = Made()
    assert made.told(made.x @ made.kept.T) == {"W": None, "other": None}


@pytest.mark.torch
def test_only_what_is_asked_for_is_told() -> None:
    made = Made()
    asked = {"of": ["W"], "pick": None, "upstream": UPSTREAM}
    assert [*gradients(made, made.x @ made.W.T, asked)] == ["W"]


def test_a_cache_is_what_is_returned_last() -> None:
    def called(x: float, cache: str = "") -> tuple[str, float, str]:
        return f"{x} after {cache}", x, f"the cache of {x}"

    cache = {"name": "cache", "kind": "returned"}
    both = in_two(called, ([1.0], {}), ([2.0], {}), cache)
    assert both == ["1.0 after None", "2.0 after the cache of 1.0"]
