"""Marks every bound number of a text, so that a reader can ask for its origin.

A number becomes `<data value="0.2379..." data-asked="...">0.2379</data>`: the
value in full, and the key of the origin. One inside a code span or a formula
cannot be marked there, so the whole span is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from press.pages.numbers import Number
from press.pages.origin import key, parts
from press.pages.page import Binding
from press.pages.proof import bound_numbers
from press.pages.session import Values

# Where no HTML may stand: headings, titles of boxes, HTML, displayed formulas.
LINES = re.compile(r"^[ >]*(?:#|\?\?\?|!!!|<(?!data)).*$", re.MULTILINE)
BLOCKS = re.compile(r"\A---\n.*?\n---\n|\$\$.*?\$\$", re.DOTALL)
SPANS = re.compile(r"`[^`\n]+`|(?<!\$)\$[^$\n]+\$(?!\$)")

Spans = list[tuple[int, int]]


def mark(
    text: str,
    bindings: Sequence[Binding],
    values: Sequence[Values | str],
) -> str:
    """A text with its bound numbers marked, where HTML may stand."""
    bare = [*_spans(LINES, text), *_spans(BLOCKS, text)]
    within = _spans(SPANS, text)
    marks = dict[tuple[int, int], str]()
    for binding, those in zip(bindings, values, strict=True):
        for number, tag in _tags(binding, those):
            if not _inside(number.start, bare):
                marks.setdefault(_place(number, within), tag)
    for (start, end), tag in sorted(marks.items(), reverse=True):
        text = f"{text[:start]}{tag}{text[start:end]}</data>{text[end:]}"
    return text


def _spans(pattern: re.Pattern[str], text: str) -> Spans:
    return [match.span() for match in pattern.finditer(text)]


def _inside(offset: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= offset < end for start, end in spans)


def _place(number: Number, within: Spans) -> tuple[int, int]:
    """What is marked for a number: itself, or the span that it stands in."""
    for start, end in within:
        if start <= number.start < end:
            return start, end
    return number.start, number.end


def _tags(
    binding: Binding, values: Values | str
) -> Iterator[tuple[Number, str]]:
    """Each number of a binding, with what opens it."""
    if isinstance(values, str):
        return
    told = _told(binding.expression, len(values))
    pairs = bound_numbers(binding, values)
    for (number, value), each in zip(pairs, told, strict=True):
        if number is not None:
            yield number, _tag(*each, value)


def _told(expression: str, count: int) -> list[tuple[str, str]]:
    """What computes each of several numbers, and which entry of it each is."""
    listed = parts(expression)
    if listed and len(listed) == count:
        return [(each, "") for each in listed]
    if count == 1:
        return [(expression, "")]
    return [(expression, f"[{i}]") for i in range(count)]


def _tag(expression: str, entry: str, value: float) -> str:
    """What opens a marked number."""
    place = f' data-place="{entry}"' if entry else ""
    return f'<data value="{value!r}" data-asked="{key(expression)}"{place}>'
