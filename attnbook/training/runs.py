"""A run: what it is told, what it draws, and how the model is looked at."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

from attnbook.loop import Progress, exact_match, train
from attnbook.require import (
    require_count,
    require_function,
    require_integer,
    require_kind,
    require_list,
)
from attnbook.tasks import (
    TASKS,
    Model,
    Sentence,
    Task,
    draw_model,
    draw_sentence,
    predict,
    require_sentence,
)
from attnbook.tasks.model import _require_sizes
from attnbook.tasks.sentences import _require_random
from attnbook.vectors import Matrix, Vector

Way: TypeAlias = Callable[
    [Model, Task, Iterable[Sequence[Sentence]], float], Iterator[Progress]
]
"""What `attnbook.loop.train` is given, and gives."""

BOOK: Way = train
"""The book's own way."""

TRIES = 10_000
"""So many sentences drawn, all of them known: there is no other."""


class Settings(NamedTuple):
    """What a training run is told; the same settings give the same run."""

    task: str = "reverse"
    """A name in `attnbook.tasks.TASKS`."""
    seed: int = 0
    """Of the one generator that draws everything."""
    length: int = 6
    """Tokens per sentence."""
    width: int = 16
    """Of embeddings, queries, keys and values."""
    num_heads: int = 1
    """Heads of the layer."""
    steps: int = 200
    """Batches of 8 sentences."""


class Run(NamedTuple):
    """What a training run came to."""

    settings: Settings
    """What it was told."""
    losses: Vector
    """Of every step, before its weights moved."""
    half_way: int
    """The first step whose loss is below half of the first one, or 0."""
    exact: Vector
    """Share of held-out sentences right: before, half-way, after."""
    sentence: Sentence
    """The first sentence held out."""
    attn_weights: list[list[Matrix]]
    """Of this sentence: before, half-way, after; of each head."""
    model: Model
    """As it was learned."""


def draw_held_out(length: int, random: Random) -> list[Sentence]:
    """Draw 200 sentences, no two alike, that are never trained on.

    Raises:
        ValueError: If `length` is not from 4 to 10: of 3 tokens there are
            27 sentences only. If `random` is not one of Python's generators,
            or draws the same few again and again.

    Examples:
        >>> held_out = draw_held_out(6, Random(0))
        >>> len(held_out), len(set(map(tuple, held_out)))
        (200, 200)
    """
    require_integer("length", length, 4, 10)
    _require_random(random)
    held_out: list[Sentence] = []
    while len(held_out) < 200:
        held_out.append(_draw_other(held_out, length, random))
    return held_out


def _draw_other(
    taken: Sequence[Sentence], length: int, random: Random
) -> Sentence:
    """Draw until a sentence comes that is not taken, if there is one."""
    for _ in range(TRIES):
        sentence = draw_sentence(length, random)
        if sentence not in taken:
            return sentence
    raise ValueError(
        f"random must draw a sentence that is not held out, "
        f"drew none in {TRIES:,}"
    )


def draw_batches(
    held_out: Sequence[Sentence], steps: int, random: Random
) -> Iterator[list[Sentence]]:
    """Draw a batch of 8 sentences for each step, none of them held out.

    Raises:
        ValueError: If `steps` is not an integer from 1 to a million,
            `held_out` is not sentences of one length or holds all that there
            are, or `random` is not one of Python's generators.

    Examples:
        >>> held_out = draw_held_out(6, Random(0))
        >>> batches = list(draw_batches(held_out, 2, Random(1)))
        >>> len(batches), len(batches[0])
        (2, 8)
    """
    require_list("held_out", held_out, "sentences")
    require_sentence(held_out[0], name="held_out[0]")
    length = len(held_out[0])
    for i, sentence in enumerate(held_out):
        require_sentence(sentence, length, f"held_out[{i}]")
    require_count("steps", steps)
    _require_random(random)
    taken = [[*sentence] for sentence in held_out]
    return (
        [_draw_other(taken, length, random) for _ in range(8)]
        for _ in range(steps)
    )


def run(
    settings: Settings,
    show: Callable[[Progress], object] = lambda _: None,
    way: Way = BOOK,
) -> Run:
    """Train a new model, and look at it before, half-way and after.

    `show` is called at each step, for a progress bar. Another `way` brings
    gradients and steps of its own.

    Raises:
        ValueError: If the task is unknown, a size is an impossible one, or
            `show` or `way` cannot be called.

    Examples:
        Two steps are not enough, but the losses are there:

        >>> len(run(Settings(length=4, width=4, steps=2)).losses)
        2
    """
    _require_settings(settings)
    require_function("show", show)
    require_function("way", way)
    task, held_out, model, batches = _drawn(settings)
    models, half_way, losses = [model, model, model], 0, []
    for progress in way(model, task, batches, 0.005):
        losses.append(progress.loss)
        models[2] = progress.model
        if not half_way and progress.loss < losses[0] / 2:
            models[1], half_way = progress.model, progress.step
        show(progress)

    return Run(
        settings,
        losses,
        half_way,
        [exact_match(model, task, held_out) for model in models],
        held_out[0],
        [predict(held_out[0], m).attention.attn_weights for m in models],
        models[2],
    )


def _drawn(
    settings: Settings,
) -> tuple[Task, list[Sentence], Model, Iterator[list[Sentence]]]:
    """The task, and all that is drawn for a run: one generator draws it."""
    name, seed, length, width, num_heads, steps = settings
    random = Random(seed)
    held_out = draw_held_out(length, random)
    model = draw_model(length, width, num_heads, random)
    return TASKS[name], held_out, model, draw_batches(held_out, steps, random)


def _require_settings(settings: Settings) -> None:
    """Refuse what no run can be told."""
    require_list("settings", settings, "parts", length=6)
    task, seed, length, width, num_heads, steps = settings
    require_kind("task", task, str, "a string")
    if task not in TASKS:
        raise ValueError(f"task must be one of {[*TASKS]}, got {task!r:.40}")
    require_integer("seed", seed, -(2**63), 2**64 - 1)
    require_integer("length", length, 4, 10)
    _require_sizes(length, width, num_heads)
    require_count("steps", steps)
