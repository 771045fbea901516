"""One function examined: run, judged, and the cause where it differs."""

from collections.abc import Collection, Sequence
from typing import Any

from attnbook.checker.cause.diagnose import diagnose
from attnbook.checker.cause.discarded import discarded
from attnbook.checker.cause.kept import changing
from attnbook.checker.finding import (
    Cause,
    Caution,
    Cell,
    Difference,
    Example,
    Finding,
    OutOfTimeError,
)
from attnbook.checker.judge.dimensions import rule
from attnbook.checker.judge.further import further
from attnbook.checker.judge.run import Run, runs
from attnbook.checker.judge.safety import (
    mismatch,
    one_maximum,
    overflow,
    precision,
)
from attnbook.checker.judge.smallest import smallest
from attnbook.checker.match.binding import Answer, Asked, count_numbers
from attnbook.checker.mistakes import excluded
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, error
from attnbook.checker.steps.extras import BATCH_OF_ONE, HINTS, PAIR
from attnbook.checker.steps.table import Step
from attnbook.checker.words import difference, problem

UNTRIED = "time"
"""The kind of caution that is about the check, and no fault of the code."""
OVER = "the time for the whole check was over"


def too_late(name: str, step: Step) -> Finding:
    """A function that the time did not reach; it was not called."""
    return Finding(name, step, "cannot run")


def examine(asked: Asked, lines: Sequence[str], seed: int) -> Finding:
    """Examine it as what it seems to be, or as what explains it better."""
    found = _examined(asked, lines, seed)
    twin = asked.binding.twin
    if found.verdict == "differs" and not found.cause and twin is not None:
        other = _examined(asked._replace(binding=twin), lines, seed)
        told = other.cause is not None and other.cause.name not in _OTHER_KIND
        return other if told else found
    return found


_ARRAYS = {
    "keras": "keras tensors",
    "tensorflow": "tensorflow tensors",
    "torch": "torch tensors",
    "torch32": "float32 torch tensors",
}
"""What libraries call their arrays, where that is not arrays."""

_OTHER_KIND = {"causal", "no_mask", "depends_on_later"}
"""What is said of one that is causal, or is not, taken for the other kind."""


def _examined(asked: Asked, lines: Sequence[str], seed: int) -> Finding:
    """Run every case of a step, and say what they show."""
    cases = asked.binding.step.cases(seed)
    found, late = runs(asked, cases)
    if late and not any(run.fails for run in found):
        return _cut_short(asked, len(found), len(cases))
    base = Finding(
        *asked.binding[:2], "agrees", call=_call(asked), notes=_notes(asked),
        cases=len(found) if late else len(cases),
        shapes=len({tuple(run.case.sizes.items()) for run in found}),
    )  # fmt: skip
    if not any(run.answer.came for run in found):
        return _silent(base, found[-1].answer, lines)
    if "stopped" in found[-1].answer.reply:
        return _halted(base, asked, found[-1], lines)
    judge = _wrong if any(run.fails for run in found) else _sound
    return judge(base, asked, found, lines)


def _cut_short(asked: Asked, done: int, wanted: int) -> Finding:
    """What agreed before the time was over is no verdict."""
    target, step = asked.binding.target, asked.binding.step
    if not done:
        return too_late(target, step)
    agreed = f"`{target}` agreed on {done} of {wanted} sets of values"
    sentence = f"{agreed}; then {OVER}."
    return Finding(
        target, step, "cannot run", sentence, _call(asked), _notes(asked)
    )


def _call(asked: Asked) -> str:
    """How the function is called."""
    return f"{_made(asked)}({', '.join(_given(asked))})"


def _given(asked: Asked) -> list[str]:
    """The arguments of the call, each by its role."""
    call = asked.binding.arrangement
    named = [f"{name}={role}" for name, role in call.keywords]
    return [*call.positional, *named]


def _notes(asked: Asked) -> tuple[str, ...]:
    """What else is worth a word of how it is asked."""
    binding = asked.binding
    tried = not binding.arrangement.by_name and len(_given(asked)) > 1
    own = "`" in binding.wrap  # a class of the reader's
    named = binding.wrap if own else f"{binding.wrap} arrays"
    arrays = _ARRAYS.get(binding.wrap, named)
    notes = {
        "the order worked out by trying": tried,
        f"given {arrays}": binding.wrap != "list",
        f"item {binding.pick} of what it returns": binding.pick is not None,
        "weights stored as (d_out, d_in)": binding.transposed,
        binding.form.note: bool(binding.form.note),
    }
    said = (note for note, true in notes.items() if true)
    return (*said, *binding.notes)


