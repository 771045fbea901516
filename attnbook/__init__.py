"""Self-attention by hand: the code that the pages of attnbook show.

The map, in the order of the book:

- `attnbook.require`: what an argument must be
- `attnbook.vectors`: lists as vectors and matrices; dot, matmul, transpose
- `attnbook.counting`: numbers that count what a function costs
- `attnbook.sentence`: the six tokens of section 3.3
- `attnbook.simple`: section 3.3, attention without trainable weights
- `attnbook.exact`: the same, right to the last digits
- `attnbook.trainable`: section 3.4, queries, keys and values by weights
- `attnbook.onepass`: the same a part of the keys at a time
- `attnbook.causal`: section 3.5, the causal mask and dropout
- `attnbook.multihead`: section 3.6, several heads side by side
- `attnbook.torch_random`: the book's random numbers, without torch
- `attnbook.backward`: the gradient of every step above
- `attnbook.learning`: a loss, its gradient, two optimisers
- `attnbook.tasks`: a one-layer model, and two tasks for it
- `attnbook.loop`: the loop in which the model learns
- `attnbook.training`: runs of it, stored and told; `attnbook train`
- `attnbook.checker`: your own attention, checked and diagnosed
- `attnbook.arrays`: the same names in NumPy

The doors: `attnbook.check` gives an `attnbook.Report` of what you have,
`attnbook.assert_agrees` is for your own tests, and `%load_ext attnbook` adds
`%%attnbook` to a notebook. They are opened when they are first used, so that
one module of the book is imported as fast as if it stood alone.

A module imports only what stands before it, and only the standard library;
NumPy is needed by `attnbook.arrays` alone.
"""

from attnbook._version import __version__

TYPE_CHECKING = False  # the one of `typing`, without importing it
if TYPE_CHECKING:
    from attnbook.checker.doors import assert_agrees, check
    from attnbook.checker.ipython import load_ipython_extension
    from attnbook.checker.report import Report

__all__ = [
    "Report", "__version__", "assert_agrees", "check",
    "load_ipython_extension",
]  # fmt: skip

_DOORS = {
    "Report": "attnbook.checker.report",
    "assert_agrees": "attnbook.checker.doors",
    "check": "attnbook.checker.doors",
    "load_ipython_extension": "attnbook.checker.ipython",
}


def __getattr__(name: str) -> object:
    """Open a door when it is first used."""
    if name not in _DOORS:
        raise AttributeError(f"module 'attnbook' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as late as it can be

    found = getattr(import_module(_DOORS[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """What there is, the closed doors included."""
    return sorted({*globals(), *__all__})
