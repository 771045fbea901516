"""While serving, a page that is built alone is as if all were built."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Builds as `mkdocs serve` does, edits, and builds again in both ways.
SERVES = """
import json, sys
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config
from press.site.preview import PREVIEW

full, served = [], "http://127.0.0.1:8000/"

def config():
    return load_config("mkdocs.yml", site_dir="served", site_url=served)

def build_all():
    full.append(config())
    build(full[-1], serve_url=served)

def site():
    pages = Path("served").rglob("*.html")
    index = json.loads(Path("served/search/search_index.json").read_bytes())
    docs = sorted(index["docs"], key=lambda entry: entry["location"])
    return {str(path): path.read_text("utf-8") for path in pages}, docs

def edit(name, old, new, shows):
    path = Path(name)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    PREVIEW.build(build_all)
    shown = Path("served/3.3/scores/index.html").read_text("utf-8")
    print(len(full), shows in shown)

build_all()
PREVIEW.watched(full[0])
edit("docs/3.3/scores.md", "# 3.3.1 One", "# 3.3.1 Anew", "Anew")
alone = site()
PREVIEW.build(build_all)
print(len(full), alone == site())
edit("docs/3.3/scores.md", "3.3.1 One", "3.3.1 Otherwise", "Otherwise")
edit("attnbook/simple.py", "Score every", "Newly: Score every", "Newly:")
edit("docs/3.3/scores.md", "# 3.3.1 Anew", "# 3.3.1 Again", "Again")
"""


def test_a_page_that_is_built_alone_is_as_if_all_were(tmp_path: Path) -> None:
    for name in ("attnbook", "inpage", "overrides", "press"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("3.3", "assets", "data", "javascripts", "stylesheets"):
        shutil.copytree(ROOT / "docs" / name, tmp_path / "docs" / name)
    for name in ("docs/index.md", "mkdocs.yml", "pyproject.toml", "README.md"):
        shutil.copy2(ROOT / name, tmp_path / name)
    shutil.copy2(ROOT / "LICENSE", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    done = subprocess.run(
        [sys.executable, "-c", SERVES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        *("1 True", "2 True"),  # alone, and the same as with all others
        *("3 True", "4 True"),  # a title and a function concern other pages
        "4 True",
    ], done.stdout + done.stderr
