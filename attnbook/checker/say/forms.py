"""The forms of a report by name, each imported when it is wanted."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeAlias

from attnbook.checker.finding import Checked

Form: TypeAlias = Callable[[Sequence[Checked]], str]

FORMS = {
    "text": ("text", "as_texts"),
    "concise": ("machine", "as_concise"),
    "json": ("machine", "as_json"),
    "junit": ("junit", "as_junit"),
    "sarif": ("machine", "as_sarif"),
    "github": ("machine", "as_github"),
    "csv": ("table", "as_csv"),
    "html": ("table", "as_pages"),
    "notebook": ("html", "as_notebook"),
    "receipt": ("receipt", "as_receipts"),
    "table": ("table", "as_table"),
}


def form(name: str) -> Form:
    r"""What makes a text of checks.

    Examples:
        >>> form("concise")([Checked("a.py", refused="a.py is empty.")])
        'a.py:1:1: cannot run: a.py is empty.\n'
    """
    module, function = FORMS[name]
    found: Form = getattr(
        import_module(f"attnbook.checker.say.{module}"), function
    )
    return found
