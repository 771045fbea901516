"""Renders the pages to plain Markdown, and lays beside them what they load.

What stands in the staging folder is all that a generator needs to know of
this book: Markdown without fences or comments of ours, pictures drawn,
listings in place, and every file that the pages refer to.
"""

import ast
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from press.book import BOOK, CACHE, DOCS, ROOT
from press.pages.kept import Result, results
from press.pages.listing import file_of
from press.site import assets, licences, numbers, runtime
from press.site.search import ranked
from press.site.twins import tabbed
from press.site.way import sectioned

File: TypeAlias = str | bytes | Path

STAGE = CACHE / "stage"
RUNS = CACHE / "pages"

MODULE = re.compile(r"^title: (attnbook\.\S+)$", re.MULTILINE)


def stage(folder: Path) -> list[str]:
    """Fill a folder with the book, and say what is wrong with its pages."""
    pages = results(sorted(DOCS.rglob("*.md")), BOOK, RUNS)
    files = _files_of(pages) | {
        path.relative_to(DOCS).as_posix(): path for path in _loaded()
    }
    files |= assets.files() | runtime.files()
    files[licences.ADDRESS] = licences.licences()
    _clear(files, folder)
    _lay(files, folder)
    return _problems(pages)


def stage_alone(paths: Iterable[Path], folder: Path) -> list[str]:
    """Stage some pages again, and say what is wrong with them.

    What other pages gather from them follows when all are staged.
    """
    pages = results(paths, BOOK, RUNS)
    _lay(_files_of(pages), folder)
    return _problems(pages)


def _files_of(pages: Mapping[Path, Result]) -> dict[str, File]:
    """Each page as plain Markdown, and where its numbers come from."""
    files: dict[str, File] = {}
    for path, result in pages.items():
        name = path.relative_to(DOCS).as_posix()
        markdown = sectioned(tabbed(result.markdown))
        files[name] = ranked(name, described(markdown))
        told = numbers.told(result.origins, result.run)
        files[numbers.place(name)] = told
    return files


def _problems(pages: Mapping[Path, Result]) -> list[str]:
    return [str(it) for each in pages.values() for it in each.problems]


def described(markdown: str) -> str:
    """A page of the reference, with what search engines have to know of it."""
    title = MODULE.search(markdown)
    if not title or "\ndescription:" in markdown:
        return markdown
    line = f"description: >-\n  {_describe(title[1])}"
    return markdown.replace("\n---\n", f"\n{line}\n---\n", 1)


def _describe(module: str) -> str:
    """What a page of the reference tells search engines of itself."""
    path = file_of(module, ROOT)
    source = path.read_text(encoding="utf-8") if path else ""
    first, *_ = (ast.get_docstring(ast.parse(source)) or module).splitlines()
    return f"{first} Every function, with its shapes, errors and examples."


def _loaded() -> list[Path]:
    """What pages load or show, beside Markdown."""
    kept = {".css", ".js", ".png", ".svg"}
    return [path for path in DOCS.rglob("*") if path.suffix in kept]


def _clear(files: Collection[str], folder: Path) -> None:
    """Remove from a folder what is none of these files."""
    for path in list(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()


def _lay(files: Mapping[str, File], folder: Path) -> None:
    """Write these files into a folder, touching what differs."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            if not _is_copy(place, content):
                shutil.copy2(content, place)
            continue
        data = content.encode() if isinstance(content, str) else content
        if not place.is_file() or place.read_bytes() != data:
            place.write_bytes(data)


def _is_copy(place: Path, original: Path) -> bool:
    """Whether a file was copied since the original was written."""
    if not place.is_file():
        return False
    here, there = place.stat(), original.stat()
    return (here.st_size, here.st_mtime) == (there.st_size, there.st_mtime)
