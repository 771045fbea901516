"""The steps of a build that are this project's own."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from press import assets, formulas


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add fonts and formula styles to the site."""
    assets.add_files(files, config)
    return files


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Set the formulas of a page."""
    return formulas.set_formulas(html, page.file.src_uri)
