"""What search is told: which pages lead, and what is not worth finding.

The words that readers use for a thing stand as `tags` at the head of the page
that explains it; `mkdocs.yml` says how much they weigh.
"""

import re

# How much a page counts, by where it stands. Chapters, which explain, count 1:
# they lead what looks things up, and their first page leads them.
RANKS = {
    **{f"3.{k}/arrays": 0.7 for k in range(3, 7)},
    "reference/": 0.3,
    "check/catalogue": 0.1,
    "ledger": 0.1,
    "blind-spots": 0.3,
    "questions": 0.4,
    "notation": 0.4,
    "index": 0.3,
    "backward/index": 2,
    "long/": 0.7,
}

# Formulas are marked up, and a listing repeats what its reference says.
# So do the cards what their pages say; the names of tabs say nothing.
PASSED_OVER = (
    'class="arithmatex"',
    'class="language-python highlight"',
    'class="card"',
    'class="tabbed-labels"',
)


def ranked(name: str, markdown: str) -> str:
    r"""A page with how much it counts.

    Examples:
        >>> ranked("reference/simple.md", "---\ntitle: attnbook\n---\n")
        '---\ntitle: attnbook\nsearch: {boost: 0.3}\n---\n'
        >>> ranked("3.3/index.md", "---\ntitle: 3.3\n---\n")
        '---\ntitle: 3.3\n---\n'
    """
    for place, rank in RANKS.items():
        if name.startswith(place):
            line = f"search: {{boost: {rank}}}"
            return markdown.replace("\n---\n", f"\n{line}\n---\n", 1)
    return markdown


def unsearched(html: str) -> str:
    """A page of which formulas and listings are not to be found."""
    for mark in PASSED_OVER:
        html = html.replace(mark, f"{mark} data-search-exclude")
    return html


PRE = re.compile(r"<pre.*?</pre>", re.DOTALL)
SPAN = re.compile(r"</?span[^>]*>")
FORMULA = re.compile(
    r'<span class="arithmatex"[^>]*>\\\((?P<tex>.*?)\\\)</span>', re.DOTALL
)
# How a hit shows what TeX writes; a formula of which more is left is dots.
MARK = re.compile(r"\\htmlData[{][^{}]*[}]|[{}]")
SIGNS = {r"\cdot": "·", r"\times": "×", r"\sqrt": "√", r"\,": " ", r"\;": " "}


def plain(html: str) -> str:
    r"""A page for search: its code without colours, its formulas as text.

    Examples:
        >>> plain('<pre><span class="n">x</span></pre> <span>y</span>')
        '<pre>x</pre> <span>y</span>'
        >>> formula = r'by <span class="arithmatex">\(\sqrt{d_k}\)</span>'
        >>> plain(formula), plain(formula.replace("sqrt", "ln"))
        ('by √d_k', 'by …')
    """
    html = PRE.sub(lambda code: SPAN.sub("", code[0]), html)
    return FORMULA.sub(_as_text, html)


def _as_text(formula: re.Match[str]) -> str:
    """What a formula within a sentence says, if letters can say it."""
    text = MARK.sub("", formula["tex"])
    for sign, shown in SIGNS.items():
        text = text.replace(sign, shown)
    return "…" if "\\" in text else text
