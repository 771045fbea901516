"""What readers write with JAX is taken for what it is, and judged."""

import pytest

from tests.checking import check
from tests.styles_jax import (
    COMPACT,
    EQUINOX,
    EQUINOX_ARRAYS,
    NNX,
    SETUP,
    STYLES,
)

pytestmark = pytest.mark.jax


@pytest.mark.parametrize("name", STYLES)
def test_a_right_style_agrees(name: str) -> None:
    step, source = STYLES[name]
    last = check(source)[-1]
    said = last.sentence, last.cause, last.how
    assert (last.verdict, last.step.name) == ("agrees", step), said
    assert any("float32" in each.sentence for each in last.warnings)


# What is wrong: the class, what is replaced by what, and the cause's name.
WRONG = {
    "no scale": (
        SETUP,
        "scores = scores / jnp.sqrt(q.shape[-1])",
        "",
        "no_scale",
    ),
    "merged without transposing": (
        EQUINOX,
        "hqk,khd->qhd",
        "hqk,khd->hqd",
        "merged_without_transposing",
    ),
    "nothing hidden": (
        COMPACT,
        "jnp.where(mask, scores, -jnp.inf)",
        "scores",
        "no_mask",
    ),
    "softmax over the queries": (
        NNX,
        "softmax(att, axis=-1)",
        "softmax(att, axis=-2)",
        "softmax_over_queries",
    ),
    "dropout in eval": (
        NNX,
        "self.drop(jax.nn.softmax(att, axis=-1))",
        "self.drop(jax.nn.softmax(att, axis=-1), deterministic=False)",
        "dropout_in_eval",
    ),
    "scaled by the width of all heads": (
        EQUINOX,
        "jnp.sqrt(q.shape[-1])",
        "jnp.sqrt(d)",
        "scaled_by_root_of_input_width",
    ),
    "mixed by the columns": (
        EQUINOX_ARRAYS,
        "axis=-1) @ v",
        "axis=-1).T @ v",
        "weights_transposed",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_class_is_rejected_and_its_cause_named(what: str) -> None:
    source, right, wrong, cause = WRONG[what]
    assert right in source
    last = check(source.replace(right, wrong))[-1]
    assert last.verdict == "differs"
    assert last.cause is not None, last.sentence
    assert last.cause.name == cause, last.cause.sentence
