"""Every public function of the road refuses every bad value by name.

The functions are found, and their arguments made by name and annotation, so
a new one is tested by existing. Each argument, each field of a tuple with
names and each such tuple in a list is exchanged for each value of a table.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from inspect import getmembers, isclass, isfunction, signature
from itertools import islice
from math import inf, isfinite
from random import Random
from typing import Any

import pytest

from attnbook import tasks, training
from attnbook.backward import query_key_backward, stacked_heads_backward
from attnbook.causal import causal_attention, causal_mask
from attnbook.learning import Adam, CrossEntropy, adam
from attnbook.loop import Progress, exact_match, loss_and_gradient, train
from attnbook.multihead import StackedHeads, merge_heads
from attnbook.tasks import (
    Model,
    ModelGradients,
    Prediction,
    Sentence,
    Task,
    reverse,
)
from attnbook.torch_random import Generator
from attnbook.trainable import Projections, masked_scores
from attnbook.training import Run, Settings
from attnbook.vectors import Matrix, Vector
from tests import bad
from tests.arguments import (
    BATCHED,
    SHARED,
    Key,
    Make,
    Sizes,
    matrix,
    vector,
)

MODULES = [
    "vectors",
    "simple",
    "exact",
    "trainable",
    "onepass",
    "causal",
    "multihead",
    "torch_random",
    "backward",
    "learning",
    "tasks",
    "loop",
    "training",
]
# A command has options, which argparse reads, and no arguments.
COMMANDS = {"training.main"}

SIZES = Sizes(4, 3, 5, 3, 2, 7, 8, num_heads=2, head_dim=3, given=True)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """All public functions of the road, and those of its classes."""
    for name in MODULES:
        module = import_module(f"attnbook.{name}")
        for own, member in getmembers(module):
            home = f"{getattr(member, '__module__', '')}."
            if own.startswith(("_", "require_")) or not home.startswith(
                f"attnbook.{name}."
            ):
                continue
            if isfunction(member):
                yield f"{name}.{own}", member
            elif isclass(member):
                yield from methods(f"{name}.{own}", member)


def methods(name: str, kind: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """What is called on a class, or on a generator of torch's numbers."""
    for own, member in vars(kind).items():
        if own.startswith("_"):
            continue
        if isinstance(member, classmethod):
            yield f"{name}.{own}", getattr(kind, own)
        elif isfunction(member):
            yield f"{name}.{own}", partial(member, kind(123))


FUNCTIONS = {k: v for k, v in functions() if k not in COMMANDS} | {
    "torch_random.Generator": Generator
}
each_function = pytest.mark.parametrize("name", FUNCTIONS)


def a_model(random: Random, s: Sizes) -> Model:
    return tasks.draw_model(s.n, 4, s.num_heads, random)


def a_prediction(random: Random, s: Sizes) -> Prediction:
    return tasks.predict(a_sentence(random, s), a_model(random, s))


def a_sentence(random: Random, s: Sizes) -> Sentence:
    return tasks.draw_sentence(s.n, random)


def some_gradients(random: Random, s: Sizes) -> ModelGradients:
    sentence, model = a_sentence(random, s), a_model(random, s)
    prediction = tasks.predict(sentence, model)
    return tasks.predict_backward(
        sentence, model, prediction, matrix(random, s.n, s.n)
    )


def a_run(_: Random, s: Sizes) -> Run:
    return training.run(Settings("fetch", 1, s.n, 4, s.num_heads, steps=1))


