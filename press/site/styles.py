"""One stylesheet for the whole site, and no style inside a page.

One request is all that a page waits for. Style attributes, which KaTeX and
tables write, become classes, so that the Content-Security-Policy need not
allow them.
"""

import posixpath
import re
from hashlib import sha256
from pathlib import Path

LINK = re.compile(r'\s*<link rel="stylesheet" href="([^"]+)">')
ADDRESS = re.compile(r"""url\((["']?)(?!data:|["'])(.+?)\1\)""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What the theme writes, and what the site has in its place: the same looks,
# for less work in the browser.
TUNED = {
    # While the palette changes the theme forbids all fades, by a rule for
    # every element. Each page would be restyled twice as it loads.
    "[data-md-color-switching] *,[data-md-color-switching] :after,"
    "[data-md-color-switching] :before{transition-duration:0s!important}": "",
    # A selector that asks whether there is any class restyles the whole page
    # at each change of one; the classes that the pages have say the same.
    ":not([class])": ":not(.highlighttable,.play-table)",
    "span[class]": "span.normal",
    # Nor may a rule name anything at all below the root, whose class changes
    # once there are scripts; a tab has a label.
    ".tabbed-labels>:": ".tabbed-labels>label:",
}
# The same for the theme's script, which had the whole page styled three times
# more than it takes.
TUNED_SCRIPT = {
    # Which colours there are it would tell the browser again, twice, by a tag
    # that comes after the page's own and so counts for nothing.
    'x("meta",{name:"color-scheme"})': 'x("meta",{name:"told-already"})',
    # It writes out every address, to know at the next page what is there
    # already. The stylesheet would be read again; it is known by its name.
    'M("[href], [src]",e)': (
        'M(e===document?"[href]:not([rel=stylesheet]), [src]"'
        ':"[href], [src]",e)'
    ),
    # It comes when the page has been painted, and has nothing to wait for but
    # the end of its own task: a message comes behind it.
    'h(document,"DOMContentLoaded",{once:!0})'
    ".subscribe(()=>e.next(document))": (
        "(c=>{c.port1.onmessage=()=>e.next(document);"
        "c.port2.postMessage(0)})(new MessageChannel)"
    ),
    "t.set(r.outerHTML,r)": (
        't.set(r.rel==="stylesheet"?r.href.split("/").pop():r.outerHTML,r)'
    ),
}
# It finds words by their beginnings in a graph whose nodes it takes for one
# when they are written alike; letter by letter, number by number, so that
# digits of the one were read as the other, and some beginnings broke it.
TUNED_WORKER = {"e=e+s+o.id}return e}": 'e+=s+o.id+","}return e}'}
STYLED = re.compile(r'<([^<>]*?) style="([^"]*)"([^<>]*)>')

Pages = dict[Path, str]


def one_stylesheet(pages: Pages, site: Path, root: str) -> Pages:
    """Pages that link one stylesheet in place of many.

    `pages` is the HTML by path, `root` the path that the site's address ends
    in, which the 404 page writes out. The file's name follows its content,
    so that browsers may keep it.
    """
    links = [link for html in pages.values() for link in LINK.findall(html)]
    sheets = list(dict.fromkeys(_inside(link, root) for link in links))
    classes = _classes(pages)
    parts = [_read(site, sheet) for sheet in sheets]
    css = "\n".join([*parts, *map(_rule, classes, classes.values())])
    for written, tuned in TUNED.items():
        css = css.replace(written, tuned)
    name = f"assets/site.{sha256(css.encode()).hexdigest()[:8]}.css"
    (site / name).write_text(css, encoding="utf-8")
    return {
        path: _classed(_relinked(html, name, root), classes)
        for path, html in pages.items()
    }


def tune_script(site: Path) -> None:
    """Make the theme's scripts do without what they do in vain, or wrong."""
    scripts = site / "assets" / "javascripts"
    tunings = {"bundle": TUNED_SCRIPT, "workers/search": TUNED_WORKER}
    for name, tuning in tunings.items():
        for path in scripts.glob(f"{name}.*.min.js"):
            script = path.read_text(encoding="utf-8")
            for written, tuned in tuning.items():
                script = script.replace(written, tuned)
            path.write_text(script, encoding="utf-8")


def _inside(link: str, root: str) -> str:
    """The path below the site that a page links.

    Examples:
        >>> _inside("../../assets/type.css", "/book/")
        'assets/type.css'
        >>> _inside("/book/assets/type.css", "/book/")
        'assets/type.css'
    """
    return link.removeprefix(root).lstrip("./")


def _read(site: Path, sheet: str) -> str:
    """A stylesheet, with the files that it names seen from assets/.

    Theme and pages are served from one place, so a path is all they differ
    in.
    """
    css = (site / sheet).read_text(encoding="utf-8")
    folder = posixpath.relpath(posixpath.dirname(sheet), "assets")

    def move(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[2]))
        return f'url("{path}")'

    return ADDRESS.sub(move, COMMENT.sub("", css))


def _relinked(html: str, name: str, root: str) -> str:
    """A page that links one stylesheet where it linked the first."""
    first = LINK.search(html)
    if first is None:
        return html
    start = first[1].removesuffix(_inside(first[1], root))
    link = f'\n      <link rel="stylesheet" href="{start}{name}">'
    before, after = html[: first.start()], html[first.end() :]
    return before + link + LINK.sub("", after)


def _classes(pages: Pages) -> dict[str, str]:
    """A class for each style that stands in an attribute."""
    styles = {
        match[2] for html in pages.values() for match in STYLED.finditer(html)
    }
    return {style: f"style-{i}" for i, style in enumerate(sorted(styles))}


def _rule(style: str, name: str) -> str:
    """The rule of such a class, as strong as the attribute was.

    Examples:
        >>> _rule("height:1em;top:0", "style-7")
        '.style-7{height:1em!important;top:0!important}'
    """
    each = filter(None, (part.strip() for part in style.split(";")))
    return f".{name}{{{';'.join(f'{part}!important' for part in each)}}}"


def _classed(html: str, classes: dict[str, str]) -> str:
    """A page with classes in place of style attributes.

    Examples:
        >>> _classed('<td class="a" style="top:0">', {"top:0": "style-7"})
        '<td class="style-7 a">'
    """

    def replace(match: re.Match[str]) -> str:
        name, tag = classes[match[2]], match[1] + match[3]
        if ' class="' not in tag:
            return f'<{tag} class="{name}">'
        tag = tag.replace(' class="', f' class="{name} ', 1)
        return f"<{tag}>"

    return STYLED.sub(replace, html)
