"""What is told of the numbers of a page, as a file beside it.

It is asked for when a reader asks a number, so that no page weighs more, and
search does not find it.
"""

import functools
import json
import re

from press.book import DOCS
from press.pages.origin import Origins

MODULE = re.compile(r"^::: (\S+)$", re.MULTILINE)


def place(name: str) -> str:
    """Where the file of a page lies: `numbers.json` at its address.

    Examples:
        >>> place("3.3/softmax.md"), place("3.3/index.md"), place("index.md")
        ('3.3/softmax/numbers.json', '3.3/numbers.json', 'numbers.json')
    """
    folder = name.removesuffix(".md").removesuffix("index").strip("/")
    return f"{folder}/numbers.json".lstrip("/")


def told(origins: Origins) -> str:
    """All origins of a page: expression, examples, functions with links."""
    return json.dumps(
        {
            key: [
                origin.expression,
                origin.made,
                [
                    [name.rpartition(".")[2], address(name)]
                    for name in origin.functions
                ],
            ]
            for key, origin in sorted(origins.items())
        },
        separators=(",", ":"),
    )


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
