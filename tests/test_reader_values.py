"""Numbers on their way to a reader's code and back, and the Python read."""

import json
import sys
from collections import namedtuple
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from attnbook.checker.reader.axes import einsum, rearrange, repeat
from attnbook.checker.reader.beside import Beside, Inside
from attnbook.checker.reader.source import python_of
from attnbook.checker.reader.values import (
    DEEPEST,
    MOST_NUMBERS,
    Config,
    TooMuchError,
    encode,
    keyed,
    library,
    wrapper,
)


def test_the_library_of_a_module_is_that_of_its_first_name() -> None:
    assert library("numpy.linalg") == library("numpy") == "numpy"
    assert library("flax.linen") == library("jax.numpy") == "jax"
    assert library("einops") == "torch"
    assert library("mynumpy") is library("json") is None


def test_lists_are_fresh_at_every_call() -> None:
    wrap = wrapper("list")
    given = [[1.0], [2.0]]
    came = wrap(given)
    assert came == given
    assert came is not given
    assert came[0] is not given[0]
    assert wrap(3) == 3


def test_arrays_are_made_of_lists_and_of_nothing_else() -> None:
    wrap = wrapper("numpy")
    came = wrap([[1.0, 2.0]])
    assert isinstance(came, np.ndarray)
    assert came.tolist() == [[1.0, 2.0]]
    assert wrap(3) == 3
    assert isinstance(wrap(3), int)
    mixed = [{"fields": ["a"], "items": [1.0]}, {"fields": [], "items": []}]
    assert [len(each) for each in wrap(mixed)] == [1, 0]
    empty = wrap([])
    assert isinstance(empty, np.ndarray)


@pytest.mark.parametrize("kind", ["list", "numpy"])
def test_what_has_names_is_handed_over_by_them(kind: str) -> None:
    wrap = wrapper(kind)
    named = {"fields": ["a", "b"], "items": [[1.0], 2.0]}
    came = wrap(named)
    assert came._fields == ("a", "b")
    assert [*came.a] == [1.0]
    assert came.b == 2.0
    several = wrap([named, named])
    assert isinstance(several, list)
    assert [each.b for each in several] == [2.0, 2.0]
    assert [*wrap({"w": [1.0]})["w"]] == [1.0]
    assert wrap({"config": {"dim": 6}}).dim == 6
    if kind == "numpy":
        assert isinstance(came.a, np.ndarray)
        assert isinstance(wrap({"w": [1.0]})["w"], np.ndarray)


def test_a_tuple_with_names_answers_keys_that_begin_like_one() -> None:
    named = wrapper("list")({
        "fields": ["W_query", "W_key", "W_value", "b_out"],
        "items": [1, 2, 3, 4],
    })  # fmt: skip
    both = keyed(named)
    assert both.W_key == both["W_key"] == both["Wk"] == both["k"] == 2
    assert both["value"] == both["V"] == 3
    assert both["b"] == both["out"] == 4
    assert both[0] == 1
    assert both[-1] == 4
    with pytest.raises(KeyError):
        both["x"]
    assert keyed([1.0]) == [1.0]


def test_a_configuration_is_read_without_case_and_underscores() -> None:
    config = Config({"embeddim": 6})
    assert config["Embed_Dim"] == config.embed_dim == config.get("EMBED_DIM")
    assert config.get("flash", 5) == 5
    assert not hasattr(config, "flash")
    assert not hasattr(config, "__embeddim__")
    with pytest.raises(KeyError):
        config["flash"]
    with pytest.raises(KeyError):
        Config({})["embeddim"]


class Held:
    """Its numbers by one of the protocols, under another type."""

    data: Any = None

    def __init__(self, **methods: Any) -> None:
        for name, found in methods.items():
            setattr(self, name, lambda found=found: found)


