"""A reader's file, loaded without running what it does.

Made are its imports, functions, classes, and constants that cost nothing.
Training, plots, downloads and questions at the top level of a script or
notebook stay unrun. What a function then misses is made when it is asked for,
by the statements that lead to that name and no others.
"""

import __future__

import ast
import builtins
import contextlib
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from attnbook.checker.reader.beside import Beside, Inside
from attnbook.checker.reader.flow import Flow
from attnbook.checker.reader.free import free_weights, given
from attnbook.checker.reader.lift import lifted
from attnbook.checker.reader.source import python_of
from attnbook.checker.reader.standin import Missing, StandIn, forget

Turn: TypeAlias = Callable[[], contextlib.AbstractContextManager[Any]]

_ANNOTATIONS = __future__.annotations.compiler_flag
_FREE = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict,
    ast.Set, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.Subscript, ast.Slice, ast.Lambda, ast.JoinedStr, ast.FormattedValue,
    ast.Starred, ast.keyword, ast.expr_context, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop, ast.arguments, ast.arg,
)  # fmt: skip
_CHEAP = {
    "partial", "jit", "vmap", "vectorize", "grad", "value_and_grad",
    "namedtuple", "NamedTuple", "TypeVar", "NewType", "device", "float",
    "int", "str", "bool", "len", "sqrt", "tuple", "list", "dict", "set",
    "range", "min", "max", "round", "abs", "pow", "is_available", "array",
    "tensor", "SimpleNamespace", "getLogger", "transform", "cast",
    "device_count", "default_rng", "PRNGKey", "key", "lru_cache", "cache",
}  # fmt: skip
_MADE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PYTHONS = sys.stdlib_module_names
"""What nobody can install."""
_UNWRAPPED = {"compile"}
"""Decorators that change only the speed, and need more than Python."""


