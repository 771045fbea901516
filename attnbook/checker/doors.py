"""`attnbook.check` and `attnbook.assert_agrees`: the way in from Python."""

import sys
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import Any

from attnbook.checker.engine import Options
from attnbook.checker.finding import Checked
from attnbook.checker.here import check_objects, names_of
from attnbook.checker.match.chosen import steps_of
from attnbook.checker.report import Report
from attnbook.checker.steps.table import STEPS


def check(
    *subjects: Any,  # noqa: ANN401 - whatever a reader has
    step: str | None = None,
    seed: int = 0,
    transposed: bool | None = None,
) -> Report:
    """Check what the reader has: objects, modules, files, folders.

    A path is checked in a child process with limits, an object in this one.
    Without a subject, every name of the caller that attnbook knows is
    checked. `step` says which step a single subject is, where its name does
    not tell; `transposed`, whether weights are `(d_out, d_in)`: for None it
    is found out.

    Raises:
        ValueError: If a subject is nothing to check, or `step` is unknown.

    Examples:
        >>> def softmax(scores):
        ...     return [score / sum(scores) for score in scores]
        >>> bool(check(softmax))
        False
        >>> print(check(softmax).findings[0].cause.advice)
        Take `exp` of every score first: negative scores need it.
    """
    wanted = _named_step(step)
    if not subjects:
        subjects = (_known(sys._getframe(1).f_globals),)  # noqa: SLF001
    paths, objects, given = _sorted_out(subjects)
    found: list[Checked] = []
    if objects or given or not paths:
        named = names_of(objects) | given
        options = Options(seed, "", _as(wanted, named), transposed)
        found.append(check_objects(named, options))
    found += _check_paths(paths, wanted, seed, transposed)
    return Report(tuple(found))


def assert_agrees(
    subject: Any,  # noqa: ANN401
    step: str | None = None,
    *,
    seed: int = 0,
) -> None:
    """Fail with the whole report unless the subject agrees.

    Raises:
        AssertionError: If it differs or could not be checked.
        ValueError: If the subject is nothing to check, or `step` is unknown.

    Examples:
        >>> from attnbook.simple import softmax
        >>> assert_agrees(lambda scores: softmax(scores), "softmax")
    """
    __tracebackhide__ = True
    report = check(subject, step=step, seed=seed)
    if not report.ok:
        raise AssertionError(str(report))


def _sorted_out(
    subjects: Iterable[Any],
) -> tuple[list[str], list[Any], dict[str, Any]]:
    """Paths, objects, and objects that come with their names."""
    paths: list[str] = []
    objects: list[Any] = []
    given: dict[str, Any] = {}
    for subject in subjects:
        if isinstance(subject, str | PathLike):
            paths.append(str(fspath(subject)))
        elif isinstance(subject, Mapping):
            given |= subject
        elif isinstance(subject, list | tuple):
            more = _sorted_out(subject)
            paths, objects = paths + more[0], objects + more[1]
            given |= more[2]
        else:
            objects.append(subject)
    return paths, objects, given


def _check_paths(
    paths: list[str], step: str, seed: int, transposed: bool | None
) -> list[Checked]:
    """Each file in a child of its own; a folder's files one by one."""
    from attnbook.checker import files  # noqa: PLC0415 - a page has no child

    try:
        names = list(files.files_of(paths))
    except files.UnableError as reason:
        raise ValueError(str(reason)) from reason
    found = []
    for name in names:
        named = {step: _only(*files.parted(name))} if step else {}
        settings = files.Settings(seed, named, transposed)
        found.append(files.check_file(name, settings))
    return found


def _only(path: str, only: str) -> str:
    """The function that a path names, which a step needs."""
    if not only:
        raise ValueError(
            f"step needs one function: a path must be PATH::NAME, got {path}"
        )
    return only


def _named_step(step: str | None) -> str:
    """The step's own name by any name that it goes by; empty for none."""
    if step is None:
        return ""
    if found := steps_of(str(step)):
        return found[0].name
    known = ", ".join(each.name for each in STEPS)
    raise ValueError(f"step must be one of {known}, got {step!r}")


def _as(step: str, named: Mapping[str, Any]) -> dict[str, str]:
    """Which of the names is the step: the only one."""
    if not step:
        return {}
    if len(named) != 1:
        raise ValueError(f"step needs one subject, got {len(named)}")
    return {step: next(iter(named))}


def made_in(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The functions and classes that a namespace made, not those it took."""
    home = namespace.get("__name__")
    return {
        name: item
        for name, item in namespace.items()
        if callable(item)
        and not name.startswith("_")
        and getattr(item, "__module__", home) == home
    }


def _known(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Those of them that have a name of a step."""
    made = made_in(namespace)
    return {name: made[name] for name in made if steps_of(name)}
