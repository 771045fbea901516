"""Rewrites what a page shows as the code computes it now."""

from press.pages.numbers import shown_as
from press.pages.page import Page
from press.pages.proof import bound_numbers
from press.pages.session import Run


def rewrite(page: Page, run: Run) -> str:
    """The text of a page with its outputs and bound numbers made right."""
    text = page.text
    for start, end, right in sorted(_right_numbers(page, run), reverse=True):
        text = text[:start] + right + text[end:]
    lines = text.splitlines(keepends=True)
    for example, output in reversed(
        list(zip(page.examples, run.outputs, strict=True))
    ):
        first = example.shown_line - 1
        last = first + example.shown.count("\n")
        lines[first:last] = [
            f"{example.indent}{line}".rstrip() + "\n"
            for line in output.splitlines()
        ]
    return "".join(lines)


def _right_numbers(page: Page, run: Run) -> list[tuple[int, int, str]]:
    """Where each bound number stands, and how it is rightly written."""
    return [
        (number.start, number.end, shown_as(right, number.text))
        for binding, values in zip(page.bindings, run.values, strict=True)
        if not isinstance(values, str)
        for number, right in bound_numbers(binding, values)
        if number is not None
    ]
