"""This book, for the press: where its pages are, and what is its own."""

import sys
from pathlib import Path

from press.forms import FORMS
from press.pages.book import Book, Kind

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CACHE = ROOT / ".cache"

BOOK = Book(
    root=ROOT,
    package="attnbook",
    forms=FORMS,
    written={"docs/check/catalogue.md": "press.catalogue:with_entries"},
    agreed="press.ledger:in_the_book",
    known="press.known",
    kinds={
        "figure": Kind(
            "press.figures.draw:figure_lines",
            prose=("alt", "caption", "title", "titles"),
        ),
        "exercise": Kind("press.exercise:exercise_lines"),
        "attempt": Kind("press.exercise:attempt_lines"),
        "exercises": Kind("press.course:table_lines"),
        "training": Kind("press.course:training_lines"),
        "sheets": Kind("press.course:sheet_lines"),
        "solutions": Kind("press.course:solution_lines"),
        "recap": Kind("press.recap:card_lines"),
        "recipe": Kind("press.course:recipe_lines"),
    },
    present=frozenset({"attnbook", *sys.stdlib_module_names}),
    # what is ours, but needs NumPy or a child process
    absent=(
        *("attnbook.arrays", "attnbook.__main__"),
        *("attnbook.checker.command", "attnbook.checker.reader.process"),
    ),
    local=(
        "This session needs NumPy, or more of the book than the page loads. "
        "It runs on your own machine: in a copy of the book, "
        "`pip install '.[arrays]'`, then `python`."
    ),
)


def page_paths() -> list[Path]:
    """Every page, and the README, which keeps the same promises."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
