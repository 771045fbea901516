"""What an attention shows itself to be, by what a change changes."""

import re
from random import Random
from typing import Any

from attnbook.checker.match.asked import Asked
from attnbook.checker.match.bundles import BUNDLES, OUT, bundle_of
from attnbook.checker.match.names import plain_name
from attnbook.checker.match.trial import Trial, tried
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import numbers, plain
from attnbook.checker.steps.step import Step
from attnbook.vectors import Matrix

_PROMISES = re.compile(r"causal|casual|masked|decoder|autoregressive")


def promises(name: str) -> bool:
    """Whether a name says that later tokens are hidden."""
    return bool(_PROMISES.search(plain_name(name)))


def is_causal(asked: Asked) -> bool | None:
    """Whether the first token does not notice the last one; None if untold.

    It is asked with one head, for which no way to cut or merge is wrong.
    """
    noticed = _notices(asked, with_one_head(asked.binding.step), 0, -1)
    return None if noticed is None else not noticed


def _notices(asked: Asked, values: Values, row: int, at: int) -> bool | None:
    """Whether a row of the result notices another token; None if untold."""
    changed = values | {
        name: _with_another(values[name], at)
        for name in ("inputs", "keys", "values")
        if name in values
    }
    before, after = _rows(asked, values), _rows(asked, changed)
    if not before or not after:
        return None
    return repr(before[row]) != repr(after[row])


def _with_another(rows: Matrix, at: int) -> Matrix:
    """The same with another token at a place."""
    found = [*rows]
    found[at] = [1.5 - entry for entry in rows[at]]
    return found


def _rows(asked: Asked, values: Values) -> list[Any]:
    """What comes of these values, row by row; none where it has no rows."""
    value = asked.answer(values).value
    return value if isinstance(value, list) else []


def with_one_head(step: Step) -> Values:
    """Four tokens, for which no way to cut or merge heads is wrong."""
    sizes = {axis: max(among) for axis, among in step.axes.items()}
    sizes |= {"n": 4} | ({"heads": 1} if "heads" in sizes else {})
    return step.draw(Random(5), **sizes)  # noqa: S311 - test data


def with_heads_it_has(asked: Asked) -> Asked:
    """The same with several heads only, if with one it holds less.

    Some have no output projection where one head is as wide as the inputs.
    """
    step = asked.binding.step
    several = tuple(h for h in step.axes.get("heads", ()) if h > 1)
    if not several or 1 not in step.axes["heads"]:
        return asked
    error = asked.answer(with_one_head(step)).reply.get("error", {})
    if not str(error.get("message")).startswith("the object holds no"):
        return asked
    step = step._replace(axes={**step.axes, "heads": several})
    notes = (*asked.binding.notes, "asked with several heads only")
    return asked._replace(
        binding=asked.binding._replace(step=step, notes=notes)
    )


def are_told(asked: Asked) -> bool:
    """Whether what is asked with one head gives something else with two.

    So it is where a constant, or the width of a head, says how many.
    """
    values = _drawn(asked.binding.step, 4, heads=1, width=4)
    one, two = (
        asked.answer({**values, "num_heads": heads}) for heads in (1, 2)
    )
    return two.came and repr(one.value) != repr(two.value)


def heads_shown(asked: Asked) -> int:
    """How many heads the entries show that a part of a query changes.

    They are those of one head, in all rows, or in all but the first of what
    is causal. Queries are small, so that no weight is too near to 0 or 1 to
    change where scores are not scaled. 0 where it cannot be told.
    """
    step, n, width = asked.binding.step, 6, 24
    (heads,) = step.axes.get("heads", (1,))
    values = _drawn(step, n, heads=heads, width=width)
    if len(values["W_query"][0]) != width or width % heads:
        return 0
    small = [[entry / width for entry in row] for row in values["W_query"]]
    turned = [[entry + 0.7 / width, *others] for entry, *others in small]
    before, after = (
        _rows(asked, {**_unmixed(values), "W_query": W_query})
        for W_query in (small, turned)
    )
    return _heads_of(_changes(before, after), n, width)


