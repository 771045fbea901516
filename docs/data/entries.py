"""How each number that the book prints is computed, on lists and on arrays.

`ENTRIES` maps the id of an entry of `book-numbers.json` to a function of a
road: the modules of lists, or their twins on arrays.
"""

from collections.abc import Callable
from math import exp
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

import attnbook.arrays.causal
import attnbook.arrays.multihead
import attnbook.arrays.simple
import attnbook.arrays.trainable
from attnbook import causal, multihead, simple, trainable
from attnbook.multihead import MultiHead
from attnbook.sentence import inputs
from attnbook.torch_random import Generator
from attnbook.trainable import Projections
from attnbook.vectors import dot
from docs.data.printed import book_value


class Road(NamedTuple):
    """The same names, on lists or on arrays."""

    dot: Callable[..., Any]
    simple: ModuleType
    trainable: ModuleType
    causal: ModuleType
    multihead: ModuleType
    over_batch: Callable[[Callable[..., Any], Any], Any]
    """Calls a function of inputs for all members of a batch."""


LISTS = Road(
    dot,
    simple,
    trainable,
    causal,
    multihead,
    lambda function, batch: [function(member) for member in batch],
)
ARRAYS = Road(
    np.dot,
    attnbook.arrays.simple,
    attnbook.arrays.trainable,
    attnbook.arrays.causal,
    attnbook.arrays.multihead,
    lambda function, batch: function(np.array(batch)),
)

# The book's parameters, drawn in its order.


def rand_projections() -> Projections:
    """Sections 3.4.1 and 3.4.2, the first class: uniform numbers."""
    generator = Generator(123)
    return Projections(*(generator.rand(3, 2) for _ in range(3)))


def linear_projections(generator: Generator) -> Projections:
    """One head from linear layers, from width 3 to width 2."""
    return Projections(*(generator.linear(3, 2).weight for _ in range(3)))


def two_heads() -> list[Projections]:
    """Section 3.6.1: head by head."""
    generator = Generator(123)
    return [linear_projections(generator) for _ in range(2)]


def multi_head() -> MultiHead:
    """Section 3.6.2: two heads of width 1, then the output projection."""
    generator = Generator(123)
    projections = linear_projections(generator)
    W_out, b_out = generator.linear(2, 2, bias=True)
    return MultiHead(*projections, W_out, b_out or [], num_heads=2)


# What several entries share.

QUERY = inputs[1]
BATCH = [inputs, inputs]


def first(road: Road) -> Any:
    """The class with uniform weights (3.4)."""
    return road.trainable.self_attention(inputs, rand_projections())


def second(road: Road) -> Any:
    """The class with linear layers (3.4.2), seen again in 3.5.1."""
    projections = linear_projections(Generator(789))
    return road.trainable.self_attention(inputs, projections)


def masked(road: Road) -> Any:
    """The same weights behind a causal mask (3.5.1)."""
    projections = linear_projections(Generator(789))
    return road.causal.causal_attention(inputs, projections)


def seen(road: Road) -> list[list[float]]:
    """1 where a key is seen, 0 where it is hidden: the book's mask."""
    mask = road.causal.causal_mask(6)
    return [[float(not hidden) for hidden in row] for row in mask]


def masked_simple(road: Road) -> list[list[float]]:
    """Weights times mask, not yet normalised again."""
    return [
        [weight * one for weight, one in zip(*rows, strict=True)]
        for rows in zip(second(road).attn_weights, seen(road), strict=True)
    ]


def dropped(road: Road, attn_weights: Any) -> Any:
    """Half of the weights dropped (3.5.2)."""
    keep = Generator(123).dropout_keep(6, 6, 0.5)
    return road.causal.dropout(attn_weights, keep, 0.5)


def causal_batch(road: Road) -> Any:
    """Both texts of the batch through the causal class (3.5.3)."""
    projections = linear_projections(Generator(123))
    attend = road.causal.causal_attention
    return road.over_batch(
        lambda members: attend(members, projections).context_vecs, BATCH
    )


def wrapper_batch(road: Road) -> Any:
    """Both texts through the wrapper of stacked heads (3.6.1)."""
    attend = road.multihead.stacked_heads
    return road.over_batch(
        lambda members: attend(members, two_heads()).context_vecs, BATCH
    )


def multi_head_batch(road: Road) -> Any:
    """Both texts through the class with split heads (3.6.2)."""
    attend = road.multihead.multi_head_attention
    return road.over_batch(
        lambda members: attend(members, multi_head()).context_vecs, BATCH
    )


def products(road: Road) -> Any:
    """Every head of the batch times its own transpose (3.6.2)."""
    attend = road.trainable.scaled_dot_product_attention
    (heads,) = book_value("s362_batched_matmul_input")
    return [[attend(a, a, a).attn_scores for a in heads]]


