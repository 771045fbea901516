"""What is known of one of the reader's functions or objects: no call yet."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.steps.step import Form, Step

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


PARAMS = "params"
"""The role of one argument that holds all weights, as yet of any kind."""


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
    bare: bool = False
    """Whether it shows that it holds no more, whatever its name."""
    twin: "Binding | None" = None
    """The same taken for a causal one, or for one that is not."""
    cache: tuple[str, ...] = ()
    """The parameters of a method that have to do with a cache."""
    backward: bool | None = None
    """Whether its `backward` takes one gradient; None where it has none."""
    fault: tuple[str, str, str] | None = None
    """What is wrong though the numbers agree: name, sentence, advice."""


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
