"""Attention that learns: runs to look at, and to store (after section 3.6).

Legend: a run is seeded, so that it can be told of and repeated:
`attnbook train --task reverse --seed 0 --length 6`. What the pages show is
stored by the same command, once for each task, followed by
`--store docs/data/training-reverse.json`.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

from attnbook import loop
from attnbook.loop import Progress, answer
from attnbook.multihead import MultiHead
from attnbook.require import require_count, require_list
from attnbook.tasks import (
    TASKS,
    Model,
    Sentence,
    Task,
    draw_model,
    draw_sentence,
    predict,
)
from attnbook.vectors import Matrix, Vector


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
            27 sentences only.

    Examples:
        >>> held_out = draw_held_out(6, Random(0))
        >>> len(held_out), len(set(map(tuple, held_out)))
        (200, 200)
    """
    require_count("length", length)
    if not 4 <= length <= 10:
        raise ValueError(f"length must be from 4 to 10, got {length}")
    held_out: list[Sentence] = []
    while len(held_out) < 200:
        sentence = draw_sentence(length, random)
        if sentence not in held_out:
            held_out.append(sentence)
    return held_out


def draw_batches(
    held_out: Sequence[Sentence], steps: int, random: Random
) -> Iterator[list[Sentence]]:
    """Draw a batch of 8 sentences for each step, none of them held out.

    Raises:
        ValueError: If `steps` is not an integer of 1 or more.

    Examples:
        >>> held_out = draw_held_out(6, Random(0))
        >>> batches = list(draw_batches(held_out, 2, Random(1)))
        >>> len(batches), len(batches[0])
        (2, 8)
    """
    require_count("steps", steps)
    for _ in range(steps):
        batch: list[Sentence] = []
        while len(batch) < 8:
            sentence = draw_sentence(len(held_out[0]), random)
            if sentence not in held_out:
                batch.append(sentence)
        yield batch


def run(
    settings: Settings,
    show: Callable[[Progress], object] = lambda _: None,
    on_arrays: bool = False,
) -> Run:
    """Train a new model, and look at it before, half-way and after.

    `show` is called at each step, for a progress bar. On arrays, NumPy
    computes: the same run, many times as fast.

    Raises:
        ValueError: If the task is unknown, a size is an impossible one, or
            there is no NumPy for arrays.

    Examples:
        Two steps are not enough, but the losses are there:

        >>> len(run(Settings(length=4, width=4, steps=2)).losses)
        2
    """
    name, seed, length, width, num_heads, steps = settings
    task, random = _task(name), Random(seed)
    held_out = draw_held_out(length, random)
    model = draw_model(length, width, num_heads, random)
    batches = draw_batches(held_out, steps, random)

    road = _loop_on_arrays() if on_arrays else loop
    models, half_way, losses = [model, model, model], 0, []
    for progress in road.train(model, task, batches, rate=0.005):
        losses.append(progress.loss)
        models[2] = progress.model
        if not half_way and progress.loss < losses[0] / 2:
            models[1], half_way = progress.model, progress.step
        show(progress)

    return Run(
        settings,
        losses,
        half_way,
        [road.exact_match(model, task, held_out) for model in models],
        held_out[0],
        [_maps(held_out[0], model) for model in models],
        _on_lists(models[2]),
    )


def _task(name: str) -> Task:
    """The task of a name, or what the names are."""
    if name not in TASKS:
        raise ValueError(f"task must be one of {[*TASKS]}, got {name!r}")
    return TASKS[name]


def _maps(sentence: Sentence, model: Any) -> list[Matrix]:
    """What each place attends to, for each head."""
    return predict(sentence, _on_lists(model)).attention.attn_weights


def _loop_on_arrays() -> ModuleType:
    """The twin of `attnbook.loop`; only here does the road look for it."""
    try:
        from attnbook.arrays import loop as on_arrays  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        text = "arrays need NumPy, which is not installed: pip install numpy"
        raise ValueError(text) from error
    return on_arrays


