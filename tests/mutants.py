"""Breaks the code in many small ways, and asks the tests to notice.

    python -m tests.mutants [--quick] [--sample N] [--seconds N] [MODULE ...]

Cosmic Ray makes the mutants: another operator, another number, a condition
turned round. Each call of a check that can be left out is left out, too. A
mutant that the tests let pass has survived; `data/mutants.toml` says which
tests those are, and which mutants change nothing, and why.

All tests run once, to see which lines each of them reaches. Then, for each
mutant, a fork of that process exchanges the code of the functions that
differ, and runs the tests that reach the line: the one that noticed the last
mutant first, and then the quick ones. What no test has noticed by then,
because it acts when a module is imported, or in a process of its own, is
written into a copy of the tree, and all tests of the module run again:
with `--quick`, only what stands outside of every function, so that a mutant
that acts in a process of its own alone is told as a survivor, too.

`--sample N` draws so many of the mutants, the same in every run; with
`--seconds N` a test is caught in a loop sooner. At the end a table tells for
each module how many were noticed, excused, or survived.
"""

import argparse
import ast
import gc
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from fnmatch import fnmatch
from functools import _lru_cache_wrapper as Cached  # noqa: N812
from mmap import mmap
from pathlib import Path
from random import Random
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import Coverage

ROOT = Path(__file__).parent.parent
TOLD: dict[str, Any] = tomllib.loads(
    (ROOT / "tests" / "data" / "mutants.toml").read_text(encoding="utf-8")
)
# One other operator for each is enough; the rest are alike.
BINARY = r"Add_Sub|Sub_Add|Mul_Div|Div_Mul|Mod_Mul|FloorDiv_Mul|Pow_Mul"
COMPARED = (
    r"Eq_NotEq|NotEq_Eq|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Is_IsNot|IsNot_Is|"
    r"In_NotIn|NotIn_In"
)
KEPT = re.compile(
    rf"core/(?!Replace(Binary|Comparison|Unary)|Variable)|Binary\w+_({BINARY})$|"
    rf"Comparison\w+_({COMPARED})$|Unary\w+_USub_UAdd$"
)
OPERATORS = [get_operator(n) for n in filter(KEPT.search, operator_names())]
SECONDS = 30  # of work: a test that takes longer is caught in a loop
PATIENCE = 300  # the same for one that waits
MEMORY = 2**30  # the same for one that collects
PASSED = 42  # the status of a process in which all tests passed
OPTIONS = ["-x", "-n0", "-pno:cacheprovider", "--hypothesis-profile=mutants"]
SAID = os.dup(2)


class Mutant(NamedTuple):
    """A changed source of a module, and where it differs from the right."""

    module: str
    right: str
    source: str
    line: str
    lines: range


def mutants(module: str, tree: Path) -> Iterator[Mutant]:
    """Every mutant of a module, those that differ in a docstring aside."""
    source = (tree / module).read_text(encoding="utf-8")
    right = ast.parse(source)
    same = {meaning(source), None}
    for mutated in (*by_operators(source), *without_checks(source)):
        if meaning(mutated) in same:
            continue
        pairs = zip(source.splitlines(), mutated.splitlines(), strict=True)
        at, a, b = next(
            (i, *p) for i, p in enumerate(pairs, 1) if p[0] != p[1]
        )
        line = f"{a.strip()} -> {b.strip()}"
        yield Mutant(module, source, mutated, line, statement(right, at))


def meaning(source: str) -> str | None:
    """A source without its layout; None where it is no Python."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:  # `if not x := f():`
        return None


def by_operators(source: str) -> Iterator[str]:
    """What Cosmic Ray makes of each function and class of a source."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        decorators = getattr(node, "decorator_list", [])
        start = min(n.lineno for n in (node, *decorators)) - 1
        own = "".join(lines[start : node.end_lineno])
        for mutated in of_part(own):
            if mutated.count("\n") == own.count("\n"):
                after = lines[node.end_lineno :]
                yield "".join([*lines[:start], mutated, *after])


def of_part(source: str) -> Iterator[str]:
    """What each operator makes of a source, at each of its places."""
    for operator in OPERATORS:
        occurrence = 0
        while mutated := mutate_code(source, operator(), occurrence):
            occurrence += 1
            yield mutated


def without_checks(source: str) -> Iterator[str]:
    """The source with one call after the other left out."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            start, end = node.lineno - 1, node.end_lineno or node.lineno
            left_out = ["pass\n", *["\n"] * (end - start - 1)]
            left_out[0] = " " * node.col_offset + left_out[0]
            yield "".join([*lines[:start], *left_out, *lines[end:]])


def statement(tree: ast.Module, line: int) -> range:
    """The lines of the innermost statement around a line, or of its head."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
        and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not around:  # a decorator's
        return range(line, line + 1)
    inner = max(around, key=lambda node: node.lineno)
    body = getattr(inner, "body", None)
    end = body[0].lineno if body else (inner.end_lineno or 0) + 1
    return range(inner.lineno, max(end, line + 1))


