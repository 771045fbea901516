"""Finishes a built site: formulas, one stylesheet and one policy for all."""

from pathlib import Path

from press.site.formulas import set_formulas
from press.site.names import breakable
from press.site.policy import PLACE, policy, policy_while_serving
from press.site.styles import Pages, one_stylesheet, tune_script
from press.site.tables import carded


def finish(pages: Pages, site: Path, root: str, *, is_served: bool) -> None:
    """Write the pages of a site, whose address ends in the path `root`.

    A site `is_served` by its generator if that adds a script to each page.
    """
    pages = {
        path: _set(html, path.relative_to(site).parent.as_posix())
        for path, html in pages.items()
    }
    pages = one_stylesheet(pages, site, root)
    tune_script(site)
    stated = policy_while_serving() if is_served else policy(pages.values())
    for path, html in pages.items():
        path.write_text(html.replace(PLACE, stated), encoding="utf-8")


def _set(html: str, page: str) -> str:
    """A page with its formulas, names of code and tables set."""
    return carded(breakable(set_formulas(html, page)))
