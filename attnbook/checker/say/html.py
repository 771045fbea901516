"""Checks as HTML, for notebooks, for the site and for a whole class.

Everything that came from the reader is escaped, and no element has a style of
its own. A notebook gets the styles beside the report; they reach nothing
outside it. The site has them in its stylesheet. Colours follow the page's own
scheme, and a sign stands beside each, so that none is told by colour alone.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from attnbook._version import site as installed_site
from attnbook.checker.finding import (
    AGREES,
    CANNOT_RUN,
    DIFFERS,
    Caution,
    Checked,
    Example,
    Finding,
)
from attnbook.checker.say.grid import MARKS, Grid, grid
from attnbook.checker.say.text import shown
from attnbook.checker.say.verdict import left, short, verdict
from attnbook.checker.steps.compare import shape
from attnbook.checker.words import number, printable

SIGNS = {
    "agrees": ("✓", "good"),
    "but": ("✓", "some"),
    "differs": ("✗", "bad"),
    "cannot run": ("!", "bad"),
    "left out": ("–", "none"),
    "waits": ("…", "none"),
}
_WORDS = {AGREES: "agrees", DIFFERS: "differs", CANNOT_RUN: "cannot run"}
_CELLS = {"x": ("✗", "bad"), ".": ("✓", "good"), "o": ("±", "some")}
_NO_CELL = ("", "none")

STYLES = """\
.attnbook-report{--good:#dcefdc;--bad:#f8dcd6;--some:#f7ebc8;--none:#e7e9ec;\
--ink:#1c2126;--line:#8a929a;color:var(--ink);background:#fff;\
font:14px/1.5 system-ui,sans-serif;padding:.1em 1em;max-width:60em}
.attnbook-report h3{font-size:1em;margin:1.2em 0 .3em}
.attnbook-report p{margin:.4em 0}
.attnbook-report .scroll{overflow-x:auto}
.attnbook-report table{border-collapse:collapse;margin:.3em 0;width:auto}
.attnbook-report td,.attnbook-report th{border:1px solid var(--line);\
padding:.15em .5em;text-align:right;font-variant-numeric:tabular-nums}
.attnbook-report .plain td,.attnbook-report .plain th{border:0;\
text-align:left;vertical-align:top}
.attnbook-report .good{background:var(--good)}
.attnbook-report .bad{background:var(--bad)}
.attnbook-report .some{background:var(--some)}
.attnbook-report .none{background:var(--none)}
.attnbook-report .verdict{padding:.4em .6em}
.attnbook-report .verdict .sign{margin-right:.6em;padding-left:0}
.attnbook-report .sign{border-radius:.3em;padding:.1em .5em;font-weight:600}
.attnbook-report td.wrong{outline:3px solid #b3261e;outline-offset:-2px;\
font-weight:700}
.attnbook-report summary{cursor:pointer}
.attnbook-report details details{margin-left:1em}
@media (prefers-color-scheme:dark){.attnbook-report{DARK}}
[data-jp-theme-light="false"] .attnbook-report,\
[data-md-color-scheme="slate"] .attnbook-report{DARK}
[data-jp-theme-light="true"] .attnbook-report,\
[data-md-color-scheme="default"] .attnbook-report{LIGHT}
""".replace(
    "DARK",
    "--good:#1f4a2b;--bad:#6b2a22;--some:#5a4a16;--none:#3a4148;"
    "--ink:#eceff1;--line:#7d868e;background:#181c20",
).replace(
    "LIGHT",
    "--good:#dcefdc;--bad:#f8dcd6;--some:#f7ebc8;--none:#e7e9ec;"
    "--ink:#1c2126;--line:#8a929a;background:#fff",
)


def as_html(checked: Sequence[Checked], site: str = "") -> str:
    """The reports one below the other, with their styles.

    `site` is where the book's pages are; without it they are only named.
    """
    return f"<style>{STYLES}</style>\n{as_fragment(checked, site)}"


def as_fragment(checked: Sequence[Checked], site: str = "") -> str:
    """The same for a page that has the styles: not one is in it."""
    parts: list[str] = []
    for each in checked:
        parts += ['<div class="attnbook-report">', *_report(each, site)]
        parts.append("</div>")
    return "\n".join(parts) + "\n"


def as_notebook(checked: Sequence[Checked]) -> str:
    """The reports as a notebook shows them, with links to the pages."""
    return as_html(checked, installed_site())


def as_page(title: str, body: str) -> str:
    """A page of its own around reports."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_safe(title)}</title>\n</head>\n<body>\n{body}</body>\n"
        "</html>\n"
    )


