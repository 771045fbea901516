"""Which method of a class is its attention."""

import re
from collections.abc import Mapping, Sequence

from attnbook.checker.match.names import Parameter, plain_name

CALLS = ("forward", "__call__", "call")
"""What calls an object by custom."""

_ATTENDS = re.compile(r"att(entio)?n|attend|m[hq]a|gqa|sdpa")
_OTHER = re.compile(
    r"mask|weight|score|backward|grad|plot|show|visuali|print|test|train|"
    r"load|save|set|init|split|merge|combine|demo|main|cut"
)
_VAGUE = {
    "compute", "apply", "run", "process", "transform", "predict", "encode",
    "execute", "calculate", "evaluate", "output", "context", "contextvec",
    "contextvecs", "contextvector", "contextvectors", "computecontext",
}  # fmt: skip


def called(methods: Mapping[str, Sequence[Parameter]]) -> str | None:
    """The method that is asked: by custom, else by what its name says.

    What takes one argument comes first, as it does all from the inputs on.

    Examples:
        >>> q, k, v = (Parameter(name, "", False) for name in "qkv")
        >>> called({"softmax": [q], "mix": [q, k, v]})
        >>> called({"attend": [q, k, v], "self_attention": [q]})
        'self_attention'
        >>> called({"attend": [q, k, v], "forward": [q, k, v]})
        'forward'
    """
    custom = next((name for name in CALLS if name in methods), None)
    named = sorted(filter(_may_attend, methods), key=lambda name: (
        len([e for e in methods[name] if not e.optional]) != 1,
        not attends(name),
    ))  # fmt: skip
    return custom or next(iter(named), None)


def attends(name: str) -> bool:
    """Whether a name says that this is attention, and no part of one."""
    plain = plain_name(name)
    return bool(_ATTENDS.search(plain)) and not _OTHER.search(plain)


def _may_attend(name: str) -> bool:
    """Whether a method may be attention, by its name."""
    return attends(name) or plain_name(name) in _VAGUE
