"""A reader's function as one of the steps: what is tried, and what is taken.

Hardly a function is called here: what comes of a way of asking is made up.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import pytest

from attnbook.checker.match import binding as module
from attnbook.checker.match.asked import Asked
from attnbook.checker.match.binding import (
    UNPROMISED,
    UNSAID,
    _best_axes,
    _draws,
    _in_few_sizes,
    _is_cut_before,
    _is_doubtful,
    _is_shown_causal,
    _may_be_causal,
    _object,
    _on_inputs,
    _perhaps_causal,
    _preferred,
    _promised,
    _turned,
    _with_pair,
    bind,
    count_numbers,
    functions,
)
from attnbook.checker.match.chosen import chosen
from attnbook.checker.match.described import Binding, Function, Made
from attnbook.checker.match.functions import Ways
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.match.trial import Trial
from attnbook.checker.reader.lift import PREFIX
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.bare import ON_INPUTS
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.extras import two_sentences
from attnbook.checker.steps.masked import meanings
from attnbook.checker.steps.table import Form, Step, step_named

PLAIN = "POSITIONAL_OR_KEYWORD"
SDPA, CAUSAL = "scaled_dot_product_attention", "causal_attention"
MULTI = "multi_head_attention"
QKV = ("q", "k", "v")
MADE = Made(Layout(()))


def never(_: Request) -> Reply:
    raise AssertionError


def of(
    *names: str, name: str = "attend", kind: str = "function", **other: Any
) -> Function:
    """A function of these; a name with `?` need not be given."""
    found = [
        Parameter(each.rstrip("?"), PLAIN, optional=each.endswith("?"))
        for each in names
    ]
    return Function(name, True, found, other.pop("methods", {}), kind, **other)


def steps(function: Function) -> list[Step]:
    """What its name could mean."""
    ((_, found),) = chosen([function], {}, "")
    return found


def asked(step: str = SDPA, **binding: Any) -> Asked:
    """A way of asking, in a step's first form."""
    wanted = step_named(step)
    form = binding.pop("form", wanted.forms[0])
    call = binding.pop("arrangement", Arrangement(form.roles))
    found = Binding(binding.pop("target", "f"), wanted, form, call)
    return Asked(binding.pop("ask", never), found._replace(**binding))


def trial(
    quality: int,
    reply: Reply | None = None,
    *,
    equal: bool = False,
    **binding: Any,
) -> Trial:
    return Trial(quality, asked(**binding), reply or {}, equal)


def test_a_description_is_read() -> None:
    each = {
        "name": "C", "own": True, "parameters": [["x", PLAIN, False, 3]],
        "methods": {"forward": [["y", PLAIN, True]], "other": None},
        "kind": "class", "library": "torch", "line": 7, "class": "B",
    }  # fmt: skip
    (found,) = functions({"functions": [each], "turning": True})
    assert found == Function(
        "C", True, [Parameter("x", PLAIN, False, 3)],
        {"forward": [Parameter("y", PLAIN, True)], "other": []},
        "class", "torch", 7, "B", turning=True,
    )  # fmt: skip
    (found,) = functions({"functions": [each | {"parameters": None}]})
    assert found.parameters is None
    assert found.turning is False


def test_the_numbers_that_a_call_hands_over_are_counted() -> None:
    values = {"queries": [[1.0, 2.0]], "keys": [[3.0, 4.0], [5.0, 6.0]],
              "values": [[1.0], [2.0]], "d_k": 2}  # fmt: skip
    assert count_numbers(asked().binding, values) == 2 + 4 + 2


# What makes a failure worth telling, the weightiest first.
STOPPED = {"stopped": "time"}
AT_LINE = {"error": {"message": "no", "line": 4}}
PLAIN_ERROR = {"error": {"message": "no", "line": None}}
OF_DTYPE = {"error": {"message": "expected Float but got Double", "line": 4}}
FAILED = [
    trial(0, STOPPED, wrap="numpy"),
    trial(0, AT_LINE, wrap="numpy", equal=True),
    trial(0, OF_DTYPE, wrap="torch32"),
    trial(0, OF_DTYPE, wrap="numpy"),
    trial(0, AT_LINE, wrap="numpy", arrangement=Arrangement((), (), False)),
    trial(0, PLAIN_ERROR, wrap="numpy",
          arrangement=Arrangement((), (), False)),
    trial(0, OF_DTYPE, wrap="numpy", arrangement=Arrangement((), (), False)),
]  # fmt: skip


