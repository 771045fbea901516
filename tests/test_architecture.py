"""Data flows one way, and the main road needs nothing but Python."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "attnbook"

# A module may import only what stands before it.
ROAD = [
    "vectors",
    "sentence",
    "simple",
    "trainable",
    "causal",
    "multihead",
    "torch_random",
    "backward",
    "learning",
    "tasks",
    "training",
    "_version",
    "checker",
    "__main__",
]
ARRAYS = [
    "_validate",
    "simple",
    "trainable",
    "causal",
    "multihead",
    "backward",
]

# Within the checker an import goes up this list, from a wing to one above it;
# within a wing, modules are free.
WINGS = [
    "reader",
    "steps",
    "finding",
    "words",
    "match",
    "judge",
    "mistakes",
    "cause",
    "limit",
    "engine",
    "say",
    "here",
    "files",
    "jobs",
    "report",
    "doors",
    "ipython",
    "command",
]

MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py"))
each_module = pytest.mark.parametrize("path", MODULES, ids=str)


def imports_of(path: Path) -> Iterator[str]:
    """The full name of every module that a file imports."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            is_package = (ROOT / str(node.module).replace(".", "/")).is_dir()
            yield from names if is_package else [str(node.module)]


def own_imports(path: Path) -> Iterator[str]:
    """What a file imports of this package, as in `arrays.simple`."""
    for name in imports_of(path):
        if name.partition(".")[0] == "attnbook":
            yield name.partition(".")[2]


def place(path: Path) -> str:
    """Where a file stands: `simple`, `arrays.simple`, `check.runner`."""
    parts = path.relative_to("attnbook").with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def until(name: str, order: list[str]) -> list[str]:
    """What stands before a name; nothing for a name that is not there."""
    return order[: order.index(name)] if name in order else []


@each_module
def test_only_arrays_import_anything_but_the_standard_library(
    path: Path,
) -> None:
    allowed = {*sys.stdlib_module_names, "attnbook"}
    if "arrays" in path.parts:
        allowed.add("numpy")
    outside = {name.partition(".")[0] for name in imports_of(path)} - allowed
    assert outside == set()


@each_module
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    first, _, here = place(path).partition(".")
    if first == "__init__":  # the doors, for a type checker's eyes
        before = {"checker"}
    elif first == "arrays":  # may share the checks of the list version
        before = {f"arrays.{name}" for name in until(here, ARRAYS)}
        before |= {*until(here, ROAD), here} - {"_validate"}
    else:
        before = {*until(first, ROAD)} | ({"checker"} & {first})
    for name in own_imports(path):
        parts = name.split(".")
        top = ".".join(parts[: 2 if parts[0] == "arrays" else 1])
        assert top in before, f"{path} imports attnbook.{name}"


@each_module
def test_a_wing_of_the_checker_imports_only_wings_above_it(path: Path) -> None:
    first, _, here = place(path).partition(".")
    wing = here.partition(".")[0]
    if first != "checker" or not wing:
        return
    assert wing in WINGS
    for name in own_imports(path):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if top == "checker" and other != wing:
            assert other in until(wing, WINGS), f"{path} imports {name}"


def test_the_reader_knows_no_answers_and_nothing_of_attnbook() -> None:
    for path in (PACKAGE / "checker" / "reader").glob("*.py"):
        for name in own_imports(path.relative_to(ROOT)):
            assert name.startswith("checker.reader"), f"{path.name}: {name}"


def test_the_engine_and_the_words_need_no_process() -> None:
    for name in ("engine.py", "say/html.py", "say/text.py"):
        path = Path("attnbook/checker", name)
        assert not any("process" in each for each in own_imports(path))


@each_module
def test_the_package_knows_nothing_of_docs_press_or_tests(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports_of(path)}
    assert tops & {"press", "tests", "docs", "bench", "mkdocs"} == set()


def test_every_array_module_mirrors_one_on_the_road() -> None:
    mirrors = {p.stem for p in (PACKAGE / "arrays").glob("[!_]*.py")}
    assert mirrors <= set(ROAD)


def test_every_public_name_has_a_docstring_with_a_tested_example() -> None:
    without = []
    for path in MODULES:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for node in tree.body:
            is_public = isinstance(
                node, ast.FunctionDef
            ) and not node.name.startswith("_")
            is_shown = "checker" not in path.parts and path.stem not in {
                "_validate",
                "_version",
            }
            if isinstance(node, ast.FunctionDef) and is_public and is_shown:
                docstring = ast.get_docstring(node) or ""
                if ">>>" not in docstring or "Raises:" not in docstring:
                    without.append(f"{path}:{node.lineno} {node.name}")
    assert without == []
