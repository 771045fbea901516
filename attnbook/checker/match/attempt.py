"""One way to make an object, and every way to ask it then."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from attnbook.checker.match.asked import Ask, Asked
from attnbook.checker.match.calls import calls, masks, roles_of
from attnbook.checker.match.described import Binding, Function, Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement, plain_name
from attnbook.checker.match.requests import init_of, sizes_of
from attnbook.checker.match.shown import (
    promises,
)
from attnbook.checker.match.sizes import config_of
from attnbook.checker.match.slots import Array
from attnbook.checker.match.trial import with_names
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
    """One way to make the object."""

    ask: Ask
    function: Function
    init: tuple[tuple[str, str], ...]
    method: str
    wrap: str
    sizes: Sizes
    made: Made

    def values(self) -> Values:
        """A case in these sizes."""
        d_in, heads, head_dim = self.sizes[:3]
        rng = Random(3)  # noqa: S311 - test data
        values = draw_multi_head(rng, 4, d_in, heads, head_dim)
        if heads == 1 and self.roles() & {"d_v"} and not self.sizes.square:
            drawn = draw_projected(rng, 4, d_in, head_dim, head_dim + 1)
            values |= {k: drawn[k] for k in ("W_value", "b_value")}
        if self.sizes.wide:
            values |= leading_back(rng, values)
        if self.sizes.shared != 1:
            count = key_heads_of(heads, self.sizes.shared)
            values = with_key_heads(values, count)
        return values

    def roles(self) -> set[str]:
        """What its constructor is told."""
        return {role for _, role in self.init}

    def promises_causal(self, arrays: Sequence[Array]) -> bool:
        """Whether a name or a mask that it keeps promises a causal one."""
        parameters = self.function.methods[self.method]
        if any("mask" in plain_name(each.name) for each in parameters):
            return False
        kept = any(e.mask and "." not in e.path for e in arrays)
        return promises(self.function.name) or kept

    def ways(
        self, arrays: Sequence[Array], fitting: Sequence[Layout]
    ) -> Iterator[Asked]:
        """Every layout with every way to call, causal and not."""
        ways = list(calls(self.function.methods[self.method]))
        hides = (True,) if self.promises_causal(arrays) else (False, True)
        for layout, call in product(fitting, ways):
            forms = masks() if "mask" in roles_of(call) else [""]
            for axes, causal, mask in product(_AXES, hides, forms):
                batch, second = axes
                one = self.one(layout, call, batch, causal=causal)
                binding = one.binding._replace(mask=mask, second=second)
                yield one._replace(binding=binding)

    def one(
        self, layout: Layout, call: Arrangement, batch: int, *, causal: bool
    ) -> Asked:
        """One layout and one way to call."""
        parts = _parts(layout, self.sizes, causal=causal)
        roles = self.roles() | self._configured()
        step = step_of(parts)
        form = paired(form_of(step, parts))
        extras = [two_sentences] * bool(batch)
        extras += [rate_in_eval] * ("rate" in roles)
        step = sized(step, self._widths(layout), self._heads(roles))
        binding = Binding(
            f"{self.function.name}.{self.method}",
            step._replace(extras=tuple(extras)), form, call, self.init,
            is_class=True, wrap=self.wrap, batch=batch,
            made=self.made._replace(layout=layout),
        )  # fmt: skip
        return Asked(self.ask, binding)

    def _heads(self, roles: set[str]) -> Sequence[int]:
        """The one number of heads; none where a name or two widths tell it."""
        count = self.sizes.num_heads
        widths = "head_dim" in roles and bool(roles & {"d_model", "d_out"})
        told = "num_heads" in roles or (widths and count > 1)
        return () if told else (count,)

    def _widths(self, layout: Layout) -> Widths:
        """Which widths may differ."""
        square = self.sizes.square
        own = "d_v" in self.roles() and not square
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
        return {"num_heads", "rate"} if "config" in self.roles() else set()

    def held(self, values: Values) -> dict[str, Any]:
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

    def unmade(self, error: Mapping[str, Any] | None = None) -> Asked:
        """What cannot be made, as the step that it is likest to be."""
        parts = Parts(
            heads=self.sizes.num_heads > 1, causal=self.promises_causal([])
        )
        step = sized(step_of(parts), Widths(square=self.sizes.square))
        target = f"{self.function.name}.{self.method}"
        form = form_of(step, parts)
        call = Arrangement(("inputs",))
        binding = Binding(target, step, form, call, self.init, is_class=True,
                          wrap=self.wrap,
                          made=self.made._replace(error=error))  # fmt: skip
        return Asked(self.ask, binding)


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
