"""From a program to findings: bind, run every case, diagnose what differs.

The engine knows nothing of processes: it is given `ask`, which a child
process answers for the command, and a `Program` itself in a browser.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from attnbook.checker.cause.diagnose import Cause, Run, diagnose
from attnbook.checker.judge.dimensions import Cell, rule
from attnbook.checker.judge.safety import (
    Caution,
    mismatch,
    overflow,
    precision,
)
from attnbook.checker.judge.smallest import smallest
from attnbook.checker.match.binding import (
    Answer,
    Ask,
    Asked,
    Function,
    bind,
    count_numbers,
    functions,
)
from attnbook.checker.match.chosen import chosen, unchecked
from attnbook.checker.mistakes import excluded
from attnbook.checker.say.words import difference, problem
from attnbook.checker.steps.cases import Case, Values
from attnbook.checker.steps.compare import Difference, compare, error
from attnbook.checker.steps.table import STEPS, Step


class Example(NamedTuple):
    """The smallest input that shows a mistake."""

    arguments: Mapping[str, Any]
    expected: Any
    got: Any


class Finding(NamedTuple):
    """What a check says of one function."""

    function: str
    step: Step
    verdict: str
    """`agrees`, `differs`, `cannot run`, `left out`, or `waits`."""
    sentence: str = ""
    how: str = ""
    """How the function was called."""
    cases: int = 0
    shapes: int = 0
    error: float = 0.0
    rejected: int = 0
    known: int = 0
    cells: tuple[Cell, ...] = ()
    rule: str = ""
    example: Example | None = None
    cause: Cause | None = None
    warnings: tuple[Caution, ...] = ()


class Options(NamedTuple):
    """What the reader asked for."""

    seed: int = 0
    only: str = ""
    """The one function to check."""
    names: Mapping[str, str] = {}
    """Of a step, the function that the reader names for it."""
    transposed: bool = False


_NO_OPTIONS = Options()


def findings(
    ask: Ask, source: str, options: Options = _NO_OPTIONS
) -> list[Finding]:
    """Check every function that the file offers, in the order of the steps.

    Raises:
        ValueError: If the options name a function that is not there.
    """
    described = ask({"do": "describe"})
    if "functions" not in described:
        raise ValueError(problem("the file", described, source.splitlines()))
    offered = functions(described)
    lines = source.splitlines()
    bound, found = _bound(ask, offered, described["libraries"], options)
    for asked in bound:
        wrong = any(each.verdict == "differs" for each in found)
        if asked.binding.step.gradient and wrong:
            found.append(_waiting(asked))
        else:
            found.append(examine(asked, lines, options.seed))
    return sorted(found, key=_place)


def not_checked(
    ask: Ask, source: str, found: Sequence[Finding], options: Options
) -> list[str]:
    """Functions that no finding is about, if the file was to be checked."""
    described = ask({"do": "describe"})
    if options.only or "functions" not in described:
        return []
    checked = [each.function for each in found]
    return unchecked(functions(described), source, checked)


def _place(finding: Finding) -> int:
    """Where a finding's step stands in the table."""
    return [step.name for step in STEPS].index(finding.step.name)


def _bound(
    ask: Ask,
    offered: Sequence[Function],
    libraries: Sequence[str],
    options: Options,
) -> tuple[list[Asked], list[Finding]]:
    """Functions that can be taken for steps, in order, and the others."""
    found, unplaced = [], []
    for function, steps in chosen(offered, options.names, options.only):
        asked = bind(
            ask, function, steps, libraries, transposed=options.transposed
        )
        if asked is not None:
            found.append(asked)
        else:
            unplaced.append(_unplaced(function, steps[0]))
    names = [step.name for step in STEPS]
    found.sort(key=lambda each: names.index(each.binding.step.name))
    return found, unplaced


def _unplaced(function: Function, step: Step) -> Finding:
    """A function whose arguments fit no form of its step."""
    given = ", ".join(each.name for each in function.parameters or ())
    wanted = " or ".join(f"({', '.join(form.roles)})" for form in step.forms)
    sentence = (
        f"`{function.name}({given})` takes arguments that attnbook cannot "
        f"place: {step.name} is called with {wanted}."
    )
    return Finding(function.name, step, "left out", sentence)


def _waiting(asked: Asked) -> Finding:
    """A gradient says nothing before the forward agrees."""
    sentence = "Its gradients are checked once the forward steps agree."
    step = asked.binding.step
    return Finding(asked.binding.target, step, "waits", sentence)