def _drawn(step: Step, n: int, *, heads: int, width: int) -> Values:
    """A case in which all heads together are so wide."""
    sizes = {**dict.fromkeys(step.axes, width), "n": n}
    if "heads" in step.axes:
        sizes |= {"heads": heads, "head_dim": width // heads}
    return step.draw(Random(5), **sizes)  # noqa: S311 - test data


def _unmixed(values: Values) -> Values:
    """The same with an output projection that leaves all as it is."""
    if "W_out" not in values:
        return values
    width = len(values["W_out"])
    ones = [[float(i == j) for j in range(width)] for i in range(width)]
    return {**values, "W_out": ones}


def _changes(before: list[Any], after: list[Any]) -> int:
    """How many entries of two results differ; 0 where they are no rows."""
    if not (before and after and plain(before) and plain(after)):
        return 0
    pairs = zip(numbers(before), numbers(after), strict=True)
    return sum(abs(one - other) > _NOTHING for (_, one), (_, other) in pairs)


_NOTHING = 1e-12
"""What rounding can change."""


def _heads_of(changes: int, n: int, width: int) -> int:
    """So many heads, if one of them has so many entries in n rows."""
    for rows in (n, n - 1):
        if changes and changes % rows == 0 and width % (changes // rows) == 0:
            return width * rows // changes
    return 0


def is_wrong_by_tokens(trial: Trial) -> bool:
    """Whether it differs, and came with the tokens first and no other way."""
    return trial.quality == 2 and trial.asked.binding.second


def with_tokens_first(asked: Asked) -> Asked:
    """The batch axis second, where only then a token notices another."""
    if asked.binding.batch != 1 or _mixes(asked):
        return asked
    other = asked._replace(binding=asked.binding._replace(second=True))
    return other if _mixes(other) else asked


def _mixes(asked: Asked) -> bool:
    """Whether the last token's row notices the first token."""
    return bool(_notices(asked, asked.binding.step.trial().values, -1, 0))


def says_nothing(asked: Asked, values: Values) -> bool:
    """Whether nothing comes but a bias, where all values are 0."""
    return tried(asked, without_values(values)).quality == 3


def is_mute(asked: Asked, values: Values) -> bool:
    """Whether queries and keys change nothing, where all values are 0.

    So it is in every attention, right or wrong, with more around it or not.
    """
    none = without_values(values)
    turned = {
        name: [[0.3 - entry for entry in row] for row in none[name]]
        for name in ("W_query", "W_key")
    }
    one, other = asked.answer(none), asked.answer({**none, **turned})
    return one.came and repr(one.value) == repr(other.value)


def without_values(values: Values) -> Values:
    """The same where there is nothing to be mixed."""
    width = len(values["b_value"])
    rows = [[0.0] * width for _ in values["W_value"]]
    return {**values, "W_value": rows, "b_value": [0.0] * width}


def is_unsteady(asked: Asked, values: Values) -> bool:
    """Whether the same call gives another result the second time."""
    one, other = (asked.answer(values).value for _ in range(2))
    return repr(one) != repr(other)


def read_of(asked: Asked, whole: str) -> str:
    """Of a bundle that holds everything the one that holds what is read.

    What changes nothing is not read; empty if none of its weights is.
    """
    nested, roles = BUNDLES[whole]
    values = asked.binding.step.trial().values
    before = repr(asked.answer(values).value)

    def matters(role: str) -> bool:
        plain = role.replace("qkv", "value")
        changed = {**values, plain: _other(values[plain])}
        return repr(asked.answer(changed).value) != before

    first = tuple(e for e in roles if e[0] == "W" and e != "W_out")
    if not any(map(matters, first)):
        return ""
    rest = [e for e in roles if e not in first and matters(e)]
    biases = [e for e in roles if e[0] == "b" and e != "b_out"]
    kept = [e for e in roles if e in OUT and e in rest]
    kept = [*(biases if {*biases} & {*rest} else []), *kept]
    return bundle_of(nested, (*first, *kept))


def _other(value: Any) -> Any:  # noqa: ANN401
    """The same with other numbers."""
    if isinstance(value, list):
        return [_other(each) for each in value]
    return 0.75 - value


def reads_heads(asked: Asked) -> bool:
    """Whether a constant of the file changes what comes: the heads."""
    values = with_one_head(asked.binding.step)
    one, other = (
        asked.answer({**values, "num_heads": heads}) for heads in (1, 2)
    )
    return one.came and repr(one.value) != repr(other.value)
