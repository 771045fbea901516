"""Checks what a reader wrote in the page, as `attnbook check` does a file.

This module is in the site's archive. In the worker there is no child process
to guard: what does not end is ended with the worker.
"""

from attnbook.checker.engine import Options, findings
from attnbook.checker.reader.program import Program
from attnbook.checker.say.text import Report, as_text
from attnbook.checker.say.words import problem

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
    program = Program()
    loaded = program.ask({"do": "load", "path": FILE, "source": source})
    if "patched" not in loaded:
        return problem("the file", loaded, source.splitlines()) + "\n"
    found = findings(program.ask, source, Options(seed=SEED))
    report = Report(FILE, "", "", SEED, "", tuple(found))
    return as_text(report).partition("\n\n")[2]
