"""The check's side of the pipe, by its parts and without a child."""

import io
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attnbook.checker.reader import process
from attnbook.checker.reader.process import ChildProgram
from attnbook.checker.reader.program import DISTURBED, Reply
from attnbook.checker.reader.values import COMPILED

MADE: Reply = {"made": True}


class Slowly(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, count: int | None = -1) -> bytes:
        return super().read(min(3, count if count is not None else 3))


def frame(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


def collected(*bodies: bytes, rest: bytes = b"") -> list[Any]:
    """What arrives of these frames."""
    replies: queue.Queue[Reply | None] = queue.Queue()
    stream = Slowly(b"".join(map(frame, bodies)) + rest)
    process._collect(stream, replies)  # noqa: SLF001
    assert stream.closed
    return list(replies.queue)


def test_every_frame_arrives_and_then_the_end() -> None:
    two = json.dumps({"id": 2, "text": "x" * 99}).encode()
    assert collected(b'{"id": 1}', two) == [
        {"id": 1}, {"id": 2, "text": "x" * 99}, None,
    ]  # fmt: skip
    assert collected(b'{"id": 1}', rest=b"\0\0\0") == [{"id": 1}, None]


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b"3", b"null", b'"a"', b"[" * 60_000, b"\xff"]
)
def test_what_is_no_reply_is_the_last_that_is_read(body: bytes) -> None:
    assert collected(b'{"id": 1}', body, b'{"id": 2}') == [{"id": 1}, {}]


def test_a_reply_is_no_longer_than_it_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "LONGEST", 9)
    assert collected(b'{"id": 1}') == [{"id": 1}, None]
    assert collected(b'{"id": 10}', b'{"id": 2}') == [{}]


class Child:
    """Takes the place of the process."""

    def __init__(self, status: int | None = None) -> None:
        self.status = status
        self.written = b""
        self.stdin = self

    def write(self, data: bytes) -> int:
        part = data[:5]
        self.written += part
        return len(part)

    def wait(self, timeout: float) -> int:
        if self.status is None:
            raise subprocess.TimeoutExpired("child", timeout)
        return self.status


class Begun(ChildProgram):
    """A program with a child that has answered already."""

    def __init__(self, child: Child, *replies: Reply | None) -> None:
        super().__init__("x = 1", Path("mine.py"), 2.0, 99)
        self._process: Any = child
        for reply in replies:
            self._replies.put(reply)
        self.ends = 0

    def close(self) -> None:
        self.ends += 1


SUPPLY = {"do": "supply", "name": "x"}


def test_a_reply_answers_the_request_that_was_sent() -> None:
    child = Child()
    program = Begun(child, {"id": 0, **MADE}, {"id": 1, **MADE})
    for _ in range(2):
        assert "made" in program.ask(SUPPLY)
    first = {**SUPPLY, "id": 0, "seconds": 20.0}
    body = json.dumps(first).encode()
    assert child.written.startswith(frame(body))
    assert child.written.endswith(json.dumps({**first, "id": 1}).encode())
    assert program.ends == 0


@pytest.mark.parametrize(
    "reply", [{}, {"id": 1, **MADE}, {"id": 0, "made": 1}, {"id": 0}]
)
def test_a_forged_reply_ends_the_child(reply: Reply) -> None:
    program = Begun(Child(), reply)
    assert program.ask(SUPPLY) == {"stopped": "exit", "status": None}
    assert program.ends == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [(0, 0), (3, 3), (-9, -9), (DISTURBED, None), (None, None)],
)
def test_a_child_that_has_ended_tells_how(
    status: int | None, told: int | None
) -> None:
    program = Begun(Child(status), None)
    assert program.ask(SUPPLY) == {"stopped": "exit", "status": told}
    assert program.ends == 1


def test_a_child_that_does_not_answer_is_ended() -> None:
    program = Begun(Child())
    program._seconds = 0.001  # noqa: SLF001
    told = program.ask(SUPPLY)
    assert told == {"stopped": "time", "seconds": 0.01}
    assert program.ends == 1


def patience(*requests: Reply) -> list[float]:
    """How long each of these may take, one after the other."""
    program = ChildProgram("", Path("mine.py"), 2.0, 99)
    return [program._patience(each) for each in requests]  # noqa: SLF001


def test_what_is_new_may_take_longer() -> None:
    call = {"do": "call", "target": "f", "wrap": "list"}
    other = [call | {"target": "g"}, call | {"wrap": "numpy"}]
    assert patience(call, call, *other, call) == [6.0, 2.0, 6.0, 6.0, 2.0]
    assert patience({"do": "describe"}) == [6.0]
    assert patience(SUPPLY, {"do": "make"}) == [20.0, 20.0]
    compiled = call | {"wrap": next(iter(COMPILED))}
    assert patience(compiled, compiled) == [20.0, 20.0]


