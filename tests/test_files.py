"""How a file is read, and what there is to say of it before it is run."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from attnbook._version import __version__
from attnbook.checker import files
from attnbook.checker.engine import Options, Survey
from attnbook.checker.files import (
    Settings,
    UnableError,
    check_file,
    files_of,
    parted,
)
from attnbook.checker.finding import Checked, OutOfTimeError
from attnbook.checker.reader.program import Reply, Request

LOADED: Reply = {"patched": [], "missing": [], "failed": {}}
ERROR = {"type": "ValueError", "message": "no", "line": 2, "missing": None}


class Child:
    """Takes the place of the child process."""

    loaded: Reply = LOADED
    given: list[Any]
    opened: frozenset[str] = frozenset()
    ended = False

    def __init__(self, *given: object) -> None:
        Child.given = [*given]

    def __enter__(self) -> Self:
        Child.ended = False
        return self

    def __exit__(self, *_: object) -> None:
        Child.ended = True

    def ask(self, request: Request) -> Reply:
        assert request == {"do": "load"}
        return Child.loaded


class Surveyed:
    """Takes the place of the survey."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.raises: Exception | None = None

    def __call__(self, _: object, source: str, options: Options) -> Survey:
        self.given = [source, options]
        if self.raises is not None:
            raise self.raises
        return Survey((), ("left",), ("else",), (("a", "b"),), 7)


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Surveyed]:
    surveyed = Surveyed()
    monkeypatch.setattr(files, "ChildProgram", Child)
    monkeypatch.setattr(files, "survey", surveyed)
    yield surveyed
    Child.loaded = LOADED


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    mine = tmp_path / "mine file.py"
    mine.write_text("x = 1\ny = 2\n")
    return mine


def test_a_file_is_told_with_all_that_was_found(
    mine: Path, surveyed: Surveyed
) -> None:
    names = {"dot": "a b", "softmax": "s"}
    settings = Settings(5, names, True, 0.5, 99)
    found = check_file(f"{mine}::f", settings)
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    command = (
        f"attnbook check '{mine}::f' --seed 5 --as 'dot=a b' --as softmax=s "
        f"--transposed-weights"
    )
    assert found == Checked(
        "mine file.py", str(mine), digest, __version__, 5, command,
        not_checked=("left",), elsewhere=("else",), users=(("a", "b"),),
        outside=7,
    )  # fmt: skip
    assert surveyed.given == ["x = 1\ny = 2\n", Options(5, "f", names, True)]
    assert Child.given == ["x = 1\ny = 2\n", mine, 0.5, 99]
    assert Child.ended


def test_a_file_may_be_called_as_a_path_and_a_name(
    tmp_path: Path, surveyed: Surveyed
) -> None:
    file = tmp_path / "a.py::f"
    file.write_text("x = 1\n")
    found = check_file(str(file), Settings())
    assert (found.path, found.file) == (str(file), "a.py::f")
    assert surveyed.given == ["x = 1\n", Options()]
    (tmp_path / "a.py").write_text("y = 1\n")
    assert check_file(f"{tmp_path}/a.py::g", Settings()).refused == ""
    assert surveyed.given == ["y = 1\n", Options(only="g")]
    assert parted(f"{'a' * 300}::f") == ("a" * 300, "f")
    assert parted(f"{tmp_path}::") == (str(tmp_path), "")


def test_what_nobody_sets_is_as_the_command_says() -> None:
    assert Settings() == (0, {}, None, 2.0, 2048, 120.0)


@pytest.mark.parametrize("transposed", [None, False])
@pytest.mark.usefixtures("surveyed")
def test_a_command_names_what_differs_from_its_default(
    mine: Path, transposed: bool | None
) -> None:
    found = check_file(str(mine), Settings(transposed=transposed))
    assert found.command == f"attnbook check '{mine}' --seed 0"


@pytest.mark.usefixtures("surveyed")
def test_standard_input_is_a_file_without_a_name() -> None:
    found = check_file("-", Settings(), b"x = 1\n")
    assert (found.file, found.path) == ("standard_input.py", "-")
    assert found.digest == hashlib.sha256(b"x = 1\n").hexdigest()


def test_what_is_in_the_way_of_a_check_is_said(
    mine: Path, surveyed: Surveyed
) -> None:
    surveyed.raises = ValueError("nothing is called f.")
    assert check_file(str(mine), Settings()).refused == "nothing is called f."
    assert Child.ended
    surveyed.raises = TypeError("ours")
    said = "the check itself failed, which is a fault of attnbook's"
    found = check_file(str(mine), Settings())
    assert found.refused == f"{said} (TypeError: ours)."
    assert found.digest
    Child.loaded = {"error": ERROR}
    found = check_file(str(mine), Settings())
    assert found.refused.endswith("raises ValueError: no (line 2: `y = 2`).")


