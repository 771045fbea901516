"""What MkDocs has to be told: where the pages lie, and how to finish.

The pages are staged before MkDocs reads any, so that it finds plain Markdown
and could be exchanged for another generator.
"""

import functools
import gc
import logging
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlparse

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from press.book import DOCS, ROOT
from press.site.finish import finish
from press.site.folds import folded
from press.site.modules import addresses, modules
from press.site.preview import PREVIEW, Built
from press.site.search import plain, unsearched
from press.site.stage import STAGE, stage
from press.site.way import chapters, show

ROBOTS = "User-agent: *\nAllow: /\n"

Context: TypeAlias = dict[str, Any]  # what a template is given

log = logging.getLogger("mkdocs.hooks.press")

# A build makes millions of objects and few circles; to look for those as
# often as Python does by default costs an eighth of its time.
gc.set_threshold(100_000)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Stage the pages, and let MkDocs read them there.

    A flaw is a warning: it fails a strict build, and is shown while serving.
    """
    try:
        problems = stage(STAGE)
    except FileNotFoundError as error:
        raise PluginError(str(error)) from error
    for problem in problems:
        log.warning(problem)
    config.docs_dir = str(STAGE)
    config.extra["repository"] = _repository()
    return config


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lead links to `repository:` to where the project lives."""
    return markdown.replace("](repository:)", f"]({_repository()})")


def _repository() -> str:
    """The address of the project, which it states once."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    address: str = project["project"]["urls"]["Repository"]
    return address


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add robots.txt, which names the address of the site."""
    address = config.site_url
    more = f"Sitemap: {address}sitemap.xml\n" if address else ""
    robots = File.generated(config, "robots.txt", content=ROBOTS + more)
    files.append(robots)
    return files


def on_page_content(html: str, **_: object) -> str:
    """Fold long lists; keep out of search what is not worth finding."""
    return unsearched(folded(html))


@event_priority(100)
def _before_search(context: Context, /, page: Page, **_: object) -> None:
    """Hand search a page without the tags that take most of its time."""
    context["coloured"], page.content = page.content, plain(page.content or "")


@event_priority(-100)
def _after_search(context: Context, /, page: Page, **_: object) -> None:
    """Give the page its colours back."""
    page.content = context.pop("coloured")


on_page_context = CombinedEvent(_before_search, _after_search)


def on_nav(nav: Navigation, **_: object) -> None:
    """Keep the navigation for pages that are built again."""
    PREVIEW.nav = nav


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> None:
    """Number the pages; keep what MkDocs knows of the site."""
    show(PREVIEW.nav)
    env.globals.update(course=chapters(PREVIEW.nav))
    env.globals.update(modules=modules, addresses=addresses)
    PREVIEW.built = Built(config, files, PREVIEW.nav, env)


def on_post_build(config: MkDocsConfig) -> None:
    """Set formulas; give all pages one stylesheet and one policy."""
    address, site = urlparse(config.site_url or "/"), Path(config.site_dir)
    is_served = address.netloc == str(config.dev_addr)  # by MkDocs itself
    pages = PREVIEW.pages(site)
    finish(pages, site, address.path, is_served=is_served)


def on_serve(
    server: LiveReloadServer, config: MkDocsConfig, builder: Callable[[], None]
) -> LiveReloadServer:
    """Follow the pages where they are written, not where they are staged."""
    server.unwatch(config.docs_dir)
    server.watch(str(DOCS))
    server.builder = functools.partial(PREVIEW.build, builder)
    PREVIEW.watched(config)
    return server
