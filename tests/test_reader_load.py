"""What is made of a file, what is left unrun, and what is stood in for."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from attnbook.checker.reader import load, standin
from attnbook.checker.reader.load import Loader
from attnbook.checker.reader.standin import Missing, StandIn, StandInModule

Space = dict[str, Any]


def loaded(source: str, path: str = "mine.py") -> tuple[Loader, Space]:
    loader, space = Loader(path), Space()
    loader.load(source, space)
    return loader, space


def stood_in(space: Space) -> dict[str, str]:
    """The names that are stood in for, each with what it stands for."""
    return {
        name: repr(item)
        for name, item in space.items()
        if type(item) is StandIn
    }


STARRED = """
x = 1
late = open("no-such-file")
def f(a):
    global held
    held = size + x + a + len([late])
    return held
@int
def broken(): pass
def g(): return broken
"""


def test_what_every_name_of_a_module_would_have_given_is_stood_in_for() -> (
    None
):
    _, space = loaded(f"from config_missing import *\n{STARRED}")
    assert stood_in(space).keys() == {"size", "held"}
    _, space = loaded(f"from config_missing import one\n{STARRED}")
    assert stood_in(space).keys() == {"one", "held"}
    _, space = loaded("def f():\n    global late\nlate = open('x')\n")
    assert stood_in(space) == {}


@pytest.mark.parametrize(
    ("source", "bound", "missing"),
    [
        ("import a_missing.b_missing", "a_missing", {"a_missing"}),
        ("import a_missing.b_missing as c", "c", {"a_missing"}),
        ("from a_missing.b_missing import c", "c", {"a_missing"}),
        ("from math import nothing as n", "n", {"math.nothing"}),
        ("from pytest.nothing import x", "x", {"pytest"}),
        ("from .conf.deep import x", "x", {".conf"}),
    ],
)
def test_what_cannot_be_imported_is_named_by_its_library(
    source: str, bound: str, missing: set[str], tmp_path: Path
) -> None:
    loader, space = loaded(source, str(tmp_path / "mine.py"))
    assert loader.missing.names == missing
    names = {n for n in space if not n.startswith("__")}
    assert names == {bound}
    assert not loader.missing.on
    assert not any(type(m) is StandInModule for m in sys.modules.values())


def test_what_a_library_lacks_is_not_what_lies_beside_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "b_beside.py").write_text("own = 1\n")
    (tmp_path / "a_package").mkdir()
    (tmp_path / "a_package" / "b_beside.py").write_text("own = 2\n")
    source = """
import a_missing.b_beside
from a_missing.b_beside import own as theirs
from pytest.b_beside import own as others
from b_beside import own as first
from a_package.b_beside import own as second
"""
    loader, space = loaded(source, str(tmp_path / "mine.py"))
    assert (space["first"], space["second"]) == (1, 2)
    assert loader.missing.names == {"a_missing", "pytest"}
    assert stood_in(space).keys() == {"theirs", "others"}


MADE = {
    "a decorator": ("@checked\ndef f(x): return x\n", True),
    "an error of another kind": ("@int\ndef f(x): return x\n", False),
    "an error that tells a name": (
        "def fail(f): raise ImportError('no', name='told')\n"
        "@fail\ndef f(x): return x\n",
        False,
    ),
    "a name that nobody tells": (
        "def fail(f): raise NameError('no')\n@fail\ndef f(x): return x\n",
        False,
    ),
    "two errors": ("def f(x=checked or 1 / 0, y=int('a')): return x\n", False),
}


@pytest.mark.parametrize("what", MADE)
def test_a_definition_is_made_again_with_the_name_that_it_misses(
    what: str,
) -> None:
    source, comes = MADE[what]
    loader, space = loaded(source)
    assert ("f" in space, "f" in loader.errors) == (comes, not comes)
    assert "told" not in space
    assert loader.errors.keys() <= {"f"}


def test_the_branch_that_is_taken_is_made_where_that_costs_nothing() -> None:
    source = """
