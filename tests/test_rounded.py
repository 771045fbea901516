"""What an output has rounded is told in full, and never another value."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from press.book import BOOK, DOCS
from press.pages.kept import results
from press.pages.page import read_page
from press.pages.rounded import PRINTED, Rounded
from press.site.stage import RUNS

THIRDS = [1 / 3, 2 / 3, -1 / 6]


def in_full(source: str, output: str, **names: Any) -> dict[str, str]:
    namespace = {"thirds": THIRDS, **names}
    rounded = Rounded(namespace)
    exec(rounded.compiled(source), namespace)  # noqa: S102 - our own example
    return rounded.in_full(output)


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("x = round(1 / 3, 4)", "0.3333", {"0.3333": repr(1 / 3)}),
        (
            "x = [round(t, 2) for t in thirds]",
            "[0.33, 0.67, -0.17]",
            {"0.33": repr(1 / 3), "0.67": repr(2 / 3), "-0.17": repr(-1 / 6)},
        ),
        ("x = list(map(round, [2 / 3]))", "[1]", {"1": repr(2 / 3)}),
        ("x = f'{thirds[0]:8.3f}!'", "   0.333!", {"0.333": repr(1 / 3)}),
        ("x = f'{2e4 / 3:,.1f}'", "6,666.7", {"6,666.7": repr(2e4 / 3)}),
        ("x = f'{1 / 3:.{2 + 1}e}'", "3.333e-01", {"3.333e-01": repr(1 / 3)}),
        (
            "x = array.round(2)",
            "[0.33 0.67]",
            {"0.33": repr(1 / 3), "0.67": repr(2 / 3)},
        ),
    ],
)
def test_what_is_rounded_is_told_in_full(
    source: str, output: str, expected: dict[str, str]
) -> None:
    array = np.array(THIRDS[:2])
    assert in_full(source, output, array=array) == expected


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("x = [round(1 / 3, 1), round(0.3, 1)]", "[0.3, 0.3]"),  # another one
        ("x = round(1 / 3, 2)", "0.33 0.33"),  # one of them is not rounded
        ("x = round(1 / 3, 2)", "True"),  # it is not printed
        ("x = round(0.25, 4)", "0.25"),  # nothing is lost
        ("x = f'{1 / 3:.1%}'", "33.3%"),  # a share, not the number
        ("x = f'{1 / 3}'", "0.3333333333333333"),
        ("x = round(7, -1), f'{7:4}'", "(10, '   7')"),  # no float
    ],
)
def test_nothing_is_said_where_it_could_be_untrue(
    source: str, output: str
) -> None:
    assert in_full(source, output) == {}


def test_each_example_begins_with_nothing_noted() -> None:
    namespace: dict[str, Any] = {}
    rounded = Rounded(namespace)
    show = "def show(x):\n    return f'{x:.2f}'\n"
    for source in (show, "x = show(1 / 3)", "y = 1"):
        exec(rounded.compiled(source), namespace)  # noqa: S102 - our own
        told = rounded.in_full("0.33")
        assert told == ({"0.33": repr(1 / 3)} if "show(1" in source else {})


def test_what_an_example_computes_is_as_without_notes() -> None:
    sources = (
        "found = [round(2.5), round(-1 / 3, ndigits=2), f'{0.1 + 0.2:>9.2f}',",
        "    f'{thirds!r:>60}', f'{thirds[0]=:.2f}', f'{5:{3}}',",
        "    type(round(True)), 'no {0:.1f}'.format(1 / 3)]",
    )
    plain: dict[str, Any] = {"thirds": THIRDS}
    noted: dict[str, Any] = {"thirds": THIRDS}
    source = "\n".join(sources)
    exec(source, plain)  # noqa: S102 - our own example
    exec(Rounded(noted).compiled(source + "\n"), noted)  # noqa: S102
    assert noted["found"] == plain["found"]
    assert list(map(type, noted["found"])) == list(map(type, plain["found"]))


def last_digit_of(shown: str) -> float:
    """What one more in the last digit of a number adds to it."""
    mantissa, _, exponent = shown.partition("e")
    digits = len(mantissa.partition(".")[2])
    return float(f"1e{int(exponent or 0) - digits}")


def test_the_outputs_of_the_pages_are_told_in_full() -> None:
    """All of four decimals but few; each value has the digits printed."""
    told, left = 0, Counter[str]()
    for path, result in results(
        sorted(DOCS.rglob("*.md")), BOOK, RUNS
    ).items():
        page = read_page(path, BOOK)
        examples = zip(page.examples, result.run.full, strict=True)
        for example, full in examples:
            for shown in PRINTED.findall(example.shown):
                if shown in full:
                    value = float(full[shown])
                    off = abs(float(shown.replace(",", "")) - value)
                    assert off <= 0.5001 * last_digit_of(shown)
                    told += 1
                elif re.search(r"\.\d{4}$", shown):
                    left[path.name] += 1
    assert told > 700
    assert left.total() < told / 3
