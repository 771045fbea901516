"""The table of steps: what a reader can write, and what is right.

Everything reads this table. A step has one canonical way to be called, and
other forms that readers use: all tokens at once, or one row by its number. A
form says how the canonical function answers it, so that the reference and
every known mistake can answer every form.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple, TypeAlias

from attnbook import (
    backward,
    causal,
    multihead,
    simple,
    trainable,
    vectors,
)
from attnbook.check.cases import (
    Case,
    Draw,
    Values,
    draw_attention,
    draw_dot,
    draw_dropout,
    draw_multi_head,
    draw_projected,
    draw_simple,
    draw_softmax,
    draw_stacked,
    fixed,
    grid,
    named,
    vector,
)

Canonical: TypeAlias = Callable[..., Any]


class Form(NamedTuple):
    """A way to call a step: its arguments' roles, and what it returns."""

    roles: tuple[str, ...]
    answer: Callable[[Canonical, Values], Any]


class Step(NamedTuple):
    """One thing that a reader can write and have checked."""

    name: str
    section: str
    page: str
    names: tuple[str, ...]
    """What readers call it, without case and underscores."""
    reference: Canonical
    forms: tuple[Form, ...]
    """The canonical form first."""
    draw: Draw
    axes: Mapping[str, Sequence[int]]
    """The sizes of the dimension map."""
    results: tuple[str, ...] = ()
    """Names of the wanted item, where a reader returns several."""
    large: str = ""
    """The argument whose first row is enlarged for large scores."""
    blind: str = ""
    """What a check of this step cannot tell."""
    parts: tuple[str, ...] = ()
    """The names of the results, where there are several."""
    gradient: bool = False

    @property
    def where(self) -> str:
        """The part of the book, or of this one."""
        return self.section if self.gradient else f"section {self.section}"

    def trial(self) -> Case:
        """One case whose sizes differ, to find out how a reader is asked."""
        return fixed(self.draw, self.axes, large="")[0]

    def cases(self, seed: int) -> list[Case]:
        """Every size from the seed, and the cases that never change."""
        drawn = grid(self.draw, self.axes, seed)
        return drawn + fixed(self.draw, self.axes, self.large)


def _plain(*roles: str) -> Form:
    """The form that hands over the roles as they are."""
    return Form(
        roles, lambda f, case: f(*(_value(case[role]) for role in roles))
    )


def _value(value: Any) -> Any:  # noqa: ANN401
    """What our own functions take for a value with names: its items."""
    if isinstance(value, dict):
        return [_value(item) for item in value["items"]]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_value(item) for item in value]
    return value


def _packed(role: str, *names: str) -> Form:
    """The form that takes inputs and a bundle of parameters."""
    return Form(
        ("inputs", role),
        lambda f, case: f(case["inputs"], *(case[name] for name in names)),
    )


_CONTEXT = ("contextvecs", "contextvec", "context", "output", "out", "z")
_PROJECTIONS = ("W_query", "W_key", "W_value")
_MULTI_HEAD = (*_PROJECTIONS, "W_out", "b_out", "num_heads")
_TOKENS = {"n": (1, 2, 3, 4, 6, 9), "d": (1, 2, 3, 5, 8)}
_PROJECTED = {
    "n": (1, 2, 4),
    "d_in": (1, 2, 6),
    "d_k": (1, 2, 3),
    "d_v": (1, 2, 5),
}
_HEADS = {
    "n": (1, 2, 4),
    "d_in": (1, 5),
    "heads": (1, 2, 3),
    "head_dim": (1, 2, 4),
}


def _self_attention(inputs: Any, *projections: Any) -> Any:  # noqa: ANN401
    return trainable.self_attention(
        inputs, trainable.Projections(*projections)
    ).context_vecs


def _causal_attention(inputs: Any, *projections: Any) -> Any:  # noqa: ANN401
    return causal.causal_attention(
        inputs, trainable.Projections(*projections)
    ).context_vecs


def _multi_head_attention(inputs: Any, *parameters: Any) -> Any:  # noqa: ANN401
    return multihead.multi_head_attention(
        inputs, multihead.MultiHead(*parameters)
    ).context_vecs


def _stacked_heads(inputs: Any, heads: Any) -> Any:  # noqa: ANN401
    return multihead.stacked_heads(inputs, heads).context_vecs


def _scaled_attention_weights(queries: Any, keys: Any) -> Any:  # noqa: ANN401
    return trainable.scaled_dot_product_attention(
        queries, keys, [[0.0] for _ in keys]
    ).attn_weights


