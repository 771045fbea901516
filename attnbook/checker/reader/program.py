"""Beside the reader's code: load a file, describe its functions, call them.

This module imports only the standard library and its neighbours, and knows no
answers. `python -P attnbook/checker/reader` serves requests over a pipe; in a
browser's worker, `Program` is used directly.

A request and its reply are dictionaries that JSON can carry. What the reader
prints is dropped, what is raised there is told with its line, and what is
replaced in `builtins` or `math` is put back whenever our own code runs.
"""

import ast
import builtins
import contextlib
import importlib
import io
import json
import math
import os
import signal
import struct
import sys
import time
import types
from collections.abc import Iterator
from typing import Any, TypeAlias

from attnbook.checker.reader.describe import (
    described,
    is_record,
    libraries,
    unknown,
)
from attnbook.checker.reader.fence import fence
from attnbook.checker.reader.load import Loader
from attnbook.checker.reader.make import call, make, numbers_as
from attnbook.checker.reader.objects import held
from attnbook.checker.reader.owned import learn
from attnbook.checker.reader.source import python_of
from attnbook.checker.reader.standin import StandIn
from attnbook.checker.reader.turning import turns
from attnbook.checker.reader.values import (
    LIBRARIES,
    TooMuchError,
    UnreadableError,
    encode,
    wrapper,
)
from attnbook.checker.reader.watch import watched

Request: TypeAlias = dict[str, Any]
Reply: TypeAlias = dict[str, Any]

MODULE = "checked_file"

DISTURBED = 74
"""The exit status of a child whose own work the reader's code broke."""

