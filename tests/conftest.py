"""Settings that all tests share, and the site that some of them read."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from press.site.serve import chromium, find_browser, serve

ROOT = Path(__file__).parent.parent

# Two busy cores are slow now and then; a drawn sentence may be large.
settings.register_profile(
    "attnbook",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("attnbook")

MKDOCS = (sys.executable, "-m", "mkdocs")

NO_BROWSER = (
    "the browser tests did not run: no Chromium was found. Install one "
    "(on Debian: apt-get install chromium) to run them."
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end if the browser tests did not run."""
    if find_browser() is None:
        terminalreporter.write_sep("=", "note")
        terminalreporter.write_line(NO_BROWSER)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server serves; the site stands below it, as book/."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="session")
def address(root: Path) -> Iterator[str]:
    """Where a plain static server will serve the site, below a base path."""
    with serve(root) as address:
        yield f"{address}book/"


@pytest.fixture(scope="session")
def site(root: Path, address: str) -> Path:
    """The site, built as strictly as it is published, for its address."""
    folder = root / "book"
    done = subprocess.run(
        [*MKDOCS, "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="session")
def served(site: Path, address: str) -> str:
    """The address of the site, now that it stands there."""
    assert (site / "index.html").is_file()
    return address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; in CI its absence is a failure."""
    if find_browser() is None:
        if os.environ.get("CI"):
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with chromium() as browser:
        yield browser
