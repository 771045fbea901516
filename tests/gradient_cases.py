"""Each backward function on drawn numbers, beside its complex steps.

A case takes the module that holds the backward pass, so that it can be given
one with a mistake in it. The upstream gradients are drawn, too: the entries
of a softmax add up to 1 whatever the scores, so an upstream of ones asks for
the gradient of a constant.
"""

from collections.abc import Iterator
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

from hypothesis import strategies as st

from attnbook.causal import causal_attention
from attnbook.multihead import (
    MultiHead,
    multi_head_attention,
    stacked_heads,
)
from attnbook.simple import softmax
from attnbook.trainable import (
    Projections,
    scaled_dot_product_attention,
    self_attention,
)
from attnbook.vectors import Mask, Matrix, Vector
from tests import gradients
from tests.gradients import derivatives, weighted


class Sizes(NamedTuple):
    """The sizes of one call."""

    n: int
    n_k: int
    d_in: int
    d_k: int
    d_v: int
    num_heads: int
    head_dim: int
    d_out: int


SIZES = st.builds(
    Sizes,
    *[st.integers(1, 5)] * 5,
    *[st.integers(1, 3)] * 2,
    st.integers(1, 5),
)
ALL_DIFFERENT = Sizes(4, 5, 3, 2, 7, num_heads=2, head_dim=3, d_out=8)
ALL_ALIKE = Sizes(4, 4, 4, 4, 4, num_heads=2, head_dim=2, d_out=4)
ONE_TOKEN = ALL_DIFFERENT._replace(n=1, n_k=1)

Gradient = tuple[str, Any, Any]  # its name, as expected, as computed


def draw(random: Random, rows: int, columns: int) -> Matrix:
    """Numbers from -1 to 1: scores neither tiny nor saturated."""
    return [draw_row(random, columns) for _ in range(rows)]


def draw_row(random: Random, length: int) -> Vector:
    return [random.uniform(-1, 1) for _ in range(length)]


def draw_mask(random: Random, rows: int, columns: int) -> Mask:
    """A mask that hides about half, but leaves each query a key."""
    mask = [
        [random.random() < 0.5 for _ in range(columns)] for _ in range(rows)
    ]
    for row in mask:
        row[random.randrange(columns)] = False
    return mask


def draw_projections(random: Random, s: Sizes) -> Projections:
    return Projections(
        draw(random, s.d_in, s.d_k),
        draw(random, s.d_in, s.d_k),
        draw(random, s.d_in, s.d_v),
    )


def of_dot(module: ModuleType, random: Random, s: Sizes) -> Iterator[Gradient]:
    x, y = draw_row(random, s.n), draw_row(random, s.n)
    upstream = random.uniform(-1, 1)
    expected = derivatives(
        lambda x, y: upstream * sum(x[j] * y[j] for j in range(s.n)), x, y
    )
    yield from pairs("dot", expected, module.dot_backward(x, y, upstream))


