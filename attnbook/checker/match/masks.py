"""What a mask means to the code that takes one: found out by handing it over.

The same mask is given in every form that code wants. The form whose result is
right is what the code means; a mask without any effect is a fault.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attnbook.checker.match.asked import Asked
from attnbook.checker.match.described import Binding, Function
from attnbook.checker.match.names import Arrangement, Parameter, plain_name
from attnbook.checker.match.trial import Trial
from attnbook.checker.steps.cases import Case
from attnbook.checker.steps.compare import compare
from attnbook.checker.steps.extras import Extra
from attnbook.checker.steps.masked import (
    MEANINGS,
    mask_handed,
    masked,
    meanings,
    padding_handed,
    padding_meanings,
)

IGNORED = (
    "mask_ignored",
    "It takes a mask, and the mask changes nothing.",
    "Hide the scores where the mask says so, before the softmax.",
)

AFTER = (
    "mask_after_softmax",
    "Its mask strikes weights out after the softmax: what it hides has "
    "taken its share of the row, so that the rest no longer adds up to 1.",
    "Fill the scores with minus infinity where the mask hides, before the "
    "softmax.",
)
OTHERWISE = (
    "mask_wrong",
    "What its mask hides is gone, and what is left is not the attention of "
    "what can be seen.",
    "Let the mask fill hidden scores with minus infinity, and change nothing "
    "else.",
)
NOT_LOW = (
    "mask_with_zeros",
    "Its mask puts a number in the hidden scores that is not low enough: "
    "hidden keys count no more, and their values still do.",
    "Fill the scores with minus infinity where the mask hides; a product "
    "with 0 leaves a score of 0, and `exp(0)` is 1.",
)


def with_mask(trial: Trial, function: Function) -> Trial:
    """The trial that also hands a mask over, if the code takes one."""
    parameter = _mask_of(function, trial.asked.binding)
    if parameter is None or not _is_maskable(trial):
        return trial
    effects: list[bool] = []
    for extra, each, instead in _ways(trial.asked.binding):
        asked = _taking(trial.asked, parameter, extra, instead=instead)
        found = _meant(asked, extra(asked.binding.step), each(), effects)
        if found is not None:
            return trial._replace(asked=_said(found, instead=instead))
    if _has_another(function, trial.asked.binding, parameter):
        effects = []
    fault = _astray(_taking(trial.asked, parameter, mask_handed), effects)
    return trial._replace(asked=_unclear(trial.asked, parameter, fault))


def _is_maskable(trial: Trial) -> bool:
    """Whether it agrees without a mask, and hides tokens if it has one."""
    binding = trial.asked.binding
    hides = {*binding.form.roles} & {"inputs", "queries"}
    return trial.quality == 3 and bool(hides) and not binding.step.gradient


_WAYS = ((mask_handed, meanings), (padding_handed, padding_meanings))
"""For each token a row of the mask, then one mask for the sentence."""


def _ways(
    binding: Binding,
) -> Iterator[tuple[Extra, Callable[[], list[str]], bool]]:
    """Beside what is hidden in any case; then in the place of that."""
    hides = binding.step.causal and "inputs" in binding.form.roles
    for instead in (False, True) if hides else (False,):
        yield from ((extra, each, instead) for extra, each in _WAYS)


def _meant(
    asked: Asked, case: Case, among: Sequence[str], effects: list[bool]
) -> Asked | None:
    """The call with the meaning that is right; notes which had an effect.

    What takes flags and leaves no key out by them is not excused by what the
    large numbers do that are added elsewhere.
    """
    right = asked.expected(case.values)
    plain = asked.expected(
        {role: v for role, v in case.values.items() if role != "hidden"}
    )[: case.values.get("real")]
    for meaning in among:
        one = _meaning(asked, meaning)
        answer = one.answer(case.values)
        if answer.came and compare(right, answer.value) is None:
            return one
        if answer.came and not (effects and meaning.startswith("added")):
            effects.append(compare(plain, answer.value) is not None)
    return None


def _astray(
    asked: Asked, effects: Sequence[bool]
) -> tuple[str, str, str] | None:
    """What is wrong with a mask that is right in no form; None if untold."""
    if not effects:
        return None
    if not any(effects):
        return IGNORED
    case = mask_handed(asked.binding.step)
    for meaning in meanings():
        seen = _noticed(_meaning(asked, meaning), case)
        if seen is not None and frozenset(seen) in _ASTRAY:
            return _ASTRAY[frozenset(seen)]
    return None


_ASTRAY = {
    frozenset({"keys"}): AFTER,
    frozenset({"values"}): NOT_LOW,
    frozenset[str](): OTHERWISE,
}
"""By the roles in which a row notices what is hidden from it."""


def _noticed(asked: Asked, case: Case) -> set[str] | None:
    """The roles in which a row notices a token that is hidden from it."""
    before = asked.answer(case.values)
    if not isinstance(before.value, list):
        return None
    hidden = case.values["hidden"]
    return {
        role
        for role in {"inputs", "keys", "values"} & {*asked.binding.form.roles}
        for j in range(len(hidden))
        for i, row in enumerate(_changed(asked, case, role, j))
        if hidden[i][j] and repr(row) != repr(before.value[i])
    }


def _changed(asked: Asked, case: Case, role: str, token: int) -> list[Any]:
    """The rows that come where one token is another in one role."""
    rows = list(case.values[role])
    rows[token] = [1.5 - entry for entry in rows[token]]
    value = asked.answer({**case.values, role: rows}).value
    return value if isinstance(value, list) else []


def _has_another(
    function: Function, binding: Binding, parameter: Parameter
) -> bool:
    """Whether a second mask may have to be there for the first to work."""
    found = _parameters(function, binding)
    return any(_is_mask(each) for each in found if each != parameter)


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
    parameters = _parameters(function, binding)
    return next((each for each in parameters if _is_mask(each)), None)


def _parameters(function: Function, binding: Binding) -> Sequence[Parameter]:
    """The parameters of what is called: a function, or an object's method."""
    method = binding.target.partition(".")[2]
    own = function.parameters or []
    found: Sequence[Parameter] = function.methods.get(method, own)
    return found


