"""How well a way of asking does on one case."""

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from attnbook.checker.match.asked import Answer, Ask, Asked
from attnbook.checker.match.names import normal
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, shape


class Trial(NamedTuple):
    """A way of asking, with how well it did."""

    quality: int
    """3 agrees, 2 has the right shape, 1 came, 0 did not come."""
    asked: Asked
    reply: Reply
    equal: bool = False
    """Whether it comes where all sizes are equal, if it came nowhere else."""

    @property
    def sure(self) -> bool:
        """Whether nothing better can be found."""
        return self.quality == 3 or "stopped" in self.reply


def better(one: Trial | None, other: Trial) -> Trial:
    """The better of two; the first of two that are alike."""
    return other if one is None or other.quality > one.quality else one


def farther(one: Trial | None, other: Trial) -> Trial:
    """The better of two; of two that failed the one that came farther."""
    if one is None or one.quality or other.quality:
        return better(one, other)
    return max(one, other, key=_last_line)


def _last_line(trial: Trial) -> int:
    """The reader's line that raised, or 0."""
    return trial.reply.get("error", {}).get("line") or 0


def tried(asked: Asked, values: Values) -> Trial:
    """Ask once, and take the item of the result that is meant."""
    answer = _supplied(asked, values)
    if not answer.came:
        return Trial(0, asked, answer.reply)
    expected = asked.expected(values)
    best = Trial(1, asked, answer.reply)
    for pick in (None, *_picks(asked, answer, expected, values)):
        chosen = asked._replace(binding=asked.binding._replace(pick=pick))
        value = chosen.taken(answer.reply["value"], values)
        quality = _quality(expected, value)
        if quality > best.quality:
            best = Trial(quality, chosen, answer.reply)
    return best


def on_equal_sizes(trial: Trial) -> Trial:
    """What raises where sizes differ may run where they are all equal."""
    if trial.quality or "stopped" in trial.reply:
        return trial
    step = trial.asked.binding.step
    alike = (dict.fromkeys(step.axes, size) for size in (2, 1))
    rng = Random(9)  # noqa: S311 - test data
    came = (trial.asked.answer(step.draw(rng, **e)).came for e in alike)
    return trial._replace(equal=any(came))


def _supplied(asked: Asked, values: Values) -> Answer:
    """Ask; where a name is missing that the file would make, make it first."""
    answer = asked.answer(values)
    for _ in range(MOST_NAMES):
        if not _supply(asked.ask, answer.reply):
            break
        answer = asked.answer(values)
    return answer


def with_names(ask: Ask, request: Request) -> Reply:
    """What comes of a request; a name that is missing is made first."""
    reply = ask(request)
    for _ in range(MOST_NAMES):
        if not _supply(ask, reply):
            break
        reply = ask(request)
    return reply


def _supply(ask: Ask, reply: Reply) -> bool:
    """Have the file make the name that a reply misses; whether it does."""
    missing = reply.get("error", {}).get("undefined")
    if missing:
        ask({"do": "supply", "name": missing})
    return bool(missing)


MOST_NAMES = 8
"""So many names a function may miss one after another."""


def _picks(
    asked: Asked,
    answer: Answer,
    expected: Any,  # noqa: ANN401
    values: Values,
) -> Sequence[int]:
    """Which of several results could be the wanted one: by name, by shape."""
    value: Any = answer.reply["value"]
    step = asked.binding.step
    fields: list[str] = []
    if isinstance(value, dict):
        fields, value = value.get("fields", []), value.get("items")
    several = answer.reply["several"] or fields
    if step.parts or not several or not isinstance(value, list):
        return []
    by_name = [i for i, f in enumerate(fields) if normal(f) in step.results]
    wanted = shape(expected)
    items = range(len(value))
    return by_name or [
        i for i in items if shape(_item(asked, answer, values, i)) == wanted
    ]


def _item(asked: Asked, answer: Answer, values: Values, i: int) -> Any:  # noqa: ANN401
    """One of several results, in the form that is compared."""
    chosen = asked._replace(binding=asked.binding._replace(pick=i))
    return chosen.taken(answer.reply["value"], values)


def _quality(expected: Any, value: Any) -> int:  # noqa: ANN401
    """3 agrees, 2 has the right shape, 1 is anything else."""
    difference = compare(expected, value)
    if difference is None:
        return 3
    return 2 if difference.kind in {"value", "nan"} else 1
