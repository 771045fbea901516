"""One file, checked in a child process of its own."""

import hashlib
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from attnbook._version import __version__
from attnbook.checker.engine import Options, Survey, survey
from attnbook.checker.finding import Checked
from attnbook.checker.judge.copied import with_opened
from attnbook.checker.limit import WHOLE, limited
from attnbook.checker.match.binding import Ask
from attnbook.checker.reader.process import ChildProgram
from attnbook.checker.reader.program import Reply
from attnbook.checker.reader.source import python_of
from attnbook.checker.reader.standin import OWN, PACKAGES
from attnbook.checker.words import borrowed, lines_of, printable, problem

LARGEST_FILE = 1_000_000
PICTURES = 50  # how much more a notebook may hold, for what it shows
FAULT = "the check itself failed, which is a fault of attnbook's"
STANDARD_INPUT = "-"
SUFFIXES = {".py", ".ipynb"}


class Settings(NamedTuple):
    """How a file is to be checked."""

    seed: int = 0
    names: Mapping[str, str] = {}
    """Of a step, the function that the reader names for it."""
    transposed: bool | None = None
    seconds: float = 2.0
    """How long one call may take."""
    megabytes: int = 2048
    whole: float = WHOLE
    """How long the check of the whole file may take."""


class UnableError(Exception):
    """Why a check cannot be made, in one sentence."""


def files_of(paths: Sequence[str]) -> Iterator[str]:
    """Every path, and in the place of a folder the files in it.

    Raises:
        UnableError: If a folder holds none.
    """
    for path in paths:
        if path == STANDARD_INPUT or not Path(path).is_dir():
            yield path
            continue
        found = [str(each) for each in sorted(_within(Path(path)))]
        if not found:
            raise UnableError(
                f"the folder {path} holds no .py or .ipynb file."
            )
        yield from found


