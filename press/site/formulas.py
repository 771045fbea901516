"""Formulas, set by KaTeX while the site is built.

The Markdown extension arithmatex marks the formulas; `set_formulas` replaces
them by KaTeX's HTML, with MathML for screen readers. The page then needs
KaTeX's styles and fonts, but no script.
"""

import logging
import re
from collections.abc import Iterable
from functools import partial
from html import escape, unescape
from typing import NamedTuple

from py_mini_racer import mini_racer

from press.site.assets import read

MARKED = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">'
    r"\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>",
    re.DOTALL,
)
RENDER = """
const render = (tex, displayMode) => {
  const options = {displayMode, output: "htmlAndMathml", strict: "error"};
  try {
    return {html: katex.renderToString(tex, options), problem: ""};
  } catch (error) {
    return {html: "", problem: error.message};
  }
};
"""

log = logging.getLogger("mkdocs.press.formulas")


class Formula(NamedTuple):
    """What arithmatex found in a page."""

    tex: str
    display: bool


class Rendered(NamedTuple):
    """What KaTeX made of a formula, or why it refused."""

    html: str
    problem: str


_rendered: dict[Formula, Rendered] = {}


def set_formulas(html: str, page: str) -> str:
    """Replace the formulas that arithmatex marked in a page.

    A formula that KaTeX refuses is a warning that names page and formula:
    it fails a strict build and stays readable in others.
    """
    formulas = {_formula(match) for match in MARKED.finditer(html)}
    _render(formulas - _rendered.keys())
    return MARKED.sub(partial(_set, page), html)


def _formula(match: re.Match[str]) -> Formula:
    """The LaTeX of a marked formula, and whether it stands by itself."""
    return Formula(unescape(match["tex"]).strip(), match["tag"] == "div")


def _render(formulas: Iterable[Formula]) -> None:
    """Render the formulas that no page had before.

    V8 is closed at once: left open, it can keep the process from ending.
    """
    new = sorted(formulas)
    if not new:
        return
    with mini_racer() as v8:
        v8.eval(read("katex/dist/katex.min.js"))
        v8.eval(RENDER)
        for formula in new:
            _rendered[formula] = Rendered(**v8.call("render", *formula))


def _set(page: str, match: re.Match[str]) -> str:
    """The HTML of one formula, out of the search index's way."""
    formula = _formula(match)
    html, problem = _rendered[formula]
    if problem:
        log.warning("%s: formula %r: %s", page, formula.tex, problem)
        html = f"<code>{escape(formula.tex)}</code>"
    tag = match["tag"]
    return f'<{tag} class="formula" data-search-exclude>{html}</{tag}>'
