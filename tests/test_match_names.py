"""Which argument is what, by its name; and what is handed over for it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from attnbook.checker.match.asked import Asked, picked
from attnbook.checker.match.described import (
    CACHE,
    LAYER_OUT,
    LAYER_QKV,
    OFF,
    ON,
    WIDTH,
    Made,
)
from attnbook.checker.match.functions import role_of
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import (
    Arrangement,
    Parameter,
    arrangements,
    normal,
)
from attnbook.checker.match.requests import init_of, request, sizes_of, swapped
from attnbook.checker.match.sizes import PART, config_of, made_from, size_of
from attnbook.checker.match.slots import Slot
from attnbook.checker.match.trial import (
    MOST_NAMES,
    Trial,
    better,
    on_equal_sizes,
    tried,
)
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.table import step_named
from tests.checking import asked_by

SDPA = "scaled_dot_product_attention"
PLAIN = "POSITIONAL_OR_KEYWORD"
QKV = ("queries", "keys", "values")


def must(name: str, kind: str = PLAIN) -> Parameter:
    return Parameter(name, kind, optional=False)


def may(name: str, kind: str = PLAIN) -> Parameter:
    return Parameter(name, kind, optional=True)


def test_a_name_is_read_without_its_version() -> None:
    for name in ("SelfAttention_v2", "self_attention", "SELF_ATTENTION_V10"):
        assert normal(name) == "selfattention"
    assert normal("self_attention_2") == "selfattention2"
    assert normal("SelfAttentionV") == "selfattentionv"


def by(
    *parameters: Parameter, roles: Sequence[str] = QKV
) -> list[Arrangement]:
    return arrangements(parameters, roles)


def test_names_decide_where_they_tell() -> None:
    (found,) = by(must("v"), must("Q"), must("key"))
    assert found == Arrangement(("values", "queries", "keys"))
    assert found.by_name


def test_from_a_gap_on_roles_go_by_name() -> None:
    assert by(must("q"), may("colour"), must("k"), must("v")) == [
        Arrangement(("queries",), (("k", "keys"), ("v", "values")))
    ]
    assert by(must("q"), must("k"), must("v", "KEYWORD_ONLY")) == [
        Arrangement(("queries", "keys"), (("v", "values"),))
    ]


def test_what_must_be_and_is_known_is_handed_over_too() -> None:
    assert by(must("q"), must("k"), must("v"), must("mask")) == [
        Arrangement((*QKV, "mask"))
    ]
    assert by(must("q"), must("k"), must("v"), may("mask")) == [
        Arrangement(QKV)
    ]
    assert by(must("q"), must("k"), must("v"), must("d_k")) == [
        Arrangement((*QKV, "d_k"))
    ]
    assert by(must("q"), must("k"), must("v"), must("colour")) == []


def test_a_role_is_given_once() -> None:
    assert by(must("q"), may("query"), must("k"), must("v")) == [
        Arrangement(("queries",), (("k", "keys"), ("v", "values")))
    ]


def test_unknown_names_keep_the_order_of_one_kind() -> None:
    assert by(must("one"), must("two"), must("three")) == [
        Arrangement(QKV, by_name=False)
    ]
    mixed = by(must("one"), must("two"), roles=("query", "inputs"))
    assert [each.positional for each in mixed] == [
        ("query", "inputs"), ("inputs", "query"),
    ]  # fmt: skip
    assert not any(each.by_name for each in mixed)


def test_of_four_kinds_every_order_is_tried_and_of_five_one() -> None:
    kinds = ("query", "inputs", "row", "attn_weights", "keep")
    four = by(*map(must, "pqrs"), roles=kinds[:4])
    assert len({each.positional for each in four}) == 24
    five = by(*map(must, ("a1", "b1", "c1", "d1", "e1")), roles=kinds)
    assert [each.positional for each in five] == [kinds]


def test_roles_must_have_room() -> None:
    assert by(must("a1"), must("b1")) == []
    assert by(must("a1"), must("b1"), must("c1"), must("d1")) == []
    assert by(must("a1"), must("b1"), may("c1")) != []
    assert by(may("args", "VAR_POSITIONAL")) == [
        Arrangement(QKV, by_name=False)
    ]
    assert by(may("kwargs", "VAR_KEYWORD")) == []
    assert by(must("a1"), must("b1"), must("c1", "KEYWORD_ONLY")) == []
    assert by(must("a1"), must("b1"), must("c1"), may("d", "KEYWORD_ONLY"))


SIZES = {
    "d_in": ("d_in", "in_features", "input_dim"),
    "d_out": ("d_out", "out_features"),
    "d_model": ("d_model", "n_embd", "embed_dim", "hidden_size", "my_embed_x",
                "embd_pd", "the_dmodel"),
    "head_dim": ("head_dim", "dim_head", "my_headdim", "a_head_size"),
    "d_k": ("d_k", "dim_key"),
    "d_v": ("d_v", "value_dim"),
    "num_heads": ("num_heads", "n_head", "heads", "num_of_heads_x", "nr_head",
                  "my_head_n", "attn_heads_n"),
    "context_length": ("context_length", "block_size", "my_context",
                       "the_seq_len"),
    "rate": ("dropout", "p", "attn_dropout_x"),
    "bias": ("qkv_bias", "with_bias"),
    "causal": ("causal", "is_causal_x"),
    "config": ("config", "cfg", "my_config"),
    "": ("colour", "head", "w"),
}  # fmt: skip


@pytest.mark.parametrize("role", SIZES)
def test_the_parameters_of_constructors_are_known_by_name(role: str) -> None:
    for name in SIZES[role]:
        if name != "head":
            assert size_of(name) == role
    assert size_of("head") == "num_heads"
    assert size_of("ahead") == ""


def made(*parameters: Parameter) -> dict[str, str] | None:
    found = made_from(parameters)
    return None if found is None else dict(found)


def test_a_class_is_made_from_what_is_known() -> None:
    assert made(must("d_in"), must("d_out"), may("colour")) == {
        "d_in": "d_in", "d_out": "d_out",
    }  # fmt: skip
    assert made(must("d_in"), may("args", "VAR_POSITIONAL")) == {
        "d_in": "d_in"
    }
    assert made(may("args", "VAR_POSITIONAL"), must("d_in")) == {
        "d_in": "d_in"
    }
    assert made(must("d_in"), may("dropout")) == {
        "d_in": "d_in", "dropout": "rate",
    }  # fmt: skip
    assert made(must("d_in"), may("device"), may("dtype"), may("causal")) == {
        "d_in": "d_in"
    }
    assert made(must("d_in"), must("device"), must("causal")) == {
        "d_in": "d_in", "device": "none", "causal": "causal",
    }  # fmt: skip
    assert made() == {}


def test_one_unknown_name_is_the_width_that_is_missing() -> None:
    assert made(must("foo"), must("num_heads")) == {
        "foo": "d_model", "num_heads": "num_heads",
    }  # fmt: skip
    assert made(must("cfg"), must("foo")) == {
        "cfg": "config", "foo": "d_model",
    }  # fmt: skip
    assert made(must("d_in"), must("foo_size")) == {
        "d_in": "d_in", "foo_size": "d_out",
    }  # fmt: skip
    assert made(must("d_in"), must("foo")) is None
    assert made(must("d_in"), must("d_out"), must("foo_size")) is None
    assert made(must("d_in"), must("cfg"), must("foo_size")) is None
    assert made(must("foo"), must("bar")) is None


def test_one_unknown_attention_is_a_part() -> None:
    assert made(must("d_model"), must("attention")) == {
        "d_model": "d_model", "attention": PART,
    }  # fmt: skip
    assert made(must("attention"), must("mechanism")) is None


def test_a_configuration_answers_to_every_name() -> None:
    found = config_of({"d_model": 6, "num_heads": 2})
    assert found["nembd"] == found["dmodel"] == 6
    assert found["nheads"] == found["heads"] == 2
    assert "dropout" not in found
    assert config_of({"d_in": 3, "d_model": 6})["din"] == 3


def roles(*names: str) -> list[str]:
    return [role_of(must(name)) for name in names]


def test_the_arguments_of_functions_with_weights_are_known_by_name() -> None:
    assert roles("Wq", "key_weights", "v_proj", "W_out", "qkv_weight") == [
        "W_query", "W_key", "W_value", "W_out", "W_qkv",
    ]  # fmt: skip
    assert roles("bq", "k_bias", "b_value", "bias_o", "bqkv") == [
        "b_query", "b_key", "b_value", "b_out", "b_qkv",
    ]  # fmt: skip
    assert roles("x", "n_heads", "causal_mask", "d_k", "memory") == [
        "inputs", "num_heads", "mask", "d_k", "context",
    ]  # fmt: skip
    assert roles("d_model") == ["d_model"]
    assert roles("c_attn", "c_proj", "d_out") == [
        LAYER_QKV,
        LAYER_OUT,
        "d_out",
    ]
    assert roles("colour", "wx", "xh") == ["", "", ""]


def replied_by(
    reply: Callable[..., Any], step: str = SDPA, **other: Any
) -> Asked:
    """A function that replies with all of this."""
    asked = asked_by(reply, step, **other)
    return asked._replace(ask=lambda request: reply(*request["args"]))


VALUES = step_named(SDPA).trial().values
RIGHT = step_named(SDPA).forms[0].answer(step_named(SDPA).reference, VALUES)


def came(value: Any, several: bool = False) -> Reply:
    return {"value": value, "several": several}


def quality(value: Any, several: bool = False) -> tuple[int, int | None]:
    trial = tried(replied_by(lambda *_: came(value, several)), VALUES)
    return trial.quality, trial.asked.binding.pick


def test_a_trial_tells_how_near_it_came() -> None:
    zeros = [[0.0] * len(RIGHT[0])] * len(RIGHT)
    assert quality(RIGHT) == (3, None)
    assert quality(zeros) == (2, None)
    assert quality([*RIGHT, RIGHT[0]]) == (1, None)
    assert quality({"other": "NoneType"}) == (1, None)
    assert quality([[float("nan")] * len(RIGHT[0])] * len(RIGHT)) == (2, None)
    failed = tried(replied_by(lambda *_: {"error": {}}), VALUES)
    assert failed.quality == 0


def test_of_several_results_the_one_that_agrees_is_picked() -> None:
    zeros = [[0.0] * len(RIGHT[0])] * len(RIGHT)
    assert quality([1.0, RIGHT], several=True) == (3, 1)
    assert quality([zeros, RIGHT], several=True) == (3, 1)
    assert quality([1.0, zeros], several=True) == (2, 1)
    assert quality([zeros, zeros], several=True) == (2, 0)
    named = {"fields": ["context_vecs", "other"], "items": [zeros, RIGHT]}
    assert quality(named) == (2, 0)
    other = {"fields": ["one", "two"], "items": [1.0, RIGHT]}
    assert quality(other) == (3, 1)


def test_one_of_several_rows_is_no_result() -> None:
    rows = [[0.5, 0.5], RIGHT]
    assert quality(rows) == (1, None)


def test_the_better_of_two_trials_is_the_first_of_two_alike() -> None:
    asked = replied_by(lambda *_: came(RIGHT))
    two, other = Trial(2, asked, {}), Trial(2, asked, {"value": 1})
    three = Trial(3, asked, {})
    assert better(None, two) is two
    assert better(two, other) is two
    assert better(two, three) is three
    assert better(three, two) is three
    assert three.sure
    assert not two.sure
    assert Trial(0, asked, {"stopped": "time"}).sure


def test_what_raises_may_run_where_all_sizes_are_equal() -> None:
    def only(size: int) -> Asked:
        def square(q: list[list[float]], *_: Any) -> Reply:
            return came(1.0) if len(q) == len(q[0]) == size else {"error": {}}

        return replied_by(square)

    for size, equal in ((1, True), (2, True), (3, False)):
        trial = tried(only(size), VALUES)
        assert trial.quality == 0
        assert on_equal_sizes(trial).equal is equal
    right = tried(replied_by(lambda *_: came(RIGHT)), VALUES)
    assert not on_equal_sizes(right).equal
    stopped = Trial(0, only(2), {"stopped": "time"})
    assert not on_equal_sizes(stopped).equal


@pytest.mark.parametrize("missing", [1, MOST_NAMES, MOST_NAMES + 1])
def test_names_that_are_missing_are_supplied_one_by_one(missing: int) -> None:
    supplied: list[str] = []

    def ask(asked: Request) -> Reply:
        if asked["do"] == "supply":
            supplied.append(asked["name"])
            return {}
        if len(supplied) < missing:
            return {"error": {"undefined": f"n{len(supplied)}"}}
        return came(RIGHT)

    trial = tried(replied_by(lambda *_: None)._replace(ask=ask), VALUES)
    assert supplied == [f"n{i}" for i in range(min(missing, MOST_NAMES))]
    assert trial.quality == (3 if missing <= MOST_NAMES else 0)


def asked_for(step: str, **other: Any) -> Request:
    binding = replied_by(lambda *_: None, step, **other).binding
    return request(binding, step_named(step).trial().values)


def test_a_request_hands_the_roles_over_as_arranged() -> None:
    call = Arrangement(("values", "queries"), (("K", "keys"),))
    found = asked_for(SDPA, arrangement=call, wrap="numpy")
    assert found["do"] == "call"
    assert found["target"] == "mine"
    assert found["args"] == [VALUES["values"], VALUES["queries"]]
    assert found["kwargs"] == {"K": VALUES["keys"]}
    assert found["wrap"] == "numpy"
    d_k, d_v = len(VALUES["keys"][0]), len(VALUES["values"][0])
    assert d_k != d_v
    constants = found["constants"]
    assert (constants["dk"], constants["headdim"], constants["dv"]) == (
        d_k, d_k, d_v,
    )  # fmt: skip


def test_a_file_is_told_the_sizes_of_its_functions() -> None:
    step = "trainable_self_attention"
    values, found = step_named(step).trial().values, asked_for(step)
    d_in, d_k = len(values["inputs"][0]), len(values["W_query"][0])
    constants = found["constants"]
    assert (constants["din"], constants["headdim"]) == (d_in, d_k)
    assert constants["dmodel"] == constants["dout"] == d_k
    assert constants["dv"] == len(values["W_value"][0])
    assert constants["numheads"] == 1
    assert not any(len(name) == 1 for name in constants)
    assert asked_for("self_attention")["constants"] == {}
    assert asked_for("dot")["constants"] == {}


def test_the_arrays_of_a_layer_are_handed_over_together() -> None:
    call = Arrangement(("inputs", LAYER_QKV, LAYER_OUT))
    _, qkv, out = asked_for("multi_head_attention", arrangement=call)["args"]
    three = zip(
        *(MULTI[f"W_{name}"] for name in ("query", "key", "value")),
        strict=True,
    )
    assert qkv["w"] == [[*q, *k, *v] for q, k, v in three]
    assert qkv["b"] == (MULTI["b_query"] + MULTI["b_key"] + MULTI["b_value"])
    assert out == {"w": MULTI["W_out"], "b": MULTI["b_out"]}


def test_a_batch_has_axes_before_those_of_a_sentence() -> None:
    q, k, v = (VALUES[role] for role in QKV)
    assert asked_for(SDPA, batch=1)["args"] == [[q], [k], [v]]
    assert asked_for(SDPA, batch=2)["args"] == [[[q]], [[k]], [[v]]]
    one = asked_for(SDPA, batch=1, second=True)["args"][0]
    assert one == [[row] for row in q]


def test_two_sentences_stand_in_one_batch() -> None:
    other = {**VALUES, "queries": [[9.0] * len(VALUES["queries"][0])]}
    values = {**VALUES, "other": other}
    binding = replied_by(lambda *_: None).binding
    args = request(binding._replace(batch=1), values)["args"]
    assert args[0] == [VALUES["queries"], other["queries"]]
    args = request(binding._replace(batch=2), values)["args"]
    assert args[0] == [[VALUES["queries"]], [other["queries"]]]


def test_weights_may_be_stored_the_other_way() -> None:
    step = "trainable_self_attention"
    values = step_named(step).trial().values
    x, *projections = asked_for(step, transposed=True)["args"]
    assert x == values["inputs"]
    for W, role in zip(projections, ("query", "key", "value"), strict=True):
        right = values[f"W_{role}"]
        assert [list(column) for column in zip(*right, strict=True)] == W
    bundle = Arrangement(("inputs", "projections"))
    found = asked_for(step, transposed=True, arrangement=bundle)["args"][1]
    assert found["fields"] == ["W_query", "W_key", "W_value"]
    assert found["items"] == projections


def test_flags_and_widths_are_handed_over_where_they_are_asked() -> None:
    step = "causal_attention"
    values = step_named(step).trial().values
    call = Arrangement((ON, OFF, WIDTH, "mask"))
    binding = replied_by(lambda *_: None, step, arrangement=call).binding
    width = len(values["inputs"][0])
    assert request(binding, values)["args"] == [True, False, width, None]
    training = {**values, "mode": "train"}
    assert request(binding, training)["args"][:2] == [False, True]


def test_a_mask_says_what_it_means_and_hides_nothing_by_itself() -> None:
    call = Arrangement((*QKV, "mask"))
    n, m = len(VALUES["queries"]), len(VALUES["keys"])
    assert n != m
    keep = asked_for(SDPA, arrangement=call, mask="keep")["args"][3]
    assert keep == [[1.0] * m] * n
    hide = asked_for(SDPA, arrangement=call, mask="hide")["args"][3]
    assert hide == [[0.0] * m] * n
    lacking = asked_for(SDPA, arrangement=call, mask="hide", may_lack=True)
    assert lacking["args"][3] is None
    step = "trainable_self_attention"
    n = len(step_named(step).trial().values["inputs"])
    call = Arrangement(("inputs", "mask"))
    found = asked_for(step, arrangement=call, mask="keep")["args"][1]
    assert found == [[1.0] * n] * n


def test_what_is_called_first_gets_its_own_arguments() -> None:
    found = asked_for(SDPA, before=("forward", ("keys", "queries")))
    assert found["before"] == {
        "method": "forward",
        "args": [VALUES["keys"], VALUES["queries"]],
    }
    call = Arrangement(("queries", CACHE))
    found = asked_for(SDPA, forward=("fwd", ("values",)), arrangement=call)
    assert found["forward"] == {
        "target": "fwd", "args": [VALUES["values"]], "at": 1,
    }  # fmt: skip


MULTI = step_named("multi_head_attention").trial().values


def test_the_sizes_of_a_case_are_those_of_its_arrays() -> None:
    made = Made(Layout(()))
    total, d_in = len(MULTI["W_query"][0]), len(MULTI["inputs"][0])
    heads = MULTI["num_heads"]
    assert heads > 1
    found = sizes_of(made, MULTI)
    assert found["d_in"] == found["d_model"] == d_in
    assert found["d_out"] == total
    assert found["head_dim"] == found["d_k"] == found["d_v"] == total // heads
    assert found["num_heads"] == heads
    assert found["context_length"] == 8
    assert found["rate"] == 0.0
    assert found["bias"] is found["causal"] is found["evaluation"] is True
    each = sizes_of(made._replace(each=True), MULTI)
    assert each["d_out"] == total // heads
    whole = sizes_of(made._replace(whole=True, context_length=None), MULTI)
    assert whole["d_k"] == whole["d_v"] == total
    assert whole["context_length"] == len(MULTI["inputs"])
    training = sizes_of(made, {**MULTI, "mode": "train", "rate": 0.5})
    assert training["rate"] == 0.5
    assert training["evaluation"] is False


def test_a_constructor_gets_sizes_by_the_readers_names() -> None:
    sizes = {"d_in": 4, "num_heads": 2}
    init = (("width", "d_in"), ("h", "num_heads"), ("cfg", "config"),
            ("attn", f"{PART}: Other"), ("core", f"{PART} made: Core"),
            ("rng", "key"), ("what", "none"))  # fmt: skip
    found = init_of(init, sizes)
    assert found["width"] == 4
    assert found["h"] == 2
    assert found["cfg"]["config"]["din"] == 4
    assert found["attn"] == {"part": "Other", "made": False}
    assert found["core"] == {"part": "Core", "made": True}
    assert found["rng"] == {"chance": "key"}
    assert found["what"] is None


def test_without_heads_there_is_one() -> None:
    values = step_named("trainable_self_attention").trial().values
    found = sizes_of(Made(Layout(())), values)
    assert found["num_heads"] == 1
    assert found["head_dim"] == len(values["W_query"][0])
    assert found["d_v"] == len(values["W_value"][0])


@pytest.mark.parametrize(
    "weights",
    [{}, {"W_query": []}, {"W_query": [[1.0, 2.0], [3.0]]}],
)
def test_what_cannot_be_written_is_said_to_be_unfit(weights: Any) -> None:
    slot = Slot("W", (1, 1), "q", bias=False, turned=True)
    asked = replied_by(lambda *_: came(1.0), made=Made(Layout((slot,))))
    values = {k: v for k, v in MULTI.items() if k != "W_query"}
    reply = asked.answer({**values, **weights}).reply
    assert reply["error"]["type"] == "UnfitError"


def test_an_object_is_made_with_its_weights() -> None:
    slot = Slot("W_q", (1, 1), "q", bias=False)
    made = Made(Layout((slot,)))
    found = asked_for("multi_head_attention", made=made)
    assert found["weights"] == {"W_q": MULTI["W_query"]}
    assert found["mode"] == "eval"
    assert found["constants"]["numheads"] == MULTI["num_heads"]
    bare = replied_by(lambda *_: came(1.0), made=Made(Layout(())))
    assert bare.answer(VALUES).reply["error"]["type"] == "UnfitError"


def test_a_class_gets_its_weights_as_attributes() -> None:
    init = (("W_q", "W_query"), ("d", WIDTH))
    found = asked_for("trainable_self_attention", is_class=True, init=init)
    values = step_named("trainable_self_attention").trial().values
    assert found["init"]["W_q"] == values["W_query"]
    assert found["init"]["d"] == len(values["inputs"][0])
    assert found["attributes"]["Wk"] == values["W_key"]
    assert found["attributes"]["w_value"] == values["W_value"]
    assert "Wq" not in found["attributes"]
    assert "init" not in asked_for("trainable_self_attention", init=init)
    found = asked_for(SDPA, is_class=True, init=(("d", WIDTH),))
    assert found["init"] == {}


def test_the_wanted_item_is_picked() -> None:
    binding = replied_by(lambda *_: None).binding
    one = binding._replace(pick=1)
    assert picked(one, [1.0, 2.0]) == 2.0
    assert picked(one, [1.0]) == [1.0]
    assert picked(one, 5.0) == 5.0
    named = {"fields": ["a", "b"], "items": [1.0, 2.0]}
    assert picked(one, named) == 2.0
    assert picked(binding, named) is named
    assert picked(binding, [1.0, 2.0]) == [1.0, 2.0]


def test_gradients_are_picked_by_their_names() -> None:
    binding = replied_by(
        lambda *_: None, "scaled_dot_product_attention_backward"
    ).binding
    for names in (
        ("grad_values", "grad_keys", "grad_queries"),
        ("dv", "dk", "dq"), ("d_values", "dKeys", "dQueries"),
        ("grad_v", "grad_k", "grad_q"),
    ):  # fmt: skip
        value = {"fields": [*names], "items": [3.0, 2.0, 1.0]}
        assert picked(binding, value) == [1.0, 2.0, 3.0]
    value = {"fields": ["one", "dk", "dq"], "items": [3.0, 2.0, 1.0]}
    assert picked(binding, value) == [3.0, 2.0, 1.0]


def test_the_axes_of_a_batch_are_taken_off() -> None:
    def taken(value: Any, values: Any = VALUES, **other: Any) -> Any:
        return replied_by(lambda *_: None, **other).taken(value, values)

    assert taken([[[1.0, 2.0]]], batch=1) == [[1.0, 2.0]]
    assert taken([[[1.0, 2.0]]], batch=2) == [1.0, 2.0]
    assert taken([[1.0], [2.0]], batch=1) == [[1.0], [2.0]]
    assert taken([[[1.0]], [[2.0]]], batch=1, second=True) == [[1.0], [2.0]]
    padded = {**VALUES, "real": 1}
    assert taken([[1.0], [2.0]], padded) == [[1.0]]
    assert taken(5.0, padded) == 5.0
    two = {**VALUES, "other": VALUES}
    assert taken([[[1.0]], [[2.0]]], two, batch=1) == [[[1.0]], [[2.0]]]
    assert taken([[[1.0]], [[2.0]]], two, batch=2) == [[1.0], [2.0]]
    assert taken(5.0, two, batch=1) == 5.0


def test_two_axes_are_exchanged_where_there_are_two() -> None:
    assert swapped([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]
    assert swapped([[1, 2], [3]]) == [[1, 2], [3]]
    assert swapped([1, 2]) == [1, 2]
    assert swapped([[1, 2], 3]) == [[1, 2], 3]
