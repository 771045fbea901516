"""The reader's function as one of the steps: found by name and by trying."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.match.names import (
    ROLES,
    Arrangement,
    Parameter,
    arrangements,
    normal,
)
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare, numbers, shape
from attnbook.checker.steps.table import Form, Step

Ask: TypeAlias = Callable[[Request], Reply]

_PREPARED = ("W_query", "W_key", "W_value", "W_out", "b_out", "num_heads",
             "heads", "projections", "parameters", "d_in", "d_out",
             "context_length", "no_dropout", "qkv_bias")  # fmt: skip
_ATTRIBUTES = {
    "W_query": ("W_query", "W_q", "Wq", "w_query", "w_q", "wq"),
    "W_key": ("W_key", "W_k", "Wk", "w_key", "w_k", "wk"),
    "W_value": ("W_value", "W_v", "Wv", "w_value", "w_v", "wv"),
    "W_out": ("W_out", "W_o", "Wo", "w_out", "w_o", "wo", "out_proj"),
    "b_out": ("b_out", "b_o", "bias", "b"),
}


class Function(NamedTuple):
    """What the reader's file offers under one name."""

    name: str
    own: bool
    parameters: list[Parameter] | None
    methods: dict[str, list[Parameter]]


class Binding(NamedTuple):
    """How to ask one of the reader's functions for one step."""

    target: str
    step: Step
    form: Form
    arrangement: Arrangement
    init: tuple[tuple[str, str], ...] = ()
    """Of a class: what its parameters are given."""
    is_class: bool = False
    wrap: str = "list"
    pick: int | None = None
    """Which of several returned items is the wanted one."""
    transposed: bool = False
    """Whether the reader stores weights as `(d_out, d_in)`."""


class Answer(NamedTuple):
    """What came back: a value, or why there is none."""

    value: Any
    reply: Reply

    @property
    def came(self) -> bool:
        """Whether the function returned at all."""
        return "value" in self.reply


class Asked(NamedTuple):
    """A binding together with the program that answers for it."""

    ask: Ask
    binding: Binding

    def answer(self, values: Values) -> Answer:
        """Call the reader's function once."""
        reply = self.ask(_request(self.binding, values))
        if "value" not in reply:
            return Answer(None, reply)
        return Answer(_picked(self.binding, reply["value"]), reply)

    def expected(self, values: Values) -> Any:  # noqa: ANN401
        """What is right for the same values."""
        step = self.binding.step
        return self.binding.form.answer(step.reference, values)


def functions(described: Reply) -> list[Function]:
    """The description that a program gives of its functions."""
    return [
        Function(
            each["name"],
            each["own"],
            _parameters(each["parameters"]),
            {
                name: _parameters(found) or []
                for name, found in each["methods"].items()
            },
        )
        for each in described["functions"]
    ]


def bind(
    ask: Ask,
    function: Function,
    steps: Sequence[Step],
    libraries: Sequence[str],
    *,
    transposed: bool,
) -> Asked | None:
    """The way of asking that agrees best with one of the steps."""
    best: tuple[int, Asked] | None = None
    for candidate in _candidates(function, steps, libraries):
        asked = Asked(ask, candidate._replace(transposed=transposed))
        quality, asked, stopped = _try(asked)
        if best is None or quality > best[0]:
            best = quality, asked
        if stopped or quality == 3:
            break
    return best[1] if best else None


def _parameters(
    found: Sequence[Sequence[Any]] | None,
) -> list[Parameter] | None:
    """Parameters as they come over the pipe."""
    if found is None:
        return None
    return [Parameter(*each) for each in found]


def _candidates(
    function: Function, steps: Sequence[Step], libraries: Sequence[str]
) -> Iterator[Binding]:
    """Every sensible binding, the likeliest first; lists before arrays."""
    plain = [
        binding
        for step in steps
        for form in step.forms
        for binding in _bindings(function, step, form)
    ]
    plain.sort(key=lambda each: not each.arrangement.by_name)
    for wrap in ("list", *libraries):
        yield from (each._replace(wrap=wrap) for each in plain)


def _bindings(function: Function, step: Step, form: Form) -> list[Binding]:
    """The ways to call a function, or a class, in one form."""
    if function.methods:
        return _class_bindings(function, step, form)
    parameters = function.parameters
    if parameters is None:
        found = [Arrangement(form.roles, by_name=False)]
    else:
        found = arrangements(parameters, form.roles)
    return [Binding(function.name, step, form, each) for each in found]


