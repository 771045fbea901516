"""A block: attention with a norm before it, and its inputs added after.

What agrees in one of these forms is right attention in a block, and is said
to be that; the attention alone is what the steps are about.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.match.asked import Asked
from attnbook.checker.match.names import plain_name
from attnbook.checker.match.slots import Array
from attnbook.checker.match.trial import Trial, tried
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import (
    compare,
    error,
    numbers,
    plain,
    shape,
)
from attnbook.checker.steps.step import Canonical, Form
from attnbook.vectors import Matrix, Vector, add, dot

Rows: TypeAlias = Callable[[Matrix], Matrix]

_BLOCK = re.compile(r"block|layer|prenorm|postnorm|residual|sublayer")
_NORM = re.compile(r"norm|(^|[._])ln")


class Around(NamedTuple):
    """What a block does before and after its attention."""

    said: str
    before: Rows
    after: Rows
    adds: str = ""
    """What is added to the result: `inputs`, or these `normed`."""


def is_block(name: str) -> bool:
    """Whether a name says that there is more than attention."""
    return bool(_BLOCK.search(plain_name(name)))


def is_norm(array: Array) -> bool:
    """Whether an array belongs to a norm, by its name."""
    return bool(_NORM.search(array.path.lower()))


def may_be_block(name: str, arrays: Sequence[Array]) -> bool:
    """Whether a name or an array says that it may be a block."""
    return is_block(name) or any(map(is_norm, arrays))


def as_block(asked: Asked, values: Values) -> Trial | None:
    """The same with what a block adds, if it agrees so."""
    trial = tried(asked, values)
    around = _around(trial, values)
    if around is None:
        return None
    return Trial(3, _noted(trial.asked, around, _BUT), trial.reply)


def taken_for_block(asked: Asked, values: Values) -> Asked | None:
    """The same as the block that it is for these values, if it is one then.

    With one head no way to cut or merge is wrong, and where all values are 0
    no attention gives more than a bias: what it adds shows itself.
    """
    around = _around(tried(asked, values), values)
    return None if around is None else _noted(asked, around, _TAKEN)


def _around(trial: Trial, values: Values) -> Around | None:
    """What a block has around its attention, if it agrees with one so.

    Small numbers beside a variance are much alike: the closest is meant.
    """
    if trial.quality < 2:
        return None
    came = trial.asked.taken(trial.reply["value"], values)
    found: list[tuple[float, Around]] = []
    for around in _forms():
        right = _noted(trial.asked, around, _BUT).expected(values)
        if compare(right, came) is None:
            found.append((error(right, came), around))
    return min(found, key=lambda each: each[0])[1] if found else None


def _noted(asked: Asked, around: Around, begins: str) -> Asked:
    """The same asked as a block, with a note of what that adds."""
    form = _within(asked.binding.form, around)
    notes = (*asked.binding.notes, f"{begins} {around.said}")
    return asked._replace(
        binding=asked.binding._replace(form=form, notes=notes)
    )


def _within(form: Form, around: Around) -> Form:
    """The form whose right answer is the whole block's."""

    def answer(f: Canonical, case: Values) -> Any:  # noqa: ANN401
        cases = [case, *([case["other"]] if "other" in case else [])]
        rows = [_block(form, f, {**case, **each}, around) for each in cases]
        return rows if "other" in case else rows[0]

    return form._replace(answer=answer)


def _block(form: Form, f: Canonical, case: Values, around: Around) -> Matrix:
    """What is right for one sentence."""
    alone = {role: v for role, v in case.items() if role != "other"}
    inputs = case["inputs"]
    given = {"inputs": inputs, "normed": around.before(inputs)}
    rows: Matrix = form.answer(f, alone | {"inputs": given["normed"]})
    added = given.get(around.adds)
    if added is not None and shape(added) == shape(rows):
        rows = add(added, rows)
    return around.after(rows)


def _forms() -> Iterator[Around]:
    """The blocks that people write, the plainest first."""
    yield Around("its inputs added after", _as_is, _as_is,
                 "inputs")  # fmt: skip
    for name, norm in _NORMS:
        before = f"{name} before it"
        yield Around(before, norm, _as_is)
        yield Around(f"{before}, and its inputs added after", norm, _as_is,
                     "inputs")  # fmt: skip
        yield Around(f"{before}, and what that gives added after", norm,
                     _as_is, "normed")  # fmt: skip
        yield Around(f"its inputs added after, then {name}", _as_is,
                     norm, "inputs")  # fmt: skip


_BUT = "right attention but for"
_TAKEN = "taken for attention with"


def with_norm(asked: Asked, values: Values) -> Asked:
    """The same with the norm that it shows, though it agrees in no form.

    What a norm stands before does not change when all inputs are scaled.
    """
    came = asked.answer(values).value
    for name, norm, shift in _SHOWN:
        rows = [[3 * x + shift for x in row] for row in values["inputs"]]
        other = asked.answer({**values, "inputs": rows}).value
        pairs = (values["inputs"], came), (rows, other)
        for said, adds in (("", ""), (" and its inputs added", "inputs")):
            if _alike(pairs, adds):
                around = Around(f"{name} before it{said}", norm, _as_is, adds)
                return _noted(asked, around, _TAKEN)
    return asked


def is_taken_for_block(notes: Sequence[str]) -> bool:
    """Whether something is asked as a block, though it agrees in no form."""
    return any(note.startswith((_TAKEN, _BUT)) for note in notes)


def _alike(pairs: Sequence[tuple[Matrix, Any]], adds: str) -> bool:
    """Whether two results are one, without what is added to each."""
    one, other = (_without(given, came, adds) for given, came in pairs)
    if one is None or other is None:
        return False
    return all(abs(a - b) <= _SLACK for a, b in zip(one, other, strict=True))


def _without(given: Matrix, came: Any, adds: str) -> Vector | None:  # noqa: ANN401
    """The numbers of a result, less the inputs; None where that fails."""
    if not isinstance(came, list) or not plain(came):
        return None
    flat = [entry for _, entry in numbers(came)]
    if not adds:
        return flat
    if shape(given) != shape(came):
        return None
    inputs = [entry for _, entry in numbers(given)]
    return [a - b for a, b in zip(flat, inputs, strict=True)]


_SLACK = 1e-3
"""What the small number beside a variance can explain."""


def _as_is(rows: Matrix) -> Matrix:
    return rows


def _layer(epsilon: float) -> Rows:
    """A layer norm: every row with mean 0 and variance 1."""

    def norm(rows: Matrix) -> Matrix:
        return _roots(epsilon)([_centred(row) for row in rows])

    return norm


def _centred(row: Vector) -> Vector:
    mean = sum(row) / len(row)
    return [entry - mean for entry in row]


def _roots(epsilon: float) -> Rows:
    """A root-mean-square norm: every row with mean square 1."""

    def norm(rows: Matrix) -> Matrix:
        sizes = [sqrt(dot(row, row) / len(row) + epsilon) for row in rows]
        return [
            [entry / size for entry in row]
            for row, size in zip(rows, sizes, strict=True)
        ]

    return norm


_NORMS = [
    *(("a layer norm", _layer(e)) for e in (1e-5, 1e-6, 1e-12)),
    *(("an RMS norm", _roots(e)) for e in (1e-6, 1e-5, 1e-8, 1e-7)),
]
_SHOWN = (
    ("a layer norm", _layer(1e-5), 5.0),
    ("an RMS norm", _roots(1e-6), 0.0),
)
"""Each norm with the shift, common to a row, that it takes away."""
