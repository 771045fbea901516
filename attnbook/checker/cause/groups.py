"""Which head of keys each head of queries reads, where several share one."""

from collections.abc import Sequence

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.judge.run import Run
from attnbook.checker.judge.served import NEIGHBOURS, misread, order, pairs
from attnbook.checker.match.binding import Asked
from attnbook.checker.steps.cases import key_heads
from attnbook.checker.steps.compare import compare


def groups(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """Whether another head is read, or nothing repeats those that are few."""
    if asked.binding.step.shared < 2:
        return None
    return _unrepeated(runs) or _misread(asked, runs)


def _unrepeated(runs: Sequence[Run]) -> Cause | None:
    """Whether it raises with several heads of keys, and only with those."""
    several = [run for run in runs if key_heads(run.case.values) > 1]
    if not several or any(
        run.answer.came == (key_heads(run.case.values) > 1) for run in runs
    ):
        return None
    values = several[0].case.values
    return measured(
        "key_heads_not_repeated",
        f"It runs with one head of keys, which serves all, and raises with "
        f"{key_heads(values)} for {values['num_heads']} heads of queries: "
        f"nothing repeats a head of keys for those that share it.",
        NEIGHBOURS,
    )


def _misread(asked: Asked, runs: Sequence[Run]) -> Cause | None:
    """The order of the heads that explains what came in every case."""
    for names in pairs():
        if all(_explains(asked, names, run) for run in reversed(runs)):
            most = max((run.case.values for run in runs), key=key_heads)
            return misread(*names, most["num_heads"], key_heads(most))
    return None


def _explains(asked: Asked, names: Sequence[str], run: Run) -> bool:
    """Whether what came is right but for these orders of keys and values."""
    values = run.case.values
    counts = values["num_heads"], key_heads(values)
    read = [order(name, *counts) for name in names]
    orders = dict(zip(("W_key", "W_value"), read, strict=True))
    given = {**values, "orders": orders}
    if "other" in values:
        given["other"] = {**values["other"], "orders": orders}
    came = run.answer.value
    return came is not None and compare(asked.expected(given), came) is None
