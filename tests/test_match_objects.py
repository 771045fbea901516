"""Every way to make an object with weights, and which attempt counts.

No object is made here: each attempt is noted, and told what comes of it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import pytest

from attnbook.checker.match import objects
from attnbook.checker.match.asked import Asked
from attnbook.checker.match.attempt import Sizes
from attnbook.checker.match.described import Binding, Function, Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.match.objects import object_trial
from attnbook.checker.match.sizes import PART
from attnbook.checker.match.slots import Slot
from attnbook.checker.match.trial import Trial
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.table import step_named

PLAIN = "POSITIONAL_OR_KEYWORD"
HELD = Layout((Slot("W", (1, 1), "q", bias=False),))
STOPPED = {"stopped": "time"}


def never(_: Request) -> Reply:
    raise AssertionError


class Attempted(NamedTuple):
    """What an attempt is made of, in the order of the real one's."""

    ask: Any
    function: Function
    init: tuple[tuple[str, str], ...]
    method: str
    wrap: str
    sizes: Sizes
    made: Made


class Came(NamedTuple):
    """What comes of an attempt."""

    quality: int = 0
    reply: Reply = {}  # noqa: RUF012 - it is never changed
    holds: bool = True


Does: TypeAlias = Callable[[Attempted], Came | None]


class Making:
    """Notes the attempts, and tells what comes of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(objects, "Attempt", self.attempt)
        monkeypatch.setattr(objects, "trials", lambda each: each.trials())
        self.seen: list[Attempted] = []
        self.does: Does = lambda _: Came()

    def attempt(self, *given: Any) -> Any:
        at = Attempted(*given)

        class Attempt:
            trials = staticmethod(lambda: self.trials(at))

        return Attempt()

    def trials(self, at: Attempted) -> Iterator[Trial]:
        self.seen.append(at)
        came = self.does(at)
        if came is None:
            return
        step = step_named("multi_head_attention")
        made = at.made._replace(layout=HELD if came.holds else Layout(()))
        binding = Binding(
            "C.forward", step._replace(shared=at.sizes.shared),
            step.forms[0], Arrangement(("inputs",)), at.init,
            wrap=at.wrap, made=made,
        )  # fmt: skip
        yield Trial(came.quality, Asked(never, binding), came.reply)

    def best(
        self, *names: str, wraps: tuple[str, ...] = ("torch",), **other: Any
    ) -> Trial | None:
        self.seen.clear()
        found = [Parameter(name, PLAIN, optional=False) for name in names]
        function = Function("C", True, found, {"forward": []}, "class")
        return object_trial(never, function._replace(**other), wraps)

    def all_of(self, *names: str, **other: Any) -> list[Attempted]:
        self.best(*names, **other)
        return self.seen


@pytest.fixture(name="making")
def fixture_making(monkeypatch: pytest.MonkeyPatch) -> Making:
    return Making(monkeypatch)


def kind(sizes: Sizes) -> str:
    """The sizes in words; what the words promise is looked at."""
    d_in, heads, head_dim = sizes[:3]
    if sizes.wide:
        assert d_in == head_dim != heads > 1
        assert not sizes.square
        return "wide"
    assert sizes.square == (d_in == heads * head_dim)
    assert len({d_in, heads, head_dim}) == 3 or (sizes.square and heads == 1)
    assert not sizes.even or head_dim % 2 == 0
    words = ["one" if heads == 1 else "many"]
    if sizes.shared > 1:
        key_heads, left = divmod(heads, sizes.shared)
        assert not left
        assert len({d_in, heads, key_heads, sizes.shared}) == 4
        words = ["shared"]
    return " ".join(
        [*words, *["square"] * sizes.square, *["even"] * sizes.even]
    )


MANY = ["many", "many square"]
FIXED = ["many square"] * 5
ONE = ["one", "one square"]
SHARED = ["shared", "shared square", "shared even", "shared square even"]


def even(kinds: list[str]) -> list[str]:
    return [f"{each} even" for each in kinds]


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (("d_in", "d_out"), ONE + MANY),
        (("d_model", "num_heads"), [*MANY, *even(MANY), "wide"]),
        (("d_in", "d_out", "num_heads"), MANY + even(MANY)),
        (("d_model", "head_dim", "num_heads"), MANY + even(MANY)),
        (("d_model", "d_k", "num_heads"), MANY + even(MANY)),
        (("config",), [*SHARED, *MANY, *ONE, *even(MANY + ONE), "wide"]),
        (
            ("d_model", "num_heads", "num_kv_heads"),
            [*SHARED, *MANY, *even(MANY), "wide"],
        ),
    ],
)  # fmt: skip
def test_the_sizes_that_show_most_are_tried_first(
    making: Making, names: tuple[str, ...], kinds: list[str]
) -> None:
    found = [kind(each.sizes) for each in making.all_of(*names)]
    assert [*dict.fromkeys(found)] == kinds


def test_where_something_turns_a_head_is_even_too(making: Making) -> None:
    found = making.all_of("d_in", "d_out", turning=True)
    flags = [each.made.unturned for each in found]
    assert flags == sorted(flags)
    assert {*flags} == {False, True}
    first = [kind(each.sizes) for each in found if not each.made.unturned]
    assert [*dict.fromkeys(first)] == ONE + MANY
    kinds = [kind(each.sizes) for each in found]
    assert [*dict.fromkeys(kinds)] == [*ONE, *MANY, *even(ONE + MANY)]
    assert not any(e.made.unturned for e in making.all_of("d_in", "d_out"))


def makings(found: list[Attempted]) -> dict[bool, set[tuple[bool, ...]]]:
    """What sizes mean, for one head and for several."""
    return {
        several: {
            (each.made.each, each.made.whole, each.made.alone)
            for each in found
            if (each.sizes.num_heads > 1) == several
        }
        for several in (False, True)
    }


F, T = False, True


def test_a_width_may_be_of_each_head_or_of_all(making: Making) -> None:
    alone = {(F, F, F)}
    assert makings(making.all_of("d_in", "d_out")) == {
        F: alone, T: {(F, F, F), (T, F, F)},
    }  # fmt: skip
    assert makings(making.all_of("d_model", "d_k"))[T] == {
        (F, F, F), (F, T, F),
    }  # fmt: skip
    assert makings(making.all_of("d_model", "d_k"))[F] == alone
    groups = making.all_of("d_model", "num_heads", "groups")
    assert makings(groups)[T] == {(F, F, F), (F, F, T)}
    assert makings(making.all_of("config"))[T] == {(F, F, F), (F, F, T)}
    for each in making.all_of("d_in", "d_out"):
        assert each.made.square == each.sizes.square
        assert each.made.layout == Layout(())


def test_what_it_is_made_from_and_called_by_is_known(making: Making) -> None:
    (first, *_) = making.all_of("d_in", "d_out")
    assert first.init == (("d_in", "d_in"), ("d_out", "d_out"))
    assert first.method == "forward"
    other = making.all_of("d_in", methods={"attend": [], "compute": []})
    assert {each.method for each in other} == {"attend"}
    assert making.best("d_in", methods={"fit": []}) is None
    assert making.best("unheard_of", "another_unheard_of") is None
    assert making.best("d_in", parameters=None) is not None
    assert making.seen[0].init == ()


def test_the_size_of_a_head_alone_may_be_of_them_all(making: Making) -> None:
    both = {each.init for each in making.all_of("head_dim", "num_heads")}
    heads = ("num_heads", "num_heads")
    assert both == {
        (("head_dim", "head_dim"), heads), (("head_dim", "d_model"), heads),
    }  # fmt: skip
    for more in ("d_in", "d_model", "d_out"):
        found = making.all_of("head_dim", "num_heads", more)
        assert len({each.init for each in found}) == 1
    few = {each.init for each in making.all_of("head_dim")}
    assert few == {(("head_dim", "head_dim"),)}


def test_another_attention_is_handed_over_made_or_as_it_is(
    making: Making,
) -> None:
    found = making.all_of(
        "d_model", "num_heads", "attention", beside=("A", "B")
    )
    parts = [dict(each.init)["attention"] for each in found]
    assert [*dict.fromkeys(parts)] == [
        f"{PART} made: A", f"{PART} as it is: A",
        f"{PART} made: B", f"{PART} as it is: B",
    ]  # fmt: skip
    assert {dict(each.init)["d_model"] for each in found} == {"d_model"}


def test_what_is_sure_ends_the_search(making: Making) -> None:
    for came in (Came(3), Came(0, STOPPED)):
        making.does = lambda _, came=came: came  # type: ignore[misc]
        trial = making.best("d_in", wraps=("a", "b"), turning=True)
        assert trial is not None
        assert len(making.seen) == 1


def test_what_differs_is_asked_in_no_easier_sizes(making: Making) -> None:
    making.does = lambda _: Came(2)
    assert len(making.all_of("d_in", wraps=("a", "b"))) == 1
    making.does = lambda at: Came(2) if at.made.each else Came(1)
    found = making.all_of("d_in", "d_out", wraps=("a", "b"))
    kinds = [kind(each.sizes) for each in found]
    assert kinds == [*ONE, "many", "many"]
    making.does = lambda _: Came(1)
    every = making.all_of("d_in", wraps=("a", "b"))
    assert {each.wrap for each in every} == {"a", "b"}
    assert len(every) == 2 * (len(ONE) + len(MANY) + len(FIXED))
    making.does = lambda _: None
    assert making.best("d_in") is None
    assert len(making.seen) == len(ONE) + len(MANY) + len(FIXED)


def failing(making: Making, *cames: Came, **other: Any) -> Reply:
    """What is told of an object that fails in these ways, one by one."""
    left = iter(cames)
    making.does = lambda _: next(left, None)
    trial = making.best("d_in", **other)
    assert trial is not None
    return trial.reply


def test_of_many_failures_one_tells_most(making: Making) -> None:
    def error(kind: str, **other: Any) -> Reply:
        return {"error": {"type": kind, **other}}

    refused = [Came(0, error(k), holds=False)
               for k in ("ValueError", "AssertionError")]  # fmt: skip
    unmade = Came(0, error("TypeError"), holds=False)
    raised = Came(0, error("ValueError", line=1))
    unfit = Came(0, {"unfit": 2}, holds=False)
    slightly = Came(0, {"unfit": 1}, holds=False)
    missing = Came(0, error("ModuleNotFoundError", missing="jax"))
    for low, high in (
        (refused[0], unfit), (refused[1], unmade), (unfit, raised),
        (unfit, unmade), (raised, missing), (refused[0], raised),
        (slightly, unfit),
    ):  # fmt: skip
        assert failing(making, low, high) == high.reply
        assert failing(making, high, low) == high.reply
    # of two refusals the one of square sizes, which come second
    assert failing(making, *refused) == refused[1].reply
    assert failing(making, *refused, unfit) == unfit.reply
    assert failing(making, raised, Came(1)) == {}
    assert failing(making, Came(1), raised) == {}


def test_an_error_tells_more_with_arrays_than_with_lists(
    making: Making,
) -> None:
    by_list: Reply = {"error": {"type": "TypeError", "missing": "jax"}}
    by_array: Reply = {"error": {"type": "ValueError"}}
    making.does = lambda at: Came(
        0, by_list if at.wrap == "list" else by_array, holds=False
    )
    for wraps in (("list", "torch"), ("torch", "list")):
        trial = making.best("d_in", wraps=wraps)
        assert trial is not None
        assert trial.reply == by_array


NAMES = ("d_model", "num_heads", "num_kv_heads")


def test_keys_that_serve_no_more_queries_are_told(making: Making) -> None:
    raised: Reply = {"error": {"type": "RuntimeError", "line": 3}}

    def serving(came: Came, first: Came = Came(0, raised)) -> Reply:  # noqa: B008
        making.does = lambda at: first if at.sizes.shared > 1 else came
        trial = making.best(*NAMES)
        assert trial is not None
        return trial.reply

    for quality in (1, 2, 3):
        assert serving(Came(quality)) == raised
    assert serving(Came(3), Came(0, raised, holds=False)) == {}
    assert serving(Came(0, {"error": {"missing": "x"}})) != raised
    assert serving(Came(3), Came(2, {"error": "no"})) == {"error": "no"}
    assert serving(Came(3), Came(1, {"error": "no"})) == {}
    assert serving(Came(0), Came(0, STOPPED)) == STOPPED
    making.does = lambda at: Came(3 if at.sizes.shared == 1 else 0, raised)
    found = making.best("d_model", "num_heads")
    assert found is not None
    assert found.quality == 3


def turned(making: Making, **values: Any) -> bool:
    """Whether what turns is asked unturned."""
    qualities, came = values["qualities"], values["came"]

    def answers(request: Request) -> Reply:
        return {"value": came[request.get("unturned", False)]}

    def does(at: Attempted) -> Came:
        return Came(qualities[at.made.unturned])

    making.does = does
    original = making.trials

    def trials(at: Attempted) -> Iterator[Trial]:
        for trial in original(at):
            yield trial._replace(asked=trial.asked._replace(ask=answers))

    making.trials = trials  # type: ignore[method-assign]
    trial = making.best("d_in", turning=True)
    making.trials = original  # type: ignore[method-assign]
    assert trial is not None
    made = trial.asked.binding.made
    assert made is not None
    return made.unturned


def test_what_turns_is_asked_unturned_unless_it_agrees(
    making: Making,
) -> None:
    same, other = {F: [[1.0]], T: [[1.0]]}, {F: [[1.0]], T: [[2.0]]}
    assert turned(making, qualities={F: 2, T: 2}, came=other)
    assert not turned(making, qualities={F: 2, T: 2}, came=same)
    assert not turned(making, qualities={F: 1, T: 1}, came=other)
    assert not turned(making, qualities={F: 2, T: 1}, came=other)
    assert turned(making, qualities={F: 2, T: 3}, came=same)
    assert not turned(making, qualities={F: 3, T: 3}, came=other)


def test_only_what_turns_is_asked_whether_it_does(making: Making) -> None:
    making.does = lambda _: Came(2)  # and asking it would raise
    assert making.best("head_dim", "num_heads") is not None
    making.does = lambda at: Came(2) if at.made.unturned else None
    assert making.best("d_in", turning=True) is not None