def test_what_gives_its_numbers_is_read() -> None:
    assert encode(np.array([[1.0, 2.0]])) == [[1.0, 2.0]]
    assert encode(np.float64(0.5)) == 0.5
    assert encode(np.longdouble(0.5)) == 0.5
    assert encode(np.int64(3)) == 3
    held = Held(tolist=[1.0])
    assert encode(held) == [1.0]
    assert encode(Held(detach=held)) == [1.0]
    assert encode(Held(numpy=held)) == [1.0]
    assert encode(Held(__array__=held)) == [1.0]
    assert encode(Held()) == {"other": "Held"}
    number = Held()
    number.data = 2.5
    assert encode(number) == 2.5
    number.data = memoryview(b"2.5")
    assert encode(number) == {"other": "Held"}


def test_a_value_that_is_no_number_is_named() -> None:
    assert encode(None) == {"other": "NoneType"}
    assert encode(value=True) == {"other": "bool", "is": True}
    assert encode("text") == {"other": "str"}
    assert encode(int) == {"other": "type"}
    assert encode({1.0, 2.0}) == {"other": "set"}
    assert encode([1, (2.5, None)]) == [1, [2.5, {"other": "NoneType"}]]


def test_whole_numbers_stay_whole_as_long_as_floats_are_exact() -> None:
    assert repr(encode(2**53)) == "9007199254740992"
    assert repr(encode(-(2**53))) == "-9007199254740992"
    assert repr(encode(2**53 + 2)) == "9007199254740994.0"
    assert encode(10**400) == {"other": "huge int"}


def test_items_with_names_keep_them() -> None:
    pair = namedtuple("pair", "first second")  # noqa: PYI024
    wanted = {"fields": ["first", "second"], "items": [1.0, [2.0]]}
    assert encode(pair(1.0, [2.0])) == wanted
    assert encode({"first": 1.0, "second": [2.0]}) == wanted

    @dataclass
    class Result:
        first: float
        second: list[float]

    assert encode(Result(1.0, [2.0])) == wanted
    assert encode(Result) == {"other": "type"}


def test_too_many_values_are_refused_and_as_many_as_can_be_are_not() -> None:
    assert len(encode([0.0] * (MOST_NUMBERS - 1))) == MOST_NUMBERS - 1
    with pytest.raises(TooMuchError, match="more than 100000 values"):
        encode([0.0] * MOST_NUMBERS)


def nest(depth: int) -> Any:
    value: Any = 1.0
    for _ in range(depth):
        value = [value]
    return value


def test_lists_nested_too_deeply_are_refused() -> None:
    assert encode(nest(DEEPEST)) == nest(DEEPEST)
    with pytest.raises(TooMuchError, match="deeper than 8"):
        encode(nest(DEEPEST + 1))

    @dataclass
    class Box:
        inner: Any

    boxes: Any = 1.0
    for _ in range(DEEPEST):
        boxes = Box(boxes)
    encode(boxes)
    boxes = Box(boxes)
    with pytest.raises(TooMuchError, match="deeper than 8"):
        encode(boxes)


X = np.arange(24.0).reshape(2, 3, 4)


def test_axes_are_cut_moved_and_joined() -> None:
    for order in permutations("abc"):
        came = rearrange(X, f"a b c -> {' '.join(order)}")
        right = X.transpose(["abc".index(axis) for axis in order])
        assert np.array_equal(came, right)
    cut = rearrange(X, "b n (h d) -> b h n d", h=2)
    assert np.array_equal(cut, X.reshape(2, 3, 2, 2).transpose(0, 2, 1, 3))
    joined = rearrange(cut, "b h n d -> b n (h d)")
    assert np.array_equal(joined, X)
    other = rearrange(X, "b n (h d) -> (b n) (d h)", d=2)
    turned = X.reshape(2, 3, 2, 2).transpose(0, 1, 3, 2)
    assert np.array_equal(other, turned.reshape(6, 4))
    assert rearrange(X, "b n d -> b 1 n d").shape == (2, 1, 3, 4)
    assert rearrange(X[:, :1], "b 1 d -> b d").shape == (2, 4)


def test_dots_stand_for_all_other_axes() -> None:
    cut = rearrange(X, "... (h d) -> ... h d", h=2)
    assert np.array_equal(cut, X.reshape(2, 3, 2, 2))
    moved = rearrange(X, "b ... -> ... b")
    assert np.array_equal(moved, X.transpose(1, 2, 0))
    assert np.array_equal(rearrange(X, "a b c ... -> c b a ..."), X.T)