OF_LEARNING: dict[Key, Make] = {
    ("logits", Matrix): lambda r, s: matrix(r, s.n, s.d_in),
    ("targets", Sequence[int]): lambda r, s: [
        r.randrange(s.d_in) for _ in range(s.n)
    ],
    ("cross_entropy", CrossEntropy): lambda r, s: CrossEntropy(
        matrix(r, s.n, s.d_in), 0.5
    ),
    ("grad_loss", float): lambda r, _: r.uniform(-2, 2),
    ("rate", float): lambda r, _: r.uniform(0, 1),
    ("state", Adam): lambda r, s: Adam(3, vector(r, s.n), [0.25] * s.n),
    ("count", int): lambda _, s: s.n,
    ("sentence", Sentence): a_sentence,
    ("length", int): lambda _, s: s.n,
    ("width", int): lambda _, s: s.width,
    ("random", Random): lambda r, _: Random(r.random()),
    ("model", Model): a_model,
    ("prediction", Prediction): a_prediction,
    ("grad_logits", Matrix): lambda r, s: matrix(r, s.n, s.n),
    ("grads", ModelGradients): some_gradients,
    ("with_weights.weights", Vector): lambda r, s: vector(
        r, len(tasks.weights_of(a_model(r, s)))
    ),
    ("task", Task): lambda *_: tasks.reverse,
    ("sentences", Sequence[Sentence]): lambda r, s: [a_sentence(r, s)],
    ("batches", Iterable[Sequence[Sentence]]): lambda r, s: [
        [a_sentence(r, s)]
    ],
    ("held_out", Sequence[Sentence]): lambda r, s: [a_sentence(r, s)],
    ("steps", int): lambda *_: 2,
    ("settings", Settings): lambda r, s: a_run(r, s).settings,
    ("embeddings", Matrix): lambda r, s: matrix(r, s.n_q, s.d_k),
    ("embeddings_backward.sentence", Sequence[int]): lambda r, s: [
        r.randrange(s.n_q) for _ in range(s.n)
    ],
    ("grad_inputs", Matrix): lambda r, s: matrix(r, s.n, s.d_k),
    ("show", Callable[[Progress], object]): lambda *_: id,
    ("way", training.Way): lambda *_: training.BOOK,
    ("told", Run): a_run,
    ("text", str): lambda r, s: training.as_json(a_run(r, s)),
    ("seed", int): lambda *_: 123,
    ("rows", int): lambda _, s: s.n,
    ("columns", int): lambda _, s: s.n_k,
    ("d_in", int): lambda _, s: s.d_in,
    ("d_out", int): lambda _, s: s.d_out,
    ("n", int): lambda _, s: s.n,
    ("bias", bool): lambda _, s: s.given,
}
KNOWN: dict[Key, Make] = {**BATCHED, **SHARED, **OF_LEARNING}


def arguments(name: str, sizes: Sizes = SIZES) -> dict[str, Any]:
    """Arguments that fit, drawn as the twins' are."""
    random, named = Random(7), {}
    short = name.rpartition(".")[2]
    for p in signature(FUNCTIONS[name]).parameters.values():
        own = f"{short}.{p.name}", p.annotation
        key = own if own in KNOWN else (p.name, p.annotation)
        named[p.name] = KNOWN[key](random, sizes)
    return named


Exchange = Callable[[Any], Any]


def places(value: Any) -> Iterator[tuple[str, Exchange]]:
    """The value itself and each named part of it, with what exchanges it."""
    yield "", lambda other: other
    if hasattr(value, "_fields"):
        for field in value._fields:
            for where, exchange in places(getattr(value, field)):
                yield (
                    f".{field}{where}",
                    partial(replaced, value, field, exchange),
                )
    elif isinstance(value, list) and hasattr(value[0], "_fields"):
        for where, exchange in places(value[0]):
            yield f"[0]{where}", partial(first_replaced, value, exchange)


def replaced(value: Any, field: str, exchange: Exchange, other: Any) -> Any:
    return value._replace(**{field: exchange(other)})


def first_replaced(value: list[Any], exchange: Exchange, other: Any) -> Any:
    return [exchange(other), *value[1:]]


def is_callable(value: Any) -> bool:
    """Whether it is the caller's own code, which may raise what it likes."""
    return callable(value) or (
        isinstance(value, list) and bool(value) and all(map(callable, value))
    )


def is_alien(name: str, kind: str) -> bool:
    """Whether no argument may be this, nor hold it."""
    if name == "trainable.masked_scores" and kind.endswith("in a row"):
        kind = kind.replace("NaN", "None").replace("infinity", "None")
    return kind.partition(", in a ")[0] in bad.ALIEN


def names_in(value: Any, name: str) -> Iterator[str]:
    """What an argument may be called in an error: its parts, too."""
    yield name
    if hasattr(value, "_fields"):
        for field in value._fields:
            yield from names_in(getattr(value, field), field)
    elif isinstance(value, list) and value:
        yield from names_in(value[0], name)


def outcome(name: str, named: dict[str, Any]) -> str:
    """What a call ends in: an error and its message, or an answer."""
    try:
        result = FUNCTIONS[name](**named)
        if isinstance(result, Iterator):
            result = [*islice(result, 2)]
    except Exception as error:  # noqa: BLE001 - any but one is a failure
        return f"{type(error).__name__}: {error}"
    is_finite = all(map(isfinite, numbers(result)))
    return "an answer" if is_finite else "an answer beyond all floats"


