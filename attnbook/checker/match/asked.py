"""One of the reader's functions or objects, and how it is asked a step."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.match.described import Binding
from attnbook.checker.match.names import normal
from attnbook.checker.match.requests import request, swapped
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.cases import Values

Ask: TypeAlias = Callable[[Request], Reply]


class Answer(NamedTuple):
    """What came back: a value, or why there is none."""

    value: Any
    reply: Reply

    @property
    def came(self) -> bool:
        """Whether the function returned at all."""
        return "value" in self.reply


UNFIT = {
    "type": "UnfitError",
    "message": "keeps its weights where attnbook does not find them",
    "line": None,
}


class Asked(NamedTuple):
    """A binding together with the program that answers for it."""

    ask: Ask
    binding: Binding

    def answer(self, values: Values) -> Answer:
        """Call the reader's function once."""
        made = self.binding.made
        if made is not None and not made.layout.slots:
            return Answer(None, {"error": made.error or UNFIT})
        try:
            asked = request(self.binding, values)
        except (IndexError, KeyError, ValueError):
            return Answer(None, {"error": UNFIT})
        reply = self._batched(self.ask(asked), values)
        if "value" not in reply:
            return Answer(None, reply)
        return Answer(self.taken(reply["value"], values), reply)

    def _batched(self, reply: Reply, values: Values) -> Reply:
        """The reply to two sentences; where it must, with a mask for each."""
        if "value" in reply or "other" not in values or not self.binding.mask:
            return reply
        twice = self.ask(request(self.binding, {**values, "masks": 2}))
        return twice if "value" in twice else reply

    def taken(self, value: Any, values: Values) -> Any:  # noqa: ANN401
        """The wanted item of a result, in the form that is compared."""
        return self.binding.form.read(self._unbatched(value, values))

    def _unbatched(self, value: Any, values: Values) -> Any:  # noqa: ANN401
        """The wanted item of a result, without the axes of a batch."""
        value = picked(self.binding, value)
        if self.binding.second and isinstance(value, list):
            value = swapped(value)
        if "other" not in values:
            value = _stripped(value, self.binding.batch)
            is_padded = "real" in values and isinstance(value, list)
            return value[: values["real"]] if is_padded else value
        if not isinstance(value, list):
            return value
        return [_stripped(each, self.binding.batch - 1) for each in value]

    def expected(self, values: Values) -> Any:  # noqa: ANN401
        """What is right for the same values."""
        step = self.binding.step
        return self.binding.form.answer(step.reference, values)


def _stripped(value: Any, axes: int) -> Any:  # noqa: ANN401
    """A result without so many axes of length 1."""
    for _ in range(axes):
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
    return value


def picked(binding: Binding, value: Any) -> Any:  # noqa: ANN401
    """The wanted item of what was returned."""
    if isinstance(value, dict) and "items" in value:
        if binding.step.parts:
            return _parts(binding.step.parts, value)
        if binding.pick is None:
            return value
        value = value["items"]
    if binding.pick is None or not isinstance(value, list):
        return value
    return value[binding.pick] if binding.pick < len(value) else value


def _parts(parts: Sequence[str], value: Reply) -> Any:  # noqa: ANN401
    """The wanted parts by their names, or all in their order."""
    items = dict(
        zip(map(normal, value["fields"]), value["items"], strict=True)
    )
    found = [
        next((items[name] for name in _part(part) if name in items), None)
        for part in parts
    ]
    return value["items"] if None in found else found


def _part(part: str) -> tuple[str, ...]:
    """What a gradient is called."""
    of = normal(part).removeprefix("grad")
    short = of.removesuffix("ueries").removesuffix("eys").removesuffix("alues")
    return f"grad{of}", f"d{of}", f"grad{short}", f"d{short}"
