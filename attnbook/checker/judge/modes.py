"""A module in training mode, and in half precision."""

from random import Random

from attnbook.checker.finding import Caution
from attnbook.checker.match.binding import Answer, Asked
from attnbook.checker.steps.cases import Values, distinct
from attnbook.checker.steps.compare import numbers, plain, shape, size
from attnbook.checker.steps.extras import ordinary

_CALLS = 6
_MANY_CALLS = 24
"""So many that equal results of a weight that is dropped are no chance."""
_COARSE = 0.05
"""What half precision can explain, relative to the largest entry or 1."""

_AFTER_SOFTMAX = (
    "Send the weights through a `Dropout` of this rate, after the softmax."
)
_HALF_ADVICE = (
    "Hide with `-torch.inf`, or with `torch.finfo(x.dtype).min`, which fits "
    "every precision."
)


def drops(asked: Asked) -> bool | None:
    """Whether results differ in `train()` with a rate; None if untold."""
    roles = {role for _, role in asked.binding.init}
    wrap = asked.binding.wrap
    if not wrap.startswith(("torch", "jax")) or "rate" not in roles:
        return None
    _, values = ordinary(asked.binding.step)
    return _differs(asked, values, _CALLS)


def drops_scores(asked: Asked) -> tuple[Caution, ...]:
    """What to say of one that drops, and never a token that is alone.

    Its one weight is 1 whatever becomes of its score.
    """
    step, rng = asked.binding.step, Random(2023)  # noqa: S311 - test data
    alone = step.draw(rng, **distinct(step.axes) | {"n": 1})
    if _differs(asked, alone, _MANY_CALLS) is not False:
        return ()
    said = (
        "In training it drops before the softmax, scores and not weights: a "
        f"sentence of one token comes out the same {_MANY_CALLS} times at a "
        "rate of one half."
    )
    return (Caution("dropped scores", said, _AFTER_SOFTMAX),)


def _differs(asked: Asked, values: Values, times: int) -> bool | None:
    """Whether results differ in training; None if they do not come."""
    train = {**values, "rate": 0.5, "mode": "train"}
    answers = [asked.answer(train) for _ in range(times)]
    if not all(answer.came for answer in answers):
        return None
    return len({repr(answer.value) for answer in answers}) > 1


def never_drops(asked: Asked) -> Caution:
    """What to say of a class that takes a rate and drops nothing."""
    name = next(k for k, role in asked.binding.init if role == "rate")
    return Caution(
        "dropout",
        f"It takes `{name}`, and nothing is dropped: in training with a rate "
        f"of one half {_CALLS} results are the same.",
        _AFTER_SOFTMAX,
    )


def in_half(asked: Asked) -> tuple[tuple[Caution, ...], str]:
    """What becomes of it in half precision, or a note that it was not tried.

    A module that does not run there says nothing of its attention.
    """
    binding = asked.binding
    if binding.made is None or binding.wrap != "torch":
        return (), ""
    _, values = ordinary(binding.step)
    half = asked._replace(binding=binding._replace(wrap="torch16"))
    answer = half.answer(values)
    if not answer.came:
        said = answer.reply.get("error", {}).get("message", "")
        if "overflow" not in said:
            return (), "half precision was not tried"
        return (_unfit(f"raises an error: {said}"),), ""
    if not _close(asked.expected(values), answer):
        return (_unfit("gives another result"),), ""
    return (), ""


def _unfit(what: str) -> Caution:
    """What to say of a module that only wider numbers suit."""
    return Caution(
        "half", f"In half precision it {what.rstrip('.')}.", _HALF_ADVICE
    )


def _close(right: object, answer: Answer) -> bool:
    """Whether a result is right within half precision."""
    if not plain(answer.value) or shape(right) != shape(answer.value):
        return False
    pairs = zip(numbers(right), numbers(answer.value), strict=True)
    limit = _COARSE * size(right)
    return all(abs(one - other) <= limit for (_, one), (_, other) in pairs)
