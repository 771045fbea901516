"""Every way to ask a function that is given its weights, and which one wins.

No function is called here: each way is noted, and told how well it did.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import pytest

from attnbook.checker.match import functions
from attnbook.checker.match.asked import Asked
from attnbook.checker.match.described import Binding, Function
from attnbook.checker.match.functions import Ways, function_trial
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.match.remarks import SQUARE
from attnbook.checker.match.trial import Trial
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.extras import two_sentences

PLAIN = "POSITIONAL_OR_KEYWORD"
QKV = ("x", "W_q", "W_k", "W_v")
ROLES = ("inputs", "W_query", "W_key", "W_value")
SEES, HIDES = "trainable_self_attention", "causal_attention"
STRIDED = "its heads take every h-th column"
APART = "a projection of its own for each head"
Does: TypeAlias = Callable[[Binding], int]
Says: TypeAlias = Callable[[Binding], Reply]
LATER = {"error": {"line": 7}}


def never(_: Request) -> Reply:
    raise AssertionError


def of(*names: str, name: str = "attend") -> Function:
    """A function of these; a name with `?` need not be given."""
    found = [
        Parameter(each.rstrip("?"), PLAIN, optional=each.endswith("?"))
        for each in names
    ]
    return Function(name, True, found, {})


class Asking:
    """Notes the ways that are tried, and tells how well each does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(functions, "tried", self.tried)
        monkeypatch.setattr(functions, "reads_heads", lambda _: False)
        self.ways: list[Binding] = []
        self.does: Does = lambda _: 0
        self.says: Says = lambda _: {}

    def tried(self, asked: Asked, values: Values) -> Trial:
        assert values.keys() >= {"inputs", "W_query"}
        self.ways.append(asked.binding)
        binding = asked.binding
        return Trial(self.does(binding), asked, self.says(binding))

    def best(
        self,
        function: Function,
        wraps: tuple[str, ...] = ("list",),
        causal: tuple[bool, ...] = (False,),
        turns: tuple[bool, ...] = (False,),
    ) -> Trial | None:
        self.ways.clear()
        return function_trial(never, function, Ways(wraps, causal, turns))

    def all_of(self, function: Function, **other: Any) -> list[Binding]:
        self.best(function, **other)
        return self.ways


@pytest.fixture(name="asking")
def fixture_asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    return Asking(monkeypatch)


class Way(NamedTuple):
    """What tells one way from another."""

    square: bool
    wrap: str
    turned: bool
    batch: int
    step: str


def way(binding: Binding) -> Way:
    square = SQUARE in binding.notes
    return Way(square, binding.wrap, binding.transposed, binding.batch,
               binding.step.name)  # fmt: skip


def test_what_the_names_leave_open_is_tried_in_order(asking: Asking) -> None:
    found = asking.all_of(
        of(*QKV),
        wraps=("list", "numpy"), causal=(False, True), turns=(False, True),
    )  # fmt: skip
    assert [way(each) for each in found] == [
        Way(square, wrap, turned, batch, step)
        for square in (False, True)
        for wrap in ("list", "numpy")
        for turned in (False, True)
        for batch in (0, 1)
        for step in (SEES, HIDES)
    ]
    for each in found:
        assert each.arrangement == Arrangement(ROLES)
        assert each.form.roles == ROLES
        assert each.step.extras == (two_sentences,) * each.batch
        assert each.target == "attend"
        assert not each.strided
        assert not each.by_head
        assert ("d_in" in each.step.axes) != way(each).square
        assert ("d_v" in each.step.axes) != way(each).square
        says = "it is causal" if each.step.causal else "every token sees all"
        assert each.notes[0].startswith(says)


def cuts(found: list[Binding]) -> set[tuple[str, bool, bool, bool]]:
    return {
        (
            next((n for n in each.notes if n in (STRIDED, APART)), ""),
            each.strided,
            each.by_head,
            each.transposed,
        )
        for each in found
    }


SIDE = {("", False, False, turned) for turned in (False, True)}
EVERY = {(STRIDED, True, False, turned) for turned in (False, True)}
ONE_BY_ONE = {(APART, False, True, False)}
TURNS = (False, True)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ((), SIDE),
        (("W_o", "num_heads"), SIDE | EVERY | ONE_BY_ONE),
        (("W_o",), SIDE | ONE_BY_ONE),
        (("num_heads",), SIDE | ONE_BY_ONE),
        (("W_o", "num_heads", "num_kv_heads"), SIDE | ONE_BY_ONE),
    ],
)
def test_weights_may_be_cut_into_heads(
    asking: Asking, more: tuple[str, ...], wanted: set[Any]
) -> None:
    assert cuts(asking.all_of(of(*QKV, *more), turns=TURNS)) == wanted


