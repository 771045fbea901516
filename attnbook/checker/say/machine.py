"""Checks for other programs: JSON, SARIF, GitHub's commands, one line each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from attnbook.checker.finding import Checked, Finding, gravest
from attnbook.checker.say.verdict import message, verdict
from attnbook.checker.words import printable

SCHEMA = 1
"""The number of the JSON's form; it grows when a key changes its meaning."""

_SARIF = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)
_LEVELS = {
    "agrees": "none", "differs": "error", "cannot run": "error",
    "left out": "warning", "waits": "note",
}  # fmt: skip
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def as_json(checked: Sequence[Checked]) -> str:
    """One check as an object of its own, several under `files`."""
    found = [_of_file(each) for each in checked]
    several = {"schema": SCHEMA, "status": gravest(checked), "files": found}
    whole = found[0] if len(found) == 1 else several
    return json.dumps(_finite(whole), indent=2, allow_nan=False) + "\n"


def as_sarif(checked: Sequence[Checked]) -> str:
    """What is wrong as SARIF 2.1.0, which editors and code hosts show."""
    results = [
        _result(each, finding)
        for each in checked
        for finding in each.findings
        if _LEVELS[finding.verdict] != "none"
    ]
    results += [_refusal(each) for each in checked if each.refused]
    version = checked[0].version if checked else ""
    tool = {"driver": _driver(version, results)}
    runs = [{"tool": tool, "results": results}]
    whole = {"$schema": _SARIF, "version": "2.1.0", "runs": runs}
    return json.dumps(whole, indent=2) + "\n"


def _driver(
    version: str, results: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What found the results, with a rule for each kind of them."""
    rules = sorted({str(result["ruleId"]) for result in results})
    names = [{"id": rule} for rule in rules]
    return {"name": "attnbook", "version": version, "rules": names}


def as_concise(checked: Sequence[Checked]) -> str:
    """A line for each finding, as editors and linters have it."""
    return "".join(f"{line}\n" for each in checked for line in _concise(each))


def as_github(checked: Sequence[Checked]) -> str:
    """What is wrong as commands that mark lines in a pull request."""
    return "".join(
        f"{line}\n" for each in checked for line in _annotations(each)
    )


def _of_file(checked: Checked) -> dict[str, Any]:
    """One check as JSON can carry it."""
    return {
        "schema": SCHEMA,
        "version": checked.version,
        "file": checked.file,
        "sha256": checked.digest,
        "seed": checked.seed,
        "command": checked.command,
        "status": checked.status,
        "verdict": verdict(checked),
        "notes": list(checked.notes),
        "not_checked": list(checked.not_checked),
        "users": [[name, part] for name, part in checked.users],
        "findings": [_plain(finding) for finding in checked.findings],
    }


def _plain(finding: Finding) -> Mapping[str, Any]:
    """A finding as JSON can carry it."""
    example, cause = finding.example, finding.cause
    waits = {"dependency": finding.dependency} if finding.dependency else {}
    return {
        "function": finding.function,
        "line": finding.line or None,
        "step": finding.step.name,
        "section": finding.step.section,
        "page": finding.page,
        "verdict": finding.verdict,
        "sentence": finding.sentence,
        "how": finding.how,
        "call": finding.call,
        "notes": list(finding.notes),
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
    } | waits


def _finite(value: Any) -> Any:  # noqa: ANN401
    """The same, with NaN and infinities as strings: JSON has none."""
    if isinstance(value, Mapping):
        return {str(k): _finite(item) for k, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


def _result(checked: Checked, finding: Finding) -> dict[str, Any]:
    """A finding as a result of SARIF."""
    rule = finding.cause.name if finding.cause else finding.verdict
    text = f"{finding.function}, {finding.step.name}: {message(finding)}"
    return {
        "ruleId": rule.replace(" ", "_"),
        "level": _LEVELS[finding.verdict],
        "message": {"text": printable(text)},
        "locations": [_location(checked, finding.line)],
    }


def _refusal(checked: Checked) -> dict[str, Any]:
    """A file that could not be checked as a result of SARIF."""
    return {
        "ruleId": "cannot_run",
        "level": "error",
        "message": {"text": printable(checked.refused)},
        "locations": [_location(checked, 0)],
    }


def _location(checked: Checked, line: int) -> dict[str, Any]:
    """A place in the reader's file; a file without a line is one, too."""
    from_root = (checked.path or checked.file).replace("\\", "/")
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(from_root)}}
    if line:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}


def _uri(path: str) -> str:
    """A path as a reference that a URI may hold."""
    safe = "/._-~"
    return "".join(
        c if (c.isalnum() and c.isascii()) or c in safe
        else "".join(f"%{byte:02X}" for byte in c.encode(errors="replace"))
        for c in path
    )  # fmt: skip


def _concise(checked: Checked) -> Iterator[str]:
    """`mine.py:12:1: differs: softmax: You divide ...`."""
    name = checked.path or checked.file
    if checked.refused or not checked.findings:
        yield _line(f"{name}:1:1: cannot run: {verdict(checked)}")
    for each in checked.findings:
        at = f"{name}:{each.line or 1}:1"
        what = f"{each.verdict}: {each.step.name}: {message(each)}"
        yield _line(f"{at}: {what}")


def _annotations(checked: Checked) -> Iterator[str]:
    """`::error file=mine.py,line=12::softmax: You divide ...`."""
    file = _property(checked.path or checked.file)
    if checked.refused or not checked.findings:
        yield f"::error file={file}::{_data(verdict(checked))}"
    for each in checked.findings:
        level = _LEVELS[each.verdict]
        if level != "none":
            place = f"file={file}" + (f",line={each.line}" * bool(each.line))
            said = f"{each.verdict}: {each.step.name}: {message(each)}"
            yield f"::{_COMMANDS[level]} {place}::{_data(said)}"


def _line(text: str) -> str:
    """Text that stays on one line."""
    return printable(" ".join(text.split("\n")))


def _data(text: str) -> str:
    """Text as GitHub's commands take it."""
    return _line(text).replace("%", "%25")


def _property(text: str) -> str:
    """A property of such a command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
