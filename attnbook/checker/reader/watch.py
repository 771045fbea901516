"""What the reader's code reads of attnbook itself, while it runs.

However an import is written, its file is opened, and an audit hook is told of
that. It cannot be taken away again. What another process reads is not seen.
"""

import os
import sys
from pathlib import Path
from typing import Any

FOLDER = f"{Path(__file__).parents[2]}{os.sep}"


def watched() -> list[str]:
    """A list to which every file of attnbook's is added as it is opened.

    No builtin is called by the hook: any of them may be the reader's.
    """
    opened: list[str] = []
    text, folder = str, FOLDER

    def note(event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            name = given[0]
            if name.__class__ is text and name.startswith(folder):
                opened.append(name.removeprefix(folder))

    sys.addaudithook(note)
    return opened
