"""From Python and from a notebook: objects, modules, paths; and the report."""

import csv
import io
import json
import math
import subprocess
import sys
import types
import xml.etree.ElementTree as ET
from functools import partial
from html.parser import HTMLParser
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest

import attnbook
from attnbook import Report, assert_agrees, check, simple, trainable
from attnbook.__main__ import main
from attnbook.checker.say.html import as_html
from docs.data import notes


def softmax(scores: list[float]) -> list[float]:
    return simple.softmax(scores)


def self_attention(inputs: list[list[float]]) -> list[list[float]]:
    mean = [sum(column) for column in zip(*inputs, strict=True)]
    return [mean for _ in inputs]


class SelfAttention:
    """The book's, from weights that it is made from."""

    def __init__(self, W_query: Any, W_key: Any, W_value: Any) -> None:
        self.weights = trainable.Projections(W_query, W_key, W_value)

    def forward(self, inputs: list[list[float]]) -> list[list[float]]:
        return trainable.self_attention(inputs, self.weights).context_vecs


def test_a_right_function_agrees_and_a_wrong_one_does_not() -> None:
    right, wrong = check(softmax), check(self_attention)
    assert right.ok
    assert right
    assert right.status == 0
    assert not wrong
    assert wrong.status == 1
    assert [each.verdict for each in wrong.findings] == ["differs"]


def test_a_line_is_that_of_the_object() -> None:
    (found,) = check(self_attention).findings
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert source[found.line - 1].startswith("def self_attention")


def test_a_class_is_made_and_asked() -> None:
    (found,) = check(SelfAttention).findings
    assert found.verdict == "agrees"
    assert found.step.name == "trainable_self_attention"


def test_an_instance_and_a_partial_are_called() -> None:
    class Softmax:
        def __call__(self, scores: list[float]) -> list[float]:
            return simple.softmax(scores)

    assert check(Softmax())

    def tempered(t: float, scores: list[float]) -> list[float]:
        return simple.softmax([score / t for score in scores])

    assert check(partial(tempered, 1.0), step="softmax")
    assert not check(partial(tempered, 2.0), step="softmax")


def test_a_module_is_checked_in_this_process_and_says_so() -> None:
    report = check(notes)
    assert report.ok
    assert len(report.findings) == 5
    assert "It ran in this process" in str(report)


def test_a_path_is_checked_in_a_child(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import os, sys\nassert 'pytest' not in sys.modules\n"
        "def dot(x, y): return sum(map(lambda a, b: a * b, x, y))\n",
        encoding="utf-8",
    )
    assert check(file)
    assert check(str(file))
    assert check([file, softmax])
    assert "It ran in this process" not in str(check(file))
    assert check(f"{file}::dot", step="dot")


def test_a_folder_is_all_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("a.py", "inner/b.py", ".hidden/c.py", "d.txt"):
        (tmp_path / name).write_text("def dot(x, y): return 1.0", "utf-8")
    report = check(tmp_path)
    assert [each.file for each in report.checked] == ["a.py", "b.py"]


def test_no_subject_means_what_the_caller_has() -> None:
    names: dict[str, Any] = {"__name__": "somewhere", "attnbook": attnbook}
    exec(  # noqa: S102 - the caller's own names
        "from attnbook.simple import softmax as _softmax\n"
        "def softmax(scores): return _softmax(scores)\n"
        "def other(x): return x\n"
        "report = attnbook.check()",
        names,
    )
    assert [each.function for each in names["report"].findings] == ["softmax"]
    assert names["report"].ok


def test_an_object_without_a_name_of_ours_is_told_of() -> None:
    report = check(math.cosh)
    assert report.status == 2
    said = " ".join(str(report).split())
    assert 'as in check(cosh, step="self_attention")' in said


