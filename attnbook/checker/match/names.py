"""Which argument of the reader's function is what.

A role is the meaning of an argument: `queries`, `attn_weights`, `row`. Names
decide where they can. Where they cannot, the order of the table is tried
first, then other orders, but only between arguments of different kinds: a
vector and a matrix can be told apart by trying, queries and keys cannot.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations
from typing import Any, NamedTuple

from attnbook.checker.match.roles import MORE_ROLES

CAUSAL_NAMES = ("causal", "iscausal", "usecausal", "usecausalmask", "docausal")
# Of each role: its kind, then the names that readers give it.
ROLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "x": ("vector", ("x", "a", "u", "v1", "x1", "vec1", "vector1", "first")),
    "y": ("vector", ("y", "b", "v", "v2", "x2", "vec2", "vector2", "second")),
    "scores": (
        "vector",
        ("scores", "attnscores", "ary", "arr", "array", "x", "z", "logits",
         "xs", "values", "vector", "vec", "v", "row", "score", "s"),
    ),
    "score_rows": (
        "matrix",
        ("scores", "attnscores", "ary", "arr", "array", "x", "z", "logits",
         "matrix", "rows", "m", "s"),
    ),
    "query": ("vector", ("query", "q", "token", "queryvector", "x", "xi")),
    "inputs": (
        "matrix",
        ("inputs", "input", "x", "xs", "tokens", "token", "vector", "vectors",
         "embeddings", "embedding", "inp", "matrix", "sentence", "keys",
         "values", "value", "k", "v", "inputvectors", "embeddedsentence"),
    ),
    "row": (
        "number",
        ("n", "i", "index", "idx", "row", "t", "tokenindex", "pos",
         "position", "queryindex", "k", "j", "tokenid", "which"),
    ),
    "attn_weights": (
        "weights",
        ("attnweights", "weights", "weight", "w", "attentionweights", "alpha",
         "attentionvector", "attentionscore", "attentionscores", "attention",
         "alphas", "a", "probs", "attn", "coefficients", "p"),
    ),
    "attn_weight_rows": (
        "weight rows",
        ("attnweights", "weights", "weight", "w", "attentionweights", "alpha",
         "attentionvector", "attentionvectors", "attention", "attnmatrix",
         "alphas", "a", "probs", "attn", "p"),
    ),
    "queries": ("matrix", ("queries", "query", "q", "qs")),
    "keys": ("matrix", ("keys", "key", "k", "ks")),
    "values": ("matrix", ("values", "value", "v", "vs", "vals")),
    "W_query": ("projection", ("wquery", "wq", "queryweights", "wqueries")),
    "W_key": ("projection", ("wkey", "wk", "keyweights", "wkeys")),
    "W_value": ("projection", ("wvalue", "wv", "valueweights", "wvalues")),
    "W_qkv": ("projection", ("wqkv",)),
    "W_out": ("projection", ("wout", "wo", "outproj", "woutput", "proj")),
    "b_out": ("bias", ("bout", "bo", "bias", "outbias", "b", "boutput")),
    "projections": ("projections", ("projections", "weights", "params")),
    "heads": ("heads", ("heads", "headprojections", "projections", "params")),
    "parameters": ("heads", ("parameters", "params", "multihead", "weights")),
    "num_heads": ("number", ("numheads", "nheads", "h", "heads", "nhead")),
    "keep": ("keep", ("keep", "mask", "keepmask", "dropoutmask", "kept", "m")),
    "p": ("number", ("p", "rate", "dropout", "prob", "droprate", "pdrop")),
    "grad_weights": (
        "vector",
        ("grad", "gradweights", "gradattnweights", "upstream", "g", "gradout",
         "gradoutput", "dweights", "dout", "dy", "grady"),
    ),
    "grad_context_vecs": (
        "matrix",
        ("grad", "gradcontextvecs", "gradcontext", "upstream", "g", "dout",
         "gradout", "gradoutput", "dcontext", "gradoutputs", "doutput",
         "dldo", "dz", "do", "dldout", "dldoutput", "gradz", "gradcontextvec",
         "upstreamgrad", "gradupstream", "delta", "gradients", "gradient",
         "dcontextvecs", "dattn", "dattention", "dlossdout", "gout", "grads",
         "gradattn", "upstreamgradient", "dy", "grady", "dl", "outputgrad",
         "outgrad", "dldz", "dldcontext", "gradattnoutput"),
    ),
    "grad_outputs": (
        "matrix",
        ("grad", "gradoutputs", "gradoutput", "upstream", "g", "gradout",
         "dout", "gradcontextvecs", "gradcontext", "doutput", "dldo", "dz",
         "do", "dldout", "dldoutput", "gradz", "delta", "gradient", "dy",
         "upstreamgrad", "dcontextvecs", "dattn", "grady", "outgrad"),
    ),
    "attention": (
        "steps",
        ("attention", "forward", "steps", "cache", "result", "saved"),
    ),
    "d_in": ("number", ("din", "dmodel", "dinput", "embeddim")),
    "d_out": ("number", ("dout", "doutput")),
    "d_k": ("number", ("dk", "headdim", "dkey", "headsize", "dhead", "dmodel",
                       "embeddim", "dim", "keydim")),
    "temperature": ("number", ("temperature", "temp")),
    "context_length": ("number", ("contextlength", "numtokens", "maxlen")),
    "mask": (
        "mask",
        ("mask", "attnmask", "attentionmask", "srcmask", "causalmask", "masks",
         "paddingmask", "keypaddingmask", "additivemask", "maskmatrix",
         "tgtmask", "mmask", "lookaheadmask"),
    ),
    "no_dropout": ("number", ("dropout", "p", "droprate", "dropoutp")),
    "is_causal": ("flag", CAUSAL_NAMES),
    "qkv_bias": ("flag", ("qkvbias", "bias")),
    **MORE_ROLES,
}  # fmt: skip

_EXTRA = ("mask", "d_k", "d_in", "d_out", "num_heads", "context_length",
          "is_causal", "no_dropout")  # fmt: skip


class Parameter(NamedTuple):
    """One parameter of a reader's function."""

    name: str
    kind: str
    optional: bool
    default: Any = None
    """What stands in its place, if that is a number, a text or a flag."""


