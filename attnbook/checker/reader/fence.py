"""What the child cannot reach where Linux offers Landlock: 5.19 or later.

Once it stands, no process that begins here opens a terminal, or looks into
one that began outside: not by `ptrace`, and not by what it holds open in
`/proc`. From 6.12 on it sends those no signal, either. The reader's files and
the network stay in reach: this is no sandbox.
"""

import contextlib
import importlib
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR
from typing import Any

# Calls of the kernel, whose numbers are the same on every machine.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1  # a flag: tell which version of Landlock there is
_BENEATH = 1  # a rule: what lies under a path
_NO_NEW_PRIVILEGES = 38
_OF_FILES = 1 << 1 | 1 << 2
"""To write one, and to read one: what is forbidden but where it is granted."""
_OF_FOLDERS = 1 << 13
"""To move a file from one into another, which it would forbid unasked."""
_SIGNALS = 1 << 1
_TERMINALS = ("console", "ptmx", "pts", "pty", "tty", "vc")


def fence() -> None:
    """Shut terminals and other processes off, where the system can."""
    if sys.platform == "linux":
        with contextlib.suppress(Exception):
            _shut_off(importlib.import_module("ctypes"))


def version() -> int:
    """Which version of Landlock there is; below 1 where there is none."""
    if sys.platform != "linux":
        return 0
    return _ask(importlib.import_module("ctypes"), _CREATE, None, 0, _VERSION)


def _shut_off(ctypes: Any) -> None:  # noqa: ANN401
    """Grant what is no terminal, and nothing else, from now on."""
    known = version()
    if known < 2:
        return
    rights = struct.pack("=QQQ", _OF_FILES | _OF_FOLDERS, 0, _SIGNALS)
    size = 24 if known >= 6 else 8
    rules = _ask(ctypes, _CREATE, rights, size, 0)
    for place in _granted():
        with contextlib.suppress(OSError):
            _grant(ctypes, rules, place)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _ask(ctypes, _RESTRICT, rules, 0)
    os.close(rules)


def _granted() -> Iterator[Path]:
    """What may be opened: all but the terminals among the devices."""
    yield from (each for each in Path("/").iterdir() if each.name != "dev")
    for each in Path("/dev").iterdir():
        if not each.name.startswith(_TERMINALS):
            yield each


def _grant(ctypes: Any, rules: int, place: Path) -> None:  # noqa: ANN401
    """Allow what lies under a path to be opened."""
    file = os.open(place, os.O_PATH | os.O_CLOEXEC)
    is_folder = S_ISDIR(os.fstat(file).st_mode)
    rights = _OF_FILES | (_OF_FOLDERS if is_folder else 0)
    _ask(ctypes, _ADD, rules, _BENEATH, struct.pack("=Qi", rights, file), 0)
    os.close(file)


def _ask(ctypes: Any, number: int, *given: int | bytes | None) -> int:  # noqa: ANN401
    """What the kernel answers to a call; -1 where it refuses."""
    words = [
        ctypes.c_long(each) if isinstance(each, int) else each
        for each in (number, *given)
    ]
    return int(ctypes.CDLL(None).syscall(*words))
