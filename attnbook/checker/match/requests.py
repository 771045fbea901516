"""A call as the reader's program takes it, and how what is called is made."""

from collections.abc import Mapping, Sequence
from typing import Any

from attnbook.checker.match.bundles import BUNDLES
from attnbook.checker.match.described import (
    ATTRIBUTES,
    BATCHED,
    CACHE,
    CAUSAL,
    CHANCE,
    IDS,
    LAYER_QKV,
    LAYERS,
    OFF,
    ON,
    TURNS,
    WIDTH,
    Binding,
    Made,
)
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import ROLES
from attnbook.checker.match.sizes import PART, config_of
from attnbook.checker.reader.program import Request
from attnbook.checker.steps.cases import (
    Values,
    by_head,
    joined,
    key_heads,
    strided,
)
from attnbook.checker.steps.masked import encoded
from attnbook.vectors import Matrix


def swapped(rows: list[Any]) -> list[Any]:
    """The first two axes exchanged; what has no two is left as it is."""
    if not all(isinstance(row, list) for row in rows):
        return rows
    if len({len(row) for row in rows}) != 1:
        return rows
    return [list(column) for column in zip(*rows, strict=True)]


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
    given |= joined(values) if _is_packed(binding) else {}
    given = _transposed(given) if binding.transposed else given
    given |= by_head(given) if binding.by_head else {}
    for layer in LAYERS.keys() & _handed(binding):
        given[layer] = {k: given[role] for k, role in LAYERS[layer].items()}
    bundles = BUNDLES.keys() & _handed(binding)
    return {**given, **{each: _bundle(each, given) for each in bundles}}


def _is_packed(binding: Binding) -> bool:
    """Whether queries, keys and values are projected by one matrix."""
    handed = _handed(binding)
    held = {r for e in handed & BUNDLES.keys() for r in BUNDLES[e][1]}
    return bool({"W_qkv", LAYER_QKV} & (handed | held))


def _bundle(name: str, given: Values) -> Values:
    """All weights in one argument."""
    nested, roles = BUNDLES[name]
    return {"bundle": {e: given[e] for e in roles}, "nested": nested}


def _of_tokens(inputs: Any, values: Values) -> Values:  # noqa: ANN401
    """What is told of the tokens: their width, numbers, and no turns."""
    width = len(values["inputs"][0])
    config = {"config": {"config": _constants(values)}}
    return {WIDTH: width, IDS: _ids(inputs), **config, **_no_turns(values)}


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
        "shape": _shape_of(values["inputs"]),
        "evaluation": values.get("mode") != "train",
        **_ALIKE,
    }


def _shape_of(inputs: Matrix) -> dict[str, Any]:
    """The lengths of a batch of one sentence, as a tuple."""
    lengths = [1, len(inputs), len(inputs[0])]
    return {"fields": ["batch", "tokens", "width"], "items": lengths}


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
