"""Attention in blocks: no more than one block of scores at a time.

The twins of sections 3.4 to 3.6 give back all their steps, and so they hold
`n x n` scores and as many weights. The functions here give the same context
vectors and gradients, and keep two numbers of every row of scores: the
largest and the sum, rolled into the logarithm of one `total`. Where no step is
given back, as in `attnbook.arrays.loop`, long texts take this way.

`...` stands for any leading batch dimensions, `h` for the heads. With
`causal`, the last query sees all keys, the query before it all but the last,
and so on; there may be more keys than queries.
"""

from collections.abc import Iterator
from math import log, prod, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import (
    Array,
    batch_of,
    require_reach,
    require_sizes,
    sum_to,
)
from attnbook.arrays._validate import as_finite, as_gradient
from attnbook.arrays.backward import MultiHeadAttentionGradients
from attnbook.arrays.backward.multihead import _around_heads
from attnbook.arrays.multihead import (
    MultiHead,
    _into_heads,
    merge_heads,
    output_projection,
)
from attnbook.require import require_flag, require_list

LONG = 256
"""From so many tokens on, blocks are quicker than all scores at once."""
WIDTH = 512
"""The keys of a block."""
HEIGHTS = (64, 256)
"""The fewest and the most queries of a block, for short and long texts."""


class TiledAttention(NamedTuple):
    """What `tiled_attention` gives back of its steps."""

    log_totals: Array
    """For each query, the logarithm of its total: `(..., n_q)`."""
    context_vecs: Array
    """The values mixed by the weights: `(..., n_q, d_v)`."""


class TiledAttentionGradients(NamedTuple):
    """The gradients of `tiled_attention`."""

    grad_queries: Array
    """`(..., n_q, d_k)`."""
    grad_keys: Array
    """`(..., n_k, d_k)`."""
    grad_values: Array
    """`(..., n_k, d_v)`."""


class TiledMultiHeadAttention(NamedTuple):
    """What `tiled_multi_head_attention` gives back of its steps."""

    queries: Array
    """What each token asks, by head: `(..., h, n, head_dim)`."""
    keys: Array
    """What each token is found by, by head: `(..., h, n, head_dim)`."""
    values: Array
    """What each token has to give, by head: `(..., h, n, head_dim)`."""
    log_totals: Array
    """For each head's query, the logarithm of its total: `(..., h, n)`."""
    head_context_vecs: Array
    """The values mixed by the weights, by head: `(..., h, n, head_dim)`."""
    merged_context_vecs: Array
    """The heads side by side again: `(..., n, d_out)`."""
    context_vecs: Array
    """The merged vectors after the output projection: `(..., n, d_out)`."""


def _blocks(stop: int, size: int) -> Iterator[slice]:
    """Cut `0` to `stop` into slices of a size; the last may be shorter."""
    for start in range(0, stop, size):
        yield slice(start, min(start + size, stop))


