"""An object with weights: made in every way that its names allow.

It is made in sizes that differ where it lets them; the attempt that does
best is the one that counts.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from attnbook.checker.match.asked import Ask
from attnbook.checker.match.attempt import Attempt, Sizes
from attnbook.checker.match.best import trials
from attnbook.checker.match.described import Function, Made
from attnbook.checker.match.functions import SEVERAL
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.methods import called
from attnbook.checker.match.names import plain_name
from attnbook.checker.match.shown import are_told, heads_shown
from attnbook.checker.match.sizes import PART, made_from, size_of
from attnbook.checker.match.trial import Trial, better

_UNLIKE = (Sizes(5, 2, 3, square=False), Sizes(6, 2, 3, square=True))
_SINGLE = (Sizes(5, 1, 3, square=False), Sizes(6, 1, 6, square=True))
_EVEN = {
    each: each._replace(
        d_in=8 if each.square else 5, head_dim=8 // each.num_heads, even=True
    )
    for each in (*_UNLIKE, *_SINGLE)
}
"""The same sizes where a head must be even, as pairs of its entries turn."""
_SHARED = (
    Sizes(5, 6, 3, square=False, shared=2),
    Sizes(12, 6, 2, square=True, shared=2),
    Sizes(5, 6, 2, square=False, even=True, shared=2),
    Sizes(12, 6, 2, square=True, even=True, shared=2),
)
"""For what is told how many heads of keys there are: fewer than of queries.

