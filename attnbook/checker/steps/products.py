"""The parts that attentions are made of: products, masks, heads; and back."""

from random import Random
from typing import Any

from attnbook import backward, causal, multihead, trainable, vectors
from attnbook.checker.steps.cases import (
    Case,
    Values,
    draw_projected,
    matrix,
    named,
    shares,
    vector,
    weights,
)
from attnbook.checker.steps.masks import MASK_FORMS, PADDING_FORMS
from attnbook.checker.steps.step import (
    BY_PROJECTIONS,
    PROJECTED_SIZES,
    PROJECTIONS,
    Canonical,
    Form,
    Step,
    by_names,
    plain,
)

_PRODUCT = {
    "rows": (1, 2, 3, 5),
    "inner": (1, 2, 3, 4),
    "columns": (1, 2, 4, 6),
}
_HEADS = {"n": (1, 2, 3, 6), "heads": (1, 2, 3, 4), "head_dim": (1, 2, 3, 5)}
_LINEAR = {"n": (1, 2, 4, 6), "d_in": (1, 2, 3, 5), "d_out": (1, 2, 4)}

_OF_DROPOUT = ("dropout_not_undone", "not_scaled_up", "values_by_all_weights",
               "softmax_of_dropped")  # fmt: skip


def _product_values(
    rng: Random, rows: int, inner: int, columns: int
) -> Values:
    """Two factors, a vector that fits the first, and a gradient."""
    return {
        "a": matrix(rng, rows, inner),
        "b": matrix(rng, inner, columns),
        "column": vector(rng, inner),
        "grad_product": matrix(rng, rows, columns),
    }


def _matrix_values(rng: Random, rows: int, columns: int) -> Values:
    """Two matrices and two vectors, of one shape."""
    return {
        "matrix": matrix(rng, rows, columns),
        "a": matrix(rng, rows, columns),
        "b": matrix(rng, rows, columns),
        "x": vector(rng, columns),
        "y": vector(rng, columns),
    }


def _dot_values(rng: Random, d: int) -> Values:
    """Two vectors, and a gradient that is not 1."""
    grad = vector(rng, 1)[0]
    return {"x": vector(rng, d), "y": vector(rng, d), "grad_number": grad}


def _heads_values(rng: Random, n: int, heads: int, head_dim: int) -> Values:
    """Wide vectors, and as many narrow ones for each head."""
    return {
        "vectors": matrix(rng, n, heads * head_dim),
        "head_rows": [matrix(rng, n, head_dim) for _ in range(heads)],
        "num_heads": heads,
        "head_dim": head_dim,
    }


def _linear_values(rng: Random, n: int, d_in: int, d_out: int) -> Values:
    """Vectors, what projects them, and a gradient."""
    return {
        "vectors": matrix(rng, n, d_in),
        "W": weights(rng, d_in, d_out),
        "W_out": weights(rng, d_in, d_out),
        "b_out": vector(rng, d_out),
        "grad_outputs": matrix(rng, n, d_out),
    }


def _dropped_values(rng: Random, n: int, **sizes: int) -> Values:
    """Tokens, weights, a mask of what to keep, and both ways forward."""
    values = draw_projected(rng, n, **sizes)
    keep = [[share > 0.3 / n for share in shares(rng, n)] for _ in range(n)]
    projections = trainable.Projections(*(values[w] for w in PROJECTIONS))
    whole = causal.causal_attention(values["inputs"], projections)
    p = rng.choice((0.2, 0.4, 0.6))
    some = causal.causal_attention(values["inputs"], projections, keep, p)
    return values | {
        "keep": keep,
        "p": p,
        "attention": named(whole._asdict()),
        "dropped": named(some._asdict()),
    }


def padding_mask(length: int, longest: int) -> vectors.Mask:
    """True where a key is padding: of every query, beyond the sentence."""
    row = [key >= length for key in range(longest)]
    return [[*row] for _ in range(longest)]


def _unpadded(_: Step) -> Case:
    """The longest sentence of a batch: nothing of it is hidden."""
    sizes = {"length": 4, "padding": 0}
    return Case(sizes, _padded(None, 4, 0), "no padding")


def _padded(_: Random | None, length: int, padding: int) -> Values:
    """A sentence of a batch by its lengths, and by its tokens' numbers."""
    ids = [[3 + token for token in range(length)] + [0] * padding]
    longest = length + padding
    return {
        "length": length, "longest": longest, "lengths": [length],
        "ids": ids, "key_ids": ids, "pad": 0,
    }  # fmt: skip


