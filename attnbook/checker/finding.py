"""Every word of a verdict: what a check can say, and of what.

`Cause, Caution, Cell, Example` make a `Finding` of one function; findings
make the `Checked` of one file or of a few objects. A `Difference` is where
two values depart from each other; `steps.compare` finds it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from attnbook.checker.steps.compare import Difference
from attnbook.checker.steps.table import PARTS, Step

__all__ = [
    "AGREES", "CANNOT_RUN", "DIFFERS", "HELPERS", "JUDGED", "Cause",
    "Caution", "Cell", "Checked", "Difference", "Example", "Finding",
    "OutOfTimeError", "gravest",
]  # fmt: skip

AGREES, DIFFERS, CANNOT_RUN = 0, 1, 2

HELPERS = {
    "dot", "softmax", "attention_scores", "attention_weights",
    "scaled_attention_weights", "dropout", "softmax_backward",
    *PARTS,
}  # fmt: skip
"""Steps that an attention is made of, and that are none themselves."""


JUDGED = {"agrees", "differs"}
"""The verdicts that judge a function."""


class OutOfTimeError(Exception):
    """The whole check has taken as long as it may."""


class Cause(NamedTuple):
    """Why a result is wrong, and one thing to try."""

    name: str
    sentence: str
    advice: str
    measured: bool
    """Rather than known by its likeness to a mistake of the catalogue."""
    page: str = ""
    """The page and anchor that explain it."""
    line: int = 0
    """Of the reader's file, where one line shows it; 0 where none does."""


class Caution(NamedTuple):
    """Something to mend that is no wrong number on ordinary scores."""

    kind: str
    sentence: str
    advice: str = ""
    page: str = ""
    """The page and anchor that explain it."""


class Cell(NamedTuple):
    """One combination of sizes, and whether it agrees."""

    sizes: Mapping[str, int]
    agrees: bool


class Example(NamedTuple):
    """The smallest input that shows a mistake."""

    arguments: Mapping[str, Any]
    expected: Any
    got: Any
    where: str = ""
    """The indices of the entry that departs most, as in `[1][0]`."""


class Finding(NamedTuple):
    """What a check says of one function."""

    function: str
    step: Step
    verdict: str
    """`agrees`, `differs`, `cannot run`, `left out`, or `waits`."""
    sentence: str = ""
    call: str = ""
    """How the function was called, as in `mine(inputs)`."""
    notes: tuple[str, ...] = ()
    """What else is to be known of how it was asked."""
    cases: int = 0
    shapes: int = 0
    error: float = 0.0
    rejected: int = 0
    known: int = 0
    cells: tuple[Cell, ...] = ()
    rule: str = ""
    example: Example | None = None
    cause: Cause | None = None
    warnings: tuple[Caution, ...] = ()
    line: int = 0
    """Of the reader's file: what raised, or where it is defined; 0 unknown."""
    dependency: str = ""
    """The function that this one waits for."""
    place: str = ""
    """The page and anchor that show its step."""

    @property
    def how(self) -> str:
        """How it was called and asked, in one line."""
        return ", ".join(filter(None, (self.call, *self.notes)))

    @property
    def page(self) -> str:
        """Where it is explained: the mistake, what to mend, or the step."""
        told = (self.cause, *self.warnings)
        pages = (each.page for each in told if each is not None)
        place = self.place or self.step.page
        return next((page for page in pages if page), place)


class Checked(NamedTuple):
    """One file, or the objects of one call: with what, and what was found."""

    file: str
    path: str = ""
    """The file as it was named to us; empty for objects."""
    digest: str = ""
    """The SHA-256 of the source."""
    version: str = ""
    seed: int = 0
    command: str = ""
    """What repeats this check."""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    """Functions that attnbook does not know by name."""
    elsewhere: tuple[str, ...] = ()
    """Known names whose functions the file did not define itself."""
    users: tuple[tuple[str, str], ...] = ()
    """What uses a checked attention and does more, each with that one."""
    outside: int = 0
    """The line of an attention outside of any function; 0 where none is."""
    not_made: tuple[str, ...] = ()
    """Names that the file defines, where that raised something."""
    refused: str = ""
    """Why nothing could be checked at all."""

    @property
    def status(self) -> int:
        """0 agrees, 1 differs, 2 could not run, or not the attention."""
        verdicts = {finding.verdict for finding in self.findings}
        if "differs" in verdicts:
            return DIFFERS
        failed = self.refused or "cannot run" in verdicts
        if failed or "agrees" not in verdicts or self.unattended:
            return CANNOT_RUN
        return AGREES

    @property
    def unattended(self) -> bool:
        """Whether an attention of the file may have gone without a check."""
        out = [f for f in self.findings if f.verdict == "left out"]
        aside = [f.step.name in HELPERS or f.step.gradient for f in out]
        if not all(aside):
            return True
        agreed = {f.step.name for f in self.findings if f.verdict == "agrees"}
        left = out or self.not_checked or self.outside
        return bool(left) and agreed <= HELPERS


def gravest(checked: Iterable[Checked]) -> int:
    """The status of several: a wrong one first, then one that could not run.

    Examples:
        >>> gravest([Checked("mine.py", refused="mine.py is empty.")])
        2
    """
    found = {each.status for each in checked}
    order = DIFFERS, CANNOT_RUN, AGREES
    return next((each for each in order if each in found), CANNOT_RUN)
