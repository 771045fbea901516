"""Rewrites what the pages show after a deliberate change of the code.

    python -m press.pages.outputs [PAGE ...]

Every output and every bound number is written as the code computes it now.
The difference is printed; nothing else on the page is touched.
"""

import difflib
import sys
from pathlib import Path

from press.pages.book import page_paths
from press.pages.page import Page, parse_page, read_page
from press.pages.proof import bound_numbers, proofread, shown_as
from press.pages.session import Run, run_page


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
        for binding, value in zip(page.bindings, run.values, strict=True)
        if not isinstance(value, Exception)
        for number, right in bound_numbers(binding, value)
        if number is not None
    ]


def main(arguments: list[str]) -> int:
    """Rewrite the pages named, or all, and print what changed."""
    remaining = []
    for path in [Path(name) for name in arguments] or page_paths():
        page = read_page(path)
        run = run_page(page)
        rewritten = rewrite(page, run)
        sys.stdout.writelines(
            difflib.unified_diff(
                page.text.splitlines(keepends=True),
                rewritten.splitlines(keepends=True),
                fromfile=f"{page.path} (shown)",
                tofile=f"{page.path} (computed)",
            )
        )
        path.write_text(rewritten, encoding="utf-8")
        remaining += proofread(parse_page(page.path, rewritten), run)
    for problem in remaining:
        print(problem, file=sys.stderr)
    return 1 if remaining else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
