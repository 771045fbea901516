"""Whatever the reader's file does, the check ends in one clear sentence."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attnbook.__main__ import main
from attnbook.checker import files
from attnbook.checker.reader.fence import version

FENCED = version() >= 6

RIGHT = """
from math import exp
def softmax(scores):
    exps = [exp(score - max(scores)) for score in scores]
    return [e / sum(exps) for e in exps]
"""

# What stands in the file, the exit status, and a part of what is said.
MISBEHAVING = {
    "endless loop": (
        "def softmax(x):\n    while True: pass",
        2,
        "`softmax` did not finish within 0.5 seconds",
    ),
    "sleeps": (
        "import time\ndef softmax(x):\n    time.sleep(60)",
        2,
        "did not finish within 0.5 seconds",
    ),
    "endless loop for one size": (
        RIGHT.replace("exps =", "while len(scores) == 4: pass\n    exps ="),
        1,
        "did not finish within 0.5 seconds",
    ),
    "endless printing": (
        "def softmax(x):\n    while True: print('x' * 1000)",
        2,
        "did not finish within 0.5 seconds",
    ),
    "prints by the megabyte": (
        RIGHT.replace("exps =", "print('x' * 5_000_000)\n    exps ="),
        0,
        "agrees",
    ),
    "writes to the pipe's descriptors": (
        "import os\nos.write(1, b'x' * 1000)\nos.write(2, b'y')\n" + RIGHT,
        0,
        "agrees",
    ),
    "writes to every descriptor": (
        "import os\ndef softmax(x):\n    for file in range(3, 20):\n"
        "        try: os.write(file, b'[1, 2]' * 100)\n"
        "        except OSError: pass",
        2,
        "disturbed what attnbook reads its results from",
    ),
    "deep recursion": (
        "def softmax(x):\n    return softmax(x)",
        2,
        "calls itself without an end (line 2: `return softmax(x)`)",
    ),
    "deep recursion without a limit": (
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "def softmax(x):\n    return [softmax(x)]",
        2,
        "`softmax` ",
    ),
    "sys.exit": (
        "import sys\ndef softmax(x):\n    sys.exit(0)",
        2,
        "`softmax` ends the program (SystemExit) (line 3: `sys.exit(0)`)",
    ),
    "sys.exit at the top level": (
        "import sys\nsys.exit(0)\n" + RIGHT,
        0,
        "agrees with 3.3",
    ),
    "os._exit": (
        "import os\ndef softmax(x):\n    os._exit(0)",
        2,
        "ended the whole program (exit status 0)",
    ),
    "kills itself": (
        "import os\ndef softmax(x):\n    os.kill(os.getpid(), 9)",
        2,
        "(SIGKILL)",
    ),
    "kills itself at import": (
        "import os\ndef f(x=os.kill(os.getpid(), 9)): return x",
        2,
        "(SIGKILL)",
    ),
    "an exception": (
        "def softmax(x):\n    return x.sum()",
        2,
        "raises AttributeError: 'list' object has no attribute 'sum' "
        "(line 2: `return x.sum()`)",
    ),
    "an exception for one size": (
        RIGHT.replace("exps =", "scores[1]\n    exps ="),
        1,
        "raises IndexError: list index out of range (line 4: `scores[1]`)",
    ),
    "an exception that cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise E\n"
        "def softmax(x):\n    raise E",
        2,
        "raises E (line 4: `raise E`)",
    ),
    "wrong number of arguments": (
        "def softmax(a, b, c, d): return a",
        2,
        "takes arguments that attnbook cannot place",
    ),
    "changes its argument": (
        RIGHT.replace("exps =", "scores.append(max(scores) - 99)\n    exps =")
        .replace("return [e", "scores.pop()\n    scores[0] = 0\n    return [e")
        .replace("for e in exps]", "for e in exps[:-1]]"),
        1,
        "changes its arguments in place",
    ),
    "None": ("def softmax(x): print(x)", 1, "expected a number, got None"),
    "ragged": (
        "def softmax(x): return [[1.0], [2.0, 3.0]]",
        1,
        "got rows of lengths [1, 2]",
    ),
    "not numbers": (
        "def softmax(x): return ['a' for _ in x]",
        1,
        "expected a number at [0], got str",
    ),
    "true and false": (
        "def softmax(x): return [True for _ in x]",
        1,
        "expected a number at [0], got bool",
    ),
    "complex": (
        "def softmax(x): return [1j for _ in x]",
        1,
        "expected a number at [0], got complex",
    ),
    "NaN": (
        "def softmax(x): return [float('nan') for _ in x]",
        1,
        "expected a finite number at [0], got nan",
    ),
    "a huge integer": (
        "def softmax(x): return [10 ** 400 for _ in x]",
        1,
        "got huge int",
    ),
    "a generator": (
        "def softmax(x): return (1.0 for _ in x)",
        1,
        "got generator",
    ),
    "a list in itself": (
        "def softmax(x):\n    x = []\n    x.append(x)\n    return x",
        2,
        "returns too much: lists nested deeper than 8",
    ),
    "a million numbers": (
        "def softmax(x): return [0.5] * 10**6",
        2,
        "returns too much: more than 100000 values",
    ),
    "random and wrong": (
        "import random\ndef softmax(x): return [random.random() for _ in x]",
        1,
        "another result for the same input",
    ),
    "random": (
        "import random\n"
        + RIGHT.replace("/ sum(exps)", "/ sum(exps) + random.random() / 1e7"),
        1,
        "another result for the same input",
    ),
    "too much memory": (
        "def softmax(x): return [0.5] * 10**11",
        2,
        "needs more memory than a check allows",
    ),
    "patched builtins": (
        RIGHT + "import builtins\n"
        "builtins.len = builtins.isinstance = builtins.zip = None\n"
        "builtins.list = builtins.hasattr = builtins.dict = None\n",
        0,
        "Your file replaces `builtins.isinstance`",
    ),
    "patched math": (
        "import math\nmath.exp = lambda x: 2 ** x\n" + RIGHT,
        1,
        "You raise 2 to the power of the scores",
    ),
    "patched json and os": (
        RIGHT + "import json, os\njson.dumps = os.write = os.read = None",
        0,
        "agrees",
    ),
    "a missing module": (
        "import numpy_of_the_future as nf\n"
        "def softmax(x):\n    return nf.softmax(x)",
        2,
        "imports numpy_of_the_future, not installed here (line 3:",
    ),
    "a missing module that is not needed": (
        "import numpy_of_the_future\n" + RIGHT,
        0,
        "agrees with 3.3",
    ),
    "not Python": ("Dear diary,\n", 2, "raises SyntaxError"),
    "no known function": ("def foo(x): return x", 2, "no function has a name"),
    "forks": (
        "import os\n" + RIGHT.replace("exps =", "os.fork()\n    exps ="),
        0,
        "agrees",
    ),
    "replaces standard output": (
        "import sys\nsys.stdout = None\nsys.__stdout__ = None\n" + RIGHT,
        0,
        "agrees",
    ),
    "integers that no float holds": (
        "def softmax(x): return [2**60 + 1 for _ in x]",
        1,
        "got 1.15292e+18",
    ),
    "long doubles": (
        "import numpy as np\n"
        "def softmax(x):\n"
        "    e = np.exp(np.array(x, dtype=np.longdouble) - max(x))\n"
        "    return e / e.sum()",
        0,
        "agrees",
    ),
    "forges a reply too deep to read": (
        "import os, struct\ndef softmax(x):\n"
        "    for file in range(3, 12):\n"
        "        try: os.write(file, struct.pack('!I', 50_000))\n"
        "        except OSError: continue\n"
        "        os.write(file, b'[' * 50_000)\n    return x",
        2,
        "disturbed what attnbook reads its results from",
    ),
    "forges a value that is none": (
        "import os, struct\ndef softmax(x):\n"
        '    body = b\'{"value": "abc", "id": 2, "changed": [], \'\n'
        '    body += b\'"several": false, "printed": ""}\'\n'
        "    for file in range(3, 12):\n"
        "        try: os.write(file, struct.pack('!I', len(body)) + body)\n"
        "        except OSError: pass\n    return x",
        2,
        "disturbed what attnbook reads its results from",
    ),
    "an exception with codes in its name": (
        "def softmax(x): raise type('E\\x1b[2JE', (Exception,), {})('x')",
        2,
        "raises E?[2JE: x (line 1:",
    ),
    "a line end that Python does not count": (
        "a = '\u2028'\n\x0cb = 1\ndef softmax(x): raise ValueError('no')",
        2,
        "raises ValueError: no (line 3: `def softmax(x): raise",
    ),
    "an expression too deep": (
        "softmax = " + "1 +" * 5000 + " 1",
        2,
        "the file nests an expression too deeply for Python",
    ),
    "a name that only an import gives": (
        "from os.path import join as softmax",
        2,
        "the file has `softmax`, but not by a `def` or `class` of its own",
    ),
    "kills its parent": (
        "import os, time\ndef softmax(x):\n"
        "    os.kill(os.getppid(), 9)\n    time.sleep(5)\n    return x",
        2,
        "Operation not permitted" if FENCED else "(SIGKILL)",
    ),
    "leaves a daemon that holds the pipe": (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(300)\n"
        "    os._exit(0)\n" + RIGHT,
        0,
        "agrees",
    ),
    "returns what claims to be a list": (
        "class X:\n    __class__ = property(lambda self: list)\n"
        "def softmax(x): return X()",
        2,
        "returns what gives no numbers (TypeError: 'X' object is not",
    ),
    "returns numbers that refuse to be read": (
        "class I(int):\n    def __float__(self): raise RuntimeError('no')\n"
        "def softmax(x): return [I(1) for _ in x]",
        2,
        "`softmax` returns what gives no numbers (RuntimeError: no).",
    ),
    "returns an array in an array without an end": (
        "class X:\n    def tolist(self): return Y()\n"
        "class Y:\n    def tolist(self): return X()\n"
        "def softmax(x): return X()",
        2,
        "returns what gives no numbers (RecursionError",
    ),
    "an exception whose line cannot be asked": (
        "class E(Exception):\n    lineno = property(lambda self: 1 / 0)\n"
        "def softmax(x): raise E('no')",
        2,
        "raises E: no (line 3:",
    ),
    "an exception whose words are none": (
        "def softmax(x):\n    e = SyntaxError()\n"
        "    e.msg, e.lineno = 7, 'x'\n    raise e",
        2,
        "raises SyntaxError: 7 (line 4: `raise e`)",
    ),
    "an exception whose words lie": (
        "class S(str):\n    def split(self): return 7\n"
        "class E(Exception):\n    def __str__(self): return S('no')\n"
        "def softmax(x): raise E",
        2,
        "raises E: no (line 5:",
    ),
    "an exception of a class without a name": (
        "class M(type): __name__ = property(lambda cls: 1 / 0)\n"
        "class E(Exception, metaclass=M): pass\n"
        "def softmax(x): raise E('no')",
        2,
        "raises E: no (line 3:",
    ),
    "a wrapper of itself": (
        RIGHT + "softmax.__wrapped__ = softmax\n",
        0,
        "agrees",
    ),
    "a class that refuses to be asked": (
        "class M(type):\n"
        "    def __getattribute__(cls, name): raise KeyError(name)\n"
        "class A(metaclass=M): pass\nclass B:\n"
        "    def __getattribute__(self, name): raise KeyError(name)\n"
        "b = B()\n" + RIGHT,
        2,
        "softmax(scores): agrees",
    ),
    "closes the pipes": (
        "import os\ndef softmax(x): os.closerange(0, 100)",
        2,
        "disturbed what attnbook reads its results from",
    ),
    "clears the modules of the check": (
        "import sys\ndef softmax(x):\n    frame = sys._getframe()\n"
        "    while frame := frame.f_back:\n"
        "        frame.f_globals.pop('json', 0)\n    return x",
        2,
        "disturbed what attnbook reads its results from",
    ),
    "a definition that raises": (
        RIGHT.replace("def", "@int\ndef"),
        2,
        "Could not run: `softmax` could not be made.",
    ),
    "a definition that raises beside others": (
        RIGHT + "@int\ndef dot(x, y): pass\n",
        0,
        "The definition of `dot` raises TypeError: int() argument must be",
    ),
    "an alarm": (
        "import os, signal\ndef softmax(x):\n"
        "    os.kill(os.getpid(), signal.SIGALRM)\n"
        "    while True: pass",
        2,
        "`softmax` ended Python by a signal (SIGALRM).",
    ),
    "an expression too deep for the parser": (
        "x = " + 20_000 * "-" + "1\n" + RIGHT,
        2,
        "the file nests an expression too deeply for Python",
    ),
    "an object that is called": (
        RIGHT.replace("def softmax(", "class F:\n  def __call__(self, ")
        + "softmax = F()\n",
        0,
        "agrees",
    ),
    "a record named as an attention": (
        "from typing import NamedTuple\n"
        "class SelfAttention(NamedTuple):\n    queries: list\n"
        "    keys: list\n    values: list\n" + RIGHT,
        0,
        "agrees",
    ),
    "ignores interrupts": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "def softmax(x):\n    while True:\n        try: 1 / 0\n"
        "        except BaseException: pass",
        2,
        "did not finish",
    ),
}


# Where a call has to be waited for in vain, not for long.
SLOW = {
    "`softmax` did not finish within 0.5 seconds",
    "did not finish within 0.5 seconds",
    "did not finish",
    "`softmax` ",
}


@pytest.mark.parametrize("habit", MISBEHAVING)
def test_every_misbehaviour_ends_in_a_sentence(
    habit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, status, part = MISBEHAVING[habit]
    file = tmp_path / "mine.py"
    file.write_text(source, encoding="utf-8")
    limit = "0.5" if part in SLOW else "20"
    found = main(["check", str(file), "--seed", "1", "--seconds", limit])
    printed = " ".join("".join(capsys.readouterr()).split())
    assert part in printed
    assert found == status, printed
    assert "Traceback" not in printed
    assert "\x1b" not in printed
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.py"]


def test_nobody_is_told_to_install_what_is_pythons_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"__builtins__ = {{}}\n{RIGHT}", encoding="utf-8")
    assert main(["check", str(file)]) == 2
    said = capsys.readouterr().out
    assert "raises NameError: name 'max' is not defined" in said
    assert "install" not in said


def test_an_endless_import_ends_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    endless = "@lambda f: [None for _ in iter(int, 1)]\ndef f(): pass"
    file.write_text(endless, encoding="utf-8")
    assert main(["check", str(file), "--seconds", "0.1"]) == 2
    said = capsys.readouterr().err
    assert "The file did not finish within 1 seconds" in said


FILES = {
    "not UTF-8": (b"# caf\xe9\ndef softmax(x): return x\n", "not UTF-8"),
    "another coding, not kept": (
        b"# coding: nonsense\nx = 1\n",
        "a coding that Python refuses",
    ),
    "a coding that is none of text": (
        b"# coding: rot13\nqrs f(k): erghea k\n",
        "declares the coding rot13",
    ),
    "another coding than it declares": (
        b"# coding: utf-16\nx = 1\n",
        "declares utf-16, and is not in it",
    ),
    "empty": (b"  \n", "is empty"),
    "null bytes": (b"x = 1\0\n", "null bytes"),
    "too large": (b"#" * 1_000_001, "larger than"),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_strange_file_ends_in_a_sentence(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, part = FILES[kind]
    file = tmp_path / "mine.py"
    file.write_bytes(raw)
    status = main(["check", str(file)])
    assert part in capsys.readouterr().err
    assert status == 2


@pytest.mark.parametrize(
    "declared", [b"latin-1\n# caf\xe9", b"idna", b"utf-7", b"unicode_escape"]
)
def test_a_declared_coding_is_kept(
    declared: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(b"# coding: " + declared + b"\n" + RIGHT.encode())
    assert main(["check", str(file)]) == 0
    assert "agrees" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["folder", "missing.py"])
def test_no_file_ends_in_a_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    status = main(["check", str(tmp_path / name)])
    said = capsys.readouterr().err
    assert "holds no .py" in said or "there is no file" in said
    assert status == 2


def _alive(marker: str) -> list[int]:
    """Processes whose command line or environment holds the marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if marker.encode() in line and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="needs /proc to look"
)
def test_no_process_is_left_behind(tmp_path: Path) -> None:
    marker = f"left-behind-{os.getpid()}"
    file = tmp_path / "mine.py"
    file.write_text(
        "import subprocess, sys\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"subprocess.Popen([*sleep, {marker!r}])\n"
        "def softmax(x):\n    while True: pass\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "attnbook", "check", str(file)]
    done = subprocess.run(
        [*command, "--seconds", "0.5"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    for _ in range(50):
        if not _alive(marker):
            break
        time.sleep(0.05)
    assert _alive(marker) == []


def test_words_that_a_terminal_cannot_show_are_no_traceback(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "def softmax(x): raise ValueError('\u20ac \\ud800 \\x1b[2J')",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "attnbook", "check", str(file)],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 2
    assert b"raises ValueError: \\u20ac ? ?[2J" in done.stdout
    assert done.stderr == b""


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(RIGHT, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "attnbook", "check", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe")
def test_what_is_no_file_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        assert main(["check", str(path)]) == 2
        assert "is a pipe or a device, and no file" in capsys.readouterr().err


def test_codes_in_a_file_name_reach_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a\x1b[2J.py"
    file.write_text(RIGHT, encoding="utf-8")
    forms = ("text", "concise", "github", "junit", "sarif", "csv", "html")
    for form in forms:
        assert main(["check", str(file), "--output-format", form]) == 0
    main(["check", str(tmp_path / "b\x1b[2J.py")])
    printed = "".join(capsys.readouterr())
    assert printed.count("attnbook") > 3
    assert "\x1b" not in printed


NEIGHBOURS = (
    "random", "string", "queue", "signal", "heapq", "struct", "json", "typing",
    "tokenize", "argparse", "hashlib", "shlex", "pathlib", "enum", "inspect",
)  # fmt: skip


def test_a_neighbour_named_as_a_module_of_python_never_runs_here(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text(RIGHT, encoding="utf-8")
    for name in NEIGHBOURS:
        file = tmp_path / f"{name}.py"
        file.write_text("raise SystemExit('it ran')", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "attnbook", "check", "mine.py"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert "it ran" not in done.stdout
    assert done.returncode in {0, 2}, done.stdout


def test_a_check_as_a_whole_takes_no_longer_than_it_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    slow = RIGHT.replace("exps =", "time.sleep(0.2)\n    exps =")
    more = "def dot(x, y): return sum(a * b for a, b in zip(x, y))\n"
    file.write_text(f"import time\n{slow}{more}", encoding="utf-8")
    words = ["check", str(file), "--seconds", "20", "--max-seconds", "1"]
    assert main(words) == 2
    printed = " ".join(capsys.readouterr().out.split())
    assert "`softmax` agreed on" in printed
    assert "sets of values; then the time for the whole check was" in printed


def test_what_the_time_did_not_reach_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    many = "".join(
        f"def softmax_v{i}(x):\n    time.sleep(0.01)\n    return x\n"
        for i in range(2000)
    )
    file.write_text(f"import time\n{many}", encoding="utf-8")
    words = ["check", str(file), "--seconds", "20", "--max-seconds", "9"]
    assert main(words) == 2
    printed = " ".join(capsys.readouterr().out.split())
    over = "were not checked: the time for the whole check was over"
    assert f"and 1,997 more {over}" in printed
    assert len(printed) < 2000


def test_a_fault_of_ours_costs_one_file_of_a_class(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise TypeError("ours")

    monkeypatch.setattr(files, "survey", broken)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(RIGHT, encoding="utf-8")
    assert main(["check", str(tmp_path)]) == 2
    printed = capsys.readouterr().out
    assert printed.count("the check itself failed") == 2
    assert main(["check", str(tmp_path / "a.py")]) == 2
    assert "fault of attnbook's (TypeError: ours)" in capsys.readouterr().err


def test_a_wrong_one_is_wrong_though_time_ran_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import time\ndef softmax(x):\n    time.sleep(1)\n    return x\n",
        encoding="utf-8",
    )
    words = ["check", str(file), "--seconds", "20", "--max-seconds", "5"]
    assert main(words) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "softmax(scores): differs" in printed
    assert re.search(r"expected [\d.]+ at \[\d+\], got", printed)
    assert "a smaller input and the cause were not looked for" in printed


@pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="needs /proc to look"
)
def test_the_child_of_a_killed_check_ends(tmp_path: Path) -> None:
    file, begun = tmp_path / "mine.py", tmp_path / "begun"
    file.write_text(
        "import os, time\nfrom pathlib import Path\n"
        "def softmax(x):\n"
        f"    Path({str(tmp_path / 'new')!r}).write_text(str(os.getpid()))\n"
        f"    os.rename({str(tmp_path / 'new')!r}, {str(begun)!r})\n"
        "    time.sleep(300)\n",
        encoding="utf-8",
    )
    words = ["-m", "attnbook", "check", str(file), "--seconds", "300"]
    with subprocess.Popen([sys.executable, *words]) as check:
        while not begun.exists():
            time.sleep(0.05)
        child = Path("/proc", begun.read_text(encoding="utf-8"))
        assert _runs(child)
        check.kill()
    for _ in range(200):
        if not _runs(child):
            break
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: Path) -> bool:
    """Whether a process is there and has not ended."""
    try:
        text = (process / "stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"
