"""The command line by its parts, without a child process."""

import errno
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from attnbook.__main__ import main
from attnbook.checker import command, files, jobs
from attnbook.checker.command import run
from attnbook.checker.files import Settings
from attnbook.checker.finding import Checked, Finding
from attnbook.checker.steps.table import step_named

AGREES = Finding(
    "softmax",
    step_named("softmax"),
    "agrees",
    "It agrees.",
    call="softmax(scores)",
)
Given = tuple[list[str], Settings, bytes, int]
Said = pytest.CaptureFixture[str]


class Asked:
    """Takes the place of the check, and keeps what it was asked."""

    def __init__(self) -> None:
        self.given: list[Given] = []
        self.answer: Callable[[str], Checked] = agreeing

    def __call__(
        self,
        paths: Sequence[str],
        settings: Settings,
        given: bytes,
        jobs: int,
        progress: Callable[[int], None],
    ) -> list[Checked]:
        self.given.append((list(paths), settings, given, jobs))
        found = []
        for path in paths:
            found.append(self.answer(path))
            progress(len(found))
        return found


def agreeing(path: str) -> Checked:
    return Checked(path, path, findings=(AGREES,))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(command, "check_all", asked)
    return asked


def test_what_is_not_said_has_its_default(asked: Asked) -> None:
    assert run(["a.py", "--seed", "3"]) == 0
    (given,) = asked.given
    assert given == (["a.py"], Settings(3, {}, None, 2.0, 2048, 120.0), b"", 1)


def test_what_is_said_reaches_the_check(asked: Asked) -> None:
    words = "a.py b.py --seed -4 --seconds 0.5 --memory 99.5 --max-seconds 7"
    more = "--transposed-weights -j 3 --as softmax=mine --as dot=times"
    assert run([*words.split(), *more.split()]) == 0
    ((paths, settings, _, jobs),) = asked.given
    assert (paths, jobs) == (["a.py", "b.py"], 3)
    names = {"softmax": "mine", "dot": "times"}
    assert settings == Settings(-4, names, True, 0.5, 99, 7.0)


def test_a_seed_that_nobody_gave_is_drawn(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    tops = []

    class Drawn:
        def randrange(self, top: int) -> int:
            tops.append(top)
            return 17

    monkeypatch.setattr(command, "SystemRandom", Drawn)
    run(["a.py"])
    run(["a.py", "--seed", "0"])
    assert [settings.seed for _, settings, _, _ in asked.given] == [17, 0]
    assert tops == [1_000_000]


BOUNDS = [
    *(
        ("--seconds", text, False)
        for text in ("0", "-1", "1000001", "nan", "x")
    ),
    *(("--seconds", text, True) for text in ("1e-9", "0.5", "999999.5")),
    *(("--max-seconds", text, False) for text in ("0", "inf")),
    *(("--memory", text, False) for text in ("0", "63.9", "1000001", "x")),
    *(("--memory", text, True) for text in ("64", "1e6")),
    *(("-j", text, False) for text in ("0", "1001", "2.5", "-1")),
    *(("-j", text, True) for text in ("1", "2", "1000")),
]


@pytest.mark.parametrize(("option", "text", "fits"), BOUNDS)
@pytest.mark.usefixtures("asked")
def test_a_number_has_bounds(
    option: str, text: str, fits: bool, capsys: Said
) -> None:
    words = ["a.py", f"{option}={text}" if option[1] == "-" else option + text]
    if fits:
        assert run(words) == 0
        return
    with pytest.raises(SystemExit) as ended:
        run(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "must be a number " in said
    assert said.endswith(f", got {text}\n")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--seconds=0", "--seconds: must be a number above 0 to 1,000,000, "),
        ("--memory=1", "--memory: must be a number from 64 to 1,000,000, "),
        ("-j0", "-j/--jobs: must be a number from 1 to 1,000, got 0"),
    ],
)
def test_of_a_number_is_told_what_is_wanted(
    option: str, said: str, capsys: Said
) -> None:
    with pytest.raises(SystemExit):
        run(["a.py", option])
    assert said in capsys.readouterr().err


def test_an_endless_input_is_not_read_to_its_end(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    most = files.LARGEST_FILE
    for size, status in ((most, 0), (most + 1, 2), (5 * most, 2)):
        given = io.TextIOWrapper(io.BytesIO(b"#" * size))
        monkeypatch.setattr(sys, "stdin", given)
        assert run(["-"]) == status
        assert given.buffer.tell() <= most + 1
    assert len(asked.given) == 1
    assert "standard input is larger than 1,000,000" in capsys.readouterr().err


@pytest.mark.usefixtures("asked")
def test_streams_that_are_closed_are_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = ("stdin", "stdout", "stderr")
    for name in streams:
        monkeypatch.setattr(sys, name, None)
    assert main(["check", "a.py", "-"]) == 0
    assert main(["check", "no-such-file.py", "--as", "nothing"]) == 2
    for name in streams:
        getattr(sys, name).close()


@pytest.mark.usefixtures("asked")
def test_quiet_and_verbose_exclude_each_other() -> None:
    with pytest.raises(SystemExit):
        run(["a.py", "-q", "-v"])


def test_standard_input_is_read_where_it_is_named(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"x = 1\n"))
    monkeypatch.setattr(sys, "stdin", given)
    run(["a.py", "b::-"])
    assert given.buffer.tell() == 0
    run(["a.py", "--", "-::softmax"])
    given.seek(0)
    run(["-"])
    assert [each for _, _, each, _ in asked.given] == [b"", *[b"x = 1\n"] * 2]


