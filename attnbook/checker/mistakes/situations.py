"""The inputs that show a mistake, and those that hide it.

Popular tests use square shapes, equal weights, one token, saturated scores or
an upstream gradient of ones. Here stands one of each, for every step, beside
an ordinary input whose sizes all differ.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from attnbook.checker.mistakes.mistake import Mistake
from attnbook.checker.steps.cases import (
    Values,
    bundles,
    distinct,
    enlarge,
)
from attnbook.checker.steps.table import Step, step_named

ORDINARY = "all sizes different"

# What all entries of an argument become, in the situation of that name.
_EQUAL: Mapping[str, tuple[str, ...]] = {
    "equal vectors": ("x", "y"),
    "equal scores": ("scores",),
    "equal tokens": ("inputs",),
    "equal weights": ("attn_weights",),
    "equal keys": ("keys",),
    "equal values": ("values",),
}


def situations(step: Step) -> dict[str, Values]:
    """Inputs of one step, by what is particular about them."""
    found = {ORDINARY: _drawn(step, distinct(step.axes))}
    found["all sizes 1"] = _drawn(step, dict.fromkeys(step.axes, 1))
    found["all sizes 2"] = _drawn(step, dict.fromkeys(step.axes, 2))
    for axis in (axis for axis, sizes in step.axes.items() if len(sizes) > 1):
        one = {**distinct(step.axes), axis: 1}
        found[f"{_said(axis)} 1"] = _drawn(step, one)
    found |= _particular(step, found[ORDINARY])
    return found


def shown_by(mistake: Mistake) -> list[str]:
    """The situations in which a mistake can be seen."""
    return [name for name, shown in _seen(mistake).items() if shown]


def hidden_by(mistake: Mistake) -> list[str]:
    """The situations in which a mistake gives the right numbers."""
    return [name for name, shown in _seen(mistake).items() if not shown]


def _seen(mistake: Mistake) -> dict[str, bool]:
    """Of every situation whether it shows the mistake."""
    step = step_named(mistake.step)
    form = step.forms[0]
    return {
        name: mistake.differs(
            form, form.answer(step.reference, values), values
        )
        for name, values in situations(step).items()
    }


def _drawn(step: Step, sizes: Mapping[str, int]) -> Values:
    """Ordinary entries in these sizes."""
    return step.draw(Random(11), **sizes)  # noqa: S311 - test data


def _particular(step: Step, ordinary: Values) -> dict[str, Values]:
    """The same sizes with particular entries."""
    roles = {*step.forms[0].roles}
    found = {
        name: {**ordinary, **{role: _alike(ordinary[role]) for role in equal}}
        for name, equal in _EQUAL.items()
        if set(equal) <= roles and step.name != "dropout"
    }
    if "W_query" in roles:
        found["equal weight matrices"] = _one_matrix(step)
    if step.large:
        large = {step.large: enlarge(ordinary[step.large], 1e4)}
        found["one row of saturated scores"] = {**ordinary, **large}
    if "p" in roles:
        found["a rate of one half"] = {**ordinary, "p": 0.5}
    ones = {role: _ones(ordinary[role]) for role in roles & _UPSTREAM}
    return found | ({_OF_ONES: {**ordinary, **ones}} if ones else {})


_OF_ONES = "an upstream of ones"


_UPSTREAM = {"grad_weights", "grad_context_vecs", "grad_outputs"}


def _alike(value: Sequence[Any]) -> list[Any]:
    """Every entry as the first."""
    return [value[0]] * len(value)


def _one_matrix(step: Step) -> Values:
    """Queries, keys and values by the same weights."""
    sizes = dict(distinct(step.axes))
    if "d_v" in sizes:
        sizes["d_v"] = sizes["d_k"]
    values = _drawn(step, sizes)
    for role in ("W_key", "W_value"):
        values[role] = values["W_query"]
    return values | bundles(values)


def _ones(value: Any) -> Any:  # noqa: ANN401
    """The same shape, filled with 1."""
    if isinstance(value, list):
        return [_ones(item) for item in value]
    return 1.0


def _said(axis: str) -> str:
    """The name of a size where it stands before its number."""
    return {"n": "tokens", "d": "width"}.get(axis, axis)
