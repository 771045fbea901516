"""Objects of this process: functions, classes, instances and modules."""

import inspect
import linecache
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from attnbook._version import __version__
from attnbook.checker.engine import Options, survey
from attnbook.checker.finding import Checked, Finding
from attnbook.checker.reader.live import Live

HERE = "It ran in this process, without a limit on its time."


def check_objects(named: Mapping[str, Any], options: Options) -> Checked:
    """Check objects by their names, where they live.

    Raises:
        ValueError: If a name that is asked for is not among them.
    """
    path, source = _source(list(named.values()))
    program = Live(named, path)
    found = survey(program.ask, source, options)
    base = Checked(
        ", ".join(named) or "nothing", version=__version__, seed=options.seed,
        notes=(HERE,),
    )  # fmt: skip
    base = base._replace(**found._asdict())
    placed = tuple(_placed(each, named) for each in base.findings)
    return base._replace(findings=placed)


def names_of(subjects: Sequence[Any]) -> dict[str, Any]:
    """The subjects by the names they go by; a module gives all its own.

    Raises:
        ValueError: If a subject can neither be called nor looked into.
    """
    return {name: item for each in subjects for name, item in _names_of(each)}


def _names_of(subject: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """One subject, or what a module defines."""
    if isinstance(subject, ModuleType):
        yield from (
            (name, item)
            for name, item in vars(subject).items()
            if callable(item)
            and getattr(item, "__module__", None) == subject.__name__
        )
    elif callable(subject):
        yield _name(subject), subject
    else:
        kind = type(subject).__name__
        raise ValueError(
            "subjects must be functions, classes, objects that can be called, "
            f"modules or paths, got {kind}"
        )


def _name(subject: Any) -> str:  # noqa: ANN401
    """A function's or a class's name; of an instance, that of its class."""
    function = getattr(subject, "func", subject)  # of a partial
    name = getattr(function, "__name__", type(subject).__name__)
    return str(name) if str(name).isidentifier() else "given"


def _source(subjects: Sequence[Any]) -> tuple[str, str]:
    """The file, or cell, of the first subject, with its text."""
    for subject in subjects:
        code = getattr(inspect.unwrap(subject), "__code__", None)
        path = code.co_filename if code is not None else _file(subject)
        if lines := linecache.getlines(path):
            return path, "".join(lines)
    return "", ""


def _file(subject: Any) -> str:  # noqa: ANN401
    """The file of a class, or of an instance's class."""
    kind = subject if isinstance(subject, type) else type(subject)
    try:
        return inspect.getsourcefile(kind) or ""
    except TypeError:  # a class of Python's own, or of no file
        return ""


def _placed(finding: Finding, named: Mapping[str, Any]) -> Finding:
    """The line by the object's own code, where it has one."""
    subject = named.get(finding.function)
    code = getattr(subject, "__code__", None)
    if code is None or finding.verdict == "cannot run":
        return finding
    return finding._replace(line=code.co_firstlineno)
