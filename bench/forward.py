"""Attention on lists against index loops, and the build of the site.

Both versions run in turns in one process, in processor time, so that a busy
machine slows both. Which Python runs them matters: dot products are one loop
in C from 3.12 on, and two before.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from math import exp, inf, sqrt
from platform import python_version
from random import Random
from statistics import median
from time import perf_counter, process_time

from attnbook.causal import causal_attention
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.simple import self_attention
from attnbook.trainable import Projections
from attnbook.vectors import Matrix

ROUNDS = {(6, 3): 400, (128, 64): 7, (512, 64): 3}
HEADS = {(6, 2): 2, (128, 64): 8}


def attend(
    queries: Matrix, keys: Matrix, values: Matrix, scale: float, causal: bool
) -> Matrix:
    """Attention as one would write it in C; a later key scores minus inf."""
    n, d, d_v = len(queries), len(keys[0]), len(values[0])
    context_vecs = [[0.0] * d_v for _ in range(n)]
    for i in range(n):
        scores = [0.0] * n
        for k in range(n):
            for j in range(d):
                scores[k] += queries[i][j] * keys[k][j]
            scores[k] = -inf if causal and k > i else scores[k] / scale
        largest = max(scores)
        total = 0.0
        for k in range(n):
            scores[k] = exp(scores[k] - largest)
            total += scores[k]
        for k in range(n):
            weight = scores[k] / total
            for j in range(d_v):
                context_vecs[i][j] += weight * values[k][j]
    return context_vecs


def product(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product as one would write it in C."""
    c = [[0.0] * len(b[0]) for _ in a]
    for i in range(len(a)):
        for j in range(len(b[0])):
            for k in range(len(b)):
                c[i][j] += a[i][k] * b[k][j]
    return c


def causal_loops(inputs: Matrix, projections: Projections) -> Matrix:
    """Section 3.5 by index."""
    queries, keys, values = (product(inputs, W) for W in projections)
    return attend(queries, keys, values, sqrt(len(keys[0])), causal=True)


def head_loops(inputs: Matrix, parameters: MultiHead) -> Matrix:
    """Section 3.6 by index: projections cut, heads side by side."""
    *W_qkv, W_out, b_out, num_heads = parameters
    projected = [product(inputs, W) for W in W_qkv]
    merged: Matrix = [[] for _ in inputs]
    size = len(W_out) // num_heads
    for start in range(0, len(W_out), size):
        queries, keys, values = (
            [row[start : start + size] for row in rows] for rows in projected
        )
        head = attend(queries, keys, values, sqrt(size), causal=True)
        for i in range(len(inputs)):
            merged[i] += head[i]
    mixed = product(merged, W_out)
    return [[x + b for x, b in zip(row, b_out, strict=True)] for row in mixed]


def seconds(call: Callable[[], object]) -> float:
    """How much processor time one call takes."""
    start = process_time()
    call()
    return process_time() - start


def draw(random: Random, rows: int, columns: int) -> Matrix:
    """Numbers from -1 to 1."""
    return [
        [random.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)
    ]


def compare(n: int, d: int) -> Iterator[tuple[str, float]]:
    """How many times as long the index loops take: medians of rounds."""
    random = Random(33)
    inputs = draw(random, n, d)
    W_query, W_key, W_value, W_out = (draw(random, d, d) for _ in range(4))
    projections = Projections(W_query, W_key, W_value)
    calls: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "3.3": (
            lambda: attend(inputs, inputs, inputs, 1, causal=False),
            lambda: self_attention(inputs),
        ),
        "3.5 causal": (
            lambda: causal_loops(inputs, projections),
            lambda: causal_attention(inputs, projections),
        ),
    }
    if num_heads := HEADS.get((n, d)):
        parameters = MultiHead(*projections, W_out, [0.0] * d, num_heads)
        calls[f"3.6, {num_heads} heads"] = (
            lambda: head_loops(inputs, parameters),
            lambda: multi_head_attention(inputs, parameters),
        )
    for name, (loops, lists) in calls.items():
        rounds = range(ROUNDS.get((n, d), 400))
        yield name, median(seconds(loops) / seconds(lists) for _ in rounds)


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
    print(f"index loops / lists, Python {python_version()} (more is better):")
    for n, d in sorted({*ROUNDS, *HEADS}):
        for name, ratio in compare(n, d):
            print(f"  {n:4} x {d:<4} {name:14} {ratio:.2f}")
    elapsed, pages = build()
    print(f"site: {pages} pages, {1000 * elapsed / pages:.0f} ms a page")
