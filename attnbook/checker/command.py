"""The command line: `attnbook check [PATH[::NAME] ...]`."""

import argparse
import io
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Any, NoReturn

from attnbook.checker.files import (
    FAULT,
    LARGEST_FILE,
    STANDARD_INPUT,
    Settings,
    UnableError,
    files_of,
    parted,
)
from attnbook.checker.finding import CANNOT_RUN, Checked, gravest
from attnbook.checker.jobs import check_all
from attnbook.checker.limit import WHOLE
from attnbook.checker.match.chosen import steps_of
from attnbook.checker.say.forms import form
from attnbook.checker.say.text import as_texts, painted
from attnbook.checker.steps.table import STEPS
from attnbook.checker.words import printable

_EPILOG = """\
PATH is a .py file, a notebook, a folder, or - for standard input.

exit status: 0 agrees, 1 differs, 2 could not run, or the attention itself
was not checked

Your file is run in a child process with limits on time and memory. That
guards against crashes; it is no sandbox, so check only code that you would
run yourself.
"""


def run(argv: Sequence[str]) -> int:
    """Check what is named, say what was found, and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(map(_no_option, argv))
    try:
        with _orderly_end():
            checked = _checked(arguments)
            _deliver(checked, arguments)
    except UnableError as reason:
        return _give_up(str(reason))
    except KeyboardInterrupt:
        return _give_up("stopped.")
    except Exception as error:  # noqa: BLE001 - never a traceback of ours
        return _give_up(f"{FAULT} ({type(error).__name__}: {error}).")
    return gravest(checked)


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Leave in order when told to end, so that the child is ended, too."""
    try:
        before = signal.signal(signal.SIGTERM, _end)
    except ValueError:  # only the main thread is told
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: object) -> NoReturn:
    """Leave in order."""
    raise SystemExit(128 + number)


def _give_up(reason: str) -> int:
    """Say why there is no verdict."""
    sys.stderr.write(f"attnbook: {printable(reason)}\n")
    return CANNOT_RUN


_NAMED = f"{STANDARD_INPUT}::"


def _no_option(argument: str) -> str:
    """`-::NAME` as `::NAME`: what begins with a dash is taken for an option.

    Examples:
        >>> _no_option("-::softmax"), _no_option("-q")
        ('::softmax', '-q')
    """
    return argument[argument.startswith(_NAMED) :]


def _path(argument: str) -> str:
    """A path as it was written: `-::NAME` for `::NAME`."""
    return argument if argument[:2] != "::" else STANDARD_INPUT + argument


def _positive(text: str) -> float:
    """A number above 0."""
    return _within(text, _number(float, text), 0.0)


def _megabytes(text: str) -> int:
    """As much memory as Python itself needs, or more."""
    return int(_within(text, _number(float, text), 64.0))


def _count(text: str) -> int:
    """A whole number from 1 on."""
    return int(_within(text, _number(int, text), 1.0, 1000))


def _number(kind: type[float], text: str) -> float:
    """A number of a kind; none where the text is no such number."""
    try:
        return kind(text)
    except ValueError:
        return math.nan


def _within(text: str, value: float, low: float, high: float = 1e6) -> float:
    """A number that keeps its bounds, of which 0 itself is none."""
    if not (value > 0 and low <= value <= high):
        least = f"from {low:g}" if low else "above 0"
        raise argparse.ArgumentTypeError(
            f"must be a number {least} to {high:,.0f}, got {text}"
        )
    return value


_WANTED = (
    "text", "concise", "json", "junit", "sarif", "github", "csv", "html",
)  # fmt: skip