def numbers(result: Any) -> Iterator[float]:
    """All numbers in a result, but for hidden scores."""
    if isinstance(result, list | tuple):
        for part in result:
            yield from numbers(part)
    elif isinstance(result, float | int) and result != -inf:
        yield result


def is_refusal(said: str, known: set[str]) -> bool:
    """Whether the error is ours, names what the caller knows, and is short."""
    kind, _, words = said.partition(": ")
    subject = re.split(r" must | is | are | hides ", words)[0]
    named = set(re.findall(r"[A-Za-z]\w*", subject.removeprefix("row ")))
    return kind == "ValueError" and bool(named & known) and len(said) < 300


@each_function
def test_a_bad_value_is_refused_by_a_name_that_the_caller_knows(
    name: str,
) -> None:
    named = arguments(name)
    assert outcome(name, named) == "an answer"
    known = {n for key, value in named.items() for n in names_in(value, key)}
    wrong = [
        f"{key}{where}: {kind}: {said}"
        for key, value in named.items()
        for where, exchange in places(value)
        for kind, make in bad.VALUES.items()
        if not (key == "way" and callable(make()))  # fails in its own words
        for said in [outcome(name, named | {key: exchange(make())})]
        if not is_refusal(said, known)
        and not (key == "way" and is_callable(make()))
        and (is_alien(name, kind) or said != "an answer")
    ]
    assert wrong == []


@each_function
def test_finite_numbers_that_overflow_are_refused_by_a_known_name(
    name: str,
) -> None:
    """Every number 1e200: its square is beyond all floats."""
    named = {key: grown(value) for key, value in arguments(name).items()}
    said = outcome(name, named)
    known = {n for key, value in named.items() for n in names_in(value, key)}
    if said != "an answer":
        assert is_refusal(said, known), said
        assert " are too large: " in said or "got 1e+200" in said


def grown(value: Any) -> Any:
    """The same with each float 1e200, but for hidden scores."""
    if isinstance(value, float):
        return 1e200 if value not in {-inf, 0.5, 0.2, 1.0} else value
    if hasattr(value, "_fields"):
        return type(value)(*map(grown, value))
    return [*map(grown, value)] if isinstance(value, list) else value


@each_function
def test_what_is_no_list_is_refused_wherever_a_list_is_wanted(
    name: str,
) -> None:
    named = arguments(name)
    answered = [
        f"{key}: {kind}"
        for key, value in named.items()
        if isinstance(value, list | tuple)
        for kind, make in bad.PLAIN.items()
        if not (kind == "None" and key in {"mask", "keep"})
        and outcome(name, named | {key: make()}) == "an answer"
        and key != "batches"  # what may be gone through
    ]
    assert answered == []


@pytest.mark.parametrize(
    ("name", "key", "value", "other"),
    [
        ("causal.causal_attention", "p", 0.0, 0.25),
        ("backward.causal_attention_backward", "p", 0.0, 0.25),
        ("learning.cross_entropy_backward", "grad_loss", 1.0, 2.0),
        ("loop.train", "rate", 0.01, 0.02),
        ("multihead.multi_head_attention", "causal", True, False),
        ("multihead.stacked_heads", "causal", True, False),
    ],
)
def test_what_is_left_out_is_what_the_book_begins_with(
    name: str, key: str, value: object, other: object
) -> None:
    def result(**told: object) -> object:
        named = arguments(name)
        del named[key]
        found = FUNCTIONS[name](**named, **told)
        return [*islice(found, 2)] if isinstance(found, Iterator) else found

    assert result() == result(**{key: value}) != result(**{key: other})


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("num_heads", [1, 2])
@each_function
def test_no_list_stands_twice_in_a_result_or_is_an_argument_too(
    name: str, given: bool, num_heads: int
) -> None:
    named = arguments(name, SIZES._replace(given=given, num_heads=num_heads))
    result = FUNCTIONS[name](**named)
    own = {id(x) for x in lists(list(named.values()))}
    seen = [id(x) for x in lists(result) if x]
    assert len(seen) == len(set(seen))
    assert own & {*seen} == set()


def lists(result: Any) -> Iterator[list[Any]]:
    """Every list in a result, and those in them."""
    if isinstance(result, list | tuple):
        if isinstance(result, list):
            yield result
        for part in result:
            yield from lists(part)


