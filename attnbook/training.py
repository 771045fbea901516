"""Attention that learns: runs to look at, and to store (after section 3.6).

Legend: a run is seeded, so that it can be told of and repeated:
`attnbook train --task reverse --seed 0 --length 6`. What the pages show is
stored by the same command, once for each task, followed by
`--store docs/data/training-reverse.json`.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

from attnbook.loop import Progress, answer, exact_match, train
from attnbook.multihead import MultiHead
from attnbook.require import (
    require_count,
    require_function,
    require_integer,
    require_kind,
    require_list,
    require_matrix,
    require_share,
    require_vector,
)
from attnbook.tasks import (
    TASKS,
    Model,
    Sentence,
    Task,
    _require_model,
    _require_random,
    _require_sizes,
    draw_model,
    draw_sentence,
    predict,
    require_sentence,
)
from attnbook.vectors import Matrix, Vector

Way: TypeAlias = Callable[
    [Model, Task, Iterable[Sequence[Sentence]], float], Iterator[Progress]
]
"""What `attnbook.loop.train` is given, and gives."""

BOOK: Way = train
"""The book's own way."""

TRIES = 10_000
"""So many sentences drawn, all of them known: there is no other."""


MODEL_ENTRIES = (*Model._fields[:2], *MultiHead._fields[:5])
"""The matrices of a model, as a stored run calls them."""


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


def _on_arrays(
    model: Model,
    task: Task,
    batches: Iterable[Sequence[Sentence]],
    rate: float,
) -> Iterator[Progress]:
    """A way that computes in NumPy: the same losses, many times as fast."""
    train_arrays = _loop_on_arrays().train
    for step, loss, learned in train_arrays(model, task, batches, rate):
        *embeddings, layer = learned
        tokens, positions, *matrices = (
            part.tolist() for part in (*embeddings, *layer[:5])
        )
        on_lists = MultiHead._make([*matrices, layer.num_heads])
        yield Progress(step, loss, Model(tokens, positions, on_lists))


def _loop_on_arrays() -> ModuleType:
    """The twin of `attnbook.loop`; only here does the road look for it."""
    try:
        from attnbook.arrays import loop  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        text = "arrays need NumPy, which is not installed: pip install numpy"
        raise ValueError(text) from error
    return loop


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


def _require_run(told: Run) -> None:
    """Refuse what is not the story of a run."""
    require_list("told", told, "parts", length=7)
    settings, losses, half_way, exact, sentence, attn_weights, model = told
    _require_settings(settings)
    require_vector("losses", losses)
    require_integer("half_way", half_way, 0, len(losses))
    require_vector("exact", exact, length=3)
    for i, share in enumerate(exact):
        require_share(f"exact[{i}]", share)
    _, _, n, _, num_heads, _ = settings
    require_sentence(sentence, n)
    _require_model(model)
    require_matrix("token_embeddings", model[0], rows=n)
    require_list("attn_weights", attn_weights, "looks", length=3)
    for i, heads in enumerate(attn_weights):
        _require_look(f"attn_weights[{i}]", heads, num_heads, n)


def _require_look(
    name: str, heads: Sequence[Matrix], num_heads: int, n: int
) -> None:
    """Refuse what is not a matrix of weights for each head."""
    require_list(name, heads, "heads", num_heads)
    for h, head in enumerate(heads):
        require_matrix(f"{name}[{h}]", head, n, n)


def as_json(told: Run) -> str:
    """Write a run down, with 4 decimals where that is enough.

    The losses keep 12, to be compared with those of a new run.

    Raises:
        ValueError: If `told` is not a run.

    Examples:
        >>> told = run(Settings(length=4, width=4, steps=2))
        >>> json.loads(as_json(told))["settings"]["task"]
        'reverse'
    """
    _require_run(told)
    settings, losses, *_, attn_weights, (*embeddings, layer) = told
    weights = _rounded([*embeddings, *layer[:5]], 4)
    entries = Run(*told)._asdict() | {
        "settings": Settings(*settings)._asdict(),
        "losses": _rounded(losses, 12),
        "attn_weights": _rounded(attn_weights, 4),
        "model": dict(zip(MODEL_ENTRIES, weights, strict=True)),
    }
    lines = [f'"{key}": {json.dumps(value)}' for key, value in entries.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rounded(nested: Any, digits: int) -> Any:
    """Round every number in nested lists."""
    if isinstance(nested, list | tuple):
        return [_rounded(entry, digits) for entry in nested]
    return round(nested, digits)


def from_json(text: str) -> Run:
    """Read what `as_json` wrote.

    Raises:
        ValueError: If the text is not JSON, or not that of a run.

    Examples:
        >>> told = run(Settings(length=4, width=4, steps=2))
        >>> from_json(as_json(told)).sentence == told.sentence
        True
    """
    require_kind("text", text, str, "a string")
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"text must be JSON: {error}") from error
    _require_entries("text", entries, Run._fields)
    _require_entries("settings", entries["settings"], Settings._fields)
    _require_entries("model", entries["model"], MODEL_ENTRIES)
    settings, weights = Settings(**entries["settings"]), entries["model"]
    tokens, positions = map(weights.pop, Model._fields[:2])
    layer = MultiHead(**weights, num_heads=settings.num_heads)
    model = Model(tokens, positions, layer)
    told = Run(**entries | {"settings": settings, "model": model})
    _require_run(told)
    return told


