"""Long names in tables: where they may break, when a column is narrow."""

import re

CELL = re.compile(r"<td\b[^>]*>.*?</td>", re.DOTALL)
CODE = re.compile(r"(?P<link><a\b[^>]*>)?<code>(?P<name>[^<]+)(?=</code>)")
# Behind an underscore between two words of some length, a dot or a bracket.
BREAKS = re.compile(r"(?<=[A-Za-z]{3}_)(?=[A-Za-z]{3})|(?<=\w[.(])(?=\w)")


def breakable(html: str) -> str:
    """A page whose names of code may break between their words in tables.

    One that is a link stays whole: it is what the row is found by.

    Examples:
        >>> breakable("<td><code>merge_heads(W_out)</code></td>")
        '<td><code>merge_<wbr>heads(<wbr>W_out)</code></td>'
        >>> breakable("<p><code>merge_heads</code></p>")
        '<p><code>merge_heads</code></p>'
        >>> breakable("<td><a><code>attnbook.simple</code></a></td>")
        '<td><a><code>attnbook.simple</code></a></td>'
    """
    return CELL.sub(_in_cell, html)


def _in_cell(cell: re.Match[str]) -> str:
    """A cell, a place to break in each of its names of code."""
    return CODE.sub(_broken, cell[0])


def _broken(code: re.Match[str]) -> str:
    """A name of code with its places to break, unless it is a link."""
    name = code["name"]
    return code[0] if code["link"] else f"<code>{BREAKS.sub('<wbr>', name)}"
