"""The command line: `attnbook check FILE.py`."""

import argparse
import hashlib
import io
import json
import os
import signal
import sys
import tokenize
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from random import SystemRandom
from shlex import quote
from typing import Any, NoReturn

from attnbook.checker.engine import Finding, Options, findings, not_checked
from attnbook.checker.match.names import normal
from attnbook.checker.reader.process import ChildProgram
from attnbook.checker.say.text import (
    CANNOT_RUN,
    Report,
    as_json,
    as_receipt,
    as_text,
)
from attnbook.checker.say.words import problem
from attnbook.checker.steps.table import STEPS

LARGEST_FILE = 1_000_000

_FAULT = "the check itself failed, which is a fault of attnbook's"

_EPILOG = """\
exit status: 0 agrees, 1 differs, 2 could not run

Your file is run in a child process with limits on time and memory. That
guards against crashes; it is no sandbox, so check only code that you would
run yourself.
"""


def run(argv: Sequence[str]) -> int:
    """Check one file, print what was found, and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    before = signal.signal(signal.SIGTERM, _end)
    try:
        report = _report(arguments)
        _deliver(report, arguments)
    except _Unable as reason:
        return _give_up(str(reason), as_json=arguments.json)
    except KeyboardInterrupt:
        return _give_up("stopped.")
    except Exception as error:  # noqa: BLE001 - never a traceback of ours
        kind = type(error).__name__
        return _give_up(f"{_FAULT} ({kind}: {error}).")
    finally:
        signal.signal(signal.SIGTERM, before)
    return report.status


class _Unable(Exception):  # noqa: N818 - no error of ours
    """Why a check cannot be made, in one sentence."""


def _end(number: int, _: object) -> NoReturn:
    """Leave in order, so that the child is ended too."""
    raise SystemExit(128 + number)


def _give_up(reason: str, *, as_json: bool = False) -> int:
    """Say why there is no verdict."""
    if as_json:
        found = {"status": CANNOT_RUN, "verdict": reason, "findings": []}
        sys.stdout.write(f"{json.dumps(found, indent=2)}\n")
    else:
        sys.stderr.write(f"attnbook: {reason}\n")
    return CANNOT_RUN


def _positive(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return value


_OPTIONS: Mapping[str, dict[str, Any]] = {
    "file": {"metavar": "FILE.py[::function]", "help": "what to check"},
    "--as": {
        "dest": "names",
        "action": "append",
        "default": [],
        "metavar": "STEP=FUNCTION",
        "help": "which function is which step",
    },
    "--seed": {"type": int, "help": "repeat a check with its seed"},
    "--transposed-weights": {
        "action": "store_true",
        "help": "your weights are (d_out, d_in), as in torch's Linear",
    },
    "--seconds": {
        "type": _positive,
        "default": 2.0,
        "help": "how long one call may take (2)",
    },
    "--memory": {
        "type": _positive,
        "default": 2048,
        "help": "how many megabytes your code may use (2048)",
    },
    "--json": {"action": "store_true", "help": "print JSON"},
    "--receipt": {
        "type": Path,
        "metavar": "PATH",
        "help": "write a receipt in Markdown",
    },
}


def _parser() -> argparse.ArgumentParser:
    """The options, each with its meaning."""
    parser = argparse.ArgumentParser(
        prog="attnbook check",
        description="Check your own attention, written by hand.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, option in _OPTIONS.items():
        parser.add_argument(name, **option)
    return parser


def _report(arguments: argparse.Namespace) -> Report:
    """Read the file, run it, and gather what was found."""
    name, _, only = arguments.file.partition("::")
    path = Path(name)
    raw, source = _source(path)
    if arguments.receipt is not None and _same(arguments.receipt, path):
        raise _Unable("the receipt would overwrite the file itself.")
    names = _names(arguments.names)
    seed = arguments.seed
    if seed is None:
        seed = SystemRandom().randrange(1_000_000)
    options = Options(seed, only, names, arguments.transposed_weights)
    limits = arguments.seconds, int(arguments.memory)
    with ChildProgram(source, path, *limits) as program:
        patched = _loaded(program, source)
        found = _found(program, source, options)
        left = not_checked(program.ask, source, found, options)
    digest = hashlib.sha256(raw).hexdigest()
    command = _command(arguments, seed)
    kept = path.name, digest, _version(), seed, command
    return Report(*kept, tuple(found), _notes(patched), tuple(left))


def _loaded(program: ChildProgram, source: str) -> list[str]:
    """Load the file; what it replaces when it is loaded."""
    loaded = program.ask({"do": "load"})
    if "patched" not in loaded:
        raise _Unable(problem("the file", loaded, source.splitlines()))
    patched: list[str] = loaded["patched"]
    return patched


def _found(
    program: ChildProgram, source: str, options: Options
) -> list[Finding]:
    """What is found in the file."""
    try:
        return findings(program.ask, source, options)
    except ValueError as error:
        raise _Unable(str(error)) from error


def _source(path: Path) -> tuple[bytes, str]:
    """The file's bytes and text."""
    if path.is_dir():
        raise _Unable(f"{path} is a folder; name a file in it.")
    try:
        raw = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise _Unable(f"{path} cannot be read: {error.strerror}.") from error
    if raw is None:
        raise _Unable(f"there is no file {path}.")
    if not raw.strip():
        raise _Unable(f"{path} is empty.")
    if len(raw) > LARGEST_FILE:
        raise _Unable(f"{path} is larger than {LARGEST_FILE:,} bytes.")
    return raw, _decoded(path, raw)


