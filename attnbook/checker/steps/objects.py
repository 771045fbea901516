"""What an object with weights is asked, and in which sizes.

A bias is a row more of the weights, for a column of ones beside the inputs;
without an output projection the heads are mixed by the identity. So every
object is one of the steps, and whatever answers a step answers it, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from attnbook.checker.steps.cases import (
    Values,
    draw_multi_head,
    draw_projected,
    key_heads,
    weights,
    with_key_heads,
)
from attnbook.checker.steps.step import (
    HEADS_SIZES,
    PROJECTED_SIZES,
    PROJECTIONS,
    Canonical,
    Form,
    Step,
)
from attnbook.checker.steps.table import step_named
from attnbook.vectors import Matrix, Vector, matmul

BIASES = {"W_query": "b_query", "W_key": "b_key", "W_value": "b_value"}
SINGLE = ("trainable_self_attention", "causal_attention")


class Parts(NamedTuple):
    """What an object has beside its three projections."""

    biases: tuple[str, ...] = ()
    """The projections that have one."""
    out: bool = False
    out_bias: bool = False
    heads: bool = False
    causal: bool = False
    shared: int = 1
    """How many heads of queries share one of keys and values; 0 for all."""


def step_of(parts: Parts) -> Step:
    """The step that an object with these parts is."""
    if parts.heads or parts.out:
        name = (
            "multi_head_attention"
            if parts.causal
            else ("full_multi_head_attention")
        )
        if parts.causal and not parts.out:
            name = "stacked_heads"
    else:
        name = SINGLE[parts.causal]
    return step_named(name)


def form_of(step: Step, parts: Parts) -> Form:
    """The roles of an object's weights, and what is right for them."""

    def answer(f: Canonical, case: Values) -> Any:  # noqa: ANN401
        case = _served(case)
        inputs, projections = _biased(case, parts)
        if step.name in SINGLE:
            return f(inputs, *projections)
        heads = case["num_heads"]
        if step.name == "stacked_heads":
            return f(inputs, _by_head(projections, heads))
        return f(inputs, *projections, *_mixing(case, parts), heads)

    return Form(tuple(_roles(step, parts)), answer)


def _roles(step: Step, parts: Parts) -> Iterator[str]:
    """What is drawn for an object, and shown where it differs."""
    yield from ("inputs", *PROJECTIONS)
    yield from (BIASES[weights] for weights in parts.biases)
    yield from ["W_out"] * parts.out + ["b_out"] * parts.out_bias
    yield from ["num_heads"] * (step.name not in SINGLE)
    yield from ["key_heads"] * (parts.shared > 1)


def _served(case: Values) -> Values:
    """The same with keys and values for every head, if some are shared."""
    served = serving(case)
    if len(served) == key_heads(case):
        return case
    found = dict(case)
    for name in ("W_key", "W_value"):
        order = case.get("orders", {}).get(name, served)
        width = len(case[name][0]) // key_heads(case)
        found[name] = [_in_order(row, order, width) for row in case[name]]
        found[BIASES[name]] = _in_order(case[BIASES[name]], order, width)
    return found