def tests_of(module: str) -> list[str]:
    """The tests that are asked to notice, quick ones first."""
    own = [module] if module.startswith(("attnbook/", "press/")) else []
    for pattern, files in TOLD["tests"].items():
        if fnmatch(module, pattern):
            return [*own, *files]
    raise SystemExit(f"{module}: mutants.toml names no tests for it")


def is_excused(mutant: Mutant) -> bool:
    """Whether it is known to change nothing."""
    return any(
        fnmatch(mutant.module, entry["module"])
        and re.search(entry["line"], mutant.line)
        for entry in TOLD["equivalent"]
    )


def say(text: str) -> None:
    """Tell how far it is, whatever pytest keeps for itself."""
    os.write(SAID, text.encode())


def fails_in_child(act: Callable[[], int]) -> bool:
    """Whether something does not come to its end with 0 in a fork.

    A mutant may end the process, with 0 at that: it did not come to its end.
    """
    if not (child := os.fork()):
        status = 1
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            status = PASSED if act() == 0 else 1
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what the tests have started
    return os.waitstatus_to_exitcode(ended) != PASSED


def run(*options: str, plugins: Sequence[object] = ()) -> int:
    """How pytest ends, without a word."""
    with (
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        return pytest.main([*OPTIONS, *options], [Limit(), *plugins])


class Limit:
    """A plugin: each test ends in time, and with it the process."""

    seconds = SECONDS

    def pytest_runtest_setup(self) -> None:
        """Count from here."""
        signal.setitimer(signal.ITIMER_PROF, self.seconds)
        signal.alarm(PATIENCE)

    def pytest_runtest_teardown(self) -> None:
        """Count no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)


class InMemory:
    """A plugin: asks the tests that reach a line, in forks of one process."""

    def __init__(self, asked: list[Mutant], left: Path) -> None:
        self.asked, self.left = asked, left
        self.functions: dict[CodeType, list[FunctionType]] = defaultdict(list)
        self.caches: dict[str, list[Cached[Any]]] = defaultdict(list)
        self.reached: dict[str, dict[int, list[str]]] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.killers: list[str] = []
        self.place, self.has_failed = mmap(-1, 4), False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own: all tests once, then the mutants."""
        self.items = {item.nodeid: item for item in session.items}
        self.gather()
        self.trace()
        self.gather()  # what the tests have imported, too
        gc.freeze()
        left = [i for i, m in enumerate(self.asked) if not self.notices(m)]
        self.left.write_text(" ".join(map(str, left)), encoding="utf-8")
        return True

    def gather(self) -> None:
        """See which functions there are, and which remember."""
        self.functions.clear()
        self.caches.clear()
        for found in gc.get_objects():
            if type(found) is FunctionType:  # some object may not be asked
                self.functions[found.__code__].append(found)
            elif type(found) is Cached:
                module = str(getattr(found, "__module__", ""))  # a partial's
                path = f"{module.replace('.', '/')}.py"
                self.caches[path].append(found)

    def forget(self, module: str) -> None:
        """Let a module's functions remember nothing."""
        for cached in self.caches[module]:
            cached.cache_clear()

    def trace(self) -> None:
        """See which lines each test reaches, as if it were the first."""
        modules = {mutant.module for mutant in self.asked}
        tracer = Coverage(None, config_file=False, include=[*modules])
        with tracer.collect():
            for name in self.items:
                tracer.switch_context(name)
                for module in modules:
                    self.forget(module)
                if not self.passes(name):
                    say(f"{name} fails without a mutant\n")
                    pytest.exit(returncode=1)
        data = tracer.get_data()
        for module in modules:
            path = str(Path(module).resolve())
            self.reached[module] = data.contexts_by_lineno(path)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember that a test has failed, or how long it took."""
        self.has_failed |= report.failed
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration

    def passes(self, name: str) -> bool:
        """Run one test."""
        item = self.items[name]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.has_failed

    def notices(self, mutant: Mutant) -> bool:
        """Whether a test that reaches the line fails, or does not end."""
        of_line = self.reached[mutant.module]
        near = {test for i in mutant.lines for test in of_line.get(i, ())}
        quick = sorted(near - {*self.killers}, key=self.seconds.__getitem__)
        order = [test for test in self.killers if test in near] + quick
        noticed = bool(order) and fails_in_child(
            lambda: self.try_out(mutant, order)
        )
        if noticed:
            killer = order[int.from_bytes(self.place[:4])]
            self.killers = [killer, *(k for k in self.killers if k != killer)]
        say("." if noticed else f"\n?  {mutant.module}: {mutant.line}\n")
        return noticed

    def try_out(self, mutant: Mutant, order: list[str]) -> int:
        """Exchange the code; run the tests, and keep the place of each."""
        sources = mutant.right, mutant.source
        old, new = (compile(s, mutant.module, "exec") for s in sources)
        for right, wrong in zip(codes(old), codes(new), strict=True):
            for function in self.functions[right] if right != wrong else ():
                function.__code__ = wrong
        self.forget(mutant.module)
        for i, name in enumerate(order):
            self.place[:4] = i.to_bytes(4)
            if not self.passes(name):
                return 1
        return 0


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code, and all that stand in it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from codes(inner)


def warm_up(tests: list[str]) -> None:
    """Import what the tests import, but for our own code."""
    forget()
    run("--collect-only", *tests)
    forget()


def forget() -> None:
    """Let our own code be imported anew: once from the copy of the tree."""
    for name in [*sys.modules]:
        if name.startswith(("attnbook", "inpage", "press", "tests")):
            del sys.modules[name]


def not_noticed_in_memory(asked: list[Mutant], tree: Path) -> list[Mutant]:
    """The mutants that are left for the other way, or cannot be told."""
    files = {file: None for m in asked for file in tests_of(m.module)}
    warm_up([*files])
    left = tree.parent / "left"
    plugins = [InMemory(asked, left)]
    if fails_in_child(lambda: run(*files, plugins=plugins)):
        raise SystemExit(1)
    say("\n")
    return [asked[int(i)] for i in left.read_text(encoding="utf-8").split()]


def is_noticed(mutant: Mutant, tree: Path) -> bool:
    """Whether a test fails, or does not end, with the mutant in its file."""
    path = tree / mutant.module
    path.write_text(mutant.source, encoding="utf-8")
    noticed = fails_in_child(lambda: run(*tests_of(mutant.module)))
    path.write_text(mutant.right, encoding="utf-8")
    say("." if noticed else "?")
    return noticed


def modules(named: list[str]) -> list[str]:
    """The modules named, or all that have tests."""
    paths = [p for pattern in TOLD["tests"] for p in ROOT.glob(pattern)]
    known = sorted({str(p.relative_to(ROOT)) for p in paths})
    return named or [m for m in known if not m.endswith("__init__.py")]


def in_function(mutant: Mutant) -> bool:
    """Whether it stands in the body of a function."""
    return any(
        node.body[0].lineno <= mutant.lines.start <= (node.end_lineno or 0)
        for node in ast.walk(ast.parse(mutant.right))
        if isinstance(node, ast.FunctionDef)
    )


def drawn(found: list[Mutant], count: int | None) -> list[Mutant]:
    """So many of the mutants, or all, in their order."""
    if count is None or count >= len(found):
        return found
    places = Random(0).sample(range(len(found)), count)
    return [found[i] for i in sorted(places)]


def survivors(
    found: Sequence[Mutant], tree: Path, *, quick: bool
) -> Iterator[Mutant]:
    """The mutants that no test notices and no reason excuses."""
    tried = [mutant for mutant in found if not is_excused(mutant)]
    left = not_noticed_in_memory(tried, tree)
    sys.dont_write_bytecode = True  # of no mutant
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for mutant in left:
        again = not (quick and in_function(mutant))
        if not (again and is_noticed(mutant, tree)):
            yield mutant


def summary(found: Sequence[Mutant], left: Sequence[Mutant]) -> Iterator[str]:
    """What has become of the mutants, module by module and in all."""
    excused = [mutant for mutant in found if is_excused(mutant)]
    groups = found, excused, left
    many, listed, lost = (Counter(m.module for m in each) for each in groups)
    yield f"{'':45}{'noticed':>8}{'excused':>8}{'survive':>8}"
    for name in many:
        yield row(name, many[name], listed[name], lost[name])
    yield row("in all", *map(len, groups))


def row(name: str, many: int, listed: int, lost: int) -> str:
    """A line of the table."""
    return f"{name:45}{many - listed - lost:8}{listed:8}{lost:8}"


def arguments() -> argparse.Namespace:
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("module", nargs="*")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N")
    return parser.parse_args()


def main() -> int:
    """Run the mutants of some modules, and print what survives."""
    asked = arguments()
    Limit.seconds = asked.seconds
    os.nice(19)
    left: list[Mutant] = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        ignored = shutil.ignore_patterns(".*", "node_modules")
        shutil.copytree(ROOT, tree, ignore=ignored)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        made = [m for n in modules(asked.module) for m in mutants(n, tree)]
        found = drawn(made, asked.sample)
        for mutant in survivors(found, tree, quick=asked.quick):
            left.append(mutant)
            sys.stdout.write(f"\n{mutant.module}: {mutant.line}\n")
            sys.stdout.flush()
        sys.stdout.write("\n" + "\n".join(summary(found, left)) + "\n")
    return int(bool(left))


if __name__ == "__main__":
    raise SystemExit(main())