def shares(numbers: Any) -> Any:
    """Each number divided by the sum of all."""
    return [x / sum(numbers) for x in numbers]


def scores_2(road: Road) -> Any:
    """The scores of *journey* (3.3.1)."""
    return road.simple.attention_scores(QUERY, inputs)


def sum_normalised(road: Road) -> Any:
    """The same, divided by their sum (3.3.1)."""
    return shares(scores_2(road))


def naive_softmax(road: Road) -> Any:
    """A softmax as it is written down (3.3.1)."""
    return shares([exp(score) for score in scores_2(road)])


def weights_2(road: Road) -> Any:
    """The weights of *journey* (3.3.1)."""
    return road.simple.attention_weights(QUERY, inputs)


def rounded_row_2(road: Road) -> Any:
    """The weights of *journey*, rounded as they are printed (3.3.2)."""
    row_2 = road.simple.self_attention(inputs).attn_weights[1]
    return [round(float(weight), 4) for weight in row_2]


ENTRIES: dict[str, Callable[[Road], Any]] = {
    # 3.3.1
    "s331_scores_2": scores_2,
    "s331_dot_loop": lambda road: road.dot(inputs[0], QUERY),
    "s331_dot_torch": lambda road: road.dot(QUERY, inputs[0]),
    "s331_weights_2_sumnorm": sum_normalised,
    "s331_weights_2_sumnorm_sum": lambda road: sum(sum_normalised(road)),
    "s331_weights_2_naive": naive_softmax,
    "s331_weights_2_naive_sum": lambda road: sum(naive_softmax(road)),
    "s331_weights_2_softmax": weights_2,
    "s331_weights_2_softmax_sum": lambda road: sum(weights_2(road)),
    "s331_context_2": lambda road: road.simple.context_vector(
        weights_2(road), inputs
    ),
    # 3.3.2
    "s332_scores_loop": lambda road: [
        [road.dot(x, y) for y in inputs] for x in inputs
    ],
    "s332_scores_matmul": lambda road: (
        road.simple.self_attention(inputs).attn_scores
    ),
    "s332_weights": lambda road: (
        road.simple.self_attention(inputs).attn_weights
    ),
    "s332_row2_sum": lambda road: sum(rounded_row_2(road)),
    "s332_row_sums": lambda road: [
        sum(row) for row in road.simple.self_attention(inputs).attn_weights
    ],
    "s332_context": lambda road: (
        road.simple.self_attention(inputs).context_vecs
    ),
    "s332_context_2_again": lambda road: road.simple.self_attention(
        inputs
    ).context_vecs[1],
    # 3.4.1
    "s341_query_2": lambda road: first(road).queries[1],
    "s341_keys_shape": lambda road: np.shape(first(road).keys),
    "s341_values_shape": lambda road: np.shape(first(road).values),
    "s341_score_22": lambda road: first(road).attn_scores[1][1],
    "s341_scores_2": lambda road: first(road).attn_scores[1],
    "s341_weights_2": lambda road: first(road).attn_weights[1],
    "s341_context_2": lambda road: first(road).context_vecs[1],
    # 3.4.2
    "s342_sa_v1": lambda road: first(road).context_vecs,
    "s342_sa_v2": lambda road: second(road).context_vecs,
    # 3.5.1
    "s351_weights_unmasked": lambda road: second(road).attn_weights,
    "s351_mask_tril": seen,
    "s351_masked_simple": masked_simple,
    "s351_masked_simple_norm": lambda road: [
        shares(row) for row in masked_simple(road)
    ],
    "s351_masked_scores": lambda road: masked(road).attn_scores,
    "s351_weights_masked": lambda road: masked(road).attn_weights,
    # 3.5.2
    "s352_dropout_ones": lambda road: dropped(road, [[1.0] * 6] * 6),
    "s352_dropout_weights": lambda road: dropped(
        road, masked(road).attn_weights
    ),
    # 3.5.3
    "s353_batch_shape": lambda _: np.shape(BATCH),
    "s353_causal": causal_batch,
    "s353_causal_shape": lambda road: np.shape(causal_batch(road)),
    # 3.6.1
    "s361_wrapper": wrapper_batch,
    "s361_wrapper_shape": lambda road: np.shape(wrapper_batch(road)),
    # 3.6.2
    "s362_mha": multi_head_batch,
    "s362_mha_shape": lambda road: np.shape(multi_head_batch(road)),
    "s362_batched_matmul": products,
    "s362_first_head": lambda road: products(road)[0][0],
    "s362_second_head": lambda road: products(road)[0][1],
}
