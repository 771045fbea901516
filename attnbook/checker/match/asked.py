"""One of the reader's functions or objects, and how it is asked a step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import (
    ROLES,
    Arrangement,
    Parameter,
    normal,
)
from attnbook.checker.match.sizes import PART, config_of
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.cases import (
    Values,
    by_head,
    joined,
    key_heads,
    strided,
)
from attnbook.checker.steps.masked import encoded
from attnbook.checker.steps.step import Form, Step

Ask: TypeAlias = Callable[[Request], Reply]

ATTRIBUTES = {
    "W_query": ("W_query", "W_q", "Wq", "w_query", "w_q", "wq"),
    "W_key": ("W_key", "W_k", "Wk", "w_key", "w_k", "wk"),
    "W_value": ("W_value", "W_v", "Wv", "w_value", "w_v", "wv"),
    "W_out": ("W_out", "W_o", "Wo", "w_out", "w_o", "wo", "out_proj"),
    "b_out": ("b_out", "b_o", "bias", "b"),
}
BATCHED = {
    "inputs", "context", "queries", "keys", "values",
    "grad_context_vecs", "grad_outputs", "attn_weight_rows",
    "vectors", "head_rows",
}  # fmt: skip
"""The roles that get a batch axis, where a function wants one."""


CACHE = "its own cache"
"""The role of what a reader's forward returns for the backward."""


LAYER_QKV, LAYER_OUT = "qkv layer", "out layer"
LAYERS = {
    LAYER_QKV: {"w": "W_qkv", "b": "b_qkv"},
    LAYER_OUT: {"w": "W_out", "b": "b_out"},
}
"""What a dictionary of a layer's arrays holds, by its keys."""


class Function(NamedTuple):
    """What the reader's file offers under one name."""

    name: str
    own: bool
    parameters: list[Parameter] | None
    methods: dict[str, list[Parameter]]
    kind: str = "function"
    """`function`, `class`, `object`, `backward` of a class, or `pair`: a
    backward with the forward `of` which it takes the cache."""
    library: str = ""
    """The array library of a class's bases."""
    line: int | None = None
    of: str = ""
    """Of an object: the name of its class."""
    init: tuple[tuple[str, str], ...] = ()
    """Of a method: what its class is made from, if it need not be."""
    beside: tuple[str, ...] = ()
    """Other attentions of the file, that a class may be handed."""
    turning: bool = False
    """Whether the file has something that turns by places (RoPE)."""


class Made(NamedTuple):
    """How an object with weights is made, and where its weights go."""

    layout: Layout
    context_length: int | None = 8
    """A length above every sentence's; None for exactly the sentence's."""
    each: bool = False
    """Whether `d_out` is the width of each head rather than of all."""
    square: bool = False
    """Whether the inputs must be as wide as all heads together."""
    whole: bool = False
    """Whether `d_k` is the width of all heads rather than of each."""
    error: Mapping[str, Any] | None = None
    """Why it cannot be made."""
    unturned: bool = False
    """Whether what turns queries and keys by their places is switched off."""
    alone: bool = False
    """Whether a number of groups means the queries of each key."""


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
    strided: bool = False
    """Whether each head has every h-th column, in all weights alike."""
    by_head: bool = False
    """Whether projections are given one after another, head by head."""
    batch: int = 0
    """How many axes stand before those of one sentence."""
    second: bool = False
    """Whether the one axis of a batch stands behind that of the tokens."""
    made: Made | None = None
    before: tuple[str, tuple[str, ...]] | None = None
    """The method that is called first, and the roles of its arguments."""
    forward: tuple[str, tuple[str, ...]] | None = None
    """The function whose result is its cache, and the roles of that one."""
    mask: str = ""
    """What a mask means to it, if it takes one."""
    may_lack: bool = False
    """Whether it is asked without a mask, where nothing is to be hidden."""
    notes: tuple[str, ...] = ()
    """What else was found out about it, for the reader to know."""
    block: bool = False
    """Whether it may hold more than an attention, and agrees in no form."""
    twin: "Binding | None" = None
    """The same taken for a causal one, or for one that is not."""
    cache: tuple[str, ...] = ()
    """The parameters of a method that have to do with a cache."""
    backward: bool | None = None
    """Whether its `backward` takes one gradient; None where it has none."""
    fault: tuple[str, str, str] | None = None
    """What is wrong though the numbers agree: name, sentence, advice."""


