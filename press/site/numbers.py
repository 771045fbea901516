"""What is told of the numbers of a page, as a file beside it.

It is asked for when a reader asks a number, so that no page weighs more, and
search does not find it.
"""

import functools
import json
import re

from press.book import DOCS
from press.pages.origin import Origin, Origins, key
from press.pages.session import Known, Run
from press.pages.sums import base_of

MODULE = re.compile(r"^::: (\S+)$", re.MULTILINE)


def place(name: str) -> str:
    """Where the file of a page lies: `numbers.json` at its address.

    Examples:
        >>> place("3.3/softmax.md"), place("3.3/index.md"), place("index.md")
        ('3.3/softmax/numbers.json', '3.3/numbers.json', 'numbers.json')
    """
    folder = name.removesuffix(".md").removesuffix("index").strip("/")
    return f"{folder}/numbers.json".lstrip("/")


def told(origins: Origins, run: Run) -> str:
    """All that can be told of the numbers of a page.

    `numbers` has for each its expression, examples, functions with links, and
    which entry of which base it is; `bases` has the sums of a base, and what
    the book prints; `full` has what an example rounds to print it.
    """
    numbers = {name: _told(each) for name, each in sorted(origins.items())}
    known = sorted(run.known.items())
    bases = {key(base): _known(each) for base, each in known}
    full = {f"example {i}": each for i, each in enumerate(run.full) if each}
    return json.dumps(
        {"numbers": numbers, "bases": bases, "full": full},
        separators=(",", ":"),
    )


def _told(origin: Origin) -> list[object]:
    """One number."""
    functions = [
        [name.rpartition(".")[2], address(name)] for name in origin.functions
    ]
    base, places = base_of(origin.expression)
    return [origin.expression, origin.made, functions, key(base), places]


def _known(known: Known) -> list[object]:
    """One base: its factors, each with where pictures show it."""
    if known.sums is None:
        return [None, known.agreed]
    left, right, *rest = known.sums
    return [[*map(_factor, (left, right)), *rest], known.agreed]


def _factor(expression: str) -> list[object]:
    """A factor, and which entries of which base it is."""
    base, places = base_of(expression)
    return [expression, key(base), places]


def address(symbol: str) -> str:
    """Where the reference tells of a symbol, below the root of the site.

    Nowhere, for what it does not tell of.

    Examples:
        >>> address("attnbook.simple.softmax")
        'reference/simple/#attnbook.simple.softmax'
    """
    module = symbol.rpartition(".")[0]
    page = _references().get(module, "")
    return f"reference/{page}/#{symbol}" if page else ""


@functools.cache
def _references() -> dict[str, str]:
    """The page of the reference for each module."""
    return {
        module: path.stem
        for path in sorted((DOCS / "reference").glob("*.md"))
        for module in MODULE.findall(path.read_text(encoding="utf-8"))
    }
