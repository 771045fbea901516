"""Where an object's weights lie, and how the weights of a case are written.

NumPy says what is right: its reshaping is another way to the same numbers.
"""

from itertools import permutations, product
from random import Random
from typing import Any

import numpy as np
import pytest

from attnbook.checker.match.layout import (
    BLOCKS,
    Array,
    Layout,
    Slot,
    layouts,
)
from attnbook.checker.steps.cases import (
    draw_multi_head,
    draw_projected,
    key_heads,
    with_key_heads,
)
from attnbook.checker.steps.objects import (
    Parts,
    Widths,
    form_of,
    serving,
    sized,
    step_of,
)

N, D_IN, HEADS, DIM = 2, 5, 2, 3
D_OUT = HEADS * DIM
VALUES = draw_multi_head(Random(3), N, D_IN, HEADS, DIM)
Q, K, V = (np.array(VALUES[f"W_{name}"]) for name in ("query", "key", "value"))
B_Q, B_K, B_V = (
    np.array(VALUES[f"b_{name}"]) for name in ("query", "key", "value")
)
ORDERS = ["phd", "hpd", "dph", "hdp", "pdh", "dhp"]


def written(*slots: Slot, still: tuple[str, ...] = ()) -> dict[str, Any]:
    return Layout(slots, still).written(VALUES)


def alone(slot: Slot) -> Any:
    (found,) = written(slot).values()
    return found


def test_a_matrix_is_written_as_it_is_or_turned() -> None:
    for letter, W in (("q", Q), ("k", K), ("v", V)):
        slot = Slot("W", (D_IN, D_OUT), letter, bias=False)
        assert alone(slot) == W.tolist()
        turned = slot._replace(shape=(D_OUT, D_IN), turned=True)
        assert alone(turned) == W.T.tolist()
    for letter, b in (("q", B_Q), ("k", B_K), ("v", B_V)):
        assert alone(Slot("b", (D_OUT,), letter, bias=True)) == b.tolist()