def test_packed_weights_are_cut_in_no_other_way(asking: Asking) -> None:
    packed = asking.all_of(of("x", "W_qkv", "num_heads"), turns=TURNS)
    assert cuts(packed) == SIDE
    mixed = asking.all_of(of("x", "W_qkv", "W_o", "num_heads"), turns=TURNS)
    assert cuts(mixed) == SIDE | EVERY


def heads(found: list[Binding]) -> set[tuple[int, ...]]:
    return {tuple(each.step.axes["heads"]) for each in found}


def test_without_a_number_of_heads_there_may_be_one(asking: Asking) -> None:
    usual = (1, 2, 3, 4)
    assert heads(asking.all_of(of(*QKV, "W_o"))) == {usual, (1,)}
    for name in ("multi_head", "mha", "heads_of"):
        several = of(*QKV, "W_o", name=name)
        assert heads(asking.all_of(several)) == {usual}
    assert heads(asking.all_of(of(*QKV, "W_o", "num_heads"))) == {usual}


def test_what_must_be_given_is_known_or_it_is_no_attention(
    asking: Asking,
) -> None:
    assert asking.best(of(*QKV, "unheard_of")) is None
    assert asking.best(of("x", "num_heads")) is None
    assert asking.best(Function("f", True, None, {})) is None
    assert asking.ways == []
    several = Parameter("rest", "VAR_POSITIONAL", optional=False)
    open_end = of(*QKV)._replace(
        parameters=[*(of(*QKV).parameters or []), several]
    )
    assert {e.arrangement for e in asking.all_of(open_end)} == {
        Arrangement(ROLES)
    }


@pytest.mark.parametrize(
    ("more", "call"),
    [
        (("scale?",), Arrangement(ROLES)),
        (("mask?",), Arrangement(ROLES)),
        (("d_k?",), Arrangement(ROLES)),
        (("mask",), Arrangement((*ROLES, "mask"))),
        (("b_q?",), Arrangement((*ROLES, "b_query"))),
        (("W_o?",), Arrangement((*ROLES, "W_out"))),
        (("num_heads?",), Arrangement((*ROLES, "num_heads"))),
        (
            ("scale?", "num_heads?"),
            Arrangement(
                (),
                (*zip(QKV, ROLES, strict=True), ("num_heads", "num_heads")),
            ),
        ),
    ],
)
def test_what_need_not_be_given_is_left_out_unless_it_weighs(
    asking: Asking, more: tuple[str, ...], call: Arrangement
) -> None:
    found = asking.all_of(of(*QKV, *more))
    assert {each.arrangement for each in found} == {call}


def test_biases_and_the_output_are_part_of_the_form(asking: Asking) -> None:
    first = asking.all_of(of(*QKV, "b_k"))[0]
    assert first.form.roles == (*ROLES, "b_key")
    packed = asking.all_of(of("x", "W_qkv", "b_qkv"))[0]
    assert packed.form.roles == (*ROLES, "b_query", "b_key", "b_value")
    out = asking.all_of(of(*QKV, "W_o", "b_o", "num_heads"))[0]
    assert out.form.roles == (*ROLES, "W_out", "b_out", "num_heads")
    assert out.step.name == "full_multi_head_attention"
    layer = asking.all_of(of("x", "c_attn", "c_proj", "n_head"))[0]
    assert layer.form.roles == (
        *ROLES, "b_query", "b_key", "b_value", "W_out", "b_out", "num_heads",
    )  # fmt: skip


def test_a_name_may_say_that_keys_are_shared(asking: Asking) -> None:
    told = of(*QKV, "num_heads", name="mqa")
    assert asking.all_of(told)[0].step.shared == 0
    assert asking.all_of(of(*QKV, "num_heads"))[0].step.shared == 1
    assert asking.all_of(of(*QKV, name="mqa"))[0].step.shared == 1
    for name in ("num_kv_heads", "n_rep"):
        shared = asking.all_of(of(*QKV, "num_heads", name))
        assert {each.step.shared for each in shared} == {2}


def test_a_context_is_another_sentence(asking: Asking) -> None:
    function = of("x", "context", "W_q", "W_k", "W_v")
    found = asking.all_of(function, turns=TURNS)[:4]
    assert [(each.transposed, each.batch) for each in found] == [
        (False, 0), (False, 1), (True, 0), (True, 1),
    ]  # fmt: skip
    roles = ("inputs", "context", "W_query", "W_key", "W_value")
    for each in found:
        assert each.arrangement == Arrangement(roles)
        assert each.notes == ("keys and values of another sentence",)
        assert "keys" in each.step.axes


