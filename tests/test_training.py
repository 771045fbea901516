"""Attention that learns: the loss, the optimisers, the model, the runs."""

import json
import subprocess
import sys
from cmath import log as complex_log
from io import StringIO
from itertools import islice
from math import exp, log, sqrt
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnbook import learning
from attnbook.learning import Adam, adam, cross_entropy, sgd
from attnbook.loop import (
    Progress,
    answer,
    exact_match,
    loss_and_gradient,
    train,
)
from attnbook.tasks import (
    TASKS,
    Model,
    backward,
    draw_model,
    draw_sentence,
    fetch,
    gradient_of,
    predict,
    reverse,
    weights_of,
    with_weights,
)
from attnbook.training import (
    Run,
    Settings,
    as_json,
    as_text,
    draw_batches,
    draw_held_out,
    from_json,
    main,
    progress_bar,
    run,
)
from attnbook.training.command import _on_arrays
from attnbook.vectors import (
    Matrix,
    largest_difference,
    matmul,
    transpose,
)
from tests import gradients
from tests.gradient_cases import agree, draw, draw_row
from tests.gradients import derivatives

ANY: Any = None
STORED = Path(__file__).parent.parent / "docs" / "data"
"""Written by `attnbook train --task reverse --store ...`."""

ADAM = Path(__file__).parent / "data" / "torch-adam.json"
TORCH = json.loads(ADAM.read_text(encoding="utf-8"))


def stored(task: str) -> Run:
    text = (STORED / f"training-{task}.json").read_text(encoding="utf-8")
    return from_json(text)


def surprise(logits: Any, targets: list[int]) -> complex:
    """The mean of minus the log of the right softmax, in complex numbers."""
    total = 0j
    for i in range(len(targets)):
        total -= complex_log(gradients.softmax(logits[i])[targets[i]])
    return total / len(targets)


def model_loss(sentence: list[int], num_heads: int, *weights: Any) -> complex:
    """The loss of the whole model, index by index."""
    tokens, positions, *layer = weights
    n, d = len(sentence), len(tokens[0])
    inputs = [
        [tokens[sentence[i]][j] + positions[i][j] for j in range(d)]
        for i in range(n)
    ]
    logits = gradients.many_heads(
        inputs,
        *layer,
        hidden=gradients.nothing(n, n),
        num_heads=num_heads,
    )
    return surprise(logits, sentence[::-1])


def wrong_gradients(learning: ModuleType, backward: ModuleType) -> list[str]:
    """What disagrees with the complex steps, of the loss and the model."""
    random = Random(5)
    logits, targets = draw(random, 3, 5), [4, 0, 0]
    (expected,) = derivatives(
        lambda logits: 0.7 * surprise(logits, targets), logits
    )
    actual = learning.cross_entropy_backward(
        targets, learning.cross_entropy(logits, targets), grad_loss=0.7
    )
    wrong = [] if agree(expected, actual) else ["grad_logits"]

    sentence = [2, 0, 2, 3]  # one token twice, one not at all
    model = draw_model(4, 6, 2, random)
    layer = model.attention._replace(b_out=draw_row(random, 4))
    model = model._replace(attention=layer)
    prediction = predict(sentence, model)
    grad_logits = cross_entropy_of(prediction.logits, sentence[::-1])
    grads = backward.predict_backward(sentence, model, prediction, grad_logits)
    expected = derivatives(
        lambda *weights: model_loss(sentence, 2, *weights),
        *model[:2],
        *layer[:5],
    )
    actual = [*grads[:2], *grads.grad_attention[1:]]
    names = [*grads._fields[:2], *grads.grad_attention._fields[1:]]
    for name, *both in zip(names, expected, actual, strict=True):
        wrong += [] if agree(*both) else [name]
    return wrong


def cross_entropy_of(logits: Matrix, targets: list[int]) -> Matrix:
    """The right gradient of the loss, from the package."""
    steps = cross_entropy(logits, targets)
    return learning.cross_entropy_backward(targets, steps)


def test_every_gradient_of_the_loss_and_the_model_is_the_complex_step() -> (
    None
):
    assert wrong_gradients(learning, backward) == []


