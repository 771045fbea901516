"""The reader's function as one of the steps: found by name and by trying."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attnbook.checker.finding import HELPERS
from attnbook.checker.match.asked import Answer, Ask, Asked
from attnbook.checker.match.blocks import is_block, is_taken_for_block
from attnbook.checker.match.calls import roles_of
from attnbook.checker.match.candidates import candidates, kinds_of
from attnbook.checker.match.chosen import is_loose, steps_of
from attnbook.checker.match.described import BATCHED, Binding, Function
from attnbook.checker.match.functions import Ways, function_trial
from attnbook.checker.match.masks import required, takes_mask, with_mask
from attnbook.checker.match.names import ROLES, Parameter, plain_name
from attnbook.checker.match.objects import object_trial
from attnbook.checker.match.remarks import seen
from attnbook.checker.match.shown import is_causal, is_unsteady, promises
from attnbook.checker.match.tied import tied
from attnbook.checker.match.trial import Trial, better, on_equal_sizes, tried
from attnbook.checker.reader.lift import PREFIX
from attnbook.checker.reader.program import Reply
from attnbook.checker.reader.values import COMPILED
from attnbook.checker.steps.bare import ON_INPUTS
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import numbers
from attnbook.checker.steps.extras import paired, two_sentences
from attnbook.checker.steps.table import PARTS, Step, step_named

__all__ = [
    "Answer", "Ask", "Asked", "Binding", "Function", "bind", "count_numbers",
    "functions",
]  # fmt: skip

_DTYPE = ("dtype", "Double", "double", "Float", "Half", "scalar type")


def functions(described: Reply) -> list[Function]:
    """The description that a program gives of its functions."""
    return [
        Function(
            each["name"],
            each["own"],
            _parameters(each["parameters"]),
            {
                name: _parameters(found) or []
                for name, found in each["methods"].items()
            },
            each["kind"],
            each["library"],
            each["line"],
            each["class"],
            turning=described.get("turning", False),
        )
        for each in described["functions"]
    ]


def bind(
    ask: Ask,
    function: Function,
    steps: Sequence[Step],
    libraries: Sequence[str],
    *,
    transposed: bool | None,
) -> Asked | None:
    """The way of asking that agrees best with one of the steps.

    Where weights may be `(d_out, d_in)`, `transposed` is None.
    """
    named, steps = steps, _perhaps_causal(function, _promised(function, steps))
    turns = (False, True) if transposed is None else (transposed,)
    best = made = _object(ask, function, steps, libraries, turns)
    if best is None or not (best.quality or "unfit" in best.reply):
        for asked in candidates(ask, function, steps, libraries):
            trial = _turned(asked, is_turned=bool(transposed))
            if _is_shown_causal(trial):
                best = _preferred(best, trial, libraries)
            if (best or trial).sure:
                break
    if made is not None and best is not None and _draws(best):
        best = made  # it has weights of its own, which nobody gave it
    if best is None or _is_doubtful(best, function, named):
        return None
    return _in_few_sizes(with_mask(best, function).asked)


_SDPA = "scaled_dot_product_attention"


def _is_cut_before(function: Function, steps: Sequence[Step]) -> bool:
    """Whether a multi-head attention may be given what is cut into heads.

    It takes queries, keys and values, and no word of how many heads.
    """
    must = [
        plain_name(each.name)
        for each in function.parameters or ()
        if not each.optional and "VAR" not in each.kind
    ]
    roles = ("queries", "keys", "values")
    return (
        function.kind == "function"
        and any("multi_head" in step.name for step in steps)
        and len(must) == len(roles)
        and all(n in ROLES[r][1] for n, r in zip(must, roles, strict=True))
    )


def _draws(trial: Trial) -> bool:
    """Whether a class is taken for one without weights, and draws some."""
    binding = trial.asked.binding
    if trial.quality != 2 or binding.made is not None or not binding.is_class:
        return False
    return is_unsteady(trial.asked, binding.step.trial().values)


def _in_few_sizes(asked: Asked) -> Asked:
    """Where every shape is compiled anew, the ends of each axis must do."""
    binding = asked.binding
    if binding.wrap not in COMPILED:
        return asked
    ends = {
        axis: tuple(dict.fromkeys((min(among), max(among))))
        for axis, among in binding.step.axes.items()
    }
    step = binding.step._replace(axes=ends)
    return asked._replace(binding=binding._replace(step=step))


def _turned(asked: Asked, *, is_turned: bool) -> Trial:
    """How well a way of asking does, with weights stored like that."""
    binding = asked.binding._replace(transposed=is_turned)
    asked = asked._replace(binding=binding)
    trial = on_equal_sizes(_best_axes(asked))
    for each in tied(asked) if trial.equal else ():
        other = _best_axes(each)
        if other.quality > 1:
            return other
    return trial


def _may_hold_more(trial: Trial, function: Function) -> bool:
    """Whether it is a block by its name, and shows nothing, or a model."""
    binding = trial.asked.binding
    shown = binding.bare or is_taken_for_block(binding.notes)
    block = is_block(function.name) and not shown
    return block or (not trial.quality and _wants_ids(trial))


def _wants_ids(trial: Trial) -> bool:
    """Whether it looks its tokens up: a whole model, and no attention."""
    said = str(trial.reply.get("error", {}).get("message", ""))
    return "'indices'" in said and "embedding" in said


def _is_doubtful(
    trial: Trial, function: Function, steps: Sequence[Step]
) -> bool:
    """Whether this may be no attention at all: named so in part, and wrong."""
    is_plain = trial.asked.binding.step.name == _SDPA
    if is_plain and trial.quality < 3 and _is_cut_before(function, steps):
        return True
    binding = trial.asked.binding
    doubtful = is_loose(function, steps) and binding.step.shared == 1
    doubtful = doubtful and function.kind != "backward"
    if all(step.name in HELPERS for step in steps) and not trial.quality:
        return not binding.arrangement.by_name
    more = _may_hold_more(trial, function)
    wrong = trial.quality < 3 and (binding.made is None or more)
    given = "W_key" in roles_of(binding.arrangement)
    plain = given and _PLAINLY.match(plain_name(function.name))
    return doubtful and wrong and not (plain and trial.quality == 0)


_PLAINLY = re.compile(
    r"^(add|apply|calc(ulate)?|compute|do|get|my|perform|run|self|simple)*"
    r"att(entio)?n(forward|layer|output)?$"
)
"""Names that say attention and no other kind of it."""


def _promised(function: Function, steps: Sequence[Step]) -> Sequence[Step]:
    """Only causal steps, where the name promises one; not with a mask.

    What takes a mask may be plain attention, whatever its name says.
    """
    if all(step.name in PARTS for step in steps):
        return steps
    if takes_mask(function):
        plain = step_named("scaled_dot_product_attention")
        forward = not any(e.gradient or e.name in PARTS for e in steps)
        return [*steps, plain] if forward and plain not in steps else steps
    causal = [step for step in steps if step.causal]
    return causal if causal and promises(function.name) else steps


def _says_all(function: Function) -> bool:
    """Whether a name says that nothing is hidden but by a mask.

    So `torch.nn.functional` has it.
    """
    return plain_name(function.name) == "scaleddotproductattention"


def _is_meant(function: Function, steps: Sequence[Step]) -> bool:
    """Whether only `--as` says which step this is."""
    return not (steps_of(function.name) or is_loose(function, steps))


def _perhaps_causal(
    function: Function, steps: Sequence[Step]
) -> Sequence[Step]:
    """Plain attention that may hide what is later, whatever its name says."""
    if _is_cut_before(function, steps):
        plain = step_named(_SDPA)
        return steps if plain in steps else [*steps, plain]
    steps = [_on_inputs(function, step) for step in steps]
    is_plain = any(e.name == "scaled_dot_product_attention" for e in steps)
    if not is_plain or _is_meant(function, steps):
        return steps
    causal = step_named("causal_attention")
    note = UNSAID if _says_all(function) else UNPROMISED
    forms = [
        form._replace(note=note)
        for form in causal.forms
        if "queries" in form.roles
    ]
    return [*steps, causal._replace(forms=tuple(forms))]


def _on_inputs(function: Function, step: Step) -> Step:
    """Causal attention that may have no weights, of a plain function."""
    must = [each for each in function.parameters or () if not each.optional]
    bare = function.kind == "function" and len(must) == 1
    if not (bare and step.name == "causal_attention"):
        return step
    return step._replace(forms=(*step.forms, *ON_INPUTS))


UNPROMISED = seen(causal=True)
"""Said of what no name promised to be causal, and is seen to be."""
UNSAID = (
    "it hides later tokens, though its name does not say so: judged as "
    "causal attention"
)
"""Said of what is causal by its numbers alone, against its name."""


def _is_shown_causal(trial: Trial) -> bool:
    """Whether what promised no mask hides what is later, right or wrong.

    Whose name says that nothing is hidden is causal only if it is right.
    """
    asked = trial.asked
    if asked.binding.form.note not in {UNPROMISED, UNSAID} or trial.sure:
        return True
    promised_none = asked.binding.form.note == UNSAID
    return bool(not promised_none and trial.quality > 1 and is_causal(asked))


def _object(
    ask: Ask,
    function: Function,
    steps: Sequence[Step],
    libraries: Sequence[str],
    turns: Sequence[bool],
) -> Trial | None:
    """An object with weights, or a function given them, as a whole."""
    wraps = kinds_of([function.library] if function.library else libraries)
    parts = all(step.name in PARTS for step in steps)
    if function.kind in {"backward", "pair"} or parts:
        return None
    if function.kind == "function":
        causal = _may_be_causal(function, steps)
        ways = Ways(["list", *wraps], causal, turns)
        return function_trial(ask, function, ways)
    known = [each for each in wraps if "`" not in each]
    return object_trial(ask, function, [*known, "list"])


def _may_be_causal(
    function: Function, steps: Sequence[Step]
) -> Sequence[bool]:
    """What the name leaves open: seeing all, or causal, or both."""
    if promises(function.name) and not takes_mask(function):
        return (True,)
    if steps_of(function.name) or is_loose(function, steps):
        return (False, True)
    return sorted({step.causal for step in steps})  # it was named by --as


def _best_axes(asked: Asked) -> Trial:
    """One sentence alone, or with axes of a batch, and of heads, before it."""
    values = asked.binding.step.trial().values
    best = tried(asked, values)
    if best.sure or asked.binding.wrap == "list":
        return best
    for each in _with_axes(asked):
        trial = tried(each, values)
        if trial.quality == 3:
            paired_up = _with_pair(trial.asked)
            has_axes = each.binding.batch and _can_have_axes(each)
            return trial._replace(asked=paired_up if has_axes else trial.asked)
        best = better(best, trial)
    return best


def _with_axes(asked: Asked) -> Iterator[Asked]:
    """The same with a batch axis, with heads, and with a mask if it must."""
    for batch in (1, 2, 0):
        binding = asked.binding._replace(batch=batch)
        one = asked._replace(binding=binding)
        if batch:
            yield one
        yield from required(one)


def _can_have_axes(asked: Asked) -> bool:
    """Whether any argument has the axes of a batch; a mask's has none."""
    return not BATCHED.isdisjoint(asked.binding.form.roles)


