"""Settings that all tests share, and the site that some of them read."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, Phase, settings
from playwright.sync_api import Browser

from press.pages.turn import turn
from press.site.serve import FLAGS, find_browser, serve
from tests.visiting import Visit, visit

ROOT = Path(__file__).parent.parent
collect_ignore = ["mutants.py"]  # it needs the dependency group of its name

# Two busy cores are slow now and then; a drawn sentence may be large.
settings.register_profile(
    "attnbook",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
# The same few for each of a thousand runs.
settings.register_profile(
    "mutants",
    settings.get_profile("attnbook"),
    max_examples=20,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("attnbook")

SERVING = pytest.StashKey[tuple[str, str]]()
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
NO_JAX = (
    "the tests that need JAX did not run: JAX, Flax or Equinox is not "
    "installed. make test JAX=1 installs them and runs them."
)
IS_JAX = all(map(find_spec, ("jax", "flax", "equinox")))


def unmet(why: str) -> NoReturn:
    """Fail in CI; a reader is told, here and at the end."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def pytest_configure(config: pytest.Config) -> None:
    """Name our marker."""
    config.addinivalue_line("markers", "torch: needs PyTorch")
    config.addinivalue_line("markers", "jax: needs JAX, Flax and Equinox")


# The group that builds the site, and what needs none while it is built.
BUILDING, MEANWHILE = "live", "test_check_catalogue.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, and nobody waits for the site."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """When a test is to begin: groups are long, and the rest is short."""
    group = item.get_closest_marker("xdist_group")
    if group is not None:
        return 0 if group.args == (BUILDING,) else 2
    return 1 if item.path.name == MEANWHILE else 3


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run what is marked `torch` or `jax` where that is installed."""
    if item.get_closest_marker("jax") and not IS_JAX:
        unmet(NO_JAX)
    if not item.get_closest_marker("torch"):
        return
    if not IS_TORCH:
        unmet(NO_TORCH)
    torch = import_module("torch")
    torch.set_num_threads(1)  # many small products: threads only wait


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which tests did not run."""
    notes = {
        NO_BROWSER: BROWSER is not None,
        NO_TORCH: IS_TORCH,
        NO_JAX: IS_JAX,
    }
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


def serving(config: pytest.Config) -> tuple[str, str]:
    """The folder that a plain static server serves, and its address."""
    if SERVING not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        folder = stack.enter_context(TemporaryDirectory())
        address = stack.enter_context(serve(Path(folder)))
        config.stash[SERVING] = (folder, address)
    return config.stash[SERVING]


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One worker more than cores: in a browser, much of a test is waiting."""
    cores = yield
    return cores + 1


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist what is served to all of them."""
    node.workerinput["serving"] = serving(node.config)


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """What is served, and where: one for all workers, or one of our own."""
    shared: dict[str, Any] = getattr(request.config, "workerinput", {})
    return shared.get("serving") or serving(request.config)


@pytest.fixture(scope="session")
def root(place: tuple[str, str]) -> Path:
    """What the server serves; the site stands below it, as book/."""
    return Path(place[0])


@pytest.fixture(scope="session")
def address(place: tuple[str, str]) -> str:
    """Where the site is served, below a base path."""
    return f"{place[1]}book/"


@pytest.fixture(scope="session")
def site(root: Path, address: str) -> Path:
    """The site, built once, as strictly as published, for its address."""
    folder = root / "book"
    with turn(root):
        if not folder.is_dir():
            build(folder, address)
    return folder


def build(folder: Path, address: str) -> None:
    """Build the site beside its place, and put it there when it is whole."""
    draft = folder.with_name("draft")
    done = subprocess.run(
        [*MKDOCS, "build", "--strict", "--site-dir", draft],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    draft.rename(folder)


@pytest.fixture(scope="session")
def served(site: Path, address: str) -> str:
    """The address of the site, now that it stands there."""
    assert (site / "index.html").is_file()
    return address


@pytest.fixture(scope="module")
def opened(browser: Browser, served: str) -> Iterator[Visit]:
    """One browser window, in which pages change without a reload."""
    with visit(browser.new_context, f"{served}3.3/") as opened:
        yield opened


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    """The machine's own Chromium, without a screen and its errands."""
    if BROWSER is None:
        unmet(NO_BROWSER)
    own = {"executable_path": BROWSER, "args": FLAGS}
    return browser_type_launch_args | own
