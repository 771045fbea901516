"""The command as a reader meets it."""

import hashlib
import json
import signal
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from attnbook.__main__ import main

ROOT = Path(__file__).parent.parent

NOTES = ROOT / "docs" / "data" / "notes.py"

HELPERS = """
from math import exp, sqrt
def softmax(s):
    e = [exp(a - max(s)) for a in s]
    return [a / sum(e) for a in e]
def times(a, b):
    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*b)] for r in a]
def turned(a):
    return [list(c) for c in zip(*a)]
"""
BY_VALUE_WIDTH = (
    HELPERS
    + """
def attention(q, k, v):
    d = sqrt(len(v[0]))
    s = [[a / d for a in row] for row in times(q, turned(k))]
    return times([softmax(row) for row in s], v)
"""
)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> "Said":
    return Said(capsys)


class Said:
    """Runs the command and keeps what it says, on one line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.status = -1

    def __call__(self, *words: object) -> str:
        self.status = main(["check", *map(str, words)])
        return " ".join("".join(self._capsys.readouterr()).split())


def _written(folder: Path, source: str) -> Path:
    file = folder / "mine.py"
    file.write_text(source, encoding="utf-8")
    return file


def test_the_five_functions_agree_with_3_3_in_every_dimension(
    said: Said,
) -> None:
    text = said(NOTES, "--seed", "1")
    assert "Your 5 functions agree with 3.3" in text
    assert said.status == 0


def test_the_five_functions_overflow_and_are_told_how_to_mend_it(
    said: Said,
) -> None:
    text = said(NOTES)
    assert (
        "`soft_max` overflows from a largest score of about 710: it raises "
        "OverflowError. Subtract the row's largest score from every score "
        "before `exp`"
    ) in text
    assert text.count("Subtract the row's largest score") == 1
    assert text.count("overflows from a largest score of about 710") == 3


def test_a_mismatch_that_passes_silently_is_told(said: Said) -> None:
    assert (
        "Given lengths that do not fit together, `inner_product` prints and "
        "returns `None`, so a mismatch passes silently."
    ) in said(NOTES)


def test_it_says_how_the_functions_are_called(said: Said) -> None:
    text = said(NOTES)
    assert "get_attention_score(inputs, row)" in text
    assert "get_context_vector(inputs, attn_weight_rows)" in text


def test_a_wrong_scale_is_told_in_full(tmp_path: Path, said: Said) -> None:
    text = said(_written(tmp_path, BY_VALUE_WIDTH), "--seed", "1")
    assert said.status == 1
    assert "softmax(scores): agrees" in text
    assert "It fails whenever the number of keys is above 1 and d_k" in text
    assert "You divided by 2.23607 = sqrt(5), the width of the values" in text
    assert "Try: Divide the scores by `sqrt(d_k)`" in text
    assert "First wrong step: scaled_dot_product_attention" in text
    assert "d_k | 1 2 5 d_v 1 | . o o 2 | o . o 3 | o o o" in text


def test_gradients_wait_for_the_forward(tmp_path: Path, said: Said) -> None:
    source = HELPERS.replace("/ sum(e)", "") + (
        "def softmax_backward(weights, grad):\n    return grad\n"
    )
    text = said(_written(tmp_path, source))
    assert "Its gradients are checked once the forward steps agree." in text
    assert "First wrong step: softmax" in text
    assert said.status == 1


def test_a_helper_that_cannot_be_placed_is_left_out(
    tmp_path: Path, said: Said
) -> None:
    source = HELPERS + "def attend(weights, rows): return times(weights, rows)"
    text = said(_written(tmp_path, source))
    assert "attend: left out" in text
    assert "takes arguments that attnbook cannot place" in text
    assert "Your `softmax` agrees with 3.3" in text
    assert "The attention itself was not checked." in text
    assert said.status == 2


def test_rounding_is_said_as_one_limit_and_kept_as_a_number(
    tmp_path: Path, said: Said
) -> None:
    source = "def dot(x, y): return sum(a * b for a, b in zip(x, y)) + {}"
    receipt = tmp_path / "receipt.md"
    file = _written(tmp_path, source.format("1e-13"))
    words = file, "--seed", "1", "--receipt", receipt
    assert "largest error below 1e-12;" in said(*words)
    assert "| 1e-13 |" in receipt.read_text(encoding="utf-8")
    (found,) = json.loads(said(*words, "--json"))["findings"]
    assert 5e-14 < found["largest_error"] < 2e-13
    text = said(_written(tmp_path, source.format("1e-10")), "--seed", "1")
    assert "largest error 1e-10;" in text


UNKNOWN = (
    HELPERS
    + """
