"""The measured diagnosis by itself: the likeness to the catalogue is off."""

import pytest

from attnbook.checker.cause.diagnose import measure
from attnbook.checker.finding import Cause
from attnbook.checker.judge.run import run
from attnbook.checker.match.binding import bind, functions
from attnbook.checker.mistakes import CATALOGUE, Mistake
from attnbook.checker.reader.program import Program
from attnbook.checker.steps.table import step_named

# What measuring calls each wrong stage, in every step that reveals its
# weights; a name that is not here is known by likeness alone.
MEASURED = {
    "swapped", "keys_with_keys", "queries_with_queries", "cosine",
    "distance", "integer_scores", "scaled_by_root_of_width", "no_scale",
    "scaled_by_root_of_value_width", "scaled_by_root_of_count",
    "scaled_by_width", "multiplied_by_root", "constant_scale",
    "scaled_by_root_of_input_width", "scaled_by_root_of_d_out",
    "scaled_by_root_of_heads", "softmax_over_queries",
    "softmax_over_everything", "softmax_over_heads", "keepdims_forgotten",
    "no_softmax", "no_exp", "unnormalised", "divided_by_count", "uniform",
    "largest_only", "sigmoid", "sign_flipped", "no_mask", "causal",
    "mask_flipped", "mask_hides_self", "mask_shows_next",
    "mask_after_softmax", "mask_with_zeros", "mask_too_weak",
    "mask_inverted", "mask_of_first_head", "weights_transposed",
    "scaled_after_softmax", "last_token_lost", "inputs_added", "same_row",
    "accumulated", "first_row_only", "rows_reversed", "normalised",
    "rounded", "merged_without_transposing", "heads_interleaved",
    "last_head_lost", "keys_mixed", "inputs_mixed", "weights_returned",
}  # fmt: skip

REVEALING = {
    "softmax", "attention_weights", "self_attention",
    "scaled_attention_weights", "scaled_dot_product_attention",
    "trainable_self_attention", "causal_attention", "stacked_heads",
    "multi_head_attention",
}  # fmt: skip
# Told by likeness: by measuring, these look like something else.
ALIKE = {
    ("self_attention", "largest_only"),  # each token is nearest to itself
    ("stacked_heads", "keys_mixed"),
    ("multi_head_attention", "keys_mixed"),
}


def name(mistake: Mistake) -> str:
    return f"{mistake.step}-{mistake.name}"


def measured(mistake: Mistake) -> Cause | None:
    """What measuring says of a mistake, as if a reader had written it."""
    step = step_named(mistake.step)
    program = Program()
    vars(program.module)["mine"] = mistake.function
    (mine,) = functions(program.ask({"do": "describe"}))
    asked = bind(program.ask, mine, [step], [], transposed=False)
    assert asked is not None
    return measure(asked, [run(asked, each) for each in step.cases(seed=1)])


@pytest.mark.parametrize(
    "mistake",
    [
        each
        for each in CATALOGUE
        if each.name in MEASURED and each.step in REVEALING
        if (each.step, each.name) not in ALIKE
    ],
    ids=name,
)
def test_a_wrong_stage_is_named_by_measuring_alone(mistake: Mistake) -> None:
    cause = measured(mistake)
    assert cause is not None
    assert cause.name == mistake.name