def of_matmul(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    a, b = draw(random, s.n, s.d_in), draw(random, s.d_in, s.d_k)
    gradient = draw(random, s.n, s.d_k)
    expected = derivatives(
        lambda a, b: weighted(gradient, gradients.product(a, b)), a, b
    )
    yield from pairs(
        "matmul", expected, module.matmul_backward(a, b, gradient)
    )


def of_softmax(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    scores, upstream = draw_row(random, s.n_k), draw_row(random, s.n_k)
    (expected,) = derivatives(
        lambda scores: weighted(upstream, gradients.softmax(scores)), scores
    )
    actual = module.softmax_backward(softmax(scores), upstream)
    yield "softmax: grad_scores", expected, actual


def of_scaled_dot_product_attention(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    queries, keys = draw(random, s.n, s.d_k), draw(random, s.n_k, s.d_k)
    values, upstream = draw(random, s.n_k, s.d_v), draw(random, s.n, s.d_v)
    mask = draw_mask(random, s.n, s.n_k)
    attention = scaled_dot_product_attention(queries, keys, values, mask)
    expected = derivatives(
        lambda *qkv: weighted(
            upstream, gradients.attention(*qkv, hidden=mask)
        ),
        queries,
        keys,
        values,
    )
    actual = module.scaled_dot_product_attention_backward(
        queries, keys, values, attention, upstream
    )
    yield from pairs(
        "scaled_dot_product_attention", expected, actual, actual._fields[2:]
    )


def of_self_attention(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    inputs, projections = (
        draw(random, s.n, s.d_in),
        draw_projections(random, s),
    )
    upstream = draw(random, s.n, s.d_v)
    attention = self_attention(inputs, projections)
    hidden = gradients.nothing(s.n, s.n)
    expected = derivatives(
        lambda *all_: weighted(
            upstream, gradients.one_head(*all_, hidden=hidden)
        ),
        inputs,
        *projections,
    )
    actual = module.self_attention_backward(
        inputs, projections, attention, upstream
    )
    yield from pairs("self_attention", expected, actual)


def of_causal_attention(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    inputs, projections = (
        draw(random, s.n, s.d_in),
        draw_projections(random, s),
    )
    upstream = draw(random, s.n, s.d_v)
    keep, p = draw_mask(random, s.n, s.n), random.uniform(0.1, 0.9)
    factors = [[kept / (1 - p) for kept in row] for row in keep]
    hidden = gradients.later(s.n)
    attention = causal_attention(inputs, projections, keep, p)
    expected = derivatives(
        lambda *all_: weighted(
            upstream, gradients.one_head(*all_, hidden=hidden, factors=factors)
        ),
        inputs,
        *projections,
    )
    actual = module.causal_attention_backward(
        inputs, projections, attention, upstream, keep, p
    )
    yield from pairs("causal_attention", expected, actual)


def of_stacked_heads(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    inputs = draw(random, s.n, s.d_in)
    widths = [s.d_v, s.n_k, s.d_out][: s.num_heads]  # a head has its own
    heads = [draw_projections(random, s._replace(d_v=w)) for w in widths]
    upstream = draw(random, s.n, sum(widths))
    causal = random.random() < 0.5
    n = s.n
    hidden = gradients.later(n) if causal else gradients.nothing(n, n)
    attention = stacked_heads(inputs, heads, causal=causal)

    def loss(inputs: Any, *Ws: Any) -> complex:
        total, start = 0j, 0
        for h, width in enumerate(widths):
            own = [row[start : start + width] for row in upstream]
            start += width
            Ws_of_head = Ws[3 * h : 3 * h + 3]
            context = gradients.one_head(inputs, *Ws_of_head, hidden=hidden)
            total += weighted(own, context)
        return total

    actual = module.stacked_heads_backward(inputs, heads, attention, upstream)
    expected = derivatives(loss, inputs, *(W for head in heads for W in head))
    yield "stacked_heads: grad_inputs", expected[0], actual.grad_inputs
    for h, grads in enumerate(actual.grad_heads):
        name = f"stacked_heads: head {h}"
        own = expected[3 * h + 1 : 3 * h + 4]
        yield from pairs(name, own, grads, grads._fields[1:])


def of_multi_head_attention(
    module: ModuleType, random: Random, s: Sizes
) -> Iterator[Gradient]:
    width = s.num_heads * s.head_dim
    inputs, upstream = draw(random, s.n, s.d_in), draw(random, s.n, s.d_out)
    parameters = MultiHead(
        draw(random, s.d_in, width),
        draw(random, s.d_in, width),
        draw(random, s.d_in, width),
        draw(random, width, s.d_out),
        draw_row(random, s.d_out),
        s.num_heads,
    )
    causal = random.random() < 0.5
    n = s.n
    hidden = gradients.later(n) if causal else gradients.nothing(n, n)
    attention = multi_head_attention(inputs, parameters, causal=causal)
    expected = derivatives(
        lambda *all_: weighted(
            upstream,
            gradients.many_heads(*all_, hidden=hidden, num_heads=s.num_heads),
        ),
        inputs,
        *parameters[:5],
    )
    actual = module.multi_head_attention_backward(
        inputs, parameters, attention, upstream
    )
    yield from pairs("multi_head_attention", expected, actual)


CASES = [
    of_dot,
    of_matmul,
    of_softmax,
    of_scaled_dot_product_attention,
    of_self_attention,
    of_causal_attention,
    of_stacked_heads,
    of_multi_head_attention,
]


def pairs(
    name: str, expected: Any, actual: Any, fields: Any = None
) -> Iterator[Gradient]:
    """What is expected beside what a NamedTuple holds, field by field."""
    for field, own in zip(fields or actual._fields, expected, strict=True):
        yield f"{name}: {field}", own, getattr(actual, field)


def wrong(gradients_: Iterator[Gradient]) -> list[str]:
    """The names of the gradients of which an entry or the shape is wrong."""
    return [name for name, *both in gradients_ if not agree(*both)]


def agree(expected: Any, actual: Any) -> bool:
    """Equal in shape and in every entry, but for a few roundings.

    Sums of at most some hundred products, each below 10 or so: 1e-13 is a
    thousand roundings of 1e-16, and 1e-12 relative as many for large ones.
    """
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(
            agree(*entries) for entries in zip(expected, actual, strict=True)
        )
    difference = abs(expected - actual)
    return bool(difference <= 1e-13 + 1e-12 * abs(expected))
