"""Every sensible way to call what is given all that it needs."""

from collections.abc import Iterator, Sequence

from attnbook.checker.match.asked import Ask, Asked
from attnbook.checker.match.described import (
    ATTRIBUTES,
    CACHE,
    Binding,
    Function,
)
from attnbook.checker.match.methods import called
from attnbook.checker.match.names import (
    ROLES,
    Arrangement,
    Parameter,
    arrangements,
    normal,
)
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.table import Form, Step

_PREPARED = ("W_query", "W_key", "W_value", "W_out", "b_out", "num_heads",
             "heads", "projections", "parameters", "d_in", "d_out",
             "context_length", "no_dropout", "qkv_bias", "d_k",
             "temperature")  # fmt: skip


_PRECISE = {"torch": ("torch", "torch32")}


def kinds_of(libraries: Sequence[str]) -> list[str]:
    """The kinds of arrays of these libraries, the precise ones first."""
    return [wrap for name in libraries for wrap in _PRECISE.get(name, (name,))]


def candidates(
    ask: Ask,
    function: Function,
    steps: Sequence[Step],
    libraries: Sequence[str],
) -> Iterator[Asked]:
    """Every sensible binding, the likeliest first; lists before arrays."""
    plain = [
        binding
        for step in steps
        for form in step.forms
        for binding in _bindings(function, step, form)
    ]
    plain.sort(key=lambda each: not each.arrangement.by_name)
    own = [function.library] if function.library else libraries
    for wrap in ("list", *kinds_of(own)):
        for each in plain:
            yield Asked(ask, each._replace(wrap=wrap))


def _bindings(function: Function, step: Step, form: Form) -> list[Binding]:
    """The ways to call a function, or a class, in one form."""
    if function.kind == "backward":
        return _backward_bindings(function, step, form)
    if function.kind == "pair":
        return _pair_bindings(function, step, form)
    if function.methods:
        return _class_bindings(function, step, form)
    parameters = function.parameters
    if parameters is None:
        found = [Arrangement(form.roles, by_name=False)]
    else:
        found = arrangements(parameters, form.roles)
    init = function.init
    return [
        Binding(function.name, step, form, each, init, is_class=bool(init))
        for each in found
    ]


def _class_bindings(
    function: Function, step: Step, form: Form
) -> list[Binding]:
    """A class is made from weights or sizes, then called with the rest."""
    known = step.trial().values
    made = _made_from(function.parameters or [], known)
    method = called(function.methods)
    if made is None or method is None:
        return []
    if any(role not in known for _, role in made):
        return []
    given = {role for _, role in made} | {*ATTRIBUTES, "num_heads"}
    if "heads" in given or "projections" in given or "parameters" in given:
        given |= {"heads", "projections", "parameters"}
    rest = [role for role in form.roles if role not in given]
    target = f"{function.name}.{method}"
    return [
        Binding(target, step, form, each, made, is_class=True)
        for each in arrangements(function.methods[method], rest)
    ]


def _backward_bindings(
    function: Function, step: Step, form: Form
) -> list[Binding]:
    """`forward` of queries, keys and values, then `backward` of a gradient."""
    *given, upstream = form.roles
    forward = [each for each in function.methods["forward"] if _must(each)]
    backward = [each for each in function.parameters or () if _must(each)]
    if form != step.forms[0] or len(forward) != 3 or len(backward) != 1:
        return []
    return [
        Binding(
            function.name, step, form, Arrangement((upstream,)),
            is_class=True, before=("forward", tuple(given)),
        )
    ]  # fmt: skip


def _pair_bindings(
    function: Function, step: Step, form: Form
) -> list[Binding]:
    """The reader's own forward, then `backward` of a gradient and its cache.

    Which of the two arguments is the cache is found out by trying.
    """
    *given, upstream = form.roles
    forward = [each for each in function.methods["forward"] if _must(each)]
    if form != step.forms[0]:
        return []
    return [
        Binding(
            function.name, step, form, Arrangement(order),
            forward=(function.of, each.positional),
        )
        for each in arrangements(forward, given)
        for order in ((upstream, CACHE), (CACHE, upstream))
    ]  # fmt: skip


def _must(parameter: Parameter) -> bool:
    """Whether a call without this parameter fails."""
    return not parameter.optional and "VAR" not in parameter.kind


def _made_from(
    parameters: Sequence[Parameter], known: Values
) -> tuple[tuple[str, str], ...] | None:
    """What a class is made from, by its parameters' names.

    What a name can mean and the step knows comes before what it does not.
    """
    found = []
    for parameter in parameters:
        roles = [
            role
            for role in _PREPARED
            if normal(parameter.name) in ROLES[role][1]
        ]
        if roles:
            here = [role for role in roles if role in known]
            found.append((parameter.name, (here or roles)[0]))
        elif not parameter.optional and "VAR" not in parameter.kind:
            return None
    return tuple(found)
