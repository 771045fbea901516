"""Multi-head attention: several attentions side by side (section 3.6).

Legend: `n` tokens, `h` heads. Either every head has its own three weight
matrices, and the heads are stacked; or all share three wide ones, whose
`d_out` columns are split among the heads: `head_dim = d_out / h` for each.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from attnbook.causal import CausalAttention, _causal_attention, _until_itself
from attnbook.require import (
    require_count,
    require_flag,
    require_head,
    require_in_range,
    require_list,
    require_matrix,
    require_projections,
    require_vector,
)
from attnbook.trainable import (
    Projections,
    SelfAttention,
    _project,
    _scaled_dot_product_attention,
    _self_attention,
)
from attnbook.vectors import Matrix, Vector, _matmul

Heads: TypeAlias = list[Matrix]


class StackedHeads(NamedTuple):
    """Every head of `stacked_heads`, and their context vectors in a row."""

    heads: list[SelfAttention | CausalAttention]
    """Every step of each head, one attention for each."""
    context_vecs: Matrix
    """The heads' context vectors side by side: `(n, h * d_v)`."""


class MultiHead(NamedTuple):
    """The parameters of `multi_head_attention`."""

    W_query: Matrix
    """The query weights of all heads side by side: `(d_in, d_out)`."""
    W_key: Matrix
    """The key weights of all heads side by side: `(d_in, d_out)`."""
    W_value: Matrix
    """The value weights of all heads side by side: `(d_in, d_out)`."""
    W_out: Matrix
    """Mixes what the heads found: `(d_out, d_out)`."""
    b_out: Vector
    """Is added to every context vector: `(d_out,)`."""
    num_heads: int
    """`h`, which divides `d_out`."""


class MultiHeadAttention(NamedTuple):
    """Every step of `multi_head_attention`, in the order it is taken."""

    queries: Heads
    """What each token asks, by head: `(h, n, head_dim)`."""
    keys: Heads
    """What each token is found by, by head: `(h, n, head_dim)`."""
    values: Heads
    """What each token has to give, by head: `(h, n, head_dim)`."""
    attn_scores: Heads
    """Each query with each key, unscaled: `(h, n, n)`; -inf if hidden."""
    attn_weights: Heads
    """The scaled scores after softmax: `(h, n, n)`, rows sum to 1."""
    head_context_vecs: Heads
    """The values mixed by the weights, by head: `(h, n, head_dim)`."""
    merged_context_vecs: Matrix
    """The heads side by side again: `(n, d_out)`."""
    context_vecs: Matrix
    """The merged vectors after the output projection: `(n, d_out)`."""


def split_heads(vectors: Matrix, num_heads: int) -> Heads:
    """Cut every vector into equal pieces, one for each head.

    `vectors (n, d_out) -> heads (h, n, head_dim)`. The first head gets the
    first `head_dim` columns, the next head the next ones.

    Raises:
        ValueError: If `num_heads` does not divide the width of the vectors.

    Examples:
        Two tokens, two heads:

        >>> split_heads([[1, 2, 3, 4], [5, 6, 7, 8]], num_heads=2)
        [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]

    Book: section 3.6.2.
    """
    _require_heads("vectors", vectors, num_heads)
    return _split_heads(vectors, num_heads)


def _split_heads(vectors: Matrix, num_heads: int) -> Heads:
    d_out = len(vectors[0])
    head_dim = d_out // num_heads
    starts = range(0, d_out, head_dim)  # one per head
    return [[row[i : i + head_dim] for row in vectors] for i in starts]


def merge_heads(heads: Heads) -> Matrix:
    """Put the heads' vectors side by side: what `split_heads` cut.

    `heads (h, n, head_dim) -> (n, h * head_dim)`.

    Raises:
        ValueError: If the heads differ in their number of rows.

    Examples:
        >>> merge_heads([[[1, 2], [5, 6]], [[3, 4], [7, 8]]])
        [[1, 2, 3, 4], [5, 6, 7, 8]]

    Book: section 3.6.2.
    """
    require_list("heads", heads, "matrices")
    require_matrix("heads[0]", heads[0])
    for i, head in enumerate(heads):
        require_matrix(f"heads[{i}]", head, rows=len(heads[0]))
    return _merge_heads(heads)


def _merge_heads(heads: Heads) -> Matrix:
    return [
        [entry for row in rows for entry in row]
        for rows in zip(*heads, strict=True)
    ]


def stacked_heads(
    inputs: Matrix, heads: Sequence[Projections], causal: bool = True
) -> StackedHeads:
    """Run every head by itself, then put the results side by side.

    `inputs (n, d_in) -> context_vecs (n, h * d_v)`, each of the `h` heads
    contributing its own `d_v` columns.

    Raises:
        ValueError: If `heads` is not a list of projections that fit the
            inputs, or anything is empty, ragged or not a finite number.

    Examples:
        One token has only itself to attend to, so each head gives its value:

        >>> first = Projections([[1.0]], [[1.0]], [[10.0]])
        >>> second = Projections([[1.0]], [[1.0]], [[100.0]])
        >>> stacked_heads([[5.0]], [first, second]).context_vecs
        [[50.0, 500.0]]

    Book: section 3.6.1.
    """
    require_flag("causal", causal)
    require_matrix("inputs", inputs)
    require_list("heads", heads, "projections")
    for i, projections in enumerate(heads):
        require_head(f"heads[{i}]", inputs, projections)
    stacked = _stacked_heads(inputs, heads, causal)
    for attention in stacked.heads:
        require_in_range("inputs, heads", attention)
    return stacked