class Loader:
    """Makes the definitions of a file, and of what it imports beside it."""

    def __init__(self, path: str, turn: Turn = contextlib.nullcontext) -> None:
        self.path = Path(path)
        self._turn = turn
        self.missing = Missing()
        self.beside = Beside(self.path, self._beside)
        self.errors: dict[str, Exception] = {}
        self._left: list[ast.stmt] = []
        self._space: dict[str, Any] = {}
        self._path = path
        self._flags = 0
        self._starred = False
        """Whether a module is missing of which every name is wanted."""

    def load(self, source: str, space: dict[str, Any]) -> None:
        """Make the file's definitions in the space.

        Raises:
            SyntaxError: If the file is no Python.
        """
        text = python_of(source, self._path)
        try:
            compile(text, self._path, "exec", dont_inherit=True)  # all of it
        except MemoryError as error:  # of the parser, whose stack is short
            raise RecursionError("during compilation") from error
        tree = ast.parse(text, self._path)
        self._space, self._flags, StandIn.package = space, 0, ""
        if levels := _levels(tree):
            package = self.beside.package(self.path, max(levels))
            space["__package__"] = StandIn.package = package
        with self.finding(), StandIn.making():
            self._left = list(self._definitions(tree.body, space))
        self._open(tree, space)

    def _open(self, tree: ast.Module, space: dict[str, Any]) -> None:
        """Make arguments of weights that the file has made for itself."""
        for name in self._elsewhere(tree):
            space.setdefault(name, StandIn(name))
        with contextlib.suppress(RecursionError):
            flow = Flow(tree)
            for function in lifted(flow):
                self._attempt(function, space)
            for name, roots in free_weights(tree, flow):
                if isinstance(space.get(name), types.FunctionType):
                    space[name] = given(space[name], roots, space)

    def _elsewhere(self, tree: ast.Module) -> set[str]:
        """The names that come from outside, though no import gives them.

        A function stores them by `global`, or a module that is missing would
        have given them all: `from config import *`.
        """
        found = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Global)
            for name in node.names
        }
        if self._starred:
            known = self.names() | vars(builtins).keys() | self.errors.keys()
            found |= _loaded(tree) - _bound(tree) - known
        return found - self.names()

    def names(self) -> set[str]:
        """What the statements that were not run would define."""
        return {name for each in self._left for name in _stored(each)}

    def need(self, name: str) -> bool:
        """Run the statements that lead to a name; whether there are any."""
        if name not in self.names():
            return False
        with self.finding(), StandIn.making():
            self._make(name, set())
        return name in self._space

    def _make(self, name: str, under_way: set[str]) -> None:
        """Run what stores a name, after what that needs in turn."""
        under_way.add(name)
        for each in [s for s in self._left if name in _stored(s)]:
            for other in _loaded(each) & self.names() - under_way:
                if other not in self._space:
                    self._make(other, under_way)
            if each in self._left:
                self._left.remove(each)
                with contextlib.suppress(Exception):
                    self._run(each, self._space)

    def _beside(self, text: str, path: str, space: dict[str, Any]) -> None:
        """Make the definitions of a module that lies beside the file."""
        tree = ast.parse(text, path)
        main, self._path = self._path, path
        try:
            for each in self._definitions(tree.body, space):
                if isinstance(each, ast.Assign | ast.AnnAssign):
                    with contextlib.suppress(Exception):
                        self._run(each, space)
        finally:
            self._path = main

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """The same while a function runs, that may import what is missing."""
        self.missing.again = True
        try:
            with self.finding():
                yield
        finally:
            self.missing.again = False

    @contextlib.contextmanager
    def finding(self) -> Iterator[None]:
        """Find what lies beside the file, first its own packages."""
        first, last = Inside(self.beside), [self.beside, self.missing]
        sys.meta_path[:] = [first, *sys.meta_path, *last]
        try:
            yield
        finally:
            ours = [first, *last]
            sys.meta_path[:] = [e for e in sys.meta_path if e not in ours]
            if self.missing.names:
                forget()

    def _definitions(
        self, body: Sequence[ast.stmt], space: dict[str, Any]
    ) -> Iterator[ast.stmt]:
        """Make what can be made, and give back the statements left unrun."""
        classes = {n.name for n in body if isinstance(n, ast.ClassDef)}
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node, space)
            elif isinstance(node, _MADE):
                self._define(node, space)
            elif isinstance(node, ast.Try) and _only_imports(node):
                self._attempt(node, space)
            elif isinstance(node, ast.If) and not _is_main(node.test):
                yield from self._branch(node, space, classes)
            elif _is_free(node, classes):
                self._attempt(node, space)
            else:
                yield node

    def _branch(
        self, node: ast.If, space: dict[str, Any], classes: set[str]
    ) -> Iterator[ast.stmt]:
        """The branch that is taken, where finding that out is free."""
        if not _costs_nothing(node.test, classes):
            yield node
            return
        try:
            expression = ast.Expression(node.test)
            code = compile(expression, self._path, "eval")
            with self._turn():
                taken = eval(code, space)  # noqa: S307 - the reader's own
        except Exception:  # noqa: BLE001 - whatever it raises
            yield node
            return
        chosen = node.body if taken else node.orelse
        yield from self._definitions(chosen, space)

    def _import(
        self, node: ast.Import | ast.ImportFrom, space: dict[str, Any]
    ) -> None:
        """Import name by name; stand in for what is missing."""
        for alias in node.names:
            one = ast.copy_location(_with_one(node, alias), node)
            self._flags |= _future(node, alias.name)
            try:
                self._run(one, space)
            except Exception:  # noqa: BLE001 - a library's own trouble, too
                self._stand_in(one, alias, space)

    def _stand_in(
        self,
        node: ast.Import | ast.ImportFrom,
        alias: ast.alias,
        space: dict[str, Any],
    ) -> None:
        """Import again with stand-ins, or bind one to the name."""
        self.missing.on = True
        self._starred |= alias.name == "*"
        try:
            self._run(node, space)
        except Exception:  # noqa: BLE001 - see above
            module = getattr(node, "module", None) or alias.name
            bound = alias.asname or alias.name.partition(".")[0]
            space[bound] = StandIn(module)
            self.missing.names |= {_told(node, module, alias.name)} - _PYTHONS
        finally:
            self.missing.on = False
            forget()

    def _define(self, node: Any, space: dict[str, Any]) -> None:  # noqa: ANN401
        """Make a function or class; its annotations need not hold."""
        own = [e for e in node.decorator_list if _last(e) not in _UNWRAPPED]
        node.decorator_list = own
        try:
            self._run(node, space)
        except Exception:  # noqa: BLE001 - whatever it raises
            self._define_as_text(node, space)

    def _define_as_text(self, node: Any, space: dict[str, Any]) -> None:  # noqa: ANN401
        """The same with annotations that nobody evaluates."""
        flags, self._flags = self._flags, self._flags | _ANNOTATIONS
        try:
            self._run(node, space)
        except Exception as error:  # noqa: BLE001 - see above
            if not self._supplied(node, error, space):
                self.errors[node.name] = error
        finally:
            self._flags = flags

    def _supplied(
        self,
        node: ast.stmt,
        error: Exception,
        space: dict[str, Any],
    ) -> bool:
        """Make a definition once more with the name that it misses."""
        name = getattr(error, "name", None)
        if not isinstance(error, NameError) or name is None:
            return False
        space[name] = StandIn(name)
        with contextlib.suppress(Exception):
            self._run(node, space)
            return True
        return False

    def _attempt(self, node: ast.stmt, space: dict[str, Any]) -> None:
        """Run a statement that costs nothing, whatever it raises."""
        with contextlib.suppress(Exception):
            self._run(node, space)

    def _run(self, node: ast.stmt, space: dict[str, Any]) -> None:
        """Run one statement under the file's name and lines."""
        module = ast.Module([node], [])
        code = compile(
            module, self._path, "exec", self._flags, dont_inherit=True
        )
        with self._turn():
            exec(code, space)  # noqa: S102 - this is the task