class Arrangement(NamedTuple):
    """Which roles go in by position, which by the reader's own name."""

    positional: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...] = ()
    by_name: bool = True


def plain_name(name: str) -> str:
    """A name without case and underscores."""
    return name.lower().replace("_", "")


def normal(name: str) -> str:
    """A name without case, underscores and the ending of a version.

    Examples:
        >>> normal("W_query"), normal("SelfAttention_v2")
        ('wquery', 'selfattention')
    """
    name = plain_name(name)
    stem = name.rstrip("0123456789")
    return stem[:-1] if stem != name and stem.endswith("v") else name


def arrangements(
    parameters: Sequence[Parameter], roles: Sequence[str]
) -> list[Arrangement]:
    """Every sensible way to hand the roles to the parameters, best first.

    Examples:
        Names tell that the weights come second here:

        >>> weights = Parameter("attention_vector", "POSITIONAL", False)
        >>> token = Parameter("token", "POSITIONAL", False)
        >>> arrangements([token, weights], ["attn_weights", "inputs"])[0]
        Arrangement(positional=('inputs', 'attn_weights'), \
keywords=(), by_name=True)
    """
    named = _by_names(parameters, roles)
    if named is not None:
        return [named]
    required = [p for p in parameters if _must(p)]
    places = [p for p in parameters if "VAR" not in p.kind]
    room = any(p.kind == "VAR_POSITIONAL" for p in parameters)
    if len(required) > len(roles) or (len(places) < len(roles) and not room):
        return []
    if any(p.kind == "KEYWORD_ONLY" for p in required):
        return []
    return [
        Arrangement(order, by_name=False)
        for order in islice(_orders(roles), 24)
        if not _miscounts(places, order)
    ]


def _miscounts(parameters: Sequence[Parameter], order: Sequence[str]) -> bool:
    """Whether a number of heads, or a mask, by its name would get another."""
    return any(
        pattern.search(plain_name(parameter.name))
        and ROLES[role][0] not in kinds
        for parameter, role in zip(parameters, order, strict=False)
        for pattern, kinds in _TELLING
    )


_TELLING = (
    (re.compile(r"^n(um)?.*heads?$"), {"number"}),
    (re.compile(r"mask"), {"mask", "keep"}),
)


def _must(parameter: Parameter) -> bool:
    """Whether a call without this parameter fails."""
    return not parameter.optional and "VAR" not in parameter.kind


def _by_names(
    parameters: Sequence[Parameter], roles: Sequence[str]
) -> Arrangement | None:
    """The one arrangement that the names tell, if they tell it all."""
    left = list(roles)
    found: dict[str, str] = {}
    for parameter in parameters:
        for role in (*left, *(_EXTRA if _must(parameter) else ())):
            if normal(parameter.name) in ROLES[role][1]:
                found[parameter.name] = role
                left = [other for other in left if other != role]
                break
    if left or any(p.name not in found for p in parameters if _must(p)):
        return None
    return _arranged(parameters, found)


def _arranged(
    parameters: Sequence[Parameter], found: Mapping[str, str]
) -> Arrangement:
    """By position as far as that goes without a gap, then by name."""
    positional: list[str] = []
    keywords: list[tuple[str, str]] = []
    gap = False
    for parameter in parameters:
        role = found.get(parameter.name)
        gap = gap or role is None or parameter.kind == "KEYWORD_ONLY"
        if role is not None and gap:
            keywords.append((parameter.name, role))
        elif role is not None:
            positional.append(role)
    return Arrangement(tuple(positional), tuple(keywords))


def _orders(roles: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Orders that keep arguments of one kind as they stand."""
    for order in permutations(roles) if len(roles) <= 4 else [tuple(roles)]:
        kinds = {ROLES[role][0] for role in roles}
        if all(
            [r for r in order if ROLES[r][0] == kind]
            == [r for r in roles if ROLES[r][0] == kind]
            for kind in kinds
        ):
            yield order
