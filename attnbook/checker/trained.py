"""A model that learns by the reader's own code, wherever that runs.

It is asked for the loss and the gradients of every sentence, and for every
step of Adam. The sentences, the loop and the count of right answers are the
book's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import Any, NamedTuple

from attnbook.checker.finding import Checked
from attnbook.checker.match.binding import Ask, Asked, bind, functions
from attnbook.checker.match.chosen import chosen
from attnbook.checker.steps.cases import Values, named
from attnbook.checker.steps.compare import numbers
from attnbook.checker.steps.learning import MODEL
from attnbook.checker.words import lines_of, listed, printable, problem
from attnbook.learning import Adam, adam
from attnbook.loop import Progress
from attnbook.tasks import (
    Model,
    Sentence,
    Task,
    weights_of,
    with_weights,
)
from attnbook.training import Run, Settings, as_text, run
from attnbook.vectors import Vector

GRADIENTS, STEP = "loss_and_gradients", "adam"


class Trained(NamedTuple):
    """A run, with whose functions it was, and the book's first losses."""

    checked: Checked
    told: Run
    used: Mapping[str, str]
    """Of each step the reader's function, where there is one."""
    losses: Vector
    """The first that the book's own way gives."""
    where: str
    """In a sentence, where the reader's code ran."""


def used(checked: Checked) -> Iterator[tuple[str, str]]:
    """Of each step the function to train by; what was checked has to agree.

    Raises:
        ValueError: If something does not, or there are no gradients.
    """
    if checked.refused:
        raise ValueError(checked.refused)
    found = {each.step.name: each for each in checked.findings}
    if GRADIENTS not in found:
        raise ValueError(f"{checked.file} has no function {GRADIENTS}.")
    wrong = [f for f in checked.findings if f.verdict in _UNFIT]
    if wrong:
        names = listed([f"`{each.function}`" for each in wrong], most=3)
        raise ValueError(
            f"{names} did not agree; see `attnbook check {checked.path}`."
        )
    for step in (GRADIENTS, STEP):
        if step in found:
            yield step, found[step].function


_UNFIT = {"differs", "cannot run", "waits"}


def trained_by(
    ask: Ask,
    source: str,
    used: Mapping[str, str],
    settings: Settings,
    show: Callable[[Progress], object],
) -> Run:
    """Train by the functions of a program that has loaded the source.

    Raises:
        ValueError: If one of them fails on the way.
    """
    yours = Yours(dict(_asked(ask, used)), source)
    return run(settings, show, yours.train)


def first_losses(settings: Settings) -> Vector:
    """What the book's own way gives in the first five steps."""
    return run(settings._replace(steps=min(5, settings.steps))).losses


def _asked(
    ask: Ask, used: Mapping[str, str]
) -> Iterator[tuple[str, Asked]]:  # fmt: skip
    """How each of the functions is called."""
    described = ask({"do": "describe"})
    offered = functions(described)
    for function, steps in chosen(offered, {}, ""):
        wanted = [each for each in steps if used.get(each.name)]
        if function.name in used.values() and wanted:
            asked = bind(
                ask, function, wanted, described["libraries"], transposed=False
            )
            if asked is not None:
                yield asked.binding.step.name, asked


