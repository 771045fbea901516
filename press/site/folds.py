"""Folds the lists of known mistakes: each says how many it holds."""

import re

LISTED = re.compile(
    r"(?P<heading><h3\b(?:(?!</h3>).)*</h3>\n?)(?P<terms><dl>.*?</dl>)",
    re.DOTALL,
)


def folded(html: str) -> str:
    """A page whose lists right below a third-level heading are folded.

    A link to an entry opens its list: browsers do, without a script.

    Examples:
        >>> page = folded("<h3>dot</h3><dl><dt>a</dt><dt>b</dt></dl>")
        >>> "<summary>2 known mistakes</summary><dl>" in page
        True
    """
    return LISTED.sub(_folded, html)


def _folded(match: re.Match[str]) -> str:
    """A heading, and below it a fold around its list."""
    terms = match["terms"]
    count = terms.count("</dt>")
    says = f"{count} known mistake{'s' if count > 1 else ''}"
    return (
        f'{match["heading"]}<details class="abstract">'
        f"<summary>{says}</summary>{terms}</details>"
    )
