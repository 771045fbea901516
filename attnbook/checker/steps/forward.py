"""The steps of the forward pass, section by section."""

from typing import Any

from attnbook import causal, multihead, simple, trainable, vectors
from attnbook.checker.steps.cases import (
    Values,
    draw_attention,
    draw_dot,
    draw_dropout,
    draw_multi_head,
    draw_projected,
    draw_simple,
    draw_softmax,
    draw_stacked,
)
from attnbook.checker.steps.step import (
    BY_MULTI_HEAD,
    BY_PROJECTIONS,
    HEADS_SIZES,
    PROJECTED_SIZES,
    Canonical,
    Form,
    Step,
    plain,
)

_CONTEXT = ("contextvecs", "contextvec", "context", "output", "out", "z")
_TOKENS = {"n": (1, 2, 3, 4, 6, 9), "d": (1, 2, 3, 5, 8)}

OF_ONE = Form(
    ("keys",),
    lambda f, case: f(case["keys"], case["keys"], case["keys"]),
    note=(
        "its inputs are queries, keys and values at once; scaled by the "
        "square root of their width, which section 3.3 does not do"
    ),
    spared=(
        "swapped", "keys_with_keys", "queries_with_queries", "keys_mixed",
        "keys_and_values_swapped", "scaled_by_root_of_value_width",
    ),
)  # fmt: skip


def _given(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Queries, keys and values as they are, side by side as inputs.

    A query alone is asked as often as there are keys, and told the last time.
    """
    parts = [case[role] for role in _QKV]
    asked = len(parts[0])
    parts[0] = parts[0][:1] * (len(parts[1]) - asked) + parts[0]
    inputs = [
        [x for row in rows for x in row] for rows in zip(*parts, strict=True)
    ]
    d = len(parts[0][0])
    own = [[float(i == j) for j in range(d)] for i in range(d)]
    none = [[0.0] * d] * d
    weights = (own + none * 2, none + own + none, none * 2 + own)
    return f(inputs, *weights, own, [0.0] * d, case["num_heads"])[-asked:]


_QKV = ("queries", "keys", "values")
_HEADS_OF = Form(
    (*_QKV, "num_heads"),
    _given,
    note="queries, keys and values are given, and cut into heads",
    spared=(
        "no_output_projection", "no_output_bias", "output_transposed",
        "bias_before_projection",
    ),
)  # fmt: skip


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


def _full_multi_head_attention(inputs: Any, *parameters: Any) -> Any:  # noqa: ANN401
    """Every token sees all tokens: no book's step, but many a reader's."""
    *weights, W_out, b_out, num_heads = parameters
    parts = [
        multihead.split_heads(vectors.matmul(inputs, W), num_heads)
        for W in weights
    ]
    heads = [
        trainable.scaled_dot_product_attention(*head).context_vecs
        for head in zip(*parts, strict=True)
    ]
    merged = multihead.merge_heads(heads)
    return multihead.output_projection(merged, W_out, b_out)


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


def _scaled_rows(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Scores that are scaled already, as section 3.4 has them."""
    root = len(case["keys"][0]) ** 0.5
    rows = [f(query, case["keys"]) for query in case["queries"]]
    return [[score / root for score in row] for row in rows]


def _of_score_rows(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Scores themselves: queries, where the inputs are the identity."""
    n = len(case["score_rows"][0])
    inputs = [[float(i == j) for j in range(n)] for i in range(n)]
    return [f(row, inputs) for row in case["score_rows"]]


FORWARD: tuple[Step, ...] = (
    Step(
        name="dot",
        section="3.3.1",
        page="3.3/scores/",
        names=("dot", "innerproduct", "dotproduct", "inner", "scalarproduct"),
        reference=vectors.dot,
        forms=(plain("x", "y"),),
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
            plain("scores"),
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
            plain("query", "inputs"),
            Form(("inputs", "row"), _one_row),
            Form(("inputs",), _every_row),
            Form(
                ("queries", "keys"),
                lambda f, case: [
                    f(query, case["keys"]) for query in case["queries"]
                ],
            ),
            Form(("queries", "keys"), _scaled_rows),
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
            plain("query", "inputs"),
            Form(("inputs", "row"), _one_row),
            Form(("inputs",), _every_row),
            Form(("score_rows",), _of_score_rows),
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
            plain("attn_weights", "inputs"),
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
        forms=(plain("inputs"),),
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
        forms=(plain("queries", "keys"),),
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
            "selfattention", "maskedattention", "crossattention",
            "computeattention", "calculateattention", "singleheadattention",
            "scaleddotproduct", "attentionhead", "attentionlayer",
            "softmaxattention", "attn", "basicattention", "vanillaattention",
            "scaleddotproductselfattention", "scaleddotattention",
        ),
        reference=lambda *qkv: (
            trainable.scaled_dot_product_attention(*qkv).context_vecs
        ),
        forms=(plain("queries", "keys", "values"), OF_ONE),
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
        forms=BY_PROJECTIONS,
        draw=draw_projected,
        axes=PROJECTED_SIZES,
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
        causal=True,
        forms=(*BY_PROJECTIONS, Form(_QKV, _by_blocks)),
        draw=draw_projected,
        axes=PROJECTED_SIZES,
        results=_CONTEXT,
        large="W_query",
    ),
    Step(
        name="dropout",
        section="3.5.2",
        page="3.5/dropout/",
        names=("dropout", "applydropout", "attentiondropout"),
        reference=causal.dropout,
        forms=(plain("attn_weights", "keep", "p"),),
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
        causal=True,
        forms=(plain("inputs", "heads"),),
        draw=draw_stacked,
        axes=HEADS_SIZES,
        results=_CONTEXT,
    ),
    Step(
        name="multi_head_attention",
        section="3.6.2",
        page="3.6/multi-head/",
        names=(
            "multiheadattention", "multihead", "mha", "mhsa", "multiheads",
            "multiheadselfattention", "causalmultiheadattention",
            "maskedmultiheadattention", "causalmultiheadselfattention",
            "multiheadcausalattention", "multiheadedattention",
        ),
        reference=_multi_head_attention,
        causal=True,
        forms=(*BY_MULTI_HEAD, _HEADS_OF),
        draw=draw_multi_head,
        axes=HEADS_SIZES,
        results=_CONTEXT,
        large="W_query",
    ),
    Step(
        name="full_multi_head_attention",
        section="3.6.2",
        page="3.6/multi-head/",
        names=("multiheadattention", "multihead", "mha", "mhsa", "multiheads",
               "multiheadselfattention", "multiheadedattention"),
        reference=_full_multi_head_attention,
        forms=(*BY_MULTI_HEAD, _HEADS_OF),
        draw=draw_multi_head,
        axes=HEADS_SIZES,
        results=_CONTEXT,
        large="W_query",
    ),
)  # fmt: skip