With two of queries for three of keys, none of these numbers is another's.
"""
_FIXED = tuple(
    Sizes(heads * head_dim, heads, head_dim, square=True)
    for heads, head_dim in ((3, 2), (4, 2), (6, 2), (8, 2), (12, 2))
)
"""For what has a number of heads of its own, that nobody told it."""
_WIDE_HEADS = Sizes(3, 2, 3, square=False, wide=True)
"""For what gives each head the width of the inputs."""


def object_trial(
    ask: Ask, function: Function, wraps: Sequence[str]
) -> Trial | None:
    """How an object is asked; None where it holds no weights to be found."""
    init = made_from(function.parameters or [])
    method = called(function.methods)
    if init is None or method is None:
        return None
    best: Trial | None = None
    for each in _with_parts(init, function.beside):
        for unturned in (False, True)[: 1 + function.turning]:
            trial = _of_init(ask, function, each, method, wraps, unturned)
            best = _less_turned(best, trial) if trial is not None else best
            if best is not None and best.sure:
                return best
    return best


def _less_turned(one: Trial | None, other: Trial) -> Trial:
    """The better of two; what turns is asked unturned, unless it agrees."""
    made = other.asked.binding.made
    if one is None or made is None or not made.unturned:
        return better(one, other)
    alike = other.quality == one.quality > 1
    return other if alike and _turns(other) else better(one, other)


def _turns(trial: Trial) -> bool:
    """Whether something is turned, if nobody switches that off."""
    binding = trial.asked.binding
    values = binding.step.trial().values
    made = binding.made and binding.made._replace(unturned=False)
    asked = trial.asked._replace(binding=binding._replace(made=made))
    came, without = (each.answer(values) for each in (asked, trial.asked))
    return repr(came.value) != repr(without.value)


_WIDE = {"d_in", "d_model", "d_out", "config"}


def _with_parts(
    init: tuple[tuple[str, str], ...], others: Sequence[str]
) -> Iterator[tuple[tuple[str, str], ...]]:
    """What it is made from, with each other attention as its part.

    Where nothing but the size of a head is asked for, it may be of them all.
    """
    roles = {role for _, role in init}
    if PART not in roles:
        yield init
        if roles >= {"head_dim", "num_heads"} and not roles & _WIDE:
            yield tuple((n, r.replace("head_dim", "d_model")) for n, r in init)
        return
    for other, how in product(others, ("made", "as it is")):
        part = f"{PART} {how}: {other}"
        yield tuple(
            (name, part if role == PART else role) for name, role in init
        )


def _of_init(
    ask: Ask,
    function: Function,
    init: tuple[tuple[str, str], ...],
    method: str,
    wraps: Sequence[str],
    unturned: bool,
) -> Trial | None:
    """How the object is asked that is made from these."""
    best = unserved = lone = None
    for attempts in _attempts(ask, function, init, method, wraps, unturned):
        for attempt in attempts:
            if _has_other_heads(attempt):
                lone = _less_right(lone, attempt)
                continue  # the file, or the class itself, says how many
            if unserved is not None and attempt.quality:
                return unserved  # only as many heads of keys as of queries do
            unserved = unserved or _unserved(attempt)
            best = _more_telling(best, attempt)
            if best.sure:
                return best
        if best is not None and best.quality > 1:
            return best  # easier sizes would only hide what is wrong
    return lone or best


def _less_right(one: Trial | None, other: Trial) -> Trial:
    """The worse of two: what is wrong with some heads is not right."""
    return other if one is None or other.quality < one.quality else one


def _has_other_heads(trial: Trial) -> bool:
    """Whether something has other heads than it is asked with.

    With one, no way to cut, scale or merge is wrong.
    """
    step = trial.asked.binding.step
    heads = step.axes.get("heads", (1,))
    told = dict(trial.asked.binding.init).values()
    if trial.quality < 2 or len(heads) > 1 or "num_heads" in told:
        return False
    if trial.asked.binding.fault is not None:
        return False  # where weights serve all heads, all of them change
    shown = heads_shown(trial.asked) if trial.quality == 2 else 0
    constant = heads[0] == 1 and are_told(trial.asked)
    return constant or shown not in {0, heads[0]}


def _unserved(trial: Trial) -> Trial | None:
    """What holds fewer heads of keys than of queries, and raises.

    A configuration that answers such a count was not asked to use it.
    """
    binding = trial.asked.binding
    if "config" in {role for _, role in binding.init}:
        return None
    raised = not (trial.quality or "stopped" in trial.reply)
    made = binding.made is not None and bool(binding.made.layout.slots)
    return trial if raised and made and binding.step.shared > 1 else None


def _more_telling(one: Trial | None, other: Trial) -> Trial:
    """The better of two; of two that failed the one whose error tells more.

    That a library is missing tells most; that the object refuses the sizes
    it is made in tells less than any error that comes after.
    """
    if one is None or one.quality or other.quality:
        return better(one, other)
    return max(one, other, key=_telling)


def _telling(trial: Trial) -> tuple[bool, bool, int]:
    """How much is told by the error of an attempt that failed."""
    binding, error = trial.asked.binding, trial.reply.get("error", {})
    unmade = binding.made is not None and not binding.made.layout.slots
    refused = unmade and error.get("type") in _REFUSALS
    square = binding.made is not None and binding.made.square
    rank = square if refused else trial.reply.get("unfit", 3)
    return binding.wrap != "list", bool(error.get("missing")), rank


_REFUSALS = {"AssertionError", "ValueError"}


def _attempts(
    ask: Ask,
    function: Function,
    init: tuple[tuple[str, str], ...],
    method: str,
    wraps: Sequence[str],
    unturned: bool,
) -> Iterator[Iterator[Trial]]:
    """Every kind of arrays and set of sizes in which it can be made."""
    roles = {role for _, role in init}
    named = {size_of(name) for name, _ in init}
    name = function.name if roles <= {"rate", "bias"} else ""
    every = _sizes(roles | named, unturned, name)
    for wrap, first in product(wraps, every):
        objects = [
            Attempt(ask, function, init, method, wrap, first, made)
            for made in _makings(roles, first, unturned)
        ]
        yield (trial for each in objects for trial in trials(each))


def _sizes(roles: set[str], unturned: bool, name: str) -> Sequence[Sizes]:
    """The sizes to make it in, what lets most mistakes be seen first.

    What is made from nothing says by its `name` whether it has several heads.
    """
    several = bool(roles & {"num_heads", "config"})
    shared = _SHARED if several and roles & _SHARING else ()
    sizes: tuple[Sizes, ...] = _UNLIKE
    if "config" in roles or SEVERAL.search(plain_name(name)):
        sizes = *_UNLIKE, *_SINGLE
    elif not several:  # perhaps a constant of the file says how many
        sizes = *_SINGLE, *_UNLIKE
    if unturned or several:
        sizes = *sizes, *(_EVEN[each] for each in sizes)
    if several and not roles & {"d_out", "head_dim", "d_k"}:
        sizes = *sizes, _WIDE_HEADS
    elif not several:
        sizes = *sizes, *_FIXED
    return *shared, *sizes


_SHARING = {"key_heads", "groups", "each", "config"}


def _makings(
    roles: set[str],
    sizes: Sizes,
    unturned: bool,
) -> Iterator[Made]:
    """What sizes can mean: of each head or of all, exact or at most."""
    empty = Layout(())
    lone = (False, True) if roles & {"groups", "config"} else (False,)
    each = (
        [False, True] if "d_out" in roles and sizes.num_heads > 1 else [False]
    )
    whole = (
        [False, True] if "d_k" in roles and sizes.num_heads > 1 else [False]
    )
    for of_each in each:
        for of_all in whole:
            for alone in lone:
                yield Made(
                    empty, each=of_each, whole=of_all, square=sizes.square,
                    unturned=unturned, alone=alone,
                )  # fmt: skip