def _stacked_heads(
    inputs: Matrix, heads: Sequence[Projections], causal: bool
) -> StackedHeads:
    attentions: list[SelfAttention | CausalAttention] = [  # 1: every head
        _causal_attention(inputs, projections, None, p=0.0)
        if causal
        else _self_attention(inputs, projections)
        for projections in heads
    ]
    context_vecs = [attention.context_vecs for attention in attentions]
    return StackedHeads(attentions, _merge_heads(context_vecs))  # 2


def output_projection(vectors: Matrix, W_out: Matrix, b_out: Vector) -> Matrix:
    """Mix the entries of every vector, then add the bias.

    `vectors (n, d_in), W_out (d_in, d_out), b_out (d_out,) -> (n, d_out)`.
    Here is where what one head found first meets what another did.

    Raises:
        ValueError: If vectors and W_out, or W_out and b_out, do not fit
            together, or anything is empty, ragged or not a finite number.

    Examples:
        Swap the two entries, and add a half to the second:

        >>> output_projection(
        ...     [[1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]], [0.0, 0.5]
        ... )
        [[2.0, 1.5]]

    Book: section 3.6.2.
    """
    require_matrix("vectors", vectors)
    require_matrix("W_out", W_out, rows=len(vectors[0]))
    require_vector("b_out", b_out, length=len(W_out[0]))
    projected = _output_projection(vectors, W_out, b_out)
    return require_in_range("vectors, W_out, b_out", projected, "result")


def _output_projection(
    vectors: Matrix, W_out: Matrix, b_out: Vector
) -> Matrix:
    mixed = _matmul(vectors, W_out)  # 1: (n, d_in) @ (d_in, d_out)
    return [  # 2: (n, d_out)
        [x + b for x, b in zip(row, b_out, strict=True)] for row in mixed
    ]


def _require_heads(name: str, matrix: Matrix, num_heads: int) -> None:
    """Refuse columns that cannot be shared out equally among the heads."""
    require_matrix(name, matrix)
    require_count("num_heads", num_heads)
    n, d_out = len(matrix), len(matrix[0])
    if d_out % num_heads:
        raise ValueError(
            f"{name} must be ({n}, d_out) with d_out divisible by "
            f"num_heads = {num_heads}, got ({n}, {d_out})"
        )


def multi_head_attention(
    inputs: Matrix, parameters: MultiHead, causal: bool = True
) -> MultiHeadAttention:
    """Split wide projections among the heads, attend, merge, project.

    `inputs (n, d_in) -> context_vecs (n, d_out)`; see `MultiHeadAttention`
    for the shapes of the steps between.

    Raises:
        ValueError: If `num_heads` does not divide `d_out`, a weight matrix
            does not fit, or anything is empty, ragged or not a finite number.

    Examples:
        One token, two heads, and an output projection that swaps them:

        >>> W, swap = [[1.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]
        >>> parameters = MultiHead(W, W, W, swap, [0.0, 0.5], num_heads=2)
        >>> attention = multi_head_attention([[10.0]], parameters)
        >>> attention.merged_context_vecs, attention.context_vecs
        ([[10.0, 20.0]], [[20.0, 10.5]])

    Book: section 3.6.2.
    """
    _require_parameters(inputs, parameters)
    require_flag("causal", causal)
    attention = _multi_head_attention(inputs, parameters, causal)
    return require_in_range("inputs, parameters", attention)


def _require_parameters(
    inputs: Matrix, parameters: MultiHead, name: str = "parameters"
) -> None:
    """Refuse parameters that do not fit the inputs or each other."""
    require_list(name, parameters, "parameters", length=6)
    W_query, W_key, W_value, W_out, b_out, num_heads = parameters
    _require_heads("W_query", W_query, num_heads)
    _require_heads("W_value", W_value, num_heads)
    require_projections(inputs, Projections(W_query, W_key, W_value))
    require_matrix("W_out", W_out, rows=len(W_value[0]))
    require_vector("b_out", b_out, length=len(W_out[0]))


def _multi_head_attention(
    inputs: Matrix, parameters: MultiHead, causal: bool
) -> MultiHeadAttention:
    W_query, W_key, W_value, W_out, b_out, num_heads = parameters
    projected = _project(inputs, Projections(W_query, W_key, W_value))  # 1
    split = [_split_heads(vectors, num_heads) for vectors in projected]  # 2
    queries, keys, values = split  # each (h, n, head_dim)

    mask = _until_itself(len(inputs)) if causal else None
    attentions = [  # 3: each head (n, head_dim)
        _scaled_dot_product_attention(*head, mask)
        for head in zip(queries, keys, values, strict=True)
    ]
    attn_scores, attn_weights, head_context_vecs = map(
        list, zip(*attentions, strict=True)
    )
    merged_context_vecs = _merge_heads(head_context_vecs)  # 4: (n, d_out)
    context_vecs = _output_projection(merged_context_vecs, W_out, b_out)  # 5
    return MultiHeadAttention(
        queries,
        keys,
        values,
        attn_scores,
        attn_weights,
        head_context_vecs,
        merged_context_vecs,
        context_vecs,
    )