QUIET = True
if QUIET:
    a = 1
else:
    b = 1
if not QUIET:
    c = 1
else:
    d = 1
if open("no-such-file"):
    e = 1
if 1 / 0:
    g = 1
"""
    loader, space = loaded(source)
    assert {*"abcdeg"} & space.keys() == {"a", "d"}
    assert loader.names() == {"e", "g"}


def test_of_what_is_left_only_what_leads_to_a_name_is_run() -> None:
    source = """
import math
start = [float(i) for i in range(2)]
twice = list(map(math.sqrt, start))
other = open("no-such-file")
failed = open("no-such-file")
"""
    loader, space = loaded(source)
    assert not loader.need("nowhere")
    assert not loader.need("failed")
    assert "twice" not in space
    assert loader.need("twice")
    assert space["twice"] == [0.0, 1.0]
    assert loader.names() == {"other"}


def test_of_a_module_beside_the_file_what_it_assigns_is_made(
    tmp_path: Path,
) -> None:
    (tmp_path / "assigning.py").write_text(
        "table = list(map(float, range(3)))\nbroken = open('no-such-file')\n"
        "whole: list = list(map(float, range(2)))\nprint(1 / 0)\n"
        "while True: pass\ndef f(): raise ValueError\n"
    )
    source = "from assigning import table, whole, f\ndef g(): raise ValueError"
    _, space = loaded(source, str(tmp_path / "mine.py"))
    assert (space["table"], space["whole"]) == ([0.0, 1.0, 2.0], [0.0, 1.0])
    file = space["f"].__code__.co_filename
    assert file == str(tmp_path / "assigning.py")
    assert space["g"].__code__.co_filename == str(tmp_path / "mine.py")


def test_while_a_function_runs_what_was_missing_is_so_again() -> None:
    within = "def f():\n    import a_missing.b_missing\n    return 1"
    source = f"import a_missing\n{within}"
    loader, space = loaded(source)
    with loader.calling():
        seen = [loader.missing.again, space["f"]()]
    assert [*seen, loader.missing.again] == [True, 1, False]
    assert not any(name.startswith("a_missing") for name in sys.modules)
    assert loader.missing not in sys.meta_path


def test_a_file_too_deep_for_the_parser_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(load, "compile", refuse, raising=False)
    with pytest.raises(RecursionError, match="during compilation"):
        loaded("x = 1")


def test_what_belongs_to_python_is_no_setting_of_a_stand_in() -> None:
    module = StandInModule("a_missing", "", "")
    for each in (StandIn("a_missing"), module):
        for name in ("__wrapped__", "__length_hint__"):
            assert not hasattr(each, name)
        for name in ("__private", "late__", "plain"):
            assert repr(getattr(each, name)) == f"<missing a_missing.{name}>"


def test_an_expression_that_nobody_keeps_is_not_run() -> None:
    source = "seen = []\n[seen.append(1) for i in range(3)]\nseen.append(2)\n"
    _, space = loaded(source)
    assert space["seen"] == []


def test_what_raises_as_it_is_imported_is_stood_in_for(
    tmp_path: Path,
) -> None:
    (tmp_path / "broken_beside.py").write_text("def (")
    loader, space = loaded("import broken_beside", str(tmp_path / "mine.py"))
    assert stood_in(space) == {"broken_beside": "<missing broken_beside>"}
    assert loader.missing.names == {"broken_beside"}


def test_a_stand_in_answers_for_a_size_by_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StandIn, "sizes", {"nembd": 7})
    held = StandIn("config")
    assert held["n_embd"] == held.n_embd == 7
    assert held["other"] is held
    assert held[0] is held
    assert [*held] == []
    assert (held | int) is (int | held) is held


@pytest.mark.parametrize(
    ("name", "package", "said"),
    [
        ("torch.nn", "", "torch"),
        ("pkg", "pkg", "pkg"),
        ("pkg.config.deep", "pkg", ".config"),
        ("pkg.week1.config.deep", "pkg.week1", ".config"),
        ("pkg.other", "pkg.week1", ".other"),
        ("torch.nn", "pkg.week1", "torch"),
    ],
)
def test_a_module_is_told_as_the_file_imports_it(
    name: str, package: str, said: str
) -> None:
    assert standin._told(name, package) == said  # noqa: SLF001


def test_a_stand_in_is_found_while_it_is_wanted() -> None:
    missing = Missing()
    assert missing.find_spec("a.b") is None
    missing.again = True
    assert missing.find_spec("a.b") is None
    assert missing.names == set()
    missing.on, missing.again = True, False
    found = missing.find_spec("a.b")
    assert found is not None
    assert found.submodule_search_locations is not None
    assert missing.names == {"a"}
    missing.on = False
    assert missing.find_spec("a.c") is None
    missing.again = True
    assert missing.find_spec("a.c") is not None


def test_a_stand_in_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    package = types.ModuleType("parted")
    gone, kept = StandInModule("parted.gone", "", ""), object()
    vars(package).update(gone=gone, taken=kept)
    for name, module in (
        ("parted", package),
        ("parted.gone", gone),
        ("parted.taken", StandInModule("parted.taken", "", "")),
        ("lone_missing", StandInModule("lone_missing", "", "")),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    standin.forget()
    assert not {"parted.gone", "parted.taken", "lone_missing"} & {*sys.modules}
    assert sys.modules["parted"] is package
    assert not hasattr(package, "gone")
    assert package.taken is kept


def test_a_base_that_is_missing_is_told_once_it_is_needed() -> None:
    source = """