@pytest.mark.parametrize("many", [10**6, 10**7])
@pytest.mark.parametrize(
    "name", ["rand", "linear", "dropout_keep", "dropout_keep_mkl"]
)
def test_sizes_that_are_too_large_together_are_refused(
    name: str, many: int
) -> None:
    rest = [0.5] * name.startswith("dropout")
    with pytest.raises(ValueError, match=r"\w \* \w+ must be at most 10,000,"):
        getattr(Generator(1), name)(many, many, *rest)


def test_a_model_or_a_mask_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^length \* width must be at most"):
        tasks.draw_model(10**6, 10**3, 1, Random(0))
    with pytest.raises(ValueError, match=r"^width \* width must be at most"):
        tasks.draw_model(4, 10**6, 1, Random(0))
    with pytest.raises(ValueError, match=r"^num_tokens \* num_tokens must be"):
        causal_mask(10**6)


class Stuck(Random):
    """A generator that draws the same number again and again."""

    def randrange(self, *_: int) -> int:  # type: ignore[override]
        return 0


def test_drawing_ends_where_there_is_no_other_sentence() -> None:
    with pytest.raises(ValueError, match=r"^random must draw a sentence that"):
        training.draw_held_out(4, Stuck())
    held_out = [[0], [0]]  # the one sentence that there is
    with pytest.raises(ValueError, match=r"^random must draw a sentence that"):
        next(training.draw_batches(held_out, 1, Random(0)))


@pytest.mark.parametrize("answer", [None, 3, "0123", [0, 1], [9, 9, 9, 9]])
def test_what_a_task_answers_is_looked_at(answer: Any) -> None:
    model = tasks.draw_model(4, 4, 1, Random(0))
    for function in (loss_and_gradient, exact_match):
        with pytest.raises(ValueError, match=r"^task\(sentence\)"):
            function(model, lambda _: answer, [[0, 1, 2, 3]])


ANY: Any = (1, 2)
ONE, WIDE = [[1.0]], [[1.0, 2.0]]
HEAD = Projections(ONE, ONE, ONE)
CAUSAL = causal_attention(ONE, HEAD)._replace(keys=WIDE)
STACKED = StackedHeads([CAUSAL], ONE)
MODEL = tasks.draw_model(2, 2, 1, Random(0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: merge_heads([[], ONE]),
            r"heads\[0\] must not be empty",
        ),
        (
            lambda: stacked_heads_backward(
                ONE, [HEAD], STACKED._replace(heads=[ANY]), ONE
            ),
            r"attention\.heads\[0\] must hold 6 steps, got 2",
        ),
        (
            lambda: stacked_heads_backward(ONE, [HEAD], STACKED, ONE),
            r"keys must be \(1, 1\), got \(1, 2\)",
        ),
        (
            lambda: query_key_backward(
                [[1e200]], [[1e200], [1e200]], [[0.5, 0.5]], [[1e200, -1e200]]
            ),
            "queries, keys, attn_weights, grad_attn_weights are too large: ",
        ),
        (
            lambda: masked_scores(ONE, [[True]]),
            "row 0 of mask hides every key",
        ),
        (
            lambda: Adam.start(0),
            "count must be 1 to ",
        ),
        (
            lambda: adam([1.0], [1.0], Adam(2**53 + 1, [0.0], [0.0]), 0.1),
            r"state\.steps must be 0 to ",
        ),
        (
            lambda: train(MODEL, reverse, [], rate=inf),
            "rate must be finite",
        ),
        (
            lambda: [*train(MODEL, reverse, [[[0, 1]], [[0, 2]]])],
            r"batches\[1\]\[0\]\[1\] must ",
        ),
        (
            lambda: tasks.predict([0, 1], wider(MODEL)),
            r"W_out must be \(\w+, 2\), got \(2, 3\)",
        ),
    ],
)
def test_what_is_said_of_a_single_thing(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def wider(model: Model) -> Model:
    """The model, with a column more to write."""
    layer = model.attention
    W_out = [[*row, 0.0] for row in layer.W_out]
    return model._replace(
        attention=layer._replace(W_out=W_out, b_out=[*layer.b_out, 0.0])
    )


def test_as_many_steps_are_taken_as_a_float_can_count() -> None:
    moved, state = adam([1.0], [1.0], Adam(2**53 - 1, [0.0], [0.0]), 0.1)
    assert state.steps == 2**53
    assert isfinite(moved[0])


def test_a_model_begins_without_a_bias() -> None:
    assert tasks.draw_model(4, 4, 2, Random(0)).attention.b_out == [0.0] * 4
