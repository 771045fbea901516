"""Long names in tables: where they may break, when a column is narrow."""

import re

CELL = re.compile(r"<td\b[^>]*>.*?</td>", re.DOTALL)
CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")
# Behind an underscore between two words of some length, a dot or a bracket.
BREAKS = re.compile(r"(?<=[A-Za-z]{3}_)(?=[A-Za-z]{3})|(?<=\w[.(])(?=\w)")


def breakable(html: str) -> str:
    """A page whose names of code may break between their words in tables.

    Examples:
        >>> breakable("<td><code>merge_heads(W_out)</code></td>")
        '<td><code>merge_<wbr>heads(<wbr>W_out)</code></td>'
        >>> breakable("<p><code>merge_heads</code></p>")
        '<p><code>merge_heads</code></p>'
    """
    return CELL.sub(_in_cell, html)


def _in_cell(cell: re.Match[str]) -> str:
    """A cell, a place to break in each of its names of code."""
    return CODE.sub(lambda code: BREAKS.sub("<wbr>", code[0]), cell[0])
