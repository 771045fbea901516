"""The weights inside an attention, made visible.

Where the values are the rows of an identity matrix, what comes out of an
attention is its weights. Every size of a setting differs from the others, so
that a number which was taken from the wrong one can be told.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.judge.dimensions import said
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import (
    Values,
    complete,
    draw_multi_head,
    draw_projected,
    matrix,
    named,
)
from attnbook.checker.steps.compare import compare, plain, shape
from attnbook.vectors import Matrix, matmul


class Sizes(NamedTuple):
    """The sizes of one setting."""

    n: int
    d_in: int
    d_k: int
    d_v: int


class Setting(NamedTuple):
    """What is asked, and what the weights are made from."""

    values: Values
    queries: Matrix
    keys: Matrix
    widths: Mapping[str, int]
    """The sizes that a scale could have been taken from."""
    mixed: Matrix | None = None
    """What the weights mix; None where they are returned themselves."""


class Revealed(NamedTuple):
    """The weights of an attention, beside what they were made from."""

    weights: Matrix
    queries: Matrix
    keys: Matrix
    widths: Mapping[str, int]
    mixes: bool
    """Whether all that came out is mixed by these weights."""


Make: TypeAlias = Callable[[Random, Sizes], Setting]

OF_KEYS, HEADS = "the width of the keys", said("heads")
"""Two of the sizes, as they are called."""

_SETTINGS = (Sizes(4, 6, 3, 5), Sizes(3, 7, 5, 4))


def reveal(asked: Asked) -> list[Revealed]:
    """The weights in two settings; fewer where they cannot be had."""
    found = [_revealed(asked, setting) for setting in settings(asked)]
    return [each for each in found if each is not None]


def settings(asked: Asked) -> list[Setting]:
    """The two settings of a step; none where its weights are not asked."""
    make = _MAKERS.get(asked.binding.step.name)
    if make is None:
        return []
    rng = Random(7)  # noqa: S311 - test data
    made = [make(rng, sizes) for sizes in _sizes(asked)]
    return [_without_biases(setting) for setting in made]


def _sizes(asked: Asked) -> Sequence[Sizes]:
    """Sizes that all differ, as far as an object lets them."""
    made = asked.binding.made
    if made is None:
        return _SETTINGS
    if not made.square:
        return Sizes(4, 6, 5, 5), Sizes(3, 7, 4, 4)
    if "heads" in asked.binding.step.axes:
        if made.unturned:  # each head is cut into pairs, perhaps
            return Sizes(3, 8, 4, 4), Sizes(5, 12, 6, 6)
        return Sizes(4, 10, 5, 5), Sizes(3, 12, 4, 4)
    return Sizes(4, 6, 6, 6), Sizes(3, 5, 5, 5)


def _without_biases(setting: Setting) -> Setting:
    """The same, and an object's projections add nothing."""
    zeros = {
        name: [0.0] * len(values)
        for name, values in setting.values.items()
        if name in {"b_query", "b_key", "b_value"}
    }
    return setting._replace(values={**setting.values, **zeros})


def _revealed(asked: Asked, setting: Setting) -> Revealed | None:
    """Ask for the weights of one setting."""
    if setting.mixed is None:
        weights = _returned(asked, setting)
        mixes = True
    else:
        value = asked.answer(setting.values).value
        if shape(value) != shape(setting.mixed) or not plain(value):
            return None
        n = len(setting.keys)
        weights = [row[:n] for row in value]  # where the values are identity
        mixes = compare(matmul(weights, setting.mixed), value) is None
    if weights is None:
        return None
    _, queries, keys, widths, _ = setting
    return Revealed(weights, queries, keys, widths, mixes)


def _returned(asked: Asked, setting: Setting) -> Matrix | None:
    """Weights that a function returns, whole or one row after another."""
    rows: list[Any] = []
    for i, query in enumerate(setting.queries):
        row = {"query": query, "scores": query, "row": i}
        rows.append(asked.answer({**setting.values, **row}).value)
    square = (len(setting.queries), len(setting.keys))
    weights = rows[0] if shape(rows[0]) == square else rows
    return weights if shape(weights) == square and plain(weights) else None


def _of_scores(rng: Random, sizes: Sizes) -> Setting:
    """Softmax: the scores are queries, against keys that are the identity."""
    n = sizes.n
    rows = matrix(rng, n, n)
    return Setting(
        {"score_rows": rows}, rows, _identity(n), {"the number of scores": n}
    )


def _of_tokens(rng: Random, sizes: Sizes) -> Setting:
    """3.3: inputs that begin with the identity are all three at once."""
    n = sizes.n
    inputs = _beside(_identity(n), matrix(rng, n, sizes.d_k))
    widths = {"the number of tokens": n, "the width": n + sizes.d_k}
    return Setting({"inputs": inputs}, inputs, inputs, widths, inputs)


