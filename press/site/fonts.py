"""The fonts of the text, cut down to what the pages show of them.

A font that has every weight and every European letter is three times as
heavy as one that has what this book is set in, and a reader on a phone waits
for it. What is written in other letters falls back to the reader's fonts.
"""

import string
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

# What the pages are written in, as far as a font has it.
CHARACTERS = "".join(
    [
        string.printable,
        "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{ZERO WIDTH SPACE}",
        "–—‘’“”…·×−∂∑∞²′",  # noqa: RUF001
    ]
)


# A font that was changed may not keep a name that is reserved for the whole
# one; its copyright and licence it keeps.
NOTICES = [0, 13, 14]


def cut(path: Path, weights: tuple[int, int]) -> bytes:
    """A variable font in these characters and from one weight to another.

    Digits of one width and the like stay, since the stylesheets ask for them.
    """
    font = TTFont(path)
    subsetter = Subsetter(Options(notdef_outline=True, name_IDs=NOTICES))
    subsetter.populate(text=CHARACTERS)
    subsetter.subset(font)
    least, most = weights
    limits = {"wght": least if least == most else weights}
    instantiateVariableFont(font, limits, inplace=True)
    small = BytesIO()
    font.flavor = "woff2"
    font.save(small)
    return small.getvalue()