@pytest.mark.parametrize(("more", "less"), [*combinations(FAILED, 2)])
def test_of_two_failures_the_one_is_told_that_tells_more(
    more: Trial, less: Trial
) -> None:
    for one, other in ((more, less), (less, more)):
        assert _preferred(one, other, ["torch"]) is more


def test_where_no_library_is_imported_lists_tell_as_much() -> None:
    one, other = (trial(1, AT_LINE, wrap=wrap) for wrap in ("list", "torch"))
    assert _preferred(one, other, []) is one
    assert _preferred(one, other, ["torch"]) is other


def test_the_better_trial_is_preferred_and_of_two_good_ones_the_first() -> (
    None
):
    bad, came, wrong, right = map(trial, range(4))
    stopped = trial(2, STOPPED)
    assert _preferred(None, bad, []) is bad
    assert _preferred(bad, came, []) is came
    assert _preferred(came, bad, []) is came
    assert _preferred(right, wrong, []) is right
    assert _preferred(wrong, stopped, []) is wrong
    assert _preferred(trial(1), trial(1, STOPPED), []).reply == STOPPED


def test_where_every_shape_is_compiled_the_ends_of_each_axis_must_do() -> None:
    for wrap in ("jax", "keras"):
        found = _in_few_sizes(asked(wrap=wrap)).binding.step.axes
        all_sizes = step_named(SDPA).axes
        assert found.keys() == all_sizes.keys()
        for axis, sizes in found.items():
            assert sizes == (min(all_sizes[axis]), max(all_sizes[axis]))
    one = asked("scaled_attention_weights", wrap="jax")
    assert _in_few_sizes(one).binding.step.axes["d_v"] == (1,)
    for wrap in ("list", "torch"):
        one = asked(wrap=wrap)
        assert _in_few_sizes(one) is one


def test_a_pair_of_sentences_is_asked_and_answered() -> None:
    found = _with_pair(asked()).binding
    assert found.step.extras == (two_sentences,)
    case = two_sentences(found.step).values
    one, other = found.form.answer(found.step.reference, case)
    assert one != other
    assert one == found.step.forms[0].answer(found.step.reference, case)


