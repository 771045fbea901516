"""What a loaded file offers: its functions, classes and objects."""

import ast
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any

from attnbook.checker.reader.values import library

_CALLED = ("forward", "__call__", "call")
_PLAIN = (bool, int, float, str)


def described(
    name: str,
    item: Any,  # noqa: ANN401
    is_own: Callable[[Any], bool],
) -> dict[str, Any]:
    """A function's parameters; of a class or object also the methods'."""
    is_class = isinstance(item, type)
    kind = item if is_class else type(item)
    is_object = not is_class and _is_object(item, is_own)
    has_methods = is_class or is_object
    what = "object" if is_object else "class" if is_class else "function"
    return {
        "name": name,
        "own": True,
        "kind": what,
        "class": kind.__name__ if is_object else "",
        "line": _line(item),
        "parameters": [] if is_object else _parameters(item),
        "methods": _methods(kind, is_own) if has_methods else {},
        "library": _library(kind) if has_methods else "",
    }


def unknown(name: str) -> dict[str, Any]:
    """The same of what refuses to be asked."""
    return {
        "name": name,
        "own": True,
        "kind": "function",
        "class": "",
        "line": None,
        "parameters": None,
        "methods": {},
        "library": "",
    }


def is_record(item: Any) -> bool:  # noqa: ANN401
    """Whether this is a class of tuples with names, which computes nothing."""
    kind = type(item)
    return issubclass(kind, type) and tuple in kind.mro(item)


def libraries(tree: ast.AST) -> list[str]:
    """The array libraries that a file imports, in its order."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    found = [library(name) for name in names]
    return [*dict.fromkeys(each for each in found if each)]


def _is_object(item: Any, is_own: Callable[[Any], bool]) -> bool:  # noqa: ANN401
    """Whether this is an object with a method that calls it."""
    if isinstance(item, types.FunctionType | types.BuiltinFunctionType):
        return False
    return is_own(type(item)) and any(
        hasattr(type(item), name) for name in _CALLED
    )


def _library(kind: type) -> str:
    """The array library of a class's bases, if they have one."""
    for each in kind.__mro__:
        found = library(each.__module__)
        if found:
            return found
    return ""


def _methods(
    kind: type, is_own: Callable[[Any], bool]
) -> Mapping[str, list[Any]]:
    """The methods that the reader wrote, inherited ones too."""
    found: dict[str, list[Any]] = {}
    for each in reversed(kind.__mro__):
        if each is not kind and not is_own(each):
            continue
        for name, function in vars(each).items():
            if name == "__call__" or not name.startswith("_"):
                parameters = _of_method(function)
                if parameters is not None:
                    found[name] = parameters
    return found


def _of_method(function: Any) -> list[Any] | None:  # noqa: ANN401
    """A method's parameters, without the object itself."""
    if isinstance(function, staticmethod):
        return _parameters(function.__func__)
    if isinstance(function, classmethod | property):
        return None
    if not callable(function) or isinstance(function, type):
        return None
    return (_parameters(function) or [None])[1:]


def _parameters(function: Any) -> list[Any] | None:  # noqa: ANN401
    """Each parameter: name, kind, whether it may be left out, and else."""
    try:
        signature = inspect.signature(function)
        if isinstance(function, type) and _tells_nothing(signature):
            own = inspect.signature(function.__init__)  # type: ignore[misc]
            signature = own.replace(parameters=[*own.parameters.values()][1:])
    except (TypeError, ValueError):
        return None
    return [
        [
            name,
            each.kind.name,
            each.default is not each.empty,
            each.default if isinstance(each.default, _PLAIN) else None,
        ]
        for name, each in signature.parameters.items()
    ]


def _tells_nothing(signature: inspect.Signature) -> bool:
    """Whether it takes just anything, as that of a class of `nnx` does."""
    kinds = [each.kind.name for each in signature.parameters.values()]
    return kinds == ["VAR_POSITIONAL", "VAR_KEYWORD"]


def _line(item: Any) -> int | None:  # noqa: ANN401
    """The line on which a function or class begins, if that can be told."""
    try:
        inner = inspect.unwrap(item) if callable(item) else item
    except ValueError:  # it wraps itself
        return None
    code = getattr(inner, "__code__", None)
    if code is not None:
        return int(code.co_firstlineno)
    lines = [
        function.__code__.co_firstlineno
        for function in vars(inner).values()
        if isinstance(function, types.FunctionType)
    ] if isinstance(inner, type) else []  # fmt: skip
    return min(lines, default=None)
