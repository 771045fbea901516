"""What a class is made from: which parameter of its constructor is which size.

The names are those of public code. A size is a role of its own: `d_model` is
the width that goes in and comes out, `d_out` the width of all heads or of
each, `head_dim` the width of one head. A configuration gets every name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attnbook.checker.match.names import Parameter, plain_name

NAMES: dict[str, tuple[str, ...]] = {
    "d_in": (
        "din", "dinput", "inputdim", "inpdim", "indim", "infeatures",
        "dimin", "inputsize", "insize", "inputfeatures", "infeat", "xdim",
        "dx", "inchannels", "contextdim", "crossattentiondim", "memorydim",
        "encdim", "dcontext", "queryinputdim", "inputdims", "dcross",
        "crossdim", "crossembeddim", "conddim", "dcond", "dmemory",
        "contextfeatures", "contextchannels", "dimcontext", "contextwidth",
    ),
    "d_out": (
        "dout", "doutput", "outputdim", "outdim", "outfeatures", "dimout",
        "outputsize", "outsize", "attentiondim", "attndim", "projdim",
        "innerdim", "outputdims", "outchannels", "dattn", "attnsize",
    ),
    "d_model": (
        "dmodel", "embeddim", "embeddingdim", "embdim", "embsize", "nembd",
        "nembed", "dim", "hiddensize", "hiddendim", "emb", "modeldim",
        "embedsize", "embeddingsize", "width", "d", "numhiddens", "hidden",
        "units", "features", "channels", "c", "k", "size", "embed", "dmod",
        "modelsize", "dembed", "demb", "embdims", "embeddims", "nstate",
        "dimmodel", "e", "hiddensizes", "featuredim", "nchannels", "hid",
        "embdsize", "embdim", "dembedding", "embedding", "inputdimension",
        "embeddingdimension", "nembeddings", "nembedding", "hiddenunits",
        "embedded", "dimension", "dims",
        "numfeatures", "nfeatures", "hiddim", "nhidden", "dhidden", "qdim",
        "querydim", "dmodelsize", "vectordim", "wordvectordim", "m", "nemb",
        "dm", "dimword", "worddim",
    ),
    "head_dim": (
        "headdim", "headsize", "dimhead", "dhead", "dimperhead", "sizehead",
        "attentionheadsize", "sizeperhead", "headfeatures", "dqk", "headwidth",
        "headdims", "dimheads", "dimensionperhead", "headunits", "dh", "hdim",
        "hsize", "headsz", "hs",
    ),
    "d_k": (
        "dk", "dkey", "keydim", "kdim", "dimk", "dq", "dimq", "qkdim",
        "doutkq", "doutqk", "keysize", "querysize", "dimkey", "kvdim",
        "dqkv", "qksize", "qdimension", "keychannels", "rowdim", "dkq", "q",
    ),
    "d_v": (
        "dv", "dvalue", "valuedim", "vdim", "dimv", "doutv", "valuesize",
        "dimvalue", "valuechannels", "v",
    ),
    "num_heads": (
        "numheads", "nheads", "heads", "nhead", "h", "headnum", "head",
        "numattentionheads", "attentionheads", "nhd", "headsnum", "numhead",
        "headcount", "headscount", "nattentionheads", "headsnumber",
        "numberofheads", "numberheads", "headnums", "nattnheads",
        "queryheads", "qheads",
    ),
    "key_heads": (
        "numkvheads", "nkvheads", "kvheads", "nkvhead", "numkvhead",
        "nheadkv", "numkeyvalueheads", "nheadskv", "kvhead", "keyvalueheads",
        "keyheads", "hkv", "kvh", "headskv", "nkv", "numkv", "kvheadnum",
    ),
    "groups": (
        "numkvgroups", "nkvgroups", "kvgroups", "numgroups", "ngroups",
        "numquerygroups", "nquerygroups", "groups",
    ),
    "each": (
        "numkeyvaluegroups", "nrep", "groupsize", "numqueriesperkv",
        "queriesperkv", "numrep",
    ),
    "index": (
        "layeridx", "layerid", "layerindex", "layernum", "layernumber",
        "blockidx", "blockid", "idx", "index", "layer",
    ),
    "context_length": (
        "frames", "numframes", "nframes", "numpatches", "npatches",
        "npatch", "numpatch",
        "contextlength", "blocksize", "contextlen", "maxseqlen", "seqlen",
        "contextwindow", "maxlen", "ctxlen", "nctx", "maxlength", "ctx",
        "sequencelength", "maxsequencelength", "maxseqlength", "seqlength",
        "maxpositionembeddings", "numtokens", "contextsize", "tmax", "t",
        "maxcontextlength", "maxcontextlen", "windowsize", "chunksize",
        "maxtokens", "nposition", "npositions", "maxcontext", "ntokens",
        "maxtimesteps", "context", "maxsize", "maxblocksize", "maxseq",
        "contextsequencelength",
    ),
    "rate": (
        "dropout", "p", "attndropout", "dropoutrate", "pdrop", "dropoutp",
        "attndrop", "projdrop", "residdropout", "dropprob", "dropoutprob",
        "attentionprobsdropoutprob", "attnpdrop", "residpdrop", "embdpdrop",
        "attentiondropout", "droprate", "drop", "hiddendropoutprob",
        "residualdropout", "attndropoutrate", "attndroprate", "embddrop",
        "projdropout", "dropoutratio", "keepdropout", "outdropout",
        "dropratio", "attndropratio", "projdropratio", "dr", "droppath",
        "attndropoutp", "dp", "attndropoutprob", "hiddendropout",
        "residdropoutprob", "attentiondropoutprob", "dropoutrates",
        "dropoutpercentage", "drate",
    ),
    "bias": ("qkvbias", "bias", "usebias", "attnbias", "attentionbias"),
    "causal": (
        "causal", "iscausal", "masked", "usemask", "autoregressive",
        "mask", "usecausalmask", "applymask", "causalmask", "decoder",
        "isdecoder", "withmask", "lookahead",
    ),
    "config": (
        "config", "cfg", "args", "conf", "hparams", "hyperparams",
        "modelargs", "modelconfig", "gptconfig", "settings", "opts", "opt",
        "params", "hp", "configuration", "attnconfig", "hyperparameters",
    ),
    "shape": ("inputshape", "shape", "xshape", "inshape"),
    "base": ("ropetheta", "ropebase", "rotarybase", "theta", "base"),
    "evaluation": ("deterministic", "inference"),
    "key": ("key", "rngkey", "prngkey"),
    "rngs": ("rngs", "rng"),
    "device": ("device", "dev"),
    "dtype": ("dtype",),
}  # fmt: skip

_ROLE_OF = {
    name: role for role, names in reversed(NAMES.items()) for name in names
}


def size_of(name: str) -> str:
    """The role of a constructor's parameter; empty where none is known.

    Examples:
        >>> size_of("n_embd"), size_of("num_heads"), size_of("colour")
        ('d_model', 'num_heads', '')
    """
    plain = plain_name(name)
    return _ROLE_OF.get(plain, _alike(plain))


def _alike(plain: str) -> str:
    """By a part of the name that tells, where the whole is not known."""
    counts = plain.startswith("n") or plain.endswith(("headn", "headsn"))
    if "head" in plain and counts:
        of_keys = "kv" in plain or "key" in plain
        return "key_heads" if of_keys else "num_heads"
    if plain.endswith("layers"):
        return "layers"
    parts = (
        ("drop", "rate"), ("bias", "bias"), ("context", "context_length"),
        ("seqlen", "context_length"), ("causal", "causal"),
        ("headdim", "head_dim"), ("headsize", "head_dim"),
        ("embed", "d_model"), ("embd", "d_model"), ("dmodel", "d_model"),
        ("config", "config"),
    )  # fmt: skip
    return next((role for part, role in parts if part in plain), "")


def made_from(
    parameters: Sequence[Parameter],
) -> tuple[tuple[str, str], ...] | None:
    """Each parameter with its role; None where one must be and is unknown.

    A single unknown one by the name of an attention is a part of it.
    """
    found = []
    for parameter in parameters:
        if "VAR" in parameter.kind:
            continue
        role = _role(parameter)
        if role or not parameter.optional:
            found.append((parameter.name, role))
    guess = _part(found) or _one_unknown(found)
    if not guess and any(not role for _, role in found):
        return None
    return tuple((name, role or guess) for name, role in found)


def unknown_in(parameters: Sequence[Parameter]) -> list[str]:
    """The parameters that a class must be given, and no name tells as what."""
    return [
        each.name
        for each in parameters
        if not (each.optional or "VAR" in each.kind or size_of(each.name))
    ]


def _role(parameter: Parameter) -> str:
    """What a parameter is given; empty where it is unknown or left alone."""
    role = size_of(parameter.name)
    if role in {"device", "dtype"}:
        return "" if parameter.optional else "none"
    if role in {"causal", "evaluation"} and parameter.optional:
        return ""
    is_axis = type(parameter.default) is int and parameter.default <= 0
    return "" if role in _LENGTHS and is_axis else role


_LENGTHS = {"d_in", "d_out", "d_model", "head_dim", "d_k", "d_v"}
"""Roles of what is no length where it is 0 or below: the number of an axis."""

PART = "part"
"""The role of another attention of the file, handed to a constructor."""
_PARTS = ("attn", "attention", "layer", "headcls", "headclass", "attend",
          "sdpa", "core", "mechanism")  # fmt: skip


def _part(found: Sequence[tuple[str, str]]) -> str:
    """That the one unknown parameter is another attention, by its name."""
    unknown = [plain_name(name) for name, role in found if not role]
    if len(unknown) != 1 or not any(part in unknown[0] for part in _PARTS):
        return ""
    return PART


def _one_unknown(found: Sequence[tuple[str, str]]) -> str:
    """The one size whose name is unknown: the width that is still missing."""
    roles = {role for _, role in found}
    unknown = [plain_name(name) for name, role in found if not role]
    if len(unknown) != 1:
        return ""
    if not roles & {"d_in", "d_model", "config"}:
        return "d_model"
    if roles & {"d_in", "d_model", "config"} == {"config"}:
        return "d_model"  # beside a configuration
    outside = roles & {"d_out", "head_dim", "d_k", "d_v", "config"}
    says_so = any(part in unknown[0] for part in ("size", "dim", "width"))
    return "d_out" if says_so and not outside else ""


def config_of(sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Every known name with its size, as a configuration answers them."""
    return {
        name: sizes[role]
        for role, names in reversed(NAMES.items())
        if role in sizes
        for name in names
    }