def test_an_output_projection_is_written_as_it_is_or_turned() -> None:
    slot = Slot("W", (D_OUT, D_OUT), "o", bias=False)
    assert alone(slot) == VALUES["W_out"]
    right = np.array(VALUES["W_out"]).T.tolist()
    assert alone(slot._replace(turned=True)) == right
    assert alone(Slot("b", (D_OUT,), "o", bias=True)) == VALUES["b_out"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("letters", ["qkv", "vqk", "kv"])
def test_packed_columns_follow_their_order(letters: str, order: str) -> None:
    of = {"q": (Q, B_Q), "k": (K, B_K), "v": (V, B_V)}
    parts = np.stack([of[letter][0].T for letter in letters])
    cells = parts.reshape(len(letters), HEADS, DIM, D_IN)
    axes = ["phd".index(axis) for axis in order]
    right = cells.transpose(*axes, 3).reshape(-1, D_IN)
    slot = Slot("W", right.shape, letters, bias=False, order=order)
    assert alone(slot._replace(turned=True)) == right.tolist()
    assert alone(slot._replace(shape=right.T.shape)) == right.T.tolist()
    biases = np.stack([of[letter][1] for letter in letters])
    flat = biases.reshape(len(letters), HEADS, DIM).transpose(*axes).ravel()
    bias = Slot("b", flat.shape, letters, bias=True, order=order)
    assert alone(bias) == flat.tolist()


def test_blocks_stand_below_each_other() -> None:
    slot = Slot("W", (3 * D_IN, D_OUT), "qkv", bias=False, order=BLOCKS)
    assert alone(slot) == np.concatenate([Q, K, V]).tolist()


@pytest.mark.parametrize("axes", ["".join(p) for p in permutations("hid")])
def test_an_axis_of_heads_may_stand_anywhere(axes: str) -> None:
    cells = K.reshape(D_IN, HEADS, DIM)
    right = cells.transpose(["ihd".index(axis) for axis in axes])
    slot = Slot("W", right.shape, "k", bias=False, axes=axes)
    assert alone(slot) == right.tolist()
    out = np.array(VALUES["W_out"]).reshape(HEADS, DIM, D_OUT)
    right = out.transpose(["hdi".index(axis) for axis in axes])
    slot = Slot("W", right.shape, "o", bias=False, axes=axes)
    assert alone(slot) == right.tolist()


def test_a_bias_of_heads_has_a_row_for_each() -> None:
    slot = Slot("b", (HEADS, DIM), "v", bias=True, axes="hd")
    assert alone(slot) == B_V.reshape(HEADS, DIM).tolist()


def test_each_head_gets_its_own_columns_in_its_own_array() -> None:
    slot = Slot("heads.0.W", (D_IN, DIM), "q", bias=False, at=1)
    assert written(slot) == {
        "heads.0.W": Q[:, :DIM].tolist(),
        "heads.1.W": Q[:, DIM:].tolist(),
    }
    packed = Slot("0.W", (D_IN, 3 * DIM), "qkv", bias=False, at=0)
    found = written(packed)
    for h, path in enumerate(("0.W", "1.W")):
        cut = slice(h * DIM, (h + 1) * DIM)
        right = np.concatenate([W[:, cut] for W in (Q, K, V)], axis=1)
        assert found[path] == right.tolist()


def test_what_serves_all_heads_is_as_wide_as_one() -> None:
    slot = Slot("W", (DIM, DIM), "q", bias=False, shared=True)
    assert alone(slot) == Q[:DIM, :DIM].tolist()
    bias = Slot("b", (DIM,), "q", bias=True, shared=True)
    assert alone(bias) == B_Q[:DIM].tolist()


def test_without_heads_there_is_one() -> None:
    values = draw_projected(Random(3), 2, 4, 3, 3)
    slot = Slot("W", (4, 9), "qkv", bias=False, order="hdp")
    (found,) = Layout((slot,)).written(values).values()
    three = (values[f"W_{name}"] for name in ("query", "key", "value"))
    assert found == np.stack([*three], axis=2).reshape(4, 9).tolist()


def test_what_else_is_added_is_set_to_0() -> None:
    assert written(still=("rel_bias", "pos")) == {"rel_bias": 0.0, "pos": 0.0}


def test_a_layout_tells_what_it_has() -> None:
    layout = Layout((
        Slot("qkv", (18, 5), "qkv", bias=False, turned=True),
        Slot("bias", (18,), "qkv", bias=True),
        Slot("out", (6, 4), "o", bias=False),
    ))  # fmt: skip
    assert layout.has("k")
    assert layout.has("k", bias=True)
    assert layout.has("o")
    assert not layout.has("o", bias=True)
    heads = Layout((Slot("W", (2, 5, 3), "q", bias=False, axes="hid"),))
    assert not heads.has("k")
    assert heads.has("q")
    assert not heads.has("q", bias=True)


def first(*arrays: Array, d_in: int = D_IN) -> tuple[Slot, ...]:
    """The likeliest layout's slots."""
    return next(layouts(arrays, d_in)).slots


def count(*arrays: Array, d_in: int = D_IN) -> int:
    return len([*layouts(arrays, d_in)])


LETTERS = {
    "q": ("W_query", "query.weight", "q_proj.weight", "Wq", "to_q", "q_lin",
          "query_of_keys",
          "linear_q.weight", "attn.q", "queries_projection.weight"),
    "k": ("W_key", "keys.weight", "k_proj.bias", "Wk", "w_k1", "key_layer"),
    "v": ("W_value", "values.weight", "v_proj", "fc_v", "val", "b_v"),
    "o": ("out_proj.weight", "W_o", "fc_out", "unifyheads.weight", "proj",
          "wo", "output.dense.bias", "o_proj"),
    "qkv": ("c_attn.weight", "to_qkv.weight", "in_proj_weight", "qkv_proj",
            "W_qkv", "query_key_value.weight"),
    "kqv": ("kqv.weight", "to_kqv"),
    "kv": ("to_kv.weight", "kv_proj"),
    "": ("weight", "0.weight", "bias", "w", "colour.weight"),
}  # fmt: skip


@pytest.mark.parametrize("letters", LETTERS)
def test_names_tell_what_an_array_holds(letters: str) -> None:
    for path in LETTERS[letters]:
        others = [
            Array(f"own.W_{name}", (7, 9))
            for name in ("query", "key", "value", "untold")
        ]
        found = first(*others, Array(path, (7, 9)), d_in=7)
        assert [s.letters for s in found if s.path == path] == (
            [letters] if letters else []
        )


LINEAR = [Array(f"W_{n}.weight", (6, 5), "Linear") for n in ("q", "k", "v")]
BARE = [Array(f"W_{n}", (5, 6)) for n in ("query", "key", "value")]


def test_a_linear_layer_is_stored_turned_and_a_bare_matrix_as_its_shape() -> (
    None
):
    assert [(s.letters, s.turned) for s in first(*LINEAR)] == [
        ("q", True), ("k", True), ("v", True),
    ]  # fmt: skip
    assert not any(slot.turned for slot in first(*BARE))
    other = [each._replace(shape=(6, 5)) for each in BARE]
    assert all(slot.turned for slot in first(*other))
    dense = [each._replace(owner="Dense") for each in other]
    assert not any(slot.turned for slot in first(*dense))
    kernel = [each._replace(path=f"{each.path}.kernel") for each in other]
    assert not any(slot.turned for slot in first(*kernel))
    assert count(*BARE) == count(*LINEAR) == 1
    square = [each._replace(shape=(5, 5)) for each in BARE]
    ways = [
        [slot.turned for slot in layout.slots]
        for layout in layouts(square, D_IN)
    ]
    assert ways == [[*way] for way in product((False, True), repeat=3)]


def test_what_is_no_weight_is_left_out() -> None:
    others = (
        Array("mask", (9, 9), mask=True),
        Array("count", (1,), weighs=False),
        Array("norm.weight", (5,)),
        Array("q_norm.weight", (6,)),
        Array("ln_1.bias", (5,)),
        Array("rope_freqs", (3,)),
    )
    assert first(*LINEAR, *others) == first(*LINEAR)


@pytest.mark.parametrize(
    "path",
    ["norm.weight", "block.norm.weight", "q_norm.weight", "ln_1.weight",
     "norm_q.weight", "my.rope.table", "scale"],
)  # fmt: skip
def test_a_matrix_of_a_norm_is_not_counted(path: str) -> None:
    arrays = [Array(f"{i}.weight", (6, 5), "Linear") for i in range(3)]
    assert first(*arrays, Array(path, (5, 5))) == first(*arrays)


def test_a_matrix_that_is_no_weight_is_not_counted() -> None:
    arrays = [Array(f"{i}.weight", (6, 5), "Linear") for i in range(3)]
    for other in (
        Array("a", (9, 9), mask=True),
        Array("b", (9, 9), weighs=False),
    ):
        assert first(*arrays, other) == first(*arrays)


def test_a_packed_name_tells_whatever_else_there_is() -> None:
    found = first(
        Array("c_attn.weight", (18, 5), "Linear"),
        Array("c_proj.weight", (6, 6), "Linear"),
        Array("extra.weight", (4, 4)),
    )
    assert [slot.letters for slot in found] == ["qkv", "o"]


def test_what_tells_places_apart_is_kept_still() -> None:
    others = (
        Array("relative_position_bias_table", (49, 2)),
        Array("rel_h", (9, 3)),
        Array("pos_emb.weight", (9, 5)),
        Array("pos", (9, 5), weighs=False),
    )
    layout = next(layouts([*LINEAR, *others], D_IN))
    assert layout.still == tuple(each.path for each in others[:3])


def test_a_bias_is_one_axis_and_has_no_turn() -> None:
    biases = [Array(f"W_{n}.bias", (6,), "Linear") for n in ("q", "k", "v")]
    found = first(*LINEAR, *biases)
    assert [slot.bias for slot in found] == [False] * 3 + [True] * 3
    assert not any(slot.turned for slot in found[3:])


def test_heads_with_arrays_of_their_own_are_counted_by_a_number() -> None:
    arrays = [
        Array(f"heads.{h}.W_{n}.weight", (3, 5), "Linear")
        for h in range(2)
        for n in ("query", "key", "value")
    ]
    found = first(*arrays, Array("out_proj.weight", (6, 6), "Linear"))
    assert [slot.path for slot in found] == [
        "heads.0.W_query.weight", "heads.0.W_key.weight",
        "heads.0.W_value.weight", "out_proj.weight",
    ]  # fmt: skip
    assert [slot.at for slot in found] == [1, 1, 1, None]
    numbered = [
        Array(f"layers.0.W_{n}", (5, 6)) for n in ("query", "key", "value")
    ]
    assert [slot.at for slot in first(*numbered)] == [None] * 3


def test_packed_parts_are_tried_in_every_order() -> None:
    packed = Array("c_attn.weight", (18, 5), "Linear")
    found = [*layouts([packed], D_IN)]
    assert {layout.slots[0].letters for layout in found} == {
        "".join(order) for order in permutations("qkv")
    }
    assert found[0].slots[0].letters == "qkv"
    orders = [layout.slots[0].order for layout in found]
    assert orders[:6] == ORDERS
    slots = [layout.slots[0] for layout in found]
    assert all(slot.turned is (slot.order != BLOCKS) for slot in slots)


def test_blocks_are_never_turned() -> None:
    found = [*layouts([Array("W_qkv", (15, 6))], D_IN)]
    assert any(layout.slots[0].order == BLOCKS for layout in found)
    assert not any(layout.slots[0].turned for layout in found)


def test_arrays_without_telling_names_are_taken_in_their_order() -> None:
    arrays = [Array(f"{i}.weight", (6, 5), "Linear") for i in range(3)]
    found = ["".join(s.letters for s in e.slots) for e in layouts(arrays, 5)]
    assert found[0] == "qkv"
    assert {*found} == {"".join(order) for order in permutations("qkv")}
    with_biases = [
        each
        for i in range(3)
        for each in (
            Array(f"{i}.weight", (6, 5), "Linear"),
            Array(f"{i}.bias", (6,), "Linear"),
        )
    ]
    assert [s.letters for s in first(*with_biases)] == list("qqkkvv")
    turned = first(with_biases[1], with_biases[0], *with_biases[2:])
    assert [s.letters for s in turned] == list("qqkkvv")
    out = Array("3.weight", (6, 6), "Linear")
    assert [s.letters for s in first(*arrays, out)] == list("qkvo")
    assert [s.letters for s in first(Array("a", (5, 18)))] == ["qkv"]
    two = first(Array("a", (5, 18)), Array("b", (6, 6)))
    assert [s.letters for s in two] == ["qkv", "o"]
    assert count(*arrays, out, out._replace(path="4.weight")) == 0


def test_three_axes_are_those_of_heads() -> None:
    arrays = [Array(f"W_{n}", (2, 5, 3)) for n in ("query", "key", "value")]
    found = [*layouts(arrays, D_IN)]
    assert {each.slots[0].axes for each in found} == {"hid", "dih"}
    out = Array("W_out", (2, 3, 6))
    with_out = [*layouts([*arrays, out], D_IN)]
    assert {each.slots[3].axes for each in with_out} == {
        "".join(p) for p in permutations("hid")
    }
    bias = Array("b_query", (2, 3))
    (slot,) = {e.slots[3] for e in layouts([*arrays, bias], D_IN)}
    assert (slot.bias, slot.axes) == (True, "hd")


def test_an_array_as_wide_as_one_head_serves_them_all() -> None:
    def shared(shape: tuple[int, ...], path: str = "W_query.weight") -> bool:
        others = [
            Array(f"W_{n}.weight", (6, 6), "Linear") for n in ("key", "value")
        ]
        found = first(Array(path, shape, "Linear"), *others, d_in=6)
        return found[0].shared

    assert shared((3, 3))
    assert shared((2, 2))
    assert not shared((4, 4))
    assert not shared((6, 6))
    assert not shared((3, 6))
    assert shared((3,), "W_query.bias")
    assert not shared((3,), "b_query")
    assert not shared((4,), "W_query.bias")
    for path in ("out_proj.weight", "to_qkv.weight"):
        three = [Array(f"W_{n}.weight", (6, 6), "Linear") for n in "qkv"]
        found = first(*three, Array(path, (3, 3)), d_in=6)
        assert not any(slot.shared for slot in found)
    heads = [Array(f"{h}.W_query", (3, 3), "Linear") for h in range(2)]
    others = [Array(f"W_{n}", (6, 6), "Linear") for n in ("key", "value")]
    assert not first(*heads, *others, d_in=6)[0].shared


def test_of_very_many_ways_two_of_each_are_tried() -> None:
    cubes = [Array(f"W_{n}", (5, 5, 5)) for n in ("query", "key", "value")]
    assert count(*cubes) == 6**3
    assert count(*cubes, Array("W_out", (5, 5, 5))) == 2**4


# Six heads of queries and three of keys, each two columns wide.
SIX = with_key_heads(draw_multi_head(Random(5), N, D_IN, 6, 2), 3)
OF_SIX = {
    name: np.array(SIX[f"W_{name}"]) for name in ("query", "key", "value")
}


def shared_by_six(slot: Slot) -> Any:
    (found,) = Layout((slot,)).written(SIX).values()
    return found


def test_keys_that_are_shared_are_the_first_ones() -> None:
    whole = draw_multi_head(Random(5), N, D_IN, 6, 2)
    assert (key_heads(whole), key_heads(SIX)) == (6, 3)
    assert SIX["W_key"] == [row[:6] for row in whole["W_key"]]
    assert SIX["b_value"] == whole["b_value"][:6]
    assert (SIX["key_heads"], SIX["each"]) == (3, 2)
    assert SIX["W_query"] == whole["W_query"]
    assert serving(SIX) == [0, 0, 1, 1, 2, 2]
    assert serving(whole) == [*range(6)]


def test_shared_keys_are_packed_part_by_part_or_group_by_group() -> None:
    slot = Slot("qkv", (D_IN, 24), "qkv", bias=False)
    q, k, v = OF_SIX.values()
    parts = np.concatenate([q, k, v], axis=1)
    assert shared_by_six(slot) == parts.tolist()
    groups = [
        each[:, g * width : (g + 1) * width]
        for g in range(3)
        for each, width in ((q, 4), (k, 2), (v, 2))
    ]
    by_group = np.concatenate(groups, axis=1).tolist()
    assert shared_by_six(slot._replace(order="hpd")) == by_group
    for order in ("dph", "hdp", "pdh", "dhp", BLOCKS):
        with pytest.raises(ValueError, match="order must be 'phd' or 'hpd'"):
            shared_by_six(slot._replace(order=order))


def test_shared_keys_have_arrays_or_axes_for_as_many_heads() -> None:
    slot = Slot("keys.0", (D_IN, 2), "k", bias=False, at=1)
    found = Layout((slot,)).written(SIX)
    assert [*found] == ["keys.0", "keys.1", "keys.2"]
    assert found["keys.2"] == OF_SIX["key"][:, 4:].tolist()
    cube = Slot("W_k", (3, D_IN, 2), "k", bias=False, axes="hid")
    right = OF_SIX["key"].reshape(D_IN, 3, 2).transpose(1, 0, 2)
    assert shared_by_six(cube) == right.tolist()


@pytest.mark.parametrize("shared", [0, 2])
def test_shared_keys_answer_as_if_each_head_had_its_own(shared: int) -> None:
    parts = Parts(("W_key",), out=True, heads=True, shared=shared)
    step = sized(step_of(parts), Widths(shared=shared))
    assert step.shared == shared
    form = form_of(step, parts)
    case = step.draw(Random(1), n=3, d_in=5, heads=4, head_dim=2)
    times = 2 if shared else 4
    own = {
        name: np.array(case[name])
        .reshape(-1, 4 // times, 2)
        .repeat(times, axis=1)
        for name in ("W_key", "W_value", "b_key")
    }
    wide = {
        "W_key": own["W_key"].reshape(5, 8).tolist(),
        "W_value": own["W_value"].reshape(5, 8).tolist(),
        "b_key": own["b_key"].ravel().tolist(),
    }
    assert key_heads(case) == 4 // times
    assert form.answer(step.reference, case) == form.answer(
        step.reference, {**case, **wide}
    )
    assert ("key_heads" in form.roles) is (shared == 2)
