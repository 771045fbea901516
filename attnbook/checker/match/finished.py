"""A trial of an object with all that is to be said of it."""

from collections.abc import Iterator, Sequence

from attnbook.checker.match.asked import UNFIT, Asked
from attnbook.checker.match.attempt import Attempt
from attnbook.checker.match.blocks import (
    is_norm,
    is_taken_for_block,
    may_be_block,
    taken_for_block,
    with_norm,
)
from attnbook.checker.match.described import Binding
from attnbook.checker.match.fitting import laid
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import plain_name
from attnbook.checker.match.remarks import fault_of, told
from attnbook.checker.match.shown import (
    is_causal,
    says_nothing,
    with_heads_it_has,
    with_one_head,
    with_tokens_first,
    without_values,
)
from attnbook.checker.match.slots import Array
from attnbook.checker.match.trial import Trial
from attnbook.checker.steps.cases import Values

_MORE_THAN_THAT = 4
"""How much it tells that there are more weights than an attention's."""
_MORE_AROUND = "has a norm, and agrees in no form of a block"


def finished(attempt: Attempt, trial: Trial, arrays: Sequence[Array]) -> Trial:
    """The trial with all that is to be said of it."""
    asked = trial.asked
    if trial.quality < 3:
        asked = _likely(attempt, asked, arrays)
    if trial.quality == 2 and _does_more(attempt, asked, arrays):
        return too_much(attempt, _MORE_AROUND)
    asked = _described(attempt, with_heads_it_has(asked), arrays)
    return trial._replace(asked=asked)


def _described(
    attempt: Attempt, asked: Asked, arrays: Sequence[Array]
) -> Asked:
    """The same with what is told of it, beside its numbers."""
    square, wide = attempt.sizes.square, attempt.sizes.wide
    notes = told(asked.binding, square=square, wide=wide)
    binding = asked.binding._replace(
        notes=(*notes, *asked.binding.notes),
        cache=tuple(_cache(attempt)),
        backward=_backward(attempt),
    )
    if asked.binding.made is not None:
        fault = fault_of(asked.binding.made.layout, arrays)
        binding = binding._replace(fault=fault or binding.fault)
    return asked._replace(binding=binding)


def _likely(attempt: Attempt, asked: Asked, arrays: Sequence[Array]) -> Asked:
    """What is wrong, taken for what it shows itself to be."""
    asked = with_tokens_first(asked)
    if not attempt.promises_causal(arrays):
        asked = _by_sight(attempt, asked)
    if may_be_block(attempt.function.name, arrays):
        return _as_block(asked, attempt.values())
    return asked


def _as_block(asked: Asked, values: Values) -> Asked:
    """What may be a block, with what it shows around its attention."""
    asked = asked._replace(binding=asked.binding._replace(block=True))
    found = taken_for_block(asked, with_one_head(asked.binding.step))
    asked = found or with_norm(asked, values)
    if is_taken_for_block(asked.binding.notes):
        return asked
    if says_nothing(asked, values):
        return asked._replace(binding=asked.binding._replace(bare=True))
    return taken_for_block(asked, without_values(values)) or asked


def _does_more(
    attempt: Attempt, asked: Asked, arrays: Sequence[Array]
) -> bool:
    """Whether a norm matters in it, and it is no block that is known."""
    made, values = asked.binding.made, attempt.values()
    norms = tuple(e.path for e in arrays if is_norm(e))
    if made is None or not norms or is_taken_for_block(asked.binding.notes):
        return False
    other = laid(asked, made.layout, norms)
    one, two = asked.answer(values), other.answer(values)
    return two.came and repr(one.value) != repr(two.value)


def _cache(attempt: Attempt) -> Iterator[str]:
    """The parameters that have to do with keys of before."""
    for each in attempt.function.methods[attempt.method]:
        plain = plain_name(each.name)
        if "cache" in plain or plain.startswith(("past", "layerpast")):
            yield each.name


def _backward(attempt: Attempt) -> bool | None:
    """Whether it has a `backward` of one gradient."""
    if "backward" not in attempt.function.methods:
        return None
    taken = attempt.function.methods["backward"]
    return sum(not each.optional for each in taken) == 1


def _by_sight(attempt: Attempt, asked: Asked) -> Asked:
    """Causal if the first token does not notice the last one."""
    made, causal = asked.binding.made, is_causal(asked)
    if made is None or causal is None:
        return asked
    binding, twin = (
        _alike(attempt, asked.binding, made.layout, causal=each)
        for each in (causal, not causal)
    )
    return asked._replace(binding=binding._replace(twin=twin))


def _alike(
    attempt: Attempt, binding: Binding, layout: Layout, *, causal: bool
) -> Binding:
    """The same way to ask, as a causal one or as one that is not."""
    call, batch = binding.arrangement, binding.batch
    one = attempt.one(layout, call, batch, causal=causal).binding
    return one._replace(
        pick=binding.pick, mask=binding.mask, second=binding.second
    )


def too_much(attempt: Attempt, message: str) -> Trial:
    """What does more than an attention, and so is left alone."""
    error = {**UNFIT, "message": message}
    told = {"error": error, "unfit": _MORE_THAN_THAT}
    return Trial(0, attempt.unmade(error), told)
