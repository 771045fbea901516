"""What is asked of each step, and what is right: computed anew by NumPy."""

from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from attnbook.checker.steps.bare import ON_INPUTS
from attnbook.checker.steps.cases import (
    by_head,
    distinct,
    enlarge,
    joined,
    strided,
)
from attnbook.checker.steps.extras import (
    paired,
    rate_in_eval,
    two_sentences,
)
from attnbook.checker.steps.masked import (
    encoded,
    mask_handed,
    masked,
    meanings,
    padding_handed,
    padding_meanings,
)
from attnbook.checker.steps.masks import MASK_FORMS, PADDING_FORMS
from attnbook.checker.steps.table import PARTS, STEPS, Form, Step, step_named
from tests.by_numpy import (
    PROJECTIONS,
    QKV,
    Array,
    Values,
    against,
    arrays,
    attend,
    entropy,
    flat,
    given_heads,
    learned,
    model_of,
    multi,
    of_dropped,
    predicted,
    projected,
    slopes,
    soft,
    stacked,
    trained,
)


def after_adam(v: Values) -> list[Array]:
    means = 0.9 * v["means"] + 0.1 * v["grad_row"]
    squares = 0.999 * v["squares"] + 0.001 * v["grad_row"] ** 2
    t = v["step_number"]
    root = np.sqrt(squares / (1 - 0.999**t)) + 1e-8
    moved = v["weight_row"] - v["rate"] * means / (1 - 0.9**t) / root
    return [moved, means, squares]


def chosen_rows(v: Values) -> Array:
    grad = np.zeros((v["vocabulary"], v["grad_inputs"].shape[1]))
    np.add.at(grad, v["sentence"], v["grad_inputs"])
    return grad


def padded(v: Values) -> Array:
    n = v["longest"]
    return np.asarray(np.tile(np.arange(n) >= v["length"], (n, 1)) * 1.0)


def heads_of(v: Values) -> Array:
    return np.stack(np.split(v["vectors"], v["num_heads"], axis=1))


PROJECTED = against(projected, "grad_outputs", "inputs", *PROJECTIONS)
OF_MULTI = against(
    lambda v: multi(v, causal=True), "grad_outputs", "inputs", *PROJECTIONS,
    "W_out", "b_out",
)  # fmt: skip
KEPT = against(of_dropped, "grad_outputs", "inputs", *PROJECTIONS)
WHOLE = against(
    lambda v: projected(v, causal=True), "grad_outputs", "inputs",
    *PROJECTIONS,
)  # fmt: skip
OF_SOFTMAX = against(lambda v: soft(v["scores"]), "grad_weights", "scores")
OF_ATTENTION = against(
    lambda v: attend(*(v[role] for role in QKV)), "grad_context_vecs", *QKV
)
OF_LOSS = lambda v: slopes(  # noqa: E731 - of one line
    lambda w: entropy(w["logits"], v["targets"]), v, "logits"
)[0]
LINEAR_BACK = against(
    lambda v: v["vectors"] @ v["W_out"] + v["b_out"], "grad_outputs",
    "vectors", "W_out", "b_out",
)  # fmt: skip


def token_scores(v: Values) -> Array:
    return np.asarray(v["inputs"] @ v["inputs"].T)


