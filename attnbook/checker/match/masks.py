"""What a mask means to the code that takes one: found out by handing it over.

The same mask is given in every form that code wants. The form whose result is
right is what the code means; a mask without any effect is a fault.
"""

from collections.abc import Iterator, Sequence

from attnbook.checker.match.asked import Asked, Binding, Function
from attnbook.checker.match.names import Arrangement, Parameter, plain_name
from attnbook.checker.match.trial import Trial
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.masked import (
    MEANINGS,
    mask_handed,
    masked,
    meanings,
)

IGNORED = (
    "mask_ignored",
    "It takes a mask, and the mask changes nothing.",
    "Hide the scores where the mask says so, before the softmax.",
)


def with_mask(trial: Trial, function: Function) -> Trial:
    """The trial that also hands a mask over, if the code takes one."""
    parameter = _mask_of(function, trial.asked.binding)
    if trial.quality < 3 or parameter is None:
        return trial
    roles = {*trial.asked.binding.form.roles}
    if trial.asked.binding.step.gradient or not roles & {"inputs", "queries"}:
        return trial
    asked = _taking(trial.asked, parameter)
    case = mask_handed(asked.binding.step)
    right = asked.expected(case.values)
    plain = trial.asked.expected(
        {role: v for role, v in case.values.items() if role != "hidden"}
    )
    effects = []
    for meaning in meanings():
        one = _meaning(asked, meaning)
        answer = one.answer(case.values)
        if answer.came and compare(right, answer.value) is None:
            return trial._replace(asked=_said(one))
        if answer.came:
            effects.append(compare(plain, answer.value) is not None)
    return trial._replace(asked=_unclear(trial.asked, parameter, effects))


def takes_mask(function: Function) -> bool:
    """Whether a function takes a mask of its own."""
    return any(_is_mask(each) for each in function.parameters or [])


def required(asked: Asked) -> Iterator[Asked]:
    """Ways to hand over a mask that hides nothing, where there must be one."""
    if "mask" in asked.binding.arrangement.positional:
        for meaning in meanings():
            yield _meaning(asked, meaning)


def _mask_of(function: Function, binding: Binding) -> Parameter | None:
    """The parameter that takes a mask."""
    method = binding.target.partition(".")[2]
    parameters = function.methods.get(method, function.parameters or [])
    if not method:
        parameters = function.parameters or []
    return next((each for each in parameters if _is_mask(each)), None)


def _is_mask(parameter: Parameter) -> bool:
    """Whether a parameter takes a mask, rather than a wish for one."""
    plain = plain_name(parameter.name)
    wanted = "mask" in plain and not plain.startswith(("use", "is"))
    return wanted and not isinstance(parameter.default, bool)


def _taking(asked: Asked, parameter: Parameter) -> Asked:
    """The same call with the mask in its place."""
    binding = asked.binding
    call = binding.arrangement
    roles = {*call.positional, *(role for _, role in call.keywords)}
    if "mask" not in roles and "none" not in roles:
        named = (*call.keywords, (parameter.name, "mask"))
        call = Arrangement(call.positional, named, call.by_name)
    else:
        call = Arrangement(
            tuple("mask" if r == "none" else r for r in call.positional),
            tuple((n, "mask" if r == "none" else r) for n, r in call.keywords),
            call.by_name,
        )
    step = binding.step._replace(extras=(*binding.step.extras, mask_handed))
    form = masked(binding.form)
    return asked._replace(
        binding=binding._replace(arrangement=call, step=step, form=form)
    )


def _meaning(asked: Asked, meaning: str) -> Asked:
    """The same call, with what the mask means."""
    return asked._replace(binding=asked.binding._replace(mask=meaning))


def _said(asked: Asked) -> Asked:
    """The call with a note of what the mask means."""
    words = MEANINGS[asked.binding.mask.split()[0]][0]
    notes = (*asked.binding.notes, f"its mask: {words}")
    return asked._replace(binding=asked.binding._replace(notes=notes))


def _unclear(
    asked: Asked, parameter: Parameter, effects: Sequence[bool]
) -> Asked:
    """The call without a mask, and what can be said of the mask."""
    binding = asked.binding
    if effects and not any(effects):
        return asked._replace(binding=binding._replace(fault=IGNORED))
    left = f"its `{parameter.name}` was left alone"
    notes = (*binding.notes, left)
    return asked._replace(binding=binding._replace(notes=notes))