def test_several_arrays_are_stacked_first() -> None:
    came = rearrange([X, X + 1], "k b n d -> b k n d")
    assert np.array_equal(came, np.stack([X, X + 1], axis=1))


def test_a_new_axis_repeats_the_array() -> None:
    came = repeat(X, "b n d -> b h n d", h=5)
    assert np.array_equal(came, np.stack([X] * 5, axis=1))
    came = repeat(X, "b n d -> b (n r) d", r=2)
    assert np.array_equal(came, np.repeat(X, 2, axis=1))
    came = repeat(X, "b n (h d) -> r b h n d", r=3, h=2)
    right = X.reshape(2, 3, 2, 2).transpose(0, 2, 1, 3)
    assert np.array_equal(came, np.stack([right] * 3))
    two = repeat(X, "b n d -> r b s n d", r=2, s=3)
    assert two.shape == (2, 2, 3, 3, 4)


def test_a_sum_of_products_runs_over_named_axes() -> None:
    right = np.einsum("bnd,bmd->bnm", X, X + 1)
    pattern = "batch query d, batch key d -> batch query key"
    assert np.array_equal(einsum(X, X + 1, pattern), right)
    assert np.array_equal(einsum(pattern, X, X + 1), right)


def cell(source: Any, kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "source": source}


def notebook(*cells: Any) -> str:
    return python_of(json.dumps({"cells": [*cells]}), "mine.ipynb")


def test_a_notebooks_code_is_read_cell_by_cell() -> None:
    assert notebook(
        cell("a = 1"), cell("# no", "markdown"), cell("b = 2")
    ) == ("a = 1\n\nb = 2\n")
    assert notebook(cell(["a = 1\n", "b = 2"])) == "a = 1\nb = 2\n"
    assert notebook(cell(None), "odd", {"cell_type": "code"}) == "\n\n\n"
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "a"}]}]}
    assert python_of(json.dumps(old), "mine.ipynb") == "a\n"
    assert python_of("a = 1", "mine.ipynb") == "a = 1"
    assert python_of('{"cells": []}', "mine.py") == '{"cells": []}'


@pytest.mark.parametrize("text", ["{", "{}", '{"cells": 3}', '{"cells": [3'])
def test_a_notebook_without_cells_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="holds no cells to read"):
        python_of(text, "mine.ipynb")


LINES = {
    "!pip list": "# !pip list",
    "  %time f()": "  pass  # %time f()",
    "f?": "# f?",
    "x = !ls": "x = None  # x = !ls",
    "  a, b = %env": "  a, b = None  # a, b = %env",
    "%%bash\nls\n": "# %%bash\n# ls",
    "\n%%html\n<b>": "# \n# %%html\n# <b>",
    "%%time\nf()": "# %%time\nf()",
    "!a \\\n  b\nc": "# !a \\\n  # b\nc",
    "x = 5 % 2": "x = 5 % 2",
    's = """\n%no\n"""\n%yes': 's = """\n%no\n"""\n# %yes',
    "s = '''\n!no\n'''": "s = '''\n!no\n'''",
    's = """a"""\n%yes': 's = """a"""\n# %yes',
}


@pytest.mark.parametrize("text", LINES)
def test_what_only_a_notebook_understands_is_a_comment(text: str) -> None:
    assert notebook(cell(text)) == f"{LINES[text]}\n"
    assert LINES[text].count("\n") == text.rstrip("\n").count("\n")


def test_an_export_is_read_where_leaving_lines_out_helps() -> None:
    assert python_of("a = 1\n%time a", "mine.py") == "a = 1\n# %time a"
    assert python_of("a = (\n%time a", "mine.py") == "a = (\n%time a"
    assert python_of("a = 5\\\n%2", "mine.py") == "a = 5\\\n%2"
    assert python_of("\0", "mine.py") == "\0"


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def beside(path: Path) -> Beside:
    return Beside(path, lambda text, _, names: names.update(text=text))