def _made(asked: Asked) -> str:
    """The function, or the method of an object as it is made."""
    binding = asked.binding
    if not binding.is_class:
        return binding.target
    made = ", ".join(name for name, _ in binding.init)
    return binding.target.replace(".", f"({made}).")


def _silent(base: Finding, answer: Answer, lines: Sequence[str]) -> Finding:
    """Nothing came back in any case."""
    said = problem(f"`{base.function}`", answer.reply, lines)
    line = _raised(answer, lines)
    return base._replace(verdict="cannot run", sentence=said, line=line)


def _raised(answer: Answer, lines: Sequence[str]) -> int:
    """The reader's line that raised, or 0."""
    line = answer.reply.get("error", {}).get("line") or 0
    return line if 0 < line <= len(lines) else 0


def _halted(
    base: Finding, asked: Asked, run: Run, lines: Sequence[str]
) -> Finding:
    """It ran, until a case that it did not survive."""
    said = problem(f"`{base.function}`", run.answer.reply, lines)
    example = _example(asked, run.case.values, run.answer)
    return base._replace(verdict="differs", sentence=said, example=example)


def _wrong(
    base: Finding, asked: Asked, runs: Sequence[Run], lines: Sequence[str]
) -> Finding:
    """Where it differs, by which rule, the smallest input and the cause."""
    cells = _cells(runs)
    ruled = rule(cells) if cells else ""
    base = base._replace(verdict="differs", cells=cells, rule=ruled)
    least = _least(asked, runs)
    values, answer = least.case.values, least.answer
    try:
        if any(_unsteady(asked, run) for run in (least, _most(asked, runs))):
            drawn = _fault(asked) or changing(asked, lines)
            steady = base._replace(cells=(), rule="", cause=drawn)
            return steady._replace(sentence=_UNSTEADY)
        values, answer = smallest(asked, values, answer)
        base = base._replace(cause=_why(asked, runs, lines))
    except OutOfTimeError:
        base = base._replace(warnings=(_BRIEF,))
    return base._replace(
        sentence=_said(asked, values, answer, lines),
        line=_raised(answer, lines),
        example=_example(asked, values, answer),
    )


_SHOWN = 250
"""An input of more numbers shows nothing that an error does not say."""


def _least(asked: Asked, runs: Sequence[Run]) -> Run:
    """Of what fails the least input; a wrong shape before wrong numbers."""
    return min(
        (run for run in runs if run.fails),
        key=lambda run: (
            not run.misshapen,
            count_numbers(asked.binding, run.case.values),
        ),
    )


def _most(asked: Asked, runs: Sequence[Run]) -> Run:
    """Of what fails the largest input: there chance repeats itself least."""
    return max(
        (run for run in runs if run.fails),
        key=lambda run: count_numbers(asked.binding, run.case.values),
    )


def _why(
    asked: Asked, runs: Sequence[Run], lines: Sequence[str]
) -> Cause | None:
    """The cause, of the one case that fails or of all."""
    failing = {run.case.origin for run in runs if run.fails}
    cause = _of_case(runs, failing) or diagnose(asked, runs)
    return _both(_fault(asked), discarded(cause, lines))


def _fault(asked: Asked) -> Cause | None:
    """What was found wrong when the function was taken for its step."""
    fault = asked.binding.fault
    return Cause(*fault, measured=True) if fault else None


def _both(fault: Cause | None, cause: Cause | None) -> Cause | None:
    """Two things that are wrong at once; the second is why numbers differ."""
    if fault is None or cause is None:
        return fault or cause
    sentence = f"{fault.sentence} Besides: {cause.sentence}"
    advice = f"{fault.advice} Then: {cause.advice}"
    return fault._replace(sentence=sentence, advice=advice)


