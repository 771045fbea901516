"""From a program to findings: which functions are which steps, one by one.

The engine knows nothing of processes: it is given `ask`, which a child
process answers for the command, and a `Program` itself in a browser.
"""

import ast
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from attnbook.checker.examine import OVER, UNTRIED, examine, too_late
from attnbook.checker.finding import (
    HELPERS,
    JUDGED,
    Finding,
    OutOfTimeError,
)
from attnbook.checker.judge.around import alone, outside, within
from attnbook.checker.judge.copied import KIND as OWN
from attnbook.checker.judge.copied import with_owner
from attnbook.checker.judge.on_matrix import with_attention
from attnbook.checker.match.binding import (
    Ask,
    Asked,
    Function,
    bind,
    functions,
)
from attnbook.checker.match.chosen import (
    chosen,
    is_loose,
    steps_of,
    unchecked,
    used,
)
from attnbook.checker.match.sizes import unknown_in
from attnbook.checker.mistakes import explained, place
from attnbook.checker.reader.lift import PREFIX
from attnbook.checker.reader.program import Reply
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.table import PARTS, STEPS, Step
from attnbook.checker.words import lines_of, listed, problem, tree_of


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
    users: tuple[tuple[str, str], ...] = ()
    """What uses a checked attention and does more, each with that one."""
    outside: int = 0
    """The line of an attention outside of any function; 0 where none is."""


_NO_OPTIONS = Options()
_PLACES = {step.name: place for place, step in enumerate(STEPS)}


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
    found = [each for each in _told(found, source) if not _is_tried(each)]
    if options.only:
        return Survey(tuple(found))
    checked = [each.function for each in found]
    checked += _numeric(described["libraries"]) if found else []
    left = unchecked(offered, source, checked)
    users = within(source, found, left)
    return Survey(
        tuple(found),
        tuple(alone(source, left, users)),
        tuple(_elsewhere(offered, found)),
        tuple(users),
        0 if any(map(_is_lifted, found)) else outside(source),
    )


def _numeric(kinds: Sequence[str]) -> list[str]:
    """The reader's own classes of numbers, by the kinds of argument."""
    return [kind.split("`")[1] for kind in kinds if "`" in kind]


def _is_lifted(finding: Finding) -> bool:
    """Whether a finding is of statements outside of any function."""
    return finding.function.startswith(PREFIX)


def _is_tried(finding: Finding) -> bool:
    """Whether it is of such, and it is not known what they do instead.

    They may not run with other numbers, give other rows, or be causal where
    no weights are: that is another kind of attention.
    """
    if not _is_lifted(finding) or finding.verdict == "agrees":
        return False
    return (
        finding.verdict not in JUDGED
        or finding.cause is None
        or finding.cause.name == "causal"
        or not _has_its_shape(finding)
    )


def _has_its_shape(finding: Finding) -> bool:
    """Whether what came differs in its numbers alone."""
    example = finding.example
    if example is None or example.got is None:  # nothing came at all
        return False
    difference = compare(example.expected, example.got)
    return difference is not None and difference.kind in {"value", "nan"}


def _described(ask: Ask, lines: Sequence[str]) -> Reply:
    """What the program says that it offers."""
    try:
        described = ask({"do": "describe"})
    except OutOfTimeError as late:
        raise ValueError(f"{OVER} before it began.") from late
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
    """The findings but for what was not judged and is part of what was.

    A part that differs, in an attention that agrees, only does its work in
    another way: with other axes, or together with another part.
    """
    judged, right = (
        used(source, [_owner(e) for e in _attentions(found, verdicts)])
        for verdicts in (JUDGED, {"agrees"})
    )
    return [
        each
        for each in found
        if not (each.function in judged and _is_helpless(each))
        and not (each.function in right and _is_other(each))
    ]


def _attentions(
    found: Sequence[Finding], verdicts: Container[str]
) -> Iterator[Finding]:
    """The findings of attentions with one of these verdicts."""
    for each in found:
        if each.verdict in verdicts and each.step.name not in HELPERS:
            yield each


def _owner(finding: Finding) -> str:
    """The function or class that a finding is about."""
    return finding.function.partition(".")[0]


def _is_other(finding: Finding) -> bool:
    """Whether a finding is of a part that does not do as the book's does."""
    return finding.verdict == "differs" and finding.step.name in PARTS


def _is_helpless(finding: Finding) -> bool:
    """Whether a finding says nothing but that a part cannot be run alone."""
    failed = finding.verdict == "cannot run" and not _is_late(finding)
    part = finding.step.name in HELPERS
    return finding.verdict == "left out" or (failed and part)


def _found(
    asked: Asked, before: Sequence[Finding], lines: Sequence[str], seed: int
) -> Finding:
    """The finding of one function; a gradient waits for what is wrong."""
    wrong = [each for each in before if each.verdict == "differs"]
    if asked.binding.step.gradient and wrong:
        return _waiting(asked, wrong[0])
    if asked.binding.block:
        inside = used("\n".join(lines), [asked.binding.target.split(".")[0]])
        for each in wrong:
            if each.function.partition(".")[0] in inside:
                return _around(asked, each)
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
    return dict(_defined(tree_of([source]).body, ""))


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
    if _is_lifted(finding):
        first = finding.function.removeprefix(PREFIX).partition("_")[0]
        return finding._replace(line=int(first))
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
            unplaced.append(too_late(function.name, steps[0]))
            continue
        if asked is not None:
            found.append(asked)
        elif _is_wanted(function, steps, options):
            unplaced.append(_unplaced(function, steps[0]))
    found.sort(key=_turn)
    return found, unplaced


def _turn(asked: Asked) -> tuple[bool, int]:
    """When one is examined: a block after what it may be made of."""
    return asked.binding.block, _PLACES[asked.binding.step.name]


def _is_wanted(
    function: Function, steps: Sequence[Step], options: Options
) -> bool:
    """Whether it is worth a word that a function cannot be placed."""
    named = function.name in {*options.names.values(), options.only}
    part = all(step.name in PARTS for step in steps)
    return named or not (part or is_loose(function, steps))


def _gathered(found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, with all that the time did not reach told as one."""
    late = [each for each in found if _is_late(each)]
    yield from (each for each in found if not _is_late(each))
    if late:
        names = listed([f"`{each.function}`" for each in late], most=3)
        were = "were" if late[1:] else "was"
        yield late[0]._replace(sentence=f"{names} {were} not checked: {OVER}.")


def _is_late(finding: Finding) -> bool:
    """Whether a finding is of such a function."""
    return finding.verdict == "cannot run" and not finding.call


def _unplaced(function: Function, step: Step) -> Finding:
    """A function whose arguments fit no form of its step."""
    unknown = [f"`{each}`" for each in unknown_in(function.parameters or ())]
    if function.methods and unknown:
        sentence = (
            f"`{function.name}` is made from {listed(unknown, most=3)}, and "
            "attnbook does not know what that has to be."
        )
        return Finding(function.name, step, "left out", sentence)
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
    return _later(asked, wrong, sentence)


def _around(asked: Asked, wrong: Finding) -> Finding:
    """A block says nothing before the attention in it agrees."""
    sentence = f"It uses `{wrong.function}`: it is checked once that agrees."
    return _later(asked, wrong, sentence)


def _later(asked: Asked, wrong: Finding, sentence: str) -> Finding:
    """What waits for something that is wrong."""
    return Finding(
        asked.binding.target, asked.binding.step, "waits", sentence,
        dependency=wrong.function,
    )  # fmt: skip