def _on_lists(model: Any) -> Model:
    """The same model, its arrays turned into lists."""
    *embeddings, layer = model
    tokens, positions, *layer = (
        part.tolist() if hasattr(part, "tolist") else part
        for part in (*embeddings, *layer)
    )
    return Model(tokens, positions, MultiHead(*layer))


def as_json(told: Run) -> str:
    """Write a run down, with 4 decimals where that is enough.

    The losses keep 12, to be compared with those of a new run.

    Examples:
        >>> told = run(Settings(length=4, width=4, steps=2))
        >>> json.loads(as_json(told))["settings"]["task"]
        'reverse'

    Raises:
        ValueError: If `told` is not a run.
    """
    require_list("told", told, "parts", length=7)
    *embeddings, layer = told.model
    rounded = _rounded([*embeddings, *layer[:5]], 4)
    names = (*Model._fields[:2], *MultiHead._fields[:5])
    entries = {
        "settings": told.settings._asdict(),
        "losses": _rounded(told.losses, 12),
        "half_way": told.half_way,
        "exact": told.exact,
        "sentence": told.sentence,
        "attn_weights": _rounded(told.attn_weights, 4),
        "model": dict(zip(names, rounded, strict=True)),
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
    entries = json.loads(text)
    if not isinstance(entries, dict) or entries.keys() != {*Run._fields}:
        raise ValueError(f"text must hold an object with {Run._fields}")
    settings, weights = Settings(**entries["settings"]), entries["model"]
    tokens, positions = map(weights.pop, Model._fields[:2])
    layer = MultiHead(**weights, num_heads=settings.num_heads)
    model = Model(tokens, positions, layer)
    return Run(**entries | {"settings": settings, "model": model})


def as_text(told: Run) -> str:
    """Tell of a run in words: loss, exact answers, and what attends to what.

    Raises:
        ValueError: If `told` is not a run.

    Examples:
        >>> text = as_text(run(Settings(length=4, width=4, steps=2)))
        >>> print(text.splitlines()[1])
        exact on held-out sentences: 0.5% before, 0.5% after
    """
    require_list("told", told, "parts", length=7)
    before, _, after = told.exact
    lines = [
        f"loss: {told.losses[0]:.4f} at first, {told.losses[-1]:.4f} at last",
        f"exact on held-out sentences: {before:.1%} before, {after:.1%} after",
    ]
    wrote = answer(told.sentence, told.model)
    for h, weights in enumerate(told.attn_weights[-1], start=1):
        lines += ["", f"head {h}: what each place writes, and where it looks"]
        lines += ["      " + "".join(f"{token:6}" for token in told.sentence)]
        for token, row in zip(wrote, weights, strict=True):
            lines += [f"{token:6}" + "".join(f"{w:6.2f}" for w in row)]
    return "\n".join(lines)


def _progress_bar(steps: int) -> Callable[[Progress], object]:
    """Draw a bar on a terminal, nothing elsewhere."""

    def show(progress: Progress) -> None:
        done = 30 * progress.step // steps
        bar = "#" * done + "." * (30 - done)
        end = "\n" if progress.step == steps else ""
        sys.stderr.write(f"\r[{bar}] loss {progress.loss:.4f}{end}")
        sys.stderr.flush()

    return show if sys.stderr.isatty() else lambda _: None


def _parser() -> ArgumentParser:
    """Offer every setting as an option, and a file to store the run in."""
    parser = ArgumentParser(
        "attnbook train",
        description="Train a one-layer model, and look at what it attends to.",
    )
    for name, default in Settings()._asdict().items():
        option, kind = f"--{name.replace('_', '-')}", type(default)
        text = f"default: {default}"
        parser.add_argument(option, default=default, type=kind, help=text)
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
    settings = Settings(**named)
    if store and not store.parent.is_dir():
        parser.error(f"--store: there is no folder {store.parent}")
    try:
        told = run(settings, _progress_bar(settings.steps), on_arrays)
    except ValueError as error:
        parser.error(str(error))
    print(as_text(told))
    if store:
        store.write_text(as_json(told), encoding="utf-8")


if __name__ == "__main__":
    main()
