"""Test data: drawn from a seed, small enough to print, of every size.

Entries are tenths between -1.5 and 1.5, none of them 0: scores neither vanish
nor saturate, and an input that shows a mistake can be read.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple, TypeAlias

from attnbook import sentence
from attnbook.vectors import Matrix, Vector, matmul, transpose

Values: TypeAlias = dict[str, Any]
Sizes: TypeAlias = Mapping[str, int]
Draw: TypeAlias = Callable[..., Values]

_TENTHS = [i / 10 for i in range(-15, 16) if i]


class Case(NamedTuple):
    """One input, by the role of each argument."""

    sizes: Sizes
    values: Values
    origin: str


def vector(rng: Random, length: int) -> Vector:
    """So many different tenths between -1.5 and 1.5, but never 0."""
    return rng.sample(_TENTHS, length)


def matrix(rng: Random, rows: int, columns: int) -> Matrix:
    """Rows of such entries; no column repeats one, so no rows are alike."""
    drawn = [rng.sample(_TENTHS, rows) for _ in range(columns)]
    return [list(row) for row in zip(*drawn, strict=True)]


def weights(rng: Random, rows: int, columns: int) -> Matrix:
    """The same, about half as large: products of three stay ordinary."""
    return [[w / 2 for w in row] for row in matrix(rng, rows, columns)]


def shares(rng: Random, length: int) -> Vector:
    """Positive weights that sum to 1."""
    parts = rng.sample(range(1, 20), length)
    return [part / sum(parts) for part in parts]


def draw_dot(rng: Random, d: int) -> Values:
    """Two vectors."""
    return {"x": vector(rng, d), "y": vector(rng, d)}


def draw_softmax(rng: Random, n: int) -> Values:
    """A row of scores, and as many rows and one more."""
    rows = matrix(rng, n + 1, n)
    return {"scores": rows[0], "score_rows": rows}


def draw_simple(rng: Random, n: int, d: int) -> Values:
    """Tokens, one of them chosen, a query that is none, and weights."""
    found: Values = {
        "inputs": matrix(rng, n, d),
        "query": vector(rng, d),
        "queries": matrix(rng, n + 1, d),
        "keys": matrix(rng, n, d),
        "row": rng.randrange(n),
        "attn_weights": shares(rng, n),
        "attn_weight_rows": [shares(rng, n) for _ in range(n)],
    }
    scores = matmul(found["queries"], transpose(found["keys"]))
    return found | {"score_rows": scores}


def draw_attention(
    rng: Random, queries: int, keys: int, d_k: int, d_v: int
) -> Values:
    """Queries, keys and values; every size may differ."""
    return {
        "queries": matrix(rng, queries, d_k),
        "keys": matrix(rng, keys, d_k),
        "values": matrix(rng, keys, d_v),
        "grad_context_vecs": matrix(rng, queries, d_v),
        "d_k": d_k,
        "temperature": d_k**0.5,
        "no_dropout": 0.0,
    }


def draw_projected(
    rng: Random, n: int, d_in: int, d_k: int, d_v: int
) -> Values:
    """Tokens and three projections; the last may have its own width."""
    projections = {
        "W_query": weights(rng, d_in, d_k),
        "W_key": weights(rng, d_in, d_k),
        "W_value": weights(rng, d_in, d_v),
    }
    return {
        "inputs": matrix(rng, n, d_in),
        **projections,
        **biases(d_k, d_v),
        "projections": named(projections),
        "queries": matrix(rng, n, d_k),
        "keys": matrix(rng, n, d_k),
        "values": matrix(rng, n, d_v),
        "grad_outputs": matrix(rng, n, d_v),
        **_settings(n, d_in, d_v),
        "d_k": d_k,
        "d_model": d_in,
    }


def joined(values: Values) -> Values:
    """The three projections, and their biases, side by side."""
    rows = zip(*(values[name] for name in _PROJECTIONS), strict=True)
    return {
        "W_qkv": [[*q, *k, *v] for q, k, v in rows],
        "b_qkv": [entry for name in _BIASES for entry in values[name]],
    }


_PROJECTIONS = ("W_query", "W_key", "W_value")
_BIASES = ("b_query", "b_key", "b_value")


def strided(values: Values) -> Values:
    """The same weights for heads that each take every h-th column."""
    d_out, heads = len(values["W_query"][0]), values["num_heads"]
    head_dim = d_out // heads
    order = [h * head_dim + d for d in range(head_dim) for h in range(heads)]
    wide = {
        name: [[row[i] for i in order] for row in values[name]]
        for name in _PROJECTIONS
    }
    added = {name: [values[name][i] for i in order] for name in _BIASES}
    return {**wide, **added, "W_out": [values["W_out"][i] for i in order]}


def by_head(values: Values) -> Values:
    """The same projections, each a list of one matrix for each head."""
    width = len(values["W_query"][0]) // values["num_heads"]
    return {
        name: [
            [row[start : start + width] for row in values[name]]
            for start in range(0, len(values[name][0]), width)
        ]
        for name in _PROJECTIONS
    }


def key_heads(values: Values) -> int:
    """How many heads of keys and values there are; fewer, if some are shared.

    Examples:
        >>> heads = {"W_query": [[1, 2, 3, 4]], "W_key": [[1, 2]]}
        >>> key_heads(heads | {"num_heads": 4})
        2
    """
    heads: int = values.get("num_heads", 1)
    W_query, W_key = values["W_query"], values["W_key"]
    return max(1, heads * len(W_key[0]) // len(W_query[0]))


def with_key_heads(values: Values, count: int) -> Values:
    """The same with so many heads of keys and values, which are the first."""
    heads = values["num_heads"]
    width = len(values["W_query"][0]) // heads * count
    roles = ("W_key", "W_value", "keys", "values")
    narrow = {name: [row[:width] for row in values[name]] for name in roles}
    added = {name: values[name][:width] for name in ("b_key", "b_value")}
    found = {**values, **narrow, **added}
    counts = {"key_heads": count, "each": heads // count}
    return found | counts | bundles(found)


def biases(d_k: int, d_v: int) -> Values:
    """What projections may add, the same for every input of these widths."""
    rng = Random(31 * d_k + d_v)  # noqa: S311 - test data
    widths = {"b_query": d_k, "b_key": d_k, "b_value": d_v}
    return {name: vector(rng, width) for name, width in widths.items()}


def _settings(n: int, d_in: int, d_out: int) -> Values:
    """What a reader's class may want to be made from."""
    return {
        "d_in": d_in,
        "d_out": d_out,
        "context_length": n,
        "no_dropout": 0.0,
        "qkv_bias": False,
    }


