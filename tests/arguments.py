"""An argument for every parameter of the package, by name and annotation.

The list modules are the specification: what a parameter is called there, and
how it is annotated, says what fits it. A function whose parameters are all
known here needs no test data of its own; a new parameter needs one line.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from random import Random
from typing import Any, NamedTuple

from attnbook.backward import MultiHeadAttentionGradients
from attnbook.causal import CausalAttention
from attnbook.learning import Adam, CrossEntropy
from attnbook.multihead import (
    Heads,
    MultiHead,
    MultiHeadAttention,
    StackedHeads,
)
from attnbook.onepass import Part
from attnbook.tasks import (
    Model,
    ModelGradients,
    Prediction,
    Sentence,
    Task,
    fetch,
    reverse,
)
from attnbook.trainable import (
    Projections,
    ScaledDotProductAttention,
    SelfAttention,
)
from attnbook.vectors import Mask, Matrix, Vector


class Sizes(NamedTuple):
    """The sizes of one call, and whether its optional arguments are given."""

    n: int
    n_q: int
    n_k: int
    d_in: int
    d_k: int
    d_v: int
    d_out: int
    num_heads: int
    head_dim: int
    given: bool

    @property
    def width(self) -> int:
        """The width of all heads together."""
        return self.num_heads * self.head_dim


def vector(random: Random, length: int) -> Vector:
    return [random.uniform(-2, 2) for _ in range(length)]


def matrix(random: Random, rows: int, columns: int) -> Matrix:
    return [vector(random, columns) for _ in range(rows)]


def bools(random: Random, rows: int, columns: int) -> Mask:
    return [
        [random.random() < 0.5 for _ in range(columns)] for _ in range(rows)
    ]


def mask(random: Random, rows: int, columns: int) -> Mask:
    """A mask that leaves each query a key."""
    hidden = bools(random, rows, columns)
    for row in hidden:
        row[random.randrange(columns)] = False
    return hidden


def scores(random: Random, rows: int, columns: int) -> Matrix:
    """Scores, some of them hidden."""
    return [
        [-inf if hide else random.uniform(-2, 2) for hide in row]
        for row in mask(random, rows, columns)
    ]


def projections(random: Random, s: Sizes) -> Projections:
    return Projections(
        matrix(random, s.d_in, s.d_k),
        matrix(random, s.d_in, s.d_k),
        matrix(random, s.d_in, s.d_v),
    )


def multi_head(random: Random, s: Sizes) -> MultiHead:
    return MultiHead(
        matrix(random, s.d_in, s.width),
        matrix(random, s.d_in, s.width),
        matrix(random, s.d_in, s.width),
        matrix(random, s.width, s.d_out),
        vector(random, s.d_out),
        s.num_heads,
    )


def of_scaled_dot_product(
    random: Random, s: Sizes
) -> ScaledDotProductAttention:
    return ScaledDotProductAttention(
        scores(random, s.n_q, s.n_k),
        matrix(random, s.n_q, s.n_k),
        matrix(random, s.n_q, s.d_v),
    )


def of_one_head(random: Random, s: Sizes) -> SelfAttention:
    return SelfAttention(
        matrix(random, s.n, s.d_k),
        matrix(random, s.n, s.d_k),
        matrix(random, s.n, s.d_v),
        *of_scaled_dot_product(random, s._replace(n_q=s.n, n_k=s.n)),
    )


def of_causal(random: Random, s: Sizes) -> CausalAttention:
    """Steps with weights dropped if the optional arguments are given."""
    head = of_one_head(random, s)
    weights = matrix(random, s.n, s.n) if s.given else head.attn_weights
    return CausalAttention(*head[:5], weights, head.context_vecs)


def of_stacked_heads(random: Random, s: Sizes) -> StackedHeads:
    """Heads that see later tokens or do not."""
    make = of_one_head if s.given else of_causal
    return StackedHeads(
        [make(random, s) for _ in range(s.num_heads)],
        matrix(random, s.n, s.num_heads * s.d_v),
    )


def of_multi_head(random: Random, s: Sizes) -> MultiHeadAttention:
    head = s._replace(d_k=s.head_dim, d_v=s.head_dim)
    heads = [of_one_head(random, head) for _ in range(s.num_heads)]
    return MultiHeadAttention._make(
        [
            *map(list, zip(*heads, strict=True)),
            matrix(random, s.n, s.width),
            matrix(random, s.n, s.d_out),
        ]
    )


def part(random: Random, s: Sizes) -> Part:
    """What is left of some keys, all of them hidden or not."""
    if s.given:
        return Part(-inf, 0.0, [0.0] * s.d_v)
    return Part(
        random.uniform(-2, 2), random.uniform(1, 9), vector(random, s.d_v)
    )


def sentence(random: Random, s: Sizes) -> Sentence:
    return [random.randrange(s.n) for _ in range(s.n)]


def sentences(random: Random, s: Sizes) -> list[Sentence]:
    return [sentence(random, s) for _ in range(s.n_q)]


def model(random: Random, s: Sizes) -> Model:
    layer = multi_head(random, s._replace(d_in=s.width, d_out=s.n))
    tokens, positions = (matrix(random, s.n, s.width) for _ in range(2))
    return Model(tokens, positions, layer)


def weights_of_model(random: Random, s: Sizes) -> Vector:
    count = 3 * s.n * s.width + 3 * s.width**2 + s.n
    return vector(random, count)


def prediction(random: Random, s: Sizes) -> Prediction:
    return Prediction(
        matrix(random, s.n, s.width),
        of_multi_head(random, s._replace(d_out=s.n)),
        matrix(random, s.n, s.n),
    )


def model_gradients(random: Random, s: Sizes) -> ModelGradients:
    tokens, positions, layer = model(random, s)
    inputs = matrix(random, s.n, s.width)
    return ModelGradients(
        tokens, positions, MultiHeadAttentionGradients(inputs, *layer[:5])
    )


def of_cross_entropy(random: Random, s: Sizes) -> CrossEntropy:
    return CrossEntropy(matrix(random, s.n, s.d_out), random.uniform(0, 2))


def state(random: Random, s: Sizes) -> Adam:
    """What is remembered after some steps, or before the first."""
    if not s.given:
        return Adam.start(s.n)
    squares = [entry**2 for entry in vector(random, s.n)]
    return Adam(3, vector(random, s.n), squares)


def seen_part(random: Random, s: Sizes) -> Part:
    return part(random, s._replace(given=False))


Key = tuple[str, object]
Make = Callable[[Random, Sizes], Any]

# What each member of a batch has of its own.
BATCHED: dict[Key, Make] = {
    ("attn_scores", Matrix): lambda r, s: scores(r, s.n_q, s.n_k),
    ("attn_weights", Matrix): lambda r, s: matrix(r, s.n, s.n),
    ("attn_weights", Vector): lambda r, s: vector(r, s.n),
    ("heads", Heads): lambda r, s: [
        matrix(r, s.n, s.head_dim) for _ in range(s.num_heads)
    ],
    ("inputs", Matrix): lambda r, s: matrix(r, s.n, s.d_in),
    ("keep", Mask): lambda r, s: bools(r, s.n, s.n),
    ("keep", Mask | None): lambda r, s: (
        bools(r, s.n, s.n) if s.given else None
    ),
    ("keys", Matrix): lambda r, s: matrix(r, s.n_k, s.d_k),
    ("mask", Mask): lambda r, s: mask(r, s.n_q, s.n_k),
    ("mask", Mask | None): lambda r, s: (
        mask(r, s.n_q, s.n_k) if s.given else None
    ),
    ("queries", Matrix): lambda r, s: matrix(r, s.n_q, s.d_k),
    ("query", Vector): lambda r, s: vector(r, s.d_in),
    ("scores", Vector): lambda r, s: scores(r, 1, s.n)[0],
    ("sentence", Sentence): sentence,
    ("prediction", Prediction): prediction,
    ("grad_logits", Matrix): lambda r, s: matrix(r, s.n, s.n),
    ("cross_entropy", CrossEntropy): of_cross_entropy,
    ("logits", Matrix): lambda r, s: matrix(r, s.n, s.d_out),
    ("state", Adam): state,
    ("targets", Sequence[int]): lambda r, s: [
        r.randrange(s.d_out) for _ in range(s.n)
    ],
    ("embeddings", Matrix): lambda r, s: matrix(r, s.n, s.width),
    ("embeddings_backward.sentence", Sequence[int]): lambda r, s: [
        r.randrange(s.n) for _ in range(s.n_q)
    ],
    ("grad_inputs", Matrix): lambda r, s: matrix(r, s.n_q, s.width),
    ("one", Part): seen_part,
    ("other", Part): part,
    ("part", Part): seen_part,
    ("part_of.values", Matrix): lambda r, s: matrix(r, s.n, s.d_v),
    ("values", Matrix): lambda r, s: matrix(r, s.n_k, s.d_v),
    ("vectors", Matrix): lambda r, s: matrix(r, s.n, s.width),
    ("weights", Vector): lambda r, s: vector(r, s.n),
    ("x", Vector): lambda r, s: vector(r, s.n),
    ("y", Vector): lambda r, s: vector(r, s.n),
    ("a", Matrix): lambda r, s: matrix(r, s.n, s.d_in),
    ("add.b", Matrix): lambda r, s: matrix(r, s.n, s.d_in),
    ("largest_difference.b", Matrix): lambda r, s: matrix(r, s.n, s.d_in),
    ("b", Matrix): lambda r, s: matrix(r, s.d_in, s.d_out),
    ("attention", ScaledDotProductAttention): of_scaled_dot_product,
    ("attention", SelfAttention): of_one_head,
    ("attention", CausalAttention): of_causal,
    ("attention", StackedHeads): of_stacked_heads,
    ("attention", MultiHeadAttention): of_multi_head,
    ("grad_product", float): lambda r, _: r.uniform(-2, 2),
    ("grad_product", Matrix): lambda r, s: matrix(r, s.n, s.d_out),
    ("grad_weights", Vector): lambda r, s: vector(r, s.n),
    ("grad_attn_weights", Matrix): lambda r, s: matrix(r, s.n, s.n),
    ("grad_mixing_weights", Matrix): lambda r, s: matrix(r, s.n, s.n),
    ("grad_context_vecs", Matrix): lambda r, s: matrix(r, s.n, s.d_v),
    ("grad_queries", Matrix): lambda r, s: matrix(r, s.n, s.d_k),
    ("grad_keys", Matrix): lambda r, s: matrix(r, s.n, s.d_k),
    ("grad_values", Matrix): lambda r, s: matrix(r, s.n, s.d_v),
    ("query_key_backward.attn_weights", Matrix): lambda r, s: matrix(
        r, s.n_q, s.n_k
    ),
    ("query_key_backward.grad_attn_weights", Matrix): lambda r, s: matrix(
        r, s.n_q, s.n_k
    ),
    (
        "scaled_dot_product_attention_backward.grad_context_vecs",
        Matrix,
    ): lambda r, s: matrix(r, s.n_q, s.d_v),
    (
        "stacked_heads_backward.grad_context_vecs",
        Matrix,
    ): lambda r, s: matrix(r, s.n, s.num_heads * s.d_v),
    (
        "output_projection_backward.grad_context_vecs",
        Matrix,
    ): lambda r, s: matrix(r, s.n, s.d_out),
    (
        "multi_head_attention_backward.grad_context_vecs",
        Matrix,
    ): lambda r, s: matrix(r, s.n, s.d_out),
}

# What a whole batch shares.
SHARED: dict[Key, Make] = {
    ("W_out", Matrix): lambda r, s: matrix(r, s.width, s.d_out),
    ("b_out", Vector): lambda r, s: vector(r, s.d_out),
    ("causal", bool): lambda _, s: s.given,
    ("d_k", int): lambda _, s: s.d_k,
    ("heads", Sequence[Projections]): lambda r, s: [
        projections(r, s) for _ in range(s.num_heads)
    ],
    ("model", Model): model,
    ("task", Task): lambda r, _: r.choice([reverse, fetch]),
    ("sentences", Sequence[Sentence]): sentences,
    ("batches", Iterable[Sequence[Sentence]]): lambda r, s: [
        sentences(r, s) for _ in range(3)
    ],
    ("grads", ModelGradients): model_gradients,
    ("with_weights.weights", Vector): weights_of_model,
    ("grad_loss", float): lambda r, _: r.uniform(-2, 2),
    ("rate", float): lambda r, _: r.uniform(0, 1),
    ("num_heads", int): lambda _, s: s.num_heads,
    ("num_tokens", int): lambda _, s: s.n,
    ("p", float): lambda r, s: r.choice([0.2, 0.5, 1.0]) if s.given else 0.0,
    ("parameters", MultiHead): multi_head,
    ("projections", Projections): projections,
}
