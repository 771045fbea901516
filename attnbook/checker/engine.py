"""From a program to findings: bind, run every case, diagnose what differs.

The engine knows nothing of processes: it is given `ask`, which a child
process answers for the command, and a `Program` itself in a browser.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

from attnbook.checker.cause.diagnose import diagnose
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
from attnbook.checker.judge.copied import KIND as OWN
from attnbook.checker.judge.copied import with_owner
from attnbook.checker.judge.dimensions import rule
from attnbook.checker.judge.further import further
from attnbook.checker.judge.on_matrix import with_attention
from attnbook.checker.judge.run import Run, runs
from attnbook.checker.judge.safety import (
    mismatch,
    one_maximum,
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
from attnbook.checker.match.chosen import (
    chosen,
    is_loose,
    steps_of,
    unchecked,
    used,
)
from attnbook.checker.mistakes import excluded, explained, place
from attnbook.checker.reader.program import Reply
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, error
from attnbook.checker.steps.extras import HINTS
from attnbook.checker.steps.table import STEPS, Step
from attnbook.checker.words import difference, lines_of, listed, problem


class Options(NamedTuple):
    """What the reader asked for."""

    seed: int = 0
    only: str = ""
    """The one function to check."""
    names: Mapping[str, str] = {}
    """Of a step, the function that the reader names for it."""
    transposed: bool | None = None
    """Whether weights are `(d_out, d_in)`; None where it is found out."""


class Survey(NamedTuple):
    """What a check says of a program: of its functions, and of the others."""

    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...] = ()
    """Functions that no finding is about, if the file was to be checked."""
    elsewhere: tuple[str, ...] = ()
    """Known names whose functions the file did not define itself."""


_NO_OPTIONS = Options()
_PLACES = {step.name: place for place, step in enumerate(STEPS)}
_OVER = "the time for the whole check was over"


def findings(
    ask: Ask, source: str, options: Options = _NO_OPTIONS
) -> list[Finding]:
    """Check every function that the file offers, in the order of the steps.

    Raises:
        ValueError: If the options name a function that is not there.
    """
    return list(survey(ask, source, options).findings)


def survey(ask: Ask, source: str, options: Options = _NO_OPTIONS) -> Survey:
    """The findings, and the names of what was left alone.

    Raises:
        ValueError: If the options name a function that is not there.
    """
    lines = lines_of(source)
    described = _described(ask, lines)
    offered = functions(described)
    bound, found = _bound(ask, offered, described["libraries"], options)
    for asked in bound:
        found.append(_found(asked, found, lines, options.seed))
    found = _told(found, source)
    if options.only:
        return Survey(tuple(found))
    return Survey(
        tuple(found),
        tuple(_left(offered, source, found)),
        tuple(_elsewhere(offered, found)),
    )


def _described(ask: Ask, lines: Sequence[str]) -> Reply:
    """What the program says that it offers."""
    try:
        described = ask({"do": "describe"})
    except OutOfTimeError as late:
        raise ValueError(f"{_OVER} before it began.") from late
    if "functions" not in described:
        raise ValueError(problem("the file", described, lines))
    return described


def _told(found: Sequence[Finding], source: str) -> list[Finding]:
    """The findings in the order of the steps, with what each has to say."""
    told = with_attention(list(_gathered(found)))
    told = with_owner(_without_helpers(told, source), source)
    places = defined(source)
    ordered = sorted(told, key=_place)
    return [_placed(_linked(each), places) for each in ordered]


def _without_helpers(found: Sequence[Finding], source: str) -> list[Finding]:
    """The findings but for what was left out and is part of what was not."""
    agreed = [each.function for each in found if each.verdict == "agrees"]
    try:
        parts = used(source, [name.partition(".")[0] for name in agreed])
    except SyntaxError:  # a cell with commands of the notebook's own
        return list(found)
    return [
        each
        for each in found
        if each.verdict != "left out" or each.function not in parts
    ]


def _left(
    offered: Sequence[Function], source: str, found: Sequence[Finding]
) -> list[str]:
    """The functions that no finding is about, helpers aside."""
    checked = [each.function for each in found]
    try:
        return unchecked(offered, source, checked)
    except SyntaxError:  # a cell with commands of the notebook's own
        return unchecked(offered, "", checked)


def _found(
    asked: Asked, before: Sequence[Finding], lines: Sequence[str], seed: int
) -> Finding:
    """The finding of one function; a gradient waits for what is wrong."""
    wrong = [each for each in before if each.verdict == "differs"]
    if asked.binding.step.gradient and wrong:
        return _waiting(asked, wrong[0])
    return examine(asked, lines, seed)


def _place(finding: Finding) -> int:
    """Where a finding's step stands in the table."""
    return _PLACES[finding.step.name]