def examine(asked: Asked, lines: Sequence[str], seed: int) -> Finding:
    """Run every case of a step, and say what they show."""
    binding = asked.binding
    cases = binding.step.cases(seed)
    base = Finding(
        binding.target, binding.step, "agrees", how=_how(asked),
        cases=len(cases),
        shapes=len({tuple(case.sizes.items()) for case in cases}),
    )  # fmt: skip
    runs = _run(asked, cases)
    last = runs[-1].answer.reply
    if not any(run.answer.came for run in runs):
        said = problem(f"`{binding.target}`", last, lines)
        return base._replace(verdict="cannot run", sentence=said)
    if "stopped" in last:
        return _halted(base, asked, runs[-1], lines)
    if any(run.fails for run in runs):
        return _wrong(base, asked, runs, lines)
    return _sound(base, asked, runs)


def _run(asked: Asked, cases: Sequence[Case]) -> list[Run]:
    """Every case with its answer, until one stops the program."""
    runs = []
    for case in cases:
        answer = asked.answer(case.values)
        runs.append(Run(case, asked.expected(case.values), answer))
        if "stopped" in answer.reply:
            break
    return runs


def _how(asked: Asked) -> str:
    """How the function is called, and what else is worth a word."""
    binding = asked.binding
    given = [
        *binding.arrangement.positional,
        *(f"{k}={role}" for k, role in binding.arrangement.keywords),
    ]
    tried = not binding.arrangement.by_name and len(given) > 1
    notes = {
        "the order worked out by trying": tried,
        f"given {binding.wrap} arrays": binding.wrap != "list",
        f"item {binding.pick} of what it returns": binding.pick is not None,
        "weights stored as (d_out, d_in)": binding.transposed,
    }
    call = f"{_made(asked)}({', '.join(given)})"
    said = [note for note, true in notes.items() if true]
    return ", ".join([call, *said, *binding.notes])


def _made(asked: Asked) -> str:
    """The function, or the method of an object as it is made."""
    binding = asked.binding
    if not binding.is_class:
        return binding.target
    made = ", ".join(name for name, _ in binding.init)
    return binding.target.replace(".", f"({made}).")


def _halted(
    base: Finding,
    asked: Asked,
    run: Run,
    lines: Sequence[str],
) -> Finding:
    """It ran, until a case that it did not survive."""
    said = problem(f"`{base.function}`", run.answer.reply, lines)
    return base._replace(
        verdict="differs",
        sentence=said,
        example=_example(asked, run.case.values, run.answer),
    )


def _wrong(
    base: Finding, asked: Asked, runs: Sequence[Run], lines: Sequence[str]
) -> Finding:
    """Where it differs, by which rule, the smallest input and the cause."""
    base = base._replace(verdict="differs")
    least = min(
        (run for run in runs if run.fails),
        key=lambda run: (
            not run.misshapen,
            count_numbers(asked.binding, run.case.values),
        ),
    )
    if _unsteady(asked, least):
        return base._replace(sentence=_UNSTEADY)
    values, answer = smallest(asked, least.case.values, least.answer)
    cells = _cells(runs)
    return base._replace(
        sentence=_said(asked, values, answer, lines),
        cells=cells,
        rule=rule(cells),
        example=_example(asked, values, answer),
        cause=diagnose(asked, runs),
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


def _example(asked: Asked, values: Values, answer: Answer) -> Example:
    """An input by the names of its arguments, with both results."""
    shown = {role: values[role] for role in asked.binding.form.roles}
    return Example(shown, asked.expected(values), answer.value)


_UNSTEADY = "It gives another result for the same input each time."


def _unsteady(asked: Asked, run: Run) -> bool:
    """Whether the same input gives another result; NaN equals itself here."""
    again = asked.answer(run.case.values)
    return again.came and repr(again.value) != repr(run.answer.value)


def _sound(base: Finding, asked: Asked, runs: Sequence[Run]) -> Finding:
    """It agrees; now the manners, the safety and the strength of that."""
    middle = runs[len(runs) // 2]
    if _unsteady(asked, middle):
        return base._replace(verdict="differs", sentence=_UNSTEADY)
    if any(run.answer.reply["changed"] for run in runs):
        said = "The numbers agree, but it changes its arguments in place."
        return base._replace(verdict="differs", sentence=said)
    pairs = [(run.expected, run.answer.value) for run in runs]
    cases = [run.case for run in runs]
    rejected, known = excluded(base.step, asked.binding.form, cases)
    warnings = (*overflow(asked), *precision(asked, pairs), *mismatch(asked))
    return base._replace(
        error=max(error(right, value) for right, value in pairs),
        rejected=rejected,
        known=known,
        warnings=warnings,
    )