def draw_dropout(rng: Random, rows: int, columns: int) -> Values:
    """Weights, which of them to keep, and a rate."""
    kept = [[rng.random() < 0.6 for _ in range(columns)] for _ in range(rows)]
    return {
        "attn_weights": [shares(rng, columns) for _ in range(rows)],
        "keep": kept,
        "p": rng.choice((0.1, 0.2, 0.3, 0.6, 0.8)),
    }


def draw_stacked(
    rng: Random, n: int, d_in: int, heads: int, head_dim: int
) -> Values:
    """Tokens, and three projections for each head."""
    drawn = [
        draw_projected(rng, n, d_in, head_dim, head_dim) for _ in range(heads)
    ]
    return {
        "inputs": matrix(rng, n, d_in),
        "heads": [each["projections"] for each in drawn],
        "num_heads": heads,
        **_settings(n, d_in, head_dim),
    }


def draw_multi_head(
    rng: Random, n: int, d_in: int, heads: int, head_dim: int
) -> Values:
    """Tokens, wide projections, and what mixes the heads at the end."""
    d_out = heads * head_dim
    projected = draw_projected(rng, n, d_in, d_out, d_out)
    parameters = {
        name: projected[name] for name in ("W_query", "W_key", "W_value")
    } | {
        "W_out": weights(rng, d_out, d_out),
        "b_out": vector(rng, d_out),
        "num_heads": heads,
    }
    return projected | parameters | {"parameters": named(parameters)}


def named(items: Mapping[str, Any]) -> dict[str, Any]:
    """Items that the reader can take by place or by name."""
    return {"fields": list(items), "items": list(items.values())}


def grid(
    draw: Draw, axes: Mapping[str, Sequence[int]], seed: int
) -> list[Case]:
    """One case for every combination of sizes, smallest first."""
    rng = Random(seed)  # noqa: S311 - test data
    cells = sorted(product(*axes.values()), key=lambda cell: (sum(cell), cell))
    sizes = [dict(zip(axes, cell, strict=True)) for cell in cells]
    return [Case(each, draw(rng, **each), f"seed {seed}") for each in sizes]


def distinct(axes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """The smallest sizes that differ as much as the axes allow.

    Examples:
        >>> distinct({"n": (1, 2, 3), "d": (1, 2, 3)})
        {'n': 2, 'd': 3}
    """
    cells = sorted(product(*axes.values()), key=lambda cell: (sum(cell), cell))
    best = max(cells, key=lambda cell: (len({*cell} - {1}), 1 not in cell))
    return dict(zip(axes, best, strict=True))


def fixed(
    draw: Draw, axes: Mapping[str, Sequence[int]], large: str
) -> list[Case]:
    """The same for every run: sizes that differ, and large scores."""
    sizes = distinct(axes)
    rng = Random(2024)  # noqa: S311 - test data
    ordinary = draw(rng, **sizes)
    found = [Case(sizes, ordinary, "fixed")]
    if large:
        values = draw(rng, **sizes)
        values[large] = enlarge(values[large], 8.0)
        values |= bundles(values)
        found.append(Case(sizes, values, "one row of large scores"))
    if set(axes) == {"n", "d"}:
        six = draw(rng, n=6, d=3) | {"inputs": sentence.inputs}
        found.append(Case({"n": 6, "d": 3}, six, "the book's six tokens"))
    return found


def bundles(values: Values) -> Values:
    """The bundles of parameters, made anew from the parameters."""
    return {
        name: named({role: values[role] for role in values[name]["fields"]})
        for name in ("projections", "parameters")
        if name in values
    }


def complete(values: Values) -> Values:
    """The values with all that follows from inputs and weights made anew."""
    roles = {"W_query": "queries", "W_key": "keys", "W_value": "values"}
    projected = {
        role: matmul(values["inputs"], values[weights])
        for weights, role in roles.items()
        if weights in values
    }
    return values | projected | bundles(values)


def enlarge(value: Any, factor: float) -> Any:  # noqa: ANN401
    """A vector times the factor, or a matrix with its first row so."""
    if isinstance(value[0], list):
        return [enlarge(value[0], factor), *value[1:]]
    return [factor * entry for entry in value]