def _hidden(a): return a
def g(x): return [softmax(row) for row in times(x, turned(x))]
def f(x): return times(g(x), x)
"""
)
LEFT = (
    "times, turned, g, f. Name a step for one with --as, as in "
    "--as self_attention=f."
)


def test_what_is_not_recognised_is_listed(tmp_path: Path, said: Said) -> None:
    receipt = tmp_path / "receipt.md"
    file = _written(tmp_path, UNKNOWN)
    text = said(file, "--receipt", receipt)
    assert f"Not checked: {LEFT}" in text
    assert "The attention itself was not checked." in text
    assert said.status == 2
    assert f"Not checked: {LEFT}" in receipt.read_text(encoding="utf-8")
    assert '"not_checked": [ "times", "turned", "g", "f" ]' in said(
        file, "--json"
    )


def test_what_a_checked_function_uses_is_not_listed(
    tmp_path: Path, said: Said
) -> None:
    file = _written(tmp_path, UNKNOWN + "h = lambda x: '\\d'\n")
    text = said(file, "--as", "self_attention=f")
    assert "Not checked: h. Name a step" in text


def test_one_chosen_function_leaves_the_others_unsaid(
    tmp_path: Path, said: Said
) -> None:
    file = _written(tmp_path, UNKNOWN)
    assert "Not checked" not in said(f"{file}::softmax")


def test_a_file_of_unknown_names_says_how_to_name_them(
    tmp_path: Path, said: Said
) -> None:
    text = said(_written(tmp_path, "def f(x): return x\n"))
    assert "as in --as self_attention=f." in text
    assert text.count("--as self_attention") == 1
    assert said.status == 2


def test_one_function_can_be_checked(tmp_path: Path, said: Said) -> None:
    file = _written(tmp_path, BY_VALUE_WIDTH)
    text = said(f"{file}::softmax")
    assert said.status == 0
    assert "attention" not in text.replace("attnbook", "")


def test_a_name_can_be_mapped(tmp_path: Path, said: Said) -> None:
    source = (
        HELPERS
        + "def f(x): return times(g(x), x)\n"
        + ("def g(x): return [softmax(row) for row in times(x, turned(x))]\n")
    )
    text = said(
        _written(tmp_path, source),
        "--as", "self_attention=f", "--as", "attention_weights=g",
    )  # fmt: skip
    assert "f(inputs): agrees" in text
    assert "g(inputs): agrees" in text
    assert said.status == 0


def test_why_a_function_could_not_run_is_said_once(
    tmp_path: Path, said: Said
) -> None:
    text = said(_written(tmp_path, "def softmax(x): return x + nothing"))
    assert text.count("`softmax` raises NameError") == 1
    assert text.endswith("Could not run `softmax`.")
    assert said.status == 2


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--as", "softmax=missing"], "the file has no function missing"),
        (["--as", "nonsense=softmax"], "--as takes STEP=NAME"),
        (["--as", "softmax"], "--as takes STEP=NAME"),
        (["--receipt", "nowhere/at/all.md"], "cannot be written"),
    ],
)
def test_what_cannot_be_asked_ends_in_a_sentence(
    words: list[str], part: str, tmp_path: Path, said: Said
) -> None:
    text = said(_written(tmp_path, HELPERS), *words)
    assert part in text
    assert said.status == 2


def test_a_missing_function_is_told_with_those_there_are(
    tmp_path: Path, said: Said
) -> None:
    text = said(f"{_written(tmp_path, HELPERS)}::sofmax")
    assert "no function sofmax; it has: softmax, times, turned." in text
    assert said.status == 2


def test_the_same_seed_gives_the_same_words(said: Said) -> None:
    one = f"{NOTES}::soft_max"
    assert said(one, "--seed", "7") == said(one, "--seed", "7")


def test_a_fresh_seed_is_drawn_and_printed(said: Said) -> None:
    seeds = {said(f"{NOTES}::soft_max").split()[5] for _ in range(3)}
    assert len(seeds) > 1


def test_json_is_for_tools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _written(tmp_path, BY_VALUE_WIDTH)
    status = main(["check", str(file), "--json", "--seed", "3"])
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == status == 1
    assert found["seed"] == 3
    assert found["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    right, wrong = found["findings"]
    assert right["verdict"] == "agrees"
    assert right["mistakes_rejected"] == right["mistakes_known"] >= 8
    assert wrong["cause"]["name"] == "scaled_by_root_of_value_width"
    assert wrong["cause"]["measured"] is True
    assert wrong["example"]["expected"] != wrong["example"]["got"]
    assert all(agrees or sizes["keys"] > 1 for sizes, agrees in wrong["cells"])


def test_json_says_why_there_is_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "no.py"), "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == 2
    assert "there is no file" in found["verdict"]


def test_json_has_no_nan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "def softmax(x): return [float('nan')] * len(x)"
    main(["check", str(_written(tmp_path, source)), "--json"])

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(capsys.readouterr().out, parse_constant=refuse)


def test_the_receipt_says_what_was_checked_and_how(
    tmp_path: Path, said: Said
) -> None:
    receipt = tmp_path / "receipt.md"
    said(NOTES, "--seed", "5", "--receipt", receipt)
    text = receipt.read_text(encoding="utf-8")
    assert "| `soft_max` | softmax (3.3.1) | agrees, but overflows |" in text
    assert "12 of 12" in text
    assert hashlib.sha256(NOTES.read_bytes()).hexdigest() in text
    assert f"`attnbook check {NOTES} --seed 5`" in text
    assert "seed 5" in text


def test_the_receipt_never_overwrites_the_file(
    tmp_path: Path, said: Said
) -> None:
    file = _written(tmp_path, HELPERS)
    text = said(file, "--receipt", file)
    assert "would overwrite the file" in text
    assert file.read_text(encoding="utf-8") == HELPERS
    assert said.status == 2


def test_nothing_is_written_beside_the_file(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "helper.py").write_text(HELPERS, encoding="utf-8")
    said(_written(tmp_path, "from helper import *\ndot = lambda x, y: 1.0"))
    names = sorted(entry.name for entry in tmp_path.iterdir())
    assert names == ["helper.py", "mine.py"]


def test_the_module_runs_as_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "attnbook", "check", str(NOTES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Your 5 functions agree with 3.3" in done.stdout


@pytest.mark.parametrize(
    ("words", "status"), [([], 0), (["--help"], 0), (["nonsense"], 2)]
)
def test_the_bare_command_says_what_there_is(
    words: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == status
    assert "attnbook check mine.py" in "".join(capsys.readouterr())


@pytest.mark.parametrize("name", ["mine.py", "missing.py"])
def test_the_handler_of_sigterm_is_put_back(
    name: str, tmp_path: Path, said: Said
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    _written(tmp_path, "def dot(x, y): return x")
    said(tmp_path / name)
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_installed_command_is_the_module() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    scripts = tomllib.loads(text)["project"]["scripts"]
    assert scripts == {"attnbook": "attnbook.__main__:main"}


def test_the_child_knows_no_answers() -> None:
    folder = ROOT / "attnbook" / "checker" / "reader"
    for child in folder.glob("*.py"):
        source = child.read_text(encoding="utf-8")
        imports = [
            line
            for line in source.splitlines()
            if "import" in line.split()[:2]
        ]
        assert not any(
            "attnbook" in line and "attnbook.checker.reader" not in line
            for line in imports
        ), child
    assert (folder / "program.py").is_file()


def test_a_check_can_be_made_in_a_thread(tmp_path: Path) -> None:
    file = _written(tmp_path, "def dot(x, y): return sum(map(pow, x, y))")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(main, ["check", str(file), "-q"]).result() == 1


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("from attnbook.simple import softmax as ours", True),
        ("import attnbook", True),
        ("# like attnbook", False),
        ("import attnbooks", False),
    ],
)
def test_a_file_that_imports_the_book_is_told_what_that_means(
    line: str, seen: bool, tmp_path: Path, said: Said
) -> None:
    source = f"try:\n    pass\n    {line}\nexcept ImportError:\n    pass\n"
    text = said(_written(tmp_path, source + HELPERS))
    assert ("it is the book that agrees with itself" in text) is seen


def test_train_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "--help"])
    assert ended.value.code == 0
    assert "--task" in capsys.readouterr().out
