"""Names and numbers in prose: where they may break, and where not."""

import re
from html import unescape

CELL = re.compile(r"<t(?P<kind>[dh])\b[^>]*>.*?</t(?P=kind)>", re.DOTALL)
CODE = re.compile(r"(?P<link><a\b[^>]*>)?<code>(?P<name>[^<]+)(?=</code>)")
# Behind an underscore between two words of some length, a dot or a bracket.
BREAKS = re.compile(r"(?<=[A-Za-z]{3}_)(?=[A-Za-z]{3})|(?<=\w[.(])(?=\w)")
LONG_WORD = 14  # characters: a shorter one does not break
# Of several words a long one may break at what it is called with, if at all.
CALLED = re.compile(r"(?<=\w[(])(?=\w{4})")

HEADING = re.compile(
    r'(?P<tag><span class="doc doc-object-name [^>]*>)(?P<name>[\w.]+)'
)
# Behind a dot or an underscore, and before a capital.
WORDS = re.compile(r"(?<=[a-z][._])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")

# A cell of so few words or letters that it keeps them in one line.
SHORT = re.compile(r"<td(?=(?: (?!class)[^>]*)?>[^<]{1,17}</td>)")
SHORT_CODE = 20  # characters

# A tuple of names and numbers, as shapes are, with the name that it is of; not
# what a function is called with. An option of one word.
SHAPE = re.compile(
    r"(?P<named>\b\w+ )?(?<!\w)\((?:[\w.*/+ -]+, ?)+(?:[\w.*/+ -]+)?\)"
    r"|(?<!\S)--\w+(?![\w-])"
)
LONGEST = 26  # characters: on a phone, half of a line

# The number of a section stays with its word, a quantity with its unit, and
# two numbers of a shape with each other. What is no prose stays as it is.
APART = re.compile(
    r"(?P<code><(?P<tag>pre|code|script|math)\b.*?</(?P=tag)>)"
    r"|(?<=\b[Ss]ection) (?=\d[^<>]*<)"
    r"|(?<=[\d>]) (?=[kMG]i?B\b[^<>]*<)"
    r"|(?P<first>\((?:<data[^>]*>)?\w{1,2}(?:</data>)?,)"
    r" (?=(?:<data[^>]*>)?\w{1,2}(?:</data>)?\))",
    re.DOTALL,
)


def breakable(html: str) -> str:
    """A page whose names of code may break between their words, if at all.

    They may in tables and headings; one that is a link stays whole there: it
    is what the row is found by. A shape stays whole anywhere, and what is
    short does in a table that has room. A section keeps its number.

    Examples:
        >>> breakable("<td><code>merge_heads(W_out)</code></td>")
        '<td><code class="short">merge_<wbr>heads(<wbr>W_out)</code></td>'
        >>> breakable("<td><code>(n, d)</code></td>")
        '<td><code class="short"><span class="whole">(n, d)</span></code></td>'
        >>> breakable("<td>after section 3.6</td>")
        '<td class="short">after section&nbsp;3.6</td>'
        >>> breakable("<p><code>merge_heads</code></p>")
        '<p><code>merge_heads</code></p>'
        >>> breakable("<td><a><code>attnbook.simple</code></a></td>")
        '<td><a><code>attnbook.simple</code></a></td>'
        >>> breakable("<p><code>x (n, d)</code></p>")
        '<p><code class="whole">x (n, d)</code></p>'
        >>> breakable("<p><code>inputs (n, d) -> scores (n,)</code></p>")[:53]
        '<p><code><span class="whole">inputs (n, d)</span> -> '
        >>> breakable("<td><code>causal_attention(scores, 6)</code></td>")
        '<td><code>causal_attention(<wbr>scores, 6)</code></td>'
        >>> breakable("<p>a (3, 2) of section 3.6 and (i, j)</p>")
        '<p>a (3,&nbsp;2) of section&nbsp;3.6 and (i,&nbsp;j)</p>'
        >>> breakable("<p>a (<data>3</data>, <data>2</data>)</p>")
        '<p>a (<data>3</data>,&nbsp;<data>2</data>)</p>'
    """
    html = HEADING.sub(_between_words, CELL.sub(_in_cell, html))
    return APART.sub(_together, CODE.sub(_whole, html))


def _together(found: re.Match[str]) -> str:
    """Code as it is, or a space at which no line ends."""
    return found["code"] or (found["first"] or "") + "&nbsp;"


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
    name = _with_breaks(code["name"])
    if len(code["name"]) > SHORT_CODE:
        return f"<code>{name}"
    return f'<code class="short">{SHAPE.sub(_kept, name)}'


def _with_breaks(name: str) -> str:
    """A name with places to break in those of its words that are long."""
    words = name.split(" ")
    breaks = BREAKS if len(words) == 1 else CALLED
    return " ".join(
        breaks.sub("<wbr>", word) if len(word) > LONG_WORD else word
        for word in words
    )


def _whole(code: re.Match[str]) -> str:
    """Code that does not break if it is short, or else its shapes do not."""
    name, link = code["name"], code["link"] or ""
    if " " in name and len(unescape(name)) <= LONGEST:
        return f'{link}<code class="whole">{name}'
    return f"{link}<code>{SHAPE.sub(_kept, name)}"


def _kept(shape: re.Match[str]) -> str:
    """A shape in one piece with its name, or without, unless it is long."""
    before, whole = "", shape[0]
    if len(whole) > LONGEST and shape["named"]:
        before, whole = shape["named"], whole.removeprefix(shape["named"])
    if len(whole) > LONGEST:
        return before + whole
    return f'{before}<span class="whole">{whole}</span>'
