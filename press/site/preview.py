"""A site that MkDocs serves: where words change, one page is built again.

MkDocs builds all pages after every edit. Here what it knew of the site at
the last full build is kept, and a page whose text alone has changed is read,
put into its template and indexed again, with the same navigation. Any other
change, of a title too, is a full build. What pages gather from all others,
as the cards do, follows with the next full build.
"""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment
from mkdocs.commands.build import _build_page, _populate_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs_autorefs import AutorefsPlugin

from press.book import DOCS, ROOT
from press.site import numbers
from press.site.stage import STAGE, stage_alone

log = logging.getLogger("mkdocs.hooks.press")


class Built(NamedTuple):
    """What MkDocs knows of a site that it has built."""

    config: MkDocsConfig
    files: Files
    nav: Navigation
    env: Environment


class Preview:
    """The last full build, and what has been built again since."""

    def __init__(self) -> None:
        """Begin before the first build."""
        self.nav = Navigation([], [])
        self.built: Built | None = None
        self.html = dict[Path, str]()  # of all pages, unfinished
        self.again: list[Page] = []  # the pages that are being built again
        self.seen = dict[Path, float]()

    def pages(self, site: Path) -> dict[Path, str]:
        """The HTML of all pages as MkDocs wrote it."""
        again = [Path(page.file.abs_dest_path) for page in self.again]
        if not again:
            self.html.clear()
        for path in again or sorted(site.rglob("*.html")):
            self.html[path] = path.read_text(encoding="utf-8")
        return self.html

    def watched(self, config: MkDocsConfig) -> None:
        """Note how everything is now that a build depends on."""
        self.seen = _written([DOCS, *map(Path, config.watch)])

    def build(self, fully: Callable[[], None]) -> None:
        """Build what has changed, or all, as MkDocs does."""
        built, self.built = self.built, None  # until this has gone well
        self.again = []
        if built is not None and self._build_again(built):
            self.built = built
        else:
            fully()

    def _build_again(self, built: Built) -> bool:
        """Build the changed pages, if nothing else has changed."""
        start, before = time.perf_counter(), self.seen
        self.watched(built.config)
        pages = _pages_of(_changed(before, self.seen), built.files)
        if not pages:
            return False
        _stage(pages)
        if not all(_is_read_again(page, built) for page in pages):
            return False
        self.again = pages
        _write(pages, built)
        self.again = []
        names = ", ".join(page.file.src_uri for page in pages)
        log.info("Built %s in %.1f s", names, time.perf_counter() - start)
        return True


def _written(folders: Iterable[Path]) -> dict[Path, float]:
    """When each file was written."""
    paths = [path for each in folders for path in (each, *each.rglob("*"))]
    kept = [path for path in paths if "__pycache__" not in path.parts]
    config = ROOT / "mkdocs.yml"
    return {path: path.stat().st_mtime for path in (*kept, config)}


def _changed(
    before: dict[Path, float], now: dict[Path, float]
) -> list[Path] | None:
    """The files that were written; None where some came or went."""
    if before.keys() != now.keys():
        return None
    files = [path for path in now if now[path] != before[path]]
    return [path for path in files if path.is_file()]


def _pages_of(changed: list[Path] | None, files: Files) -> list[Page]:
    """The pages that stand in files; none if a file is not a page's text."""
    pages = []
    for path in changed or []:
        inside = path.is_relative_to(DOCS) and path.suffix == ".md"
        name = path.relative_to(DOCS).as_posix() if inside else ""
        file = files.get_file_from_path(name)
        if file is None or file.page is None or "reference" in path.parts:
            return []
        pages.append(file.page)
    return pages


def _stage(pages: list[Page]) -> None:
    """Stage pages again, and warn of what is wrong with them."""
    paths = [DOCS / page.file.src_uri for page in pages]
    for problem in stage_alone(paths, STAGE):
        log.warning(problem)


def _is_read_again(page: Page, built: Built) -> bool:
    """Read a page again, and say whether others show the same of it."""
    meta = dict(page.meta)
    _populate_page(page, built.config, built.files)
    return meta == page.meta


def _write(pages: list[Page], built: Built) -> None:
    """Write pages that were read again, and what all pages share."""
    config, files, nav, env = built
    # only this: mkdocstrings would write the styles of no reference page
    references = config.plugins["autorefs"]
    if isinstance(references, AutorefsPlugin):
        references.on_env(env, config=config, files=files)
    documents = files.documentation_pages()
    for page in pages:
        told = files.get_file_from_path(numbers.place(page.file.src_uri))
        if told is not None:
            told.copy_file()
        _forget_in_search(page, config)
        _build_page(page, config, documents, nav, env)
        page.validate_anchor_links(
            files=files, log_level=config.validation.links.anchors
        )
    config.plugins.on_post_build(config=config)


def _forget_in_search(page: Page, config: MkDocsConfig) -> None:
    """Take a page out of the search index, which is to have it anew."""
    index = vars(config.plugins["material/search"])["search_index"]
    index.entries = [
        entry
        for entry in index.entries
        if entry["location"].partition("#")[0] != page.url
    ]


PREVIEW = Preview()  # MkDocs may load its hooks again, but there is one site
