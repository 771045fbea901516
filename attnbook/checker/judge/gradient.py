"""`loss.backward()` through a module of torch's, against what is right.

The right answer is a function of the weights; how it moves with each of them
is measured by difference quotients. Written like weights into the arrays of
the module, these are the gradients that torch has to arrive at.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from attnbook.checker.finding import Cause
from attnbook.checker.match.binding import Asked
from attnbook.checker.match.requests import request
from attnbook.checker.steps.cases import Values, matrix
from attnbook.checker.steps.compare import compare, numbers, shape
from attnbook.checker.steps.step import Step
from attnbook.checker.words import listed
from attnbook.vectors import dot

_STEP = 1e-4
_SLACK = 1e-4
"""What float32 can explain, relative to the largest entry or 1."""

_CUTS = re.compile(
    r"\.(detach|item|tolist|numpy|data)\b|\bno_grad\b|"
    r"\btorch\.(as_)?(tensor|Tensor)\(|\bfrom_numpy\("
)
_ADVICE = (
    "Leave out `.detach()`, `.item()`, `.data`, `.numpy()` and `no_grad`, and "
    "make no new tensor of a computed one: `torch.tensor(x)` forgets where "
    "`x` comes from."
)


def fault_of_gradient(asked: Asked, lines: Sequence[str]) -> Cause | None:
    """What is wrong with the gradients of a module; None where nothing is."""
    made = asked.binding.made
    if made is None or not asked.binding.wrap.startswith("torch"):
        return None
    values = small_case(asked.binding.step)
    right = asked.expected(values)
    rng = Random(2026)  # noqa: S311 - test data
    upstream = matrix(rng, len(right), len(right[0]))
    reply = asked.ask(_request(asked, values, upstream))
    if "value" not in reply:
        return _raised(reply.get("error", {}).get("message", ""), lines)
    came = dict(zip(*named_items(reply["value"]), strict=True))
    found = dict(slopes(asked, values, upstream))
    expected = made.layout.written({**values, **found})
    return _difference({k: expected[k] for k in came}, came, lines)


def small_case(step: Step, n: int = 3) -> Values:
    """A small case: no size of 1 that need not be, and none of 3 but n."""
    sizes = {
        axis: min((size for size in among if size > 1), default=1)
        for axis, among in step.axes.items()
    }
    rng = Random(2028)  # noqa: S311 - test data
    return step.draw(rng, **{**sizes, "n": n})


def _request(
    asked: Asked, values: Values, upstream: Sequence[Sequence[float]]
) -> dict[str, Any]:
    """The call, with what has to be known to go back from its result."""
    sent = request(asked.binding, values)
    return sent | {
        "gradients": {
            "of": [k for k, v in sent["weights"].items() if v != 0.0],
            "pick": asked.binding.pick,
            "upstream": upstream,
        }
    }


def named_items(value: Any) -> tuple[list[str], list[Any]]:  # noqa: ANN401
    """The names and the gradients of a reply; none where nothing is told."""
    if not isinstance(value, dict):
        return [], []
    return value.get("fields", []), value.get("items", [])


def slopes(
    asked: Asked, values: Values, upstream: Sequence[Sequence[float]]
) -> Iterator[tuple[str, Any]]:
    """Of each role that is a weight or a bias its gradient."""
    flat = [entry for _, entry in numbers(upstream)]
    for role in asked.binding.form.roles:
        if role.startswith(("W_", "b_")):

            def loss(weights: Any, role: str = role) -> float:  # noqa: ANN401
                rows = asked.expected({**values, role: weights})
                return dot(flat, [entry for _, entry in numbers(rows)])

            yield role, quotients(loss, values[role])


def quotients(
    loss: Callable[[list[Any]], float], weights: list[Any]
) -> list[Any]:
    """How a number moves with each entry of nested lists."""

    def at(i: int, entry: Any) -> float:  # noqa: ANN401
        return loss([*weights[:i], entry, *weights[i + 1 :]])

    if weights and isinstance(weights[0], list):
        return [
            quotients(lambda row, i=i: at(i, row), row)  # type: ignore[misc]
            for i, row in enumerate(weights)
        ]
    return [
        (at(i, entry + _STEP) - at(i, entry - _STEP)) / (2 * _STEP)
        for i, entry in enumerate(weights)
    ]


_OVERWRITES = re.compile(r"\w_\(|[-+*/@]=|\]\s*=[^=]")


def _raised(message: str, lines: Sequence[str]) -> Cause | None:
    """What is wrong where `backward()` itself raises."""
    if "inplace operation" not in message:
        return None
    at, seen = _seen(lines, _OVERWRITES)
    return Cause(
        "overwritten_in_place",
        "`loss.backward()` through it raises: a tensor that the gradient "
        f"needs has been overwritten in place{seen}.",
        "Write `x = x * 2` for `x *= 2`, and leave the underscore out of "
        "`masked_fill_` and its like.",
        measured=True,
        line=at,
    )


def _difference(
    expected: Mapping[str, Any], came: Mapping[str, Any], lines: Sequence[str]
) -> Cause | None:
    """The weights that no gradient reaches, or one that gets another's."""
    departs = {path: unlike(expected[path], came[path]) for path in expected}
    at, seen = _seen(lines)
    other = next((path for path, how in departs.items() if how), None)
    if other is None:
        return None
    name, said = "another_gradient", (
        f"brings another gradient to `{other}` than its numbers have: "
        f"{departs[other]}{seen}."
    )  # fmt: skip
    if "lost" in departs.values():
        name, said = "cut_graph", f"{_lost(departs, came)}{seen}."
    sentence = f"`loss.backward()` through it {said}"
    return Cause(name, sentence, _ADVICE, measured=True, line=at)


def _lost(departs: Mapping[str, str], came: Mapping[str, Any]) -> str:
    """Which weights get no gradient."""
    whole = not any(_reached(each) for each in came.values())
    lost = [f"`{path}`" for path, how in departs.items() if how == "lost"]
    of = "any of its weights" if whole else listed(lost, most=3)
    return (
        f"brings no gradient to {of}: the result is cut off from what it was "
        f"computed of"
    )


def unlike(right: Any, came: Any) -> str:  # noqa: ANN401
    """How a gradient departs: `lost`, or where and by how much."""
    flat = [entry for _, entry in numbers(right)]
    limit = _SLACK * max([1.0, *map(abs, flat)])
    if not _reached(came):
        return "lost" if max(map(abs, flat), default=0.0) > limit else ""
    if shape(right) != shape(came):
        return f"its shape is {shape(came)}, not {shape(right)}"
    found = compare(right, came)
    if found is None or found.error <= limit:
        return ""
    return f"{found.got:.4g} at {found.where}, not {found.expected:.4g}"


def _reached(came: Any) -> bool:  # noqa: ANN401
    """Whether a gradient came that is not zero."""
    return isinstance(came, list) and any(entry for _, entry in numbers(came))


def _seen(
    lines: Sequence[str], what: re.Pattern[str] = _CUTS
) -> tuple[int, str]:
    """Where the file may do it, if there is just one such line."""
    found = [i for i, line in enumerate(lines, 1) if what.search(line)]
    if len(found) != 1:
        return 0, ""
    return found[0], f" (line {found[0]}: `{lines[found[0] - 1].strip()}`)"
