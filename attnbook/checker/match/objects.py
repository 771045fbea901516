"""An object with weights: made, its weights found, and taken for a step.

It is made in sizes that differ where it lets them, its arrays are read out,
and each layout that fits is tried until the object agrees with what is right.
Where none does, the likeliest layout stands, and the difference is the
reader's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from attnbook.checker.match.asked import (
    IDS,
    OFF,
    ON,
    UNFIT,
    Ask,
    Asked,
    Binding,
    Function,
    Made,
    init_of,
    sizes_of,
)
from attnbook.checker.match.blocks import (
    as_block,
    as_with_one_head,
    may_be_block,
    with_norm,
)
from attnbook.checker.match.layout import (
    BLOCKS,
    NO_WEIGHTS,
    Array,
    Layout,
    Slot,
    layouts,
)
from attnbook.checker.match.names import Arrangement, Parameter, plain_name
from attnbook.checker.match.sizes import PART, config_of, made_from
from attnbook.checker.match.trial import Trial, better, tried, with_names
from attnbook.checker.steps.cases import (
    Values,
    draw_multi_head,
    draw_projected,
)
from attnbook.checker.steps.extras import paired, rate_in_eval, two_sentences
from attnbook.checker.steps.masked import meanings
from attnbook.checker.steps.objects import (
    BIASES,
    Parts,
    Widths,
    form_of,
    sized,
    step_of,
)
from attnbook.checker.steps.step import Step

CALLED = ("forward", "__call__", "call", "attention", "attend", "compute")
_PROMISES = re.compile(r"causal|casual|masked|decoder|autoregressive")
_QKV = re.compile(r"^(q|k|v|quer(y|ies)|keys?|values?|x(q|k|v)|"
                  r"inputs?(q|k|v)|(q|k|v)input|src|tgt|x)$")  # fmt: skip
_FLAGS = ("usecache", "returnattention", "needweights", "returnweights",
          "outputattentions", "returnattn", "verbose", "debug")  # fmt: skip
_MODES = {"training": OFF, "train": OFF, "istraining": OFF,
          "deterministic": ON, "inference": ON}  # fmt: skip
_CHANCE = {"key": "key", "rng": "key", "rngs": "rngs", "prngkey": "key",
           "dropoutkey": "key", "dropoutrng": "key"}  # fmt: skip


_LENGTHS = {"validlens", "validlen", "lengths"}
_IDS = re.compile(r"^(token|input|src|tgt)?(ids?|indices)$")


def promises(name: str) -> bool:
    """Whether a name says that later tokens are hidden."""
    return bool(_PROMISES.search(plain_name(name)))


def is_causal(asked: Asked) -> bool | None:
    """Whether the first token does not notice the last; None if untold.

    It is asked with one head, for which no way to cut or merge is wrong.
    """
    values = _with_one_head(asked.binding.step)
    last = [-entry for entry in values["inputs"][-1]]
    changed = {**values, "inputs": [*values["inputs"][:-1], last]}
    before, after = asked.answer(values).value, asked.answer(changed).value
    if not (isinstance(before, list) and isinstance(after, list) and before):
        return None
    return repr(before[0]) == repr(after[0])


def _with_one_head(step: Step) -> Values:
    """Four tokens, for which no way to cut or merge heads is wrong."""
    sizes = {axis: max(among) for axis, among in step.axes.items()}
    sizes |= {"n": 4} | ({"heads": 1} if "heads" in sizes else {})
    return step.draw(Random(5), **sizes)  # noqa: S311 - test data


UNREGISTERED = (
    "not_registered",
    "The module does not know its weights: `parameters()` leaves them out, "
    "so no optimiser trains them, and `to()` and `state_dict()` miss them.",
    "Keep layers in an `nn.ModuleList`, and a bare tensor in an "
    "`nn.Parameter`.",
)


SHARED = (
    "one_projection_for_all_heads",
    "One small projection serves all heads: each head sees only its own part "
    "of the input, through the same weights as the others.",
    "Project the whole input first, `(d_in, d_out)`, then cut it into heads.",
)
NOT_TURNED = (
    "blocks_not_turned",
    "It multiplies by the blocks of `in_proj_weight` as they are; torch "
    "stores each of them as (d_out, d_in), so weights of torch's own module "
    "give another result here.",
    "Write `x @ W.T` for each block, or `F.linear(x, W)`.",
)
UNCUT = (
    "mask_not_cut",
    "The mask is not cut to the sentence: what is shorter than the context "
    "length raises an error.",
    "Take its corner of n tokens: `mask[:n, :n]`.",
)


_AXES = ((1, False), (1, True), (0, False))
"""How many axes of a batch there are, and whether the tokens come first."""


class Sizes(NamedTuple):
    """The sizes in which an object is first made."""

    d_in: int
    num_heads: int
    head_dim: int
    square: bool


_UNLIKE = (Sizes(5, 2, 3, square=False), Sizes(6, 2, 3, square=True))
_SINGLE = (Sizes(5, 1, 3, square=False), Sizes(6, 1, 6, square=True))
_EVEN = {
    each: each._replace(
        d_in=8 if each.square else 5, head_dim=8 // each.num_heads
    )
    for each in (*_UNLIKE, *_SINGLE)
}
"""The same sizes where a head must be even, as pairs of its entries turn."""


def object_trial(
    ask: Ask, function: Function, wraps: Sequence[str]
) -> Trial | None:
    """How an object is asked; None where it holds no weights to be found."""
    init = made_from(function.parameters or [])
    method = next((m for m in CALLED if m in function.methods), None)
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
    best: Trial | None = None
    for wrap in wraps:
        for attempts in _attempts(ask, function, init, method, wrap, unturned):
            for attempt in attempts:
                best = _more_telling(best, attempt)
                if best.sure:
                    return best
            if best is not None and best.quality > 1:
                return best  # easier sizes would only hide what is wrong
    return best


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
    rank = 0 if refused else 1 if "unfit" in trial.reply else 2
    return binding.wrap != "list", bool(error.get("missing")), rank


_REFUSALS = {"AssertionError", "ValueError"}


def _attempts(
    ask: Ask,
    function: Function,
    init: tuple[tuple[str, str], ...],
    method: str,
    wrap: str,
    unturned: bool,
) -> Iterator[Iterator[Trial]]:
    """Every set of sizes in which the object can be made."""
    roles = {role for _, role in init}
    several = bool(roles & {"num_heads", "config"})
    sizes: tuple[Sizes, ...] = _UNLIKE
    if "config" in roles:
        sizes = *_UNLIKE, *_SINGLE
    elif not several:  # perhaps a constant of the file says how many
        sizes = *_SINGLE, *_UNLIKE
    if unturned:
        sizes = *sizes, *(_EVEN[each] for each in sizes)
    for first in sizes:
        objects = [
            _Object(ask, function, init, method, wrap, first, made)
            for made in _makings(roles, first, unturned)
        ]
        yield (trial for each in objects for trial in each.trials())


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


class _Object(NamedTuple):
    """One way to make the object, and what comes of it."""

    ask: Ask
    function: Function
    init: tuple[tuple[str, str], ...]
    method: str
    wrap: str
    sizes: Sizes
    made: Made

    def trial(self) -> Trial | None:
        """The best layout and call; None where the arrays do not fit."""
        values = self._values()
        reply = self._made(values)
        if "held" not in reply:
            return Trial(0, self._unmade(reply.get("error")), reply)
        arrays = [_array(each) for each in reply["held"]]
        found = layouts(arrays, self.sizes.d_in)
        fitting = [layout for layout in found if _fits(layout, values)]
        if not fitting and any(e.weighs and not e.mask for e in arrays):
            return Trial(0, self._unmade(), {"error": UNFIT, "unfit": True})
        best = self._best(arrays, fitting)
        if best is not None and best.quality == 2:
            best = self._alone(best, arrays, fitting) or best
        return best and self._finished(best, arrays)

    def _alone(
        self, best: Trial, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Trial | None:
        """What holds more weights than an attention, with those set to 0.

        So a feed-forward after the attention adds nothing. None where it
        holds no more, or what it holds does not matter.
        """
        values, made = self._values(), best.asked.binding.made
        others = _unset(made.layout, values, arrays) if made else ()
        if made is None or not others or not _unsteady(best.asked, values):
            return None
        without = [each._replace(others=others) for each in fitting]
        one = self._best(arrays, without)
        if one is not None and one.quality == 3:
            return one
        error = {**UNFIT, "message": _MORE.format(others[0])}
        return Trial(0, self._unmade(error), {"error": error})

    def _best(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Trial | None:
        """The best of all layouts and calls; of wrong ones the likeliest."""
        best: Trial | None = None
        for trial in self._tried(arrays, fitting):
            best = better(best, trial)
            if best.quality == 3:
                break
        if best is not None and best.quality == 2:
            best = self._block(arrays, fitting) or best
        if best is not None and best.quality == 2 and len(fitting) > 1:
            best = self._silent(arrays, fitting) or best
        return best

    def _tried(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Iterator[Trial]:
        """Every layout and call; none that has raised with other weights."""
        values = self._values()
        raised: set[tuple[Any, ...]] = set()
        for asked in self._asked(arrays, fitting):
            if (way := _way(asked.binding)) in raised:
                continue
            yield (trial := tried(asked, values))
            if not trial.quality:
                raised.add(way)

    def _silent(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Trial | None:
        """The first way that says nothing where all values are 0.

        However wrong an attention is, it mixes values: of several layouts
        those are ruled out that put others in the place of the values.
        """
        values = self._values()
        for asked in self._asked(arrays, fitting):
            if _says_nothing(asked, values):
                trial = tried(asked, values)
                if trial.quality == 2:
                    return trial
        return None

    def _block(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Trial | None:
        """The same as a block, if it may be one and agrees as one."""
        more = any(layout.others for layout in fitting)
        if not (more or may_be_block(self.function.name, arrays)):
            return None
        values = self._values()
        tries = (as_block(e, values) for e in self._asked(arrays, fitting))
        return next((trial for trial in tries if trial is not None), None)

    def _made(self, values: Values) -> dict[str, Any]:
        """What the object holds once it is made in the sizes of a case."""
        given = sizes_of(self.made, values)
        request = {
            "do": "make",
            "target": self.function.name,
            "init": init_of(self.init, given),
            "constants": config_of(given),
            "wrap": self.wrap,
            "unturned": self.made.unturned,
        }
        return with_names(self.ask, request)

    def trials(self) -> Iterator[Trial]:
        """The best there is; with a context of just the sentence, if must.

        So it must where only a batch that stands second came through: there
        each token was a sentence of its own.
        """
        found = self.trial()
        if found is None:
            return
        if not found.quality or _is_wrong_by_tokens(found):
            yield from self._exactly(found)
        yield found

    def _exactly(self, found: Trial) -> Iterator[Trial]:
        """The same with a context as long as the sentence, if that helps."""
        made = self.made._replace(context_length=None)
        trial = self._replace(made=made).trial()
        if trial is None or not trial.quality:
            return
        if not (found.quality and trial.asked.binding.second):
            yield _only_whole(trial, refused=found.reply.get("error", {}))

    def _unmade(self, error: Mapping[str, Any] | None = None) -> Asked:
        """What cannot be made, as the step that it is likest to be."""
        parts = Parts(heads=self.sizes.num_heads > 1, causal=self._promise([]))
        step = sized(step_of(parts), Widths(square=self.sizes.square))
        target = f"{self.function.name}.{self.method}"
        form = form_of(step, parts)
        call = Arrangement(("inputs",))
        binding = Binding(target, step, form, call, self.init, is_class=True,
                          wrap=self.wrap,
                          made=self.made._replace(error=error))  # fmt: skip
        return Asked(self.ask, binding)

    def _values(self) -> Values:
        """A case in these sizes."""
        d_in, heads, head_dim, _ = self.sizes
        rng = Random(3)  # noqa: S311 - test data
        values = draw_multi_head(rng, 4, d_in, heads, head_dim)
        if heads == 1 and self._roles() & {"d_v"} and not self.sizes.square:
            drawn = draw_projected(rng, 4, d_in, head_dim, head_dim + 1)
            values |= {k: drawn[k] for k in ("W_value", "b_value")}
        return values

    def _roles(self) -> set[str]:
        return {role for _, role in self.init}

    def _promise(self, arrays: Sequence[Array]) -> bool:
        """Whether a name or a mask that it keeps promises a causal one."""
        parameters = self.function.methods[self.method]
        if any("mask" in plain_name(each.name) for each in parameters):
            return False
        return promises(self.function.name) or any(e.mask for e in arrays)

    def _asked(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Iterator[Asked]:
        """Every layout with every way to call, causal and not."""
        calls = list(_calls(self.function.methods[self.method]))
        hides = (True,) if self._promise(arrays) else (False, True)
        for layout, call in product(fitting, calls):
            masks = _masks() if "mask" in _roles_of(call) else [""]
            for axes, causal, mask in product(_AXES, hides, masks):
                batch, second = axes
                one = self._one(layout, call, batch, causal=causal)
                binding = one.binding._replace(mask=mask, second=second)
                yield one._replace(binding=binding)

    def _one(
        self, layout: Layout, call: Arrangement, batch: int, *, causal: bool
    ) -> Asked:
        """One layout and one way to call."""
        parts = _parts(layout, causal=causal, heads=self.sizes.num_heads)
        roles = self._roles() | self._configured()
        step = step_of(parts)
        form = paired(form_of(step, parts))
        extras = [two_sentences] * bool(batch)
        extras += [rate_in_eval] * ("rate" in roles)
        heads = () if "num_heads" in roles else (self.sizes.num_heads,)
        step = sized(step, self._widths(layout), heads)
        binding = Binding(
            f"{self.function.name}.{self.method}",
            step._replace(extras=tuple(extras)), form, call, self.init,
            is_class=True, wrap=self.wrap, batch=batch,
            made=self.made._replace(layout=layout),
        )  # fmt: skip
        return Asked(self.ask, binding)

    def _widths(self, layout: Layout) -> Widths:
        """Which widths may differ."""
        square = self.sizes.square
        own = "d_v" in self._roles() and not square
        even = self.made.unturned and self.sizes.head_dim % 2 == 0
        return Widths(square, own, _leads_back(layout, self.sizes), even)

    def _configured(self) -> set[str]:
        """What a configuration brings along."""
        return {"num_heads", "rate"} if "config" in self._roles() else set()

    def _finished(self, trial: Trial, arrays: Sequence[Array]) -> Trial:
        """The trial with all that is to be said of it."""
        asked = trial.asked
        if trial.quality < 3:
            asked = self._likely(asked, arrays)
        binding = asked.binding._replace(
            notes=(*_told(asked.binding, self.sizes), *asked.binding.notes),
            cache=tuple(self._cache()),
            backward=self._backward(),
        )
        if asked.binding.made is not None:
            fault = _fault_of(asked.binding.made.layout, arrays)
            binding = binding._replace(fault=fault or binding.fault)
        return trial._replace(asked=asked._replace(binding=binding))

    def _likely(self, asked: Asked, arrays: Sequence[Array]) -> Asked:
        """What is wrong, taken for what it shows itself to be."""
        asked = _with_tokens_first(asked)
        if not self._promise(arrays):
            asked = self._by_sight(asked)
        if may_be_block(self.function.name, arrays):
            asked = asked._replace(binding=asked.binding._replace(block=True))
            found = as_with_one_head(asked, _with_one_head(asked.binding.step))
            asked = found or with_norm(asked, self._values())
        return asked

    def _cache(self) -> Iterator[str]:
        """The parameters that have to do with keys of before."""
        for each in self.function.methods[self.method]:
            plain = plain_name(each.name)
            if "cache" in plain or plain.startswith(("past", "layerpast")):
                yield each.name

    def _backward(self) -> bool | None:
        """Whether it has a `backward` of one gradient."""
        if "backward" not in self.function.methods:
            return None
        taken = self.function.methods["backward"]
        return sum(not each.optional for each in taken) == 1

    def _by_sight(self, asked: Asked) -> Asked:
        """Causal if the first token does not notice the last one."""
        made, causal = asked.binding.made, is_causal(asked)
        if made is None or causal is None:
            return asked
        binding, twin = (
            self._alike(asked.binding, made.layout, causal=each)
            for each in (causal, not causal)
        )
        return asked._replace(binding=binding._replace(twin=twin))

    def _alike(
        self, binding: Binding, layout: Layout, *, causal: bool
    ) -> Binding:
        """The same way to ask, as a causal one or as one that is not."""
        call, batch = binding.arrangement, binding.batch
        one = self._one(layout, call, batch, causal=causal).binding
        return one._replace(
            pick=binding.pick, mask=binding.mask, second=binding.second
        )


_MORE = "holds more weights than an attention does (`{}`)"


def _unset(
    layout: Layout, values: Values, arrays: Sequence[Array]
) -> tuple[str, ...]:
    """What an object draws and no layout fills, if a matrix is among it."""
    filled = layout.written(values).keys()
    found = [
        each
        for each in arrays
        if each.weighs and not each.mask and each.path not in filled
        and not NO_WEIGHTS.search(each.path.lower())
    ]  # fmt: skip
    matrix = any(len(each.shape) > 1 for each in found)
    return tuple(each.path for each in found) if matrix else ()


def _unsteady(asked: Asked, values: Values) -> bool:
    """Whether the same call gives another result the second time."""
    one, other = (asked.answer(values).value for _ in range(2))
    return repr(one) != repr(other)


def _way(binding: Binding) -> tuple[Any, ...]:
    """How a call is made, whatever the weights are."""
    return binding.arrangement, binding.batch, binding.second, binding.mask


def _is_wrong_by_tokens(trial: Trial) -> bool:
    """Whether it differs, and came with the tokens first and no other way."""
    return trial.quality == 2 and trial.asked.binding.second


def _with_tokens_first(asked: Asked) -> Asked:
    """The batch axis second, where only then a token notices another."""
    if asked.binding.batch != 1 or _mixes(asked):
        return asked
    other = asked._replace(binding=asked.binding._replace(second=True))
    return other if _mixes(other) else asked


def _mixes(asked: Asked) -> bool:
    """Whether the last token's row notices the first token."""
    values = dict(asked.binding.step.trial().values)
    before = asked.answer(values).value
    first, *rest = values["inputs"]
    values["inputs"] = [[1.5 - entry for entry in first], *rest]
    after = asked.answer(values).value
    if not (isinstance(before, list) and isinstance(after, list) and before):
        return False
    return repr(before[-1]) != repr(after[-1])


