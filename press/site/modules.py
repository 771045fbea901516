"""Which scripts a page will ask for, named by the page itself.

A module that imports others is fetched before it is known what it imports;
those again, and so on. A page that names them all has them in one go, once
it has been painted: `begin.js` asks for them then.
"""

import re
from functools import lru_cache
from pathlib import Path

from press.book import DOCS

SCRIPTS = DOCS / "javascripts"
NAMED = re.compile(r'<script src="([^"]+)"')
IMPORTED = re.compile(r'^(?:import|\} from)\b.*"(\..*)";', re.MULTILINE)


# What live.js imports where a page has an element of such a class.
PARTS = {
    "play": ["live/play.js"],
    "recap": ["recap.js", "carry.js"],
    "one-query": ["one-query.js"],
    "film": ["film.js"],
    "filter-here": ["filter.js"],
}


def modules(html: str) -> list[str]:
    """The addresses of the modules that a page with this content runs."""
    names = ["live/live.js"]
    for part, more in PARTS.items():
        if re.search(rf'class="{part}[" ]', html):
            names += more
    found: list[Path] = []
    for name in names:
        _follow(SCRIPTS / name, found)
    return [path.relative_to(DOCS).as_posix() for path in found]


def addresses(html: str) -> list[str]:
    """The scripts that HTML asks for, in their order.

    Examples:
        >>> addresses('<script src="a.js" defer></script><script>b</script>')
        ['a.js']
    """
    return NAMED.findall(html)


def _follow(path: Path, found: list[Path]) -> None:
    """Add a module and what it imports, in the order in which they run."""
    if path in found:
        return
    found.append(path)
    for imported in _imported(path, path.stat().st_mtime_ns):
        _follow(imported, found)


@lru_cache(maxsize=256)  # of all pages, until a script changes
def _imported(path: Path, _changed: int) -> tuple[Path, ...]:
    """The modules that a script imports."""
    names = IMPORTED.findall(path.read_text(encoding="utf-8"))
    return tuple((path.parent / name).resolve() for name in names)
