"""Python for the page: the runtime, and the package as one archive.

The runtime is Pyodide, of which the site gets the files that a worker loads;
`attnbook` is read from the tree that the pages are built from. `arrays`
stays out, since NumPy does.
"""

import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path

from press.book import ROOT
from press.site.assets import read, there

FOLDER = "assets/pyodide"
RUNTIME = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
)
ARCHIVE = "attnbook.zip"
COUNTED = ("pyodide.asm.wasm", "python_stdlib.zip")  # by the progress bar


def files() -> dict[str, str | bytes | Path]:
    """The runtime, the archive and what a worker has to know of them."""
    paths = {name: there(f"pyodide/{name}") for name in RUNTIME}
    lock = json.loads(read("pyodide/pyodide-lock.json"))
    manifest = {
        "bytes": sum(paths[name].stat().st_size for name in COUNTED),
        "lock": {"info": lock["info"], "packages": {}},
        "files": _files_read_by_pages(),
    }
    packed = archive()
    manifest["version"] = _version(packed)
    return {
        **{f"{FOLDER}/{name}": path for name, path in paths.items()},
        f"{FOLDER}/{ARCHIVE}": packed,
        f"{FOLDER}/manifest.json": json.dumps(manifest),
    }


def _version(packed: bytes) -> str:
    """What tells a started Python that a browser kept from another one."""
    runtime = read("pyodide/package.json").encode()
    return sha256(runtime + packed).hexdigest()[:16]


def archive() -> bytes:
    """The package without `arrays`, and what runs a reader's code.

    The same sources give the same bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in _sources():
            name = path.relative_to(ROOT).as_posix()
            entry = zipfile.ZipInfo(name)
            file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _files_read_by_pages() -> dict[str, str]:
    """What sessions read, by the name that they read it by."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "docs/data").glob("training-*.json"))
    }


def _sources() -> list[Path]:
    """Every module that can be imported in the page."""
    package = sorted((ROOT / "attnbook").rglob("*.py"))
    kept = [path for path in package if "arrays" not in path.parts]
    return [*kept, *sorted((ROOT / "inpage").glob("*.py"))]
