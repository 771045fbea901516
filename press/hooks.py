"""The steps of a build that are this project's own, called by MkDocs."""

import importlib
import logging
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from press import assets, formulas, runtime
from press.page import read_page
from press.proof import proofread
from press.render import render
from press.session import run_page

log = logging.getLogger("mkdocs.hooks.press")


def on_pre_build(**_: object) -> None:
    """Forget what pages import, so that a rebuild runs its source of now."""
    for name in list(sys.modules):
        if name.startswith(("attnbook", "tests.book")):
            del sys.modules[name]
    importlib.invalidate_caches()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add fonts, formula styles and Python to the site."""
    assets.add_files(files, config)
    runtime.add_files(files, config)
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Run the page, proofread it, and put in listings and pictures.

    A flaw is a warning: it fails a strict build, and is shown while serving.
    """
    if page.file.abs_src_path is None:
        return markdown
    if page.file.src_uri.startswith("reference/"):
        page.meta["search"] = {"boost": 0.5}  # chapters explain, so they lead
    source = read_page(Path(page.file.abs_src_path))
    run = run_page(source)
    rendered, problems = render(source, run)
    for problem in [*proofread(source, run), *problems]:
        log.warning(str(problem))
    return rendered


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Set the formulas of a page."""
    return formulas.set_formulas(html, page.file.src_uri)