# Of each step what is right in each of its forms.
ANSWERS: dict[str, list[Callable[[Values], Any]]] = {
    "matmul": [lambda v: v["a"] @ v["b"], lambda v: v["a"] @ v["column"]],
    "transpose": [lambda v: v["matrix"].T],
    "add": [lambda v: v["a"] + v["b"], lambda v: v["x"] + v["y"]],
    "project": [lambda v: v["vectors"] @ v["W"]],
    "project_qkv": 2 * [lambda v: [v["inputs"] @ v[n] for n in PROJECTIONS]],
    "causal_mask": 3 * [
        lambda v: 1 - np.tri(v["num_tokens"]),
    ],
    "padding_mask": [padded for _ in range(15)],
    "split_heads": [heads_of, heads_of],
    "merge_heads": [lambda v: np.concatenate([*v["head_rows"]], axis=1)],
    "output_projection": [lambda v: v["vectors"] @ v["W_out"] + v["b_out"]],
    "dot": [lambda v: v["x"] @ v["y"]],
    "softmax": [lambda v: soft(v["scores"]), lambda v: soft(v["score_rows"])],
    "attention_scores": [
        lambda v: v["inputs"] @ v["query"],
        lambda v: token_scores(v)[v["row"]],
        token_scores,
        lambda v: v["queries"] @ v["keys"].T,
        lambda v: v["queries"] @ v["keys"].T / np.sqrt(v["keys"].shape[1]),
    ],
    "attention_weights": [
        lambda v: soft(v["inputs"] @ v["query"]),
        lambda v: soft(token_scores(v))[v["row"]],
        lambda v: soft(token_scores(v)),
        lambda v: soft(v["score_rows"]),
    ],
    "context_vector": [
        lambda v: v["attn_weights"] @ v["inputs"],
        lambda v: v["attn_weight_rows"] @ v["inputs"],
    ],
    "self_attention": [lambda v: soft(token_scores(v)) @ v["inputs"]],
    "scaled_attention_weights": [
        lambda v: soft(v["queries"] @ v["keys"].T / np.sqrt(v["d_k"])),
    ],
    "scaled_dot_product_attention": [
        lambda v: attend(*(v[role] for role in QKV)),
        lambda v: attend(v["keys"], v["keys"], v["keys"]),
    ],
    "trainable_self_attention": [projected, projected],
    "causal_attention": [
        *(2 * [lambda v: projected(v, causal=True)]),
        lambda v: attend(*(v[role] for role in QKV), causal=True),
    ],
    "dropout": [lambda v: v["attn_weights"] * v["keep"] / (1 - v["p"])],
    "stacked_heads": [stacked],
    "multi_head_attention": [
        *(2 * [lambda v: multi(v, causal=True)]),
        lambda v: given_heads(v, causal=True),
    ],
    "full_multi_head_attention": [
        *(2 * [lambda v: multi(v, causal=False)]),
        lambda v: given_heads(v, causal=False),
    ],
    "cross_entropy": [
        lambda v: entropy(v["logits"], v["targets"]),
        lambda v: entropy(v["logit_row"], v["target"]),
    ],
    "dot_backward": [
        lambda v: [v["grad_number"] * v["y"], v["grad_number"] * v["x"]],
    ],
    "matmul_backward": [
        against(lambda v: v["a"] @ v["b"], "grad_product", "a", "b"),
    ],
    "output_projection_backward": 2 * [LINEAR_BACK],
    "causal_attention_backward": [KEPT, WHOLE, KEPT, WHOLE, KEPT, WHOLE],
    "softmax_backward": 2 * [lambda v: OF_SOFTMAX(v)[0]],
    "scaled_dot_product_attention_backward": 3 * [OF_ATTENTION],
    "self_attention_backward": 3 * [PROJECTED],
    "multi_head_attention_backward": 3 * [OF_MULTI],
    "cross_entropy_backward": [
        OF_LOSS,
        lambda v: slopes(
            lambda w: entropy(w["logit_row"], v["target"]), v, "logit_row"
        )[0],
        OF_LOSS,
        OF_LOSS,
    ],
    "embeddings_backward": [chosen_rows, chosen_rows],
    "sgd": [
        lambda v: v["weight_row"] - v["rate"] * v["grad_row"],
        lambda v: v["weight_rows"] - v["rate"] * v["grad_rows"],
    ],
    "adam": [after_adam, after_adam],
    "model_logits": [lambda v: predicted(model_of(v))],
    "loss_and_gradients": [learned],
    "training_step": [trained],
}  # fmt: skip


