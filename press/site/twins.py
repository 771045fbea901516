"""A listing on lists with its twins in NumPy and in PyTorch, one tab each."""

import re
from textwrap import indent

from press.book import ROOT
from press.pages.listing import Listing, find_listing

LISTS = "attnbook."
# What stands in the place of `attnbook.` in the name of a twin.
TWINS = {"NumPy": "attnbook.arrays.", "PyTorch": "docs.data.in_torch."}

LISTING = re.compile(
    r'^```python title="[^"\n]+"\n(?:(?!```).*\n)*```\n\n'
    r"\[Reference: `\w+`\]\[(?P<symbol>[\w.]+)\]\{ \.listing-link \}\n",
    re.MULTILINE,
)


def tabbed(markdown: str) -> str:
    """A page whose listings have their twins beside them."""
    return LISTING.sub(_with_twins, markdown)


def _with_twins(match: re.Match[str]) -> str:
    """A listing as it was, or with one tab for each way to write it."""
    symbol = match["symbol"]
    twins = {name: _twin(symbol, start) for name, start in TWINS.items()}
    found = {name: twin for name, twin in twins.items() if twin}
    if not found:
        return match[0]
    tabs = {"Lists": match[0]}
    tabs |= {name: _listed(twin) for name, twin in found.items()}
    first, *more = (_tab(name, text) for name, text in tabs.items())
    return "\n".join([first.replace("===", "===!", 1), *more])


def _twin(symbol: str, start: str) -> Listing | None:
    """The twin of a listing, where there is one."""
    name = symbol.removeprefix(LISTS)
    if name == symbol or symbol.startswith(start):
        return None
    try:
        return find_listing(start + name, ROOT)
    except ValueError:
        return None


def _listed(twin: Listing) -> str:
    """A twin, with its link where the reference has it."""
    listing = f'```python title="{twin.path}"\n{twin.code}\n```\n'
    if not twin.symbol.startswith(LISTS):
        return listing
    name = twin.symbol.rpartition(".")[2]
    link = f"[Reference: `{name}`][{twin.symbol}]{{ .listing-link }}\n"
    return f"{listing}\n{link}"


def _tab(name: str, text: str) -> str:
    """One tab of a switch."""
    return f'=== "{name}"\n\n{indent(text, "    ")}'