class Trying:
    """Notes what is tried, and tells how well it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[Binding] = []
        self.does: Callable[[Binding], int] = lambda _: 0
        self.says: Callable[[Binding], Reply] = lambda _: {}
        self.equal = False
        monkeypatch.setattr(module, "tried", self.tried)
        monkeypatch.setattr(
            module, "on_equal_sizes",
            lambda trial: trial._replace(equal=self.equal),
        )  # fmt: skip

    def tried(self, one: Asked, values: Values) -> Trial:
        assert values == one.binding.step.trial().values
        self.seen.append(one.binding)
        return Trial(self.does(one.binding), one, self.says(one.binding))


@pytest.fixture(name="trying")
def fixture_trying(monkeypatch: pytest.MonkeyPatch) -> Trying:
    return Trying(monkeypatch)


def test_axes_of_a_batch_are_tried_for_arrays(trying: Trying) -> None:
    _best_axes(asked())
    assert [each.batch for each in trying.seen] == [0]
    trying.seen.clear()
    _best_axes(asked(wrap="torch"))
    assert [each.batch for each in trying.seen] == [0, 1, 2]
    trying.seen.clear()
    must = Arrangement(("queries", "keys", "values", "mask"))
    _best_axes(asked(wrap="torch", arrangement=must))
    assert [(each.batch, each.mask) for each in trying.seen] == [
        (0, ""),
        *((1, mask) for mask in ("", *meanings())),
        *((2, mask) for mask in ("", *meanings())),
        *((0, mask) for mask in meanings()),
    ]


def test_what_agrees_or_takes_too_long_is_tried_no_further(
    trying: Trying,
) -> None:
    trying.does = lambda _: 3
    assert _best_axes(asked(wrap="torch")).quality == 3
    trying.does, trying.says = lambda _: 0, lambda _: STOPPED
    assert _best_axes(asked(wrap="torch")).reply == STOPPED
    assert len(trying.seen) == 2


def test_what_agrees_as_a_batch_is_asked_two_sentences(trying: Trying) -> None:
    trying.does = lambda each: 3 if each.batch == 1 else 1
    found = _best_axes(asked(wrap="torch")).asked.binding
    assert found.batch == 1
    assert found.step.extras == (two_sentences,)
    heads = asked("dropout", wrap="torch")
    assert not _best_axes(heads).asked.binding.step.extras
    trying.does = lambda each: 3 if each.mask == "hide" else 2
    must = Arrangement(("queries", "keys", "values", "mask"))
    one = asked(wrap="torch", arrangement=must)
    found = _best_axes(one).asked.binding
    assert (found.batch, found.mask) == (1, "hide")
    trying.does = lambda each: 3 if each.mask and not each.batch else 2
    found = _best_axes(one).asked.binding
    assert (found.batch, found.step.extras) == (0, ())


def test_of_axes_that_agree_nowhere_the_best_is_taken(trying: Trying) -> None:
    trying.does = lambda each: 2 if each.batch == 2 else 1
    assert _best_axes(asked(wrap="torch")).asked.binding.batch == 2
    trying.does = lambda _: 1
    assert _best_axes(asked(wrap="torch")).asked.binding.batch == 0


def test_what_wants_equal_sizes_is_asked_in_those(trying: Trying) -> None:
    trying.does = lambda each: 2 if "d_v" not in each.step.axes else 1
    for is_turned in (False, True):
        one = _turned(asked(), is_turned=is_turned)
        assert one.asked.binding.transposed is is_turned
        assert "d_v" in one.asked.binding.step.axes
    trying.equal = True
    one = _turned(asked(), is_turned=False)
    assert one.quality == 2
    assert "d_v" not in one.asked.binding.step.axes
    assert "keys" in one.asked.binding.step.axes
    trying.does = lambda _: 1
    one = _turned(asked(), is_turned=False)
    assert one.equal
    assert "d_v" in one.asked.binding.step.axes


def telling(*values: float) -> Callable[[Request], Reply]:
    """A program that gives one value after the other."""
    left = iter(values)
    return lambda _: {"value": next(left), "several": False}


def test_a_class_without_weights_draws_none() -> None:
    def draws(*values: float, quality: int = 2, **binding: Any) -> bool:
        return _draws(trial(quality, ask=telling(*values), **binding))

    assert draws(1.0, 2.0, is_class=True)
    assert not draws(1.0, 1.0, is_class=True)
    assert not draws(1.0, 2.0)
    assert not draws(1.0, 2.0, is_class=True, made=MADE)
    assert not draws(1.0, 2.0, is_class=True, quality=1)
    assert not draws(1.0, 2.0, is_class=True, quality=3)


CUT = of(*QKV, name=MULTI)


def test_what_is_given_no_heads_may_be_cut_before() -> None:
    many = [step_named(MULTI)]

    def cut(*names: str, **other: Any) -> bool:
        return _is_cut_before(of(*names, **other), many)

    assert cut(*QKV)
    assert cut("query", "Keys", "values", "scale?")
    assert not cut(*QKV, "num_heads")
    assert not cut("q", "k")
    assert not cut("k", "q", "v")
    assert not cut(*QKV, kind="class")
    assert not _is_cut_before(of(*QKV), [step_named(SDPA)])
    rest = Parameter("rest", "VAR_POSITIONAL", optional=False)
    function = of(*QKV)
    assert _is_cut_before(
        function._replace(parameters=[*(function.parameters or []), rest]),
        many,
    )
    assert not _is_cut_before(of()._replace(parameters=None), many)


def names(found: Sequence[Step]) -> list[str]:
    return [step.name for step in found]


def test_a_name_may_promise_that_later_tokens_are_hidden() -> None:
    both = [step_named(SDPA), step_named(CAUSAL)]

    def promised(*given: str, name: str) -> list[str]:
        return names(_promised(of(*given, name=name), both))

    assert promised(*QKV, name="masked_attention") == [CAUSAL]
    assert promised(*QKV, name="attention") == [SDPA, CAUSAL]
    assert promised(*QKV, "mask", name="masked_attention") == [SDPA, CAUSAL]
    function = of(*QKV, "mask?", name="masked_attention")
    only = [step_named(CAUSAL)]
    assert names(_promised(function, only)) == [CAUSAL, SDPA]
    back = [step_named(f"{CAUSAL}_backward")]
    assert _promised(function, back) == back
    masked = of(*QKV, name="masked_attention")
    parts = [step_named("dropout"), step_named("matmul")]
    assert _promised(masked, parts) == parts
    made = [step_named("matmul"), step_named("transpose")]
    assert _promised(function, made) == made
    plain = [step_named(SDPA)]
    assert _promised(masked, plain) == plain


def test_plain_attention_may_hide_what_is_later() -> None:
    loose = of(*QKV, name="my_attn_fn")
    assert _perhaps_causal(loose, steps(loose)) == steps(loose)
    scaled = of(*QKV, "scale", name="my_attn_fn")
    found = _perhaps_causal(scaled, steps(scaled))
    assert names(found) == [*names(steps(scaled)), CAUSAL]
    assert {form.note for form in found[-1].forms} == {UNPROMISED}
    assert UNPROMISED == "it is causal"
    assert all("queries" in form.roles for form in found[-1].forms)
    assert len(found[-1].forms) == 1
    told = of(*QKV, name="scaled_dot_product_attention")
    *plainly, hiding = _perhaps_causal(told, steps(told))
    assert plainly == steps(told)
    assert hiding.name == CAUSAL
    assert {form.note for form in hiding.forms} == {UNSAID}
    assert "though its name does not say so" in UNSAID
    asked_for = of(*QKV, name="odd")
    plain = [step_named(SDPA)]
    assert _perhaps_causal(asked_for, plain) == plain
    attend = of(*QKV, name="attend")
    assert names(_perhaps_causal(attend, plain)) == [SDPA, CAUSAL]
    many = [step_named(MULTI)]
    assert names(_perhaps_causal(CUT, many)) == [MULTI, SDPA]
    wide = of(*QKV, "num_heads", name=MULTI)
    assert _perhaps_causal(wide, many) == many


def test_what_promised_no_mask_must_show_that_it_hides() -> None:
    form = step_named(CAUSAL).forms[2]._replace(note=UNPROMISED)

    def rows(request: Request) -> Reply:
        values = request["args"][2]
        return {"value": values, "several": False}

    def all_rows(request: Request) -> Reply:
        values = request["args"][2]
        total = [sum(column) for column in zip(*values, strict=True)]
        return {"value": [total for _ in values], "several": False}

    def shown(quality: int, ask: Any, reply: Reply | None = None) -> bool:
        return _is_shown_causal(
            trial(quality, reply, step=CAUSAL, form=form, ask=ask)
        )

    assert shown(3, never)
    assert shown(0, never, STOPPED)
    assert _is_shown_causal(trial(0))
    assert shown(2, rows) is True
    assert shown(2, all_rows) is False
    assert shown(1, never) is False
    assert shown(0, never) is False
    form = form._replace(note=UNSAID)
    assert shown(3, never) is True
    assert shown(0, never, STOPPED) is True
    assert shown(2, rows) is False
    assert shown(1, never) is False


def test_what_a_name_leaves_open_is_asked_both_ways() -> None:
    def open_to(function: Function, *found: str) -> list[bool]:
        wanted = [step_named(name) for name in found] or steps(function)
        return [*_may_be_causal(function, wanted)]

    assert open_to(of("x", name="causal_attention")) == [True]
    assert open_to(of("x", "mask", name="causal_attention")) == [False, True]
    assert open_to(of("x", name="self_attention")) == [False, True]
    assert open_to(of("x", name="my_attn_fn")) == [False, True]
    assert open_to(of("x", name="odd"), CAUSAL) == [True]
    assert open_to(of("x", name="odd"), SDPA, MULTI) == [False, True]


DOUBTED = of(*QKV, name="my_graph_attn")


def doubted(
    quality: int, function: Function = DOUBTED, **binding: Any
) -> bool:
    found = trial(quality, **binding)
    return _is_doubtful(found, function, steps(function))


def test_what_is_named_in_part_and_wrong_may_be_no_attention() -> None:
    for quality in (0, 1, 2):
        assert doubted(quality)
        assert doubted(quality, step=CAUSAL)
        assert not doubted(quality, of(*QKV, name="attention"))
        assert not doubted(quality, step=CAUSAL, made=MADE)
    assert not doubted(3)
    one = asked(CAUSAL)
    shared = one.binding._replace(step=one.binding.step._replace(shared=2))
    found = Trial(2, one._replace(binding=shared), {})
    assert not _is_doubtful(found, DOUBTED, steps(DOUBTED))


def test_a_block_may_hold_more_than_an_attention() -> None:
    block = of("x", name="AttentionBlock", kind="class")
    for quality in (0, 2):
        assert doubted(quality, block, made=MADE)
    assert not doubted(3, block, made=MADE)


def test_a_backward_is_what_its_class_says() -> None:
    back = of("grad", name="Attn.backward", kind="backward",
              methods={"forward": []})  # fmt: skip
    wanted = [step_named(f"{SDPA}_backward")]
    assert not _is_doubtful(trial(0), back, wanted)


def test_what_is_cut_before_is_right_or_no_finding() -> None:
    many = [step_named(MULTI)]
    for quality in (0, 2):
        assert _is_doubtful(trial(quality), CUT, many)
        other = trial(quality, step=MULTI)
        assert not _is_doubtful(other, CUT, many)
    assert not _is_doubtful(trial(3), CUT, many)


def test_a_helper_that_never_comes_is_told_if_its_names_say_what_it_is() -> (
    None
):
    by_chance = Arrangement(("x", "y"), by_name=False)
    dot = of("x", "y", name="dot")
    assert not doubted(0, dot, step="dot")
    assert doubted(0, dot, step="dot", arrangement=by_chance)
    for quality in (1, 2, 3):
        assert not doubted(quality, dot, step="dot", arrangement=by_chance)
    own = of("x", name="self_attention")
    call = Arrangement(("inputs",), by_name=False)
    assert not doubted(0, own, step="self_attention", arrangement=call)


def test_what_is_given_weights_and_says_attention_plainly_is_told() -> None:
    given = Arrangement(("inputs", "W_query", "W_key", "W_value"))
    plain = of("x", "a", "b", "c", name="compute_attn")
    odd = of("x", "a", "b", "c", name="linear_attn")
    step = "trainable_self_attention"
    assert not doubted(0, plain, step=step, arrangement=given)
    assert doubted(1, plain, step=step, arrangement=given)
    assert doubted(0, plain, step=step, arrangement=Arrangement(("inputs",)))
    assert doubted(0, odd, step=step, arrangement=given)


class Whole:
    """What is made of an object, or of a function given its weights."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Any] = []
        self.gives: Trial | None = None
        monkeypatch.setattr(module, "object_trial", self.made)
        monkeypatch.setattr(module, "function_trial", self.made)

    def made(self, ask: Any, function: Function, ways: Any) -> Trial | None:
        assert ask is never
        assert function.name
        self.asked.append(ways)
        return self.gives


