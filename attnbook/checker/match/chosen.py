"""Which of the reader's functions could be which steps, by their names."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from attnbook.checker.match.blocks import is_block
from attnbook.checker.match.described import WIDTH, Function
from attnbook.checker.match.methods import attends, called
from attnbook.checker.match.names import Parameter, normal, plain_name
from attnbook.checker.match.sizes import size_of
from attnbook.checker.reader.lift import PREFIX
from attnbook.checker.steps.table import STEPS, Step
from attnbook.checker.words import tree_of


def chosen(
    offered: Sequence[Function], names: Mapping[str, str], only: str
) -> Iterator[tuple[Function, list[Step]]]:
    """Functions with the steps that their names could mean.

    `names` gives for a step the function that the reader means; `only`, where
    it is not empty, is the one function to be checked.

    Raises:
        ValueError: If a function that is asked for is not there.
    """
    by_name = {function.name: function for function in offered}
    for name in (*names.values(), *([only] if only else [])):
        if name.partition(".")[0] not in by_name:
            raise ValueError(_not_there(name, offered))
    for step, name in names.items():
        yield _named(by_name, name), steps_of(step)
    blocks = not any(_likely(each) for each in offered if each.own)
    for function in (*_with_others(offered), *_backward(offered)):
        steps = _likely(function)
        if blocks and _is_block_of_heads(function):
            steps = _loosely()
        named = function.name in names.values()
        wanted = function.own and not named and only in ("", function.name)
        if steps and wanted and not _is_instance(function, by_name):
            yield function, steps


def _with_others(offered: Sequence[Function]) -> Iterator[Function]:
    """Every function and method, with what may be handed to it."""
    others = [each.name for each in offered if each.own and _likely(each)]
    for each in _flat(offered):
        beside = _but(each.name, others)
        yield _with_forward(each, offered)._replace(beside=beside)


def _but(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names without one."""
    return tuple(each for each in names if each != name)


def _is_instance(function: Function, by_name: Mapping[str, Function]) -> bool:
    """Whether this is an object of a class that is checked itself."""
    made_of = by_name.get(function.of) if function.kind == "object" else None
    return made_of is not None and bool(_likely(made_of))


def unchecked(
    offered: Sequence[Function], source: str, checked: Iterable[str]
) -> list[str]:
    """The reader's functions that no checked one uses, without helpers.

    Examples:
        >>> names = "softmax", "times", "f"
        >>> offered = [Function(name, True, None, {}) for name in names]
        >>> source = "def softmax(x): return times(x)"
        >>> unchecked(offered, source, ["softmax"])
        ['f']
    """
    known = {name.partition(".")[0] for name in checked}
    known |= used(source, known)
    return [
        each.name
        for each in offered
        if each.own and not each.name.startswith(("_", PREFIX))
        and each.name not in known and each.kind != "object"
    ]  # fmt: skip


def used(source: str, names: Iterable[str]) -> set[str]:
    """What the definitions of these names mention, and theirs in turn."""
    mentioned = _mentioned(source)
    found: set[str] = set()
    left = list(names)
    while left:
        new = mentioned.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@lru_cache(maxsize=1)  # of a file it is asked for each of its functions
def _mentioned(source: str) -> Mapping[str, set[str]]:
    """What each name that the file defines is made of."""
    return dict(_mentions(source))


