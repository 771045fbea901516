"""Notes what a run reads of its book, so that a change can be told.

Python announces each file that it opens and each folder that it lists; what
was imported stands in `sys.modules`. A run that starts another program may
have read anything, and is noted with all of the package.
"""

import functools
import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from press.pages.book import Book

OPENS = {"open", "os.listdir", "os.scandir"}
STARTS = {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.system"}
# What no number comes from, though it stands below the root of the book.
FOREIGN = {"__pycache__", "node_modules", "site", "dist"}
CORE = ("press.book", "press.pages")  # the same for every page

# By path: what a folder held then, nothing of a file, None where there was
# neither. A name that a program gave below another folder is such a path.
Noted: TypeAlias = dict[str, list[str] | None]

_noted: Noted | None = None  # None: nobody wants to know
_started = "a program"


def note(event: str, arguments: tuple[object, ...]) -> None:
    """Note one event: an audit hook, which a process cannot take back."""
    if _noted is None:
        return
    if event in STARTS:
        _noted[_started] = []
    elif event in OPENS and isinstance(arguments[0], str | Path | None):
        name = os.path.abspath(arguments[0] or ".")  # noqa: PTH100
        if name not in _noted:
            _noted[name] = None  # before it is listed, which is noted, too
            if os.path.exists(name):  # noqa: PTH110
                is_file = event == "open"
                _noted[name] = [] if is_file else os.listdir(name)  # noqa: PTH208


@contextmanager
def noting() -> Iterator[Noted]:
    """All that is noted while this lasts."""
    global _noted  # noqa: PLW0603 - an audit hook belongs to the process
    noted = _noted = Noted()
    try:
        yield noted
    finally:
        _noted = None


def forget(root: Path) -> None:
    """Forget the modules of a book, so that a run imports what it needs."""
    is_own = functools.cache(functools.partial(_is_own, root))
    for name in list(sys.modules):
        if not is_own(name.partition(".")[0]):
            continue
        if name != "press" and not name.startswith(CORE):
            del sys.modules[name]
    importlib.invalidate_caches()  # so that folders are listed again


def _is_own(root: Path, top: str) -> bool:
    """Whether a module stands in the book itself."""
    is_there = (root / top).is_dir() or (root / f"{top}.py").is_file()
    return is_there and top not in sys.stdlib_module_names


def read_of(book: Book, noted: Noted) -> Noted:
    """What was read of the book, by paths below its root."""
    files = [vars(each).get("__file__") for each in sys.modules.values()]
    names = {*noted.keys() - {_started}, *filter(None, files)}
    if _started in noted:
        names.update(map(str, (book.root / book.package).rglob("*.py")))
    root, start = str(book.root), f"{book.root}{os.sep}"
    inside = {
        it: Path(it[len(start) :]) for it in names if it.startswith(start)
    }
    inside |= {root: Path()} if root in names else {}
    return {
        path.as_posix(): noted.get(name, [])
        for name, path in inside.items()
        if not _is_foreign(path)
    }


def digest(root: Path, name: str) -> str:
    """What stands in a file, or which names stand in a folder."""
    path = root / name
    if path.is_file():
        return sha256(path.read_bytes()).hexdigest()
    if not path.is_dir():
        return "missing"
    names = _own_names(name, os.listdir(path))  # noqa: PTH208
    return sha256("\n".join(names).encode()).hexdigest()


def _own_names(name: str, held: Iterable[str]) -> list[str]:
    """What a folder of the book holds that may be the book's."""
    inside = [it for it in map(Path, held) if not _is_foreign(it)]
    if name == ".":  # what could be imported; notes may lie about
        inside = [it for it in inside if it.suffix in {"", ".py"}]
    return sorted(it.name for it in inside)


def changed_since(root: Path, reads: Noted, when: float) -> bool:
    """Whether any of these was written after a time, or came or went.

    A folder that was listed may be written to: a module was compiled.
    """
    for name, held in reads.items():
        path = root / name
        if held is None and not path.exists():
            continue
        if held and path.is_dir():
            now = os.listdir(path)  # noqa: PTH208
            if _own_names(name, held) != _own_names(name, now):
                return True
        elif not path.exists() or path.stat().st_mtime >= when:
            return True
    return False


def _is_foreign(path: Path) -> bool:
    """Whether a path is a tool's, and not the book's."""
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or not FOREIGN.isdisjoint(path.parts)