class Yours(NamedTuple):
    """The reader's functions, each with how it is called."""

    asked: Mapping[str, Asked]
    source: str

    def train(
        self,
        model: Model,
        task: Task,
        batches: Iterable[Sequence[Sentence]],
        rate: float,
    ) -> Iterator[Progress]:
        """What `attnbook.loop.train` does, by the reader's functions."""
        weights = weights_of(model)
        state = Adam.start(len(weights))
        for number, sentences in enumerate(batches, start=1):
            given = (_values(model, task, each) for each in sentences)
            loss, grads = _mean([self.answer(GRADIENTS, v) for v in given])
            weights, state = self.step(weights, grads, state, rate)
            model = with_weights(model, weights)
            yield Progress(number, loss, model)

    def step(
        self, weights: Vector, grads: Vector, state: Adam, rate: float
    ) -> tuple[Vector, Adam]:
        """A step of the reader's Adam; of the book's, if there is none."""
        if STEP not in self.asked:
            return adam(weights, grads, state, rate)
        values = _state_values(weights, grads, state) | {"rate": rate}
        moved, means, squares = self.answer(STEP, values)
        return moved, Adam(state.steps + 1, means, squares)

    def answer(self, step: str, values: Values) -> Any:  # noqa: ANN401
        """What a function gives, or why it gives nothing."""
        found = self.asked[step].answer(values)
        if not found.came:
            name = f"`{self.asked[step].binding.target}`"
            said = problem(name, found.reply, lines_of(self.source))
            raise ValueError(said)
        return found.value


def _values(model: Model, task: Task, sentence: Sentence) -> Values:
    """One sentence, what is wanted of it, and the model as seven parts."""
    tokens, positions, layer = model
    parts = (tokens, positions, *layer[:5])
    return {
        "sentence": sentence,
        "targets": task(sentence),
        "model": named(dict(zip(MODEL, parts, strict=True))),
    }


def _mean(answers: Sequence[Any]) -> tuple[float, Vector]:
    """The mean loss, and the mean gradient in a row."""
    losses = [loss for loss, *_ in answers]
    rows = [[g for _, g in numbers(parts)] for _, *parts in answers]
    total = rows[0]
    for row in rows[1:]:
        total = list(map(add, total, row))
    return sum(losses) / len(rows), [entry / len(rows) for entry in total]


def _state_values(weights: Vector, grads: Vector, state: Adam) -> Values:
    """What a step of Adam may want to be given."""
    return {
        "weight_row": weights,
        "grad_row": grads,
        "means": state.means,
        "squares": state.squares,
        "step_number": state.steps + 1,
        "state": named(state._asdict()),
    }


def as_told(trained: Trained) -> str:
    """The run in words: whose it was, the first losses, what came of it."""
    lines = [*_whose(trained), "", "step     yours  the book's"]
    pairs = zip(trained.told.losses, trained.losses, strict=False)
    for step, (yours, ours) in enumerate(pairs, start=1):
        lines.append(f"{step:4}  {yours:8.4f}  {ours:10.4f}")
    return "\n".join([*lines, "", as_text(trained.told)]) + "\n"


def _whose(trained: Trained) -> Iterator[str]:
    """Whose functions computed what."""
    file = trained.checked.file
    names = " and ".join(f"`{name}`" for name in trained.used.values())
    yield f"Every loss and gradient here is computed by {names} of {file}."
    if STEP in trained.used:
        yield "So is every step."
    else:
        yield f"The steps are the book's: {file} has no `{STEP}`."
    if not any("imports attnbook" in note for note in trained.checked.notes):
        yield f"{file} imports nothing of attnbook."
    yield from trained.checked.notes
    yield trained.where


def as_receipt(trained: Trained) -> str:
    """The same in Markdown, for the reader's own notes."""
    checked = trained.checked
    agreed = [f.function for f in checked.findings if f.verdict == "agrees"]
    lines = [
        f"# Receipt: a model trained by {checked.file}",
        "",
        "```text",
        as_told(trained).rstrip(),
        "```",
        "",
        f"- Agreed before: {', '.join(f'`{name}`' for name in agreed)}",
        f"- Trained by attnbook {checked.version}",
        f"- SHA-256 of the source: `{checked.digest}`",
        f"- To repeat: `{_repeated(trained)}`",
    ]
    return printable("\n".join(lines)) + "\n"


def _repeated(trained: Trained) -> str:
    """The command that trains the same model once more."""
    settings = " ".join(
        f"--{name.replace('_', '-')} {value}"
        for name, value in trained.told.settings._asdict().items()
    )
    return f"attnbook train --with {trained.checked.path} {settings}"
