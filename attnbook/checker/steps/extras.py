"""Cases beside the sizes: a batch of two, a rate that eval must ignore."""

from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

from attnbook.checker.steps.cases import Case, Values, distinct, matrix
from attnbook.checker.steps.step import Canonical, Form, Step

Extra: TypeAlias = Callable[[Step], Case]

PAIR = "a batch of two sentences"
IN_EVAL = "a dropout rate of one half, in eval()"

BATCH_OF_ONE = (
    "batch_of_one",
    "It takes a batch of one sentence, and raises an error for two.",
    "Name the axis that is meant, as in `squeeze(1)`, or use `...` in an "
    "`einsum`: `squeeze(0)` drops the batch axis where that is 1.",
)
"""What is wrong where a batch of two does not even come through."""

HINTS = {
    PAIR: (
        "batch_mixed_up",
        "One sentence is right; two different ones in a batch are mixed up.",
        "Keep the batch axis where it is: from (b, h, n, d) swap heads and "
        "tokens alone, to (b, n, h, d).",
    ),
    IN_EVAL: (
        "dropout_in_eval",
        "Dropout works although the module is in eval mode.",
        "Use `nn.Dropout`, or hand `training=self.training` to `F.dropout`.",
    ),
}
"""What is wrong where only this case fails: name, sentence, advice."""

_SENTENCE = ("inputs", "queries", "keys", "values")


def paired(form: Form) -> Form:
    """The form that also answers for a second sentence, where there is one."""

    def answer(f: Canonical, case: Values) -> Any:  # noqa: ANN401
        if "other" not in case:
            return form.answer(f, case)
        return [form.answer(f, case), form.answer(f, case["other"])]

    return form._replace(answer=answer)


def two_sentences(step: Step) -> Case:
    """Two different sentences of one length, with the same weights."""
    sizes, values = ordinary(step)
    return Case(sizes, with_another(values), PAIR)


def with_another(values: Values) -> Values:
    """The same with another sentence of this length beside it."""
    rng = Random(2025)  # noqa: S311 - test data
    other = {
        role: matrix(rng, len(values[role]), len(values[role][0]))
        for role in _SENTENCE
        if role in values
    }
    return {**values, "other": {**values, **other}}


def rate_in_eval(step: Step) -> Case:
    """A rate that has no effect, because the module is in eval mode."""
    sizes, values = ordinary(step)
    return Case(sizes, {**values, "rate": 0.5}, IN_EVAL)


def ordinary(step: Step) -> tuple[dict[str, int], Values]:
    """Sizes that differ, and values in them."""
    sizes = distinct(step.axes)
    return sizes, step.draw(Random(2023), **sizes)  # noqa: S311 - test data
