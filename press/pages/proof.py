"""Proofreads a page: what it shows against what it computed."""

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from press.pages.numbers import Number, shown_as
from press.pages.page import Binding, Page
from press.pages.session import Run, Values


@dataclass(frozen=True)
class Problem:
    """Something on a page that is not so."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        """As compilers write it: path, line, message."""
        return f"{self.path}:{self.line}: {self.message}"


def proofread(page: Page, run: Run) -> list[Problem]:
    """Every flaw of a page: what cannot run, and every number that is wrong.

    Raises:
        ValueError: If the run is that of other examples or bindings.
    """
    if page.sources != run.sources:
        raise ValueError(f"{page.path}: run must be of this page's examples")
    found = [
        *page.flaws,
        *_wrong_outputs(page, run),
        *_wrong_numbers(page, run),
        *_unbound_numbers(page, run),
        *_computes_nothing(page),
        *_not_shown(page, run),
        *_not_as_written(page),
    ]
    return [Problem(page.path, line, message) for line, message in found]


def bound_numbers(
    binding: Binding, values: Values
) -> list[tuple[Number | None, float]]:
    """Pair the numbers that a binding claims with what they should be."""
    numbers = binding.bound(len(values))
    missing = [None] * (len(values) - len(numbers))
    return list(zip([*missing, *numbers], values, strict=True))


def _wrong_outputs(page: Page, run: Run) -> Iterator[tuple[int, str]]:
    for example, output in zip(page.examples, run.outputs, strict=True):
        if example.shown == output:
            continue
        pairs = zip_longest(
            example.shown.splitlines(), output.splitlines(), fillvalue=""
        )
        for i, (shown, computed) in enumerate(pairs):
            if shown != computed:
                line = example.shown_line + i
                yield line, f"shown {shown!r}, computed {computed!r}"
                break


def _wrong_numbers(page: Page, run: Run) -> Iterator[tuple[int, str]]:
    for binding, values in zip(page.bindings, run.values, strict=True):
        line = page.line_at(binding.start)
        if isinstance(values, str):
            yield line, values
            continue
        for number, right in bound_numbers(binding, values):
            if number is None:
                yield line, f"{binding.expression} binds more than there is"
            elif number.text != (computed := shown_as(right, number.text)):
                where = page.line_at(number.start)
                yield (
                    where,
                    f"shown {number.text}, computed {computed} "
                    f"by {binding.expression}",
                )


def _unbound_numbers(page: Page, run: Run) -> Iterator[tuple[int, str]]:
    """What no binding, form or mark accounts for; a mark that marks none."""
    bound = {
        number
        for binding, values in zip(page.bindings, run.values, strict=True)
        if not isinstance(values, str)
        for number, _ in bound_numbers(binding, values)
        if number
    }
    unbound = [number for number in page.numbers if number not in bound]
    for number in unbound:
        if not page.is_said(number):
            yield page.line_at(number.start), f"{number.text} is not bound"
    for span in page.said:
        if not any(map(page.is_said, filter(span.holds, unbound))):
            yield page.line_at(span.end), "nothing here is only said"


def _computes_nothing(page: Page) -> Iterator[tuple[int, str]]:
    for binding in page.bindings:
        if binding.is_literal:
            flaw = f"{binding.expression} says it again, computes nothing"
            yield page.line_at(binding.start), flaw


def _not_shown(page: Page, run: Run) -> Iterator[tuple[int, str]]:
    for fence, shown in zip(page.own_fences, run.shown, strict=True):
        if shown.problem:
            yield fence.line, shown.problem


def _not_as_written(page: Page) -> Iterator[tuple[int, str]]:
    """Where a page that a function of the book writes is not as it writes."""
    name = page.book.written.get(page.path.as_posix())
    written = pkgutil.resolve_name(name)(page.text) if name else page.text
    lines = page.text.splitlines(), written.splitlines()
    for number, (line, right) in enumerate(zip_longest(*lines), start=1):
        if line != right:
            yield number, f"{name} writes {right!r} here"