def _with_pair(asked: Asked) -> Asked:
    """Asked a batch of two sentences, too."""
    binding = asked.binding
    step = binding.step._replace(extras=(two_sentences,))
    form = paired(binding.form)
    return asked._replace(binding=binding._replace(step=step, form=form))


def _preferred(
    one: Trial | None, other: Trial, libraries: Sequence[str]
) -> Trial:
    """The better trial; of two failures the one that tells more.

    A failure tells more with the arrays that the file imports, and most
    where the reader's own names decided what goes where.
    """
    if one is None or other.quality > one.quality or _hides(one, other):
        return other
    if other.quality < one.quality or one.quality > 1:
        return one
    return max(one, other, key=lambda trial: _telling(trial, libraries))


def _hides(one: Trial, other: Trial) -> bool:
    """Whether statements without a name, wrong either way, are causal ones."""
    binding = other.asked.binding
    return (
        other.quality == one.quality == 2
        and binding.target.startswith(PREFIX)
        and binding.form in ON_INPUTS
        and not one.asked.binding.step.causal
        and bool(is_causal(other.asked))
    )


def _telling(trial: Trial, libraries: Sequence[str]) -> tuple[bool, ...]:
    """What makes an attempt that failed worth telling."""
    binding = trial.asked.binding
    said = trial.reply.get("error", {}).get("message", "")
    return (
        "stopped" in trial.reply,
        trial.equal,
        not libraries or binding.wrap.rstrip("32") in libraries,
        binding.arrangement.by_name,
        not any(word in said for word in _DTYPE),
        trial.reply.get("error", {}).get("line") is not None,
    )


def _parameters(
    found: Sequence[Sequence[Any]] | None,
) -> list[Parameter] | None:
    """Parameters as they come over the pipe."""
    if found is None:
        return None
    return [Parameter(*each) for each in found]


def count_numbers(binding: Binding, values: Values) -> int:
    """How many numbers a call hands over."""
    return sum(
        1 for role in binding.form.roles for _ in numbers(values.get(role))
    )