# Each space with our own entries, and those that the reader put there.
_SPACES: tuple[tuple[dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    (vars(builtins), dict(vars(builtins)), {}),
    (vars(math), dict(vars(math)), {}),
    (vars(json), dict(vars(json)), {}),
    (vars(os), dict(vars(os)), {}),
)
_GONE = object()


class Program:
    """A reader's file, loaded, whose functions can be called by name.

    Examples:
        >>> program = Program()
        >>> source = "f = lambda x: 2 * x"
        >>> program.ask({"do": "load", "path": "a.py", "source": source})
        {'patched': [], 'missing': [], 'failed': {}}
        >>> program.ask({"do": "call", "target": "f", "args": [-2]})["value"]
        -4
    """

    def __init__(self) -> None:
        self.path = ""
        self.module = types.ModuleType(MODULE)
        self._loader = Loader("")
        self._libraries: list[str] = []
        self._names: set[str] = set()
        self._loaded = False

    def ask(self, request: Request) -> Reply:
        """Do what the request says: `load`, `describe`, `make` or `call`."""
        actions = {
            "load": self._load,
            "describe": self._describe,
            "supply": self._supply,
            "make": self._make,
            "call": self._call,
        }
        try:
            return actions[request["do"]](request)
        except BaseException as error:  # noqa: BLE001 - whatever is raised
            return {"error": self._tell(error)}

    def _load(self, request: Request) -> Reply:
        """Make the definitions of the file's source, as a module."""
        self.path, self._loaded = request["path"], True
        for _, _, theirs in _SPACES:
            theirs.clear()
        self.module = types.ModuleType(MODULE)
        self.module.__file__ = self.path
        sys.modules[MODULE] = self.module
        self._loader = Loader(self.path, _readers_turn)
        self._loader.load(request["source"], vars(self.module))
        tree = ast.parse(python_of(request["source"], self.path))
        self._names, self._libraries = _offered(tree), libraries(tree)
        return {
            "patched": _patched(),
            "missing": sorted(self._loader.missing.names),
            "failed": {
                name: self._tell(error)
                for name, error in self._loader.errors.items()
                if name in self._names - vars(self.module).keys()
            },
        }

    def _describe(self, _: Request) -> Reply:
        """List what can be called, in the order of the file."""
        found = [
            self._offer(name, item)
            for name, item in list(vars(self.module).items())
            if callable(item) and not name.startswith("__")
            if not is_record(item) and not issubclass(type(item), StandIn)
        ]
        present = [name for name in LIBRARIES if name in sys.modules]
        used = self._libraries if self._loaded else present
        turning = turns(vars(self.module))
        own = learn(self._classes(), _readers_turn) if self._loaded else []
        used = [*used, *own]
        return {"functions": found, "libraries": used, "turning": turning}

    def _classes(self) -> list[type]:
        """The classes that the file makes, or a file beside it."""
        items = [*vars(self.module).values()]
        return [
            e for e in items if issubclass(type(e), type) and self._owns(e)
        ]

    def _offer(self, name: str, item: Any) -> Reply:  # noqa: ANN401
        """What is told of one callable; little where it tells lies."""
        try:
            told = described(name, item, self._owns)
            return told | {"own": self._is_own(name, item)}
        except Exception:  # noqa: BLE001 - the reader's own metaclass
            return unknown(name) | {"own": name in self._names}

    def _is_own(self, name: str, item: Any) -> bool:  # noqa: ANN401
        """Whether the file made this, or a file beside it."""
        return (
            name in self._names
            or self._owns(item)
            or (
                not issubclass(
                    type(item), type | types.FunctionType | types.ModuleType
                )
                and self._owns(type(item))
            )
        )

    def _owns(self, item: Any) -> bool:  # noqa: ANN401
        """Whether a class or function is of the file, or of one beside it."""
        place = _place(item)
        if place == MODULE or self._loader.beside.owns(place):
            return True
        held = vars(self.module).values()
        return not self._loaded and any(item is each for each in held)

    def _supply(self, request: Request) -> Reply:
        """Run what the file would have run to make a name."""
        return {"made": self._loader.need(request["name"])}

    def _make(self, request: Request) -> Reply:
        """Make an object, and list the arrays that it holds."""
        with self._loader.calling():
            made = make(vars(self.module), request, _readers_turn)
        return {"held": [each.described() for each in held(made)]}

    def _call(self, request: Request) -> Reply:
        """Call one function, or a method of a fresh object, once."""
        kind = request.get("wrap", "list")
        args, named = _given(request, kind)
        before = [encode(value) for value in (*args, *named.values())]
        request = {**request, **_besides(request, kind)}
        space, given = vars(self.module), (args, named)
        with self._loader.calling():
            result, printed = call(space, request, given, _readers_turn)
        after = [encode(value) for value in (*args, *named.values())]
        pairs = enumerate(zip(before, after, strict=True))
        return {
            "value": _readable(result),
            "changed": [i for i, (old, new) in pairs if old != new],
            "printed": printed,
            "several": isinstance(result, tuple),
        }

    def _tell(self, error: BaseException) -> Reply:
        """What was raised, and on which of the reader's lines."""
        line = error.lineno if isinstance(error, SyntaxError) else None
        line = line if isinstance(line, int) else None
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.path:
                line = trace.tb_lineno
            trace = trace.tb_next
        missing = error.name if isinstance(error, ImportError) else None
        return {
            "type": _kind(error),
            "message": _message(error),
            "line": line,
            "missing": missing if isinstance(missing, str) else None,
            "undefined": self._undefined(error),
        }

    def _undefined(self, error: BaseException) -> str | None:
        """The name that is missing, if the file would have made it."""
        if not isinstance(error, NameError):
            return None
        name = error.name
        known = isinstance(name, str) and name in self._loader.names()
        return name if known else None


def _readable(result: Any) -> Any:  # noqa: ANN401
    """What a call returned, as JSON carries it.

    Raises:
        UnreadableError: If that raises something: the call itself did not.
    """
    try:
        return encode(result)
    except (TooMuchError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - the reader's own
        said = ": ".join(filter(None, (_kind(error), _message(error))))
        raise UnreadableError(said) from None


def _besides(request: Request, kind: str) -> Request:
    """The other calls that a request asks for, with their arguments made."""
    found: Request = {}
    if "before" in request:
        first, _ = _given(request["before"], kind)
        found["before"] = (request["before"]["method"], first)
    if "forward" in request:
        first, _ = _given(request["forward"], kind)
        found["forward"] = request["forward"] | {"args": first}
    if "backward" in request:
        found["backward"], _ = _given(request["backward"], kind)
    if "then" in request:
        found["then"] = _given(request["then"], kind)
    return found


def _given(request: Request, kind: str) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, as the kind of value that it wants."""
    wrap = wrapper(kind)
    with numbers_as(kind):
        return (
            [wrap(value) for value in request["args"]],
            {k: wrap(v) for k, v in request.get("kwargs", {}).items()},
        )


def _place(item: Any) -> str:  # noqa: ANN401
    """The module that something says it is of; empty where it says none."""
    with contextlib.suppress(Exception):  # a class may refuse to be asked
        return str(item.__module__ or "")
    return ""


def _offered(tree: ast.Module) -> set[str]:
    """The names that a file gives to what it makes."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign) and not isinstance(
            node.value, ast.Attribute | ast.Name
        ):
            targets = [n for each in node.targets for n in ast.walk(each)]
            found |= {n.id for n in targets if isinstance(n, ast.Name)}
    return found


class _Sink(io.TextIOBase):
    """Takes any amount of text and keeps the first of it."""

    def __init__(self) -> None:
        self._kept = ""

    def write(self, text: str) -> int:
        if len(self._kept) < 100:
            self._kept += text[:100]
        return len(text)

    def getvalue(self) -> str:
        """The first characters that were written."""
        return self._kept[:100]


@contextlib.contextmanager
def _readers_turn() -> Iterator[_Sink]:
    """Put the reader's builtins in place, and take ours back afterwards."""
    sink = _Sink()
    process = os.getpid()
    streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), sink, sink
    for space, _, theirs in _SPACES:
        space.update(theirs)
    try:
        yield sink
    finally:
        _take_back()
        sys.stdin, sys.stdout, sys.stderr = streams
        if os.getpid() != process:  # a copy that the reader forked
            os._exit(0)


