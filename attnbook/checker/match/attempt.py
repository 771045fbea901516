"""One way to make an object, and the best that comes of it.

Its arrays are read out, and each layout that fits is tried until the object
agrees with what is right. Where none does, the likeliest layout stands, and
the difference is the reader's.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from attnbook.checker.match.asked import (
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
    is_norm,
    is_taken_for_block,
    may_be_block,
    with_norm,
)
from attnbook.checker.match.calls import calls, masks, roles_of
from attnbook.checker.match.layout import NO_WEIGHTS, Array, Layout, layouts
from attnbook.checker.match.names import Arrangement, plain_name
from attnbook.checker.match.remarks import fault_of, only_whole, told
from attnbook.checker.match.shown import (
    is_causal,
    is_mute,
    is_unsteady,
    is_wrong_by_tokens,
    promises,
    says_nothing,
    with_heads_it_has,
    with_one_head,
    with_tokens_first,
)
from attnbook.checker.match.sizes import config_of
from attnbook.checker.match.trial import Trial, farther, tried, with_names
from attnbook.checker.steps.cases import (
    Values,
    draw_multi_head,
    draw_projected,
    with_key_heads,
)
from attnbook.checker.steps.extras import paired, rate_in_eval, two_sentences
from attnbook.checker.steps.objects import (
    BIASES,
    Parts,
    Widths,
    form_of,
    key_heads_of,
    leading_back,
    sized,
    step_of,
)

_AXES = ((1, False), (1, True), (0, False))
"""How many axes of a batch there are, and whether the tokens come first."""


class Sizes(NamedTuple):
    """The sizes in which an object is first made."""

    d_in: int
    num_heads: int
    head_dim: int
    square: bool
    even: bool = False
    """Whether each head has to be even."""
    wide: bool = False
    """Whether each head is as wide as the inputs."""
    shared: int = 1
    """How many heads of queries share one of keys and values; 0 for all."""


class Attempt(NamedTuple):
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
        reply = self._made(self._values())
        if "held" not in reply:
            return Trial(0, self._unmade(reply.get("error")), reply)
        arrays = [_array(each) for each in reply["held"]]
        found = self.judged(arrays)
        shares = self.sizes.shared != 1 or self.sizes.num_heads == 1
        if found is None or found.reply.get("unfit") != _LOST or shares:
            return found
        shared = self.sizes._replace(shared=0)
        return self._replace(sizes=shared).judged(arrays)

    def judged(self, arrays: Sequence[Array]) -> Trial | None:
        """The best of the layouts that fit, with all that is said of it."""
        values = self._values()
        found = layouts(arrays, self.sizes.d_in)
        fitting = self._screened(
            arrays, [layout for layout in found if _fits(layout, values)]
        )
        if not fitting and any(e.weighs and not e.mask for e in arrays):
            return Trial(0, self._unmade(), {"error": UNFIT, "unfit": _LOST})
        best = self._best(arrays, fitting)
        if best is not None and 0 < best.quality < 3:
            best = self._alone(best, arrays, fitting) or best
        return best and self._finished(best, arrays)

    def _screened(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Sequence[Layout]:
        """Of many layouts those in which values of 0 leave nothing to mix.

        All of them where none does, or where no way to call comes through.
        """
        values = self._values()
        ways = self._asked(arrays, fitting[:1])
        if len(fitting) <= _FEW:
            return fitting
        way = next((each for each in ways if each.answer(values).came), None)
        if way is None or way.binding.made is None:
            return fitting
        others = _unset(fitting[0], values, arrays)
        mute = [e for e in fitting if is_mute(_laid(way, e, others), values)]
        return mute or fitting

    def _alone(
        self, best: Trial, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Trial | None:
        """What holds more weights than an attention, with those set to 0.

        So a feed-forward after the attention adds nothing. None where it
        holds no more, or what it holds does not matter.
        """
        values, made = self._values(), best.asked.binding.made
        others = _unset(made.layout, values, arrays) if made else ()
        if made is None or not others or not is_unsteady(best.asked, values):
            return None
        without = [each._replace(others=others) for each in fitting]
        one = self._best(arrays, without)
        if one is not None and one.quality == 3:
            return one
        return self._too_much(_MORE.format(others[0]))

    def _too_much(self, message: str) -> Trial:
        """What does more than an attention, and so is left alone."""
        error = {**UNFIT, "message": message}
        told = {"error": error, "unfit": _MORE_THAN_THAT}
        return Trial(0, self._unmade(error), told)

    def _best(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Trial | None:
        """The best of all layouts and calls; of wrong ones the likeliest."""
        best: Trial | None = None
        for trial in self._tried(arrays, fitting):
            best = farther(best, trial)
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
            if says_nothing(asked, values):
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
        unfit = "unfit" in found.reply
        if is_wrong_by_tokens(found) or not (found.quality or unfit):
            yield from self._exactly(found)
        yield found

    def _exactly(self, found: Trial) -> Iterator[Trial]:
        """The same with a context as long as the sentence, if that helps."""
        made = self.made._replace(context_length=None)
        trial = self._replace(made=made).trial()
        if trial is None or not trial.quality:
            return
        if not (found.quality and trial.asked.binding.second):
            yield only_whole(trial, refused=found.reply.get("error", {}))

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
        d_in, heads, head_dim = self.sizes[:3]
        rng = Random(3)  # noqa: S311 - test data
        values = draw_multi_head(rng, 4, d_in, heads, head_dim)
        if heads == 1 and self._roles() & {"d_v"} and not self.sizes.square:
            drawn = draw_projected(rng, 4, d_in, head_dim, head_dim + 1)
            values |= {k: drawn[k] for k in ("W_value", "b_value")}
        if self.sizes.wide:
            values |= leading_back(rng, values)
        if self.sizes.shared != 1:
            count = key_heads_of(heads, self.sizes.shared)
            values = with_key_heads(values, count)
        return values

    def _roles(self) -> set[str]:
        return {role for _, role in self.init}

    def _promise(self, arrays: Sequence[Array]) -> bool:
        """Whether a name or a mask that it keeps promises a causal one."""
        parameters = self.function.methods[self.method]
        if any("mask" in plain_name(each.name) for each in parameters):
            return False
        kept = any(e.mask and "." not in e.path for e in arrays)
        return promises(self.function.name) or kept

    def _asked(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Iterator[Asked]:
        """Every layout with every way to call, causal and not."""
        ways = list(calls(self.function.methods[self.method]))
        hides = (True,) if self._promise(arrays) else (False, True)
        for layout, call in product(fitting, ways):
            forms = masks() if "mask" in roles_of(call) else [""]
            for axes, causal, mask in product(_AXES, hides, forms):
                batch, second = axes
                one = self._one(layout, call, batch, causal=causal)
                binding = one.binding._replace(mask=mask, second=second)
                yield one._replace(binding=binding)

    def _one(
        self, layout: Layout, call: Arrangement, batch: int, *, causal: bool
    ) -> Asked:
        """One layout and one way to call."""
        parts = _parts(layout, self.sizes, causal=causal)
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
        turns = self.made.unturned and self.sizes.head_dim % 2 == 0
        return Widths(
            square,
            own,
            back=_leads_back(layout, self.sizes),
            even=self.sizes.even or turns,
            wide=self.sizes.wide,
            shared=self.sizes.shared,
        )

    def _configured(self) -> set[str]:
        """What a configuration brings along."""
        return {"num_heads", "rate"} if "config" in self._roles() else set()

    def _finished(self, trial: Trial, arrays: Sequence[Array]) -> Trial:
        """The trial with all that is to be said of it."""
        asked = trial.asked
        if trial.quality < 3:
            asked = self._likely(asked, arrays)
        if trial.quality == 2 and self._does_more(asked, arrays):
            return self._too_much(_MORE_AROUND)
        asked = with_heads_it_has(asked)
        square, wide = self.sizes.square, self.sizes.wide
        notes = told(asked.binding, square=square, wide=wide)
        binding = asked.binding._replace(
            notes=(*notes, *asked.binding.notes),
            cache=tuple(self._cache()),
            backward=self._backward(),
        )
        if asked.binding.made is not None:
            fault = fault_of(asked.binding.made.layout, arrays)
            binding = binding._replace(fault=fault or binding.fault)
        return trial._replace(asked=asked._replace(binding=binding))

    def _likely(self, asked: Asked, arrays: Sequence[Array]) -> Asked:
        """What is wrong, taken for what it shows itself to be."""
        asked = with_tokens_first(asked)
        if not self._promise(arrays):
            asked = self._by_sight(asked)
        if may_be_block(self.function.name, arrays):
            asked = asked._replace(binding=asked.binding._replace(block=True))
            found = as_with_one_head(asked, with_one_head(asked.binding.step))
            asked = found or with_norm(asked, self._values())
        return asked

    def _does_more(self, asked: Asked, arrays: Sequence[Array]) -> bool:
        """Whether a norm matters in it, and it is no block that is known."""
        made, values = asked.binding.made, self._values()
        norms = tuple(e.path for e in arrays if is_norm(e))
        if (
            made is None
            or not norms
            or is_taken_for_block(asked.binding.notes)
        ):
            return False
        other = _laid(asked, made.layout, norms)
        one, two = asked.answer(values), other.answer(values)
        return two.came and repr(one.value) != repr(two.value)

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


_FEW = 8
"""So many layouts are tried as they are, and more of them sifted first."""


def _laid(asked: Asked, layout: Layout, others: tuple[str, ...]) -> Asked:
    """The same way to ask with another layout, and all other weights alike."""
    made = asked.binding.made
    steady = layout._replace(others=others, filled=0.5)
    made = made and made._replace(layout=steady)
    return asked._replace(binding=asked.binding._replace(made=made))


_LOST, _MORE_THAN_THAT = 2, 4
"""How much it tells that weights are not found; that there are too many."""
_MORE_AROUND = "has a norm, and agrees in no form of a block"
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


def _way(binding: Binding) -> tuple[Any, ...]:
    """How a call is made, whatever the weights are."""
    return binding.arrangement, binding.batch, binding.second, binding.mask


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


def _parts(layout: Layout, sizes: Sizes, *, causal: bool) -> Parts:
    """What an object of this layout has."""
    letters = {"W_query": "q", "W_key": "k", "W_value": "v"}
    return Parts(
        biases=tuple(
            name for name in BIASES if layout.has(letters[name], bias=True)
        ),
        out=layout.has("o"),
        out_bias=layout.has("o", bias=True),
        heads=sizes.num_heads > 1,
        causal=causal,
        shared=sizes.shared,
    )


def _leads_back(layout: Layout, sizes: Sizes) -> bool:
    """Whether the output is as wide as the inputs, and not as all heads."""
    if sizes.square:
        return False
    return any(
        slot.letters == "o" and sizes.d_in in slot.shape
        for slot in layout.slots
    )