def _of_tokens_returned(rng: Random, sizes: Sizes) -> Setting:
    """The same for a function that returns the weights themselves."""
    return _of_tokens(rng, sizes)._replace(mixed=None)


def _of_queries(rng: Random, sizes: Sizes) -> Setting:
    """3.4: queries, keys, and values that are the identity, then zeros."""
    n, _, d_k, d_v = sizes
    queries, keys = matrix(rng, n, d_k), matrix(rng, n, d_k)
    mixed = _beside(_identity(n), [[0.0] * (d_v - n) for _ in range(n)])
    values = {"queries": queries, "keys": keys, "values": mixed, "d_k": d_k}
    widths = {
        "the number of keys": n,
        OF_KEYS: d_k,
        "the width of the values": d_v,
    }
    return Setting(values, queries, keys, widths, mixed)


def _of_queries_returned(rng: Random, sizes: Sizes) -> Setting:
    """The same for a function that returns the weights themselves."""
    return _of_queries(rng, sizes)._replace(mixed=None)


def _of_projections(rng: Random, sizes: Sizes) -> Setting:
    """Inputs that begin with the identity, and a `W_value` that keeps it."""
    n, d_in, _, d_v = sizes
    inputs = _beside(_identity(n), matrix(rng, n, d_in - n))
    keep = [[float(i == j < n) for j in range(d_v)] for i in range(d_in)]
    drawn = draw_projected(rng, *sizes)
    values = complete({**drawn, "inputs": inputs, "W_value": keep})
    queries, keys, mixed = (values[role] for role in _QKV)
    widths = dict(zip(_WIDTHS, sizes, strict=True))
    return Setting(values, queries, keys, widths, mixed)


def _of_heads(rng: Random, sizes: Sizes) -> Setting:
    """The same for each of several heads, which are all alike."""
    n, d_in, _, head_dim = sizes
    heads = 6 - n
    d_out = heads * head_dim
    inputs = _beside(_identity(n), matrix(rng, n, d_in - n))
    W_query, W_key = (matrix(rng, d_in, head_dim) for _ in range(2))
    values = draw_multi_head(rng, n, d_in, heads, head_dim)
    values |= {"inputs": inputs, **_repeated(W_query, W_key, n, heads)}
    values |= {"W_out": _identity(d_out), "b_out": [0.0] * d_out}
    sizes_in_words = zip(
        _OF_HEADS, (n, d_in, head_dim, d_out, heads), strict=True
    )
    queries, keys = matmul(inputs, W_query), matmul(inputs, W_key)
    values = complete(values)
    widths = dict(sizes_in_words)
    return Setting(values, queries, keys, widths, values["values"])


def _repeated(W_query: Matrix, W_key: Matrix, n: int, heads: int) -> Values:
    """The same weights for every head; the values keep the first columns."""
    width = len(W_query[0])
    keep = [
        [float(i == j < n) for j in range(width)] for i in range(len(W_query))
    ]
    one = {"W_query": W_query, "W_key": W_key, "W_value": keep}
    return {role: [row * heads for row in W] for role, W in one.items()}


def _of_stacked(rng: Random, sizes: Sizes) -> Setting:
    """The same for heads that each have their own, equal weights."""
    whole = _of_heads(rng, sizes)
    d = len(whole.keys[0])
    head = named({
        role: [row[:d] for row in whole.values[role]]
        for role in ("W_query", "W_key", "W_value")
    })  # fmt: skip
    heads = [head] * whole.values["num_heads"]
    return whole._replace(values={**whole.values, "heads": heads})


_OF_HEADS = (
    "the number of tokens",
    "the width of the inputs",
    OF_KEYS,
    "the width of all heads",
    HEADS,
)
_QKV = ("queries", "keys", "values")
_WIDTHS = (
    "the number of tokens",
    "the width of the inputs",
    OF_KEYS,
    "the width of the values",
)

_MAKERS: Mapping[str, Make] = {
    "softmax": _of_scores,
    "attention_weights": _of_tokens_returned,
    "self_attention": _of_tokens,
    "scaled_attention_weights": _of_queries_returned,
    "scaled_dot_product_attention": _of_queries,
    "trainable_self_attention": _of_projections,
    "causal_attention": _of_projections,
    "stacked_heads": _of_stacked,
    "multi_head_attention": _of_heads,
    "full_multi_head_attention": _of_heads,
}


def _identity(n: int) -> Matrix:
    """Ones on the diagonal, zeros elsewhere."""
    return [[float(i == j) for j in range(n)] for i in range(n)]


def _beside(left: Matrix, right: Matrix) -> Matrix:
    """Two matrices side by side."""
    return [[*a, *b] for a, b in zip(left, right, strict=True)]