@pytest.mark.parametrize(
    ("subjects", "step", "part"),
    [
        ((3,), None, "subjects must be functions, classes"),
        ((softmax,), "softmux", "step must be one of matmul, transpose"),
        ((softmax, check), "softmax", "step needs one subject, got 2"),
        (("a.py",), "softmax", "must be PATH::NAME, got a.py"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    subjects: tuple[Any, ...], step: str | None, part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        check(*subjects, step=step)


def test_an_interrupt_is_the_users_own() -> None:
    def softmax(scores: list[float]) -> list[float]:
        raise KeyboardInterrupt(scores)

    with pytest.raises(KeyboardInterrupt):
        check(softmax)


def test_assert_agrees_is_quiet_or_tells_all() -> None:
    assert_agrees(softmax)
    assert_agrees(simple.softmax, "softmax")
    with pytest.raises(AssertionError, match="First wrong step: self_att"):
        assert_agrees(self_attention)
    with pytest.raises(AssertionError, match="no function has a name"):
        assert_agrees(math.cosh)


def test_the_doors_are_what_is_promised() -> None:
    found = {
        door.__name__: [
            (name, each.kind.name, each.default)
            for name, each in signature(door).parameters.items()
        ]
        for door in (check, assert_agrees)
    }
    step, seed = ("step", "KEYWORD_ONLY", None), ("seed", "KEYWORD_ONLY", 0)
    either = "POSITIONAL_OR_KEYWORD"
    assert found == {
        "check": [
            *(("subjects", "VAR_POSITIONAL", Parameter.empty), step, seed),
            ("transposed", "KEYWORD_ONLY", None),
        ],
        "assert_agrees": [
            *(("subject", either, Parameter.empty), ("step", either, None)),
            seed,
        ],
    }


def test_the_doors_open_late() -> None:
    code = (
        "import sys, attnbook.simple\n"
        "closed = {'attnbook.checker', 'argparse', 'importlib.metadata'}\n"
        "print(closed & {*sys.modules})\n"
        "import attnbook\n"
        "print(attnbook.__version__, attnbook.check, attnbook.Report)\n"
        "assert {'check', 'Report'} < {*dir(attnbook)}\n"
        "print('attnbook.checker.command' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    closed, doors, command = done.stdout.splitlines()
    assert closed == "set()"
    assert doors.startswith("0.")
    assert command == "False"
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        attnbook.__getattr__("chek")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"attnbook {attnbook.__version__}\n"


def test_a_notebook_gets_a_command_for_its_cells() -> None:
    class Shell:
        def __init__(self) -> None:
            self.user_ns: dict[str, Any] = {"__name__": "__main__"}
            self.magics: dict[str, Any] = {}

        def run_cell(self, raw_cell: str) -> Any:
            ran = types.SimpleNamespace(success=True)
            try:
                exec(raw_cell, self.user_ns)  # noqa: S102
            except ArithmeticError:
                ran.success = False
            return ran

        def register_magic_function(
            self, func: Any, magic_kind: str, magic_name: str
        ) -> None:
            assert magic_kind == "cell"
            self.magics[magic_name] = func

    shell = Shell()
    attnbook.load_ipython_extension(shell)
    magic = shell.magics["attnbook"]
    shell.run_cell("def dot(x, y): return 0.0")
    cell = "from math import exp\ndef softmax(s): return [0.0 for x in s]"
    report = magic("", cell)
    (found,) = report.findings
    assert report.checked[0].not_checked == ()
    assert (found.function, found.verdict) == ("softmax", "differs")
    assert magic("dot", "f = lambda x, y: sum(map(float.__mul__, x, y))").ok
    assert magic("", "1 / 0") is None


def test_an_older_notebook_does_not_tell_whether_a_cell_ran() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    magics: dict[str, Any] = {}
    shell = types.SimpleNamespace(
        user_ns=names,
        run_cell=lambda cell: exec(cell, names),  # noqa: S102
        register_magic_function=lambda func, **named: magics.update(
            {named["magic_name"]: func}
        ),
    )
    attnbook.load_ipython_extension(shell)
    report = magics["attnbook"]("", "def dot(x, y): return x[0] * y[0]")
    assert [each.verdict for each in report.findings] == ["differs"]


WRONG = """
def softmax(scores):
    exps = [2 ** score for score in scores]
    return [each / sum(exps) for each in exps]
def softmax_backward(weights, grad):
    return grad
"""


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "a <b>.py"
    file.write_text(WRONG, encoding="utf-8")
    return check(file, seed=1)


def test_json_has_a_schema_lines_and_what_is_waited_for(
    report: Report,
) -> None:
    found = json.loads(report.to_json())
    assert found["schema"] == 1
    softmax, backward = found["findings"]
    assert (softmax["line"], backward["line"]) == (2, 5)
    assert "dependency" not in softmax
    assert backward["verdict"] == "waits"
    assert backward["dependency"] == "softmax"
    several = Report((*report.checked, *report.checked))
    whole = json.loads(several.to_json())
    assert whole["status"] == 1
    assert whole["files"] == [found, found]


def test_sarif_holds_what_its_schema_requires(report: Report) -> None:
    found = json.loads(report.to_sarif())
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    assert run["tool"]["driver"]["name"] == "attnbook"
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    wrong, waiting = run["results"]
    assert {wrong["ruleId"], waiting["ruleId"]} == rules
    assert (wrong["level"], waiting["level"]) == ("error", "note")
    assert "raise 2 to the power" in wrong["message"]["text"]
    place = wrong["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 2}
    assert place["artifactLocation"]["uri"].endswith("a%20%3Cb%3E.py")


def test_junit_counts_what_it_holds(report: Report, tmp_path: Path) -> None:
    (suite,) = ET.fromstring(report.to_junit())  # noqa: S314 - our own
    counts = ("tests", "failures", "errors", "skipped")
    assert [suite.get(name) for name in counts] == ["2", "1", "0", "1"]
    wrong, waiting = suite
    failure = wrong.find("failure")
    assert failure is not None
    assert "raise 2 to the power" in str(failure.get("message"))
    assert "Likely cause" in str(failure.text)
    assert waiting.find("skipped") is not None
    (gone,) = ET.fromstring(check(tmp_path / "no.py").to_junit())  # noqa: S314
    assert gone.get("errors") == "1"


def test_lines_for_editors_and_for_github(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    path = report.checked[0].path
    main(["check", path, "--output-format", "concise"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}:2:1: differs: softmax: You raise")
    assert second.startswith(f"{path}:5:1: waits: softmax_backward: Its")
    main(["check", path, "--output-format", "github"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"::error file={path},line=2::differs: softmax: ")
    assert second.startswith(f"::notice file={path},line=5::waits: ")


class Tags(HTMLParser):
    """Whether every tag that opens is closed, and what stands in cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.classes: list[str] = []

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.classes.append(str(dict(attrs).get("class", "")))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_escapes_what_came_from_the_reader_and_closes_its_tags(
    report: Report,
) -> None:
    html = report._repr_html_()
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert "a &lt;b&gt;.py" in html
    assert "<b>" not in html
    assert "✗ differs" in html
    assert {"wrong", "sign bad", "good", "bad"} <= {*tags.classes}


def test_html_marks_the_wrong_entry_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from math import exp\n"
        "def softmax(s):\n"
        "    w = [exp(a) / sum(map(exp, s)) for a in s]\n"
        "    return [*w[:2], *(0.5 for _ in w[2:])]\n",
        encoding="utf-8",
    )
    report = check(file)
    example = report.findings[0].example
    assert example is not None
    assert example.where == "[2]"
    html = report._repr_html_()
    assert html.count('<td class="wrong">≠ 0.5</td>') == 1
    assert html.count('<td class="wrong">') == 1


def test_html_links_to_the_page_where_there_is_a_site(report: Report) -> None:
    assert "<a " not in as_html(report.checked)
    linked = as_html(report.checked, "https://pages.example/")
    assert '<a href="https://pages.example/' in linked
    assert "example//" not in linked


def test_every_form_comes_without_a_finding_too(tmp_path: Path) -> None:
    report = check(tmp_path / "no.py")
    assert report.status == 2
    assert "there is no file" in str(report)
    assert "there is no file" in report._repr_html_()
    assert json.loads(report.to_sarif())["runs"][0]["results"]
    assert Report(()).status == 2
    assert json.loads(Report(()).to_json())["files"] == []


@pytest.fixture
def class_of_four(tmp_path: Path) -> Path:
    sources = {
        "ada": "def dot(x, y): return sum(a * b for a, b in zip(x, y))",
        "bo": WRONG,
        "cy": WRONG,
        "dee": "def softmax(s):\n    while True: pass",
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_class_is_one_table(
    jobs: str, class_of_four: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["check", str(class_of_four), "-j", jobs]
    words += ["--seconds", "0.5", "--seed", "1"]
    assert main(words) == 1
    lines = capsys.readouterr().out.splitlines()
    states = [line.split()[1] for line in lines[:4]]
    assert states == ["agrees", "differs", "differs", "cannot"]
    assert "did not finish within 0.5 seconds" in lines[3]
    assert "1 of 4 agree." in lines
    assert any("   2  softmax: " in line for line in lines)


def test_a_class_goes_into_a_spreadsheet_and_onto_a_page(
    class_of_four: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = class_of_four / "class.html"
    words = ["check", *map(str, sorted(class_of_four.glob("[abc]*.py")))]
    main([*words, "--output-format", "html", "--output-file", str(target)])
    assert "1 of 3 agree." in capsys.readouterr().out
    tags = Tags()
    tags.feed(target.read_text(encoding="utf-8").partition("\n")[2])
    assert tags.open == []
    main([*words, "--output-format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["status"] for row in rows] == ["agrees", "differs", "differs"]
    assert rows[1]["first wrong step"] == "softmax"
    assert rows[1]["line"] == "2"


def test_standard_input_is_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = io.TextIOWrapper(io.BytesIO(WRONG.encode()))
    monkeypatch.setattr(sys, "stdin", given)
    assert main(["check", "-", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("-:2:1: differs: softmax")


def test_one_function_of_standard_input_can_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "def attention_weights(query, inputs): return query\n"
    given = io.TextIOWrapper(io.BytesIO((WRONG + other).encode()))
    monkeypatch.setattr(sys, "stdin", given)
    assert main(["check", "-::softmax", "--output-format", "concise"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("-:2:1: differs: softmax")
    assert "attention_weights" not in said


def test_colour_is_for_a_terminal_that_wants_it(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def said() -> str:
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        main(["check", report.checked[0].path, "--seed", "1"])
        return terminal.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = said()
    assert "\x1b[1;31mdiffers\x1b[0m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert said() == str(report)


def test_quiet_says_nothing_and_keeps_the_status(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", report.checked[0].path, "-q"]) == 1
    assert "".join(capsys.readouterr()) == ""


def test_no_line_is_longer_than_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    name = "x" * 90
    file.write_text(
        f"def softmax(s): raise ValueError({name!r})\n"
        f"def {name}(a): return a\n",
        encoding="utf-8",
    )
    text = str(check(file))
    assert name[:60] in text
    assert max(map(len, text.splitlines())) <= 78
