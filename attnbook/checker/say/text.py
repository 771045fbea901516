"""Findings as text for a person, as JSON for a tool, as a receipt to keep."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from textwrap import fill
from typing import Any, NamedTuple

from attnbook.checker.engine import Example, Finding
from attnbook.checker.judge.dimensions import Cell, said
from attnbook.checker.say.words import nested

AGREES, DIFFERS, CANNOT_RUN = 0, 1, 2


class Report(NamedTuple):
    """A whole check: of what, with what, and what was found."""

    file: str
    digest: str
    """The SHA-256 of the source."""
    version: str
    seed: int
    command: str
    """What repeats this check."""
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    """Functions that attnbook does not know by name."""

    @property
    def status(self) -> int:
        """0 agrees, 1 differs, 2 could not run."""
        verdicts = {finding.verdict for finding in self.findings}
        if "differs" in verdicts:
            return DIFFERS
        if "agrees" not in verdicts or "cannot run" in verdicts:
            return CANNOT_RUN
        return AGREES


def as_text(report: Report) -> str:
    """The report as a person reads it in a terminal."""
    head = (
        f"attnbook {report.version} checks {report.file}, seed {report.seed}"
    )
    parts = [head, *(_wrapped(note) for note in report.notes)]
    parts += ["\n".join(_told(each)) for each in _once(report.findings)]
    if report.not_checked:
        parts.append(_wrapped(_left(report.not_checked)))
    return "\n\n".join([*parts, _wrapped(_verdict(report))]) + "\n"


def _left(names: Sequence[str]) -> str:
    """Which functions were not checked, and how they can be."""
    return (
        f"Not checked: {', '.join(names)}. Name a step for one with --as, as "
        f"in --as self_attention={names[-1]}."
    )


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Findings whose advice is given where it is needed first."""
    given: dict[str, str] = {}
    for finding in findings:
        warnings = tuple(
            caution._replace(advice=f"See `{given[caution.advice]}` above.")
            if caution.advice in given
            else caution
            for caution in finding.warnings
        )
        for caution in finding.warnings:
            if caution.advice:
                given.setdefault(caution.advice, finding.function)
        yield finding._replace(warnings=warnings)


def as_json(report: Report) -> str:
    """The report for a tool; results that are no numbers become strings."""
    found = {
        "version": report.version,
        "file": report.file,
        "sha256": report.digest,
        "seed": report.seed,
        "command": report.command,
        "status": report.status,
        "verdict": _verdict(report),
        "notes": list(report.notes),
        "not_checked": list(report.not_checked),
        "findings": [_plain(finding) for finding in report.findings],
    }
    return json.dumps(_finite(found), indent=2, allow_nan=False) + "\n"


def as_receipt(report: Report) -> str:
    """The report in Markdown, for the reader's own notes."""
    details = [
        "\n".join(["```text", *_told(each), "```", ""])
        for each in report.findings
        if each.verdict != "agrees" or each.warnings
    ]
    lines = [
        f"# Receipt: {report.file}",
        "",
        _verdict(report),
        "",
        "| function | step | verdict | shapes | largest error | rejects |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(finding) for finding in report.findings),
        "",
        *details,
        *([_left(report.not_checked), ""] if report.not_checked else []),
        f"- Checked by attnbook {report.version}, seed {report.seed}",
        f"- SHA-256 of the source: `{report.digest}`",
        f"- To repeat: `{report.command}`",
    ]
    return "\n".join(lines) + "\n"


def _row(finding: Finding) -> str:
    """One line of the receipt's table."""
    step = finding.step
    cells = [
        f"`{finding.function}`",
        f"{step.name} ({step.section})",
        _short(finding),
        str(finding.shapes or ""),
        _error(finding),
        f"{finding.rejected} of {finding.known}" if finding.known else "",
    ]
    return f"| {' | '.join(cells)} |"


