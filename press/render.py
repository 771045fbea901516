"""Turns a page into the Markdown that the site is built from.

Listings are put in place of `source` fences, pictures in place of `figure`
fences, and the bindings are taken out.
"""

from press.figures import draw
from press.listing import find_listing
from press.page import BINDING, FRONT_MATTER, Fence, Page
from press.proof import Problem
from press.session import Run


def render(page: Page, run: Run) -> tuple[str, list[Problem]]:
    """The Markdown to build from, and what could not be shown."""
    lines = page.text.splitlines()
    problems = []
    for fence in reversed(page.fences):
        if fence.tag not in {"source", "figure"}:
            continue
        try:
            shown = _replacement(fence, run)
        except ValueError as error:
            problems.append(Problem(page.path, fence.line, str(error)))
            continue
        after = fence.line + len(fence.lines) + 1
        lines[fence.line - 1 : after] = [
            f"{fence.indent}{line}".rstrip() for line in shown
        ]
    text = FRONT_MATTER.sub("", "\n".join(lines) + "\n")
    return BINDING.sub("", text), problems


def _replacement(fence: Fence, run: Run) -> list[str]:
    """The lines that stand on the site where the fence stands."""
    if fence.tag == "figure":
        return [draw(fence, run.namespace)]
    shown: list[str] = []
    for symbol in filter(None, map(str.strip, fence.lines)):
        listing = find_listing(symbol)
        name = symbol.rpartition(".")[2]
        shown += [
            f'```python title="{listing.path}"',
            *listing.code.splitlines(),
            "```",
            "",
            f"[Reference: `{name}`][{symbol}]{{ .listing-link }}",
            "",
        ]
    return shown