def serving(case: Values) -> list[int]:
    """Of each head of queries which head of keys and values serves it.

    Neighbours share one. A case may hold other `orders`, to see whether an
    attention follows those.
    """
    heads = case.get("num_heads", 1)
    return [head * key_heads(case) // heads for head in range(heads)]


def _in_order(row: Vector, order: Sequence[int], width: int) -> Vector:
    """The columns of those heads, side by side."""
    return [entry for k in order for entry in row[k * width :][:width]]


def key_heads_of(heads: int, shared: int) -> int:
    """How many heads of keys there are for so many heads of queries."""
    return max(1, heads // shared) if shared else 1


def _biased(case: Values, parts: Parts) -> tuple[Matrix, list[Matrix]]:
    """Inputs and projections, a bias as a row for a column of ones."""
    if not parts.biases:
        return case["inputs"], [case[name] for name in PROJECTIONS]
    inputs = [[*row, 1.0] for row in case["inputs"]]
    return inputs, [
        [*case[name], _bias(case, name, parts)] for name in PROJECTIONS
    ]


def _bias(case: Values, name: str, parts: Parts) -> list[float]:
    """A projection's bias; zeros where it has none."""
    if name in parts.biases:
        return list(case[BIASES[name]])
    return [0.0] * len(case[name][0])


def _mixing(case: Values, parts: Parts) -> tuple[Matrix, list[float]]:
    """The output projection; the identity where there is none."""
    d_out = len(case["W_value"][0])
    W_out: Matrix = case["W_out"]
    if not parts.out:
        W_out = [[float(i == j) for j in range(d_out)] for i in range(d_out)]
    zeros = [0.0] * len(W_out[0])
    return W_out, list(case["b_out"]) if parts.out_bias else zeros


def _by_head(projections: Sequence[Matrix], heads: int) -> list[list[Matrix]]:
    """The columns of each head, projection by projection."""
    width = len(projections[0][0]) // heads
    return [
        [[row[h * width : (h + 1) * width] for row in W] for W in projections]
        for h in range(heads)
    ]


def _crossed(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Queries from the inputs, keys and values from the context."""
    sources = case["inputs"], case["context"], case["context"]
    pairs = zip(sources, PROJECTIONS, strict=True)
    return f(*(matmul(source, case[name]) for source, name in pairs))


CROSS = Form(("inputs", "context", *PROJECTIONS), _crossed)


def across() -> Step:
    """Attention from one sentence to another, with projections."""

    def draw(rng: Random, n: int, keys: int, **widths: int) -> Values:
        context = draw_projected(rng, keys, **widths)["inputs"]
        return {**draw_projected(rng, n, **widths), "context": context}

    axes = {"n": (1, 2, 4), "keys": (1, 3), "d_in": (1, 5), "d_k": (1, 2),
            "d_v": (1, 6)}  # fmt: skip
    step = step_named("scaled_dot_product_attention")
    return step._replace(draw=draw, axes=axes, large="")


class Widths(NamedTuple):
    """Which widths an object lets differ."""

    square: bool = False
    """The inputs are as wide as all heads together."""
    own_values: bool = False
    """The values have a width of their own."""
    back: bool = False
    """The output projection leads back to the width of the inputs."""
    even: bool = False
    """A head is even, as pairs of its entries are turned."""
    wide: bool = False
    """Each head is as wide as the inputs."""
    shared: int = 1
    """How many heads of queries share one of keys and values; 0 for all."""


def sized(step: Step, widths: Widths, heads: Sequence[int] = ()) -> Step:
    """The step in those sizes that an object can be made in."""
    single = step.name in SINGLE
    axes = _axes(widths, heads, single=single)

    def draw(rng: Random, n: int, **sizes: int) -> Values:
        return _drawn(rng, n, sizes, widths, single=single)

    return step._replace(draw=draw, axes=axes, shared=widths.shared)


def _axes(
    widths: Widths, heads: Sequence[int], *, single: bool
) -> Mapping[str, Sequence[int]]:
    """The sizes, as far as the widths let them differ."""
    axes = dict(PROJECTED_SIZES if single else HEADS_SIZES)
    if widths.shared > 1:
        axes["heads"] = (1, 2, 4, 6)
    if heads:
        axes["heads"] = tuple(heads)
    if heads and min(heads) > _NARROW_FROM:
        axes["head_dim"] = (1, 2)
    if widths.even:
        axes |= dict.fromkeys({"d_k", "head_dim"} & axes.keys(), (2, 4))
    if single and not widths.own_values:
        axes = {"n": axes["n"], "d_in": axes["d_in"], "d_out": axes["d_k"]}
    if widths.square or widths.wide:
        del axes["d_in"]
        axes = {k: v for k, v in axes.items() if k != "d_v"}
    return axes


_NARROW_FROM = 4
"""Where there are always more heads than that, each of them is narrow."""


def _drawn(
    rng: Random, n: int, sizes: Mapping[str, int], widths: Widths, *,
    single: bool,
) -> Values:  # fmt: skip
    """Tokens, weights and biases in sizes that belong together."""
    if single:
        d_k = sizes.get("d_out") or sizes["d_k"]
        d_in, d_v = sizes.get("d_in", d_k), sizes.get("d_v", d_k)
        return draw_projected(rng, n, d_in, d_k, d_v) | {"num_heads": 1}
    heads, head_dim = sizes["heads"], sizes["head_dim"]
    d_in = sizes.get("d_in", head_dim * (1 if widths.wide else heads))
    values = draw_multi_head(rng, n, d_in, heads, head_dim)
    if widths.shared != 1:
        count = key_heads_of(heads, widths.shared)
        values = with_key_heads(values, count)
    return values | (leading_back(rng, values) if widths.back else {})


def leading_back(rng: Random, values: Values) -> Values:
    """An output projection to the width of the inputs."""
    d_in, d_out = len(values["inputs"][0]), len(values["W_value"][0])
    return {
        "W_out": weights(rng, d_out, d_in),
        "b_out": [w[0] for w in weights(rng, d_in, 1)],
    }
