"""One way to make an object: what it holds, how it is asked, what is told.

No object of a reader's is here: a made-up program says which arrays one
holds, and computes with the weights that it is given.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from attnbook.checker.match.described import Binding, Function
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.match.objects import object_trial
from attnbook.checker.match.trial import Trial
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.extras import rate_in_eval, two_sentences
from tests.by_numpy import Array, attend

PLAIN = "POSITIONAL_OR_KEYWORD"
NAMED = ("d_in", "d_out", "num_heads")
Sizes = Mapping[str, Any]
Arrays = Mapping[str, tuple[int, ...]]
Weights = dict[str, Array]


def takes(*names: str) -> list[Parameter]:
    """Parameters; a name with `?` need not be given."""
    return [
        Parameter(each.rstrip("?"), PLAIN, optional=each.endswith("?"))
        for each in names
    ]


class Program:
    """Makes one object, and calls it."""

    def __init__(
        self,
        holds: Callable[[Sizes], Arrays],
        gives: Callable[..., Any],
        **told: Any,
    ) -> None:
        self.holds, self.gives, self.told = holds, gives, told
        self.made: list[Request] = []
        self.calls: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        if request["do"] == "make":
            self.made.append(request)
            return {"held": [*self.held(request["init"])]}
        assert request["do"] == "call"
        self.calls.append(request)
        weights = {
            path: np.array(value, dtype=float)
            for path, value in request["weights"].items()
        }
        given = {"init": request["init"], **request["kwargs"]}
        try:
            found = self.gives(weights, *request["args"], **given)
        except (ValueError, KeyError, IndexError) as error:
            return {"error": {"message": str(error), "line": 7}}
        return {"value": found.tolist(), "several": False, "printed": False}

    def held(self, sizes: Sizes) -> Any:
        for path, shape in self.holds(sizes).items():
            each = {
                "path": path,
                "shape": shape,
                "owner": "",
                "registered": True,
                "mask": False,
                "weighs": True,
            }
            yield each | self.told.get(path, {})  # fmt: skip


def heads_of(
    W: Weights, x: Any, h: int, *, causal: bool, out: bool = True
) -> Array:
    """Attention of several heads, of one sentence or of several."""
    rows = np.array(x, dtype=float)
    if rows.ndim == 3:
        each = [heads_of(W, one, h, causal=causal, out=out) for one in rows]
        return np.stack(each)
    q, k, v = (np.split(rows @ W[f"W_{n}"], h, axis=1) for n in "qkv")
    parts = [
        attend(*each, causal=causal) for each in zip(q, k, v, strict=True)
    ]
    merged = np.concatenate(parts, axis=1)
    return np.asarray(merged @ W["W_o"] if out else merged)


def wide(sizes: Sizes) -> Arrays:
    d_in, d_out = sizes["d_in"], sizes["d_out"]
    three = {f"W_{n}": (d_in, d_out) for n in "qkv"}
    return {**three, "W_o": (d_out, d_out)}


def causal_heads(W: Weights, x: Any, *, init: Sizes) -> Array:
    return heads_of(W, x, init["num_heads"], causal=True)


def all_heads(W: Weights, x: Any, *, init: Sizes) -> Array:
    return heads_of(W, x, init["num_heads"], causal=False)


def asked(
    program: Program,
    name: str = "Heads",
    init: tuple[str, ...] = NAMED,
    call: tuple[str, ...] = ("x",),
    wrap: str = "numpy",
    **methods: list[Parameter],
) -> Trial:
    """What comes of the object of this program."""
    every = {"forward": takes(*call), **methods}
    function = Function(name, True, takes(*init), every, "class")
    found = object_trial(program, function, [wrap])
    assert found is not None
    return found


def bound(program: Program, **other: Any) -> Binding:
    """How it is asked, and that it agrees so."""
    found = asked(program, **other)
    assert found.quality == 3
    return found.asked.binding


@pytest.mark.parametrize(
    ("gives", "step", "sight"),
    [
        (causal_heads, "multi_head_attention", "it is causal"),
        (all_heads, "full_multi_head_attention", "every token sees all"),
    ],
)
def test_an_object_that_agrees_is_told_by_what_it_is(
    gives: Callable[..., Any], step: str, sight: str
) -> None:
    program = Program(wide, gives)
    binding = bound(program)
    assert binding.step.name == step
    assert binding.target == "Heads.forward"
    assert binding.is_class
    assert binding.wrap == "numpy"
    assert binding.arrangement == Arrangement(("inputs",))
    assert any(note.startswith(sight) for note in binding.notes)
    assert binding.fault is None
    assert binding.backward is None
    assert binding.cache == ()
    assert {each["init"]["num_heads"] for each in program.made} == {2}


def calls_of(found: Trial) -> Binding:
    return found.asked.binding


def halved(W: Weights, x: Any, *, init: Sizes, causal: bool = False) -> Array:
    """Wrong: everything is half as large."""
    return heads_of(W, x, init["num_heads"], causal=causal) / 2


def causal_halved(W: Weights, x: Any, *, init: Sizes) -> Array:
    return halved(W, x, init=init, causal=True)


def test_what_is_wrong_is_causal_by_sight_unless_its_name_says() -> None:
    for gives, sight in ((halved, False), (causal_halved, True)):
        found = asked(Program(wide, gives))
        assert found.quality == 2
        binding = found.asked.binding
        assert binding.step.causal is sight
        assert binding.twin is not None
        assert binding.twin.step.causal is not sight
        assert binding.twin.arrangement == binding.arrangement
        assert binding.twin.batch == binding.batch
    promised = asked(Program(wide, halved), name="CausalHeads")
    assert promised.asked.binding.step.causal
    assert promised.asked.binding.twin is None


KEPT = {"mask": True, "weighs": False}


@pytest.mark.parametrize(
    ("path", "promises"), [("later", True), ("inner.later", False)]
)
def test_a_mask_that_is_kept_promises_to_hide(
    path: str, promises: bool
) -> None:
    def holds(sizes: Sizes) -> Arrays:
        return {**wide(sizes), path: (8, 8)}

    binding = asked(Program(holds, halved, **{path: KEPT})).asked.binding
    assert binding.step.causal is promises
    other = asked(Program(holds, halved, **{path: KEPT}), call=("x", "mask?"))
    assert not other.asked.binding.step.causal


def test_a_name_promises_nothing_where_a_mask_is_handed_over() -> None:
    binding = bound(Program(wide, all_heads), name="CausalHeads",
                    call=("x", "mask?"))  # fmt: skip
    assert not binding.step.causal
    assert bound(Program(wide, causal_heads), name="CausalHeads").step.causal


def test_a_mask_that_must_be_there_is_tried_in_every_form() -> None:
    def hiding(W: Weights, x: Any, mask: Any, *, init: Sizes) -> Array:
        if np.array(mask).dtype != bool or np.array(mask).any():
            raise ValueError(mask)
        return all_heads(W, x, init=init)

    binding = bound(Program(wide, hiding), call=("x", "mask"))
    assert binding.mask.split()[0] == "hide"
    assert "bool" in binding.mask
    assert binding.arrangement.positional == ("inputs", "mask")


def of_axes(*shape: Any) -> Callable[..., Array]:
    """What takes such axes and no others; a batch second is turned."""

    def gives(W: Weights, x: Any, *, init: Sizes) -> Array:
        rows = np.array(x, dtype=float)
        if rows.ndim != len(shape):
            raise ValueError(rows.shape)
        second = shape[1:2] == ("batch",)
        found = all_heads(
            W, rows.swapaxes(0, 1) if second else rows, init=init
        )
        return found.swapaxes(0, 1) if second else found

    return gives


@pytest.mark.parametrize(
    ("axes", "batch", "second", "note"),
    [
        (("batch", "tokens", "d"), 1, False, "a batch axis first"),
        (("tokens", "batch", "d"), 1, True,
         "a batch axis second: (tokens, batch, width)"),
        (("tokens", "d"), 0, False, "every token sees all tokens"),
    ],
)  # fmt: skip
def test_the_axes_of_a_batch_are_found_out(
    axes: tuple[str, ...], batch: int, second: bool, note: str
) -> None:
    binding = bound(Program(wide, of_axes(*axes)))
    assert (binding.batch, binding.second) == (batch, second)
    assert binding.step.extras == (two_sentences,) * batch
    assert note in binding.notes
    step = binding.step
    pair = two_sentences(step).values
    both = binding.form.answer(step.reference, pair)
    assert both[0] != both[1]


def test_a_number_of_heads_that_is_not_told_is_the_only_one_asked() -> None:
    def one(W: Weights, x: Any, *, init: Sizes) -> Array:
        return causal_heads(W, x, init={**init, "num_heads": 1})

    binding = bound(Program(wide, one), init=("d_in", "d_out"))
    assert binding.step.axes["heads"] == (1,)
    assert "num_heads" in binding.form.roles
    many = bound(Program(wide, causal_heads)).step.axes["heads"]
    assert len(many) > 1


def test_a_rate_must_do_nothing_in_eval() -> None:
    init = ("d_in", "d_out", "num_heads", "dropout")
    program = Program(wide, causal_heads)
    binding = bound(program, init=init)
    assert binding.step.extras == (two_sentences, rate_in_eval)
    assert program.made[0]["init"]["dropout"] == 0.0


def test_a_configuration_brings_heads_and_a_rate() -> None:
    def of(config: Any) -> Sizes:
        sizes = config["config"]["config"]
        return {role: sizes[role.replace("_", "")] for role in NAMED}

    program = Program(
        lambda init: wide(of(init)),
        lambda W, x, init: causal_heads(W, x, init=of(init)),
    )
    binding = bound(program, init=("config",))
    assert binding.step.extras == (two_sentences, rate_in_eval)
    assert len(binding.step.axes["heads"]) > 1


def test_an_object_is_made_in_its_sizes() -> None:
    program = Program(wide, causal_heads)
    bound(program)
    request = program.made[0]
    assert request["target"] == "Heads"
    assert request["init"] == {"d_in": 5, "d_out": 6, "num_heads": 2}
    assert request["wrap"] == "numpy"
    assert request["unturned"] is False
    assert request["constants"]


def one_head(W: Weights, x: Any, *, init: Sizes) -> Array:
    assert init
    return heads_of(W, x, 1, causal=True, out=False)


def test_values_may_have_a_width_of_their_own() -> None:
    def holds(sizes: Sizes) -> Arrays:
        d_in, d_k, d_v = (sizes[name] for name in ("d_in", "d_k", "d_v"))
        return {"W_q": (d_in, d_k), "W_k": (d_in, d_k), "W_v": (d_in, d_v)}

    program = Program(holds, one_head)
    binding = bound(program, init=("d_in", "d_k", "d_v"))
    assert binding.step.name == "causal_attention"
    assert {"d_in", "d_k", "d_v"} <= binding.step.axes.keys()
    first = program.made[0]["init"]
    assert len({*first.values()}) == 3


def test_each_head_may_be_as_wide_as_the_inputs() -> None:
    def holds(sizes: Sizes) -> Arrays:
        width = sizes["d_model"]
        d_out = width * sizes["num_heads"]
        three = {f"W_{n}": (width, d_out) for n in "qkv"}
        return {**three, "W_o": (d_out, width)}

    program = Program(holds, causal_heads)
    binding = bound(program, init=("d_model", "num_heads"))
    assert "each head is as wide as the inputs" in binding.notes
    assert "asked with square weights only" not in binding.notes
    for case in binding.step.cases(seed=5)[::9]:
        assert np.shape(case.values["W_out"])[1] == case.sizes["head_dim"]


def test_square_weights_are_asked_where_they_must_be() -> None:
    def holds(sizes: Sizes) -> Arrays:
        width = sizes["embed_dim"]
        return {f"W_{n}": (width, width) for n in "qkvo"}

    program = Program(holds, causal_heads)
    binding = bound(program, init=("embed_dim", "num_heads"))
    assert "asked with square weights only" in binding.notes
    assert [*binding.step.axes] == ["n", "heads", "head_dim"]


def with_key_heads(
    W: Weights, x: Any, *, init: Sizes, count: int = 0
) -> Array:
    heads = init["num_heads"]
    count = count or init["num_kv_heads"]
    served = {
        f"W_{n}": np.concatenate(
            [part for part in np.split(W[f"W_{n}"], count, axis=1)
             for _ in range(heads // count)], axis=1)
        for n in "kv"
    }  # fmt: skip
    return heads_of(W | served, x, heads, causal=True)


def narrow(sizes: Sizes, count: int) -> Arrays:
    width = sizes["d_out"] // sizes["num_heads"] * count
    return {**wide(sizes), **{f"W_{n}": (sizes["d_in"], width) for n in "kv"}}


def test_heads_of_queries_may_share_keys_as_they_are_told() -> None:
    program = Program(lambda s: narrow(s, s["num_kv_heads"]), with_key_heads)
    init = ("d_in", "d_out", "num_heads", "num_kv_heads")
    binding = bound(program, init=init)
    assert binding.step.shared == 2
    assert "key_heads" in binding.form.roles
    assert any("share one of keys" in note for note in binding.notes)


def test_all_heads_of_queries_may_share_one_of_keys() -> None:
    program = Program(
        lambda s: narrow(s, 1),
        lambda W, x, init: with_key_heads(W, x, init=init, count=1),
    )
    assert bound(program).step.shared == 0
    assert bound(Program(wide, causal_heads)).step.shared == 1


RAISES = {"error": {"type": "TypeError", "message": "no", "line": 3}}


class Unmade(Program):
    """Makes no object, and says why."""

    def __call__(self, request: Request) -> Reply:
        assert request["do"] == "make"
        self.made.append(request)
        return RAISES


@pytest.mark.parametrize(
    ("name", "init", "step"),
    [
        ("Heads", NAMED, "full_multi_head_attention"),
        ("CausalHeads", NAMED, "stacked_heads"),
        ("Attend", ("d_in", "d_out"), "trainable_self_attention"),
        ("CausalAttend", ("d_in", "d_out"), "causal_attention"),
    ],
)
def test_what_cannot_be_made_is_the_likeliest_step(
    name: str, init: tuple[str, ...], step: str
) -> None:
    found = asked(Unmade(wide, all_heads), name=name, init=init)
    assert found.quality == 0
    assert found.reply == RAISES
    binding = found.asked.binding
    assert binding.step.name == step
    assert binding.target == f"{name}.forward"
    assert binding.is_class
    assert binding.wrap == "numpy"
    assert binding.made is not None
    assert binding.made.error == RAISES["error"]
    assert not binding.made.layout.slots
    assert binding.arrangement == Arrangement(("inputs",))
    if not binding.made.square:
        assert "d_in" in binding.step.axes


def test_weights_that_are_not_found_are_told() -> None:
    def odd(_: Sizes) -> Arrays:
        return {"table": (7, 11)}

    found = asked(Program(odd, all_heads))
    assert found.quality == 0
    assert "keeps its weights where" in found.reply["error"]["message"]
    assert found.reply["unfit"] == 2
    nothing = {"table": {"weighs": False}}
    function = Function("Heads", True, takes(*NAMED),
                        {"forward": takes("x")}, "class")  # fmt: skip
    for program in (
        Program(odd, all_heads, **nothing),
        Program(odd, all_heads, table={"mask": True}),
        Program(lambda _: {}, all_heads),
    ):
        assert object_trial(program, function, ["numpy"]) is None


def of_length(kind: str) -> Callable[..., Array]:
    """What takes no sentence but one as long as the context."""

    def gives(W: Weights, x: Any, *, init: Sizes) -> Array:
        if len(x) != init["context_length"]:
            raise KeyError(kind)
        return causal_heads(W, x, init=init)

    return gives


class Refusing(Program):
    """Says of what kind each error is."""

    def __call__(self, request: Request) -> Reply:
        reply = super().__call__(request)
        if "error" in reply:
            kind = reply["error"]["message"].strip("'")
            return {"error": {**reply["error"], "type": kind}}
        return reply


LONG = (*NAMED, "context_length")


def test_a_mask_that_is_not_cut_is_a_fault() -> None:
    binding = bound(Refusing(wide, of_length("RuntimeError")), init=LONG)
    assert binding.fault is not None
    assert binding.fault[0] == "mask_not_cut"
    assert binding.made is not None
    assert binding.made.context_length is None


def test_a_length_that_is_refused_in_words_is_none() -> None:
    binding = bound(Refusing(wide, of_length("ValueError")), init=LONG)
    assert binding.fault is None
    assert "it takes no sentence but the longest" in binding.notes


def test_what_never_comes_through_is_told_as_it_raised() -> None:
    def never(*_: Any, **__: Any) -> Array:
        raise KeyError("RuntimeError")

    program = Refusing(wide, never)
    found = asked(program)
    assert found.quality == 0
    assert found.asked.binding.fault is None
    assert found.reply["error"]["line"] == 7
    named, untold = Program(square, never), Program(unnamed, never)
    for each in (named, untold):
        asked(each, init=OF_BLOCK)
    assert len(untold.calls) <= 2 * len(named.calls)  # and of 96 layouts


def of_inner(sizes: Sizes) -> Arrays:
    return {**wide(sizes), "extra1": (sizes["d_out"], 7),
            "extra2": (7, sizes["d_out"])}  # fmt: skip


def fed_forward(W: Weights, x: Any, *, init: Sizes, factor: int = 1) -> Array:
    """A feed-forward after it, drawn at random where nobody sets it."""
    found = all_heads(W, x, init=init)
    width = found.shape[-1]
    one, two = (
        W.get(name, np.array(DRAWN.normal(size=shape)))
        for name, shape in (("extra1", (width, 7)), ("extra2", (7, width)))
    )
    one, two = (
        np.broadcast_to(each, shape)
        for each, shape in ((one, (width, 7)), (two, (7, width)))
    )
    return np.asarray(factor * (found + np.maximum(found @ one, 0) @ two))


DRAWN = np.random.default_rng(7)


def test_what_lies_behind_an_attention_is_set_to_nothing() -> None:
    binding = bound(Program(of_inner, fed_forward))
    assert "its other weights, as `extra1`, set to 0" in binding.notes
    assert binding.made is not None
    assert binding.made.layout.others == ("extra1", "extra2")


def test_what_holds_more_and_agrees_in_no_way_is_left_alone() -> None:
    def doubled(W: Weights, x: Any, *, init: Sizes) -> Array:
        if init["d_in"] != 5:
            raise ValueError(init)
        return fed_forward(W, x, init=init, factor=2)

    found = asked(Program(of_inner, doubled))
    assert found.quality == 0
    assert found.reply["unfit"] == 4
    message = found.reply["error"]["message"]
    assert message == "holds more weights than an attention does (`extra1`)"


def test_more_weights_that_do_nothing_are_no_matter() -> None:
    def deaf(W: Weights, x: Any, *, init: Sizes) -> Array:
        return halved(W, x, init=init)

    found = asked(Program(of_inner, deaf))
    assert found.quality == 2
    vector = asked(
        Program(
            lambda s: {**wide(s), "shift": (s["d_in"],)},
            lambda W, x, init: (
                halved(W, x, init=init)
                + W.get("shift", DRAWN.normal(size=1)).sum()
            ),
        )
    )
    assert vector.quality == 2


def normed_first(W: Weights, x: Any, *, init: Sizes) -> Array:
    """A norm before the attention, whose inputs are added after it."""
    rows = np.array(x, dtype=float)
    mean = rows.mean(-1, keepdims=True)
    spread = np.sqrt(rows.var(-1, keepdims=True) + 1e-5)
    return np.asarray(rows + all_heads(W, (rows - mean) / spread, init=init))


def square(sizes: Sizes) -> Arrays:
    width = sizes["d_model"]
    return {f"W_{n}": (width, width) for n in "qkvo"}


def with_norm(sizes: Sizes) -> Arrays:
    width = sizes["d_model"]
    return {**square(sizes), "norm.weight": (width,), "norm.bias": (width,)}


STRAIGHT = {f"W_{n}": {"owner": "Dense"} for n in "qkvo"}
OF_BLOCK = ("d_model", "num_heads")


@pytest.mark.parametrize(
    ("name", "holds"), [("AttentionBlock", square), ("Attention", with_norm)]
)
def test_a_block_is_known_by_its_name_or_by_its_norm(
    name: str, holds: Callable[[Sizes], Arrays]
) -> None:
    binding = bound(
        Program(holds, normed_first, **STRAIGHT), name=name, init=OF_BLOCK
    )
    assert any("but for" in note for note in binding.notes)
    found = asked(Program(square, normed_first, **STRAIGHT), name="Attention",
                  init=OF_BLOCK)  # fmt: skip
    assert found.quality == 2
    assert not found.asked.binding.block


def test_a_wrong_block_is_taken_for_one() -> None:
    def wrong(W: Weights, x: Any, *, init: Sizes) -> Array:
        h = init["num_heads"]
        return np.asarray(x + heads_of(W, x, h, causal=False) / h)

    found = asked(Program(square, wrong, **STRAIGHT), name="AttentionBlock",
                  init=OF_BLOCK)  # fmt: skip
    assert found.quality == 2
    assert found.asked.binding.block


def test_a_norm_that_matters_in_no_known_block_is_too_much() -> None:
    def around(W: Weights, x: Any, *, init: Sizes) -> Array:
        if init["d_model"] != 6:
            raise ValueError(init)
        found = all_heads(W, x, init=init) ** 2
        scale = W.get("norm.weight", np.array(1.0))
        return np.asarray(found * scale + 0.3)

    found = asked(Program(with_norm, around, **STRAIGHT), init=OF_BLOCK)
    assert found.quality == 0
    assert "has a norm" in found.reply["error"]["message"]

    def unnormed(W: Weights, x: Any, *, init: Sizes) -> Array:
        return np.asarray(all_heads(W, x, init=init) ** 2 + 0.3)

    assert (
        asked(Program(with_norm, unnormed, **STRAIGHT), init=OF_BLOCK).quality
        == 2
    )


def test_parameters_of_a_cache_and_a_backward_are_noted() -> None:
    call = ("x", "kv_cache?", "past_key?", "layer_past?", "verbose?")
    for taken, whole in ((("grad",), True), (("grad", "x"), False),
                         (("grad", "x?"), True), ((), False)):  # fmt: skip
        binding = bound(Program(wide, causal_heads), call=call,
                        backward=takes(*taken))  # fmt: skip
        assert binding.cache == ("kv_cache", "past_key", "layer_past")
        assert binding.backward is whole


def test_a_weight_that_is_not_registered_is_a_fault() -> None:
    program = Program(wide, causal_heads, W_k={"registered": False})
    fault = bound(program).fault
    assert fault is not None
    assert fault[0] == "not_registered"


def unnamed(sizes: Sizes) -> Arrays:
    width = sizes["d_model"]
    return dict.fromkeys(("m1", "m2", "m3", "m4"), (width, width))


def in_order(*order: str) -> Callable[..., Array]:
    """What has its four weights under these names: q, k, v and out."""

    def gives(W: Weights, x: Any, *, init: Sizes) -> Array:
        named = dict(zip(("W_q", "W_k", "W_v", "W_o"), order, strict=True))
        given = {name: W[path] for name, path in named.items()}
        return all_heads(given, x, init=init)

    return gives


def letters(binding: Binding) -> dict[str, str]:
    """What each array is taken for."""
    assert binding.made is not None
    return {slot.path: slot.letters for slot in binding.made.layout.slots}


ORDER = ("m3", "m1", "m2", "m4")


def test_weights_without_names_are_told_by_what_they_do() -> None:
    program = Program(unnamed, in_order(*ORDER))
    binding = bound(program, init=OF_BLOCK)
    assert letters(binding) == dict(zip(ORDER, "qkvo", strict=True))


def test_what_is_wrong_has_its_values_where_they_are_mixed() -> None:
    right = in_order(*ORDER)

    def wrong(W: Weights, x: Any, *, init: Sizes) -> Array:
        if init["d_model"] != 6:
            raise ValueError(init)
        return np.asarray(right(W, x, init=init) / 2)

    found = asked(Program(unnamed, wrong), init=OF_BLOCK)
    assert found.quality == 2
    assert letters(found.asked.binding)["m2"] == "v"


def test_of_many_layouts_those_are_tried_that_mix_values() -> None:
    def wrong(W: Weights, x: Any, *, init: Sizes) -> Array:
        if init["d_model"] != 6:
            raise ValueError(init)
        return in_order(*ORDER)(W, x, init=init) / 2

    program = Program(unnamed, wrong)
    assert asked(program, init=OF_BLOCK).quality == 2
    first = [e for e in program.calls if e["init"]["d_model"] == 6]
    assert len(first) < 96 * 6  # not every layout in every way


def three(sizes: Sizes) -> Arrays:
    width = sizes["d_model"]
    return dict.fromkeys(("m1", "m2", "m3"), (width, width))


DENSE = {each: {"owner": "Dense"} for each in ("m1", "m2", "m3")}


def test_of_few_layouts_that_is_taken_whose_values_are_mixed() -> None:
    def wrong(W: Weights, x: Any, *, init: Sizes) -> Array:
        given = {"W_q": W["m3"], "W_k": W["m1"], "W_v": W["m2"]}
        h = init["num_heads"]
        return heads_of(given, x, h, causal=False, out=False) / 2

    found = asked(Program(three, wrong, **DENSE), init=OF_BLOCK)
    assert found.quality == 2
    assert letters(found.asked.binding)["m2"] == "v"


def test_what_agrees_is_asked_no_further() -> None:
    program = Program(square, causal_heads, **STRAIGHT)
    bound(program, name="CausalHeads", init=OF_BLOCK)
    first = [e for e in program.calls if e["init"]["d_model"] == 6]
    assert len(first) < 3  # not with every axis of a batch


def noisy(W: Weights, x: Any, *, init: Sizes) -> Array:
    found = all_heads(W, x, init=init)
    return np.asarray(found + DRAWN.normal(size=found.shape))


def test_what_draws_at_random_is_wrong_and_holds_no_more_for_that() -> None:
    assert asked(Program(wide, noisy)).quality == 2


def test_what_has_another_shape_may_hold_more_than_an_attention() -> None:
    def doubled(W: Weights, x: Any, *, init: Sizes) -> Array:
        found = fed_forward(W, x, init=init)
        return np.concatenate([found, found], axis=-1)

    found = asked(Program(of_inner, doubled))
    assert found.quality == 0
    assert found.reply["unfit"] == 4
    plain = asked(Program(wide, lambda W, x, init: np.concatenate(
        2 * [all_heads(W, x, init=init)], axis=-1
    )))  # fmt: skip
    assert plain.quality == 1


def test_tokens_that_were_sentences_are_asked_with_the_whole_context() -> None:
    def gives(W: Weights, x: Any, *, init: Sizes) -> Array:
        batch, tokens, _ = np.shape(x)
        if tokens not in {1, init["context_length"]}:
            raise KeyError(batch)
        return causal_heads(W, x, init=init)

    binding = bound(Program(wide, gives), init=LONG)
    assert not binding.second
    assert binding.batch == 1
    assert binding.fault is not None
    assert binding.fault[0] == "mask_not_cut"


def test_what_is_right_for_several_heads_alone_is_causal_by_no_sight() -> None:
    def several(W: Weights, x: Any, *, init: Sizes) -> Array:
        if init["num_heads"] == 1:
            raise ValueError(init)
        return halved(W, x, init=init)

    found = asked(Program(wide, several))
    assert found.quality == 2
    assert found.asked.binding.twin is None


def test_a_norm_that_matters_in_a_block_is_none_too_many() -> None:
    def block(W: Weights, x: Any, *, init: Sizes) -> Array:
        rows = np.array(x, dtype=float)
        h = init["num_heads"]
        rows = rows * W.get("norm.weight", 1)
        return np.asarray(x + heads_of(W, rows, h, causal=False) / h)

    found = asked(Program(with_norm, block, **STRAIGHT),
                  name="AttentionBlock", init=OF_BLOCK)  # fmt: skip
    notes = found.asked.binding.notes
    assert any(note.startswith("taken for attention") for note in notes)
    assert found.quality == 2


class Turning(Program):
    """Turns queries and keys, unless it is asked not to."""

    def __call__(self, request: Request) -> Reply:
        reply = super().__call__(request)
        if "value" in reply and not request.get("unturned"):
            return {**reply, "value": (np.array(reply["value"]) / 2).tolist()}
        return reply


def unturned(program: Program, *init: str) -> Binding:
    function = Function("Heads", True, takes(*init), {"forward": takes("x")},
                        "class", turning=True)  # fmt: skip
    found = object_trial(program, function, ["numpy"])
    assert found is not None
    assert found.quality == 3
    binding = found.asked.binding
    assert binding.made is not None
    assert binding.made.unturned
    return binding


def test_what_turns_is_asked_even_heads_where_it_was_made_with_one() -> None:
    odd = unturned(Turning(wide, causal_heads), *NAMED)
    assert any(size % 2 for size in odd.step.axes["head_dim"])

    def one(W: Weights, x: Any, *, init: Sizes) -> Array:
        return causal_heads(W, x, init={**init, "num_heads": 1})

    even = unturned(Turning(square, one, **STRAIGHT), "d_model")
    assert not any(size % 2 for size in even.step.axes["head_dim"])
    still = bound(Program(square, one, **STRAIGHT), init=("d_model",))
    assert any(size % 2 for size in still.step.axes["head_dim"])


def test_heads_that_must_be_even_are_asked_even() -> None:
    def in_pairs(W: Weights, x: Any, *, init: Sizes) -> Array:
        if init["d_out"] // init["num_heads"] % 2:
            raise ValueError(init)
        return causal_heads(W, x, init=init)

    sizes = bound(Program(wide, in_pairs)).step.axes["head_dim"]
    assert not any(size % 2 for size in sizes)


def test_one_width_makes_queries_keys_and_values() -> None:
    def holds(sizes: Sizes) -> Arrays:
        return {f"W_{n}": (sizes["d_in"], sizes["d_out"]) for n in "qkv"}

    step = bound(Program(holds, one_head), init=("d_in", "d_out")).step
    assert {"d_in", "d_out"} <= step.axes.keys()
    assert "d_v" not in step.axes


def test_heads_that_never_mix_are_stacked() -> None:
    def holds(sizes: Sizes) -> Arrays:
        return {f"W_{n}": (sizes["d_in"], sizes["d_out"]) for n in "qkv"}

    def gives(W: Weights, x: Any, *, init: Sizes) -> Array:
        return heads_of(W, x, init["num_heads"], causal=True, out=False)

    assert bound(Program(holds, gives)).step.name == "stacked_heads"


def test_the_output_is_as_wide_as_all_heads_unless_it_leads_back() -> None:
    values = bound(Program(wide, causal_heads)).step.trial().values
    assert np.shape(values["W_out"]) == 2 * np.shape(values["W_query"])[1:]
