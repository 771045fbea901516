"""Runs a page: every example in one namespace, then every bound value."""

import contextlib
import io
import sys
import traceback
from dataclasses import dataclass
from typing import Any

from press.pages.page import Page


@dataclass(frozen=True)
class Run:
    """What a page computed, in the order in which it stands there."""

    sources: tuple[str, ...]
    outputs: tuple[str, ...]  # one an example
    values: tuple[object, ...]  # one a binding; an exception if it failed
    namespace: dict[str, Any]


def run_page(page: Page) -> Run:
    """Execute the examples of a page, then read the values it binds."""
    namespace: dict[str, Any] = {"__name__": "__page__"}
    outputs = tuple(
        _output(example.source, namespace) for example in page.examples
    )
    values = tuple(
        evaluate(binding.expression, namespace) for binding in page.bindings
    )
    return Run(page.sources, outputs, values, namespace)


def evaluate(expression: str, namespace: dict[str, Any]) -> object:
    """The value of an expression, or the exception that it raised."""
    try:
        return eval(expression, namespace)  # noqa: S307 - our own pages
    except Exception as error:  # noqa: BLE001 - reported where it is shown
        return error


def _output(source: str, namespace: dict[str, Any]) -> str:
    """What an interactive interpreter would print for one example."""
    printed = io.StringIO()
    displayhook, sys.displayhook = sys.displayhook, sys.__displayhook__
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(source, "<page>", "single"), namespace)  # noqa: S102
    except Exception as error:  # noqa: BLE001 - an example may raise
        last = "".join(traceback.format_exception_only(error))
        return f"Traceback (most recent call last):\n    ...\n{last}"
    finally:
        sys.displayhook = displayhook
    return printed.getvalue()
