"""A whole check: lists section by section, the five classes, a class of 50.

Each is checked as the command does it: a child process is started, asked
every case and ended again.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from attnbook.checker.engine import Options, findings
from attnbook.checker.reader.process import ChildProgram
from tests.styles_torch import HEAD, MULTI, STYLES, V2

SECTIONS = {
    "3.3": ("vectors", "simple"),
    "3.4": ("trainable",),
    "3.5": ("causal",),
    "3.6": ("multihead",),
    "backward": ("backward",),
}
STEPS = {
    "vectors": ("dot",),
    "simple": (
        "softmax", "attention_scores", "attention_weights", "context_vector",
        "self_attention",
    ),
    "trainable": ("scaled_dot_product_attention", "self_attention"),
    "causal": ("causal_attention", "dropout"),
    "multihead": ("stacked_heads", "multi_head_attention"),
    "backward": (
        "softmax_backward", "scaled_dot_product_attention_backward",
        "self_attention_backward", "multi_head_attention_backward",
    ),
}  # fmt: skip


def check(modules: tuple[str, ...], folder: Path) -> tuple[float, int]:
    """Seconds for the functions of some modules, and how many inputs."""
    source = "".join(f"from attnbook.{name} import *\n" for name in modules)
    names = {step: step for name in modules for step in STEPS[name]}
    start = perf_counter()
    with ChildProgram(source, folder / "mine.py", 5.0, 2048) as program:
        found = findings(program.ask, source, Options(seed=1, names=names))
    return perf_counter() - start, sum(each.cases for each in found)


ROOT = Path(__file__).parents[1]
FIVE = "".join((
    HEAD, STYLES["parameters drawn by rand"][1], V2,
    STYLES["a wrapper of causal heads"][1], MULTI,
))  # fmt: skip
"""The classes of chapter 3; the causal one stands before its wrapper."""
NOTES = ROOT / "docs" / "data" / "notes.py"
STUDENTS = 50


def command(*words: str) -> float:
    """Seconds for the whole command, Python's own start included."""
    start = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "attnbook", "check", *words, "--seed", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return perf_counter() - start


def say(what: str, took: float) -> None:
    """A line for one of them."""
    sys.stdout.write(f"check {what:>32} {took:6.2f} s\n")


def whole_files() -> None:
    """A file of lists, the five classes, and the files of a class."""
    say("a file of lists", command(str(NOTES)))
    if find_spec("torch") is None:
        sys.stdout.write("check the five classes: PyTorch is not installed\n")
    else:
        start = perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        say("importing torch alone", perf_counter() - start)
        with TemporaryDirectory() as folder:
            five = Path(folder, "five.py")
            five.write_text(FIVE, encoding="utf-8")
            say("the five classes", command(str(five)))
    with TemporaryDirectory() as folder:
        for student in range(STUDENTS):
            path = Path(folder, f"student_{student:02}.py")
            path.write_bytes(NOTES.read_bytes())
        say(f"{STUDENTS} files with -j 2", command(folder, "-j", "2", "-q"))


def main() -> None:
    """Print a line for each section, and the sum; then whole files."""
    total = 0.0
    with TemporaryDirectory() as folder:
        for section, modules in SECTIONS.items():
            took, inputs = check(modules, Path(folder))
            total += took
            sys.stdout.write(f"check {section:>8} {took:6.2f} s")
            sys.stdout.write(f"  {inputs} inputs\n")
    sys.stdout.write(f"check    whole {total:6.2f} s\n")
    whole_files()


if __name__ == "__main__":
    main()