@pytest.fixture(name="whole")
def fixture_whole(monkeypatch: pytest.MonkeyPatch) -> Whole:
    return Whole(monkeypatch)


def test_objects_and_functions_are_tried_as_a_whole(whole: Whole) -> None:
    attention = of("x", "W", name="self_attention")
    libraries, turns = ["torch", "numpy"], (False, True)

    def tried_with(function: Function, *found: str) -> Any:
        whole.asked.clear()
        wanted = [step_named(name) for name in found] or steps(function)
        _object(never, function, wanted, libraries, turns)
        return whole.asked

    arrays = ["torch", "torch32", "numpy"]
    assert tried_with(attention) == [
        Ways(["list", *arrays], (False, True), turns)
    ]
    assert tried_with(attention._replace(kind="class")) == [[*arrays, "list"]]
    odd = attention._replace(kind="class", library="`cupy`")
    assert tried_with(odd) == [["list"]]
    own = attention._replace(kind="object", library="numpy")
    assert tried_with(own, SDPA) == [["numpy", "list"]]
    assert tried_with(attention._replace(kind="backward"), SDPA) == []
    assert tried_with(attention._replace(kind="pair"), SDPA) == []
    assert tried_with(attention, "matmul", "dropout") != []
    assert tried_with(attention, "matmul", "transpose") == []


