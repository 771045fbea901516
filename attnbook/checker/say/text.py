"""Findings as text, for a person at a terminal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any

from attnbook.checker.finding import Checked, Example, Finding
from attnbook.checker.say.grid import MARKS, Grid, grid
from attnbook.checker.say.verdict import left, short, verdict
from attnbook.checker.words import nested, printable

WIDTH = 78

_COLOURS: Mapping[str, str] = {
    "agrees": "32", "differs": "31", "cannot run": "31", "left out": "33",
    "waits": "33",
}  # fmt: skip
_PAINTED = re.compile(
    rf"^(\S.*: )({'|'.join(_COLOURS)})((?:, (?:but|in) .*)?)$", re.MULTILINE
)


def as_text(checked: Checked) -> str:
    """The check as a person reads it in a terminal."""
    head = (
        f"attnbook {checked.version} checks {checked.file}, "
        f"seed {checked.seed}"
    )
    parts = [head, *(wrapped(note) for note in checked.notes)]
    parts += ["\n".join(told(each)) for each in _once(checked.findings)]
    parts += [wrapped(each) for each in left(checked)]
    return printable("\n\n".join([*parts, wrapped(verdict(checked))])) + "\n"


def as_texts(checked: Sequence[Checked]) -> str:
    """Several checks, one below the other."""
    return "\n".join(map(as_text, checked))


def painted(text: str) -> str:
    r"""The same text with its verdicts in colour; the words stay.

    Examples:
        >>> painted("softmax(scores): differs")
        'softmax(scores): \x1b[1;31mdiffers\x1b[0m'
    """
    return _PAINTED.sub(
        lambda m: f"{m[1]}\x1b[1;{_COLOURS[m[2]]}m{m[2]}{m[3]}\x1b[0m", text
    )


def told(finding: Finding) -> Iterator[str]:
    """One finding, line by line."""
    step = finding.step
    yield f"{finding.call or finding.function}: {short(finding)}"
    yield f"  as {step.name}, {step.where}"
    if finding.notes:
        yield wrapped("; ".join(finding.notes), "  ")
    if finding.verdict == "agrees":
        yield from _agreement(finding)
    else:
        yield from _disagreement(finding)


def error(finding: Finding) -> str:
    """The largest error, to one digit."""
    if finding.verdict != "agrees":
        return ""
    return f"{finding.error:.0e}" if finding.error else "0"


def wrapped(text: str, indent: str = "", hang: int = 0) -> str:
    r"""Text in lines of at most 78 columns.

    Examples:
        >>> max(len(line) for line in wrapped("a" * 200).split("\n"))
        78
    """
    return fill(
        text,
        width=WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * (len(indent) + hang),
        break_on_hyphens=False,
    )


def _once(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Findings whose advice is given where it is needed first."""
    given: dict[str, str] = {}
    for finding in findings:
        warnings = tuple(
            caution._replace(
                advice=f"See `{given[caution.advice]}` above.", page=""
            )
            if caution.advice in given
            else caution
            for caution in finding.warnings
        )
        for caution in finding.warnings:
            if caution.advice:
                given.setdefault(caution.advice, finding.function)
        yield finding._replace(warnings=warnings)


def _agreement(finding: Finding) -> Iterator[str]:
    """Its strength, and what is to mend all the same."""
    strength = (
        f"agrees on these {finding.shapes} shapes and {finding.cases} sets of "
        f"values; largest error {_said_error(finding)}; rejects "
        f"{finding.rejected} of {finding.known} known mistakes"
    )
    yield wrapped(strength, "  ")
    yield from _cautions(finding)
    if finding.step.blind:
        yield wrapped(f"What this cannot tell: {finding.step.blind}", "  ")


def _cautions(finding: Finding) -> Iterator[str]:
    """What is to mend, or was not tried."""
    for warning in finding.warnings:
        page = f"See {warning.page}" if warning.page else ""
        said = filter(None, (warning.sentence, warning.advice, page))
        yield wrapped(" ".join(said), "  ! ")


def _said_error(finding: Finding) -> str:
    """The largest error; what only rounding explains, as one limit."""
    return "below 1e-12" if finding.error < 1e-12 else error(finding)


def _disagreement(finding: Finding) -> Iterator[str]:
    """What is wrong, where, by which rule, and what to try."""
    if finding.example is not None:
        yield "  the smallest input that shows it:"
        yield from _shown(finding.example)
    if finding.sentence:
        yield wrapped(finding.sentence, "  ")
    if finding.cells:
        yield wrapped(f"It {finding.rule}.", "  ")
        yield from _map(grid(finding.cells, finding.rule))
    if finding.cause is not None:
        yield wrapped(f"Likely cause: {finding.cause.sentence}", "  ")
        yield wrapped(f"Try: {finding.cause.advice}", "  ")
    yield from _cautions(finding)
    if finding.verdict == "differs":
        yield wrapped(f"Explained on the page {finding.page}", "  ")


def _shown(example: Example) -> Iterator[str]:
    """The arguments, what is expected and what came."""
    for role, value in example.arguments.items():
        yield wrapped(f"{role} = {nested(value)}", "    ", len(role) + 3)
    yield wrapped(f"expected {nested(example.expected)}", "    ", 9)
    if example.got is not None:
        yield wrapped(f"got      {shown(example.got)}", "    ", 9)


def shown(value: Any) -> str:  # noqa: ANN401
    """What came, even where it is no number."""
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    if isinstance(value, dict):
        other = value.get("other", "several named results")
        return "None" if other == "NoneType" else str(other)
    return nested(value)


def _map(found: Grid) -> Iterator[str]:
    """Two sizes against each other: fails always, sometimes, never."""
    sizes = "".join(f"{size:>4}" for size in found.columns)
    if not found.down:
        yield f"    {found.across:>8} {sizes}"
    else:
        yield f"    {found.down:>8} |{sizes}  {found.across}"
    for row, marks in zip(found.rows, found.marks, strict=True):
        name = row if found.down else ""
        line = f"    {name:>8} |{''.join(f'{mark:>4}' for mark in marks)}"
        yield line
    yield "    " + "   ".join(f"{mark} {what}" for mark, what in MARKS.items())
