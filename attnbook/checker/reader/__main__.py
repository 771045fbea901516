"""Serve requests over a pipe: `python -P attnbook/checker/reader`.

The folder is run alone. It takes its modules from here, under their usual
names, and then forgets them: a reader's own `import attnbook` finds what is
installed, and nothing of this folder lies on the path.
"""

import importlib
import sys
import types
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_PLACES = {
    "attnbook": _HERE.parent.parent,
    "attnbook.checker": _HERE.parent,
    "attnbook.checker.reader": _HERE,
}


def serve() -> None:
    """Answer requests until standard input ends."""
    sys.path[:] = [place for place in sys.path if Path(place) != _HERE]
    for name, place in _PLACES.items():
        package = types.ModuleType(name)
        package.__path__ = [str(place)]
        sys.modules[name] = package
    program = importlib.import_module("attnbook.checker.reader.program")
    for name in [name for name in sys.modules if name.startswith("attnbook")]:
        del sys.modules[name]
    program.serve(int(sys.argv[1]))


if __name__ == "__main__":
    serve()
