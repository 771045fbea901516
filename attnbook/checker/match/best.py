"""The best that comes of one way to make an object.

Its arrays are read out, and each layout that fits is tried until the object
agrees with what is right. Where none does, the likeliest layout stands, and
the difference is the reader's.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from attnbook.checker.match.asked import UNFIT
from attnbook.checker.match.attempt import Attempt
from attnbook.checker.match.blocks import as_block, may_be_block
from attnbook.checker.match.described import Binding
from attnbook.checker.match.finished import finished, too_much
from attnbook.checker.match.fitting import array_of, fits, laid, unset
from attnbook.checker.match.layout import Layout, layouts
from attnbook.checker.match.remarks import only_whole
from attnbook.checker.match.shown import (
    is_mute,
    is_unsteady,
    is_wrong_by_tokens,
    says_nothing,
)
from attnbook.checker.match.slots import Array
from attnbook.checker.match.trial import Trial, farther, tried

_FEW = 8
"""So many layouts are tried as they are, and more of them sifted first."""
_LOST = 2
"""How much it tells that weights are not found."""
_MORE = "holds more weights than an attention does (`{}`)"


def trials(attempt: Attempt) -> Iterator[Trial]:
    """The best there is; with a context of just the sentence, if must.

    So it must where only a batch that stands second came through: there
    each token was a sentence of its own.
    """
    found = _trial(attempt)
    if found is None:
        return
    unfit = "unfit" in found.reply
    if is_wrong_by_tokens(found) or not (found.quality or unfit):
        yield from _exactly(attempt, found)
    yield found


def _exactly(attempt: Attempt, found: Trial) -> Iterator[Trial]:
    """The same with a context as long as the sentence, if that helps."""
    made = attempt.made._replace(context_length=None)
    trial = _trial(attempt._replace(made=made))
    if trial is None or not trial.quality:
        return
    if not (found.quality and trial.asked.binding.second):
        yield only_whole(trial, refused=found.reply.get("error", {}))


def _trial(attempt: Attempt) -> Trial | None:
    """The best layout and call; None where the arrays do not fit."""
    reply = attempt.held(attempt.values())
    if "held" not in reply:
        return Trial(0, attempt.unmade(reply.get("error")), reply)
    arrays = [array_of(each) for each in reply["held"]]
    found = _judged(attempt, arrays)
    shares = attempt.sizes.shared != 1 or attempt.sizes.num_heads == 1
    if found is None or found.reply.get("unfit") != _LOST or shares:
        return found
    shared = attempt.sizes._replace(shared=0)
    return _judged(attempt._replace(sizes=shared), arrays)


def _judged(attempt: Attempt, arrays: Sequence[Array]) -> Trial | None:
    """The best of the layouts that fit, with all that is said of it."""
    values = attempt.values()
    found = layouts(arrays, attempt.sizes.d_in)
    fitting = _screened(
        attempt, arrays, [layout for layout in found if fits(layout, values)]
    )
    if not fitting and any(e.weighs and not e.mask for e in arrays):
        error = {**UNFIT, **_why_lost(arrays)}
        reply = {"error": error, "unfit": _LOST}
        return Trial(0, attempt.unmade(error), reply)
    best = _best(attempt, arrays, fitting)
    if best is not None and 0 < best.quality < 3:
        best = _alone(attempt, best, arrays, fitting) or best
    return best and finished(attempt, best, arrays)


def _why_lost(arrays: Sequence[Array]) -> dict[str, str]:
    """That weights slide over an image, if they do, is why none is found."""
    slides = any(each.owner == "Conv2d" for each in arrays)
    return {"message": _IMAGES} if slides else {}


_IMAGES = (
    "is made for images (channels, height, width), and attnbook asks with "
    "sentences"
)


def _screened(
    attempt: Attempt, arrays: Sequence[Array], fitting: Sequence[Layout]
) -> Sequence[Layout]:
    """Of many layouts those in which values of 0 leave nothing to mix.

    All of them where none does, or where no way to call comes through.
    """
    values = attempt.values()
    ways = attempt.ways(arrays, fitting[:1])
    if len(fitting) <= _FEW:
        return fitting
    way = next((each for each in ways if each.answer(values).came), None)
    if way is None or way.binding.made is None:
        return fitting
    others = unset(fitting[0], values, arrays)
    mute = [e for e in fitting if is_mute(laid(way, e, others), values)]
    return mute or fitting


def _alone(
    attempt: Attempt,
    best: Trial,
    arrays: Sequence[Array],
    fitting: Sequence[Layout],
) -> Trial | None:
    """What holds more weights than an attention, with those set to 0.

    So a feed-forward after the attention adds nothing. None where it
    holds no more, or what it holds does not matter.
    """
    values, made = attempt.values(), best.asked.binding.made
    others = unset(made.layout, values, arrays) if made else ()
    if made is None or not others or not is_unsteady(best.asked, values):
        return None
    without = [each._replace(others=others) for each in fitting]
    one = _best(attempt, arrays, without)
    if one is not None and one.quality == 3:
        return one
    return too_much(attempt, _MORE.format(others[0]))


def _best(
    attempt: Attempt, arrays: Sequence[Array], fitting: Sequence[Layout]
) -> Trial | None:
    """The best of all layouts and calls; of wrong ones the likeliest."""
    best: Trial | None = None
    for trial in _tried(attempt, arrays, fitting):
        best = farther(best, trial)
        if best.quality == 3:
            break
    if best is not None and best.quality == 2:
        best = _block(attempt, arrays, fitting) or best
    if best is not None and best.quality == 2 and len(fitting) > 1:
        best = _silent(attempt, arrays, fitting) or best
    return best


def _tried(
    attempt: Attempt, arrays: Sequence[Array], fitting: Sequence[Layout]
) -> Iterator[Trial]:
    """Every layout and call; none that has raised with other weights."""
    values = attempt.values()
    raised: set[tuple[Any, ...]] = set()
    for asked in attempt.ways(arrays, fitting):
        if (way := _way(asked.binding)) in raised:
            continue
        yield (trial := tried(asked, values))
        if not trial.quality:
            raised.add(way)


def _silent(
    attempt: Attempt, arrays: Sequence[Array], fitting: Sequence[Layout]
) -> Trial | None:
    """The first way that says nothing where all values are 0.

    However wrong an attention is, it mixes values: of several layouts
    those are ruled out that put others in the place of the values.
    """
    values = attempt.values()
    for asked in attempt.ways(arrays, fitting):
        if says_nothing(asked, values):
            trial = tried(asked, values)
            if trial.quality == 2:
                return trial
    return None


def _block(
    attempt: Attempt, arrays: Sequence[Array], fitting: Sequence[Layout]
) -> Trial | None:
    """The same as a block, if it may be one and agrees as one."""
    more = any(layout.others for layout in fitting)
    if not (more or may_be_block(attempt.function.name, arrays)):
        return None
    values = attempt.values()
    tries = (as_block(e, values) for e in attempt.ways(arrays, fitting))
    return next((trial for trial in tries if trial is not None), None)


def _way(binding: Binding) -> tuple[Any, ...]:
    """How a call is made, whatever the weights are."""
    return binding.arrangement, binding.batch, binding.second, binding.mask
