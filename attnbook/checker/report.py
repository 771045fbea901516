"""What a check hands back: of one file, of objects, or of a whole class."""

from typing import NamedTuple

from attnbook.checker.finding import AGREES, Checked, Finding, gravest
from attnbook.checker.say.forms import form


class Report(NamedTuple):
    """What was found, true where all of it agrees.

    In a notebook it shows itself; `str` gives what the command prints.

    Examples:
        >>> from attnbook import check
        >>> def softmax(scores):
        ...     return [score / sum(scores) for score in scores]
        >>> report = check(softmax)
        >>> report.ok, report.findings[0].cause.sentence
        (False, 'You divide the scores by their sum, without `exp`.')
    """

    checked: tuple[Checked, ...]
    """One for each file, one for all objects."""

    @property
    def ok(self) -> bool:
        """Whether everything agrees, the attention itself included."""
        return self.status == AGREES

    @property
    def status(self) -> int:
        """What the command exits with: 0 agrees, 1 differs, 2 could not run.

        Of several the gravest counts; nothing to check is no agreement.
        """
        return gravest(self.checked)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is said of each function, over all files."""
        return tuple(each for one in self.checked for each in one.findings)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return form("text")(self.checked)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return form("notebook")(self.checked)

    def to_json(self) -> str:
        """An object for one file, a list of objects under `files` for more."""
        return form("json")(self.checked)

    def to_junit(self) -> str:
        """JUnit's XML."""
        return form("junit")(self.checked)

    def to_sarif(self) -> str:
        """SARIF 2.1.0."""
        return form("sarif")(self.checked)