class Answer(NamedTuple):
    """What came back: a value, or why there is none."""

    value: Any
    reply: Reply

    @property
    def came(self) -> bool:
        """Whether the function returned at all."""
        return "value" in self.reply


CHANCE = {role: {"chance": role} for role in ("key", "rngs")}
"""The roles of what random numbers are drawn from."""
CAUSAL = "is_causal"
"""The role of a flag that tells a function whether it is to hide."""
ON, OFF = "on", "off"
"""The roles of flags that are on, or off, where nothing is trained."""


IDS = "token ids"
"""The role of each token's number in a vocabulary."""


TURNS = ("cosines", "sines", "cosines and sines", "turns", "places", "start")
"""The roles of what turns queries and keys by their places: not at all."""


WIDTH = "width"
"""Of what a class is made from: the width of the inputs, if there are any."""

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


def swapped(rows: list[Any]) -> list[Any]:
    """The first two axes exchanged; what has no two is left as it is."""
    if not all(isinstance(row, list) for row in rows):
        return rows
    if len({len(row) for row in rows}) != 1:
        return rows
    return [list(column) for column in zip(*rows, strict=True)]


def _stripped(value: Any, axes: int) -> Any:  # noqa: ANN401
    """A result without so many axes of length 1."""
    for _ in range(axes):
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
    return value


def request(binding: Binding, values: Values) -> Request:
    """The call as the program takes it."""
    given = _given(binding, values)
    call = binding.arrangement
    found: Request = {
        "do": "call",
        "target": binding.target,
        "args": [given.get(role) for role in call.positional],
        "kwargs": {name: given.get(role) for name, role in call.keywords},
        "wrap": binding.wrap,
        "constants": _constants(values),
    }
    found |= _calls_before(binding, given)
    if binding.made is not None:
        return found | making(binding, binding.made, values)
    return found | (_class(binding, given) if binding.is_class else {})


def _given(binding: Binding, values: Values) -> Values:
    """What every role is given, in the form in which it is stored."""
    given = {**_batched(binding, values), "mask": _mask(binding, values)}
    used = values.get("mode") != "train"
    given |= {ON: used, OFF: not used, CAUSAL: binding.step.causal}
    given |= {"no_dropout": 0.0, **CHANCE}
    if values.get("inputs"):
        given |= _of_tokens(given["inputs"], values)
    given |= strided(given) if binding.strided else {}
    if {"W_qkv", LAYER_QKV} & _handed(binding):
        given |= joined(values)
    given = _transposed(given) if binding.transposed else given
    given |= by_head(given) if binding.by_head else {}
    for layer in LAYERS.keys() & _handed(binding):
        given[layer] = {k: given[role] for k, role in LAYERS[layer].items()}
    return given


def _of_tokens(inputs: Any, values: Values) -> Values:  # noqa: ANN401
    """What is told of the tokens: their width, numbers, and no turns."""
    width = len(values["inputs"][0])
    return {WIDTH: width, IDS: _ids(inputs), **_no_turns(values)}


