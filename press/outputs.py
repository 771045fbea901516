"""Rewrites what the pages show after a deliberate change of the code.

    python -m press.outputs [PAGE ...]

Every output and every bound number is written as the code computes it now.
The difference is printed; nothing else on the page is touched.
"""

import difflib
import sys
from pathlib import Path

from press.book import BOOK, page_paths
from press.pages.outputs import rewrite
from press.pages.page import parse_page, read_page
from press.pages.proof import Problem, proofread
from press.pages.session import run_page


def main(arguments: list[str]) -> int:
    """Rewrite the pages named, or all, and print what changed."""
    paths = [Path(name) for name in arguments] or page_paths()
    remaining = [problem for path in paths for problem in _rewrite(path)]
    for problem in remaining:
        print(problem, file=sys.stderr)
    return 1 if remaining else 0


def _rewrite(path: Path) -> list[Problem]:
    """Rewrite one page, and tell what is still wrong with it."""
    page = read_page(path, BOOK)
    run = run_page(page)
    rewritten = rewrite(page, run)
    difference = difflib.unified_diff(
        page.text.splitlines(keepends=True),
        rewritten.splitlines(keepends=True),
        fromfile=f"{page.path} (shown)",
        tofile=f"{page.path} (computed)",
    )
    sys.stdout.writelines(difference)
    path.write_text(rewritten, encoding="utf-8")
    return proofread(parse_page(page.path, rewritten, BOOK), run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
