"""Formulas, set by KaTeX while the site is built.

The Markdown extension arithmatex marks the formulas, and once the pages are
built `set_formulas` replaces them by KaTeX's HTML, with MathML for screen
readers. The page then needs KaTeX's styles and fonts, but no script. What
KaTeX made of a formula is kept for the next build, as long as KaTeX is the
same.
"""

import functools
import json
import logging
import os
import re
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

from py_mini_racer import mini_racer

from press.book import CACHE
from press.site.assets import read

MARKED = re.compile(
    r'<(?P<tag>span|div) class="arithmatex"(?: data-search-exclude)?>'
    r"\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>(?P<after>[,.;:!?)]*)",
    re.DOTALL,
)
SHORT = 18  # letters to be seen: half of a line on a phone, which is kept
# A space that begins a line of TeX parts what can also stand below another.
APART = re.compile(r"\s*\n\\q?quad\b\s*")
# The end of what KaTeX makes of a formula within a sentence.
CLOSE = "</span>"
END = CLOSE * 2
BASE = '<span class="katex-base">'  # a piece, behind which a line may end
TIMES = ("⋅", "×")
UNSEEN = re.compile("<math.*?</math>|<[^>]+>|\N{ZERO WIDTH SPACE}", re.DOTALL)
# Beside the formula, KaTeX hands on its TeX, which is to be the author's.
RENDER = """
const strict = (flaw) => flaw === "htmlExtension" ? "ignore" : "error";
const trust = ({command}) => command === "\\\\htmlData";
const marked = /\\\\htmlData[{][^{}]*[}][{]([^{}]*)[}]/g;
const render = (tex, displayMode) => {
  const options = {displayMode, output: "htmlAndMathml", strict, trust};
  try {
    const html = katex.renderToString(tex, options);
    return {html: html.replace(marked, "$1"), problem: ""};
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


_rendered: dict[Formula, Rendered] = {}  # by this process


def set_formulas(html: str, page: str) -> str:
    """Replace the formulas that arithmatex marked in a page.

    A formula that KaTeX refuses is a warning that names page and formula:
    it fails a strict build and stays readable in others.
    """
    formulas = {it for match in MARKED.finditer(html) for it in _parts(match)}
    if not formulas <= _rendered.keys():
        _render(formulas)
    return MARKED.sub(functools.partial(_set, page), html)


def _parts(match: re.Match[str]) -> list[Formula]:
    """The LaTeX of a marked formula, in several parts if it has them."""
    tex, display = unescape(match["tex"]).strip(), match["tag"] == "div"
    return [Formula(part, display) for part in APART.split(tex)]


def _render(formulas: set[Formula]) -> None:
    """Render the formulas that no page had before."""
    kept = _kept()
    _rendered.update({each: kept[each] for each in formulas if each in kept})
    new = sorted(formulas - _rendered.keys())
    if not new:
        return
    _rendered.update(zip(new, _by_katex(new), strict=True))
    right = {each: it for each, it in _rendered.items() if not it.problem}
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps([*(kept | right).items()]), encoding="utf-8")
    draft.replace(place)


def _by_katex(formulas: list[Formula]) -> list[Rendered]:
    """What KaTeX makes of formulas.

    V8 is closed at once: left open, it can keep the process from ending.
    """
    with mini_racer() as v8:
        v8.eval(read("katex/dist/katex.min.js"))
        v8.eval(RENDER)
        return [Rendered(**v8.call("render", *each)) for each in formulas]


def _kept() -> dict[Formula, Rendered]:
    """The formulas that earlier builds rendered."""
    try:
        pairs = json.loads(_place().read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return {Formula(*formula): Rendered(*it) for formula, it in pairs}


@functools.cache
def _place() -> Path:
    """Where formulas are kept, as this KaTeX renders them."""
    program = read("katex/dist/katex.min.js") + RENDER
    name = sha256(program.encode()).hexdigest()[:16]
    return CACHE / "formulas" / f"{name}.json"


def _set(page: str, match: re.Match[str]) -> str:
    """The HTML of one formula."""
    parts = _parts(match)
    html = "".join(_part(page, each) for each in parts)
    tag, after = match["tag"], match["after"]
    is_long = len(unescape(UNSEEN.sub("", html))) > SHORT
    if after and is_long:
        html = _closed(html)
    breaks = not is_long and tag == "span" and html.count(BASE) > 1
    html = f'<{tag} class="formula" data-search-exclude>{html}</{tag}>'
    if not (after or breaks):
        return html
    glued = "glued wraps" if is_long else "glued"
    return f'<span class="{glued}">{html}{after}</span>'


def _part(page: str, formula: Formula) -> str:
    """The HTML of one part, or its LaTeX if that cannot be set."""
    html, problem = _rendered[formula]
    if problem:
        log.warning("%s: formula %r: %s", page, formula.tex, problem)
        html = f"<code>{escape(formula.tex)}</code>"
    return _multiplied(html)


def _multiplied(html: str) -> str:
    """A formula in which no line ends within a product.

    Examples:
        >>> html = "".join(f"{BASE}{it}</span>" for it in "a⋅ b+ c".split())
        >>> _multiplied(f"<b>{html}</b>").replace(BASE, "<i>")
        '<b><span class="glued"><i>a⋅</span><i>b+</span></span><i>c</span></b>'
    """
    head, *pieces = html.split(BASE)
    rows = list[list[str]]([[]])
    for piece in pieces:
        rows[-1].append(BASE + piece)
        if not UNSEEN.sub("", piece).endswith(TIMES):
            rows.append([])
    return head + "".join(map(_row, rows))


def _row(pieces: list[str]) -> str:
    """Pieces in one line; behind the last, the whole formula may end."""
    row = "".join(pieces)
    if len(pieces) < 2:
        return row
    ends = row.count(CLOSE) - row.count("<span")
    rest = row.removesuffix(CLOSE * ends)
    return f'<span class="glued">{rest}{CLOSE}{CLOSE * ends}'


def _closed(html: str) -> str:
    """A formula that breaks within, and not behind its last piece.

    Examples:
        >>> _closed('<b><span class="katex-base">x</span></span></span>')[:46]
        '<b><span class="last"><span class="katex-base"'
    """
    start = html.rfind(BASE)
    if start < 0 or not html.endswith(END):
        return html
    piece = html[start:].removesuffix(END)
    return f'{html[:start]}<span class="last">{piece}</span>{END}'
