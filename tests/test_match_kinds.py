"""Which function could be which step, what its mask means, and blocks."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import pytest

from attnbook.checker.match.blocks import (
    as_block,
    is_block,
    is_taken_for_block,
    may_be_block,
    with_norm,
)
from attnbook.checker.match.chosen import (
    chosen,
    is_loose,
    steps_of,
    unchecked,
    used,
)
from attnbook.checker.match.described import WIDTH, Function
from attnbook.checker.match.masks import required, takes_mask, with_mask
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.match.slots import Array
from attnbook.checker.match.trial import Trial, tried
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.table import step_named
from attnbook.simple import softmax
from attnbook.trainable import scaled_dot_product_attention
from attnbook.vectors import Matrix, matmul, transpose
from tests.checking import asked_by

PLAIN = "POSITIONAL_OR_KEYWORD"
SDPA = "scaled_dot_product_attention"


def takes(*names: str, optional: Sequence[str] = ()) -> list[Parameter]:
    return [
        Parameter(name, PLAIN, optional=name in optional)
        for name in (*names, *optional)
    ]


def function(
    name: str, *names: str, own: bool = True, **other: Any
) -> Function:
    made = Function(name, own, takes(*names) if names else None, {})
    return made._replace(**other)


def found(
    *offered: Function, only: str = "", **names: str
) -> dict[str, list[str]]:
    """Of each chosen function the steps that it could be."""
    return {
        each.name: [step.name for step in steps]
        for each, steps in chosen(offered, names, only)
    }


def test_a_name_tells_which_steps_are_meant() -> None:
    assert [step.name for step in steps_of("Causal_Attention_v2")] == [
        "causal_attention"
    ]
    assert steps_of("colour") == []
    assert found(function("softmax"), function("colour")) == {
        "softmax": ["softmax"]
    }
    assert found(function("softmax", own=False)) == {}
    two = function("softmax"), function("dot")
    assert found(*two, only="dot") == {"dot": ["dot"]}
    assert found(function("softmax"), softmax="softmax") == {
        "softmax": ["softmax"]
    }
    assert found(function("f"), function("g"), softmax="f") == {
        "f": ["softmax"]
    }


def test_a_part_of_a_name_may_say_attention() -> None:
    loose = found(function("my_attention_thing", "q", "k", "v"))
    assert SDPA in loose["my_attention_thing"]
    assert "dot" not in loose["my_attention_thing"]
    for name in ("my_attention_mask", "plot_attention", "head", "my_head"):
        assert found(function(name, "x")) == {}
    head = function("BigHead", methods={"forward": takes("x")}, kind="class")
    assert SDPA in found(head)["BigHead"]
    assert is_loose(function("my_attn", "x"), [
        step_named(name) for name in loose["my_attention_thing"]
    ])  # fmt: skip
    assert not is_loose(function("softmax"), [step_named("softmax")])
    assert not is_loose(function("f"), [step_named("softmax")])
    back = function("A.backward", kind="backward")
    assert is_loose(back, [step_named("softmax")])


def test_what_is_asked_for_must_be_there() -> None:
    offered = function("f"), function("g", own=False)
    for names, only in (({"softmax": "h"}, ""), ({}, "h"), ({}, "h.forward")):
        with pytest.raises(ValueError, match=r"no function h.*it has: f"):
            list(chosen(offered, names, only))
    with pytest.raises(ValueError, match="it has: none"):
        list(chosen(offered[1:], {}, "h"))


def test_a_method_is_asked_for_by_its_class() -> None:
    owner = function("A", methods={"mix": takes("x")}, kind="class")
    ((method, steps),) = chosen([owner], {"softmax": "A.mix"}, "")
    assert method.name == "A.mix"
    assert method.own
    assert method.parameters == takes("x")
    assert [step.name for step in steps] == ["softmax"]


def test_the_methods_of_what_is_made_of_nothing_are_functions() -> None:
    methods = {"softmax": takes("x"), "forward": takes("x")}
    bare = function("Tools", methods=methods, kind="class")
    assert [*found(bare)] == ["Tools.softmax"]
    wide = bare._replace(parameters=takes(optional=("d_in", "colour")))
    ((method, _),) = chosen([wide], {}, "")
    assert method.init == (("d_in", WIDTH),)
    assert found(bare._replace(parameters=takes("d_in"))) == {}
    assert found(bare._replace(own=False)) == {}
    sized = bare._replace(parameters=takes("d_in"))
    assert [*found(sized, function("softmax"))] == ["softmax"]


def test_an_object_of_a_class_that_is_checked_is_not_checked_too() -> None:
    kind = function("SelfAttention", kind="class", methods={})
    made = function("self_attention", kind="object", of="SelfAttention")
    assert [*found(kind, made)] == ["SelfAttention"]
    assert [*found(made._replace(of="Other"))] == ["self_attention"]


def test_a_class_that_goes_back_offers_its_backward() -> None:
    methods = {"forward": takes("q", "k", "v"), "backward": takes("g")}
    owner = function("Attn", kind="class", methods=methods, library="numpy")
    names = found(owner)
    assert names["Attn.backward"] == ["scaled_dot_product_attention_backward"]
    both = [each for each, _ in chosen([owner], {}, "")]
    back = next(each for each in both if each.kind == "backward")
    assert back.parameters == takes("g")
    assert back.methods == {"forward": takes("q", "k", "v")}
    assert back.of == "Attn"
    only = owner._replace(methods={"backward": takes("g")})
    assert "Attn.backward" not in found(only)


def test_a_backward_with_a_cache_is_paired_with_its_forward() -> None:
    forward = function("attention_forward", "q", "k", "v")
    back = function("attention_backward", "grad", "cache")
    both = {e.name: e for e, _ in chosen([forward, back], {}, "")}
    pair = both["attention_backward"]
    assert (pair.kind, pair.of) == ("pair", "attention_forward")
    assert pair.methods == {"forward": takes("q", "k", "v")}
    for other in (
        function("attention_backward", "grad", "weights"),
        function("attention_backward", "grad", "cache", "x"),
    ):
        both = {e.name: e for e, _ in chosen([forward, other], {}, "")}
        assert both["attention_backward"].kind == "function"
    alone = {e.name: e for e, _ in chosen([back], {}, "")}
    assert alone["attention_backward"].kind == "function"
    optional = back._replace(parameters=[
        *takes("grad", "cache"), *takes(optional=["x"]),
    ])  # fmt: skip
    offered = function("attention_other", "x"), forward, optional
    both = {e.name: e for e, _ in chosen(offered, {}, "")}
    assert both["attention_backward"].of == "attention_forward"
    for odd in (
        function("attention", kind="class", methods={"forward": []}),
        function("attention_forward"),
    ):
        both = {e.name: e for e, _ in chosen([odd, back], {}, "")}
        assert both["attention_backward"].kind == "function"
    second = function("attention_fwd", "x")
    both = {e.name: e for e, _ in chosen([forward, second, back], {}, "")}
    assert both["attention_backward"].of == "attention_forward"
    short = function("attention", "q", "k", "v")
    both = {e.name: e for e, _ in chosen([short, back], {}, "")}
    assert both["attention_backward"].of == "attention"


def test_other_attentions_may_be_handed_to_a_class() -> None:
    one = function("MyAttention", kind="class", methods={})
    two = function("MultiHeadAttention", kind="class", methods={})
    beside = {e.name: e.beside for e, _ in chosen([one, two], {}, "")}
    assert beside["MultiHeadAttention"] == ("MyAttention",)
    assert beside["MyAttention"] == ("MultiHeadAttention",)
    others = (
        function("helper", "x"),
        one._replace(name="FarAttention", own=False),
    )
    more = {e.name: e.beside for e, _ in chosen([one, two, *others], {}, "")}
    assert more["MyAttention"] == ("MultiHeadAttention",)


SOURCE = """
a = b = f
c: int = g
def f(x): return h(x)
class K:
    def m(self): return f