def _told(finding: Finding) -> Iterator[str]:
    """One finding, line by line."""
    step = finding.step
    yield f"{finding.how or finding.function}: {_short(finding)}"
    yield f"  as {step.name}, {step.where}"
    if finding.verdict == "agrees":
        yield from _agreement(finding)
    else:
        yield from _disagreement(finding)


def _agreement(finding: Finding) -> Iterator[str]:
    """Its strength, and what is to mend all the same."""
    strength = (
        f"agrees on these {finding.shapes} shapes and {finding.cases} sets of "
        f"values; largest error {_said_error(finding)}; rejects "
        f"{finding.rejected} of {finding.known} known mistakes"
    )
    yield _wrapped(strength, "  ")
    for warning in finding.warnings:
        yield _wrapped(f"{warning.sentence} {warning.advice}".strip(), "  ! ")
    if finding.step.blind:
        yield _wrapped(f"What this cannot tell: {finding.step.blind}", "  ")


def _said_error(finding: Finding) -> str:
    """The largest error; what only rounding explains, as one limit."""
    return "below 1e-12" if finding.error < 1e-12 else _error(finding)


def _error(finding: Finding) -> str:
    """The largest error, to one digit."""
    if finding.verdict != "agrees":
        return ""
    return f"{finding.error:.0e}" if finding.error else "0"


def _disagreement(finding: Finding) -> Iterator[str]:
    """What is wrong, where, by which rule, and what to try."""
    if finding.example is not None:
        yield "  the smallest input that shows it:"
        yield from _shown(finding.example)
    if finding.sentence:
        yield _wrapped(finding.sentence, "  ")
    if finding.cells:
        yield _wrapped(f"It {finding.rule}.", "  ")
        yield from _map(finding.cells, finding.rule)
    if finding.cause is not None:
        yield _wrapped(f"Likely cause: {finding.cause.sentence}", "  ")
        yield _wrapped(f"Try: {finding.cause.advice}", "  ")
    if finding.verdict == "differs":
        yield f"  Explained on the page {finding.step.page}"


def _shown(example: Example) -> Iterator[str]:
    """The arguments, what is expected and what came."""
    for role, value in example.arguments.items():
        yield f"    {role} = {nested(value)}"
    yield f"    expected {nested(example.expected)}"
    if example.got is not None:
        yield f"    got      {_got(example.got)}"


def _got(value: Any) -> str:  # noqa: ANN401
    """What came, even where it is no number."""
    if isinstance(value, list):
        return f"[{', '.join(_got(item) for item in value)}]"
    if isinstance(value, dict):
        other = value.get("other", "several named results")
        return "None" if other == "NoneType" else str(other)
    return nested(value)


def _map(cells: Sequence[Cell], words: str) -> Iterator[str]:
    """Two sizes against each other: fails always, sometimes, never."""
    across, down = _axes(cells, words)
    columns = sorted({cell.sizes[across] for cell in cells})
    rows = sorted({cell.sizes[down] for cell in cells}) if down else [0]
    if not down:
        yield f"    {across:>8} {''.join(f'{size:>4}' for size in columns)}"
    else:
        heads = "".join(f"{size:>4}" for size in columns)
        yield f"    {down:>8} |{heads}  {across}"
    for row in rows:
        marks = [
            _mark([c for c in cells if c.sizes[across] == column
                   and (not down or c.sizes[down] == row)])
            for column in columns
        ]  # fmt: skip
        name = row if down else ""
        yield f"    {name:>8} |{''.join(f'{mark:>4}' for mark in marks)}"
    yield "    . agrees   x fails   o fails for some of the other sizes"


def _axes(cells: Sequence[Cell], words: str) -> tuple[str, str]:
    """The two sizes that the rule compares, or names, or the first two."""
    names = list(cells[0].sizes)
    if len(names) == 1:
        return names[0], ""
    pairs = [(b, a) for i, a in enumerate(names) for b in names[i + 1 :]]
    return max(pairs, key=lambda pair: _relevance(pair, words))