def _says_nothing(asked: Asked, values: Values) -> bool:
    """Whether nothing comes but a bias, where all values are 0."""
    width = len(values["b_value"])
    none = {
        "W_value": [[0.0] * width for _ in values["W_value"]],
        "b_value": [0.0] * width,
    }
    return tried(asked, {**values, **none}).quality == 3


def _fault_of(
    layout: Layout, arrays: Sequence[Array]
) -> tuple[str, str, str] | None:
    """What is wrong with where the weights lie, whatever the numbers."""
    used = {slot.path for slot in layout.slots}
    if any(each.path in used and not each.registered for each in arrays):
        return UNREGISTERED
    if any(map(_is_torchs_block, layout.slots)):
        return NOT_TURNED
    return SHARED if any(slot.shared for slot in layout.slots) else None


def _is_torchs_block(slot: Slot) -> bool:
    """Whether blocks are used straight that torch keeps turned."""
    return slot.order == BLOCKS and "in_proj_weight" in slot.path


def _only_whole(trial: Trial, refused: Mapping[str, Any]) -> Trial:
    """What takes no shorter sentence: refused in so many words, or a fault."""
    binding = trial.asked.binding
    if refused.get("type") in {"ValueError", "AssertionError"}:
        notes = (*binding.notes, "it takes no sentence but the longest")
        binding = binding._replace(notes=notes)
    else:
        binding = binding._replace(fault=UNCUT)
    return trial._replace(asked=trial.asked._replace(binding=binding))


def _told(binding: Binding, sizes: Sizes) -> Iterator[str]:
    """What was found out, for the line that says how it was asked."""
    causal = binding.step.causal
    if binding.second:
        yield "a batch axis second: (tokens, batch, width)"
    elif binding.batch:
        yield "a batch axis first"
    yield "it is causal" if causal else "every token sees all tokens"
    if IDS in _roles_of(binding.arrangement):
        yield "none of its tokens is padding"
    yield from _switched_off(binding.made) if binding.made else ()
    if sizes.square:
        yield "asked with square weights only"


def _switched_off(made: Made) -> Iterator[str]:
    """What an object has beside its attention, and does nothing now."""
    for each in made.layout.still:
        yield f"its `{each}` set to 0"
    if made.layout.others:
        yield f"its other weights, as `{made.layout.others[0]}`, set to 0"
    if made.unturned:
        yield "what turns queries and keys by their places (RoPE) left out"


def _array(described: dict[str, Any]) -> Array:
    """An array as it comes over the pipe."""
    return Array(
        described["path"],
        tuple(described["shape"]),
        described["owner"],
        described["registered"],
        described["mask"],
        described["weighs"],
    )


def _fits(layout: Layout, values: Values) -> bool:
    """Whether the arrays have room for the weights of the case."""
    try:
        written = layout.written(values)
    except (KeyError, IndexError, ValueError):
        return False
    return all(
        _shape(written[slot.path]) == slot.shape for slot in layout.slots
    )


