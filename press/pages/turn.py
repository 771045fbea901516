"""Processes that would do the same work take turns."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait until no other process has its turn in this folder, then have it.

    It ends with the process at the latest. Windows, which cannot tell, makes
    nobody wait: there the same work may be done twice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".turn").open("w", encoding="utf-8") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
