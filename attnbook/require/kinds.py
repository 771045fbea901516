"""What kind an argument is of: a class, a function, a list, true or false."""

from collections.abc import Sequence
from typing import TypeGuard

from attnbook.require._words import kind_of


def require_kind(name: str, value: object, kind: type, wanted: str) -> None:
    """Refuse what is not of a class.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_kind("text", "{}", str, "a string")
        >>> require_kind("text", None, str, "a string")
        Traceback (most recent call last):
            ...
        ValueError: text must be a string, got NoneType
    """
    if not issubclass(type(value), kind):
        raise ValueError(f"{name} must be {wanted}, got {kind_of(value)}")


def require_function(name: str, value: object) -> None:
    """Refuse what cannot be called.

    Raises:
        ValueError: Naming the argument, and what came.

    Examples:
        >>> require_function("task", sorted)
        >>> require_function("task", "sorted")
        Traceback (most recent call last):
            ...
        ValueError: task must be a function, got str
    """
    if not callable(value):
        raise ValueError(f"{name} must be a function, got {kind_of(value)}")


def require_iterable(name: str, value: object) -> None:
    """Refuse what cannot be gone through.

    Raises:
        ValueError: Naming the argument, and what came.

    Examples:
        >>> require_iterable("batches", iter([1, 2]))
        >>> require_iterable("batches", 12)
        Traceback (most recent call last):
            ...
        ValueError: batches must be iterable, got int
    """
    try:
        iter(value)  # type: ignore[call-overload]
    except Exception as error:
        raise ValueError(
            f"{name} must be iterable, got {kind_of(value)}"
        ) from error


def require_flag(name: str, value: object) -> None:
    """Refuse what is not True or False, however true it may sound.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_flag("causal", True)
        >>> require_flag("causal", "no")
        Traceback (most recent call last):
            ...
        ValueError: causal must be True or False, got str
    """
    if type(value) is not bool:
        raise ValueError(f"{name} must be True or False, got {kind_of(value)}")


def require_list(
    name: str, value: object, items: str, length: int | None = None
) -> None:
    """Refuse what is not a list or tuple, is empty or of another length.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_list("heads", [1, 2], "numbers")
        >>> require_list("heads", range(2), "numbers")
        Traceback (most recent call last):
            ...
        ValueError: heads must be a list of numbers, got range
    """
    if not is_list(value):
        raise ValueError(
            f"{name} must be a list of {items}, got {kind_of(value)}"
        )
    if not len(value):
        raise ValueError(f"{name} must not be empty")
    if length is not None and len(value) != length:
        raise ValueError(
            f"{name} must hold {length} {items}, got {len(value)}"
        )


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Whether it is a list or tuple, and no class that has changed what is.

    Examples:
        >>> is_list([1.0]), is_list(range(2))
        (True, False)
    """
    kind = type(value)
    if kind is list or kind is tuple:
        return True
    return any(
        issubclass(kind, own)
        and all(
            getattr(kind, name) is getattr(own, name)
            for name in ("__getitem__", "__iter__", "__len__")
        )
        for own in (list, tuple)
    )
