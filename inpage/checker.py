"""Checks what a reader wrote in the page, as `attnbook check` does a file.

This module is in the site's archive. In the worker there is no child process
to guard: what does not end is ended with the worker.
"""

import json
import sys
from collections.abc import Collection, Sequence
from typing import NamedTuple

from attnbook._version import __version__
from attnbook.checker.engine import Options, Survey, defined, survey
from attnbook.checker.finding import AGREES, DIFFERS, Checked
from attnbook.checker.match.binding import Ask
from attnbook.checker.match.chosen import steps_of
from attnbook.checker.reader.program import Program
from attnbook.checker.reader.source import python_of
from attnbook.checker.say.html import as_fragment
from attnbook.checker.words import lines_of, listed, problem
from inpage.gather import completed

FILE = "mine.py"
SEED = 0  # so that a second check asks the same
_WORDS = {AGREES: "it agrees", DIFFERS: "it differs"}


class Answer(NamedTuple):
    """What the page shows of a check."""

    html: str
    """The report, which the site's stylesheet gives its looks."""
    said: str
    """The verdict in a few words."""
    agrees: bool


def check(
    text: str,
    file: str = FILE,
    site: str = "",
    earlier: Sequence[str] = (),
) -> Answer:
    """Check a file's text; the report links to the pages of the site.

    The text may call what stands in others, which were written earlier.

    Examples:
        >>> found = check("def dot(x, y): return len(x)", site="/book/")
        >>> found.said, found.agrees
        ('it differs', False)
        >>> 'href="/book/' in found.html
        True
        >>> check("dot = (").said
        'it could not be checked'
    """
    whole = completed(text, earlier)
    names = defined(text) if whole != text else ()
    checked = survey_source(whole, file, list(filter(steps_of, names)))
    said = _WORDS.get(checked.status, "it could not be checked")
    return Answer(as_fragment([checked], site), said, checked.status == AGREES)


def source_of(text: str, file: str) -> str:
    r"""The Python of a file or notebook, by its name or by its look.

    Raises:
        ValueError: If a notebook holds no cells that can be read.

    Examples:
        >>> source_of(
        ...     '{"cells": [{"cell_type": "code", "source": "x=1"}]}', ""
        ... )
        'x=1\n'
    """
    is_notebook = file.endswith(".ipynb") or _is_notebook(text)
    return python_of(text, "mine.ipynb" if is_notebook else FILE)


def survey_source(
    text: str, file: str = FILE, names: Collection[str] = ()
) -> Checked:
    """Load the source here, and check what it defines; or these alone."""
    return loaded_and_checked(Program(), text, file, names)


def loaded_and_checked(
    program: Program, text: str, file: str, names: Collection[str]
) -> Checked:
    """Check a source in this program, which has its functions afterwards."""
    base = Checked(file, file, version=__version__, seed=SEED)
    try:
        source = source_of(text, FILE)  # of a notebook it may be the code
    except ValueError as error:
        return base._replace(refused=f"{file} cannot be read: {error}.")
    loaded = program.ask({"do": "load", "path": FILE, "source": source})
    if "patched" not in loaded:
        said = problem("the file", loaded, lines_of(source))
        return base._replace(refused=said)
    found = _surveyed(program.ask, source, names)
    _forget(loaded["missing"])
    return _told(base._replace(**found._asdict()), loaded["missing"])


def _surveyed(ask: Ask, source: str, names: Collection[str]) -> Survey:
    """What a check says of these functions; of all, if none is named."""
    if not names:
        return survey(ask, source, Options(SEED))
    found = [survey(ask, source, Options(SEED, name)) for name in names]
    return Survey(tuple(each for one in found for each in one.findings))


def _told(checked: Checked, missing: Sequence[str]) -> Checked:
    """The check, and what the page lacked for it, if that mattered."""
    verdicts = {finding.verdict for finding in checked.findings}
    judged = verdicts & {"agrees", "differs"}
    if not missing or (judged and judged == verdicts):
        return checked
    sentence = (
        f"Your file needs {listed(missing)}, which this page does not have. "
        f"Check it on your own machine: `attnbook check {checked.file}`."
    )
    if judged:
        return checked._replace(notes=(*checked.notes, sentence))
    return checked._replace(findings=(), refused=sentence)


def _forget(missing: Sequence[str]) -> None:
    """Let the next file meet the truth about what is missing, too."""
    for name in list(sys.modules):
        if name.partition(".")[0] in missing:
            del sys.modules[name]


def _is_notebook(text: str) -> bool:
    """Whether a text is what a notebook's file holds."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        return "cells" in json.loads(text)
    except ValueError:
        return False