def test_a_name_is_for_a_known_step(asked: Asked, capsys: Said) -> None:
    for pair in ("nothing=mine", "softmax=", "softmax", "=mine"):
        assert run(["a.py", "--as", pair]) == 2
        said = capsys.readouterr().err
        assert said.startswith("attnbook: --as takes STEP=NAME, with STEP one")
        assert said.endswith(f"got {pair}.\n")
    assert asked.given == []


def test_a_file_that_is_checked_is_not_written_over(
    asked: Asked, tmp_path: Path, capsys: Said
) -> None:
    mine, other = tmp_path / "mine.py", tmp_path / "other.txt"
    for file in (mine, other):
        file.write_text("x = 1\n")
    for option in ("--receipt", "--output-file"):
        assert run([f"{mine}::f", option, str(mine)]) == 2
        said = capsys.readouterr().err
        assert said == f"attnbook: {mine} would overwrite the file itself.\n"
    assert asked.given == []
    missing = str(tmp_path / "missing.py")
    assert run([missing, "--output-file", str(other)]) == 0
    assert other.read_text() != "x = 1\n"


def test_what_cannot_be_written_is_said(
    asked: Asked, tmp_path: Path, capsys: Said
) -> None:
    for option, what in (
        ("--receipt", "the receipt"),
        ("--output-file", "the report"),
    ):
        assert run(["a.py", option, str(tmp_path)]) == 2
        reason = os.strerror(errno.EISDIR)
        said = f"attnbook: {what} cannot be written to {tmp_path}: {reason}.\n"
        assert capsys.readouterr().err == said
    assert len(asked.given) == 2


