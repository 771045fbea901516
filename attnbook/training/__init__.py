"""Attention that learns: runs to look at, and to store (after section 3.6).

Legend: a run is seeded, so that it can be told of and repeated:
`attnbook train --task reverse --seed 0 --length 6`. What the pages show is
stored by the same command, once for each task, followed by
`--store docs/data/training-reverse.json`.
"""

from attnbook.training.command import main, parser_of_settings, progress_bar
from attnbook.training.runs import (
    BOOK,
    TRIES,
    Run,
    Settings,
    Way,
    draw_batches,
    draw_held_out,
    run,
)
from attnbook.training.stored import (
    MODEL_ENTRIES,
    as_json,
    as_text,
    from_json,
)

__all__ = [
    "BOOK",
    "MODEL_ENTRIES",
    "TRIES",
    "Run",
    "Settings",
    "Way",
    "as_json",
    "as_text",
    "draw_batches",
    "draw_held_out",
    "from_json",
    "main",
    "parser_of_settings",
    "progress_bar",
    "run",
]
