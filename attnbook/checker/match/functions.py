"""A function that is given its weights: each parameter placed by its name.

Where the names tell inputs, projections, biases, heads and a mask, no list of
forms is needed: what is there makes the form, as for an object.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from attnbook.checker.match.asked import Ask, Asked
from attnbook.checker.match.bundles import BUNDLES, WHOLE
from attnbook.checker.match.calls import roles_of
from attnbook.checker.match.described import (
    LAYER_OUT,
    LAYER_QKV,
    LAYERS,
    PARAMS,
    Binding,
    Function,
)
from attnbook.checker.match.names import Arrangement, Parameter, plain_name
from attnbook.checker.match.remarks import SQUARE, seen, served
from attnbook.checker.match.shown import is_causal, read_of, reads_heads
from attnbook.checker.match.trial import Trial, better, farther, tried
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
from attnbook.checker.steps.step import Form, Step

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
    "key_heads": re.compile(
        r"^(n|num)?(kv|key|keyvalue)(heads?|groups?)$|^n(um)?groups$|"
        r"^(n|num|h)kv$"
    ),
    "each": re.compile(r"^n(um)?rep$|^groupsize$|^queriesperkv$"),
    "num_heads": re.compile(
        r"^(n|num)?(q|query)?(heads?|h)$|^headnum$|^headcount$|^h?nq$"
    ),
    "mask": re.compile(r"mask"),
    "config": re.compile(r"^(config|cfg|conf|hparams|args|hp)$"),
    PARAMS: re.compile(
        r"^(\w*params?|parameters|weights|attn(weights)?|layer|p|w|block)$"
    ),
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
    heads: bool = False
    """Whether a constant of the file tells how many heads there are."""


def function_trial(ask: Ask, function: Function, ways: Ways) -> Trial | None:
    """How a function with weights is asked; None where it is none.

    Square weights are tried where others raise, where there are heads, as a
    head's width is then often a part of the inputs', and where one width is
    told for all. Else where others only give other numbers, these are wrong.
    """
    placed = _placed(function.parameters or [])
    roles = placed and _opened(ask, function, placed, ways)
    if roles is None or not (_FIRST | BUNDLES.keys()) & {*roles.values()}:
        return None
    best = _widest(ask, function, roles, ways)
    if best is not None and _has_constant(best, roles):
        ways = ways._replace(heads=True)
        other = _widest(ask, function, roles, ways)
        best = other if other is not None and other.quality > 1 else best
    if best is None or best.sure or len(ways.causal) == 1:
        return best
    return _by_sight(best, function, roles, ways)


def _has_constant(trial: Trial, roles: dict[str, str]) -> bool:
    """Whether no argument tells how many heads there are, and a name does."""
    told = "num_heads" in _meant({*roles.values()})
    return bool(trial.quality) and not told and reads_heads(trial.asked)


def _opened(
    ask: Ask, function: Function, roles: dict[str, str], ways: Ways
) -> dict[str, str] | None:
    """The roles with what a bundle of weights holds; None if untold."""
    named = [name for name, role in roles.items() if role == PARAMS]
    if not named:
        return roles
    for whole in WHOLE:
        each = {**roles, named[0]: whole}
        trial = _widest(ask, function, each, ways)
        if trial is not None and trial.quality:
            read = read_of(trial.asked, whole)
            return {**roles, named[0]: read} if read else None
    return None


def _widest(
    ask: Ask, function: Function, roles: dict[str, str], ways: Ways
) -> Trial | None:
    """The best with any weights, or with square ones.

    What is told the width of the model, and is wrong either way, is wrong
    with square weights.
    """
    told = {*roles.values()}
    best: Trial | None = None
    for square, wrap in product((False, True), ways.wraps):
        if best is not None and best.quality > 1 and not _ONE_WIDTH & told:
            break
        each = ways._replace(square=square)
        first = None if square and "d_model" in told else best
        found = _best(first, _asked(ask, function, roles, wrap, each))
        best = found and better(found, best or found)
        if best is not None and best.sure:
            break
    return best


def _best(best: Trial | None, ways: Iterable[Asked]) -> Trial | None:
    """The best of what there was and of these, until one is sure.

    What takes weights side by side is not asked for them head by head, if it
    is told how many heads there are.
    """
    for asked in ways:
        if asked.binding.by_head and _is_side_by_side(best):
            continue
        trial = tried(asked, asked.binding.step.trial().values)
        best = farther(best, trial)
        if best.sure:
            break
    return best


def _is_side_by_side(trial: Trial | None) -> bool:
    """Whether weights of all heads in one matrix give the right shape."""
    if trial is None or trial.quality < 2:
        return False
    binding = trial.asked.binding
    return not binding.by_head and "num_heads" in roles_of(binding.arrangement)


_FIRST = {"W_query", "W_qkv", LAYER_QKV}
"""One of these must be there."""
_ONE_WIDTH = {"num_heads", "d_model"}
"""What is told these may be meant for square weights alone."""


def _by_sight(
    trial: Trial, function: Function, roles: dict[str, str], ways: Ways
) -> Trial:
    """What agrees with nothing is causal if its first token sees no other."""
    binding = trial.asked.binding
    if trial.quality < 1 or binding.step.causal:
        return trial
    square = "square" in "".join(binding.notes)
    hiding = ways._replace(causal=(True,), square=square)
    ask = trial.asked.ask
    for asked in _asked(ask, function, roles, binding.wrap, hiding):
        other = asked.binding._replace(pick=binding.pick)
        if other.step.causal and _is_alike(other, binding):
            one, two = binding, other
            if is_causal(trial.asked):
                one, two = other, binding
            found = asked._replace(binding=one._replace(twin=two))
            return trial._replace(asked=found)
    return trial


def _is_alike(one: Binding, other: Binding) -> bool:
    """Whether two ways give the same, with the same axes before it."""
    return (one.batch, one.form.roles) == (other.batch, other.form.roles)


def _placed(parameters: Sequence[Parameter]) -> dict[str, str] | None:
    """The role of each parameter; None where one must be and is unknown."""
    found = {}
    for parameter in parameters:
        role = role_of(parameter)
        must = not parameter.optional and "VAR" not in parameter.kind
        if not role and must:
            return None
        if role and (must or role[:2] in {"W_", "b_"} or role in _COUNTS):
            found[parameter.name] = role
    if PARAMS not in found.values() and LAYER_OUT not in found.values():
        return {n: PARAMS if _is_bundle(n, r) else r for n, r in found.items()}
    return found


def _is_bundle(name: str, role: str) -> bool:
    """Whether what may be a layer is all weights of an attention."""
    return role == LAYER_QKV and plain_name(name) in {"attn", "attnparams"}


_COUNTS = {"num_heads", "key_heads", "each"}


def _asked(
    ask: Ask, function: Function, roles: dict[str, str], wrap: str,
    ways: Ways,
) -> Iterator[Asked]:  # fmt: skip
    """Every way to ask that the roles leave open."""
    given = _meant({*roles.values()})
    given |= {"num_heads"} if ways.heads else set()
    if "context" in given:
        yield from _across(ask, function, roles, wrap, ways.turns)
        return
    bare = _bare(function, roles, wrap)
    for heads, cut, turned, batch, hides in _open(function, given, ways):
        found = {"causal": hides, "square": ways.square}
        shared = _shared(function, given)
        step, form = _shaped(given, heads, batch, shared, **found)
        notes = _notes(cut, shared, **found)
        one = bare._replace(step=step, form=form, batch=batch, notes=notes)
        one = one._replace(strided=cut == _STRIDED, by_head=cut == _APART)
        yield Asked(ask, one._replace(transposed=turned))


def _meant(given: set[str]) -> set[str]:
    """The roles of what is given one by one, and of what is in bundles."""
    held = {role for e in given for role in LAYERS.get(e, {}).values()}
    held |= {role for e in given & BUNDLES.keys() for role in BUNDLES[e][1]}
    heads = {"num_heads"} if "config" in given else set()
    return given | held | heads


def _open(
    function: Function, given: set[str], ways: Ways
) -> Iterator[tuple[tuple[int, ...], str, bool, int, bool]]:
    """What is left open: heads, their cut, turned, axes of a batch, causal."""
    cuts, batches = _cuts(given), (0, 1)
    for each in product(
        _counts(function, given), cuts, ways.turns, batches, ways.causal
    ):
        if not (each[1] == _APART and each[2]):
            yield each


_STRIDED = "its heads take every h-th column"
_APART = "a projection of its own for each head"


def _cuts(given: set[str]) -> list[str]:
    """How weights may be cut into heads; empty for side by side."""
    cuts = [""]
    if {"num_heads", "W_out"} <= given and not given & {"key_heads", "each"}:
        cuts.append(_STRIDED)
    if "W_query" in given and {"num_heads", "W_out"} & given:
        cuts.append(_APART)
    return cuts


_ONE = re.compile(r"mqa|multiquery")


def _shared(function: Function, given: set[str]) -> int:
    """How many heads of queries share one of keys; 0 for all of them."""
    if given & {"key_heads", "each"}:
        return 2
    is_one = "num_heads" in given and _ONE.search(plain_name(function.name))
    return 0 if is_one else 1


SEVERAL = re.compile(r"multi|mhs?a|heads")


def _counts(function: Function, given: set[str]) -> list[tuple[int, ...]]:
    """How many heads: as many as a constant says, or perhaps just one."""
    told = "num_heads" in given or SEVERAL.search(plain_name(function.name))
    return [()] if told or "W_out" not in given else [(), (1,)]


def _bare(function: Function, roles: dict[str, str], wrap: str) -> Binding:
    """The call alone, before it is said which step it is."""
    step = across()
    call = _call(function.parameters or [], roles)
    return Binding(function.name, step, CROSS, call, wrap=wrap)


def _shaped(
    given: set[str], heads: Sequence[int], batch: int, shared: int, *,
    causal: bool, square: bool,
) -> tuple[Step, Form]:  # fmt: skip
    """The step that a function with these roles is, and its form."""
    biases = [W for W, b in BIASES.items() if {b, "b_qkv"} & given]
    parts = Parts(
        tuple(biases), "W_out" in given, "b_out" in given,
        heads="num_heads" in given, causal=causal, shared=shared,
    )  # fmt: skip
    step = step_of(parts)
    form = paired(form_of(step, parts))
    own = "num_heads" not in given
    widths = Widths(square, own_values=own, shared=shared)
    step = sized(step, widths, heads)
    return step._replace(extras=(two_sentences,) if batch else ()), form


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


def _notes(
    cut: str, shared: int, *, square: bool, causal: bool
) -> tuple[str, ...]:
    """What was found out."""
    asked = SQUARE if square else ""
    found = *served(shared), seen(causal=causal), asked, cut
    return tuple(filter(None, found))


def _call(
    parameters: Sequence[Parameter], roles: dict[str, str]
) -> Arrangement:
    """By position as far as that goes without a gap, then by name."""
    names = [each.name for each in parameters if each.name in roles]
    leading = [each.name for each in parameters][: len(names)]
    if names == leading:
        return Arrangement(tuple(roles[name] for name in names))
    return Arrangement((), tuple((name, roles[name]) for name in names))