def _elsewhere(
    offered: Sequence[Function], found: Sequence[Finding]
) -> Iterator[str]:
    """Known names of what was not made by a `def` or `class` of the file."""
    checked = {each.function.partition(".")[0] for each in found}
    for function in offered:
        name = function.name
        if not function.own and name not in checked and steps_of(name):
            yield name


def defined(source: str) -> dict[str, int]:
    r"""The line that gives each name, a method as `Class.method`.

    Examples:
        >>> defined("class A:\n    def forward(self): pass\nf = abs")
        {'A': 1, 'A.forward': 2, 'f': 3}
    """
    try:
        with catch_warnings():
            simplefilter("ignore")  # of the reader's file, not of ours
            return dict(_defined(ast.parse(source).body, ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}


def _defined(
    body: Sequence[ast.stmt], owner: str
) -> Iterator[tuple[str, int]]:
    """Each name that these statements give, with its line."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{owner}{node.name}", node.lineno
        elif isinstance(node, ast.ClassDef):
            yield f"{owner}{node.name}", node.lineno
            yield from _defined(node.body, f"{owner}{node.name}.")
        elif isinstance(node, ast.Assign):
            for name in node.targets:
                if isinstance(name, ast.Name):
                    yield f"{owner}{name.id}", node.lineno


def _placed(finding: Finding, places: Mapping[str, int]) -> Finding:
    """The finding with a line of the file, where one can be told."""
    if finding.line:
        return finding
    if finding.cause is not None and finding.cause.line:
        return finding._replace(line=finding.cause.line)
    owner = finding.function.partition(".")[0]
    line = places.get(finding.function, places.get(owner, 0))
    return finding._replace(line=line)


def _linked(finding: Finding) -> Finding:
    """The finding with the pages that explain its cause and its cautions."""
    step, cause = finding.step, finding.cause
    if cause is not None:
        cause = cause._replace(page=explained(step, cause.name))
    warnings = tuple(
        each if each.kind in {UNTRIED, OWN}
        else each._replace(page=explained(step, each.kind))
        for each in finding.warnings
    )  # fmt: skip
    shown = place(step)
    return finding._replace(cause=cause, warnings=warnings, place=shown)


UNTRIED = "time"
"""The kind of caution that is about the check, and no fault of the code."""


def _bound(
    ask: Ask,
    offered: Sequence[Function],
    libraries: Sequence[str],
    options: Options,
) -> tuple[list[Asked], list[Finding]]:
    """Functions that can be taken for steps, in order, and the others."""
    found, unplaced = [], []
    for function, steps in chosen(offered, options.names, options.only):
        try:
            asked = bind(
                ask, function, steps, libraries, transposed=options.transposed
            )
        except OutOfTimeError:
            unplaced.append(_late(function.name, steps[0]))
            continue
        if asked is not None:
            found.append(asked)
        elif not is_loose(function, steps):
            unplaced.append(_unplaced(function, steps[0]))
    found.sort(key=lambda each: _PLACES[each.binding.step.name])
    return found, unplaced


def _gathered(found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, with all that the time did not reach told as one."""
    late = [each for each in found if _is_late(each)]
    yield from (each for each in found if not _is_late(each))
    if late:
        names = listed([f"`{each.function}`" for each in late], most=3)
        were = "were" if late[1:] else "was"
        yield late[0]._replace(
            sentence=f"{names} {were} not checked: {_OVER}."
        )


def _late(name: str, step: Step) -> Finding:
    """A function that the time did not reach; it was not called."""
    return Finding(name, step, "cannot run")


def _is_late(finding: Finding) -> bool:
    """Whether a finding is of such a function."""
    return finding.verdict == "cannot run" and not finding.how


def _unplaced(function: Function, step: Step) -> Finding:
    """A function whose arguments fit no form of its step."""
    given = ", ".join(each.name for each in function.parameters or ())
    forms = [form.roles for form in step.forms if not form.note]
    wanted = " or ".join(f"({', '.join(roles)})" for roles in forms)
    sentence = (
        f"`{function.name}({given})` takes arguments that attnbook cannot "
        f"place: {step.name} is called with {wanted}."
    )
    return Finding(function.name, step, "left out", sentence)


def _waiting(asked: Asked, wrong: Finding) -> Finding:
    """A gradient says nothing before the forward agrees."""
    sentence = "Its gradients are checked once the forward steps agree."
    return Finding(
        asked.binding.target, asked.binding.step, "waits", sentence,
        dependency=wrong.function,
    )  # fmt: skip


def examine(asked: Asked, lines: Sequence[str], seed: int) -> Finding:
    """Examine it as what it seems to be, or as what explains it better."""
    found = _examined(asked, lines, seed)
    twin = asked.binding.twin
    if found.verdict == "differs" and not found.cause and twin is not None:
        other = _examined(asked._replace(binding=twin), lines, seed)
        return other if other.cause else found
    return found


def _examined(asked: Asked, lines: Sequence[str], seed: int) -> Finding:
    """Run every case of a step, and say what they show."""
    cases = asked.binding.step.cases(seed)
    found, late = runs(asked, cases)
    if late and not any(run.fails for run in found):
        return _cut_short(asked, len(found), len(cases))
    base = Finding(
        asked.binding.target, asked.binding.step, "agrees", how=_how(asked),
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
        return _late(target, step)
    agreed = f"`{target}` agreed on {done} of {wanted} sets of values"
    sentence = f"{agreed}; then {_OVER}."
    return Finding(target, step, "cannot run", sentence, how=_how(asked))


def _how(asked: Asked) -> str:
    """How the function is called, and what else is worth a word."""
    binding, call = asked.binding, asked.binding.arrangement
    named = [f"{name}={role}" for name, role in call.keywords]
    given = [*call.positional, *named]
    tried = not call.by_name and len(given) > 1
    notes = {
        "the order worked out by trying": tried,
        f"given {binding.wrap} arrays": binding.wrap != "list",
        f"item {binding.pick} of what it returns": binding.pick is not None,
        "weights stored as (d_out, d_in)": binding.transposed,
        binding.form.note: bool(binding.form.note),
    }
    said = [note for note, true in notes.items() if true]
    shown = f"{_made(asked)}({', '.join(given)})"
    return ", ".join([shown, *said, *binding.notes])


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
        base = base._replace(cause=_why(asked, runs))
    except OutOfTimeError:
        base = base._replace(warnings=(_BRIEF,))
    return base._replace(
        sentence=_said(asked, values, answer, lines),
        line=_raised(answer, lines),
        example=_example(asked, values, answer),
    )


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


def _why(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The cause, of the one case that fails or of all."""
    failing = {run.case.origin for run in runs if run.fails}
    cause = _of_case(failing) or diagnose(asked, runs)
    return _both(_fault(asked), cause)


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


def _of_case(failing: Collection[str]) -> Cause | None:
    """The cause where nothing but one particular case fails."""
    if len(failing) != 1 or not HINTS.keys() >= {*failing}:
        return None
    (origin,) = failing
    return Cause(*HINTS[origin], measured=True)


_BRIEF = Caution(
    UNTRIED,
    f"Then {_OVER}: a smaller input and the cause were not looked for.",
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
        base = base._replace(how=", ".join([base.how, *more.notes]))
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
    UNTRIED, f"Then {_OVER}: large scores and wrong lengths were not tried."
)
