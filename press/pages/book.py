"""Where the pages are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page_paths() -> list[Path]:
    """Every page, and the README, which keeps the same promises."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
