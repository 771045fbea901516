"""A reader's source or function, checked without a child process."""

import json
from collections.abc import Callable
from textwrap import dedent
from typing import Any

from attnbook.checker.engine import Options, findings
from attnbook.checker.finding import Finding
from attnbook.checker.match.asked import Asked
from attnbook.checker.match.described import Binding
from attnbook.checker.match.names import Arrangement
from attnbook.checker.reader.credible import credible
from attnbook.checker.reader.program import Program, Reply, Request
from attnbook.checker.steps.table import step_named

SEED = 20_240


def check(source: str, options: Options | None = None) -> list[Finding]:
    """Load the source here and check it."""
    source = dedent(source)
    program = Program()

    def ask(request: Request) -> Reply:
        reply = program.ask(request)
        assert credible(json.loads(json.dumps(reply)), request["do"]), reply
        return reply

    loaded = ask({"do": "load", "path": "mine.py", "source": source})
    assert "patched" in loaded, loaded
    return findings(ask, source, options or Options(seed=SEED))


def only(found: list[Finding]) -> Finding:
    """The one finding that there is."""
    (finding,) = found
    return finding


def asked_by(
    answer: Callable[..., Any],
    step: str,
    form: int = 0,
    **binding: Any,
) -> Asked:
    """A function as if it had been found in a reader's file."""

    def ask(request: Request) -> Reply:
        given = (*request["args"], *request["kwargs"].values())
        return {"value": answer(*given), "several": False, "printed": False}

    wanted = step_named(step)
    found = wanted.forms[form]
    bound = Binding("mine", wanted, found, Arrangement(found.roles))
    return Asked(ask, bound._replace(**binding))
