"""The command `attnbook train`: its options, its bar, and its way in NumPy."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from attnbook.loop import Progress
from attnbook.multihead import MultiHead
from attnbook.require import require_count
from attnbook.tasks import Model, Sentence, Task
from attnbook.training.runs import BOOK, Settings, run
from attnbook.training.stored import as_json, as_text


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
