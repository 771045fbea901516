"""Attention past one machine: blocks as tasks of Dask, merged as a tree.

The merge of `attnbook.arrays.onepass` is the whole trick: what a block of
queries takes from a block of keys can be computed anywhere, and merged in
any order. Dask decides where, computes again what a lost worker had, and
shows its own progress. Needs `pip install 'attnbook[dask]'`.
"""

from collections.abc import Iterator
from math import sqrt
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
from dask.delayed import Delayed, delayed

from attnbook.arrays._shapes import (
    Array,
    batch_of,
    require_reach,
    require_sizes,
)
from attnbook.arrays._validate import as_finite, as_numbers
from attnbook.arrays.onepass import Part, context_of, merge
from attnbook.require import require_count, require_flag


def spread_attention(
    queries: da.Array | npt.ArrayLike,
    keys: da.Array | npt.ArrayLike,
    values: da.Array | npt.ArrayLike,
    causal: bool = False,
    size: int = 1024,
) -> da.Array:
    """Plan attention over blocks; `.compute()` on what comes back runs it.

    `queries (..., n_q, d_k), keys (..., n_k, d_k), values (..., n_k, d_v) ->
    context_vecs (..., n_q, d_v)`, a Dask array with a block for each block
    of queries. Dask arrays keep their blocks of tokens; others are cut into
    blocks of `size`. With `causal`, the last query sees all keys, the
    query before it all but the last, and so on.

    Raises:
        ValueError: If queries and keys differ in width, keys and values in
            number, or `causal` queries outnumber the keys. What is not
            finite is refused when its block is computed.

    Examples:
        Three blocks of two keys; the second query sees all six of them:

        >>> keys, values = np.zeros((6, 1)), np.arange(6.0).reshape(6, 1)
        >>> planned = spread_attention(
        ...     np.zeros((2, 1)), keys, values, causal=True, size=2
        ... )
        >>> planned.compute(scheduler="sync")
        array([[2. ],
               [2.5]])
    """
    require_flag("causal", causal)
    require_count("size", size)
    queries = _as_blocks("queries", queries, size)
    keys = _as_blocks("keys", keys, size)
    values = _as_blocks("values", values, size)
    require_sizes(queries, keys, values)
    if causal:
        require_reach(queries, keys)
    # where the first query stands among the keys
    first = keys.shape[-2] - (queries.shape[-2] if causal else 0)
    pairs = _pairs(keys, values)
    takes = [
        (length, _take(block, start + first, length, pairs))
        for start, length, block in _blocks(queries)
    ]
    return _planned(takes, queries, keys, values)


def _planned(
    takes: list[tuple[int, Delayed]],
    queries: da.Array,
    keys: da.Array,
    values: da.Array,
) -> da.Array:
    """A Dask array of the context vectors, a block for each part taken."""
    kind = np.result_type(queries.dtype, keys.dtype, values.dtype)
    batch, d_v = batch_of(queries, keys, values), values.shape[-1]
    rows = [
        da.from_delayed(
            delayed(context_of)(part), (*batch, length, d_v), dtype=kind
        )
        for length, part in takes
    ]
    return da.concatenate(rows, axis=-2)


def _as_blocks(
    name: str, value: da.Array | npt.ArrayLike, size: int
) -> da.Array:
    """A Dask array that is cut along its tokens alone."""
    if not isinstance(value, da.Array):
        array = as_numbers(name, value, ndim=2)
        value = da.from_array(array, chunks=-1).rechunk({-2: size})
    if value.ndim < 2 or 0 in value.shape or value.dtype.kind != "f":
        raise ValueError(
            f"{name} must hold floats in at least 2 dimensions, "
            f"got {value.dtype} in shape {value.shape}"
        )
    whole = {axis: -1 for axis in range(value.ndim) if axis != value.ndim - 2}
    return value.rechunk(whole)


def _pairs(keys: da.Array, values: da.Array) -> list[Any]:
    """Each block of keys, and the block of their values."""
    values = values.rechunk({-2: keys.chunks[-2]})
    return list(zip(_blocks(keys), _blocks(values), strict=True))


def _blocks(array: da.Array) -> Iterator[tuple[int, int, Delayed]]:
    """Where each block of tokens starts, its length, and the block."""
    start = 0
    blocks = array.to_delayed().ravel()
    for length, block in zip(array.chunks[-2], blocks, strict=True):
        yield start, length, block
        start += length


def _take(
    block: Delayed, first: int, length: int, pairs: list[Any]
) -> Delayed:
    """What a block of queries takes from all keys, merged as a tree.

    The queries stand at `first` and after; keys beyond the last of them are
    left out, block by block.
    """
    parts = [
        delayed(_part)(block, keys, values, first - start)
        for (start, _, keys), (_, _, values) in pairs
        if start < first + length
    ]
    while len(parts) > 1:
        ones, others = parts[::2], parts[1::2]
        rest = ones[len(others) :]  # of an odd number, the last
        parts = [
            delayed(merge)(*pair) for pair in zip(ones, others, strict=False)
        ] + rest
    return parts[0]


def _part(queries: Array, keys: Array, values: Array, first: int) -> Part:
    """What a block of queries takes from a block of keys.

    The query in row `i` sees the keys up to `first + i`.
    """
    queries = as_finite("queries", queries, ndim=2)
    keys = as_finite("keys", keys, ndim=2)
    values = as_finite("values", values, ndim=2)
    scores = _finite_scores(queries, keys)  # (..., n_q, n_k)
    n_q, n_k = scores.shape[-2:]
    early = np.tri(n_q, n_k, k=first, dtype=np.bool_)
    np.copyto(scores, -np.inf, where=~early)
    largest = scores.max(axis=-1)  # (..., n_q)
    scores -= np.maximum(largest, np.finfo(scores.dtype).min)[..., np.newaxis]
    exps = np.exp(scores, out=scores)
    return Part(largest, exps.sum(axis=-1), exps @ values)


def _finite_scores(queries: Array, keys: Array) -> Array:
    """Every scaled score, or none if one overflows."""
    with np.errstate(over="ignore", invalid="ignore"):  # refused below
        scores: Array = queries / sqrt(keys.shape[-1]) @ keys.swapaxes(-1, -2)
    if not -np.inf < scores.min() <= scores.max() < np.inf:
        raise ValueError(
            "queries and keys must be smaller: "
            f"a score overflows {scores.dtype}"
        )
    return scores
