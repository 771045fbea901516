"""Data flows one way, and the main road needs nothing but Python."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "attnbook"

# A module may import only what stands before it.
ROAD = [
    "require",
    "vectors",
    "counting",
    "sentence",
    "simple",
    "exact",
    "trainable",
    "onepass",
    "causal",
    "multihead",
    "torch_random",
    "backward",
    "learning",
    "tasks",
    "loop",
    "training",
    "_version",
    "checker",
    "__main__",
]
# The packages of the road, and what stands before what in each.
INSIDE = {
    "require": [
        "_words",
        "kinds",
        "numbers",
        "rows",
        "masks",
        "products",
        "results",
    ],
    "backward": ["vectors", "simple", "trainable", "causal", "multihead"],
    "tasks": ["sentences", "model", "backward", "weights"],
    "training": ["runs", "stored", "command", "__main__"],
}
ARRAYS = [
    "_guard",
    "_shapes",
    "_read",
    "_validate",
    "simple",
    "exact",
    "trainable",
    "onepass",
    "causal",
    "multihead",
    "backward",
    "tiled",
    "spread",
    "learning",
    "tasks",
    "loop",
]
# What no list can show.
ON_ARRAYS_ALONE = {"tiled", "spread"}

# What a command imports within a function, where it is asked for.
ON_DEMAND = {("training", "arrays.loop")}

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
    "examine",
    "engine",
    "say",
    "here",
    "files",
    "jobs",
    "report",
    "doors",
    "ipython",
    "trained",
    "train",
    "command",
]

NAMES = Path(__file__).parent / "data" / "public-names.json"
PUBLIC: dict[str, list[str]] = json.loads(NAMES.read_text(encoding="utf-8"))

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
    if path.stem == "spread":
        allowed.add("dask")
    outside = {name.partition(".")[0] for name in imports_of(path)} - allowed
    assert outside == set()


@each_module
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    first, _, here = place(path).partition(".")
    if first == "__init__":  # the doors, for a type checker's eyes
        before = {"_version", "checker"}
    elif first == "arrays":  # may share the checks of the list version
        here = here.partition(".")[0]  # a package may import of its own
        before = {f"arrays.{name}" for name in [*until(here, ARRAYS), here]}
        before |= {*until(here, ROAD), here, "require"} - {"_validate"}
    else:
        before = {*until(first, ROAD)} | ({"checker"} & {first})
    wings = {"arrays"} | ({first} & INSIDE.keys())
    if first in INSIDE:
        inside = until(here, INSIDE[first]) if here else INSIDE[first]
        before |= {f"{first}.{name}" for name in inside}
    for name in own_imports(path):
        parts = name.split(".")
        top = ".".join(parts[: 2 if parts[0] in wings else 1])
        is_known = top in before or (first, name) in ON_DEMAND
        assert is_known, f"{path} imports attnbook.{name}"


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


MAPPED = re.compile(r"^- `(?:attnbook\.)?(\w+)`:", re.MULTILINE)


def _mapped(package: str) -> list[str]:
    """What a package's own docstring lists, in its order."""
    return MAPPED.findall(import_module(package).__doc__ or "")


def test_the_map_of_the_checker_is_its_wings_in_their_order() -> None:
    assert _mapped("attnbook.checker") == WINGS


def test_the_map_of_the_package_is_its_road_in_its_order() -> None:
    hidden = {"_version", "__main__"}
    road = [name for name in ROAD if name not in hidden]
    assert _mapped("attnbook") == [*road, "arrays"]


def test_the_engine_and_the_words_need_no_process() -> None:
    for name in ("engine.py", "examine.py", "say/html.py", "say/text.py"):
        path = Path("attnbook/checker", name)
        assert not any("process" in each for each in own_imports(path))


@each_module
def test_the_package_knows_nothing_of_docs_press_or_tests(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports_of(path)}
    assert tops & {"press", "tests", "docs", "bench", "mkdocs"} == set()


