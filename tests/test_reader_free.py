"""What a function reads from its file is handed to it as an argument."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from attnbook.checker.reader.flow import Root
from attnbook.checker.reader.free import given

WEIGHT = Root("W_q", "array", ("d_in", "d_k"))
HEADS = Root("num_heads", "size", ())
SIZES = [Root(name, "size", ()) for name in ("d_in", "d_k")]
SQUARE = Root("W_k", "array", ("d", "d"))
ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
FILE = """
W_q, W_k, d_in, d_k, d, num_heads = "its own", "its own", 7, 5, 9, 4
def read(x, scale=1): return [x, W_q, d_in, d_k, scale]
def heads(x): return [x, W_q, num_heads]
def square(x): return [x, W_k, d]
def layer(x): return W_q(x)
def fails(x): raise ArithmeticError
def open_ended(*x): return [x, W_q]
def late(x): return [x, W_late]
"""


@pytest.fixture
def space() -> dict[str, Any]:
    made: dict[str, Any] = {}
    exec(FILE, made)  # noqa: S102
    return made


def wider(space: dict[str, Any], name: str, roots: Sequence[Root]) -> Any:
    return given(space[name], roots, space)


def names(function: Any) -> list[str]:
    return [*inspect.signature(function).parameters]


def test_a_weight_stands_behind_what_must_be_given(
    space: dict[str, Any],
) -> None:
    before = dict(space)
    read = wider(space, "read", [WEIGHT, *SIZES])
    assert names(read) == ["x", "W_q", "scale"]
    assert read(1, ROWS) == [1, ROWS, 2, 3, 1]
    assert read(1, ROWS, scale=6) == [1, ROWS, 2, 3, 6]
    assert space == before
    assert read(1) == [1, "its own", 7, 5, 1]


def test_a_size_that_no_weight_tells_is_given_by_name(
    space: dict[str, Any],
) -> None:
    heads = wider(space, "heads", [WEIGHT, HEADS])
    assert names(heads) == ["x", "W_q", "num_heads"]
    assert heads(1, ROWS, 2) == [1, ROWS, 2]


def test_the_one_width_of_all_is_given_once(space: dict[str, Any]) -> None:
    width = Root("d", "size", ())
    square = wider(space, "square", [SQUARE, width])
    assert names(square) == ["x", "W_k", "d_model"]
    assert square(1, ROWS, 3) == [1, ROWS, 3]
    alone = wider(space, "square", [SQUARE])
    assert names(alone) == ["x", "W_k"]
    assert alone(1, ROWS) == [1, ROWS, 9]


def test_a_layer_multiplies_by_the_weight(space: dict[str, Any]) -> None:
    root = WEIGHT._replace(kind="layer")
    weight, x = np.array(ROWS), np.array([[1.0, 10.0]])
    told = wider(space, "layer", [root])(x, weight)
    np.testing.assert_array_equal(told, [[41.0, 52.0, 63.0]], strict=True)


def test_the_file_has_its_own_again_after_an_error(
    space: dict[str, Any],
) -> None:
    with pytest.raises(ArithmeticError):
        wider(space, "fails", [WEIGHT])(1, ROWS)
    assert space["W_q"] == "its own"


def test_a_name_that_the_file_did_not_have_is_gone_again(
    space: dict[str, Any],
) -> None:
    late = wider(space, "late", [WEIGHT._replace(name="W_late")])
    assert late(1, ROWS) == [1, ROWS]
    assert "W_late" not in space


def test_a_function_that_takes_anything_stays_as_it_is(
    space: dict[str, Any],
) -> None:
    assert wider(space, "open_ended", [WEIGHT]) is space["open_ended"]
