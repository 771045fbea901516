"""Multi-head attention, in NumPy (section 3.6).

The twin of `attnbook.multihead`, which says what each function means: where
it takes `(n, d)`, this also takes `(..., n, d)`, and `(..., h, n, head_dim)`
for heads. Weights have no such leading dimensions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from attnbook.arrays._guard import guarded
from attnbook.arrays._shapes import Array, require_heads, require_stack
from attnbook.arrays._validate import (
    as_finite,
    as_weights,
    require_multi_head,
)
from attnbook.arrays.causal import (
    CausalAttention,
    causal_attention,
    causal_mask,
)
from attnbook.arrays.trainable import (
    Projections,
    SelfAttention,
    project,
    scaled_dot_product_attention,
    self_attention,
)
from attnbook.require import require_flag


class StackedHeads(NamedTuple):
    """Every head of `stacked_heads`, and their context vectors in a row."""

    heads: list[SelfAttention | CausalAttention]
    """Every step of each head, one attention for each."""
    context_vecs: Array
    """The heads' context vectors side by side: `(..., n, h * d_v)`."""


class MultiHead(NamedTuple):
    """The parameters of `multi_head_attention`."""

    W_query: npt.ArrayLike
    """The query weights of all heads side by side: `(d_in, d_out)`."""
    W_key: npt.ArrayLike
    """The key weights of all heads side by side: `(d_in, d_out)`."""
    W_value: npt.ArrayLike
    """The value weights of all heads side by side: `(d_in, d_out)`."""
    W_out: npt.ArrayLike
    """Mixes what the heads found: `(d_out, d_out)`."""
    b_out: npt.ArrayLike
    """Is added to every context vector: `(d_out,)`."""
    num_heads: int
    """`h`, which divides `d_out`."""


class MultiHeadAttention(NamedTuple):
    """Every step of `multi_head_attention`, in the order it is taken."""

    queries: Array
    """What each token asks, by head: `(..., h, n, head_dim)`."""
    keys: Array
    """What each token is found by, by head: `(..., h, n, head_dim)`."""
    values: Array
    """What each token has to give, by head: `(..., h, n, head_dim)`."""
    attn_scores: Array
    """Each query with each key, unscaled: `(..., h, n, n)`; -inf if hidden."""
    attn_weights: Array
    """The scaled scores after softmax: `(..., h, n, n)`, rows sum to 1."""
    head_context_vecs: Array
    """The values mixed by the weights, by head: `(..., h, n, head_dim)`."""
    merged_context_vecs: Array
    """The heads side by side again: `(..., n, d_out)`."""
    context_vecs: Array
    """The merged vectors after the output projection: `(..., n, d_out)`."""


@guarded
def split_heads(vectors: npt.ArrayLike, num_heads: int) -> Array:
    """Cut every vector into equal pieces, one for each head.

    Examples:
        Two tokens, two heads:

        >>> split_heads([[1, 2, 3, 4], [5, 6, 7, 8]], num_heads=2)
        array([[[1., 2.],
                [5., 6.]],
        <BLANKLINE>
               [[3., 4.],
                [7., 8.]]])
    """
    vectors = as_finite("vectors", vectors, ndim=2)
    require_heads("vectors", vectors, num_heads)
    *batch, n, d_out = vectors.shape
    by_token = vectors.reshape(*batch, n, num_heads, d_out // num_heads)
    return by_token.swapaxes(-3, -2).copy()  # (..., h, n, head_dim)


@guarded
def merge_heads(heads: npt.ArrayLike) -> Array:
    """Put the heads' vectors side by side: what `split_heads` cut.

    Examples:
        >>> merge_heads([[[1, 2], [5, 6]], [[3, 4], [7, 8]]])
        array([[1., 2., 3., 4.],
               [5., 6., 7., 8.]])
    """
    heads = as_finite("heads", heads, ndim=3)
    *batch, num_heads, n, head_dim = heads.shape
    by_token = heads.swapaxes(-3, -2).copy()  # (..., n, h, head_dim)
    return by_token.reshape(*batch, n, num_heads * head_dim)


@guarded
def stacked_heads(
    inputs: npt.ArrayLike, heads: Sequence[Projections], causal: bool = True
) -> StackedHeads:
    """Run every head by itself, then put the results side by side.

    Examples:
        One token has only itself to attend to, so each head gives its value:

        >>> first = Projections([[1.0]], [[1.0]], [[10.0]])
        >>> second = Projections([[1.0]], [[1.0]], [[100.0]])
        >>> stacked_heads([[5.0]], [first, second]).context_vecs
        array([[ 50., 500.]])
    """
    require_stack(heads)
    require_flag("causal", causal)
    attend = causal_attention if causal else self_attention
    attentions = [attend(inputs, projections) for projections in heads]
    context_vecs = [attention.context_vecs for attention in attentions]
    return StackedHeads(attentions, np.concatenate(context_vecs, axis=-1))


@guarded
def output_projection(
    vectors: npt.ArrayLike, W_out: npt.ArrayLike, b_out: npt.ArrayLike
) -> Array:
    """Mix the entries of every vector, then add the bias.

    Examples:
        Swap the two entries, and add a half to the second:

        >>> swap = [[0.0, 1.0], [1.0, 0.0]]
        >>> output_projection([[1.0, 2.0]], swap, [0.0, 0.5])
        array([[2. , 1.5]])
    """
    vectors = as_finite("vectors", vectors, ndim=2)
    W_out = as_weights("W_out", W_out, rows=vectors.shape[-1])
    b_out = as_finite("b_out", b_out, ndim=1)
    d_out = W_out.shape[-1]
    if b_out.shape != (d_out,):
        raise ValueError(f"b_out must be ({d_out},), got {b_out.shape}")
    return vectors @ W_out + b_out  # (..., n, d_in) @ (d_in, d_out)


@guarded
def multi_head_attention(
    inputs: npt.ArrayLike, parameters: MultiHead, causal: bool = True
) -> MultiHeadAttention:
    """Split wide projections among the heads, attend, merge, project.

    Examples:
        One token, two heads, and an output projection that swaps them:

        >>> W, swap = [[1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]
        >>> parameters = MultiHead(W, W, W, swap, [0.0, 0.5], num_heads=2)
        >>> multi_head_attention([[10.0]], parameters).context_vecs
        array([[20. , 10.5]])
    """
    require_flag("causal", causal)
    queries, keys, values = _into_heads(inputs, parameters)
    mask = causal_mask(queries.shape[-2]) if causal else None  # (n, n)
    attention = scaled_dot_product_attention(queries, keys, values, mask)
    merged_context_vecs = merge_heads(attention.context_vecs)
    context_vecs = output_projection(merged_context_vecs, *parameters[3:5])
    return MultiHeadAttention(
        queries,
        keys,
        values,
        *attention,
        merged_context_vecs,
        context_vecs,
    )


def _into_heads(
    inputs: npt.ArrayLike, parameters: MultiHead
) -> tuple[Array, Array, Array]:
    """Project, and split each projection: `(..., h, n, head_dim)`."""
    require_multi_head(parameters)
    *W_qkv, _, _, num_heads = parameters
    queries, keys, values = (
        split_heads(projected, num_heads)
        for projected in project(inputs, Projections(*W_qkv))
    )
    return queries, keys, values