def _relevance(pair: tuple[str, str], words: str) -> int:
    """How much a rule is about two sizes."""
    b, a = (said(name) for name in pair)
    compared = f"{a} differs from {b}" in words or f"{a} equals {b}" in words
    return 4 * compared + (a in words) + (b in words)


def _mark(cells: Sequence[Cell]) -> str:
    """One sign for all cells of two sizes."""
    agree = {cell.agrees for cell in cells}
    return "o" if len(agree) > 1 else "." if True in agree else "x"


def _short(finding: Finding) -> str:
    """A verdict in a few words."""
    kinds = {warning.kind for warning in finding.warnings}
    if finding.verdict == "agrees" and "overflow" in kinds:
        return "agrees, but overflows"
    if finding.verdict == "agrees" and "imprecise" in kinds:
        return "agrees, but not to all digits"
    if finding.verdict == "agrees" and "float32" in kinds:
        return "agrees, in float32"
    return finding.verdict


def _verdict(report: Report) -> str:
    """The whole in one or two sentences."""
    found = report.findings
    by = {
        verdict: [each for each in found if each.verdict == verdict]
        for verdict in ("agrees", "differs", "cannot run")
    }
    if not found:
        return _NOTHING
    if by["differs"]:
        first = by["differs"][0]
        return (
            f"First wrong step: {first.step.name} ({first.step.where}), your "
            f"`{first.function}`.{_FOLLOW if by['differs'][1:] else ''}"
        )
    if by["cannot run"] or not by["agrees"]:
        first = (*by["cannot run"], *found)[0]
        return f"Could not run `{first.function}`."
    return _praise(by["agrees"])


_NOTHING = "Could not run: no function has a name that attnbook knows."
_FOLLOW = " Mend it first: what is wrong after it may follow from it."


def _praise(found: Sequence[Finding]) -> str:
    """What agreement means, and what it does not."""
    shapes = sum(each.shapes for each in found)
    inputs = sum(each.cases for each in found)
    rejected = sum(each.rejected for each in found)
    known = sum(each.known for each in found)
    count = f"Your {len(found)} functions agree"
    if len(found) == 1:
        count = f"Your `{found[0].function}` agrees"
    warned = any(each.warnings for each in found)
    return (
        f"{count} with {_sections(found)} on these {shapes} shapes and "
        f"{inputs} sets of values, which reject {rejected} of {known} known "
        f"mistakes.{_MEND if warned else ''}"
    )


_MEND = " See the lines marked ! for what to mend."


def _sections(found: Sequence[Finding]) -> str:
    """The sections of the book, by their first two numbers."""
    names = dict.fromkeys(
        ".".join(each.step.section.split(".")[:2]) for each in found
    )
    return " and ".join(names)


def _wrapped(text: str, indent: str = "") -> str:
    """Text in lines of at most 78 columns."""
    return fill(
        text,
        width=78,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _plain(finding: Finding) -> Mapping[str, Any]:
    """A finding as JSON can carry it."""
    example, cause = finding.example, finding.cause
    return {
        "function": finding.function,
        "step": finding.step.name,
        "section": finding.step.section,
        "page": finding.step.page,
        "verdict": finding.verdict,
        "sentence": finding.sentence,
        "how": finding.how,
        "cases": finding.cases,
        "shapes": finding.shapes,
        "largest_error": finding.error,
        "mistakes_rejected": finding.rejected,
        "mistakes_known": finding.known,
        "rule": finding.rule,
        "cells": [[dict(c.sizes), c.agrees] for c in finding.cells],
        "example": example._asdict() if example else None,
        "cause": cause._asdict() if cause else None,
        "warnings": [warning._asdict() for warning in finding.warnings],
        "cannot_tell": finding.step.blind,
    }


def _finite(value: Any) -> Any:  # noqa: ANN401
    """The same, with NaN and infinities as strings: JSON has none."""
    if isinstance(value, Mapping):
        return {str(k): _finite(item) for k, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value
