"""What a query comes to: its scores, its weights and its mix.

Three lines of code are run for every query of a head. The picture in
`press.figures.query` and the words in `press.figures.told` show what came.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from press.figures.svg import WIDTH, Numbers, Rows

Steps = tuple[str, str, str]


class Asked(NamedTuple):
    """What one query comes to."""

    scores: Numbers
    weights: Numbers
    mixed: Numbers
    shares: Rows  # one per token: its weight times its value


class Scene(NamedTuple):
    """What all queries share."""

    tokens: Sequence[str]
    queries: Rows
    keys: Rows
    values: Rows
    asked: Sequence[Asked]
    h: int  # which head

    @property
    def width(self) -> float:
        """How wide the column of one token is."""
        return WIDTH / len(self.tokens)


def scene_of(
    spec: dict[str, str], evaluate: Callable[..., Any], h: int
) -> Scene:
    """All queries of a head."""
    tokens, queries, keys, values = (
        evaluate(spec[key], h=h)
        for key in ("tokens", "queries", "keys", "values")
    )

    def run(text: str, **names: object) -> Any:  # noqa: ANN401
        return evaluate(text, h=h, **names)

    asked = [
        _asked(i, query, values, steps_of(spec), run)
        for i, query in enumerate(queries)
    ]
    return Scene(tokens, queries, keys, values, asked, h)


def steps_of(spec: dict[str, str]) -> Steps:
    """The lines of code."""
    return spec["score"], spec["weigh"], spec["mix"]


def _asked(
    i: int,
    query: Numbers,
    values: Rows,
    steps: Steps,
    evaluate: Callable[..., Any],
) -> Asked:
    """Run the three lines of code for one query."""
    scores = evaluate(steps[0], i=i, query=query)
    weights = evaluate(steps[1], i=i, attn_scores=scores)
    mixed = evaluate(steps[2], i=i, attn_weights=weights)
    shares = [
        [weight * entry for entry in value]
        for weight, value in zip(weights, values, strict=True)
    ]
    return Asked(scores, weights, mixed, shares)
