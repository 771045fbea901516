"""The forms by which this book's numbers are told to need no binding.

Most forms hold one number and no other: `add up to 1` is one, and with any
other number in its place it would be none. The rest are *open*: they take any
number, since what they write is a name, and no claim.
"""

import re
from collections.abc import Callable

from attnbook.sentence import inputs, tokens
from press.pages.book import Form
from press.pages.numbers import shown_as

_SECTION = r"3\.[1-6](?:\.\d)?"
_LIST = rf"{_SECTION}(?:(?:, | and | to | or ){_SECTION})*(?!\d)"
_N = shown_as(len(tokens), "one")
_WIDTH = shown_as(len(inputs[0]), "one")


def _form(
    reason: str,
    *patterns: str,
    decimals: bool = False,
    count: Callable[[re.Match[str]], int] | None = None,
) -> Form:
    """A form in any of its patterns, of whole numbers and words."""
    pattern = re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE)
    return Form(reason, pattern, decimals, count)


# What can be counted behind a sentence: a list, a table, or a row of words.
_BEFORE = r"(?:(?<=[.!?] )|(?<=\*\* )|^)[^\s|#>-][^.!?:|\n]*"
_LIST_BEHIND = (
    rf"{_BEFORE}[.:](?=\s*?\n\n(?P<items>(?:(?:- |\d+\. ).*\n"
    r"(?:[ \t]+\S.*\n|\n(?=- |\d+\. |[ \t]+\S))*)+))"
)
_TABLE_BEHIND = rf"{_BEFORE}[.:](?=\s*?\n\n(?P<rows>(?:\|.*\n)+))"
_WORDS_BEHIND = rf"{_BEFORE}:(?= (?P<words>[^.!?:;|\n]+)[.!?;\n])"


def _listed(match: re.Match[str]) -> int:
    """The items of a list."""
    return len(re.findall(r"^(?:- |\d+\. )", match["items"], re.MULTILINE))


def _rows(match: re.Match[str]) -> int:
    """The rows of a table, without its head."""
    return len(match["rows"].splitlines()) - 2


def _enumerated(match: re.Match[str]) -> int:
    """How many are named: a, b and c."""
    split = r",\s*(?:and |or )?|\s+(?:and|or)\s+"
    return len(re.split(split, match["words"].strip()))


CODE = _form("a name in code, or a call; what it gives is bound", r"`[^`\n]+`")

_ORDINAL = r"(?:first|second|third|fourth)"
_ANY = r"[\w*`'$-]+ +"
_PART = (
    r"(?:heads?|tokens?|entr(?:y|ies)|rows?|columns?|places?|blocks?|steps?"
    r"|axis|keys?|quer(?:y|ies)|values?|inputs?|scores?|weights?|outputs?"
    r"|sentences?|words?|matri(?:x|ces)|numbers?|draws?|logits?|halves|half"
    r"|lines?|functions?|products?|class|versions?|answers?|tables?|loops?"
    r"|pages?|chapter|sections?|tasks?|attempt|factor|paths?|differences?)"
)

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
    CODE,
    _form(
        "a formula; what it comes to is bound",
        r"\$\$[^$]*\$\$|\$[^$]+\$|\b1/(?:p\b|\(1-p\))",
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
    _form(
        "a part by its place: the first row, the second head",
        rf"\b{_ORDINAL}(?= +(?:{_ANY}){{0,2}}{_PART}\b)",
    ),
    _form(
        "what has been named before: the first, the second",
        rf"(?<=\bthe ){_ORDINAL}(?=[,.;:?]| (?:one|is|are|has|gets)\b)",
    ),
    _form(
        "a seed of the book",
        r"(?<=seed )(?:is )?(?:123|789)|(?<=seed, )(?:123|789)",
    ),
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
        r"(?<![-\d.] )(?<![-.])\b0\b(?![.,]\d| and 1\b| *\|)",
    ),
    _form("a state of a run by its name", r"\bhalf-way\b"),
    _form(
        "the loss whose gradient is the difference itself",
        r"\bhalf of (?:the )?square[sd]\b|\ba half square\b",
    ),
    _form("the most that is lost by rounding", r"\bhalf a unit\b"),
    _form(
        "a scale, or a digit by its name",
        r"\bpowers? of ten\b|\b(?:ten|hundred)-(?:thousand|million)th\b",
    ),
    _form("any pair", r"\b(?:any|no) two\b|\bof two tokens\b|\bor two\b"),
    _form(
        "the sizes of the smallest GPT-2",
        r"(?<![·/=] )\b(?:768|1024)\b(?! [·/=])",
        r"\b(?:twelve|12)(?= (?:heads|layers)\b)",
    ),
    _form(
        "what a float holds, and the Twister",
        r"\b(?:24|32|53)(?=[ -](?:bits?|binary digits)\b)|\b16(?= digits\b)"
        r"|(?<=low )24\b|\b624\b",
    ),
    _form("a large score", r"\b1000\b(?! tokens)"),
    _form(
        "what the command exits with",
        r"\b0 where all agrees, 1 where something differs, and 2 where\b",
    ),
    _form("the digits that the book prints", r"\bfour decimals\b"),
    _form(
        "how many items the list behind it has", _LIST_BEHIND, count=_listed
    ),
    _form("how many rows the table behind it has", _TABLE_BEHIND, count=_rows),
    _form(
        "how many are named behind it: three, a, b and c",
        _WORDS_BEHIND,
        count=_enumerated,
    ),
)
