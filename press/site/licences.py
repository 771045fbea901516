"""The licences of all that the site serves, as one text.

Fonts, formulas, the theme and Python in the page are other people's work;
their notices travel with it.
"""

import json
from importlib.metadata import files as files_of
from importlib.metadata import version

from press.book import ROOT
from press.site.assets import FACES, read

ADDRESS = "assets/licences.txt"
THEME = "mkdocs-material"
PYODIDE = """\
Python in the page is Pyodide, under the Mozilla Public License 2.0. Its
source and the text of that licence are at https://github.com/pyodide/pyodide.
It contains CPython, under the PSF License (https://docs.python.org/license),
compiled with Emscripten.
"""
RULE = "=" * 72


def licences() -> str:
    """A name, a version and a notice for each part."""
    own = (ROOT / "LICENSE").read_text(encoding="utf-8")
    fonts = dict.fromkeys(
        f"@fontsource-variable/{face.package}" for face in FACES
    )
    parts = [
        ("attnbook", own),
        *((_named(name), read(f"{name}/LICENSE")) for name in fonts),
        (_named("katex"), read("katex/LICENSE")),
        (_named("pyodide"), PYODIDE),
        (f"{THEME} {version(THEME)}", _of_theme()),
    ]
    return "\n".join(
        f"{RULE}\n{name}\n{RULE}\n\n{notice.strip()}\n"
        for name, notice in parts
    )


def _named(package: str) -> str:
    """An npm package and its version."""
    return (
        f"{package} {json.loads(read(f'{package}/package.json'))['version']}"
    )


def _of_theme() -> str:
    """The notices that the theme and its icons are installed with."""
    return "\n\n".join(
        path.read_text(encoding="utf-8").strip()
        for path in files_of(THEME) or []
        if path.name == "LICENSE"
    )