def test_what_was_read_of_attnbook_is_kept_but_for_the_import() -> None:
    opened = {"opened": ["simple.py"]}
    loaded = {"id": 0, "patched": [], "missing": [], "failed": {}, **opened}
    program = Begun(Child(), loaded, {"id": 1, **MADE, **opened})
    program.ask({"do": "load"})
    assert program.opened == set()
    assert "opened" not in program.ask(SUPPLY)
    assert program.opened == {"simple.py"}


class Started:
    """Takes the place of `Popen`, with replies that lie ready."""

    pid = 4242

    def __init__(self, *replies: Reply) -> None:
        bodies = [
            json.dumps({"id": i, **reply}).encode()
            for i, reply in enumerate(replies)
        ]
        self.stdout = io.BytesIO(b"".join(map(frame, bodies)))
        self.stdin = Kept()
        self.did: list[str] = []

    def __call__(self, command: list[str], **options: Any) -> "Started":
        self.command, self.options = command, options
        return self

    def wait(self, timeout: float = 0.0) -> int:
        self.did.append("wait")
        return int(timeout)

    def kill(self) -> None:
        self.did.append("kill")

    def asked(self) -> list[Any]:
        """The requests that were sent."""
        stream, found = io.BytesIO(self.stdin.whole), []
        while head := stream.read(4):
            found.append(json.loads(stream.read(*struct.unpack("!I", head))))
        return found


class Kept(io.BytesIO):
    """A stream of which one knows after its end what it held."""

    whole = b""

    def close(self) -> None:
        self.whole = self.getvalue()
        super().close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """A child that loads the file and makes a name."""
    loaded: Reply = {"patched": [], "missing": [], "failed": {}}
    return put_in_place(Started(loaded, MADE), monkeypatch)


def put_in_place(child: Started, monkeypatch: pytest.MonkeyPatch) -> Started:
    """The child for the process that a program would start."""
    system = {
        **vars(os),
        "killpg": lambda *given: child.did.append(str(given)),
    }

    def thread(**given: Any) -> threading.Thread:
        child.did.append(str(given["daemon"]))
        return threading.Thread(**given)

    monkeypatch.setattr(process, "os", SimpleNamespace(**system))
    monkeypatch.setattr(process, "threading", SimpleNamespace(Thread=thread))
    made = {**vars(subprocess), "Popen": child}
    monkeypatch.setattr(process, "subprocess", SimpleNamespace(**made))
    return child


def test_a_child_is_started_asked_and_ended_with_all_that_it_has(
    started: Started,
) -> None:
    with ChildProgram("x = 1", Path("mine.py"), 2.0, 99) as program:
        assert program.ask(SUPPLY) == {"id": 1, **MADE}
        scratch = Path(started.options["cwd"])
        assert scratch.is_dir()
    program.close()
    kill = f"(4242, {signal.SIGKILL!r})"
    assert started.did == ["True", kill, "wait"]
    assert not scratch.exists()
    assert started.stdin.closed
    path = str(Path("mine.py").resolve())
    load = {"do": "load", "source": "x = 1", "path": path}
    assert started.asked() == [
        {**load, "id": 0, "seconds": 20.0},
        {**SUPPLY, "id": 1, "seconds": 20.0},
    ]


def test_a_child_has_a_session_and_pipes_of_its_own(started: Started) -> None:
    with ChildProgram("x = 1", Path("mine.py"), 2.0, 99) as program:
        assert "patched" in program.ask({"do": "load"})
    python, *options, folder, memory = started.command
    assert (python, options, memory) == (sys.executable, ["-B", "-P"], "99")
    assert Path(folder, "__main__.py").is_file()
    told = started.options
    assert told["start_new_session"] is True
    assert told["stdin"] == told["stdout"] == subprocess.PIPE
    assert told["stderr"] == subprocess.DEVNULL
    quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    assert told["env"] == {**os.environ, **quiet}
    assert [each["do"] for each in started.asked()] == ["load"]


def test_a_file_that_cannot_be_loaded_is_asked_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = ("type", "message", "line", "missing", "undefined")
    error = dict.fromkeys(told) | {"type": "E", "message": "no"}
    child = put_in_place(Started({"error": error}), monkeypatch)
    with ChildProgram("x = 1", Path("mine.py"), 2.0, 99) as program:
        assert program.ask(SUPPLY) == {"id": 0, "error": error}
    assert [each["do"] for each in child.asked()] == ["load"]


def test_a_child_is_ended_where_there_are_no_groups(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = ChildProgram("x = 1", Path("mine.py"), 2.0, 99)
    program.ask({"do": "load"})
    monkeypatch.setattr(process, "os", SimpleNamespace())
    program.close()
    assert started.did == ["True", "kill", "wait"]
