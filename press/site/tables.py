"""Wide tables: on a phone each row is a card, whose lines have names."""

import re

TABLE = re.compile(
    r'(?<=<div class=")[^"]*\bcards">\s*<table>.*?</table>', re.DOTALL
)
HEAD = re.compile(r"<th\b[^>]*>(?P<name>.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)


def carded(html: str) -> str:
    """A page whose wide tables say in every cell what column it is in.

    Examples:
        >>> table = "<table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
        >>> '<td data-head="A">1' in carded(f'<div class="cards">{table}')
        True
    """
    return TABLE.sub(_headed, html)


def _headed(table: re.Match[str]) -> str:
    """A table whose cells bear the names of their columns."""
    heads = [each["name"] for each in HEAD.finditer(table[0])]

    def named(row: re.Match[str]) -> str:
        names = iter(heads)
        return re.sub(
            "<td", lambda _: f'<td data-head="{next(names)}"', row[0]
        )

    return ROW.sub(named, table[0])
