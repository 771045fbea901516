"""Breaks the code in many small ways, and asks the tests to notice.

    python -m tests.mutants [MODULE ...]

Cosmic Ray makes the mutants: another operator, another number, a condition
turned round. Each call of a check that can be left out is left out, too. A
mutant that the tests of its module let pass has survived; `data/mutants.toml`
says which tests those are, and which mutants change nothing, and why.

Everything runs in a copy of the tree, so that an end halfway leaves no mutant
behind.
"""

import ast
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

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
SECONDS = 300  # a mutant that runs longer is caught in a loop


class Mutant(NamedTuple):
    """A changed source, and the line that tells it from the right one."""

    source: str
    line: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a source, those that differ in a docstring aside."""
    for mutated in (*by_operators(source), *without_checks(source)):
        if ast.dump(ast.parse(mutated)) == ast.dump(ast.parse(source)):
            continue
        pairs = zip(source.splitlines(), mutated.splitlines(), strict=True)
        line = next(f"{a.strip()} -> {b.strip()}" for a, b in pairs if a != b)
        yield Mutant(mutated, line)


def by_operators(source: str) -> Iterator[str]:
    """What Cosmic Ray makes of a source."""
    for name in filter(KEPT.search, operator_names()):
        operator, occurrence = get_operator(name)(), 0
        while mutated := mutate_code(source, operator, occurrence):
            occurrence += 1
            if len(mutated.splitlines()) == len(source.splitlines()):
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


def tests_of(module: str) -> list[str]:
    """The tests that are asked to notice, quick ones first."""
    own = [module] if module.startswith(("attnbook/", "press/")) else []
    for pattern, files in TOLD["tests"].items():
        if fnmatch(module, pattern):
            return [*own, *files]
    raise SystemExit(f"{module}: mutants.toml names no tests for it")


def is_noticed(tree: Path, tests: list[str]) -> bool:
    """Whether a test fails, or does not end."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0"]
    try:
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", *tests],
            cwd=tree,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    if done.returncode > 1 and done.returncode != 2:
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return done.returncode != 0


def is_excused(module: str, mutant: Mutant) -> bool:
    """Whether it is known to change nothing."""
    return any(
        fnmatch(module, entry["module"])
        and re.search(entry["line"], mutant.line)
        for entry in TOLD["equivalent"]
    )


def survivors(module: str, tree: Path) -> Iterator[str]:
    """The mutants that no test notices and no reason excuses."""
    path, tests = tree / module, tests_of(module)
    source = path.read_text(encoding="utf-8")
    if is_noticed(tree, tests):
        raise SystemExit(f"{module}: its tests fail without a mutant")
    found = list(mutants(source))
    for i, mutant in enumerate(found, start=1):
        sys.stderr.write(f"\r{module}: {i} of {len(found)} ")
        sys.stderr.flush()
        path.write_text(mutant.source, encoding="utf-8")
        if not is_excused(module, mutant) and not is_noticed(tree, tests):
            yield mutant.line
    path.write_text(source, encoding="utf-8")
    sys.stderr.write("\n")


def modules(named: list[str]) -> list[str]:
    """The modules named, or all that have tests."""
    paths = [p for pattern in TOLD["tests"] for p in ROOT.glob(pattern)]
    known = sorted({str(p.relative_to(ROOT)) for p in paths})
    return named or [m for m in known if not m.endswith("__init__.py")]


def main(named: list[str]) -> int:
    """Run the mutants of some modules, and print what survives."""
    left = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        ignored = shutil.ignore_patterns(".*", "node_modules")
        shutil.copytree(ROOT, tree, ignore=ignored)
        for module in modules(named):
            for line in survivors(module, tree):
                left += 1
                sys.stdout.write(f"{module}: {line}\n")
                sys.stdout.flush()
    return int(left > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