def _of_case(runs: Sequence[Run], failing: Collection[str]) -> Cause | None:
    """The cause where nothing but one particular case fails."""
    if len(failing) != 1 or not HINTS.keys() >= {*failing}:
        return None
    (origin,) = failing
    came = all(run.answer.came for run in runs)
    if origin == PAIR and not came:
        return Cause(*BATCH_OF_ONE, measured=True)
    return Cause(*HINTS[origin], measured=True)


_BRIEF = Caution(
    UNTRIED,
    f"Then {OVER}: a smaller input and the cause were not looked for.",
)


def _cells(runs: Sequence[Run]) -> tuple[Cell, ...]:
    """The dimension map: what was drawn for it, not the fixed cases."""
    return tuple(
        Cell(run.case.sizes, not run.fails)
        for run in runs
        if run.case.origin.startswith("seed")
    )


def _said(
    asked: Asked, values: Values, answer: Answer, lines: Sequence[str]
) -> str:
    """The difference, or the problem, as a sentence."""
    if not answer.came:
        return problem(f"`{asked.binding.target}`", answer.reply, lines)
    found = compare(asked.expected(values), answer.value)
    if found is None:
        return ""
    return f"{difference(_with_parts(found, asked.binding.step))}."


def _with_parts(found: Difference, step: Step) -> Difference:
    """The name of a result in the place of its number."""
    if not step.parts or not found.where:
        return found
    number, _, rest = found.where[1:].partition("]")
    return found._replace(where=f"{step.parts[int(number)]}{rest}")


def _example(asked: Asked, values: Values, answer: Answer) -> Example | None:
    """An input by the names of its arguments, with both results.

    None where there is too much of it.
    """
    if count_numbers(asked.binding, values) > _SHOWN:
        return None
    shown = {role: values[role] for role in asked.binding.form.roles}
    expected = asked.expected(values)
    found = compare(expected, answer.value) if answer.came else None
    return Example(shown, expected, answer.value, found.where if found else "")


_UNSTEADY = "It gives another result for the same input each time."


def _unsteady(asked: Asked, run: Run) -> bool:
    """Whether the same input gives another result; NaN equals itself here.

    An object is asked more often: what it drops at random is rarely much.
    """
    again = [
        asked.answer(run.case.values)
        for _ in range(8 if asked.binding.made else 1)
    ]
    return any(
        each.came and repr(each.value) != repr(run.answer.value)
        for each in again
    )


def _sound(
    base: Finding, asked: Asked, runs: Sequence[Run], lines: Sequence[str]
) -> Finding:
    """It agrees; now the manners, the safety and the strength of that."""
    pairs = [(run.expected, run.answer.value) for run in runs]
    base = _measured(base, asked, runs)
    if any(run.answer.reply["changed"] for run in runs):
        return base._replace(verdict="differs", sentence=_IN_PLACE)
    try:
        more = further(asked, lines)
        found = _flawed(asked, runs, lines, more.cause)
        if found is not None:
            return base._replace(verdict="differs", **found)
        base = base._replace(notes=(*base.notes, *more.notes))
        told = overflow(asked) or one_maximum(asked)
        told += [*precision(asked, pairs), *mismatch(asked), *more.cautions]
    except OutOfTimeError:
        told = [_UNSAFE]
    return base._replace(warnings=tuple(told))


_IN_PLACE = "The numbers agree, but it changes its arguments in place."


def _measured(base: Finding, asked: Asked, runs: Sequence[Run]) -> Finding:
    """The finding with its largest error, and how many mistakes it rejects."""
    cases = [run.case for run in runs]
    rejected, known = excluded(base.step, asked.binding.form, cases)
    worst = max(error(run.expected, run.answer.value) for run in runs)
    return base._replace(error=worst, rejected=rejected, known=known)


def _flawed(
    asked: Asked,
    runs: Sequence[Run],
    lines: Sequence[str],
    cause: Cause | None,
) -> dict[str, Any] | None:
    """What is wrong although every number was right."""
    if (why := _fault(asked) or cause) is not None:
        said = "The numbers agree, and still it is wrong."
        return {"sentence": said, "cause": why}
    if _unsteady(asked, runs[len(runs) // 2]):
        return {"sentence": _UNSTEADY, "cause": changing(asked, lines)}
    return None


_UNSAFE = Caution(
    UNTRIED, f"Then {OVER}: large scores and wrong lengths were not tried."
)