def test_a_check_ends_in_time(
    mine: Path, surveyed: Surveyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    def limited(ask: Any, seconds: float) -> Any:
        limits.append(seconds)
        return ask

    monkeypatch.setattr(files, "limited", limited)
    check_file(str(mine), Settings(whole=7.0))
    check_file(str(mine), Settings())
    assert limits == [7.0, 120.0]
    surveyed.raises = OutOfTimeError()
    assert "OutOfTimeError" in check_file(str(mine), Settings()).refused


def noted(source: str = "x = 1\n", **loaded: Any) -> list[str]:
    return list(files._noted({**LOADED, **loaded}, source))  # noqa: SLF001


def test_what_a_file_replaces_is_said() -> None:
    assert noted() == []
    (note,) = noted(patched=["math.exp", "builtins.sum"])
    assert note.startswith("Your file replaces `math.exp`, `builtins.sum` ")


def test_what_could_not_be_made_is_said_of_three() -> None:
    failed = {f"f{i}": ERROR for i in range(5)}
    notes = noted("x\ny = 2\n", failed=failed)
    assert [note.partition(" raises")[0] for note in notes] == [
        f"The definition of `f{i}`" for i in range(3)
    ]
    assert notes[0].endswith("(line 2: `y = 2`).")


def test_each_kind_of_what_is_missing_has_its_note() -> None:
    missing = ["mine", "einops", "torch", "yours", "sklearn"]
    ours, known, others = noted(missing=missing)
    assert ours.startswith("`einops`: not installed here; where the file call")
    assert "`rearrange`, `repeat`, `einsum`" in ours
    assert known.startswith("`torch`, `sklearn`: not installed here, so a st")
    assert known.endswith("`pip install torch scikit-learn` helps.")
    assert others.startswith("`mine`, `yours`: neither beside the file nor in")
    assert len(noted(missing=["einops"])) == 1
    assert noted(missing=["torch"]) == [known.replace(", `sklearn`", "")
        .replace(" scikit-learn", "")]  # fmt: skip


def test_the_files_of_a_folder_are_its_own(tmp_path: Path) -> None:
    for name in (
        "b.py", "a.ipynb", "in/c.py", "a.txt", ".hidden.py", ".venv/d.py",
        "__pycache__/e.py", "in/.git/f.py",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "none").mkdir()
    found = list(files_of(["-", str(tmp_path), "else.py"]))
    within = [str(tmp_path / name) for name in ("a.ipynb", "b.py", "in/c.py")]
    assert found == ["-", *within, "else.py"]
    with pytest.raises(UnableError, match="none holds no"):
        list(files_of([str(tmp_path / "none")]))


def refused(path: Path, raw: bytes | None = None) -> str:
    """Why a file is not checked; empty where it is."""
    if raw is not None:
        path.write_bytes(raw)
    return check_file(str(path), Settings()).refused


@pytest.mark.usefixtures("surveyed")
def test_a_file_is_as_large_as_it_may_be(tmp_path: Path) -> None:
    most = 1_000_000
    plain, book = tmp_path / "a.py", tmp_path / "a.ipynb"
    assert refused(plain, b"#" * most) == ""
    said = "is larger than 1,000,000 bytes."
    assert refused(plain, b"#" * (most + 1)) == f"{plain} {said}"
    few = "\xe9" * (most // 2)  # characters, of two bytes each
    assert refused(plain, f"#{few}".encode()) == f"{plain} {said}"

    def notebook(code: int, picture: int) -> bytes:
        cell = {"cell_type": "code", "source": "#" * code, "outputs": []}
        cells = {"cells": [cell | {"outputs": ["x" * picture]}]}
        return json.dumps(cells).encode()

    assert refused(book, notebook(9, most)) == ""
    assert refused(book, notebook(most + 9, 0)) == f"{book} {said}"
    rest = 50 * most - len(notebook(9, 0))
    assert refused(book, notebook(9, rest)) == ""
    said = f"{book} is larger than 50,000,000 bytes."
    assert refused(book, notebook(9, rest + 1)) == said


@pytest.mark.usefixtures("surveyed")
def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} is a folder; name a file in it."
    missing = tmp_path / "a.py"
    assert refused(missing) == f"there is no file {missing}."
    device = "/dev/null is a pipe or a device, and no file."
    assert refused(Path("/dev/null")) == device
    long = tmp_path / ("a" * 300)
    assert refused(long) == f"{long} cannot be read: File name too long."


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b" \n", "is empty."),
        (b"x = 1\0\n", "is not Python: it holds null bytes."),
        (b"# coding: utf-16\nx = 1\n", "declares utf-16, and is not in it."),
        (b"# \xe9\n", "is not UTF-8 text."),
        (b"# coding: nonsense\n", "declares a coding that Python refuses "
                                  "(unknown encoding: nonsense)."),
        (b"\xef\xbb\xbf# coding: latin-1\n", "declares a coding that Python "
                                  "refuses (encoding problem: utf-8)."),
        (b"\xef\xbb\xbf# \xe9\n", "is not UTF-8 text."),
        (b"x = 1\n\n# \xe9\n", "is not UTF-8 text."),
        (b"# coding: ascii\n# \xe9\n", "declares ascii, and is not in it."),
        (b"# coding: undefined\n", "declares undefined, and is not in it."),
        (b"# coding: rot13\n", "declares the coding rot13, which is none of "
                               "text."),
        (b"# coding: latin-1\n# \xe9\n", ""),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("surveyed")
def test_what_is_no_text_is_said(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    file = tmp_path / "a.py"
    assert refused(file, raw) == (f"{file} {said}" if said else "")


@pytest.mark.usefixtures("surveyed")
def test_a_notebook_without_cells_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.ipynb"
    said = refused(file, b"{}")
    assert said.startswith(f"{file}: ")
    assert "no cells" in said
    assert said.endswith(".")
