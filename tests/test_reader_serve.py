"""The child's side of the pipe, by its parts and without a process."""

import json
import os
import signal
import struct
import sys
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attnbook.checker.reader import program
from attnbook.checker.reader.live import Live
from attnbook.checker.reader.program import Program, Reply, Request

LONG = 300_000  # more than a pipe holds


class Calls:
    """What was asked of the system, in its order."""

    def __init__(self) -> None:
        self.made: list[tuple[Any, ...]] = []

    def takes(self, name: str, *answers: Any) -> Any:
        """A function that notes how it is called, and answers in turn."""
        left = list(answers)

        def called(*given: Any) -> Any:
            self.made.append((name, *given))
            return left.pop(0) if len(left) > 1 else next(iter(left), None)

        return called


@pytest.fixture
def calls() -> Calls:
    return Calls()


def part(module: Any, **instead: Any) -> SimpleNamespace:
    """A module of Python's with some functions of ours."""
    return SimpleNamespace(**{**vars(module), **instead})


def test_what_is_read_comes_whole_or_up_to_the_end() -> None:
    end, start = os.pipe()
    text = b"x" * LONG
    writer = threading.Thread(target=lambda: _sent(start, text + b"abc"))
    writer.start()
    assert program._read(end, LONG) == text  # noqa: SLF001
    assert program._read(end, 4) == b"abc"  # noqa: SLF001
    assert program._read(end, 4) == b""  # noqa: SLF001
    writer.join()
    os.close(end)


def _sent(file: int, data: bytes) -> None:
    """Write all of it, and end."""
    with os.fdopen(file, "wb") as stream:
        stream.write(data)


def test_a_reply_is_its_length_and_its_json() -> None:
    end, start = os.pipe()
    reply = {"id": 3, "value": "x" * LONG}

    def write() -> None:
        program._write(start, reply)  # noqa: SLF001
        os.close(start)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(end, "rb") as stream:
        frame = stream.read()
    writer.join()
    assert struct.unpack("!I", frame[:4]) == (len(frame) - 4,)
    assert json.loads(frame[4:]) == reply


def answers(*requests: Request) -> list[Reply]:
    """What is answered, frame by frame, until the requests end."""
    given, start = os.pipe()
    end, replies = os.pipe()
    bodies = [json.dumps(each).encode() for each in requests]
    frames = b"".join(struct.pack("!I", len(b)) + b for b in bodies)
    _sent(start, frames)
    program._answer(given, replies)  # noqa: SLF001
    os.close(given)
    os.close(replies)
    found = []
    with os.fdopen(end, "rb") as stream:
        while head := stream.read(4):
            (length,) = struct.unpack("!I", head)
            found.append(json.loads(stream.read(length)))
    return found


LOAD = {"do": "load", "path": "a.py", "source": "def f(x): return 2 * x"}
CALL = {"do": "call", "target": "f", "args": [3.0]}


