"""A function that is given its weights: each parameter placed by its name.

Where the names tell inputs, projections, biases, heads and a mask, no list of
forms is needed: what is there makes the form, as for an object.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from attnbook.checker.match.asked import (
    LAYER_OUT,
    LAYER_QKV,
    LAYERS,
    Ask,
    Asked,
    Binding,
    Function,
)
from attnbook.checker.match.names import Arrangement, Parameter, plain_name
from attnbook.checker.match.objects import is_causal
from attnbook.checker.match.trial import Trial, better, tried
from attnbook.checker.steps.extras import paired, two_sentences
from attnbook.checker.steps.objects import (
    BIASES,
    CROSS,
    Parts,
    Widths,
    across,
    form_of,
    sized,
    step_of,
)

_WEIGHTS = r"(w|weights?|proj|kernel|u|mat|matrix|m)"
_LETTERS = {
    "query": "q(uer(y|ies))?", "key": "k(eys?)?", "value": "v(alues?)?",
    "out": "(o|out|output|proj|final|outproj|0)",
    "qkv": "(qkv|inproj|cattn)",
}  # fmt: skip
_BIAS = r"(b|bias)"
_PATTERNS = [
    (re.compile(f"^({mark}{letter}|{letter}{mark}|{letter}{more})$"),
     f"{prefix}_{name}")
    for mark, prefix, more in (
        (_BIAS, "b", "bias"), (_WEIGHTS, "W", "(weights?|proj|linear)"),
    )
    for name, letter in _LETTERS.items()
]  # fmt: skip
_ROLES = {
    LAYER_QKV: re.compile(r"^c?(attn|qkv|inproj)(params|layer)?$"),
    LAYER_OUT: re.compile(r"^(c|out)proj(params|layer)?$"),
    "num_heads": re.compile(r"^(n|num)?_?(heads?|h)$|^headnum$|^headcount$"),
    "mask": re.compile(r"mask"),
    "d_k": re.compile(r"^(dk|headdim|dhead|dimhead|headsize|dkey)$"),
    "d_model": re.compile(r"^(dmodel|embeddim|dim|din|nembd)$"),
    "d_out": re.compile(r"^dout$"),
    "inputs": re.compile(
        r"^(x|xs|inputs?|tokens?|embeddings?|embeds?|emb|inp|sequence|seq|"
        r"hidden(states?)?|h|data|sentence|inputembeddings|e|features|src|"
        r"q|k|v|quer(y|ies)|keys?|values?)$"
    ),
    "context": re.compile(
        r"^(context|memory|enc(oder)?(output|outputs|out)?|y|kv|"
        r"encoderhiddenstates|other)$"
    ),
}


def role_of(parameter: Parameter) -> str:
    """What a parameter of a function with weights is; empty if unknown.

    Examples:
        >>> [role_of(Parameter(n, "", False)) for n in ("W_q", "bias_k", "X")]
        ['W_query', 'b_key', 'inputs']
    """
    plain = plain_name(parameter.name)
    for pattern, role in _PATTERNS:
        if pattern.match(plain):
            return role
    for role, pattern in _ROLES.items():
        if pattern.search(plain):
            return role
    return ""


class Ways(NamedTuple):
    """What a function may be and may want, as far as it is open."""

    wraps: Sequence[str]
    """The kinds of arrays."""
    causal: Sequence[bool]
    turns: Sequence[bool]
    """Whether weights are `(d_out, d_in)`."""
    square: bool = False


def function_trial(ask: Ask, function: Function, ways: Ways) -> Trial | None:
    """How a function with weights is asked; None where it is none.

    Square weights are tried where others
    raise, and where there are heads: a head's width is then often a part of
    the inputs'. Else where others only give other numbers, these are wrong.
    """
    roles = _placed(function.parameters or [])
    if roles is None or not (_FIRST & {*roles.values()}):
        return None
    heads = "num_heads" in roles.values()
    best: Trial | None = None
    for square, wrap in product((False, True), ways.wraps):
        if best is not None and best.quality > 1 and not heads:
            break
        each = ways._replace(square=square)
        for asked in _asked(ask, function, roles, wrap, each):
            values = asked.binding.step.trial().values
            best = better(best, tried(asked, values))
            if best.sure:
                return best
    if best is None or len(ways.causal) == 1:
        return best
    return _by_sight(best, function, roles, ways)


_FIRST = {"W_query", "W_qkv", LAYER_QKV}
"""One of these must be there."""


def _by_sight(
    trial: Trial, function: Function, roles: dict[str, str], ways: Ways
) -> Trial:
    """What agrees with nothing is causal if its first token sees no other."""
    binding = trial.asked.binding
    if trial.quality < 1 or binding.step.causal:
        return trial
    causal = is_causal(trial.asked)
    square = "square" in "".join(binding.notes)
    both = ways._replace(causal=(False, True), square=square)
    for asked in _asked(trial.asked.ask, function, roles, binding.wrap, both):
        other = asked.binding
        same = other.batch == binding.batch and other.form.roles == (
            binding.form.roles
        )
        if other.step.causal and same:
            twin = other._replace(twin=binding)
            if not causal:
                twin = binding._replace(twin=other)
            return trial._replace(asked=asked._replace(binding=twin))
    return trial


def _placed(parameters: Sequence[Parameter]) -> dict[str, str] | None:
    """The role of each parameter; None where one must be and is unknown."""
    found = {}
    for parameter in parameters:
        role = role_of(parameter)
        must = not parameter.optional and "VAR" not in parameter.kind
        if not role and must:
            return None
        if role and (must or role[:2] in {"W_", "b_"} or role == "num_heads"):
            found[parameter.name] = role
    return found


def _asked(
    ask: Ask, function: Function, roles: dict[str, str], wrap: str,
    ways: Ways,
) -> Iterator[Asked]:  # fmt: skip
    """Every way to ask that the roles leave open."""
    given = {*roles.values()}
    given |= {role for each in given for role in LAYERS.get(each, {}).values()}
    if "context" in given:
        yield from _across(ask, function, roles, wrap, ways.turns)
        return
    call = _call(function.parameters or [], roles)
    strides = (False, True) if {"num_heads", "W_out"} <= given else (False,)
    open_ = product(strides, ways.turns, (0, 1), ways.causal)
    for strided, turned, batch, hides in open_:
        parts = Parts(
            biases=tuple(W for W, b in BIASES.items() if b in given)
            if "b_qkv" not in given else tuple(BIASES),
            out="W_out" in given,
            out_bias="b_out" in given,
            heads="num_heads" in given,
            causal=hides,
        )  # fmt: skip
        step = step_of(parts)
        widths = Widths(
            square=ways.square, own_values="num_heads" not in given
        )
        step = sized(step, widths)
        extras = (two_sentences,) if batch else ()
        binding = Binding(
            function.name, step._replace(extras=extras),
            paired(form_of(step, parts)), call,
            wrap=wrap, batch=batch, transposed=turned,
            notes=_notes(square=ways.square, causal=hides, strided=strided),
            strided=strided,
        )  # fmt: skip
        yield Asked(ask, binding)


def _across(
    ask: Ask, function: Function, roles: dict[str, str], wrap: str,
    turns: Sequence[bool],
) -> Iterator[Asked]:  # fmt: skip
    """Queries from one sentence, keys and values from another."""
    call = _call(function.parameters or [], roles)
    for turned, batch in product(turns, (0, 1)):
        binding = Binding(
            function.name, across(), CROSS, call, wrap=wrap, batch=batch,
            transposed=turned, notes=("keys and values of another sentence",),
        )  # fmt: skip
        yield Asked(ask, binding)


def _notes(*, square: bool, causal: bool, strided: bool) -> tuple[str, ...]:
    """What was found out."""
    seen = "it is causal" if causal else "every token sees all tokens"
    others = {
        "asked with square weights only": square,
        "its heads take every h-th column": strided,
    }
    return (seen, *(note for note, true in others.items() if true))


def _call(
    parameters: Sequence[Parameter], roles: dict[str, str]
) -> Arrangement:
    """By position as far as that goes without a gap, then by name."""
    names = [each.name for each in parameters if each.name in roles]
    leading = [each.name for each in parameters][: len(names)]
    if names == leading:
        return Arrangement(tuple(roles[name] for name in names))
    return Arrangement((), tuple((name, roles[name]) for name in names))
