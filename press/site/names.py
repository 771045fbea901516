"""Names of code in prose: where they may break, and where they may not."""

import re

CELL = re.compile(r"<t(?P<kind>[dh])\b[^>]*>.*?</t(?P=kind)>", re.DOTALL)
CODE = re.compile(r"(?P<link><a\b[^>]*>)?<code>(?P<name>[^<]+)(?=</code>)")
# Behind an underscore between two words of some length, a dot or a bracket.
BREAKS = re.compile(r"(?<=[A-Za-z]{3}_)(?=[A-Za-z]{3})|(?<=\w[.(])(?=\w)")

HEADING = re.compile(
    r'(?P<tag><span class="doc doc-object-name [^>]*>)(?P<name>[\w.]+)'
)
# Behind a dot or an underscore, and before a capital.
WORDS = re.compile(r"(?<=[a-z][._])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")

# A cell of so few words or letters that it keeps them in one line.
SHORT = re.compile(r"<td(?=(?: (?!class)[^>]*)?>[^<]{1,17}</td>)")
SHORT_CODE = 20  # characters

# A tuple of names and numbers, as shapes are; none that follows a name.
SHAPE = re.compile(r"(?<!\w)\((?:[\w.*/+ -]+, ?)+(?:[\w.*/+ -]+)?\)")
LONGEST = 26  # characters: on a phone, half of a line


def breakable(html: str) -> str:
    """A page whose names of code may break between their words, if at all.

    They may in tables and headings; one that is a link stays whole there: it
    is what the row is found by. A shape stays whole anywhere, and what is
    short does in a table that has room.

    Examples:
        >>> breakable("<td><code>merge_heads(W_out)</code></td>")
        '<td><code class="short">merge_<wbr>heads(<wbr>W_out)</code></td>'
        >>> breakable("<td><code>(n, d)</code></td>")
        '<td><code class="short"><span class="whole">(n, d)</span></code></td>'
        >>> breakable("<td>after section 3.6</td>")
        '<td class="short">after section 3.6</td>'
        >>> breakable("<p><code>merge_heads</code></p>")
        '<p><code>merge_heads</code></p>'
        >>> breakable("<td><a><code>attnbook.simple</code></a></td>")
        '<td><a><code>attnbook.simple</code></a></td>'
        >>> breakable("<p><code>x (n, d)</code></p>")
        '<p><code>x <span class="whole">(n, d)</span></code></p>'
    """
    html = HEADING.sub(_between_words, CELL.sub(_in_cell, html))
    return CODE.sub(_whole, html)


def _between_words(name: re.Match[str]) -> str:
    """The name in a heading, with its places to break."""
    return name["tag"] + WORDS.sub("<wbr>", name["name"])


def _in_cell(cell: re.Match[str]) -> str:
    """A cell, a place to break in each of its names of code."""
    return SHORT.sub('<td class="short"', CODE.sub(_broken, cell[0]))


def _broken(code: re.Match[str]) -> str:
    """A name of code with its places to break, unless it is a link."""
    if code["link"]:
        return code[0]
    name = BREAKS.sub("<wbr>", code["name"])
    if len(code["name"]) > SHORT_CODE:
        return f"<code>{name}"
    return f'<code class="short">{SHAPE.sub(_kept, name)}'


def _whole(code: re.Match[str]) -> str:
    """Code whose shapes do not break."""
    return (code["link"] or "") + "<code>" + SHAPE.sub(_kept, code["name"])


def _kept(shape: re.Match[str]) -> str:
    """A shape in one piece, unless it is long."""
    is_long = len(shape[0]) > LONGEST
    return shape[0] if is_long else f'<span class="whole">{shape[0]}</span>'
