"""Checks as JUnit's XML, which test servers and course platforms read."""

from collections.abc import Iterator, Sequence
from html import escape  # XML's five characters, without all of urllib

from attnbook.checker.finding import Checked, Finding
from attnbook.checker.say.text import told
from attnbook.checker.say.verdict import message, verdict
from attnbook.checker.words import printable

_ELEMENTS = {
    "differs": "failure", "cannot run": "error", "left out": "skipped",
    "waits": "skipped",
}  # fmt: skip


def as_junit(checked: Sequence[Checked]) -> str:
    """A suite for each file, a case for each finding."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<testsuites>"]
    for each in checked:
        lines += _suite(each)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(checked: Checked) -> Iterator[str]:
    """One file; what kept it from a check, or left the attention out."""
    cases = [line for each in checked.findings for line in _case(each)]
    kinds = [_ELEMENTS.get(each.verdict, "") for each in checked.findings]
    unsound = checked.status == 2 and "error" not in kinds
    if unsound:
        cases += _closed("the attention itself", "error", verdict(checked))
    counts = (
        f'tests="{len(kinds) + unsound}" failures="{kinds.count("failure")}" '
        f'errors="{kinds.count("error") + unsound}" '
        f'skipped="{kinds.count("skipped")}"'
    )
    name = _attribute(checked.path or checked.file)
    yield f"  <testsuite name={name} {counts}>"
    yield from cases
    yield "  </testsuite>"


def _case(finding: Finding) -> Iterator[str]:
    """One finding; what agrees is a case that holds nothing."""
    name = f"{finding.function} as {finding.step.name}"
    kind = _ELEMENTS.get(finding.verdict, "")
    if not kind:
        yield f"    <testcase name={_attribute(name)}/>"
        return
    yield from _closed(name, kind, message(finding), "\n".join(told(finding)))


def _closed(
    name: str, kind: str, said: str, details: str = ""
) -> Iterator[str]:
    """A case with the reason why it did not pass."""
    yield f"    <testcase name={_attribute(name)}>"
    yield (
        f"      <{kind} message={_attribute(said)}>"
        f"{escape(printable(details))}</{kind}>"
    )
    yield "    </testcase>"


def _attribute(text: str) -> str:
    """Text as the value of an attribute, in its quotes."""
    return f'"{escape(printable(text))}"'
