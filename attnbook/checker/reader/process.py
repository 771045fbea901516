"""The reader's program in a child process, ended when it misbehaves.

This is a guard against crashes, endless loops and floods, not a sandbox. The
limits on memory and processor time hold where the system offers them (Linux,
most of macOS); the limit on time holds everywhere. `fence` keeps the child
from terminals and other processes, where Linux offers that.
"""

import contextlib
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from itertools import count
from pathlib import Path
from typing import IO, Self

from attnbook.checker.reader import program as child
from attnbook.checker.reader.credible import credible
from attnbook.checker.reader.program import DISTURBED, Reply, Request
from attnbook.checker.reader.values import COMPILED

LOADING = 10
"""How many times as long as a call the import of the file may take."""

FIRST = 3
"""How many times as long the first call of a function may take."""

LONGEST = 64 * 1024 * 1024
"""Bytes in one reply; a child keeps far below that, if it is not disturbed."""

_QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class ChildProgram:
    """A `Program` in a child process; started when first asked.

    `ask` always gives a reply. One with `stopped` says that the child had to
    be ended (`time`), or ended itself (`exit` with its status); the next
    request starts a fresh one.
    """

    def __init__(
        self, source: str, path: Path, seconds: float, megabytes: int
    ) -> None:
        self._source = source
        self._path = path.resolve()
        self._seconds = seconds
        self._megabytes = megabytes
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: queue.Queue[Reply | None] = queue.Queue()
        self._numbers = count()
        self._called: set[str] = set()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self.opened: set[str] = set()
        """Which files of attnbook's own were read while a function ran."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: Request) -> Reply:
        """Send a request to the child, loading the file if it must be."""
        if self._process is not None:
            return self._exchange(request, self._patience(request))
        self._start()
        load = {"source": self._source, "path": str(self._path)}
        loaded = self._exchange(
            {"do": "load", **load}, LOADING * self._seconds
        )
        if request["do"] == "load" or "patched" not in loaded:
            return loaded
        return self._exchange(request, self._patience(request))

    def _patience(self, request: Request) -> float:
        """How long a request may take: what is new may have to be compiled."""
        compiled = request.get("wrap") in COMPILED
        if request["do"] in {"supply", "make"} or compiled:
            return self._seconds * LOADING
        target = f"{request.get('target')} {request.get('wrap')}"
        first = target not in self._called
        self._called.add(target)
        return self._seconds * (FIRST if first else 1)

    def close(self) -> None:
        """End the child and everything that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
        if process.stdin is not None:  # the other end closes the other pipe
            with contextlib.suppress(OSError):
                process.stdin.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def _start(self) -> None:
        """Start the child in a process group of its own."""
        folder = str(Path(child.__file__).parent)
        scratch = tempfile.TemporaryDirectory(prefix="attnbook-")
        self._scratch, self._replies = scratch, queue.Queue()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-B", "-P", folder, str(self._megabytes)],
            cwd=scratch.name, stdin=pipe, stdout=pipe,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # no lock that a waiting thread could hold
            start_new_session=True, env={**os.environ, **_QUIET},
        )  # fmt: skip
        given = self._process.stdout, self._replies
        threading.Thread(target=_collect, args=given, daemon=True).start()

    def _exchange(self, request: Request, seconds: float) -> Reply:
        """Send one request; wait so long, and no longer, for its reply."""
        number = next(self._numbers)
        self._send({**request, "id": number, "seconds": seconds})
        try:
            reply = self._replies.get(timeout=seconds)
        except queue.Empty:
            self.close()
            return {"stopped": "time", "seconds": seconds}
        if reply is None:
            return {"stopped": "exit", "status": self._ending()}
        if reply.get("id") != number or not credible(reply, request["do"]):
            self.close()
            return {"stopped": "exit", "status": None}
        return self._noted(reply, request)

    def _noted(self, reply: Reply, request: Request) -> Reply:
        """The reply, and what was read of attnbook's own kept apart."""
        opened = reply.pop("opened", ())
        if request["do"] != "load":  # what it imports stands in the file
            self.opened |= {*opened}
        return reply

    def _send(self, request: Request) -> None:
        """Write one frame; a child that is gone shows in its reply."""
        body = json.dumps(request).encode()
        pipe = self._process.stdin if self._process else None
        with contextlib.suppress(OSError):
            frame = struct.pack("!I", len(body)) + body
            while pipe is not None and frame:
                frame = frame[pipe.write(frame) :]

    def _ending(self) -> int | None:
        """How the child ended: its status, negative for a signal."""
        process = self._process
        status = None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(timeout=0.5)
        self.close()
        return None if status == DISTURBED else status


def _collect(stream: IO[bytes], replies: "queue.Queue[Reply | None]") -> None:
    """Pass on every reply that arrives, then None; `{}` where one is none.

    The pipe may stay open after the child: what it started may hold it. Then
    this thread stays, too, and nobody waits for it.
    """
    with contextlib.suppress(OSError, ValueError), stream:
        while len(head := _exactly(stream, 4)) == 4:
            reply = _reply(stream, *struct.unpack("!I", head))
            replies.put(reply)
            if not reply:
                return
    replies.put(None)


def _reply(stream: IO[bytes], length: int) -> Reply:
    """One reply, or `{}` in the place of what cannot be read as one."""
    if length > LONGEST:
        return {}
    try:
        reply = json.loads(_exactly(stream, length))
    except (ValueError, RecursionError):
        return {}
    return reply if isinstance(reply, dict) else {}


def _exactly(stream: IO[bytes], count: int) -> bytes:
    """So many bytes, or fewer at the end of the pipe."""
    parts = b""
    while len(parts) < count and (part := stream.read(count - len(parts))):
        parts += part
    return parts