def _shape(value: Any) -> tuple[int, ...]:  # noqa: ANN401
    """The lengths of regular nested lists."""
    if not isinstance(value, list):
        return ()
    return (len(value), *(_shape(value[0]) if value else ()))


def _parts(layout: Layout, *, causal: bool, heads: int) -> Parts:
    """What an object of this layout has."""
    letters = {"W_query": "q", "W_key": "k", "W_value": "v"}
    return Parts(
        biases=tuple(
            name for name in BIASES if layout.has(letters[name], bias=True)
        ),
        out=layout.has("o"),
        out_bias=layout.has("o", bias=True),
        heads=heads > 1,
        causal=causal,
    )


def _leads_back(layout: Layout, sizes: Sizes) -> bool:
    """Whether the output is as wide as the inputs, and not as all heads."""
    if sizes.square:
        return False
    return any(
        slot.letters == "o" and sizes.d_in in slot.shape
        for slot in layout.slots
    )


def _masks() -> list[str]:
    """Every form of a mask, and of one that says which keys are padding."""
    return [*meanings(), "keep bool row", "hide bool row"]


def _roles_of(call: Arrangement) -> set[str]:
    """What a call is given, in whatever way."""
    return {*call.positional, *(role for _, role in call.keywords)}


def _calls(parameters: Sequence[Parameter]) -> Iterator[Arrangement]:
    """A mask is left away; where it must be there, one that hides nothing."""
    call = _call(parameters)
    yield call
    if "none" in _roles_of(call):
        yield Arrangement(
            tuple("mask" if r == "none" else r for r in call.positional),
            tuple((n, "mask" if r == "none" else r) for n, r in call.keywords),
        )


