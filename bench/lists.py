"""The versions of *How fast can lists be?*, against the first of them.

The functions are those of the page itself, which are run from its text. All
versions run in turns in one process, in processor time, so that a busy
machine slows all.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
from random import Random
from statistics import median
from time import process_time
from typing import Any

from attnbook.vectors import Matrix
from press.book import BOOK, DOCS
from press.pages.page import read_page

ROUNDS = {(6, 3): 400, (128, 64): 7}


def names_of_page() -> dict[str, Any]:
    """Every name that the examples of the page make."""
    names: dict[str, Any] = {"__name__": "__page__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for example in read_page(DOCS / "long" / "lists.md", BOOK).examples:
            exec(compile(example.source, "<page>", "single"), names)  # noqa: S102
    return names


def versions() -> dict[str, Callable[[Matrix], object]]:
    """The page's functions by what they are called there."""
    page = names_of_page()
    sumprod, dot = page["sumprod"], page["dot"]
    found: dict[str, Callable[[Matrix], object]] = {
        name: page[name]
        for name in ("by_index", "by_rows", "by_half", "by_distance")
    }
    if sumprod is not dot:
        found["by_rows, sumprod"] = lambda x: page["by_rows"](x, sumprod)
        found["by_half, sumprod"] = lambda x: page["by_half"](x, sumprod)
    return found | {"what_is_seen (causal)": page["what_is_seen"]}


def seconds(call: Callable[[Matrix], object], inputs: Matrix) -> float:
    """How much processor time one call takes."""
    start = process_time()
    call(inputs)
    return process_time() - start


def compare(n: int, d: int) -> Iterator[tuple[str, float]]:
    """How many times as long the first version takes: medians of rounds."""
    random, found = Random(33), versions()
    inputs = [[random.uniform(-1, 1) for _ in range(d)] for _ in range(n)]
    rounds = [
        {name: seconds(call, inputs) for name, call in found.items()}
        for _ in range(ROUNDS[n, d])
    ]
    for name in found:
        yield name, median(times["by_index"] / times[name] for times in rounds)


if __name__ == "__main__":
    print("the page's by_index / its other versions (more is better):")
    for n, d in ROUNDS:
        for name, ratio in compare(n, d):
            print(f"  {n:4} x {d:<4} {name:22} {ratio:5.2f}")
