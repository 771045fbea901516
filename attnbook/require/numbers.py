"""One number: finite or a score, a count or a size, a share, a token."""

from math import inf, isfinite, prod

from attnbook.require._words import kind_of, shown

MOST = 1_000_000
"""More tokens, widths or heads than that are a slip of the keyboard."""

MOST_ENTRIES = 10_000_000
"""More entries than that take a list minutes, and gigabytes."""


def require_number(name: str, value: object) -> None:
    """Refuse what is not a number, or an integer that no float can hold.

    Infinities and NaN are floats and pass: `require_vector` refuses those.
    So does a number that counts its operations, or has another arithmetic
    of its own: what that does is its own affair.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_number("scores[0]", 0.5)
        >>> require_number("scores[0]", "half")
        Traceback (most recent call last):
            ...
        ValueError: scores[0] must be a number, got str
    """
    if not isinstance(value, float | int) or isinstance(value, bool):
        raise ValueError(f"{name} must be a number, got {kind_of(value)}")
    if isinstance(value, int) and abs(value) > 2**53:
        wanted = "must be within 2**53 of 0, where floats hold every integer"
        raise ValueError(f"{name} {wanted}")


def require_finite(name: str, value: object) -> None:
    """Refuse what is not a number, or is infinite or NaN.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_finite("rate", 0.5)
        >>> require_finite("rate", float("nan"))
        Traceback (most recent call last):
            ...
        ValueError: rate must be finite, got nan
    """
    require_number(name, value)
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")


def require_score(name: str, value: object) -> None:
    """Refuse what is not a number, or is plus infinity or NaN.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_score("largest", float("-inf"))
        >>> require_score("largest", float("inf"))
        Traceback (most recent call last):
            ...
        ValueError: largest must be finite or -inf, got inf
    """
    require_number(name, value)
    if isinstance(value, float) and not value < inf:
        raise ValueError(f"{name} must be finite or -inf, got {value}")


def require_count(name: str, value: object) -> None:
    """Refuse what cannot count tokens, widths or heads.

    Raises:
        ValueError: If the value is not an integer from 1 to a million.

    Examples:
        >>> require_count("num_heads", 2)
        >>> require_count("num_heads", 0)
        Traceback (most recent call last):
            ...
        ValueError: num_heads must be an integer of 1 or more, got 0
    """
    if type(value) is not int or value < 1:
        raise ValueError(
            f"{name} must be an integer of 1 or more, got {shown(value)}"
        )
    if value > MOST:
        raise ValueError(f"{name} must be at most {MOST:,}, got more")


def require_integer(name: str, value: object, low: int, high: int) -> None:
    """Refuse what is not an integer from `low` to `high`.

    Raises:
        ValueError: Naming the argument, what was wanted and what came.

    Examples:
        >>> require_integer("steps", 0, 0, 9)
        >>> require_integer("steps", 10, 0, 9)
        Traceback (most recent call last):
            ...
        ValueError: steps must be 0 to 9, got 10
    """
    if type(value) is not int:
        raise ValueError(f"{name} must be an integer, got {kind_of(value)}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low} to {high}, got {shown(value)}")


def require_entries(name: str, *counts: int) -> None:
    """Refuse more entries than a list can hold before patience ends.

    Raises:
        ValueError: If the product of the counts is above ten millions.

    Examples:
        >>> require_entries("rows * columns", 1000, 1000)
        >>> require_entries("rows * columns", 10_000, 10_000)
        Traceback (most recent call last):
            ...
        ValueError: rows * columns must be at most 10,000,000, got 100,000,000
    """
    if (entries := prod(counts)) > MOST_ENTRIES:
        raise ValueError(
            f"{name} must be at most {MOST_ENTRIES:,}, got {entries:,}"
        )


def require_share(name: str, value: float) -> None:
    """Refuse what is no part of a whole.

    Raises:
        ValueError: If the value is not a number from 0 to 1.

    Examples:
        >>> require_share("p", 0.5)
        >>> require_share("p", 1.5)
        Traceback (most recent call last):
            ...
        ValueError: p must be from 0 to 1, got 1.5
    """
    require_number(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")


def require_token(name: str, token: object, count: int) -> None:
    """Refuse what is not one of `count` tokens.

    Raises:
        ValueError: If the token is not an integer from 0 to `count - 1`.

    Examples:
        >>> require_token("sentence[0]", 3, count=4)
        >>> require_token("sentence[0]", 4, count=4)
        Traceback (most recent call last):
            ...
        ValueError: sentence[0] must be an integer from 0 to 3, got 4
    """
    if type(token) is not int or not 0 <= token < count:
        raise ValueError(
            f"{name} must be an integer from 0 to {count - 1}, "
            f"got {shown(token)}"
        )
