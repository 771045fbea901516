"""Notes what a run reads of its book, so that a change can be told.

Python announces each file that it opens and each folder that it lists; what
was imported stands in `sys.modules`. A run that starts another program may
have read anything, and is noted with all of the package.
"""

import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from press.pages.book import Book

OPENS = {"open", "os.listdir", "os.scandir"}
STARTS = {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.system"}
# What no number comes from, though it stands below the root of the book.
FOREIGN = {"__pycache__", "node_modules", "site", "dist"}
CORE = ("press.book", "press.pages")  # the same for every page

_noted: set[str] | None = None  # None: nobody wants to know
_started = "a program"


def note(event: str, arguments: tuple[object, ...]) -> None:
    """Note one event: an audit hook, which a process cannot take back."""
    if _noted is None:
        return
    if event in STARTS:
        _noted.add(_started)
    elif event in OPENS and isinstance(arguments[0], str | Path | None):
        _noted.add(os.path.abspath(arguments[0] or "."))  # noqa: PTH100


@contextmanager
def noting() -> Iterator[set[str]]:
    """All that is noted while this lasts."""
    global _noted  # noqa: PLW0603 - an audit hook belongs to the process
    noted = _noted = set[str]()
    try:
        yield noted
    finally:
        _noted = None


def forget(root: Path) -> None:
    """Forget the modules of a book, so that a run imports what it needs."""
    for name in list(sys.modules):
        top = name.partition(".")[0]
        is_own = (root / top).is_dir() or (root / f"{top}.py").is_file()
        if top in sys.stdlib_module_names or not is_own:
            continue
        if name != "press" and not name.startswith(CORE):
            del sys.modules[name]
    importlib.invalidate_caches()  # so that folders are listed again


def read_of(book: Book, noted: set[str]) -> set[str]:
    """What was read of the book, as paths below its root."""
    files = [vars(each).get("__file__") for each in sys.modules.values()]
    paths = {Path(name) for name in (*noted - {_started}, *files) if name}
    if _started in noted:
        paths.update((book.root / book.package).rglob("*.py"))
    inside = [
        path.relative_to(book.root)
        for path in paths
        if path.is_relative_to(book.root)
    ]
    return {path.as_posix() for path in inside if not _is_foreign(path)}


def digest(root: Path, name: str) -> str:
    """What stands in a file, or which names stand in a folder."""
    path = root / name
    if path.is_file():
        return sha256(path.read_bytes()).hexdigest()
    if not path.is_dir():
        return "missing"
    inside = [each.relative_to(path) for each in path.iterdir()]
    if name == ".":  # what could be imported; notes may lie about
        inside = [it for it in inside if it.suffix in {"", ".py"}]
    names = sorted(it.name for it in inside if not _is_foreign(it))
    return sha256("\n".join(names).encode()).hexdigest()


def changed_since(root: Path, names: Iterable[str], when: float) -> bool:
    """Whether any of these was written after a time, or is gone."""
    paths = [root / name for name in names]
    return not all(
        path.exists() and path.stat().st_mtime < when for path in paths
    )


def _is_foreign(path: Path) -> bool:
    """Whether a path is a tool's, and not the book's."""
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or not FOREIGN.isdisjoint(path.parts)
