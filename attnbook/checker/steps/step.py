"""What a step is: how it is called, what is right, which sizes it has."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from attnbook.checker.steps.cases import Case, Draw, Values, fixed, grid

Canonical: TypeAlias = Callable[..., Any]


def as_it_came(value: Any) -> Any:  # noqa: ANN401
    """What most results are compared as."""
    return value


class Form(NamedTuple):
    """A way to call a step: its arguments' roles, and what it returns."""

    roles: tuple[str, ...]
    answer: Callable[[Canonical, Values], Any]
    read: Callable[[Any], Any] = as_it_came
    """How what came is read, where a reader may write the same otherwise."""
    note: str = ""
    """What is worth a word, where a reader's function has this form."""
    spared: tuple[str, ...] = ()
    """The known mistakes that nobody can make in this form."""


class Step(NamedTuple):
    """One thing that a reader can write and have checked."""

    name: str
    section: str
    page: str
    names: tuple[str, ...]
    """What readers call it, without case and underscores."""
    reference: Canonical
    forms: tuple[Form, ...]
    """The canonical form first."""
    draw: Draw
    axes: Mapping[str, Sequence[int]]
    """The sizes of the dimension map."""
    results: tuple[str, ...] = ()
    """Names of the wanted item, where a reader returns several."""
    large: str = ""
    """The argument whose first row is enlarged for large scores."""
    blind: str = ""
    """What a check of this step cannot tell."""
    parts: tuple[str, ...] = ()
    """The names of the results, where there are several."""
    gradient: bool = False
    causal: bool = False
    """Whether later tokens are hidden."""
    shared: int = 1
    """How many heads of queries share one of keys and values; 0 for all."""
    extras: tuple[Callable[["Step"], Case], ...] = ()
    """Cases beside the sizes, for what can be asked more."""

    @property
    def where(self) -> str:
        """The part of the book, or of this one."""
        numbered = self.section[:1].isdigit()
        return f"section {self.section}" if numbered else self.section

    def trial(self) -> Case:
        """One case whose sizes differ, to find out how a reader is asked."""
        return fixed(self.draw, self.axes, large="")[0]

    def cases(self, seed: int) -> list[Case]:
        """Every size from the seed, and the cases that never change."""
        drawn = grid(self.draw, self.axes, seed)
        extras = [extra(self) for extra in self.extras]
        return drawn + fixed(self.draw, self.axes, self.large) + extras


def plain(*roles: str) -> Form:
    """The form that hands over the roles as they are."""
    return Form(
        roles, lambda f, case: f(*(_value(case[role]) for role in roles))
    )


def _value(value: Any) -> Any:  # noqa: ANN401
    """What our own functions take for a value with names: its items."""
    if isinstance(value, dict):
        return [_value(item) for item in value["items"]]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_value(item) for item in value]
    return value


def by_names(*names: str) -> Callable[[Canonical, Values], Any]:
    """The answer of a form by other names, those of the canonical form."""
    return lambda f, case: f(*(case[name] for name in names))


def packed(role: str, *names: str) -> Form:
    """The form that takes inputs and a bundle of parameters."""
    return Form(("inputs", role), by_names("inputs", *names))


PROJECTIONS = ("W_query", "W_key", "W_value")
MULTI_HEAD = (*PROJECTIONS, "W_out", "b_out", "num_heads")

# Weights one by one, or in a bundle.
BY_PROJECTIONS = (
    plain("inputs", *PROJECTIONS),
    packed("projections", *PROJECTIONS),
)
BY_MULTI_HEAD = (
    plain("inputs", *MULTI_HEAD),
    packed("parameters", *MULTI_HEAD),
)

# The sizes that steps and their gradients share.
PROJECTED_SIZES = {
    "n": (1, 2, 4, 6),
    "d_in": (1, 2, 6),
    "d_k": (1, 2, 3),
    "d_v": (1, 2, 5),
}
HEADS_SIZES = {
    "n": (1, 2, 4, 6),
    "d_in": (1, 5),
    "heads": (1, 2, 3, 4),
    "head_dim": (1, 2, 4),
}