import lib_missing as lib
class A(lib.Base):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
"""
    _, space = loaded(source)
    assert space["A"]()
    for given, named in (((3,), {}), ((), {"d": 3})):
        with pytest.raises(ModuleNotFoundError) as raised:
            space["A"](*given, **named)
        assert raised.value.name == "lib_missing"


BASES = {"Module": True, "LightningModule": True, "Layer": True, "Set": False}


@pytest.mark.parametrize("name", BASES)
def test_a_missing_layer_is_torchs_where_torch_is_there(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Module:
        pass

    source = f"import lib_missing as lib\nclass A(lib.{name}): pass"
    torch = types.SimpleNamespace(Module=Module)
    monkeypatch.setitem(sys.modules, "torch.nn", torch)
    _, space = loaded(source)
    assert issubclass(space["A"], Module) == BASES[name]
    monkeypatch.delitem(sys.modules, "torch.nn")
    _, space = loaded(source)
    assert not issubclass(space["A"], Module)
    assert space["A"]()


def test_a_future_of_the_file_holds_for_its_definitions() -> None:
    source = "def f(x: int) -> str: return str(x)"
    _, space = loaded(source)
    assert space["f"].__annotations__ == {"x": int, "return": str}
    _, space = loaded(f"from __future__ import annotations\n{source}")
    assert space["f"].__annotations__ == {"x": "int", "return": "str"}


TRIED = {
    "an import": ("import math as m", True),
    "an import in a loop": ("\n  for _ in '1': import math as m", False),
    "something else": ("m = int('3')", False),
}


@pytest.mark.parametrize("what", TRIED)
def test_of_what_is_tried_only_imports_are_run(what: str) -> None:
    body, runs = TRIED[what]
    _, space = loaded(f"try: {body}\nexcept ValueError: m = 0")
    assert ("m" in space) == runs


def test_no_library_finds_what_another_import_missed() -> None:
    source = """
import a_missing.b_missing
import sys
seen = "a_missing" in sys.modules or "a_missing.b_missing" in sys.modules
def late():
    import a_missing.b_missing
"""
    loader, space = loaded(source)
    assert space["seen"] is False
    with loader.calling():
        space["late"]()
        assert "a_missing" in sys.modules
    assert not {"a_missing", "a_missing.b_missing"} & {*sys.modules}