@pytest.mark.parametrize("room", ["pages", "figures", "site"])
def test_a_room_of_the_press_knows_only_what_it_may(room: str) -> None:
    """The pages know neither generator nor checker, nor this book."""
    refused = {
        "pages": {"attnbook", "inpage", "mkdocs", "press.book", "tests"},
        "figures": {"attnbook", "mkdocs", "press.book", "press.site", "tests"},
        "site": {"tests"},
    }[room]
    others = {"pages": {"press.figures", "press.site", "press.exercise"}}
    for path in (ROOT / "press" / room).rglob("*.py"):
        for name in imports_of(path.relative_to(ROOT)):
            for each in refused | others.get(room, set()):
                known = f"{name}.".startswith(f"{each}.")
                assert not known, f"{path} imports {name}"


def test_the_generator_is_known_to_those_that_stand_beside_it_alone() -> None:
    for path in (ROOT / "press").rglob("*.py"):
        tops = {
            name.partition(".")[0]
            for name in imports_of(path.relative_to(ROOT))
        }
        is_its = path.name in {"hooks.py", "preview.py", "way.py"}
        assert "mkdocs" not in tops or is_its, path


def test_every_array_module_mirrors_one_on_the_road() -> None:
    mirrors = {p.stem for p in (PACKAGE / "arrays").glob("[!_]*.py")}
    assert mirrors - ON_ARRAYS_ALONE <= set(ROAD)


def test_every_public_name_has_a_docstring_with_a_tested_example() -> None:
    without = []
    for path in MODULES:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for node in tree.body:
            is_public = isinstance(
                node, ast.FunctionDef
            ) and not node.name.startswith("_")
            is_shown = "checker" not in path.parts and path.stem not in {
                "_read",
                "_validate",
                "_version",
                "_words",
            }
            if isinstance(node, ast.FunctionDef) and is_public and is_shown:
                docstring = ast.get_docstring(node) or ""
                is_twin = "arrays" in path.parts  # its list twin says this
                asks = node.name.startswith("is_")  # and refuses nothing
                raises = is_twin or asks or "Raises:" in docstring
                if ">>>" not in docstring or not raises:
                    without.append(f"{path}:{node.lineno} {node.name}")
    assert without == []


SECTION = re.compile(r"^(Raises|Examples|Book|Source):", re.MULTILINE)


@pytest.mark.parametrize("room", ["attnbook", "inpage", "press"])
def test_a_docstring_refuses_then_shows_then_names_its_source(
    room: str,
) -> None:
    order = {"Raises": 0, "Examples": 1, "Book": 2, "Source": 2}
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                told = SECTION.findall(ast.get_docstring(node) or "")
                places = [order[section] for section in told]
                assert places == sorted(places), f"{path.name}: {node.name}"


@pytest.mark.parametrize("module", PUBLIC)
def test_no_public_name_is_lost(module: str) -> None:
    """What others import; `tests/data/public-names.json` only grows."""
    found = vars(import_module(f"attnbook.{module}"))
    assert [name for name in PUBLIC[module] if name not in found] == []


PRESS = ROOT / "press"
SHORT_FILES = [
    *PACKAGE.glob("*.py"),
    *(
        PACKAGE / package / f"{name}.py"
        for package, names in INSIDE.items()
        for name in names
    ),
    *(PACKAGE / "arrays").rglob("*.py"),
    *PRESS.glob("*.py"),
    *(PRESS / "pages").glob("*.py"),
    *(PRESS / "site").glob("*.py"),
    *(PRESS / "figures").glob("*.py"),
    *(ROOT / "inpage").glob("*.py"),
    *(PACKAGE / "checker").rglob("*.py"),
]


@pytest.mark.parametrize(
    "path", SHORT_FILES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_body_is_longer_than_can_be_read_at_a_glance(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    ]
    most = {
        node.name: 25 if node.name.endswith("_backward") else 15
        for node in functions
    }
    long = {
        node.name: lines
        for node in functions
        if (lines := lines_of(node, source)) > most[node.name]
    }
    assert long == {}


def lines_of(function: ast.FunctionDef, source: str) -> int:
    """The lines of a body; a `return` of many names counts as one."""
    has_docstring = ast.get_docstring(function) is not None
    body = function.body[has_docstring:]
    if not body:
        return 0
    first, last = body[0].lineno, body[-1]
    end = last.end_lineno or last.lineno
    if isinstance(last, ast.Return):
        end = last.lineno
    lines = [line.strip() for line in source.splitlines()[first - 1 : end]]
    return sum(1 for line in lines if line and not line.startswith("#"))