def _within(folder: Path) -> Iterator[Path]:
    """The files of a folder, without what is hidden or made by tools."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        hidden = any(part[0] == "." or part == "__pycache__" for part in parts)
        if path.suffix in SUFFIXES and path.is_file() and not hidden:
            yield path


def parted(named: str) -> tuple[str, str]:
    """Of `PATH::NAME` both; a file may be called that, too.

    Examples:
        >>> parted("mine.py::softmax"), parted("mine.py")
        (('mine.py', 'softmax'), ('mine.py', ''))
    """
    path, _, only = named.partition("::")
    return (named, "") if only and _is_there(named) else (path, only)


def _is_there(path: str) -> bool:
    """Whether a file of that name is there, whatever the name is."""
    try:
        return Path(path).exists()
    except OSError:  # such as a name that is too long
        return False


def check_file(named: str, settings: Settings, given: bytes = b"") -> Checked:
    """Check `PATH` or `PATH::NAME`; what keeps it from a check is said.

    `given` is what standard input held, for the path `-`.
    """
    name, only = parted(named)
    path = Path("standard_input.py" if name == STANDARD_INPUT else name)
    command = _command(named, settings)
    base = Checked(path.name, name, "", __version__, settings.seed, command)
    try:
        raw = given if name == STANDARD_INPUT else _read(path)
        source = _python(path, _decoded(path, raw))
        base = base._replace(digest=hashlib.sha256(raw).hexdigest())
        return _checked(base, source, path, only, settings)
    except UnableError as reason:
        return base._replace(refused=str(reason))
    except Exception as error:  # noqa: BLE001 - one file costs no other
        kind = type(error).__name__
        return base._replace(refused=f"{FAULT} ({kind}: {error}).")


def _checked(
    base: Checked, source: str, path: Path, only: str, settings: Settings
) -> Checked:
    """Load the source in a child, and survey it there."""
    options = Options(settings.seed, only, settings.names, settings.transposed)
    limits = settings.seconds, settings.megabytes
    with ChildProgram(source, path, *limits) as program:
        ask = limited(program.ask, settings.whole)
        loaded = ask({"do": "load"})
        if "patched" not in loaded:
            raise UnableError(problem("the file", loaded, lines_of(source)))
        found = _surveyed(ask, source, options)
        seen = with_opened(found.findings, source, program.opened)
    notes = tuple(_noted(loaded, source))
    failed = tuple(loaded.get("failed", {}))
    told = found._asdict() | {"findings": seen}
    return base._replace(notes=notes, not_made=failed, **told)


def _surveyed(ask: Ask, source: str, options: Options) -> Survey:
    """What a survey finds, or why there is none."""
    try:
        return survey(ask, source, options)
    except ValueError as error:
        raise UnableError(str(error)) from error


def _noted(loaded: Reply, source: str) -> Iterator[str]:
    """What there is to say of a file as it was loaded."""
    yield from _notes(loaded["patched"])
    yield from borrowed(source)
    yield from _stood_in(loaded.get("missing", []))
    yield from _not_made(loaded.get("failed", {}), lines_of(source))


def _notes(patched: Sequence[str]) -> Iterator[str]:
    """What the file does to others that import it."""
    if patched:
        names = ", ".join(f"`{name}`" for name in patched)
        yield (
            f"Your file replaces {names} when it is imported. The answers "
            f"here were computed without that, but other code will meet it."
        )


def _not_made(
    failed: Mapping[str, Reply], lines: Sequence[str]
) -> Iterator[str]:
    """What the file defines, and what came of it instead."""
    for name in list(failed)[:3]:
        raised = {"error": failed[name]}
        yield problem(f"The definition of `{printable(name)}`", raised, lines)


def _stood_in(missing: Sequence[str]) -> Iterator[str]:
    """What the file imports and is not installed here."""
    for name in sorted(OWN.keys() & {*missing}):
        ours = ", ".join(f"`{each}`" for each in OWN[name])
        yield (
            f"`{name}`: not installed here; where the file calls {ours}, "
            f"attnbook's own took their place."
        )
    yield from _without([name for name in missing if name not in OWN])


def _without(rest: Sequence[str]) -> Iterator[str]:
    """What a stand-in took the place of: known libraries, and the others."""
    if known := [name for name in rest if name in PACKAGES]:
        wanted = " ".join(PACKAGES[name] for name in known)
        yield (
            f"{_quoted(known)}: not installed here, so a stand-in took its "
            f"place. What needs it is not checked; `pip install {wanted}` "
            f"helps."
        )
    if others := [name for name in rest if name not in PACKAGES]:
        yield (
            f"{_quoted(others)}: neither beside the file nor installed, so a "
            f"stand-in took its place: it answers when it is asked for a "
            f"size, and what else needs it is not checked. A file of yours "
            f"is found in the folder of this one."
        )


def _quoted(names: Sequence[str]) -> str:
    """Names as code."""
    return ", ".join(f"`{name}`" for name in names)


def _read(path: Path) -> bytes:
    """The bytes of a file that is one."""
    try:
        if path.is_dir():
            raise UnableError(f"{path} is a folder; name a file in it.")
        if path.exists() and not path.is_file():
            raise UnableError(f"{path} is a pipe or a device, and no file.")
        if not path.exists():
            raise UnableError(f"there is no file {path}.")
        most = LARGEST_FILE * (PICTURES if path.suffix == ".ipynb" else 1)
        if path.stat().st_size > most:
            raise UnableError(f"{path} is larger than {most:,} bytes.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UnableError(f"{path} cannot be read: {said}.") from error


def _decoded(path: Path, raw: bytes) -> str:
    """The text, by the encoding that the file declares, or UTF-8."""
    if not raw.strip():
        raise UnableError(f"{path} is empty.")
    encoding = _declared(path, raw)
    text = _text(path, raw, encoding)
    if text is None:
        raise UnableError(f"{path} {_said(encoding)}.")
    if "\0" in text:
        raise UnableError(f"{path} is not Python: it holds null bytes.")
    return text


def _declared(path: Path, raw: bytes) -> str:
    """The encoding that a file declares, or UTF-8."""
    try:
        return tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
    except SyntaxError as error:
        said = "is not UTF-8 text."
        if (reason := str(error)).startswith(("unknown", "encoding problem")):
            said = f"declares a coding that Python refuses ({reason})."
        raise UnableError(f"{path} {said}") from error


def _text(path: Path, raw: bytes, encoding: str) -> str | None:
    """The text, or None where the bytes are not in that encoding."""
    try:
        kept = "#".encode(encoding) == b"#"
        return raw.decode(encoding) if kept else None
    except UnicodeError:
        return None
    except LookupError as error:
        said = f"{path} declares the coding {encoding}, which is none of text."
        raise UnableError(said) from error


def _said(encoding: str) -> str:
    """What a file is not that holds other bytes than it declares."""
    if encoding.startswith("utf-8"):
        return "is not UTF-8 text"
    return f"declares {encoding}, and is not in it"


def _python(path: Path, text: str) -> str:
    """The Python of a file, or of a notebook's cells."""
    try:
        source = python_of(text, path.name)
    except ValueError as error:
        raise UnableError(f"{path}: {error}.") from error
    if len(source) > LARGEST_FILE:
        raise UnableError(f"{path} is larger than {LARGEST_FILE:,} bytes.")
    return source


def _command(named: str, settings: Settings) -> str:
    """The command that repeats this check."""
    parts = ["attnbook", "check", named, "--seed", str(settings.seed)]
    for step, function in settings.names.items():
        parts += ["--as", f"{step}={function}"]
    if settings.transposed:
        parts.append("--transposed-weights")
    return " ".join(quote(part) for part in parts)
