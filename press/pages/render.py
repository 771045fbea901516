"""Turns a page into the plain Markdown that any generator can build from.

Listings are put in place of `source` fences, what the run shows in place of
the book's own, sessions are told apart by where they run, bound numbers are
marked, so that their origin can be asked, and the bindings are taken out.
"""

from collections.abc import Callable
from pathlib import Path

from press.pages.asked import mark
from press.pages.fences import Fence
from press.pages.listing import find_listing
from press.pages.live import local_sessions
from press.pages.page import COMMENT, Page
from press.pages.proof import Problem
from press.pages.session import Run


def render(page: Page, run: Run) -> tuple[str, list[Problem]]:
    """The Markdown to build from, and the listings that were not found."""
    lines = mark(page.text, page.bindings, run.values).splitlines()
    problems, replacement = list[Problem](), _replacement(page, run)
    for fence in reversed(page.fences):
        try:
            shown = replacement(fence)
        except ValueError as error:
            problems.append(Problem(page.path, fence.line, str(error)))
            continue
        after = fence.line + len(fence.lines) + 1
        lines[fence.line - 1 : after] = [
            f"{fence.indent}{line}".rstrip() for line in shown
        ]
    return COMMENT.sub("", "\n".join(lines) + "\n"), problems


def _replacement(page: Page, run: Run) -> Callable[[Fence], list[str]]:
    """What stands on the site where a fence of the page stands."""
    own = dict(zip(page.own_fences, run.shown, strict=True))
    local = local_sessions(page)

    def replacement(fence: Fence) -> list[str]:
        if fence in own:
            return own[fence].lines
        if fence.tag == "pycon":
            return _session(fence, local, page.book.local)
        if fence.tag == "source":
            return _listings(fence, page.book.root)
        return [f"```{fence.tag}", *fence.lines, "```"]

    return replacement


def _session(fence: Fence, local: list[Fence], note: str) -> list[str]:
    """A session by where it runs; one that is not folded away says how."""
    if fence not in local:
        return ["``` { .pycon .live }", *fence.lines, "```"]
    lines = ["``` { .pycon .local }", *fence.lines, "```"]
    if fence == min(local, key=lambda it: (it.indent, it.line)):
        lines += ["", note, "{ .live-note }", ""]
    return lines


def _listings(fence: Fence, root: Path) -> list[str]:
    """The source of every symbol, each with a link to its reference."""
    shown: list[str] = []
    for symbol in filter(None, map(str.strip, fence.lines)):
        listing = find_listing(symbol, root)
        name = symbol.rpartition(".")[2]
        shown += [
            f'```python title="{listing.path}"',
            *listing.code.splitlines(),
            "```",
            "",
        ]
        if not name.startswith("_"):  # the reference shows public names
            link = f"[Reference: `{name}`][{symbol}]{{ .listing-link }}"
            shown += [link, ""]
    return shown