def _by_blocks(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Queries, keys and values, as inputs and weights that cut them out."""
    blocks = [case[role] for role in ("queries", "keys", "values")]
    inputs = multihead.merge_heads(blocks)
    widths = [len(block[0]) for block in blocks]
    starts = [0, widths[0], widths[0] + widths[1]]
    weights = [
        [[float(i == start + j) for j in range(width)]
         for i in range(sum(widths))]
        for start, width in zip(starts, widths, strict=True)
    ]  # fmt: skip
    return f(inputs, *weights)


def _every_row(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    return [f(query, case["inputs"]) for query in case["inputs"]]


def _one_row(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    return f(case["inputs"][case["row"]], case["inputs"])


FORWARD: tuple[Step, ...] = (
    Step(
        name="dot",
        section="3.3.1",
        page="3.3/scores/",
        names=("dot", "innerproduct", "dotproduct", "inner", "scalarproduct"),
        reference=vectors.dot,
        forms=(_plain("x", "y"),),
        draw=draw_dot,
        axes={"d": (1, 2, 3, 4, 5, 8, 13)},
    ),
    Step(
        name="softmax",
        section="3.3.1",
        page="3.3/softmax/",
        names=("softmax", "softmaxnaive", "softmaxrow", "stablesoftmax"),
        reference=simple.softmax,
        forms=(
            _plain("scores"),
            Form(
                ("score_rows",),
                lambda f, case: [f(row) for row in case["score_rows"]],
            ),
        ),
        draw=draw_softmax,
        axes={"n": (1, 2, 3, 4, 6, 9, 13)},
        large="scores",
    ),
    Step(
        name="attention_scores",
        section="3.3.1",
        page="3.3/scores/",
        names=(
            "attentionscores", "attnscores", "attentionscore", "scores",
            "getscores", "computescores", "getattentionscores",
        ),
        reference=simple.attention_scores,
        forms=(
            _plain("query", "inputs"),
            Form(("inputs", "row"), _one_row),
            Form(("inputs",), _every_row),
            Form(
                ("queries", "keys"),
                lambda f, case: [
                    f(query, case["keys"]) for query in case["queries"]
                ],
            ),
        ),
        draw=draw_simple,
        axes=_TOKENS,
    ),
    Step(
        name="attention_weights",
        section="3.3.1",
        page="3.3/softmax/",
        names=(
            "attentionweights", "attnweights", "attentionweight", "weights",
            "getattentionscore", "getattentionvector", "getattentionweights",
            "computeweights", "getweights", "attentionvector",
        ),
        reference=simple.attention_weights,
        forms=(
            _plain("query", "inputs"),
            Form(("inputs", "row"), _one_row),
            Form(("inputs",), _every_row),
        ),
        draw=draw_simple,
        axes=_TOKENS,
        large="inputs",
    ),
    Step(
        name="context_vector",
        section="3.3.1",
        page="3.3/context/",
        names=(
            "contextvector", "contextvec", "context", "getcontextvector",
            "getcontext", "contextvectors", "contextvecs", "weightedsum",
            "computecontext",
        ),
        reference=simple.context_vector,
        forms=(
            _plain("attn_weights", "inputs"),
            Form(
                ("attn_weight_rows", "inputs"),
                lambda f, case: [
                    f(row, case["inputs"]) for row in case["attn_weight_rows"]
                ],
            ),
        ),
        draw=draw_simple,
        axes=_TOKENS,
        results=_CONTEXT,
    ),
    Step(
        name="self_attention",
        section="3.3",
        page="3.3/all-tokens/",
        names=(
            "selfattention", "simpleselfattention", "attention",
            "getcontextvectors", "getcontextvecs", "simpleattention",
            "contextvectors", "contextvecs",
        ),
        reference=lambda inputs: simple.self_attention(inputs).context_vecs,
        forms=(_plain("inputs"),),
        draw=draw_simple,
        axes=_TOKENS,
        results=_CONTEXT,
        large="inputs",
        blind=(
            "In 3.3 the inputs are queries, keys and values at once, so "
            "swapped queries and keys cannot be seen."
        ),
    ),
    Step(
        name="scaled_attention_weights",
        section="3.4.1",
        page="3.4/scale/",
        names=(
            "scaledattentionweights", "attentionweights", "attnweights",
            "getattentionweights", "scaledweights", "scaledsoftmax",
        ),
        reference=_scaled_attention_weights,
        forms=(_plain("queries", "keys"),),
        draw=draw_attention,
        axes={
            "queries": (1, 2, 4),
            "keys": (1, 2, 3),
            "d_k": (1, 2, 3, 6),
            "d_v": (1,),
        },
        large="queries",
    ),
    Step(
        name="scaled_dot_product_attention",
        section="3.4.1",
        page="3.4/scale/",
        names=(
            "scaleddotproductattention", "attention", "sdpa", "attend",
            "scaledattention", "dotproductattention", "qkvattention",
        ),
        reference=lambda *qkv: (
            trainable.scaled_dot_product_attention(*qkv).context_vecs
        ),
        forms=(_plain("queries", "keys", "values"),),
        draw=draw_attention,
        axes={
            "queries": (1, 2, 4),
            "keys": (1, 2, 3),
            "d_k": (1, 2, 3, 6),
            "d_v": (1, 2, 5),
        },
        results=_CONTEXT,
        large="queries",
    ),
    Step(
        name="trainable_self_attention",
        section="3.4.2",
        page="3.4/all-tokens/",
        names=(
            "selfattention", "trainableselfattention", "trainableattention",
            "projectedselfattention", "attention",
        ),
        reference=_self_attention,
        forms=(
            _plain("inputs", *_PROJECTIONS),
            _packed("projections", *_PROJECTIONS),
        ),
        draw=draw_projected,
        axes=_PROJECTED,
        results=_CONTEXT,
        large="W_query",
    ),
    Step(
        name="causal_attention",
        section="3.5.1",
        page="3.5/causal/",
        names=(
            "causalattention", "causalselfattention", "maskedattention",
            "maskedselfattention",
        ),
        reference=_causal_attention,
        forms=(
            _plain("inputs", *_PROJECTIONS),
            _packed("projections", *_PROJECTIONS),
            Form(("queries", "keys", "values"), _by_blocks),
        ),
        draw=draw_projected,
        axes=_PROJECTED,
        results=_CONTEXT,
        large="W_query",
    ),
    Step(
        name="dropout",
        section="3.5.2",
        page="3.5/dropout/",
        names=("dropout", "applydropout", "attentiondropout"),
        reference=causal.dropout,
        forms=(_plain("attn_weights", "keep", "p"),),
        draw=draw_dropout,
        axes={"rows": (1, 2, 3, 5), "columns": (1, 2, 4, 6)},
        blind="Whether the mask itself is drawn rightly: it is given.",
    ),
    Step(
        name="stacked_heads",
        section="3.6.1",
        page="3.6/stacked/",
        names=(
            "stackedheads", "multiheadattentionwrapper", "multiheadwrapper",
            "multiheadstacked", "concatheads",
        ),
        reference=_stacked_heads,
        forms=(_plain("inputs", "heads"),),
        draw=draw_stacked,
        axes=_HEADS,
        results=_CONTEXT,
    ),
    Step(
        name="multi_head_attention",
        section="3.6.2",
        page="3.6/multi-head/",
        names=("multiheadattention", "multihead", "mha", "multiheads"),
        reference=_multi_head_attention,
        forms=(
            _plain("inputs", *_MULTI_HEAD),
            _packed("parameters", *_MULTI_HEAD),
        ),
        draw=draw_multi_head,
        axes=_HEADS,
        results=_CONTEXT,
        large="W_query",
    ),
)  # fmt: skip


def _softmax_values(rng: Random, n: int) -> Values:
    """Scores, their weights, and a gradient that is not all ones."""
    scores = vector(rng, n)
    weights = simple.softmax(scores)
    grad = vector(rng, n)
    return {"scores": scores, "attn_weights": weights, "grad_weights": grad}


def _attention_values(rng: Random, **sizes: int) -> Values:
    """Queries, keys and values, every step of the forward, a gradient."""
    values = draw_attention(rng, **sizes)
    steps = trainable.scaled_dot_product_attention(
        values["queries"], values["keys"], values["values"]
    )
    rows = steps.attn_weights
    return values | {
        "attn_weight_rows": rows,
        "attention": named(steps._asdict()),
    }


def _projected_values(rng: Random, **sizes: int) -> Values:
    """Tokens, weights, every step of the forward, a gradient."""
    values = draw_projected(rng, **sizes)
    weights = [values[name] for name in _PROJECTIONS]
    steps = trainable.self_attention(
        values["inputs"], trainable.Projections(*weights)
    )
    return values | {"attention": named(steps._asdict())}


def _multi_head_values(rng: Random, **sizes: int) -> Values:
    """Tokens, parameters, every step of the forward, a gradient."""
    values = draw_multi_head(rng, **sizes)
    parameters = [values[name] for name in _MULTI_HEAD]
    steps = multihead.multi_head_attention(
        values["inputs"], multihead.MultiHead(*parameters)
    )
    return values | {"attention": named(steps._asdict())}


def _attention_backward(*given: Any) -> Any:  # noqa: ANN401
    queries, keys, values, grad_context_vecs = given
    attention = trainable.scaled_dot_product_attention(queries, keys, values)
    grads = backward.scaled_dot_product_attention_backward(
        queries, keys, values, attention, grad_context_vecs
    )
    return grads.grad_queries, grads.grad_keys, grads.grad_values


def _self_attention_backward(*given: Any) -> Any:  # noqa: ANN401
    inputs, *weights, grad_outputs = given
    projections = trainable.Projections(*weights)
    attention = trainable.self_attention(inputs, projections)
    grads = backward.self_attention_backward(
        inputs, projections, attention, grad_outputs
    )
    return tuple(grads)


def _multi_head_backward(*given: Any) -> Any:  # noqa: ANN401
    inputs, *weights, grad_outputs = given
    parameters = multihead.MultiHead(*weights)
    attention = multihead.multi_head_attention(inputs, parameters)
    grads = backward.multi_head_attention_backward(
        inputs, parameters, attention, grad_outputs
    )
    return tuple(grads)


def _given(*names: str) -> Callable[[Canonical, Values], Any]:
    """The answer of a form by the canonical arguments."""
    return lambda f, case: f(*(case[name] for name in names))


_QKV = ("queries", "keys", "values")

GRADIENTS: tuple[Step, ...] = (
    Step(
        name="softmax_backward",
        section="the backward pass",
        page="backward/softmax/",
        names=(
            "softmaxbackward", "softmaxgrad", "softmaxgradient",
            "gradsoftmax", "backwardsoftmax", "dsoftmax", "softmaxback",
        ),
        reference=backward.softmax_backward,
        forms=(
            _plain("attn_weights", "grad_weights"),
            Form(
                ("scores", "grad_weights"),
                lambda f, case: f(
                    simple.softmax(case["scores"]), case["grad_weights"]
                ),
            ),
        ),
        draw=_softmax_values,
        axes={"n": (1, 2, 3, 4, 6, 9, 13)},
        gradient=True,
    ),
    Step(
        name="scaled_dot_product_attention_backward",
        section="the backward pass",
        page="backward/attention/",
        names=(
            "scaleddotproductattentionbackward", "attentionbackward",
            "sdpabackward", "attentiongrad", "attentiongradient",
            "attentiongradients", "backwardattention", "gradattention",
        ),
        reference=_attention_backward,
        forms=(
            _plain(*_QKV, "grad_context_vecs"),
            Form(
                (*_QKV, "attn_weight_rows", "grad_context_vecs"),
                _given(*_QKV, "grad_context_vecs"),
            ),
            Form(
                (*_QKV, "attention", "grad_context_vecs"),
                _given(*_QKV, "grad_context_vecs"),
            ),
        ),
        draw=_attention_values,
        axes={
            "queries": (1, 2, 4),
            "keys": (1, 2, 3),
            "d_k": (1, 2, 6),
            "d_v": (1, 2, 5),
        },
        parts=("grad_queries", "grad_keys", "grad_values"),
        gradient=True,
    ),
    Step(
        name="self_attention_backward",
        section="the backward pass",
        page="backward/projections/",
        names=("selfattentionbackward", "selfattentiongrad",
               "selfattentiongradients", "backwardselfattention"),
        reference=_self_attention_backward,
        forms=(
            _plain("inputs", *_PROJECTIONS, "grad_outputs"),
            Form(
                ("inputs", "projections", "grad_outputs"),
                _given("inputs", *_PROJECTIONS, "grad_outputs"),
            ),
            Form(
                ("inputs", "projections", "attention", "grad_outputs"),
                _given("inputs", *_PROJECTIONS, "grad_outputs"),
            ),
        ),
        draw=_projected_values,
        axes=_PROJECTED,
        parts=(
            "grad_inputs", "grad_W_query", "grad_W_key", "grad_W_value",
        ),
        gradient=True,
    ),
    Step(
        name="multi_head_attention_backward",
        section="the backward pass",
        page="backward/multi-head/",
        names=(
            "multiheadattentionbackward", "multiheadbackward", "mhabackward",
            "multiheadgrad", "multiheadattentiongrad", "backwardmultihead",
        ),
        reference=_multi_head_backward,
        forms=(
            _plain("inputs", *_MULTI_HEAD, "grad_outputs"),
            Form(
                ("inputs", "parameters", "grad_outputs"),
                _given("inputs", *_MULTI_HEAD, "grad_outputs"),
            ),
            Form(
                ("inputs", "parameters", "attention", "grad_outputs"),
                _given("inputs", *_MULTI_HEAD, "grad_outputs"),
            ),
        ),
        draw=_multi_head_values,
        axes=_HEADS,
        parts=(
            "grad_inputs", "grad_W_query", "grad_W_key", "grad_W_value",
            "grad_W_out", "grad_b_out",
        ),
        gradient=True,
    ),
)  # fmt: skip

STEPS = FORWARD + GRADIENTS


def step_named(name: str) -> Step:
    """The step of that name.

    Raises:
        ValueError: If there is none, naming those that there are.
    """
    for step in STEPS:
        if step.name == name:
            return step
    known = ", ".join(step.name for step in STEPS)
    raise ValueError(f"the step must be one of {known}, got {name}")
