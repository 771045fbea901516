"""Whether a reply can be one of a `Program`, or is a forgery.

What writes the replies shares a process with the reader's code, which may
write some, too. So each part of a reply is looked at before it is used.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attnbook.checker.reader.values import DEEPEST

Test: TypeAlias = Callable[[object], bool]


def credible(reply: Mapping[str, object], action: str) -> bool:
    """Whether this can be the reply to a request that does so.

    Examples:
        >>> value = {"several": False, "changed": [], "printed": ""}
        >>> (
        ...     credible(value | {"value": [1.0]}, "call"),
        ...     credible(value | {"value": "a"}, "call"),
        ...     credible(value | {"value": [1.0]}, "load"),
        ... )
        (True, False, False)
    """
    told = dict(reply)
    told.pop("id", None)
    opened = told.pop("opened", [])
    return _each(_TEXT)(opened) and (_FAILED(told) or _REPLIES[action](told))


def _kind(*kinds: type) -> Test:
    """What is of one of these kinds itself: a truth value is no number."""
    return lambda value: type(value) in kinds


def _among(*known: object) -> Test:
    """What is one of these."""
    return lambda value: isinstance(value, str) and value in known


def _each(test: Test) -> Test:
    """A list of such."""
    return lambda value: isinstance(value, list) and all(map(test, value))


def _of_each(test: Test) -> Test:
    """A dictionary of such."""
    return lambda value: (
        isinstance(value, dict) and all(map(test, value.values()))
    )


def _row(*tests: Test) -> Test:
    """A list of as many parts, each of its own kind."""
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(tests)
        and all(test(part) for test, part in zip(tests, value, strict=True))
    )


def _record(**tests: Test) -> Test:
    """A dictionary of these parts and no others."""
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == tests.keys()
        and all(test(value[name]) for name, test in tests.items())
    )


def _maybe(test: Test) -> Test:
    """What is such, or None."""
    return lambda value: value is None or test(value)


def _value(value: object, depth: int = 0) -> bool:
    """Numbers, and marks in the place of what is none."""
    if isinstance(value, list):
        return depth < DEEPEST and all(_value(v, depth + 1) for v in value)
    if isinstance(value, dict):
        return _MARK(value) or _TRUTH(value) or _bundle(value, depth)
    return _FLOAT(value) or (type(value) is int and abs(value) <= 2**53)


def _bundle(value: dict[str, list[object]], depth: int) -> bool:
    """Values that have names, each its own."""
    return (
        _BUNDLE(value)
        and len(value["fields"]) == len(value["items"])
        and _value(value["items"], depth)
    )


_KINDS = (
    "POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL",
    "KEYWORD_ONLY", "VAR_KEYWORD",
)  # fmt: skip
_TEXT, _TRUE, _WHOLE, _FLOAT = map(_kind, (str, bool, int, float))
_MARK = _record(other=_TEXT)
_TRUTH = _record(**{"other": _TEXT, "is": _TRUE})
_BUNDLE = _record(fields=_each(_TEXT), items=_kind(list))
_ERROR = _record(
    type=_TEXT, message=_TEXT, line=_maybe(_WHOLE), missing=_maybe(_TEXT),
    undefined=_maybe(_TEXT),
)  # fmt: skip
_PARAMETERS = _maybe(
    _each(
        _row(
            _TEXT,
            _among(*_KINDS),
            _TRUE,
            _maybe(_kind(bool, int, float, str)),
        )
    )
)
_FUNCTION = _record(**{
    "name": _TEXT, "own": _TRUE, "class": _TEXT, "line": _maybe(_WHOLE),
    "kind": _among("function", "class", "object"), "library": _TEXT,
    "parameters": _PARAMETERS, "methods": _of_each(_PARAMETERS),
})  # fmt: skip
_ARRAY = _record(
    path=_TEXT, shape=_each(_WHOLE), owner=_TEXT, registered=_TRUE, mask=_TRUE,
    weighs=_TRUE,
)  # fmt: skip
_FAILED = _record(error=_ERROR)
_REPLIES = {
    "load": _record(
        patched=_each(_TEXT), missing=_each(_TEXT), failed=_of_each(_ERROR)
    ),
    "describe": _record(
        functions=_each(_FUNCTION), libraries=_each(_TEXT), turning=_TRUE
    ),
    "supply": _record(made=_TRUE),
    "make": _record(held=_each(_ARRAY)),
    "call": _record(
        value=_value, changed=_each(_WHOLE), printed=_TEXT, several=_TRUE
    ),
}
"""What each action is answered with, if it comes to pass."""
