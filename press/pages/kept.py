"""Keeps what a page came to, until something that it read has changed.

Each page that has to run does so in a process beside this one, which notes
all that the run reads. What was kept is used again while the page and that
have not changed; where only words have changed, the run is used again. A
page with a problem is not kept, and what a page shows is compared with its
run whenever its text is new.
"""

import functools
import json
import os
import platform
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from hashlib import sha256
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from press.pages import reading
from press.pages.book import Book
from press.pages.origin import Origin, Origins, origins
from press.pages.page import Page, read_page
from press.pages.proof import Problem, proofread
from press.pages.render import render
from press.pages.session import Known, Run, Shown, drawn_of, run_page
from press.pages.sums import Sum
from press.pages.turn import turn

Digest: TypeAlias = Callable[[str], str]


class Result(NamedTuple):
    """What a page came to."""

    run: Run
    markdown: str
    origins: Origins
    problems: list[Problem]


class Entry(NamedTuple):
    """A result as it is kept: of which text, and after reading what."""

    world: str  # Python, and what is installed
    text: str
    asked: str  # what the run is of
    reads: dict[str, str]
    run: Run
    markdown: str
    origins: Origins


def results(
    paths: Iterable[Path], book: Book, folder: Path
) -> dict[Path, Result]:
    """What each page comes to, kept in a folder or worked out now.

    Of two processes that miss a page, one works it out.
    """
    found, missing = _kept_of(paths, book, folder)
    if not missing:
        return found
    with turn(folder):
        more, missing = _kept_of(missing, book, folder)
        worked = _side_by_side(missing, book, folder) if missing else []
    return found | more | dict(zip(missing, worked, strict=True))


def _kept_of(
    paths: Iterable[Path], book: Book, folder: Path
) -> tuple[dict[Path, Result], list[Path]]:
    """What is kept of pages as they are now, and the pages that are not."""
    digest = _digest_once(book.root)
    found, missing = dict[Path, Result](), list[Path]()
    for path in paths:
        entry = _kept(path, book, folder, digest)
        if entry and entry.text == _sha(path.read_text(encoding="utf-8")):
            found[path] = Result(entry.run, entry.markdown, entry.origins, [])
        else:
            missing.append(path)
    return found, missing


def _side_by_side(paths: list[Path], book: Book, folder: Path) -> list[Result]:
    """Work pages out, as many at a time as there are cores."""
    with ProcessPoolExecutor(
        min(os.cpu_count() or 1, len(paths)),
        get_context("spawn"),
        initializer=sys.addaudithook,
        initargs=(reading.note,),
    ) as pool:
        return list(pool.map(_work, paths, repeat(book), repeat(folder)))


def _work(path: Path, book: Book, folder: Path) -> Result:
    """Run, render and proofread one page, and keep it if it is right."""
    began, digest = time.time(), _digest_once(book.root)
    old = _kept(path, book, folder, digest)
    page, result, reads = _result(path, book, old)
    if not (result.problems or reading.changed_since(book.root, reads, began)):
        known = {name: digest(name) for name in reads}
        shas = _world(), _sha(page.text), _asked(page)
        entry = Entry(
            *shas, known, result.run, result.markdown, result.origins
        )
        _keep(entry, _place(path, book, folder))
    return result


def _result(
    path: Path, book: Book, old: Entry | None
) -> tuple[Page, Result, reading.Noted]:
    """A page, what it comes to, and what that was read from."""
    reading.forget(book.root)
    with chdir(book.root), reading.noting() as noted:
        page = read_page(path, book)
        same = old if old and old.asked == _asked(page) else None
        run = same.run if same else run_page(page)
        markdown, not_found = render(page, run)
        whence = origins(page, drawn_of(run.shown))
        reads = reading.read_of(book, noted)
    problems = [*proofread(page, run), *not_found]
    reads |= {name: [] for name in same.reads.keys() - reads} if same else {}
    reads.pop(page.path.as_posix(), None)
    return page, Result(run, markdown, whence, problems), reads


def _digest_once(root: Path) -> Digest:
    """A digest by name that reads each file once."""
    return functools.cache(functools.partial(reading.digest, root))


def _asked(page: Page) -> str:
    """What a run of this page is a run of."""
    own = [(fence.tag, fence.lines) for fence in page.own_fences]
    return _sha(json.dumps([page.sources, own]))


def _kept(
    path: Path, book: Book, folder: Path, digest: Digest
) -> Entry | None:
    """What is kept of a page, if all that it read is still the same."""
    try:
        data = json.loads(_place(path, book, folder).read_bytes())
        entry = _entry(**data)
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None  # never kept, or by another press
    if entry.world != _world():
        return None
    is_same = all(digest(name) == then for name, then in entry.reads.items())
    return entry if is_same else None


def _entry(run: Any, origins: Any, **data: Any) -> Entry:  # noqa: ANN401
    """An entry, of what JSON keeps of it."""
    found = {name: Origin(*it) for name, it in origins.items()}
    return Entry(**data, run=_run(run), origins=found)


def _run(data: dict[str, Any]) -> Run:
    """A run, of what JSON keeps of it."""
    shown = tuple(Shown(*each) for each in data.pop("shown"))
    known = {
        base: Known(Sum(*sums) if sums else None, agreed)
        for base, (sums, agreed) in data.pop("known").items()
    }
    tuples = {name: tuple(values) for name, values in data.items()}
    return Run(**tuples, shown=shown, known=known)


def _keep(entry: Entry, place: Path) -> None:
    """Write an entry, whole or not at all."""
    data = entry._asdict() | {"run": entry.run._asdict()}
    draft = place.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(data), encoding="utf-8")
    draft.replace(place)


def _place(path: Path, book: Book, folder: Path) -> Path:
    """Where a page is kept."""
    name = path.relative_to(book.root).with_suffix(".json").as_posix()
    return folder / name.replace("/", "-")


@functools.cache
def _world() -> str:
    """What a run depends on outside the book."""
    installed = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    names = sorted(path.name for path in installed)
    return _sha("\n".join([sys.version, platform.platform(), *names]))


def _sha(text: str) -> str:
    """A digest of a text."""
    return sha256(text.encode()).hexdigest()