@pytest.mark.usefixtures("asked")
def test_a_report_goes_into_its_file_and_the_text_to_the_reader(
    tmp_path: Path, capsys: Said
) -> None:
    file = tmp_path / "report"
    assert run(["a.py", "--output-format", "json"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("{")
    words = ["a.py", "--output-format", "json", "--output-file", str(file)]
    assert run(words) == 0
    assert file.read_text() == told
    text = capsys.readouterr().out
    assert "softmax(scores): agrees" in text
    assert run(["a.py"]) == 0
    assert capsys.readouterr().out == text
    assert run(["a.py", "--json"]) == 0
    assert capsys.readouterr().out == told
    assert run(["a.py", "-q"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("asked")
def test_of_several_files_a_table_is_told_and_each_on_demand(
    capsys: Said,
) -> None:
    run(["a.py"])
    one = capsys.readouterr().out
    run(["a.py", "a.py"])
    table = capsys.readouterr().out
    assert "softmax(scores): agrees" not in table
    assert not table.startswith("\n")
    run(["a.py", "a.py", "--verbose"])
    whole = capsys.readouterr().out
    assert whole.count("softmax(scores): agrees") == 2
    assert whole.endswith(f"\n\n{table}")
    assert one.splitlines()[-1] in whole


def test_one_file_that_is_refused_is_an_error_and_one_of_many_a_row(
    asked: Asked, capsys: Said
) -> None:
    asked.answer = lambda path: Checked(path, path, refused="it is odd.")
    assert run(["a.py"]) == 2
    assert capsys.readouterr() == ("", "attnbook: it is odd.\n")
    assert run(["a.py", "b.py"]) == 2
    out, err = capsys.readouterr()
    assert out.count("it is odd") == 2
    assert err == ""


class Terminal(io.StringIO):
    """A stream that says that it is a terminal, and shows what is flushed."""

    shown = ""

    def flush(self) -> None:
        self.shown = self.getvalue()

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("asked")
def test_colours_are_for_a_terminal_that_wants_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for stream, unwanted, painted in (
        (Terminal(), "", True),
        (Terminal(), "1", False),
        (io.StringIO(), "", False),
    ):
        monkeypatch.setenv("NO_COLOR", unwanted)
        monkeypatch.setattr(sys, "stdout", stream)
        run(["a.py"])
        assert ("\x1b[" in stream.getvalue()) == painted


@pytest.mark.usefixtures("asked")
def test_progress_is_shown_on_a_terminal_for_several_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for names, stream, shown in (
        ("ab", Terminal(), "\r1 of 2 checked\r2 of 2 checked\n"),
        (
            "abc",
            Terminal(),
            "\r1 of 3 checked\r2 of 3 checked\r3 of 3 checked\n",
        ),
        ("a", Terminal(), ""),
        ("ab", io.StringIO(), ""),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        run(list(names))
        assert getattr(stream, "shown", "") == stream.getvalue() == shown


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (KeyboardInterrupt(), "attnbook: stopped.\n"),
        (
            TypeError("ours"),
            "attnbook: the check itself failed, which is a fault of "
            "attnbook's (TypeError: ours).\n",
        ),
    ],
)
def test_what_ends_a_check_is_said(
    raised: BaseException, said: str, asked: Asked, capsys: Said
) -> None:
    def answer(_: str) -> Checked:
        raise raised

    asked.answer = answer
    assert run(["a.py"]) == 2
    assert capsys.readouterr() == ("", said)


def test_a_check_that_is_told_to_end_leaves_in_order(asked: Asked) -> None:
    def mine(*_: object) -> None: ...

    usual = signal.signal(signal.SIGTERM, mine)

    def answer(path: str) -> Checked:
        signal.raise_signal(signal.SIGTERM)
        return agreeing(path)

    asked.answer = answer
    with pytest.raises(SystemExit) as ended:
        run(["a.py"])
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.signal(signal.SIGTERM, usual) is mine


@pytest.mark.usefixtures("asked")
def test_a_check_runs_in_any_thread() -> None:
    with futures.ThreadPoolExecutor() as pool:
        assert pool.submit(run, ["a.py"]).result() == 0


def test_characters_that_a_stream_cannot_take_are_spelled_out(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.answer = lambda path: Checked(path, path, refused="\u20ac")
    streams = {
        name: io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        for name in ("stdout", "stderr")
    }
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    run(["a.py"])
    run(["a.py", "b.py"])
    for stream in streams.values():
        stream.flush()
        assert b"\\u20ac" in stream.buffer.getvalue()


class Gone(io.StringIO):
    """A stream whose reader has gone."""

    def __init__(self, file: int, error: OSError | None = None) -> None:
        super().__init__()
        self._file, self._error = file, error or BrokenPipeError()

    def flush(self) -> None:
        if not self.closed:
            raise self._error

    def fileno(self) -> int:
        return self._file


@pytest.mark.usefixtures("asked")
def test_a_reader_who_has_gone_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said
) -> None:
    with (tmp_path / "out").open("w") as file:
        monkeypatch.setattr(sys, "stdout", Gone(file.fileno()))
        assert run(["a.py"]) == 0
        os.write(file.fileno(), b"nowhere")
    assert (tmp_path / "out").read_text() == ""
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("asked")
def test_a_full_disk_is_no_fault_of_the_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with (tmp_path / "out").open("w") as file:
        monkeypatch.setattr(sys, "stdout", Gone(file.fileno(), full))
        assert run(["a.py"]) == 2
    said = "attnbook: the report cannot be written: No space left on device.\n"
    assert capsys.readouterr().err == said


def test_files_are_checked_in_turn_or_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[int] = []
    monkeypatch.setattr(jobs, "check_file", lambda path, *_: agreeing(path))
    monkeypatch.setattr(jobs, "_at_once", lambda *_: iter([agreeing("pool")]))

    def files(names: str, count: int) -> list[str]:
        found = jobs.check_all(
            list(names), Settings(), b"", count, told.append
        )
        return [each.path for each in found]

    assert files("ab", 1) == ["a", "b"]
    assert told == [1, 2]
    assert files("a", 2) == ["a"]
    assert files("ab", 2) == ["pool"]


def test_side_by_side_each_file_counts_once_and_keeps_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []
    told: list[int] = []

    class Pool(futures.ThreadPoolExecutor):
        def __init__(self, size: int, _: object) -> None:
            super().__init__(size)
            sizes.append(size)

    monkeypatch.setattr(futures, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(jobs, "check_file", lambda path, *_: agreeing(path))
    for count, size in ((2, 2), (9, 3)):
        found = jobs.check_all(
            list("abc"), Settings(), b"", count, told.append
        )
        assert [each.path for each in found] == ["a", "b", "c"]
        assert sizes.pop() == size
    assert told == [1, 2, 3] * 2


def test_a_step_travels_by_its_name() -> None:
    step = AGREES.step
    assert pickle.loads(pickle.dumps(step)) is step  # noqa: S301


class Ended:
    """What a process has come to."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def exception(self) -> Exception | None:
        return self.error

    def result(self) -> Checked:
        return agreeing("a")


def test_a_process_that_was_ended_costs_its_file() -> None:
    well: Any = Ended(None)
    ill: Any = Ended(RuntimeError())
    settings = Settings(5)
    assert jobs._result("a", well, settings) == agreeing("a")  # noqa: SLF001
    found = jobs._result("a", ill, settings)  # noqa: SLF001
    said = "the check of a was ended from outside."
    assert (found.refused, found.seed, found.path) == (said, 5, "a")