_OPTIONS: Mapping[str, dict[str, Any]] = {
    "paths": {
        "metavar": "PATH[::NAME]",
        "nargs": "+",
        "type": _path,
        "help": "what to check",
    },
    "--as": {
        "dest": "names",
        "action": "append",
        "default": [],
        "metavar": "STEP=NAME",
        "help": "which function is which step",
    },
    "--seed": {"type": int, "help": "repeat a check with its seed"},
    "--output-format": {
        "dest": "form",
        "choices": _WANTED,
        "default": "text",
        "help": "how to say what was found (text)",
    },
    "--output-file": {
        "type": Path,
        "metavar": "FILE",
        "help": "write it there, and the text of it here",
    },
    "--json": {
        "dest": "form",
        "action": "store_const",
        "const": "json",
        "help": "the same as --output-format json",
    },
    "--receipt": {
        "type": Path,
        "metavar": "FILE",
        "help": "write a receipt in Markdown",
    },
    "--jobs": {
        "flags": ["-j", "--jobs"],
        "type": _count,
        "default": 1,
        "metavar": "N",
        "help": "how many files to check at once (1)",
    },
    "--max-seconds": {
        "type": _positive,
        "default": WHOLE,
        "metavar": "S",
        "help": f"how long the check of one file may take ({WHOLE:g})",
    },
    "--seconds": {
        "type": _positive,
        "default": 2.0,
        "metavar": "S",
        "help": "how long one call may take (2)",
    },
    "--memory": {
        "type": _megabytes,
        "default": 2048,
        "metavar": "MB",
        "help": "how many megabytes your code may use (2048)",
    },
    "--transposed-weights": {
        "action": "store_true",
        "default": None,
        "help": "your weights are (d_out, d_in), as in torch's Linear",
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
        rest = {key: value for key, value in option.items() if key != "flags"}
        parser.add_argument(*option.get("flags", [name]), **rest)
    loud = parser.add_mutually_exclusive_group()
    for flags, meaning in _LOUD.items():
        loud.add_argument(*flags, action="store_true", help=meaning)
    return parser


_LOUD = {
    ("-q", "--quiet"): "only the exit status",
    ("-v", "--verbose"): "of several files, the whole text of each",
}


def _checked(arguments: argparse.Namespace) -> list[Checked]:
    """Every file, in the order in which they were named."""
    names = _names(arguments.names)
    seed = arguments.seed
    if seed is None:
        seed = SystemRandom().randrange(1_000_000)
    settings = Settings(
        seed, names, arguments.transposed_weights, arguments.seconds,
        arguments.memory, arguments.max_seconds,
    )  # fmt: skip
    paths = list(files_of(arguments.paths))
    for target in (arguments.receipt, arguments.output_file):
        _keep(paths, target)
    given = b""
    if STANDARD_INPUT in {parted(path)[0] for path in paths}:
        given = _read_in()
    return check_all(paths, settings, given, arguments.jobs, _progress(paths))


def _read_in() -> bytes:
    """What stands in standard input, if that comes to an end in time."""
    given = sys.stdin.buffer.read(LARGEST_FILE + 1)
    if len(given) > LARGEST_FILE:
        raise UnableError(
            f"standard input is larger than {LARGEST_FILE:,} bytes."
        )
    return given


def _keep(paths: Sequence[str], target: Path | None) -> None:
    """Never write over a file that is to be checked."""
    if target is None or not target.exists():
        return
    for path in map(Path, (parted(each)[0] for each in paths)):
        if path.exists() and target.samefile(path):
            raise UnableError(f"{target} would overwrite the file itself.")


def _progress(paths: Sequence[str]) -> Callable[[int], None]:
    """How many files are done, on a terminal and only there."""
    if len(paths) < 2 or not sys.stderr.isatty():
        return lambda done: None  # noqa: ARG005
    whole = len(paths)

    def show(done: int) -> None:
        end = "\n" if done == whole else ""
        sys.stderr.write(f"\r{done} of {whole} checked{end}")
        sys.stderr.flush()

    return show


def _names(pairs: Sequence[str]) -> dict[str, str]:
    """The pairs of `--as`, each step by attnbook's own name for it."""
    found = {}
    for pair in pairs:
        step, _, function = pair.partition("=")
        known = steps_of(step)
        if not known or not function:
            names = ", ".join(each.name for each in STEPS)
            raise UnableError(
                f"--as takes STEP=NAME, with STEP one of {names}; got {pair}."
            )
        found[step] = function
    return found


def _deliver(
    checked: Sequence[Checked], arguments: argparse.Namespace
) -> None:
    """Write what is wanted where it is wanted."""
    if arguments.receipt is not None:
        _write(arguments.receipt, form("receipt")(checked), "the receipt")
    said = form(arguments.form)(checked)
    if arguments.output_file is not None:
        _write(arguments.output_file, said, "the report")
    if arguments.output_file is not None or arguments.form == "text":
        said = _text(checked, verbose=arguments.verbose)
    if not arguments.quiet:
        _print(said)


def _text(checked: Sequence[Checked], *, verbose: bool) -> str:
    """One file in full; of several a table, and on demand each in full."""
    if len(checked) == 1 and checked[0].refused:
        raise UnableError(checked[0].refused)
    text = as_texts(checked) if verbose or not checked[1:] else ""
    if checked[1:]:
        text += ("\n" if text else "") + form("table")(checked)
    plain = os.environ.get("NO_COLOR") or not sys.stdout.isatty()
    return text if plain else painted(text)


def _write(place: Path, text: str, what: str) -> None:
    """A file that is written, or a sentence that says why not."""
    try:
        place.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        said = f"{what} cannot be written to {place}: {error.strerror}."
        raise UnableError(said) from error


def _print(text: str) -> None:
    """Print, to a reader who may have gone."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return
        said = f"the report cannot be written: {error.strerror}."
        raise UnableError(said) from error
