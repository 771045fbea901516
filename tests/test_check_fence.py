"""What a checked file cannot reach, and what it still can."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

from attnbook.checker.reader.fence import version

pytestmark = pytest.mark.skipif(
    version() < 6, reason="needs the Landlock of Linux 6.12"
)

RIGHT = """
def softmax(scores):
    exps = [exp(score - max(scores)) for score in scores]
    return [e / sum(exps) for e in exps]
"""

# The check is what the process that stands between was begun by.
CHECK = """
def above(process):
    with open(f"/proc/{process}/stat") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])
check = above(os.getppid())
"""


def checked(
    folder: Path, body: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """A check of a right softmax that first does something else."""
    file = folder / "mine.py"
    inside = RIGHT.replace("    exps =", f"{indent(body, '    ')}\n    exps =")
    file.write_text(f"import os, shutil\nfrom math import exp\n{inside}")
    return subprocess.run(
        [sys.executable, "-m", "attnbook", "check", str(file), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("number", [9, 15])
def test_no_signal_reaches_the_check(number: int, tmp_path: Path) -> None:
    done = checked(tmp_path, f"{CHECK}os.kill(check, {number})")
    assert done.returncode == 2, done
    assert "`softmax` raises PermissionError" in done.stdout


LOOKS = {
    "what it holds open": "os.readlink(f'/proc/{check}/fd/1')",
    "its output": "open(f'/proc/{check}/fd/1', 'w')",
    "its memory": "open(f'/proc/{check}/mem', 'rb')",
}


@pytest.mark.parametrize("what", LOOKS)
def test_nobody_looks_into_the_check(what: str, tmp_path: Path) -> None:
    done = checked(tmp_path, CHECK + LOOKS[what])
    assert done.returncode == 2, done
    assert "`softmax` raises PermissionError" in done.stdout


WRITES = """
for place in ("/dev/tty", {name!r}, "/proc/self/fd/1", "/proc/self/fd/2"):
    try:
        with open(place, "w") as file:
            file.write("taken over")
    except OSError:
        pass
"""


def shown(command: list[str]) -> tuple[int, str]:
    """How a command ends whose terminal this is, and what that shows."""
    reader, terminal = os.openpty()
    with subprocess.Popen(
        [part.replace("TERMINAL", os.ttyname(terminal)) for part in command],
        stdin=terminal, stdout=terminal, stderr=terminal,
    ) as process:  # fmt: skip
        os.close(terminal)
        parts = []
        while part := _part(reader):
            parts.append(part)
    os.close(reader)
    return process.returncode, b"".join(parts).decode()


def _part(reader: int) -> bytes:
    """What comes next, and nothing once nobody writes any more."""
    try:
        return os.read(reader, 65536)
    except OSError:
        return b""


def test_what_is_checked_writes_on_no_terminal(tmp_path: Path) -> None:
    writes = WRITES.format(name="TERMINAL")
    _, alone = shown([sys.executable, "-c", writes])
    assert alone.count("taken over") >= 2
    inside = indent(writes.replace("'TERMINAL'", "open(NAME).read()"), "    ")
    source = RIGHT.replace("    exps =", f"{inside}\n    exps =")
    told = tmp_path / "terminal"
    file = tmp_path / "mine.py"
    file.write_text(f"NAME = {str(told)!r}\nfrom math import exp\n{source}")
    code = (
        "import pathlib, runpy, sys\n"
        f"pathlib.Path({str(told)!r}).write_text('TERMINAL')\n"
        f"sys.argv = ['attnbook', 'check', {str(file)!r}]\n"
        "runpy.run_module('attnbook', run_name='__main__')\n"
    )
    status, seen = shown([sys.executable, "-c", code])
    assert "softmax(scores)" in seen, (status, seen)
    assert "taken over" not in seen


ALLOWED = {
    "a device": "open('/dev/null', 'w').write('x')",
    "chance": "open('/dev/urandom', 'rb').read(8)",
    "a look at itself": "open('/proc/self/status').read()",
    "a file moved": (
        "for each in ('here', 'there'): os.makedirs(each, exist_ok=True)\n"
        "open('here/a', 'w').close()\nos.rename('here/a', 'there/a')"
    ),
    "a signal to itself": "os.kill(os.getpid(), 0)",
    "a program": "os.system('true') and 1 / 0",
    "a file of its own": "open(__file__).read()",
}


@pytest.mark.parametrize("what", ALLOWED)
def test_what_is_in_order_stays_so(what: str, tmp_path: Path) -> None:
    done = checked(tmp_path, ALLOWED[what])
    assert done.returncode == 0, done
    assert done.stderr == ""
