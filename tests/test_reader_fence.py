"""What the fence asks of the kernel, told by one that is not there."""

import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from attnbook.checker.reader import fence as part
from attnbook.checker.reader.fence import fence, version

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="a fence stands on Linux alone"
)

# As Linux has them in `linux/landlock.h` and `linux/prctl.h`.
WRITE_FILE, READ_FILE, REFER = 1 << 1, 1 << 2, 1 << 13
SCOPE_SIGNAL = 1 << 1
CREATE, ADD, RESTRICT = 444, 445, 446


class Long(int):
    """A number as the kernel takes it."""


class Kernel:
    """In the place of `ctypes`: notes what it is asked, and answers."""

    c_long = Long

    def __init__(self, known: int) -> None:
        self.known, self.asked = known, list[tuple[Any, ...]]()
        self.rules, self.granted = -1, dict[str, int]()

    def CDLL(self, name: None) -> "Kernel":  # noqa: N802
        """The C library that Python itself uses."""
        assert name is None
        return self

    def prctl(self, *given: int) -> None:
        self.asked.append(("prctl", *given))

    def syscall(self, number: int, *given: Any) -> int:
        words = [each for each in (number, *given) if isinstance(each, int)]
        assert {type(each) for each in words} == {Long}
        self.asked.append((number, *given))
        if number == ADD:
            self.grant(*given)
        if number != CREATE:
            return 0
        if given[0] is None:
            return self.known
        self.rules = os.open(os.devnull, os.O_RDONLY)
        return self.rules

    def grant(self, rules: int, kind: int, rule: bytes, flags: int) -> None:
        """Note by its path what may be opened, and how."""
        assert (rules, kind, flags) == (self.rules, 1, 0)
        rights, file = struct.unpack("=Qi", rule)
        assert os.get_inheritable(file) is False
        path = Path(f"/proc/self/fd/{file}").readlink()
        self.granted[str(path)] = rights


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """The newest that is known, whatever runs here."""
    found = Kernel(6)
    monkeypatch.setitem(sys.modules, "ctypes", found)
    return found


def open_files() -> set[str]:
    return {*os.listdir("/proc/self/fd")}  # noqa: PTH208


@pytest.mark.parametrize(
    ("known", "size"), [(2, 8), (3, 8), (5, 8), (6, 24), (7, 24)]
)
def test_it_is_made_granted_and_then_shut(
    known: int, size: int, kernel: Kernel
) -> None:
    kernel.known = known
    before = open_files()
    fence()
    first, made, *added, privileges, shut = kernel.asked
    assert first == (CREATE, None, 0, 1)
    number, rights, *rest = made
    assert (number, *rest) == (CREATE, size, 0)
    files = WRITE_FILE | READ_FILE | REFER
    assert struct.unpack("=QQQ", rights) == (files, 0, SCOPE_SIGNAL)
    assert {each[0] for each in added} == {ADD}
    assert privileges == ("prctl", 38, 1, 0, 0, 0)
    assert shut == (RESTRICT, kernel.rules, 0)
    assert open_files() == before


@pytest.mark.parametrize("known", [-1, 0, 1])
def test_an_older_kernel_is_left_alone(known: int, kernel: Kernel) -> None:
    kernel.known = known
    fence()
    assert version() == known
    assert kernel.asked == [(CREATE, None, 0, 1)] * 2


def test_all_is_granted_but_terminals(kernel: Kernel) -> None:
    fence()
    files = WRITE_FILE | READ_FILE
    assert kernel.granted["/proc"] == kernel.granted["/tmp"] == files | REFER  # noqa: S108
    assert kernel.granted["/dev/null"] == kernel.granted["/dev/zero"] == files
    assert "/dev" not in kernel.granted
    there = (each for each in Path("/").iterdir() if each.exists())
    roots = {str(each.resolve()) for each in there}
    assert roots - {"/dev"} <= kernel.granted.keys()
    assert not {"/dev/tty", "/dev/pts", "/dev/ptmx"} & kernel.granted.keys()
    assert any(each.exists() for each in map(Path, ("/dev/tty", "/dev/ptmx")))


def test_what_cannot_be_opened_does_not_hinder_the_rest(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Path("/no such"), Path("/tmp")  # noqa: S108
    monkeypatch.setattr(part, "_granted", lambda: iter(places))
    fence()
    assert [*kernel.granted] == ["/tmp"]  # noqa: S108
    assert kernel.asked[-1][0] == RESTRICT


def test_a_kernel_that_fails_ends_nothing(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def syscall(*_: Any) -> int:
        raise AttributeError("no such function")

    monkeypatch.setattr(kernel, "syscall", syscall)
    fence()
    assert kernel.asked == []


def test_on_another_system_nothing_is_asked(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    fence()
    assert version() == 0
    assert kernel.asked == []
