"""`attnbook check`, `attnbook train`, `attnbook --version`."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` put the current folder first. What a reader keeps there,
    # a random.py for one, is not to be imported in the place of Python's own.
    del sys.path[0]

import os
from collections.abc import Sequence
from pathlib import Path

_USAGE = """\
attnbook: an executable book about self-attention

  attnbook check mine.py    check your own attention, written by hand
  attnbook train            teach a small attention to reverse a sequence
  attnbook train --with mine.py    the same, by your own gradients
  attnbook --version        the version that is installed

  attnbook check --help     every option; of train likewise
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of attnbook and give its exit status.

    Raises:
        SystemExit: If the options cannot be understood, with the status 2.

    Examples:
        A check that cannot be made says why, and gives 2:

        >>> main(["check", "no-such-file.py", "--output-format", "concise"])
        no-such-file.py:1:1: cannot run: there is no file no-such-file.py.
        2
    """
    _open_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["check"], ["train"]):
        return _run(words[0], words[1:])
    if words == ["--version"]:
        from attnbook._version import __version__  # noqa: PLC0415 - only here

        sys.stdout.write(f"attnbook {__version__}\n")
        return 0
    wanted = words in ([], ["-h"], ["--help"])
    (sys.stdout if wanted else sys.stderr).write(_USAGE)
    return 0 if wanted else 2


def _open_streams() -> None:
    """Nothing to read, and nowhere to write, where the caller closed that."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            file = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, file)


def _run(command: str, words: Sequence[str]) -> int:
    """One command, importing no more than it needs."""
    if command == "check":
        from attnbook.checker.command import run  # noqa: PLC0415

        return run(words)
    if any(word.partition("=")[0] == "--with" for word in words):
        from attnbook.checker.train import run as train_yours  # noqa: PLC0415

        return train_yours(words)
    from attnbook.training import main as train  # noqa: PLC0415

    train(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
