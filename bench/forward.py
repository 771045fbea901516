"""Section 3.3 on lists against index loops, and the build of the site.

Both versions run in turns in one process, so that a busy machine slows both.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from math import exp
from random import Random
from statistics import median
from time import perf_counter

from attnbook.simple import self_attention
from attnbook.vectors import Matrix

SHAPES = {(6, 3): 400, (128, 64): 7, (512, 64): 3}


def index_loops(inputs: Matrix) -> Matrix:
    """Self-attention as one would write it in C."""
    n, d = len(inputs), len(inputs[0])
    context_vecs = [[0.0] * d for _ in range(n)]
    for i in range(n):
        scores = [0.0] * n
        for k in range(n):
            for j in range(d):
                scores[k] += inputs[i][j] * inputs[k][j]
        largest = max(scores)
        total = 0.0
        for k in range(n):
            scores[k] = exp(scores[k] - largest)
            total += scores[k]
        for k in range(n):
            weight = scores[k] / total
            for j in range(d):
                context_vecs[i][j] += weight * inputs[k][j]
    return context_vecs


def seconds(function: Callable[[Matrix], object], inputs: Matrix) -> float:
    """How long one call takes."""
    start = perf_counter()
    function(inputs)
    return perf_counter() - start


def compare(n: int, d: int, rounds: int) -> float:
    """How many times as long the index loops take: the median of rounds."""
    random = Random(33)
    inputs = [[random.uniform(-1, 1) for _ in range(d)] for _ in range(n)]
    return median(
        seconds(index_loops, inputs) / seconds(self_attention, inputs)
        for _ in range(rounds)
    )


def build() -> tuple[float, int]:
    """How long a build of the site takes, and how many pages it has."""
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        command = (sys.executable, "-m", "mkdocs", "build", "--strict")
        done = subprocess.run(
            [*command, "--verbose", "--site-dir", folder],
            capture_output=True,
            text=True,
            check=True,
        )
        elapsed = perf_counter() - start
    return elapsed, len(re.findall(r"Building page", done.stderr))


if __name__ == "__main__":
    print("index loops / lists, section 3.3 (more is better):")
    for (n, d), rounds in SHAPES.items():
        print(f"  {n:4} x {d:<4} {compare(n, d, rounds):.2f}")
    elapsed, pages = build()
    print(f"site: {pages} pages, {1000 * elapsed / pages:.0f} ms a page")