@pytest.mark.parametrize(
    ("module", "right", "mistake", "name"),
    [
        (learning, "- (j == target)", "+ (j == target)", "grad_logits"),
        (learning, "- (j == target)", "", "grad_logits"),
        (learning, "(j == target)) / n", "(j == target))", "grad_logits"),
        (learning, "grad_loss * (q", "1.0 * (q", "grad_logits"),
        (
            backward,
            "sentence, grad_token_vecs",
            "sentence[::-1], grad_token_vecs",
            "grad_token_embeddings",
        ),
        (
            backward,
            "grad_position_embeddings = [row[:] for row in grad_token_vecs]",
            "grad_position_embeddings = prediction.inputs",
            "grad_position_embeddings",
        ),
    ],
)
def test_a_planted_mistake_is_found(
    module: ModuleType, right: str, mistake: str, name: str
) -> None:
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert source.count(right) == 1
    planted = ModuleType(module.__name__)
    exec(source.replace(right, mistake), vars(planted))  # noqa: S102 - ours
    modules = [planted if module is m else m for m in (learning, backward)]
    assert wrong_gradients(*modules) == [name]


@given(st.data(), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_a_chosen_row_collects_what_a_product_with_ones_and_zeros_gives(
    data: st.DataObject, n: int, v: int, d: int
) -> None:
    random = data.draw(st.randoms(use_true_random=False))
    table, grads = draw(random, v, d), draw(random, n, d)
    sentence = [random.randrange(v) for _ in range(n)]
    chosen = [[float(i == token) for i in range(v)] for token in sentence]
    expected = matmul(transpose(chosen), grads)
    actual = learning.embeddings_backward(table, sentence, grads)
    assert largest_difference(expected, actual) < 1e-12


def test_a_table_and_its_gradients_must_fit() -> None:
    table = [[0.5, 0.25], [0.75, 1.0]]
    with pytest.raises(ValueError, match=r"sentence\[1\] must be"):
        learning.embeddings_backward(table, [0, 2], [[1.0, 2.0]] * 2)
    with pytest.raises(ValueError, match=r"grad_inputs must be \(2, 2\)"):
        learning.embeddings_backward(table, [0, 1], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="sentence must"):
        learning.embeddings_backward(table, [], [])


@given(st.data(), st.integers(1, 4), st.integers(1, 5))
def test_cross_entropy_is_the_formula(
    data: st.DataObject, n: int, v: int
) -> None:
    random = data.draw(st.randoms(use_true_random=False))
    logits = draw(random, n, v)
    targets = [random.randrange(v) for _ in range(n)]
    expected = 0.0
    for i in range(n):
        shares = sum(exp(logits[i][j]) for j in range(v))
        expected -= log(exp(logits[i][targets[i]]) / shares) / n
    assert abs(cross_entropy(logits, targets).loss - expected) <= 1e-12


def test_a_hopeless_target_has_a_finite_loss() -> None:
    assert cross_entropy([[0.0, 1e4]], [0]).loss == 1e4


def test_sgd_walks_down_a_bowl() -> None:
    weights = [3.0, -4.0]
    for _ in range(100):  # the gradient of half the squares is the weights
        weights = sgd(weights, weights, rate=0.1)
    assert weights == pytest.approx([3 * 0.9**100, -4 * 0.9**100], rel=1e-12)


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_adam_is_the_published_recipe(seed: int) -> None:
    """Algorithm 1, every mean spelled out as a sum over all gradients."""
    random = Random(seed)
    steps = [draw_row(random, 3) for _ in range(5)]
    weights, state = [0.0] * 3, Adam.start(3)
    for t in range(1, 6):
        before = weights
        weights, state = adam(weights, steps[t - 1], state, rate=0.1)
        for j in range(3):
            m = sum(0.1 * 0.9 ** (t - 1 - s) * steps[s][j] for s in range(t))
            v = sum(
                0.001 * 0.999 ** (t - 1 - s) * steps[s][j] ** 2
                for s in range(t)
            )
            m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            step = 0.1 * m_hat / (sqrt(v_hat) + 1e-8)
            assert abs(before[j] - step - weights[j]) <= 1e-12


@pytest.mark.parametrize("case", TORCH["cases"], ids=lambda c: c["scale"])
def test_adam_takes_the_steps_of_torch_from_tiny_to_huge_gradients(
    case: dict[str, Any],
) -> None:
    weights, state = case["weights"], Adam.start(3)
    for grad_weights, expected in zip(
        case["gradients"], case["after"], strict=True
    ):
        weights, state = adam(weights, grad_weights, state, TORCH["rate"])
        # A step is at most 0.01: a few roundings of weights below 1.
        assert weights == pytest.approx(expected, rel=0, abs=1e-15)


@pytest.mark.parametrize("task", TASKS)
def test_the_stored_run_comes_out_again(task: str) -> None:
    expected = stored(task)
    actual = run(expected.settings._replace(steps=25))
    assert actual.sentence == expected.sentence
    assert actual.exact[0] == expected.exact[0]
    first = zip(actual.losses, expected.losses[:25], strict=True)
    # From 3.12 on sum() carries a compensation: 60 steps differ by 5e-13.
    assert all(abs(new - old) <= 1e-9 for new, old in first)
    # 4 decimals are stored.
    assert _largest_gap(actual.attn_weights[0], expected.attn_weights[0]) <= (
        5e-5 + 1e-9
    )


@pytest.mark.parametrize("task", TASKS)
def test_on_arrays_the_same_run_comes_out(task: str) -> None:
    told = Settings(task, length=4, width=12, num_heads=2, steps=80)
    expected, actual = run(told), run(told, way=_on_arrays)
    lost = zip(actual.losses, expected.losses, strict=True)
    assert max(abs(new - old) for new, old in lost) <= 1e-9
    assert actual.half_way == expected.half_way > 0
    assert actual.exact == expected.exact
    assert actual.sentence == expected.sentence
    for new, old in (
        (actual.attn_weights, expected.attn_weights),
        ([weights_of(actual.model)], [weights_of(expected.model)]),
    ):
        assert _largest_gap(new, old) <= 1e-9
    assert from_json(as_json(actual)).settings == told


def test_the_command_trains_on_arrays_what_is_stored_from_lists(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.json"
    main(["--arrays", "--store", str(file)])
    assert "100.0% after" in capsys.readouterr().out
    expected, actual = stored("reverse"), from_json(file.read_text("utf-8"))
    lost = zip(actual.losses, expected.losses, strict=True)
    assert max(abs(new - old) for new, old in lost) <= 1e-9
    assert actual.exact == expected.exact


def test_numpy_is_imported_where_it_is_asked_for_and_missed_in_words() -> None:
    code = """
import sys
sys.modules["numpy"] = None  # as if it were not there
from attnbook.training import main
main(["--length", "4", "--width", "4", "--steps", "1"])
main(["--arrays"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("loss: ")
    assert done.stderr.splitlines()[-1] == (
        "attnbook train: error: arrays need NumPy, which is not installed: "
        "pip install numpy"
    )


def _largest_gap(a: Any, b: Any) -> float:
    if isinstance(a, list):
        return max(_largest_gap(*x) for x in zip(a, b, strict=True))
    return float(abs(a - b))


@pytest.mark.parametrize("task", TASKS)
def test_the_stored_model_is_right_from_chance_to_99_percent(
    task: str,
) -> None:
    told = stored(task)
    assert told.exact[0] <= 0.005
    assert told.exact[0] < told.exact[1] < 0.5
    assert told.exact[2] >= 0.99
    held_out = draw_held_out(6, Random(told.settings.seed))
    assert held_out[0] == told.sentence
    assert exact_match(told.model, TASKS[task], held_out) >= 0.99


@pytest.mark.parametrize(
    ("task", "place"),
    [
        ("reverse", lambda sentence, i: len(sentence) - 1 - i),
        ("fetch", lambda sentence, i: sentence[i]),
    ],
)
def test_each_place_attends_to_where_its_answer_stands(
    task: str, place: Any
) -> None:
    told = stored(task)
    before, half_way, after = (weights[0] for weights in told.attn_weights)
    shares = [
        [row[place(told.sentence, i)] for i, row in enumerate(weights)]
        for weights in (before, half_way, after)
    ]
    assert min(shares[2]) >= 0.9
    assert sum(shares[0]) < sum(shares[1]) < sum(shares[2])


def test_the_stored_map_is_that_of_the_stored_model() -> None:
    told = stored("reverse")
    weights = predict(told.sentence, told.model).attention.attn_weights
    # The model's weights are stored with 4 decimals, and scores add up 256.
    assert _largest_gap(weights, told.attn_weights[2]) <= 1e-2


def test_the_weights_of_the_end_are_printed_beside_what_is_written() -> None:
    told = run(Settings(length=4, width=4, num_heads=2, steps=2))
    wrote = answer(told.sentence, told.model)
    _, *heads = as_text(told).split("\n\n")
    for h, head in enumerate(heads):
        title, tokens, *rows = head.splitlines()
        assert title.startswith(f"head {h + 1}: ")
        assert [*map(int, tokens.split())] == told.sentence
        for i, row in enumerate(rows):
            token, *weights = row.split()
            assert int(token) == wrote[i]
            # 2 decimals are printed.
            assert [*map(float, weights)] == pytest.approx(
                told.attn_weights[2][h][i], abs=5e-3 + 1e-9
            )
        assert len(rows) == 4
    assert len(heads) == 2


@pytest.mark.parametrize("seed", [-(2**63), 2**64 - 1])
def test_a_seed_is_any_integer_of_64_bits(seed: int) -> None:
    told = run(Settings(length=4, width=4, steps=1, seed=seed))
    assert told.settings.seed == seed
    beyond = seed + (1 if seed > 0 else -1)
    with pytest.raises(
        ValueError, match=r"^seed must be -9223372036854775808"
    ):
        run(told.settings._replace(seed=beyond))


def test_the_first_sentence_held_out_says_how_long_they_are() -> None:
    four, two = [0, 1, 2, 3], [0, 1]
    with pytest.raises(ValueError, match=r"^held_out\[2\] must hold 4 tokens"):
        draw_batches([four, four, two], 1, Random(0))
    with pytest.raises(ValueError, match=r"^held_out\[0\] must be a list of"):
        draw_batches([ANY, four], 1, Random(0))


def test_half_way_is_where_the_loss_is_first_halved() -> None:
    told = stored("reverse")
    losses, step = told.losses, told.half_way
    assert losses[step - 1] < losses[0] / 2
    assert min(losses[: step - 1]) >= losses[0] / 2


def test_a_small_model_learns_in_80_steps() -> None:
    told = run(Settings(length=4, width=12, steps=80))
    assert told.exact[0] <= 0.05
    assert told.exact[2] >= 0.99


def test_the_same_settings_give_the_same_run_and_others_another() -> None:
    small = Settings(length=4, width=4, steps=3)
    once = run(small)
    assert run(small) == once
    assert run(small._replace(seed=1)).losses != once.losses


def test_nothing_held_out_is_trained_on() -> None:
    random = Random(3)
    held_out = draw_held_out(4, random)  # 200 of 256
    trained_on = [s for b in draw_batches(held_out, 50, random) for s in b]
    assert len(trained_on) == 400
    assert not any(sentence in held_out for sentence in trained_on)


def test_training_changes_no_model_that_it_was_given() -> None:
    model = draw_model(4, 4, 1, Random(0))
    untouched = json.dumps(model)
    first, second = islice(train(model, reverse, [[[0, 1, 2, 3]]] * 2), 2)
    assert json.dumps(model) == untouched
    assert first.model != second.model


def test_the_gradient_of_a_batch_is_the_mean_of_its_sentences() -> None:
    model, batch = draw_model(4, 4, 2, Random(0)), [[0, 1, 2, 3], [3, 3, 1, 0]]
    each = [loss_and_gradient(model, fetch, [sentence]) for sentence in batch]
    loss, gradient = loss_and_gradient(model, fetch, batch)
    assert loss == pytest.approx(sum(own for own, _ in each) / 2, rel=1e-12)
    mean = [sum(g) / 2 for g in zip(*(g for _, g in each), strict=True)]
    assert gradient == pytest.approx(mean, rel=1e-9, abs=1e-15)


def test_weights_in_a_row_stand_in_the_order_of_their_gradients() -> None:
    """A step against one gradient alone lowers the loss as it promises."""
    model, batch = draw_model(4, 6, 2, Random(0)), [[2, 0, 3, 3]]
    loss, gradient = loss_and_gradient(model, fetch, batch)
    weights = weights_of(model)
    for j in range(len(weights)):
        moved = [*weights[:j], weights[j] + 1e-5, *weights[j + 1 :]]
        after, _ = loss_and_gradient(with_weights(model, moved), fetch, batch)
        # A forward difference of 1e-5 errs by about as much.
        assert abs((after - loss) / 1e-5 - gradient[j]) <= 1e-4


def test_a_run_is_read_as_it_was_written() -> None:
    told = run(Settings("fetch", length=4, width=4, num_heads=2, steps=2))
    again = from_json(as_json(told))
    assert as_json(again) == as_json(told)
    assert again.settings == told.settings
    assert again.model.attention.num_heads == 2


def test_answers_are_the_tokens_with_the_largest_logits() -> None:
    model: Model = draw_model(5, 4, 1, Random(0))
    sentence = draw_sentence(5, Random(0))
    for token, row in zip(
        answer(sentence, model), predict(sentence, model).logits, strict=True
    ):
        assert all(row[token] >= logit for logit in row)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--length 3", "length must be 4 to 10, got 3"),
        ("--length 11", "length must be 4 to 10, got 11"),
        ("--width 0", "width must be an integer of 1 or more, got 0"),
        ("--num-heads 3", "divisible by num_heads = 3"),
        ("--steps 0", "steps must be an integer of 1 or more, got 0"),
        ("--steps many", "invalid int value: 'many'"),
        (
            "--task sort",
            "task must be one of ['reverse', 'fetch'], got 'sort'",
        ),
        ("--store no/where.json", "there is no folder no"),
    ],
)
def test_impossible_settings_are_refused_in_words(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments.split())
    assert message in capsys.readouterr().err


def test_a_bar_is_drawn_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--length", "4", "--width", "4", "--steps", "2"]
    main(arguments)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main(arguments)
    drawn = capsys.readouterr().err
    assert "[###############...............] loss 1.39" in drawn
    assert f"\r[{30 * '#'}] loss" in drawn
    assert drawn.endswith("\n")


def test_the_module_is_a_command() -> None:
    small = ["--length", "4", "--width", "4", "--steps", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "attnbook.training", *small],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("loss: ")


def test_a_bar_is_seen_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Terminal(StringIO):
        """A terminal that shows what was written when it is told to."""

        def isatty(self) -> bool:
            return True

        def flush(self) -> None:
            seen.append(self.getvalue())

    monkeypatch.setattr(sys, "stderr", Terminal())
    show = progress_bar(2)
    show(Progress(1, 1.5, draw_model(4, 4, 1, Random(0))))
    assert seen[-1].endswith("] loss 1.5000")


def test_a_run_is_stored_where_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    main(f"--length 4 --width 4 --steps 2 --store {file}".split())
    assert len(from_json(file.read_text(encoding="utf-8")).losses) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cross_entropy([[0.0]], [1]),
            r"targets\[0\] must be an integ",
        ),
        (lambda: cross_entropy([[0.0]], [True]), r"targets\[0\] must be an"),
        (
            lambda: cross_entropy([[0.0]], [0, 0]),
            "targets must hold 1 targets",
        ),
        (lambda: sgd([1.0], [1.0, 2.0], 0.1), "grad_weights must have length"),
        (lambda: sgd([1.0], [1.0], float("nan")), "rate"),
        (
            lambda: adam([1.0], [1.0], Adam.start(2), 0.1),
            "state.means must have len",
        ),
        (
            lambda: adam([1.0], [1.0], Adam.start(1), float("inf")),
            "rate must be finite, got inf",
        ),
        (
            lambda: adam([1.0], [1.0], Adam(-1, [0.0], [0.0]), 0.1),
            "state.steps must be",
        ),
        (
            lambda: adam([1.0], [1.0], Adam(0, [0.0], [-1.0]), 0.1),
            r"state.squares\[0\] must be 0 or more",
        ),
        (
            lambda: learning.cross_entropy_backward(
                [0], cross_entropy([[0.0]], [0]), float("nan")
            ),
            "grad_loss must be finite, got nan",
        ),
        (
            lambda: learning.cross_entropy_backward(
                [0], cross_entropy([[0.0]], [0]), ANY
            ),
            "grad_loss must be a number, got NoneType",
        ),
        (lambda: reverse([0, 2]), r"sentence\[1\] must be an integer from 0"),
        (lambda: fetch([-1]), r"sentence\[0\] must be an integer from 0 to 0"),
        (
            lambda: fetch(ANY),
            "sentence must be a list of tokens, got NoneType",
        ),
        (
            lambda: predict([0, 1], draw_model(3, 2, 1, Random(0))),
            "sentence must hold 3 tokens, got 2",
        ),
        (
            lambda: with_weights(draw_model(2, 2, 1, Random(0)), [0.0]),
            "weights must have length 26, got 1",
        ),
        (lambda: gradient_of(ANY), "grads must be a list of parts"),
        (lambda: weights_of(ANY), "model must be a list of parts"),
        (lambda: from_json("[]"), "text must hold an object with"),
        (
            lambda: exact_match(draw_model(2, 2, 1, Random(0)), reverse, []),
            "sentences must not be empty",
        ),
        (lambda: run(Settings(task="x")), "task must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    call: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()
