"""Settings that all tests share, and the site that some of them read."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from press.site.serve import FLAGS, find_browser, serve
from tests.visiting import Visit

ROOT = Path(__file__).parent.parent
collect_ignore = ["mutants.py"]  # it needs the dependency group of its name

# Two busy cores are slow now and then; a drawn sentence may be large.
settings.register_profile(
    "attnbook",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("attnbook")

MKDOCS = (sys.executable, "-m", "mkdocs")

BROWSER = find_browser("chromium-headless-shell")
NO_BROWSER = (
    "the browser tests did not run: no Chromium was found. Install one "
    "(on Debian: apt-get install chromium) to run them."
)
NO_TORCH = (
    "the tests that need PyTorch did not run: it is not installed. "
    "make test TORCH=1 installs it and runs them."
)
IS_TORCH = find_spec("torch") is not None


def unmet(why: str) -> NoReturn:
    """Fail in CI; a reader is told, here and at the end."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def pytest_configure(config: pytest.Config) -> None:
    """Name our marker."""
    config.addinivalue_line("markers", "torch: needs PyTorch")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run what is marked with `torch` where PyTorch is installed."""
    if not item.get_closest_marker("torch"):
        return
    if not IS_TORCH:
        unmet(NO_TORCH)
    torch = import_module("torch")
    torch.set_num_threads(1)  # many small products: threads only wait


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which tests did not run."""
    notes = {NO_BROWSER: BROWSER is not None, NO_TORCH: IS_TORCH}
    for note, is_met in notes.items():
        if not is_met:
            terminalreporter.write_sep("=", "note")
            terminalreporter.write_line(note)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a page that tests share showed when one failed.

    The pages that a test has to itself are kept by pytest-playwright.
    """
    report = yield
    opened = item.funcargs.get("opened")
    if report.when == "call" and report.failed and isinstance(opened, Visit):
        folder = Path(item.config.getoption("--output"))
        opened.page.screenshot(path=folder / f"{item.name}.png")
    return report


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
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    """The machine's own Chromium, without a screen and its errands."""
    if BROWSER is None:
        unmet(NO_BROWSER)
    own = {"executable_path": BROWSER, "args": FLAGS}
    return browser_type_launch_args | own
