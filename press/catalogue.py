"""Writes the catalogue of wrong attentions into its page.

    python -m press.catalogue

Below each heading that is the name of a step stand its known mistakes: the
sentence that explains each, and the inputs that show and hide it. Below the
headings of what is wrong beside the stages stand those, with a line of code.
"""

import re
from functools import cache

from attnbook.checker.mistakes import (
    KINDS,
    Mistake,
    Written,
    chapter,
    of_step,
)
from attnbook.checker.mistakes.situations import ORDINARY, hidden_by, shown_by
from attnbook.checker.steps.table import step_named
from press.book import DOCS

PAGE = DOCS / "check" / "catalogue.md"
STEP = re.compile(r"^### `(?P<step>\w+)`\n(?:(?!#).*\n)*", re.MULTILINE)
KIND = re.compile(
    rf"^### (?P<kind>{'|'.join(KINDS)})\n(?:(?!#).*\n)*", re.MULTILINE
)

_FROM_SMALL = ("all sizes 1", "all sizes 2", ORDINARY)


def with_entries(text: str) -> str:
    """The text of the page with the entries of every step that it names."""
    return KIND.sub(_written, STEP.sub(_filled, text))


def _written(match: re.Match[str]) -> str:
    """A heading of what is wrong beside the stages, and all below it."""
    entries = map(_line, KINDS[match["kind"]])
    return "\n".join((f"### {match['kind']}\n", *entries, ""))


def _line(entry: Written) -> str:
    """One of them: its sentence, and the line right and wrong."""
    return (
        f"`{entry.name}` {{ #{entry.anchor} }}\n"
        f":   {entry.sentence} [What is right]({_link(entry.page)})\n"
        f":   Write `{entry.right}`, not `{entry.wrong}`.\n"
    )


def _filled(match: re.Match[str]) -> str:
    """The heading of a step, and all its entries below."""
    return _below(match["step"])


@cache
def _below(name: str) -> str:
    """The same, for the name of a step."""
    step = step_named(name)
    heading = f"### `{step.name}`\n"
    return "\n".join((heading, *map(_entry, of_step(step)), ""))


def _entry(mistake: Mistake) -> str:
    """One mistake, as a term and its definition."""
    shown, hidden = shown_by(mistake), hidden_by(mistake)
    inputs = f"Shown by {next(name for name in _FROM_SMALL if name in shown)}"
    if hidden:
        inputs += f"; hidden by {', '.join(hidden)}"
    return (
        f"`{mistake.name}` {{ #{mistake.anchor} }}\n"
        f":   {mistake.sentence} [What is right]({_link(chapter(mistake))})\n"
        f":   {inputs}.\n"
    )


def _link(place: str) -> str:
    """A part of a chapter, as a link from this page."""
    page, _, anchor = place.partition("#")
    stem = page.rstrip("/")
    index = (DOCS / stem).is_dir()
    return f"../{stem}{'/index' if index else ''}.md#{anchor}"


def main() -> None:
    """Bring the page up to date."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_entries(text), encoding="utf-8")


if __name__ == "__main__":
    main()
