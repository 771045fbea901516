"""Renders the pages to plain Markdown, and lays beside them what they load.

What stands in the staging folder is all that a generator needs to know of
this book: Markdown without fences or comments of ours, pictures drawn,
listings in place, and every file that the pages refer to.
"""

import ast
import re
import shutil
from pathlib import Path

from press.book import BOOK, CACHE, DOCS, ROOT
from press.pages.kept import results
from press.pages.listing import file_of
from press.site import assets, licences, numbers, runtime
from press.site.search import ranked
from press.site.twins import tabbed
from press.site.way import sectioned

STAGE = CACHE / "stage"
RUNS = CACHE / "pages"

MODULE = re.compile(r"^title: (attnbook\.\S+)$", re.MULTILINE)


def stage(folder: Path) -> list[str]:
    """Fill a folder with the book, and say what is wrong with its pages."""
    pages = results(sorted(DOCS.rglob("*.md")), BOOK, RUNS)
    files: dict[str, str | bytes | Path] = {
        path.relative_to(DOCS).as_posix(): path for path in _loaded()
    }
    for path, result in pages.items():
        name = path.relative_to(DOCS).as_posix()
        markdown = sectioned(tabbed(result.markdown))
        files[name] = ranked(name, described(markdown))
        files[numbers.place(name)] = numbers.told(
            result.origins, result.run.known
        )
    files |= assets.files() | runtime.files()
    files[licences.ADDRESS] = licences.licences()
    _lay(files, folder)
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


def _lay(files: dict[str, str | bytes | Path], folder: Path) -> None:
    """Make a folder hold these files and no others, touching what differs."""
    for path in list(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()
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