def _require_entries(name: str, value: object, keys: Sequence[str]) -> None:
    """Refuse what is not an object of JSON with these entries."""
    if not isinstance(value, dict) or value.keys() != {*keys}:
        raise ValueError(f"{name} must hold an object with {', '.join(keys)}")


def as_text(told: Run) -> str:
    """Tell of a run in words: loss, exact answers, and what attends to what.

    Raises:
        ValueError: If `told` is not a run.

    Examples:
        >>> text = as_text(run(Settings(length=4, width=4, steps=2)))
        >>> print(text.splitlines()[1])
        exact on held-out sentences: 0.5% before, 0.5% after
    """
    _require_run(told)
    _, losses, _, (before, _, after), sentence, attn_weights, model = told
    lines = [
        f"loss: {losses[0]:.4f} at first, {losses[-1]:.4f} at last",
        f"exact on held-out sentences: {before:.1%} before, {after:.1%} after",
    ]
    wrote = answer(sentence, model)
    for h, weights in enumerate(attn_weights[-1], start=1):
        lines += ["", f"head {h}: what each place writes, and where it looks"]
        lines += ["      " + "".join(f"{token:6}" for token in sentence)]
        for token, row in zip(wrote, weights, strict=True):
            lines += [f"{token:6}" + "".join(f"{w:6.2f}" for w in row)]
    return "\n".join(lines)


def progress_bar(steps: int) -> Callable[[Progress], object]:
    """Draw a bar on a terminal, nothing elsewhere.

    Raises:
        ValueError: If `steps` is not an integer of 1 or more.

    Examples:
        >>> show = progress_bar(200)
    """
    require_count("steps", steps)

    def show(progress: Progress) -> None:
        done = 30 * progress.step // steps
        bar = "#" * done + "." * (30 - done)
        end = "\n" if progress.step == steps else ""
        sys.stderr.write(f"\r[{bar}] loss {progress.loss:.4f}{end}")
        sys.stderr.flush()

    return show if sys.stderr.isatty() else lambda _: None


def parser_of_settings() -> ArgumentParser:
    """Offer every setting as an option.

    Raises:
        SystemExit: As its `parse_args` does, if an option is unknown.

    Examples:
        >>> parser_of_settings().parse_args(["--steps", "2"]).steps
        2
    """
    parser = ArgumentParser(
        "attnbook train",
        description="Train a one-layer model, and look at what it attends to.",
        epilog="attnbook train --with mine.py trains it by your gradients.",
    )
    for name, default in Settings()._asdict().items():
        option, kind = f"--{name.replace('_', '-')}", type(default)
        text = f"default: {default}"
        parser.add_argument(option, default=default, type=kind, help=text)
    return parser


def _parser() -> ArgumentParser:
    """Offer the settings, a file to store the run in, and NumPy."""
    parser = parser_of_settings()
    text = "a file to write the run to, as JSON"
    parser.add_argument("--store", type=Path, help=text)
    text = "compute in NumPy: the same run, many times as fast"
    parser.add_argument("--arrays", action="store_true", help=text)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Train on the command line; `--help` tells of the options.

    Raises:
        SystemExit: If an option is unknown, or a size is impossible.

    Examples:
        >>> main(["--length", "4", "--width", "4", "--steps", "2"])
        ... # doctest: +ELLIPSIS
        loss: 1.3925 at first, 1.3657 at last
        exact on held-out sentences: 0.5% before, 0.5% after
        ...
    """
    parser = _parser()
    named = vars(parser.parse_args(argv))
    store, on_arrays = named.pop("store"), named.pop("arrays")
    settings, way = Settings(**named), _on_arrays if on_arrays else BOOK
    if store and not store.parent.is_dir():
        parser.error(f"--store: there is no folder {store.parent}")
    try:
        told = run(settings, progress_bar(settings.steps), way)
    except ValueError as error:
        parser.error(str(error))
    print(as_text(told))
    if store:
        store.write_text(as_json(told), encoding="utf-8")


if __name__ == "__main__":
    main()
