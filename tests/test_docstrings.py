"""The numbers that public docstrings tell: none that their code does not know.

A number in the prose of a docstring stands in its examples, which run, or in
the source of what it describes. Else it is told by a form, as on pages, or
stands in the list below, with a reason.
"""

import ast
import doctest
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from press.book import ROOT
from press.forms import FORMS
from press.pages.numbers import NUMBER, STYLES

NAMES = Path(__file__).parent / "data" / "public-names.json"
PUBLIC: dict[str, list[str]] = json.loads(NAMES.read_text(encoding="utf-8"))

_LITERAL = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?")

# Of prose: a number and the words around it, and why nothing computes it.
TOLD = {
    r"(?:from|least|of|outside|not|below|above|if `p` is) (?:0|1)\b"
    r"|\b0 (?:to|or) 1\b|\b(?:weight|gradient) (?:of )?0\b|by 0;":
        "the ends of a range, which a test of the error asks for",
    r"\bto (?:0|1)\b": "what rows and columns sum to: a property, tested",
    r"\b(?:ten )?millions?\b|\ba million\b|\bten millions?\b":
        "the most that is asked for at once; a test asks for more",
    r"\b(?:first|second)\b": "a part by its place in the example below",
    r"\btwo (?:words|optimisers|tasks|random|equal|heads|exponentials)\b"
    r"|\bno two\b|\btwo keys; the second\b|\bof two\b|\btwo logits\b"
    r"|\b(?:two|three) tokens\b|\bthree blocks\b|\bone token, two heads\b":
        "how many, in words, are in the example or the list below",
    r"\bthree (?:trainable|parts|ways)\b":
        "queries, keys and values, or the parts of a model",
    r"\b2\*\*(?:-24|32|63|64)\b|\b10\*\*14\b|\b53 bits\b":
        "a power of two or ten in a formula, and what a float holds",
    r"\bhalf-way\b|\bshown once\b|\bcount twice\b|\ba quarter of\b":
        "a share or a count that the example shows in digits of its own",
    r"\b50 and 500\b|\b697\.5\b|\b1\.7918\b|\b8 in\b|\b4 units\b"
    r"|\bof 3 tokens\b|\b27 sentences\b|\b2e-6\b|\bexponentials of 1\b":
        "worked out from the numbers of the example, or measured by a test",
    r"\b2018\b": "the year of a paper",
}  # fmt: skip


class Described(NamedTuple):
    """A public docstring, and the code that it speaks of."""

    name: str
    docstring: str
    source: str

    @property
    def prose(self) -> str:
        """What is said, without the examples."""
        parts = doctest.DocTestParser().parse(self.docstring)
        return "".join(it if isinstance(it, str) else "\n" for it in parts)

    @property
    def known(self) -> set[float]:
        """Every number of the examples and of the source."""
        examples = doctest.DocTestParser().get_examples(self.docstring)
        code = "".join(f"{it.source}\n{it.want}\n" for it in examples)
        literals = _LITERAL.findall(f"{code}\n{self.source}")
        return {float(it.replace("_", "")) for it in literals}


def described() -> Iterator[Described]:
    """All that the reference shows, and each module that holds it."""
    for module, names in PUBLIC.items():
        stem = ROOT / "attnbook" / module.replace(".", "/")
        is_package = stem.is_dir()
        path = stem / "__init__.py" if is_package else stem.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from _described(tree, module)
        for node in tree.body:
            if getattr(node, "name", None) in names:
                assert isinstance(node, ast.FunctionDef | ast.ClassDef)
                yield from _described(node, f"{module}.{node.name}")


def _described(
    node: ast.Module | ast.FunctionDef | ast.ClassDef, name: str
) -> Iterator[Described]:
    """The docstring of a node, with its source, and those within a class."""
    docstring = ast.get_docstring(node)
    if docstring:
        rest = "\n".join(map(ast.unparse, node.body[1:]))
        yield Described(name, docstring, rest)
    for each in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(each, ast.FunctionDef) and each.name[0] != "_":
            yield from _described(each, f"{name}.{each.name}")


ALL = list(described())


def value_of(written: str) -> float:
    """What a number in digits or words is."""
    read = " ".join(written.lower().split())
    for style in STYLES:
        if read in style:
            return style[read]
    return float(re.sub(r"st$|nd$|rd$|th$|,", "", read))


def to_check(prose: str) -> list[re.Match[str]]:
    """The numbers of a prose that no form of the pages tells."""
    spans = [m.span() for form in FORMS for m in form.pattern.finditer(prose)]
    return _outside(spans, prose)


def unknown(it: Described, prose: str) -> list[str]:
    """The numbers of this prose that nothing knows: no code, and no list."""
    listed = [re.compile(each, re.IGNORECASE) for each in TOLD]
    spans = [m.span() for each in listed for m in each.finditer(prose)]
    known, open_ones = it.known, to_check(prose)
    return [
        match[0]
        for match in _outside(spans, prose)
        if match.span() in {each.span() for each in open_ones}
        and abs(value_of(match[0])) not in known
    ]


def _outside(
    spans: Sequence[tuple[int, int]], prose: str
) -> list[re.Match[str]]:
    """The numbers that none of these spans holds."""
    return [
        match
        for match in NUMBER.finditer(prose)
        if not any(a <= match.start() and match.end() <= b for a, b in spans)
    ]


@pytest.mark.parametrize("it", ALL, ids=lambda it: it.name)
def test_a_docstring_tells_no_number_that_its_code_does_not_know(
    it: Described,
) -> None:
    assert unknown(it, it.prose) == []


def test_a_lie_in_a_docstring_is_noticed() -> None:
    told, passed = 0, list[str]()
    for it in ALL:
        prose = it.prose
        for match in to_check(prose):
            true = it.known | {abs(value_of(match[0]))}
            lie = next(n for n in range(3, 1000) if n not in true)
            text = f"{prose[: match.start()]}{lie}{prose[match.end() :]}"
            told += 1
            if not unknown(it, text):
                passed.append(f"{it.name}: {match[0]}")
    assert told > 100
    assert passed == []


def test_every_entry_of_the_list_is_used() -> None:
    text = "\n".join(it.prose for it in ALL)
    for pattern, reason in TOLD.items():
        assert re.search(pattern, text, re.IGNORECASE), reason