async def s(): return K
d, e = f, 1
"""


def test_what_definitions_mention_is_followed() -> None:
    assert used(SOURCE, ["K"]) == {"f", "h"}
    assert used(SOURCE, ["s"]) == {"K", "f", "h"}
    assert {"f", "h"} <= used(SOURCE, ["a"])
    assert {"f", "h"} <= used(SOURCE, ["b"])
    assert "g" in used(SOURCE, ["c"])
    assert "f" in used(SOURCE, ["d"])
    assert used(SOURCE, ["other"]) == set()


def test_what_no_checked_function_uses_is_not_checked() -> None:
    offered = [
        function("f"), function("h"), function("_hidden"), function("K"),
        function("made", kind="object"), function("far", own=False),
    ]  # fmt: skip
    assert unchecked(offered, SOURCE, ["f"]) == ["K"]
    assert unchecked(offered, SOURCE, ["K.m"]) == []
    assert unchecked(offered, SOURCE, []) == ["f", "h", "K"]
    assert unchecked(offered, "%cd x", ["f"]) == ["h", "K"]  # a cell's


Hide = Callable[[Any], Matrix]


def attention(hide: Hide, after: bool = False, low: float = -1e30) -> Any:
    """Attention that takes a mask, which `hide` reads as 1 where it hides."""

    def answer(q: Matrix, k: Matrix, v: Matrix, mask: Any = None) -> Matrix:
        root = sqrt(len(k[0]))
        rows = [[s / root for s in r] for r in matmul(q, transpose(k))]
        if mask is None:
            return matmul([softmax(row) for row in rows], v)
        gone = hide(mask)
        if after:
            weights = [softmax(row) for row in rows]
            return matmul(
                [[0.0 if g else w for g, w in zip(*both, strict=True)]
                 for both in zip(gone, weights, strict=True)], v,
            )  # fmt: skip
        seen = [
            [low if g else s for g, s in zip(*both, strict=True)]
            for both in zip(gone, rows, strict=True)
        ]
        return matmul([softmax(row) for row in seen], v)

    return answer


def keeps(mask: Any) -> Matrix:
    return [[1 - float(x) for x in row] for row in mask]


def hides(mask: Any) -> Matrix:
    assert all(isinstance(x, bool) for row in mask for x in row)
    return [[float(x) for x in row] for row in mask]


def adds(mask: Any) -> Matrix:
    assert all(x in {0.0, -1e9} for row in mask for x in row)
    return [[float(x < -1) for x in row] for row in mask]


def one_axis_more(mask: Any) -> Matrix:
    ((rows),) = mask
    return hides(rows)


MASKABLE = Function("mine", True, takes("q", "k", "v", optional=["mask"]), {})


def meant(answer: Any, function: Function = MASKABLE) -> Trial:
    """What is found out of the mask of such a function."""

    def careful(*arguments: Any) -> Any:
        try:
            return answer(*arguments)
        except (AssertionError, ValueError, TypeError):
            return {"other": "str"}

    asked = asked_by(careful, SDPA)
    trial = tried(asked, asked.binding.step.trial().values)
    assert trial.quality == 3
    return with_mask(trial, function)


@pytest.mark.parametrize(
    ("hide", "meaning", "words"),
    [
        (keeps, "keep", "where it is 1 or True it keeps, 0 hides"),
        (hides, "hide bool", "where it is 1 or True it hides"),
        (adds, "added", "it is added to the scores"),
        (one_axis_more, "hide bool axis", "where it is 1 or True it hides"),
    ],
)
def test_what_a_mask_means_is_found_by_handing_it_over(
    hide: Hide, meaning: str, words: str
) -> None:
    binding = meant(attention(hide)).asked.binding
    assert binding.mask == meaning
    assert binding.notes == (f"its mask: {words}",)
    assert binding.may_lack
    assert binding.fault is None
    assert binding.arrangement.keywords == (("mask", "mask"),)
    assert binding.step.extras


def test_a_mask_of_one_entry_for_each_token_is_padding() -> None:
    def hide(mask: Any) -> Matrix:
        (row,) = mask
        assert all(isinstance(x, bool) for x in row)
        return [[float(x) for x in row]] * 4

    binding = meant(attention(hide)).asked.binding
    assert binding.mask == "hide bool padding axis"
    assert binding.notes[0].startswith("its padding mask: ")


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (attention(lambda _: [[0.0] * 4] * 4), "mask_ignored"),
        (attention(hides, after=True), "mask_after_softmax"),
        (attention(hides, low=0.0), "mask_with_zeros"),
    ],
)
def test_a_mask_that_is_right_in_no_form_is_told_by_what_it_does(
    answer: Any,
    name: str,
) -> None:
    binding = meant(answer).asked.binding
    assert binding.fault is not None
    assert binding.fault[0] == name
    assert binding.mask == ""


def test_a_mask_that_nothing_comes_of_is_left_alone() -> None:
    def refusing(q: Matrix, k: Matrix, v: Matrix, mask: Any = None) -> Any:
        assert mask is None
        return attention(keeps)(q, k, v)

    def ask(request: Request) -> Reply:
        if request["kwargs"].get("mask") is not None:
            return {"error": {}}
        value = refusing(*request["args"])
        return {"value": value, "several": False}

    asked = asked_by(refusing, SDPA)._replace(ask=ask)
    trial = tried(asked, asked.binding.step.trial().values)
    binding = with_mask(trial, MASKABLE).asked.binding
    assert binding.fault is None
    assert binding.notes == ("its `mask` was left alone",)


def test_only_what_agrees_and_takes_a_mask_is_handed_one() -> None:
    right = meant(attention(keeps), Function("mine", True, takes("q"), {}))
    assert right.asked.binding.mask == ""
    asked = asked_by(lambda q, *_: [[0.0]] * len(q), SDPA)
    wrong = Trial(2, asked, {})
    assert with_mask(wrong, MASKABLE) is wrong
    dot = Trial(3, asked_by(lambda *_: 1.0, "dot"), {})
    assert with_mask(dot, MASKABLE) is dot
    assert takes_mask(MASKABLE)
    for name in ("attn_mask", "key_padding", "Mask"):
        assert takes_mask(Function("f", True, takes(name), {}))
    for name in ("use_mask", "is_masked", "colour"):
        assert not takes_mask(Function("f", True, takes(name), {}))
    flag = Parameter("mask", PLAIN, optional=True, default=True)
    assert not takes_mask(Function("f", True, [flag], {}))
    assert not takes_mask(Function("f", True, None, {}))


def causal_with(instead: bool) -> Any:
    """Causal attention whose mask hides more, or other tokens."""

    def answer(
        x: Matrix, Wq: Matrix, Wk: Matrix, Wv: Matrix, mask: Any = None
    ) -> Matrix:
        n = len(x)
        gone = [[float(j > i) for j in range(n)] for i in range(n)]
        if mask is not None:
            more = hides(mask)
            gone = [
                [
                    float(m or (g and not instead))
                    for g, m in zip(*rows, strict=True)
                ]
                for rows in zip(gone, more, strict=True)
            ]
        q, k, v = matmul(x, Wq), matmul(x, Wk), matmul(x, Wv)
        found: Matrix = attention(lambda _: gone)(q, k, v, True)
        return found

    return answer


@pytest.mark.parametrize("instead", [False, True])
def test_a_mask_may_hide_more_or_stand_for_the_causal_one(
    instead: bool,
) -> None:
    def careful(*arguments: Any) -> Any:
        try:
            return causal_with(instead)(*arguments)
        except (AssertionError, ValueError, TypeError):
            return {"other": "str"}

    step = "causal_attention"
    asked = asked_by(careful, step)
    trial = tried(asked, asked.binding.step.trial().values)
    binding = with_mask(trial, MASKABLE).asked.binding
    (note,) = binding.notes
    assert note.endswith("in the place of the causal one") is instead


def test_a_methods_mask_and_one_that_is_none_are_found() -> None:
    def careful(*arguments: Any) -> Any:
        try:
            return attention(hides)(*arguments)
        except (AssertionError, ValueError, TypeError):
            return {"other": "str"}

    call = Arrangement(("queries", "keys", "values", "none"))
    asked = asked_by(careful, SDPA, target="A.forward", arrangement=call)
    trial = tried(asked, asked.binding.step.trial().values)
    owner = Function(
        "A", True, [], {"forward": takes("q", "k", "v", "mask")}, "class"
    )
    binding = with_mask(trial, owner).asked.binding
    assert binding.mask == "hide bool"
    assert binding.arrangement.positional == (
        "queries", "keys", "values", "mask",
    )  # fmt: skip


def test_a_mask_that_must_be_there_hides_nothing() -> None:
    call = Arrangement(("queries", "keys", "values", "mask"))
    asked = asked_by(attention(keeps), SDPA, arrangement=call)
    ways = [each.binding.mask for each in required(asked)]
    assert ways[:3] == ["keep", "hide bool", "keep bool"]
    assert [*required(asked_by(attention(keeps), SDPA))] == []


def layer(row: list[float]) -> list[float]:
    mean = sum(row) / len(row)
    spread = sum((x - mean) ** 2 for x in row) / len(row)
    return [(x - mean) / sqrt(spread + 1e-5) for x in row]


def rms(row: list[float]) -> list[float]:
    size = sqrt(sum(x * x for x in row) / len(row) + 1e-6)
    return [x / size for x in row]


def right(x: Matrix, *W: Matrix) -> Matrix:
    q, k, v = (matmul(x, each) for each in W)
    return scaled_dot_product_attention(q, k, v).context_vecs


def plus(a: Matrix, b: Matrix) -> Matrix:
    return [
        [x + y for x, y in zip(*r, strict=True)]
        for r in zip(a, b, strict=True)
    ]


BLOCKS: dict[str, Callable[..., Matrix]] = {
    "its inputs added after": lambda x, *W: plus(x, right(x, *W)),
    "a layer norm before it": lambda x, *W: right([*map(layer, x)], *W),
    "a layer norm before it, and its inputs added after": (
        lambda x, *W: plus(x, right([*map(layer, x)], *W))
    ),
    "a layer norm before it, and what that gives added after": (
        lambda x, *W: plus([*map(layer, x)], right([*map(layer, x)], *W))
    ),
    "its inputs added after, then a layer norm": (
        lambda x, *W: [*map(layer, plus(x, right(x, *W)))]
    ),
    "an RMS norm before it": lambda x, *W: right([*map(rms, x)], *W),
    "its inputs added after, then an RMS norm": (
        lambda x, *W: [*map(rms, plus(x, right(x, *W)))]
    ),
}
STEP = "trainable_self_attention"
SQUARE = step_named(STEP)._replace(
    axes={"n": (1, 2, 3), "d_in": (4,), "d_k": (4,), "d_v": (4,)}
)


@pytest.mark.parametrize("said", BLOCKS)
def test_a_block_is_right_but_for_what_it_adds(said: str) -> None:
    asked = asked_by(BLOCKS[said], STEP)
    values = SQUARE.trial().values
    trial = as_block(asked, values)
    assert trial is not None
    assert trial.quality == 3
    (note,) = trial.asked.binding.notes
    assert note == f"right attention but for {said}"
    assert is_taken_for_block([note])
    assert trial.asked.expected(values) != asked.expected(values)
    both = {**values, "other": {**values, "inputs": values["inputs"][::-1]}}
    one, two = trial.asked.expected(both)
    assert one == trial.asked.expected(values)
    assert two == one[::-1] or len(two) == len(one)


def test_what_is_no_block_is_none() -> None:
    values = SQUARE.trial().values
    assert as_block(asked_by(lambda x, *_: x[:1], STEP), values) is None
    zeros = asked_by(lambda x, *_: [[0.0] * len(r) for r in x], STEP)
    assert as_block(zeros, values) is None
    narrow = step_named(STEP).trial().values
    width = len(narrow["W_value"][0])
    flat = asked_by(lambda x, *_: [[0.0] * width] * len(x), STEP)
    assert as_block(flat, narrow) is None
    assert not is_taken_for_block(["it is causal"])


def doubled(x: Matrix, *W: Matrix) -> Matrix:
    return [[2 * entry for entry in row] for row in right(x, *W)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, *W: doubled([*map(layer, x)], *W),
         "a layer norm before it"),
        (lambda x, *W: doubled([*map(rms, x)], *W), "an RMS norm before it"),
        (lambda x, *W: plus(x, doubled([*map(layer, x)], *W)),
         "a layer norm before it and its inputs added"),
        (lambda x, *W: plus(x, doubled([*map(rms, x)], *W)),
         "an RMS norm before it and its inputs added"),
    ],
)  # fmt: skip
def test_a_norm_shows_though_the_rest_is_wrong(
    answer: Callable[..., Matrix], said: str
) -> None:
    values = SQUARE.trial().values
    (note,) = with_norm(asked_by(answer, STEP), values).binding.notes
    assert note == f"taken for attention with {said}"
    assert is_taken_for_block([note])


def test_without_a_norm_none_is_seen() -> None:
    values = SQUARE.trial().values
    for answer in (doubled, lambda *_: 1.0, lambda *_: {"other": "set"}):
        assert with_norm(asked_by(answer, STEP), values).binding.notes == ()


def test_names_of_blocks_and_norms_are_known() -> None:
    for name in ("TransformerBlock", "EncoderLayer", "PreNorm", "Residual"):
        assert is_block(name)
    assert not is_block("SelfAttention")
    assert may_be_block("SelfAttention", [Array("norm1.weight", (4,))])
    assert may_be_block("SelfAttention", [Array("block.ln_1", (4,))])
    assert may_be_block("Block", [])
    assert not may_be_block("SelfAttention", [Array("W_q", (4, 4))])
    assert not may_be_block("SelfAttention", [Array("kiln.W", (4, 4))])


def test_a_form_keeps_its_roles_within_a_block() -> None:
    asked = asked_by(BLOCKS["its inputs added after"], STEP)
    trial = as_block(asked, SQUARE.trial().values)
    assert trial is not None
    assert trial.asked.binding.form.roles == asked.binding.form.roles


@pytest.mark.parametrize("epsilon", [1e-5, 1e-6, 1e-12, 1e-7, 1e-8])
@pytest.mark.parametrize("centred", [False, True])
def test_a_norm_is_known_by_the_small_number_in_it(
    epsilon: float,
    centred: bool,
) -> None:
    def norm(row: list[float]) -> list[float]:
        mean = sum(row) / len(row) if centred else 0.0
        spread = sum((x - mean) ** 2 for x in row) / len(row)
        return [(x - mean) / sqrt(spread + epsilon) for x in row]

    values = SQUARE.trial().values
    small = [[x / 500 for x in row] for row in values["inputs"]]
    asked = asked_by(lambda x, *W: right([*map(norm, x)], *W), STEP)
    known = as_block(asked, {**values, "inputs": small}) is not None
    usual = {True: {1e-5, 1e-6, 1e-12}, False: {1e-5, 1e-6, 1e-7, 1e-8}}
    assert known is (epsilon in usual[centred])
