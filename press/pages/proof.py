"""Proofreads a page: what it shows against what it computed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from press.pages.page import WORDS, Binding, Number, Page
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
        *_not_shown(page, run),
    ]
    return [Problem(page.path, line, message) for line, message in found]


def shown_as(value: float, shown: str) -> str:
    """Write a value with the digits that `shown` has.

    Examples:
        >>> shown_as(0.23789, "0.2378")
        '0.2379'
        >>> shown_as(6, "five")
        'six'
        >>> shown_as(-0.00001, "0.00")
        '0.00'
        >>> shown_as(2.22e-16, "2.1e-16")
        '2.2e-16'
    """
    if not shown.strip("-")[0].isdigit():
        word = WORDS[int(value)] if value in range(len(WORDS)) else str(value)
        return word.capitalize() if shown[0].isupper() else word
    mantissa, exponent, _ = shown.partition("e")
    digits = len(mantissa.partition(".")[2])
    written = f"{value:.{digits}{'e' if exponent else 'f'}}"
    if digits == 0 and not exponent and not float(value).is_integer():
        return repr(value)  # a whole number claims to be exact
    return written.removeprefix("-") if float(written) == 0 else written


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
    bound: set[Number] = set()
    for binding, values in zip(page.bindings, run.values, strict=True):
        if not isinstance(values, str):
            bound.update(n for n, _ in bound_numbers(binding, values) if n)
    for number in page.numbers:
        if number.is_decimal and number not in bound:
            yield page.line_at(number.start), f"{number.text} is not bound"


def _not_shown(page: Page, run: Run) -> Iterator[tuple[int, str]]:
    for fence, shown in zip(page.own_fences, run.shown, strict=True):
        if shown.problem:
            yield fence.line, shown.problem
