"""A reader's source, checked without a child process."""

from textwrap import dedent

from attnbook.checker.engine import Options, findings
from attnbook.checker.finding import Finding
from attnbook.checker.reader.program import Program

SEED = 20_240


def check(source: str, options: Options | None = None) -> list[Finding]:
    """Load the source here and check it."""
    source = dedent(source)
    program = Program()
    loaded = program.ask({"do": "load", "path": "mine.py", "source": source})
    assert "patched" in loaded, loaded
    return findings(program.ask, source, options or Options(seed=SEED))


def only(found: list[Finding]) -> Finding:
    """The one finding that there is."""
    (finding,) = found
    return finding
