"""Where a mistake is explained: in the catalogue, and in which chapter."""

from collections.abc import Mapping

from attnbook.checker.mistakes.catalogue import CATALOGUE
from attnbook.checker.mistakes.mistake import Mistake, anchor_of
from attnbook.checker.mistakes.written import all_written
from attnbook.checker.steps.table import Step, step_named

_AXIS = "3.4/dimensions/#softmax-axis"
_FORMULA = "3.3/softmax/#the-formula"
_OF_WHICH = "3.4/scale/#of-which-d-the-run-that-breaks"
_TWO = "3.4/#why-two-matrices-for-one-score-with-the-run-that-breaks"
_NO_VALUE = "3.4/one-query/#why-a-key-is-no-value-with-the-run-that-breaks"
_STACKED = "3.6/stacked/#the-code"
_ATTENTION = "backward/attention/#the-code"
_SUM = "backward/multi-head/#which-way-to-sum-with-the-run-that-breaks"

_OF_STAGE: Mapping[str, str] = {
    "take": _TWO,
    "score": "3.3/scores/#the-code",
    "scale": _OF_WHICH,
    "hide": "3.5/mask/#before-softmax-minus-infinity",
    "share": _FORMULA,
    "mix": "3.3/context/#the-code",
    "split": "3.6/split/#view-transpose",
    "merge": "3.6/split/#view-transpose",
    "project": "3.6/split/#where-heads-mix",
    "finish": "3.3/all-tokens/#the-code",
    "soften": "backward/softmax/#the-product-that-needs-no-table",
    "order": _ATTENTION,
    "queries": _ATTENTION,
    "keys": _ATTENTION,
    "values": _ATTENTION,
    "recall": "backward/attention/#why-no-mask-comes-in",
    "join": (
        "backward/projections/#add-where-paths-meet-with-the-run-that-breaks"
    ),
    "weight": "backward/projections/#the-code",
    "outward": _SUM,
    "bias": _SUM,
    "heads": _SUM,
    "undrop": "backward/attention/#dropout",
    "keep": "backward/attention/#dropout",
}

_OF_NAME: Mapping[str, str] = {
    "swapped": "3.4/dimensions/#query-key-swap",
    "keys_mixed": _NO_VALUE,
    "keys_and_values_swapped": _NO_VALUE,
    "no_scale": "3.4/scale/#square-root",
    "scaled_by_root_of_d_out": "blind-spots/#unscaled",
    "scaled_after_softmax": "3.4/scale/#square-root",
    "softmax_over_queries": _AXIS,
    "softmax_over_everything": _AXIS,
    "softmax_over_heads": _AXIS,
    "keepdims_forgotten": (
        "3.4/arrays/#why-the-axis-counts-from-the-end-with-the-run-that-breaks"
    ),
    "weights_transposed": "3.3/all-tokens/#why-rows-with-the-run-that-breaks",
    "no_mask": "3.5/#why-a-mask-with-the-run-that-mends-it",
    "mask_after_softmax": (
        "3.5/mask/#after-softmax-strike-out-then-renormalise"
    ),
    "mask_with_zeros": "3.5/mask/#where-they-differ",
    "mask_too_weak": "blind-spots/#minus-a-billion",
    "padding_sees_nothing": "3.5/padding/#own-rows",
    "queries_hidden": "3.5/padding/#own-rows",
    "mask_hides_self": "3.5/mask/#a-row-with-nothing-to-see",
    "mask_inverted": "3.5/mask/#a-row-with-nothing-to-see",
    "nan_rows": "3.5/mask/#a-row-with-nothing-to-see",
    "nan_everywhere": "3.5/mask/#a-row-with-nothing-to-see",
    "split_by_stride": "blind-spots/#stride",
    "one_wide_head": "3.6/split/#one-wide",
    "heads_added": _STACKED,
    "heads_averaged": _STACKED,
    "heads_reversed": _STACKED,
    "heads_below_each_other": _STACKED,
    "last_head_lost": _STACKED,
    "scale_forgotten": _ATTENTION,
    "scaled_twice": _ATTENTION,
    "other_order": _ATTENTION,
    "divided_by_p": "3.5/dropout/#scale",
    "not_scaled_up": "3.5/dropout/#scale",
    "multiplied": "3.5/dropout/#scale",
    "constant_rate": "3.5/dropout/#scale",
    "renormalised": "3.5/dropout/#rows",
    "uniform": "3.3/#why-not-the-plain-average",
    "plain_mean": "3.3/#why-not-the-plain-average",
}

_OF_STEP: Mapping[str, str] = {
    "project": "3.4/one-query/#three-projections",
    "causal_mask": "3.5/mask/#the-code",
    "padding_mask": "3.5/padding/#the-mask",
    "output_projection": "3.6/split/#where-heads-mix",
    "output_projection_backward": _SUM,
    "cross_entropy": "backward/loss/#loss",
    "cross_entropy_backward": "backward/loss/#loss",
    "embeddings_backward": "backward/loss/#embeddings",
    "sgd": "backward/loss/#adam",
    "adam": "backward/loss/#adam",
    "model_logits": "backward/learning/#what-you-have",
    "loss_and_gradients": "backward/train-yours/#one-sentence",
    "training_step": "backward/train-yours/#one-step",
}


def chapter(mistake: Mistake) -> str:
    """The part of a chapter that shows what is right, and why."""
    by_stage = _OF_STAGE.get(mistake.stage, place(step_named(mistake.step)))
    return _OF_NAME.get(mistake.name, by_stage)


def explained(step: Step, name: str) -> str:
    """The page and anchor that explain a cause, or a caution, of this name.

    Examples:
        >>> from attnbook.checker.steps.table import step_named
        >>> explained(step_named("softmax"), "no_exp")
        'check/catalogue/#softmax-no_exp'
        >>> explained(step_named("softmax"), "hidden row")
        'check/catalogue/#beside-hidden_row'
        >>> explained(step_named("dot"), "of no name")
        '3.3/scores/#the-code'
    """
    anchors = [e.anchor for e in CATALOGUE if e.name == name]
    own = anchor_of(step.name, name)
    beside = [each.anchor for each in all_written() if each.name == name]
    beside += anchors  # of other steps
    if own in anchors or beside:
        return f"check/catalogue/#{own if own in anchors else beside[0]}"
    return place(step)


_CODE: Mapping[str, str] = {
    "3.3/softmax/": "the-formula",
    "3.4/one-query/": "score-scale-weigh-mix",
    "backward/softmax/": "the-product-that-needs-no-table",
}
"""Of a page without a heading *The code* the one that has it."""


def place(step: Step) -> str:
    """The part of a chapter that shows a whole step."""
    code = _CODE.get(step.page, "the-code")
    return _OF_STEP.get(step.name, f"{step.page}#{code}")
