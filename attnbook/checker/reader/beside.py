"""Modules that lie beside a reader's file, found after every library.

A file's folder is never put on the path: a file named `jax.py` would hide the
library. What lies beside the file, or above it up to its project's folder, is
found when nothing else is, and only its definitions are made.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path

Execute = Callable[[str, str, dict[str, object]], None]

_ROOTS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
_HIGHEST = 4


class Beside(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules in a file's folders and makes their definitions."""

    def __init__(self, path: Path, execute: Execute) -> None:
        self.folders = _folders(path)
        self._execute = execute
        self._own: set[str] = set()

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,  # noqa: ARG002 - its protocol
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of `name.py` or of a folder of modules.

        What a package does not have itself lies nowhere else.
        """
        above, _, last = name.rpartition(".")
        if above and not self.owns(above):
            return None
        for folder in [Path(each) for each in path or ()] or self.folders:
            file = _file(folder / last)
            if file is not None:
                self._own.add(name)
                return _spec(name, file, self)
        return None

    def owns(self, name: str) -> bool:
        """Whether a module was found here."""
        return name in self._own

    def package(self, path: Path, levels: int) -> str:
        """The name of the package of a file that imports relatively.

        Its `__init__` is not run: it may import the whole project.
        """
        depth = max(levels, _depth(path))
        folders = list(reversed(list(path.parents)[:depth]))
        names = [folder.name for folder in folders]
        if _known(names[0]):
            names[0] = f"_{names[0]}"
        for i, folder in enumerate(folders):
            name = ".".join(names[: i + 1])
            made = types.ModuleType(name)
            made.__path__ = [str(folder)]
            sys.modules[name] = made
            self._own.add(name)
        return ".".join(names)

    def create_module(self, _: object) -> None:
        """An ordinary module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Make the module's definitions."""
        if module.__file__ is not None and module.__file__.endswith(".py"):
            file = Path(module.__file__)
            text = file.read_text("utf-8", errors="replace")
            self._execute(text, str(file), vars(module))


class Inside(importlib.abc.MetaPathFinder):
    """Stands first, for submodules of the packages that `Beside` owns."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification, if the parent is one of ours."""
        if path is None or not self._beside.owns(name.rpartition(".")[0]):
            return None
        return self._beside.find_spec(name, path, target)


def _folders(path: Path) -> list[Path]:
    """The file's folder, and those above it up to its project's."""
    folders = [path.parent]
    for folder in list(path.parents)[1:_HIGHEST]:
        if any((folders[-1] / root).exists() for root in _ROOTS):
            break
        if folder.parent == folder:
            break
        folders.append(folder)
    return [*folders, *(folder / "src" for folder in folders)]


def _file(place: Path) -> Path | None:
    """The file of a module, or the folder of several."""
    module = place.with_name(f"{place.name}.py")
    if module.is_file():
        return module
    if (place / "__init__.py").is_file():
        return place / "__init__.py"
    if place.is_dir() and any(place.glob("*.py")):
        return place
    return None


def _spec(
    name: str, file: Path, loader: Beside
) -> importlib.machinery.ModuleSpec:
    """A module's specification; a package says where to search."""
    package = file if file.is_dir() else file.parent
    is_package = file.is_dir() or file.name == "__init__.py"
    spec = importlib.machinery.ModuleSpec(
        name, loader, origin=str(file), is_package=is_package
    )
    spec.has_location = True
    if is_package:
        spec.submodule_search_locations = [str(package)]
    return spec


def _depth(path: Path) -> int:
    """How many packages a file lies in."""
    depth = 1
    folders = list(path.parents)
    while depth < len(folders) and (folders[depth] / "__init__.py").is_file():
        depth += 1
    return depth


def _known(name: str) -> bool:
    """Whether a library has this name."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False
