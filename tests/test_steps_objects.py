"""What an object with weights is asked: heads, biases, widths, a context."""

from typing import Any

import numpy as np
import pytest

from attnbook.checker.steps.cases import key_heads
from attnbook.checker.steps.objects import (
    CROSS,
    Parts,
    Widths,
    across,
    form_of,
    key_heads_of,
    serving,
    sized,
    step_of,
)
from attnbook.checker.steps.step import HEADS_SIZES
from attnbook.checker.steps.table import STEPS, Step, step_named
from tests.by_numpy import (
    PROJECTIONS,
    Array,
    Values,
    arrays,
    attend,
    in_heads,
)

ALL = [
    Parts(biases, out, out_bias, heads, causal)
    for biases in ((), ("W_query", "W_key", "W_value"), ("W_key",))
    for out, out_bias in ((False, False), (True, False), (True, True))
    for heads in (False, True)
    for causal in (False, True)
]


def as_object(v: Values, parts: Parts) -> Array:
    """What an object with these parts gives."""
    found = dict(v)
    for name in PROJECTIONS:
        bias = v[f"b_{name[2:]}"] * (name in parts.biases)
        found[f"rows_{name}"] = v["inputs"] @ v[name] + bias
    q, k, w = (found[f"rows_{name}"] for name in PROJECTIONS)
    rows = in_heads(v, q, k, w, parts.causal)
    if not parts.out:
        return rows
    return np.asarray(rows @ v["W_out"] + v["b_out"] * parts.out_bias)


@pytest.mark.parametrize("parts", ALL, ids=str)
def test_an_object_is_one_of_the_steps(parts: Parts) -> None:
    step = step_of(parts)
    form = form_of(step, parts)
    back = parts.out
    in_sizes = sized(step, Widths(back=back))
    assert step.causal is parts.causal
    for case in in_sizes.cases(seed=5)[::9]:
        found = form.answer(step.reference, case.values)
        right = as_object(arrays(case.values), parts)
        assert np.allclose(found, right)
        if back and "heads" in case.sizes:
            assert np.shape(found) == np.shape(case.values["inputs"])
    assert {*form.roles} <= {*in_sizes.trial().values}
    assert ("b_key" in form.roles) is ("W_key" in parts.biases)
    assert ("W_out" in form.roles) is parts.out
    assert ("num_heads" in form.roles) is (parts.heads or parts.out)


def widths(name: str, **other: Any) -> Step:
    heads = other.pop("counts", ())
    return sized(step_named(name), Widths(**other), heads)


def test_objects_are_asked_in_sizes_that_they_can_have() -> None:
    single, many = "trainable_self_attention", "multi_head_attention"
    assert [*widths(single).axes] == ["n", "d_in", "d_out"]
    assert [*widths(single, own_values=True).axes] == [
        "n", "d_in", "d_k", "d_v",
    ]  # fmt: skip
    assert [*widths(single, square=True).axes] == ["n", "d_out"]
    assert [*widths(many).axes] == ["n", "d_in", "heads", "head_dim"]
    assert [*widths(many, square=True).axes] == ["n", "heads", "head_dim"]
    assert widths(many, counts=(1, 2)).axes["heads"] == (1, 2)
    for step in (widths(single, square=True), widths(many, square=True)):
        for case in step.cases(seed=5):
            W = case.values["W_query"]
            assert len(W) == len(W[0]) == len(case.values["inputs"][0])
    own = widths(single, own_values=True, square=True)
    assert [*own.axes] == ["n", "d_k"]
    for case in widths(single).cases(seed=5):
        assert len(case.values["W_value"][0]) == case.sizes["d_out"]
        assert case.values["num_heads"] == 1


def test_one_sentence_attends_to_another() -> None:
    step = across()
    for case in step.cases(seed=5)[::5]:
        v = arrays(case.values)
        assert len(v["context"]) == case.sizes["keys"]
        q, k, w = (
            v[source] @ v[name]
            for source, name in zip(
                ("inputs", "context", "context"), PROJECTIONS, strict=True
            )
        )
        found = CROSS.answer(step.reference, case.values)
        assert np.allclose(found, attend(q, k, w))


