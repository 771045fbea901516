"""What is published: a wheel that works where NumPy is not installed."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--wheel", "--no-isolation", "--outdir", folder)
    run(sys.executable, "-m", "build", *options, ROOT, cwd=ROOT)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"attnbook", "attnbook-0.1.0.dist-info"}
    assert "attnbook/py.typed" in names
    assert {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "attnbook").rglob("*.py")
    } <= set(names)


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
