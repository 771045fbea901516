"""Turns a page into the Markdown that the site is built from.

Listings are put in place of `source` fences, pictures in place of `figure`
fences, sessions are told apart by where they run, and the bindings are taken
out.
"""

from press.exercise import exercise_lines
from press.figures import draw
from press.pages.listing import find_listing
from press.pages.live import local_sessions
from press.pages.page import BINDING, FRONT_MATTER, Fence, Page
from press.pages.proof import Problem
from press.pages.session import Run

LOCAL = (
    "This session needs NumPy, or more of the book than the page loads. It "
    "runs on your own machine: in a copy of the book, "
    "`pip install '.[arrays]'`, then `python`."
)


def render(page: Page, run: Run) -> tuple[str, list[Problem]]:
    """The Markdown to build from, and what could not be shown."""
    lines = page.text.splitlines()
    problems, local = [], local_sessions(page)
    for fence in reversed(page.fences):
        try:
            shown = _replacement(fence, run, local)
        except ValueError as error:
            problems.append(Problem(page.path, fence.line, str(error)))
            continue
        after = fence.line + len(fence.lines) + 1
        lines[fence.line - 1 : after] = [
            f"{fence.indent}{line}".rstrip() for line in shown
        ]
    text = FRONT_MATTER.sub("", "\n".join(lines) + "\n")
    return BINDING.sub("", text), problems


def _replacement(fence: Fence, run: Run, local: list[Fence]) -> list[str]:
    """The lines that stand on the site where the fence stands."""
    if fence.tag == "pycon":
        return _session(fence, local)
    if fence.tag == "figure":
        return [draw(fence, run.namespace)]
    if fence.tag == "source":
        return _listings(fence)
    if fence.tag == "exercise":
        return exercise_lines(fence.lines)
    return [f"```{fence.tag}", *fence.lines, "```"]


def _session(fence: Fence, local: list[Fence]) -> list[str]:
    """A session by where it runs; one that is not folded away says how."""
    if fence not in local:
        return ["``` { .pycon .live }", *fence.lines, "```"]
    lines = ["``` { .pycon .local }", *fence.lines, "```"]
    if fence == min(local, key=lambda it: (it.indent, it.line)):
        lines += ["", LOCAL, "{ .live-note }", ""]
    return lines


def _listings(fence: Fence) -> list[str]:
    """The source of every symbol, each with a link to its reference."""
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
