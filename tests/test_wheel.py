"""What is published: a wheel that works where NumPy is not installed."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from attnbook import __version__

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.xdist_group("wheel")  # it is built once

IN_THE_BARE_ENVIRONMENT = """
import doctest, importlib, pkgutil
import attnbook

names = [
    module.name
    for module in pkgutil.walk_packages(attnbook.__path__, "attnbook.")
    if ".arrays" not in module.name and "__main__" not in module.name
]
for name in names:
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0, name
try:
    import attnbook.arrays.simple
except ModuleNotFoundError as error:
    assert error.name == "numpy", error
else:
    raise AssertionError("NumPy is installed here")
print(*names)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; an error shows it."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the sdist, built from this tree."""
    folder = tmp_path_factory.mktemp("built")
    options = ("--no-isolation", "--outdir", folder)
    run(sys.executable, "-m", "build", *options, ROOT, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"attnbook", f"attnbook-{__version__}.dist-info"}
    assert "attnbook/py.typed" in names
    assert {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "attnbook").rglob("*.py")
    } <= set(names)


def test_the_sdist_holds_what_the_wheel_is_made_of(
    built: Path, wheel: Path
) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        packed = {name.partition("/")[2] for name in sdist.getnames()}
    package = {name for name in packed if name.startswith("attnbook/")}
    around = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md"}
    around |= {"pyproject.toml", ".gitignore"}  # hatchling packs this itself
    assert packed - package == around
    wheels = zipfile.ZipFile(wheel).namelist()
    assert package == {n for n in wheels if n.startswith("attnbook/")}


def test_the_wheel_says_what_it_needs_and_where_it_lives(wheel: Path) -> None:
    info = f"attnbook-{__version__}.dist-info/METADATA"
    about = message_from_bytes(zipfile.ZipFile(wheel).read(info))
    extras = about.get_all("Provides-Extra")
    assert extras == ["arrays", "dask", "jax", "torch"]
    needed = about.get_all("Requires-Dist")
    assert all("extra ==" in each for each in needed or ()), needed
    (url,) = about.get_all("Project-URL", [])
    address = url.removeprefix("Repository, ")
    for path in (ROOT / "README.md", ROOT / "mkdocs.yml"):
        assert address not in path.read_text(encoding="utf-8"), path


def test_all_but_arrays_works_without_numpy(
    wheel: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    options = ("--quiet", "--no-index", "--no-deps")
    run(*pip, "install", *options, wheel, cwd=tmp_path)
    printed = run(python, "-I", "-c", IN_THE_BARE_ENVIRONMENT, cwd=tmp_path)
    assert "attnbook.simple" in printed.split()