def test_modules_beside_a_file_and_above_it_are_found(tmp_path: Path) -> None:
    write(tmp_path / "a" / "setup.py")
    mine = write(tmp_path / "a" / "b" / "c" / "mine.py")
    near = write(mine.with_name("near.py"), "near")
    above = write(tmp_path / "a" / "above.py")
    inside = write(tmp_path / "a" / "src" / "inside.py")
    write(tmp_path / "far.py")
    found = beside(mine)
    for name, file in {"near": near, "above": above, "inside": inside}.items():
        spec = found.find_spec(name)
        assert spec is not None
        assert spec.origin == str(file)
        assert spec.submodule_search_locations is None
        assert found.owns(name)
    assert found.find_spec("far") is None
    assert not found.owns("far")


def test_no_more_than_three_folders_are_searched(tmp_path: Path) -> None:
    mine = write(tmp_path / "1" / "2" / "3" / "4" / "mine.py")
    folders = beside(mine).folders
    names = [folder.name for folder in folders]
    assert names == ["4", "3", "2", "1", "src", "src", "src", "src"]


def test_a_folder_of_modules_says_where_to_search(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine.py")
    init = write(tmp_path / "pack" / "__init__.py")
    write(tmp_path / "loose" / "part.py")
    write(tmp_path / "empty" / "notes.txt")
    found = beside(mine)
    for name, origin in {"pack": init, "loose": tmp_path / "loose"}.items():
        spec = found.find_spec(name)
        assert spec is not None
        assert spec.origin == str(origin)
        assert spec.submodule_search_locations == [str(tmp_path / name)]
    assert found.find_spec("empty") is None
    part = found.find_spec("loose.part", [str(tmp_path / "loose")])
    assert part is not None
    assert part.origin == str(tmp_path / "loose" / "part.py")
    assert part.has_location


def test_what_stands_first_knows_the_parts_of_what_is_found(
    tmp_path: Path,
) -> None:
    mine = write(tmp_path / "mine.py")
    write(tmp_path / "pack" / "part.py")
    found = beside(mine)
    inside, folder = Inside(found), [str(tmp_path / "pack")]
    assert inside.find_spec("pack.part", folder) is None
    found.find_spec("pack")
    assert inside.find_spec("pack.part", folder) is not None
    assert inside.find_spec("pack") is None


def test_the_definitions_of_a_module_are_made(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine.py")
    near = write(tmp_path / "near.py", "x = 1")
    module = ModuleType("near")
    module.__file__ = str(near)
    found = beside(mine)
    found.exec_module(module)
    assert vars(module)["text"] == "x = 1"
    folder = ModuleType("folder")
    folder.__file__ = str(tmp_path)
    found.exec_module(folder)
    assert "text" not in vars(folder)


def test_a_file_that_imports_relatively_has_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    mine = write(tmp_path / "one_of" / "two_of" / "three" / "mine.py")
    found = beside(mine)
    assert found.package(mine, 1) == "three"
    assert found.package(mine, 2) == "two_of.three"
    assert found.package(mine, 3) == "one_of.two_of.three"
    for name in ("two_of", "two_of.three"):
        assert found.owns(name)
        assert sys.modules[name].__path__ == [
            str(tmp_path / "one_of" / name.replace(".", "/"))
        ]
    write(mine.with_name("__init__.py"))
    write(mine.parent.with_name("__init__.py"))
    assert found.package(mine, 1) == "two_of.three"
    write(tmp_path / "one_of" / "__init__.py")
    assert found.package(mine, 1) == "one_of.two_of.three"
    dotted = write(tmp_path / "no such.one" / "mine.py")
    assert found.package(dotted, 1) == "no such.one"
    monkeypatch.setitem(sys.modules, "unspecified", ModuleType("unspecified"))
    bare = write(tmp_path / "unspecified" / "mine.py")
    assert found.package(bare, 1) == "unspecified"
    json_like = write(tmp_path / "json" / "mine.py")
    assert found.package(json_like, 1) == "_json"
    inner = write(tmp_path / "json" / "part_of" / "mine.py")
    assert found.package(inner, 2) == "_json.part_of"
    other = write(tmp_path / "one_of" / "json" / "mine.py")
    assert found.package(other, 2) == "one_of.json"