def sign(finding: Finding) -> str:
    """The verdict with its sign and its colour."""
    said = short(finding)
    return _sign("but" if ", but" in said else finding.verdict, said)


def _sign(kind: str, said: str) -> str:
    """A sign in its colour, and what it means."""
    mark, colour = SIGNS[kind]
    return f'<span class="sign {colour}">{mark} {_safe(said)}</span>'


def _report(checked: Checked, site: str) -> Iterator[str]:
    """What was checked, the verdict, then each finding."""
    word = _WORDS[checked.status]
    yield f'<p class="verdict {SIGNS[word][1]}">{_sign(word, word)}'
    yield f"<strong>{_said(verdict(checked))}</strong></p>"
    yield from (f"<p>{_said(note)}</p>" for note in checked.notes)
    for finding in checked.findings:
        yield from _finding(finding, site)
    yield from (f"<p>{_said(each)}</p>" for each in left(checked))
    yield (
        f"<p><small>attnbook {_safe(checked.version)}, "
        f"{_safe(checked.file)}, seed {checked.seed}</small></p>"
    )


def _finding(finding: Finding, site: str) -> Iterator[str]:
    """One function: the verdict, what shows it, and the way to mend it."""
    yield from _head(finding, site)
    if finding.example is not None:
        yield from _example(finding.example)
    if finding.sentence:
        yield f"<p>{_said(finding.sentence)}</p>"
    if finding.cells:
        yield f"<p>It {_said(finding.rule)}.</p>"
        yield from _map(grid(finding.cells, finding.rule))
    for caution in finding.warnings:
        said = _caution(caution, site)
        yield f'<p><span class="sign some">!</span> {said}</p>'
    if finding.verdict == "differs":
        yield from _ladder(finding, site)


def _head(finding: Finding, site: str) -> Iterator[str]:
    """How it was called, the verdict, and as what it was taken."""
    step = finding.step
    line = f", line {finding.line}" if finding.line else ""
    name = _safe(finding.call or finding.function)
    where = _link(step.page, step.where, site)
    yield f"<h3><code>{name}</code> {sign(finding)}</h3>"
    strength = _strength(finding) if finding.verdict == "agrees" else ""
    yield f"<p>as {step.name}, {where}{line}{strength}</p>"
    if finding.notes:
        yield f"<p>{_said('; '.join(finding.notes))}</p>"


def _caution(caution: Caution, site: str) -> str:
    """What is to mend, and where it is explained."""
    said = _said(f"{caution.sentence} {caution.advice}".strip())
    if not caution.page:
        return said
    return f"{said} {_link(caution.page, 'Explained in the catalogue', site)}"


def _strength(finding: Finding) -> str:
    """What agreement rests on."""
    return (
        f"; on these {finding.shapes} shapes and {finding.cases} sets of "
        f"values, which reject {finding.rejected} of {finding.known} known "
        f"mistakes"
    )


