"""The steps of the backward pass: several results, never a plain upstream."""

from random import Random
from typing import Any

from attnbook import backward, multihead, simple, trainable
from attnbook.checker.steps.cases import (
    Values,
    draw_attention,
    draw_multi_head,
    draw_projected,
    named,
    vector,
)
from attnbook.checker.steps.step import (
    HEADS_SIZES,
    MULTI_HEAD,
    PROJECTED_SIZES,
    PROJECTIONS,
    Form,
    Step,
    by_names,
    plain,
)


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
    weights = [values[name] for name in PROJECTIONS]
    steps = trainable.self_attention(
        values["inputs"], trainable.Projections(*weights)
    )
    return values | {"attention": named(steps._asdict())}


def _multi_head_values(rng: Random, **sizes: int) -> Values:
    """Tokens, parameters, every step of the forward, a gradient."""
    values = draw_multi_head(rng, **sizes)
    parameters = [values[name] for name in MULTI_HEAD]
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
            plain("attn_weights", "grad_weights"),
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
            plain(*_QKV, "grad_context_vecs"),
            Form(
                (*_QKV, "attn_weight_rows", "grad_context_vecs"),
                by_names(*_QKV, "grad_context_vecs"),
            ),
            Form(
                (*_QKV, "attention", "grad_context_vecs"),
                by_names(*_QKV, "grad_context_vecs"),
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
            plain("inputs", *PROJECTIONS, "grad_outputs"),
            Form(
                ("inputs", "projections", "grad_outputs"),
                by_names("inputs", *PROJECTIONS, "grad_outputs"),
            ),
            Form(
                ("inputs", "projections", "attention", "grad_outputs"),
                by_names("inputs", *PROJECTIONS, "grad_outputs"),
            ),
        ),
        draw=_projected_values,
        axes=PROJECTED_SIZES,
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
            plain("inputs", *MULTI_HEAD, "grad_outputs"),
            Form(
                ("inputs", "parameters", "grad_outputs"),
                by_names("inputs", *MULTI_HEAD, "grad_outputs"),
            ),
            Form(
                ("inputs", "parameters", "attention", "grad_outputs"),
                by_names("inputs", *MULTI_HEAD, "grad_outputs"),
            ),
        ),
        draw=_multi_head_values,
        axes=HEADS_SIZES,
        parts=(
            "grad_inputs", "grad_W_query", "grad_W_key", "grad_W_value",
            "grad_W_out", "grad_b_out",
        ),
        gradient=True,
    ),
)  # fmt: skip