def _take_back() -> None:
    """Note what the reader replaced, and put ours in its place.

    No builtin is called here: any of them may be the reader's.
    """
    for space, ours, theirs in _SPACES:
        for name, value in ours.items():
            if space.get(name, _GONE) is not value:
                theirs[name] = space.get(name)
        space.update(ours)


def _patched() -> list[str]:
    """The names that the reader replaced, such as `math.exp`."""
    return [
        f"{ours['__name__']}.{name}"
        for _, ours, theirs in _SPACES
        for name in theirs
    ]


def _kind(error: BaseException) -> str:
    """The name of an exception's class, whatever its metaclass says."""
    return str(type.__dict__["__name__"].__get__(type(error)))


def _message(error: BaseException) -> str:
    """The error's own words, if it can say them, on one line."""
    try:
        words = error.msg if isinstance(error, SyntaxError) else error
        words = str.__str__(str(words))  # and no subclass of its own
    except Exception:  # noqa: BLE001 - the reader's own __str__
        words = ""
    return " ".join(words.split())[:200]


def _limit(megabytes: int) -> None:
    """Limit memory, processor time and files, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not everywhere
    except ImportError:
        return
    size = megabytes * 1024 * 1024
    for name, most in (
        ("RLIMIT_AS", size),
        ("RLIMIT_CPU", 300),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 16 * 1024 * 1024),
    ):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))


def _read(file: int, count: int) -> bytes:
    """Exactly so many bytes, or fewer at the end of the pipe."""
    parts = b""
    while len(parts) < count:
        part = os.read(file, count - len(parts))
        if not part:
            break
        parts += part
    return parts


def _write(file: int, reply: Reply) -> None:
    """One reply: its length in four bytes, then JSON."""
    body = json.dumps(reply).encode()
    frame = struct.pack("!I", len(body)) + body
    while frame:
        frame = frame[os.write(file, frame) :]


def serve(megabytes: int) -> None:
    """Answer requests from standard input until it ends.

    Both pipes are moved away from 0 and 1 first, so that nothing the reader
    prints, by whatever means, can get between two replies.
    """
    _limit(megabytes)
    _wait_for_nobody()
    if hasattr(os, "fork"):
        _stand_between()
    fence()
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    try:
        _answer(requests, replies)
    except BaseException:  # noqa: BLE001 - the pipes, or our own modules
        os._exit(DISTURBED)


def _wait_for_nobody() -> None:
    """Let a breakpoint that a reader left in his code stop nothing."""

    def go_on(*_: object, **__: object) -> None:
        pass

    sys.breakpointhook = go_on
    vars(importlib.import_module("pdb"))["set_trace"] = go_on


def _answer(requests: int, replies: int) -> None:
    """One reply after another, until the parent or its pipe is gone."""
    program, opened = Program(), watched()
    parent = os.getppid()
    while len(head := _read(requests, 4)) == 4:
        if os.getppid() != parent:  # it was killed, so this ends, too
            break
        (length,) = struct.unpack("!I", head)
        request = json.loads(_read(requests, length))
        opened.clear()
        _alarm(request["seconds"])
        reply = program.ask(request)
        _alarm(0)
        seen = {"opened": opened} if opened else {}
        _write(replies, {"id": request["id"], **reply, **seen})


def _stand_between() -> None:
    """Go on in a child, while this process stands between it and the check.

    Code that kills its parent kills this one, and not the check. It ends as
    the child ends, and takes the child with it when the check is gone.
    """
    check = os.getppid()
    child = os.fork()
    if not child:
        _end_with_parent()
        return
    for stream in (0, 1):
        os.close(stream)
    ended, status = 0, 0
    while not ended:
        time.sleep(0.02)
        ended, status = os.waitpid(child, os.WNOHANG)
        if os.getppid() != check:
            os.killpg(0, signal.SIGKILL)
    _end_as(status)


def _end_as(status: int) -> None:
    """End as the child ended: by its signal, or with its exit status."""
    if os.WIFSIGNALED(status):
        with contextlib.suppress(OSError):  # SIGKILL is always the default
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _end_with_parent() -> None:
    """Be ended as soon as the parent is, where the system offers that."""
    with contextlib.suppress(Exception):
        ctypes = importlib.import_module("ctypes")
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _alarm(seconds: float) -> None:
    """End this process soon, should the parent be gone by then."""
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(seconds) + 2 if seconds else 0)
