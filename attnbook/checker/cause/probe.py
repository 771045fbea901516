"""What two settings revealed of a step, and how it is told apart."""

from collections.abc import Callable, Iterable, Sequence
from math import isclose, log, sqrt
from typing import NamedTuple, TypeAlias

from attnbook.checker.cause.reveal import OF_KEYS, Revealed
from attnbook.checker.steps.table import Step
from attnbook.vectors import Matrix, matmul, transpose

Rule: TypeAlias = Callable[[int, int], bool]

NOTHING = 1e-12
"""A weight below this counts as hidden."""


class Probe(NamedTuple):
    """What two settings revealed of one step."""

    step: Step
    first: Revealed
    second: Revealed

    @property
    def both(self) -> tuple[Revealed, Revealed]:
        """Both settings: they must tell the same."""
        return self.first, self.second

    @property
    def causal(self) -> bool:
        """Whether later keys should be hidden."""
        return self.step.causal

    @property
    def scaled(self) -> bool:
        """Whether scores should be divided by the root of a width."""
        return not self.step.section.startswith("3.3")

    def right(self, each: Revealed) -> float:
        """What the scores of a setting should be divided by."""
        if not self.scaled:
            return 1.0
        return sqrt(each.widths[OF_KEYS])


def later(i: int, j: int) -> bool:
    """The causal rule: token i does not see token j."""
    return j > i


def ones(sums: Iterable[float]) -> bool:
    """Whether all sums are 1."""
    return all(isclose(total, 1, rel_tol=1e-6) for total in sums)


def row_sums(each: Revealed) -> list[float]:
    """What each query gives away in all."""
    return [sum(row) for row in each.weights]


def near(found: Sequence[float], wanted: Sequence[float]) -> bool:
    """Whether two measurements are what is wanted."""
    return all(
        isclose(a, b, rel_tol=1e-6) for a, b in zip(found, wanted, strict=True)
    )


def scores(each: Revealed) -> Matrix:
    """Every query with every key."""
    return matmul(each.queries, transpose(each.keys))


def hidden(probe: Probe, rule: Rule) -> bool:
    """Whether the weights are 0 exactly where the rule says."""
    return all(
        (abs(weight) < NOTHING) == rule(i, j)
        for each in probe.both
        for i, row in enumerate(each.weights)
        for j, weight in enumerate(row)
    )


def unseen(probe: Probe, i: int, j: int) -> bool:
    """Whether token i should not see token j."""
    return probe.causal and later(i, j)


def seen(probe: Probe, a: Matrix) -> Matrix:
    """The same with 0 for what should be hidden."""
    return [
        [0.0 if unseen(probe, i, j) else entry for j, entry in enumerate(row)]
        for i, row in enumerate(a)
    ]


def factor(a: Matrix, b: Matrix) -> float | None:
    """The factor by which `b` is `a`, if there is one."""
    pairs = [
        pair
        for rows in zip(a, b, strict=True)
        for pair in zip(*rows, strict=True)
    ]
    norm = sum(x * x for x, _ in pairs)
    if not norm:
        return None
    found = sum(x * y for x, y in pairs) / norm
    largest = max(abs(y) for _, y in pairs)
    fits = all(abs(found * x - y) <= 1e-6 * largest for x, y in pairs)
    return found if fits and found else None


def fit(
    wanted: Matrix, weights: Matrix, rule: Rule | None = None
) -> float | None:
    """The factor that turns these scores into the logs of the weights.

    Only differences within a row count: softmax forgets the rest. A rule
    leaves out what should be hidden.
    """
    logs, steps = [], []
    for i, (row, shares) in enumerate(zip(wanted, weights, strict=True)):
        seen = [
            j
            for j, share in enumerate(shares)
            if share > NOTHING and not (rule and rule(i, j))
        ]
        for j in seen:
            steps.append(row[j] - row[seen[0]])
            logs.append(log(shares[j] / shares[seen[0]]))
    return factor([steps], [logs])