def test_requests_are_answered_one_after_another(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = calls.takes("alarm")
    monkeypatch.setattr(program, "signal", part(signal, alarm=alarm))
    first, second = answers(
        {**LOAD, "id": 7, "seconds": 20}, {**CALL, "id": 8, "seconds": 0.5}
    )
    assert first == {"id": 7, "patched": [], "missing": [], "failed": {}}
    assert (second["id"], second["value"]) == (8, 6.0)
    seconds = [given for _, given in calls.made]
    assert seconds == [22, 0, 3, 0]


def test_nothing_is_answered_once_the_parent_has_gone(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = calls.takes("getppid", 5, 5, 1)
    monkeypatch.setattr(program, "os", part(os, getppid=above))
    request = {**LOAD, "id": 7, "seconds": 20}
    given, start = os.pipe()
    end, replies = os.pipe()
    body = json.dumps(request).encode()
    _sent(start, 2 * (struct.pack("!I", len(body)) + body))
    program._answer(given, replies)  # noqa: SLF001
    os.close(replies)
    (length,) = struct.unpack("!I", os.read(end, 4))
    assert len(os.read(end, 10 * length)) == length  # one reply, and no more
    assert os.read(given, 10 * len(body)) == body
    os.close(given)
    os.close(end)


def test_a_system_without_alarms_has_none(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "signal", SimpleNamespace())
    program._alarm(3.0)  # noqa: SLF001
    assert calls.made == []


def test_memory_time_and_files_are_limited_where_they_can_be(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"RLIMIT_AS": 1, "RLIMIT_CPU": 2, "RLIMIT_FSIZE": 4}
    setrlimit = calls.takes("set")
    resource = SimpleNamespace(setrlimit=setrlimit, **known)
    monkeypatch.setitem(sys.modules, "resource", resource)
    program._limit(100)  # noqa: SLF001
    mebi = 2**20
    assert calls.made == [
        ("set", 1, (100 * mebi, 100 * mebi)),
        ("set", 2, (300, 300)),
        ("set", 4, (16 * mebi, 16 * mebi)),
    ]
    resource.RLIMIT_CORE = 3
    program._limit(100)  # noqa: SLF001
    assert calls.made[5] == ("set", 3, (0, 0))
    monkeypatch.setitem(sys.modules, "resource", None)
    program._limit(100)  # noqa: SLF001
    assert len(calls.made) == 7


def test_a_limit_that_the_system_refuses_costs_no_other(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: int, _: object) -> None:
        calls.made.append((kind,))
        raise OSError if kind % 2 else ValueError

    names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE", "RLIMIT_FSIZE")
    known = {name: i for i, name in enumerate(names)}
    resource = SimpleNamespace(setrlimit=refuse, **known)
    monkeypatch.setitem(sys.modules, "resource", resource)
    program._limit(100)  # noqa: SLF001
    assert calls.made == [(0,), (1,), (2,), (3,)]


class EndedError(Exception):
    """In the place of an end of the process."""


def between(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, **system: Any
) -> None:
    """Run what stands between the check and the child."""
    monkeypatch.setattr(
        program, "time", SimpleNamespace(sleep=calls.takes("sleep"))
    )
    made = {name: calls.takes(name) for name in ("close", "killpg")}
    monkeypatch.setattr(program, "os", part(os, **made, **system))
    monkeypatch.setattr(program, "_end_as", calls.takes("end"))
    program._stand_between()  # noqa: SLF001


def test_what_stands_between_ends_as_the_child(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(
        calls, monkeypatch, fork=lambda: 55, getppid=lambda: 5,
        waitpid=calls.takes("wait", (0, 0), (55, 9)),
    )  # fmt: skip
    wait = [("sleep", 0.02), ("wait", 55, os.WNOHANG)]
    closed = [("close", 0), ("close", 1)]
    assert calls.made == [*closed, *wait, *wait, ("end", 9)]


def test_what_stands_between_takes_the_child_along(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(
        calls, monkeypatch, fork=lambda: 55,
        getppid=calls.takes("above", 5, 5, 1),
        waitpid=calls.takes("wait", (0, 0), (0, 0), (55, 9)),
    )  # fmt: skip
    killed = [each for each in calls.made if each[0] == "killpg"]
    assert killed[0] == ("killpg", 0, signal.SIGKILL)
    assert calls.made.index(killed[0]) > calls.made.index(("wait", 55, 1))


def test_the_child_goes_on_and_ends_with_its_parent(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    prctl = calls.takes("prctl")
    ctypes = SimpleNamespace(CDLL=lambda _: SimpleNamespace(prctl=prctl))
    monkeypatch.setitem(sys.modules, "ctypes", ctypes)
    between(calls, monkeypatch, fork=lambda: 0)
    assert calls.made == [("prctl", 1, signal.SIGKILL)]
    monkeypatch.setitem(sys.modules, "ctypes", None)
    program._end_with_parent()  # noqa: SLF001


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_one_ends_by_the_signal_by_which_the_other_did(
    number: int, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset(which: int, how: object) -> None:
        calls.made.append(("signal", which, how))
        if which == signal.SIGKILL:
            raise OSError

    def end(status: int) -> None:
        raise EndedError(status)

    kill = calls.takes("kill")
    monkeypatch.setattr(program, "os", part(os, kill=kill, _exit=end))
    monkeypatch.setattr(program, "signal", part(signal, signal=reset))
    with pytest.raises(EndedError):
        program._end_as(int(number))  # noqa: SLF001
    assert calls.made == [
        ("signal", number, signal.SIG_DFL),
        ("kill", os.getpid(), number),
    ]
    calls.made.clear()
    for status in (0, 3, 255):
        with pytest.raises(EndedError) as ended:
            program._end_as(status << 8)  # noqa: SLF001
        assert ended.value.args == (status,)
    assert calls.made == []


def served(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, **parts: Any
) -> None:
    """Serve, with a system that only takes notes."""
    names = ("dup2", "_exit")
    noted = {name: calls.takes(name) for name in names}
    noted |= {
        "dup": lambda file: file + 10,
        "open": lambda name, flags: (name, flags),
        "fork": None,
    }
    steps = (
        *("_limit", "_wait_for_nobody", "_stand_between", "fence"),
        "_answer",
    )
    for name in steps:
        known = parts.pop(name, calls.takes(name))
        monkeypatch.setattr(program, name, known)
    system = {**vars(os), **noted}
    for name in parts.pop("lacks", ()):
        del system[name]
    monkeypatch.setattr(program, "os", SimpleNamespace(**system))
    program.serve(99)


def test_before_it_answers_it_is_limited_fenced_and_its_pipes_moved(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = (os.devnull, os.O_RDWR)
    after = [
        ("fence",),
        *(("dup2", nowhere, standard) for standard in (0, 1, 2)),
        ("_answer", 10, 11),
    ]
    served(calls, monkeypatch)
    before = [("_limit", 99), ("_wait_for_nobody",)]
    assert calls.made == [*before, ("_stand_between",), *after]
    calls.made.clear()
    served(calls, monkeypatch, lacks=["fork"])
    assert calls.made == [*before, *after]


def test_a_child_that_cannot_answer_says_that_it_was_disturbed(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disturbed(*_: object) -> None:
        raise RecursionError

    served(calls, monkeypatch, _answer=disturbed)
    assert calls.made[-1] == ("_exit", 74)


def test_what_is_printed_is_taken_and_its_beginning_kept() -> None:
    sink = program._Sink()  # noqa: SLF001
    assert sink.write("a" * 99) == 99
    assert sink.write("b" * 500) == 500
    assert sink.write("c") == 1
    assert sink.getvalue() == "a" * 99 + "b"


def test_a_copy_that_the_reader_forked_ends_there(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids, end = calls.takes("pid", 5, 6), calls.takes("exit")
    monkeypatch.setattr(program, "os", part(os, getpid=pids, _exit=end))
    with program._readers_turn():  # noqa: SLF001
        pass
    assert calls.made == [("pid",), ("pid",), ("exit", 0)]
    calls.made.clear()
    same = calls.takes("pid", 5)
    monkeypatch.setattr(program, "os", part(os, getpid=same, _exit=end))
    with program._readers_turn():  # noqa: SLF001
        pass
    assert ("exit", 0) not in calls.made


def told(source: str) -> Any:
    """What is told of what a call of `f` raises."""
    asked = Program()
    asked.ask({"do": "load", "path": "mine.py", "source": source})
    return asked.ask({"do": "call", "target": "f", "args": []})["error"]


def test_an_error_is_told_with_its_innermost_line_of_the_file() -> None:
    source = "def g():\n    return [].x\ndef f():\n    return g()\n"
    assert told(source)["line"] == 2
    compiled = "def f():\n    return compile('x = (', 'else.py', 'exec')\n"
    error = told(compiled)
    assert (error["type"], error["line"]) == ("SyntaxError", 2)
    assert error["message"] == "'(' was never closed"
    assert (error["missing"], error["undefined"]) == (None, None)
    odd = "def f():\n    error = SyntaxError('odd')\n"
    assert told(f"{odd}    error.lineno = 'x'\n    raise error")["line"] == 4
    missing = "def f():\n    raise ImportError('no', name=3)"
    assert told(missing)["missing"] is None


def test_a_message_is_one_short_line_of_plain_text() -> None:
    error = told("def f(): raise ValueError('a\\n  b ' + 'c' * 500)")
    assert error["message"] == "a b " + "c" * 196
    source = (
        "class S(str):\n    def split(self, *_): raise KeyError\n"
        "class E(Exception):\n    def __str__(self): return S('said')\n"
        "def f(): raise E\n"
    )
    assert told(source)["message"] == "said"


def test_what_is_replaced_is_named_and_put_back(tmp_path: Path) -> None:
    asked = Program()
    source = (
        "import builtins, json, math, os\nmath.exp = json.dumps = abs\n"
        "builtins.sum = max\ndef f(): return math.exp(-3)\n"
        "def g(): return sum([1, 5])\n"
    )
    path = str(tmp_path / "mine.py")
    reply = asked.ask({"do": "load", "path": path, "source": source})
    assert {*reply["patched"]} == {"math.exp", "json.dumps", "builtins.sum"}
    assert json.dumps(sum([1, 5])) == "6"
    call = {"do": "call", "args": []}
    assert asked.ask(call | {"target": "f"})["value"] == 3
    assert asked.ask(call | {"target": "g"})["value"] == 5
    again = {"do": "load", "path": path, "source": "x = 1"}
    assert asked.ask(again)["patched"] == []


def test_a_definition_that_fails_is_told_by_its_name() -> None:
    source = "@int\ndef f(): pass\n@int\nclass A: pass\nx = 1\n"
    request = {"do": "load", "path": "mine.py", "source": source}
    assert Program().ask(request)["failed"].keys() == {"f", "A"}


def test_what_is_read_of_attnbook_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(program, "watched", lambda: opened)
    monkeypatch.setattr(program, "_alarm", lambda _: None)

    def ask(_: object, request: Request) -> Reply:
        opened.extend(["simple.py"] * (request["id"] == 8))
        return {"made": True}

    monkeypatch.setattr(Program, "ask", ask)
    seen = [each.get("opened") for each in answers(
        *({"id": number, "seconds": 1.0} for number in (7, 8, 9))
    )]  # fmt: skip
    assert seen == [None, ["simple.py"], None]


def test_what_is_no_python_is_told_with_its_line() -> None:
    request = {"do": "load", "path": "mine.py", "source": "x = 1\ny = (\n"}
    error = Program().ask(request)["error"]
    assert (error["type"], error["line"]) == ("SyntaxError", 2)


MADE = """
import numpy as np
from functools import partial
from math import sqrt
from wrapping import wrapped, thrice, B
class M(type):
    def __getattribute__(cls, name): raise KeyError(name)
class Odd(metaclass=M): pass
def f(x): return x
class A:
    def __call__(self, x): return x
a = A()
g = partial(f, 1)
h = sqrt
"""
HELPER = """
from functools import update_wrapper
from math import sqrt
class B:
    def __call__(self, x): return x
class Wrapper:
    def __init__(self, inner): update_wrapper(self, inner)
    def __call__(self, x): return x
wrapped = Wrapper(sqrt)
def thrice(x): return 3 * x
"""


def test_what_a_file_made_is_told_from_what_it_took(tmp_path: Path) -> None:
    (tmp_path / "wrapping.py").write_text(HELPER)
    asked = Program()
    path = str(tmp_path / "mine.py")
    asked.ask({"do": "load", "path": path, "source": MADE})
    told = asked.ask({"do": "describe"})
    found = {each["name"]: each["own"] for each in told["functions"]}
    taken = dict.fromkeys(("partial", "sqrt", "h"), False)
    made = ("wrapped", "thrice", "B", "M", "Odd", "f", "A", "a", "g")
    assert found == taken | dict.fromkeys(made, True)
    kinds = {each["name"]: each["kind"] for each in told["functions"]}
    objects = [name for name in kinds if kinds[name] == "object"]
    assert objects == ["wrapped", "a"]
    assert told["libraries"] == ["numpy"]


class Called:
    """An object that can be called."""

    def __call__(self, x: float) -> float:
        return x


def test_of_objects_that_live_here_those_given_are_their_own() -> None:
    given = {"Called": Called, "a": Called(), "p": partial(abs, 1)}
    told = Live(given).ask({"do": "describe"})
    kinds = {each["name"]: each["kind"] for each in told["functions"]}
    assert kinds == {"Called": "class", "a": "object", "p": "function"}
    (alone,) = Live({"a": Called()}).ask({"do": "describe"})["functions"]
    assert (alone["kind"], alone["own"]) == ("function", True)
    assert "numpy" not in sys.modules or "numpy" in told["libraries"]
