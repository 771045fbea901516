"""A check in Markdown, for the reader's own notes."""

from collections.abc import Iterator, Sequence

from attnbook.checker.finding import Checked, Finding
from attnbook.checker.say.text import error, told
from attnbook.checker.say.verdict import left, short, verdict
from attnbook.checker.words import printable


def as_receipts(checked: Sequence[Checked]) -> str:
    """Several receipts, one below the other."""
    return "\n".join(map(as_receipt, checked))


def as_receipt(checked: Checked) -> str:
    """What was checked, with what, and what came of it."""
    lines = [
        f"# Receipt: {checked.file}",
        "",
        verdict(checked),
        "",
        "| function | step | verdict | shapes | largest error | rejects |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(finding) for finding in checked.findings),
        "",
        *_details(checked),
        f"- Checked by attnbook {checked.version}, seed {checked.seed}",
        f"- SHA-256 of the source: `{checked.digest}`",
        f"- To repeat: `{checked.command}`",
    ]
    return printable("\n".join(lines)) + "\n"


def _details(checked: Checked) -> Iterator[str]:
    """What there is to say of each finding, and of what was left alone."""
    for each in checked.findings:
        if each.verdict != "agrees" or each.warnings:
            yield "\n".join(["```text", *told(each), "```", ""])
    for sentence in left(checked):
        yield from (sentence, "")


def _row(finding: Finding) -> str:
    """One line of the receipt's table."""
    step = finding.step
    cells = [
        f"`{finding.function}`",
        f"{step.name} ({step.section})",
        short(finding),
        str(finding.shapes or ""),
        error(finding),
        f"{finding.rejected} of {finding.known}" if finding.known else "",
    ]
    return f"| {' | '.join(cells)} |"