class Candidates:
    """Ways of asking that are offered one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.offered: list[Trial] = []
        self.taken: list[Trial] = []
        monkeypatch.setattr(module, "candidates", self.all_of)
        monkeypatch.setattr(module, "_turned", self.turned)
        monkeypatch.setattr(module, "with_mask", lambda trial, _: trial)

    def all_of(self, *_: Any) -> Iterator[Asked]:
        for each in self.offered:
            self.taken.append(each)
            yield each.asked

    def turned(self, _: Asked, *, is_turned: bool) -> Trial:
        one = self.taken[-1]
        binding = one.asked.binding._replace(transposed=is_turned)
        return one._replace(asked=one.asked._replace(binding=binding))


@pytest.fixture(name="offers")
def fixture_offers(monkeypatch: pytest.MonkeyPatch) -> Candidates:
    return Candidates(monkeypatch)


PLAINLY = of(*QKV, name="attention")


def bound(
    function: Function = PLAINLY, *, transposed: bool | None = False
) -> str | None:
    """The target of what is bound."""
    found = bind(
        never, function, steps(function), ["numpy"], transposed=transposed
    )
    return None if found is None else found.binding.target


def test_the_first_way_that_agrees_is_taken(
    whole: Whole, offers: Candidates
) -> None:
    offers.offered = [
        trial(1, target="came"), trial(2, target="wrong"),
        trial(3, target="right"), trial(3, target="late"),
    ]  # fmt: skip
    assert bound() == "right"
    assert len(offers.taken) == 3
    assert len(whole.asked) == 1
    offers.offered = offers.offered[:2]
    assert bound() == "wrong"
    offers.offered = []
    assert bound() is None


def test_an_object_that_does_well_is_not_taken_apart(
    whole: Whole, offers: Candidates
) -> None:
    offers.offered = [trial(3, target="called")]
    whole.gives = trial(2, target="made", made=MADE)
    assert bound() == "made"
    whole.gives = trial(0, {"unfit": True}, target="made", made=MADE)
    assert bound() == "made"
    assert not offers.taken
    whole.gives = trial(0, target="made", made=MADE)
    assert bound() == "called"


def test_what_draws_its_weights_at_random_is_made_with_some(
    whole: Whole, offers: Candidates
) -> None:
    whole.gives = trial(0, target="made", made=MADE)

    def draws(ask: Any) -> Trial:
        return trial(2, ask=ask, is_class=True, target="drawn")

    offers.offered = [draws(telling(1.0, 2.0))]
    assert bound() == "made"
    offers.offered = [draws(telling(1.0, 1.0))]
    assert bound() == "drawn"
    whole.gives = None
    offers.offered = [draws(never)]
    assert bound() == "drawn"


def test_where_weights_lie_is_handed_on(
    whole: Whole, offers: Candidates
) -> None:
    offers.offered = [trial(3)]
    turns: dict[bool | None, tuple[bool, ...]] = {
        None: (False, True), True: (True,), False: (False,),
    }  # fmt: skip
    for transposed, both in turns.items():
        found = bind(never, PLAINLY, steps(PLAINLY), [], transposed=transposed)
        assert found is not None
        assert found.binding.transposed is bool(transposed)
        assert whole.asked[-1].turns == both


def test_what_only_seems_causal_is_passed_over(
    whole: Whole, offers: Candidates
) -> None:
    form = step_named(CAUSAL).forms[2]._replace(note=UNPROMISED)
    unshown = trial(1, step=CAUSAL, form=form, target="unshown")
    offers.offered = [unshown, trial(0, target="plain")]
    assert bound() == "plain"
    assert len(offers.taken) == 2
    assert whole.asked


def test_a_function_of_the_inputs_alone_may_have_no_weights() -> None:
    causal = step_named(CAUSAL)
    bare = _on_inputs(of("x"), causal)
    assert bare.forms == (*causal.forms, *ON_INPUTS)
    assert _on_inputs(of("x", "scale?"), causal).forms == bare.forms
    for function in (
        of("x", "W"), of(), of()._replace(parameters=None),
        of("x", kind="class"),
    ):  # fmt: skip
        assert _on_inputs(function, causal) is causal
    plain = step_named(SDPA)
    assert _on_inputs(of("x"), plain) is plain


def test_statements_that_hide_what_is_later_are_causal_if_wrong() -> None:
    def first_alone(request: Request) -> Reply:
        return {"value": request["args"][0], "several": False}

    def all_of_them(request: Request) -> Reply:
        rows = request["args"][0]
        total = [sum(column) for column in zip(*rows, strict=True)]
        return {"value": [total for _ in rows], "several": False}

    def hiding(
        quality: int = 2, target: str = f"{PREFIX}1", ask: Any = first_alone,
        form: Form = ON_INPUTS[0],
    ) -> Trial:  # fmt: skip
        return trial(quality, step=CAUSAL, form=form, target=target, ask=ask)

    plain, bare = trial(2, step="self_attention"), hiding()
    assert _preferred(plain, bare, []) is bare
    for other in (
        hiding(target="attend"), hiding(ask=all_of_them), hiding(1),
        hiding(form=step_named(CAUSAL).forms[0]),
    ):  # fmt: skip
        assert _preferred(plain, other, []) is plain
    right = trial(3, step="self_attention")
    assert _preferred(right, hiding(3), []) is right
    assert _preferred(right, bare, []) is right
    came = trial(1, STOPPED, step="self_attention")
    assert _preferred(came, hiding(1), []) is came
    causal = hiding()
    assert _preferred(causal, bare, []) is causal