def some_cases(step: Step) -> Iterator[Values]:
    """The ordinary case, and a few others of different sizes."""
    cases = step.cases(seed=5)
    for case in (*cases[:: max(1, len(cases) // 4)], *cases[-2:]):
        if len(flat(list(arrays(case.values).get("inputs", [0])))) < 60:
            yield case.values


def test_what_is_right_is_known_for_every_form_of_every_step() -> None:
    assert {step.name: len(step.forms) for step in STEPS} == {
        name: len(forms) for name, forms in ANSWERS.items()
    }


@pytest.mark.parametrize("name", ANSWERS)
def test_every_form_is_answered_as_numpy_does(name: str) -> None:
    step = step_named(name)
    for values in some_cases(step):
        given = arrays(values)
        right = {f: flat(f(given)) for f in {*ANSWERS[name]}}
        for form, expected in zip(step.forms, ANSWERS[name], strict=True):
            found = flat(form.answer(step.reference, values))
            assert found == pytest.approx(right[expected], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_arguments_of_a_form_are_drawn(name: str) -> None:
    step = step_named(name)
    for case in step.cases(seed=5):
        for form in step.forms:
            assert {*form.roles} <= case.values.keys()


TENTHS = {round(0.1 * i, 1) for i in range(-15, 16) if i}
DRAWN = {
    "a": 1, "b": 1, "x": 1, "y": 1, "inputs": 1, "queries": 1, "keys": 1,
    "values": 1, "vectors": 1, "W_query": 2, "W_key": 2, "W": 2,
    "embeddings": 1, "weight_row": 1, "grad_row": 1, "query": 1,
    "grad_outputs": 1, "grad_inputs": 1, "b_out": 1, "b_query": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in ANSWERS if n != "adam"])
def test_what_is_drawn_can_be_read(name: str) -> None:
    for case in step_named(name).cases(seed=5):
        if case.origin.startswith("seed"):
            for role, divisor in DRAWN.items():
                entries = flat(case.values.get(role, []))
                tenths = {round(divisor * entry, 6) for entry in entries}
                assert tenths <= TENTHS


def test_shares_sum_to_1_and_differ() -> None:
    for case in step_named("context_vector").cases(seed=5):
        shares = case.values["attn_weights"]
        assert sum(shares) == pytest.approx(1.0)
        assert min(shares) > 0
        assert len({*shares}) == len(shares)


def test_cases_stand_by_size_and_the_fixed_ones_last() -> None:
    step = step_named("scaled_dot_product_attention")
    cases = step.cases(seed=5)
    *drawn, ordinary, large = cases
    sizes = [tuple(case.sizes.values()) for case in drawn]
    assert sizes == sorted(sizes, key=lambda cell: (sum(cell), cell))
    assert {*sizes} == {*product(*step.axes.values())}
    assert ordinary.sizes == large.sizes == distinct(step.axes)
    assert ordinary == step.trial()
    first, *others = large.values["queries"]
    assert max(map(abs, first)) > 1.5 >= max(map(abs, flat(others)))
    assert step_named("self_attention").cases(5)[-1].sizes == {"n": 6, "d": 3}


def test_the_smallest_sizes_that_differ_are_chosen() -> None:
    assert distinct({"a": (1, 2, 4), "b": (1, 2, 3)}) == {"a": 2, "b": 3}
    assert distinct({"a": (1, 2), "b": (1, 2)}) == {"a": 2, "b": 2}
    assert distinct({"a": (1,), "b": (1, 2, 3)}) == {"a": 1, "b": 2}
    assert enlarge([1.0, -2.0], 8.0) == [8.0, -16.0]
    assert enlarge([[1.0], [2.0]], 8.0) == [[8.0], [2.0]]


MULTI = step_named("multi_head_attention").trial().values


def test_weights_of_heads_may_be_laid_out_otherwise() -> None:
    values = arrays(MULTI)
    heads, W = values["num_heads"], values["W_query"]
    d_in, d_out = W.shape
    cells = W.reshape(d_in, heads, -1)
    found = strided(MULTI)
    right = cells.transpose(0, 2, 1).reshape(d_in, d_out)
    assert np.array_equal(found["W_query"], right)
    out = values["W_out"].reshape(heads, -1, d_out)
    assert np.array_equal(
        found["W_out"], out.transpose(1, 0, 2).reshape(d_out, d_out)
    )
    b = values["b_value"].reshape(heads, -1)
    assert np.array_equal(found["b_value"], b.T.ravel())
    cut = by_head(MULTI)["W_query"]
    assert np.array_equal(cut, cells.transpose(1, 0, 2))
    packed = joined(MULTI)
    three = [values[name] for name in PROJECTIONS]
    assert np.array_equal(packed["W_qkv"], np.concatenate(three, axis=1))
    biases = [values[f"b_{n}"] for n in ("query", "key", "value")]
    assert np.array_equal(packed["b_qkv"], np.concatenate(biases))


def test_a_second_sentence_has_the_same_weights() -> None:
    step = step_named("trainable_self_attention")
    case = two_sentences(step)
    other = case.values["other"]
    assert case.origin == "a batch of two sentences"
    assert other["W_query"] == case.values["W_query"]
    assert other["inputs"] != case.values["inputs"]
    assert np.shape(other["inputs"]) == np.shape(case.values["inputs"])
    form = paired(step.forms[0])
    one, two = form.answer(step.reference, case.values)
    assert one == step.forms[0].answer(step.reference, case.values)
    assert two == step.forms[0].answer(step.reference, other)
    alone = step.trial().values
    assert form.answer(step.reference, alone) == step.forms[0].answer(
        step.reference, alone
    )
    assert rate_in_eval(step).values["rate"] == 0.5


def hidden_by(step: Step, case: Values, form: Form) -> Array:
    """Attention in which the mask fills scores with minus infinity."""
    v = arrays(case)
    if "queries" in form.roles:
        q, k, w = (v[role] for role in QKV)
    else:
        q, k, w = (v["inputs"] @ v[name] for name in PROJECTIONS)
    gone = np.array(v["hidden"])
    if step.causal:
        gone = gone | (np.tri(*gone.shape) == 0)
    s = np.where(gone, -np.inf, q @ k.T / np.sqrt(k.shape[1]))
    return np.asarray(soft(s) @ w)


@pytest.mark.parametrize(
    "name",
    ["scaled_dot_product_attention", "trainable_self_attention",
     "causal_attention"],
)  # fmt: skip
def test_behind_a_mask_a_row_is_made_of_what_it_sees(name: str) -> None:
    step = step_named(name)
    form = step.forms[0]
    for case, rows in ((mask_handed(step), 4), (padding_handed(step), 3)):
        found = masked(form).answer(step.reference, case.values)
        right = hidden_by(step, case.values, form)[:rows]
        assert np.allclose(found, right)
        plain = {k: v for k, v in case.values.items() if k != "hidden"}
        assert masked(form).answer(step.reference, plain) == form.answer(
            step.reference, plain
        )


def test_a_mask_may_stand_in_the_place_of_the_causal_one() -> None:
    step = step_named("causal_attention")
    form, case = step.forms[0], mask_handed(step)
    found = masked(form, instead=True).answer(step.reference, case.values)
    seen = step_named("trainable_self_attention")
    assert np.allclose(found, hidden_by(seen, case.values, form))


def test_a_mask_that_is_handed_over_hides_some_and_no_token_from_itself() -> (
    None
):
    step = step_named("scaled_dot_product_attention")
    hidden = np.array(mask_handed(step).values["hidden"])
    assert hidden.shape == (4, 4)
    assert not hidden.diagonal().any()
    assert all(0 < row.sum() < 3 for row in hidden)
    assert not np.array_equal(hidden, hidden.T)
    assert len({*map(tuple, hidden)}) == 4
    padding = padding_handed(step).values
    assert padding["hidden"] == [[False, False, False, True]] * 4
    assert padding["real"] == 3


def test_a_mask_is_encoded_as_code_wants_it() -> None:
    hidden = [[False, True], [True, False]]
    assert encoded("keep", hidden) == [[1.0, 0.0], [0.0, 1.0]]
    assert encoded("hide", hidden) == [[0.0, 1.0], [1.0, 0.0]]
    assert encoded("added", hidden) == [[0.0, -1e9], [-1e9, 0.0]]
    assert encoded("hide bool", hidden) == hidden
    assert encoded("hide bool", hidden)[0][1] is True
    assert encoded("keep bool row", hidden) == [[True, False]]
    assert encoded("keep padding", hidden) == [1.0, 0.0]
    assert encoded("hide axis axis", hidden) == [[[[0.0, 1.0], [1.0, 0.0]]]]
    assert len({*meanings()}) == len(meanings()) == 15
    assert len({*padding_meanings()}) == len(padding_meanings()) == 20
    assert meanings()[0] == "keep"
    assert all("padding" in each for each in padding_meanings())


def readings(forms: tuple[Form, ...], mask: Any) -> list[Any]:
    return [form.read(mask) for form in forms]


OTHER = {"other": "a mask of another convention"}


def test_a_mask_is_read_by_its_convention() -> None:
    hides, seen, added = (
        [[0, 1], [0, 0]], [[1, 0], [1, 1]], [[0.0, -1e9], [0.0, 0.0]],
    )  # fmt: skip
    wanted = [[0, 1], [0, 0]]
    assert readings(MASK_FORMS, hides) == [wanted, OTHER, OTHER]
    assert readings(MASK_FORMS, seen) == [OTHER, wanted, OTHER]
    assert readings(MASK_FORMS, added) == [OTHER, OTHER, wanted]
    flags = [[{"other": "bool", "is": bool(x)} for x in row] for row in seen]
    assert readings(MASK_FORMS, flags) == [OTHER, wanted, OTHER]
    assert MASK_FORMS[0].read([[False, True], [False, False]]) == wanted
    one = readings(MASK_FORMS, [[0]])
    assert one == [[[0]], [[1.0]], [[0.0]]]
    nothing = [[0, 0], [0, 0]]
    assert readings(MASK_FORMS, nothing) == [nothing, OTHER, nothing]
    for odd in (5.0, [1.0, 0.0], [[{"other": "str"}]], [[0.0], ["a"]]):
        assert readings(MASK_FORMS, odd) == [odd] * 3


def test_padding_is_read_by_what_the_first_token_sees() -> None:
    hides = [[0, 0, 1]] * 3
    assert readings(PADDING_FORMS, hides) == 5 * [hides, OTHER, OTHER]
    seen = [[1, 1, 0]] * 3
    assert readings(PADDING_FORMS, seen) == 5 * [OTHER, hides, OTHER]
    whole = [[1, 1], [1, 1]]
    assert readings(PADDING_FORMS, whole)[1] == [[0, 0], [0, 0]]
    three = PADDING_FORMS[:3]
    for row in ([0, 0, 1], [[0, 0, 1]], [[[[0, 0, 1]]]]):
        assert readings(three, row) == [hides, OTHER, OTHER]
    two = [[[0, 0, 1]], [[0, 1, 1]]]
    assert readings(three, two) == [two] * 3


def test_a_row_of_padding_is_meant_for_every_token() -> None:
    seen_and_gone = [(False, True), (True, False), (0.0, float("-inf"))]
    for i, form in enumerate(PADDING_FORMS):
        seen, gone = seen_and_gone[i % 3]
        row = [seen, seen, gone]
        for came in (row, [row], [[row]]):
            assert form.read(came) == [[0.0, 0.0, 1.0]] * 3
        assert form.read([seen]) == [[0.0]]


def test_a_padded_sentence_is_given_by_lengths_and_by_numbers() -> None:
    for case in step_named("padding_mask").cases(seed=5):
        v = case.values
        (ids,) = v["ids"]
        assert v["length"] == case.sizes["length"]
        assert v["longest"] == v["length"] + case.sizes["padding"]
        assert v["lengths"] == [v["length"]]
        assert v["key_ids"] == v["ids"]
        assert [token == v["pad"] for token in ids] == [
            place >= v["length"] for place in range(v["longest"])
        ]
        assert len({*ids[: v["length"]]}) == v["length"]
    sizes = [case.sizes for case in step_named("padding_mask").cases(seed=5)]
    assert (
        sizes[-1]["padding"] == 0 < min(each["padding"] for each in sizes[:-1])
    )


def test_parts_around_an_attention_are_told_from_attentions() -> None:
    assert "matmul" in PARTS
    assert "training_step" in PARTS
    assert "causal_attention" not in PARTS
    assert "causal_attention_backward" not in PARTS
    assert step_named("dot").where == "section 3.3.1"
    assert step_named("sgd").where == "loss and learning"
    with pytest.raises(ValueError, match="the step must be one of matmul, "):
        step_named("colour")


def test_tokens_are_of_the_vocabulary_and_some_come_twice() -> None:
    step = step_named("embeddings_backward")
    for case in step.cases(seed=5):
        sentence, v = case.values["sentence"], case.sizes["vocabulary"]
        assert len(sentence) == case.sizes["places"]
        assert all(0 <= token < v for token in sentence)
        assert sentence[0] == sentence[-1] == v - 1
    targets = step_named("cross_entropy").cases(seed=5)
    for case in targets:
        assert all(
            0 <= t < case.sizes["vocabulary"] for t in case.values["targets"]
        )
        assert case.values["target"] == case.values["targets"][0]


def test_results_of_learning_are_read_by_what_they_hold() -> None:
    adam = step_named("adam").forms[0].read
    three = [[1.0], [2.0], [3.0]]
    state = {"fields": ["t", "m", "v"], "items": [5.0, [2.0], [3.0]]}
    assert adam(three) == three
    assert adam([[1.0], state]) == three
    assert adam([[1.0], [5.0, [2.0], [3.0]]]) == three
    assert adam(5.0) == 5.0
    loss = step_named("loss_and_gradients").forms[0].read
    grads = {"fields": ["a"], "items": [[1.0]]}
    assert loss([0.5, grads]) == [0.5, [1.0]]
    assert loss([0.5, [[1.0]]]) == [0.5, [1.0]]
    assert loss([0.5, 1.0]) == [0.5, 1.0]
    assert loss([0.5, 1.0, 2.0]) == [0.5, 1.0, 2.0]
    assert loss({"other": "set"}) == {"other": "set"}
    assert loss([0.5, {"other": "set"}]) == [0.5, {"other": "set"}]


def test_a_draw_is_made_of_its_seed() -> None:
    step = step_named("dropout")
    one, two = (step.draw(Random(3), rows=3, columns=4) for _ in range(2))
    assert one == two
    rates = {
        each.draw(Random(seed), **distinct(each.axes))["p"]
        for each in (step, step_named("causal_attention_backward"))
        for seed in range(30)
    }
    assert 0 < min(rates) < 0.5 < max(rates) < 1
    assert 0.5 not in rates  # where `p` and `1 - p` are alike
    kept = flat([case.values["keep"] for case in step.cases(seed=5)])
    assert 0.4 < sum(kept) / len(kept) < 0.8


@pytest.mark.parametrize("name", ANSWERS)
def test_sizes_grow_and_none_comes_twice(name: str) -> None:
    for sizes in step_named(name).axes.values():
        assert list(sizes) == sorted({*sizes})
        assert min(sizes) >= 1


def test_steps_say_what_they_are() -> None:
    learned = {"loss_and_gradients", "training_step"}
    causal = {"causal_attention", "stacked_heads", "multi_head_attention"}
    for step in STEPS:
        is_back = step.name.endswith("_backward") or step.name in learned
        assert step.gradient is is_back
        assert step.causal is (step.name in causal)
        assert step.trial().sizes == distinct(step.axes)


def test_scores_and_queries_are_one_more_than_what_they_are_of() -> None:
    for case in step_named("softmax").cases(seed=5)[:-1]:
        n, rows = case.sizes["n"], case.values["score_rows"]
        assert np.shape(rows) == (n + 1, n)
        assert case.values["scores"] == rows[0]
    for case in step_named("attention_scores").cases(seed=5):
        n, d = case.sizes["n"], case.sizes["d"]
        assert np.shape(case.values["queries"]) == (n + 1, d)
        assert np.shape(case.values["keys"]) == (n, d)
        assert np.shape(case.values["score_rows"]) == (n + 1, n)


def test_settings_of_a_class_say_what_is_asked() -> None:
    for case in step_named("scaled_dot_product_attention").cases(seed=5):
        d_k = case.sizes["d_k"]
        assert case.values["d_k"] == d_k
        assert case.values["temperature"] == pytest.approx(np.sqrt(d_k))
        assert case.values["no_dropout"] == 0.0
    for case in step_named("causal_attention").cases(seed=5):
        values, sizes = case.values, case.sizes
        assert values["d_in"] == values["d_model"] == sizes["d_in"]
        assert values["d_out"] == sizes["d_v"]
        assert values["d_k"] == sizes["d_k"]
        assert values["context_length"] == sizes["n"]
        assert values["no_dropout"] == 0.0
        assert values["qkv_bias"] is False


def test_entries_reach_from_minus_1_5_to_1_5_in_tenths() -> None:
    drawn = [
        entry
        for seed in range(40)
        for entry in flat(step_named("dot").draw(Random(seed), d=13)["x"])
    ]
    assert {round(entry, 6) for entry in drawn} == TENTHS


def test_a_step_of_adam_begins_where_1e_8_has_its_place() -> None:
    step = step_named("adam")
    taken_seen = set()
    for seed in range(40):
        v = step.draw(Random(seed), k=8)
        state = dict(zip(*v["state"].values(), strict=True))
        t = v["step_number"]
        assert state["steps"] == t - 1
        assert (state["means"], state["squares"]) == (v["means"], v["squares"])
        mean_squares = np.array(v["squares"]) / (1 - 0.999**t) * 1e6
        assert np.allclose(mean_squares, np.round(mean_squares))
        assert 1 <= min(mean_squares.round()) <= max(mean_squares) < 20
        for role in ("means", "grad_row"):
            assert {round(500 * entry, 6) for entry in v[role]} <= TENTHS
        taken_seen.add(t - 1)
    assert len(taken_seen) == 5
    assert min(taken_seen) == 1


def test_rates_of_learning_lie_between_0_and_1() -> None:
    for name in ("sgd", "adam", "training_step"):
        step = step_named(name)
        rates = {
            step.draw(Random(seed), **distinct(step.axes))["rate"]
            for seed in range(30)
        }
        assert len(rates) == 3
        assert 0 < min(rates) < max(rates) < 1
    for case in step_named("cross_entropy").cases(seed=5)[:-1]:
        assert case.values["logit_row"] == case.values["logits"][0]


def test_a_dropout_keeps_most_and_not_all() -> None:
    cases = step_named("causal_attention_backward").cases(seed=5)
    kept = [case.values["keep"] for case in cases if case.sizes["n"] == 4]
    share = np.mean([np.mean(each) for each in kept])
    assert 0.7 < share < 1


@pytest.mark.parametrize("name", ["multi_head_attention",
                                  "full_multi_head_attention"])  # fmt: skip
def test_a_query_alone_is_the_last_of_as_many_as_there_are_keys(
    name: str,
) -> None:
    step = step_named(name)
    values = {**step.cases(seed=5)[-2].values}
    values["queries"] = values["queries"][-1:]
    v = arrays(values)
    right = given_heads(v, causal=False)
    found = step.forms[2].answer(step.reference, values)
    assert np.allclose(found, right)
    assert np.shape(found) == np.shape(right)


def test_bare_inputs_are_asked_without_a_scale_and_with_one() -> None:
    step = step_named("causal_attention")
    plain, scaled = ON_INPUTS
    for case in step.cases(seed=5)[::9]:
        x = np.array(case.values["inputs"])
        found = plain.answer(step.reference, case.values)
        s = np.where(np.tri(len(x)) > 0, x @ x.T, -np.inf)
        assert np.allclose(found, soft(s) @ x)
        found = scaled.answer(step.reference, case.values)
        assert np.allclose(found, attend(x, x, x, causal=True))
    assert plain.roles == scaled.roles == ("inputs",)
    assert scaled.note.endswith("; scaled by the square root of their width")
    assert scaled.note.startswith(plain.note)
    assert "swapped" in plain.spared