def _told(node: ast.stmt, module: str, name: str) -> str:
    """What is missing: a module, or a name of one that is there."""
    dot = "." if getattr(node, "level", 0) else ""
    top = module.partition(".")[0]
    there = None if dot else sys.modules.get(module)
    if there is None or hasattr(there, name):
        return dot + top
    return f"{module}.{name}"


def _with_one(
    node: ast.Import | ast.ImportFrom, alias: ast.alias
) -> ast.Import | ast.ImportFrom:
    """The import of one name alone."""
    if isinstance(node, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(node.module, [alias], node.level)


def _levels(tree: ast.Module) -> list[int]:
    """By how many packages its imports lead up, where they are relative."""
    return [
        node.level
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def _future(node: ast.Import | ast.ImportFrom, name: str) -> int:
    """The flag of a `from __future__ import`."""
    if getattr(node, "module", None) != "__future__":
        return 0
    feature = getattr(__future__, name, None)
    return int(feature.compiler_flag) if feature else 0


def _is_main(test: ast.expr) -> bool:
    """Whether this is `if __name__ == "__main__"`."""
    return "__name__" in {
        node.id for node in ast.walk(test) if isinstance(node, ast.Name)
    }


def _only_imports(node: ast.Try) -> bool:
    """Whether a `try` is about what is installed."""
    parts = [*node.body, *node.orelse, *node.finalbody]
    parts += [each for handler in node.handlers for each in handler.body]
    return any(
        isinstance(each, ast.Import | ast.ImportFrom) for each in parts
    ) and not any(
        isinstance(inner, ast.For | ast.While | ast.With)
        for each in parts
        for inner in ast.walk(each)
    )


def _is_free(node: ast.stmt, classes: set[str]) -> bool:
    """Whether a statement only names, reckons, or makes a small object."""
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call):
        return False
    if isinstance(node, ast.Expr):
        return ast.unparse(node.value.func).startswith("sys.path.")  # type: ignore[attr-defined]
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return False
    return node.value is None or _costs_nothing(node.value, classes)


def _costs_nothing(node: ast.expr, classes: set[str]) -> bool:
    """Whether an expression only names, reckons, or makes a small object."""
    return all(_is_cheap(each, classes) for each in _outside(node))


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of an expression, but not those inside a lambda."""
    left = [node]
    while left:
        each = left.pop()
        yield each
        if not isinstance(each, ast.Lambda):
            left += ast.iter_child_nodes(each)


def _is_cheap(node: ast.AST, classes: set[str]) -> bool:
    """Whether a part of an expression costs nothing."""
    if isinstance(node, ast.Call):
        return _last(node.func) in _CHEAP | classes
    return isinstance(node, _FREE)


def _last(node: ast.AST) -> str:
    """The last name of a dotted one, called or not."""
    if isinstance(node, ast.Call):
        return _last(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _stored(node: ast.AST) -> set[str]:
    """The names that a statement gives a value."""
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _bound(tree: ast.AST) -> set[str]:
    """Every name that a file gives to anything, wherever it does."""
    names = {
        getattr(each, "name", None) or getattr(each, "arg", None) or ""
        for each in ast.walk(tree)
        if isinstance(each, (*_MADE, *_NAMING))
    }
    return names | _stored(tree)


_NAMING = (ast.arg, ast.alias, ast.ExceptHandler)


def _loaded(node: ast.AST) -> set[str]:
    """The names that a statement uses."""
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }
