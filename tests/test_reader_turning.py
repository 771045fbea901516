"""What turns queries and keys by their places gives them back unturned."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from attnbook.checker.reader.standin import StandIn
from attnbook.checker.reader.turning import Unturned, still, turns, unturned

Space = dict[str, Any]


class Rows(SimpleNamespace):
    """An array of which only the shape counts."""


class Layer:
    def rotate_half(self, x: Any) -> Any:
        return x


class Plain:
    def turn(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ({"x": 1, "apply_RoPE": 2}, True),
        ({"x": 1, "Rotary": 2}, True),
        ({"rotate_q": 1}, True),
        ({"rotate_emb": 1}, True),
        ({"freq_cis": 1}, True),
        ({"freqs_cis": 1}, True),
        ({"x": 1, "layer": Layer}, True),
        ({"layer": Layer()}, False),
        ({"layer": Plain}, False),
        ({"rotate": 1, "freqs": 2}, False),
        ({}, False),
    ],
)
def test_that_something_is_turned_is_told_by_a_name(
    space: Space, expected: bool
) -> None:
    assert turns(space) == expected


def made_of(source: str) -> Space:
    space: Space = {}
    exec(source, space)  # noqa: S102
    return space


TURNING = {
    "the rows": ("rope(x, cos)", "rope(5, 2)", 5),
    "the rows by name": ("rope(x, cos)", "rope(x=5, cos=2)", 5),
    "rows of a capital": ("Apply_ROPE(Q, cos)", "Apply_ROPE(5, 2)", 5),
    "both": ("rotary(q, k, cos)", "rotary(5, 6, 2)", (5, 6)),
    "both by name": ("rotary(q, k)", "rotary(q=5, k=6)", (5, 6)),
    "both of a capital": ("rotary(Queries, Keys)", "rotary(5, 6)", (5, 6)),
    "a third that is named so": ("rope(x, cos, k)", "rope(5, 2, 6)", 5),
    "rows alone": ("rope(states)", "rope(5)", 5),
}
KEPT = {
    "a table": ("rope(dim, base)", "rope(64, 100)"),
    "what takes nothing": ("rope()", "rope()"),
    "another name": ("turned(x)", "turned(5)"),
    "a name that only begins so": ("rope(query_size)", "rope(5)"),
}


@pytest.mark.parametrize("what", TURNING)
def test_a_function_that_turns_gives_back_its_rows(what: str) -> None:
    head, call, expected = TURNING[what]
    space = made_of(f"def {head}: return 'turned'")
    with unturned(space):
        assert eval(call, space) == expected  # noqa: S307
    assert eval(call, space) == "turned"  # noqa: S307


@pytest.mark.parametrize("what", KEPT)
def test_any_other_function_stays_as_it_is(what: str) -> None:
    head, call = KEPT[what]
    space = made_of(f"def {head}: return 'as it is'")
    with unturned(space):
        assert eval(call, space) == "as it is"  # noqa: S307


def test_a_name_of_no_function_stays_as_it_is() -> None:
    space: Space = {"rope_base": 100, "Rotary": Layer}
    with unturned(space):
        assert space == {"rope_base": 100, "Rotary": Layer}


def test_it_turns_again_after_an_error() -> None:
    space = made_of("def rope(x): return 'turned'")
    with pytest.raises(ValueError, match="of the call"), unturned(space):
        raise ValueError("of the call")
    assert space["rope"](5) == "turned"


def test_what_turns_and_is_missing_gives_back_its_rows() -> None:
    missing = StandIn("rotary_embedding_torch.apply_rotary")
    space: Space = {"apply_rotary": missing}
    rows = Rows(shape=(1, 2, 3))
    with unturned(space):
        assert space["apply_rotary"](0, 1)(rows, 7) is rows
    assert space["apply_rotary"] is missing


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [
        ((2, 4, 5, 6), (2, 4, 5, 6), True),
        ((2, 4, 5, 6), (2, 4, 7, 8), True),
        ((2, 4, 5, 6), (2, 1, 5, 6), False),
        ((4, 5, 6), (4, 5, 6), True),
        ((4, 5, 6), (2, 4, 5, 6), False),
        ((5, 6), (5, 6), False),
        ((4, 5, 6), (5, 6), False),
    ],
)
def test_queries_and_keys_come_back_together(
    one: tuple[int, ...], two: tuple[int, ...], both: bool
) -> None:
    rows = Rows(shape=one), Rows(shape=two)
    expected = rows if both else rows[0]
    turn = Unturned()
    assert turn(*rows) == turn(*rows, 3) == turn(one=rows[0], two=rows[1])
    assert turn(*rows) == turn(*rows, Rows(shape=(9,))) == expected


def test_one_that_is_missing_has_every_method_and_nothing_of_pythons() -> None:
    turn = Unturned()
    assert turn.rotate(3).more is turn
    with pytest.raises(AttributeError, match="__array__"):
        turn.__array__  # noqa: B018


def test_without_torch_an_object_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    made = Layer()
    still(made)
    assert vars(made) == {}


OBJECT = """
import torch
from torch import nn

class Turn(nn.Module):
    def __init__(self, give):
        super().__init__()
        self.give = give
    def forward(self, *given, **named):
        return self.give(*given, **named)

class RotaryEmbedding(Turn): pass

class RoPEAttention(nn.Module):
    def __init__(self, give=lambda x: -x):
        super().__init__()
        self.rotary = Turn(give)
        self.positions = RotaryEmbedding(give)
        self.other = Turn(give)
    def apply_rope(self, x): return -x
    def rotate_half(self, q, k): return -q, -k
    def rope_table(self, size): return -size
    def turned(self, x): return -x
    def forward(self, x): return -x
"""


@pytest.fixture
def attention() -> Any:
    pytest.importorskip("torch")
    return made_of(OBJECT)["RoPEAttention"]


@pytest.mark.torch
def test_methods_that_turn_give_back_their_rows(attention: Any) -> None:
    made = attention()
    still(made)
    assert made.apply_rope(5) == 5
    assert made.rotate_half(5, 6) == (5, 6)
    assert made.rope_table(5) == made.turned(5) == -5


@pytest.mark.torch
def test_layers_that_turn_give_back_their_rows(attention: Any) -> None:
    torch = pytest.importorskip("torch")
    made, x = attention(), torch.randn(2, 3)
    still(made)
    assert made.rotary(x) is made.positions(x) is x
    assert torch.equal(made.other(x), -x)
    assert torch.equal(made(x), -x)


def given_back(attention: Any, give: Any, *given: Any, **named: Any) -> Any:
    """What a layer gives that turns nothing any more."""
    made = attention(give)
    still(made)
    return made.rotary(*given, **named)


@pytest.mark.torch
def test_a_layer_that_turns_both_gives_back_both(attention: Any) -> None:
    torch = pytest.importorskip("torch")
    q, k = torch.randn(2, 3), torch.randn(4, 3)

    def give(q: Any, k: Any, _: Any = None) -> Any:
        return -q, -k

    for came in (
        given_back(attention, give, q, k),
        given_back(attention, give, q, k, torch.arange(3)),
        given_back(attention, give, q, k=k),
        given_back(attention, give, q=q, k=k),
    ):
        assert len(came) == 2
        assert came[0] is q
        assert came[1] is k


@pytest.mark.torch
def test_a_layer_called_by_name_gives_back_its_rows(attention: Any) -> None:
    torch = pytest.importorskip("torch")
    x = torch.randn(2, 3)
    assert given_back(attention, lambda at, x: at - x, at=2, x=x) is x


@pytest.mark.torch
def test_the_rows_are_those_that_come_first(attention: Any) -> None:
    torch = pytest.importorskip("torch")
    x, at = torch.randn(2, 3), torch.arange(2)
    assert given_back(attention, lambda x, _: -x, x, at) is x
    assert given_back(attention, lambda x, _: -x, x, -x) is x


@pytest.mark.torch
def test_a_layer_that_makes_tables_makes_those_of_no_turn(
    attention: Any,
) -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    cos, sin = torch.randn(4, 5), torch.randn(4, 6)
    for given in ((x,), (x, y), (), (7,)):
        came = given_back(attention, lambda *_: (cos, sin), *given)
        assert torch.equal(came[0], torch.ones(4, 5))
        assert torch.equal(came[1], torch.zeros(4, 6))
    for given in ((x,), (), (7,)):
        came = given_back(attention, lambda *_: sin, *given)
        assert torch.equal(came, torch.zeros(4, 6))
    turns = torch.polar(torch.ones(4, 5), cos)
    came = given_back(attention, lambda _: turns, x)
    assert torch.equal(came, torch.ones(4, 5, dtype=turns.dtype))


@pytest.mark.torch
@pytest.mark.parametrize("came", [None, 5, (1, 2, 3), [1, 2]])
def test_what_is_no_array_comes_as_it_is(attention: Any, came: Any) -> None:
    assert given_back(attention, lambda *_: came, 3) is came


TABLES = {
    "cos_cached": 1.0, "sin_cached": 0.0, "inv_freq": 0.0, "freqs": 0.0,
    "theta": 0.0, "COS": 1.0, "weights": 3.0, "cost": 3.0, "using": 3.0,
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("is_buffer", [True, False])
@pytest.mark.parametrize("name", TABLES)
def test_tables_are_those_of_no_turn(
    attention: Any, name: str, is_buffer: bool
) -> None:
    torch = pytest.importorskip("torch")
    made = attention()
    for layer in (made, made.other):
        table = torch.full((2, 2), 3.0)
        if is_buffer:
            layer.register_buffer(name, table)
        else:
            setattr(layer, name, table)
    still(made)
    for layer in (made, made.other):
        assert getattr(layer, name).tolist() == [[TABLES[name]] * 2] * 2


@pytest.mark.torch
def test_a_complex_table_turns_by_one(attention: Any) -> None:
    torch = pytest.importorskip("torch")
    made = attention()
    made.freqs_cis = torch.full((2,), 3.0 + 4.0j)
    made.sin = [3.0]
    still(made)
    assert made.freqs_cis.tolist() == [1.0, 1.0]
    assert made.sin == [3.0]
