"""Beside the reader's code: load a file, describe its functions, call them.

This module imports only the standard library, nothing of attnbook, and knows
no answers. Run as a script it serves requests over a pipe; in a browser's
worker, `Program` is used directly.

A request and its reply are dictionaries that JSON can carry. What the reader
prints is dropped, what he raises is told with his line, and what he replaces
in `builtins` or `math` is put back whenever our own code runs.
"""

import builtins
import collections
import contextlib
import importlib
import inspect
import io
import json
import math
import numbers
import os
import signal
import struct
import sys
import time
import types
from collections.abc import Iterator
from typing import Any, TypeAlias

Request: TypeAlias = dict[str, Any]
Reply: TypeAlias = dict[str, Any]

MODULE = "checked_file"
MOST_NUMBERS = 100_000
DEEPEST = 8

# Each space with our own entries, and those that the reader put there.
_SPACES: tuple[tuple[dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    (vars(builtins), dict(vars(builtins)), {}),
    (vars(math), dict(vars(math)), {}),
    (vars(json), dict(vars(json)), {}),
    (vars(os), dict(vars(os)), {}),
)
_GONE = object()


class TooMuchError(Exception):
    """The reader's function returned more than a check can want."""


class Program:
    """A reader's file, loaded, whose functions can be called by name.

    Examples:
        >>> program = Program()
        >>> program.ask({"do": "load", "path": "a.py", "source": "f = abs"})
        {'patched': []}
        >>> program.ask({"do": "call", "target": "f", "args": [-2]})["value"]
        2
    """

    def __init__(self) -> None:
        self.path = ""
        self.module = types.ModuleType(MODULE)

    def ask(self, request: Request) -> Reply:
        """Do what the request says: `load`, `describe` or `call`."""
        actions = {
            "load": self._load,
            "describe": self._describe,
            "call": self._call,
        }
        try:
            return actions[request["do"]](request)
        except BaseException as error:  # noqa: BLE001 - whatever he raises
            return {"error": self._tell(error)}

    def _load(self, request: Request) -> Reply:
        """Run the file's source as a module of its own."""
        self.path = request["path"]
        for _, _, theirs in _SPACES:
            theirs.clear()
        self.module = types.ModuleType(MODULE)
        self.module.__file__ = self.path
        sys.modules[MODULE] = self.module
        code = compile(request["source"], self.path, "exec", dont_inherit=True)
        with _readers_turn():
            exec(code, vars(self.module))  # noqa: S102 - this is the task
        return {"patched": _patched()}

    def _describe(self, _: Request) -> Reply:
        """List what can be called, in the order of the file."""
        found = [
            _describe(name, item)
            for name, item in list(vars(self.module).items())
            if callable(item) and not name.startswith("__")
        ]
        libraries = [
            name for name in ("numpy", "torch") if name in sys.modules
        ]
        return {"functions": found, "libraries": libraries}

    def _call(self, request: Request) -> Reply:
        """Call one function, or a method of a fresh object, once."""
        wrap = _wrapper(request.get("wrap", "list"))
        args = [wrap(value) for value in request["args"]]
        named = {k: wrap(v) for k, v in request.get("kwargs", {}).items()}
        before = [_encode(value) for value in (*args, *named.values())]
        with _readers_turn() as printed:
            result = self._target(request, wrap)(*args, **named)
        after = [_encode(value) for value in (*args, *named.values())]
        changed = [
            i
            for i, (old, new) in enumerate(zip(before, after, strict=True))
            if old != new
        ]
        return {
            "value": _encode(result),
            "changed": changed,
            "printed": printed.getvalue(),
            "several": isinstance(result, tuple),
        }

    def _target(self, request: Request, wrap: Any) -> Any:  # noqa: ANN401
        """The function itself, or the method of an object made for it."""
        owner, _, method = request["target"].partition(".")
        found = getattr(self.module, owner)
        if not method:
            return found
        init = {k: wrap(v) for k, v in request.get("init", {}).items()}
        made = found(**init) if isinstance(found, type) else found
        for name, value in request.get("attributes", {}).items():
            if hasattr(made, name):
                setattr(made, name, wrap(value))
        return getattr(made, method)

    def _tell(self, error: BaseException) -> Reply:
        """What was raised, and on which of the reader's lines."""
        line = getattr(error, "lineno", None)
        if not isinstance(error, SyntaxError):
            line = None
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.path:
                line = trace.tb_lineno
            trace = trace.tb_next
        return {
            "type": type(error).__name__,
            "message": _message(error),
            "line": line,
            "missing": getattr(error, "name", None)
            if isinstance(error, ImportError)
            else None,
        }


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


def _message(error: BaseException) -> str:
    """The error's own words, if it can say them, on one line."""
    try:
        words = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001 - the reader's own __str__
        words = ""
    return " ".join(words.split())[:200]


def _describe(name: str, item: Any) -> Reply:  # noqa: ANN401
    """A function's parameters; of a class also the methods'."""
    found: Reply = {
        "name": name,
        "own": getattr(item, "__module__", None) == MODULE,
        "parameters": _parameters(item),
        "methods": {},
    }
    if isinstance(item, type):
        found["methods"] = {
            method: (_parameters(function) or [None])[1:]
            if not isinstance(vars(item)[method], staticmethod)
            else _parameters(function)
            for method, function in inspect.getmembers(item, callable)
            if method in vars(item)
            and (method == "__call__" or not method.startswith("_"))
        }
    return found


def _parameters(function: Any) -> list[Any] | None:  # noqa: ANN401
    """Each parameter as name, kind and whether it may be left out."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return [
        [name, each.kind.name, each.default is not each.empty]
        for name, each in signature.parameters.items()
    ]


def _wrapper(kind: str) -> Any:  # noqa: ANN401
    """What turns lists into the kind of value that the reader wants."""
    if kind == "list":
        return _copy
    library = importlib.import_module(kind)
    make = library.array if kind == "numpy" else library.tensor

    def wrap(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return _with_names(value, wrap)
        if isinstance(value, list) and isinstance(value[0], dict):
            return [_with_names(item, wrap) for item in value]
        return make(value) if isinstance(value, list) else value

    return wrap


def _copy(value: Any) -> Any:  # noqa: ANN401
    """Fresh lists, so that no call sees what another did to them."""
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return _with_names(value, _copy)
    return value


def _with_names(value: Any, wrap: Any) -> Any:  # noqa: ANN401
    """A tuple whose items can be taken by place or by name."""
    kind = collections.namedtuple("Named", value["fields"])  # type: ignore[misc]  # noqa: PYI024
    return kind(*(wrap(item) for item in value["items"]))


def _encode(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON can carry it; what isn't numbers is named by type."""
    room = [MOST_NUMBERS]
    return _encode_within(value, room, depth=0)


def _encode_within(value: Any, room: list[int], depth: int) -> Any:  # noqa: ANN401
    """Encode, counting down the room that is left."""
    room[0] -= 1
    if room[0] < 0:
        raise TooMuchError(f"more than {MOST_NUMBERS} values")
    if depth > DEEPEST:
        raise TooMuchError(f"lists nested deeper than {DEEPEST}")
    if isinstance(value, bool) or value is None:
        return {"other": type(value).__name__}
    if isinstance(value, float | int):
        return float(value) if isinstance(value, float) else _whole(value)
    if isinstance(value, list | tuple | dict):
        return _encode_items(value, room, depth + 1)
    if hasattr(value, "tolist"):
        plain = value.tolist()
        if type(plain) is not type(value):
            return _encode_within(plain, room, depth)
    if isinstance(value, numbers.Real):  # a long double is its own `tolist`
        return float(value)
    return _encode_object(value, room, depth)


def _encode_items(value: Any, room: list[int], depth: int) -> Any:  # noqa: ANN401
    """Encode a list or tuple, or one whose items have names."""
    if isinstance(value, dict):
        names = [str(name) for name in value]
        value = list(value.values())
    else:
        names = list(getattr(value, "_fields", ()))
    items = [_encode_within(item, room, depth) for item in value]
    return {"fields": names, "items": items} if names else items


def _encode_object(value: Any, room: list[int], depth: int) -> Any:  # noqa: ANN401
    """Encode a data class by its fields, anything else by its type."""
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is None:
        return {"other": type(value).__name__}
    named = {name: getattr(value, name) for name in fields}
    return _encode_items(named, room, depth + 1)


def _whole(value: int) -> Any:  # noqa: ANN401
    """An integer as long as a float is exact, then the float nearest to it."""
    try:
        nearest = float(value)
    except OverflowError:
        return {"other": "huge int"}
    return int(value) if abs(value) <= 2**53 else nearest


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
    if hasattr(os, "fork"):
        _stand_between()
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    program = Program()
    parent = os.getppid()
    while len(head := _read(requests, 4)) == 4:
        if os.getppid() != parent:  # it was killed, so this ends, too
            break
        (length,) = struct.unpack("!I", head)
        request = json.loads(_read(requests, length))
        _alarm(request["seconds"])
        reply = program.ask(request)
        _alarm(0)
        _write(replies, {"id": request["id"], **reply})


def _stand_between() -> None:
    """Go on in a child, while this process stands between it and the check.

    Whoever kills his parent kills this one, and not the check. It ends as
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


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2])
    serve(int(sys.argv[1]))