def project_qkv(inputs: Any, *matrices: Any) -> Any:  # noqa: ANN401
    """Queries, keys and values."""
    projections = trainable.Projections(*matrices)
    return tuple(trainable.project(inputs, projections))


def causal_attention_backward(*given: Any) -> Any:  # noqa: ANN401
    """The gradients of inputs and weights, back through a dropout."""
    inputs, *matrices, keep, p, grad_outputs = given
    projections = trainable.Projections(*matrices)
    attention = causal.causal_attention(inputs, projections, keep, p)
    return tuple(
        backward.causal_attention_backward(
            inputs, projections, attention, grad_outputs, keep, p
        )
    )


def _by_vector(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """A matrix times one column, as a vector."""
    product = f(case["a"], [[entry] for entry in case["column"]])
    return [row[0] for row in product]


def _undropped(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Nothing is dropped: everything is kept, at a rate of 0."""
    n = len(case["inputs"])
    keep = [[True] * n for _ in range(n)]
    matrices = [case[name] for name in PROJECTIONS]
    return f(case["inputs"], *matrices, keep, 0.0, case["grad_outputs"])


_dropped = by_names("inputs", *PROJECTIONS, "keep", "p", "grad_outputs")


PARTS_FORWARD: tuple[Step, ...] = (
    Step(
        name="matmul",
        section="3.3.2",
        page="3.3/all-tokens/",
        names=(
            "matmul", "matrixproduct", "matmult", "matrixmultiply", "mm",
            "multiplymatrices", "matrixmultiplication", "matrixmul",
        ),
        reference=vectors.matmul,
        forms=(plain("a", "b"), Form(("a", "column"), _by_vector)),
        draw=_product_values,
        axes=_PRODUCT,
    ),
    Step(
        name="transpose",
        section="3.3.2",
        page="3.3/all-tokens/",
        names=("transpose", "transposed", "mattranspose", "transposematrix"),
        reference=vectors.transpose,
        forms=(plain("matrix"),),
        draw=_matrix_values,
        axes={"rows": (1, 2, 3, 6), "columns": (1, 2, 4, 5)},
    ),
    Step(
        name="add",
        section="the backward pass",
        page="backward/projections/",
        names=("add", "matadd", "addmatrices", "matrixadd", "addmatrix"),
        reference=vectors.add,
        forms=(
            plain("a", "b"),
            Form(
                ("x", "y"), lambda f, case: f([case["x"]], [case["y"]])[0],
                spared=("first_row_to_all",),
            ),
        ),
        draw=_matrix_values,
        axes={"rows": (1, 2, 3, 6), "columns": (1, 2, 4, 5)},
    ),
    Step(
        name="project",
        section="3.4.1",
        page="3.4/one-query/",
        names=("project", "linear", "projection", "applyweights"),
        reference=vectors.matmul,
        forms=(plain("vectors", "W"),),
        draw=_linear_values,
        axes=_LINEAR,
    ),
    Step(
        name="project_qkv",
        section="3.4.2",
        page="3.4/all-tokens/",
        names=("project", "projectqkv", "computeqkv", "getqkv", "qkv",
               "projectall", "makeqkv"),
        reference=project_qkv,
        forms=BY_PROJECTIONS,
        draw=draw_projected,
        axes=PROJECTED_SIZES,
        parts=("queries", "keys", "values"),
    ),
    Step(
        name="causal_mask",
        section="3.5.1",
        page="3.5/mask/",
        names=(
            "causalmask", "makecausalmask", "createcausalmask",
            "getcausalmask", "buildcausalmask", "lookaheadmask",
            "triangularmask", "futuremask", "subsequentmask",
        ),
        reference=causal.causal_mask,
        forms=MASK_FORMS,
        draw=lambda _, n: {"num_tokens": n},
        axes={"n": (1, 2, 3, 4, 6, 9)},
    ),
    Step(
        name="padding_mask",
        section="3.5.1",
        page="3.5/padding/",
        names=(
            "paddingmask", "makepaddingmask", "createpaddingmask",
            "getpaddingmask", "buildpaddingmask", "padmask",
            "keypaddingmask", "lengthmask", "sequencemask", "getpadmask",
            "createpadmask", "makepadmask", "getattnpadmask", "attnpadmask",
            "makesrcmask", "createpaddedmask",
        ),
        reference=padding_mask,
        forms=PADDING_FORMS,
        draw=_padded,
        axes={"length": (2, 3, 5), "padding": (1, 2, 4)},
        extras=(_unpadded,),
    ),
    Step(
        name="split_heads",
        section="3.6.2",
        page="3.6/split/",
        names=("splitheads", "splitintoheads", "separateheads", "cutheads"),
        reference=multihead.split_heads,
        forms=(
            plain("vectors", "num_heads"),
            Form(
                ("vectors", "head_dim"),
                lambda f, case: f(case["vectors"], case["num_heads"]),
            ),
        ),
        draw=_heads_values,
        axes=_HEADS,
    ),
    Step(
        name="merge_heads",
        section="3.6.2",
        page="3.6/split/",
        names=("mergeheads", "combineheads", "joinheads", "concatenateheads"),
        reference=multihead.merge_heads,
        forms=(plain("head_rows"),),
        draw=_heads_values,
        axes=_HEADS,
    ),
    Step(
        name="output_projection",
        section="3.6.2",
        page="3.6/split/",
        names=(
            "outputprojection", "outproj", "projectout", "projectoutput",
            "linear", "affine", "dense", "project",
        ),
        reference=multihead.output_projection,
        forms=(plain("vectors", "W_out", "b_out"),),
        draw=_linear_values,
        axes=_LINEAR,
    ),
)  # fmt: skip

PARTS_BACKWARD: tuple[Step, ...] = (
    Step(
        name="dot_backward",
        section="the backward pass",
        page="backward/products/",
        names=("dotbackward", "dotgrad", "dotgradient", "dotgradients",
               "backwarddot", "innerproductbackward", "graddot"),
        reference=lambda x, y, g: tuple(backward.dot_backward(x, y, g)),
        forms=(plain("x", "y", "grad_number"),),
        draw=_dot_values,
        axes={"d": (1, 2, 3, 5, 8)},
        parts=("grad_x", "grad_y"),
        gradient=True,
    ),
    Step(
        name="matmul_backward",
        section="the backward pass",
        page="backward/products/",
        names=("matmulbackward", "matmulgrad", "matmulgradient",
               "matmulgradients", "backwardmatmul", "gradmatmul",
               "matrixproductbackward"),
        reference=lambda a, b, g: tuple(backward.matmul_backward(a, b, g)),
        forms=(plain("a", "b", "grad_product"),),
        draw=_product_values,
        axes=_PRODUCT,
        parts=("grad_a", "grad_b"),
        gradient=True,
    ),
    Step(
        name="output_projection_backward",
        section="the backward pass",
        page="backward/multi-head/",
        names=(
            "outputprojectionbackward", "linearbackward", "affinebackward",
            "outprojbackward", "densebackward", "lineargrad",
        ),
        reference=lambda x, W, g: tuple(
            backward.output_projection_backward(x, W, g)
        ),
        forms=(
            plain("vectors", "W_out", "grad_outputs"),
            Form(
                ("vectors", "W_out", "b_out", "grad_outputs"),
                lambda f, case: f(
                    case["vectors"], case["W_out"], case["grad_outputs"]
                ),
            ),
        ),
        draw=_linear_values,
        axes=_LINEAR,
        parts=("grad_vectors", "grad_W_out", "grad_b_out"),
        gradient=True,
    ),
    Step(
        name="causal_attention_backward",
        section="the backward pass",
        page="backward/projections/",
        names=(
            "causalattentionbackward", "causalbackward",
            "causalselfattentionbackward", "causalattentiongrad",
            "causalattentiongradients", "backwardcausalattention",
        ),
        reference=causal_attention_backward,
        forms=(
            plain("inputs", *PROJECTIONS, "keep", "p", "grad_outputs"),
            Form(
                ("inputs", *PROJECTIONS, "grad_outputs"), _undropped,
                spared=_OF_DROPOUT,
            ),
            Form(
                ("inputs", "projections", "dropped", "grad_outputs", "keep",
                 "p"),
                _dropped,
            ),
            Form(
                ("inputs", "projections", "attention", "grad_outputs"),
                _undropped,
                spared=_OF_DROPOUT,
            ),
            Form(("inputs", "projections", "keep", "p", "grad_outputs"),
                 _dropped),
            Form(
                ("inputs", "projections", "grad_outputs"), _undropped,
                spared=_OF_DROPOUT,
            ),
        ),
        draw=_dropped_values,
        axes={"n": (1, 2, 4), "d_in": (1, 2, 5), "d_k": (1, 2, 3),
              "d_v": (1, 2, 6)},
        parts=(
            "grad_inputs", "grad_W_query", "grad_W_key", "grad_W_value",
        ),
        gradient=True,
    ),
)  # fmt: skip
