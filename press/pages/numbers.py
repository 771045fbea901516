"""Numbers as a sentence writes them: in digits and in words.

Each way of writing is a style, and what a number should be is written in the
style that the page has chosen, so that the two can be compared.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven"),
    *("eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = (
    *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty"),
    "ninety",
)
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh"),
    *("eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
_POWERS = {"hundred": 100, "thousand": 1000, "million": 10**6}


def _cardinals() -> dict[str, float]:
    """From zero to ninety-nine, then round hundreds, thousands, millions."""
    words: dict[str, float] = {word: i for i, word in enumerate(_ONES)}
    for i, tens in enumerate(_TENS, start=2):
        words[tens] = 10 * i
        for one in range(1, 10):
            words[f"{tens}-{_ONES[one]}"] = 10 * i + one
    below = list(words.items())[1:]
    for power, value in _POWERS.items():
        words[f"a {power}"] = value
        words |= {f"{word} {power}": n * value for word, n in below}
    return words


def _fractions() -> dict[str, float]:
    """A half, thirds, quarters and so on down to tenths."""
    words = {"half": 1 / 2, "a half": 1 / 2}
    parts = ("third", "quarter", *_ORDINALS[4:10])
    for parts_of_one, part in zip((3, *range(4, 11)), parts, strict=False):
        words[f"a {part}"] = words[f"one {part}"] = 1 / parts_of_one
        for count in range(2, parts_of_one):
            words[f"{_ONES[count]} {part}s"] = count / parts_of_one
    return words


STYLES: tuple[dict[str, float], ...] = (
    _cardinals(),
    {word: i for i, word in enumerate(_ORDINALS, start=1)},
    {"once": 1, "twice": 2, "thrice": 3},
    _fractions(),
    {"a dozen": 12, "dozen": 12},
)


def _longest_of(words: Collection[str]) -> str:
    """A pattern for the longest of some words, each letter tried once."""
    tails: dict[str, list[str]] = {}
    for word in filter(None, words):
        tails.setdefault(word[0], []).append(word[1:])
    each = [first + _longest_of(rest) for first, rest in tails.items()]
    return f"(?:{'|'.join(each)}){'?' * ('' in words)}" if each else ""


_WORDS = sorted({word for style in STYLES for word in style})
_WORD = _longest_of(_WORDS).replace(" ", r"\s+")

NUMBER = re.compile(
    r"(?<![\d.])-?\d+\.\d+(?:e[-+]?\d+)?(?!\d|\.\d)"  # 0.25
    r"|(?<![\w.])-?\.\d+"  # .25
    r"|(?<![\w.,-])-?[1-9]\d{0,2}(?:,\d{3})+(?!\w|[.,]\d)"  # 25,000
    r"|(?<![\w.])-?\d+(?:e[-+]?\d+)?(?!\w|\.\d)"  # 25
    r"|(?<![\w.])\d+(?:st|nd|rd|th)\b"  # 25th
    rf"|(?<![\w-])(?:{_WORD})\b",
    re.IGNORECASE,
)

# Numbers that a reader sees, and that are not written as one.
DISGUISED = re.compile(
    r"\d&\w+;\d|&#(?:x(?:2e|3[0-9])|4[68]|49|5[0-7]);"  # entities
    r"|\d\.?</?[a-z][^>]*>\.?\d"  # split by tags
    r"|\b0,\d+|\d,\d(?!\d\d(?!\d))\d*"  # a comma for a point
    r"|(?=[^\x00-\x7f])\d|(?<=\d)[\u066b\uff0e]",  # digits of other scripts
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Number:
    """A number written in prose."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the text goes on."""
        return self.start + len(self.text)

    @property
    def is_decimal(self) -> bool:
        """Whether nothing but a binding will do: a point or an exponent."""
        return bool(re.search(r"\.|\de", self.text))

    @property
    def is_count(self) -> bool:
        """Whether it says how many there are: two or more."""
        read = " ".join(self.text.lower().split())
        is_cardinal = self.text.isdecimal() or read in STYLES[0]
        return is_cardinal and value_of(read) > 1

    @property
    def is_word(self) -> bool:
        """Whether it is written in letters."""
        return self.text.replace(" ", "").replace("-", "").isalpha()


def value_of(text: str) -> float:
    """What a number says, in digits or in words.

    Examples:
        >>> value_of("Three"), value_of("25,000"), value_of("3rd")
        (3, 25000.0, 3.0)
    """
    read = " ".join(text.lower().split())
    for style in STYLES:
        if read in style:
            return style[read]
    return float(re.sub(r"(?:st|nd|rd|th)$|,", "", read))


def last_count(match: re.Match[str]) -> Number | None:
    """The last number in what was matched that says how many there are."""
    start, end = match.span()
    found = NUMBER.finditer(match.string, start, end)
    numbers = [Number(it[0], it.start()) for it in found]
    counts = [number for number in numbers if number.is_count]
    return counts[-1] if counts else None


def shown_as(value: float, shown: str) -> str:
    """Write a value in the style, and with the digits, that `shown` has.

    Examples:
        >>> shown_as(0.23789, "0.2378")
        '0.2379'
        >>> shown_as(6, "five")
        'six'
        >>> shown_as(0.5, "Two thirds")
        'Half'
        >>> shown_as(1200, "1,100")
        '1,200'
        >>> shown_as(-0.00001, "0.00")
        '0.00'
        >>> shown_as(2.22e-16, "2.1e-16")
        '2.2e-16'
    """
    if shown.strip("-")[0].isalpha():
        return _in_words(value, shown)
    if shown[-1].isalpha():
        return _ordinal(value)
    mantissa, exponent, _ = shown.partition("e")
    digits = len(mantissa.partition(".")[2])
    comma = "," if "," in shown else ""
    written = f"{value:{comma}.{digits}{'e' if exponent else 'f'}}"
    if digits == 0 and not exponent and not float(value).is_integer():
        return repr(value)  # a whole number claims to be exact
    is_zero = float(written.replace(",", "")) == 0
    return written.removeprefix("-") if is_zero else written


def _in_words(value: float, shown: str) -> str:
    """A value in a style that `shown` can be read in."""
    read = " ".join(shown.lower().split())
    styles = [style for style in STYLES if read in style]
    if any(math.isclose(style[read], value) for style in styles):
        return shown
    words = (word for word, n in styles[0].items() if math.isclose(n, value))
    word = next(words, str(value))
    return word.capitalize() if shown[0].isupper() else word


def _ordinal(value: float) -> str:
    """A position in digits: 1st, 12th, 23rd."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    is_teen = value % 100 in {11, 12, 13}
    ending = "th" if is_teen else endings.get(int(value % 10), "th")
    return f"{value:.0f}{ending}"