def test_the_first_that_is_sure_ends_the_search(asking: Asking) -> None:
    function = of(*QKV)
    asking.does = lambda binding: 3 if binding.batch else 0
    trial = asking.best(function, wraps=("list", "numpy"))
    assert trial is not None
    assert trial.asked.binding.batch == 1
    assert len(asking.ways) == 2
    asking.does = lambda _: 0
    asking.says = lambda _: {"stopped": "time"}
    assert asking.best(function) is not None
    assert len(asking.ways) == 1


def test_square_weights_are_tried_where_nothing_came_or_one_width_is_told(
    asking: Asking,
) -> None:
    for quality, more, squares in (
        (0, (), {False, True}), (1, (), {False, True}), (2, (), {False}),
        (2, ("num_heads",), {False, True}), (2, ("d_model",), {False, True}),
    ):  # fmt: skip
        asking.does = lambda _, quality=quality: quality  # type: ignore[misc]
        found = asking.all_of(of(*QKV, *more))
        assert {way(each).square for each in found} == squares
    asking.does = lambda binding: 2 if binding.wrap == "list" else 0
    few = asking.all_of(of(*QKV), wraps=("list", "numpy"))
    assert {each.wrap for each in few} == {"list"}


def test_of_all_that_differ_the_best_is_kept(asking: Asking) -> None:
    asking.does = lambda b: 2 if b.batch else 1
    trial = asking.best(of(*QKV), turns=TURNS)
    assert trial is not None
    assert trial.asked.binding.batch == 1
    assert not trial.asked.binding.transposed
    asking.does = lambda b: int(b.batch == 0)
    asking.says = lambda b: LATER if b.batch else {}
    came = asking.best(of(*QKV))
    assert came is not None
    assert came.quality == 1


def test_of_all_that_fail_the_one_that_came_farthest_is_kept(
    asking: Asking,
) -> None:
    asking.says = lambda b: {"error": {"line": 3 + 4 * b.batch}}
    trial = asking.best(of(*QKV))
    assert trial is not None
    assert trial.reply == LATER
    asking.says = lambda b: LATER if b.batch else {"error": {"line": None}}
    trial = asking.best(of(*QKV))
    assert trial is not None
    assert trial.reply == LATER
    for batch in (0, 1):

        def says(binding: Binding, batch: int = batch) -> Reply:
            return {"error": {"line": 1}} if binding.batch == batch else {}

        asking.says = says
        trial = asking.best(of(*QKV))
        assert trial is not None
        assert trial.reply == {"error": {"line": 1}}


def test_weights_side_by_side_are_not_asked_for_head_by_head(
    asking: Asking,
) -> None:
    function = of(*QKV, "num_heads")
    for quality, goes_on in ((0, True), (1, True), (2, False)):
        asking.does = lambda _, quality=quality: quality  # type: ignore[misc]
        found = asking.all_of(function)
        assert any(each.by_head for each in found) == goes_on
    untold = of(*QKV, "W_o")
    asking.does = lambda _: 2
    assert any(each.by_head for each in asking.all_of(untold))
    asking.does = lambda binding: 2 if binding.by_head else 1
    apart = [each for each in asking.all_of(function) if each.by_head]
    assert len(apart) == 4  # with and without a batch, square and not


@pytest.mark.parametrize("is_causal", [True, False])
def test_what_agrees_with_nothing_is_taken_for_what_it_shows(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, is_causal: bool
) -> None:
    monkeypatch.setattr(functions, "is_causal", lambda _: is_causal)
    asking.does = lambda binding: 2 if binding.batch else 1
    trial = asking.best(of(*QKV), causal=(False, True))
    assert trial is not None
    found = trial.asked.binding
    assert found.batch == 1
    assert found.step.causal == is_causal
    assert found.twin is not None
    assert found.twin.step.causal != is_causal
    assert found.twin.batch == 1
    told = asking.best(of(*QKV), causal=(False,))
    assert told is not None
    assert told.asked.binding.twin is None
    assert not told.asked.binding.step.causal


def test_what_did_not_come_or_is_causal_has_no_twin(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "is_causal", lambda _: True)
    for quality in (0, 1):
        asking.does = lambda _, quality=quality: quality  # type: ignore[misc]
        trial = asking.best(of(*QKV), causal=(False, True))
        assert trial is not None
        assert (trial.asked.binding.twin is not None) == (quality == 1)
    asking.does = lambda binding: 2 if binding.step.causal else 1
    trial = asking.best(of(*QKV), causal=(False, True))
    assert trial is not None
    assert trial.asked.binding.twin is None
    square = of(*QKV, "num_heads")
    asking.does = lambda b: 2 if SQUARE in b.notes else 1
    trial = asking.best(square, causal=(False, True))
    assert trial is not None
    twin = trial.asked.binding.twin
    assert twin is not None
    assert SQUARE in twin.notes
    assert SQUARE in trial.asked.binding.notes
