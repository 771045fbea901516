"""Runs a page: every example in one namespace, then what it binds and shows.

What a run leaves is data, so that it can be kept and compared again.
"""

import contextlib
import importlib
import io
import math
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from press.pages.book import Book
from press.pages.fences import Fence
from press.pages.origin import asked, origins, parts
from press.pages.page import Page
from press.pages.rounded import Rounded
from press.pages.sums import Sum, base_of, is_read, sum_of

Values: TypeAlias = list[float]


class Shown(NamedTuple):
    """The Markdown in place of one fence of the book's own, or why none."""

    lines: list[str]
    problem: str
    asked: list[str]  # the expressions whose entries it shows


class Known(NamedTuple):
    """What else is known of a value: its sums, and what the book says."""

    sums: Sum | None
    agreed: Any


class Run(NamedTuple):
    """What a page computed, in the order in which it stands there."""

    sources: tuple[str, ...]
    outputs: tuple[str, ...]  # one an example
    full: tuple[dict[str, str], ...]  # what it rounds to print it, in full
    values: tuple[Values | str, ...]  # one a binding; a problem if it failed
    shown: tuple[Shown, ...]  # one a fence of the book's own
    known: dict[str, Known]  # of each matrix that a number is an entry of


def run_page(page: Page) -> Run:
    """Execute the examples of a page, then read the values it binds."""
    namespace: dict[str, Any] = {"__name__": "__page__"}
    rounded = Rounded(namespace)
    ran = [_output(each.source, namespace, rounded) for each in page.examples]
    values = [
        values_of(each.expression, _known(page.book) | namespace)
        for each in page.bindings
    ]
    shown = [_shown(page, each, namespace) for each in page.own_fences]
    drawn = drawn_of(shown)
    known = _all_known(page, drawn, _known(page.book) | namespace)
    return Run(
        page.sources,
        tuple(output for output, _ in ran),
        tuple(full for _, full in ran),
        tuple(values),
        tuple(shown),
        known,
    )


def drawn_of(shown: Iterable[Shown]) -> list[str]:
    """The expressions whose entries a page's own fences show, each once."""
    return list(dict.fromkeys(it for each in shown for it in each.asked))


def _all_known(
    page: Page, drawn: list[str], namespace: dict[str, Any]
) -> dict[str, Known]:
    """What is known of the values whose entries can be asked."""
    told, name = asked(page, drawn), page.book.agreed
    agreed = pkgutil.resolve_name(name) if name else lambda _: None
    bases = {
        base_of(each.expression)[0]: each.made
        for each in origins(page, drawn).values()
        if each.expression in told
    }

    def value(text: str) -> object:
        return evaluate(text, namespace)

    found = {
        base: Known(sum_of(base, made, value), agreed(value(base)))
        for base, made in bases.items()
        if (is_read(base) or base in drawn) and not parts(base)
    }
    return {base: known for base, known in found.items() if any(known)}


def _known(book: Book) -> dict[str, Any]:
    """What every binding of a book can use, besides the names of its page."""
    return vars(importlib.import_module(book.known)) if book.known else {}


def evaluate(expression: str, namespace: dict[str, Any]) -> object:
    """The value of an expression, or the exception that it raised."""
    try:
        return eval(expression, namespace)  # noqa: S307 - our own pages
    except Exception as error:  # noqa: BLE001 - reported where it is shown
        return error


def values_of(expression: str, namespace: dict[str, Any]) -> Values | str:
    """Every number of a bound value, or what else it is."""
    value = evaluate(expression, namespace)
    try:
        return list(_flatten(value))
    except TypeError:
        return f"{expression} gives {value!r}"


def _flatten(value: object) -> Iterator[float]:
    """Every number in nested lists, tuples or arrays."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flatten(item)
    elif isinstance(value, int | float) and math.isfinite(value):
        yield value
    else:
        raise TypeError(f"not a number: {value!r}")


def _shown(page: Page, fence: Fence, namespace: dict[str, Any]) -> Shown:
    """What stands in place of a fence of the book's own."""
    try:
        kind = page.book.kinds[fence.tag]
        lines, asks = kind.drawn(fence.lines, namespace)
        return Shown(lines, "", asks)
    except ValueError as error:
        return Shown([], str(error), [])


def _output(
    source: str, namespace: dict[str, Any], rounded: Rounded
) -> tuple[str, dict[str, str]]:
    """What an interactive interpreter would print; its numbers in full."""
    printed = io.StringIO()
    displayhook, sys.displayhook = sys.displayhook, sys.__displayhook__
    try:
        with contextlib.redirect_stdout(printed):
            exec(rounded.compiled(source), namespace)  # noqa: S102
    except Exception as error:  # noqa: BLE001 - an example may raise
        last = "".join(traceback.format_exception_only(error))
        return f"Traceback (most recent call last):\n    ...\n{last}", {}
    finally:
        sys.displayhook = displayhook
    return printed.getvalue(), rounded.in_full(printed.getvalue())
