"""`attnbook train --with`: a reader's file, checked, then trained by.

That code runs in a child process with limits.
"""

import sys
import tokenize
from collections.abc import Sequence
from pathlib import Path

from attnbook.checker.files import Settings as CheckSettings
from attnbook.checker.files import check_file
from attnbook.checker.finding import CANNOT_RUN
from attnbook.checker.reader.process import ChildProgram
from attnbook.checker.trained import (
    Trained,
    as_receipt,
    as_told,
    first_losses,
    trained_by,
    used,
)
from attnbook.checker.words import printable
from attnbook.training import Settings, parser_of_settings, progress_bar

WHERE = "It ran in a child process with limits, which is no sandbox."


def run(argv: Sequence[str]) -> int:
    """Train by a reader's file on the command line; 0, or 2 if it cannot."""
    parser = parser_of_settings()
    parser.add_argument("--with", dest="file", help="whose gradients to use")
    parser.add_argument("--receipt", type=Path, help="a file for a receipt")
    options = vars(parser.parse_args(argv))
    file, receipt = options.pop("file"), options.pop("receipt")
    try:
        trained = train_with(file, Settings(**options))
        if receipt is not None:
            receipt.write_text(as_receipt(trained), encoding="utf-8")
    except (ValueError, OSError) as reason:
        sys.stderr.write(f"attnbook: {printable(str(reason))}\n")
        return CANNOT_RUN
    sys.stdout.write(printable(as_told(trained)))
    return 0


def train_with(file: str, settings: Settings) -> Trained:
    """Check a file, then train a model by its gradients.

    Raises:
        ValueError: If it has none, or they do not agree, or fail on the way.
    """
    if settings.num_heads != 1:
        raise ValueError("your gradients are those of one head: num_heads 1.")
    checked = check_file(file, CheckSettings())
    functions = dict(used(checked))
    losses = first_losses(settings)
    path = Path(file)
    with tokenize.open(path) as opened:
        source = opened.read()
    with ChildProgram(source, path, seconds=2.0, megabytes=2048) as program:
        show = progress_bar(settings.steps)
        told = trained_by(program.ask, source, functions, settings, show)
    return Trained(checked, told, functions, losses, WHERE)
