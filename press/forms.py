"""The forms by which this book's numbers are told to need no binding.

Most forms hold one number and no other: `add up to 1` is one, and with any
other number in its place it would be none. The rest are *open*: they take any
number, since what they write is a name, and no claim.
"""

import re

from attnbook.sentence import inputs, tokens
from press.pages.book import Form
from press.pages.numbers import shown_as

_SECTION = r"3\.[1-6](?:\.\d)?"
_LIST = rf"{_SECTION}(?:(?:, | and | to | or ){_SECTION})*(?!\d)"
_N = shown_as(len(tokens), "one")
_WIDTH = shown_as(len(inputs[0]), "one")


def _form(reason: str, *patterns: str, decimals: bool = False) -> Form:
    """A form in any of its patterns, of whole numbers and words."""
    pattern = re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE)
    return Form(reason, pattern, decimals)


FORMS = (
    _form(
        "a section or an exercise of the book",
        rf"(?<=section ){_LIST}|(?<=sections ){_LIST}",
        rf"(?<=exercise ){_LIST}|(?<=exercises ){_LIST}",
        rf"(?<=^title: ){_SECTION}(?= )",
        rf"(?<=^# ){_SECTION}(?= )|(?<=\[){_SECTION}(?= )",
        decimals=True,
    ),
    _form(
        "a version of Python",
        r"(?<=Python )3\.\d+(?: to 3\.\d+)?",
        decimals=True,
    ),
    _form("a name in code, or a call; what it gives is bound", r"`[^`\n]+`"),
    _form(
        "a formula; what it comes to is bound",
        r"\$\$[^$]*\$\$|\$[^$]+\$",
    ),
    _form("the number of a thread", r"#\d+(?=\])", r"(?<=\[thread )\d+"),
    _form("the number of an item in a list", r"^ *\d+\. "),
    _form("the year of a paper", r"\b(?:19|20)\d\d(?=[,)]| and )"),
    _form("an option of the reference", r"^ +heading_level: \d$"),
    _form("a line of the catalogue, compared as a whole", r"^:   .*$"),
    _form("the name of a model", r"\bGPT-2\b"),
    _form(
        "a part by its number",
        r"\b(?:head|token|entry|row|column|place|block|step|axis|key|test"
        r"|sizes|hint|chapter|sentence|index|query|position)"
        r"s? -?\d+(?:(?:,| and| or| at)? \d+)*\b",
    ),
    _form("a seed of the book", r"(?<=seed )(?:123|789)"),
    _form("the token *one*", r"(?<!\*)\*one\*(?!\*)"),
    _form(
        f"the {_N} tokens of the sentence, and their rows, keys and scores",
        rf"\b{_N}\b",
    ),
    _form(
        "the width of the inputs",
        rf"\bwidth {_WIDTH}\b",
        rf"\b{_WIDTH} (?:numbers|entries) (?:each|wide)\b",
    ),
    _form(
        "queries, keys and values: three",
        r"\bthree (?:learned |weight |separate )?"
        r"(?:matrices|projections|gradients)\b",
    ),
    _form("score, weigh, mix: three", r"\bthree (?:small )?steps\b"),
    _form(
        "a pronoun or an article: one of them, one by one, this one",
        r"\bone\b",
    ),
    _form(
        "what has been named just before: the two",
        r"\b(?:the|these|those|its|both of the|which of the) two\b",
        r"\btwo (?:ways|things|kinds)\b",
    ),
    _form(
        "an adverb: what comes before the rest",
        r"\b(?:at|come|comes|came|counts) first\b",
        r"^First\b|\bfirst(?=[.,:;?]| of all| meet| mix)",
        r"\bfirst (?:time|look|glance)\b",
    ),
    _form(
        "an adverb of time: at once, once more, once it is so",
        r"\b(?:at|all at) once\b|\bonce more\b|\bonce(?= \w+ \w+ )",
    ),
    _form(
        "what a softmax promises, and properties test",
        r"\b(?:add|adds|sum|sums) (?:back )?up to 1\b|\bsums? to 1\b",
        r"\bbetween 0 and 1\b",
    ),
    _form(
        "nothing, and what cannot be",
        r"\b(?:divid\w+|division) by zero\b",
        r"\b(?:to|is|are|be|was|were|nearly|all|near|at|below|above|of|not)"
        r" zero\b",
        r"\bminus zero\b",
    ),
    _form("the digits that the book prints", r"\bfour decimals\b"),
)
