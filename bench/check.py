"""A whole check of right list implementations, section by section.

Each section is checked as the command does it: a child process is started,
asked every case and ended again.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from attnbook.checker.engine import Options, findings
from attnbook.checker.reader.process import ChildProgram

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


def main() -> None:
    """Print a line a section, and the sum."""
    total = 0.0
    with TemporaryDirectory() as folder:
        for section, modules in SECTIONS.items():
            took, inputs = check(modules, Path(folder))
            total += took
            sys.stdout.write(f"check {section:>8} {took:6.2f} s")
            sys.stdout.write(f"  {inputs} inputs\n")
    sys.stdout.write(f"check    whole {total:6.2f} s\n")


if __name__ == "__main__":
    main()
