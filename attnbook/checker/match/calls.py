"""How an object is called, found out by the names of its parameters."""

import re
from collections.abc import Iterator, Sequence

from attnbook.checker.match.described import CAUSAL, IDS, OFF, ON
from attnbook.checker.match.names import (
    CAUSAL_NAMES,
    Arrangement,
    Parameter,
    plain_name,
)
from attnbook.checker.steps.masked import meanings

_QKV = re.compile(r"^(q|k|v|quer(y|ies)|keys?|values?|x(q|k|v)|"
                  r"inputs?(q|k|v)|(q|k|v)input|src|tgt|x)$")  # fmt: skip
_FLAGS = ("usecache", "returnattention", "needweights", "returnweights",
          "outputattentions", "returnattn", "verbose", "debug")  # fmt: skip
_MODES = {"training": OFF, "train": OFF, "istraining": OFF,
          "deterministic": ON, "inference": ON}  # fmt: skip
_CHANCE = {"key": "key", "rng": "key", "rngs": "rngs", "prngkey": "key",
           "dropoutkey": "key", "dropoutrng": "key"}  # fmt: skip
_LENGTHS = {"validlens", "validlen", "lengths"}
_IDS = re.compile(r"^(token|input|src|tgt)?(ids?|indices)$")


def calls(parameters: Sequence[Parameter]) -> Iterator[Arrangement]:
    """A mask is left away; where it must be there, one that hides nothing."""
    call = _call(parameters)
    yield call
    if "none" in roles_of(call):
        yield Arrangement(
            tuple("mask" if r == "none" else r for r in call.positional),
            tuple((n, "mask" if r == "none" else r) for n, r in call.keywords),
        )


def _call(parameters: Sequence[Parameter]) -> Arrangement:
    """One sentence in every place that wants one, and no mask."""
    named = [each for each in parameters if "VAR" not in each.kind]
    several = any(each.kind == "VAR_POSITIONAL" for each in parameters)
    roles = {
        each.name: _by_chance(each, named) or _taken(each, place)
        for place, each in enumerate(named)
    }
    given = [(name, role) for name, role in roles.items() if role]
    if not given and several:
        given = [("inputs", "inputs")]
    leading = [*roles][: len(given)]
    if [name for name, _ in given] == leading or not roles:
        return Arrangement(tuple(role for _, role in given))
    return Arrangement((), tuple(given))


def _by_chance(parameter: Parameter, others: Sequence[Parameter]) -> str:
    """What random numbers a parameter wants: a key, unless of a query."""
    if parameter.kind != "KEYWORD_ONLY" and any(
        plain_name(each.name).startswith(("q", "value")) for each in others
    ):
        return ""
    return _CHANCE.get(plain_name(parameter.name), "")


def _taken(parameter: Parameter, place: int) -> str:
    """What a parameter of a method is given; empty for nothing."""
    plain, must = plain_name(parameter.name), not parameter.optional
    if plain in _MODES:
        return _MODES[plain]
    if wanted := _beside(plain, place):
        return wanted if must else ""
    is_sentence = must or (place < 3 and _QKV.match(plain))
    return "inputs" if is_sentence else ""


def _beside(plain: str, place: int) -> str:
    """What a parameter wants that is no sentence, by its name."""
    if "mask" in plain or "pad" in plain or plain in _LENGTHS:
        return "none"
    if plain in _FLAGS or "cache" in plain:
        return "no"
    if plain in CAUSAL_NAMES:
        return CAUSAL
    turn = _turn(plain) if place else ""
    return turn or (IDS if place and _IDS.match(plain) else "")


def _turn(plain: str) -> str:
    """Which table of turns, or which place, a parameter wants by its name."""
    for pattern, role in _TURNS:
        if re.search(pattern, plain):
            return role
    return ""


_TURNS = (
    (r"cos(ines?|cached|table)?$|^cos", "cosines"),
    (r"sin(es?|cached|table)?$|^sin", "sines"),
    (r"freqs?(cis|complex)?$|^freqs?", "turns"),
    (r"^(rope|rotary|position|pos)emb(edding)?s?$", "cosines and sines"),
    (r"^(rope|rotary)", "cosines and sines"),
    (r"^(token|input)?pos(ition)?s?(ids?)?$", "places"),
    (r"^start(pos|position|index)$|^offset$|^curpos$", "start"),
)


def roles_of(call: Arrangement) -> set[str]:
    """What a call is given, in whatever way."""
    return {*call.positional, *(role for _, role in call.keywords)}


def masks() -> list[str]:
    """Every form of a mask, and of one that says which keys are padding."""
    return [*meanings(), "keep bool row", "hide bool row"]