def _class_bindings(
    function: Function, step: Step, form: Form
) -> list[Binding]:
    """A class is made from weights or sizes, then called with the rest."""
    made = _made_from(function.parameters or [])
    methods = [m for m in ("forward", "__call__") if m in function.methods]
    if made is None or not methods:
        return []
    given = {role for _, role in made} | {*_ATTRIBUTES, "num_heads"}
    if "heads" in given or "projections" in given or "parameters" in given:
        given |= {"heads", "projections", "parameters"}
    rest = [role for role in form.roles if role not in given]
    target = f"{function.name}.{methods[0]}"
    return [
        Binding(target, step, form, each, made, is_class=True)
        for each in arrangements(function.methods[methods[0]], rest)
    ]


def _made_from(
    parameters: Sequence[Parameter],
) -> tuple[tuple[str, str], ...] | None:
    """What a class is made from, by its parameters' names."""
    found = []
    for parameter in parameters:
        roles = [
            role
            for role in _PREPARED
            if normal(parameter.name) in ROLES[role][1]
        ]
        if roles:
            found.append((parameter.name, roles[0]))
        elif not parameter.optional and "VAR" not in parameter.kind:
            return None
    return tuple(found)


def _request(binding: Binding, values: Values) -> Request:
    """The call as the program takes it."""
    given = _transposed(values) if binding.transposed else values
    request: Request = {
        "do": "call",
        "target": binding.target,
        "args": [given[role] for role in binding.arrangement.positional],
        "kwargs": {k: given[role] for k, role in binding.arrangement.keywords},
        "wrap": binding.wrap,
    }
    return request | (_making(binding, given) if binding.is_class else {})


def _making(binding: Binding, given: Values) -> Request:
    """What a class is made from, and the weights that are set afterwards."""
    made = {role for _, role in binding.init}
    return {
        "init": {name: given.get(role) for name, role in binding.init},
        "attributes": {
            name: given[role]
            for role, names in _ATTRIBUTES.items()
            if role in given and role not in made
            for name in names
        },
    }


def _transposed(values: Values) -> Values:
    """The same values with every weight matrix stored the other way."""
    return {
        role: [list(column) for column in zip(*value, strict=True)]
        if ROLES.get(role, ("",))[0] == "projection"
        else _transposed_bundle(value)
        for role, value in values.items()
    }


def _transposed_bundle(value: Any) -> Any:  # noqa: ANN401
    """The same for weights that come in a bundle."""
    if isinstance(value, list):
        return [_transposed_bundle(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = dict(zip(value["fields"], value["items"], strict=True))
    return {"fields": value["fields"], "items": [*_transposed(named).values()]}


def _try(asked: Asked) -> tuple[int, Asked, bool]:
    """How well a binding does on one case of distinct sizes: 0 to 3."""
    case = asked.binding.step.trial()
    answer = asked.answer(case.values)
    if not answer.came:
        return 0, asked, "stopped" in answer.reply
    expected = asked.expected(case.values)
    best = (1, asked)
    for pick in (None, *_picks(asked.binding.step, answer, expected)):
        chosen = asked._replace(binding=asked.binding._replace(pick=pick))
        value = _picked(chosen.binding, answer.reply["value"])
        quality = _quality(expected, value)
        sure = pick is None or _is_bundle(answer) or quality == 3
        if sure and quality > best[0]:
            best = quality, chosen
    return *best, False


def _is_bundle(answer: Answer) -> bool:
    """Whether several things came that cannot be one matrix."""
    return isinstance(answer.value, dict) or shape(answer.value) is None


def _picks(step: Step, answer: Answer, expected: Any) -> list[int]:  # noqa: ANN401
    """Which of several results could be the wanted one: by name, by shape."""
    value: Any = answer.value
    fields: list[str] = []
    if isinstance(value, dict):
        fields, value = value.get("fields", []), value.get("items")
    several = answer.reply["several"] or fields
    if step.parts or not several or not isinstance(value, list):
        return []
    by_name = [i for i, f in enumerate(fields) if normal(f) in step.results]
    by_shape = [
        i for i, item in enumerate(value) if shape(item) == shape(expected)
    ]
    return by_name or by_shape


def _picked(binding: Binding, value: Any) -> Any:  # noqa: ANN401
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


def _quality(expected: Any, value: Any) -> int:  # noqa: ANN401
    """3 agrees, 2 has the right shape, 1 is anything else."""
    difference = compare(expected, value)
    if difference is None:
        return 3
    return 2 if difference.kind == "value" else 1


def count_numbers(binding: Binding, values: Values) -> int:
    """How many numbers a call hands over."""
    roles = (*binding.arrangement.positional, *(r for _, r in binding.init))
    return sum(1 for role in roles for _ in numbers(values.get(role)))