def _tiles(
    n_q: int, n_k: int, *, causal: bool
) -> Iterator[tuple[slice, int, list[slice]]]:
    """Every block of queries, what it may see, and the blocks of keys there.

    A block of queries stands at `first` among the keys: the query in its row
    `i` sees the keys up to `first + i`. Blocks that nobody sees are left out.
    """
    height = min(max(n_q // 8, HEIGHTS[0]), HEIGHTS[1])
    for rows in _blocks(n_q, height):
        first = rows.start + n_k - n_q if causal else n_k
        stop = min(rows.stop + n_k - n_q, n_k) if causal else n_k
        yield rows, first, list(_blocks(stop, WIDTH))


def _hide(scores: Array, first: int) -> None:
    """Put minus infinity on the keys after `first + i` in row `i`."""
    if scores.shape[1] > first + 1:  # else the first row sees them all
        seen = scores[:, max(first, 0) :]
        rows, columns = seen.shape
        early = np.tri(rows, columns, k=min(first, 0), dtype=np.bool_)
        np.copyto(seen, -np.inf, where=~early)


def _larger(largest: Array, scores: Array) -> Array:
    """The running maximum of each row."""
    larger: Array = np.maximum(largest, scores.max(axis=1, keepdims=True))
    return larger


def _attend_rows(
    block: Array,
    columns_of_keys: Array,
    values: Array,
    first: int,
    blocks: list[slice],
    *,
    small: bool,
) -> tuple[Array, Array]:
    """Let a block of queries attend to all keys, block by block."""
    ones = np.ones((WIDTH, 1), values.dtype)
    largest = np.full((1, 1), 0 if small else -np.inf, values.dtype)
    total, mix = np.zeros((2, 1, 1), values.dtype)
    for columns in blocks:
        scores = block @ columns_of_keys[:, columns]
        _hide(scores, first - columns.start)
        if not small:  # what was added up so far had a smaller maximum
            before, largest = largest, _larger(largest, scores)
            scores -= largest
            faded = np.exp(before - largest)
            total, mix = total * faded, mix * faded
        exps = np.exp(scores, out=scores)
        total = total + exps @ ones[: exps.shape[1]]  # the sum of each row
        mix = mix + exps @ values[columns]
    return largest + np.log(total), mix / total


def _attend(
    queries: Array, keys: Array, values: Array, *, causal: bool, small: bool
) -> tuple[Array, Array]:
    """Let the queries of one head attend, a block of scores at a time."""
    (n_q, d_k), (n_k, d_v) = queries.shape, values.shape
    log_totals = np.empty((n_q, 1), values.dtype)
    context_vecs = np.empty((n_q, d_v), values.dtype)
    columns_of_keys = np.ascontiguousarray(keys.T)  # (d_k, n_k)
    for rows, first, blocks in _tiles(n_q, n_k, causal=causal):
        block = queries[rows] / sqrt(d_k)  # the scale, once a query
        log_totals[rows], context_vecs[rows] = _attend_rows(
            block, columns_of_keys, values, first, blocks, small=small
        )
    return log_totals[:, 0], context_vecs


def _attend_backward(
    queries: Array,
    keys: Array,
    values: Array,
    attention: TiledAttention,
    grad_context_vecs: Array,
    *,
    causal: bool,
) -> tuple[Array, Array, Array]:
    """Take the gradient back through one head, making the weights again."""
    scale = sqrt(queries.shape[1])
    grads = np.zeros_like(queries), np.zeros_like(keys), np.zeros_like(values)
    grad_queries, grad_keys, grad_values = grads
    columns_of_keys = np.ascontiguousarray(keys.T)  # (d_k, n_k)
    columns_of_values = np.ascontiguousarray(values.T)  # (d_v, n_k)
    # the mean of a row's gradients, each by its weight, without the weights
    mixed = grad_context_vecs * attention.context_vecs
    means = mixed.sum(axis=1, keepdims=True)  # (n_q, 1)

    for rows, first, blocks in _tiles(len(queries), len(keys), causal=causal):
        block, grad = queries[rows] / scale, grad_context_vecs[rows]
        for columns in blocks:
            scores = block @ columns_of_keys[:, columns]
            _hide(scores, first - columns.start)
            scores -= attention.log_totals[rows, np.newaxis]
            weights = np.exp(scores, out=scores)

            # forward: context_vecs = weights @ values
            grad_values[columns] += weights.T @ grad
            grad_weights = grad @ columns_of_values[:, columns]

            # forward: weights = softmax(scores)
            grad_weights -= means[rows]
            grad_scores = np.multiply(weights, grad_weights, out=weights)

            # forward: scores = (queries / scale) @ keys.T
            grad_queries[rows] += grad_scores @ keys[columns] / scale
            grad_keys[columns] += grad_scores.T @ block
    return grads


def _as_heads(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    causal: object,
) -> tuple[Array, Array, Array]:
    """Convert to one precision, and refuse what cannot meet."""
    queries = as_finite("queries", queries, ndim=2)
    keys = as_finite("keys", keys, ndim=2)
    values = as_finite("values", values, ndim=2)
    require_sizes(queries, keys, values)
    require_flag("causal", causal)
    if causal:
        require_reach(queries, keys)
    kind = np.result_type(queries, keys, values)
    queries, keys, values = (
        x.astype(kind, copy=False) for x in (queries, keys, values)
    )
    return queries, keys, values


def _is_small(queries: Array, keys: Array, values: Array) -> bool:
    """Whether nothing overflows if no maximum is subtracted.

    No score exceeds the longest query times the longest key, by Cauchy and
    Schwarz: where that is little, its exponential is no risk.
    """
    lengths = (
        sqrt(np.einsum("...d,...d->...", x, x).max()) for x in (queries, keys)
    )
    bound = prod(lengths) / sqrt(queries.shape[-1])
    most = float(np.finfo(values.dtype).max) ** 0.25
    return bool(
        bound < log(most) and -most < values.min() <= values.max() < most
    )


def _heads(*arrays: Array) -> Iterator[tuple[tuple[int, ...], list[Array]]]:
    """The matrices of each member of a batch, with its index."""
    batch = batch_of(*arrays)
    wide = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in arrays]
    for index in np.ndindex(batch):
        yield index, [x[index] for x in wide]


@guarded
def tiled_attention(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    causal: bool = False,
) -> TiledAttention:
    """Let every query mix the values whose keys it matches, in blocks.

    `queries (..., n_q, d_k), keys (..., n_k, d_k), values (..., n_k, d_v) ->
    log_totals (..., n_q), context_vecs (..., n_q, d_v)`, as those of
    `scaled_dot_product_attention` but for rounding.

    Raises:
        ValueError: If queries and keys differ in width, keys and values in
            number, the leading dimensions do not fit together, `causal`
            queries outnumber the keys, or anything is empty or not finite.

    Examples:
        Both keys match the query equally well, so the values meet halfway,
        and the total is `exp(0) + exp(0)`:

        >>> attention = tiled_attention(
        ...     [[0.0]], [[1.0], [5.0]], [[2.0], [4.0]]
        ... )
        >>> attention.context_vecs, np.exp(attention.log_totals)
        (array([[3.]]), array([2.]))
    """
    queries, keys, values = _as_heads(queries, keys, values, causal)
    small = _is_small(queries, keys, values)
    batch = batch_of(queries, keys, values)
    n_q, d_v = queries.shape[-2], values.shape[-1]
    context_vecs = np.empty((*batch, n_q, d_v), queries.dtype)
    log_totals = np.empty((*batch, n_q), queries.dtype)
    for i, head in _heads(queries, keys, values):
        log_totals[i], context_vecs[i] = _attend(
            *head, causal=causal, small=small
        )
    return TiledAttention(log_totals, context_vecs)


@guarded
def tiled_attention_backward(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    attention: TiledAttention,
    grad_context_vecs: npt.ArrayLike,
    causal: bool = False,
) -> TiledAttentionGradients:
    """Take the gradient back from the context vectors to Q, K and V.

    `queries (..., n_q, d_k), keys (..., n_k, d_k), values (..., n_k, d_v),
    grad_context_vecs (..., n_q, d_v) -> grad_queries (..., n_q, d_k),
    grad_keys (..., n_k, d_k), grad_values (..., n_k, d_v)`.

    Raises:
        ValueError: As `tiled_attention` does, and if the attention or the
            gradient has another shape than the arguments give.

    Examples:
        >>> queries, keys, values = [[0.0]], [[1.0], [5.0]], [[2.0], [4.0]]
        >>> attention = tiled_attention(queries, keys, values)
        >>> tiled_attention_backward(
        ...     queries, keys, values, attention, grad_context_vecs=[[1.0]]
        ... ).grad_values
        array([[0.5],
               [0.5]])
    """
    queries, keys, values = _as_heads(queries, keys, values, causal)
    require_list("attention", attention, "steps", length=2)
    batch = batch_of(queries, keys, values)
    shape = (*batch, queries.shape[-2], values.shape[-1])
    log_totals = as_gradient("log_totals", attention[0], shape[:-1])
    context_vecs = as_gradient("context_vecs", attention[1], shape)
    grad = as_gradient("grad_context_vecs", grad_context_vecs, shape)
    parts = [
        np.zeros((*batch, *x.shape[-2:]), np.result_type(x, grad))
        for x in (queries, keys, values)
    ]
    for i, (q, k, v) in _heads(queries, keys, values):
        steps = TiledAttention(log_totals[i], context_vecs[i])
        grads = _attend_backward(q, k, v, steps, grad[i], causal=causal)
        for part, of_head in zip(parts, grads, strict=True):
            part[i] = of_head
    return TiledAttentionGradients(
        *(
            sum_to(x.shape, part)
            for x, part in zip((queries, keys, values), parts, strict=True)
        )
    )


@guarded
def tiled_multi_head_attention(
    inputs: npt.ArrayLike, parameters: MultiHead, causal: bool = True
) -> TiledMultiHeadAttention:
    """Split wide projections among the heads, attend in blocks, merge.

    `inputs (..., n, d_in) -> context_vecs (..., n, d_out)`, as those of
    `multi_head_attention` but for rounding; see `TiledMultiHeadAttention`
    for the shapes of the steps that it keeps.

    Raises:
        ValueError: As `multi_head_attention` and `tiled_attention` do.

    Examples:
        One token, two heads, and an output projection that swaps them:

        >>> W, swap = [[1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]
        >>> parameters = MultiHead(W, W, W, swap, [0.0, 0.5], num_heads=2)
        >>> tiled_multi_head_attention([[10.0]], parameters).context_vecs
        array([[20. , 10.5]])
    """
    require_flag("causal", causal)
    heads = _into_heads(inputs, parameters)  # each (..., h, n, head_dim)
    attention = tiled_attention(*heads, causal)
    merged_context_vecs = merge_heads(attention.context_vecs)
    context_vecs = output_projection(merged_context_vecs, *parameters[3:5])
    steps = *heads, *attention, merged_context_vecs
    return TiledMultiHeadAttention(*steps, context_vecs)


@guarded
def tiled_multi_head_attention_backward(
    inputs: npt.ArrayLike,
    parameters: MultiHead,
    attention: TiledMultiHeadAttention,
    grad_context_vecs: npt.ArrayLike,
    causal: bool = True,
) -> MultiHeadAttentionGradients:
    """Take the gradient back through the whole layer, in blocks.

    `inputs (..., n, d_in), grad_context_vecs (..., n, d_out) ->
    grad_inputs (..., n, d_in)` and a gradient for each of the parameters
    but `num_heads`, in its own shape. `causal` as before.

    Raises:
        ValueError: If the shapes do not fit together, or anything is empty,
            ragged or not finite.

    Examples:
        >>> W, W_out = [[1.0, 2.0]], [[3.0], [5.0]]
        >>> parameters = MultiHead(W, W, W, W_out, [0.0], num_heads=2)
        >>> attention = tiled_multi_head_attention([[10.0]], parameters)
        >>> tiled_multi_head_attention_backward(
        ...     [[10.0]], parameters, attention, grad_context_vecs=[[1.0]]
        ... ).grad_W_value
        array([[30., 50.]])
    """
    require_list("attention", attention, "steps", length=7)
    queries, keys, values, *steps, _, _ = attention
    as_finite("head_context_vecs", steps[-1], ndim=2)

    # forward: attention = tiled_attention(queries, keys, values, causal)
    def heads_backward(grad_head_context_vecs: Array) -> tuple[Array, ...]:
        return tiled_attention_backward(
            queries,
            keys,
            values,
            TiledAttention(*steps),
            grad_head_context_vecs,
            causal,
        )  # each (..., h, n, head_dim)

    return _around_heads(
        inputs,
        parameters,
        attention[-2:],
        grad_context_vecs,
        heads_backward,
    )
