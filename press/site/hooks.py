"""The steps of a build that are this project's own, called by MkDocs."""

import importlib
import logging
import sys
from pathlib import Path
from urllib.parse import urlparse

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from inpage import play
from press.pages.page import read_page
from press.pages.proof import proofread
from press.pages.render import render
from press.pages.session import run_page
from press.site import assets, formulas, licences, runtime
from press.site.policy import PLACE, policy, policy_while_serving
from press.site.styles import one_stylesheet

ROBOTS = "User-agent: *\nAllow: /\n"

log = logging.getLogger("mkdocs.hooks.press")
_serving = False


def on_startup(command: str, **_: object) -> None:
    """Note whether MkDocs serves the pages itself."""
    global _serving  # noqa: PLW0603
    _serving = command == "serve"


def on_pre_build(**_: object) -> None:
    """Forget what pages import, so that a rebuild runs its source of now."""
    for name in list(sys.modules):
        if name.startswith(("attnbook", "tests.book")):
            del sys.modules[name]
    importlib.invalidate_caches()
    importlib.reload(play)  # what it has imported is forgotten now


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add fonts, formula styles, Python, licences and robots.txt."""
    assets.add_files(files, config)
    runtime.add_files(files, config)
    licences.add_files(files, config)
    lines = [ROBOTS]
    if config.site_url:
        lines.append(f"Sitemap: {config.site_url}sitemap.xml\n")
    robots = "".join(lines)
    files.append(File.generated(config, "robots.txt", content=robots))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Run the page, proofread it, and put in listings and pictures.

    A flaw is a warning: it fails a strict build, and is shown while serving.
    """
    if page.file.abs_src_path is None:
        return markdown
    if page.file.src_uri.startswith("reference/"):
        page.meta["search"] = {"boost": 0.5}  # chapters explain, so they lead
        if "description" not in page.meta:
            page.meta["description"] = _describe(page.meta["title"])
    source = read_page(Path(page.file.abs_src_path))
    run = run_page(source)
    rendered, problems = render(source, run)
    for problem in [*proofread(source, run), *problems]:
        log.warning(str(problem))
    return rendered


def _describe(module: str) -> str:
    """What a page of the reference tells search engines of itself."""
    first, *_ = str(importlib.import_module(module).__doc__).splitlines()
    return f"{first} Every function, with its shapes, errors and examples."


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Set the formulas of a page."""
    return formulas.set_formulas(html, page.file.src_uri)


def on_post_build(config: MkDocsConfig) -> None:
    """Give all pages one stylesheet and one policy."""
    site = Path(config.site_dir)
    pages = {
        path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")
    }
    pages = one_stylesheet(pages, site, urlparse(config.site_url or "/").path)
    stated = policy_while_serving() if _serving else policy(pages.values())
    for path, html in pages.items():
        path.write_text(html.replace(PLACE, stated), encoding="utf-8")
