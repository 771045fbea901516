"""The smallest input that shows a mistake: simpler entries, one by one."""

from collections.abc import Iterator, Sequence
from typing import Any

from attnbook.checker.match.binding import Answer, Asked
from attnbook.checker.steps.cases import Values, bundles
from attnbook.checker.steps.compare import compare, size

_FIXED = {"heads", "attention", "attn_weight_rows", "p", "keep"}


def smallest(
    asked: Asked, values: Values, answer: Answer
) -> tuple[Values, Answer]:
    """The same input with as many entries as possible made 0, 1 or whole."""
    roles = _free(asked, values)
    expected = asked.expected(values)
    found = compare(expected, answer.value) if answer.came else None
    if not roles or found is None:
        return values, answer
    least = min(0.01, found.error / size(expected))
    for role, path in _places(values, roles):
        for changed in _simpler(values, role, path):
            attempt = asked.answer(changed)
            if _kind(asked, changed, attempt, least) == found.kind:
                values, answer = changed, attempt
                break
    return values, answer


def _places(
    values: Values, roles: Sequence[str]
) -> list[tuple[str, tuple[int, ...]]]:
    """Every entry that can be changed, role by role."""
    return [(role, path) for role in roles for path in _paths(values[role])]


def _simpler(
    values: Values, role: str, path: tuple[int, ...]
) -> Iterator[Values]:
    """The values with one entry 0, then 1, then whole."""
    for entry in (0.0, 1.0, float(round(_at(values[role], path)))):
        changed = {**values, role: _put(values[role], path, entry)}
        yield changed | bundles(changed)


def _free(asked: Asked, values: Values) -> list[str]:
    """The arguments whose entries can be changed one by one, if all can."""
    roles: list[str] = []
    for role in asked.binding.form.roles:
        bundle = role in bundles(values)
        roles += values[role]["fields"] if bundle else [role]
    return [] if _FIXED & {*roles} else roles


def _kind(asked: Asked, values: Values, answer: Answer, least: float) -> str:
    """What kind of difference an answer shows, if it is large enough."""
    if not answer.came:
        return ""
    expected = asked.expected(values)
    found = compare(expected, answer.value)
    if found is None or found.error < least * size(expected):
        return ""
    return found.kind


def _paths(value: Any) -> Iterator[tuple[int, ...]]:  # noqa: ANN401
    """Where the fractions of nested lists stand."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from ((i, *path) for path in _paths(item))
    elif isinstance(value, float):
        yield ()


def _at(value: Any, path: tuple[int, ...]) -> float:  # noqa: ANN401
    """The entry at a path."""
    for i in path:
        value = value[i]
    return float(value)


def _put(value: Any, path: tuple[int, ...], entry: float) -> Any:  # noqa: ANN401
    """The nested lists with one entry replaced."""
    if not path:
        return entry
    return [
        _put(item, path[1:], entry) if i == path[0] else item
        for i, item in enumerate(value)
    ]