def _ladder(finding: Finding, site: str) -> Iterator[str]:
    """Hints from the vaguest to the plainest, each opened by the reader."""
    words = finding.page.partition("#")[0] if site else finding.page
    page = f"<p>Explained on {_link(finding.page, words, site)}</p>"
    if finding.cause is None:
        yield page
        return
    cause, advice = finding.cause.sentence, finding.cause.advice
    rungs = (
        ("A hint: the likely cause", f"<p>{_said(cause)}</p>"),
        ("One thing to try", f"<p>{_said(advice)}</p>{page}"),
    )
    for title, inside in rungs:
        yield f"<details><summary>{title}</summary>{inside}"
    yield "</details>" * len(rungs)


def _link(page: str, words: str, site: str) -> str:
    """Words that lead to a page where there is a site; or only words."""
    if not site:
        return _safe(words)
    return (
        f'<a href="{_safe(site.rstrip("/"))}/{_safe(page)}">{_safe(words)}</a>'
    )


def _example(example: Example) -> Iterator[str]:
    """The smallest input as small tables, the wrong entry marked."""
    yield "<p>The smallest input that shows it:</p>"
    yield '<div class="scroll"><table class="plain">'
    for role, value in example.arguments.items():
        yield _line(role, _value(value, ""))
    yield _line("expected", _value(example.expected, ""))
    if example.got is not None:
        yield _line("got", _value(example.got, example.where))
    yield "</table></div>"


def _line(name: str, value: str) -> str:
    """One value with its name before it."""
    return f'<tr><th scope="row">{_safe(name)}</th><td>{value}</td></tr>'


def _value(value: Any, wrong: str, at: str = "") -> str:  # noqa: ANN401
    """Nested numbers as a table of their rows, anything else in words."""
    if isinstance(value, dict) and "fields" in value:
        pairs = zip(value["fields"], value["items"], strict=True)
        return "".join(f"{_safe(k)} = {_value(v, '')}" for k, v in pairs)
    lengths = shape(value)
    if not isinstance(value, list | tuple) or lengths is None:
        return _safe(shown(value))
    if len(lengths) > 2 or isinstance(value, tuple):
        return "".join(
            _value(item, wrong, f"{at}[{i}]") for i, item in enumerate(value)
        )
    if len(lengths) == 2:
        rows = [_row(row, wrong, f"{at}[{i}]") for i, row in enumerate(value)]
    else:
        rows = [_row(value, wrong, at)]
    return f"<table>{''.join(rows)}</table>"


def _row(row: Sequence[Any], wrong: str, at: str) -> str:
    """A row of numbers; the one at the wrong place has a sign, too."""
    cells = [
        f'<td class="wrong">≠ {_safe(_entry(each))}</td>'
        if wrong and f"{at}[{j}]" == wrong
        else f"<td>{_safe(_entry(each))}</td>"
        for j, each in enumerate(row)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _entry(value: Any) -> str:  # noqa: ANN401
    """A number, or what came in its place."""
    return shown(value) if isinstance(value, dict) else number(value)


def _map(found: Grid) -> Iterator[str]:
    """The dimension map, each cell with its sign."""
    corner = f"{found.down} \\ {found.across}" if found.down else found.across
    head = "".join(f'<th scope="col">{size}</th>' for size in found.columns)
    yield '<div class="scroll"><table class="map">'
    yield f'<tr><th scope="col">{_safe(corner)}</th>{head}</tr>'
    for size, marks in zip(found.rows, found.marks, strict=True):
        name = size if found.down else "result"
        cells = "".join(map(_cell, marks))
        yield f'<tr><th scope="row">{name}</th>{cells}</tr>'
    legend = ", ".join(f"{_CELLS[mark][0]} {MARKS[mark]}" for mark in MARKS)
    yield f"</table></div><p><small>{legend}</small></p>"


def _cell(mark: str) -> str:
    """One place of the map."""
    shown, colour = _CELLS.get(mark, _NO_CELL)
    return f'<td class="{colour}">{shown}</td>'


def _safe(text: str) -> str:
    """Text that is only text, whatever the reader put in it."""
    return escape(printable(text))


def _said(text: str) -> str:
    """A sentence, with what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", _safe(text))