def _is_mask(parameter: Parameter) -> bool:
    """Whether a parameter takes a mask, rather than a wish for one."""
    plain = plain_name(parameter.name)
    named = "mask" in plain or "pad" in plain
    numbers = plain.startswith("pad") and plain.endswith(_OF_TOKENS)
    wanted = named and not numbers and not plain.startswith(("use", "is"))
    return wanted and not isinstance(parameter.default, bool)


_OF_TOKENS = ("id", "idx", "index", "token", "value", "val", "symbol")
"""The ends of names that say which token is padding."""


def _taking(
    asked: Asked, parameter: Parameter, extra: Extra, *, instead: bool = False
) -> Asked:
    """The same call with the mask in its place."""
    binding, call = asked.binding, asked.binding.arrangement
    roles = {*call.positional, *(role for _, role in call.keywords)}
    step = binding.step._replace(extras=(*binding.step.extras, extra))
    binding = binding._replace(
        arrangement=_with_place(call, parameter),
        step=step,
        form=masked(binding.form, instead=instead),
        may_lack="mask" not in roles,
    )
    return asked._replace(binding=binding)


def _with_place(call: Arrangement, parameter: Parameter) -> Arrangement:
    """The arrangement with the mask where none was, or else by its name."""
    roles = {*call.positional, *(role for _, role in call.keywords)}
    if roles.isdisjoint({"mask", "none"}):
        named = (*call.keywords, (parameter.name, "mask"))
        return Arrangement(call.positional, named, call.by_name)
    return Arrangement(
        tuple("mask" if r == "none" else r for r in call.positional),
        tuple((n, "mask" if r == "none" else r) for n, r in call.keywords),
        call.by_name,
    )


def _meaning(asked: Asked, meaning: str) -> Asked:
    """The same call, with what the mask means."""
    return asked._replace(binding=asked.binding._replace(mask=meaning))


def _said(asked: Asked, *, instead: bool) -> Asked:
    """The call with a note of what the mask means."""
    meaning, *options = asked.binding.mask.split()
    kind = "padding mask" if "padding" in options else "mask"
    said = f"its {kind}: {MEANINGS[meaning][0]}"
    said += ", in the place of the causal one" if instead else ""
    notes = (*asked.binding.notes, said)
    return asked._replace(binding=asked.binding._replace(notes=notes))


def _unclear(
    asked: Asked, parameter: Parameter, fault: tuple[str, str, str] | None
) -> Asked:
    """The call without a mask, and what can be said of the mask."""
    binding = asked.binding
    if fault is not None:
        return asked._replace(binding=binding._replace(fault=fault))
    left = f"its `{parameter.name}` was left alone"
    notes = (*binding.notes, left)
    return asked._replace(binding=binding._replace(notes=notes))
