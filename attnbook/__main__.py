"""`python -m attnbook check FILE.py`, or `attnbook check FILE.py`."""

import sys
from collections.abc import Sequence

from attnbook.checker import command

_USAGE = """\
attnbook: an executable book about self-attention

  attnbook check FILE.py    check your own attention, written by hand
  attnbook check --help     every option
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of attnbook and give its exit status.

    Raises:
        SystemExit: If the options cannot be understood, with the status 2.

    Examples:
        A check that cannot be made says why, and gives 2:

        >>> main(["check", "no-such-file.py", "--json"])
        {
          "status": 2,
          "verdict": "there is no file no-such-file.py.",
          "findings": []
        }
        2
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["check"]:
        return command.run(words[1:])
    wanted = words in ([], ["-h"], ["--help"])
    (sys.stdout if wanted else sys.stderr).write(_USAGE)
    return 0 if wanted else 2


if __name__ == "__main__":
    sys.exit(main())