def _call(parameters: Sequence[Parameter]) -> Arrangement:
    """One sentence in every place that wants one, and no mask."""
    named = [each for each in parameters if "VAR" not in each.kind]
    several = any(each.kind == "VAR_POSITIONAL" for each in parameters)
    roles = {
        each.name: _by_chance(each, named) or _taken(each, place)
        for place, each in enumerate(named)
    }
    given = [(name, role) for name, role in roles.items() if role]
    if not given and several:
        given = [("inputs", "inputs")]
    leading = [*roles][: len(given)]
    if [name for name, _ in given] == leading or not roles:
        return Arrangement(tuple(role for _, role in given))
    return Arrangement((), tuple(given))


def _by_chance(parameter: Parameter, others: Sequence[Parameter]) -> str:
    """What random numbers a parameter wants: a key, unless of a query."""
    if parameter.kind != "KEYWORD_ONLY" and any(
        plain_name(each.name).startswith("q") for each in others
    ):
        return ""
    return _CHANCE.get(plain_name(parameter.name), "")


def _turn(plain: str) -> str:
    """Which table of turns, or which place, a parameter wants by its name."""
    for pattern, role in _TURNS:
        if re.search(pattern, plain):
            return role
    return ""


_TURNS = (
    (r"cos(ines?|cached|table)?$|^cos", "cosines"),
    (r"sin(es?|cached|table)?$|^sin", "sines"),
    (r"freqs?(cis|complex)?$|^freqs?", "turns"),
    (r"^(rope|rotary|position|pos)emb(edding)?s?$", "cosines and sines"),
    (r"^(rope|rotary)", "cosines and sines"),
    (r"^(token|input)?pos(ition)?s?(ids?)?$", "places"),
    (r"^start(pos|position|index)$|^offset$|^curpos$", "start"),
)


def _taken(parameter: Parameter, place: int) -> str:
    """What a parameter of a method is given; empty for nothing."""
    plain, must = plain_name(parameter.name), not parameter.optional
    if plain in _MODES:
        return _MODES[plain]
    if "mask" in plain or "pad" in plain or plain in _LENGTHS:
        return "none" if must else ""
    if plain in _FLAGS or "cache" in plain:
        return "no" if must else ""
    if place and (turn := _turn(plain)):
        return turn if must else ""
    if place and _IDS.match(plain):
        return IDS if must else ""
    is_sentence = must or (place < 3 and _QKV.match(plain))
    return "inputs" if is_sentence else ""
