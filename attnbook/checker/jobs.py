"""Many files at once, each in a process of its own."""

import copyreg
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attnbook.checker.files import Settings, check_file
from attnbook.checker.finding import Checked
from attnbook.checker.steps.table import Step, step_named

if TYPE_CHECKING:
    from concurrent.futures import Future

# A step holds functions, which do not travel: it is sent by its name.
copyreg.pickle(Step, lambda step: (step_named, (step.name,)))


def check_all(
    paths: Sequence[str],
    settings: Settings,
    given: bytes,
    jobs: int,
    progress: Callable[[int], None],
) -> list[Checked]:
    """Every file, in the order in which they were named."""
    if jobs == 1 or len(paths) == 1:
        found = []
        for path in paths:
            found.append(check_file(path, settings, given))
            progress(len(found))
        return found
    return list(_at_once(paths, settings, given, jobs, progress))


def _at_once(
    paths: Sequence[str],
    settings: Settings,
    given: bytes,
    jobs: int,
    progress: Callable[[int], None],
) -> Iterator[Checked]:
    """The same by several processes; one that dies costs its file alone."""
    from concurrent import futures  # noqa: PLC0415 - only where it is wanted
    from multiprocessing import get_context  # noqa: PLC0415

    method = "fork" if sys.platform == "linux" else None
    context = get_context(method)
    with futures.ProcessPoolExecutor(min(jobs, len(paths)), context) as pool:
        waiting = [
            pool.submit(check_file, path, settings, given) for path in paths
        ]
        for done, _ in enumerate(futures.as_completed(waiting), 1):
            progress(done)
    for path, future in zip(paths, waiting, strict=True):
        yield _result(path, future, settings)


def _result(
    path: str, future: "Future[Checked]", settings: Settings
) -> Checked:
    """What a process found, or that it was ended before it could tell."""
    if future.exception() is None:
        return future.result()
    said = f"the check of {path} was ended from outside."
    return Checked(path, path, seed=settings.seed, refused=said)