def _decoded(path: Path, raw: bytes) -> str:
    """The text, by the encoding that the file declares, or UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        text = raw.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise _Unable(f"{path} is not UTF-8 text.") from error
    if "\0" in text:
        raise _Unable(f"{path} is not Python: it holds null bytes.")
    return text


def _same(receipt: Path, path: Path) -> bool:
    """Whether two paths are one file."""
    return receipt.exists() and receipt.samefile(path)


def _names(pairs: Sequence[str]) -> dict[str, str]:
    """The pairs of `--as`, each step by attnbook's own name for it."""
    found = {}
    for pair in pairs:
        step, _, function = pair.partition("=")
        known = [
            each.name
            for each in STEPS
            if step == each.name or normal(step) in each.names
        ]
        if not known or not function:
            names = ", ".join(each.name for each in STEPS)
            raise _Unable(
                f"--as takes STEP=FUNCTION, with STEP one of {names}; "
                f"got {pair}."
            )
        found[normal(step)] = function
    return found


def _version() -> str:
    """The installed version, if it is installed."""
    try:
        return metadata.version("attnbook")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _command(arguments: argparse.Namespace, seed: int) -> str:
    """The command that repeats this check."""
    parts = ["attnbook", "check", arguments.file, "--seed", str(seed)]
    for pair in arguments.names:
        parts += ["--as", pair]
    if arguments.transposed_weights:
        parts.append("--transposed-weights")
    return " ".join(quote(part) for part in parts)


def _notes(patched: Sequence[str]) -> tuple[str, ...]:
    """What the file does to others that import it."""
    if not patched:
        return ()
    names = ", ".join(f"`{name}`" for name in patched)
    return (
        f"Your file replaces {names} when it is imported. The answers here "
        f"were computed without that, but other code will meet it.",
    )


def _deliver(report: Report, arguments: argparse.Namespace) -> None:
    """Print the report, and write the receipt if one is wanted."""
    if arguments.receipt is not None:
        try:
            arguments.receipt.write_text(
                as_receipt(report), "utf-8", errors="backslashreplace"
            )
        except OSError as error:
            place = arguments.receipt
            raise _Unable(
                f"the receipt cannot be written to {place}: {error.strerror}."
            ) from error
    text = as_json(report) if arguments.json else as_text(report)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
