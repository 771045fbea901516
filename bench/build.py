"""How long the site takes to build: from nothing, again, and after an edit.

Seconds on the clock, and of processor time, the workers' included. The edit
adds a sentence to a page, in a copy of the book.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOOK = ("attnbook", "docs", "inpage", "overrides", "press", "mkdocs.yml")
ALSO = ("README.md", "LICENSE", "pyproject.toml")
PAGE = "docs/3.3/softmax.md"
COMMAND = (sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict")


def build(folder: Path) -> str:
    """Build the copy, and say what it took."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        COMMAND,
        cwd=folder,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    after = os.times()
    clock = time.perf_counter() - start
    spent = after.children_user - before.children_user
    return f"{clock:6.1f} s on the clock, {spent:6.1f} s of processor time"


def copied(folder: Path) -> None:
    """Copy the book, without what earlier builds have kept."""
    for name in BOOK + ALSO:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")


def main() -> None:
    """Print a cold build, a warm one, and one after an edit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        print("The site, built", flush=True)
        print(f"  from nothing      {build(folder)}", flush=True)
        print(f"  again             {build(folder)}", flush=True)
        with (folder / PAGE).open("a", encoding="utf-8") as page:
            page.write("\nOne sentence more.\n")
        print(f"  after an edit     {build(folder)}", flush=True)


if __name__ == "__main__":
    main()
