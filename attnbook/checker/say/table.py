"""A whole class on one page: who agrees, and which mistakes are common."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import PurePath

from attnbook.checker.finding import AGREES, DIFFERS, Checked, Finding
from attnbook.checker.say.html import as_notebook, as_page
from attnbook.checker.say.text import WIDTH, wrapped
from attnbook.checker.say.verdict import message, verdict
from attnbook.checker.words import printable

_HEAD = ("file", "status", "first wrong step", "line", "cause", "verdict")


def as_table(checked: Sequence[Checked]) -> str:
    """A line for each file, then the causes by how often they occur."""
    names = _apart([_name(each) for each in checked])
    width = max(map(len, names), default=0)
    lines = [
        _cut(f"{name:{width}} {_state(each):10} {_reason(each)}")
        for name, each in zip(names, checked, strict=True)
    ]
    count = sum(each.status == AGREES for each in checked)
    lines += ["", f"{count} of {len(checked)} agree."]
    common = _causes(checked)
    if common:
        lines += ["", "The likely causes, by the number of files:"]
    lines += [wrapped(f"{n:4}  {said}", "", 6) for said, n in common]
    return printable("\n".join(lines)) + "\n"


def as_csv(checked: Sequence[Checked]) -> str:
    """The same for a spreadsheet."""
    kept = io.StringIO()
    writer = csv.writer(kept, lineterminator="\n")
    writer.writerow(_HEAD)
    for each in checked:
        writer.writerow([_unmade(cell) for cell in _cells(each)])
    return kept.getvalue()


def as_pages(checked: Sequence[Checked]) -> str:
    """The page of a class, or of a single file."""
    if len(checked) == 1:
        return as_page(f"attnbook: {checked[0].file}", as_notebook(checked))
    return as_class_page(checked)


def as_class_page(checked: Sequence[Checked]) -> str:
    """The same as one HTML page, each report folded under its file."""
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(printable(c))}</td>' for c in _cells(e))}"
        "</tr>\n"
        for e in checked
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    parts = [
        '<div class="attnbook-report">\n<table>\n',
        f"<tr>{head}</tr>\n{rows}</table>\n</div>\n",
    ]
    for each in checked:
        name = escape(_name(each))
        parts.append(f"<details><summary>{name}</summary>\n")
        parts.append(f"{as_notebook([each])}</details>\n")
    return as_page("attnbook: a class", "".join(parts))


def _apart(paths: Sequence[str]) -> list[str]:
    """The paths without the folders that all of them share.

    Examples:
        >>> _apart(["class/ada/mine.py", "class/bo/mine.py"])
        ['ada/mine.py', 'bo/mine.py']
    """
    folders = [PurePath(path).parts[:-1] for path in paths]
    shared = 0
    for names in zip(*folders, strict=False):  # to the end of the shortest
        if len({*names}) > 1:
            break
        shared += 1
    return [
        PurePath(*PurePath(path).parts[shared:]).as_posix() for path in paths
    ]


def _cut(line: str) -> str:
    """A line that fits a terminal; what is cut off is in the other forms."""
    line = line.rstrip()
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _cells(checked: Checked) -> tuple[str, ...]:
    """One file in the columns of the table."""
    wrong = _wrong(checked)
    return (
        _name(checked),
        _state(checked),
        wrong.step.name if wrong else "",
        str(wrong.line or "") if wrong else "",
        message(wrong) if wrong else "",
        verdict(checked),
    )


def _unmade(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = printable(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def _name(checked: Checked) -> str:
    """The file as it was named to us."""
    return printable(checked.path or checked.file)


def _state(checked: Checked) -> str:
    """One of three words."""
    kinds = {AGREES: "agrees", DIFFERS: "differs"}
    return kinds.get(checked.status, "cannot run")


def _reason(checked: Checked) -> str:
    """Which step is wrong first, or why there is no verdict."""
    wrong = _wrong(checked)
    if wrong is not None:
        cause = wrong.cause.name.replace("_", " ") if wrong.cause else ""
        return f"{wrong.step.name}: {cause or message(wrong)}"
    return "" if checked.status == AGREES else verdict(checked)


def _wrong(checked: Checked) -> Finding | None:
    """The first finding that differs, or that could not be run."""
    order = [
        each
        for kind in ("differs", "cannot run")
        for each in checked.findings
        if each.verdict == kind
    ]
    return order[0] if order else None


def _causes(checked: Sequence[Checked]) -> list[tuple[str, int]]:
    """Each step's likely cause with the number of files that have it."""
    return Counter(
        said for each in checked for said in set(_named(each))
    ).most_common(10)


def _named(checked: Checked) -> Iterator[str]:
    """The causes in one file, by the names of the catalogue."""
    for each in checked.findings:
        if each.cause is not None:
            yield f"{each.step.name}: {each.cause.name.replace('_', ' ')}"
