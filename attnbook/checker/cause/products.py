"""Which products of a dot product count, and how often."""

from collections.abc import Mapping

from attnbook.checker.cause.cause import Cause, measured
from attnbook.checker.match.binding import Asked
from attnbook.checker.words import number

_DROPPED: Mapping[tuple[int, ...], str] = {
    (0,): "drops_first",
    (4,): "drops_last",
    (1, 2, 3, 4): "returns_in_loop",
}


def products(asked: Asked) -> Cause | None:
    """How often each product counts, asked by vectors with a single 1."""
    counts = []
    for i in range(5):
        unit = [float(i == j) for j in range(5)]
        answer = asked.answer({"x": unit, "y": unit})
        if not isinstance(answer.value, float | int):
            return None
        counts.append(answer.value)
    wrong = [i for i, count in enumerate(counts) if count != 1]
    if not wrong or len(set(counts)) == 1:
        return None
    return measured(
        _DROPPED.get(tuple(wrong), "miscounts"),
        f"Of 5 products, number {wrong[0]} counts {number(counts[wrong[0]])} "
        f"times instead of once.",
        "Let the loop run over every index, from 0 to the length minus 1.",
    )
