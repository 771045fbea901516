"""Marks every bound number of a text, so that a reader can ask for its origin.

A number becomes `<data value="0.2379..." data-asked="...">0.2379</data>`: the
value in full, and the key of the origin. One inside a code span or a formula
in a line cannot be marked there, so the whole span is; one in a formula that
stands by itself is marked in TeX.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from press.pages.numbers import Number
from press.pages.origin import key, parts
from press.pages.page import Binding
from press.pages.proof import bound_numbers
from press.pages.session import Values

# Where no mark may stand: the head of a page, and HTML.
HEAD = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
LINES = re.compile(r"^[ >]*<(?!data).*$", re.MULTILINE)
FORMULAS = re.compile(r"\$\$.*?\$\$", re.DOTALL)
# The title of a box stands between quotes, and can hold none of them.
TITLES = re.compile(r"^[ >]*(?:\?\?\?|!!!).*$", re.MULTILINE)
SPANS = re.compile(r"`[^`\n]+`|(?<!\$)\$[^$\n]+\$(?!\$)")

Span: TypeAlias = tuple[int, int]
Spans: TypeAlias = list[Span]


class Mark(NamedTuple):
    """The value of a number in full, the key of its origin, which entry."""

    value: str
    asked: str
    place: str

    def in_html(self, shown: str, quote: str) -> str:
        """The element that shows the number."""
        place = f" data-place={quote}{self.place}{quote}" if self.place else ""
        return (
            f"<data value={quote}{self.value}{quote}"
            f" data-asked={quote}{self.asked}{quote}{place}>{shown}</data>"
        )

    def in_tex(self, shown: str) -> str:
        """What KaTeX turns into an element that shows the number."""
        place = f", place={self.place}" if self.place else ""
        told = f"value={self.value}, asked={self.asked}{place}"
        return rf"\htmlData{{{told}}}{{{shown}}}"


def mark(
    text: str,
    bindings: Sequence[Binding],
    values: Sequence[Values | str],
) -> str:
    """A text with its bound numbers marked."""
    titles, formulas = _spans(TITLES, text), _spans(FORMULAS, text)
    marks = marks_of(text, bindings, values)
    for (start, end), each in sorted(marks.items(), reverse=True):
        quote = "'" if _inside(start, titles) else '"'
        is_tex, shown = _inside(start, formulas), text[start:end]
        marked = each.in_tex(shown) if is_tex else each.in_html(shown, quote)
        text = text[:start] + marked + text[end:]
    return text


def marks_of(
    text: str,
    bindings: Sequence[Binding],
    values: Sequence[Values | str],
) -> dict[Span, Mark]:
    """What is marked, by where it begins and ends."""
    bare = [*_spans(LINES, text), *_spans(HEAD, text)]
    within = _spans(SPANS, text)
    marks = dict[Span, Mark]()
    for binding, those in zip(bindings, values, strict=True):
        for number, each in _marks(binding, those):
            if not _inside(number.start, bare):
                marks.setdefault(_place(number, within), each)
    return marks


def _spans(pattern: re.Pattern[str], text: str) -> Spans:
    return [match.span() for match in pattern.finditer(text)]


def _inside(offset: int, spans: Iterable[Span]) -> bool:
    return any(start <= offset < end for start, end in spans)


def _place(number: Number, within: Spans) -> Span:
    """What is marked for a number: itself, or the span that it stands in."""
    for start, end in within:
        if start <= number.start < end:
            return start, end
    return number.start, number.end


def _marks(
    binding: Binding, values: Values | str
) -> Iterator[tuple[Number, Mark]]:
    """Each number of a binding, with its mark."""
    if isinstance(values, str):
        return
    told = _told(binding.expression, len(values))
    pairs = bound_numbers(binding, values)
    for (number, value), each in zip(pairs, told, strict=True):
        expression, place = each
        if number is not None:
            yield number, Mark(repr(value), key(expression), place)


def _told(expression: str, count: int) -> list[tuple[str, str]]:
    """What computes each of several numbers, and which entry of it each is."""
    listed = parts(expression)
    if listed and len(listed) == count:
        return [(each, "") for each in listed]
    if count == 1:
        return [(expression, "")]
    return [(expression, f"[{i}]") for i in range(count)]
