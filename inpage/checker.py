"""Checks what a reader wrote in the page, as `attnbook check` does a file.

This module is in the site's archive. In the worker there is no child process
to guard: what does not end is ended with the worker.
"""

from attnbook.checker.engine import Options, survey
from attnbook.checker.finding import Checked
from attnbook.checker.reader.program import Program
from attnbook.checker.say.html import as_html
from attnbook.checker.say.text import as_text
from attnbook.checker.words import lines_of, problem

FILE = "my.py"
SEED = 0  # so that a second check asks the same


def check(source: str) -> str:
    """What the command says of a file with this source, but for its head.

    Examples:
        >>> print(check("def dot(x, y): return sum(map(max, x, y))")[:18])
        dot(x, y): differs
        >>> check("dot = (")[:27]
        'the file raises SyntaxError'
    """
    checked = survey_source(source)
    if checked.refused:
        return checked.refused + "\n"
    return as_text(checked).partition("\n\n")[2]


def check_as_html(source: str) -> str:
    """The same as a notebook shows it.

    Examples:
        >>> "✗ differs" in check_as_html("def dot(x, y): return len(x)")
        True
    """
    return as_html([survey_source(source)])


def survey_source(source: str) -> Checked:
    """Load the source here, and check what it defines."""
    program = Program()
    loaded = program.ask({"do": "load", "path": FILE, "source": source})
    base = Checked(FILE, FILE, seed=SEED)
    if "patched" not in loaded:
        said = problem("the file", loaded, lines_of(source))
        return base._replace(refused=said)
    found = survey(program.ask, source, Options(seed=SEED))
    return base._replace(**found._asdict())