def _no_turns(values: Values) -> Values:
    """What turns nothing: for each token cosines of 1 and sines of 0."""
    n = len(values["inputs"])
    width = len((values.get("W_query") or values["inputs"])[0])
    width //= values.get("num_heads", 1)
    cosines, sines = ([[e] * width] * n for e in (1.0, 0.0))
    both = {"fields": ["cos", "sin"], "items": [cosines, sines]}
    turns = {"unturned": [n, max(1, width // 2)]}
    found = (cosines, sines, both, turns, [*range(n)], 0)
    return dict(zip(TURNS, found, strict=True))


def _ids(inputs: Any) -> list[Any]:  # noqa: ANN401
    """For every token of every sentence a number that is no padding's."""
    if isinstance(inputs[0][0], list):
        return [_ids(each) for each in inputs]
    return [*range(1, len(inputs) + 1)]


def _calls_before(binding: Binding, given: Values) -> Request:
    """The method, or the forward, that has to be called first."""
    found: Request = {}
    if binding.before is not None:
        method, roles = binding.before
        args = [given.get(role) for role in roles]
        found["before"] = {"method": method, "args": args}
    if binding.forward is not None:
        target, roles = binding.forward
        args = [given.get(role) for role in roles]
        at = binding.arrangement.positional.index(CACHE)
        found["forward"] = {"target": target, "args": args, "at": at}
    return found


def _handed(binding: Binding) -> set[str]:
    """The roles of what the call is given."""
    call = binding.arrangement
    return {*call.positional, *(role for _, role in call.keywords)}


def _mask(binding: Binding, values: Values) -> Any:  # noqa: ANN401
    """What the function is given for a mask."""
    if not binding.mask or (binding.may_lack and "hidden" not in values):
        return None
    rows = values.get("queries") or values["inputs"]
    keys = values.get("keys") or values["inputs"]
    if "inputs" in binding.form.roles:
        rows = keys = values["inputs"]
    nothing = [[False] * len(keys) for _ in rows]
    mask = encoded(binding.mask, values.get("hidden", nothing))
    return mask * values.get("masks", 1) if len(mask) == 1 else mask


def _constants(values: Values) -> dict[str, int]:
    """The sizes of a case, for a file that names them once."""
    if {"inputs", "W_query", "W_value"} <= values.keys():
        sizes = sizes_of(Made(Layout(())), values)
        told = {**{k: sizes[k] for k in _COUNTS}, "d_model": sizes["d_out"]}
        return {k: size for k, size in config_of(told).items() if k[1:]}
    if "inputs" in values or not values.get("keys"):
        return {}
    d_k, d_v = (len(values[role][0]) for role in ("keys", "values"))
    return config_of({"d_k": d_k, "head_dim": d_k, "d_v": d_v})


_COUNTS = ("d_in", "d_out", "head_dim", "d_k", "d_v", "num_heads", "key_heads")
"""What a constant of a file can be for its functions; one width is all's."""


def making(binding: Binding, made: Made, values: Values) -> Request:
    """How an object is made for a case, and the weights that it gets."""
    sizes = sizes_of(made, values)
    return {
        "init": init_of(binding.init, sizes),
        "constants": config_of(sizes),
        "weights": made.layout.written(values),
        "mode": values.get("mode", "eval"),
        **({"unturned": True} if made.unturned else {}),
    }


def init_of(
    init: Sequence[tuple[str, str]], sizes: Mapping[str, Any]
) -> dict[str, Any]:
    """The sizes by the reader's own names for them."""
    return {
        name: {"config": config_of(sizes)}
        if role == "config"
        else _another(role) or CHANCE.get(role) or sizes.get(role)
        for name, role in init
    }


def _another(role: str) -> dict[str, Any] | None:
    """Another attention of the file, as a request names it."""
    how, _, name = role.partition(": ")
    if not name:
        return None
    return {"part": name, "made": how == f"{PART} made"}


def sizes_of(made: Made, values: Values) -> dict[str, Any]:
    """Every size of a case, by its role in a constructor."""
    heads, of_keys = values.get("num_heads", 1), key_heads(values)
    total = len(values["W_query"][0])
    head_dim = total // heads
    d_in = len(values["inputs"][0])
    each = heads // of_keys
    return {
        "d_in": d_in,
        "d_model": d_in,
        "d_out": head_dim if made.each else total,
        "head_dim": head_dim,
        "d_k": total if made.whole else head_dim,
        "d_v": len(values["W_value"][0]) // (1 if made.whole else of_keys),
        "num_heads": heads,
        "key_heads": of_keys,
        "groups": each if made.alone else of_keys,
        "each": each,
        "context_length": made.context_length or len(values["inputs"]),
        "rate": values.get("rate", 0.0),
        "evaluation": values.get("mode") != "train",
        **_ALIKE,
    }


_ALIKE = {
    "layers": 1, "index": 0, "base": 10_000.0, "bias": True, "causal": True,
}  # fmt: skip
"""What every object is made with, whatever the sizes of a case."""


def _batched(binding: Binding, values: Values) -> Values:
    """The values with the axes of a batch before those of a sentence."""
    if not binding.batch:
        return values
    other = values.get("other")
    found = dict(values)
    for role in BATCHED & values.keys():
        rows = [values[role], *([other[role]] if other else [])]
        for _ in range(binding.batch - 1):
            rows = [[row] for row in rows]
        found[role] = swapped(rows) if binding.second else rows
    return found


def _class(binding: Binding, given: Values) -> Request:
    """What a class is made from, and the weights that are set afterwards."""
    made = {role for _, role in binding.init}
    return {
        "init": {
            name: given.get(role)
            for name, role in binding.init
            if role != WIDTH or role in given
        },
        "attributes": {
            name: given[role]
            for role, names in ATTRIBUTES.items()
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
    if not isinstance(value, dict) or "fields" not in value:
        return value
    named = dict(zip(value["fields"], value["items"], strict=True))
    return {"fields": value["fields"], "items": [*_transposed(named).values()]}


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