BIASED = Parts(PROJECTIONS, out=True, out_bias=True, heads=True, causal=True)


def served(v: Values, order: list[int]) -> Values:
    """The same with the keys and values that these heads read."""
    found, count = dict(v), int(v["key_heads"])
    for name in ("W_key", "W_value", "b_key", "b_value"):
        heads = np.split(v[name], count, axis=-1)
        found[name] = np.concatenate([heads[k] for k in order], axis=-1)
    return found


@pytest.mark.parametrize("shared", [2, 0])
def test_neighbouring_heads_share_one_of_keys_and_values(shared: int) -> None:
    parts = BIASED._replace(shared=shared)
    step = sized(step_of(parts), Widths(shared=shared))
    form = form_of(step, parts)
    assert ("key_heads" in form.roles) is (shared > 1)
    assert step.shared == shared
    for case in step.cases(seed=5)[::7]:
        v = arrays(case.values)
        heads = case.sizes["heads"]
        count = max(1, heads // shared) if shared else 1
        assert key_heads(case.values) == v["key_heads"] == count
        assert v["each"] == heads // count
        assert v["W_key"].shape[1] == count * case.sizes["head_dim"]
        assert v["keys"].shape[1] == v["W_key"].shape[1]
        order = np.repeat(np.arange(count), heads // count).tolist()
        assert serving(case.values) == order
        found = form.answer(step.reference, case.values)
        assert np.allclose(found, as_object(served(v, order), parts))


def test_heads_of_keys_may_be_said_to_serve_in_another_order() -> None:
    parts = BIASED._replace(shared=2)
    step = sized(step_of(parts), Widths(shared=2), heads=(4,))
    form, values = form_of(step, parts), step.trial().values
    in_turn = [0, 1, 0, 1]
    orders = {"W_key": in_turn, "W_value": in_turn}
    right = as_object(served(arrays(values), in_turn), parts)
    found = form.answer(step.reference, values | {"orders": orders})
    assert np.allclose(found, right)
    assert not np.allclose(form.answer(step.reference, values), right)


def test_heads_of_keys_are_counted() -> None:
    asked = [(6, 2), (4, 4), (6, 1), (1, 2), (6, 0), (1, 0)]
    assert [key_heads_of(*each) for each in asked] == [3, 1, 6, 1, 1, 1]
    assert serving({"W_query": [[1.0, 2.0]], "W_key": [[3.0, 4.0]]}) == [0]
    assert all(step.shared == 1 for step in STEPS)


def test_an_object_of_which_nothing_is_said_has_a_head_and_no_mask() -> None:
    step = step_of(Parts())
    assert step.name == "trainable_self_attention"
    assert form_of(step, Parts()).roles == ("inputs", *PROJECTIONS)
    assert Parts().shared == Widths().shared == 1
    plain = sized(step_named("multi_head_attention"), Widths())
    assert plain.axes == HEADS_SIZES
    values = plain.trial().values
    assert np.shape(values["W_out"]) == 2 * np.shape(values["W_query"])[1:]
    assert "key_heads" not in values


def test_sizes_fit_what_a_head_must_be() -> None:
    single, many = "trainable_self_attention", "multi_head_attention"
    evens = [
        *widths(many, even=True).axes["head_dim"],
        *widths(single, even=True, own_values=True).axes["d_k"],
    ]
    assert not any(size % 2 for size in evens)
    assert len({*evens}) == 2
    shared = widths(many, shared=2).axes["heads"]
    assert list(shared) == sorted({*shared})
    assert shared[0] == 1
    assert not any(heads % 2 for heads in shared[1:])
    for case in widths(many, wide=True).cases(seed=5)[::7]:
        assert len(case.values["inputs"][0]) == case.sizes["head_dim"]