def _mentions(source: str) -> Iterator[tuple[str, set[str]]]:
    """Each name that the file defines, with the names that it is made of."""
    for node in tree_of([source]).body:
        names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
        if isinstance(node, _DEFINITIONS):
            yield node.name, {n.id for n in names} - {*_own_names(node)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            stored = [n.id for n in names if isinstance(n.ctx, ast.Store)]
            yield from ((name, {n.id for n in names}) for name in stored)


def _own_names(node: ast.AST) -> Iterator[str]:
    """The names that a definition gives a value itself."""
    for each in ast.walk(node):
        if isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id


_CLASS = re.compile(r"att(entio)?n|head|m[hq]s?a|msa|gqa|sdpa")
_FUNCTION = re.compile(r"att(entio)?n|m[hq]s?a|gqa|sdpa|^att$")
_OTHER = re.compile(r"mask(?!ed)|plot|show|visuali|print|test|train|weight|"
                    r"score|load|demo|main|compare|bench")  # fmt: skip


def _likely(function: Function) -> list[Step]:
    """The steps by a name, or by a part of it that says attention."""
    name = function.name.rpartition(".")[2]
    known = steps_of(name)
    if function.kind == "backward":
        return steps_of("scaled_dot_product_attention_backward")
    plain = plain_name(name)
    pattern = _CLASS if function.kind != "function" else _FUNCTION
    named = pattern.search(plain) and not _OTHER.search(plain)
    if known or not (named or _attends_by_method(function)):
        return known
    return _loosely()


def _loosely() -> list[Step]:
    """The steps that a part of a name can mean."""
    return [step for step in STEPS if step.name in _ATTENTIONS]


def _is_block_of_heads(function: Function) -> bool:
    """Whether a class by the name of a block is told a number of heads."""
    sizes = {size_of(each.name) for each in function.parameters or ()}
    made = function.kind == "class" and called(function.methods) is not None
    return made and is_block(function.name) and "num_heads" in sizes


def _attends_by_method(function: Function) -> bool:
    """Whether a class has no method that calls it, and one that attends.

    What is made of nothing has methods that are checked one by one.
    """
    method = called(function.methods)
    told = any(map(_must, function.parameters or ()))
    return told and method is not None and attends(method)


def is_loose(function: Function, steps: Sequence[Step]) -> bool:
    """Whether only a part of the name says that this is an attention."""
    known = steps_of(function.name.rpartition(".")[2])
    loose = not known and [*steps] == _loosely()
    return loose or function.kind == "backward"


_ATTENTIONS = (
    "trainable_self_attention", "causal_attention", "multi_head_attention",
    "full_multi_head_attention", "scaled_dot_product_attention",
)  # fmt: skip
_LIFTED = ("self_attention", *_ATTENTIONS)


def steps_of(name: str) -> list[Step]:
    """The steps that a name could mean.

    Statements outside of any function may be any attention without heads.
    """
    if name.startswith(PREFIX):
        return [step for step in STEPS if step.name in _LIFTED]
    return [
        step
        for step in STEPS
        if normal(name) in (normal(step.name), *step.names)
    ]


def _flat(offered: Sequence[Function]) -> Iterator[Function]:
    """Functions, classes, and the methods of what is made of nothing."""
    for function in offered:
        yield function
        if any(not each.optional for each in function.parameters or ()):
            continue
        asked = called(function.methods) if _likely(function) else None
        for name, parameters in function.methods.items():
            if name not in {"forward", "__call__", asked}:
                path = f"{function.name}.{name}"
                init = _widths(function)
                yield Function(path, function.own, parameters, {}, init=init)


def _widths(function: Function) -> tuple[tuple[str, str], ...]:
    """What a class is told of the inputs' width, whose default it has."""
    return tuple(
        (each.name, WIDTH)
        for each in function.parameters or ()
        if size_of(each.name) in {"d_in", "d_model"}
    )


def _backward(offered: Sequence[Function]) -> Iterator[Function]:
    """The `backward` of each class that keeps what its `forward` did."""
    for function in offered:
        forward = function.methods.get("forward")
        if any(map(_must, function.parameters or ())):
            continue  # an object with weights: its own way leads to it
        if "backward" in function.methods and forward is not None:
            yield Function(
                f"{function.name}.backward", function.own,
                function.methods["backward"], {"forward": forward},
                "backward", function.library, of=function.name,
            )  # fmt: skip


_CACHE = ("cache", "saved", "ctx", "stash", "tape", "memo", "kept")
_BACKWARD = re.compile(r"backward|backprop|bwd|grad(ient)?s?|back")


def _with_forward(function: Function, offered: Sequence[Function]) -> Function:
    """A backward that takes a cache, with the forward that returns it."""
    parameters = [each for each in function.parameters or () if _must(each)]
    taken = [plain_name(each.name) for each in parameters]
    pair = len(taken) == 2 and (
        taken[1] == "c" or any(c in name for name in taken for c in _CACHE)
    )
    plain = plain_name(function.name)
    if function.methods or not pair or not _BACKWARD.search(plain):
        return function
    stem = _BACKWARD.sub("", plain)
    forward = [e for e in offered if _is_forward(e, stem) and e != function]
    if not forward or not steps_of(function.name):
        return function
    return function._replace(
        methods={"forward": forward[0].parameters or []},
        kind="pair", of=forward[0].name,
    )  # fmt: skip


def _must(parameter: Parameter) -> bool:
    """Whether a call without this parameter fails."""
    return not parameter.optional and "VAR" not in parameter.kind


def _is_forward(function: Function, stem: str) -> bool:
    """Whether a function has the name of a backward's own forward."""
    if function.kind != "function" or not function.parameters:
        return False
    plain = plain_name(function.name)
    return re.sub(r"forward|fwd", "", plain) == stem


def _named(by_name: Mapping[str, Function], name: str) -> Function:
    """A function, or a method by `Class.method`."""
    owner, _, method = name.partition(".")
    if not method:
        return by_name[owner]
    parameters = by_name[owner].methods.get(method)
    return Function(name, own=True, parameters=parameters, methods={})


def _not_there(name: str, offered: Sequence[Function]) -> str:
    """That a name is missing, and which there are."""
    own = ", ".join(each.name for each in offered if each.own) or "none"
    return f"the file has no function {name}; it has: {own}."
