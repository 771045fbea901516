"""Code that reads attnbook's own is seen to, however it is written."""

import builtins
from pathlib import Path

import pytest

import attnbook
from attnbook.checker.files import Settings, check_file
from attnbook.checker.finding import Finding
from attnbook.checker.judge.copied import with_opened
from attnbook.checker.reader.watch import watched
from attnbook.checker.say.verdict import is_own
from attnbook.checker.steps.table import step_named

PACKAGE = Path(attnbook.__file__).parent


def test_each_file_of_ours_that_is_opened_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "attnbook.py"
    other.touch()
    opened = watched()
    other.read_bytes()
    (PACKAGE / "simple.py").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(builtins, "str", None)
        with open(f"{PACKAGE}/backward/simple.py", "rb"):  # noqa: PTH123
            pass
    assert opened == ["simple.py", "backward/simple.py"]


PIECED = {
    "a builtin": """
take = __builtins__["__imp" + "ort__"]
def softmax(scores):
    return vars(take("attn" + "book.simple", {}, {}, "x"))["softmax"](scores)
""",
    "a library": """
import importlib
def softmax(scores):
    module = importlib.import_module("attn" + "book.simple")
    return module.softmax(scores)
""",
    "its text": """
import sys
from pathlib import Path
def softmax(scores):
    for folder in sys.path:
        if (file := Path(folder, "attn" + "book", "simple.py")).exists():
            exec(file.read_text(), space := {"__name__": "x"})
            return space["softmax"](scores)
""",
}
HELPED = """
from attnbook.simple import softmax as share
def attention_weights(query, inputs):
    pairs = [zip(query, row) for row in inputs]
    return share([sum(a * b for a, b in pair) for pair in pairs])
"""


@pytest.mark.parametrize("way", PIECED)
def test_a_name_in_pieces_hides_nothing(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    file = tmp_path / "mine.py"
    file.write_text(PIECED[way])
    (finding,) = check_file(str(file), Settings()).findings
    assert finding.verdict == "agrees"
    assert is_own(finding)
    said = "they read `attnbook.simple`, which the file does not name"
    assert said in finding.warnings[0].sentence


def test_what_a_file_names_is_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(HELPED)
    (finding,) = check_file(str(file), Settings()).findings
    assert finding.verdict == "agrees"
    assert not is_own(finding)


def told(source: str, opened: str, verdict: str = "agrees") -> bool:
    """Whether a softmax is said to be the book's."""
    finding = Finding("softmax", step_named("softmax"), verdict, "")
    (found,) = with_opened([finding], source, [opened])
    return is_own(found)


@pytest.mark.parametrize(
    ("opened", "is_ours"),
    [
        *(("simple.py", True), ("__pycache__/simple.cpython-311.pyc", True)),
        *(("arrays/simple.py", True), ("learning.py", False)),
        *(("arrays/__pycache__/simple.cpython-314.pyc", True),),
        *(("backward/simple.py", False), ("checker/reader/make.py", False)),
    ],
)
def test_a_module_counts_where_it_has_the_step(
    opened: str, is_ours: bool
) -> None:
    assert told("x = 1", opened) == is_ours
    assert not told("x = 1", opened, "differs")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        *(("import attnbook.simple", True), ("import attnbooks", False)),
        *(("from attnbook import simple", True), ("attnbook = 1", False)),
        *(("x = 'attnbook.simple'", True), ("from . import x", False)),
    ],
)
def test_a_file_names_attnbook_in_an_import_or_a_text(
    source: str, names: bool
) -> None:
    assert told(source, "simple.py") != names
