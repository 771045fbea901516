"""The numbers that public docstrings tell, and what each of them is.

A number in the prose of a docstring is told by a form, as on pages, or it is
in `docstring-numbers.toml`: bound to an expression, which is read after the
examples, or said, with a reason. The phrase is the number's with the words
around it, so another number in its place is in no list.
"""

import ast
import doctest
import json
import math
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from attnbook import require
from attnbook.tasks import TASKS
from press.book import ROOT
from press.forms import CODE, FORMS
from press.pages.numbers import NUMBER, shown_as
from tests.test_pages import ANY_NUMBER, lie_about

DATA = Path(__file__).parent / "data"
PUBLIC: dict[str, list[str]] = json.loads(
    (DATA / "public-names.json").read_text(encoding="utf-8")
)
LISTED = tomllib.loads((DATA / "docstring-numbers.toml").read_text("utf-8"))
BOUND: dict[str, str] = LISTED["bound"]
SAID: dict[str, str] = {
    phrase: reason
    for reason, phrases in LISTED["said"].items()
    for phrase in phrases
}

_LITERAL = re.compile(r"(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?")


class Described(NamedTuple):
    """A public docstring, and where it stands."""

    module: str
    name: str
    docstring: str

    @property
    def prose(self) -> str:
        """What is said, without the examples, in one line."""
        parts = doctest.DocTestParser().parse(self.docstring)
        words = "".join(it if isinstance(it, str) else "\n" for it in parts)
        return " ".join(words.split())

    def ran(self) -> dict[str, Any]:
        """What an expression can use: the examples have run."""
        module = import_module(f"attnbook.{self.module}")
        names = dict[str, Any](vars(math)) | vars(require) | vars(module)
        names |= {"sys": sys, "TASKS": TASKS, "shown": [], "args": args}
        names["given"] = []
        for each in doctest.DocTestParser().get_examples(self.docstring):
            names["given"] += map(float, _LITERAL.findall(each.source))
            _run(each, names)
        return names


def args(function: Callable[..., object]) -> int:
    """How many arguments a function takes."""
    return len(signature(function).parameters)


def _run(example: doctest.Example, names: dict[str, Any]) -> None:
    """Run an example; what it comes to is shown."""
    body = ast.parse(example.source).body
    if isinstance(body[0], ast.Expr) and not example.exc_msg:
        names["shown"].append(eval(example.source, names))  # noqa: S307
    elif not example.exc_msg:
        exec(example.source, names)  # noqa: S102


def described() -> Iterator[Described]:
    """All that the reference shows, and each module that holds it."""
    for module, names in PUBLIC.items():
        stem = ROOT / "attnbook" / module.replace(".", "/")
        is_package = stem.is_dir()
        path = stem / "__init__.py" if is_package else stem.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from _described(tree, module, module)
        for node in tree.body:
            if getattr(node, "name", None) in names:
                assert isinstance(node, ast.FunctionDef | ast.ClassDef)
                yield from _described(node, module, f"{module}.{node.name}")


def _described(
    node: ast.Module | ast.FunctionDef | ast.ClassDef, module: str, name: str
) -> Iterator[Described]:
    """The docstring of a node, and those within a class."""
    docstring = ast.get_docstring(node)
    if docstring:
        yield Described(module, name, docstring)
    for each in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(each, ast.FunctionDef) and each.name[0] != "_":
            yield from _described(each, module, f"{name}.{each.name}")


ALL = list(described())
each_docstring = pytest.mark.parametrize("it", ALL, ids=lambda it: it.name)


# Forms of pages by which a lie about a docstring could pass.
OF_PAGES = {
    CODE.reason,
    "a part by its place: the first row, the second head",
    "what has been named before: the first, the second",
    "nothing, and what cannot be",
    "any pair",
    "what a float holds, and the Twister",
}


def to_list(prose: str) -> Iterator[re.Match[str]]:
    """The numbers of a prose that no form tells, but for those of pages."""
    spans = [
        match.span()
        for form in FORMS
        if form.reason not in OF_PAGES and not form.count
        for match in form.pattern.finditer(prose)
    ]
    yield from _outside(spans, NUMBER.finditer(prose))


def unlisted(prose: str) -> list[str]:
    """The numbers of a prose that no form tells and no list holds."""
    spans = [span for p in (*BOUND, *SAID) for span in _spans(p, prose)]
    return [match[0] for match in _outside(spans, to_list(prose))]


def _spans(phrase: str, prose: str) -> Iterator[tuple[int, int]]:
    """Where a phrase stands, as whole words."""
    pattern = rf"(?<!\w){re.escape(phrase)}(?!\w)"
    yield from (match.span() for match in re.finditer(pattern, prose))


def _outside(
    spans: list[tuple[int, int]], numbers: Iterator[re.Match[str]]
) -> Iterator[re.Match[str]]:
    """The numbers that none of these spans holds."""
    for match in numbers:
        if not any(a <= match.start() and match.end() <= b for a, b in spans):
            yield match


@each_docstring
def test_a_docstring_tells_no_number_that_is_not_listed(
    it: Described,
) -> None:
    assert unlisted(it.prose) == []


def test_a_bound_number_is_what_the_examples_compute() -> None:
    for it in ALL:
        used = [phrase for phrase in BOUND if list(_spans(phrase, it.prose))]
        names = it.ran() if used else {}
        for phrase in used:
            values = eval(BOUND[phrase], names)  # noqa: S307
            values = values if isinstance(values, list) else [values]
            told = [match[0] for match in to_list(phrase)]
            pairs = zip(values, told, strict=True)
            right = [shown_as(value, text) for value, text in pairs]
            right = [text.replace("e+", "e") for text in right]
            assert told == right, f"{it.name}: {phrase}"


def test_every_lie_about_a_number_in_a_docstring_is_noticed() -> None:
    told, passed = 0, list[str]()
    for it in ALL:
        prose = it.prose
        for match in ANY_NUMBER.finditer(prose):
            lie = lie_about(match[0])
            text = f"{prose[: match.start()]}{lie}{prose[match.end() :]}"
            told += 1
            if not unlisted(text):
                passed.append(f"{it.name}: {match[0]}")
    assert told > 200
    assert passed == []


def test_every_phrase_of_the_list_is_used_and_holds_a_number() -> None:
    text = "\n".join(it.prose for it in ALL)
    for phrase in (*BOUND, *SAID):
        assert list(_spans(phrase, text)), phrase
        assert list(to_list(phrase)), phrase
